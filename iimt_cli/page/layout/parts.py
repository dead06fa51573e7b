"""The parts of a line: the detector joins texts that stand side by side, entries of a bar, names and values of a table.

Widths are in em. All values are by eye on screenshots (tests/test_page_menus.py and test_page_tables.py draw them) unless
they say otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from iimt_cli.page.arrays import Coverage, Floats, Mask, Range, Span
from iimt_cli.page.layout.line import Line
from iimt_cli.page.rectify import Geometry, Points
from iimt_cli.page.runs import inked_columns, runs, word_gaps


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


# Justified lines, in heights of the detector's boxes

SAME_END = 0.4  # on either side
LINE_STEP = Range(0.6, 15.0)  # from one line to the other
COLUMN = 8.0  # wide, at least
TINY = 1e-6  # px: avoids dividing by zero


def justified(found: Sequence[Line]) -> list[bool]:
    """Which lines are as wide as one above or below them, on both sides: there words stand as far apart as that takes."""
    if not found:
        return []
    widths, heights = (np.array(sides) for sides in zip(*((o.width, o.height) for o in found), strict=True))
    lower = np.minimum(heights[:, None], heights)
    ends = np.array([line.quad[:2, 0] for line in found])
    apart = np.abs(ends[:, None] - ends).max(axis=2)
    middles = np.array([float(line.quad[:, 1].mean()) for line in found])
    steps = np.abs(middles[:, None] - middles) / np.maximum(lower, TINY)
    as_wide = (apart < SAME_END * lower) & LINE_STEP.holds(steps) & (widths[:, None] > COLUMN * lower)
    as_wide[np.diag_indices(len(found))] = False
    return [bool(one) for one in as_wide.any(axis=1)]


# What parts the texts of a line

JUSTIFIED_GAP = 1.6  # a wider gap in a justified line parts two texts
WIDE_GAP = 1.1  # the same elsewhere
BAR_GAP = 0.6  # where all gaps are wider, the words are entries of a bar
BAR_WORDS = 3  # that a bar has, at least
LEAP = 2.0  # × the next narrower gap: what is so much wider parts entries
AS_WIDE = 0.85  # × the narrowest gap that parts two texts: as wide ones, but for rounding, part texts, too


def columns(ink: Coverage, em: float, parted: Mask, justified: bool) -> list[Span]:
    """Columns of the texts in a line: they are far apart (menus), or parted, (W,), by something (cells of a table).

    ink: (32, W); em: type size, px; justified: the words stand as far apart as the width of the line takes.
    """
    gaps = word_gaps(ink, em=em)
    widths = np.array([b - a for a, b in gaps]) / em
    pitch = typewriter_pitch(ink, em)
    if pitch is not None:
        wide = np.array([_blanks(ink, gap, pitch) > 1 for gap in gaps], bool)
    else:
        wide = widths > JUSTIFIED_GAP if justified else far_apart(widths)
    gaps = [gap for gap, far in zip(gaps, wide, strict=True) if far or parted[slice(*gap)].any()]
    return list(zip([0, *(b for _, b in gaps)], [*(a for a, _ in gaps), ink.shape[1]], strict=True))


def far_apart(widths: Floats) -> Mask:
    """Which gaps between words, (N,) em, are wider than those inside a text."""
    wide = widths > WIDE_GAP
    order = np.sort(widths[~wide])[::-1]
    if len(order) >= BAR_WORDS and order[-1] > BAR_GAP:
        return np.ones_like(wide)
    if len(order) > 1:  # most gaps are wide; some, inside an entry, are much narrower
        leap = int(np.argmax(order[:-1] / order[1:]))
        if order[leap] > max(BAR_GAP, LEAP * order[leap + 1]) and leap + 1 >= len(order) - leap - 1:
            wide |= widths >= order[leap]
    if wide.any():
        wide |= widths > max(BAR_GAP, AS_WIDE * widths[wide].min())
    return wide


# Type in which all letters have the same width. Of 420 lines of programs and web pages three others passed for it.

FEWEST_LETTERS = 8
IN_STEP = 0.85  # how well the middles of letters agree with equal steps, 0..1
PITCHES = np.arange(0.5, 0.7, 0.0025)  # em from letter to letter: those that are tried
NARROW = 1.1  # × the pitch: width of a letter, at most
MOSTLY = 0.85  # share of the letters for which that holds


def typewriter_pitch(ink: Coverage, em: float) -> float | None:
    """How far apart the letters are in type in which all have the same width, px; None in other type.

    The middles of its letters then stand in step.
    """
    letters = np.array(runs(inked_columns(ink)), float).reshape(-1, 2)
    if len(letters) < FEWEST_LETTERS:
        return None
    pitches = PITCHES * em
    steps = np.abs(np.exp(2j * np.pi * letters.mean(axis=1) / pitches[:, None]).mean(axis=1))
    pitch = float(pitches[np.argmax(steps)])
    narrow = np.diff(letters) < NARROW * pitch
    return pitch if steps.max() > IN_STEP and narrow.mean() > MOSTLY else None


def _blanks(ink: Coverage, gap: Span, pitch: float) -> int:
    """How many letters would have fitted into a gap."""
    filled = inked_columns(ink)
    before, after = runs(filled[: gap[0]])[-1], runs(filled[gap[1] :])[0]
    # Where letters touch, the middle of them all tells nothing.
    left = gap[0] - min(before[1] - before[0], pitch) / 2
    right = gap[1] + min(after[1] - after[0], pitch) / 2
    return round((right - left) / pitch) - 1


# Cells of a table

FAR = 6.0  # up and down: rows that tell where the columns of a table are
SAME_NAME = 0.2  # by which the left ends of names in one column differ
SAME_START = 0.15  # by which the left ends of other texts in one column differ
SAME_ROW = 0.3  # by which baselines in one row differ
OTHER_ROW = 0.5  # by which baselines in two rows differ, at least
WIDEST = 1.15  # × the gap next in width: that between name and value


def in_cells(rows: Sequence[Row], spans: Sequence[Sequence[Span]]) -> list[list[Span]]:
    """The parts of each line, cut again where a word begins at the edge of a column of texts: a value beside its name.

    The detector joins the cells of some rows and not of others. At least two rows above or below must have a text at that
    edge and one where this line begins, and the gap must be wider than the others in the line.
    """
    found = [
        row.start(x0 + _first_column(row.ink[:, x0:x1]))
        for row, parts in zip(rows, spans, strict=True)
        for x0, x1 in parts
    ]
    starts = np.array(found, float).reshape(-1, 2)
    return [_cut_at(row, parts, starts) for row, parts in zip(rows, spans, strict=True)]


def _cut_at(row: Row, parts: Sequence[Span], starts: Points) -> list[Span]:
    """The parts of a line, cut at the columns of texts that the table has; starts: of all texts, (N, 2) picture px."""
    em = row.em * row.geometry.scale
    names = _near(starts, row.start(_first_column(row.ink)), SAME_NAME * em, FAR * em)
    cells = list(parts)
    gaps = word_gaps(row.ink, em=row.em)
    widths = sorted(b - a for a, b in gaps)
    for a, b in gaps:
        if len(gaps) > 1 and b - a < max(widths[-1], WIDEST * widths[-2]):
            continue
        edge = row.start(b)
        values = _near(starts, edge, SAME_START * em, FAR * em)
        beside = np.abs(values[:, None, 1] - names[None, :, 1]) < SAME_ROW * em
        if (beside.any(axis=1) & (np.abs(values[:, 1] - edge[1]) > OTHER_ROW * em)).sum() > 1:
            cells = [
                cell for x0, x1 in cells for cell in ([(x0, a), (b, x1)] if x0 < a and b < x1 else [(x0, x1)])
            ]
    return cells


def _first_column(ink: Coverage) -> int:
    """Where the letters in ink (32, W) begin; 0 without any."""
    filled = inked_columns(ink)
    return int(np.argmax(filled)) if len(filled) else 0


def _near(points: Points, place: Points, x: float, y: float) -> Points:
    """Those of the points, (N, 2), that are nearer to a place, (2,), than x px to the side and y px up or down."""
    return points[(np.abs(points - place) < (x, y)).all(axis=1)]
