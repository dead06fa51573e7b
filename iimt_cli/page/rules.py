"""Straight lines about text: the rules of a table, the line under a link, the edge of a field; and the ground of a strip."""

from __future__ import annotations

import math

import cv2
import numpy as np

from iimt_cli.page.colours import largest
from iimt_cli.page.rectify import BASELINE, EM, HEIGHT, MARGIN, Geometry, cut
from iimt_cli.page.reflow import Span

STEP = 40.0  # grey levels between a label and what is beside it
REACH = 4  # strip px: a rule is narrower than twice this
LEAST_STEP = 10.0  # grey levels between a rule and both of its sides
EVEN = 7.0  # grey levels: the colour of a rule varies about as little from top to bottom
EDGE_ROWS = 3  # at the top and the bottom of a strip, where letters do not come
FRAME = 6  # rows at the top and the bottom of a strip in which there may be the lines of a frame
SEEN = 0.65  # of a rule's rows are free of the letters that touch it, if it is thin: joints of bricks are not
THIN = 3  # strip px
THIRD = 0.35  # of the way to the letters' colour: a line under them is thin, and perhaps between two rows
FAINT = 0.25  # the same for a line under one letter
UNEVEN = 0.07  # how much that one varies: the bottom of a g twice as much


def rules(strip: np.ndarray) -> np.ndarray:
    """Columns, bool [W], of vertical rules in a strip, uint8 [32, W, 3], a little widened.

    A rule is darker or lighter than both of its sides, from above all letters to below them; what ends in a narrow cell
    may touch it. Where a frame crosses the strip, it is looked for between the frame's lines.
    """
    grey = _inner(strip.astype(np.float32).mean(axis=2))
    found = np.zeros(grey.shape[1], bool)
    beyond = REACH + 2
    if grey.shape[1] <= 2 * beyond:
        return found
    middle = grey[:, beyond:-beyond]

    def beside(reach: int) -> np.ndarray:
        """What is so far to the left and to the right of the middle, [2, rows, columns]."""
        left, right = beyond - reach, beyond + reach
        return np.stack([grey[:, left : left - 2 * beyond], grey[:, right : grey.shape[1] - left]])

    # its sides are level: in a blurred photo they are not
    slopes = -_at_edges(-np.abs(beside(REACH) - beside(beyond)).max(axis=0))
    even = np.abs(middle - np.median(middle, axis=0)) < 2 * EVEN
    for sign in (1, -1):
        steps, close = ((sign * (middle - beside(reach))).min(axis=0) for reach in (REACH, THIN))
        edges = _at_edges(steps)
        # the outermost row may be half a frame's
        whole = (middle[1:-1].std(axis=0) < EVEN) & ((steps > LEAST_STEP).mean(axis=0) > 0.85)
        touched = ((even & (steps > LEAST_STEP)).mean(axis=0) > SEEN) & (_at_edges(close) > 0.8 * edges)
        found[beyond:-beyond] |= (
            (whole | touched & (_at_edges(even) > 0)) & (edges > LEAST_STEP) & (slopes < 0.3 * edges)
        )
    count = int((np.diff(np.pad(found, 1).astype(np.int8)) == 1).sum())
    if count > 2 + len(found) / (3 * EM):  # stripes: that is what the text stands on
        return np.zeros_like(found)
    return np.convolve(found, np.ones(5), mode="same") > 0


def label(strip: np.ndarray) -> slice:
    """The columns of the label that the text in a strip, uint8 [32, W, 3], stands on, if its ends are near those of the text.

    There one colour meets another.
    """
    edges = np.flatnonzero(colour_edges(strip))
    reach = int(MARGIN + 0.35 * EM)
    left, right = edges[edges < reach], edges[edges >= strip.shape[1] - reach]
    return slice(int(left[-1]) + 1 if len(left) else 0, int(right[0]) if len(right) else strip.shape[1])


def colour_edges(strip: np.ndarray) -> np.ndarray:
    """Columns, bool [W], of rows of a strip, uint8 [H, W, 3], in which one colour meets another from top to bottom.

    No letter is so high.
    """
    pixels = strip.astype(np.float32)
    steps = pixels[:, 4:] - pixels[:, :-4]  # around columns 2 … W − 3
    usual = np.median(steps, axis=0)
    same = (largest(np.abs(steps - usual)) < STEP / 2).mean(axis=0) > 0.85
    return np.pad(same & (largest(np.abs(usual)) > STEP), 2)


