"""How the strokes of new letters are drawn, so that they look as wide and as sharp as the old ones.

Ink is resampled twice on its way into the picture. That makes strokes softer and wider. So new ink is drawn for a trial, cut
out again and measured like the old ink.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from iimt_cli.page.arrays import Coverage, Floats, Span, Stroke
from iimt_cli.page.layout.likeness import SAME_BOX, same_colour
from iimt_cli.page.paragraphs import Paragraph
from iimt_cli.page.rectify import EM, Geometry, cut
from iimt_cli.page.typeset.compose import EDGE, framed, sharpened, softly
from iimt_cli.page.typeset.reflow import Flow
from iimt_cli.page.typeset.rows import band_of, on_rows
from iimt_cli.page.typeset.words import BOLD

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


def strokes(
    drawn: Mapping[int, tuple[Paragraph, Coverage, Flow]],
    copied: Mapping[int, Sequence[Span]] = MappingProxyType({}),
) -> dict[int, Stroke]:
    """How the new ink of each paragraph, by number, is drawn. drawn: paragraph, its new ink (32, W), how it is set.

    Texts in the same type are decided together, because strokes differ from letter to letter and so from word to word.
    copied: columns of the new ink that are copied from the picture. Their strokes are not as wide as drawn ones are in the
    ink, so they are tried apart.
    """
    divided = {i: _divided(ink, copied.get(i, ())) for i, (_, ink, _) in drawn.items()}
    lengths = {i: sum(line.length for line in p.lines) for i, (p, _, _) in drawn.items()}
    old = {i: _old(p) for i, (p, _, _) in drawn.items()}
    trials = {i: _trials(divided[i][0], ink, p, flow) for i, (p, ink, flow) in drawn.items()}
    result = {}
    for i, (paragraph, ink, flow) in drawn.items():
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
        figures, more = divided[i][1], thicker[best]
        if figures.any():
            more = _like(figures, wanted.width, _trials(figures, ink, paragraph, flow)[best])
        result[i] = Stroke(thicker[best], STEEPER[best], more)
    return result


def _divided(ink: Coverage, copied: Sequence[Span]) -> tuple[Coverage, Coverage]:
    """The drawn columns of new ink (32, W), and those that are copied; all of them if none is drawn."""
    own = np.zeros(ink.shape[1], bool)
    for a, b in copied:
        own[a:b] = True
    rest = ink[:, ~own]
    return rest if rest.any() else ink, ink[:, own]


def _like(ink: Coverage, usual: float, tried: Sequence[_Look]) -> float:
    """By how much the strokes of copied ink are widened to be as wide as they were; usual: those of their text.

    Bold figures stay bold. Others may differ from the text by UNLIKE only.
    """
    own = stroke_width(ink)
    wanted = own if own > BOLD * usual else float(np.clip(own, usual - UNLIKE, usual + UNLIKE))
    return float(np.interp(wanted, np.maximum.accumulate([look.width for look in tried]), THICKER))


def _old(paragraph: Paragraph) -> _Look:
    """How the letters of a paragraph look."""
    looks = [
        _Look(stroke_width(line.ink) * line.ink_scale * EM / line.em, _sharpness(line.ink))
        for line in paragraph.lines
    ]
    return _mean(looks, [line.length for line in paragraph.lines])


def _trials(some: Coverage, ink: Coverage, paragraph: Paragraph, flow: Flow) -> list[list[_Look]]:
    """How some of the new ink (32, W) of a paragraph looks once it is drawn, for each of STEEPER and of THICKER."""
    scale = paragraph.lines[0].geometry.scale * flow.scale
    matrix = np.array([[scale, 0, PHASE[0]], [0, scale, PHASE[1] + EDGE * scale], [0, 0, 1.0]])
    matrix = on_rows(matrix, band_of(ink), flow.rows * flow.scale, 0.0)
    looks = [_drawn(some[:, :ENOUGH], matrix, thicker) for thicker in THICKER]
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
