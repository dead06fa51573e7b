"""Rows of texts beside each other: names and values, entries of a menu and their keys. Distances are in em.

All values are by eye on screenshots and on the pictures in tests/test_page_menus.py and test_page_tables.py.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from iimt_cli.page.likeness import SAME_LEFT, alike, flat, same_type
from iimt_cli.page.paragraphs import TextLine
from iimt_cli.page.parts import SAME_ROW
from iimt_cli.page.rectify import EM

CELL_GAP = 0.8  # between two cells, at least
NEAR_ROWS = 2.6  # from row to row of a table
FAR_ROWS = 10.0  # from one entry of a menu with a key to the next one with a key
SAME_COLUMN = 0.5  # by which the left or the right ends of values in one column differ
FLUSH_LEFT = 0.3  # by which the left ends of entries differ
FLUSH_RIGHT = 0.2  # by which the right ends of their keys differ
SHORT_CELL = 6.0  # width of a price or a value, at most
LONGEST_STEP = 1.92  # from entry to entry of a menu, at most
EVEN_STEPS = 1.25  # × the shortest of these steps: the longest


def tabular(lines: Sequence[TextLine]) -> set[int]:
    """The numbers of lines in rows with a short neighbour (a price, a value) above or below another such row."""
    rows = [(i, j) for i in range(len(lines)) if (j := _beside(i, lines)) is not None]
    found: set[int] = set()
    for n, (a, b) in enumerate(rows):
        for c, d in rows[n + 1 :]:
            name, value, other_name, other_value = (lines[i] for i in (a, b, c, d))
            short = max(value.length, other_value.length) < SHORT_CELL * EM
            if _aligned(name, value, other_name, other_value, lines) and short and alike(name, other_name):
                found |= {a, b, c, d}
    return found


def _beside(i: int, lines: Sequence[TextLine]) -> int | None:
    """A line to the right of line i, by number, in the same row and type. Its colour may differ: keys in a menu are paler."""
    own = flat(lines[i], lines[i])
    for j, other in enumerate(lines):
        if j != i and same_type(lines[i], other):
            there = flat(other, lines[i])
            if abs(there.baseline - own.baseline) < SAME_ROW and there.left > own.right + CELL_GAP:
                return j
    return None


def _aligned(
    name: TextLine,
    value: TextLine,
    other_name: TextLine,
    other_value: TextLine,
    lines: Sequence[TextLine],
) -> bool:
    """Whether two names with their values stand under each other as in a table or a menu."""
    first, second = flat(name, name), flat(other_name, name)
    values, others = flat(value, name), flat(other_value, name)
    step = abs(second.baseline - first.baseline)
    at_right = abs(values.right - others.right)
    if step < NEAR_ROWS and min(abs(values.left - others.left), at_right) < SAME_COLUMN:
        return True
    # Only some entries of a menu have a key beside them. Such keys are flush right.
    flush = at_right < FLUSH_RIGHT and abs(second.left - first.left) < FLUSH_LEFT
    return step < FAR_ROWS and flush and _evenly(name, other_name, lines)


def _evenly(one: TextLine, two: TextLine, lines: Sequence[TextLine]) -> bool:
    """Whether the lines from one to the other, at the same edge, are as far apart each: entries, not ends of texts."""
    flats = [flat(line, one) for line in lines]
    low, high = sorted((flat(one, one).baseline, flat(two, one).baseline))
    left = flat(one, one).left
    places = sorted(
        f.baseline
        for f in flats
        if abs(f.left - left) < SAME_LEFT and low - SAME_ROW < f.baseline < high + SAME_ROW
    )
    steps = np.diff(places)
    return len(steps) > 0 and float(steps.max()) < min(LONGEST_STEP, EVEN_STEPS * float(steps.min()))
