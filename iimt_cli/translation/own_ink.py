"""Numbers, codes, addresses and marks behind words keep the picture's own ink: it is moved and not drawn.

A drawn @ may be illegible, and a drawn 5 may look like a 6. What the text decoder copies also stands in the source's strip, in
the same size and on the same baseline as the new words. So the columns of that strip take the place of the drawn ones.
"""

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from iimt_cli.language.alphabet import SUPERSCRIPTS
from iimt_cli.language.base import Packs
from iimt_cli.language.base import Span as Copied
from iimt_cli.language.numbers import localised, rescaled
from iimt_cli.language.protected import edge_before, protected
from iimt_cli.model.draw import DrawnStrip
from iimt_cli.model.image_encoder import FRAMES, STRIDE
from iimt_cli.page.arrays import Coverage, Span
from iimt_cli.page.ink.raised import alone, raised
from iimt_cli.page.runs import FREE, columns_of, gaps, inked_columns
from iimt_cli.translation.pieces import Piece, strengthened

PX = STRIDE / FRAMES  # px per frame of a reading
# the reader may see these marks too late: their frames may even lie within the next letter
READ_LATE = ".,;:!?"
MARKS = "!?:"  # a drawn ! may look like an l, and a : like a !
BRACKETS = "()[]"  # a drawn one may be broken in small type
BEFORE = 2  # px between a word and the mark of a footnote
_SIGN = re.compile(r"(?<!\S)[^\w\s\0]+(?!\S)")
FAINTEST = 0.02  # coverage: the blurred edge of a letter belongs to it


def with_own_ink(strip: DrawnStrip, piece: Piece, packs: Packs) -> DrawnStrip:
    """The drawing of a piece's target, with the source's ink for all characters that were copied from the source.

    In a number or a time that the target writes in another way only the figures are moved. Copies whose ink touches a
    neighbouring letter stay as drawn.
    """
    ink = strengthened(piece.ink)
    for start, end, place in sorted(_copies(piece, packs), key=lambda copy: copy[2], reverse=True):
        signs = _raised(piece, start, end)
        if signs:
            marks = np.concatenate([alone(piece.ink, span) for span in signs], axis=1)
            ends = [float(x) for x in np.cumsum([b - a for a, b in signs]) + BEFORE]
            strip = _replaced(strip, place, np.pad(marks, ((0, 0), (BEFORE, 0))), [0.0, *ends])
        elif (edges := _edges(piece, start, end)) is not None:
            strip = _replaced(strip, place, ink, edges)
    return strip


def _raised(piece: Piece, start: int, end: int) -> list[Span]:
    """The columns of the figures above the line that are characters [start, end) of the source; none if one is no such figure.

    They may touch the letter before them.
    """
    if not all(char in SUPERSCRIPTS for char in piece.source[start:end]):
        return []
    found = {int(span[0] / PX): span for span in raised(piece.ink)}
    signs = [found.get(piece.frames[n][0]) for n in range(start, end)]
    return [sign for sign in signs if sign is not None] if None not in signs else []


def _copies(piece: Piece, packs: Packs) -> Iterator[tuple[int, int, int]]:
    """For each copy: its characters [start, end) in the source, and the character at which it begins in the target."""
    source, target = piece.source, piece.target
    rest = source
    if len(piece.frames) != len(source):
        return
    for span in sorted(protected(source, packs.source), key=lambda span: -len(span.fill)):
        for fill in _fills(span, packs):
            place = re.search(rf"{edge_before(fill)}{re.escape(fill)}(?!\w)", target)
            if place is not None:
                yield from _bracketed(source, target, _shared(source, span, fill, place.start()))
                target = target[: place.start()] + "\0" * len(fill) + target[place.end() :]
                rest = rest[: span.start] + "\0" * (span.end - span.start) + rest[span.end :]
                break
    for mark in MARKS:
        yield from _as_many(_ends_of_words(rest, mark), _ends_of_words(target, mark), 1)
    for sign in {found[0] for found in _SIGN.finditer(rest)}:
        yield from _as_many(_alone(rest, sign), _alone(target, sign), len(sign))


def _as_many(ours: Sequence[int], theirs: Sequence[int], length: int) -> Iterator[tuple[int, int, int]]:
    """Copies of the same characters, `length` of them, if both texts have as many."""
    if len(ours) == len(theirs):
        yield from ((a, a + length, b) for a, b in zip(ours, theirs, strict=True))


def _fills(span: Copied, packs: Packs) -> Iterable[str]:
    """How the target may write a span: as it is, with its own word for millions, and with its own decimal mark."""
    ours, theirs = packs.source.numbers, packs.target.numbers
    fills = (span.fill, rescaled(span.fill, ours, theirs))
    return dict.fromkeys([*fills, *(localised(fill, ours, theirs) for fill in fills)])


def _bracketed(
    source: str, target: str, copies: Iterable[tuple[int, int, int]]
) -> Iterator[tuple[int, int, int]]:
    """The copies with the brackets beside them that both texts have."""
    ours, theirs = f" {source} ", f" {target} "  # a space more on the left: character n is at n + 1
    for start, end, place in copies:
        left = ours[start] in BRACKETS and ours[start] == theirs[place]
        right = ours[end + 1] in BRACKETS and ours[end + 1] == theirs[place + end - start + 1]
        yield start - left, end + right, place - left


