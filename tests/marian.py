"""A tiny Marian model, made here: its own small vocabularies, and weights that are random or know a few sentences by heart."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import sentencepiece
import torch

SENTENCES = {
    "Herzlich willkommen!": "Soyez les bienvenus !",
    "Unsere Öffnungszeiten": "Nos horaires d'ouverture",
    "Montag bis Freitag": "Du lundi au vendredi",
    "9:00 bis 18:00": "De 9:00 à 18:00",
    "Samstag": "Samedi",
    "10:00 bis 14:00": "De 10:00 à 14:00",
    "Sonntag": "Dimanche",
    "geschlossen": "fermé",
    "Bitte die Tür schließen.": "Veuillez fermer la porte.",
}
"""What examples/sign.png says, in French; times are asked for with colons."""


def save_marian(
    folder: Path,
    sentences: Mapping[str, str] = SENTENCES,
    steps: int = 0,
    languages: tuple[str, str] | None = ("de", "fr"),
    codes: tuple[str, ...] = (),
) -> Path:
    """A folder with a Marian model and its tokenizer, as the hub has them. After 150 `steps` it knows the sentences.

    languages: those that the tokenizer names. codes: of target languages, for one that has several.
    """
    from transformers import MarianConfig, MarianMTModel, MarianTokenizer

    folder.mkdir(parents=True, exist_ok=True)
    words: dict[str, None] = dict.fromkeys(["</s>", "<unk>", *(f">>{code}<<" for code in codes)])
    for name, texts in (("source", sentences.keys()), ("target", sentences.values())):
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(texts), model_prefix=str(folder / name), vocab_size=90, hard_vocab_limit=False,
            character_coverage=1.0, model_type="unigram", minloglevel=2,
        )  # fmt: skip
        (folder / f"{name}.vocab").unlink()
        (folder / f"{name}.model").rename(folder / f"{name}.spm")
        processor = sentencepiece.SentencePieceProcessor(model_file=str(folder / f"{name}.spm"))
        words |= dict.fromkeys(processor.id_to_piece(n) for n in range(3, len(processor)))
    numbers = {word: n for n, word in enumerate([*words, "<pad>"])}
    (folder / "vocab.json").write_text(json.dumps(numbers), encoding="utf-8")
    named = dict(zip(("source_lang", "target_lang"), languages, strict=True)) if languages else {}
    tokenizer = MarianTokenizer(
        str(folder / "source.spm"), str(folder / "target.spm"), str(folder / "vocab.json"), **named
    )
    tokenizer.save_pretrained(folder)
    (folder / "tokenizer_config.json").write_text(json.dumps(named), encoding="utf-8")
    pad = numbers["<pad>"]
    config = MarianConfig(
        vocab_size=len(numbers), d_model=64, encoder_layers=1, decoder_layers=1, encoder_attention_heads=4,
        decoder_attention_heads=4, encoder_ffn_dim=128, decoder_ffn_dim=128, max_position_embeddings=512, dropout=0.0,
        pad_token_id=pad, decoder_start_token_id=pad, eos_token_id=0, forced_eos_token_id=0, init_std=0.1,
    )  # fmt: skip
    torch.manual_seed(0)
    model = MarianMTModel(config)
    if steps:
        learn(model, tokenizer, sentences, steps)
    model.save_pretrained(folder)
    return folder


def learn(model: Any, tokenizer: Any, sentences: Mapping[str, str], steps: int) -> None:
    """Trains a model until it knows sentences by heart."""
    given = tokenizer(
        list(sentences), text_target=list(sentences.values()), return_tensors="pt", padding=True
    )
    given["labels"][given["labels"] == model.config.pad_token_id] = -100
    adam = torch.optim.Adam(model.parameters(), 3e-3)
    for _ in range(steps):
        loss = model(**given).loss
        adam.zero_grad()
        loss.backward()
        adam.step()
