"""Gives a trained text model new vocabularies: `python recipes/new_vocabularies.py OLD RUN --data MIX --corpora FOLDER`.

OLD is a folder of weights. RUN gets a preset (its own `preset.toml`, if it has one), two vocabularies made from the
data, and a text model that starts as what it was: the embedding of a new piece is the mean of those of the old pieces
that write the same. Then `iimt train --stage text --out RUN` goes on from there.
"""

import argparse
from pathlib import Path

import numpy as np
import torch

from iimt_cli.config import load_preset
from iimt_cli.data.corpora import PairSampler, load_corpora
from iimt_cli.model.checkpoint import part_tensors, save_part
from iimt_cli.model.text import TextTranslator
from iimt_cli.model.vocabulary import Vocabulary

SEEN = 500_000  # pairs drawn from the mix for a vocabulary: more do not change the common pieces


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("old", type=Path)
    parser.add_argument("run", type=Path)
    parser.add_argument("--data", required=True)
    parser.add_argument("--corpora", type=Path)
    options = parser.parse_args()
    preset = load_preset(options.run / "preset.toml")
    alphabet = preset.characters
    sampler = PairSampler(load_corpora([options.data], options.corpora, preset.languages, alphabet=alphabet))
    pairs = sampler.draw(np.random.default_rng(0), SEEN)
    sizes = {"source": preset.vocabulary.source, "target": preset.vocabulary.target}
    new = {
        side: Vocabulary.train((getattr(p, side) for p in pairs), size, alphabet=alphabet)
        for side, size in sizes.items()
    }
    for side, vocabulary in new.items():
        vocabulary.save(options.run / f"{side}.spm")
    old = {side: Vocabulary.load(options.old / f"{side}.spm") for side in sizes}
    tensors = part_tensors(options.old / "text.safetensors")
    for side, name in (
        ("source", "text_encoder.embedding.weight"),
        ("target", "text_decoder.embedding.weight"),
    ):
        tensors[name] = carried_over(tensors[name].float(), old[side], new[side])
    model = TextTranslator(
        len(new["source"]),
        len(new["target"]),
        preset.text_encoder,
        preset.text_decoder,
        preset.image_encoder.dim,
    )
    tensors.setdefault("text_encoder.hint", torch.zeros(preset.text_encoder.dim))
    model.load_state_dict({name: t.float() for name, t in tensors.items()})
    save_part(options.run / "text.safetensors", model)


def carried_over(embedding: torch.Tensor, old: Vocabulary, new: Vocabulary) -> torch.Tensor:
    """(old pieces, D) → (new pieces, D)."""
    rows = []
    for number, surface in enumerate(new.surfaces):
        if not surface.strip() or number < 4:
            pieces = [number] if number < 4 else old.encode("a b")[1:2]
        else:
            pieces = old.encode(surface.strip())
            if not surface.startswith(" ") and len(pieces) > 1 and not old.surfaces[pieces[0]].strip():
                pieces = pieces[1:]  # the mark of a word's start, which this piece has not
        rows.append(embedding[pieces].mean(0))
    return torch.stack(rows)


if __name__ == "__main__":
    main()
