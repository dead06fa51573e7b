"""The first look at lines: by the detector's boxes, to measure them, and to cut those that hold several texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Protocol

import numpy as np

from iimt_cli.page.arrays import Colour, Coverage, Ink, Mask, Pixels, Span, Underline
from iimt_cli.page.colours import contrast
from iimt_cli.page.ink.measure import Measure, measure, slope
from iimt_cli.page.ink.separate import Separator, own_letters
from iimt_cli.page.ink.style import ink_colour
from iimt_cli.page.layout.justify import Row, in_pieces, stretches
from iimt_cli.page.layout.line import Line
from iimt_cli.page.layout.marks import BESIDE, MIDDLE, ticks
from iimt_cli.page.layout.parts import columns, in_cells
from iimt_cli.page.layout.rules import (
    REACH,
    SAME_GROUND,
    flat_rows,
    ground,
    key_line,
    label,
    label_edges,
    rules,
)
from iimt_cli.page.layout.sizes import even_sizes
from iimt_cli.page.layout.stripes import crosses_rules
from iimt_cli.page.layout.symbols import Letters, suspects, symbols_of
from iimt_cli.page.paragraphs import TextLine
from iimt_cli.page.rectify import (
    BOX_EDGE,
    EM,
    HEIGHT,
    MARGIN,
    Geometry,
    Points,
    cut,
    from_baseline,
    from_quad,
    inside,
)
from iimt_cli.page.runs import LETTER_EDGE, columns_of, extent, inked_columns, inked_rows, rows_of
from iimt_cli.page.tracking import AS_USUAL, Tracking, tracking

LABEL_INK = 0.85  # coverage beyond a label that is a letter, and not the label's edge
SHORT = 7.0  # × as wide as high: a shorter line does not tell how much it falls
ALMOST = 0.1  # radians: two lines are nearly parallel
UNSEEN = 2.0  # em: in a wider gap that is not bare ground the separator missed letters
BARE = 0.9  # share of the columns of such ground that have its colour from top to bottom, at least
ABOVE, BELOW = 0.9, 0.35  # em from the baseline: rows in which the ground of a label shows


@dataclass(frozen=True)
class Look(Ink):
    """A strip cut from the picture, (32, W, 3), with what is text in it; ruled: columns, (W,), of the rules of a table."""

    strip: Pixels
    ruled: Mask


class Looker(Protocol):
    def __call__(self, geometries: Sequence[Geometry], colours: Sequence[Colour] | None = None) -> list[Look]:
        """Cut a strip for each geometry and separate its ink. colours: those of the letters in each, if they are known."""


def looker(view: Pixels, separate: Separator) -> Looker:
    """A `Looker` at a view, (H, W, 3). It removes the rules of tables, and what is outside the picture or the label."""

    def look(geometries: Sequence[Geometry], colours: Sequence[Colour] | None = None) -> list[Look]:
        strips = [cut(view, geometry) for geometry in geometries]
        looks = []
        for strip, found, geometry in zip(strips, separate(strips, colours), geometries, strict=True):
            ruled = rules(strip)
            if ruled.any() and crosses_rules(strip, found.ink, REACH):
                ruled = np.zeros_like(ruled)
            there = inside(geometry, view.shape) * ~(ruled | _beside(label(strip), found.ink))
            looks.append(Look(found.ink * there, found.erase * there, strip, ruled))
        return looks

    return look


def _beside(own: slice, ink: Coverage) -> Mask:
    """The columns, (W,), outside the label in columns `own`; no column if ink as black as a letter is there: text goes on."""
    beside = np.ones(ink.shape[1], bool)
    beside[own] = False
    return beside & bool(ink[:, beside].max(initial=0) < LABEL_INK)


def first_look(found: Sequence[Line], look: Looker, letters: Letters | None = None) -> list[TextLine]:
    """Strips by the detector's boxes: good enough to measure size and baseline, and to group the lines."""
    seen = _whole_lines(own_lines(found, look), look)
    inks = [one.own.ink for one in seen]
    likely = [
        suspects(one.look.strip, ink, one.own.rough.baseline, one.own.rough.em)
        for one, ink in zip(seen, inks, strict=True)
    ]
    spaced = [tracking(ink, one.own.rough.em) for one, ink in zip(seen, inks, strict=True)]
    symbols = symbols_of(likely, inks, letters, spaced)
    wholes = _with_dashes([_whole(one, columns) for one, columns in zip(seen, symbols, strict=True)])
    lines = [
        line
        for whole, spans in zip(wholes, _columns(wholes), strict=True)
        for span in spans
        if (line := _part(whole, span)) is not None
    ]
    return even_sizes(lines)


