"""Whether two lines are in the same ink, and where one stands in the frame of the other.

All values are by eye on the examples and on the pictures in tests/test_page_flow.py, unless a measurement is given.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from iimt_cli.page.arrays import Colour, Range
from iimt_cli.page.paragraphs import TextLine

SAME_BOX = Range(0.85, 1.18)  # ratio of the heights of two boxes of one type size
SAME_LEFT = 0.4  # em by which the left ends of lines that share them differ
PALER = 70.0  # levels by which one ink may vary from line to line: thin letters are paler
HUE = 60.0  # levels by which the differences between the colour channels of one ink may vary


@dataclass(frozen=True)
class Flat:
    """A line in the frame of its neighbour: where it starts, ends and stands, in type sizes."""

    left: float
    right: float
    baseline: float

    @property
    def middle(self) -> float:
        return (self.left + self.right) / 2


def flat(line: TextLine, frame: TextLine) -> Flat:
    """Where a line stands, measured along the direction and in the type size of another."""
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
