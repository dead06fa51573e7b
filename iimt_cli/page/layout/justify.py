"""Lines of justified text: their word gaps are stretched until both ends stand at the edges of the column.

The detector takes wide gaps for the ends of lines, and so would `parts`. What tells stretched spaces from gaps between texts:
all of a line are as wide, and what they have more than spaces is less than the next word needs. A line with one gap alone
must stand above or below a line of which that is known.

All values are by eye, on screenshots and on made-up newspapers (`recipes/grouping.py measure`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from iimt_cli.page.arrays import Coverage, Floats, Mask, Range
from iimt_cli.page.layout.line import Line
from iimt_cli.page.rectify import Geometry, Points
from iimt_cli.page.runs import inked_columns, word_gaps

# In heights of the detector's boxes:
SAME_END = 0.4  # by which the left ends and the right ends of two justified lines differ, at most
LINE_STEP = Range(0.6, 15.0)  # from one line down to the other
NEXT_LINE = 2.5  # from one line down to the next of its paragraph, at most
INDENT = 3.0  # of the first line of a paragraph, at most
COLUMN = 8.0  # width of a justified column, at least
SAME_ROW = 0.3  # by which the middles of two pieces of a line differ, at most
SAME_HEIGHT = 1.4  # ratio of the heights of two lines in one type, at most: a box is higher where letters have descenders
# In em:
SPACE = 0.28  # a space that is not stretched
EVEN_GAPS = (
    0.4  # by which the gaps of a justified line differ, at most: the sides of letters and marks are not alike
)
TINY = 1e-6  # px: avoids dividing by zero


@dataclass(frozen=True)
class Row:
    """A line in its strip: ink (32, W), baseline and type size, strip px."""

    geometry: Geometry
    ink: Coverage
    baseline: float
    em: float

    def start(self, column: int) -> Points:
        """Where what begins at a column of the strip stands in the picture, px (2,)."""
        return np.asarray(self.geometry.to_picture([[column, self.baseline]])[0])

    @property
    def width_of_em(self) -> float:
        """In picture px."""
        return self.em * self.geometry.scale


@dataclass(frozen=True)
class Stretch:
    """Whether a line is justified, so that its word gaps may be wide, and whether all of them are stretched spaces."""

    justified: bool
    alike: bool


RAGGED = Stretch(justified=False, alike=False)


@dataclass(frozen=True)
class _Boxes:
    """Boxes measured against each other: entry [i, j] is box j measured from box i, in the lower one's heights."""

    left: Floats  # how much farther to the right i begins
    right: Floats
    down: Floats  # from the middle of i to that of j
    ratio: Floats  # of their heights, 1 or more
    wide: Mask  # (N,): wide enough for a column

    @classmethod
    def of(cls, found: Sequence[Line]) -> _Boxes:
        widths, heights = (
            np.array(sides) for sides in zip(*((o.width, o.height) for o in found), strict=True)
        )
        lower = np.maximum(np.minimum(heights[:, None], heights), TINY)
        ends = np.array([line.quad[:2, 0] for line in found])
        left, right = np.moveaxis((ends[:, None] - ends) / lower[..., None], 2, 0)
        middles = np.array([float(line.quad[:, 1].mean()) for line in found])
        higher = np.maximum(heights[:, None], heights)
        return cls(
            left, right, (middles - middles[:, None]) / lower, higher / lower, widths > COLUMN * heights
        )

    @property
    def below(self) -> Mask:
        """[i, j]: line i may go on in j, below it."""
        begins = (self.left > -SAME_END) & (self.left < INDENT)
        return np.asarray((self.down > LINE_STEP.low) & (self.down < NEXT_LINE) & begins)


