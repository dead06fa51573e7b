"""Which words of a paragraph look alike: a coloured word, an underlined one, one in bold type among others that are not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise

import numpy as np

from iimt_cli.page.arrays import Coverage, Floats, Mask, Pixels, Span
from iimt_cli.page.colours import contrast, largest, total
from iimt_cli.page.ink.measure import lean
from iimt_cli.page.paragraphs import Paragraph, TextLine, stem
from iimt_cli.page.rectify import cut
from iimt_cli.page.runs import columns_of, inked_columns, word_gaps
from iimt_cli.page.typeset.unroll import unroll

Look = tuple[Span, int]
"""Columns of a paragraph's strip, and the number of the look of the words there; 0 is what most of them look like."""

# By eye on drawn pictures with words in other colours, in bold type and underlined.
SOLID = 0.5  # coverage from which a pixel shows the colour of its word
MOST = 0.8  # × the highest coverage in a word: the same for words without such pixels
OTHER_COLOUR = 50.0  # levels: if the colours of two words differ by more, they are meant to
FAINTER = 90.0  # levels: the same if one colour is a mixture of the other with the ground, as of thin strokes
ASIDE = 25.0  # levels by which a colour may differ from the nearest such mixture
# levels: the colours of words on grounds that differ more are not compared (`ink/grounds.py` does that)
OTHER_GROUND = 40.0
UNDERLINED = 0.7  # share of a word's columns with ink that are above the line, at least, if it is underlined
# Ratio of the widths of strokes of a word to the usual ones from which it is bold beside them. In 71 families at 13 to 22 px
# 1 in 1,000 regular words and 85 % of the bold ones differ by so much from the median of 20 regular words.
BOLD = 1.27
# em: a shorter word does not tell how it leans. Of longer ones 500 upright leant by 0.1 at most, 35 italic by 0.15 and more
LEAST_LEAN = 2.4
LEANING = 0.12  # px to the right for each px up by which the letters of two words may lean unlike
WIDE = 24  # px: the strokes of a narrower word are not compared
FEWEST = 30.0  # strip px² of ink: a smaller word is a dash or a full stop, and looks like the word before it


@dataclass(frozen=True)
class _Word:
    """A word. span: its columns in the paragraph's strip; colour, behind: of its letters and their ground, levels (3,).

    stem: width of its strokes, strip px; ink: how much it has, strip px². lean: of its letters (`measure.lean`), or None.
    """

    span: Span
    colour: Floats
    behind: Floats
    underlined: bool
    stem: float
    ink: float
    lean: float | None = None


def _alike(ones: Sequence[_Word], others: Sequence[_Word]) -> Mask:
    """Which words look alike, (N, M)."""
    widths, other_widths = (np.array([b - a for a, b in (w.span for w in some)]) for some in (ones, others))
    narrow = np.minimum.outer(widths, other_widths) < WIDE
    stems, other_stems = (np.array([w.stem for w in some]) for some in (ones, others))
    bolder = np.maximum.outer(stems, other_stems) > BOLD * np.minimum.outer(stems, other_stems)
    under, other_under = (np.array([w.underlined for w in some]) for some in (ones, others))
    behind, other_behind = (np.array([w.behind for w in some]) for some in (ones, others))
    colour, other_colour = (np.array([w.colour for w in some]) for some in (ones, others))
    other_ground = contrast(behind[:, None], other_behind) > OTHER_GROUND
    apart, way = colour[:, None] - other_colour, other_colour - other_behind
    along = np.clip(total(apart * way) / np.maximum(total(way * way), 1), -1, 1)
    mixed = contrast(apart, along[..., None] * way) < ASIDE
    same_colour = largest(np.abs(apart)) < np.where(mixed, FAINTER, OTHER_COLOUR)
    leans, other_leans = (
        np.array([np.nan if w.lean is None else w.lean for w in some]) for some in (ones, others)
    )
    leaning = np.abs(leans[:, None] - other_leans) > LEANING
    alike = (under[:, None] == other_under) & (narrow | ~bolder) & ~leaning & (other_ground | same_colour)
    return np.asarray(alike, bool)


