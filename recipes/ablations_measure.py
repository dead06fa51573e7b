"""Scores one trained run of `ablations.py` on unseen sentences: end to end, its tokenizer alone, its gate."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from iimt_cli.config import Preset, load_preset
from iimt_cli.data.scene import capture
from iimt_cli.evaluation.bleu import bleu, interval
from iimt_cli.model.text import pad
from iimt_cli.model.vocabulary import BEGIN, Vocabulary
from iimt_cli.paper.model.picture_translatotron import (
    DrawnPicture,
    PictureTranslatotron,
    inference_parameters,
    load_picture_system,
    stack_pictures,
    to_pixels,
    training_parameters,
)
from iimt_cli.paper.training.pairs import FolderPairs, PicturePair
from iimt_cli.paper.training.teacher_stage import frozen_tokenizer
from iimt_cli.runs.evaluate import PictureEvaluation, evaluate_pictures
from iimt_cli.runs.synthesize import DataSet, make_data_set

BASE = Path(__file__).with_name("ablations.toml")
TOGETHER = 20  # pictures that go through the networks at once
INK = 0.5  # a token's patch has text if a pixel of it is darker than this

# Test sets like nothing in training, of the same unseen sentences: (face, em px, background).
UNLIKE = {
    "colours": ("DejaVu Sans Book", 10.0, "plain"),
    "textures": ("DejaVu Sans Book", 10.0, "texture"),
    "photos": ("DejaVu Sans Book", 10.0, "photo"),
    "bold": ("DejaVu Sans Bold", 10.0, "white"),
    "serif": ("DejaVu Serif Book", 10.0, "white"),
    "small": ("DejaVu Sans Book", 8.0, "white"),
    "captured": ("DejaVu Sans Book", 10.0, "white"),  # with blur, noise and JPEG, as a camera's
}
UNLIKE_SIZE = 60  # pictures in each

# Training pictures of more kinds: these faces, backgrounds and sizes, in px. Serif, photos and captured stay unseen.
VARIED_FACES, VARIED_BACKGROUNDS, VARIED_SIZES = (
    ("DejaVu Sans Book", "DejaVu Sans Bold"),
    "white,plain,texture",
    (8.0, 10.0),
)
VARIED_SEES = ("colours", "textures", "bold", "small")  # the kinds of UNLIKE that are among them


def varied_set(data: Path, text: str) -> DataSet:
    """The varied pictures of the sentences in `text`.tsv in the folder `data`."""
    preset = _preset(data / "varied.toml", VARIED_FACES, VARIED_SIZES)
    return DataSet(data=[data / f"{text}.tsv"], preset=str(preset), background=VARIED_BACKGROUNDS, seed=3)


def _preset(path: Path, faces: Sequence[str], sizes: tuple[float, float]) -> Path:
    """Writes the base's preset with other faces and sizes in px."""
    text = BASE.read_text(encoding="utf-8")
    text = text.replace('"DejaVu Sans Book"', ", ".join(f'"{face}"' for face in faces))
    path.write_text(text.replace("[10.0, 10.0]", str(list(sizes))), encoding="utf-8")
    return path


def make_unlike(name: str, data: Path) -> None:
    """The test set `name` of UNLIKE in the folder `data`."""
    face, size, background = UNLIKE[name]
    out = data / name
    preset = _preset(data / f"{name}.toml", [face], (size, size))
    wanted = DataSet(data=[data / "test.tsv"], preset=str(preset), background=background, seed=2)
    if not make_data_set(out, wanted, UNLIKE_SIZE) or name != "captured":
        return
    for side in ("source", "target"):
        for number, path in enumerate(sorted((out / side).glob("*.png"))):
            rgb = np.asarray(Image.open(path).convert("RGB"))
            Image.fromarray(capture(rgb, np.random.default_rng(number), least_scale=0.75)).save(path)


def measure_tokenizer(folder: Path, data: Path, wide: bool) -> dict[str, Any]:
    """What is left of unseen pictures that were only encoded and decoded. `wide`: on the sets of UNLIKE, too."""
    preset = load_preset(folder / "preset.toml")
    tokenizer = frozen_tokenizer(preset, folder)

    @torch.inference_mode()
    def scored(name: str) -> dict[str, Any]:
        pairs = pairs_of(data / name, preset)
        drawn, codes = [], set[int]()
        for some in batches(pairs):
            tokens = tokenizer.encode(stack_pictures([p.target for p in some]))
            codes |= set(tokens.flatten().tolist())
            drawn += [to_pixels(one) for one in tokenizer.decode(tokens)]
        return scores_of(drawn, pairs, folder / f"drawn-{name}", data / name) | {"codes": len(codes)}

    parameters = sum(p.numel() for p in tokenizer.parameters())
    return {"parameters": parameters, "scores": scored("test")} | {
        "unlike": {name: scored(name) for name in ("serif", "bold", "small", "colours")}
    }


