"""Pages → pages whose paragraphs are texts of their own: what lines say tells where texts end and go on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from iimt_cli.clock import timed
from iimt_cli.model.image_encoder import Reading
from iimt_cli.page import Page, Separator, Strip
from iimt_cli.translation.boundaries import (
    after_ellipsis,
    apart,
    capital_starts,
    line_pairs,
    named_values,
    names_and_addresses,
    wrapped,
)
from iimt_cli.translation.pieces import chain_readings, line_ink
from iimt_cli.translation.steps.reading import Reader


@dataclass(frozen=True)
class DividedPage:
    """A page, the strip of each of its paragraphs, and what is read there.

    The reading is None where a line stands alone: it is read in the batch in which it is translated.
    """

    page: Page
    strips: list[Strip]
    readings: list[Reading | None]


def divide(pages: Sequence[Page], reader: Reader, separate: Separator) -> list[DividedPage]:
    """Joins paragraphs that are one text, and parts those that are several: where an item ends so does its paragraph."""
    pages = _joined(pages, reader, separate)
    lines = [
        [line for paragraph in page.paragraphs if len(paragraph.lines) > 1 for line in paragraph.lines]
        for page in pages
    ]
    with timed("encode"):
        heard = iter(reader.readings([line_ink(line) for some in lines for line in some]))
    return [
        _divided(page, [next(heard) for _ in some], reader) for page, some in zip(pages, lines, strict=True)
    ]


def _divided(page: Page, heard: Sequence[Reading], reader: Reader) -> DividedPage:
    """`heard`: the readings of all lines that do not stand alone, in their order."""
    remaining = iter(heard)
    of_lines: list[list[Reading | None]] = [
        [next(remaining) if len(paragraph.lines) > 1 else None for _ in paragraph.lines]
        for paragraph in page.paragraphs
    ]
    texts = {
        i: [reading.text for reading in readings if reading]
        for i, readings in enumerate(of_lines)
        if len(readings) > 1
    }
    # A justified line is full: that it ends there tells nothing.
    ragged = {i: lines for i, lines in texts.items() if page.paragraphs[i].alignment != "justified"}
    divided = page.split(texts, _starts(ragged, reader), reader.pack)
    # The parts of a paragraph have its lines, in their order.
    dealt = iter([reading for readings in of_lines for reading in readings])
    strips, readings = divided.strips, list[Reading | None]()
    for paragraph, strip in zip(divided.paragraphs, strips, strict=True):
        own = [next(dealt) for _ in paragraph.lines]
        known = [reading for reading in own if reading is not None]
        readings.append(chain_readings(paragraph.lines, known, strip) if known else None)
    return DividedPage(divided, strips, readings)


def _joined(pages: Sequence[Page], reader: Reader, separate: Separator) -> list[Page]:
    """The pages, with lines under each other as one text where the layout takes them for several, but not their words."""
    columns = [
        [[line for i in column for line in page.paragraphs[i].lines] for column in page.columns]
        for page in pages
    ]
    with timed("encode"):
        heard = iter(
            reader.readings([line_ink(line) for page in columns for column in page for line in column])
        )
    texts = [[next(heard).text for _ in column] for page in columns for column in page]
    one = iter(wrapped(reader.text_model, texts, reader.pack))
    chosen = [[column for column in page.columns if next(one)] for page in pages]
    return [page.joined(some, separate) if some else page for page, some in zip(pages, chosen, strict=True)]


def _starts(texts: Mapping[int, list[str]], reader: Reader) -> dict[int, set[int]]:
    """The lines, by paragraph, that begin a text of their own although nothing but their words tells."""
    pack = reader.pack
    starts = {
        i: after_ellipsis(lines) | named_values(lines) | names_and_addresses(lines, pack)
        for i, lines in texts.items()
    }
    if reader.text_model is None:
        return {i: known | capital_starts(texts[i], pack) for i, known in starts.items()}
    pairs = {(i, n): pair for i, lines in texts.items() for n, pair in line_pairs(lines, pack).items()}
    for (i, n), two in zip(pairs, apart(reader.model, list(pairs.values())), strict=True):
        if two:
            starts[i].add(n)
    return starts
