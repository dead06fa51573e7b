"""What the whole system of `ablations.py` is compared with, with as many steps: a pixel baseline, a cascade, and the same
system whose tokenizer is not frozen.

All begin with the encoder of the base (`ablations_encoder.py`), have layers of its sizes and learn from the same pairs.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from ablations_encoder import EncoderStage
from ablations_measure import batches, bleu_of, pairs_of, scores_of
from torch import Tensor, nn

from iimt_cli.config import Preset, load_preset
from iimt_cli.evaluation.bleu import cer
from iimt_cli.model.attention import DecoderLayer, LayerCache
from iimt_cli.model.checkpoint import load_part, save_part
from iimt_cli.model.decoding import decode_text
from iimt_cli.model.text import TextTranslator, pad
from iimt_cli.model.vocabulary import BEGIN, END, PAD, Vocabulary
from iimt_cli.paper.model.picture_translatotron import stack_pictures, to_pixels
from iimt_cli.paper.model.vit_encoder import ViTEncoder
from iimt_cli.paper.training.joint_stage import PictureJointStage
from iimt_cli.paper.training.pairs import FolderPairs, PicturePair
from iimt_cli.runs.synthesize import DataSet, make_data_set
from iimt_cli.training.stage import Evaluation, Share, Stage

PRESET = Path(__file__).with_name("ablations.toml")
NOTHING = "-"  # is drawn where the cascade says nothing; shorter than any text of the preset, so the picture is blank


class PixelSystem(nn.Module):
    """Source picture → target picture, without tokens and without texts: columns of pixels, from left to right.

    A column is as wide as an image token of the base. There are as many decoder layers as the base has in its two decoders.
    """

    def __init__(self, preset: Preset) -> None:
        super().__init__()
        size, self.canvas = preset.image_decoder, preset.canvas
        column = preset.canvas.channels * preset.canvas.height * preset.canvas.patch
        self.image_encoder = ViTEncoder(preset.vit, preset.canvas)
        self.begin = nn.Parameter(torch.zeros(size.dim))
        self.embed = nn.Linear(column, size.dim)
        self.layers = nn.ModuleList(
            DecoderLayer(size.dim, size.heads, size.ff, size.dropout, preset.vit.dim)
            for _ in range(size.layers + preset.text_decoder.layers)
        )
        self.norm, self.head = nn.LayerNorm(size.dim), nn.Linear(size.dim, column)

    def columns(self, pixels: Tensor) -> Tensor:
        """Pixels (B, C, H, W) → columns (B, L, C · H · patch)."""
        return pixels.unflatten(3, (-1, self.canvas.patch)).permute(0, 3, 1, 2, 4).flatten(2)

    def picture(self, columns: Tensor) -> Tensor:
        """Columns (B, L, C · H · patch) → pixels (B, C, H, W)."""
        canvas = self.canvas
        shape = (canvas.channels, canvas.height, canvas.patch)
        return columns.unflatten(2, shape).permute(0, 2, 3, 1, 4).flatten(3)

    def forward(
        self, before: Tensor, visual: Tensor, caches: Sequence[LayerCache | None] | None = None
    ) -> Tensor:
        """Embedded columns (B, L, D) and visual states (B, M, V) → logits of the pixels of the column after each."""
        x = before
        for layer, cache in zip(self.layers, caches or [None] * len(self.layers), strict=True):
            x = layer(x, visual, None, cache)
        return self.head(self.norm(x))

    def loss(self, source: Tensor, target: Tensor) -> Tensor:
        """Mean cross-entropy of the pixels' values 0..1 of each picture (B,), told the true columns before."""
        columns = self.columns(target)
        begin = self.begin.expand(len(target), 1, -1)
        logits = self(torch.cat([begin, self.embed(columns[:, :-1])], 1), self.image_encoder(source))
        return F.binary_cross_entropy_with_logits(logits, columns, reduction="none").mean((1, 2))

    @torch.inference_mode()
    def translate(self, source: Tensor) -> Tensor:
        """Pictures 0..1 (B, C, H, W) → pictures 0..1, each column's expected values, which the next one is told."""
        visual, caches = self.image_encoder(source), [LayerCache.empty(contexts=1) for _ in self.layers]
        x, drawn = self.begin.expand(len(source), 1, -1), []
        for _ in range(self.canvas.width // self.canvas.patch):
            drawn.append(self(x, visual, caches).sigmoid())
            x = self.embed(drawn[-1])
        return self.picture(torch.cat(drawn, 1))


class PixelStage(Stage):
    """Trains the pixel baseline as `training.joint` says."""

    name = "joint"

    def __init__(self, preset: Preset, run: Path, seed: int, train: Path, valid: Path) -> None:
        super().__init__(preset, run, seed)
        self._train, self._valid = FolderPairs(train, preset), FolderPairs(valid, preset)
        self.system = PixelSystem(preset)
        self.system.image_encoder.load_pretrained(str(run / "encoder.safetensors"))

    @property
    def module(self) -> nn.Module:
        return self.system

    def groups(self) -> list[dict[str, Any]]:
        return slow_encoder(self.system, self.system.image_encoder, self.preset)

    def loss(self, step: int, share: Share) -> tuple[Tensor, int, dict[str, float]]:
        size = self.settings.batch
        pairs = [self._train.pair(n, self.rng) for n in share.of(list(range(step * size, (step + 1) * size)))]
        source, target = (stack_pictures([getattr(p, side) for p in pairs]) for side in ("source", "target"))
        losses = self.system.loss(source, target)
        return losses.sum(), len(pairs), {"pixels": float(losses.detach().mean())}

    def evaluate(self) -> Evaluation:
        pairs = [self._valid.at(i) for i in range(len(self._valid))]
        source, target = (stack_pictures([getattr(p, side) for p in pairs]) for side in ("source", "target"))
        drawn = self.system.translate(source)
        return Evaluation({"l1": float((drawn - target).abs().mean())})

    def save(self) -> None:
        save_part(self.run / "joint.safetensors", self.system)


class CascadeStage(EncoderStage):
    """Trains a reader and a text translator side by side as `training.joint` says; neither learns from the other.

    The reader is the base's encoder, which goes on learning to read at its rate in the base. The translator has an encoder and
    a decoder of the size of the base's text decoder, and is trained on the true source texts.
    """

    name = "joint"

    def __init__(self, preset: Preset, run: Path, seed: int, train: Path, valid: Path) -> None:
        super().__init__(preset, run, seed, train, valid)
        self.encoder.load_pretrained(str(run / "encoder.safetensors"))
        self._target = Vocabulary.load(run / "target.spm")
        size = preset.text_decoder
        self.translator = TextTranslator(len(self._source), len(self._target), size, size, visual_dim=1)
        self._parts.append(self.translator)

    def groups(self) -> list[dict[str, Any]]:
        return slow_encoder(self._parts, self.encoder, self.preset)

    def loss(self, step: int, share: Share) -> tuple[Tensor, int, dict[str, float]]:
        reading, count, figures = super().loss(step, share)
        size = self.settings.batch
        pairs = [self._train.pair(n, self.rng) for n in share.of(list(range(step * size, (step + 1) * size)))]
        source = pad([[*self._source.encode(p.source_text), END] for p in pairs])
        target = pad([[BEGIN, *self._target.encode(p.target_text), END] for p in pairs])
        text = self.translator(source, target, self.settings.label_smoothing)
        return reading + text * len(pairs), count, figures | {"text": float(text.detach())}

    def save(self) -> None:
        save_part(self.run / "joint.safetensors", self._parts)

    @property
    def parameters(self) -> int:
        """Of what translating uses: without the head for letters, and without the embedding of pictures in the translator."""
        unused = sum(
            p.numel()
            for part in (self._letters, self.translator.text_encoder.visual)
            for p in part.parameters()
        )
        return sum(p.numel() for p in self._parts.parameters()) - unused

    @torch.inference_mode()
    def translate(self, pairs: Sequence[Any]) -> list[tuple[str, str]]:
        """What the reader reads in each source picture, and its translation, greedily."""
        read = [self._source.encode(text) for text in self.readings(pairs)]
        pieces = pad([[*row, END] for row in read])
        context = self.translator.text_encoder(pieces, self.translator.text_decoder.embedding.weight)
        said = decode_text(self.translator.text_decoder, context, pieces != PAD)
        texts = [self._target.decode(one.pieces) for one in said]
        return list(zip([self._source.decode(row) for row in read], texts, strict=True))


class UnfrozenStage(PictureJointStage):
    """The paper's second stage with a tokenizer that goes on learning what it learnt in the first.

    Codes have no gradient, so the other losses do not reach it: it learns from its own loss, on the target pictures, and
    the decoders follow codes that change their meaning.
    """

    RATE = 0.1  # of the decoders' learning rate; the first stage ended with less

    def __init__(self, preset: Preset, run: Path, seed: int, train: Path, valid: Path) -> None:
        peek = FolderPairs(valid, preset)
        held = [peek.at(i) for i in range(len(peek))]
        words = (Vocabulary.load(run / "source.spm"), Vocabulary.load(run / "target.spm"))
        preset = replace(preset, vit=replace(preset.vit, pretrained=str(run / preset.vit.pretrained)))
        super().__init__(preset, run, seed, FolderPairs(train, preset), held, *words)
        self._tokenizer = self.system.image_tokenizer.requires_grad_(True)

    def groups(self) -> list[dict[str, Any]]:
        learning = list(self._tokenizer.parameters())
        known = {id(p) for p in learning}
        others = [
            group | {"params": [p for p in group["params"] if id(p) not in known]}
            for group in super().groups()
        ]
        return [*others, {"params": learning, "rate": self.RATE}]

    def terms(self, pairs: list[PicturePair]) -> dict[str, Tensor]:
        found = super().terms(pairs)  # with the codes of before this step
        target = stack_pictures([p.target for p in pairs])
        drawn, _, commitment = self._tokenizer.train()(target)
        pixels = (drawn.float() - target).abs().mean((1, 2, 3))
        return found | {"tokenizer": pixels + commitment}

    def save(self) -> None:
        super().save()
        save_part(self.run / "tokenizer.safetensors", self._tokenizer)


def slow_encoder(module: nn.Module, encoder: nn.Module, preset: Preset) -> list[dict[str, Any]]:
    """The parameters of a module, those of its encoder at the encoder's rate, as the joint stage of the base has them."""
    slow = list(encoder.parameters())
    known = {id(p) for p in slow}
    return [
        {"params": [p for p in module.parameters() if id(p) not in known]},
        {"params": slow, "rate": preset.vit.rate},
    ]


def measure_pixels(folder: Path, data: Path, wide: bool) -> dict[str, Any]:
    """The pixel baseline's pictures of unseen sentences."""
    preset = load_preset(folder / "preset.toml")
    system = PixelSystem(preset)
    load_part(folder / "joint.safetensors", system)
    system.eval()
    pairs = pairs_of(data / "test", preset)
    drawn = [
        to_pixels(one)
        for some in batches(pairs)
        for one in system.translate(stack_pictures([p.source for p in some]))
    ]
    parameters = sum(p.numel() for p in system.parameters())
    return {
        "parameters": parameters,
        "scores": scores_of(drawn, pairs, folder / "drawn-test", data / "test"),
    }


def measure_cascade(folder: Path, data: Path, wide: bool) -> dict[str, Any]:
    """The cascade's texts of unseen sentences, set in the face and at the places of the true pictures."""
    preset = load_preset(folder / "preset.toml")
    stage = CascadeStage(preset, folder, 0, data / "peek", data / "peek")
    load_part(folder / "joint.safetensors", stage.module)
    stage.module.eval()
    pairs = pairs_of(data / "test", preset)
    said = [both for some in batches(pairs) for both in stage.translate(some)]
    texts = folder / "said.tsv"
    lines = [f"{pair.source_text}\t{text or NOTHING}\n" for pair, (_, text) in zip(pairs, said, strict=True)]
    texts.write_text("".join(lines), encoding="utf-8")
    # As the test set is made: the same seed has the same places.
    wanted = DataSet(data=[texts], preset=str(PRESET), background="white", seed=1)
    make_data_set(folder / "set", wanted, len(pairs))
    pictures = {pair.source_text: pair.target for pair in pairs_of(folder / "set", preset)}
    drawn = [pictures.get(pair.source_text, np.full_like(pair.target, 255)) for pair in pairs]
    scores = scores_of(drawn, pairs, folder / "drawn-test", data / "test")
    scores["bleu_text"] = bleu_of([text for _, text in said], [p.target_text for p in pairs])
    read = cer([text for text, _ in said], [p.source_text for p in pairs])
    return {"parameters": stage.parameters, "scores": scores, "reading_cer": read}