def stretches(found: Sequence[Line], rows: Sequence[Row]) -> list[Stretch]:
    """Which lines are justified: they end where a line above or below does, and begin there or, above it, farther in.

    rows: what is in the box of each line.
    """
    if not found:
        return []
    boxes = _Boxes.of(found)
    beside = ((np.abs(boxes.left) < SAME_END) & LINE_STEP.holds(np.abs(boxes.down))) | boxes.below
    same = beside & (np.abs(boxes.right) < SAME_END)
    justified = [bool(same[i].any() and boxes.wide[i]) for i in range(len(found))]
    running = [one and _is_stretched(boxes, rows, [i]) for i, one in enumerate(justified)]
    near = same & (np.abs(boxes.down) < NEXT_LINE)
    of_text = (near | near.T) @ np.array(running, bool)
    return [
        Stretch(one, running[i] or bool(one and of_text[i] and _is_stretched(boxes, rows, [i], fewest=1)))
        for i, one in enumerate(justified)
    ]


def in_pieces(found: Sequence[Line], rows: Sequence[Row]) -> list[list[int]]:
    """The boxes that are pieces of one justified line, from left to right; rows: what is in each box."""
    if not found:
        return []
    boxes = _Boxes.of(found)
    groups: dict[tuple[int, ...], int] = {}  # → the fewest gaps that tell
    for i in np.flatnonzero(boxes.wide):
        fewest = 1 if _is_stretched(boxes, rows, [int(i)]) else 2
        for group in _beside(boxes, int(i)):
            groups[group] = min(groups.get(group, fewest), fewest)
    whole: list[list[int]] = []
    for group in sorted(groups, key=lambda group: (-len(group), group)):
        apart = not any(set(group) & set(other) for other in whole)
        if apart and _is_stretched(boxes, rows, group, groups[group]):
            whole.append(list(group))
    return whole


def _beside(boxes: _Boxes, spanning: int) -> list[tuple[int, ...]]:
    """Groups of boxes side by side that begin and end where the line `spanning` above or below them does."""
    left, right, down = boxes.left[spanning], boxes.right[spanning], boxes.down[spanning]
    near = Range(LINE_STEP.low, NEXT_LINE).holds(np.abs(down)) & (boxes.ratio[spanning] < SAME_HEIGHT)
    inside = np.flatnonzero(near & (left < SAME_END) & (right > -SAME_END))
    groups = []
    for first in inside[left[inside] > -INDENT]:
        row = inside[np.abs(boxes.down[first, inside]) < SAME_ROW]
        row = row[np.argsort(-left[row])]
        if len(row) > 1 and row[0] == first and abs(right[row[-1]]) < SAME_END:
            groups.append(tuple(int(i) for i in row))
    return groups


def _is_stretched(boxes: _Boxes, rows: Sequence[Row], group: Sequence[int], fewest: int = 2) -> bool:
    """Whether all gaps in and between the boxes of a group are stretched spaces; fewest: so many gaps there must be.

    They are as wide as each other, and what they have more than spaces is less than the first word of the next line needs.
    """
    below = np.where(boxes.below[group[0]], boxes.down[group[0]], np.inf)
    if not np.isfinite(below).any():
        return False
    em = float(np.median([rows[i].width_of_em for i in group]))  # that of a short piece is often wrong
    inside = [
        (b - a) * rows[i].geometry.scale / em for i in group for a, b in word_gaps(rows[i].ink, em=rows[i].em)
    ]
    between = [
        float(
            np.linalg.norm(rows[j].start(first_column(rows[j].ink)) - rows[i].start(last_column(rows[i].ink)))
        )
        / em
        for i, j in pairwise(group)
    ]
    widths = np.array([*inside, *between])
    room = first_word(rows[int(below.argmin())]) + SPACE
    return len(widths) >= fewest and bool(np.ptp(widths) < EVEN_GAPS and (widths - SPACE).sum() < room)


def first_word(row: Row) -> float:
    """The width of a line's first word, em."""
    start = first_column(row.ink)
    gaps = [a for a, _ in word_gaps(row.ink, em=row.em) if a > start]
    return ((gaps[0] if gaps else last_column(row.ink)) - start) / row.em


def first_column(ink: Coverage) -> int:
    """Where the letters in ink (32, W) begin; 0 without any."""
    filled = inked_columns(ink)
    return int(np.argmax(filled)) if len(filled) else 0


def last_column(ink: Coverage) -> int:
    """Where the letters in ink (32, W) end; W without any."""
    return int(ink.shape[1]) - first_column(ink[:, ::-1])
