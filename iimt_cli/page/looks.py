"""Two looks at a line: by the detector's box to measure it, then in its paragraph's frame to read and erase it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from iimt_cli.page.find import Line
from iimt_cli.page.marks import (
    carets,
    first_shape,
    icons,
    icons_between,
    leading_icon,
    leading_mark,
    leading_shape,
    leading_sign,
    ticks,
    trailing_arrow,
)
from iimt_cli.page.paragraphs import Paragraph, TextLine, word_gaps
from iimt_cli.page.parts import Row, columns, in_cells, justified
from iimt_cli.page.rectify import (
    BASELINE,
    EM,
    HEIGHT,
    MARGIN,
    Geometry,
    cut,
    from_baseline,
    from_quad,
    inside,
)
from iimt_cli.page.reflow import Span
from iimt_cli.page.rules import between_rules, flat_rows, key_line, label, label_edges, rules, underline
from iimt_cli.page.separate import Colour, Measure, Separator, measure, own_letters, slope
from iimt_cli.page.sizes import even_sizes, resized
from iimt_cli.page.style import ink_colour

SURE = 0.85  # of ink: a letter, and not the edge of what the text stands on
SHORT, ALMOST = (
    7.0,
    0.1,
)  # × height; rad: a line of few letters does not tell how much it falls, one nearly parallel does
MISJUDGED = 1.17  # a type size, by so much: of 558 texts on screenshots and pages one in sixty
UNSEEN = 2.0  # type sizes: the detector joins no words so far apart, so there must be letters that the separator missed


@dataclass(frozen=True)
class Look:
    """A strip cut from the picture, uint8 [32, W, 3], and what is text in it: ink and erase, float32 [32, W].

    `ruled` are its columns, bool [W], that belong to the rules of a table.
    """

    strip: np.ndarray
    ink: np.ndarray
    erase: np.ndarray
    ruled: np.ndarray


class Looker(Protocol):
    def __call__(self, geometries: Sequence[Geometry], colours: Sequence[Colour] | None = None) -> list[Look]:
        """colours: of the letters, if they are known."""


def looker(view: np.ndarray, separate: Separator) -> Looker:
    """What cuts strips from a view, uint8 [H, W, 3], and separates their ink from rules and what is outside."""

    def look(geometries: Sequence[Geometry], colours: Sequence[Colour] | None = None) -> list[Look]:
        strips = [cut(view, geometry) for geometry in geometries]
        looks = []
        for strip, (ink, erase), geometry in zip(strips, separate(strips, colours), geometries, strict=True):
            ruled = rules(strip)
            there = inside(geometry, view.shape) * ~(ruled | _beside(label(strip), ink))
            looks.append(Look(strip, ink * there, erase * there, ruled))
        return looks

    return look


def _beside(own: slice, ink: np.ndarray) -> np.ndarray:
    """The columns, bool [W], beside a label: what seems to be ink there is its edge, unless it is as black as a letter."""
    beside = np.ones(ink.shape[1], bool)
    beside[own] = False
    return beside & (ink[:, beside].max(initial=0) < SURE)


def first_look(found: Sequence[Line], look: Looker) -> list[TextLine]:
    """Strips by the detector's boxes: good enough to measure size and baseline, and to group the lines."""
    geometries = [from_quad(line.quad) for line in found]
    looks = look(geometries)
    # The box of a slanted line follows its highest and lowest letters; its ink knows better.
    slanted = [i for i, line in enumerate(found) if line.quad[0, 1] != line.quad[1, 1]]
    leaning = _parallel(found, geometries, slanted) if slanted else {}
    for i in slanted:
        geometries[i] = geometries[i].turned(leaning.get(i, slope(looks[i].ink)))
    for i, again in zip(slanted, look([geometries[i] for i in slanted]), strict=True):
        looks[i] = again
    looks = [replace(seen, ink=np.where(flat_rows(seen.ink), 0, seen.ink)) for seen in looks]
    # Over a busy picture some letters show only to those who know their colour.
    letters = [_own(seen) for seen in looks]
    doubtful = [i for i, own in enumerate(letters) if own is not None and own.partial]
    colours = [ink_colour(looks[i].strip, looks[i].ink) for i in doubtful]
    for i, again in zip(doubtful, look([geometries[i] for i in doubtful], colours), strict=True):
        looks[i], letters[i] = again, _own(again)
    wholes = [
        _Whole(line, geometry, seen, own, mark, *_without_signs(seen, own, mark))
        for line, geometry, seen, own, mark in zip(
            found, geometries, looks, letters, _marks(looks, letters, geometries), strict=True
        )
        if own is not None
    ]
    lines = []
    for whole, spans in zip(wholes, _columns(wholes), strict=True):
        for number, (x0, x1) in enumerate(spans):
            part = np.zeros_like(whole.ink)
            part[:, x0:x1] = whole.ink[:, x0:x1]
            icon = leading_icon(part, whole.own.rough.baseline, whole.own.rough.em)
            if icon is not None:
                part[:, icon] = 0
            exact = measure(part)
            if exact is not None:
                measured = as_measured(whole.line, whole.geometry, exact, part, whole.seen.strip)
                item = icon is not None or (number == 0 and whole.mark is not None)
                lines.append(replace(measured, item=item, partial=whole.own.partial))
    return even_sizes(lines)


