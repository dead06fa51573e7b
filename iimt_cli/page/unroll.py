"""A paragraph's lines ↔ one long strip, as the networks read it; and cutting what is too long for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from iimt_cli.page.paragraphs import Paragraph, word_gaps
from iimt_cli.page.rectify import EM, HEIGHT

WORD_GAP = 7  # px between lines that follow each other: about .3 em
EDGE = 4  # empty px at both ends of a strip

Span = tuple[int, int]


@dataclass(frozen=True)
class Strip:
    """ink: float32 [32, W]; lines: the columns x0, x1 of each line of the paragraph."""

    ink: np.ndarray
    lines: tuple[Span, ...]


def unroll(paragraph: Paragraph) -> Strip:
    """The paragraph's ink as one line of text."""
    return chain([line.ink[:, int(line.x0) : int(np.ceil(line.x1))] for line in paragraph.lines])


def chain(inks: Sequence[np.ndarray], gap: int = WORD_GAP) -> Strip:
    """Put pieces of ink [32, w] behind each other with word gaps."""
    spans: list[Span] = []
    parts: list[np.ndarray] = [np.zeros((HEIGHT, EDGE), np.float32)]
    x = EDGE
    for i, ink in enumerate(inks):
        if i:
            parts.append(np.zeros((HEIGHT, gap), np.float32))
            x += gap
        parts.append(np.asarray(ink, np.float32))
        spans.append((x, x + ink.shape[1]))
        x += ink.shape[1]
    parts.append(np.zeros((HEIGHT, EDGE), np.float32))
    return Strip(np.concatenate(parts, axis=1), tuple(spans))


def pieces(
    ink: np.ndarray, limit: int, ends: Sequence[float] = (), clauses: Sequence[float] = ()
) -> list[Span]:
    """Columns x0, x1 of pieces not wider than `limit`, cut in word gaps; ink [32, W].

    ends, clauses: x where the reader saw a sentence or a clause end (near the gap). A strip that fits is not
    cut at all; else it is cut at sentence ends, then clause ends, then gaps near the middle.
    """
    width = ink.shape[1]
    if width <= limit:
        return [(0, width)]
    gaps = word_gaps(ink, 0.16)
    middles = [(a + b) // 2 for a, b in gaps]
    cuts = [0, width]
    for wanted in (ends, clauses):
        places = {min(middles, key=lambda m: abs(m - x)) for x in wanted if middles}
        places = {p for p in places if min(abs(p - x) for x in wanted) < EM}
        cuts = _cut(cuts, sorted(places), limit)
    cuts = _cut(cuts, middles, limit)
    while any(b - a > limit for a, b in pairwise(cuts)):  # no gap at all: cut anyway
        cuts = sorted({c for a, b in pairwise(cuts) for c in (a, *range(a, b, limit), b)})
    return list(pairwise(cuts))


def _cut(cuts: list[int], places: list[int], limit: int) -> list[int]:
    """Halve what is too wide at the allowed place nearest its middle, until it fits or no place is left."""
    done: list[int] = [cuts[0]]
    for a, b in pairwise(cuts):
        inside = [p for p in places if a + EM < p < b - EM]
        if b - a > limit and inside:
            middle = min(inside, key=lambda p: abs(p - (a + b) / 2))
            done += _cut([a, middle, b], places, limit)[1:]
        else:
            done.append(b)
    return done


def join(parts: Sequence[tuple[np.ndarray, Sequence[Span]]]) -> tuple[np.ndarray, list[Span]]:
    """Drawn pieces (ink [32, w], words x0, x1) as one strip and its words; what `pieces` cut apart."""
    inks, words, x = [], [], EDGE
    for ink, spans in parts:
        if not spans:
            continue
        left, right = spans[0][0], spans[-1][1]
        inks.append(ink[:, left:right])
        words += [(a - left + x, b - left + x) for a, b in spans]
        x += right - left + WORD_GAP
    return chain(inks).ink, words
