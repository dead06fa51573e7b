"""Symbols in a line that are not letters, told by the pixels: they have another colour, a solid shape or a frame.

How a bullet is told from a letter is decided here by colours, and in `marks` by the shape of the ink.

Strips are (32, W, 3), their ink is coverage (32, W), the type size `em` is that of the line, strip px. Sizes are in em,
colours in levels 0..255; all by eye on screenshots and on the pictures in tests/test_page_marks.py and test_page_menus.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from iimt_cli.page.arrays import Coverage, Floats, Mask, Pixels, Range, Span
from iimt_cli.page.colours import contrast
from iimt_cli.page.ink.style import ink_colour
from iimt_cli.page.layout.marks import BOX_HEIGHT, BOX_SHAPE, MORE_THAN_LETTERS, is_bullet, with_edge
from iimt_cli.page.layout.rules import ground
from iimt_cli.page.rectify import BASELINE, EM, MARGIN, Geometry, cut
from iimt_cli.page.runs import FEWEST_SOLID, SOLID, inked_columns, inked_rows, letter_gap, runs
from iimt_cli.page.shapes import distance_to, free_of, shapes, shrunk

MARKED = 30.0  # levels from the background from which pixels belong to a shape
OTHER_COLOUR = 60.0  # levels between the letters' colour and that of an icon, at least

# A bullet to the left of the box of a line

BULLET_REACH = 2.0  # to the left of the letters
BULLET_SHAPE = Range(0.6, 1.7)  # width / height
BULLET_FILLED = 0.6  # share of its bounding box that it fills, at least
BULLET_LEAST = 3  # px: its width, at least
BULLET_CLEAR = 2.0  # picture px between it and the boxes of other lines, at least


def bullet_before(pixels: Pixels, geometry: Geometry, others: Sequence[Floats] = ()) -> bool:
    """Whether a bullet, in whatever colour, stands alone to the left of a line.

    others: the boxes of the other lines, (4, 2) each. A dot inside one of them is the full stop of that line.
    """
    width = int(BULLET_REACH * EM - MARGIN)
    strip = cut(pixels, geometry.moved(x=-float(width), width=width)).astype(np.float32)
    marked = shapes(contrast(strip, np.median(strip.reshape(-1, 3), axis=0)) > MARKED)
    if len(marked) != 1:
        return False
    [(x, y, w, h, area)] = marked.boxes
    round_enough = w / h in BULLET_SHAPE and area > BULLET_FILLED * w * h
    if not (x > 0 and w >= BULLET_LEAST and round_enough and is_bullet(w, h, BASELINE - y - h, EM)):
        return False
    at = geometry.to_picture([[x + w / 2 - width, y + h / 2]])[0]
    return all(
        cv2.pointPolygonTest(quad.astype(np.float32), at.tolist(), True) < -BULLET_CLEAR for quad in others
    )


# An icon that stands first or last in a line

ICON_GAP = 0.3  # from its last column to the first of the letters, at least
CALM = 0.7  # share of a strip's background that has one colour, if shapes are to be told from it
# groups of ink that an icon consists of: the separator may see its left and right side only
ICON_PIECES = (1, 2)
ICON_WIDTH = 1.6  # at most
DOTS = 0.25  # height of full stops, at most: they are not icons, though they may be paler than the letters
DEEP = 0.2  # a solid icon has pixels farther than this inside its shape
DEEPER = 1.6  # × as far as the letters have: a rim or a shadow makes letters thick as well
INKED = 40.0  # levels from the background from which a pixel is inside a shape
# share of the way from the background to the ink's colour, at least; a spot behind letters is paler
OF_INK = 0.5
# pixels show the ink's colour if their coverage is above the first, and the second × the highest
FULL, OF_FULLEST = 0.6, 0.9


@dataclass(frozen=True)
class _Seen:
    """A line in its strip. free: where no letter is near, (32, W). behind: colour of the ground, (3,), None if it has several.

    depth: how far each pixel lies inside a shape, px (32, W).
    """

    strip: Pixels
    ink: Coverage
    free: Mask
    behind: Floats | None
    depth: Floats


def icons(strip: Pixels, ink: Coverage, em: float = EM) -> Mask:
    """Columns, (W,), of icons: they stand first or last in a line, apart from the rest.

    An icon has another colour than the letters, or it is a solid shape, much thicker than their strokes.
    """
    found = np.zeros(ink.shape[1], bool)
    groups = runs(inked_columns(ink), ICON_GAP * em - 1)
    if not groups:
        return found
    behind = ground(strip, ink, CALM)
    depth = np.zeros(ink.shape, np.float32) if behind is None else _depths(strip, behind)
    seen = _Seen(strip, ink, free_of(ink), behind, depth)
    for n in ICON_PIECES:
        for group, others in ((groups[:n], groups[n:]), (groups[-n:], groups[:-n])):
            if not others:
                continue
            own, rest = _hull(group), _hull(others)
            if own.stop - own.start - 1 > ICON_WIDTH * em or _are_dots(ink, own, groups[-1][1], em):
                continue
            if (n == 1 and _unlike(seen, own, rest)) or _is_solid(seen, own, rest, em):
                found[with_edge(own.start, own.stop)] = True
    return found


def _hull(group: Sequence[Span]) -> slice:
    return slice(group[0][0], group[-1][1])


def _are_dots(ink: Coverage, own: slice, end: int, em: float) -> bool:
    """Whether columns `own` hold the full stop, or the three dots, that end the line at column `end`."""
    return bool(own.stop == end and np.ptp(np.flatnonzero(inked_rows(ink[:, own]))) < DOTS * em)


def _unlike(seen: _Seen, own: slice, rest: slice) -> bool:
    """Whether the ink in columns `own` has another colour than in the `rest`, while the background is the same."""
    colours, behind = [], []
    for columns in (own, rest):
        coverage, pixels, free = seen.ink[:, columns], seen.strip[:, columns], seen.free[:, columns]
        sure = coverage > max(FULL, OF_FULLEST * float(coverage.max()))
        if sure.sum() < FEWEST_SOLID or not free.any():
            return False
        colours.append(np.median(pixels[sure], axis=0))
        behind.append(np.median(pixels[free], axis=0))
    apart, drift = (float(np.abs(a - b).max()) for a, b in (colours, behind))
    return apart > OTHER_COLOUR + drift


def _is_solid(seen: _Seen, own: slice, rest: slice, em: float) -> bool:
    """Whether the columns `own` hold a shape in the ink's colour that is thicker than the strokes of the `rest`."""
    if seen.behind is None:
        return False
    thick = max(DEEP * em, DEEPER * float(seen.depth[:, rest].max()))
    deep = seen.depth[:, own] > thick
    if not deep.any():
        return False
    core = np.median(seen.strip[:, own][deep], axis=0) - seen.behind
    letters = np.asarray(ink_colour(seen.strip[:, own], seen.ink[:, own])) - seen.behind
    return bool(core @ letters > OF_INK * letters @ letters)


