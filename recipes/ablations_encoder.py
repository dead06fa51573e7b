"""The encoder that the systems of `ablations.py` start from: it has learnt to read the source pictures.

The paper starts from a ViT that has seen ImageNet. None of our size exists, and from nothing the decoders do not find where
words stand within the budget. So each column of patches says what is written there, by CTC (Graves et al. 2006), which needs
no places: letters from the layer that the OCR decoder looks at, and pieces of the source vocabulary from the last one.
"""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from iimt_cli.config import Preset
from iimt_cli.evaluation.bleu import cer
from iimt_cli.model.checkpoint import save_tensors
from iimt_cli.paper.model.picture_translatotron import stack_pictures
from iimt_cli.paper.model.vit_encoder import ViTEncoder
from iimt_cli.paper.training.pairs import FolderPairs, PicturePair
from iimt_cli.training.stage import Evaluation, Share, Stage
from iimt_cli.training.text import vocabularies

FRAMES = 2  # per column: there are up to two letters in 8 px
WAVE = 0.5  # how strong the positions are at first, beside patches of about 1


class EncoderStage(Stage):
    name = "reader"

    def __init__(self, preset: Preset, run: Path, seed: int, train: Path, valid: Path) -> None:
        super().__init__(preset, run, seed)
        self._train, self._valid = FolderPairs(train, preset), FolderPairs(valid, preset)
        self._rows, self._columns = (
            size // preset.vit.patch for size in (preset.canvas.height, preset.canvas.width)
        )
        self.encoder = ViTEncoder(preset.vit, preset.canvas)
        with torch.no_grad():
            self.encoder.vit.pos_embed[0, 1:] = WAVE * _waves(self._rows, self._columns, preset.vit.dim)
        self._source, _ = vocabularies(preset, run, [self._train.corpus])
        width = self._rows * preset.vit.dim
        self._letters = nn.Linear(width, FRAMES * (len(preset.characters) + 1))
        self._words = nn.Linear(width, len(self._source))
        self._parts = nn.ModuleList([self.encoder, self._letters, self._words])

    @property
    def module(self) -> nn.Module:
        return self._parts

    def loss(self, step: int, share: Share) -> tuple[Tensor, int, dict[str, float]]:
        size = self.settings.batch
        pairs = [self._train.pair(n, self.rng) for n in share.of(list(range(step * size, (step + 1) * size)))]
        letters, words = self._read(pairs)
        spelt = [[self.preset.characters.index(c) + 1 for c in p.source_text] for p in pairs]
        pieces = [self._source.encode(p.source_text) for p in pairs]
        terms = {"letters": _ctc(letters, spelt), "words": _ctc(words, pieces)}
        figures = {name: float(term.detach().mean()) for name, term in terms.items()}
        return torch.stack(list(terms.values())).sum(), len(pairs), figures

    def evaluate(self) -> Evaluation:
        pairs = [self._valid.at(i) for i in range(len(self._valid))]
        wanted = [p.source_text for p in pairs]
        letters, _ = self._read(pairs)
        spelt = ["".join(self.preset.characters[n - 1] for n in row) for row in _likeliest(letters)]
        scores = {"cer_letters": cer(spelt, wanted), "cer_words": cer(self.readings(pairs), wanted)}
        return Evaluation(scores, main=-scores["cer_words"])

    def save(self) -> None:
        save_tensors(self.run / "encoder.safetensors", self.encoder.vit.state_dict())

    def readings(self, pairs: Sequence[PicturePair]) -> list[str]:
        """What is read in each source picture, from the pieces of the source vocabulary."""
        return [self._source.decode(row) for row in _likeliest(self._read(pairs)[1])]

    def _read(self, pairs: Sequence[PicturePair]) -> tuple[Tensor, Tensor]:
        """Log-probabilities from left to right, 0 for nothing: letters (B, F, letters + 1), pieces (B, columns, pieces)."""
        states, reading = self.encoder.with_reading(stack_pictures([p.source for p in pairs]))
        places = self._rows * self._columns
        both = [
            x[:, -places:].unflatten(1, (self._rows, -1)).transpose(1, 2).flatten(2)
            for x in (reading, states)
        ]
        letters = self._letters(both[0]).unflatten(-1, (FRAMES, -1)).flatten(1, 2)
        return letters.float().log_softmax(-1), self._words(both[1]).float().log_softmax(-1)


def _likeliest(scores: Tensor) -> list[list[int]]:
    """The symbols of the likeliest path of each row: each run of a symbol once, without nothing (0)."""
    return [[a for a, b in pairwise([*row, 0]) if a and a != b] for row in scores.argmax(-1).tolist()]


def _ctc(scores: Tensor, rows: list[list[int]]) -> Tensor:
    """Loss of each text (B,) for each of its symbols."""
    lengths = torch.tensor([len(row) for row in rows])
    frames = torch.full_like(lengths, scores.shape[1])
    wanted = torch.tensor([number for row in rows for number in row])
    losses = F.ctc_loss(scores.transpose(0, 1), wanted, frames, lengths, reduction="none", zero_infinity=True)
    return losses / lengths


def _waves(rows: int, columns: int, dim: int) -> Tensor:
    """Sines and cosines of row and column, (rows · columns, dim), half of each."""
    rates = 10000 ** -(torch.arange(dim // 4) / (dim // 4))
    down, across = (torch.arange(n)[:, None] * rates for n in (rows, columns))
    waves = [torch.cat([a.sin(), a.cos()], 1) for a in (down, across)]
    grid = [waves[0][:, None].expand(-1, columns, -1), waves[1][None].expand(rows, -1, -1)]
    return torch.cat(grid, -1).flatten(0, 1)
