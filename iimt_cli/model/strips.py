"""Strips of different widths as one padded batch."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

ROOM = 4096  # px, widths of a batch in sum: the intermediate values then fit a CPU's caches
SPREAD = 1.15  # longest / shortest of the strips that are computed together, at most


@dataclass(frozen=True)
class StripBatch:
    """`ink` 0..1 (B, H, W), empty on the right of shorter strips; `mask` (B, W / patch) True at real columns."""

    ink: Tensor
    mask: Tensor

    def to(self, device: torch.device) -> "StripBatch":
        if device.type != "cuda":
            return StripBatch(self.ink.to(device), self.mask.to(device))
        # From pinned memory the copy runs without keeping the processor waiting.
        ink, mask = (part.pin_memory().to(device, non_blocking=True) for part in (self.ink, self.mask))
        return StripBatch(ink, mask)


def stack(strips: Sequence[np.ndarray], patch: int) -> StripBatch:
    """uint8 or float strips (H, W_i), W_i a multiple of `patch` → one padded batch."""
    height, width = strips[0].shape[0], max(s.shape[1] for s in strips)
    ink = np.zeros((len(strips), height, width), np.float32)
    mask = np.zeros((len(strips), width // patch), bool)
    for i, strip in enumerate(strips):
        ink[i, :, : strip.shape[1]] = strip * np.float32(1 / 255) if strip.dtype == np.uint8 else strip
        mask[i, : strip.shape[1] // patch] = True
    return StripBatch(torch.from_numpy(ink), torch.from_numpy(mask))


def stack_pixels(strips: Sequence[np.ndarray], multiple: int) -> tuple[Tensor, Tensor]:
    """uint8 strips (H, W_i, C) → 0..1 (B, C, H, W) and the mask (B, W / `multiple`) of the strips' own columns.

    A strip's last column is repeated up to the next multiple; beyond that are zeros.
    """
    widths = [-(-s.shape[1] // multiple) * multiple for s in strips]
    height, _, channels = strips[0].shape
    pixels = np.zeros((len(strips), height, max(widths), channels), np.float32)
    for row, strip, width in zip(pixels, strips, widths, strict=True):
        row[:, :width] = np.pad(strip, ((0, 0), (0, width - strip.shape[1]), (0, 0)), mode="edge")
    mask = torch.arange(max(widths) // multiple)[None] < torch.tensor(widths)[:, None] // multiple
    return torch.from_numpy(pixels / np.float32(255)).permute(0, 3, 1, 2), mask


def alike(mask: Tensor, px: int) -> list[list[int]]:
    """The rows of a batch in parts of about the same length; on a GPU all in one part. mask: (B, L), one entry per `px` px.

    On a CPU a batch of two long strips is as fast per px as one of thirty, and padding only costs time.
    """
    if mask.device.type != "cpu":
        return [list(range(len(mask)))]
    lengths = mask.sum(1).tolist()
    parts: list[list[int]] = []
    for row in sorted(range(len(lengths)), key=lengths.__getitem__):
        most = min(SPREAD * lengths[parts[-1][0]], ROOM / px / (len(parts[-1]) + 1)) if parts else 0
        if lengths[row] <= most:
            parts[-1].append(row)
        else:
            parts.append([row])
    return parts
