"""Separator: a small U-Net that finds the ink in a strip of pixels, and the pixels that must be erased with it.

RGB strip (B, 3, H, W) → logits (B, 2, H, W): ink coverage, and erase mask (ink, outline, shadow). For a second look it can be
given the letters' colour that the first look found, because letters have one colour on any background.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from iimt_cli.config import Separator as Settings
from iimt_cli.model.convolution import ConvBlock, widen


class _Level(nn.Module):
    """Two or more convolutions at one resolution; from the third on they are residual and add nothing before training.

    On the way up, each channel is weighted between the first and the second by the `context` of the whole strip.
    """

    def __init__(self, before: int, after: int, depth: int, context: int = 0) -> None:
        super().__init__()
        self.first = ConvBlock(before, after, activation=torch.relu_)
        self.second = ConvBlock(after, after, activation=torch.relu_)
        self.gate = None
        if context:  # the weights are 1 for every channel before training
            self.gate = nn.Linear(context, after)
            nn.init.zeros_(self.gate.weight)
            nn.init.zeros_(self.gate.bias)
        self.more = nn.ModuleList(ConvBlock(after, after, activation=torch.relu_) for _ in range(depth - 2))
        self.shares = nn.ParameterList(nn.Parameter(torch.zeros(after, 1, 1)) for _ in self.more)

    def forward(self, x: Tensor, mask: Tensor, context: Tensor | None = None) -> Tensor:
        x = self.first(x, mask)
        if self.gate is not None and context is not None:
            x = x * (1 + self.gate(context))[:, :, None, None]
        x = self.second(x, mask)
        for block, share in zip(self.more, self.shares, strict=True):
            x = torch.addcmul(x, block(x, mask), share)
        return x


# Distances of a pixel's colour from that of the ink within which it counts as near, strictly and generously; black and white
# are √3 apart.
NEAR = (0.12, 0.35)


class Separator(nn.Module):
    def __init__(self, settings: Settings) -> None:
        super().__init__()
        channels = settings.channels
        depth = settings.depth or (2,) * len(channels)
        # Inputs for each pixel: its colour (3), its difference from the strip's mean, since ink may be darker or lighter (3),
        # and how near it is to the colour of the ink, if that is known (`_nearness`).
        before = [6 + len(NEAR) + 1, *channels[:-1]]
        self.down = nn.ModuleList(_Level(*sizes) for sizes in zip(before, channels, depth, strict=True))
        # Whether the light part is the letter or its rim can only be seen in the whole strip. So the means of the deepest
        # level weight the channels (squeeze and excitation, Hu et al. 2018).
        deepest = channels[-1]
        self.context = nn.Linear(deepest, deepest)
        self.up = nn.ModuleList(
            _Level(deep + shallow, shallow, blocks, deepest)
            for deep, shallow, blocks in zip(channels[:0:-1], channels[-2::-1], depth[-2::-1], strict=True)
        )
        self.out = nn.Conv2d(channels[0], 2, 1)
        self.multiple = 2 ** (len(channels) - 1)  # px: what the width of a strip must be divisible by

    def forward(self, rgb: Tensor, mask: Tensor | None = None, colours: Tensor | None = None) -> Tensor:
        """RGB 0..1 (B, 3, H, W), mask (B, W / `multiple`) of the strips' own columns → logits (B, 2, H, W): ink, erase.

        colours: of the ink, RGB 0..1 (B, 3); NaN in rows where it is not known.
        """
        if mask is None:
            mask = torch.ones(len(rgb), 1, dtype=torch.bool, device=rgb.device)
        real = widen(mask, rgb.shape[3])[:, None, None]
        mean = (rgb * real).sum((2, 3), keepdim=True) / (real.sum((2, 3), keepdim=True) * rgb.shape[2])
        x = torch.cat([rgb - 0.5, (rgb - mean) * 2, _nearness(rgb, colours)], 1) * real
        x = x.contiguous(memory_format=torch.channels_last)
        skips = []
        for i, level in enumerate(self.down):
            x = level(x if i == 0 else F.max_pool2d(x, 2), mask)
            skips.append(x)
        columns = widen(mask, x.shape[3]).sum(1, keepdim=True) * x.shape[2]
        # a mean, since columns beyond a strip's end are zero
        context = F.relu(self.context(x.sum((2, 3)) / columns))
        for level, skip in zip(self.up, skips[-2::-1], strict=True):
            x = F.interpolate(x, scale_factor=2.0, mode="nearest")
            x = level(torch.cat([x, skip], 1), mask, context)
        return self.out(x)


def _nearness(rgb: Tensor, colours: Tensor | None) -> Tensor:
    """(B, 3, H, W) → (B, len(NEAR) + 1, H, W): nearness of each pixel to the colour, and 1; all 0 if there is no colour."""
    if colours is None:
        return rgb.new_zeros(len(rgb), len(NEAR) + 1, *rgb.shape[2:])
    far = (rgb - colours[:, :, None, None]).square().sum(1, keepdim=True)
    near = [(far / -(reach * reach)).exp() for reach in NEAR]
    known = ~colours.isnan().any(1)[:, None, None, None]
    return torch.where(known, torch.cat([*near, torch.ones_like(far)], 1), 0.0)
