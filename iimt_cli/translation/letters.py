"""Making one line of widely spaced letters: the detector finds them one by one, or a few of them, or not at all."""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from iimt_cli.language.lexicon import Lexicon
from iimt_cli.model.image_encoder import Reading
from iimt_cli.page.arrays import Coverage, Ink, Pixels
from iimt_cli.page.ink.measure import measure
from iimt_cli.page.ink.separate import Separator, own_letters
from iimt_cli.page.layout.line import MOST_HIGHER, Line, reading_order
from iimt_cli.page.rectify import (
    BASELINE,
    BOX_EDGE,
    EM,
    HEIGHT,
    MARGIN,
    Geometry,
    box_height,
    corners,
    cut,
    from_quad,
    inside,
    type_size,
)
from iimt_cli.page.runs import FREE, inked_columns, runs
from iimt_cli.page.tracking import LEAST, WIDEST, tracking

# em: from box to box in a row, at most. Between letters that are spaced by one em there are 2.4 from word to word, and 2.6
# where the detector misses an I.
NEXT = 3.0
BEYOND = 6.0  # em beyond the ends of a row in which letters that go on with it are looked for
ROUNDS = 16  # as long as letters are found it is repeated, so often at most
SAME_SIZE = 1.1  # ratio of the heights of two boxes that show letters in one size
SAME_ROW = 0.35  # × the height of the lower box: the middles of boxes in a row differ by less
EDGE = 6  # empty px at both ends of what is read
SURE = 0.65  # mean probability per character from which the reading of a row is believed
LETTERS = re.compile(r"[^\W\d_]+")

Read = Callable[[list[Coverage]], list[Reading]]


@dataclass(frozen=True)
class _Row:
    """Letters whose gaps are even. line: the box round them; parts: the boxes that it takes the place of; closed: their ink
    closed up, (32, W)."""

    line: Line
    parts: tuple[Line, ...]
    closed: Coverage


def with_spaced_letters(
    lines: Sequence[Line],
    rgb: Pixels,
    separate: Separator,
    read: Read,
    lexicon: Callable[[], Lexicon | None],
    plain: Callable[[Pixels], Ink | None],
) -> list[Line]:
    """The lines of a picture, (H, W, 3); boxes of spaced letters in a row become one box, with the letters that were missed.

    Each letter of such a row stands apart, as far from the next as the others. Closed up they must be read without much
    doubt (SURE), as words that the lexicon knows: signs that stand in a row for another reason make no word. lexicon: loads
    it. plain: tells ink on plain ground; on other ground single letters are looked for alone.
    """
    apart = [line for line in lines if _apart(line, rgb, plain)]
    others = _without(lines, apart)
    rows = list[_Row]()
    for boxes in _chains(apart):
        if not any(_holds(row.line, boxes[0]) for row in rows):
            row = _row(boxes, apart, others, rgb, separate)
            if row is not None and (len(row.parts) != 1 or _longer(row.line, row.parts[0])):
                rows.append(row)
    result = list(lines)
    for row, reading in zip(rows, read([row.closed for row in rows]) if rows else (), strict=True):
        text = reading.text.replace("|", "I")  # what an I is taken for in a hairline face
        if math.exp(reading.score) > SURE and are_words(text, lexicon()):
            result = [*_without(result, row.parts), row.line]
    return reading_order(result) if rows else result


def are_words(text: str, lexicon: Lexicon | None) -> bool:
    """Whether a text has words and all of them are known; without a lexicon none is unknown. XXX is no word."""
    words = LETTERS.findall(text)
    several = bool(words) and all(len(word) == 1 or len(set(word)) > 1 for word in words)
    return several and (lexicon is None or all(map(lexicon.known, words)))


def _without(lines: Sequence[Line], some: Sequence[Line]) -> list[Line]:
    return [line for line in lines if not any(line is one for one in some)]


def _apart(line: Line, rgb: Pixels, plain: Callable[[Pixels], Ink | None]) -> bool:
    """Whether a box may hold letters of such a row: one letter, or several that stand apart."""
    if line.width < WIDEST * line.height:
        return True
    found = plain(cut(rgb, from_quad(line.quad)))
    if found is None:
        return False
    letters = runs(inked_columns(found.ink[:, int(MARGIN) : -int(MARGIN)], FREE))
    gaps = [after[0] - before[1] for before, after in pairwise(letters)]
    near, widest = min(gaps, default=EM), max((b - a for a, b in letters), default=math.inf)
    return near >= LEAST * EM and widest < WIDEST * EM


def _chains(lines: Sequence[Line]) -> list[list[Line]]:
    """Boxes beside each other, from the left; a box alone only if it has room for several letters."""
    chains: list[list[Line]] = []
    for line in sorted(lines, key=lambda line: float(line.quad[0, 0])):
        before = [chain for chain in chains if _follows(chain[-1], line)]
        if before:
            max(before, key=lambda chain: float(chain[-1].quad[1, 0])).append(line)
        else:
            chains.append([line])
    return [chain for chain in chains if len(chain) > 1 or chain[0].width > WIDEST * chain[0].height]


