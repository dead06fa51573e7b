"""One type size for lines in the same type: short lines cannot be measured well, so similar lines of the page correct them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from iimt_cli.page.arrays import Floats, Mask, Range
from iimt_cli.page.layout.likeness import same_colour
from iimt_cli.page.layout.parts import SAME_START
from iimt_cli.page.paragraphs import TextLine
from iimt_cli.page.rectify import EM, MARGIN, from_baseline, sides

SAME_WEIGHT = Range(0.75, 1.33)  # ratio of two stems: bold ones are 1.5 times as wide as regular ones

# The size of a line, from the sizes of similar lines: by eye on the examples.
FITS = 0.08  # share by which the size of another line may differ from one of the line's `choices`
PEERS = 0.09  # share by which the heights of the boxes of lines in the same type may differ
LENGTH = 5.0  # em: for a line of this length its own measure and that of similar lines have equal weight
# Ratio of the size told by similar lines to the line's own. Outside, the box is too high (a time, a date): the own size holds.
LIKELY = Range(0.8, 1.25)
SHORT = 6.0  # em: labels in a row are no longer than this, entries of a menu no longer than twice this
COLUMN = 12.0  # em up and down: entries of one menu are nearer
LEVEL = 0.2  # em: baselines of texts in one row differ by less
NEAR_SIZE = Range(0.8, 1.25)  # ratio of two measured sizes in one row or column that may be one size in truth


def even_sizes(lines: list[TextLine]) -> list[TextLine]:
    """The lines with type sizes that agree: the size of a short line moves towards the sizes of similar lines.

    If a line may be in small letters or in capitals (`choices`), the nearest line in the same type decides. Then lines whose
    boxes are equally high correct each other, since a single word may have no high letters. At last the short texts of a row
    or a column get one size.
    """
    lines = [resized(line, _chosen(line, lines)) for line in lines]
    boxes = np.array([sides(line.quad)[1] for line in lines])
    sizes = np.array([line.em for line in lines])
    lengths = np.array([line.length for line in lines]) / EM
    result = []
    for i, line in enumerate(lines):
        peers = np.abs(boxes / boxes[i] - 1) < PEERS
        ratio = float(np.exp(np.average(np.log(sizes[peers] / boxes[peers]), weights=lengths[peers])))
        usual = ratio * boxes[i]
        trust = 1.0
        if line.choices or usual / sizes[i] in LIKELY:
            trust = lengths[i] / (lengths[i] + LENGTH)
        result.append(resized(line, float(sizes[i] ** trust * usual ** (1 - trust))))
    return [resized(line, em) for line, em in zip(result, _shared_sizes(result), strict=True)]


def _chosen(line: TextLine, lines: Sequence[TextLine]) -> float:
    """The type size of a line. If its letters allow two sizes: that of the nearest similar line that has one of them."""
    best, nearest = line.em, np.inf
    for other in lines if line.choices else ():
        fits = any(abs(choice / other.em - 1) < FITS for choice in line.choices)
        distance = float(np.abs(line.quad.mean(0) - other.quad.mean(0)).sum())
        if not other.choices and fits and distance < nearest and _alike(line, other):
            best, nearest = other.em, distance
    return best


def _alike(one: TextLine, two: TextLine) -> bool:
    """Whether two lines agree in colour and weight."""
    return two.stem * two.em / (one.stem * one.em) in SAME_WEIGHT and same_colour(one.colour, two.colour)


def _shared_sizes(lines: Sequence[TextLine]) -> list[float]:
    """For each line the median size of the short texts in its row or column: cells of a table, links of a bar, a menu."""
    if not lines:
        return []
    sizes = np.array([line.em for line in lines])
    lengths = np.array([line.length / EM for line in lines])
    stems = np.array([line.stem * line.em for line in lines])
    ends = np.stack([line.ends for line in lines])
    found = []
    for i, line in enumerate(lines):
        alike = NEAR_SIZE.holds(sizes / line.em) & SAME_WEIGHT.holds(stems / stems[i])
        chosen = _in_row_or_column(line, ends, np.maximum(lengths, lengths[i])) & alike
        chosen[i] = True
        found.append(_weighted_median(sizes[chosen], lengths[chosen]))
    return found


def _in_row_or_column(line: TextLine, ends: Floats, longest: Floats) -> Mask:
    """Which lines, (N,), are short and stand in the row or the column of a line, which must be short, too.

    ends: of all lines, (N, 2, 2) picture px; longest: the length of each or of this line, whichever is longer, (N,) em.
    """
    u = line.geometry.direction
    frame = np.array([u, [-u[1], u[0]]]).T
    starts, after = np.moveaxis((ends - line.ends[0]) @ frame, 1, 0)  # along the line and across it
    stops = (ends[:, 1] - line.ends[1]) @ frame
    level = np.minimum(np.abs(starts[:, 1]), np.abs(after[:, 1])) < LEVEL * line.em
    column = np.minimum(np.abs(starts[:, 0]), np.abs(stops[:, 0])) < SAME_START * line.em
    column &= np.abs(starts[:, 1]) < COLUMN * line.em
    return np.asarray((level & (longest <= SHORT)) | (column & (longest <= 2 * SHORT)))


def _weighted_median(values: Floats, weights: Floats) -> float:
    """The value, of (N,), below which half of the weight lies."""
    order = np.argsort(values, kind="stable")
    total = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(total, total[-1] / 2)])


def resized(line: TextLine, em: float) -> TextLine:
    """The line with a strip for the type size `em`, picture px. Its ink is not cut again."""
    start, end = line.ends
    length = float(np.linalg.norm(end - start))
    geometry = from_baseline(start, line.geometry.direction, em, length)
    return replace(line, geometry=geometry, em=em, x0=MARGIN, x1=MARGIN + length / (em / EM))
