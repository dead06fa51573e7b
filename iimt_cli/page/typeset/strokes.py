"""How the strokes of new letters are drawn, so that they look as wide and as sharp as the old ones.

Ink is resampled twice on its way into the picture. That makes strokes softer and wider. So new ink is drawn for a trial, cut
out again and measured like the old ink.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from iimt_cli.page.arrays import Coverage, Floats, Stroke
from iimt_cli.page.layout.likeness import SAME_BOX, same_colour
from iimt_cli.page.paragraphs import Paragraph
from iimt_cli.page.rectify import EM, Geometry, cut
from iimt_cli.page.typeset.compose import EDGE, framed, sharpened, softly
from iimt_cli.page.typeset.reflow import Flow
from iimt_cli.page.typeset.rows import band_of, on_rows

# Standard deviation of the natural logarithm of stroke widths from text to text in one type. It is 0.02 for 243 lines within
# paragraphs. Short texts differ more, and bold type differs from regular type by 0.3.
SPREAD = 0.06
# strip px: a text may differ so much from others in its type, since it has other letters. By eye
UNLIKE = 0.12
# Strip px by which strokes are widened in the trials. If the first is less, full stops vanish. If it is more, the strokes of
# 16 px type come out more than 3 % too wide (tests/test_page_measure.py).
THICKER = (-0.25, 0.0, 0.5)
AS_IT_IS = 1  # index in THICKER of the trial that changes no stroke
STEEPER = (1.4, 2.5, 4.5)  # steepness of edges in the trials; the first keeps the edges of the ink (`Stroke`)
ENOUGH = 400  # columns of ink that are drawn for a trial: some ten words
NO_EDGE = 1e-6  # avoids dividing by zero
PHASE = (0.37, 0.61)  # picture px: trials are drawn between whole pixels, as most letters are


@dataclass(frozen=True)
class _Look:
    """How letters look. width: of their strokes, strip px; sharp: mean step from pixel to pixel at edges, 0..1."""

    width: float
    sharp: float


def strokes(drawn: Mapping[int, tuple[Paragraph, Coverage, Flow]]) -> dict[int, Stroke]:
    """How the new ink of each paragraph, by number, is drawn. drawn: paragraph, its new ink (32, W), how it is set.

    Texts in the same type are decided together, because strokes differ from letter to letter and so from word to word.
    """
    lengths = {i: sum(line.length for line in p.lines) for i, (p, _, _) in drawn.items()}
    old = {i: _old(p) for i, (p, _, _) in drawn.items()}
    trials = {i: _trials(ink, p.lines[0].geometry.scale, flow) for i, (p, ink, flow) in drawn.items()}
    result = {}
    for i, (paragraph, _, _) in drawn.items():
        peers = [
            j
            for j, (other, _, _) in drawn.items()
            if other.em / paragraph.em in SAME_BOX
            and same_colour(other.lines[0].colour, paragraph.lines[0].colour)
        ]
        ratios = np.array([old[j].width / old[i].width for j in peers])
        weights = np.array([lengths[j] for j in peers]) * np.exp(-0.5 * (np.log(ratios) / SPREAD) ** 2)
        wanted = _mean([old[j] for j in peers], weights)
        thicker, off = list[float](), list[float]()
        for tried in zip(*(trials[j] for j in peers), strict=True):
            usual = [_mean(looks, weights) for looks in zip(*tried, strict=True)]
            own = trials[i][len(off)][AS_IT_IS].width - usual[AS_IT_IS].width
            widths = np.maximum.accumulate([look.width for look in usual])
            thicker.append(float(np.interp(wanted.width - _beyond(own, UNLIKE), widths, THICKER)))
            sharp = np.interp(thicker[-1], THICKER, [look.sharp for look in usual])
            off.append(abs(float(sharp) - wanted.sharp))
        best = int(np.argmin(off))
        result[i] = Stroke(thicker[best], STEEPER[best])
    return result


def _old(paragraph: Paragraph) -> _Look:
    """How the letters of a paragraph look."""
    looks = [
        _Look(stroke_width(line.ink) * line.ink_scale * EM / line.em, _sharpness(line.ink))
        for line in paragraph.lines
    ]
    return _mean(looks, [line.length for line in paragraph.lines])


def _trials(ink: Coverage, scale: float, flow: Flow) -> list[list[_Look]]:
    """How new ink (32, W) looks once it is drawn, for each of STEEPER and of THICKER. scale: picture px per strip px."""
    scale *= flow.scale
    matrix = np.array([[scale, 0, PHASE[0]], [0, scale, PHASE[1] + EDGE * scale], [0, 0, 1.0]])
    matrix = on_rows(matrix, band_of(ink), flow.rows * flow.scale, 0.0)
    looks = [_drawn(ink[:, :ENOUGH], matrix, thicker) for thicker in THICKER]
    return [list(some) for some in zip(*looks, strict=True)]


def _drawn(ink: Coverage, matrix: NDArray[np.float64], thicker: float) -> list[_Look]:
    """The same for one of THICKER. matrix: ink x, y → picture x, y."""
    word = framed(ink, Stroke(thicker))
    matrix = matrix @ np.array([[1, 0, 0], [0, 1, -EDGE], [0, 0, 1.0]])
    scale = float(np.sqrt(matrix[0, 0] * matrix[1, 1]))
    below = word.shape[0] * matrix[1, 1] + matrix[1, 2]
    box = (0, -1, int(np.ceil(matrix[0, 0] * word.shape[1])) + 1, int(np.ceil(below)) + 1)
    soft = softly(word, matrix, scale, box)
    looks = []
    for steepness in STEEPER:
        covered = sharpened(soft, scale, box, Stroke(thicker, steepness))
        seen = np.rint(255 * covered).astype(np.uint8)
        there = np.array([[1, 0, -box[0]], [0, 1, -box[1]], [0, 0, 1.0]]) @ matrix
        again = cut(seen, Geometry(there, word.shape[1]), word.shape[0]) / np.float32(255)
        looks.append(_Look(stroke_width(again), _sharpness(again)))
    return looks


def stroke_width(ink: Coverage) -> float:
    """Mean width of the strokes in ink (h, w), px, whichever way they run: an E has no more than an H."""
    edges = np.hypot(np.diff(ink, axis=1)[:-1], np.diff(ink, axis=0)[:, :-1]).sum()
    return float(2 * ink.sum() / (edges + NO_EDGE))


def _sharpness(ink: Coverage) -> float:
    """Mean step from pixel to pixel in the rows of ink (h, w); each step has its own height as its weight."""
    steps = np.abs(np.diff(ink, axis=1))
    return float((steps**2).sum() / (steps.sum() + NO_EDGE))


def _mean(looks: Sequence[_Look], weights: Sequence[float] | Floats) -> _Look:
    total = np.asarray(weights) + NO_EDGE
    return _Look(
        float(np.average([look.width for look in looks], weights=total)),
        float(np.average([look.sharp for look in looks], weights=total)),
    )


def _beyond(value: float, limit: float) -> float:
    """How far a value is above `limit` or, as a negative number, below `-limit`; 0 between them."""
    return max(value - limit, 0.0) + min(value + limit, 0.0)
