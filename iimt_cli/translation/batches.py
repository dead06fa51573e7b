"""Strips of any number and width → batches of similar width on the device.

On a CPU a larger batch is faster only while the network's intermediate values fit the processor's caches. So the widths of a
batch are limited in sum (its room). Decoding text has small steps and needs no such limit.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import torch

from iimt_cli.model.strips import StripBatch, stack

# px on a CPU (measured, see docs/performance.md):
SEPARATOR_ROOM = 2560  # for the separator, which has many channels at full resolution

USUAL_ROOM = 1024  # for each strip of a batch, if memory is the only limit


def room_on(device: torch.device, cpu: int) -> int | None:
    """How many px the strips of a batch may be wide in sum: `cpu` on a CPU, None (no limit) elsewhere."""
    return cpu if device.type == "cpu" else None


def by_width(widths: Sequence[int], batch: int, room: int | None = None) -> list[list[int]]:
    """The indices of `widths` in batches of similar width, at most `room` px in sum (by default `USUAL_ROOM` per strip)."""
    room = room or batch * USUAL_ROOM
    order = sorted(range(len(widths)), key=lambda i: widths[i])
    groups: list[list[int]] = []
    for i in order:
        most = max(1, min(batch, room // max(1, widths[i])))
        if groups and len(groups[-1]) < most:
            groups[-1].append(i)
        else:
            groups.append([i])
    return groups


def batches(
    inks: Sequence[np.ndarray], patch: int, size: int, device: torch.device, room: int | None = None
) -> Iterator[tuple[list[int], StripBatch]]:
    """For each batch the indices of its ink strips, float32 (H, W_i), and the batch itself on the device."""
    padded = [to_patches(ink, patch) for ink in inks]
    for chosen in by_width([p.shape[1] for p in padded], size, room):
        yield chosen, stack([padded[i] for i in chosen], patch).to(device)


def to_patches(ink: np.ndarray, patch: int) -> np.ndarray:
    """Pads a strip on the right to whole patches."""
    return np.pad(ink, ((0, 0), (0, -ink.shape[1] % patch))).astype(np.float32)
