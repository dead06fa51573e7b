"""Separator: a small U-Net that finds the ink in a strip of pixels, and what must be erased with it.

RGB strip (B, 3, H, W) → logits (B, 2, H, W): ink coverage, and erase mask (ink, outline, shadow).
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from iimt_cli.config import Separator as Settings


class _Block(nn.Sequential):
    def __init__(self, before: int, after: int) -> None:
        super().__init__(
            nn.Conv2d(before, after, 3, padding=1), nn.GroupNorm(4, after), nn.ReLU(inplace=True),
            nn.Conv2d(after, after, 3, padding=1), nn.GroupNorm(4, after), nn.ReLU(inplace=True),
        )  # fmt: skip


class Separator(nn.Module):
    def __init__(self, settings: Settings) -> None:
        super().__init__()
        channels = settings.channels
        # Beside its colour, each pixel is told how it differs from the strip's mean: ink may be darker or lighter.
        before = [6, *channels[:-1]]
        self.down = nn.ModuleList(_Block(b, c) for b, c in zip(before, channels, strict=True))
        self.up = nn.ModuleList(
            _Block(deep + shallow, shallow)
            for deep, shallow in zip(channels[:0:-1], channels[-2::-1], strict=True)
        )
        self.out = nn.Conv2d(channels[0], 2, 1)

    def forward(self, rgb: Tensor) -> Tensor:
        """RGB 0..1 (B, 3, H, W) with W a multiple of 2^levels → logits (B, 2, H, W): ink, erase."""
        mean = rgb.mean((2, 3), keepdim=True)
        x = torch.cat([rgb - 0.5, (rgb - mean) * 2], 1)
        skips = []
        for i, block in enumerate(self.down):
            x = block(x if i == 0 else F.max_pool2d(x, 2))
            skips.append(x)
        for block, skip in zip(self.up, skips[-2::-1], strict=True):
            x = block(torch.cat([F.interpolate(x, scale_factor=2.0, mode="nearest"), skip], 1))
        return self.out(x)
