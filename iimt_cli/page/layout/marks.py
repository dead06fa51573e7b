"""What stands beside a line and is no letter: a mark to the left of its box, the tick of an axis.

The type size `em` is that of the line, strip px. Sizes are in em, by eye on screenshots and on the pictures in
tests/test_page_marks.py and test_page_menus.py. What stands within the box of a line is the matter of `symbols`.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from iimt_cli.page.arrays import Coverage, Floats, Mask, Pixels
from iimt_cli.page.colours import contrast
from iimt_cli.page.rectify import BASELINE, EM, HEIGHT, MARGIN, Geometry, cut
from iimt_cli.page.runs import WORD_GAP, inked_columns, inked_rows, runs

# A mark to the left of the box of a line

MARKED = 30.0  # levels from the background from which pixels belong to a shape
REACH, APART = 3.0, 0.15  # to the left of the letters, at most and at least
WIDEST = 1.4  # at most; an icon is about as wide as it is high
HIGHEST = 1.6  # at most; an initial is higher
LEAST = 3  # px: its width, at least
ONE_MARK = 0.25  # from part to part of an icon, at most
BAND = 16  # strip px above and below a strip: rows in which a mark is seen as a whole
MIDDLE = 0.36  # above the baseline: the middle of capitals
BESIDE = 0.35  # between the middles of a mark and of its line, at most; an icon beside two lines is off by half a step
CLEAR = 2.0  # picture px between it and the boxes of other lines


def mark_before(pixels: Pixels, geometry: Geometry, others: Sequence[Floats] = ()) -> bool:
    """Whether a mark stands alone to the left of a line: a bullet, a dash, a check box, an icon, in whatever colours.

    It is free on both sides and hardly higher than a line, so it is no frame, rule, initial or picture. others: the boxes of
    the other lines, (4, 2). What is in one of them is their full stop.
    """
    width, middle = int((REACH - APART) * EM), BAND + BASELINE - MIDDLE * EM
    band = geometry.moved(x=MARGIN - REACH * EM, y=-float(BAND), width=width)
    strip = cut(pixels, band, HEIGHT + 2 * BAND).astype(np.float32)
    apart = contrast(strip, np.median(strip.reshape(-1, 3), axis=0))
    rows = runs(inked_rows(apart, MARKED), ONE_MARK * EM)
    near = [run for run in rows if abs(sum(run) / 2 - middle) < BESIDE * EM]
    if not near:
        return False
    [(top, bottom)] = near[:1]
    columns = np.flatnonzero(inked_columns(apart[top:bottom], MARKED))
    left, right = int(columns[0]), int(columns[-1]) + 1
    fits = LEAST <= right - left < WIDEST * EM and bottom - top < HIGHEST * EM
    if not fits or left == 0 or right == width:
        return False
    at = band.to_picture([[(left + right) / 2, (top + bottom) / 2]])[0]
    return all(cv2.pointPolygonTest(quad.astype(np.float32), at.tolist(), True) < -CLEAR for quad in others)


# The tick of an axis

TICK_WIDTH, TICK_HEIGHT = 0.5, 0.2  # at most
TICK_REACH = 2  # px between it and the rule that it touches


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
