"""Corrections that begin with the picture as it was drawn before: only the blocks with other texts are looked at and drawn.

The result is that of a redraw of all blocks (`recall`), and takes as long as the changed blocks take.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from iimt_cli.data.text import clean
from iimt_cli.page import Page, Picture, Separator
from iimt_cli.page.again import known_page, with_others
from iimt_cli.page.arrays import Pixels
from iimt_cli.page.page import LeftAlone
from iimt_cli.page.paragraphs import Paragraph
from iimt_cli.page.rectify import HEIGHT
from iimt_cli.page.typeset.room import Obstacle
from iimt_cli.page.typeset.unroll import unroll
from iimt_cli.translation.job import Change, Redrawn
from iimt_cli.translation.layout import Layout, layout_of, layout_row
from iimt_cli.translation.pieces import Piece, chain_readings, line_ink, ties
from iimt_cli.translation.result import Block, Options, Texts, Translation
from iimt_cli.translation.steps.compose import fault, joined
from iimt_cli.translation.steps.divide import DividedPage
from iimt_cli.translation.steps.reading import Reader

BESIDE = 1.0  # heights of a strip above and below a line, within which another line is near it

Redraw = Callable[[DividedPage, Texts], Redrawn]
"""A page with nothing but paragraphs that were changed, and their blocks → their drafts and changes."""


@dataclass(frozen=True)
class _Known:
    """The blocks of a picture and their layouts, by id; left: those that are no paragraph."""

    blocks: dict[int, Block]
    layouts: dict[int, Layout]
    left: list[Block]

    @classmethod
    def of(cls, texts: Texts) -> "_Known | None":
        """None if something is not known."""
        if texts.drawn.get("blocks") != len(texts.blocks):
            return None
        blocks = {block.id: block for block in texts.blocks if block.layout is not None}
        layouts = {id_: layout_of(block.layout) for id_, block in blocks.items() if block.layout is not None}
        left = [block for block in texts.blocks if block.layout is None]
        if any(block.draft is None or block.draft.pieces for block in left):  # a paragraph has a layout
            return None
        return cls(blocks, layouts, left)

    def edited(self) -> list[int]:
        """The ids of blocks whose text is another one than that in the picture."""
        return [id_ for id_, block in self.blocks.items() if _wanted(block) != clean(self.layouts[id_].text)]

    def goes_back(self, id_: int) -> bool:
        """Whether a block shall become again what the system made of it, which takes all blocks to be the same to the bit."""
        draft = self.blocks[id_].draft
        return draft is not None and bool(draft.target) and _wanted(self.blocks[id_]) == clean(draft.target)

    def near(self, edited: Sequence[int]) -> list[int] | None:
        """The ids of blocks with lines beside, above or below those of the edited ones, which are among them.

        None if the lines of one of the edited blocks are not known.
        """
        found = set(edited)
        for id_ in edited:
            paragraph = self.layouts[id_].paragraph
            if paragraph is None:
                return None
            found |= {
                other
                for other, block in self.blocks.items()
                if other not in found and _is_near(paragraph, block)
            }
        return [id_ for id_ in self.layouts if id_ in found]


def _wanted(block: Block) -> str:
    return "" if block.keep else clean(block.target)


def _is_near(paragraph: Paragraph, block: Block) -> bool:
    """Whether a line of a block is in the rows of a paragraph's lines, or of those that it may get below."""
    last = len(paragraph.lines) - 1
    more = max(1, len(paragraph.lines) // 2) * max(paragraph.pitch, HEIGHT)
    for n, line in enumerate(paragraph.lines):
        rows = line.geometry.to_strip(np.reshape(block.lines, (-1, 2)))[:, 1].reshape(-1, 4)
        low, high = -BESIDE * HEIGHT, (1 + BESIDE) * HEIGHT + (more if n == last else 0.0)
        if ((rows.max(axis=1) > low) & (rows.min(axis=1) < high)).any():
            return True
    return False


def corrected(
    picture: Picture,
    base: Pixels,
    texts: Texts,
    separate: Separator,
    reader: Reader,
    redraw: Redraw,
    options: Options,
) -> Translation | None:
    """`base`, the picture as `Texts.drawn` says that it was drawn, with the texts that are other ones now.

    options: those with which all blocks would be drawn. None where all must be drawn again. Raises ValueError, TypeError or
    LookupError if a layout is broken.
    """
    known = _Known.of(texts)
    if known is None or picture.alpha is not None:
        return None
    edited = known.edited()
    if not edited:
        return _done(picture, base, texts, options, {}, {})
    near = known.near(edited)
    if near is None or any(known.goes_back(id_) for id_ in edited):
        return None
    paragraphs = [known.layouts[id_].paragraph for id_ in near]
    found = [one for one in paragraphs if one is not None]
    if len(found) < len(near):
        return None
    left = [
        LeftAlone(tuple(np.array(quad, np.float32) for quad in block.lines), block.reason)
        for block in known.left
    ]
    page = known_page(picture, found, separate, left)
    numbers = [near.index(id_) for id_ in edited]
    own = replace(texts, blocks=[known.blocks[id_] for id_ in edited])
    done = redraw(_divided(page.only(numbers), reader), own)
    if len(done.changes) < len(edited) or not all(map(_is_of, own.blocks, done.pieces)):
        return None
    by_number = {numbers[n]: change for n, change in done.changes.items()}
    made = _composed(page, base, known, near, by_number)
    return None if made is None else _done(picture, made.pixels, texts, options, made.reasons, made.rows)


def _is_of(block: Block, pieces: Sequence[Piece]) -> bool:
    """Whether the draft of a block is of these pieces. Another reading may part a text otherwise."""
    return block.draft is None or [one.source for one in block.draft.pieces] == [one.source for one in pieces]


def _divided(page: Page, reader: Reader) -> DividedPage:
    """A page whose paragraphs are one text each, as they were before."""
    strips = [unroll(paragraph) for paragraph in page.paragraphs]
    readings = [
        chain_readings(paragraph, reader.readings([line_ink(line) for line in paragraph.lines]), strip)
        if len(paragraph.lines) > 1
        else None
        for paragraph, strip in zip(page.paragraphs, strips, strict=True)
    ]
    return DividedPage(page, strips, readings)


@dataclass(frozen=True)
class _Made:
    """The new pixels; why changed blocks are kept, or "", and their new layouts, by id."""

    pixels: Pixels
    reasons: dict[int, str]
    rows: dict[int, dict[str, object]]


def _composed(
    page: Page, base: Pixels, known: _Known, near: Sequence[int], changes: dict[int, Change]
) -> _Made | None:
    """changes: what becomes of paragraphs, by number; near: the ids of all paragraphs of the page."""
    layouts = [known.layouts[id_] for id_ in near]
    reasons = {i: change.reason for i, change in changes.items()}
    new = {i: change for i, change in changes.items() if not change.reason}
    far = [one for id_, one in known.layouts.items() if id_ not in near]
    unchanged = far + [one for i, one in enumerate(layouts) if i not in changes]
    while True:
        drawn, came_from = joined(page, {i: change.pieces for i, change in new.items()})
        made = with_others(
            page, base, list(changes), drawn, {i: one.boxes for i, one in enumerate(layouts) if one.text},
            others=[box for one in far for box in one.boxes],
            obstacles=[Obstacle(run) for one in unchanged for run in one.runs],
            came_from=came_from,
            ties={i: ties(change.pieces) for i, change in new.items()},
            known={i: one.stroke for i, one in enumerate(layouts) if one.stroke is not None},
        )  # fmt: skip
        if made is None:
            return None
        pixels, flows = made
        if flows.keys() < new.keys():
            return None
        failed = {i: why for i in new if (why := fault(flows[i]))}
        if not failed:
            break
        reasons |= failed
        new = {i: change for i, change in new.items() if i not in failed}
    rows = {
        near[i]: layout_row(page, i, known.blocks[near[i]].target, flows.get(i), layouts[i].stroke)
        for i in changes
    }
    return _Made(pixels, {near[i]: why for i, why in reasons.items()}, rows)


def _done(
    picture: Picture,
    pixels: Pixels,
    texts: Texts,
    options: Options,
    reasons: dict[int, str],
    rows: dict[int, dict[str, object]],
) -> Translation:
    blocks, warnings = list[Block](), list[str]()
    for block in texts.blocks:
        if block.id in reasons:
            reason = reasons[block.id]
            block = replace(
                block, action="kept" if reason else "translated", reason=reason, layout=rows[block.id]
            )
        blocks.append(block)
        if block.reason and block.target.strip() and not block.keep:
            warnings.append(f"block {block.id} is left as it was: {block.reason}")
    return Translation(
        picture, pixels, blocks, options, texts.more, tuple(warnings), texts.found, complete=True
    )
