"""Arithmetic over the colours of each pixel. numpy's own sums and maxima along an axis of three take fifty times as long."""

from __future__ import annotations

from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iimt_cli.page.arrays import Colour, Floats, Integers

_LEVELS = 256  # of a colour channel


def largest(values: NDArray[Any]) -> NDArray[Any]:
    """The largest value along the last axis: (…, C) → (…)."""
    return reduce(np.maximum, np.moveaxis(values, -1, 0))


def total(values: NDArray[Any]) -> NDArray[Any]:
    """The sum over the last axis: (…, C) → (…)."""
    return reduce(np.add, np.moveaxis(values, -1, 0))


def grey(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The mean of the colours of each pixel: (…, 3) → (…)."""
    return np.asarray(total(pixels.astype(np.float32)) / np.float32(3), np.float32)


def most_frequent(colours: NDArray[np.integer]) -> tuple[NDArray[np.int64], float]:
    """Of colours in whole levels, (N, 3), the most frequent, (3,), and its share, 0..1."""
    red, green, blue = colours.T.astype(np.int32, order="C")
    codes, counts = np.unique((red * _LEVELS + green) * _LEVELS + blue, return_counts=True)
    most = int(counts.argmax())
    above, last = divmod(int(codes[most]), _LEVELS)
    return np.array([*divmod(above, _LEVELS), last]), float(counts[most]) / len(colours)


def median_levels(colours: NDArray[np.uint8]) -> NDArray[np.float64]:
    """`np.median` of colours, (N, 3), channel by channel: (3,). By counting, which takes a fifth of the time."""
    low, high = (len(colours) - 1) // 2, len(colours) // 2
    found = []
    for levels in colours.T:
        upto = np.bincount(levels, minlength=_LEVELS).cumsum()
        found.append((np.searchsorted(upto, low, "right") + np.searchsorted(upto, high, "right")) / 2)
    return np.array(found)


def share_within(values: Floats, share: float, limit: float) -> bool:
    """Whether `np.quantile(values, share)` is at most `limit`; (N,). Nearly always counting tells."""
    below = int(
        np.floor((len(values) - 1) * share)
    )  # so many of the others are below the quantile, or as large
    within = int(np.count_nonzero(values <= limit))
    if within in (below, below + 1, below + 2):
        return bool(np.quantile(values, share) <= limit)
    return within > below


def contrast(pixels: NDArray[Any], colour: Floats | Integers) -> NDArray[Any]:
    """How far each pixel, (…, 3), is from a colour, (3,) or (…, 3), in the channel in which they differ most; levels."""
    return largest(np.abs(pixels - colour))


def as_colour(values: NDArray[Any]) -> Colour:
    """RGB, (3,), within 0..255."""
    r, g, b = (float(c) for c in np.clip(values, 0, 255))
    return (r, g, b)
