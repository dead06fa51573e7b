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
from iimt_cli.page.layout.stripes import crossed, not_crossed, stands_across
from iimt_cli.page.rectify import BASELINE, EM, HEIGHT, MARGIN, Geometry, cut
from iimt_cli.page.runs import FEWEST_SOLID, SOLID, runs
from iimt_cli.page.shapes import free_of

# share of the rows in which a line from top to bottom is seen; a frame or shadow may hide the others
MOST_ROWS = 0.85

# A vertical rule

# px: so far to either side a rule is compared with its surroundings; a rule is narrower than twice this
REACH = 4
THIN = 3  # px: the same for a rule that letters touch
LEAST_STEP = 10.0  # levels between a rule and both of its sides
EVEN = 7.0  # levels: standard deviation of a rule's colour from top to bottom, at most
EDGE_ROWS = 3  # at the top and the bottom of a strip, where letters do not come
# share of a rule's rows that letters leave free, at least; the joints between bricks reach less
FREE_ROWS = 0.65
STEEP = 0.8  # share of its contrast that a rule which letters touch must have already at THIN px
LEVEL = 0.3  # × its contrast: its surroundings vary by less from REACH on; in a blurred photo they vary more
MOST_RULES = 2  # rules in a short strip, at most: more are stripes of the ground
PER_RULE = 3.0  # em of the strip: for each such length one more rule is allowed
WIDENED = 2  # px on either side of a rule: its smooth edge

FRAME = 6  # rows at the top and the bottom of a strip in which there may be the lines of a frame
FRAME_STEP = 5.0  # levels between such a line and what is next to it
FRAME_LENGTH = 0.8  # share of the columns


def rules(strip: Pixels) -> Mask:
    """Columns, (W,), of vertical rules in a strip, a little widened.

    A rule is darker or lighter than both of its sides and runs from above all letters to below them. Letters that fill a
    narrow cell may touch it. If the lines of a frame cross the strip, rules are looked for between these.
    """
    values = _inner(grey(strip))
    found = np.zeros(values.shape[1], bool)
    beyond = REACH + 2
    if values.shape[1] <= 2 * beyond or len(values) < 3:
        return found
    middle = values[:, beyond:-beyond]
    most = MOST_RULES + len(found) / (PER_RULE * EM)

    def beside(reach: int) -> Floats:
        """For each pixel of `middle`, the pixels `reach` px to its left and to its right, (2, rows, columns)."""
        left, right = beyond - reach, beyond + reach
        return np.stack([values[:, left : left - 2 * beyond], values[:, right : values.shape[1] - left]])

    slopes = -_at_edges(-np.abs(beside(REACH) - beside(beyond)).max(axis=0))
    even = np.abs(middle - np.median(middle, axis=0)) < 2 * EVEN
    for sign in (1, -1):
        steps, close = ((sign * (middle - beside(reach))).min(axis=0) for reach in (REACH, THIN))
        edges = _at_edges(steps)
        # the first and the last row may show a part of a frame
        whole = (middle[1:-1].std(axis=0) < EVEN) & ((steps > LEAST_STEP).mean(axis=0) > MOST_ROWS)
        touched = (even & (steps > LEAST_STEP)).mean(axis=0) > FREE_ROWS
        touched &= (_at_edges(close) > STEEP * edges) & (_at_edges(even) > 0)
        seen = (edges > LEAST_STEP) & (slopes < LEVEL * edges)
        # counted above and below the letters, which hide the stripes that they cross
        if len(runs(seen)) > most:
            return np.zeros_like(found)
        found[beyond:-beyond] |= (whole | touched) & seen
    if len(runs(found)) > most:
        return np.zeros_like(found)
    return np.convolve(found, np.ones(2 * WIDENED + 1), mode="same") > 0


