"""The whole way: a picture → paragraphs of ink → new ink → the picture in another language."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from types import MappingProxyType

import cv2
import numpy as np

from iimt_cli.language.base import NEUTRAL, Language
from iimt_cli.page.compose import Part, compose
from iimt_cli.page.erase import erase_mask, fill
from iimt_cli.page.find import Line, find_lines
from iimt_cli.page.group import group, pitch
from iimt_cli.page.image import Picture
from iimt_cli.page.looks import first_look, looker, second_look
from iimt_cli.page.marks import bullet_before
from iimt_cli.page.paragraphs import Alignment, Paragraph, TextLine
from iimt_cli.page.rectify import BASELINE, EM, Geometry, cut
from iimt_cli.page.reflow import Flow, Slot, Span, reflow
from iimt_cli.page.room import PADDING, Obstacle, between, is_free, lone_alignment, room, walls
from iimt_cli.page.rules import edge_between
from iimt_cli.page.separate import Separator
from iimt_cli.page.sizes import thickening
from iimt_cli.page.style import Style, estimate_style, ink_colour
from iimt_cli.page.unroll import Strip, unroll

OTHER_COLOUR = 50.0  # of 255: parts of a text differ by more if they are meant to

Finder = Callable[[np.ndarray], list[Line]]
Drawn = tuple[np.ndarray, Sequence[Span]]
"""New ink, float32 [32, W], and the columns x0, x1 of each of its words."""
Origin = tuple[Span, Span]
"""Columns of new ink, and those of the old strip that they stand for."""


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
        look = looker(view, separate)
        for numbers in groups:
            lines = tuple(line for i in numbers for line in paragraphs[i].lines)
            whole = Paragraph(lines, paragraphs[numbers[0]].alignment, pitch(lines))
            if len(_parted(whole, view)) == 1 and (again := second_look([whole], look)):
                paragraphs[numbers[0]] = again[0]
                for i in numbers[1:]:
                    del paragraphs[i]
        return replace(self, paragraphs=tuple(paragraphs.values()))

    def split(
        self,
        readings: Mapping[int, list[str]],
        starts: Mapping[int, Collection[int]],
        pack: Language = NEUTRAL,
    ) -> Page:
        """The page with paragraphs divided by what they say: one reading per line, by paragraph number.

        starts: the lines, by paragraph number, that begin a text of their own. pack: of the language that they are in.
        """
        parts = [
            p.split_after(readings[i], starts.get(i, ()), pack) if i in readings else [p]
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
            old = [line for i in chosen for line in self.paragraphs[i].lines]
            kept = [line for i, p in enumerate(self.paragraphs) if i not in chosen for line in p.lines]
            # Letters that stay, however near, unless both claim them.
            own = _mask(view.shape, old, letters=True)
            mask = _mask(view.shape, old) & (own | ~_mask(view.shape, kept, letters=True))
            bare.append(cv2.copyTo(clean, mask.view(np.uint8), view.copy()))
        flows = self._flows(chosen)
        thicker = thickening({i: (self.paragraphs[i], ink) for i, (ink, _) in chosen.items()})
        for v, view in enumerate(views):
            for i, flow in flows.items():
                style = self.style(i, view, self.clean[v])
                ink = chosen[i][0]
                parts = _parts(self.paragraphs[i], view, self.clean[v], style, ink, came_from.get(i, ()))
                bare[v] = compose(bare[v], flow.placements, ink, style, thicker[i], parts)
        return self.picture.merge(bare), flows

    def style(self, number: int, view: np.ndarray, clean: np.ndarray) -> Style:
        """Colour, weight and outline of a paragraph in one view of the picture: that of its longest line."""
        line = max(self.paragraphs[number].lines, key=lambda o: o.x1 - o.x0)
        return estimate_style(view, clean, line.geometry, line.ink, line.erase)

    def _flows(self, chosen: Mapping[int, Drawn]) -> dict[int, Flow]:
        # Text that stays is an obstacle where its box is, not where a letter reaches below it.
        bare = self.clean[0]
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
    look = looker(views[0], separate)
    seen = first_look(find(views[0]), look)
    quads = [line.quad for line in seen]
    lines = [
        replace(
            line,
            item=line.item
            or bullet_before(views[0], line.geometry, [q for q in quads if q is not line.quad]),
        )
        for line in seen
    ]
    paragraphs = second_look([part for p in group(lines) for part in _parted(p, views[0])], look)
    clean = []
    for view in views:
        mask = _mask(view.shape, [line for p in paragraphs for line in p.lines])
        clean.append(fill(view, mask))
    return Page(picture, tuple(paragraphs), tuple(clean))


def _mask(shape: tuple[int, ...], lines: Sequence[TextLine], letters: bool = False) -> np.ndarray:
    """The pixels, bool [H, W], of lines with their outlines and shadows, or of their `letters` alone."""
    mask = np.zeros(shape[:2], bool)
    for line in lines:
        mask |= erase_mask(shape, line.geometry, line.ink if letters else line.erase, line.rows)
    return mask


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


def _parts(
    paragraph: Paragraph,
    view: np.ndarray,
    clean: np.ndarray,
    style: Style,
    new_ink: np.ndarray,
    came_from: Sequence[Origin],
) -> list[Part]:
    """The parts of the new ink, which look like those of the old that they stand for: a link, a dimmed preview.

    None if it is one part and has no line under it.
    """
    if len(came_from) < 2:
        if all(line.underline is None for line in paragraph.lines):
            return []
        came_from = [((0, new_ink.shape[1]), (0, unroll(paragraph).ink.shape[1]))]
    strips = [cut(view, line.geometry) for line in paragraph.lines]
    spans = unroll(paragraph).lines
    parts, rough = [], []
    for new, (a, b) in came_from:
        reach = [min(b, stop) - max(a, start) for start, stop in spans]
        n = int(np.argmax(reach))
        line, shift = paragraph.lines[n], int(paragraph.lines[n].x0) - spans[n][0]
        ink = np.zeros_like(line.ink)
        own = slice(max(a + shift, 0), max(b + shift, 0))
        ink[:, own] = line.ink[:, own]
        under = None
        if line.underline is not None and line.underline[1][ink.max(axis=0) > 0.25].mean() > 0.7:
            under = line.underline[0]
        parts.append((new, line, ink, under))
        rough.append(ink_colour(strips[n], ink))
    alike = float(np.ptp(np.array(rough), axis=0).max()) < OTHER_COLOUR
    return [
        Part(
            new,
            style.colour if alike else estimate_style(view, clean, line.geometry, ink, line.erase).colour,
            under,
        )
        for new, line, ink, under in parts
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
    indented = alignment == "justified" and starts[0] - left > 0.4 * EM
    slots = []
    for n, o in enumerate(lines):
        # A short line may have something beside it where the others are.
        before, after = between(o.geometry, o.x0, o.x1, obstacles)
        before, after = min(o.x0, before + PADDING), max(o.x1, after - PADDING)
        start, end = o.x0 if hanging or (indented and n == 0) else left, right
        if alignment == "center":
            start += max(0.0, before - start, end - after)
            end = left + right - start
        slots.append(
            Slot(
                o.geometry,
                max(start, before),
                min(end, after),
                max(min(low, o.x0), before),
                min(high, after),
            )
        )
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
