"""Strips of any number and width → batches of similar width on the device.

More strips at once are faster only as long as what a network computes in between stays in the processor's caches: on
a CPU the widths of a batch add up to no more than that. Decoding text, a step of which is small, is another matter.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import torch

from iimt_cli.model.strips import StripBatch, stack

# px on a CPU (measured, see docs/performance.md):
SEPARATOR_ROOM = 2560  # full resolution, many channels

USUAL_ROOM = 1024  # for each strip of a batch, where memory is the only limit


def room_on(device: torch.device, cpu: int) -> int | None:
    """How wide the strips of a batch may be together."""
    return cpu if device.type == "cpu" else None


def by_width(widths: Sequence[int], batch: int, room: int | None = None) -> list[list[int]]:
    """Indices in batches of similar width, together at most `room` px wide (by default `USUAL_ROOM` for each)."""
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
    """Which of the ink strips, float32 (H, W_i), form a batch, and that batch on the device."""
    padded = [to_patches(ink, patch) for ink in inks]
    for chosen in by_width([p.shape[1] for p in padded], size, room):
        yield chosen, stack([padded[i] for i in chosen], patch).to(device)


def to_patches(ink: np.ndarray, patch: int) -> np.ndarray:
    """Pads a strip on the right to whole patches."""
    return np.pad(ink, ((0, 0), (0, -ink.shape[1] % patch))).astype(np.float32)
