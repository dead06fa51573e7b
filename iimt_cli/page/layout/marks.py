"""What stands beside a line and is no letter: a bullet to the left of its box, the tick of an axis.

The type size `em` is that of the line, strip px. Sizes are in em, by eye on screenshots and on the pictures in
tests/test_page_marks.py and test_page_menus.py. What stands within the box of a line is the matter of `symbols`.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from iimt_cli.page.arrays import Coverage, Floats, Mask, Pixels, Range
from iimt_cli.page.colours import contrast
from iimt_cli.page.rectify import BASELINE, EM, MARGIN, Geometry, cut
from iimt_cli.page.runs import WORD_GAP, inked_columns, inked_rows, runs
from iimt_cli.page.shapes import shapes

# A bullet to the left of the box of a line

MARKED = 30.0  # levels from the background from which pixels belong to a shape
BULLET_REACH = 2.0  # to the left of the letters
BULLET_SHAPE = Range(0.6, 1.7)  # width / height
BULLET_FILLED = 0.6  # share of its box that it fills, at least
BULLET_LEAST = 3  # px: its width, at least
BULLET_CLEAR = 2.0  # picture px between it and the boxes of other lines
BULLET_WIDTH = 0.75  # at most
LOW_BULLET = 0.42  # height of a dot or a dash, at most, wherever it stands
HIGH_BULLET = 0.65  # height of a triangle, at most, which stands above the baseline
LIFTED = 0.06  # how far it stands above, at least


def bullet_before(pixels: Pixels, geometry: Geometry, others: Sequence[Floats] = ()) -> bool:
    """Whether a bullet, in whatever colour, stands alone to the left of a line.

    others: the boxes of the other lines, (4, 2). What is in one of them is their full stop.
    """
    width = int(BULLET_REACH * EM - MARGIN)
    strip = cut(pixels, geometry.moved(x=-float(width), width=width)).astype(np.float32)
    marked = shapes(contrast(strip, np.median(strip.reshape(-1, 3), axis=0)) > MARKED)
    if len(marked) != 1:
        return False
    [(x, y, w, h, area)] = marked.boxes
    round_enough = w / h in BULLET_SHAPE and area > BULLET_FILLED * w * h
    if not (x > 0 and w >= BULLET_LEAST and round_enough and _is_bullet(w, h, BASELINE - y - h, EM)):
        return False
    at = geometry.to_picture([[x + w / 2 - width, y + h / 2]])[0]
    return all(
        cv2.pointPolygonTest(quad.astype(np.float32), at.tolist(), True) < -BULLET_CLEAR for quad in others
    )


def _is_bullet(width: int, height: int, above: float, em: float) -> bool:
    """Whether a shape is a dot, a dash or a triangle: narrow, and low or `above` the baseline. All in px."""
    low = height < LOW_BULLET * em or (height < HIGH_BULLET * em and above > LIFTED * em)
    return width < BULLET_WIDTH * em and low


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
