"""Stage `tokenizer` for whole pictures: L1 + perceptual + adversarial loss (Translatotron-V, section 3.2, first stage).

It uses unlabelled pictures, source and target alike. They are never mirrored, since a mirrored letter is not a letter.
"""

import logging
from pathlib import Path

import torch
from torch import Tensor, nn

from iimt_cli.config import Preset
from iimt_cli.model.checkpoint import load_part, save_part
from iimt_cli.model.image_tokenizer import ImageTokenizer
from iimt_cli.paper.model.picture_translatotron import stack_pictures, to_pixels
from iimt_cli.paper.training.pairs import PairSource, PicturePair
from iimt_cli.paper.training.scoring import picture_scores, picture_sheet
from iimt_cli.paper.training.tokenizer_losses import Discriminator, PerceptualLoss, adversarial_losses
from iimt_cli.training.stage import Evaluation, Share, Stage

_log = logging.getLogger(__name__)


class PictureTokenizerStage(Stage):
    name = "tokenizer"

    def __init__(
        self, preset: Preset, run: Path, seed: int, pairs: PairSource, valid: list[PicturePair]
    ) -> None:
        super().__init__(preset, run, seed)
        self._pairs, self._valid, losses = pairs, valid, preset.training.losses
        self.tokenizer = ImageTokenizer(preset.image_tokenizer, preset.canvas)
        if (run / "tokenizer.safetensors").exists():
            load_part(run / "tokenizer.safetensors", self.tokenizer)
        if (run / "teacher.safetensors").exists() or (run / "joint.safetensors").exists():
            self.tokenizer.freeze_codes()  # later stages have learnt what each code looks like
        self._parts = nn.ModuleDict({"tokenizer": self.tokenizer})
        self.judge = Discriminator(preset.canvas.channels) if losses.adversarial else None
        if self.judge is not None:
            self._parts["judge"] = self.judge
        self.perceptual: PerceptualLoss | None = None
        if losses.perceptual:
            self.perceptual = PerceptualLoss(preset.training.perceptual_network, preset.canvas.channels)
            kind = preset.training.perceptual_network if self.perceptual.known else "random features"
            _log.warning("perceptual loss: %s", kind)

    @property
    def module(self) -> nn.Module:
        return self._parts

    def loss(self, step: int, share: Share) -> tuple[Tensor, int, dict[str, float]]:
        size, losses = self.settings.batch, self.preset.training.losses
        pictures = []
        for number in share.of(list(range(step * size, (step + 1) * size))):
            pair = self._pairs.pair(number // 2, self.rng)
            pictures.append(pair.target if number % 2 else pair.source)
        device = self.tokenizer.to_latent.weight.device
        real = stack_pictures(pictures).to(device)
        drawn, codes, commitment = self.tokenizer(real)
        drawn = drawn.float()
        terms = {"pixels": (drawn - real).abs().mean((1, 2, 3))}
        # Every other picture: these networks cost more than the tokenizer itself.
        if self.perceptual is not None:
            seen = self.perceptual.to(device)(drawn[::2], real[::2])
            terms["perceptual"] = losses.perceptual * seen.mean().expand(len(real))
        if self.judge is not None:
            misleading, judging = adversarial_losses(self.judge, drawn[::2], real[::2])
            strength = _strength(misleading, drawn)[::2]
            terms["adversarial"] = losses.adversarial * (strength * misleading).mean().expand(len(real))
            terms["judge"] = losses.adversarial * judging.mean().expand(len(real))
        figures = {name: float(term.detach().mean()) for name, term in terms.items()}
        figures["codes"] = float(len(torch.unique(codes)))
        total = torch.stack([term.sum() for term in terms.values()]).sum() + commitment * len(pictures)
        return total, len(pictures), figures

    def evaluate(self) -> Evaluation:
        """Scores of what an OCR engine reads in reconstructions of held-out target pictures."""
        device = self.tokenizer.to_latent.weight.device
        drawn = []
        for pair in self._valid:
            codes = self.tokenizer.encode(stack_pictures([pair.target]).to(device))
            drawn.append(to_pixels(self.tokenizer.decode(codes)[0]))
        gold = [pair.target for pair in self._valid]
        scores = picture_scores(drawn, gold, [pair.target_text for pair in self._valid])
        return Evaluation(scores, picture_sheet(gold, drawn), scores["ocr_bleu"])

    def save(self) -> None:
        save_part(self.run / "tokenizer.safetensors", self.tokenizer)


def _strength(misleading: Tensor, drawn: Tensor) -> Tensor:
    """Factors (B,) for the adversarial terms that give their gradients at the pictures (B, C, H, W) the norm that those
    of L1 have.

    After VQGAN (arXiv 2012.09841, section 3.2). The gradient of L1 has the norm 1 / √pixels, however near the picture
    is. Without the factors the gradients of the adversarial terms would be so much larger that L1 hardly counted.
    """
    (pull,) = torch.autograd.grad(misleading.sum(), drawn, retain_graph=True)
    return drawn[0].numel() ** -0.5 / pull.flatten(1).norm(dim=1).clamp(min=1e-12)
