"""The parts of a text that do not look alike, and how each is drawn."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from iimt_cli.page.arrays import Coverage, Pixels, Span
from iimt_cli.page.ink.measure import lean
from iimt_cli.page.ink.style import Style, estimate_style, ink_colour
from iimt_cli.page.paragraphs import NO_STROKE, Paragraph, stem
from iimt_cli.page.rectify import cut
from iimt_cli.page.typeset.compose import Part
from iimt_cli.page.typeset.unroll import unroll
from iimt_cli.page.typeset.words import BOLD, LEANING, LEAST_LEAN, underlined

SHORT = 1.0  # em: how much shorter new words lean is not measured; they are drawn as most of the text leans
OTHER_COLOUR = 50.0  # levels: parts of a text differ by more if they are meant to. By eye on the examples

Origin = tuple[Span, tuple[Span, ...]]
"""Columns of new ink, and those of the old strip that they stand for."""


def parts_of(
    paragraph: Paragraph,
    view: Pixels,
    clean: Pixels,
    style: Style,
    new_ink: Coverage,
    came_from: Sequence[Origin],
) -> list[Part]:
    """The parts of the new ink, which look like those of the old that they stand for: a link, a dimmed preview.

    None if it is one part and has no line under it.
    """
    if len(came_from) < 2:
        if all(line.underline is None for line in paragraph.lines):
            return []
        came_from = [((0, new_ink.shape[1]), ((0, unroll(paragraph).ink.shape[1]),))]
    strips = [cut(view, line.geometry) for line in paragraph.lines]
    spans = unroll(paragraph).lines
    parts, rough = [], []
    for new, old in came_from:
        reach = [sum(max(0, min(b, stop) - max(a, start)) for a, b in old) for start, stop in spans]
        n = int(np.argmax(reach))
        line, shift = paragraph.lines[n], int(paragraph.lines[n].x0) - spans[n][0]
        ink = np.zeros_like(line.ink)
        for a, b in old:
            own = slice(*(line.tracking.opened(max(x + shift, 0)) for x in (a, b)))
            ink[:, own] = line.ink[:, own]
        under = line.underline.rows if line.underline is not None and underlined(line, ink, 0) else None
        parts.append((new, line, ink, under))
        rough.append(ink_colour(strips[n], ink))
    old_inks, new_inks = [ink for *_, ink, _ in parts], [new_ink[:, slice(*new)] for new, *_ in parts]
    bolder, leaning = _bolder(old_inks, new_inks), _leaning(old_inks, new_inks)
    alike = float(np.ptp(np.array(rough), axis=0).max()) < OTHER_COLOUR
    return [
        Part(
            new,
            style.colour if alike else estimate_style(view, clean, line.geometry, ink, line.erase).colour,
            under,
            wider,
            more,
        )
        for (new, line, ink, under), wider, more in zip(parts, bolder, leaning, strict=True)
    ]


def _bolder(old: Sequence[Coverage], new: Sequence[Coverage]) -> list[float]:
    """By how much wider, strip px, the strokes of each new part must be drawn than they are, to be as bold beside the largest
    as the old one was beside it.
    """
    main = int(np.argmax([ink.sum() for ink in old]))
    usual, drawn = stem(old[main]), stem(new[main])
    found = []
    for before, after in zip(old, new, strict=True):
        heavy = stem(before) / max(usual, NO_STROKE)
        found.append(max(0.0, heavy * drawn - stem(after)) if heavy > BOLD else 0.0)
    return found


def _leaning(old: Sequence[Coverage], new: Sequence[Coverage]) -> list[float]:
    """By how much more each new part must lean than it was drawn, if the old one leant unlike the largest.

    Both as in `measure.lean`.
    """
    usual = lean(old[int(np.argmax([ink.sum() for ink in old]))], LEAST_LEAN) or 0.0
    found = []
    for before, after in zip(old, new, strict=True):
        wanted, drawn = lean(before, LEAST_LEAN), lean(after, SHORT)
        other = wanted is not None and abs(wanted - usual) > LEANING
        found.append((wanted or 0.0) - (usual if drawn is None else drawn) if other else 0.0)
    return found
