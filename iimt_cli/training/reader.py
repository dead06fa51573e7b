"""Stage `reader`: stem and lower encoder learn to read ink with CTC on source characters (the OCR task, section 3.2)."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from torch import Tensor, nn

from iimt_cli.config import Preset
from iimt_cli.data.corpora import Pair
from iimt_cli.data.render import Ink, degrade_ink
from iimt_cli.model.image_encoder import ImageEncoder, ctc_loss, read_best_path
from iimt_cli.model.strips import stack
from iimt_cli.training.checkpoint import load_part, save_part
from iimt_cli.training.scoring import character_error_rate, sheet_rows
from iimt_cli.training.stage import Evaluation, Share, Stage
from iimt_cli.training.strips import Pools, StripSource


class ReaderStage(Stage):
    name = "reader"

    def __init__(
        self, preset: Preset, run: Path, seed: int, strips: StripSource, valid: Sequence[Pair]
    ) -> None:
        super().__init__(preset, run, seed)
        self.encoder = ImageEncoder(preset.image_encoder, preset.canvas)
        self._source, self._valid = strips, list(valid)
        if (run / "reader.safetensors").exists():
            load_part(run / "reader.safetensors", self.encoder)
        self.encoder.requires_grad_(False)
        for p in self.encoder.reader_parameters:
            p.requires_grad_(True)
        self._pools = Pools(self._make, lambda ink: ink.coverage.shape[1], self.settings.batch, self.rng)

    @property
    def module(self) -> nn.Module:
        return self.encoder

    def _make(self, rng: np.random.Generator) -> Ink:
        ink = self._source.render(self._source.text(rng), self._source.style(rng), rng)
        return Ink(degrade_ink(ink.coverage, rng), ink.text, ink.edges)

    def loss(self, step: int, share: Share) -> tuple[Tensor, int, dict[str, float]]:
        inks = share.of(self._pools.batch(step))
        batch = stack([ink.coverage for ink in inks], self.preset.canvas.patch).to(
            self.encoder.project.weight.device
        )
        _, _, mask, logits = self.encoder.read(batch.ink, batch.mask)
        return ctc_loss(logits, mask, [ink.text for ink in inks]).sum(), len(inks), {}

    def evaluate(self) -> Evaluation:
        pairs = [p for p in self._valid if 6 <= len(p.source) <= 46] or self._valid
        scores, rows = {}, []
        for name, faces in (("seen", self._source.fonts.seen), ("unseen", self._source.fonts.unseen)):
            inks, read = [], []
            for i in range(100):
                rng = np.random.default_rng((98, i))
                inks.append(
                    self._source.render(pairs[i * 7 % len(pairs)].source, self._source.style(rng, faces), rng)
                )
            for start in range(0, len(inks), 10):
                batch = stack([ink.coverage for ink in inks[start : start + 10]], self.preset.canvas.patch)
                _, _, mask, logits = self.encoder.read(batch.ink, batch.mask)
                read += [reading.text for reading in read_best_path(logits, mask)]
            scores[f"cer_{name}"] = character_error_rate(read, [ink.text for ink in inks])
            rows += [
                (f"{ink.text}   →   {text}", ink.coverage) for ink, text in zip(inks[:8], read, strict=False)
            ]
        return Evaluation(scores, sheet_rows(rows))

    def save(self) -> None:
        save_part(self.run / "reader.safetensors", self.encoder)
