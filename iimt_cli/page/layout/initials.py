"""Drop capitals: a large first letter, beside which the first lines of its text are indented.

It is part of the first word, though no line. Distances are in em of the text unless it is said. All values are by eye on the
pictures in tests/test_page_initials.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from iimt_cli.page.arrays import Colour, Pixels, Range
from iimt_cli.page.colours import as_colour, contrast, most_frequent
from iimt_cli.page.ink.separate import own_letters
from iimt_cli.page.layout.likeness import SAME_BOX, SAME_LEFT
from iimt_cli.page.layout.looks import Looker
from iimt_cli.page.paragraphs import TextLine
from iimt_cli.page.rectify import BASELINE, EM, HEIGHT, MARGIN, Geometry, corners, cut, from_baseline
from iimt_cli.page.runs import LETTER_EDGE, columns_of
from iimt_cli.page.shapes import shapes

CAPITAL = 0.71  # height of capitals
INDENT = Range(0.7, 6.0)  # of the lines beside the letter
PITCH = Range(0.9, 2.2)  # from baseline to baseline
SAME_PITCH = 0.25  # share of it by which two of these differ
UNDER = Range(0.75, 1.5)  # × it, to the line below the letter, which may be deeper than the lines beside it
INKED = 60.0  # levels from the ground
TALL = 1.8  # × the height of capitals: the letter, at least
SHAPE = Range(0.12, 1.5)  # its width / its height
# share of a shape's box that it fills: a letter fills less, unless it is narrow, as an I
SOLID, NARROW = 0.72, 0.5
TOP = 0.6  # by which its top is higher or lower than that of the capitals beside it
HANGS = 1.2  # by which it may reach below the last line beside it, and a strip
LEFT = 0.5  # by which its left edge and that of the line below differ
FREE = Range(-0.1, 1.6)  # between the letter and the lines beside it


@dataclass(frozen=True)
class Initial:
    """A drop capital. numbers: of the lines of its text, those beside it first. box: (4, 2), in the picture."""

    numbers: tuple[int, ...]
    box: np.ndarray
    geometry: Geometry
    colour: Colour


def find_initials(groups: Sequence[Sequence[int]], lines: Sequence[TextLine], view: Pixels) -> list[Initial]:
    """The drop capitals of texts, each given by the numbers of its lines, in a picture (H, W, 3).

    A text whose first lines are indented goes on in that below, which is not.
    """
    found: list[Initial] = []
    ends = np.array([line.ends for line in lines]).reshape(-1, 2, 2)
    sizes = np.array([line.em for line in lines])
    for first in [group[0] for group in groups]:
        if any(first in initial.numbers for initial in found):
            continue
        beside, under = _round_a_corner(first, lines[first].geometry.direction, ends, sizes)
        if len(beside) > 1 and under is not None:
            seen = _letter(lines[first], lines[beside[-1]], lines[under], view)
            if seen is not None:
                group = next(group for group in groups if under in group)
                rest = [i for i in group[list(group).index(under) :] if i not in beside]
                found.append(Initial((*beside, *rest), *seen))
    return found


def with_initials(
    groups: Sequence[Sequence[int]], initials: Sequence[Initial], lines: Sequence[TextLine]
) -> list[list[int]]:
    """The texts, by the numbers of their lines: those with drop capitals are whole, and no drop capital is a text."""
    taken = {i for initial in initials for i in initial.numbers}
    taken |= {
        i
        for i, line in enumerate(lines)
        for initial in initials
        if cv2.pointPolygonTest(initial.box.astype(np.float32), line.quad.mean(axis=0).tolist(), False) > 0
    }
    rest = [[i for i in group if i not in taken] for group in groups]
    return [group for group in rest if group] + [list(initial.numbers) for initial in initials]


def _round_a_corner(
    first: int, u: np.ndarray, ends: np.ndarray, sizes: np.ndarray
) -> tuple[list[int], int | None]:
    """The lines with the same left edge from the first one down, and the next one under them if it begins farther left.

    u: unit vector of reading, (2,); ends: where lines start and end, (N, 2, 2); sizes: of their type, (N,), picture px.
    """
    em = sizes[first]
    along, down = ends @ u / em, (ends.mean(axis=1) @ np.array([-u[1], u[0]])) / em
    alike = (sizes / em > SAME_BOX.low) & (sizes / em < SAME_BOX.high) & (along[:, 1] > along[first, 0])
    beside, usual = [first], 0.0
    while True:
        steps = np.where(alike, down - down[beside[-1]], np.inf)
        steps[steps < PITCH.low] = np.inf
        below = int(steps.argmin())
        step, indent = float(steps[below]), float(along[first, 0] - along[below, 0])
        if step not in PITCH:
            return beside, None
        if abs(indent) > SAME_LEFT:
            goes_round = indent in INDENT and bool(usual) and step / usual in UNDER
            return beside, below if goes_round else None
        if usual and abs(step - usual) > SAME_PITCH * usual:
            return beside, None
        usual = usual or step
        beside.append(below)


def _letter(
    first: TextLine, last: TextLine, below: TextLine, view: Pixels
) -> tuple[np.ndarray, Geometry, Colour] | None:
    """The box of a letter left of some lines, its strip as of a line of its own, and its colour; None if there is none."""
    left, depth = (
        first.geometry.to_strip(points)[0]
        for points in (below.ends[:1], first.geometry.to_picture([[0, 0]]) + last.ends[:1] - first.ends[:1])
    )
    x0 = int(left[0] - LEFT * EM)
    y0 = int(BASELINE - (CAPITAL + TOP) * EM) - 1
    wide, high = int(first.x0 - FREE.low * EM - x0), int(HEIGHT + depth[1] + HANGS * EM) - y0
    window = cut(view, first.geometry.moved(x=x0, y=y0, width=wide), high).astype(np.int16)
    ground, _ = most_frequent(window.reshape(-1, 3))
    around, _ = most_frequent(np.concatenate([window[0], window[:, 0], window[:, -1]]))
    if contrast(ground, around) > INKED:
        return None  # a letter on a box of its own
    marked = shapes(contrast(window, ground) > INKED)
    for number, (x, y, w, h, area) in enumerate(marked.boxes, 1):
        if h < TALL * CAPITAL * EM or w / h not in SHAPE or x == 0 or y == 0:
            continue
        if w / h > NARROW and area > SOLID * w * h:
            continue  # a box, in which the letter may stand
        high_enough = abs(y0 + y - (BASELINE - CAPITAL * EM)) < TOP * EM
        near = first.x0 - x0 - x - w
        if high_enough and near / EM in FREE and depth[1] + BASELINE - TOP * EM < y0 + y + h < y0 + high:
            box = first.geometry.to_picture(corners(x0 + x, y0 + y, x0 + x + w, y0 + y + h))
            size = h / CAPITAL * first.geometry.scale
            width = w * first.geometry.scale
            colour = as_colour(np.median(window[marked.labels == number], axis=0))
            return box, from_baseline(box[3], first.geometry.direction, size, width), colour
    return None


def initial_line(initial: Initial, look: Looker) -> TextLine | None:
    """A drop capital as a line of its own; None if no ink is found in it."""
    [seen] = look([initial.geometry], [initial.colour])
    own = own_letters(seen, (MARGIN, initial.geometry.width - MARGIN))
    columns = columns_of(own.ink, LETTER_EDGE)
    if columns is None:
        return None
    quad = initial.box.astype(np.float32)
    return TextLine(
        quad,
        1.0,
        initial.geometry,
        own.ink,
        own.erase,
        float(columns[0]),
        float(columns[1]),
        initial.geometry.scale * EM,
        initial.colour,
        ink_scale=initial.geometry.scale,
    )
