"""Which words of a paragraph look alike: a coloured word, an underlined one, one in bold type among others that are not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise

import numpy as np

from iimt_cli.page.arrays import Coverage, Floats, Pixels, Span
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
BOLD = 1.4  # ratio of the widths of strokes of two words from which one is bold beside the other
WIDE = 24  # px: the strokes of a narrower word are not compared
FEWEST = 30.0  # strip px² of ink: a smaller word is a dash or a full stop, and looks like the word before it


@dataclass(frozen=True)
class _Word:
    """A word. span: its columns in the paragraph's strip; colour, behind: of its letters and their ground, levels (3,).

    stem: width of its strokes, strip px; ink: how much it has, strip px².
    """

    span: Span
    colour: Floats
    behind: Floats
    underlined: bool
    stem: float
    ink: float

    def like(self, other: _Word) -> bool:
        if self.underlined != other.underlined:
            return False
        narrow = min(self.span[1] - self.span[0], other.span[1] - other.span[0]) < WIDE
        if not narrow and max(self.stem, other.stem) > BOLD * min(self.stem, other.stem):
            return False
        if np.abs(self.behind - other.behind).max() > OTHER_GROUND:
            return True
        apart, way = self.colour - other.colour, other.colour - other.behind
        along = float(np.clip(apart @ way / max(float(way @ way), 1.0), -1, 1))
        mixed = np.abs(apart - along * way).max() < ASIDE
        return bool(np.abs(apart).max() < (FAINTER if mixed else OTHER_COLOUR))


def looks(paragraph: Paragraph, view: Pixels, clean: Pixels) -> list[Look]:
    """The runs of words of a paragraph's strip that look alike, in their order; none if all do.

    view, clean: (H, W, 3), the picture with and without its text.
    """
    words = []
    for line, (start, _) in zip(paragraph.lines, unroll(paragraph).lines, strict=True):
        seen, behind = (cut(pixels, line.geometry).astype(np.float32) for pixels in (view, clean))
        words += _words(line, start - int(line.x0), seen, behind)
    numbers = _numbers(words)
    found = []
    for number, run in groupby(zip(words, numbers, strict=True), key=lambda one: one[1]):
        spans = [word.span for word, _ in run]
        found.append(((spans[0][0], spans[-1][1]), number))
    return found if len(found) > 1 else []


def _words(line: TextLine, shift: int, seen: Floats, behind: Floats) -> list[_Word]:
    own = columns_of(line.ink)
    if own is None:
        return []
    gaps = [(own[0], own[0]), *word_gaps(line.ink), (own[1], own[1])]
    found = []
    for (_, a), (b, _) in pairwise(gaps):
        ink = line.ink[:, a:b]
        if ink.sum() < FEWEST:
            continue
        solid = ink >= min(SOLID, MOST * float(ink.max()))
        share, ground = ink[solid][:, None], behind[:, a:b][solid]
        colour = np.clip(np.median((seen[:, a:b][solid] - (1 - share) * ground) / share, axis=0), 0, 255)
        found.append(
            _Word(
                (a + shift, b + shift),
                colour,
                np.median(ground, axis=0),
                underlined(line, ink, a),
                stem(ink),
                float(ink.sum()),
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
    """The number of each word's look. The look with the most ink is 0."""
    numbers, left, number = [0] * len(words), list(range(len(words))), 0
    while left:
        lead = max(left, key=lambda i: sum(words[j].ink for j in left if words[i].like(words[j])))
        own = [j for j in left if words[lead].like(words[j])]
        usual = replace(words[lead], stem=float(np.median([words[j].stem for j in own])))
        own = [j for j in own if j == lead or usual.like(words[j])]
        for j in own:
            numbers[j] = number
        left = [j for j in left if j not in own]
        number += 1
    return numbers
