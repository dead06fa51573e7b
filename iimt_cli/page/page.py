"""The whole way: a picture → paragraphs of ink → new ink → the picture in another language."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from types import MappingProxyType

import cv2
import numpy as np
from numpy.typing import NDArray

from iimt_cli.language.base import NEUTRAL, Language
from iimt_cli.page.arrays import Coverage, Floats, Pixels, Span, Stroke
from iimt_cli.page.files.image import Picture
from iimt_cli.page.guard import without_failures
from iimt_cli.page.ink.grounds import two_grounds
from iimt_cli.page.ink.halo import AROUND, find_halo
from iimt_cli.page.ink.separate import Separator
from iimt_cli.page.ink.style import Style, Underlay, estimate_style
from iimt_cli.page.layout.find import find_lines
from iimt_cli.page.layout.frames import second_look
from iimt_cli.page.layout.group import group, paragraph, regroup
from iimt_cli.page.layout.initials import find_initials, initial_line, with_initials
from iimt_cli.page.layout.line import Line, may_touch, turned_points
from iimt_cli.page.layout.looks import Looker, first_look, looker
from iimt_cli.page.layout.marks import mark_before
from iimt_cli.page.layout.pairs import OneText
from iimt_cli.page.layout.rules import edge_between
from iimt_cli.page.layout.stripes import stands_across
from iimt_cli.page.layout.symbols import Letters
from iimt_cli.page.paragraphs import Alignment, Paragraph, TextLine
from iimt_cli.page.rectify import EM, cut
from iimt_cli.page.runs import extent, inked_columns
from iimt_cli.page.typeset.compose import Part, compose
from iimt_cli.page.typeset.erase import bared, mask_of
from iimt_cli.page.typeset.initials import begun, initial_apart
from iimt_cli.page.typeset.legible import fault, placed
from iimt_cli.page.typeset.parts import Origin, parts_of
from iimt_cli.page.typeset.reflow import Flow
from iimt_cli.page.typeset.room import Obstacle, lone_alignment, walls
from iimt_cli.page.typeset.rows import whole_rows
from iimt_cli.page.typeset.slots import places, slots
from iimt_cli.page.typeset.strokes import strokes
from iimt_cli.page.typeset.unroll import Strip, unroll
from iimt_cli.page.typeset.words import Look, looks

# By eye on the examples.
CENTRED = 0.4 * EM  # strip px: if the middles of a paragraph's lines differ by more, it keeps its left end
# Also if the middles differ by so much more than the left ends. It was 0.14 em and more in the three texts (of 44 pages) that
# were wrongly moved from their left ends.
RATHER_LEFT = 0.1 * EM  # strip px
WORD_INK = 0.15  # coverage at which a new word begins and ends

Finder = Callable[[Pixels], list[Line]]
Drawn = tuple[Coverage, Sequence[Span]]
"""New ink, (32, W), and the columns of each of its words."""


@dataclass(frozen=True)
class LeftAlone:
    """Lines that cannot be worked on. quads: their boxes, float32 (4, 2) each, as detected. reason: one line of text."""

    quads: tuple[NDArray[np.float32], ...]
    reason: str


@dataclass(frozen=True)
class Page:
    """A picture and the paragraphs found in it.

    quarters: the picture turned by np.rot90(picture, quarters) has upright text; all other fields are about the turned one.
    clean: its views, (H, W, 3), with every line of its paragraphs erased. left_alone: the lines that are in no paragraph,
    because they could not be measured, separated or erased. found: all lines as the detector found them. aligned: whether
    `Paragraph.alignment` is final, and not asked of the lines round it.
    """

    picture: Picture
    paragraphs: tuple[Paragraph, ...]
    clean: tuple[Pixels, ...]
    left_alone: tuple[LeftAlone, ...] = ()
    found: tuple[Line, ...] = ()
    quarters: int = 0
    aligned: bool = False

    @cached_property
    def views(self) -> list[Pixels]:
        """What an eye sees of the picture, upright, (H, W, 3) each."""
        return [_turned(view, self.quarters) for view in self.picture.views]

    def in_picture(self, quad: Floats) -> NDArray[np.float32]:
        """A box of the page, (4, 2), in the coordinates of the picture, which is not turned."""
        height, width = self.clean[0].shape[:2]
        return turned_points(quad, -self.quarters, (width, height))

    @property
    def strips(self) -> list[Strip]:
        """The ink of each paragraph as one line."""
        return [unroll(paragraph) for paragraph in self.paragraphs]

    @property
    def lines(self) -> list[TextLine]:
        """The lines of all paragraphs, in order. `divided` numbers lines by their place in this list."""
        return [line for paragraph in self.paragraphs for line in paragraph.lines]

    def divided(
        self,
        texts: Sequence[str],
        separate: Separator,
        pack: Language = NEUTRAL,
        one_text: OneText | None = None,
    ) -> tuple[Page, list[list[int] | None]]:
        """The page with its lines grouped again, now by what they say; and for each paragraph the numbers of its lines.

        texts: what was read in each of `lines`, "" for nothing. pack: of the language of the texts. one_text: what decides by
        their words about lines that are in doubt. The lines of a paragraph share one frame. So lines that come from several
        paragraphs are cut again, and None stands for their numbers. If an edge in the picture runs between them, or cutting
        fails, they stay apart.
        """
        lines = self.lines
        owner = [n for n, p in enumerate(self.paragraphs) for _ in p.lines]
        found: list[tuple[int, Paragraph, list[int] | None]] = []
        across = []
        view = self.views[0]
        look = looker(view, separate)
        groups = regroup(lines, texts, pack, one_text)
        initials = find_initials(groups, lines, view)
        for numbers in with_initials(groups, initials, lines):
            if len({owner[i] for i in numbers}) == 1:
                found.append(
                    (
                        numbers[0],
                        self.paragraphs[owner[numbers[0]]].part([lines[i] for i in numbers]),
                        numbers,
                    )
                )
            else:
                across.append(numbers)

        def cut_anew(some: Sequence[list[int]]) -> list[tuple[int, list[Paragraph]]]:
            whole = [(numbers[0], paragraph([lines[i] for i in numbers])) for numbers in some]
            return [(first, second_look(_parted(p, view), look)) for first, p in whole]

        anew, failures = without_failures(cut_anew, across)
        found += [(first, part, None) for first, parts in anew for part in parts]
        found += [
            (i, self.paragraphs[owner[i]].part([lines[i]]), [i]) for failure in failures for i in failure.item
        ]
        found.sort(key=lambda one: one[0])
        large = {initial.numbers[0]: initial_line(initial, look) for initial in initials}
        found = [
            one if large.get(one[0]) is None else (one[0], one[1].begun(large[one[0]]), None) for one in found
        ]
        letters = [line for line in large.values() if line is not None]
        clean = [bared(pixels, letters) for pixels in self.clean] if letters else self.clean
        page = replace(self, paragraphs=tuple(p for _, p, _ in found), clean=tuple(clean))
        return page, [numbers for *_, numbers in found]

    def only(self, numbers: Sequence[int]) -> Page:
        """The page with some of its paragraphs, by number."""
        return replace(self, paragraphs=tuple(self.paragraphs[i] for i in numbers))

    def leaving(self, lines: Sequence[TextLine], reason: str) -> Page:
        """The page with more lines in `left_alone`; they are in none of its paragraphs."""
        alone = LeftAlone(tuple(line.quad for line in lines), reason)
        return replace(self, left_alone=(*self.left_alone, alone))

    def draw(
        self,
        drawn: Mapping[int, Drawn],
        came_from: Mapping[int, Sequence[Origin]] = MappingProxyType({}),
        settled: Mapping[int, Flow] | None = None,
        ties: Mapping[int, Collection[int]] = MappingProxyType({}),
        known: Mapping[int, Stroke] = MappingProxyType({}),
    ) -> tuple[Pixels, dict[int, Flow]]:
        """Replace paragraphs (by number) by new ink. Returns pixels for `write_picture`, and for each paragraph its `Flow`.

        Paragraphs that are not in `drawn` keep their pixels. So do those whose drawing fails; they are missing in the result.
        came_from: for a paragraph in several colours, which columns of its new ink translate which columns of its strip.
        settled: the `Flow` of paragraphs that are already set; the others keep clear of them, and are set each by itself.
        ties: for a paragraph, the numbers of words that should stay on one line with the next word.
        known: the strokes of paragraphs that are set by themselves, if these were drawn before.
        """
        result, _ = without_failures(
            lambda some: self._drawn(dict(some), came_from, settled, ties, known), list(drawn.items())
        )
        return result

    def flows(self, drawn: Mapping[int, Drawn], ties: Mapping[int, Collection[int]]) -> dict[int, Flow]:
        """How `draw` would set the paragraphs, without drawing them."""
        result, _ = without_failures(
            lambda some: self.laid_out(tightened(dict(some)), ties), list(drawn.items())
        )
        return result

    def _drawn(
        self,
        drawn: Mapping[int, Drawn],
        came_from: Mapping[int, Sequence[Origin]],
        settled: Mapping[int, Flow] | None,
        ties: Mapping[int, Collection[int]],
        known: Mapping[int, Stroke],
    ) -> tuple[Pixels, dict[int, Flow]]:
        chosen = tightened(drawn)
        bare = [self.erased(v, chosen) for v in range(len(self.views))]
        flows = self.painted(bare, chosen, self.laid_out(chosen, ties, settled, known), came_from)
        return self.picture.merge([_turned(view, -self.quarters) for view in bare]), flows

    def erased(self, number: int, chosen: Collection[int]) -> Pixels:
        """A view, by its number, without the text of some paragraphs."""
        view = self.views[number]
        old = [line for i in chosen for line in self.paragraphs[i].inked]
        kept = [line for i, p in enumerate(self.paragraphs) if i not in chosen for line in p.inked]
        # A letter of a line that stays keeps its pixels, except those that are also in a letter of a line to be erased.
        mask, staying = mask_of(view.shape, old), mask_of(view.shape, kept, letters=True)
        if (mask & staying).any():
            mask &= mask_of(view.shape, old, letters=True) | ~staying
        return np.asarray(cv2.copyTo(self.clean[number], mask.view(np.uint8), view.copy()), np.uint8)

    def painted(
        self,
        bare: Sequence[Pixels],
        chosen: Mapping[int, Drawn],
        flows: Mapping[int, Flow],
        came_from: Mapping[int, Sequence[Origin]],
    ) -> dict[int, Flow]:
        """Draws paragraphs as they are set into views without their old text, in place. Returns how they came out."""
        empty, done = bare[0].copy(), dict[int, Flow]()
        shown: dict[int, Sequence[Part]] = {}
        for v, view in enumerate(self.views):
            for i, flow in flows.items():
                style = self.style(i, view, self.clean[v])
                ink = chosen[i][0]
                parts = parts_of(self.paragraphs[i], view, self.clean[v], style, ink, came_from.get(i, ()))
                parts = initial_apart(parts, self.paragraphs[i], flow, style, ink)
                shown[i] = parts
                boxes = compose(bare[v], flow.placements, ink, style, flow.stroke, parts, flow.rows)
                done[i] = replace(flow, boxes=boxes)
        for i, flow in done.items():
            words = placed(flow, *chosen[i], shown[i])
            why = fault(self.paragraphs[i], words, self.views[0], self.clean[0], empty, bare[0])
            done[i] = replace(flow, fault=why)
        return done

    def looks(self, number: int) -> list[Look]:
        """The runs of words in a paragraph's strip that look alike; no runs if all words do."""
        return looks(self.paragraphs[number], self.views[0], self.clean[0])

    def style(self, number: int, view: Pixels, clean: Pixels) -> Style:
        """Colour, weight and outline of a paragraph in one view of the picture: that of its longest line."""
        line = max(self.paragraphs[number].lines, key=lambda o: o.length)
        style = estimate_style(view, clean, line.geometry, line.ink, line.erase)
        if line.halo is not None:
            halo = line.halo
            style = replace(style, underlay=Underlay(halo.colour, 0.0, halo.shift, halo.gain, halo.blur))
        grounds = two_grounds(self.paragraphs[number], view, clean)
        return style if grounds is None else Style(style.colour, grounds=grounds)

    def laid_out(
        self,
        chosen: Mapping[int, Drawn],
        ties: Mapping[int, Collection[int]],
        settled: Mapping[int, Flow] | None = None,
        known: Mapping[int, Stroke] = MappingProxyType({}),
        obstacles: Sequence[Obstacle] = (),
    ) -> dict[int, Flow]:
        """How paragraphs are set. All but obstacles as in `draw`; these are further places to keep clear of."""
        # Text that stays is an obstacle as a box. So `bare` has no text: a descender below the box is no obstacle.
        bare = self.clean[0]
        flows = {i: flow for i, flow in (settled or {}).items() if i in chosen}
        # No paragraph may grow over these: lines in no paragraph, and words that are set already.
        taken = [Obstacle(quad) for alone in self.left_alone for quad in alone.quads]
        taken += [*obstacles, *(place for flow in flows.values() for place in places(flow))]
        alignments = {i: self.alignment(i) for i in chosen}
        for i in chosen:
            if i in flows:
                continue
            others = taken + [
                Obstacle(
                    line.quad, moves=j in chosen and j not in flows and alignments[j] in ("center", "right")
                )
                for j, other in enumerate(self.paragraphs)
                if j != i
                for line in other.inked
            ]
            own, extra = slots(self.paragraphs[i], alignments[i], bare, others)
            flow = begun(self.paragraphs[i], chosen[i], own, alignments[i], extra, ties.get(i, ()))
            flows[i] = replace(flow, rows=whole_rows(self.paragraphs[i], self.views[0], bare))
            taken += places(flows[i])
        inks = {i: (self.paragraphs[i], ink, flows[i]) for i, (ink, _) in chosen.items()}
        if settled is None:
            found = strokes(inks)
            return {i: replace(flows[i], stroke=found[i]) for i in chosen}
        own_strokes = {
            i: known[i] if i in known else strokes({i: inks[i]})[i] for i in chosen if i not in settled
        }
        return {i: replace(flows[i], stroke=own_strokes.get(i, flows[i].stroke)) for i in chosen}

    def alignment(self, number: int) -> Alignment:
        """Which ends of its lines a paragraph keeps."""
        paragraph, bare = self.paragraphs[number], self.clean[0]
        line, x0, x1 = paragraph.lines[0], *paragraph.extent
        apart = float(np.ptp([(o.x0 + o.x1) / 2 for o in paragraph.lines]))  # the middles of its lines
        left = apart > min(CENTRED, float(np.ptp([o.x0 for o in paragraph.lines])) + RATHER_LEFT)
        if self.aligned or paragraph.alignment != "left" or left:
            return paragraph.alignment
        others = [o for j, p in enumerate(self.paragraphs) if j != number for o in p.lines]
        between = walls(bare, line.geometry, x0, x1, [o.quad for o in others])
        return lone_alignment(line.geometry, x0, x1, between, [o.ends for o in others], bare.shape)


