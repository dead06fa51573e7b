"""Which part of a strip each character of its translation comes from, by the attention of the text decoder."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from iimt_cli.language.base import Span
from iimt_cli.language.lexicon import Hint
from iimt_cli.model.handover import owners_of
from iimt_cli.model.hints import placed
from iimt_cli.model.image_encoder import FRAMES, STRIDE, Reading
from iimt_cli.model.seen import Seen
from iimt_cli.model.text import pad
from iimt_cli.model.translatotron import Translatotron
from iimt_cli.model.vocabulary import BEGIN, END


@dataclass(frozen=True)
class Aligned:
    """A text aligned with the strip that it translates.

    weights: attention of each character of the `text` to each place of the source, float32 (C, S); what a row lacks to 1 goes
    to the end mark of the source. places: the column of the strip in which each place stands, px, (S,).
    """

    text: str
    weights: np.ndarray
    places: np.ndarray


@torch.inference_mode()
def align(
    model: Translatotron,
    seen: Seen,
    wordings: Sequence[str],
    terms: Callable[[str], Sequence[Span]] = lambda source: (),
    localise: bool = False,
) -> list[Aligned]:
    """Aligns texts with the strips that they translate; `terms` and `localise` as in `Translatotron.say`."""
    given = model.encoded(seen, terms, localise)
    context, there = given.context, given.there
    written = [model.target.encode(wording) for wording in wordings]
    inputs = pad([[BEGIN, *(row or [END])] for row in written]).to(context.device)
    looks = model.text_decoder.looks(inputs, context, there).cpu().numpy()
    found = []
    for reading, hints, pieces, row in zip(given.shown, given.hints, written, looks, strict=True):
        text = model.target.decode(pieces)
        places = _places(model, reading, hints)
        spread = row[owners_of([model.target.surfaces[p] for p in pieces], text or " ")]
        found.append(Aligned(text, spread[: len(text), : len(places)], places))
    return found


def _places(model: Translatotron, reading: Reading, hints: Sequence[Hint]) -> np.ndarray:
    """The column, px, (S,), of each piece that the text encoder gets of a reading: the middle of its letters.

    A hint stands where its word does.
    """
    told, ranges = placed(model.source, model.target, reading.text, hints)
    places, x = [], 0.0
    for _, at in told:
        if at >= 0:
            begin, end = ranges[at]
            own = [i for i in range(begin, end) if not reading.text[i].isspace()] or [begin]
            x = (reading.frames[own[0]][0] + reading.frames[own[-1]][1]) / 2 * STRIDE / FRAMES
        places.append(x)
    return np.array(places, np.float32)
