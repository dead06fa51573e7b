"""Arithmetic over the colours of each pixel. numpy's own sums and maxima along an axis of three take fifty times as long."""

from __future__ import annotations

from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iimt_cli.page.arrays import Colour, Floats, Integers

_CODES = np.array([1 << 16, 1 << 8, 1])  # factors of red, green and blue in one number for a colour


def largest(values: NDArray[Any]) -> NDArray[Any]:
    """The largest value along the last axis: (…, C) → (…)."""
    return reduce(np.maximum, np.moveaxis(values, -1, 0))


def total(values: NDArray[Any]) -> NDArray[Any]:
    """The sum over the last axis: (…, C) → (…)."""
    return reduce(np.add, np.moveaxis(values, -1, 0))


def most_frequent(colours: NDArray[np.integer]) -> tuple[NDArray[np.int64], float]:
    """The most frequent colour, (3,), of colours in whole levels, (N, 3), and its share of them, 0..1."""
    codes, counts = np.unique(colours @ _CODES, return_counts=True)
    most = int(counts.argmax())
    return (int(codes[most]) // _CODES) & 255, float(counts[most]) / len(colours)


def contrast(pixels: NDArray[Any], colour: Floats | Integers) -> NDArray[Any]:
    """How far each pixel, (…, 3), is from a colour, (3,) or (…, 3), in the channel in which they differ most; levels."""
    return largest(np.abs(pixels - colour))


def as_colour(values: NDArray[Any]) -> Colour:
    """RGB, (3,), within 0..255."""
    r, g, b = (float(c) for c in np.clip(values, 0, 255))
    return (r, g, b)
