"""Convolutions over strips of different widths in one batch: a strip's result must not depend on its neighbours."""

from collections.abc import Callable

import torch.nn.functional as F
from torch import Tensor, nn


class ConvBlock(nn.Module):
    """3×3 convolution, LayerNorm over the channels of each pixel, activation.

    Pixels beyond a strip's end stay zero, as they are beyond the end of the batch. Statistics over the strip
    (GroupNorm, BatchNorm) would count them, and the same strip would come out otherwise in another batch.
    """

    def __init__(
        self,
        before: int,
        after: int,
        stride: tuple[int, int] = (1, 1),
        activation: Callable[[Tensor], Tensor] = F.gelu,
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(before, after, 3, stride, 1)
        self.norm = nn.LayerNorm(after)
        self.activation = activation

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """(B, before, H, W), mask (B, columns) with W a multiple of the columns → (B, after, H / stride, W / stride)."""
        x = self.norm(self.conv(x).permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        return self.activation(x) * widen(mask, x.shape[3])[:, None, None]


def widen(mask: Tensor, width: int) -> Tensor:
    """Column mask (B, columns) → (B, `width`), at the resolution of a map."""
    return mask.repeat_interleave(width // mask.shape[1], 1)