def _parallel(
    found: Sequence[Line], geometries: Sequence[Geometry], slanted: Sequence[int]
) -> dict[int, float]:
    """By how much the `slanted` lines of few letters fall against the nearest line that tells more, if it is about parallel.

    Those with a g at their end seem to fall.
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


@dataclass(frozen=True)
class _Own:
    """The line's own letters in a strip. partial: there must be more of them."""

    rough: Measure
    ink: np.ndarray
    partial: bool


@dataclass(frozen=True)
class _Whole:
    """A line as the detector found it. ink: without signs, [32, W]; parted: columns that part its texts, bool [W]."""

    line: Line
    geometry: Geometry
    seen: Look
    own: _Own
    mark: slice | None
    ink: np.ndarray
    parted: np.ndarray


def _own(seen: Look) -> _Own | None:
    rough = measure(seen.ink[:, int(MARGIN / 2) : -int(MARGIN / 2)])
    if rough is None:
        return None
    span = (MARGIN, seen.ink.shape[1] - MARGIN)
    ink, _ = own_letters(seen.ink, seen.erase, span, rough.baseline, rough.em)
    return _Own(rough, ink, _longest_gap(ink, seen.ruled) > UNSEEN * rough.em)


def _longest_gap(ink: np.ndarray, ruled: np.ndarray) -> int:
    """The longest run of columns without ink inside the box of a line, px."""
    columns = np.flatnonzero((ink.max(axis=0) > 0.25) | ruled)
    return int(np.diff([int(MARGIN), *columns, ink.shape[1] - int(MARGIN)]).max())


def _without_signs(seen: Look, own: _Own, mark: slice | None) -> tuple[np.ndarray, np.ndarray]:
    """The ink of a line, [32, W], without what is no letter; and the columns that part its texts, bool [W].

    That is its `mark`, icons, a text cursor, the tick of an axis, an arrow, the line under a key.
    """
    baseline, em = own.rough.baseline, own.rough.em
    span = (MARGIN, seen.strip.shape[1] - MARGIN)
    ink = _without(own.ink, key_line(seen.strip, own.ink, span, baseline, em), rim=0)
    if mark is not None:
        ink[:, mark] = 0
    ink[:, carets(ink, baseline, em)] = 0
    ink[:, ticks(ink, seen.ruled, em)] = 0
    arrow = trailing_arrow(ink, baseline, em)
    if arrow is not None:
        ink[:, arrow] = 0
    ink[:, icons(seen.strip, ink, em)] = 0
    rows = slice(max(round(baseline - 0.9 * em), 0), round(baseline + 0.35 * em))
    parted = seen.ruled | label_edges(seen.strip[rows], seen.ink[rows], em)
    if bar := icons_between(ink, em):
        signs, apart = bar
        for a, b in word_gaps(ink, 0.18 * em / EM):
            parted[a:b] |= b - a > 0.9 * apart
        for sign in signs:
            ink[:, sign] = 0
    return ink, parted


