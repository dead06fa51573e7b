"""The arrays and small values that pass between the modules of the page layer. Shapes are written (H, W, 3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Pixels: TypeAlias = NDArray[np.uint8]
"""RGB, (H, W, 3): a picture, or a strip (32, W, 3)."""
Coverage: TypeAlias = NDArray[np.float32]
"""Which share of each pixel is covered, 0..1: the ink of a strip, (32, W)."""
Mask: TypeAlias = NDArray[np.bool_]
"""Which pixels, rows or columns are meant."""
Floats: TypeAlias = NDArray[np.floating]
"""Anything measured: grey levels, distances, points (N, 2)."""
Integers: TypeAlias = NDArray[np.integer]
"""Positions, counts, and colours in whole levels."""
Span: TypeAlias = tuple[int, int]
"""Columns a..b of a strip, without b."""
Box: TypeAlias = tuple[int, int, int, int]
"""x0, y0, x1, y1 in px, without x1 and y1."""
Colour: TypeAlias = tuple[float, float, float]
"""RGB, 0..255."""


@dataclass(frozen=True)
class Ink:
    """What a separator finds in a strip, each (32, W).

    ink: the share of each pixel that letters cover. erase: 0..1, how surely a pixel is erased with them: it belongs to a
    letter, its outline or its shadow.
    """

    ink: Coverage
    erase: Coverage


@dataclass(frozen=True)
class Stroke:
    """How the strokes of new ink are drawn.

    thicker: strip px by which they are drawn wider than they are in the ink. steepness: factor on the steepness of the ink's
    edges, for a picture at the scale of the strip; in the ink an edge is about one strip px wide.
    """

    thicker: float = 0.0
    steepness: float = 1.4  # by eye on large letters


EVEN = Stroke()
"""As the ink has them."""


@dataclass(frozen=True)
class Underline:
    """A straight line under letters: its rows in the strip, and its columns, (W,)."""

    rows: slice
    columns: Mask


@dataclass(frozen=True)
class Range:
    """What is allowed of a quantity: more than `low` and less than `high`."""

    low: float
    high: float

    def __contains__(self, value: float) -> bool:
        return bool(self.low < value < self.high)

    def holds(self, values: Floats) -> Mask:
        """`value in range`, for each of an array."""
        return (values > self.low) & (values < self.high)


@dataclass(frozen=True)
class Halo:
    """A glow or a soft shadow: a copy of letters under them, moved by `shift` and blurred by `blur` (standard deviation),
    strip px, × `gain` and 1 at most.

    visible: levels by which it differs from the ground where it is 1.
    """

    colour: Colour
    blur: float
    shift: tuple[float, float]
    gain: float
    visible: float
