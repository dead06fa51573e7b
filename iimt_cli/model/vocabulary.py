"""Subword vocabularies (SentencePiece) of both languages, kept as files beside the weights."""

import io
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
import sentencepiece
import torch
from torch import Tensor

from iimt_cli.errors import IimtError
from iimt_cli.language.alphabet import WESTERN
from iimt_cli.language.protected import PLACEHOLDERS
from iimt_cli.writing import replacing

PAD, UNKNOWN, BEGIN, END = 0, 1, 2, 3
SYMBOLS = [*(f"▁{mark}" for mark in PLACEHOLDERS), *PLACEHOLDERS]  # every vocabulary has these pieces
UNHEARD = -20.0  # log-probability of a character that is not a piece: lower than that of any piece


class Vocabulary:
    """A trained SentencePiece model: text ↔ piece numbers, with 0 padding, 1 unknown, 2 begin, 3 end."""

    def __init__(self, model: bytes) -> None:
        self.model = model
        self._processor = sentencepiece.SentencePieceProcessor(model_proto=model)

    @classmethod
    def load(cls, path: Path) -> "Vocabulary":
        """Raises IimtError if the file is missing or is not a SentencePiece model."""
        if not path.is_file():
            raise IimtError(f"{path}: vocabulary missing")
        try:
            return cls(path.read_bytes())
        except (OSError, RuntimeError) as error:
            raise IimtError(f"{path}: not a SentencePiece vocabulary") from error

    @classmethod
    def train(
        cls, sentences: Iterable[str], size: int, kind: str = "unigram", alphabet: str = WESTERN
    ) -> "Vocabulary":
        """A unigram model of cleaned sentences. Every character of the alphabet is a piece of its own.

        With the kind `characters` there are no other pieces, whatever `size` is.
        """
        out = io.BytesIO()
        if kind == "characters":
            sentencepiece.SentencePieceTrainer.train(
                sentence_iterator=iter(sentences), model_writer=out, model_type="char", use_all_vocab=True,
                character_coverage=1.0, required_chars=alphabet.replace(" ", ""), minloglevel=2,
                normalization_rule_name="identity", pad_id=PAD, unk_id=UNKNOWN, bos_id=BEGIN, eos_id=END,
                user_defined_symbols=SYMBOLS,
            )  # fmt: skip
            return cls(out.getvalue())
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(sentences), model_writer=out, vocab_size=size, model_type="unigram",
            character_coverage=1.0, required_chars=alphabet.replace(" ", ""), normalization_rule_name="identity",
            pad_id=PAD, unk_id=UNKNOWN, bos_id=BEGIN, eos_id=END, hard_vocab_limit=False, num_threads=2,
            split_digits=True, minloglevel=2, user_defined_symbols=SYMBOLS,
        )  # fmt: skip
        return cls(out.getvalue())

    def save(self, path: Path) -> None:
        """Writes the model whole or not at all, because another process may be waiting for it."""
        with replacing(path) as temporary:
            temporary.write_bytes(self.model)

    def __len__(self) -> int:
        return self._processor.get_piece_size()

    def encode(self, text: str, rng: np.random.Generator | None = None) -> list[int]:
        """Piece numbers of a text; with `rng`, of one segmentation drawn at random (subword regularisation)."""
        if rng is None or self.characters:  # single characters have only one segmentation
            return self._processor.encode(text)
        # SentencePiece's own sampling cannot be seeded for each call, but training must resume bit for bit. So one of the few
        # best segmentations is drawn with our generator.
        best = self._processor.nbest_encode(text, nbest_size=4, out_type=int)
        return best[min(int(rng.exponential(1.0)), len(best) - 1)] if best else []

    def decode(self, pieces: Sequence[int]) -> str:
        return self._processor.decode([int(p) for p in pieces])

    def spans(self, text: str) -> tuple[list[int], list[tuple[int, int]]]:
        """Piece numbers of a cleaned text and, per piece, its character range [start, end) in that text."""
        encoded = self._processor.encode(text, out_type="offset_mapping")
        return list(encoded["ids"]), list(encoded["offsets"])

    def score(self, piece: int) -> float:
        """The log-probability of a piece in the unigram model."""
        return float(self._processor.get_score(piece))

    def log_probability(self, text: str) -> float:
        """The log-probability of a text in the unigram model: how usual its words are in this language."""
        return sum(UNHEARD if piece == UNKNOWN else self.score(piece) for piece in self.encode(text))

    @cached_property
    def characters(self) -> bool:
        """Whether every piece, except placeholders, is a single character."""
        pieces = (s.strip() for i, s in enumerate(self.surfaces) if i != UNKNOWN)
        return all(len(piece) < 2 or piece in PLACEHOLDERS for piece in pieces)

    @cached_property
    def words(self) -> Tensor:
        """Which pieces begin a word and have more than one letter of it, bool (size,)."""
        return torch.tensor([s.startswith(" ") and len(s) > 3 for s in self.surfaces])

    @cached_property
    def placeholders(self) -> dict[int, int]:
        """The pieces that write a placeholder, with or without a space before it → its number, from 0."""
        written = ((i, surface.strip()) for i, surface in enumerate(self.surfaces))
        return {i: PLACEHOLDERS.index(text) for i, text in written if text in PLACEHOLDERS}

    @cached_property
    def surfaces(self) -> list[str]:
        """The characters that each piece writes, with the word mark as a space; "" for control pieces."""
        return [
            "" if i in (PAD, BEGIN, END) else self._processor.id_to_piece(i).replace("▁", " ")
            for i in range(len(self))
        ]
