"""Letters on whole rows of pixels.

A computer that sets type small puts the baseline and the tops of its small letters between two rows of pixels, so that all
lines look equally sharp and equally high. New letters are put there, too: elsewhere each line would be blurred in another way,
and lines of one size would differ by the error of their measured sizes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from iimt_cli.page.arrays import Coverage, Floats, Pixels
from iimt_cli.page.colours import total
from iimt_cli.page.ink.measure import band
from iimt_cli.page.paragraphs import Paragraph, TextLine
from iimt_cli.page.rectify import BASELINE

# strip px: a measured baseline that is farther off (a strip of quotation marks only) is not used
OFF_BASELINE = 4
# picture px by which a level line rises or falls, at most
LEVEL = 0.7
# Where the edges of the band between baseline and tops are looked for: rows from the measured baseline, and em above it.
NEAR_BASELINE = 1
TOPS = (0.3, 0.95)
# Share of the ink in a row that the row beyond the edge has, at most. On 20 pages drawn by a browser it is 0.15 at the
# baseline and 0.4 at the tops; half a pixel off it is 0.5 and more.
BELOW, ABOVE = 0.35, 0.5
FILLED = 0.7  # × the ink of the next row within: the ink of the first and the last row within, at least
MOST_LINES = 0.5  # share of a paragraph, by length, that must stand on whole rows
# ratio of the height of new letters to that of the old ones within which both are of one kind (small letters or capitals)
SAME_KIND = (0.88, 1.14)
LEAST = 3  # px: lower letters are not fitted


@dataclass(frozen=True)
class Band:
    """The rows of a strip between which most ink is: baseline, and height above it up to the tops of x or of capitals."""

    baseline: float
    height: float


def band_of(ink: Coverage) -> Band:
    """The band of drawn ink (32, W): the model draws a little higher or lower than the standard row."""
    found = band(np.asarray(ink, np.float32))
    if found is None or abs(found[0] - BASELINE) > OFF_BASELINE:
        return Band(BASELINE, 0.0)
    return Band(found[0], found[0] - found[1])


def whole_rows(paragraph: Paragraph, view: Pixels, clean: Pixels) -> int:
    """How many rows of pixels the letters of a paragraph are high, without what rises above x; 0 if they stand on no whole
    rows.

    view, clean: (H, W, 3), the picture with and without its text.
    """
    found = [(_rows(line, view, clean), line.length) for line in paragraph.lines]
    heights = sorted((rows, length) for rows, length in found if rows)
    if sum(length for _, length in heights) <= MOST_LINES * sum(length for _, length in found):
        return 0
    reached = np.cumsum([length for _, length in heights])
    return heights[int(np.searchsorted(reached, reached[-1] / 2))][0]


def _rows(line: TextLine, view: Pixels, clean: Pixels) -> int:
    """The same of one line."""
    (x0, y0), (x1, y1) = line.ends
    middle = (y0 + y1) / 2
    first, last = int(middle - line.em), int(middle + line.em / 2)
    left, right = max(int(x0), 0), int(np.ceil(x1))
    if abs(y1 - y0) > LEVEL or x1 <= x0 or first < 0 or last >= view.shape[0]:
        return 0
    part = (slice(first, last), slice(left, right))
    inked: Floats = total(np.abs(view[part].astype(np.float32) - clean[part])).sum(axis=1)
    step = np.diff(inked, prepend=0.0)  # largest at the tops, smallest below the baseline
    base = round(middle) - first
    below = _largest(-step, base - NEAR_BASELINE, base + NEAR_BASELINE + 1)
    top = _largest(step, int(base - TOPS[1] * line.em), int(base - TOPS[0] * line.em) + 1)
    sharp = inked[below] < BELOW * inked[below - 1] and inked[top - 1] < ABOVE * inked[top]
    sharp &= inked[below - 1] > FILLED * inked[below - 2] and inked[top] > FILLED * inked[top + 1]
    return below - top if sharp and below - top >= LEAST else 0


def _largest(values: Floats, low: int, high: int) -> int:
    """The index of the largest value among low..high - 1."""
    low = max(low, 1)
    return low + int(np.argmax(values[low : max(high, low + 1)]))


def on_rows(matrix: NDArray[np.float64], own: Band, rows: float, x: float) -> NDArray[np.float64]:
    """A matrix ink x, y → picture x, y, changed so that the ink's band covers whole rows at column x.

    rows: the height of the old letters; of new ones in the other kind of letters the own height is rounded.
    """
    height = own.height * matrix[1, 1]
    if rows < LEAST or height < LEAST:
        return matrix
    wanted = round(rows if SAME_KIND[0] < height / rows < SAME_KIND[1] else height)
    fitted: NDArray[np.float64] = matrix.copy()
    fitted[1, 1] *= wanted / height
    fitted[1, 0] = 0
    base = float(matrix[1] @ (x, own.baseline, 1))
    fitted[1, 2] = round(base) - fitted[1, 1] * own.baseline
    return fitted
