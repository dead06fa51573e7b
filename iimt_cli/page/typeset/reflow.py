"""New words → the lines of a paragraph: where each run of words is drawn, and how large."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

from iimt_cli.page.arrays import EVEN, Box, Span, Stroke
from iimt_cli.page.paragraphs import Alignment
from iimt_cli.page.rectify import EM, Geometry

# How much smaller a text is set, × the old length of its letters: NEAR_SCALES are tried first without and then with free lines
# below, then SMALL_SCALES. By eye.
NEAR_SCALES = (1.0, 0.95, 0.9, 0.85)
MIN_SCALE = 0.6
SMALL_SCALES = (0.8, 0.75, 0.7, 0.65, MIN_SCALE)
# shares of the free room at the sides that are tried, the smallest first
SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
# Letters are made narrower before they are made smaller: so far it is not seen, and lines in one type keep one height. By eye.
CONDENSED = 0.93
SQUEEZE_STEP = 0.95  # factor on the width of the letters from one try to the next
MOST_SQUEEZED = 0.02  # × the width of the letters: narrower ones are not tried
READABLE = 0.75  # × the width of the letters: narrower ones look squeezed

ROUNDING = 0.5  # px that a line may be longer than its place
SPACE = (0.22, 0.42)  # em between two words: a narrower gap does not look like a space, a wider one like two
AS_DRAWN = 0.5  # px: a space that would change by less stays as the model drew it
RIVERS = 3.5  # × the usual space: a justified line that needs wider spaces is set with a ragged edge instead
TORN = 1.0  # cost of a line that ends between two words that belong together; an empty line costs as much


@dataclass(frozen=True)
class Slot:
    """Room for one line, strip px. The old text stood at left..right; new words may use min_left..max_right."""

    geometry: Geometry
    left: float
    right: float
    min_left: float
    max_right: float

    def edges(self, alignment: Alignment, share: float) -> tuple[float, float]:
        """Left and right edge when `share` of the free room is used."""
        if alignment == "center":
            middle = (self.left + self.right) / 2
            half = (self.right - self.left) / 2
            free = max(half, min(middle - self.min_left, self.max_right - middle))
            half += share * (free - half)
            return middle - half, middle + half
        if alignment == "right":
            return self.left + share * (self.min_left - self.left), self.right
        return self.left, self.right + share * (self.max_right - self.right)


@dataclass(frozen=True)
class Placement:
    """A run of words: columns `span` of the new ink, drawn from column x of a slot's strip on, in type of `scale`."""

    geometry: Geometry
    span: Span
    x: float
    scale: float
    squeeze: float = 1.0  # factor on the width alone, besides scale

    @property
    def right(self) -> float:
        """The column of the strip where it ends."""
        return self.x + (self.span[1] - self.span[0]) * self.scale * self.squeeze


@dataclass(frozen=True)
class Flow:
    """How a paragraph's new words are set. placements: in reading order; scale: of the type, 0.6..1.

    squeeze: below 1 if the words did not fit even at the smallest scale. stroke: how the new ink is drawn, so that it looks
    like the old; rows: of pixels on which the old letters stood (`whole_rows`). fault: why it cannot stay as drawn, or "".
    boxes: round what was drawn, picture px.
    """

    placements: tuple[Placement, ...]
    scale: float
    squeeze: float
    stroke: Stroke = EVEN
    rows: int = 0
    fault: str = ""
    boxes: tuple[Box, ...] = ()

    @property
    def readable(self) -> bool:
        """False if the new text is so long that its letters had to be squeezed visibly."""
        return self.squeeze > READABLE


def reflow(
    words: Sequence[Span],
    slots: Sequence[Slot],
    alignment: Alignment,
    extra: Sequence[Slot] = (),
    ties: Collection[int] = (),
    spacing: float = 0.0,
) -> Flow:
    """Flow words (columns of the new ink) into slots.

    What is tried, in this order: the old width, the free room at the sides, narrower and smaller type, free lines below
    (`extra`), type down to MIN_SCALE. At last the letters are squeezed, so that nothing ever overlaps. `ties` are the numbers
    of words that should stay on one line with the next word. spacing: `Paragraph.spacing`.
    """
    if not words or not slots:
        return Flow((), 1.0, 1.0)
    line = _Words(words, SPACE[1] * EM + 2 * spacing)
    for chosen, scale in _attempts(slots, extra):
        for share in SHARES:
            widths = [_width(slot, alignment, share) for slot in chosen]
            rows = _rows(line, widths, scale, alignment, len(slots), ties)
            if rows is not None:
                squeeze = max(scale, CONDENSED)
                placed = _place(rows, line, chosen, alignment, share, scale / squeeze, squeeze)
                return Flow(placed, scale / squeeze, squeeze)
    more = [*slots, *extra]
    squeeze = 1.0
    while squeeze > MOST_SQUEEZED:
        squeeze *= SQUEEZE_STEP
        widths = [_width(slot, alignment, 1.0) for slot in more]
        rows = _greedy(line, widths, MIN_SCALE * squeeze)
        if rows is not None:
            return Flow(_place(rows, line, more, alignment, 1.0, MIN_SCALE, squeeze), MIN_SCALE, squeeze)
    return Flow((), MIN_SCALE, squeeze)


