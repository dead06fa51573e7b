"""Straight lines about text: the rules of a table, the line under a link, the edge of a field; and the ground of a strip.

Strips are (32, W, 3). Levels are 0..255; all values were set by eye on screenshots (tests/test_page_marks.py,
test_page_menus.py and test_page_tables.py draw them) unless they say otherwise.
"""

from __future__ import annotations

import math

import cv2
import numpy as np

from iimt_cli.page.arrays import Coverage, Floats, Mask, Pixels, Range, Span, Underline
from iimt_cli.page.colours import contrast, grey, largest, median_levels, share_within
from iimt_cli.page.rectify import BASELINE, EM, HEIGHT, MARGIN, Geometry, cut
from iimt_cli.page.runs import FEWEST_SOLID, SOLID, runs
from iimt_cli.page.shapes import free_of

MOST_ROWS = 0.85  # share of the rows that belong to what goes on from top to bottom; some may be of a frame or a shadow

# A vertical rule

REACH = 4  # px: a rule is narrower than twice this
THIN = 3  # px: the same of a rule that letters touch
LEAST_STEP = 10.0  # levels between a rule and both of its sides
EVEN = 7.0  # levels: the colour of a rule varies about as little from top to bottom
EDGE_ROWS = 3  # at the top and the bottom of a strip, where letters do not come
FREE_ROWS = 0.65  # share of a rule's rows that letters leave free; in the joints between bricks fewer are
STEEP = 0.8  # share of its contrast that a rule that letters touch has after THIN px
LEVEL = 0.3  # share of its contrast by which its sides may vary: in a blurred photo they vary more
MOST_RULES = 2  # more are stripes that text stands on
PER_RULE = 3.0  # em of the strip for each rule more
WIDENED = 2  # px: the smooth edge of a rule

FRAME = 6  # rows at the top and the bottom of a strip in which there may be the lines of a frame
FRAME_STEP = 5.0  # levels between such a line and what is next to it
FRAME_LENGTH = 0.8  # share of the columns


def rules(strip: Pixels) -> Mask:
    """Columns, (W,), of vertical rules in a strip, a little widened.

    A rule is darker or lighter than both of its sides, from above all letters to below them; what ends in a narrow cell
    may touch it. Where a frame crosses the strip, it is looked for between the frame's lines.
    """
    values = _inner(grey(strip))
    found = np.zeros(values.shape[1], bool)
    beyond = REACH + 2
    if values.shape[1] <= 2 * beyond or len(values) < 3:
        return found
    middle = values[:, beyond:-beyond]

    def beside(reach: int) -> Floats:
        """What is so far to the left and to the right of the middle, (2, rows, columns)."""
        left, right = beyond - reach, beyond + reach
        return np.stack([values[:, left : left - 2 * beyond], values[:, right : values.shape[1] - left]])

    slopes = -_at_edges(-np.abs(beside(REACH) - beside(beyond)).max(axis=0))
    even = np.abs(middle - np.median(middle, axis=0)) < 2 * EVEN
    for sign in (1, -1):
        steps, close = ((sign * (middle - beside(reach))).min(axis=0) for reach in (REACH, THIN))
        edges = _at_edges(steps)
        # the outermost row may be half a frame's
        whole = (middle[1:-1].std(axis=0) < EVEN) & ((steps > LEAST_STEP).mean(axis=0) > MOST_ROWS)
        touched = (even & (steps > LEAST_STEP)).mean(axis=0) > FREE_ROWS
        touched &= (_at_edges(close) > STEEP * edges) & (_at_edges(even) > 0)
        found[beyond:-beyond] |= (whole | touched) & (edges > LEAST_STEP) & (slopes < LEVEL * edges)
    if len(runs(found)) > MOST_RULES + len(found) / (PER_RULE * EM):
        return np.zeros_like(found)
    return np.convolve(found, np.ones(2 * WIDENED + 1), mode="same") > 0


def _at_edges(values: Floats | Mask) -> Floats:
    """The usual values (rows, W) at the top and at the bottom, the lesser of the two, (W,).

    Usual, since one row of each may be of a frame's corner.
    """
    return np.minimum(_middle(*values[:EDGE_ROWS]), _middle(*values[-EDGE_ROWS:]))


def _middle(a: Floats | Mask, b: Floats | Mask, c: Floats | Mask) -> Floats:
    """The median of EDGE_ROWS rows, (W,)."""
    return np.maximum(np.minimum(a, b), np.minimum(np.maximum(a, b), c))


