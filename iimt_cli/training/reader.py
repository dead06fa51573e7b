"""Stage `reader`: stem and lower encoder learn to read ink with CTC on source characters (the OCR task, section 3.2).

If the run has a separator, half of the strips are painted on backgrounds and separated by it, so that the reader learns its
errors, too: rests of the background, and pale strokes that are missing.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from iimt_cli.config import Preset
from iimt_cli.data.backgrounds import Backgrounds
from iimt_cli.data.corpora import Pair
from iimt_cli.data.render import Ink, degrade_ink
from iimt_cli.data.scene import paint_strip
from iimt_cli.model.checkpoint import load_part, save_part
from iimt_cli.model.image_encoder import ImageEncoder, ctc_loss, read_best_path
from iimt_cli.model.separator import Separator
from iimt_cli.model.strips import stack
from iimt_cli.training.scoring import character_error_rate, sheet_rows
from iimt_cli.training.separator import look_twice
from iimt_cli.training.stage import Evaluation, Share, Stage
from iimt_cli.training.strips import Pools, StripSource


class ReaderStage(Stage):
    name = "reader"

    def __init__(
        self,
        preset: Preset,
        run: Path,
        seed: int,
        strips: StripSource,
        backgrounds: tuple[Backgrounds, Backgrounds],
        valid: Sequence[Pair],
    ) -> None:
        """`backgrounds`: to train on, and held out."""
        super().__init__(preset, run, seed)
        self.encoder = ImageEncoder(preset.image_encoder, preset.canvas, preset.characters)
        self._source, self._valid = strips, list(valid)
        self._seen, self._unseen = backgrounds
        self._separator = None
        if (run / "separator.safetensors").exists():
            self._separator = Separator(preset.separator).eval()
            load_part(run / "separator.safetensors", self._separator)
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
        if self._separator is not None and rng.random() < 0.5:
            return self._separated(ink, self._seen, rng)
        return Ink(degrade_ink(ink.coverage, rng), ink.text, ink.edges)

    @torch.inference_mode()
    def _separated(self, ink: Ink, backgrounds: Backgrounds, rng: np.random.Generator) -> Ink:
        """The ink that the separator finds where `ink` is painted on a background."""
        assert self._separator is not None
        height, width = ink.coverage.shape
        painted = paint_strip(ink, backgrounds.sample(height, width, rng)[0], rng)
        found, _ = look_twice(self._separator, painted.rgb)
        return Ink((found * 255).round().astype(np.uint8), ink.text, ink.edges)

    def loss(self, step: int, share: Share) -> tuple[Tensor, int, dict[str, float]]:
        inks = share.of(self._pools.batch(step))
        batch = stack([ink.coverage for ink in inks], self.preset.canvas.patch).to(self.device)
        _, _, mask, logits = self.encoder.read(batch.ink, batch.mask)
        return ctc_loss(logits, mask, [ink.text for ink in inks], self.encoder.alphabet).sum(), len(inks), {}

    def evaluate(self) -> Evaluation:
        """CER on clean ink in faces that are trained on ("seen") and in others ("unseen"), and on ink that the
        separator finds on held-out photos ("photo")."""
        pairs = [p for p in self._valid if 6 <= len(p.source) <= 46] or self._valid
        kinds = {"seen": self._source.fonts.seen, "unseen": self._source.fonts.unseen}
        if self._separator is not None:
            kinds["photo"] = self._source.fonts.unseen
        scores, rows = {}, []
        for name, faces in kinds.items():
            inks, read = [], []
            for i in range(100):
                rng = np.random.default_rng((98, i))
                text = pairs[i * 7 % len(pairs)].source
                inks.append(self._source.render(text, self._source.style(rng, faces), rng))
                if name == "photo":
                    inks[-1] = self._separated(inks[-1], replace(self._unseen, kinds=("photo",)), rng)
            for start in range(0, len(inks), 10):
                some = [ink.coverage for ink in inks[start : start + 10]]
                batch = stack(some, self.preset.canvas.patch).to(self.device)
                _, _, mask, logits = self.encoder.read(batch.ink, batch.mask)
                read += [reading.text for reading in read_best_path(logits, mask, self.encoder.alphabet)]
            scores[f"cer_{name}"] = character_error_rate(read, [ink.text for ink in inks])
            rows += [
                (f"{ink.text}   →   {text}", ink.coverage) for ink, text in zip(inks[:8], read, strict=False)
            ]
        return Evaluation(scores, sheet_rows(rows))

    def save(self) -> None:
        save_part(self.run / "reader.safetensors", self.encoder)