def _attempts(slots: Sequence[Slot], extra: Sequence[Slot]) -> Iterator[tuple[Sequence[Slot], float]]:
    """(lines to use, scale of the type) of each try, the best first."""
    choices = [slots, [*slots, *extra]] if extra else [slots]
    yield from ((chosen, scale) for chosen in choices for scale in NEAR_SCALES)
    yield from ((chosen, scale) for scale in SMALL_SCALES for chosen in choices)


def _width(slot: Slot, alignment: Alignment, share: float) -> float:
    left, right = slot.edges(alignment, share)
    return right - left + ROUNDING


@dataclass(frozen=True)
class _Words:
    """Columns of each word in the new ink, and how wide a space between two of them may be, strip px."""

    spans: Sequence[Span]
    widest: float

    def __len__(self) -> int:
        return len(self.spans)

    def drawn(self, i: int) -> int:
        """The gap between word i and the next, strip px, as the model drew it."""
        return self.spans[i + 1][0] - self.spans[i][1]

    @cached_property
    def gaps(self) -> list[float]:
        """The same within SPACE, of all words but the last; between widely spaced letters a space is wider."""
        return [float(min(max(self.drawn(i), SPACE[0] * EM), self.widest)) for i in range(len(self) - 1)]

    @cached_property
    def _before(self) -> list[int]:
        """The columns of all words before each word, and of all words."""
        return [0, *accumulate(b - a for a, b in self.spans)]

    def length(self, first: int, last: int) -> float:
        return self._before[last + 1] - self._before[first] + sum(self.gaps[first:last])


def _rows(
    words: _Words,
    widths: Sequence[float],
    scale: float,
    alignment: Alignment,
    usual: int,
    ties: Collection[int],
) -> list[Span] | None:
    """First and last word of each line, broken so that the edge is least ragged; None if the words do not fit.

    The text takes as many lines as it needs; centred text keeps its `usual` number of lines. The free room in the last line
    costs nothing, except in centred text. ties: numbers of the words that should not end a line.
    """
    greedy = _greedy(words, widths, scale)
    if greedy is None:
        return None
    needed = len(greedy)
    centred = alignment == "center"
    count = min(max(needed, min(usual, len(words))), len(widths)) if centred else needed
    # best[i]: the least cost of lines that hold the words before word i, and the word at which the last of them begins.
    best: list[tuple[float, int]] = [(0.0, 0)] + [(math.inf, 0)] * len(words)
    begins = []
    for n, width in enumerate(widths[:count]):
        free_end = n == count - 1 and not centred
        new: list[tuple[float, int]] = [(math.inf, 0)] * (len(words) + 1)
        for first, (so_far, _) in enumerate(best[:-1]):
            if so_far == math.inf:
                continue
            for last in range(first, len(words)):
                length = words.length(first, last) * scale
                if length > width:
                    break
                ends = last + 1 == len(words)
                cost = so_far + (0.0 if free_end and ends else (1 - length / width) ** 2)
                cost += 0.0 if ends or last not in ties else TORN
                new[last + 1] = min(new[last + 1], (cost, first))
        best = new
        begins.append([first for _, first in new])
    if best[-1][0] == math.inf:  # lines differ in width, and the words cannot be spread over so many lines
        return greedy
    rows, after = list[Span](), len(words)
    for firsts in reversed(begins):
        rows.append((firsts[after], after - 1))
        after = firsts[after]
    return rows[::-1]


def _greedy(words: _Words, widths: Sequence[float], scale: float) -> list[Span] | None:
    """First and last word of each line, each line filled as far as it goes; None if the words do not fit."""
    rows: list[Span] = []
    first = 0
    for width in widths:
        last = first
        if words.length(first, first) * scale > width:
            return None
        while last + 1 < len(words) and words.length(first, last + 1) * scale <= width:
            last += 1
        rows.append((first, last))
        first = last + 1
        if first == len(words):
            return rows
    return None


def _place(
    rows: Sequence[Span],
    words: _Words,
    slots: Sequence[Slot],
    alignment: Alignment,
    share: float,
    scale: float,
    squeeze: float,
) -> tuple[Placement, ...]:
    """Where each run of words is drawn; rows: first and last word of each line."""
    placements: list[Placement] = []
    for n, ((first, last), slot) in enumerate(zip(rows, slots, strict=False)):
        left, right = slot.edges(alignment, share)
        factor = scale * squeeze
        length = words.length(first, last) * factor
        stretch = 1.0
        if alignment == "justified" and n < len(rows) - 1 and last > first:
            spaces = sum(words.gaps[first:last]) * factor
            stretch = 1 + (right - left - length) / spaces
            stretch = stretch if stretch < RIVERS else 1.0
        x = {"center": (left + right - length) / 2, "right": right - length}.get(alignment, left)
        start = first
        for i in range(first, last + 1):
            drawn = words.drawn(i) if i < last else 0
            if i < last and stretch == 1.0 and abs(drawn - words.gaps[i]) < AS_DRAWN:
                continue  # the space stays as the model drew it, so the run stays in one piece
            run = Placement(slot.geometry, (words.spans[start][0], words.spans[i][1]), x, scale, squeeze)
            placements.append(run)
            if i < last:
                x = run.right + words.gaps[i] * factor * stretch
            start = i + 1
    return tuple(placements)
