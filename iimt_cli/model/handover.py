"""What the image side hands over to the text encoder (readings), and the text decoder to the drawer (texts and states)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from iimt_cli.data.text import is_capital
from iimt_cli.language.lexicon import Hint, Lexicon
from iimt_cli.language.protected import PLACEHOLDERS, Masked
from iimt_cli.model.appraisal import Appraisal
from iimt_cli.model.decoding import small
from iimt_cli.model.image_encoder import FRAMES, Reading


@dataclass(frozen=True)
class Given:
    """The encoded sources of a batch of strips, as the text decoder gets them.

    masked: the sources with placeholders; shown: the readings as the text encoder gets them; hints: those of the lexicon for
    each. context: the encoder's states (B, S, D); there: which of them are real (B, S); pieces: the target pieces of hints
    (B, S), PAD elsewhere.
    """

    masked: list[Masked]
    shown: list[Reading]
    hints: list[Sequence[Hint]]
    context: Tensor
    there: Tensor
    pieces: Tensor

    def select(self, rows: Sequence[int]) -> "Given":
        """Some of the sources."""
        where = torch.tensor(rows, dtype=torch.long, device=self.context.device)
        return Given(
            [self.masked[n] for n in rows],
            [self.shown[n] for n in rows],
            [self.hints[n] for n in rows],
            self.context[where],
            self.there[where],
            self.pieces[where],
        )


@dataclass(frozen=True)
class Said:
    """The translations of a batch of strips.

    wordings: the texts before their capitals were made to follow those of the source; hints: what the lexicon said of the
    sources. `repeat` takes both. appraisals: how sure the text model is of each. states: of the text decoder for each
    character, (B, C, T); None if another text model wrote the texts.
    """

    texts: list[str]
    wordings: list[str]
    hints: list[Sequence[Hint]]
    appraisals: list[Appraisal]
    states: Tensor | None

    def select(self, rows: Sequence[int]) -> "Said":
        if len(rows) == len(self.texts):
            return self
        states = self.states
        if states is not None:
            states = states[torch.tensor(rows, dtype=torch.long, device=states.device)]
        return Said(
            [self.texts[i] for i in rows],
            [self.wordings[i] for i in rows],
            [self.hints[i] for i in rows],
            [self.appraisals[i] for i in rows],
            states,
        )


def shown_to_the_text_encoder(reading: Reading, masked: Masked, lexicon: Lexicon | None) -> Reading:
    """A reading as the text encoder gets it: with placeholders, each with the frames of its span.

    Text in capitals is written as the lexicon writes it, or else in small letters.
    """
    text = masked.text
    frames, end = [], masked.begin
    for span in masked.spans:
        frames += reading.frames[end : span.start]
        part = reading.frames[span.start : span.end]
        frames += [(part[0][0], part[-1][1])] * len(PLACEHOLDERS[0])
        end = span.end
    frames += reading.frames[end : masked.end]
    if not is_capital(reading.text):
        return replace(reading, text=text, frames=frames)
    text, begins = small(text, lexicon)
    ends = [*begins[1:], len(frames)]
    frames = [(frames[a][0], frames[b - 1][1]) for a, b in zip(begins, ends, strict=True)]
    return replace(reading, text=text, frames=frames)


def states_under(reading: Reading, begin: int, end: int) -> tuple[int, int]:
    """The encoder states [start, stop) under characters [begin, end) of a reading."""
    if begin >= end or begin >= len(reading.frames):
        return 0, 0
    start, stop = reading.frames[begin][0], reading.frames[min(end, len(reading.frames)) - 1][1]
    return start // FRAMES, max(start // FRAMES + 1, -(-stop // FRAMES))


def owners_of(surfaces: Sequence[str], text: str) -> list[int]:
    """For each character of a text the piece that wrote it. `surfaces`, joined, are the text, except for outer spaces."""
    flat = [i for i, surface in enumerate(surfaces) for _ in surface]
    lead = len("".join(surfaces)) - len("".join(surfaces).lstrip(" "))
    flat = flat[lead : lead + len(text)]
    return flat + [flat[-1] if flat else 0] * (len(text) - len(flat))
