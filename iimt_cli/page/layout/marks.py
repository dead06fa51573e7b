"""Symbols in a line that are not letters, told by the shape of their ink: a bullet, a check box, a cursor, an arrow.

How a bullet is told from a letter is decided by `is_bullet`, and for colours other than the text's in `icons`.

Ink is coverage (32, W). The type size `em` and the row of the baseline are those of the line, strip px. Sizes are in em, and
by eye on screenshots and on the pictures in tests/test_page_marks.py and test_page_menus.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from iimt_cli.page.arrays import Coverage, Mask, Range
from iimt_cli.page.rectify import EM
from iimt_cli.page.runs import INK, WORD_GAP, extent, inked_columns, inked_rows, letter_gap, rows_of, runs

SYMBOL_GAP = 0.29  # between a symbol and a word, at least: more than between most words
APART = 0.5  # a wider gap does not occur between two words of one text
# × the usual gap between letters, at least: on a typewriter D and E are nearly as far apart
MORE_THAN_LETTERS = 1.7
ICON_WIDTH = Range(0.55, 1.12)
BOX_HEIGHT = Range(0.45, 1.2)  # height of a check box
BOX_SHAPE = Range(0.75, 1.35)  # width / height of a check box


def with_edge(left: int, right: int) -> slice:
    """Columns left..right and one on either side, for the smooth edge."""
    return slice(max(left - 1, 0), right + 1)


# A bullet, or an empty check box

BULLET_WIDTH = 0.75  # at most
LOW_BULLET = 0.42  # height of a dot or a dash, at most, wherever it stands
HIGH_BULLET = 0.65  # height of a triangle, at most; it must stand above the baseline
LIFTED = 0.06  # how far a triangle stands above the baseline, at least
RING_INNER = (0.3, 0.7)  # the middle of a ring or box: between these shares of its width and height
RING_EMPTY = 0.2  # coverage in that middle, at most


def leading_mark(ink: Coverage, baseline: float, em: float = EM) -> slice | None:
    """Columns of a bullet or an empty check box before a line; None without one. It stays in the picture as it is."""
    filled = inked_columns(ink)
    groups = runs(filled, WORD_GAP * em)
    if len(groups) < 2:
        return None
    (left, right), (rest, _) = groups[:2]
    rows = rows_of(ink[:, left:right])
    assert rows is not None, "its columns have ink"
    apart = rest - right > MORE_THAN_LETTERS * letter_gap(filled[rest:], em)
    ring = apart and _is_ring(ink[slice(*rows), left:right], em)
    if not (ring or is_bullet(right - left, rows[1] - rows[0], baseline - rows[1], em)):
        return None
    return with_edge(left, right)


def is_bullet(width: int, height: int, above: float, em: float) -> bool:
    """Whether a shape is a bullet (dot, dash, triangle) and not a letter: it is narrow, and low or lifted off the baseline.

    above: from the baseline up to its lower end. All in strip px.
    """
    low = height < LOW_BULLET * em or (height < HIGH_BULLET * em and above > LIFTED * em)
    return width < BULLET_WIDTH * em and low


def _is_ring(part: Coverage, em: float) -> bool:
    """Whether a shape is a square or a ring, closed and empty. An O passes, too; it may stay, as it needs no translation."""
    height, width = part.shape
    if height / em not in BOX_HEIGHT or width / height not in BOX_SHAPE:
        return False
    rows, columns = (slice(*(round(share * side) for share in RING_INNER)) for side in part.shape)
    # It is closed if there is ink to the left, right, top and bottom of its middle.
    across, down, half_x, half_y = part[rows], part[:, columns], width // 2, height // 2
    sides = (across[:, :half_x].max(1), across[:, half_x:].max(1), down[:half_y].max(0), down[half_y:].max(0))
    return part[rows, columns].max() <= RING_EMPTY and min(float(side.min()) for side in sides) >= INK


# A sign or an icon before a line

SIGN_WIDTH = 1.4  # at most
SIGN_GAP = 0.45  # is added to the usual gap between letters: the gap behind a sign is wider
SIGN_APART = 1.6  # × the widest gap in the rest of the line: the same
ICON_TOP = 0.66  # height above the baseline, at least: as high as a capital
ICON_LOW, APART_ICON_LOW = 0.06, 0.03  # depth below the baseline, at least; the second if it stands apart
ICON_APART = 0.45  # gap behind an icon from which it stands apart
MORE_APART = 1.5  # gap before an icon / gap behind it, at least, as it belongs to the text behind it


def leading_sign(ink: Coverage, em: float = EM) -> slice | None:
    """Columns of a sign before a line: one connected piece, farther from the line than its words from each other; or None.

    It is an icon or the number of an item, which is the same in every language.
    """
    filled = inked_columns(ink)
    pieces = runs(filled)
    if len(pieces) < 2:
        return None
    (left, right), (rest, _) = pieces[:2]
    widest = max((after[0] - before[1] for before, after in pairwise(pieces[1:])), default=0)
    usual = max(SIGN_GAP * em + letter_gap(filled[rest:], em), SIGN_APART * widest)
    return with_edge(left, right) if right - left < SIGN_WIDTH * em and rest - right > usual else None


@dataclass(frozen=True)
class Shape:
    """The first shape of a line: its columns, and the column at which the rest begins."""

    columns: slice
    rest: int


def first_shape(ink: Coverage, em: float = EM) -> Shape | None:
    """The first shape of a line, if it is as wide as an icon; else None.

    If it is no farther from the rest than words are from each other, it must be one connected piece.
    """
    filled = inked_columns(ink)
    groups = runs(filled, SYMBOL_GAP * em)
    if len(groups) < 2:
        return None
    (left, right), (rest, _) = groups[:2]
    apart = rest - right > APART * em or len(runs(filled[left:right])) == 1
    return Shape(with_edge(left, right), rest) if apart and (right - left) / em in ICON_WIDTH else None


def leading_icon(ink: Coverage, baseline: float, em: float = EM) -> slice | None:
    """Columns of an icon before a line; None without one. It is as high as a capital and reaches below the baseline.

    No letter of this height and depth is so wide and stands alone as a word.
    """
    found = first_shape(ink, em)
    rows = rows_of(ink[:, found.columns]) if found else None
    if found is None or rows is None:
        return None
    lower = APART_ICON_LOW if found.rest - found.columns.stop > ICON_APART * em else ICON_LOW
    high = rows[0] < baseline - ICON_TOP * em
    return found.columns if high and rows[1] > baseline + lower * em else None


def icons_between(ink: Coverage, em: float = EM) -> tuple[list[slice], float] | None:
    """Columns of the icons before the second, third, … entry of a bar, and the least gap before them, px; None if no bar.

    At least two shapes must be connected pieces that are clearly nearer to the text behind them than to the text before.
    Words of a sentence never are.
    """
    filled = inked_columns(ink)
    groups = runs(filled, SYMBOL_GAP * em)
    found, apart = [], []
    for before, (left, right), after in zip(groups, groups[1:], groups[2:], strict=False):
        whole = len(runs(filled[left:right])) == 1 and (right - left) / em in ICON_WIDTH
        if whole and left - before[1] > max(APART * em, MORE_APART * (after[0] - right)):
            found.append(with_edge(left, right))
            apart.append(float(left - before[1]))
    return (found, min(apart)) if len(found) > 1 else None


# A text cursor, the tick of an axis, an arrow

CURSOR_WIDTH = 0.17  # at most
CURSOR_FILLED = 0.8  # share of its box with ink, at least: j and J have less, because of the dot and the hook
CURSOR_HIGHER = 2  # rows by which a cursor is higher than the letters, at least
CURSOR_LOW = 0.05  # depth below the baseline, at least
TICK_WIDTH, TICK_HEIGHT = 0.5, 0.2  # at most
TICK_REACH = 2  # px between a tick and the rule that it touches, at most
ARROW_INK = 0.4  # coverage from which a pixel belongs to its shape
ARROW_HEIGHT, ARROW_WIDTH = Range(0.15, 0.62), Range(0.15, 0.75)
SMALL_ARROW = 0.48  # height: a lower arrow may stand on the baseline or below it
# lower end above the baseline, of small and large arrows
SMALL_FOOT, LARGE_FOOT = Range(-0.12, 0.45), Range(0.07, 0.45)
POINT = 0.55  # width of an arrow's point / width of its other end, at most
STRAIGHT = 0.16  # × its width: how far the middle of a row may be from the middle of the arrow
ROUNDING = 0.5  # px, is added to that
WIDER = 2  # px by which a row of an arrow may be wider than the row before it


def carets(ink: Coverage, baseline: float, em: float = EM) -> Mask:
    """Columns, (W,), of a text cursor before or behind the text of a field: it is higher than the letters and as low."""
    found = np.zeros(ink.shape[1], bool)
    shapes = ink > INK
    pieces = runs(inked_columns(ink))
    if len(pieces) < 2:
        return found
    first, last = pieces[0], pieces[-1]
    for (left, right), others in ((first, shapes[:, first[1] :]), (last, shapes[:, : last[0]])):
        own = np.flatnonzero(shapes[:, left:right].any(axis=1))
        rest = np.flatnonzero(others.any(axis=1))
        in_one = len(own) == np.ptp(own) + 1 and right - left < CURSOR_WIDTH * em
        solid = in_one and shapes[own[0] : own[-1] + 1, left:right].mean() > CURSOR_FILLED
        higher = own[0] + CURSOR_HIGHER <= rest[0]
        if solid and higher and own[-1] >= max(rest[-1], round(baseline + CURSOR_LOW * em)):
            found[with_edge(left, right)] = True
    return found


def ticks(ink: Coverage, ruled: Mask, em: float = EM) -> Mask:
    """Columns, (W,), of the tick between a label and its axis: a short flat line that touches a rule.

    ruled: the columns of rules, (W,).
    """
    found = np.zeros(ink.shape[1], bool)
    groups = runs(inked_columns(ink), WORD_GAP * em)
    for left, right in (groups[0], groups[-1]) if len(groups) > 1 else ():
        part = slice(max(left - TICK_REACH, 0), right + TICK_REACH)
        rows = np.flatnonzero(inked_rows(ink[:, left:right]))
        flat = right - left < TICK_WIDTH * em and np.ptp(rows) < TICK_HEIGHT * em
        if flat and ruled[part].any():
            found[part] = True
    return found


def trailing_arrow(ink: Coverage, baseline: float, em: float = EM) -> slice | None:
    """Columns of the arrow of a drop-down list or a link (▾, a chevron, ›) that stands apart after a line.

    It is smaller than a letter or off the baseline, and tapers downward or to the right.
    """
    groups = runs(inked_columns(ink), WORD_GAP * em)
    if len(groups) < 2:
        return None
    left, right = groups[-1]
    part = ink[:, left:right] > ARROW_INK
    rows = rows_of(ink[:, left:right], ARROW_INK)
    if rows is None:
        return None
    height, above = (rows[1] - rows[0]) / em, (baseline - rows[1]) / em
    foot = SMALL_FOOT if height < SMALL_ARROW else LARGE_FOOT
    if height not in ARROW_HEIGHT or (right - left) / em not in ARROW_WIDTH or above not in foot:
        return None
    shape = part[slice(*rows)]
    return with_edge(left, right) if _tapers(shape) or _tapers(shape.T) else None


def _tapers(shape: Mask) -> bool:
    """Whether a shape gets narrower from row to row, on both sides, down to a point."""
    reach = np.array([span[1] - span[0] if (span := extent(row)) else 0 for row in shape])
    middle = np.array([np.flatnonzero(row).mean() if row.any() else np.nan for row in shape])
    third = max(1, len(shape) // 3)
    point = reach[-third:].mean() < POINT * reach[:third].mean()
    width = shape.shape[1]
    straight = np.nanmax(np.abs(middle - (width - 1) / 2)) < STRAIGHT * width + ROUNDING
    return bool(point and straight and (np.diff(reach) <= WIDER).all())
