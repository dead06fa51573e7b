"""The texts of a line. The detector joins texts that stand side by side: entries of a bar, names and values of a table.

Widths are in em. All values are by eye on screenshots (tests/test_page_menus.py and test_page_tables.py draw them) unless
they say otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from iimt_cli.page.arrays import Coverage, Floats, Mask, Span
from iimt_cli.page.layout.justify import RAGGED, Row, Stretch, first_column
from iimt_cli.page.rectify import Points
from iimt_cli.page.runs import inked_columns, runs, word_gaps
from iimt_cli.page.tracking import AS_USUAL, Tracking

# The gaps that part the texts of a line

JUSTIFIED_GAP = 1.6  # a wider gap in a justified line parts two texts, unless all are stretched spaces
WIDE_GAP = 1.1  # a wider gap in any other line parts two texts
BAR_GAP = 0.6  # if all gaps of a line are wider, its words are entries of a bar
BAR_WORDS = 3  # gaps that such a bar has, at least
LEAP = 2.0  # × the next narrower gap: gaps that are wider than this part entries
AS_WIDE = 0.85  # × the narrowest gap that parts two texts: gaps wider than this part texts, too


def columns(
    ink: Coverage, em: float, parted: Mask, stretch: Stretch = RAGGED, spaced: Tracking = AS_USUAL
) -> list[Span]:
    """The columns of each text in a line. Texts are parted by wide gaps (menus), or at columns `parted`, (W,) (tables).

    ink: (32, W); em: type size, px; stretch: whether the word gaps are stretched; spaced: how its letters are.
    """
    closed = spaced.closed(ink)
    gaps = word_gaps(closed, em=em)
    widths = np.array([b - a for a, b in gaps]) / em
    if stretch.alike:
        wide = np.zeros(len(gaps), bool)
    elif (pitch := typewriter_pitch(closed, em)) is not None:
        wide = np.array([_blanks(closed, gap, pitch) > 1 for gap in gaps], bool)
    else:
        wide = widths > JUSTIFIED_GAP if stretch.justified else far_apart(widths)
    gaps = [(spaced.opened(a), spaced.opened(b)) for a, b in gaps]
    gaps = [gap for gap, far in zip(gaps, wide, strict=True) if far or parted[slice(*gap)].any()]
    return list(zip([0, *(b for _, b in gaps)], [*(a for a, _ in gaps), ink.shape[1]], strict=True))


def far_apart(widths: Floats) -> Mask:
    """Which gaps between words, (N,) em, are too wide to be inside a text."""
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


# Typewriter type: all letters have the same width. Of 420 lines of programs and web pages 3 in other type passed for it.

FEWEST_LETTERS = 8
IN_STEP = 0.85  # how well the middles of letters agree with equal steps, 0..1, at least
PITCHES = np.arange(0.5, 0.7, 0.0025)  # pitches (from letter to letter) that are tried
NARROW = 1.1  # × the pitch: a letter is narrower
MOSTLY = 0.85  # share of the letters that are, at least


def typewriter_pitch(ink: Coverage, em: float) -> float | None:
    """The pitch of typewriter type, px from the middle of a letter to that of the next; None for other type."""
    letters = np.array(runs(inked_columns(ink)), float).reshape(-1, 2)
    if len(letters) < FEWEST_LETTERS:
        return None
    pitches = PITCHES * em
    steps = np.abs(np.exp(2j * np.pi * letters.mean(axis=1) / pitches[:, None]).mean(axis=1))
    pitch = float(pitches[np.argmax(steps)])
    narrow = np.diff(letters) < NARROW * pitch
    return pitch if steps.max() > IN_STEP and narrow.mean() > MOSTLY else None


def _blanks(ink: Coverage, gap: Span, pitch: float) -> int:
    """How many spaces of the typewriter a gap is wide."""
    filled = inked_columns(ink)
    before, after = runs(filled[: gap[0]])[-1], runs(filled[gap[1] :])[0]
    # Letters that touch are one run, wider than the pitch. Then the letter next to the gap counts as one pitch wide.
    left = gap[0] - min(before[1] - before[0], pitch) / 2
    right = gap[1] + min(after[1] - after[0], pitch) / 2
    return round((right - left) / pitch) - 1


# Cells of a table

FAR = 6.0  # up and down: within it other rows show where the columns of a table are
SAME_NAME = 0.2  # left ends of names in one column differ by less
SAME_START = 0.15  # left ends of values in one column differ by less
SAME_ROW = 0.3  # baselines in one row differ by less
OTHER_ROW = 0.5  # baselines in two rows differ by more
WIDEST = 1.15  # × the second widest gap of a line: the gap between name and value is at least so wide


def in_cells(rows: Sequence[Row], spans: Sequence[Sequence[Span]]) -> list[list[Span]]:
    """The texts of each line, cut further where a word begins a column of the table: a value beside its name.

    The detector joins the cells of some rows and not of others. A line is cut before a word if at least two rows above or
    below have one text that begins at that word and one that begins where this line begins. The gap must also be the widest
    of the line (WIDEST).
    """
    found = [
        row.start(x0 + first_column(row.ink[:, x0:x1]))
        for row, parts in zip(rows, spans, strict=True)
        for x0, x1 in parts
    ]
    starts = np.array(found, float).reshape(-1, 2)
    return [_cut_at(row, parts, starts) for row, parts in zip(rows, spans, strict=True)]


def _cut_at(row: Row, parts: Sequence[Span], starts: Points) -> list[Span]:
    """The texts of one line, cut as `in_cells` says; starts: where all texts of the page begin, (N, 2) picture px."""
    em = row.width_of_em
    names = _near(starts, row.start(first_column(row.ink)), SAME_NAME * em, FAR * em)
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


def _near(points: Points, place: Points, x: float, y: float) -> Points:
    """The points, (N, 2), that are within x px to the side and y px up or down of a place, (2,)."""
    return points[(np.abs(points - place) < (x, y)).all(axis=1)]
