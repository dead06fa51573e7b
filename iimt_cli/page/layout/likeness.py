"""Whether two lines are in the same ink, and where one stands in the frame of the other.

All values are by eye on the examples and on the pictures in tests/test_page_flow.py, unless a measurement is given.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from iimt_cli.page.arrays import Colour, Range
from iimt_cli.page.paragraphs import TextLine

SAME_BOX = Range(0.85, 1.18)  # ratio of the heights of two detected boxes if both have one type size
SAME_LEFT = 0.4  # em: two lines share their left end if these differ by less
PALER = 70.0  # levels by which the same ink may differ between two lines: thin letters look paler
HUE = 60.0  # levels by which the differences of its colour channels may differ: the hue stays the same


@dataclass(frozen=True)
class Flat:
    """Where a line starts, ends and has its baseline, measured along another line and in em of that line."""

    left: float
    right: float
    baseline: float

    @property
    def middle(self) -> float:
        return (self.left + self.right) / 2


def flat(line: TextLine, frame: TextLine) -> Flat:
    """Where `line` stands, measured along the direction of the line `frame` and in its type size."""
    u = frame.geometry.direction
    v = np.array([-u[1], u[0]])
    start, end = line.ends
    return Flat(
        float(start @ u) / frame.em, float(end @ u) / frame.em, float(line.ends.mean(0) @ v) / frame.em
    )


def same_colour(one: Colour, two: Colour) -> bool:
    """Whether two colours are of one ink: thin letters are paler than thick ones, but of the same hue."""
    r, g, b = (x - y for x, y in zip(one, two, strict=True))
    return max(abs(r), abs(g), abs(b)) < PALER and max(abs(r - g), abs(g - b), abs(b - r)) < HUE