def _inner(grey: Floats) -> Floats:
    """The rows of a strip, (32, W), between the lines of a frame above and below its text."""
    steps = (np.abs(np.diff(grey, axis=0)) > FRAME_STEP).mean(axis=1) > FRAME_LENGTH
    above, below = np.flatnonzero(steps[:FRAME]), np.flatnonzero(steps[-FRAME:])
    top = int(above[-1]) + 1 if len(above) else 0
    bottom = len(grey) - FRAME + int(below[0]) if len(below) else len(grey)
    return grey[top:bottom]


# Where one ground ends and another begins

STEP = 40.0  # levels between a label and what is beside it
STEP_WIDTH = 4  # px over which a smooth edge rises
LABEL_MARGIN = 0.35  # em from the detector's box to the end of a label, at most
GROUND_WIDTH = 1.25  # em on either side of an edge between two labels that have one colour
GROUND_EVEN = 0.8  # share of their pixels that have it


def label(strip: Pixels) -> slice:
    """The columns of the label that the text in a strip stands on, if its ends are near those of the text.

    There one colour meets another.
    """
    edges = np.flatnonzero(colour_edges(strip))
    reach = int(MARGIN + LABEL_MARGIN * EM)
    left, right = edges[edges < reach], edges[edges >= strip.shape[1] - reach]
    return slice(int(left[-1]) + 1 if len(left) else 0, int(right[0]) if len(right) else strip.shape[1])