def _ends_of_words(text: str, mark: str) -> list[int]:
    """Where a mark ends a word."""
    return [found.start() for found in re.finditer(rf"(?<=\w){re.escape(mark)}(?=\s|$)", text)]


def _alone(text: str, sign: str) -> list[int]:
    """Where a sign, such as a dash, stands between words."""
    return [found.start() for found in _SIGN.finditer(text) if found[0] == sign]


def _shared(source: str, span: Copied, fill: str, place: int) -> Iterator[tuple[int, int, int]]:
    """The copies in a span whose `fill` stands at `place` of the target: all of it, or the words that both begin and end with.

    If they begin with different words, the figures up to one that differs are copied.
    """
    own = source[span.start : span.end]
    if own == fill:
        yield span.start, span.end, place
        return
    words, new = own.split(" "), fill.split(" ")
    head, tail = _common(words, new), _common(words[::-1], new[::-1])
    if tail:
        yield span.end - tail, span.end, place + len(fill) - tail
    if head:
        yield span.start, span.start + head, place
        return
    figures = re.finditer(r"\d+", own[: len(own) - tail]), re.finditer(r"\d+", fill[: len(fill) - tail])
    for ours, theirs in zip(*figures, strict=False):
        if ours[0] != theirs[0]:
            return
        yield span.start + ours.start(), span.start + ours.end(), place + theirs.start()


def _common(ours: Sequence[str], theirs: Sequence[str]) -> int:
    """How many characters the words have that both begin with, and the spaces between them."""
    same = list(itertools.takewhile(lambda pair: pair[0] == pair[1], zip(ours, theirs, strict=False)))
    return len(" ".join(word for word, _ in same))


def _edges(piece: Piece, start: int, end: int) -> list[float] | None:
    """The columns, px, at which characters [start, end) of the source begin in its ink, and the one at which the last ends.

    None if they are not free on both sides. A gap beside them counts only if the neighbour has another gap on its far side:
    otherwise the neighbour may touch them, as a comma below a 6, and the gap be that on its far side.
    """
    filled = inked_columns(piece.ink, FREE)
    first, last = _gap(piece, start, filled), _gap(piece, end, filled)
    if first is None or last is None or first[1] >= last[0]:
        return None
    source = f"{piece.source} "
    if start and source[start - 1] != " " and _gap(piece, start - 1, filled) in (None, first):
        return None
    if source[end] != " " and _gap(piece, end + 1, filled) in (None, last):
        return None
    inner = [_edge(piece, index, filled) for index in range(start + 1, end)]
    return [float(x) for x in np.clip([first[1], *inner, last[0]], first[1], last[0])]


def _gap(piece: Piece, index: int, filled: np.ndarray) -> tuple[int, int] | None:
    """The columns without ink before character `index` of the source, with a space all of it. None if letters touch there."""
    source = piece.source
    before = len(source[:index].rstrip()) - 1
    after = index + len(source[index:]) - len(source[index:].lstrip())
    free = [(a - 1, b - 1) for a, b in gaps(np.concatenate([[True], filled, [True]]))]
    if before < 0:
        return next((gap for gap in free if gap[0] == 0), None)
    if after == len(source):
        return next((gap for gap in free if gap[1] == len(filled)), None)
    right = _middle(piece, after)
    if after > before + 1:
        letters = len(source[: before + 1].rstrip(READ_LATE)) - 1
        left = _middle(piece, letters) if letters >= 0 else 0
        between = [gap for gap in free if gap[1] > left and gap[0] < right]
        return max(between, key=lambda gap: gap[1] - gap[0], default=None)
    if source[before] in READ_LATE:
        return next((gap for gap in reversed(free) if gap[0] < right), None)
    return next((gap for gap in free if gap[1] > _middle(piece, before) and gap[0] < right), None)


def _edge(piece: Piece, index: int, filled: np.ndarray) -> float:
    """The column at which a character within a copy begins; a space reaches from letter to letter."""
    gap = _gap(piece, index, filled)
    if gap is None:
        return (piece.frames[index - 1][1] + piece.frames[index][0]) / 2 * PX
    if piece.source[index] == " ":
        return gap[0]
    return gap[1] if piece.source[index - 1] == " " else sum(gap) / 2


def _middle(piece: Piece, index: int) -> float:
    return sum(piece.frames[index]) / 2 * PX


def _replaced(strip: DrawnStrip, place: int, ink: Coverage, edges: Sequence[float]) -> DrawnStrip:
    """The strip with other ink for its characters from `place` on: the columns from the first to the last of `edges`.

    The free columns on both sides stay as wide as they were drawn.
    """
    count = len(edges) - 1
    left, right = round(edges[0]), round(edges[-1])
    old_left, old_right = (round(float(strip.edges[n])) for n in (place, place + count))
    there = columns_of(strip.ink[:, old_left:old_right], FAINTEST)
    if there is not None:
        old_left, old_right = old_left + there[0], old_left + there[1]
    new = np.concatenate([strip.ink[:, :old_left], ink[:, left:right], strip.ink[:, old_right:]], axis=1)
    longer = right - left - (old_right - old_left)
    moved = [
        *strip.edges[: place + 1],
        *(old_left + edge - edges[0] for edge in edges[1:-1]),
        *(strip.edges[place + count :] + longer),
    ]
    return DrawnStrip(new, np.maximum.accumulate(np.array(moved, strip.edges.dtype)))
