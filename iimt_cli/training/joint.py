"""Stage `joint`: the whole system on picture pairs, L = L_image + L_KD + L_OCR + L_TIT (Translatotron-V, section 3.2).

Every part starts as its own stage trained it. The T2I teacher is the frozen drawer, which gets the true text.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import sacrebleu
import torch
from torch import Tensor, nn

from iimt_cli.config import Preset
from iimt_cli.data.corpora import Pair
from iimt_cli.data.render import Ink, degrade_ink
from iimt_cli.data.text import clean
from iimt_cli.errors import IimtError
from iimt_cli.model.checkpoint import load_part, load_system, save_part
from iimt_cli.model.image_encoder import ctc_loss, read_best_path
from iimt_cli.model.strips import stack
from iimt_cli.model.text import pad
from iimt_cli.model.translatotron import Translatotron
from iimt_cli.model.vocabulary import BEGIN, END, PAD, Vocabulary
from iimt_cli.training.drawer import Drawer
from iimt_cli.training.drawing import (
    distillation_loss,
    gold_layout,
    image_loss,
    text_loss,
    token_logits,
    width_loss,
)
from iimt_cli.training.scoring import character_error_rate, ocr_scores, sheet_rows
from iimt_cli.training.stage import Evaluation, Share, Stage
from iimt_cli.training.strips import Pools, StripSource
from iimt_cli.training.text import vary


@dataclass(frozen=True)
class StripPair:
    """`source` ink as a separator leaves it, and the ink of its translation in the same type."""

    source: Ink
    target: Ink


class JointStage(Stage):
    name = "joint"

    def __init__(
        self, preset: Preset, run: Path, seed: int, strips: StripSource, valid: Sequence[Pair]
    ) -> None:
        super().__init__(preset, run, seed)
        for part in ("tokenizer", "text", "drawer"):
            if not (run / f"{part}.safetensors").exists():
                raise IimtError(f"{run}: the joint stage needs the stage {part} first")
        source, target = Vocabulary.load(run / "source.spm"), Vocabulary.load(run / "target.spm")
        self.system = Translatotron(preset, source, target)
        load_system(run, self.system)
        self.system.image_tokenizer.requires_grad_(False)
        self.teacher = Drawer(preset, self.system.image_tokenizer.digits)
        load_part(run / "drawer.safetensors", self.teacher)
        self.teacher.requires_grad_(False).eval()
        self._strips, self._valid = strips, list(valid)
        self._pools = Pools(self._make, lambda p: p.source.coverage.shape[1], self.settings.batch, self.rng)

    @property
    def module(self) -> nn.Module:
        return self.system

    def _make(self, rng: np.random.Generator) -> StripPair:
        style = self._strips.style(rng)
        low, high = self.preset.training.min_chars, self.preset.training.max_chars
        packs, variety = self.preset.languages.packs, self.preset.training.variety
        pair = vary(self._strips.pair(rng), self._strips.sampler, rng, packs.source, variety)
        if not all(low <= len(text) <= high for text in pair):
            pair = self._strips.pair(rng)
        source, target = (self._strips.render(text, style, rng) for text in pair)
        return StripPair(Ink(degrade_ink(source.coverage, rng), source.text, source.edges), target)

    def loss(self, step: int, share: Share) -> tuple[Tensor, int, dict[str, float]]:
        pairs = share.of(self._pools.batch(step))
        system, losses = self.system, self.preset.training.losses
        device, patch = system.image_decoder.head.out.weight.device, self.preset.canvas.patch
        self.teacher.to(device)
        source = stack([p.source.coverage for p in pairs], patch).to(device)
        target = stack([p.target.coverage for p in pairs], patch).to(device)
        texts = [p.target.text for p in pairs]
        with torch.no_grad():
            tokens = system.image_tokenizer.encode(target.ink, target.mask)
        layout = gold_layout([p.target for p in pairs], target.mask.cpu(), self.preset.characters).to(device)

        encoded = system.image_encoder(source.ink, source.mask)
        alphabet = self.preset.characters
        read = read_best_path(encoded.ocr.detach(), encoded.mask, alphabet)
        pieces, visual = system.pieces(read, encoded.reading)
        context = system.text_encoder(pieces, system.text_decoder.embedding.weight, visual)
        rows = [system.target.encode(text) for text in texts]
        wanted = pad([[BEGIN, *row, END] for row in rows]).to(device)
        states = system.text_decoder(wanted[:, :-1], context, pieces != PAD)
        hints = system.text_encoder.hints(pieces)
        odds = system.text_decoder.odds(states, wanted[:, :-1], context, hints)
        said = system.spread(states[:, 1:], rows, texts)
        characters = system.image_decoder.character_states(layout.characters, said)
        logits = token_logits(system.image_decoder, tokens, characters, layout, encoded.visual, encoded.mask)
        widths = system.image_decoder.widths(layout.characters, encoded.visual, encoded.mask)

        smoothing = self.settings.label_smoothing
        terms = {
            "image": losses.image
            * (
                image_loss(system.image_decoder.head, logits, tokens, layout.mask, smoothing)
                + width_loss(widths, layout)
            ),
            "text": losses.text
            * text_loss(system.text_decoder, states, wanted[:, 1:], smoothing, hints, odds),
            "ocr": losses.ocr * ctc_loss(encoded.ocr, encoded.mask, [p.source.text for p in pairs], alphabet),
        }
        if losses.distillation:
            with torch.no_grad():
                seen = self.teacher.image_encoder(source.ink, source.mask)
                gold = self.teacher.image_decoder.character_states(layout.characters)
                taught = token_logits(
                    self.teacher.image_decoder, tokens, gold, layout, seen.visual, seen.mask
                )
            terms["kd"] = losses.distillation * distillation_loss(
                logits, taught, layout.mask, losses.temperature
            )
        figures = {name: float(term.detach().mean()) for name, term in terms.items()}
        total = torch.stack([term.sum() for term in terms.values()]).sum()
        return total, len(pairs), figures

    def evaluate(self) -> Evaluation:
        """Scores on clean strips in faces never trained on: of the reading, the translation, and the drawing as it reads."""
        pairs = [p for p in self._valid if 6 <= len(p.source) <= 46] or self._valid
        read, said, drawn, gold, rows = [], [], [], [], []
        chosen = [pairs[i * 7 % len(pairs)] for i in range(120)]
        for i, pair in enumerate(chosen):
            rng = np.random.default_rng((95, i))
            style = self._strips.style(rng, self._strips.fonts.unseen)
            source, target = (self._strips.render(text, style, rng).coverage for text in pair)
            batch = stack([source], self.preset.canvas.patch).to(self.device)
            [result] = self.system.translate(batch.ink, batch.mask)
            read.append(result.source)
            said.append(result.target)
            drawn.append(result.drawn.ink if result.drawn else np.zeros((32, 32), np.float32))
            gold.append(target)
            if i < 16:
                rows.append((f"{result.source}   →   {result.target}", source, drawn[-1]))
        references = [p.target for p in chosen]
        found = ocr_scores(drawn, gold, [clean(t) for t in said])
        whole = ocr_scores(drawn, gold, references)
        scores = {
            "cer_reader": character_error_rate(read, [p.source for p in chosen]),
            "bleu_text": sacrebleu.corpus_bleu(said, [references]).score,
            "cer_drawn": found["ocr_cer"],
            "bleu_drawn": whole["ocr_bleu"],
        }
        return Evaluation(scores, sheet_rows(rows))

    def save(self) -> None:
        kept = nn.ModuleDict({n: m for n, m in self.system.named_children() if n != "image_tokenizer"})
        save_part(self.run / "joint.safetensors", kept)
