"""The new words, set into the picture, and a record of each paragraph."""

from iimt_cli.page import join
from iimt_cli.translation.job import Redrawn, block_left_alone, block_of
from iimt_cli.translation.pieces import origins
from iimt_cli.translation.result import Translation


def compose(job: Redrawn) -> Translation:
    """A translation that would be too small to read in its place is left out, and its paragraph kept."""
    page, pieces, reasons = job.page, job.pieces, list(job.reasons)
    drawn = {i: join([p.words for p in parts]) for i, parts in enumerate(pieces) if not reasons[i]}
    came_from = {i: origins(pieces[i], words) for i, (_, words) in drawn.items()}
    pixels, flows = page.draw(drawn, came_from)
    squeezed = [i for i, flow in flows.items() if not flow.readable]
    if squeezed:
        for i in squeezed:
            reasons[i] = "the translation is too long for its place"
        drawn = {i: d for i, d in drawn.items() if i not in squeezed}
        pixels, flows = page.draw(drawn, came_from)
    for i in drawn.keys() - flows.keys():
        reasons[i] = "could not be drawn"
    blocks = [block_of(*block) for block in zip(page.paragraphs, pieces, reasons, strict=True)]
    left = [block_left_alone(alone) for alone in page.left_alone]
    return Translation(page.picture, pixels, blocks + left)
