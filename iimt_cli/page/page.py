"""The whole way: a picture → paragraphs of ink → new ink → the picture in another language."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from types import MappingProxyType
from typing import Protocol

import cv2
import numpy as np

from iimt_cli.page.compose import compose
from iimt_cli.page.erase import erase_mask, fill
from iimt_cli.page.find import Line, find_lines
from iimt_cli.page.group import group, pitch
from iimt_cli.page.image import Picture
from iimt_cli.page.marks import bullet_before, icons, leading_mark, leading_shape, trailing_arrow
from iimt_cli.page.outline import without_outline
from iimt_cli.page.paragraphs import Alignment, Paragraph, TextLine, stem, word_gaps
from iimt_cli.page.rectify import BASELINE, EM, MARGIN, Geometry, cut, from_baseline, from_quad, inside
from iimt_cli.page.reflow import Flow, Slot, Span, reflow
from iimt_cli.page.room import Obstacle, is_free, lone_alignment, room, walls
from iimt_cli.page.rules import edge_between, rules, underline
from iimt_cli.page.separate import Colour, Measure, Separator, measure, own_letters, slope
from iimt_cli.page.sizes import even_sizes
from iimt_cli.page.style import Style, estimate_style, ink_colour
from iimt_cli.page.unroll import Strip, unroll

UNSEEN = 2.0  # type sizes: the detector joins no words so far apart, so there must be letters that the separator missed

OTHER_COLOUR = 50.0  # of 255: parts of a text differ by more if they are meant to

Finder = Callable[[np.ndarray], list[Line]]
Drawn = tuple[np.ndarray, Sequence[Span]]
"""New ink, float32 [32, W], and the columns x0, x1 of each of its words."""
Origin = tuple[Span, Span]
"""Columns of new ink, and those of the old strip that they stand for."""


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


@dataclass(frozen=True)
class Page:
    """A picture and the paragraphs found in it. clean: its views with every found line erased."""

    picture: Picture
    paragraphs: tuple[Paragraph, ...]
    clean: tuple[np.ndarray, ...]

    @property
    def strips(self) -> list[Strip]:
        """The ink of each paragraph as one line."""
        return [unroll(paragraph) for paragraph in self.paragraphs]

    @property
    def columns(self) -> list[list[int]]:
        """Paragraphs, by number, under each other that may be one text for all that their type and place say."""
        found: dict[int, list[list[int]]] = {}
        for i, paragraph in enumerate(self.paragraphs):
            first = paragraph.lines[0]
            chains = found.setdefault(first.column, [])
            if chains and first.follows:
                chains[-1].append(i)
            else:
                chains.append([i])
        return [chain for column in sorted(found) for chain in found[column] if len(chain) > 1]

    def joined(self, groups: Sequence[Sequence[int]], separate: Separator) -> Page:
        """The page with groups of its `columns` as one paragraph each, unless an edge runs between two lines of them.

        Their lines are cut anew, since those of a paragraph share one frame.
        """
        view, paragraphs = self.picture.views[0], dict(enumerate(self.paragraphs))
        look = _looker(view, separate)
        for numbers in groups:
            lines = tuple(line for i in numbers for line in paragraphs[i].lines)
            whole = Paragraph(lines, paragraphs[numbers[0]].alignment, pitch(lines))
            if len(_parted(whole, view)) == 1 and (again := _second_look([whole], look)):
                paragraphs[numbers[0]] = again[0]
                for i in numbers[1:]:
                    del paragraphs[i]
        return replace(self, paragraphs=tuple(paragraphs.values()))

    def split(self, readings: Mapping[int, list[str]], starts: Mapping[int, Collection[int]]) -> Page:
        """The page with paragraphs divided by what they say: one reading per line, by paragraph number.

        starts: the lines, by paragraph number, that begin a text of their own.
        """
        parts = [
            p.split_after(readings[i], starts.get(i, ())) if i in readings else [p]
            for i, p in enumerate(self.paragraphs)
        ]
        return replace(self, paragraphs=tuple(part for some in parts for part in some))

    def draw(
        self, drawn: Mapping[int, Drawn], came_from: Mapping[int, Sequence[Origin]] = MappingProxyType({})
    ) -> tuple[np.ndarray, dict[int, Flow]]:
        """Replace paragraphs (by number) by new ink. Returns pixels for `write_picture` and how each was set.

        Paragraphs that are not in `drawn` keep their pixels. came_from: of those in several colours, which columns of the
        new ink stand for which of their strip.
        """
        chosen = {i: (ink, _tight(ink, words)) for i, (ink, words) in drawn.items() if len(words)}
        views = self.picture.views
        bare = []
        for view, clean in zip(views, self.clean, strict=True):
            mask = np.zeros(view.shape[:2], bool)
            for i in chosen:
                mask |= _mask(view.shape, self.paragraphs[i].lines)
            bare.append(cv2.copyTo(clean, mask.view(np.uint8), view.copy()))
        flows = self._flows(chosen, bare[0])
        for v, view in enumerate(views):
            for i, flow in flows.items():
                style = self.style(i, view, self.clean[v])
                ink = chosen[i][0]
                thicker, rows = _thicker(self.paragraphs[i], ink), self.paragraphs[i].underline
                tints = _tints(self.paragraphs[i], view, self.clean[v], came_from.get(i, ()))
                bare[v] = compose(bare[v], flow.placements, ink, style, thicker, rows, tints)
        return self.picture.merge(bare), flows

    def style(self, number: int, view: np.ndarray, clean: np.ndarray) -> Style:
        """Colour, weight and outline of a paragraph in one view of the picture: that of its longest line."""
        line = max(self.paragraphs[number].lines, key=lambda o: o.x1 - o.x0)
        return estimate_style(view, clean, line.geometry, line.ink, line.erase)

    def _flows(self, chosen: Mapping[int, Drawn], bare: np.ndarray) -> dict[int, Flow]:
        flows: dict[int, Flow] = {}
        placed: list[Obstacle] = []  # what is drawn already, where later paragraphs must not grow into it
        alignments = {i: self._alignment(i, bare) for i in range(len(self.paragraphs))}
        for i, (_, words) in chosen.items():
            obstacles = placed + [
                Obstacle(
                    line.quad, moves=j in chosen and j not in flows and alignments[j] in ("center", "right")
                )
                for j, other in enumerate(self.paragraphs)
                if j != i
                for line in other.lines
            ]
            slots, extra = _slots(self.paragraphs[i], alignments[i], bare, obstacles)
            flows[i] = reflow(words, slots, alignments[i], extra)
            placed += [_obstacle(p.geometry, p.x, p.right) for p in flows[i].placements]
        return flows

    def _alignment(self, number: int, bare: np.ndarray) -> Alignment:
        paragraph = self.paragraphs[number]
        line, x0, x1 = paragraph.lines[0], *paragraph.extent
        middles = [(o.x0 + o.x1) / 2 for o in paragraph.lines]
        if paragraph.alignment != "left" or float(np.ptp(middles)) > 0.4 * EM:
            return paragraph.alignment
        others = [o.quad for j, p in enumerate(self.paragraphs) if j != number for o in p.lines]
        between = walls(bare, line.geometry, x0, x1, others)
        return lone_alignment(line.geometry, x0, x1, between, others, bare.shape)


def read_page(picture: Picture, separate: Separator, find: Finder = find_lines) -> Page:
    """Find, rectify, separate, measure, group and erase: everything before the translation."""
    views = picture.views
    look = _looker(views[0], separate)
    lines = [
        replace(line, item=line.item or bullet_before(views[0], line.geometry))
        for line in _first_look(find(views[0]), look)
    ]
    paragraphs = _second_look([part for p in group(lines) for part in _parted(p, views[0])], look)
    clean = []
    for view in views:
        mask = _mask(view.shape, [line for p in paragraphs for line in p.lines])
        clean.append(fill(view, mask))
    return Page(picture, tuple(paragraphs), tuple(clean))


def _looker(view: np.ndarray, separate: Separator) -> Looker:
    def look(geometries: Sequence[Geometry], colours: Sequence[Colour] | None = None) -> list[Look]:
        strips = [cut(view, geometry) for geometry in geometries]
        looks = []
        for strip, masks, geometry in zip(strips, separate(strips, colours), geometries, strict=True):
            ink, erase = without_outline(strip, *masks)
            ruled = rules(strip)
            there = inside(geometry, view.shape) * ~ruled
            looks.append(Look(strip, ink * there, erase * there, ruled))
        return looks

    return look


def _mask(shape: tuple[int, ...], lines: Sequence[TextLine]) -> np.ndarray:
    mask = np.zeros(shape[:2], bool)
    for line in lines:
        mask |= erase_mask(shape, line.geometry, line.erase)
    return mask


def _first_look(found: Sequence[Line], look: Looker) -> list[TextLine]:
    """Strips by the detector's boxes: good enough to measure size and baseline, and to group the lines."""
    geometries = [from_quad(line.quad) for line in found]
    looks = look(geometries)
    # The box of a slanted line follows its highest and lowest letters; its ink knows better.
    slanted = [i for i, line in enumerate(found) if line.quad[0, 1] != line.quad[1, 1]]
    for i in slanted:
        geometries[i] = geometries[i].turned(slope(looks[i].ink))
    for i, again in zip(slanted, look([geometries[i] for i in slanted]), strict=True):
        looks[i] = again
    # Over a busy picture some letters show only to those who know their colour.
    letters = [_own(seen) for seen in looks]
    doubtful = [i for i, own in enumerate(letters) if own is not None and own.partial]
    colours = [ink_colour(looks[i].strip, looks[i].ink) for i in doubtful]
    for i, again in zip(doubtful, look([geometries[i] for i in doubtful], colours), strict=True):
        looks[i], letters[i] = again, _own(again)
    lines = []
    for line, geometry, seen, own in zip(found, geometries, looks, letters, strict=True):
        if own is None:
            continue
        rough, ink, partial = own.rough, own.ink, own.partial
        mark = leading_shape(seen.strip, ink, rough.em) or leading_mark(ink, rough.baseline, rough.em)
        if mark is not None:
            ink[:, mark] = 0
        arrow = trailing_arrow(ink, rough.baseline, rough.em)
        if arrow is not None:
            ink[:, arrow] = 0
        ink[:, icons(seen.strip, ink, rough.em)] = 0
        for number, (x0, x1) in enumerate(_columns(ink, rough.em, seen.ruled)):
            part = np.zeros_like(ink)
            part[:, x0:x1] = ink[:, x0:x1]
            exact = measure(part)
            if exact is not None:
                measured = _measured(line, geometry, exact, part, seen.strip)
                lines.append(replace(measured, item=number == 0 and mark is not None, partial=partial))
    return even_sizes(lines)