def label_edges(strip: np.ndarray, ink: np.ndarray, em: float = EM) -> np.ndarray:
    """The `colour_edges` with one colour on either side, letters aside: there labels meet, and no text goes on beyond."""
    edges = colour_edges(strip)
    free = cv2.dilate(np.ascontiguousarray(ink, np.float32), np.ones((3, 3), np.uint8)) < 0.1
    for x in np.flatnonzero(edges):
        for side in (
            slice(max(int(x - 2 - 1.25 * em), 0), max(x - 2, 0)),
            slice(x + 3, int(x + 3 + 1.25 * em)),
        ):
            pixels = strip[:, side][free[:, side]].astype(np.float32)
            even = len(pixels) and (largest(np.abs(pixels - np.median(pixels, axis=0))) < EVEN).mean() > 0.8
            edges[x] &= bool(even)
    return edges


def _at_edges(values: np.ndarray) -> np.ndarray:
    """What is least of the usual values [rows, W] at the top and at the bottom: one row of each may be of a frame's corner."""
    return np.minimum(*(np.median(part, axis=0) for part in (values[:EDGE_ROWS], values[-EDGE_ROWS:])))


def _inner(grey: np.ndarray) -> np.ndarray:
    """The rows of a strip, float32 [32, W], between the lines of a frame above and below its text."""
    steps = (np.abs(np.diff(grey, axis=0)) > LEAST_STEP / 2).mean(axis=1) > 0.8
    above, below = np.flatnonzero(steps[:FRAME]), np.flatnonzero(steps[-FRAME:])
    top = int(above[-1]) + 1 if len(above) else 0
    bottom = len(grey) - FRAME + int(below[0]) if len(below) else len(grey)
    return grey[top:bottom]


def underline(
    strip: np.ndarray, ink: np.ndarray, span: tuple[float, float]
) -> tuple[slice, np.ndarray] | None:
    """Rows, and columns bool [W], of the lines drawn under words, as under links, in a standard strip; None without any.

    span: columns of the letters. What goes on beside them is the edge of a field or the rule of a table.
    """
    coverage = _coverage(strip, ink, 0.6)
    if coverage is None:
        return None
    first = round(BASELINE)
    near = coverage[first : first + 9] > THIRD
    best: tuple[int, list[Span]] | None = None
    for row in np.flatnonzero(near.mean(axis=1) > 0):
        runs = _flat_runs(near[row], filled=0.6 if row else 0.85)  # in the first one letters may end
        if runs and (best is None or _longest(runs) > _longest(best[1])):
            best = (int(row), runs)
    x0, x1, reach = round(span[0]), round(span[1]), round(0.35 * EM)
    if best is None or best[1][0][0] < x0 - reach or best[1][-1][1] > x1 + reach:
        return None
    columns = np.zeros(strip.shape[1], bool)
    for a, b in best[1]:
        columns[a:b] = True
    thick = np.flatnonzero(near[:, columns].mean(axis=1) > 0.5)
    if len(thick) == 0 or np.ptp(thick) > 3:
        return None
    return slice(first + int(thick[0]), first + int(thick[-1]) + 1), columns


def key_line(
    strip: np.ndarray, ink: np.ndarray, span: tuple[float, float], baseline: float = BASELINE, em: float = EM
) -> tuple[slice, np.ndarray] | None:
    """Rows, and columns bool [W], of the line under the letter that is a key: as dark all along, and no underscore."""
    coverage = _coverage(strip, ink, 0.85)  # no shadow
    if coverage is None:
        return None
    for row in range(math.ceil(baseline + 0.5), min(round(baseline + 0.35 * em), HEIGHT)):
        for a, b in runs(coverage[row] > FAINT):
            beside = a < span[0] - 0.35 * em or b > span[1] + 0.35 * em
            if beside or not 0.25 * em < b - a < 1.2 * em:
                continue
            inside = coverage[row:, a + 1 : b - 1]
            even = (inside.mean(axis=1) > FAINT) & (inside.std(axis=1) < UNEVEN)
            thick = int(np.argmin(np.append(even, False)))
            beyond = coverage[row + thick : row + thick + 1, a:b] > THIRD
            touched = (coverage[row - 1, a:b] > THIRD).mean() > 0.1  # as the bottom of a g is by its stem
            near = row < baseline + 0.12 * em and b - a > 0.4 * em
            letter = (coverage[round(baseline - 0.5 * em) : round(baseline), a:b] > 0.5).any(axis=0)
            if (
                0 < thick <= THIN + 1
                and beyond.sum() <= 0.1 * (b - a)
                and (near or not touched)
                and letter.mean() > 0.6
            ):
                columns = np.zeros(strip.shape[1], bool)
                columns[a:b] = True
                return slice(row, row + thick), columns
    return None


