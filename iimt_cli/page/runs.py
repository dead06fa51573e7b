"""Where the ink of a strip is: columns and rows with ink, runs of them, and the gaps between. Written once.

Ink is coverage (32, W). Places and widths are in px of the strip; the names of widths in em (type sizes) say so.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from iimt_cli.page.arrays import Coverage, Mask, Span
from iimt_cli.page.rectify import EM

INK = 0.25  # coverage from which a pixel counts as ink; by eye on the examples
FREE = 0.1  # coverage below which it counts as background
SOLID = 0.8  # coverage from which a pixel is all letter and shows the letter's colour
FEWEST_SOLID = 6  # such pixels, at least, that tell the colour of letters
LETTER_EDGE = 0.3  # coverage in the first and the last column of a line, at least
# coverage from which a pixel belongs to a shape; low, since dots are faint in a hairline face
CONNECTED = 0.2
WORD_GAP = 0.18  # em: a narrower gap is between two letters of a word; by eye on the examples
NARROW_WORD_GAP = 0.16  # em: the same where one cut too many is better than one too few
LETTER_GAP = 0.4  # em: a wider gap is never between two letters of a word


def inked_columns(ink: Coverage, least: float = INK) -> Mask:
    """Which columns, (W,), have a pixel with more than `least` ink."""
    return np.asarray((ink > least).any(axis=0))


def inked_rows(ink: Coverage, least: float = INK) -> Mask:
    """Which rows, (H,), have a pixel with more than `least` ink."""
    return np.asarray((ink > least).any(axis=1))


def runs(filled: Mask, apart: float = 0.0) -> list[Span]:
    """Start and end of each run of filled entries, (W,), in order. Runs with at most `apart` px between them are joined."""
    row = np.asarray(filled, bool)
    edges = (np.flatnonzero(row[1:] != row[:-1]) + 1).tolist()
    bounds = [0] * bool(row[:1].any()) + edges + [len(row)] * bool(row[-1:].any())
    found: list[Span] = []
    for a, b in zip(bounds[::2], bounds[1::2], strict=True):
        if found and a - found[-1][1] <= apart:
            found[-1] = (found[-1][0], b)
        else:
            found.append((a, b))
    return found


def gaps(filled: Mask, apart: float = 0.0) -> list[Span]:
    """Start and end of the empty places between runs of filled entries, (W,), that are wider than `apart` px."""
    found = runs(filled, apart)
    return [(before[1], after[0]) for before, after in pairwise(found)]


def extent(filled: Mask) -> Span | None:
    """The first filled entry, (W,), and the one behind the last; None if nothing is filled."""
    places = np.flatnonzero(filled)
    return (int(places[0]), int(places[-1]) + 1) if len(places) else None


def columns_of(ink: Coverage, least: float = INK) -> Span | None:
    """First column with ink, and the one behind the last; None without ink."""
    return extent(inked_columns(ink, least))


def rows_of(ink: Coverage, least: float = INK) -> Span | None:
    """First row with ink, and the one behind the last; None without ink."""
    return extent(inked_rows(ink, least))


def word_gaps(ink: Coverage, narrow: float = WORD_GAP, em: float = EM) -> list[Span]:
    """The gaps between words: those of at least `narrow` em. em: the type size, px."""
    return [(a, b) for a, b in gaps(inked_columns(ink)) if b - a >= narrow * em]


def letter_gap(filled: Mask, em: float = EM) -> float:
    """The usual gap between the letters of a line, px, from its columns with ink, (W,); 0 where there is none."""
    widths = [b - a for a, b in gaps(filled) if b - a < LETTER_GAP * em]
    return float(np.median(widths)) if widths else 0.0
