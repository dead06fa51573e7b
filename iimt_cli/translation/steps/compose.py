"""Setting the new words into the picture, and recording each paragraph as a block."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from iimt_cli.page import Page, join
from iimt_cli.page.layout.line import Line
from iimt_cli.page.page import Drawn
from iimt_cli.page.paragraphs import Paragraph
from iimt_cli.page.tracking import spread
from iimt_cli.page.typeset.parts import Origin
from iimt_cli.page.typeset.reflow import Flow
from iimt_cli.page.typeset.unroll import SPACE
from iimt_cli.translation.job import Redrawn, block_left_alone, block_of
from iimt_cli.translation.layout import layout_row
from iimt_cli.translation.pieces import Piece, origins, ties
from iimt_cli.translation.result import Block, Texts, Translation
from iimt_cli.translation.steps.recall import Places

TOO_LONG = "the translation is too long for its place"
NOT_DRAWN = "could not be drawn"


def compose(job: Redrawn) -> Translation:
    """The finished picture. If a translation cannot be read in its place, too small or too faint, its paragraph is kept."""
    page, pieces, reasons = job.page, job.pieces, list(job.reasons)
    if job.texts is not None:
        return _corrected(job, job.texts)
    drawn, came_from = joined(page, {i: parts for i, parts in enumerate(pieces) if not reasons[i]})
    tied = {i: ties(parts) for i, parts in enumerate(pieces)}
    pixels, flows = page.draw(drawn, came_from, ties=tied)
    if refused := {i: why for i, flow in flows.items() if (why := fault(flow))}:
        for i, why in refused.items():
            reasons[i] = why
        drawn = {i: d for i, d in drawn.items() if i not in refused}
        pixels, flows = page.draw(drawn, came_from, ties=tied)
    for i in drawn.keys() - flows.keys():
        reasons[i] = NOT_DRAWN
    blocks = [
        block_of(n, page, *block)
        for n, block in enumerate(zip(page.paragraphs, pieces, reasons, strict=True), 1)
    ]
    left = [block_left_alone(n, page, alone) for n, alone in enumerate(page.left_alone, 1 + len(blocks))]
    complete = may_begin_with(page)
    if complete:
        blocks = [
            replace(
                block, layout=layout_row(page, i, block.target, flow, None if flow is None else flow.stroke)
            )
            for i, block in enumerate(blocks)
            for flow in [flows.get(i)]
        ]
    return Translation(
        page.picture, pixels, blocks + left, job.options, found=_found(page), complete=complete
    )


def may_begin_with(page: Page) -> bool:
    """Whether the picture of a page, once it is drawn, may be what a correction begins with: it is opaque and upright."""
    return page.picture.alpha is None and not page.quarters


def fault(flow: Flow) -> str:
    """Why a paragraph that was drawn is kept after all, or ""."""
    return flow.fault if flow.readable else TOO_LONG


def joined(
    page: Page, pieces: Mapping[int, Sequence[Piece]]
) -> tuple[dict[int, Drawn], dict[int, list[Origin]]]:
    """By the number of a paragraph: its new ink, and for each part of that the part of the old ink that it translates."""
    drawn: dict[int, Drawn] = {i: _spaced(page.paragraphs[i], parts) for i, parts in pieces.items()}
    return drawn, {i: origins(pieces[i], words) for i, (_, words) in drawn.items()}


def _spaced(paragraph: Paragraph, parts: Sequence[Piece]) -> Drawn:
    """The new ink of a paragraph, and its words. If its letters are widely spaced, the new ones are, too, as far as there is
    room where the old ones stood.
    """
    close = join([part.words for part in parts])
    places = [part.letters for part in parts]
    count = sum(map(len, places)) + 2 * (len(parts) - 1)
    room = sum(line.length for line in paragraph.lines) - close[0].shape[1]
    step = int(min(paragraph.spacing, room / max(count, 1)))
    if step <= 0:
        return close
    return join(
        [spread(*part.words, at, step) for part, at in zip(parts, places, strict=True)], SPACE + 2 * step
    )


def _corrected(job: Redrawn, texts: Texts) -> Translation:
    """The draft with its changes. Unchanged paragraphs are set as in the draft; longer words do not push them away."""
    page = job.page
    draft, came_from = joined(page, {i: parts for i, parts in enumerate(job.pieces) if not job.reasons[i]})
    tied = {i: ties(parts) for i, parts in enumerate(job.pieces)}
    flows = page.flows(draft, tied)
    reasons = dict(enumerate(job.reasons)) | dict.fromkeys(draft.keys() - flows.keys(), NOT_DRAWN)
    reasons |= {i: change.reason for i, change in job.changes.items()}
    same = {i: flow for i, flow in flows.items() if i not in job.changes}
    strokes = {i: flow.stroke for i, flow in flows.items()}
    new, origins_of_new = joined(page, {i: c.pieces for i, c in job.changes.items() if not c.reason})
    came_from |= origins_of_new
    tied |= {i: ties(c.pieces) for i, c in job.changes.items() if not c.reason}
    while True:
        drawn = {i: draft[i] for i in same} | new
        pixels, flows = page.draw(dict(sorted(drawn.items())), came_from, same, tied, strokes)
        reasons |= dict.fromkeys(drawn.keys() - flows.keys(), NOT_DRAWN)
        failed = {i: why for i in new if (why := reasons[i] or fault(flows[i]))}
        if not failed:
            break
        reasons |= failed
        new = {i: one for i, one in new.items() if i not in failed}
    places, complete = Places.of(page, texts), may_begin_with(page)
    blocks, warnings = list[Block](), list[str]()
    for block in texts.blocks:
        number = places.paragraphs.get(block.id)
        reason = places.left.get(block.id, "") if number is None else reasons[number]
        block = replace(block, action="kept" if reason else "translated", reason=reason, layout=None)
        if complete and number is not None:
            flow = None if reason else flows.get(number)
            row = layout_row(page, number, block.target, flow, strokes.get(number))
            block = replace(block, layout=row)
        blocks.append(block)
        if reason and block.target.strip() and not block.keep:
            warnings.append(f"block {block.id} is left as it was: {reason}")
    complete &= len(blocks) == len(page.paragraphs) + len(page.left_alone)
    return Translation(
        page.picture, pixels, blocks, job.options, texts.more, tuple(warnings), _found(page), complete
    )


def _found(page: Page) -> tuple[Line, ...] | None:
    """The lines of a page for its sidecar; None if they must be looked for again: those of a turned or a mirrored page."""
    return page.found if page.found and not page.quarters else None