def _depths(strip: Pixels, behind: Floats) -> Floats:
    """How far each pixel lies inside a shape, px (32, W); behind: the one colour of the ground, (3,)."""
    shape = contrast(strip, behind) > INKED
    return distance_to(~np.pad(shape, 1))[1:-1, 1:-1]


# A check box or a dot in another colour before a line

SHAPE_REACH = 2.0  # to the right of the first column of ink, in which a shape is looked for
SHAPE_BEFORE = 0.2  # to the right of the first column of ink: a shape begins before that
BOX_GAP = 0.15  # between a box and its text, at least
SIDE = 2  # px: how far inside a box its frame is looked for
CORNER = (0.15, 0.85)  # shares of a side between which it is straight; beyond, corners may be round
SIDE_DRAWN = 0.95  # share of the straight part that is drawn, at least
DOT_HEIGHT = Range(0.2, 0.8)
DOT_FILLED = 0.7  # share of its bounding box that a dot fills, at least
DOT_GAP = 0.04  # between a dot and its text, at least
DOT_EVEN = 40.0  # levels: a pixel has the dot's colour if it differs by less
DOT_SHARE = 0.8  # share of a dot's pixels that have its colour, at least
DOT_LEAST = 4  # pixels inside a dot, at least


def leading_shape(strip: Pixels, ink: Coverage, em: float = EM) -> slice | None:
    """Columns of a check box, empty or ticked, or of a dot in another colour, before a line; None without one.

    They are looked for in the pixels: the separator may see two sides of a box only, and no gap behind a dot.
    """
    filled = inked_columns(ink)
    behind = ground(strip, ink)
    if not filled.any() or behind is None:
        return None
    first = int(np.argmax(filled))
    marked = contrast(strip[:, : first + int(SHAPE_REACH * em)], behind) > MARKED
    for x, y, w, h, area in shapes(marked).boxes:
        rest = np.flatnonzero(filled[x + w :])
        if not (x - SHAPE_BEFORE * em < first < x + w and len(rest) and w / h in BOX_SHAPE):
            continue
        gap = int(rest[0])
        part = marked[y : y + h, x : x + w]
        apart = max(BOX_GAP * em, MORE_THAN_LETTERS * letter_gap(filled[x + w + gap :], em))
        box = h / em in BOX_HEIGHT and gap > apart and _is_framed(part)
        dot = h / em in DOT_HEIGHT and area > DOT_FILLED * w * h and gap > DOT_GAP * em
        if box or (dot and _is_coloured(strip, ink, part, (x, y), x + w + gap)):
            return slice(max(x - 1, 0), x + w + min(2, gap))
    return None


def _is_framed(part: Mask) -> bool:
    """Whether the middle of all four sides of a shape is drawn."""
    height, width = part.shape
    across, down = (slice(round(CORNER[0] * n), max(round(CORNER[1] * n), 1)) for n in (width, height))
    sides = (
        part[:SIDE, across].any(0),
        part[-SIDE:, across].any(0),
        part[down, :SIDE].any(1),
        part[down, -SIDE:].any(1),
    )
    return all(side.mean() > SIDE_DRAWN for side in sides)


def _is_coloured(strip: Pixels, ink: Coverage, part: Mask, corner: tuple[int, int], rest: int) -> bool:
    """Whether a shape at `corner` has one colour, which is not that of the letters from column `rest` on."""
    x, y = corner
    height, width = part.shape
    core = shrunk(np.pad(part, 1), 1)[1:-1, 1:-1]
    letters = ink[:, rest:] > SOLID
    if core.sum() < DOT_LEAST or letters.sum() < FEWEST_SOLID:
        return False
    inside = strip[y : y + height, x : x + width][core]
    own = np.median(inside, axis=0)
    even = (contrast(inside, own) < DOT_EVEN).mean() > DOT_SHARE
    return (
        bool(even) and float(np.abs(own - np.median(strip[:, rest:][letters], axis=0)).max()) > OTHER_COLOUR
    )
