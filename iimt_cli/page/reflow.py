"""New words → the lines of a paragraph: where each run of words is drawn, and how large."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from iimt_cli.page.paragraphs import Alignment
from iimt_cli.page.rectify import EM, Geometry

MIN_SCALE = 0.6
Span = tuple[int, int]


@dataclass(frozen=True)
class Slot:
    """Room for one line. Text stood at left..right and may use min_left..max_right (strip px)."""

    geometry: Geometry
    left: float
    right: float
    min_left: float
    max_right: float


@dataclass(frozen=True)
class Placement:
    """A run of words, columns x0..x1 of the new ink, drawn from column x of a slot's strip."""

    geometry: Geometry
    span: Span
    x: float
    scale: float
    squeeze: float = 1.0  # horizontal, on top of scale

    @property
    def right(self) -> float:
        return self.x + (self.span[1] - self.span[0]) * self.scale * self.squeeze


@dataclass(frozen=True)
class Flow:
    """placements in reading order; scale 0.6..1 of the type; squeeze < 1 where even that did not fit."""

    placements: tuple[Placement, ...]
    scale: float
    squeeze: float

    @property
    def readable(self) -> bool:
        """False if the new text is so much longer that it had to be squeezed visibly."""
        return self.squeeze > 0.75


def reflow(
    words: Sequence[Span], slots: Sequence[Slot], alignment: Alignment, extra: Sequence[Slot] = ()
) -> Flow:
    """Flow words (columns of the new ink) into slots.

    In this order: the old width, the free room at the sides, type down to 85 %, free lines below (`extra`),
    type down to MIN_SCALE, and last the letters squeezed together so that nothing ever overlaps.
    """
    if not words or not slots:
        return Flow((), 1.0, 1.0)
    more = [*slots, *extra]
    attempts: list[tuple[Sequence[Slot], float]] = [(slots, s) for s in (1.0, 0.95, 0.9, 0.85)]
    if extra:
        attempts += [(more, s) for s in (1.0, 0.95, 0.9, 0.85)]
    attempts += [
        (chosen, s)
        for s in (0.8, 0.75, 0.7, 0.65, MIN_SCALE)
        for chosen in ([slots, more] if extra else [slots])
    ]
    for chosen, scale in attempts:
        for share in (0.0, 0.25, 0.5, 0.75, 1.0):  # of the free room: no more than needed
            widths = [_width(slot, alignment, share) for slot in chosen]
            rows = _fill(words, widths, scale, len(slots) if alignment == "center" else 0)
            if rows is not None:
                return Flow(_place(rows, words, chosen, alignment, share, scale, 1.0), scale, 1.0)
    squeeze = 1.0
    while squeeze > 0.02:
        squeeze *= 0.95
        widths = [_width(slot, alignment, 1.0) for slot in more]
        rows = _fill(words, widths, MIN_SCALE * squeeze, 0)
        if rows is not None:
            return Flow(_place(rows, words, more, alignment, 1.0, MIN_SCALE, squeeze), MIN_SCALE, squeeze)
    return Flow((), MIN_SCALE, squeeze)


def _edges(slot: Slot, alignment: Alignment, share: float) -> tuple[float, float]:
    """Left and right edge when `share` of the free room is used."""
    if alignment == "center":
        middle = (slot.left + slot.right) / 2
        half = (slot.right - slot.left) / 2
        free = max(half, min(middle - slot.min_left, slot.max_right - middle))
        half += share * (free - half)
        return middle - half, middle + half
    if alignment == "right":
        return slot.left + share * (slot.min_left - slot.left), slot.right
    return slot.left, slot.right + share * (slot.max_right - slot.right)


def _width(slot: Slot, alignment: Alignment, share: float) -> float:
    left, right = _edges(slot, alignment, share)
    return right - left + 0.5


def _gap(words: Sequence[Span], i: int) -> float:
    """Between word i and the next, strip px: as drawn, within what reads as a space."""
    return float(min(max(words[i + 1][0] - words[i][1], 0.22 * EM), 0.42 * EM))


def _length(words: Sequence[Span], first: int, last: int) -> float:
    letters = sum(words[i][1] - words[i][0] for i in range(first, last + 1))
    return letters + sum(_gap(words, i) for i in range(first, last))


def _fill(
    words: Sequence[Span], widths: Sequence[float], scale: float, balanced: int
) -> list[tuple[int, int]] | None:
    """First and last word of each line, filled greedily; None if it does not fit.

    balanced: lines to spread over evenly (centred text keeps its number of lines), 0 for greedy.
    """
    rows = _greedy(words, widths, scale)
    if rows is None or not balanced:
        return rows
    count = min(max(len(rows), min(balanced, len(words))), len(widths))
    low, high = 0.0, 1.0
    for _ in range(12):
        middle = (low + high) / 2
        tried = _greedy(words, [w * middle for w in widths[:count]], scale)
        if tried is None:
            low = middle
        else:
            high, rows = middle, tried
    return rows


def _greedy(words: Sequence[Span], widths: Sequence[float], scale: float) -> list[tuple[int, int]] | None:
    rows: list[tuple[int, int]] = []
    first = 0
    for width in widths:
        last = first
        if _length(words, first, first) * scale > width:
            return None
        while last + 1 < len(words) and _length(words, first, last + 1) * scale <= width:
            last += 1
        rows.append((first, last))
        first = last + 1
        if first == len(words):
            return rows
    return None


def _place(
    rows: Sequence[tuple[int, int]],
    words: Sequence[Span],
    slots: Sequence[Slot],
    alignment: Alignment,
    share: float,
    scale: float,
    squeeze: float,
) -> tuple[Placement, ...]:
    placements: list[Placement] = []
    for n, ((first, last), slot) in enumerate(zip(rows, slots, strict=False)):
        left, right = _edges(slot, alignment, share)
        factor = scale * squeeze
        length = _length(words, first, last) * factor
        stretch = 1.0
        if alignment == "justified" and n < len(rows) - 1 and last > first:
            spaces = sum(_gap(words, i) for i in range(first, last)) * factor
            stretch = 1 + (right - left - length) / spaces
            stretch = stretch if stretch < 3.5 else 1.0  # rivers look worse than a ragged edge
        x = {"center": (left + right - length) / 2, "right": right - length}.get(alignment, left)
        start = first
        for i in range(first, last + 1):
            drawn = words[i + 1][0] - words[i][1] if i < last else 0
            if i < last and stretch == 1.0 and abs(drawn - _gap(words, i)) < 0.5:
                continue  # the space is as the model drew it: keep the run in one piece
            run = Placement(slot.geometry, (words[start][0], words[i][1]), x, scale, squeeze)
            placements.append(run)
            if i < last:
                x = run.right + _gap(words, i) * factor * stretch
            start = i + 1
    return tuple(placements)
