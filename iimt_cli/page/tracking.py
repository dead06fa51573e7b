"""Widely spaced letters ("W I L L K O M M E N"): telling them by the even gaps of a line, and closing these up.

Readers know letters as near to each other as type sets them. They take wider gaps for spaces, and each letter for a word.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from iimt_cli.page.arrays import Coverage, Span
from iimt_cli.page.rectify import EM
from iimt_cli.page.runs import FREE, gaps, inked_columns, runs

FEWEST = 4  # letters: fewer do not tell whether their gaps are even
# Gaps between letters, em. Of 220 words in eleven faces that are not spaced each has a gap of 0.205 or less; 0.1 is the median
# of all 1,490 gaps; in no face does one differ from the face's own median by more than 0.16.
LEAST = 0.22
USUAL = 0.1
EVEN = 0.22
WIDEST = 1.5  # em: a letter; W in bold type has 1.3, wider is a word whose letters touch
WORD = 1.55  # × the usual gap of a line: what is wider is between two words
SPACE = 0.25  # em between two words that were closed up, at least
NEAREST = 1.0  # px between two letters that were closed up, at least


@dataclass(frozen=True)
class Tracking:
    """How the letters of a line are spaced.

    step: px between two letters besides the gap that they usually have; 0 for letters that are not spaced. cuts: columns of
    the ink, in order, without which the letters are closed up.
    """

    step: float = 0.0
    cuts: tuple[Span, ...] = ()

    def closed(self, ink: Coverage) -> Coverage:
        """The ink, (32, W), closed up; itself if its letters are not spaced."""
        if not self.cuts:
            return ink
        width = ink.shape[1]
        return np.delete(ink, np.concatenate([np.arange(a, min(b, width)) for a, b in self.cuts]), axis=1)

    def column(self, x: int) -> int:
        """Where column x of the ink is when it is closed up."""
        return x - sum(min(max(x - a, 0), b - a) for a, b in self.cuts)

    def opened(self, x: int) -> int:
        """Where column x of the closed ink was before. Where columns were cut out, the one behind them is meant."""
        for a, b in self.cuts:
            if x < a:
                break
            x += b - a
        return x


AS_USUAL = Tracking()
"""Letters that are not spaced."""


def tracking(ink: Coverage, em: float = EM) -> Tracking:
    """How the letters in the ink of a line, (32, W), are spaced. em: its type size, px.

    They are if all of them stand apart and as far from each other, except that the gaps between words are wider.
    """
    filled = inked_columns(ink, FREE)
    letters, between = runs(filled), gaps(filled)
    if len(letters) < FEWEST or max(b - a for a, b in letters) > WIDEST * em:
        return AS_USUAL
    widths = np.array([b - a for a, b in between], float)
    usual = float(np.median(widths))
    inside = widths < WORD * usual
    if widths.min() < LEAST * em or np.abs(widths[inside] - usual).max() > EVEN * em:
        return AS_USUAL
    step = usual - USUAL * em
    left = np.where(inside, np.maximum(widths - step, NEAREST), np.maximum(widths - 2 * step, SPACE * em))
    starts = [a + int(np.ceil(rest / 2)) for (a, _), rest in zip(between, left, strict=True)]
    stops = [start + round(width - rest) for start, width, rest in zip(starts, widths, left, strict=True)]
    return Tracking(step, tuple((a, b) for a, b in zip(starts, stops, strict=True) if a < b))


def spread(
    ink: Coverage, words: Sequence[Span], places: Sequence[int], step: int
) -> tuple[Coverage, list[Span]]:
    """New ink, (32, W), and its words, with `step` px more at each of some columns: where its letters begin."""
    wider = np.insert(ink, np.repeat(places, step), 0, axis=1)
    starts, ends = np.array(words, int).reshape(-1, 2).T
    starts += step * np.searchsorted(places, starts, side="right")
    ends += step * np.searchsorted(places, ends, side="left")
    return wider, list(zip(starts.tolist(), ends.tolist(), strict=True))