@dataclass(frozen=True)
class _Own:
    """The line's own letters in a strip. partial: there must be more of them."""

    rough: Measure
    ink: np.ndarray
    partial: bool


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


def _columns(ink: np.ndarray, em: float, ruled: np.ndarray) -> list[Span]:
    """Columns of the parts of a line that are no words of one text: too far apart (menus), or in cells of a table."""
    gaps = word_gaps(ink, 0.18 * em / EM)
    widths = np.array([b - a for a, b in gaps]) / em
    wide = widths > 1.1
    order = np.sort(widths[~wide])[::-1]
    if len(order) > 2 and order[-1] > 0.6:  # links of a bar
        wide[:] = True
    elif len(order) > 1:  # and of another: most gaps are wide, some much narrower, inside a link
        leap = int(np.argmax(order[:-1] / order[1:]))
        if order[leap] > max(0.6, 2 * order[leap + 1]) and leap + 1 >= len(order) - leap - 1:
            wide |= widths >= order[leap]
    gaps = [gap for gap, far in zip(gaps, wide, strict=True) if far or ruled[slice(*gap)].any()]
    return list(zip([0, *(b for _, b in gaps)], [*(a for a, _ in gaps), ink.shape[1]], strict=True))


def _measured(line: Line, geometry: Geometry, exact: Measure, ink: np.ndarray, strip: np.ndarray) -> TextLine:
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
    )