def _at_edges(values: Floats | Mask) -> Floats:
    """Of values (rows, W): the median of the top rows and that of the bottom rows, the lesser of the two, (W,).

    Medians, because one row of each may be the corner of a frame.
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
STEP_WIDTH = 4  # px: width of a smooth edge
LABEL_MARGIN = 0.35  # em from the detector's box to the end of a label, at most
GROUND_WIDTH = 1.25  # em on either side of an edge between two labels that must have one colour
GROUND_EVEN = 0.8  # share of the pixels there that have it, at least


def label(strip: Pixels) -> slice:
    """The columns of the label on which a strip's text stands. A label ends near the text, where one colour meets another.

    An end that is not seen is the end of the strip.
    """
    edges = np.flatnonzero(colour_edges(strip))
    reach = int(MARGIN + LABEL_MARGIN * EM)
    left, right = edges[edges < reach], edges[edges >= strip.shape[1] - reach]
    return slice(int(left[-1]) + 1 if len(left) else 0, int(right[0]) if len(right) else strip.shape[1])


def colour_edges(strip: Pixels) -> Mask:
    """Columns, (W,), in which one colour meets another from top to bottom of a strip, (H, W, 3). No letter is so high."""
    return _colour_edges(strip)[0]


def _colour_edges(strip: Pixels) -> tuple[Mask, Floats]:
    """The `colour_edges`, and the usual step of colour in each column, (W, 3)."""
    pixels = strip.astype(np.float32)
    if pixels.shape[1] <= STEP_WIDTH or len(pixels) == 0:
        return np.zeros(pixels.shape[1], bool), np.zeros(pixels.shape[1:])
    steps = pixels[:, STEP_WIDTH:] - pixels[:, :-STEP_WIDTH]
    usual = np.median(steps, axis=0)
    same = (contrast(steps, usual) < STEP / 2).mean(axis=0) > MOST_ROWS
    edges, half = same & (largest(np.abs(usual)) > STEP), STEP_WIDTH // 2
    return np.pad(edges, half), np.pad(usual, ((half, half), (0, 0)))


def label_edges(strip: Pixels, ink: Coverage, em: float = EM) -> Mask:
    """The `colour_edges` with one colour on either side, letters not counted. Two labels meet there, so no text crosses it.

    Where letters go through one of them, it and all that are like it are stripes of the ground.
    """
    edges, steps = _colour_edges(strip)
    if not edges.any():
        return edges
    edges = not_crossed(edges, steps, crossed(strip, ink, STEP_WIDTH))
    free = free_of(ink, 1)
    beside, width = STEP_WIDTH // 2, GROUND_WIDTH * em
    for x in map(int, np.flatnonzero(edges)):
        left = slice(max(int(x - beside - width), 0), max(x - beside, 0))
        right = slice(x + beside + 1, int(x + beside + 1 + width))
        for side in (left, right):
            pixels = strip[:, side][free[:, side]].astype(np.float32)
            edges[x] &= len(pixels) > 0 and _is_even(pixels)
    return edges


def _is_even(pixels: Floats) -> bool:
    """Whether most of the pixels, (N, 3), have one colour."""
    return bool((contrast(pixels, np.median(pixels, axis=0)) < EVEN).mean() > GROUND_EVEN)


# The line under words (links), and under the letter of a menu entry that is its key (_File)

THIRD = 0.35  # coverage in the line, at least: it is thin and may lie between two rows of pixels
UNDER_ROWS = 9  # rows from the baseline down in which the line lies
LINE_HEIGHT = 3  # rows from its first to its last, at most
LONG = 1.5  # em: the line is longer; no dash is
# share of its columns that the line fills, at least: it may stop where letters go below the baseline
FILLED = 0.6
ON_BASELINE_FILLED = 0.85  # the same in the first row below the baseline, where letters may end
# Interquartile range of a line's depth (the coverage of its rows, summed up) where it is not interrupted, share of the median,
# at most. It is 0.02 to 0.04 in six links of web pages, and 0.13 in serifs that stand side by side (written pages).
UNEVEN_LINE, QUARTILES = 0.1, (25, 50, 75)
LETTER_BELOW = 11  # px: such interruptions are narrower
LINE_ROW = 0.5  # share of the line's columns that a row fills if it belongs to the line
# em beyond the words: the line ends within it; the edge of a field or the rule of a table goes on
BEYOND_WORDS = 0.35
LINE_GROUND = 0.6  # share of the background that has one colour, at least

FLAT_INK = 0.12  # coverage that the separator gives to a line that nearly touches small letters, at least
FLAT_LENGTH = 3.0  # em: length of such a line, at least
FLAT_FILLED = 0.9  # share of its columns that it fills, at least

FAINT = 0.25  # coverage in the line under a key's letter, at least
# standard deviation of coverage along that line, at most; that of the bottom of a g is twice as large
UNEVEN = 0.07
WHOLE = 0.8  # share of the columns of a text: a line under more of it is no key's, but a line under its words
KEY_GROUND = 0.85  # share of the background that has one colour, at least; with a shadow it is less
KEY_WIDTH = Range(0.25, LONG)  # em
KEY_HEIGHT = THIN + 1  # px, at most
KEY_ENDS = 0.1  # share of its columns with more ink directly below, at most
TOUCHED = 0.1  # share of its columns with ink directly above, at most; the bottom of a g has more
# em: TOUCHED does not count for lines nearer to the baseline than this and longer than this
KEY_NEAR, KEY_LONG = 0.12, 0.4
ABOVE_KEY = 0.5  # em above the baseline in which the key's letter is looked for
LETTER_OVER = 0.6  # share of the line's columns that have a letter there, at least


def underline(strip: Pixels, ink: Coverage, span: tuple[float, float]) -> Underline | None:
    """The line or lines drawn under the words of a standard strip, as under links; None if there is none.

    span: columns of the letters. A line that goes on beyond them is the edge of a field or the rule of a table.
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
    # With a row above and below, for a line that is not level; not with that of the letters' feet.
    top, bottom = int(thick[0]) - (thick[0] > 1), int(thick[-1]) + 2
    depth = np.maximum(coverage[first + top : first + bottom, columns], 0).sum(axis=0)  # a shadow is below 0
    low, middle, high = np.percentile(depth[depth > THIRD], QUARTILES)
    if high - low > UNEVEN_LINE * middle:
        return None
    return Underline(slice(first + int(thick[0]), first + int(thick[-1]) + 1), columns)


