"""Strips of any number and width → batches of similar width on the device."""

from collections.abc import Iterator, Sequence

import numpy as np
import torch

from iimt_cli.model.strips import StripBatch, stack


def by_width(widths: Sequence[int], batch: int) -> list[list[int]]:
    """Indices in batches of similar width; wide strips come in smaller batches, so that memory stays bounded."""
    order = sorted(range(len(widths)), key=lambda i: widths[i])
    groups: list[list[int]] = []
    for i in order:
        room = max(1, min(batch, batch * 1024 // max(1, widths[i])))
        if groups and len(groups[-1]) < room:
            groups[-1].append(i)
        else:
            groups.append([i])
    return groups


def batches(
    inks: Sequence[np.ndarray], patch: int, size: int, device: torch.device
) -> Iterator[tuple[list[int], StripBatch]]:
    """Which of the ink strips, float32 (H, W_i), form a batch, and that batch on the device."""
    padded = [to_patches(ink, patch) for ink in inks]
    for chosen in by_width([p.shape[1] for p in padded], size):
        yield chosen, stack([padded[i] for i in chosen], patch).to(device)


def to_patches(ink: np.ndarray, patch: int) -> np.ndarray:
    """Pads a strip on the right to whole patches."""
    return np.pad(ink, ((0, 0), (0, -ink.shape[1] % patch))).astype(np.float32)