def _second_look(paragraphs: Sequence[Paragraph], look: Looker) -> list[Paragraph]:
    """Cut again from the picture, the lines of a paragraph in one frame: same size, direction and x = 0."""
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
            under = underline(seen.strip, seen.ink, (x0, x1))
            ink, erase = own_letters(_without(seen.ink, under), seen.erase, (x0, x1))
            if under is not None:
                rows, some = under
                erase[max(rows.start - 1, 0) : rows.stop + 1, some] = 1
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
                )
            )
        if lines:
            pitch = paragraph.pitch * paragraph.lines[0].em / lines[0].em
            result.append(replace(paragraph, lines=tuple(lines), pitch=pitch))
    return result


def _without(ink: np.ndarray, under: tuple[slice, slice] | None) -> np.ndarray:
    """The ink without the line under its words; letters that go through it stay."""
    if under is None:
        return ink
    rows, columns = under
    ink = ink.copy()
    around = slice(max(rows.start - 1, 0), rows.stop + 1)
    through = ink[max(rows.start - 3, 0), columns] > 0.3
    ink[around, columns] = np.where(through, ink[around, columns], 0)
    return ink


def _parted(paragraph: Paragraph, view: np.ndarray) -> list[Paragraph]:
    """The paragraph, divided where an edge in the picture runs between two of its lines."""
    lines, parts = paragraph.lines, [[paragraph.lines[0]]]
    for above, line in pairwise(lines):
        ends = above.geometry.to_picture(np.array([[above.x0, BASELINE], [above.x1, BASELINE]]))
        x0, x1 = line.geometry.to_strip(ends)[:, 0]
        if edge_between(view, above.geometry, line.geometry, (min(x0, line.x0), max(x1, line.x1))):
            parts.append([])
        parts[-1].append(line)
    if len(parts) == 1:
        return [paragraph]
    return [replace(paragraph, lines=tuple(p), pitch=paragraph.pitch if len(p) > 1 else 0.0) for p in parts]


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


