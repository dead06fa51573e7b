"""Pages → pages whose paragraphs are one text each: what was read in lines tells where a text goes on and where it ends."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from iimt_cli.clock import timed
from iimt_cli.model.image_encoder import Reading
from iimt_cli.page import Page, Separator, Strip
from iimt_cli.page.arrays import Coverage
from iimt_cli.page.layout.group import asked
from iimt_cli.page.paragraphs import Paragraph
from iimt_cli.page.typeset.unroll import with_initial
from iimt_cli.translation.boundaries import together
from iimt_cli.translation.pieces import chain_readings, line_ink
from iimt_cli.translation.steps.reading import Reader


@dataclass(frozen=True)
class DividedPage:
    """A page, the strip of each of its paragraphs, and the reading of each.

    The reading of a line that stands alone is None: it is read later, in the batch in which it is translated.
    """

    page: Page
    strips: list[Strip]
    readings: list[Reading | None]


def divide(pages: Sequence[Page], reader: Reader, separate: Separator) -> list[DividedPage]:
    """Reads the lines that may be one text with another line, and groups lines again by what they say."""
    chosen = [asked(page.lines) for page in pages]
    heard = _read(
        [[line_ink(page.lines[i]) for i in some] for page, some in zip(pages, chosen, strict=True)], reader
    )
    known = [dict(zip(some, readings, strict=True)) for some, readings in zip(chosen, heard, strict=True)]
    texts = [
        [own[i].text if i in own else "" for i in range(len(page.lines))]
        for page, own in zip(pages, known, strict=True)
    ]
    one_text = partial(together, reader.text_model)
    divided = [
        page.divided(some, separate, reader.pack, one_text) for page, some in zip(pages, texts, strict=True)
    ]
    anew = iter(
        [
            readings
            for page, numbers in divided
            for readings in _read(
                [_inks(p) for p, n in zip(page.paragraphs, numbers, strict=True) if n is None], reader
            )
        ]
    )
    result = []
    for (page, numbers), own in zip(divided, known, strict=True):
        strips, readings = page.strips, list[Reading | None]()
        for paragraph, strip, old in zip(page.paragraphs, strips, numbers, strict=True):
            some = next(anew) if old is None else [own[i] for i in old if len(old) > 1]
            readings.append(chain_readings(paragraph, some, strip) if len(some) > 1 else None)
        result.append(DividedPage(page, strips, readings))
    return result


def _inks(paragraph: Paragraph) -> list[Coverage]:
    """What is read of each line of a paragraph, float32 (32, W)."""
    inks = [line_ink(line) for line in paragraph.lines]
    first = with_initial(paragraph)
    return inks if first is None else [first, *inks[1:]]


def _read(inks: Sequence[Sequence[Coverage]], reader: Reader) -> list[list[Reading]]:
    """The readings of the inks of lines, in their order."""
    with timed("encode"):
        heard = iter(reader.readings([ink for some in inks for ink in some]))
    return [[next(heard) for _ in some] for some in inks]
