"""Strips of ink → readings and encoder states, by the lower half of the image encoder."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from iimt_cli.clock import timed
from iimt_cli.language.base import Language, Packs
from iimt_cli.model.image_encoder import Reading
from iimt_cli.model.seen import Seen
from iimt_cli.model.strips import StripBatch
from iimt_cli.model.translatotron import Translatotron
from iimt_cli.translation.batches import batches
from iimt_cli.translation.pieces import mended


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
            readings = [mended(r, inks[i], self.pack) for i, r in zip(numbers, seen.readings, strict=True)]
            yield SeenBatch(numbers, replace(seen, readings=readings))

    def readings(self, inks: Sequence[np.ndarray], lexicon: bool = True) -> list[Reading]:
        """The reading of each strip, in the order of the strips."""
        found: dict[int, Reading] = {}
        for numbers, strips in self.batches(inks):
            read = self.model.read(strips.ink, strips.mask, lexicon and self.familiar).readings
            found |= {i: mended(r, inks[i], self.pack) for i, r in zip(numbers, read, strict=True)}
        return [found[i] for i in range(len(inks))]

    def batches(self, inks: Sequence[np.ndarray]) -> Iterator[tuple[list[int], StripBatch]]:
        """Batches of strips: (their numbers, the padded batch on the device)."""
        return batches(inks, self.model.preset.canvas.patch, self.batch, self.device)