def _coverage(strip: np.ndarray, ink: np.ndarray, even: float) -> np.ndarray | None:
    """How far each pixel is from the `ground`'s colour to the letters', [32, W]; a shadow is on the other side, below 0."""
    behind, letters = ground(strip, ink, even), ink > 0.8
    if behind is None or letters.sum() < 6:
        return None
    step = np.median(strip[letters], axis=0) - behind
    return (strip - behind) @ (step / max(float(step @ step), 1.0))


def flat_rows(ink: np.ndarray) -> np.ndarray:
    """Where there are lines under words in ink [32, W], bool: close to small letters they seem to be a part of them."""
    found = np.zeros(ink.shape, bool)
    for row in range(len(ink) // 2, len(ink)):
        for a, b in _flat_runs(ink[row] > 0.12, 3 * EM, 0.9):
            found[row, a:b] = True
    return found


def _flat_runs(near: np.ndarray, least: float = 1.5 * EM, filled: float = 0.6) -> list[Span]:
    """The `filled` parts of a row, bool [W], of `least` px. Links leave gaps where letters go below the line."""
    joined = cv2.morphologyEx(near[None].astype(np.uint8), cv2.MORPH_CLOSE, np.ones((1, 11), np.uint8))[0]
    return [(a, b) for a, b in runs(joined) if b - a > least and near[a:b].mean() > filled]


def runs(row: np.ndarray) -> list[Span]:
    """The columns [a, b) of all runs of what is true in a row, [W]."""
    edges = np.flatnonzero(np.diff(np.pad(row, 1).astype(np.int8)))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _longest(runs: list[Span]) -> int:
    return max(b - a for a, b in runs)


def edge_between(pixels: np.ndarray, upper: Geometry, lower: Geometry, span: tuple[float, float]) -> bool:
    """Whether an edge runs between two lines of text, which stand in columns `span` of the lower one's strip.

    It is the frame of a field under its label, or the rule between two rows: they are no one text. It goes on to the
    right of both, which a line under words does not.
    """
    baseline = float(lower.to_strip(upper.to_picture(np.array([[span[0], BASELINE]])))[0, 1])
    top, bottom = baseline + 0.08 * EM, BASELINE - 0.8 * EM
    if bottom - top < 1:
        return False
    length, beyond = int(span[1] - span[0]), int(0.8 * EM)
    above = lower.moved(x=span[0], y=(top + bottom - HEIGHT) / 2, width=max(4, length) + beyond)
    half = min((bottom - top) / 2, HEIGHT / 2)
    rows = slice(max(0, round(HEIGHT / 2 - half) - 1), round(HEIGHT / 2 + half))
    grey = cut(pixels, above).astype(np.float32).mean(axis=2)
    steep = np.abs(np.diff(grey, axis=0))[rows] > 8
    steep[1:] |= steep[:-1]  # slightly slanted, or drawn over two rows
    whole = (steep[:, :length].mean(axis=1) > 0.95) & (steep[:, length:].mean(axis=1) > 0.95)
    return bool(whole.any())


def between_rules(strip: np.ndarray) -> tuple[float, float]:
    """The rows of a strip, uint8 [32, W, 3], between straight lines close above and below its letters; infinite without.

    They go on beyond both ends of the text, which the line under words does not: the frame of a field, the rule of a table.
    """
    steps = np.diff(strip.astype(np.float32).mean(axis=2), axis=0)
    beyond = int(0.75 * MARGIN)
    whole = np.zeros(len(steps), bool)
    for steep in (steps > 8, steps < -8):  # all the same way: not as on a chessboard
        ends = np.minimum(steep[:, :beyond].mean(axis=1), steep[:, -beyond:].mean(axis=1)) > 0.7
        whole |= ends & (steep.mean(axis=1) > 0.8)  # high letters may touch it
    lines = np.flatnonzero(whole) + 1.0
    if len(lines) > 4:  # two rules have as many edges: stripes, what the text stands on
        return -math.inf, math.inf
    above, below = lines[lines < BASELINE - 0.5 * EM], lines[lines > BASELINE]
    return above[-1] if len(above) else -math.inf, below[0] if len(below) else math.inf


def ground(strip: np.ndarray, ink: np.ndarray, even: float = 0.6) -> np.ndarray | None:
    """The colour under the letters, [3], if a share `even` of what is free of them has it; else None."""
    free = cv2.dilate(np.ascontiguousarray(ink, np.float32), np.ones((5, 5), np.uint8)) < 0.1
    if free.sum() < 20:
        return None
    behind = np.median(strip[free], axis=0)
    return behind if np.quantile(largest(np.abs(strip[free] - behind)), even) <= 12 else None