def _tints(
    paragraph: Paragraph, view: np.ndarray, clean: np.ndarray, came_from: Sequence[Origin]
) -> list[tuple[Span, tuple[float, float, float]]]:
    """The colour of each part of the new ink, if the parts of the old had colours that differ: a link, a dimmed preview."""
    if len(came_from) < 2:
        return []
    parts, rough = [], []
    strips = [cut(view, line.geometry) for line in paragraph.lines]
    spans = unroll(paragraph).lines
    for new, (a, b) in came_from:
        reach = [min(b, stop) - max(a, start) for start, stop in spans]
        n = int(np.argmax(reach))
        line, shift = paragraph.lines[n], int(paragraph.lines[n].x0) - spans[n][0]
        ink = np.zeros_like(line.ink)
        own = slice(max(a + shift, 0), max(b + shift, 0))
        ink[:, own] = line.ink[:, own]
        parts.append((new, line, ink))
        rough.append(ink_colour(strips[n], ink))
    if float(np.ptp(np.array(rough), axis=0).max()) < OTHER_COLOUR:
        return []
    return [
        (new, estimate_style(view, clean, line.geometry, ink, line.erase).colour) for new, line, ink in parts
    ]


def _slots(
    paragraph: Paragraph, alignment: Alignment, bare: np.ndarray, obstacles: Sequence[Obstacle]
) -> tuple[list[Slot], list[Slot]]:
    lines = paragraph.lines
    # Letters stand at their own distance from the margin (A, T, V): the middle one of them is the fairest.
    starts, ends = [o.x0 for o in lines], [o.x1 for o in lines]
    left = float(np.median(starts)) if alignment in ("left", "justified") else min(starts)
    right = float(np.median(ends)) if alignment == "right" else max(ends)
    rooms = [room(bare, o.geometry, o.x0, o.x1, obstacles) for o in lines]
    low = min(left, max(r[0] for r in rooms))
    high = max(right, min(r[1] for r in rooms))
    if len(lines) > 1:  # a block of text that outgrows its column looks worse than smaller type
        spare = (0.25 if len(lines) == 2 else 0.08) * (right - left)
        low, high = max(low, left - spare), min(high, right + spare)
    hanging = alignment == "left" and np.ptp(starts) > 0.4 * EM  # or its first line is indented
    slots = [Slot(o.geometry, o.x0 if hanging else left, right, min(low, o.x0), high) for o in lines]
    extra = []
    pitch = paragraph.pitch or 1.3 * EM
    for n in range(1, 1 + max(1, len(lines) // 2)):
        below = lines[-1].geometry.moved(y=n * pitch)
        if not is_free(bare, below, left, right, obstacles, pitch):
            break
        limits = room(bare, below, left, right, obstacles)
        start = starts[-1] if hanging else left
        extra.append(Slot(below, start, right, max(low, limits[0]), min(high, limits[1])))
    return slots, extra


def _thicker(paragraph: Paragraph, ink: np.ndarray) -> float:
    """How much wider the strokes of the old letters are than those of the new ink, strip px.

    Different letters have different strokes, so small differences are left alone; and hardly ever thinner:
    that would take away what is drawn faintly.
    """
    lengths = [line.x1 - line.x0 for line in paragraph.lines]
    difference = float(np.average([o.stem for o in paragraph.lines], weights=lengths)) - stem(ink)
    return float(np.clip(difference - 0.15, 0, 0.6) + np.clip(difference + 0.15, -0.2, 0))


def _tight(ink: np.ndarray, words: Sequence[Span]) -> list[Span]:
    """Words without the empty columns at their ends, so that the letters themselves keep the line's edge."""
    filled = ink.max(axis=0) > 0.15
    spans = []
    for a, b in words:
        columns = np.flatnonzero(filled[a:b])
        spans.append((a + int(columns[0]), a + int(columns[-1]) + 1) if len(columns) else (a, b))
    return spans


def _obstacle(geometry: Geometry, x0: float, x1: float) -> Obstacle:
    return Obstacle(geometry.to_picture(np.array([[x0, 4.0], [x1, 4.0], [x1, 29.0], [x0, 29.0]])))