def _marks(
    looks: Sequence[Look], letters: Sequence[_Own | None], geometries: Sequence[Geometry]
) -> list[slice | None]:
    """Columns of the bullet, check box or icon before each line.

    By itself an icon may look like a letter. But where the rest of the line starts so do at least two lines above or below.
    """
    found: list[slice | None] = []
    starts = np.full((len(looks), 3), np.nan)  # where each text starts in the picture, and its type size, px
    shapes: dict[int, slice] = {}
    for i, (seen, own, geometry) in enumerate(zip(looks, letters, geometries, strict=True)):
        found.append(None)
        if own is None:
            continue
        ink, em, baseline = own.ink, own.rough.em, own.rough.baseline
        found[i] = (
            leading_shape(seen.strip, ink, em)
            or leading_mark(ink, baseline, em)
            or leading_sign(ink, em)
            or leading_icon(ink, baseline, em)
        )
        rest = float(np.argmax(ink.max(axis=0) > 0.25))
        mark = found[i]
        if mark is not None:
            rest = float(mark.stop + np.argmax(ink[:, mark.stop :].max(axis=0) > 0.25))
        elif first := first_shape(ink, em):
            shapes[i], rest = first
        starts[i] = *geometry.to_picture(np.array([[rest, baseline]]))[0], em * geometry.scale
    for i, shape in shapes.items():
        x, y, em = np.abs(starts - starts[i]).T / starts[i, 2]
        if ((x < 0.15) & (y < 4.5) & (em < 0.3)).sum() > 2:
            found[i] = shape
    return found


def _columns(wholes: Sequence[_Whole]) -> list[list[Span]]:
    """Columns of the parts of each line that are no words of one text: too far apart (menus), or cells of a table."""
    found = [
        columns(whole.ink, whole.own.rough.em, whole.parted, even)
        for whole, even in zip(wholes, justified([whole.line for whole in wholes]), strict=True)
    ]
    rows = [Row(whole.geometry, whole.ink, whole.own.rough.baseline, whole.own.rough.em) for whole in wholes]
    while (cells := in_cells(rows, found)) != found:  # each row that is cut tells of another
        found = cells
    return found


def as_measured(
    line: Line, geometry: Geometry, exact: Measure, ink: np.ndarray, strip: np.ndarray
) -> TextLine:
    """The line in a strip that is moved and scaled so that baseline and size are the standard ones."""
    start = geometry.to_picture(np.array([[exact.x0, exact.baseline]]))[0]
    em = exact.em * geometry.scale
    length = (exact.x1 - exact.x0) * geometry.scale
    inside = ink[:, int(exact.x0) : int(exact.x1)]
    corners = geometry.to_strip(line.quad)
    edge = 0.2 * exact.em  # as the detector leaves it
    corners[[0, 3], 0] = np.maximum(corners[[0, 3], 0], exact.x0 - edge)
    corners[[1, 2], 0] = np.minimum(corners[[1, 2], 0], exact.x1 + edge)
    return TextLine(
        quad=geometry.to_picture(corners).astype(np.float32),
        score=line.score,
        geometry=from_baseline(start, geometry.direction, em, length),
        ink=np.pad(inside, ((0, 0), (int(MARGIN), int(MARGIN)))),
        erase=ink,
        x0=MARGIN,
        x1=MARGIN + length / (em / EM),
        em=em,
        colour=ink_colour(strip, ink),
        choices=tuple(choice * geometry.scale for choice in exact.choices),
        ink_scale=geometry.scale,
    )


def second_look(paragraphs: Sequence[Paragraph], look: Looker) -> list[Paragraph]:
    """Cut again from the picture, the lines of a paragraph in one frame: same size, direction and x = 0.

    What lay about the letters at the first look (the ends of a label) may have been measured with them: where the letters
    alone are of another size, they are cut a third time.
    """
    seen = _in_frames(paragraphs, look)
    for i, paragraph in enumerate(seen):
        size = _own_size(paragraph)
        if abs(math.log(size)) > math.log(MISJUDGED):
            lines = tuple(resized(line, line.em * size) for line in paragraph.lines)
            for again in _in_frames([replace(paragraph, lines=lines, pitch=paragraph.pitch / size)], look):
                if abs(math.log(_own_size(again))) < abs(math.log(size)):
                    seen[i] = again
    return seen


