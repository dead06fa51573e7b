"""Edges of a ground of stripes, checks or ruled paper. Text stands across them, so they bound nothing.

The edge of a label, the frame of a field and the rule of a table look the same where no letter is. No letter crosses these.
Levels are 0..255; values by eye on drawn stripes (tests/test_page_stripes.py).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from iimt_cli.page.arrays import Coverage, Floats, Mask, Pixels
from iimt_cli.page.colours import contrast, grey, largest
from iimt_cli.page.rectify import BASELINE, EM, MARGIN
from iimt_cli.page.runs import runs
from iimt_cli.page.shapes import free_of, shapes

ALIKE = 20.0  # levels: two edges are of one kind if the steps from one colour to the other differ by less, up or down
THROUGH = 0.5  # coverage, at least, of a letter; what is connected at it, and on both sides of an edge, goes through it
SEEN = 0.85  # share of the rows without ink in which an edge from top to bottom is seen
FEWEST_ROWS = 6  # such rows, at least

ROW_STEP = 8.0  # levels from row to row at a level edge, and from a thin line to what is beside it
PAST = 2  # px to either side of a thin line: a letter with ink there on both sides goes through it
SEVERAL = 2  # lines that letters go through: one may be a letter that touches the rule of its cell
BESIDE = 0.75  # share of the margins of a strip that is looked at
LONG = 0.7  # share of the columns there in which a level edge is seen, on either side
X_HEIGHT = 0.45  # em above the baseline: letters fill the rows from there down
FOOT = 0.1  # em above the baseline: a rule that letters stand on is no edge that they cross

SAME_STEP = 15.0  # levels by which the steps of two edges of one kind differ in most rows, at most
MOST_UNDER = 24  # edges under the text that others are compared with, at most


def crossed(strip: Pixels, ink: Coverage, width: int) -> Floats:
    """The steps of colour, (N, 3), levels, at those upright edges of a strip, (H, W, 3), that letters go through.

    ink: of the letters, (H, W). width: px over which a step is measured.
    """
    pixels, free = strip.astype(np.float32), free_of(ink, 1)
    steps = np.where(
        (free[:, width:] & free[:, :-width])[..., None], pixels[:, width:] - pixels[:, :-width], np.nan
    )
    told = ~np.isnan(steps[..., 0])
    through = _spanned(ink, width)
    columns = np.flatnonzero(through & (told.sum(0) >= FEWEST_ROWS))
    if not len(columns):
        return np.empty((0, 3), np.float32)
    usual = np.nanmedian(steps[:, columns], axis=0)
    off = contrast(np.nan_to_num(steps[:, columns], nan=np.inf), usual)
    same = (off < ALIKE).sum(0) >= SEEN * told[:, columns].sum(0)
    return np.asarray(usual[same & (largest(np.abs(usual)) > ALIKE)])


def _spanned(ink: Coverage, width: int) -> Mask:
    """For each column of ink, (H, W), that has another one `width` px to its right: whether a letter has ink in both."""
    found = np.zeros(max(ink.shape[1] - width, 0), bool)
    for x, _, w, _, _ in shapes(ink > THROUGH).boxes:
        found[x : max(x + w - width, x)] = True
    return found


def not_crossed(columns: Mask, steps: Floats, others: Floats) -> Mask:
    """Of edges in `columns`, (W,), those unlike the crossed ones. steps: (W, 3), of colour; others: (N, 3), of these."""
    if not len(others):
        return columns
    apart = np.minimum(contrast(steps[:, None], others), contrast(steps[:, None], -others))
    return np.asarray(columns & (apart.min(1) > ALIKE))


def crosses_rules(strip: Pixels, ink: Coverage, reach: int) -> bool:
    """Whether letters (ink: (H, W)) go through several thin upright lines of a strip, (H, W, 3): those of squared paper.

    reach: px to either side over which a line is darker or lighter than what is beside it.
    """
    values, free = grey(strip), free_of(ink, 1)
    width = 2 * reach + 1
    if values.shape[1] <= width:
        return False
    middle, left, right = (slice(a, values.shape[1] - width + 1 + a) for a in (reach, 0, 2 * reach))
    told = free[:, middle] & free[:, left] & free[:, right]
    through = _spanned(ink, 2 * PAST)[reach - PAST : reach - PAST + values.shape[1] - width + 1]
    found = np.zeros(values.shape[1] - width + 1, bool)
    for sign in (1, -1):
        step = sign * (values[:, middle] - sign * np.maximum(sign * values[:, left], sign * values[:, right]))
        line = ((step > ROW_STEP) & told).sum(0) >= SEEN * told.sum(0)
        found |= line & (told.sum(0) >= FEWEST_ROWS) & through
    return len(runs(found)) >= SEVERAL


def stands_across(strip: Pixels) -> bool:
    """Whether the ground of a standard strip has a level edge on either side of its text, at the height of small letters."""
    high = np.abs(np.diff(grey(strip), axis=0)) > ROW_STEP
    beyond = int(BESIDE * MARGIN)
    long = np.minimum(high[:, :beyond].mean(1), high[:, -beyond:].mean(1)) > LONG
    return bool(long[round(BASELINE - X_HEIGHT * EM) : round(BASELINE - FOOT * EM)].any())


def like_those_under(strip: NDArray[np.int16], marks: Mask, text: slice) -> Mask:
    """Of the columns that are `marks`, (W,), those like one that the text stands across: stripes of the ground.

    text: its columns. An edge is like another one if most of its rows have the same step of colour, up or down.
    """
    under, every = np.flatnonzero(marks[text]) + text.start, np.flatnonzero(marks)
    found = np.zeros_like(marks)
    if len(under):
        ahead = (
            np.pad(strip, ((0, 0), (0, 1), (0, 0)), "edge")[:, 1:]
            - np.pad(strip, ((0, 0), (1, 0), (0, 0)), "edge")[:, :-1]
        )
        under = under[np.unique(np.linspace(0, len(under) - 1, MOST_UNDER).astype(int))]
        own = ahead[:, under]
        own = own[:, np.median(largest(np.abs(own)), axis=0) > SAME_STEP]  # a mark of few rows is no stripe
        if not own.shape[1]:
            return found
        for x in every:
            step = ahead[:, x, None]
            off = np.minimum(*(np.median(largest(np.abs(step - sign * own)), axis=0) for sign in (1, -1)))
            found[x] = off.min() < SAME_STEP
    return found