def measure_system(folder: Path, data: Path, wide: bool) -> dict[str, Any]:
    """End to end on unseen sentences, greedily, the model's whole picture. `wide`: on the sets of UNLIKE, too."""
    preset = load_preset(folder / "preset.toml")
    model = PictureTranslatotron(preset, Vocabulary.load(folder / "target.spm") if preset.text else None)
    load_picture_system(folder, model)
    model.eval()

    def scored(name: str) -> dict[str, Any]:
        pairs = pairs_of(data / name, preset)
        results = [one for some in batches(pairs) for one in _translated(model, some)]
        scores = scores_of(
            [to_pixels(one.pixels) for one in results], pairs, folder / f"drawn-{name}", data / name
        )
        if model.text_decoder is not None:
            scores["bleu_text"] = bleu_of([one.text for one in results], [p.target_text for p in pairs])
        return scores

    measured = {"scores": scored("test")}
    if wide:
        measured["unlike"] = {name: scored(name) for name in UNLIKE}
    source: Any = Vocabulary.load(folder / "source.spm") if preset.text else ()
    target: Any = model.target or ()
    measured["parameters"] = sum(inference_parameters(preset, target).values())
    measured["training_parameters"] = sum(training_parameters(preset, source, target).values())
    reading = [model.image_encoder] + ([model.text_decoder] if model.text_decoder is not None else [])
    measured["text_parameters"] = sum(p.numel() for part in reading for p in part.parameters())
    if gates := mean_gates(model, pairs_of(data / "test", preset)):
        measured["gates"] = gates
    return measured


@torch.inference_mode()
def mean_gates(model: PictureTranslatotron, pairs: Sequence[PicturePair]) -> list[dict[str, Any]]:
    """The mean of the gate g of each layer (1: all text, 0: all picture), told the true texts and tokens: of patches with
    text, of patches without, and of each column. Empty if the model has no gate."""
    linears = [getattr(getattr(layer, "fusion", None), "gate", None) for layer in model.image_decoder.layers]
    if not all(isinstance(gate, nn.Linear) for gate in linears) or model.target is None:
        return []
    seen: list[list[Tensor]] = [[] for _ in linears]
    hooks = [
        gate.register_forward_hook(lambda _m, _i, out, kept=kept: kept.append(out.sigmoid().mean(-1)))
        for gate, kept in zip(linears, seen, strict=True)
        if gate is not None
    ]
    scan, tokenizer, text = model.image_decoder.scan, model.image_tokenizer, []
    for some in batches(pairs):
        gold = stack_pictures([p.target for p in some])
        said = pad([[BEGIN, *model.target.encode(p.target_text)] for p in some])
        visual = model.image_encoder(stack_pictures([p.source for p in some]))
        model.image_decoder(scan.written(tokenizer.encode(gold)), model.contexts(visual, said))
        canvas = model.preset.canvas
        darkest = -nn.functional.max_pool2d(
            -gold.amin(1, keepdim=True), (canvas.height // canvas.rows, canvas.patch)
        )
        text.append(darkest.flatten(1) < INK)
    for hook in hooks:
        hook.remove()
    where = torch.cat(text)
    found = []
    for kept in seen:
        gates = scan.seen(torch.cat(kept))
        columns = gates.unflatten(1, (scan.rows, scan.columns)).mean((0, 1))
        found.append(
            {
                "text": float(gates[where].mean()),
                "background": float(gates[~where].mean()),
                "columns": [round(float(value), 4) for value in columns],
            }
        )
    return found


def _translated(model: PictureTranslatotron, pairs: Sequence[PicturePair]) -> list[DrawnPicture]:
    return model.translate(stack_pictures([p.source for p in pairs]), beam=1)


def bleu_of(texts: Sequence[str], wanted: Sequence[str]) -> list[float]:
    """[value, low, high] of the 95 % interval over texts."""
    said = bleu(list(texts), list(wanted), samples=1000)
    return [said.value, said.low, said.high]


def pairs_of(folder: Path, preset: Preset) -> list[PicturePair]:
    """The pairs of a folder with their texts, in the order of the names."""
    found = FolderPairs(folder, replace(preset, text=True))
    return [found.at(i) for i in range(len(found))]


def batches(pairs: Sequence[PicturePair]) -> list[Sequence[PicturePair]]:
    """The pairs, TOGETHER at a time."""
    return [pairs[start : start + TOGETHER] for start in range(0, len(pairs), TOGETHER)]


def scores_of(
    drawn: Sequence[np.ndarray], pairs: Sequence[PicturePair], out: Path, data: Path
) -> dict[str, Any]:
    """As `iimt evaluate` scores the drawn pictures, [mean, low, high] of the 95 % interval over pictures; and L1."""
    out.mkdir(exist_ok=True)
    for path, pixels in zip(sorted((data / "target").glob("*.png")), drawn, strict=True):
        Image.fromarray(pixels).save(out / path.name)
    report = evaluate_pictures(PictureEvaluation(output=out, reference=data))
    totals = {key: [s.value, s.low, s.high] for key, s in report.totals["output"].items()}
    # Words of the reference that are not read in the picture, %: what gets lost or changed.
    both = zip(report.systems["output"], report.texts, strict=True)
    wanted = [(text.split(), set(score.text.split())) for score, text in both]
    lost = [100.0 * sum(word not in there for word in words) for words, there in wanted]
    l1 = [float(np.abs(a.astype(float) - p.target).mean()) / 255 for a, p in zip(drawn, pairs, strict=True)]
    found = {"wrong_words": interval(lost, [len(words) for words, _ in wanted]), "l1": interval(l1)}
    totals |= {key: [s.value, s.low, s.high] for key, s in found.items()}
    kept = {
        key: totals[key]
        for key in ("bleu", "cer", "structure_bleu", "ssim", "wrong_words", "l1")
        if key in totals
    }
    ceiling = report.totals["ceiling"]["bleu"].value
    return kept | {"ceiling": ceiling}