def looks(paragraph: Paragraph, view: Pixels, clean: Pixels) -> list[Look]:
    """The runs of words of a paragraph's strip that look alike, in their order; none if all do.

    view, clean: (H, W, 3), the picture with and without its text.
    """
    spans = [_spans(line) for line in paragraph.lines]
    if sum(map(len, spans)) < 2:
        return []
    words = []
    for line, own, (start, _) in zip(paragraph.lines, spans, unroll(paragraph).lines, strict=True):
        seen, behind = (cut(pixels, line.geometry).astype(np.float32) for pixels in (view, clean))
        words += _words(line, own, start - int(line.x0), seen, behind)
    numbers = _numbers(_with_leans(words))
    found = []
    for number, run in groupby(zip(words, numbers, strict=True), key=lambda one: one[1]):
        some = [word.span for word, _ in run]
        found.append(((some[0][0], some[-1][1]), number))
    return found if len(found) > 1 else []


def _with_leans(words: Sequence[_Word]) -> list[_Word]:
    """The words; those that are too short to tell lean as most of the text does."""
    known = sorted((word.lean, word.ink) for word in words if word.lean is not None)
    if not known:
        return list(words)
    reached = np.cumsum([ink for _, ink in known])
    usual = known[int(np.searchsorted(reached, reached[-1] / 2))][0]
    return [word if word.lean is not None else replace(word, lean=usual) for word in words]


def _spans(line: TextLine) -> list[Span]:
    """The columns of each word of a line that has enough ink to tell how it looks."""
    own = columns_of(line.ink)
    if own is None:
        return []
    opened = line.tracking.opened
    between = [(opened(a), opened(b)) for a, b in word_gaps(line.tracking.closed(line.ink))]
    gaps = [(own[0], own[0]), *between, (own[1], own[1])]
    return [(a, b) for (_, a), (b, _) in pairwise(gaps) if line.ink[:, a:b].sum() >= FEWEST]


def _words(line: TextLine, spans: Sequence[Span], shift: int, seen: Floats, behind: Floats) -> list[_Word]:
    found = []
    for a, b in spans:
        ink = line.ink[:, a:b]
        solid = ink >= min(SOLID, MOST * float(ink.max()))
        share, ground = ink[solid][:, None], behind[:, a:b][solid]
        colour = np.clip(np.median((seen[:, a:b][solid] - (1 - share) * ground) / share, axis=0), 0, 255)
        found.append(
            _Word(
                (line.tracking.column(a) + shift, line.tracking.column(b) + shift),
                colour,
                np.median(ground, axis=0),
                underlined(line, ink, a),
                stem(ink),
                float(ink.sum()),
                lean(ink, LEAST_LEAN),
            )
        )
    return found


def underlined(line: TextLine, ink: Coverage, start: int) -> bool:
    """Whether a word is underlined by the `underline` of its line. ink: of the word, (32, w); start: its first column."""
    filled = inked_columns(ink)
    if line.underline is None or not filled.any():
        return False
    return bool(line.underline.columns[start : start + len(filled)][filled].mean() > UNDERLINED)


def _numbers(words: Sequence[_Word]) -> list[int]:
    """The number of each word's look. 0 is that with most ink, narrow words aside: their strokes tell little."""
    numbers, left, number = [0] * len(words), list(range(len(words))), 0
    like = _alike(words, words)
    wide = [b - a >= WIDE for a, b in (word.span for word in words)]
    while left:
        lead = max(left, key=lambda i: (wide[i], sum(words[j].ink for j in left if like[i, j])))
        own = [j for j in left if like[lead, j]]
        usual = replace(words[lead], stem=float(np.median([words[j].stem for j in own])))
        as_usual = _alike([usual], words)[0]
        own = [j for j in left if j == lead or as_usual[j]]
        for j in own:
            numbers[j] = number
        left = [j for j in left if j not in own]
        number += 1
    return numbers
