"""Whether two lines are set in the same type and ink, and where one stands in the frame of the other.

All values are by eye on the examples and on the pictures in tests/test_page_flow.py, unless a measurement is given.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from iimt_cli.page.arrays import Colour, Range
from iimt_cli.page.paragraphs import TextLine
from iimt_cli.page.rectify import EM, sides

# Ratios of two type sizes (larger / smaller) up to which they may be the same.
SAME_SIZE = 1.22  # short lines
MEASURED_SIZE = 1.1  # long lines, which measure well, and wherever the rest does not decide
UNSURE_SIZE = 1.5  # where the letters leave the size open ("nur" has no high ones), and the boxes agree
LONG = 7.0  # em: longer lines measure well
LONG_STEM = 1.3  # ratio of two stems up to which long lines are in the same type: a heading is not its text
SAME_BOX = Range(0.85, 1.18)  # ratio of the heights of two boxes of one type size
SAME_LEFT = 0.4  # em by which the left ends of lines that share them differ
PARALLEL = 0.06  # sine of the angle between two lines
AS_THICK = 1.25  # ratio of two stems up to which letters are equally thick
# Levels by which one ink may vary from line to line. Of 146 lines that go on with equally thick letters one in a hundred
# differed by 23.
SHADE = 45.0  # where letters are equally thick
PALER = 70.0  # where they are not
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


def ratio(one: float, two: float) -> float:
    """The larger over the smaller."""
    return max(one, two) / min(one, two)


def alike(one: TextLine, two: TextLine) -> bool:
    """Whether two lines agree in size, slope and colour."""
    shade = SHADE if ratio(one.stem, two.stem) < AS_THICK else PALER
    return same_type(one, two) and same_colour(one.colour, two.colour, shade)


def same_type(one: TextLine, two: TextLine) -> bool:
    """Whether two lines agree in size and slope."""
    sizes = ratio(one.em, two.em)
    if min(one.length, two.length) > LONG * EM:
        same_size = sizes < MEASURED_SIZE and ratio(one.stem, two.stem) < LONG_STEM
    elif one.choices or two.choices:
        boxes = sides(one.quad)[1] / sides(two.quad)[1] in SAME_BOX
        same_size = sizes < MEASURED_SIZE or (boxes and sizes < UNSURE_SIZE)
    else:
        same_size = sizes < SAME_SIZE
    (ax, ay), (bx, by) = one.geometry.direction, two.geometry.direction
    return same_size and bool(abs(ax * by - ay * bx) < PARALLEL)


def same_colour(one: Colour, two: Colour, most: float = PALER) -> bool:
    """Whether two colours are of one ink: thin letters are paler than thick ones, but of the same hue."""
    r, g, b = (x - y for x, y in zip(one, two, strict=True))
    return max(abs(r), abs(g), abs(b)) < most and max(abs(r - g), abs(g - b), abs(b - r)) < HUE
