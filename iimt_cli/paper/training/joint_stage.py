"""Stage `joint` for whole pictures: L = L_image + L_KD + L_OCR + L_TIT (Translatotron-V, section 3.2, second stage)."""

from pathlib import Path
from typing import Any

import sacrebleu
import torch
from torch import Tensor, nn

from iimt_cli.config import Preset
from iimt_cli.errors import IimtError
from iimt_cli.model.checkpoint import load_part, save_part
from iimt_cli.model.text import pad
from iimt_cli.model.vocabulary import BEGIN, END, PAD, Vocabulary
from iimt_cli.paper.model.picture_translatotron import (
    OcrDecoder,
    PictureTranslatotron,
    load_picture_system,
    stack_pictures,
    to_pixels,
)
from iimt_cli.paper.model.teacher import Teacher
from iimt_cli.paper.training.pairs import PairSource, PicturePair
from iimt_cli.paper.training.scoring import picture_scores, picture_sheet
from iimt_cli.paper.training.teacher_stage import frozen_tokenizer, teacher_pieces
from iimt_cli.training.drawing import distillation_loss, image_loss, text_loss
from iimt_cli.training.stage import Evaluation, Share, Stage

TOGETHER = 8  # pictures that an evaluation translates at once


class PictureJointStage(Stage):
    name = "joint"

    def __init__(
        self,
        preset: Preset,
        run: Path,
        seed: int,
        pairs: PairSource,
        valid: list[PicturePair],
        source: Vocabulary | None,
        target: Vocabulary | None,
    ) -> None:
        """Vocabularies are None if the texts of the pictures are not known (`text = false`)."""
        super().__init__(preset, run, seed)
        self._pairs, self._valid, self._source, self._target = pairs, valid, source, target
        self.system = PictureTranslatotron(preset, target)
        if (run / "joint.safetensors").exists():
            load_picture_system(run, self.system)
        elif preset.vit.pretrained:
            self.system.image_encoder.load_pretrained(preset.vit.pretrained)
        self.system.image_tokenizer = frozen_tokenizer(preset, run)
        self._parts = nn.ModuleDict({"system": self.system})
        self.ocr: OcrDecoder | None = None
        if preset.has_ocr and source is not None:
            self.ocr = self._parts["ocr"] = OcrDecoder(preset, len(source))
        self.teacher: Teacher | None = None
        if preset.has_teacher and target is not None:
            if not (run / "teacher.safetensors").exists():
                raise IimtError(f"{run}: the joint stage needs the stage teacher first")
            self.teacher = Teacher(
                preset.teacher,
                len(target),
                self.system.image_tokenizer.digits,
                preset.canvas,
                preset.image_decoder.scan,
            )
            load_part(run / "teacher.safetensors", self.teacher)
            self.teacher.requires_grad_(False).eval()

    @property
    def module(self) -> nn.Module:
        return self._parts

    def groups(self) -> list[dict[str, Any]]:
        (everything,) = super().groups()
        rate = self.preset.vit.rate
        if rate == 1:
            return [everything]
        encoder = list(self.system.image_encoder.parameters())
        known = {id(p) for p in encoder}
        rest = [p for p in everything["params"] if id(p) not in known]
        return [{"params": rest}, {"params": encoder, "rate": rate}]

    def loss(self, step: int, share: Share) -> tuple[Tensor, int, dict[str, float]]:
        size = self.settings.batch
        numbers = share.of(list(range(step * size, (step + 1) * size)))
        terms = self.terms([self._pairs.pair(n, self.rng) for n in numbers])
        figures = {name: float(term.detach().mean()) for name, term in terms.items()}
        return torch.stack([term.sum() for term in terms.values()]).sum(), len(numbers), figures

    def terms(self, pairs: list[PicturePair]) -> dict[str, Tensor]:
        """Every weighted term of the loss, per picture (B,)."""
        system, losses, smoothing = (
            self.system,
            self.preset.training.losses,
            self.settings.label_smoothing,
        )
        device = system.image_decoder.norm.weight.device
        source, target = (
            stack_pictures([getattr(p, side) for p in pairs]).to(device) for side in ("source", "target")
        )
        system.image_tokenizer.eval()
        with torch.no_grad():
            tokens = system.image_decoder.scan.written(system.image_tokenizer.encode(target))
        mask = torch.ones_like(tokens, dtype=torch.bool)
        visual, reading = system.image_encoder.with_reading(source)

        terms = {}
        said, wanted = _shifted(self._target, [p.target_text for p in pairs], device)
        contexts = system.contexts(visual, said)
        head = system.image_decoder.head
        logits = head(system.image_decoder(tokens, contexts)[mask])
        terms["image"] = losses.image * image_loss(head, logits, tokens, mask, smoothing)
        if losses.text and system.text_decoder is not None and contexts.text is not None:
            terms["text"] = losses.text * text_loss(system.text_decoder, contexts.text, wanted, smoothing)
        if self.ocr is not None:
            read, gold = _shifted(self._source, [p.source_text for p in pairs], device)
            states = self.ocr(reading, read)
            terms["ocr"] = losses.ocr * text_loss(self.ocr.decoder, states, gold, smoothing)
        if self.teacher is not None and self._target is not None:
            pieces = teacher_pieces(self._target, [p.target_text for p in pairs]).to(device)
            with torch.no_grad():
                taught = [part[mask] for part in self.teacher.to(device)(pieces, target, tokens)]
            terms["kd"] = losses.distillation * distillation_loss(logits, taught, mask, losses.temperature)
        return terms

    def evaluate(self) -> Evaluation:
        """BLEU of the text decoder on held-out pictures, and BLEU and CER of what an OCR engine reads in the results."""
        device = self.system.image_decoder.norm.weight.device
        drawn, said = [], []
        for start in range(0, len(self._valid), TOGETHER):
            pixels = stack_pictures([p.source for p in self._valid[start : start + TOGETHER]]).to(device)
            for result in self.system.translate(pixels, window=self.preset.image_decoder.window):
                drawn.append(to_pixels(result.pixels))
                said.append(result.text)
        gold, texts = [p.target for p in self._valid], [p.target_text for p in self._valid]
        scores = picture_scores(drawn, gold, texts)
        if self.system.text_decoder is not None:
            scores["bleu_text"] = sacrebleu.corpus_bleu(said, [texts]).score
        sheet = picture_sheet([p.source for p in self._valid], drawn, said)
        return Evaluation(scores, sheet, scores["ocr_bleu"])

    def save(self) -> None:
        kept = {n: m for n, m in self.system.named_children() if n != "image_tokenizer"}
        save_part(self.run / "joint.safetensors", nn.ModuleDict(kept))


def _shifted(vocabulary: Vocabulary | None, texts: list[str], device: torch.device) -> tuple[Tensor, Tensor]:
    """(what a decoder is given, what it must say), (B, T) each, padded alike; empty without a vocabulary."""
    rows = [vocabulary.encode(text) for text in texts] if vocabulary is not None else []
    given = pad([[BEGIN, *row] for row in rows], PAD)
    wanted = pad([[*row, END] for row in rows], PAD)
    return given.to(device), wanted.to(device)