def read_page(
    picture: Picture,
    separate: Separator,
    find: Finder = find_lines,
    quarters: int = 0,
    letters: Letters | None = None,
) -> Page:
    """Find, rectify, separate, measure, group and erase: everything that is done before the translation.

    Lines on which that fails are left alone. quarters: the picture is turned by np.rot90(picture, quarters) first.
    letters: tells letters from symbols by reading them; without it `symbols` alone decides.
    """
    views = [_turned(view, quarters) for view in picture.views]
    look = looker(views[0], separate)

    def read(found: list[Line]) -> tuple[list[Paragraph], list[Pixels]]:
        paragraphs = _with_halos(_paragraphs(found, views[0], look, letters), views[0])
        lines = [line for p in paragraphs for line in p.lines]
        return paragraphs, [bared(view, lines) for view in views]

    found = find(views[0])
    (paragraphs, clean), failures = without_failures(read, found)
    bad = [
        LeftAlone((failure.item.quad,), f"could not be measured ({failure.cause})") for failure in failures
    ]
    return Page(picture, tuple(paragraphs), tuple(clean), tuple(bad), tuple(found), quarters)


def _turned(view: Pixels, quarters: int) -> Pixels:
    return np.ascontiguousarray(np.rot90(view, quarters)) if quarters % 4 else view


