"""The reverse model: a text model from target to source language. It tells how likely a source is, given its translation.

A word that a translation leaves out or mistakes makes its source unlikely. "Noisy channel" and "dual" scores are of this kind
(Yee et al. 2019, arXiv 1908.05731; Junczys-Dowmunt 2018, arXiv 1809.00197).
"""

from collections.abc import Sequence
from pathlib import Path

import torch

from iimt_cli.config import Preset
from iimt_cli.data.text import is_capital, lower_case
from iimt_cli.language.base import Packs
from iimt_cli.language.protected import mask_pair
from iimt_cli.model.appraisal import forced
from iimt_cli.model.checkpoint import load_part
from iimt_cli.model.linear import pack
from iimt_cli.model.quality import Forced
from iimt_cli.model.text import TextTranslator, pad
from iimt_cli.model.vocabulary import END, PAD, Vocabulary
from iimt_cli.weights import REVERSE


class Reverse:
    """A reverse model with the vocabularies and packs of the system that it belongs to: `source` is the system's source."""

    def __init__(self, model: TextTranslator, source: Vocabulary, target: Vocabulary, packs: Packs) -> None:
        self.model, self._source, self._target = model.eval(), source, target
        self._packs = Packs(packs.target, packs.source)

    @torch.inference_mode()
    def forced(self, sources: Sequence[str], translations: Sequence[str]) -> Forced:
        """What the reverse model thinks of B sources, each given its translation. Placeholders stand for what both share.

        Texts in capitals are taken in small letters.
        """
        given, wanted = [], []
        for ours, theirs in zip(sources, translations, strict=True):
            if is_capital(ours):
                ours, theirs = lower_case(ours), lower_case(theirs)
            translation, source = mask_pair(theirs, ours, self._packs)
            given.append([*self._target.encode(translation), END])
            wanted.append(self._source.encode(source))
        decoder = self.model.text_decoder
        pieces = pad(given).to(decoder.embedding.weight.device)
        context = self.model.text_encoder(pieces, decoder.embedding.weight)
        return forced(decoder, wanted, context, pieces != PAD, torch.full_like(pieces, PAD))


def load_reverse(
    folder: Path, preset: Preset, source: Vocabulary, target: Vocabulary, device: torch.device
) -> Reverse | None:
    """The reverse model of a weights folder; None if it has none. It has the sizes of the text model and no lexicon.

    Raises IimtError if it is damaged or of another model.
    """
    path = folder / REVERSE
    if not path.exists():
        return None
    model = TextTranslator(
        len(target), len(source), preset.text_encoder, preset.text_decoder, preset.image_encoder.dim
    )
    load_part(path, model)
    model = model.to(device).eval()
    if device.type == "cpu":
        pack(model)
    return Reverse(model, source, target, preset.languages.packs)