def colour_edges(strip: Pixels) -> Mask:
    """Columns, (W,), of rows of a strip, (H, W, 3), in which one colour meets another from top to bottom.

    No letter is so high.
    """
    pixels = strip.astype(np.float32)
    if pixels.shape[1] <= STEP_WIDTH or len(pixels) == 0:
        return np.zeros(pixels.shape[1], bool)
    steps = pixels[:, STEP_WIDTH:] - pixels[:, :-STEP_WIDTH]
    usual = np.median(steps, axis=0)
    same = (contrast(steps, usual) < STEP / 2).mean(axis=0) > MOST_ROWS
    return np.pad(same & (largest(np.abs(usual)) > STEP), STEP_WIDTH // 2)


def label_edges(strip: Pixels, ink: Coverage, em: float = EM) -> Mask:
    """The `colour_edges` with one colour on either side, letters aside: there labels meet, and no text goes on beyond."""
    edges = colour_edges(strip)
    free = free_of(ink, 1) if ink.size else np.ones(ink.shape, bool)
    beside, width = STEP_WIDTH // 2, GROUND_WIDTH * em
    for x in map(int, np.flatnonzero(edges)):
        left = slice(max(int(x - beside - width), 0), max(x - beside, 0))
        right = slice(x + beside + 1, int(x + beside + 1 + width))
        for side in (left, right):
            pixels = strip[:, side][free[:, side]].astype(np.float32)
            edges[x] &= len(pixels) > 0 and _is_even(pixels)
    return edges


def _is_even(pixels: Floats) -> bool:
    """Whether most of some pixels, (N, 3), have one colour."""
    return bool((contrast(pixels, np.median(pixels, axis=0)) < EVEN).mean() > GROUND_EVEN)


# The line under words, and under the letter that is a key

THIRD = 0.35  # of the way to the letters' colour, at least: the line is thin, and perhaps between two rows
UNDER_ROWS = 9  # from the baseline on, in which it lies
LINE_HEIGHT = 3  # rows from its first to its last, at most
LONG = 1.5  # em: longer than any dash
FILLED = 0.6  # share of its columns that it fills: it leaves gaps where letters go below
ON_BASELINE_FILLED = 0.85  # the same in the row in which letters may end
LETTER_BELOW = 11  # px: such gaps are narrower
LINE_ROW = 0.5  # share of the line's columns that each of its rows fills
BEYOND_WORDS = 0.35  # em: the edge of a field or the rule of a table goes on farther beside the words
LINE_GROUND = 0.6  # share of the background that has one colour

FLAT_INK = 0.12  # coverage that the separator gives to a line close to small letters, at least
FLAT_LENGTH = 3.0  # em: its length
FLAT_FILLED = 0.9  # share of its columns that it fills

FAINT = 0.25  # of the way to the letters' colour, at least: the line under a letter that is a key
UNEVEN = 0.07  # of that way, by which it varies, at most; the bottom of a g varies twice as much
KEY_GROUND = 0.85  # share of the background that has one colour: without a shadow
KEY_WIDTH = Range(0.25, 1.2)  # em
KEY_HEIGHT = THIN + 1  # px, at most
KEY_ENDS = 0.1  # share of its columns below which something goes on, at most
TOUCHED = 0.1  # share of its columns that touch something above: more do in the bottom of a g
KEY_NEAR, KEY_LONG = 0.12, 0.4  # em below the baseline, and length, of a line that may touch its letter
ABOVE_KEY = 0.5  # em above the baseline in which its letter stands
LETTER_OVER = 0.6  # share of its columns that have letters above


def underline(strip: Pixels, ink: Coverage, span: tuple[float, float]) -> Underline | None:
    """The lines drawn under words, as under links, in a standard strip; None without any.

    span: columns of the letters. What goes on beside them is the edge of a field or the rule of a table.
    """
    coverage = _coverage(strip, ink, LINE_GROUND)
    if coverage is None:
        return None
    first = round(BASELINE)
    near = coverage[first : first + UNDER_ROWS] > THIRD
    best: list[Span] = []
    for row in np.flatnonzero(near.any(axis=1)):
        found = _flat_runs(near[row], LONG, FILLED if row else ON_BASELINE_FILLED)
        if found and (not best or _longest(found) > _longest(best)):
            best = found
    x0, x1, reach = round(span[0]), round(span[1]), round(BEYOND_WORDS * EM)
    if not best or best[0][0] < x0 - reach or best[-1][1] > x1 + reach:
        return None
    columns = np.zeros(strip.shape[1], bool)
    for a, b in best:
        columns[a:b] = True
    thick = np.flatnonzero(near[:, columns].mean(axis=1) > LINE_ROW)
    if len(thick) == 0 or np.ptp(thick) > LINE_HEIGHT:
        return None
    return Underline(slice(first + int(thick[0]), first + int(thick[-1]) + 1), columns)


def key_line(
    strip: Pixels, ink: Coverage, span: tuple[float, float], baseline: float = BASELINE, em: float = EM
) -> Underline | None:
    """The line under the letter that is a key: as dark all along, and no underscore; None without.

    span, baseline, em: columns of the letters, and where they stand, strip px.
    """
    coverage = _coverage(strip, ink, KEY_GROUND)
    if coverage is None:
        return None
    for row in range(math.ceil(baseline + 0.5), min(round(baseline + BEYOND_WORDS * em), HEIGHT)):
        for a, b in runs(coverage[row] > FAINT):
            beside = a < span[0] - BEYOND_WORDS * em or b > span[1] + BEYOND_WORDS * em
            if beside or (b - a) / em not in KEY_WIDTH:
                continue
            height = _key_height(coverage[:, a:b], row, baseline, em)
            if height is not None:
                columns = np.zeros(strip.shape[1], bool)
                columns[a:b] = True
                return Underline(slice(row, row + height), columns)
    return None


def _key_height(coverage: Floats, row: int, baseline: float, em: float) -> int | None:
    """The rows of a line under a key, from `row` on, in its columns of the coverage (32, w); None if it is no such line."""
    inner = coverage[row:, 1:-1]
    even = (inner.mean(axis=1) > FAINT) & (inner.std(axis=1) < UNEVEN)
    height = int(np.argmin(np.append(even, False)))
    width = coverage.shape[1]
    beyond = int((coverage[row + height : row + height + 1] > THIRD).sum())
    touched = (coverage[row - 1] > THIRD).mean() > TOUCHED
    near = row < baseline + KEY_NEAR * em and width > KEY_LONG * em
    letter = (coverage[max(round(baseline - ABOVE_KEY * em), 0) : round(baseline)] > 0.5).any(axis=0)
    line = 0 < height <= KEY_HEIGHT and beyond <= KEY_ENDS * width and (near or not touched)
    return height if line and letter.mean() > LETTER_OVER else None


def _coverage(strip: Pixels, ink: Coverage, even: float) -> Floats | None:
    """How far each pixel is from the `ground`'s colour to the letters', (32, W); a shadow is on the other side, below 0."""
    behind, letters = ground(strip, ink, even), ink > SOLID
    if behind is None or letters.sum() < FEWEST_SOLID:
        return None
    step = median_levels(strip[letters]) - behind
    return np.asarray((strip - behind) @ (step / max(float(step @ step), 1.0)))


def flat_rows(ink: Coverage) -> Mask:
    """Where there are lines under words in ink (32, W): close to small letters they seem to be a part of them."""
    found = np.zeros(ink.shape, bool)
    for row in range(len(ink) // 2, len(ink)):
        for a, b in _flat_runs(ink[row] > FLAT_INK, FLAT_LENGTH, FLAT_FILLED):
            found[row, a:b] = True
    return found


def _flat_runs(near: Mask, least: float = LONG, filled: float = FILLED) -> list[Span]:
    """The `filled` parts of a row, (W,), that are longer than `least` em."""
    kernel = np.ones((1, LETTER_BELOW), np.uint8)
    joined = cv2.morphologyEx(near[None].astype(np.uint8), cv2.MORPH_CLOSE, kernel)[0] > 0
    return [(a, b) for a, b in runs(joined) if b - a > least * EM and near[a:b].mean() > filled]


def _longest(found: list[Span]) -> int:
    return max(b - a for a, b in found)


# Straight lines between two lines of text

ROW_STEP = 8.0  # levels from row to row at an edge
EDGE_LENGTH = 0.95  # share of the columns in which there is one
DESCENT, ASCENT = 0.08, 0.8  # em below the upper and above the lower baseline: an edge runs between them
EDGE_BEYOND = 0.8  # em by which it goes on to the right; a line under words does not
LEAST_WIDTH = 4  # px that are looked at

RULE_LENGTH = 0.8  # share of the columns in which a rule is seen, since high letters may touch it
RULE_BEYOND = 0.7  # share of the margins in which it is
OF_MARGIN = 0.75  # share of the margins that is looked at
MOST_EDGES = 4  # which two rules have: more are of stripes that text stands on
ABOVE_LETTERS = 0.5  # em above the baseline: a rule is above that or below the baseline


def edge_between(pixels: Pixels, upper: Geometry, lower: Geometry, span: tuple[float, float]) -> bool:
    """Whether an edge runs between two lines of text, which stand in columns `span` of the lower one's strip.

    It is the frame of a field under its label, or the rule between two rows: they are no one text. It goes on to the
    right of both, which a line under words does not.
    """
    baseline = float(lower.to_strip(upper.to_picture([[span[0], BASELINE]]))[0, 1])
    top, bottom = baseline + DESCENT * EM, BASELINE - ASCENT * EM
    if bottom - top < 1:
        return False
    length, beyond = int(span[1] - span[0]), int(EDGE_BEYOND * EM)
    above = lower.moved(x=span[0], y=(top + bottom - HEIGHT) / 2, width=max(LEAST_WIDTH, length) + beyond)
    half = min((bottom - top) / 2, HEIGHT / 2)
    rows = slice(max(0, round(HEIGHT / 2 - half) - 1), round(HEIGHT / 2 + half))
    steep = np.abs(np.diff(grey(cut(pixels, above)), axis=0))[rows] > ROW_STEP
    steep[1:] |= steep[:-1]  # slightly slanted, or drawn over two rows
    under, right = steep[:, :length].mean(axis=1), steep[:, length:].mean(axis=1)
    return bool(((under > EDGE_LENGTH) & (right > EDGE_LENGTH)).any())


def between_rules(strip: Pixels) -> tuple[float, float]:
    """The rows of a strip between straight lines close above and below its letters; infinite without.

    They go on beyond both ends of the text, which the line under words does not: the frame of a field, the rule of a table.
    """
    steps = np.diff(grey(strip), axis=0)
    beyond = int(OF_MARGIN * MARGIN)
    whole = np.zeros(len(steps), bool)
    for steep in (steps > ROW_STEP, steps < -ROW_STEP):  # all the same way: not as on a chessboard
        ends = np.minimum(steep[:, :beyond].mean(axis=1), steep[:, -beyond:].mean(axis=1)) > RULE_BEYOND
        whole |= ends & (steep.mean(axis=1) > RULE_LENGTH)
    lines = np.flatnonzero(whole) + 1.0
    if len(lines) > MOST_EDGES:
        return -math.inf, math.inf
    above, below = lines[lines < BASELINE - ABOVE_LETTERS * EM], lines[lines > BASELINE]
    return float(above[-1]) if len(above) else -math.inf, float(below[0]) if len(below) else math.inf


# The ground

GROUND = 0.6  # share of what is free of letters that has the ground's colour
SAME_GROUND = 12.0  # levels: noise and smooth edges
FEWEST_FREE = 20  # px


def ground(strip: Pixels, ink: Coverage, even: float = GROUND) -> Floats | None:
    """The colour under the letters, (3,), if a share `even` of what is free of them has it; else None."""
    free = free_of(ink)
    if free.sum() < FEWEST_FREE:
        return None
    pixels = strip[free]
    behind = median_levels(pixels)
    return behind if share_within(contrast(pixels, behind), even, SAME_GROUND) else None
