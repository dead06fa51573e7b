"""Strips of ink → readings and encoder states, by the lower half of the image encoder."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from iimt_cli.clock import timed
from iimt_cli.language.base import Language, Packs
from iimt_cli.language.numbers import CURRENCIES
from iimt_cli.model.image_encoder import FRAMES, STRIDE, Reading
from iimt_cli.model.seen import Seen
from iimt_cli.model.strips import StripBatch
from iimt_cli.model.translatotron import Translatotron
from iimt_cli.page.arrays import Coverage, Span
from iimt_cli.page.layout.symbols import Read
from iimt_cli.translation.batches import batches
from iimt_cli.translation.misread import mended
from iimt_cli.translation.raised import with_raised

# What the network of `page/layout/symbols.py` takes for a symbol is text in any case if it is surely read as a part of a word,
# as several characters such as "(4", or as a dash behind a word. Symbols are read as single letters, such as A, B, O or 8, and
# with doubt if a word is near: of 872 on 120 made-up sheets 3 are read so surely; of the 35 groups that the network took for
# some on 1,202 lines without any, 21.
SURELY_READ = -0.1  # log-probability of all that is read in the group
DASH_READ = -0.8  # the same of a dash: no symbol of those sheets
DASH = re.compile(r"[–—-]+")
WORD = re.compile(
    rf"[{CURRENCIES}§]|[^\W_]\S*[^\W_]"
)  # two letters or figures, or a sign that no symbol is read as


@dataclass(frozen=True)
class SeenBatch:
    """A batch of strips: their numbers among the given strips, and their encoder states in the same order."""

    numbers: list[int]
    seen: Seen


@dataclass(frozen=True)
class Reader:
    """Reads strips of any number and width, float32 (32, W_i) in 0..1, `batch` at once.

    `pack`: the language that is read. `familiar`: whether it is the source language of the model. `lexicon`, an argument of
    the methods: whether the words of that language help to read. If it is False, or the language is not familiar, text is
    read letter by letter; drawings are always read so.
    """

    model: Translatotron
    pack: Language
    device: torch.device
    batch: int
    familiar: bool = True

    @property
    def packs(self) -> Packs:
        """The packs of the language that is read and of the one that is drawn."""
        return Packs(self.pack, self.model.packs.target)

    @property
    def text_model(self) -> Translatotron | None:
        """The model, if it knows the language that is read; else None."""
        return self.model if self.familiar else None

    def seen(self, inks: Sequence[np.ndarray], lexicon: bool = True) -> Iterator[SeenBatch]:
        """The encoder states of strips, in batches of similar width, for translating and drawing."""
        for numbers, strips in self.batches(inks):
            with timed("encode"):
                seen = self.model.read(strips.ink, strips.mask, lexicon and self.familiar)
            readings = self._mended([inks[i] for i in numbers], seen.readings)
            yield SeenBatch(numbers, replace(seen, readings=readings))

    def readings(self, inks: Sequence[np.ndarray], lexicon: bool = True) -> list[Reading]:
        """The reading of each strip, in the order of the strips."""
        found: dict[int, Reading] = {}
        for numbers, strips in self.batches(inks):
            read = self.model.read(strips.ink, strips.mask, lexicon and self.familiar).readings
            found |= zip(numbers, self._mended([inks[i] for i in numbers], read), strict=True)
        return [found[i] for i in range(len(inks))]

    def _mended(self, inks: Sequence[Coverage], readings: Sequence[Reading]) -> list[Reading]:
        usual = [mended(reading, ink, self.pack) for reading, ink in zip(readings, inks, strict=True)]
        return with_raised(usual, inks, self._letter_by_letter)

    def _letter_by_letter(self, inks: Sequence[Coverage]) -> list[Reading]:
        found: dict[int, Reading] = {}
        for numbers, strips in self.batches(inks):
            read = self.model.read(strips.ink, strips.mask, False).readings
            found |= zip(numbers, read, strict=True)
        return [found[i] for i in range(len(inks))]

    def within(self, inks: Sequence[Coverage], spans: Sequence[Sequence[Span]]) -> list[list[Read]]:
        """What is read in lines of ink, (32, W) each, in groups of columns of each."""
        found: dict[int, list[Read]] = {}
        for numbers, strips in self.batches(inks):
            read = self.model.read_within(strips.ink, strips.mask, [spans[i] for i in numbers])
            for i, (readings, told) in zip(numbers, read, strict=True):
                odds = self.model.symbols(told).tolist() if self.model.symbols else [None] * len(readings)
                some = zip(readings, spans[i], odds, strict=True)
                found[i] = [_within(reading, span, one) for reading, span, one in some]
        return [found[i] for i in range(len(inks))]

    def batches(self, inks: Sequence[np.ndarray]) -> Iterator[tuple[list[int], StripBatch]]:
        """Batches of strips: (their numbers, the padded batch on the device)."""
        return batches(inks, self.model.preset.canvas.patch, self.batch, self.device)


def _within(reading: Reading, span: Span, odds: float | None) -> Read:
    """What was read in columns [start, end), with such a score and such odds of a symbol."""
    middles = [sum(frames) / 2 * STRIDE / FRAMES for frames in reading.frames]
    there = [span[0] <= x < span[1] for x in middles]
    own = [one for one in re.finditer(r"\S+", reading.text) if any(there[one.start() : one.end()])]
    word = any(WORD.search(one.group()) for one in own)
    dash = any(one.start() > 0 and DASH.fullmatch(one.group()) for one in own)
    letters = sum(here and not c.isspace() for here, c in zip(there, reading.text, strict=True))
    several = word or letters > 1
    sure = (several and reading.score > SURELY_READ) or (dash and reading.score > DASH_READ)
    return Read(reading.score, letters, word, sure, odds)