def _follows(one: Line, other: Line) -> bool:
    """Whether a box stands right of another one in its row."""
    low, high = sorted((one.height, other.height))
    u, v = _axes(one)
    away, up = (other.quad[0] - one.quad[1]) @ u, (other.quad.mean(0) - one.quad.mean(0)) @ v
    level = abs(float(up)) < SAME_ROW * low and high < MOST_HIGHER * low
    return level and -low < float(away) < NEXT * type_size(high)


def _axes(line: Line) -> tuple[np.ndarray, np.ndarray]:
    """Along a line and across it, unit vectors (2,)."""
    u = line.quad[1] - line.quad[0]
    u = u / max(float(np.linalg.norm(u)), 1.0)
    return u, np.array([-u[1], u[0]])


def _row(
    boxes: Sequence[Line], apart: Sequence[Line], others: Sequence[Line], rgb: Pixels, separate: Separator
) -> _Row | None:
    """The row of some boxes with all letters that go on with it; None if its gaps are not even.

    apart: the boxes that it may take the place of; others: those that it ends at.
    """
    row, line = None, _around(boxes)
    for _ in range(ROUNDS):
        longer = _seen(line, others, rgb, separate)
        if longer is None:
            break
        settled = not _longer(longer.line, line) and max(line.height, longer.line.height) < SAME_SIZE * min(
            line.height, longer.line.height
        )
        line = longer.line
        row = replace(longer, parts=tuple(one for one in apart if _holds(line, one)))
        if settled:
            break
    return row


def _longer(line: Line, other: Line) -> bool:
    """Whether a box holds letters beyond the ends of another."""
    return line.width - other.width > LEAST * type_size(line.height)


def _seen(line: Line, others: Sequence[Line], rgb: Pixels, separate: Separator) -> _Row | None:
    """The letters in a box and beyond its ends that stand in even gaps; None if those in the box do not.

    The new box is as high as that of a line of this type: the box of a single letter is lower.
    """
    beyond, rough = BEYOND * EM, from_quad(line.quad)
    geometry = rough.moved(x=-beyond, width=math.ceil(rough.width + 2 * beyond))
    [found] = separate([cut(rgb, geometry)])
    ink = found.ink * inside(geometry, rgb.shape)
    size = measure(ink[:, int(beyond) : -int(beyond)])
    if size is None:
        return None
    own = own_letters(Ink(ink, ink), (0, ink.shape[1]), size.baseline, size.em).ink
    letters = [
        span for span in runs(inked_columns(own, FREE)) if not _in_a_box(sum(span) / 2, geometry, others)
    ]
    start, end = beyond + MARGIN, own.shape[1] - beyond - MARGIN
    inner = [n for n, (a, b) in enumerate(letters) if start <= (a + b) / 2 <= end]
    if not inner:
        return None
    first, last = inner[0], inner[-1]

    def even(first: int, last: int) -> bool:
        return bool(tracking(own[:, letters[first][0] : letters[last][1]], size.em).step)

    while first > 0 and even(first - 1, last):
        first -= 1
    while last + 1 < len(letters) and even(first, last + 1):
        last += 1
    x0, x1 = letters[first][0], letters[last][1]
    spaced = tracking(own[:, x0:x1], size.em)
    if not spaced.step:
        return None
    edge, half = BOX_EDGE * size.em, box_height(size.em * geometry.scale) / geometry.scale / 2
    middle = size.baseline - (BASELINE - HEIGHT / 2) * size.em / EM
    quad = geometry.to_picture(corners(x0 - edge, middle - half, x1 + edge, middle + half))
    closed = np.pad(spaced.closed(own[:, x0:x1]), ((0, 0), (EDGE, EDGE)))
    return _Row(Line(quad.astype(np.float32), line.score), (), closed)


def _around(boxes: Sequence[Line]) -> Line:
    """A box round others in a row, as high as most of them; the only one as it is."""
    if len(boxes) == 1:
        return boxes[0]
    u, v = _axes(max(boxes, key=lambda line: line.width))
    x, y = (np.array([line.quad @ axis for line in boxes]) for axis in (u, v))
    top, bottom = float(np.median(y.min(axis=1))), float(np.median(y.max(axis=1)))
    around = corners(float(x.min()), top, float(x.max()), bottom)
    quad = np.array([a * u + b * v for a, b in around])
    return Line(quad.astype(np.float32), max(line.score for line in boxes))


def _holds(line: Line, other: Line) -> bool:
    """Whether the middle of another box is in a box."""
    place, (u, v) = other.quad.mean(0) - line.quad.mean(0), _axes(line)
    return bool(abs(place @ u) < line.width / 2 and abs(place @ v) < line.height / 2)


def _in_a_box(column: float, geometry: Geometry, lines: Sequence[Line]) -> bool:
    """Whether the middle of a strip in a column lies in the box of one of some lines."""
    [place] = geometry.to_picture([[column, HEIGHT / 2]])
    return any(
        bool((line.quad.min(0) <= place).all() and (place <= line.quad.max(0)).all()) for line in lines
    )
