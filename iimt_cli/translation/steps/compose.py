"""The new words, set into the picture, and a record of each paragraph."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from iimt_cli.page import join
from iimt_cli.page.page import Drawn, Origin
from iimt_cli.translation.job import Redrawn, block_left_alone, block_of
from iimt_cli.translation.pieces import Piece, origins
from iimt_cli.translation.result import Block, Texts, Translation
from iimt_cli.translation.steps.recall import Places

TOO_LONG = "the translation is too long for its place"
NOT_DRAWN = "could not be drawn"


def compose(job: Redrawn) -> Translation:
    """A translation that would be too small to read in its place is left out, and its paragraph kept."""
    page, pieces, reasons = job.page, job.pieces, list(job.reasons)
    if job.texts is not None:
        return _corrected(job, job.texts)
    drawn, came_from = _joined({i: parts for i, parts in enumerate(pieces) if not reasons[i]})
    pixels, flows = page.draw(drawn, came_from)
    squeezed = [i for i, flow in flows.items() if not flow.readable]
    if squeezed:
        for i in squeezed:
            reasons[i] = TOO_LONG
        drawn = {i: d for i, d in drawn.items() if i not in squeezed}
        pixels, flows = page.draw(drawn, came_from)
    for i in drawn.keys() - flows.keys():
        reasons[i] = NOT_DRAWN
    blocks = [
        block_of(n, page, *block)
        for n, block in enumerate(zip(page.paragraphs, pieces, reasons, strict=True), 1)
    ]
    left = [block_left_alone(n, page, alone) for n, alone in enumerate(page.left_alone, 1 + len(blocks))]
    return Translation(page.picture, pixels, blocks + left, job.options)


def _joined(pieces: Mapping[int, Sequence[Piece]]) -> tuple[dict[int, Drawn], dict[int, list[Origin]]]:
    """The new ink of paragraphs, by number, and where in the old each part of it comes from."""
    drawn: dict[int, Drawn] = {i: join([p.words for p in parts]) for i, parts in pieces.items()}
    return drawn, {i: origins(pieces[i], words) for i, (_, words) in drawn.items()}


def _corrected(job: Redrawn, texts: Texts) -> Translation:
    """The draft with its changes. What is not changed is set as in the draft: other words move no neighbours."""
    page = job.page
    draft, came_from = _joined({i: parts for i, parts in enumerate(job.pieces) if not job.reasons[i]})
    pixels, flows = page.draw(draft, came_from)
    reasons = {i: reason if i in flows else reason or NOT_DRAWN for i, reason in enumerate(job.reasons)}
    if job.changes:
        reasons |= {i: change.reason for i, change in job.changes.items()}
        same = {i: flow for i, flow in flows.items() if i not in job.changes}
        new, origins_of_new = _joined({i: c.pieces for i, c in job.changes.items() if not c.reason})
        came_from |= origins_of_new
        while True:
            drawn = {i: draft[i] for i in same} | new
            pixels, flows = page.draw(dict(sorted(drawn.items())), came_from, same)
            failed = {
                i: NOT_DRAWN if i not in flows else TOO_LONG
                for i in new
                if not (i in flows and flows[i].readable)
            }
            if not failed:
                break
            reasons |= failed
            new = {i: one for i, one in new.items() if i not in failed}
    places = Places.of(page, texts)
    blocks, warnings = list[Block](), list[str]()
    for block in texts.blocks:
        number = places.paragraphs.get(block.id)
        reason = block.reason if number is None else reasons[number]
        blocks.append(replace(block, action="kept" if reason else "translated", reason=reason))
        if reason and block.target.strip() and not block.keep:
            warnings.append(f"block {block.id} is left as it was: {reason}")
    return Translation(page.picture, pixels, blocks, job.options, texts.more, tuple(warnings))
