"""The encoder that the systems of `ablations.py` start from: it has learnt to read the source pictures.

The paper starts from a ViT that has seen ImageNet. None of our size exists, and from nothing the decoders do not find where
words stand within the budget. So the patches of each column say the letters there, by CTC (Graves et al. 2006), which needs no
places. Only the layers up to the one that the OCR decoder looks at learn.
"""

from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from iimt_cli.config import Preset
from iimt_cli.evaluation.bleu import cer
from iimt_cli.model.checkpoint import save_tensors
from iimt_cli.paper.model.picture_translatotron import stack_pictures
from iimt_cli.paper.model.vit_encoder import ViTEncoder
from iimt_cli.paper.training.pairs import FolderPairs
from iimt_cli.training.stage import Evaluation, Share, Stage

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
        outputs = FRAMES * (len(preset.characters) + 1)
        self._parts = nn.ModuleDict(
            {"encoder": self.encoder, "letters": nn.Linear(self._rows * preset.vit.dim, outputs)}
        )

    @property
    def module(self) -> nn.Module:
        return self._parts

    def loss(self, step: int, share: Share) -> tuple[Tensor, int, dict[str, float]]:
        size = self.settings.batch
        pairs = [self._train.pair(n, self.rng) for n in share.of(list(range(step * size, (step + 1) * size)))]
        scores = self._frames(stack_pictures([p.source for p in pairs])).transpose(0, 1)
        texts = [torch.tensor([self.preset.characters.index(c) + 1 for c in p.source_text]) for p in pairs]
        lengths = torch.tensor([len(text) for text in texts])
        frames = torch.full_like(lengths, len(scores))
        losses = F.ctc_loss(scores, torch.cat(texts), frames, lengths, reduction="none", zero_infinity=True)
        return (losses / lengths).sum(), len(pairs), {}

    def evaluate(self) -> Evaluation:
        pairs = [self._valid.at(i) for i in range(len(self._valid))]
        said = self._frames(stack_pictures([p.source for p in pairs])).argmax(-1)
        found = cer([self._text(one.tolist()) for one in said], [p.source_text for p in pairs])
        return Evaluation({"cer": found}, main=-found)

    def save(self) -> None:
        save_tensors(self.run / "encoder.safetensors", self.encoder.vit.state_dict())

    def _frames(self, pixels: Tensor) -> Tensor:
        """Pictures 0..1 (B, C, H, W) → log-probabilities of letters (B, frames, letters + 1) from left to right."""
        _, states = self.encoder.with_reading(pixels)
        columns = states.unflatten(1, (self._rows, self._columns)).transpose(1, 2).flatten(2)
        letters = self._parts["letters"](columns).unflatten(-1, (FRAMES, -1)).flatten(1, 2)
        return letters.float().log_softmax(-1)

    def _text(self, frames: list[int]) -> str:
        kept = [a for a, b in zip(frames, [0, *frames], strict=False) if a and a != b]
        return "".join(self.preset.characters[number - 1] for number in kept)


def _waves(rows: int, columns: int, dim: int) -> Tensor:
    """Sines and cosines of row and column, (rows · columns, dim), half of each."""
    rates = 10000 ** -(torch.arange(dim // 4) / (dim // 4))
    down, across = (torch.arange(n)[:, None] * rates for n in (rows, columns))
    waves = [torch.cat([a.sin(), a.cos()], 1) for a in (down, across)]
    grid = [waves[0][:, None].expand(-1, columns, -1), waves[1][None].expand(rows, -1, -1)]
    return torch.cat(grid, -1).flatten(0, 1)
