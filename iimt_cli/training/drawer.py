"""Stage `drawer`: image decoder and width predictor from gold target text and a strip in the same type.

The joint stage uses the result twice: as its T2I teacher (Translatotron-V, section 3.2), and as the weights from which its own
drawer starts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from iimt_cli.config import Preset
from iimt_cli.data.corpora import Pair
from iimt_cli.data.render import Ink, degrade_ink
from iimt_cli.errors import IimtError
from iimt_cli.model.checkpoint import load_part, save_part
from iimt_cli.model.convolution import widen
from iimt_cli.model.draw import draw
from iimt_cli.model.image_decoder import ImageDecoder
from iimt_cli.model.image_encoder import ImageEncoder
from iimt_cli.model.image_tokenizer import ImageTokenizer, reconstruction_loss
from iimt_cli.model.strips import stack
from iimt_cli.training.drawing import gold_layout, image_loss, reading_loss, token_logits, width_loss
from iimt_cli.training.scoring import ocr_scores, sheet_rows
from iimt_cli.training.stage import Evaluation, Share, Stage
from iimt_cli.training.strips import Pools, StripSource

STYLE_WIDTH = (96, 320)  # px, from and to, of the source strip: a part of a line is enough for its style


@dataclass(frozen=True)
class Drawing:
    """`source`: ink as a separator finds it, uint8 (H, W). `target`: the text to draw in the same type."""

    source: np.ndarray
    target: Ink


class Drawer(nn.Module):
    """Image encoder and image decoder, without any translation between them."""

    def __init__(self, preset: Preset, digits: tuple[int, ...]) -> None:
        super().__init__()
        self.image_encoder = ImageEncoder(preset.image_encoder, preset.canvas, preset.characters)
        self.image_decoder = ImageDecoder(
            preset.image_decoder,
            digits,
            preset.image_encoder.dim,
            preset.text_decoder.dim,
            preset.canvas.patch,
            preset.characters,
        )


class DrawerStage(Stage):
    name = "drawer"

    def __init__(
        self, preset: Preset, run: Path, seed: int, strips: StripSource, valid: Sequence[Pair]
    ) -> None:
        super().__init__(preset, run, seed)
        self.tokenizer = ImageTokenizer(preset.image_tokenizer, preset.canvas).eval()
        load_part(run / "tokenizer.safetensors", self.tokenizer)
        self.tokenizer.requires_grad_(False)
        self.drawer = Drawer(preset, self.tokenizer.digits)
        if (run / "drawer.safetensors").exists():
            load_part(run / "drawer.safetensors", self.drawer)
        elif (run / "reader.safetensors").exists():
            load_part(run / "reader.safetensors", self.drawer.image_encoder)
        else:
            raise IimtError(f"{run}: the drawer needs the stage reader first")
        for p in self.drawer.image_encoder.reader_parameters:
            p.requires_grad_(False)  # the part that reads stays as the stage `reader` trained it
        self._source, self._valid = strips, list(valid)
        self._pools = Pools(self._make, lambda d: d.target.coverage.shape[1], self.settings.batch, self.rng)

    @property
    def module(self) -> nn.Module:
        return self.drawer

    def _make(self, rng: np.random.Generator) -> Drawing:
        style, patch = self._source.style(rng), self.preset.canvas.patch
        source = degrade_ink(self._source.render(self._source.pair(rng).source, style, rng).coverage, rng)
        width = int(rng.integers(STYLE_WIDTH[0] // patch, STYLE_WIDTH[1] // patch)) * patch
        start = int(rng.integers(max(1, (source.shape[1] - width) // patch + 1))) * patch
        return Drawing(
            source[:, start : start + width], self._source.render(self._source.text(rng), style, rng)
        )

    def loss(self, step: int, share: Share) -> tuple[Tensor, int, dict[str, float]]:
        drawings = share.of(self._pools.batch(step))
        device, patch = self.drawer.image_decoder.head.out.weight.device, self.preset.canvas.patch
        self.tokenizer.to(device).eval()
        source = stack([d.source for d in drawings], patch).to(device)
        target = stack([d.target.coverage for d in drawings], patch).to(device)
        with torch.no_grad():
            tokens = self.tokenizer.encode(target.ink, target.mask)
            stem, states, frames, _ = self.drawer.image_encoder.read(source.ink, source.mask)
        visual = self.drawer.image_encoder.look(stem, states, frames)
        layout = gold_layout([d.target for d in drawings], target.mask.cpu(), self.preset.characters).to(
            device
        )
        decoder = self.drawer.image_decoder
        characters = decoder.character_states(layout.characters)
        logits = token_logits(decoder, tokens, characters, layout, visual, frames)
        image = image_loss(decoder.head, logits, tokens, layout.mask, self.settings.label_smoothing).sum()
        widths = width_loss(decoder.widths(layout.characters, visual, frames), layout).sum()
        picked = decoder.head.pick(logits)
        count = len(drawings)
        figures = {
            "image": float(image.detach()) / count,
            "width": float(widths.detach()) / count,
            "correct": _share_correct(decoder.head.split(picked), decoder.head.split(tokens[layout.mask])),
        }
        # Digits are chosen independently of each other, so the loss also looks at the ink that they give together.
        codes = torch.zeros_like(tokens).masked_scatter(layout.mask, picked)
        drawn = self.tokenizer.draw(codes, [digit.softmax(-1) for digit in logits], layout.mask)
        pixels = reconstruction_loss(drawn, target.ink, target.mask).sum()
        figures["pixels"] = float(pixels.detach()) / count
        weights = self.preset.training.losses
        total = image + widths + weights.pixels * pixels
        if weights.reading:  # a few wrong pixels can make another letter: an e without its bar reads as c
            ink = drawn.sigmoid() * widen(target.mask, drawn.shape[2])[:, None]
            reading = reading_loss(self.drawer.image_encoder, ink, target.ink, target.mask).sum()
            figures["reading"] = float(reading.detach()) / count
            total = total + weights.reading * reading
        return total, count, figures

    def evaluate(self) -> Evaluation:
        self.tokenizer.to(self.device)
        scores: dict[str, float] = {}
        rows: list[tuple] = []
        pairs = [p for p in self._valid if 6 <= len(p.target) <= 46] or self._valid
        for name, faces in (("seen", self._source.fonts.seen), ("unseen", self._source.fonts.unseen)):
            drawn, gold, texts = [], [], []
            for i in range(48):
                rng = np.random.default_rng((97, i))
                style, pair = self._source.style(rng, faces), pairs[i * 7 % len(pairs)]
                source = self._source.render(pair.source, style, rng).coverage
                target = self._source.render(pair.target, style, rng)
                batch = stack([source], self.preset.canvas.patch).to(self.device)
                encoded = self.drawer.image_encoder(batch.ink, batch.mask)
                result = draw(
                    self.drawer.image_decoder,
                    self.tokenizer,
                    [pair.target],
                    None,
                    encoded.visual,
                    encoded.mask,
                )
                drawn.append(result[0].ink)
                gold.append(target.coverage)
                texts.append(pair.target)
                if i < 10:
                    rows.append(
                        (f"{name} {style.face.family}: {pair.target}", source, target.coverage, drawn[-1])
                    )
            found = ocr_scores(drawn, gold, texts)
            scores |= {f"cer_{name}": found["ocr_cer"], f"ceiling_{name}": found["ceiling_ocr_cer"]}
        return Evaluation(scores, sheet_rows(rows))

    def save(self) -> None:
        save_part(self.run / "drawer.safetensors", self.drawer)


def _share_correct(picked: Sequence[Tensor], wanted: Sequence[Tensor]) -> float:
    """The share of all digits that are right, 0..1."""
    return float((torch.stack(list(picked)) == torch.stack(list(wanted))).float().mean())
