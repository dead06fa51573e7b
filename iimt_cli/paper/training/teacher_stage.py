"""Stage `teacher`: text and layout → image tokens, which the second stage distils from (Translatotron-V, section 3.2)."""

from pathlib import Path

import torch
from torch import Tensor, nn

from iimt_cli.config import Preset
from iimt_cli.errors import IimtError
from iimt_cli.model.checkpoint import load_part, save_part
from iimt_cli.model.image_tokenizer import ImageTokenizer
from iimt_cli.model.text import pad
from iimt_cli.model.vocabulary import END, Vocabulary
from iimt_cli.paper.model.picture_translatotron import stack_pictures
from iimt_cli.paper.model.teacher import Teacher
from iimt_cli.paper.training.pairs import PairSource, PicturePair
from iimt_cli.training.drawing import image_loss
from iimt_cli.training.stage import Evaluation, Share, Stage


def frozen_tokenizer(preset: Preset, run: Path) -> ImageTokenizer:
    """The run's image tokenizer. Raises IimtError if it is not trained yet."""
    if not (run / "tokenizer.safetensors").exists():
        raise IimtError(f"{run}: the image tokenizer must be trained first (stage tokenizer)")
    tokenizer = ImageTokenizer(preset.image_tokenizer, preset.canvas)
    load_part(run / "tokenizer.safetensors", tokenizer)
    return tokenizer.requires_grad_(False).eval()


def teacher_pieces(vocabulary: Vocabulary, texts: list[str]) -> Tensor:
    """Target texts as the teacher reads them, (B, T)."""
    return pad([[*vocabulary.encode(text), END] for text in texts])


class TeacherStage(Stage):
    name = "teacher"

    def __init__(
        self,
        preset: Preset,
        run: Path,
        seed: int,
        pairs: PairSource,
        valid: list[PicturePair],
        target: Vocabulary,
    ) -> None:
        super().__init__(preset, run, seed)
        self._pairs, self._valid, self._target = pairs, valid, target
        self.tokenizer = frozen_tokenizer(preset, run)
        self.teacher = Teacher(
            preset.teacher, len(target), self.tokenizer.digits, preset.canvas, preset.image_decoder.scan
        )
        if (run / "teacher.safetensors").exists():
            load_part(run / "teacher.safetensors", self.teacher)

    @property
    def module(self) -> nn.Module:
        return self.teacher

    def loss(self, step: int, share: Share) -> tuple[Tensor, int, dict[str, float]]:
        size = self.settings.batch
        numbers = share.of(list(range(step * size, (step + 1) * size)))
        losses, correct = self._losses([self._pairs.pair(n, self.rng) for n in numbers])
        return losses.sum(), len(numbers), {"correct": correct}

    def _losses(self, pairs: list[PicturePair]) -> tuple[Tensor, float]:
        """Cross-entropy per picture (B,), and the share of tokens that the teacher has right."""
        head = self.teacher.tokens.head
        device = self.teacher.embedding.weight.device
        self.tokenizer.to(device)
        pixels = stack_pictures([p.target for p in pairs]).to(device)
        pieces = teacher_pieces(self._target, [p.target_text for p in pairs]).to(device)
        with torch.no_grad():
            tokens = self.teacher.scan.written(self.tokenizer.encode(pixels))
        mask = torch.ones_like(tokens, dtype=torch.bool)
        logits = [part[mask] for part in self.teacher(pieces, pixels, tokens)]
        losses = image_loss(head, logits, tokens, mask, self.settings.label_smoothing)
        return losses, float((head.pick(logits) == tokens[mask]).float().mean())

    def evaluate(self) -> Evaluation:
        found = [self._losses([pair]) for pair in self._valid]
        loss = float(torch.cat([losses for losses, _ in found]).mean())
        correct = sum(share for _, share in found) / len(found)
        return Evaluation({"loss": loss, "correct": correct}, main=-loss)

    def save(self) -> None:
        save_part(self.run / "teacher.safetensors", self.teacher)