def _paragraphs(
    found: Sequence[Line], view: Pixels, look: Looker, letters: Letters | None
) -> list[Paragraph]:
    """The texts of a view, (H, W, 3), from the boxes of its lines."""
    seen = first_look(found, look, letters)
    quads = [line.quad for line in seen]
    lines = [
        line
        if line.item
        else replace(line, item=mark_before(view, line.geometry, quads[:i] + quads[i + 1 :]))
        for i, line in enumerate(seen)
    ]
    return second_look([part for p in group(lines) for part in _parted(p, view)], look)


def _with_halos(paragraphs: Sequence[Paragraph], view: Pixels) -> list[Paragraph]:
    """The paragraphs, each with the glow or soft shadow that its longest line has in a view, (H, W, 3), if it has one."""
    lines = [line for text in paragraphs for line in text.lines]
    found = []
    for text in paragraphs:
        own = max(text.lines, key=lambda o: o.length)
        reach = AROUND * own.geometry.scale
        near = [o for o in lines if o is not own and may_touch(o.quad, own.quad, reach)]
        halo = find_halo(view, own.geometry, own.ink, [(o.geometry, o.ink) for o in near])
        found.append(text if halo is None else text.part([replace(o, halo=halo) for o in text.lines]))
    return found


def _parted(paragraph: Paragraph, view: Pixels) -> list[Paragraph]:
    """The paragraph, divided where an edge in the picture runs between two of its lines, but for edges that they cross."""
    lines, parts = paragraph.lines, [[paragraph.lines[0]]]
    for above, line in pairwise(lines):
        x0, x1 = (float(x) for x in line.geometry.to_strip(above.ends)[:, 0])
        edge = edge_between(view, above.geometry, line.geometry, (min(x0, line.x0), max(x1, line.x1)))
        if edge and not any(stands_across(cut(view, one.geometry)) for one in (above, line)):
            parts.append([])
        parts[-1].append(line)
    if len(parts) == 1:
        return [paragraph]
    return [paragraph.part(some) for some in parts]


def tightened(drawn: Mapping[int, Drawn]) -> dict[int, Drawn]:
    """Those of `drawn` that have words. The columns of each word are without the empty ones at its ends."""
    return {i: (ink, _tight(ink, words)) for i, (ink, words) in drawn.items() if len(words)}


def _tight(ink: Coverage, words: Sequence[Span]) -> list[Span]:
    """Words without the empty columns at their ends, so that the letters themselves keep the line's edge."""
    filled = inked_columns(ink, WORD_INK)
    spans = []
    for a, b in words:
        own = extent(filled[a:b])
        spans.append((a + own[0], a + own[1]) if own else (a, b))
    return spans