# Lines in crooked boxes


def _levelled(found: Sequence[Line], look: Looker) -> tuple[list[Geometry], list[Look]]:
    """The strips of lines, turned so that their text is level.

    The box of a slanted line follows its highest and lowest letters, so the slope is measured in the ink.
    """
    geometries = [from_quad(line.quad) for line in found]
    looks = look(geometries)
    slanted = [i for i, line in enumerate(found) if line.quad[0, 1] != line.quad[1, 1]]
    leaning = _parallel(found, geometries, slanted) if slanted else {}
    for i in slanted:
        geometries[i] = geometries[i].turned(leaning.get(i, slope(looks[i].ink)))
    for i, again in zip(slanted, look([geometries[i] for i in slanted]), strict=True):
        looks[i] = again
    return geometries, looks


def _parallel(
    found: Sequence[Line], geometries: Sequence[Geometry], slanted: Sequence[int]
) -> dict[int, float]:
    """Slopes, rows per column, of those `slanted` lines that are too short to be measured: from the nearest longer line.

    Measured alone a short line with a g at its end would seem to fall. Lines without a nearly parallel neighbour are left out.
    """
    angles = np.array([np.arctan2(*geometry.direction[::-1]) for geometry in geometries])
    middles = np.array([line.quad.mean(axis=0) for line in found])
    short = np.array([line.width < SHORT * line.height for line in found])
    sure = ~short
    sure[[i for i in range(len(found)) if i not in slanted]] = True
    falls = {}
    for i in (i for i in slanted if short[i]):
        off = (angles - angles[i] + np.pi) % (2 * np.pi) - np.pi
        far = np.where(sure & (np.abs(off) < ALMOST), np.linalg.norm(middles - middles[i], axis=1), np.inf)
        nearest = int(np.argmin(far))
        if far[nearest] < np.inf:
            falls[i] = float(np.tan(off[nearest]))
    return falls


# A line's own letters


@dataclass(frozen=True)
class Own:
    """The line's own letters in a strip, (32, W). rough: its measure; partial: there must be more of them."""

    rough: Measure
    ink: Coverage
    partial: bool


@dataclass(frozen=True)
class Seen:
    """A line as the detector found it, in its strip, with its own letters."""

    line: Line
    geometry: Geometry
    look: Look
    own: Own


@dataclass(frozen=True)
class _Whole:
    """A line with its symbols. ink: of its letters, (32, W); symbols, parted: columns, (W,), that part its texts, too."""

    seen: Seen
    symbols: Mask
    ink: Coverage
    parted: Mask


def own_lines(found: Sequence[Line], look: Looker) -> list[Seen]:
    """The lines with letters in their strips.

    On a busy ground the separator may miss letters until it is told their colour. Such strips are separated again with it.
    """
    geometries, looks = _levelled(found, look)
    looks = [replace(seen, ink=np.where(flat_rows(seen.ink), 0, seen.ink)) for seen in looks]
    letters = [_own(seen) for seen in looks]
    doubtful = [i for i, own in enumerate(letters) if own is not None and own.partial]
    colours = [ink_colour(looks[i].strip, looks[i].ink) for i in doubtful]
    for i, again in zip(doubtful, look([geometries[i] for i in doubtful], colours), strict=True):
        looks[i], letters[i] = again, _own(again)
    every = zip(found, geometries, looks, letters, strict=True)
    return [Seen(line, geometry, seen, own) for line, geometry, seen, own in every if own is not None]


def _whole_lines(seen: Sequence[Seen], look: Looker) -> list[Seen]:
    """The lines, those in one piece of which the detector made several."""
    rows = [_row(one.geometry, one.own.ink, one.own.rough) for one in seen]
    found: dict[int, Seen] = dict(enumerate(seen))
    for group in in_pieces([one.line for one in seen], rows):
        if joined := own_lines([_around([seen[i].line for i in group])], look):
            found |= {group[0]: joined[0]}
            for piece in group[1:]:
                del found[piece]
    return list(found.values())


