"""Paragraphs → pieces that are translated one by one, usually sentences, with their readings."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from iimt_cli.model.image_encoder import Reading
from iimt_cli.model.seen import Seen
from iimt_cli.translation.boundaries import apart, numbered, pause_pairs
from iimt_cli.translation.pieces import Piece, cut, is_dot, lone_sign
from iimt_cli.translation.steps.divide import DividedPage
from iimt_cli.translation.steps.reading import Reader, SeenBatch

Place = tuple[int, int]
"""Number of a page, and of a paragraph on it."""


@dataclass(frozen=True)
class ReadPieces:
    """The pieces of several pages, the place of each, and the batches in which they were seen, as numbers of pieces."""

    pieces: list[Piece]
    places: list[Place]
    batches: list[SeenBatch]

    def in_batches(
        self, pieces: Sequence[Piece], work: Callable[[list[Piece], Seen], list[Piece]]
    ) -> list[Piece]:
        """`pieces`, these or what became of them, after `work(those of a batch, how they were seen)` for each batch."""
        done = list(pieces)
        for batch in self.batches:
            some = work([pieces[n] for n in batch.numbers], batch.seen)
            for n, piece in zip(batch.numbers, some, strict=True):
                done[n] = piece
        return done


def read_pieces(pages: Sequence[DividedPage], reader: Reader) -> ReadPieces:
    """Cuts paragraphs into pieces and reads them. A line that is a paragraph and one piece is read only once."""
    lone = [(n, i) for n, page in enumerate(pages) for i, r in enumerate(page.readings) if r is None]
    alone = list(reader.seen([pages[n].strips[i].ink for n, i in lone]))
    heard = {
        lone[k]: reading
        for batch in alone
        for k, reading in zip(batch.numbers, batch.seen.readings, strict=True)
    }
    parts = _cut_all(pages, heard, reader)
    places = [place for place, some in parts.items() for _ in some]
    pieces = [piece for some in parts.values() for piece in some]
    first: dict[Place, int] = {}
    for number, place in enumerate(places):
        first.setdefault(place, number)
    batches = []
    for batch in alone:
        rows = [row for row, k in enumerate(batch.numbers) if len(parts[lone[k]]) == 1]
        if rows:
            numbers = [first[lone[batch.numbers[row]]] for row in rows]
            batches.append(SeenBatch(numbers, batch.seen.select(rows)))
    known = {number for batch in batches for number in batch.numbers}
    rest = [n for n, piece in enumerate(pieces) if n not in known and not piece.heard]
    for batch in reader.seen([pieces[n].ink for n in rest]):
        batches.append(SeenBatch([rest[k] for k in batch.numbers], batch.seen))
    for batch in batches:
        for n, reading in zip(batch.numbers, batch.seen.readings, strict=True):
            sure = math.exp(reading.score)
            pieces[n] = replace(
                pieces[n], source=reading.text, frames=reading.frames, confidence=sure, heard=True
            )
    return ReadPieces(pieces, places, batches)


def by_paragraph(
    pages: Sequence[DividedPage], pieces: Sequence[Piece], places: Sequence[Place]
) -> list[list[list[Piece]]]:
    """The pieces of each paragraph of each page."""
    sorted_in: list[list[list[Piece]]] = [[[] for _ in page.strips] for page in pages]
    for piece, (n, i) in zip(pieces, places, strict=True):
        sorted_in[n][i].append(piece)
    return sorted_in


def _cut_all(
    pages: Sequence[DividedPage], heard: Mapping[Place, Reading], reader: Reader
) -> dict[Place, list[Piece]]:
    """The pieces of each paragraph. `heard`: the readings of paragraphs that are one line."""
    parts: dict[Place, list[Piece]] = {}
    for n, page in enumerate(pages):
        alone = [i for i, reading in enumerate(page.readings) if reading is None]
        items = numbered([heard[n, i].text for i in alone], reader.pack)
        starts = {alone[k]: [place] for k, place in items.items()}
        for i, (strip, reading) in enumerate(zip(page.strips, page.readings, strict=True)):
            parts[n, i] = _cut(strip.ink, reading or heard[n, i], starts.get(i, ()), reader)
    return parts


def _cut(ink: np.ndarray, reading: Reading, starts: Sequence[int], reader: Reader) -> list[Piece]:
    """A strip cut into pieces: at ends of sentences, at pauses between texts, and before the characters `starts`."""
    pairs = pause_pairs(reading.text, reader.pack)
    asked = zip(pairs, apart(reader.text_model, list(pairs.values())), strict=True)
    starts = [*starts, *(place for places, two in asked if two for place in places)]
    canvas = reader.model.preset.canvas
    widest = canvas.max_width - canvas.patch  # px that the networks take
    parts = []
    for a, b in cut(ink, reading, widest, reader.pack, starts):
        part = Piece(ink[:, a:b], start=a)
        if sign := "·" if is_dot(part.ink) else lone_sign(reading, a, b):
            part = replace(part, source=sign, confidence=1.0, heard=True)
        parts.append(part)
    return parts
