"""Convolutions over strips of different widths in one batch. A strip's result must not depend on the other strips."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class ConvBlock(nn.Module):
    """3×3 convolution, LayerNorm over the channels of each pixel, activation.

    Pixels beyond a strip's end stay zero, as they are beyond the end of the batch. Norms over the whole strip (GroupNorm,
    BatchNorm) would count them, so that the result of a strip would depend on its batch.
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
        on_cpu = x.device.type == "cpu"
        quick = on_cpu and not torch.is_grad_enabled()
        x = self.activation(self._quick(x) if quick else self.norm(_last(self.conv(x))))
        if not (on_cpu and mask.all()):
            x = x * widen(mask, x.shape[2])[:, None, :, None]
        return x.permute(0, 3, 1, 2)

    def _quick(self, x: Tensor) -> Tensor:
        """The normed convolution, (B, H, W, after), without torch's LayerNorm, which took half of the time.

        The weights' mean over the channels is subtracted beforehand, so the result has mean 0. It is then divided by the root
        of its mean square, which a product with a vector computes.
        """
        conv = self.conv
        assert conv.bias is not None
        weight, bias = conv.weight - conv.weight.mean(0), conv.bias - conv.bias.mean()
        x = _last(F.conv2d(x, weight, bias, conv.stride, conv.padding)).contiguous()
        share = x.new_full((x.shape[-1],), 1 / x.shape[-1])
        scale = (x.square() @ share).add_(self.norm.eps).rsqrt_()
        # In place, because allocating a map of this size takes as long as filling it.
        return torch.addcmul(self.norm.bias, x.mul_(scale[..., None]), self.norm.weight, out=x)


def _last(x: Tensor) -> Tensor:
    """(B, C, H, W) → (B, H, W, C)."""
    return x.permute(0, 2, 3, 1)


def widen(mask: Tensor, width: int) -> Tensor:
    """Column mask (B, columns) → (B, `width`), at the resolution of a map."""
    return mask.repeat_interleave(width // mask.shape[1], 1)