def _around(pieces: Sequence[Line]) -> Line:
    """One box round pieces of a line, from left to right."""
    first, last = pieces[0].quad, pieces[-1].quad
    return Line(np.stack([first[0], last[1], last[2], first[3]]), min(one.score for one in pieces))


def _row(geometry: Geometry, ink: Coverage, rough: Measure) -> Row:
    return Row(geometry, ink, rough.baseline, rough.em)


def _own(seen: Look) -> Own | None:
    rough = measure(seen.ink[:, int(MARGIN / 2) : -int(MARGIN / 2)])
    if rough is None:
        return None
    span = (MARGIN, seen.ink.shape[1] - MARGIN)
    ink = own_letters(seen, span, rough.baseline, rough.em).ink
    spaced = 2 * tracking(ink, rough.em).step  # between two words of widely spaced letters
    return Own(rough, ink, _longest_gap(ink, seen) - spaced > UNSEEN * rough.em)


def _longest_gap(ink: Coverage, seen: Look) -> int:
    """The longest run of columns without ink inside the box of a line, px; on bare ground none counts."""
    columns = np.flatnonzero(inked_columns(ink) | seen.ruled)
    bare, behind = np.zeros(ink.shape[1], bool), ground(seen.strip, ink)
    if behind is not None:
        bare = contrast(seen.strip.astype(np.float32), behind).max(axis=0) < SAME_GROUND
    ends = [int(MARGIN), *columns.tolist(), ink.shape[1] - int(MARGIN)]
    longest = sorted(((a, b) for a, b in pairwise(ends) if a < b), key=lambda gap: gap[0] - gap[1])
    return next((b - a for a, b in longest if bare[a:b].mean() < BARE), 0)


# Symbols that are not letters


def _whole(one: Seen, symbols: Mask) -> _Whole:
    """A line without its symbols, in columns (W,), the tick of an axis and the line under a key."""
    baseline, em, seen = one.own.rough.baseline, one.own.rough.em, one.look
    span = (MARGIN, seen.strip.shape[1] - MARGIN)
    ink = without_line(one.own.ink, key_line(seen.strip, one.own.ink, span, baseline, em), rim=0)
    ink = np.where(symbols | ticks(ink, seen.ruled, em), 0, ink)
    rows = slice(max(round(baseline - ABOVE * em), 0), round(baseline + BELOW * em))
    edges = label_edges(seen.strip[rows], seen.ink[rows], em)
    return _Whole(one, symbols, ink, symbols | seen.ruled | edges)


ABOVE_LINE, BELOW_LINE = 3, 1  # rows above and below a line: a letter with ink in both goes through the line


def without_line(ink: Coverage, under: Underline | None, rim: int = 1) -> Coverage:
    """The ink without the line under its words and `rim` rows on either side. Letters that go through the line stay."""
    if under is None:
        return ink
    rows, columns = under.rows, under.columns
    ink = ink.copy()
    around = slice(max(rows.start - rim, 0), rows.stop + rim)
    above, below = ink[max(rows.start - ABOVE_LINE, 0)], ink[min(rows.stop + BELOW_LINE, HEIGHT - 1)]
    through = np.minimum(above, below)[columns] > LETTER_EDGE
    ink[around, columns] = np.where(through, ink[around, columns], 0)
    return ink


# Dashes before what somebody says

DASH = 1.25  # width of a dash / its height, at least: that of a round bullet is 1
# em, by eye on subtitles:
SAME_MIDDLE = 0.15  # the middles of two centred lines differ by less
OTHER_END = 0.3  # and their left ends by more
NEAR = 3.0  # up or down, to a line that tells


def _with_dashes(wholes: Sequence[_Whole]) -> list[_Whole]:
    """The lines; a dash that leads one and is centred with its words is text, and moves with them.

    So subtitles show who speaks. Before the entries of a list there are dashes, too, but these share their left end.
    """
    ends = [_ends(whole) for whole in wholes]

    def centred(i: int, j: int) -> bool:
        seen = wholes[i].seen
        off = seen.geometry.to_strip(ends[j]) - seen.geometry.to_strip(ends[i])
        (start, up), (end, down) = (off / seen.own.rough.em).tolist()
        level = abs(start + end) / 2 < SAME_MIDDLE and abs(up + down) / 2 < NEAR
        return bool(level and abs(start) > OTHER_END)

    result = []
    for i, whole in enumerate(wholes):
        dash = _dash(whole)
        if dash.any() and any(centred(i, j) for j in range(len(wholes)) if j != i):
            ink = np.where(dash, whole.seen.own.ink, whole.ink)
            whole = replace(whole, ink=ink, parted=whole.parted & ~dash)
        result.append(whole)
    return result