def key_line(
    strip: Pixels, ink: Coverage, span: tuple[float, float], baseline: float = BASELINE, em: float = EM
) -> Underline | None:
    """The line under the letter of a menu entry that is its key (_File); None without one. It has one colour all along.

    span: columns of the letters; baseline, em: of the line of text, strip px. An underscore does not count.
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


def is_whole(line: Underline, span: tuple[float, float]) -> bool:
    """Whether a line is under all of a short text, with letters in columns `span`, not under its key."""
    return bool(line.columns.sum() > WHOLE * (span[1] - span[0]))


def _key_height(coverage: Floats, row: int, baseline: float, em: float) -> int | None:
    """How many rows, from `row` on, the line under a key's letter has; None if it is not such a line.

    coverage: (32, w), in the columns of the line.
    """
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
    """Coverage computed from colours, (32, W): 0 has the `ground`'s colour, 1 the letters'. A shadow may be below 0."""
    behind, letters = ground(strip, ink, even), ink > SOLID
    if behind is None or letters.sum() < FEWEST_SOLID:
        return None
    step = median_levels(strip[letters]) - behind
    return np.asarray((strip - behind) @ (step / max(float(step @ step), 1.0)))


def flat_rows(ink: Coverage) -> Mask:
    """Where ink (32, W) holds lines under words: close to small letters the separator takes them for a part of these."""
    found = np.zeros(ink.shape, bool)
    for row in range(len(ink) // 2, len(ink)):
        for a, b in _flat_runs(ink[row] > FLAT_INK, FLAT_LENGTH, FLAT_FILLED):
            found[row, a:b] = True
    return found


def _flat_runs(near: Mask, least: float = LONG, filled: float = FILLED) -> list[Span]:
    """The runs of a row, (W,), that are longer than `least` em and have ink in a share `filled` of their columns."""
    kernel = np.ones((1, LETTER_BELOW), np.uint8)
    joined = cv2.morphologyEx(near[None].astype(np.uint8), cv2.MORPH_CLOSE, kernel)[0] > 0
    return [(a, b) for a, b in runs(joined) if b - a > least * EM and near[a:b].mean() > filled]


def _longest(found: list[Span]) -> int:
    return max(b - a for a, b in found)


# Straight lines between two lines of text

ROW_STEP = 8.0  # levels from row to row at an edge
EDGE_LENGTH = 0.95  # share of the columns in which the edge is seen, at least
# em below the upper and above the lower baseline: the edge is looked for between these
DESCENT, ASCENT = 0.08, 0.8
EDGE_BEYOND = 0.8  # em to the right of the text in which the edge must go on; a line under words does not
LEAST_WIDTH = 4  # px: width in which the edge is looked for, at least

RULE_LENGTH = 0.8  # share of the columns in which a rule is seen, at least; high letters may touch it
RULE_BEYOND = 0.7  # share of the columns in each margin in which it is seen, at least
OF_MARGIN = 0.75  # share of the margins that is looked at
MOST_EDGES = 4  # two rules have four edges; more are stripes of the ground
ABOVE_LETTERS = 0.5  # em above the baseline: a rule lies above this row or below the baseline


def edge_between(pixels: Pixels, upper: Geometry, lower: Geometry, span: tuple[float, float]) -> bool:
    """Whether an edge runs between two lines of text, which stand in columns `span` of the lower one's strip.

    Such an edge is the frame of a field under its label, or the rule between two rows of a table: the lines are two texts.
    The edge goes on to the right of both lines, which a line under words does not.
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
    steep[1:] |= steep[:-1]  # an edge may be slightly slanted, or lie between two rows
    under, right = steep[:, :length].mean(axis=1), steep[:, length:].mean(axis=1)
    return bool(((under > EDGE_LENGTH) & (right > EDGE_LENGTH)).any())


