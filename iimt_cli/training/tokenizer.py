"""Stage `tokenizer`: the image tokenizer on unlabelled strips (Translatotron-V, section 3.2, first stage).

Nothing can be drawn better than the tokenizer reconstructs it, so strips have all letters of the alphabet, and are never
mirrored. The loss looks at pixels alone: a loss on how a reader reads the strips did not help (weights/de-en/TRAINING.md).
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from iimt_cli.config import Preset
from iimt_cli.data.corpora import Pair
from iimt_cli.data.render import Ink
from iimt_cli.model.checkpoint import load_part, save_part
from iimt_cli.model.image_tokenizer import ImageTokenizer, reconstruction_loss
from iimt_cli.model.strips import stack
from iimt_cli.training.scoring import ocr_scores, sheet_rows
from iimt_cli.training.stage import Evaluation, Share, Stage
from iimt_cli.training.strips import Pools, StripSource


class TokenizerStage(Stage):
    name = "tokenizer"

    def __init__(
        self, preset: Preset, run: Path, seed: int, strips: StripSource, valid: Sequence[Pair]
    ) -> None:
        super().__init__(preset, run, seed)
        self.tokenizer = ImageTokenizer(preset.image_tokenizer, preset.canvas)
        self._source, self._valid = strips, list(valid)
        if (run / "tokenizer.safetensors").exists():
            load_part(run / "tokenizer.safetensors", self.tokenizer)
        if (run / "drawer.safetensors").exists():
            self.tokenizer.freeze_codes()  # the drawer has learnt what each code looks like
        self._pools = Pools(self._make, lambda ink: ink.shape[1], self.settings.batch, self.rng)

    @property
    def module(self) -> nn.Module:
        return self.tokenizer

    def _make(self, rng: np.random.Generator) -> np.ndarray:
        return self._source.render(self._source.text(rng), self._source.style(rng), rng).coverage

    def loss(self, step: int, share: Share) -> tuple[Tensor, int, dict[str, float]]:
        strips = share.of(self._pools.batch(step))
        batch = stack(strips, self.preset.canvas.patch).to(next(self.tokenizer.parameters()).device)
        logits, codes, commitment = self.tokenizer(batch.ink, batch.mask)
        loss = reconstruction_loss(logits, batch.ink, batch.mask)
        figures = {
            "pixels": float(loss.detach().mean()),
            "codes": float(len(torch.unique(codes[batch.mask]))),
        }
        total = loss.sum() + commitment * len(strips)
        return total, len(strips), figures

    def evaluate(self) -> Evaluation:
        inks = self.held_out(96)
        batches = [stack([ink.coverage], self.preset.canvas.patch) for ink in inks]
        codes = [self.tokenizer.encode(b.ink.to(self.device)) for b in batches]
        drawn = [self.tokenizer.decode(c)[0].cpu().numpy() for c in codes]
        scores = ocr_scores(drawn, [ink.coverage for ink in inks], [ink.text for ink in inks])
        scores["codes"] = float(len(torch.unique(torch.cat([c.flatten() for c in codes]))))
        samples = sheet_rows(
            (f"{ink.text}   [source, reconstruction]", ink.coverage, picture)
            for ink, picture in zip(inks[:14], drawn, strict=False)
        )
        return Evaluation(scores, samples)

    def held_out(self, count: int) -> list[Ink]:
        """Strips of validation sentences, half of them in faces never trained on."""
        made = []
        pairs = [p for p in self._valid if 6 <= len(p.target) <= 46] or self._valid
        for i in range(count):
            rng = np.random.default_rng((99, i))
            faces = self._source.fonts.unseen if i % 2 else self._source.fonts.seen
            pair = pairs[i * 7 % len(pairs)]
            made.append(self._source.render(pair.target, self._source.style(rng, faces), rng))
        return made

    def save(self) -> None:
        save_part(self.run / "tokenizer.safetensors", self.tokenizer)