def _ends(whole: _Whole) -> Points:
    """Where a line with its symbols begins and ends on its baseline, (2, 2), picture px."""
    seen = whole.seen
    columns = columns_of(seen.own.ink) or (0, 0)
    return seen.geometry.to_picture([[x, seen.own.rough.baseline] for x in columns])


def _dash(whole: _Whole) -> Mask:
    """The columns, (W,), of the symbol that leads a line, if it is as flat as a dash."""
    own, letters = whole.seen.own.ink, columns_of(whole.ink)
    before = whole.symbols & (np.arange(own.shape[1]) < (letters or (0, 0))[0])
    rows, columns = rows_of(own * before), columns_of(own * before)
    flat = rows is not None and columns is not None and np.ptp(columns) > DASH * np.ptp(rows)
    return before & flat


# The texts of a line


def _columns(wholes: Sequence[_Whole]) -> list[list[Span]]:
    """Columns of the parts of each line that are no words of one text: too far apart (menus), or cells of a table."""
    rows = [_row(w.seen.geometry, w.ink, w.seen.own.rough) for w in wholes]
    found = [
        columns(row.ink, row.em, w.parted, stretch, _spacing(w))
        for row, w, stretch in zip(rows, wholes, stretches([w.seen.line for w in wholes], rows), strict=True)
    ]
    while (cells := in_cells(rows, found)) != found:  # each row that is cut tells of another
        found = cells
    return found


def _spacing(whole: _Whole) -> Tracking:
    """How the letters of a line are spaced. Those that a rule or a symbol parts are not one text."""
    letters = columns_of(whole.ink) or (0, 0)
    return AS_USUAL if whole.parted[slice(*letters)].any() else tracking(whole.ink, whole.seen.own.rough.em)


def _part(whole: _Whole, span: Span) -> TextLine | None:
    """The text in some columns of a line; None if nothing is there."""
    part = np.zeros_like(whole.ink)
    columns = slice(*span)
    part[:, columns] = whole.ink[:, columns]
    exact = measure(part)
    if exact is None:
        return None
    seen = whole.seen
    measured = as_measured(seen.line, seen.geometry, exact, part, seen.look.strip)
    start = int(exact.x0)
    before = slice((columns_of(whole.ink[:, :start]) or (0, 0))[1], start + 1)
    item = bool(whole.symbols[before].any()) and _is_beside(seen.look.ink[:, before], exact)
    return replace(measured, item=item, partial=seen.own.partial)


def _is_beside(mark: Coverage, line: Measure) -> bool:
    """Whether the ink of a mark, (32, w), stands beside the middle of a line; that of an icon beside two lines is off."""
    rows = extent(inked_rows(mark))
    return rows is not None and abs(sum(rows) / 2 - (line.baseline - MIDDLE * line.em)) < BESIDE * line.em


def as_measured(line: Line, geometry: Geometry, exact: Measure, ink: Coverage, strip: Pixels) -> TextLine:
    """The line in a strip moved and scaled so that its baseline and type size are the standard ones (`rectify`).

    exact: its measure; ink, strip: (32, W) and (32, W, 3), in `geometry`.
    """
    start = geometry.to_picture([[exact.x0, exact.baseline]])[0]
    em = exact.em * geometry.scale
    length = (exact.x1 - exact.x0) * geometry.scale
    own = ink[:, int(exact.x0) : int(exact.x1)]
    ends = geometry.to_strip(line.quad)
    edge = BOX_EDGE * exact.em
    ends[[0, 3], 0] = np.maximum(ends[[0, 3], 0], exact.x0 - edge)
    ends[[1, 2], 0] = np.minimum(ends[[1, 2], 0], exact.x1 + edge)
    return TextLine(
        quad=geometry.to_picture(ends).astype(np.float32),
        score=line.score,
        geometry=from_baseline(start, geometry.direction, em, length),
        ink=np.pad(own, ((0, 0), (int(MARGIN), int(MARGIN)))),
        erase=ink,
        x0=MARGIN,
        x1=MARGIN + length / (em / EM),
        em=em,
        colour=ink_colour(strip, ink),
        choices=tuple(choice * geometry.scale for choice in exact.choices),
        ink_scale=geometry.scale,
    )
