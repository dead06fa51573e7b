"""Edges of a ground of stripes, checks or ruled paper. Text stands across them, so they bound nothing.

The edge of a label, the frame of a field and the rule of a table look the same where no letter is. No letter crosses these.
Levels are 0..255; values by eye on drawn stripes (tests/test_page_stripes.py).
"""

from __future__ import annotations

import numpy as np

from iimt_cli.page.arrays import Coverage, Floats, Mask, Pixels
from iimt_cli.page.colours import contrast, grey, largest
from iimt_cli.page.rectify import BASELINE, EM, MARGIN
from iimt_cli.page.shapes import free_of

ALIKE = 20.0  # levels: two edges are of one kind if the steps from one colour to the other differ by less, up or down
THROUGH = 0.5  # coverage, at least, of a letter all the way from one side of an edge to the other
SEEN = 0.85  # share of the rows without ink in which an edge from top to bottom is seen
FEWEST_ROWS = 6  # such rows, at least

ROW_STEP = 8.0  # levels from row to row at a level edge
BESIDE = 0.75  # share of the margins of a strip that is looked at
LONG = 0.7  # share of the columns there in which a level edge is seen, on either side
X_HEIGHT = 0.45  # em above the baseline: letters fill the rows from there down
FOOT = 0.1  # em above the baseline: a rule that letters stand on is no edge that they cross


def crossed(strip: Pixels, ink: Coverage, width: int) -> Floats:
    """The steps of colour, (N, 3), levels, at those upright edges of a strip, (H, W, 3), that letters go through.

    ink: of the letters, (H, W). width: px over which a step is measured.
    """
    pixels, free = strip.astype(np.float32), free_of(ink, 1)
    steps = np.where(
        (free[:, width:] & free[:, :-width])[..., None], pixels[:, width:] - pixels[:, :-width], np.nan
    )
    told = ~np.isnan(steps[..., 0])
    through = np.lib.stride_tricks.sliding_window_view(ink > THROUGH, width + 1, 1).all(2).any(0)
    columns = np.flatnonzero(through & (told.sum(0) >= FEWEST_ROWS))
    if not len(columns):
        return np.empty((0, 3), np.float32)
    usual = np.nanmedian(steps[:, columns], axis=0)
    off = contrast(np.nan_to_num(steps[:, columns], nan=np.inf), usual)
    same = (off < ALIKE).sum(0) >= SEEN * told[:, columns].sum(0)
    return np.asarray(usual[same & (largest(np.abs(usual)) > ALIKE)])


def not_crossed(columns: Mask, steps: Floats, others: Floats) -> Mask:
    """Of edges in `columns`, (W,), those unlike the crossed ones. steps: (W, 3), of colour; others: (N, 3), of these."""
    if not len(others):
        return columns
    apart = np.minimum(contrast(steps[:, None], others), contrast(steps[:, None], -others))
    return np.asarray(columns & (apart.min(1) > ALIKE))


def stands_across(strip: Pixels) -> bool:
    """Whether the ground of a standard strip has a level edge on either side of its text, at the height of small letters."""
    high = np.abs(np.diff(grey(strip), axis=0)) > ROW_STEP
    beyond = int(BESIDE * MARGIN)
    long = np.minimum(high[:, :beyond].mean(1), high[:, -beyond:].mean(1)) > LONG
    return bool(long[round(BASELINE - X_HEIGHT * EM) : round(BASELINE - FOOT * EM)].any())
