"""Which part of a strip each character of its translation comes from, by the attention of the text decoder."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from iimt_cli.language.base import Span
from iimt_cli.model.hints import placed
from iimt_cli.model.image_encoder import FRAMES, STRIDE, Reading
from iimt_cli.model.text import pad
from iimt_cli.model.translatotron import Seen, Translatotron, pieces_of
from iimt_cli.model.vocabulary import BEGIN, END


@dataclass(frozen=True)
class Aligned:
    """weights: how much each character of the `text` looks at each place of the source, float32 (C, S); the rest of what it
    looks at is the end of the source. places: the column in which each of these stands in the strip, px, (S,).
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
    """Aligns texts with the strips that they translate; `terms` and `localise` as of `Translatotron.say`."""
    _, shown, context, there, _ = model.encoded(seen, terms, localise)
    written = [model.target.encode(wording) for wording in wordings]
    inputs = pad([[BEGIN, *(row or [END])] for row in written]).to(context.device)
    looks = model.text_decoder.looks(inputs, context, there).cpu().numpy()
    found = []
    for reading, pieces, row in zip(shown, written, looks, strict=True):
        text = model.target.decode(pieces)
        places = _places(model, reading)
        spread = row[pieces_of([model.target.surfaces[p] for p in pieces], text or " ")]
        found.append(Aligned(text, spread[: len(text), : len(places)], places))
    return found


def _places(model: Translatotron, reading: Reading) -> np.ndarray:
    """Where each piece that the text encoder is told of a reading stands, px, (S,): in the middle of its letters. A hint
    stands where its word does.
    """
    told, ranges = placed(model.source, model.target, reading.text, model.meanings)
    places, x = [], 0.0
    for _, at in told:
        if at >= 0:
            begin, end = ranges[at]
            own = [i for i in range(begin, end) if not reading.text[i].isspace()] or [begin]
            x = (reading.frames[own[0]][0] + reading.frames[own[-1]][1]) / 2 * STRIDE / FRAMES
        places.append(x)
    return np.array(places, np.float32)