def between_rules(strip: Pixels) -> tuple[float, float]:
    """The rows of a strip between the nearest straight lines above and below its letters; ∓infinity if there is none.

    These lines, such as the frame of a field or a rule of a table, go on beyond both ends of the text. A line under words
    does not. Stripes that the letters stand across bound nothing.
    """
    if stands_across(strip):
        return -math.inf, math.inf
    steps = np.diff(grey(strip), axis=0)
    beyond = int(OF_MARGIN * MARGIN)
    whole = np.zeros(len(steps), bool)
    # the edge is everywhere up or everywhere down; a chessboard has both
    for steep in (steps > ROW_STEP, steps < -ROW_STEP):
        ends = np.minimum(steep[:, :beyond].mean(axis=1), steep[:, -beyond:].mean(axis=1)) > RULE_BEYOND
        whole |= ends & (steep.mean(axis=1) > RULE_LENGTH)
    lines = np.flatnonzero(whole) + 1.0
    if len(lines) > MOST_EDGES:
        return -math.inf, math.inf
    above, below = lines[lines < BASELINE - ABOVE_LETTERS * EM], lines[lines > BASELINE]
    return float(above[-1]) if len(above) else -math.inf, float(below[0]) if len(below) else math.inf


# The ground

GROUND = 0.6  # share of the pixels without letters that have the ground's colour, at least
SAME_GROUND = 12.0  # levels by which they may differ from it: noise and smooth edges
FEWEST_FREE = 20  # pixels without letters, at least


def ground(strip: Pixels, ink: Coverage, even: float = GROUND) -> Floats | None:
    """The colour of the ground, (3,), if at least a share `even` of the pixels without letters has it; else None."""
    free = free_of(ink)
    if free.sum() < FEWEST_FREE:
        return None
    pixels = strip[free]
    behind = median_levels(pixels)
    return behind if share_within(contrast(pixels, behind), even, SAME_GROUND) else None
