"""How the strokes of new letters are drawn, so that they look as wide and as sharp as the old ones.

Drawing softens: ink is resampled twice on its way into the picture, and soft strokes look wide. So new ink is drawn on
trial, cut out again as the old ink was, and measured like it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from iimt_cli.page.arrays import Coverage, Floats, Stroke
from iimt_cli.page.layout.likeness import SAME_BOX, same_colour
from iimt_cli.page.paragraphs import Paragraph
from iimt_cli.page.rectify import EM, Geometry, cut
from iimt_cli.page.typeset.compose import coverage, framed

# By how much (standard deviation, natural logarithm) stroke widths of one type differ from text to text. Of 243 lines within
# paragraphs 0.02; short texts differ more, and bold type differs from regular by 0.3.
SPREAD = 0.06
UNLIKE = (
    0.12  # strip px between two words in the same type that are left alone, as their letters differ. By eye
)
# Strip px, tried: by how much strokes become thinner and wider; beyond, hairlines and full stops vanish. By eye
THICKER = (-0.05, 0.0, 0.5)
AS_IT_IS = 1  # the number of the one that changes no stroke
STEEPER = (1.4, 2.5, 4.5)  # steepness of edges that is tried; the first one keeps the edges of the ink
ENOUGH = 400  # columns of ink that tell how it looks: some ten words
NO_EDGE = 1e-6  # avoids dividing by zero
PHASE = (0.37, 0.61)  # picture px: ink on trial stands between whole pixels, as most letters do


@dataclass(frozen=True)
class _Look:
    """width: of strokes, strip px; sharp: mean step from pixel to pixel at their edges, 0..1."""

    width: float
    sharp: float


def strokes(drawn: Mapping[int, tuple[Paragraph, Coverage, float]]) -> dict[int, Stroke]:
    """How the new ink of paragraphs, by number, is drawn. Given are the paragraph, its new ink (32, W), and its scale.

    Texts in the same type are decided together, since strokes differ from letter to letter, and so from word to word.
    """
    lengths = {i: sum(line.length for line in p.lines) for i, (p, _, _) in drawn.items()}
    old = {i: _old(p) for i, (p, _, _) in drawn.items()}
    trials = {i: _trials(ink, p.lines[0].geometry.scale * scale) for i, (p, ink, scale) in drawn.items()}
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
        _Look(_width(line.ink) * line.ink_scale * EM / line.em, _sharpness(line.ink))
        for line in paragraph.lines
    ]
    return _mean(looks, [line.length for line in paragraph.lines])


def _trials(ink: Coverage, scale: float) -> list[list[_Look]]:
    """How new ink (32, W) looks for each of STEEPER and of THICKER."""
    some = ink[:, :ENOUGH]
    return [[_drawn(some, scale, Stroke(t, s)) for t in THICKER] for s in STEEPER]


def _drawn(ink: Coverage, scale: float, stroke: Stroke) -> _Look:
    """How ink looks once it is drawn; scale: picture px per strip px."""
    word = framed(ink, stroke)
    matrix = np.array([[scale, 0, PHASE[0]], [0, scale, PHASE[1]], [0, 0, 1.0]])
    box = (0, 0, int(np.ceil(scale * word.shape[1])) + 1, int(np.ceil(scale * word.shape[0])) + 1)
    seen = np.rint(255 * coverage(word, matrix, scale, box, stroke)).astype(np.uint8)
    strip = cut(np.repeat(seen[..., None], 3, axis=2), Geometry(matrix, word.shape[1]), word.shape[0])
    again = strip[..., 0] / np.float32(255)
    return _Look(_width(again), _sharpness(again))


def _width(ink: Coverage) -> float:
    """Mean width of the strokes in ink (h, w), px, whichever way they run: an E has no more than an H."""
    edges = np.hypot(np.diff(ink, axis=1)[:-1], np.diff(ink, axis=0)[:, :-1]).sum()
    return float(2 * ink.sum() / (edges + NO_EDGE))


def _sharpness(ink: Coverage) -> float:
    """Mean step from pixel to pixel at the edges of ink (h, w), each step counted by its height."""
    steps = np.abs(np.diff(ink, axis=1))
    return float((steps**2).sum() / (steps.sum() + NO_EDGE))


def _mean(looks: Sequence[_Look], weights: Sequence[float] | Floats) -> _Look:
    total = np.asarray(weights) + NO_EDGE
    return _Look(
        float(np.average([look.width for look in looks], weights=total)),
        float(np.average([look.sharp for look in looks], weights=total)),
    )


def _beyond(value: float, limit: float) -> float:
    """What of a value is beyond the limit, on either side of 0."""
    return max(value - limit, 0.0) + min(value + limit, 0.0)
