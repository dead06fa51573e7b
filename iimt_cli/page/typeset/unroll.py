"""A paragraph's lines ↔ one long strip, which the networks read; and cutting a strip that is too long for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from iimt_cli.page.arrays import Coverage, Range, Span
from iimt_cli.page.paragraphs import Paragraph, TextLine
from iimt_cli.page.rectify import BASELINE, EM, HEIGHT
from iimt_cli.page.runs import NARROW_WORD_GAP, word_gaps
from iimt_cli.page.shapes import grown, shapes

SPACE = 7  # px between lines that follow each other: about .3 em
NO_SPACE = 2  # px between the two parts of a divided word
EDGE = 4  # empty px at both ends of a strip

# A hyphen at the end of a line, em; by eye on the examples.
HYPHEN_HEIGHT = 0.2  # at most
HYPHEN_WIDTH = (0.15, 0.5)
HYPHEN_SHAPE = 1.3  # × as wide as high, at least
APART = 0.4  # coverage: a hyphen is paler where it nearly touches a letter
OVERLAP = -0.2  # em: so far it stands over the letter before it, at most
HYPHEN_PLACE = Range(0.15, 0.4)  # its middle above the baseline


@dataclass(frozen=True)
class Strip:
    """ink: (32, W); lines: the columns of each line of the paragraph."""

    ink: Coverage
    lines: tuple[Span, ...]


def unroll(paragraph: Paragraph) -> Strip:
    """The paragraph's ink as one line of text. Words divided at a line's end are joined, without the hyphen; a drop capital
    stands before its word. Widely spaced letters are closed up."""
    inks, gaps = [], []
    for i, line in enumerate(paragraph.lines):
        ink = _tight(line)
        undivided = _without_hyphen(ink) if i < len(paragraph.lines) - 1 else None
        inks.append(ink if undivided is None else undivided)
        gaps.append(SPACE if undivided is None else NO_SPACE)
    if paragraph.initial is None:
        return chain(inks, gaps)
    strip = chain([_tight(paragraph.initial), *inks], [NO_SPACE, *gaps])
    return Strip(strip.ink, strip.lines[1:])


def _tight(line: TextLine) -> Coverage:
    return line.tracking.closed(line.ink[:, : int(np.ceil(line.x1))])[:, int(line.x0) :]


def with_initial(paragraph: Paragraph) -> Coverage | None:
    """The first line behind its drop capital, as they stand in the paragraph's strip; None without one."""
    if paragraph.initial is None:
        return None
    return chain([_tight(paragraph.initial), _tight(paragraph.lines[0])], NO_SPACE).ink


def _without_hyphen(ink: Coverage) -> Coverage | None:
    """A line's ink (32, W) up to its last letter if it ends with a hyphen that belongs to its last word; else None.

    Shapes are looked at, not columns: a hyphen may stand over the foot of the letter before it.
    """
    found = shapes(ink > APART)
    if len(found) < 2:
        return None
    boxes = found.table[1:]
    last = 1 + int((boxes[:, 0] + boxes[:, 2]).argmax())
    x, y, width, height, _ = (int(n) for n in found.table[last])
    letter = int(np.delete(boxes[:, 0] + boxes[:, 2], last - 1).max())
    above = BASELINE - (y + height / 2)
    flat = height <= HYPHEN_HEIGHT * EM and HYPHEN_WIDTH[0] * EM <= width <= HYPHEN_WIDTH[1] * EM
    low = OVERLAP * EM < x - letter < NARROW_WORD_GAP * EM and above / EM in HYPHEN_PLACE
    if not (flat and width > HYPHEN_SHAPE * height and low):
        return None
    hyphen = grown(found.labels == last, 1)
    rest: Coverage = np.where(hyphen & (np.arange(ink.shape[1]) >= x), 0, ink)
    return rest[:, :letter]


def chain(inks: Sequence[Coverage], gaps: Sequence[int] | int = SPACE) -> Strip:
    """Pieces of ink (32, w), one behind the other, as one strip; gaps: empty columns behind each."""
    widths = [gaps] * len(inks) if isinstance(gaps, int) else gaps
    spans: list[Span] = []
    parts: list[Coverage] = [np.zeros((HEIGHT, EDGE), np.float32)]
    x = EDGE
    for i, ink in enumerate(inks):
        parts.append(np.asarray(ink, np.float32))
        spans.append((x, x + ink.shape[1]))
        gap = widths[i] if i < len(inks) - 1 else EDGE
        parts.append(np.zeros((HEIGHT, gap), np.float32))
        x += ink.shape[1] + gap
    if not inks:
        parts.append(np.zeros((HEIGHT, EDGE), np.float32))
    return Strip(np.concatenate(parts, axis=1), tuple(spans))


def pieces(
    ink: Coverage, limit: int, ends: Sequence[float] = (), clauses: Sequence[float] = ()
) -> list[Span]:
    """Columns of the pieces of ink (32, W) that are no wider than `limit` px. It is cut in word gaps.

    ends, clauses: columns near which the reader saw a sentence or a clause end. A strip that is narrow enough is not cut.
    Others are cut at ends of sentences first, then of clauses, then at the word gaps nearest to the middle.
    """
    width = ink.shape[1]
    if width <= limit:
        return [(0, width)]
    middles = [(a + b) // 2 for a, b in word_gaps(ink, NARROW_WORD_GAP)]
    cuts = [0, width]
    for wanted in (ends, clauses):
        places = {min(middles, key=lambda m: abs(m - x)) for x in wanted if middles}
        places = {p for p in places if min(abs(p - x) for x in wanted) < EM}
        cuts = _cut(cuts, sorted(places), limit)
    cuts = _cut(cuts, middles, limit)
    while any(b - a > limit for a, b in pairwise(cuts)):  # no gap is left: cut within a word
        cuts = sorted({c for a, b in pairwise(cuts) for c in (a, *range(a, b, limit), b)})
    return list(pairwise(cuts))


def _cut(cuts: list[int], places: list[int], limit: int) -> list[int]:
    """Cut each piece that is too wide at the place nearest to its middle, until it fits or has no place left."""
    done: list[int] = [cuts[0]]
    for a, b in pairwise(cuts):
        inside = [p for p in places if a + EM < p < b - EM]
        if b - a > limit and inside:
            middle = min(inside, key=lambda p: abs(p - (a + b) / 2))
            done += _cut([a, middle, b], places, limit)[1:]
        else:
            done.append(b)
    return done


def join(parts: Sequence[tuple[Coverage, Sequence[Span]]], space: int = SPACE) -> tuple[Coverage, list[Span]]:
    """One strip, and its words, from the drawings of what `pieces` cut apart: (ink (32, w), columns of its words) each.

    space: px between two of them.
    """
    inks, words, x = [], [], EDGE
    for ink, spans in parts:
        if not spans:
            continue
        left, right = spans[0][0], spans[-1][1]
        inks.append(ink[:, left:right])
        words += [(a - left + x, b - left + x) for a, b in spans]
        x += right - left + space
    return chain(inks, space).ink, words
