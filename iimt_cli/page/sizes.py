"""One type size and one weight for lines in the same type: short ones measure badly, and the page knows better."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from iimt_cli.page.group import same_colour
from iimt_cli.page.paragraphs import Paragraph, TextLine, box_height, stem
from iimt_cli.page.rectify import BASELINE, EM, MARGIN, from_baseline

UNSURE = 0.1  # strip px: letters have strokes that differ, so smaller differences of weight are left alone
UNLIKE = 0.25  # and between two words in the same type
SHORT = 6.0  # type sizes: up to here a line is a label
COLUMN = 12.0  # type sizes: how far up and down the entries of a menu are asked


def even_sizes(lines: list[TextLine]) -> list[TextLine]:
    """Draw the measured sizes of short lines towards those of lines like them.

    Small letters or capitals? The nearest line in the same type knows. And one word may have no high letters;
    the lines of one page whose boxes have the same height have the same type.
    """
    lines = [resized(line, _chosen(line, lines)) for line in lines]
    boxes = np.array([box_height(line.quad) for line in lines])
    sizes = np.array([line.em for line in lines])
    lengths = np.array([line.x1 - line.x0 for line in lines]) / EM
    result = []
    for i, line in enumerate(lines):
        peers = np.abs(boxes / boxes[i] - 1) < 0.09
        usual = (
            float(np.exp(np.average(np.log(sizes[peers] / boxes[peers]), weights=lengths[peers]))) * boxes[i]
        )
        # Boxes round a time or a date are too high: what was measured without a doubt is not overruled.
        trust = lengths[i] / (lengths[i] + 5) if line.choices or 0.8 < usual / sizes[i] < 1.25 else 1
        result.append(resized(line, float(sizes[i] ** trust * usual ** (1 - trust))))
    return [resized(line, em) for line, em in zip(result, _shared_sizes(result), strict=True)]


def _shared_sizes(lines: Sequence[TextLine]) -> list[float]:
    """The usual size among short texts in each line's row or column: cells of a table, links of a bar, entries of a menu."""
    if not lines:
        return []
    ends = np.stack([_ends(line) for line in lines])
    sizes, lengths, stems = (
        np.array(values) for values in zip(*((o.em, _length(o), o.stem * o.em) for o in lines), strict=True)
    )
    found = []
    for i, line in enumerate(lines):
        u = line.geometry.direction
        frame = np.array([u, [-u[1], u[0]]]).T
        starts, after = np.moveaxis((ends - ends[i, 0]) @ frame, 1, 0)  # along the line and across it
        stops = (ends[:, 1] - ends[i, 1]) @ frame
        level = np.minimum(np.abs(starts[:, 1]), np.abs(after[:, 1])) < 0.2 * line.em
        column = np.minimum(np.abs(starts[:, 0]), np.abs(stops[:, 0])) < 0.15 * line.em
        column &= np.abs(starts[:, 1]) < COLUMN * line.em
        longest = np.maximum(lengths, lengths[i])
        near = (level & (longest <= SHORT)) | (column & (longest <= 2 * SHORT))
        alike = _within(sizes / line.em, 0.8, 1.25) & _within(stems / stems[i], 0.75, 1.33)
        chosen = near & alike
        chosen[i] = True
        order = np.argsort(sizes[chosen], kind="stable")
        total = np.cumsum(lengths[chosen][order])
        found.append(float(sizes[chosen][order][np.searchsorted(total, total[-1] / 2)]))
    return found


def _within(values: np.ndarray, low: float, high: float) -> np.ndarray:
    return (values > low) & (values < high)


def _ends(line: TextLine) -> np.ndarray:
    """Where the line starts and ends on its baseline, px [2, 2]."""
    return line.geometry.to_picture(np.array([[line.x0, BASELINE], [line.x1, BASELINE]]))


def _length(line: TextLine) -> float:
    """In type sizes."""
    return (line.x1 - line.x0) / EM


def _alike(one: TextLine, two: TextLine) -> bool:
    """In ink and weight."""
    stems = two.stem * two.em / (one.stem * one.em)
    return 0.75 < stems < 1.33 and same_colour(one.colour, two.colour)


def _chosen(line: TextLine, lines: Sequence[TextLine]) -> float:
    """The type size of a line; where its letters leave a choice, that of the nearest line alike, if it fits."""
    best, nearest = line.em, np.inf
    for other in lines if line.choices else ():
        fits = any(abs(choice / other.em - 1) < 0.08 for choice in line.choices)
        distance = float(np.abs(line.quad.mean(0) - other.quad.mean(0)).sum())
        if not other.choices and fits and distance < nearest and _alike(line, other):
            best, nearest = other.em, distance
    return best


def resized(line: TextLine, em: float) -> TextLine:
    """A line in a strip for another type size, picture px; its ink stays as it was cut."""
    start, end = _ends(line)
    length = float(np.linalg.norm(end - start))
    geometry = from_baseline(start, line.geometry.direction, em, length)
    return replace(line, geometry=geometry, em=em, x0=MARGIN, x1=MARGIN + length / (em / EM))


def thickening(drawn: Mapping[int, tuple[Paragraph, np.ndarray]]) -> dict[int, float]:
    """How much wider the strokes of old letters are than those of the new ink, strip px, by the number of the paragraph.

    What is in the same type gets the same: "e" and "l" have different strokes, and so have two words. Hardly ever is it
    thinner, since that would take away what is drawn faintly.
    """
    lengths = {i: sum(_length(line) for line in p.lines) for i, (p, _) in drawn.items()}
    stems = {
        i: float(np.average([line.stem for line in p.lines], weights=[line.x1 - line.x0 for line in p.lines]))
        for i, (p, _) in drawn.items()
    }
    new = {i: stem(ink) for i, (_, ink) in drawn.items()}
    result = {}
    for i, (paragraph, _) in drawn.items():
        peers = [
            j
            for j, (other, _) in drawn.items()
            if 0.85 < other.em / paragraph.em < 1.18
            and 0.75 < stems[j] / stems[i] < 1.33
            and same_colour(other.lines[0].colour, paragraph.lines[0].colour)
        ]
        weights = [lengths[j] for j in peers]
        old, usual = (float(np.average([those[j] for j in peers], weights=weights)) for those in (stems, new))
        wanted = old - usual + _beyond(usual - new[i], UNLIKE)
        result[i] = float(np.clip(_beyond(wanted, UNSURE), -0.2, 0.6))
    return result


def _beyond(value: float, limit: float) -> float:
    """What of a value is beyond the limit, on either side of 0."""
    return max(value - limit, 0.0) + min(value + limit, 0.0)
