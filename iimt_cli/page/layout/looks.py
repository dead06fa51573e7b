"""The first look at lines: by the detector's boxes, to measure them, and to cut those that hold several texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from iimt_cli.page.arrays import Colour, Coverage, Ink, Mask, Pixels, Span, Underline
from iimt_cli.page.ink.measure import Measure, measure, slope
from iimt_cli.page.ink.separate import Separator, own_letters
from iimt_cli.page.ink.style import ink_colour
from iimt_cli.page.layout.icons import icons, leading_shape
from iimt_cli.page.layout.line import Line
from iimt_cli.page.layout.marks import (
    carets,
    first_shape,
    icons_between,
    leading_icon,
    leading_mark,
    leading_sign,
    ticks,
    trailing_arrow,
)
from iimt_cli.page.layout.parts import SAME_START, Row, columns, in_cells, justified
from iimt_cli.page.layout.rules import flat_rows, key_line, label, label_edges, rules
from iimt_cli.page.layout.sizes import even_sizes
from iimt_cli.page.paragraphs import TextLine
from iimt_cli.page.rectify import (
    BOX_EDGE,
    EM,
    HEIGHT,
    MARGIN,
    Geometry,
    cut,
    from_baseline,
    from_quad,
    inside,
)
from iimt_cli.page.runs import LETTER_EDGE, inked_columns, word_gaps

# coverage: ink beyond the end of a label is a letter if it is so black, else the label's edge
LABEL_INK = 0.85
SHORT = 7.0  # width / height: the slope of a shorter line cannot be measured by its ink
ALMOST = 0.1  # radians: two lines whose directions differ by less are nearly parallel
# em: the detector joins no words so far apart, so in a wider gap the separator must have missed letters
UNSEEN = 2.0
ABOVE, BELOW = 0.9, 0.35  # em above and below the baseline: rows in which the edges of labels are looked for
# × the gap before the icon of an entry in a bar: wider gaps part entries without an icon, too
ENTRY_GAP = 0.9
NEAR_LINES = 4.5  # em up and down: lines that may show where the text behind an icon starts
SAME_SIZE = 0.3  # em by which the type sizes of such lines differ, at most


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
            there = inside(geometry, view.shape) * ~(ruled | _beside(label(strip), found.ink))
            looks.append(Look(found.ink * there, found.erase * there, strip, ruled))
        return looks

    return look


def _beside(own: slice, ink: Coverage) -> Mask:
    """The columns, (W,), outside the label in columns `own`; no column if ink as black as a letter is there: text goes on."""
    beside = np.ones(ink.shape[1], bool)
    beside[own] = False
    return beside & bool(ink[:, beside].max(initial=0) < LABEL_INK)


def first_look(found: Sequence[Line], look: Looker) -> list[TextLine]:
    """Lines cut by the detector's boxes: exact enough to measure type size and baseline, and to group the lines."""
    geometries, looks = _levelled(found, look)
    looks = [replace(seen, ink=np.where(flat_rows(seen.ink), 0, seen.ink)) for seen in looks]
    letters = _letters(looks, geometries, look)
    wholes = [
        _Whole(line, geometry, seen, own, mark, *_without_signs(seen, own, mark))
        for line, geometry, (seen, own), mark in zip(
            found, geometries, letters, _marks(letters, geometries), strict=True
        )
        if own is not None
    ]
    lines = [
        line
        for whole, spans in zip(wholes, _columns(wholes), strict=True)
        for number, span in enumerate(spans)
        if (line := _part(whole, span, number)) is not None
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
class _Own:
    """A line's own letters in a strip, (32, W). rough: its first measure. partial: the separator must have missed letters."""

    rough: Measure
    ink: Coverage
    partial: bool


@dataclass(frozen=True)
class _Whole:
    """A line as the detector found it; it may hold several texts.

    mark: columns of the bullet or icon before it. ink: without marks and other symbols, (32, W). parted: columns at which its
    texts are parted, (W,).
    """

    line: Line
    geometry: Geometry
    seen: Look
    own: _Own
    mark: slice | None
    ink: Coverage
    parted: Mask


def _letters(
    looks: Sequence[Look], geometries: Sequence[Geometry], look: Looker
) -> list[tuple[Look, _Own | None]]:
    """The strips, each with the line's own letters; None instead of letters where there are none.

    On a busy ground the separator may miss letters until it is told their colour. Such strips are separated again with it.
    """
    found = [(seen, _own(seen)) for seen in looks]
    doubtful = [i for i, (_, own) in enumerate(found) if own is not None and own.partial]
    colours = [ink_colour(looks[i].strip, looks[i].ink) for i in doubtful]
    for i, again in zip(doubtful, look([geometries[i] for i in doubtful], colours), strict=True):
        found[i] = (again, _own(again))
    return found


def _own(seen: Look) -> _Own | None:
    rough = measure(seen.ink[:, int(MARGIN / 2) : -int(MARGIN / 2)])
    if rough is None:
        return None
    span = (MARGIN, seen.ink.shape[1] - MARGIN)
    ink = own_letters(seen, span, rough.baseline, rough.em).ink
    return _Own(rough, ink, _longest_gap(ink, seen.ruled) > UNSEEN * rough.em)


def _longest_gap(ink: Coverage, ruled: Mask) -> int:
    """The longest run of columns without ink inside the box of a line, px."""
    columns = np.flatnonzero(inked_columns(ink) | ruled)
    return int(np.diff([int(MARGIN), *columns, ink.shape[1] - int(MARGIN)]).max())


# Symbols that are not letters


def _without_signs(seen: Look, own: _Own, mark: slice | None) -> tuple[Coverage, Mask]:
    """The ink of a line, (32, W), without symbols that are not letters; and the columns at which its texts are parted, (W,).

    Such symbols are its `mark`, icons, a text cursor, the tick of an axis, an arrow, and the line under a key's letter.
    """
    baseline, em = own.rough.baseline, own.rough.em
    span = (MARGIN, seen.strip.shape[1] - MARGIN)
    ink = without_line(own.ink, key_line(seen.strip, own.ink, span, baseline, em), rim=0)
    if mark is not None:
        ink[:, mark] = 0
    ink[:, carets(ink, baseline, em)] = 0
    ink[:, ticks(ink, seen.ruled, em)] = 0
    arrow = trailing_arrow(ink, baseline, em)
    if arrow is not None:
        ink[:, arrow] = 0
    ink[:, icons(seen.strip, ink, em)] = 0
    rows = slice(max(round(baseline - ABOVE * em), 0), round(baseline + BELOW * em))
    parted = seen.ruled | label_edges(seen.strip[rows], seen.ink[rows], em)
    if bar := icons_between(ink, em):
        signs, apart = bar
        for a, b in word_gaps(ink, em=em):
            parted[a:b] |= b - a > ENTRY_GAP * apart
        for sign in signs:
            ink[:, sign] = 0
    return ink, parted


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


def _marks(letters: Sequence[tuple[Look, _Own | None]], geometries: Sequence[Geometry]) -> list[slice | None]:
    """Columns of the bullet, check box or icon before each line.

    An icon alone may look like a letter. It counts as an icon if at least two lines above or below start where the text behind
    it starts.
    """
    found: list[slice | None] = []
    starts = np.full(
        (len(letters), 3), np.nan
    )  # of each text: x and y of its start in the picture, and its type size, px
    shapes: dict[int, slice] = {}
    for i, ((seen, own), geometry) in enumerate(zip(letters, geometries, strict=True)):
        found.append(None)
        if own is None:
            continue
        ink, em, baseline = own.ink, own.rough.em, own.rough.baseline
        mark = found[i] = (
            leading_shape(seen.strip, ink, em)
            or leading_mark(ink, baseline, em)
            or leading_sign(ink, em)
            or leading_icon(ink, baseline, em)
        )
        rest = _first_column(ink)
        if mark is not None:
            rest = mark.stop + _first_column(ink[:, mark.stop :])
        elif first := first_shape(ink, em):
            shapes[i], rest = first.columns, first.rest
        starts[i] = *geometry.to_picture([[rest, baseline]])[0], em * geometry.scale
    for i, shape in shapes.items():
        x, y, size = np.abs(starts - starts[i]).T / starts[i, 2]
        if ((x < SAME_START) & (y < NEAR_LINES) & (size < SAME_SIZE)).sum() > 2:
            found[i] = shape
    return found


def _first_column(ink: Coverage) -> int:
    """The first column with ink; 0 without any."""
    filled = inked_columns(ink)
    return int(np.argmax(filled)) if len(filled) else 0


# The texts of a line


def _columns(wholes: Sequence[_Whole]) -> list[list[Span]]:
    """The texts of each line as columns: words too far apart to be one text (menus), and the cells of a table."""
    found = [
        columns(whole.ink, whole.own.rough.em, whole.parted, even)
        for whole, even in zip(wholes, justified([whole.line for whole in wholes]), strict=True)
    ]
    rows = [Row(whole.geometry, whole.ink, whole.own.rough.baseline, whole.own.rough.em) for whole in wholes]
    # a row that was cut may show where another one must be cut
    while (cells := in_cells(rows, found)) != found:
        found = cells
    return found


def _part(whole: _Whole, span: Span, number: int) -> TextLine | None:
    """The text in columns `span` of a line, the `number`th from the left; None if there is no ink."""
    part = np.zeros_like(whole.ink)
    columns = slice(*span)
    part[:, columns] = whole.ink[:, columns]
    icon = leading_icon(part, whole.own.rough.baseline, whole.own.rough.em)
    if icon is not None:
        part[:, icon] = 0
    exact = measure(part)
    if exact is None:
        return None
    measured = as_measured(whole.line, whole.geometry, exact, part, whole.seen.strip)
    item = icon is not None or (number == 0 and whole.mark is not None)
    return replace(measured, item=item, partial=whole.own.partial)


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