def _own_size(paragraph: Paragraph) -> float:
    """The type size of a paragraph's letters as they measure, if without a doubt, relative to that of its strips."""
    sizes = [
        found.em / EM
        for line in paragraph.lines
        if not line.choices
        and line.x1 - line.x0 > 3 * EM
        and (found := measure(line.ink))
        and not found.choices
    ]
    return float(np.median(sizes)) if sizes else 1.0


def _in_frames(paragraphs: Sequence[Paragraph], look: Looker) -> list[Paragraph]:
    """Paragraphs cut by their own measures; one without any ink is left out."""
    frames: list[list[Geometry]] = [_frame(paragraph) for paragraph in paragraphs]
    colours = [line.colour for paragraph in paragraphs for line in paragraph.lines]
    looks = iter(look([geometry for frame in frames for geometry in frame], colours))
    result = []
    for paragraph, frame in zip(paragraphs, frames, strict=True):
        lines = []
        for line, geometry in zip(paragraph.lines, frame, strict=True):
            ends = line.geometry.to_picture(np.array([[line.x0, BASELINE], [line.x1, BASELINE]]))
            x0, x1 = geometry.to_strip(ends)[:, 0]
            seen = next(looks)
            rows = between_rules(seen.strip)
            inner = (np.arange(HEIGHT) >= rows[0]) & (np.arange(HEIGHT) < rows[1])
            seen = replace(seen, ink=seen.ink * inner[:, None])
            under = underline(seen.strip, seen.ink, (x0, x1))
            key = key_line(seen.strip, seen.ink, (x0, x1)) if under is None else None
            ink = _without(_without(seen.ink, under), key, rim=0)
            ink, erase = own_letters(ink, seen.erase, (x0, x1))
            for band, some in filter(None, (under, key)):
                erase[max(band.start - 1, 0) : band.stop + 1, some] = 1
            columns = np.flatnonzero(ink.max(axis=0) > 0.3)
            if len(columns) == 0:
                continue
            lines.append(
                replace(
                    line,
                    geometry=geometry,
                    ink=ink,
                    erase=erase,
                    x0=float(columns[0]),
                    x1=float(columns[-1] + 1),
                    em=geometry.scale * EM,
                    underline=under,
                    ink_scale=geometry.scale,
                    rows=rows,
                )
            )
        if lines:
            pitch = paragraph.pitch * paragraph.lines[0].em / lines[0].em
            result.append(replace(paragraph, lines=tuple(lines), pitch=pitch))
    return result


def _without(ink: np.ndarray, under: tuple[slice, np.ndarray] | None, rim: int = 1) -> np.ndarray:
    """The ink without the line under its words and `rim` rows beside it; letters that go through it and on stay."""
    if under is None:
        return ink
    rows, columns = under
    ink = ink.copy()
    around = slice(max(rows.start - rim, 0), rows.stop + rim)
    above, below = ink[max(rows.start - 3, 0)], ink[min(rows.stop + 1, HEIGHT - 1)]
    through = np.minimum(above, below)[columns] > 0.3
    ink[around, columns] = np.where(through, ink[around, columns], 0)
    return ink


def _frame(paragraph: Paragraph) -> list[Geometry]:
    lines = paragraph.lines
    em = paragraph.em
    u = np.sum([line.geometry.direction * (line.x1 - line.x0) for line in lines], axis=0)
    u = u / np.linalg.norm(u)
    v = np.array([-u[1], u[0]])
    ends = [line.geometry.to_picture(np.array([[line.x0, BASELINE], [line.x1, BASELINE]])) for line in lines]
    left = min(float(e[0] @ u) for e in ends)
    right = max(float(e[1] @ u) for e in ends)
    return [from_baseline(left * u + float(e.mean(0) @ v) * v, u, em, right - left) for e in ends]
