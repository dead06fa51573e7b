"""Measuring the ink of a line: where its baseline is, how large its type, how much it falls."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from iimt_cli.page.arrays import Coverage, Floats
from iimt_cli.page.rectify import EM, HEIGHT
from iimt_cli.page.runs import LETTER_EDGE, columns_of, inked_columns
from iimt_cli.page.shapes import shapes

# Which ink can be measured: by eye on the examples.
IN_ROW = 0.35  # coverage from which a pixel counts in its row
FEWEST_ROWS = 4  # rows with ink, at least: a dash, a dot and the line under words have fewer
LEAST_INK = 6.0  # px of ink, at least

# Where the baseline and the top of x or of the capitals may be: by eye on the examples.
FIRST_BASELINE = 8  # row: ink that ends above it belongs to the line above
LOW = 0.6  # share of the height of all ink: the baseline is not above it
LOW_ALONE = 0.69  # the same of a single letter: the lower bar of a € is at 0.67, the baseline of a g at 0.71
# share of the height above the baseline: x is at least half as high as l, and the bar of e rises as x does
UPPER = 0.52
SMOOTH = np.array([0.25, 0.5, 0.25])  # over three rows
SIZES = (0.6, 1.45)  # × 23 px: the detector's box is never farther off

# Heights in em, over many fonts.
X_HEIGHT = 0.52
CAPITAL = 0.73  # and l, d, b: from the band where most ink is
HIGHEST = 0.74  # the same, from the top row of the letters
DOTS = 0.21  # the dots of i and ä rise so far above x, those of Ä above A; g goes as far below the baseline

# Which letters a line has, from the heights of its letters above the baseline: by eye on the examples.
TALL = 1.15  # × the height of x: l, A and f are higher; letters that differ less count as equally high
HIGH_LETTERS = 80  # percentile of the heights of tall letters: above it are the dots of Ä and footnote signs
SMALL_LETTERS = (0.6, 0.82)  # × the height of the band: of small letters among figures or capitals
FEW, FEWEST = 0.2, 1  # share and number of small letters that a text in figures and capitals has: "79104 Ulm"
DOTTED = 1.35  # × the height of x: with dots no capitals are so low
DEEP = 0.19  # × the height of the band: g and p; of capitals only Q goes below the line
# em: if the depth of a descender fits small letters and capitals with less difference, both are possible
UNDECIDED = 0.06
NARROW = 0.7  # width / height: of figures; no small letters are so narrow
WIDE = (0.8, 1.0)  # width / height: of capitals, of small letters
NO_SHAPE = 0.9  # width / height where no letter stands on the baseline

# Which shapes are letters on the baseline: by eye on the examples.
LETTER_INK = 0.45  # coverage: less joins letters that only touch
SMALLEST = 4  # px of ink
OFF_BASELINE = 0.35  # em: how far below or above the baseline a letter may end
LEAST_HEIGHT = 0.25  # em

# How much a line falls.
STEEPEST = 0.06  # rows per column: the rounding of boxes to whole pixels tilts no line by more
TRIED = 0.6  # px at the end of the line, from one slope that is tried to the next
ENOUGH = 30  # px of ink: less does not tell
SHORTEST = 4.0  # em: a shorter line does not tell
PER_ROW = 2  # rows are counted in halves
SHIFT = 200  # is added to the numbers of such half rows, so that none is negative
BEST = 0.97  # × the best sharpness: slopes as good are averaged
TINY = 1e-9  # avoids dividing by zero

# How much letters lean: px to the right for each px up. Upright type has 0, italic type 0.15 to 0.3.
LEANS = np.arange(-0.4, 0.41, 0.05)
LEAST_LEAN = 3.0  # em: a shorter line does not tell
UPRIGHT, ITALIC = 0.075, 0.125  # letters that lean by less are upright, by more italic
# How much sharper columns must be one way than the other. In a word of few straight strokes, such as "Wasser", neither is. Of
# 711 upright words in three faces none is taken for italic then, and of 715 italic ones six for upright.
CLEARLY = 1.1


@dataclass(frozen=True)
class Measure:
    """Where the letters of a strip stand, strip px: baseline, type size, first and last column.

    choices: if all letters are equally high ("museum", "AUSGANG"): the size if they are small letters, the size if capitals.
    """

    baseline: float
    em: float
    x0: float
    x1: float
    choices: tuple[float, ...] = ()


def measure(ink: Coverage) -> Measure | None:
    """Measure ink (32, W) of a line that is roughly in place; None if there is none."""
    columns, found = columns_of(ink, LETTER_EDGE), _band(ink)
    if columns is None or found is None:
        return None
    baseline, top, y0, y1 = found
    em, *choices = _type_size(baseline - top, baseline - y0, y1 - baseline, _letters(ink, baseline))
    em = float(np.clip(em, SIZES[0] * EM, SIZES[1] * EM))
    return Measure(baseline, em, float(columns[0]), float(columns[1]), tuple(choices))


def band(ink: Coverage) -> tuple[float, float] | None:
    """The rows of ink (32, W) between which most of it is: the baseline, and the top of x or of the capitals; None without."""
    found = _band(ink)
    return None if found is None else found[:2]


def _band(ink: Coverage) -> tuple[float, float, float, float] | None:
    """The same, with the first row of the ink and the one behind its last."""
    rows = np.flatnonzero((ink > IN_ROW).sum(axis=1) >= 2)
    if len(rows) < FEWEST_ROWS or ink.sum() < LEAST_INK:
        return None
    y0, y1 = float(rows[0]), float(rows[-1] + 1)
    if y1 < FIRST_BASELINE:
        return None
    profile = ink.sum(axis=1).astype(np.float64)
    smooth = np.convolve(np.pad(profile, 2, mode="edge"), SMOOTH, mode="same")[2:-2]
    rise = np.gradient(smooth)  # largest at the top of x or of the capitals, smallest at the baseline
    alone = inked_columns(ink).sum() < y1 - y0
    low = math.ceil(y0 + LOW_ALONE * (y1 - y0)) if alone else int(y0 + LOW * (y1 - y0))
    high = min(HEIGHT - 1, int(y1) + 1)
    low = min(max(FIRST_BASELINE, low), high - 1)
    baseline = _peak(-rise, low, high) + 0.5
    top = _peak(rise, max(0, int(y0) - 1), max(1, int(baseline - UPPER * (baseline - y0)))) + 0.5
    return baseline, top, y0, y1


def _peak(values: Floats, low: int, high: int) -> float:
    """Sub-pixel index of the largest value among low..high - 1; the range holds at least one value."""
    i = low + int(np.argmax(values[low:high]))
    if 0 < i < len(values) - 1:
        a, b, c = values[i - 1], values[i], values[i + 1]
        curve = a - 2 * b + c
        if curve < -TINY:
            return i + float(np.clip(0.5 * (a - c) / curve, -0.5, 0.5))
    return float(i)


def _letters(ink: Coverage, baseline: float) -> Floats:
    """Width and height above the baseline, (N, 2) px, of the connected shapes that stand on it."""
    _, y, w, h, area = shapes(ink > LETTER_INK).table[1:].T
    stands = (
        (area >= SMALLEST)
        & (np.abs(y + h - baseline) < OFF_BASELINE * EM)
        & (y < baseline - LEAST_HEIGHT * EM)
    )
    return np.asarray(np.column_stack([w, baseline - y])[stands], float)


def _type_size(core: float, above: float, below: float, letters: Floats) -> tuple[float, ...]:
    """The type size, px. If the letters may be small ones or capitals: a guess, the size if small, the size if capital.

    core: height of the band where most ink is, from the baseline to the top of x or of the capitals; above, below: how far
    the ink goes above and below the baseline; letters: width and height of each, (N, 2). All in px.
    """
    small, capital = core / X_HEIGHT, core / CAPITAL
    high = letters[letters[:, 1] > TALL * core, 1]
    if len(high):  # x with l, A or f
        return ((small + min(above, float(np.percentile(high, HIGH_LETTERS))) / HIGHEST) / 2,)
    low = (letters[:, 1] > SMALL_LETTERS[0] * core) & (letters[:, 1] < SMALL_LETTERS[1] * core)
    if low.sum() > max(FEWEST, FEW * len(letters)):  # figures and capitals with a few small letters
        return (capital,)
    if above > TALL * core:  # one height, and dots
        dotted = (small + above / HIGHEST) / 2
        no_capitals = above >= DOTTED * core or below >= DEEP * core
        return (dotted,) if no_capitals else (capital, dotted, capital)
    if (
        below > DEEP * core
    ):  # g, p, and nothing high: is the depth nearer to that of a g if x is the band, or capitals?
        off = abs(below / small - DOTS) - abs(below / capital - DOTS)
        likelier = small if off < 0 else capital
        return (likelier, small, capital) if abs(off) < UNDECIDED else (likelier,)
    # "museum", "AGB", "1250": small letters are about as wide as high, capitals and digits narrower.
    shape = float(np.median(letters[:, 0] / letters[:, 1])) if len(letters) else NO_SHAPE
    if shape < NARROW and len(letters) > 2:  # a time, a price
        return (capital,)
    return float(np.interp(shape, WIDE, (capital, small))), small, capital


def slope(ink: Coverage, most: float = STEEPEST) -> float:
    """By how many rows per column the line in ink (32, W) falls, within ±most: the slope that makes its rows sharpest."""
    ys, xs = np.nonzero(ink > LETTER_EDGE)
    if len(xs) < ENOUGH or np.ptp(xs) < SHORTEST * EM:
        return 0.0
    weights, places = ink[ys, xs], xs - ink.shape[1] / 2
    tried = np.arange(-most, most + TINY, TRIED / ink.shape[1])

    def sharpness(slope: float) -> float:
        numbers = np.rint(PER_ROW * (ys - slope * places) + SHIFT).astype(int).clip(0)
        rows = np.bincount(numbers, weights)
        return float((np.diff(np.convolve(rows, [0.5, 1, 0.5])) ** 2).sum())

    scores = np.array([sharpness(s) for s in tried])
    return float(np.average(tried, weights=np.where(scores > BEST * scores.max(), scores, 0)))


def lean(ink: Coverage, least: float = LEAST_LEAN) -> float | None:
    """How much the letters in ink (32, W) lean, px to the right for each px up: that which makes their columns sharpest.

    None if there are too few letters to tell, `least` em, or their columns are as sharp both ways.
    """
    ys, xs = np.nonzero(ink > LETTER_EDGE)
    if len(xs) < ENOUGH or np.ptp(xs) < least * EM:
        return None
    weights, first = ink[ys, xs], int(xs.min())

    def sharpness(lean: float) -> float:
        numbers = np.rint(PER_ROW * (xs - first - lean * (HEIGHT - ys))).astype(int) + HEIGHT
        return float((np.diff(np.convolve(np.bincount(numbers, weights), [0.5, 1, 0.5])) ** 2).sum())

    found = np.array([sharpness(one) for one in LEANS])
    # The strokes of V, W and X lean as much to the left, which no type does.
    italic, other = float(found[LEANS > ITALIC].max()), float(found[LEANS < UPRIGHT].max())
    best = float(LEANS[int(np.argmax(found))])
    return best if best > -ITALIC and max(italic, other) > CLEARLY * min(italic, other) else None
