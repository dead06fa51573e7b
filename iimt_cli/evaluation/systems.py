"""Let a system translate a data set, so that it can be scored: ours, or the cascade made of its parts.

Translated pictures are written to files and then scored like any other system's. Beside that, figures are measured that only
a model can give: BLEU of its text without the drawing, CER of its reading, BLEU of what its image tokenizer reconstructs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from iimt_cli.errors import IimtError
from iimt_cli.evaluation.bleu import bleu, cer
from iimt_cli.evaluation.cascade import Cascade, engine_models
from iimt_cli.evaluation.ocr import Engine, clean, joined, read_pictures
from iimt_cli.evaluation.onnx import onnx_parameters
from iimt_cli.evaluation.pairing import Item
from iimt_cli.evaluation.scoring import Progress, load_pixels
from iimt_cli.language.base import NEUTRAL_PACKS
from iimt_cli.page.ink.separate import classical_separator
from iimt_cli.translation.base import Translator

SYSTEMS = ("iimt", "cascade")
BATCH = 16  # pictures per call: enough to fill batches of strips, few enough to show progress


@dataclass(frozen=True)
class Run:
    """items: with their outputs; model: figures for the report."""

    items: list[Item]
    model: dict[str, Any] = field(default_factory=dict)


def run(
    name: str,
    system: Translator,
    items: Sequence[Item],
    folder: Path,
    engine: Engine,
    *,
    min_confidence: float | None = None,
    tokenize: str = "13a",
    cached: bool = True,
    progress: Progress | None = None,
) -> Run:
    """Translate the source pictures of `items` into PNG files in `folder`.

    min_confidence: as in `Options`, for our own system; None: the default of the system. The cascade draws all texts.
    Raises IimtError for an unknown system and for an item without a source picture.
    """
    if name not in SYSTEMS:
        raise IimtError(f"unknown system '{name}': choose {', '.join(SYSTEMS)}")
    for item in items:
        if item.source is None:
            raise IimtError(f"{item.reference}: has no source picture to translate")
    if name == "cascade":
        return _run_cascade(system, items, folder, engine, progress)
    options = system.defaults
    if min_confidence is not None:
        options = replace(options, min_confidence=min_confidence)
    translated, texts, readings = [], [], []
    blocks, kept = 0, 0
    for part, pictures in _batches(items, progress):
        for item, result in zip(part, system.translate(pictures, options), strict=True):
            blocks += len(result.blocks)
            kept += sum(block.action == "kept" for block in result.blocks)
            translated.append(_save(item, result.pixels, folder))
            texts.append(clean(" ".join(block.target or block.source for block in result.blocks)))
            readings.append(clean(" ".join(block.source for block in result.blocks)))
    ours = sum(own_parameters(system, engine).values())
    model: dict[str, Any] = {
        "parameters": ours,
        "min_confidence": options.least,
        "blocks": blocks,
        "blocks_left_alone": kept,
    }
    model |= _text_scores(items, texts, readings, tokenize)
    model |= _text_model_score(system, items, tokenize)
    if reconstruct := getattr(system, "reconstruct", None):  # of systems for strips
        redrawn = [
            picture
            for start in range(0, len(items), BATCH)
            for picture in reconstruct([load_pixels(i.reference) for i in items[start : start + BATCH]])
        ]
        wanted = [item.text for item in items if item.text is not None]
        if len(wanted) == len(items):
            read = [joined(boxes) for boxes in read_pictures(engine, redrawn, cache=cached)]
            model["tokenizer_reconstruction_bleu"] = round(bleu(read, wanted, tokenize=tokenize).value, 2)
    cascade = sum(cascade_parameters(system, engine).values())
    model |= {"cascade_parameters": cascade, "share_of_the_cascade": f"{100 * ours / cascade:.1f} %"}
    return Run(translated, model)


def own_parameters(system: Translator, engine: Engine) -> dict[str, int]:
    """The parameters of our weights, and of the detector that finds the lines, which counts for the cascade, too."""
    return {**system.parameters, **_of_engine(engine, "_det")}


def cascade_parameters(system: Translator, engine: Engine) -> dict[str, int]:
    """The parameters of detector, recogniser, text model and separator (the cascade erases old text with its masks)."""
    shared = {part: n for part, n in system.parameters.items() if part.startswith(("text", "separator"))}
    return {**shared, **_of_engine(engine, "")}


def _of_engine(engine: Engine, kind: str) -> dict[str, int]:
    return {path.stem: onnx_parameters(path) for path in engine_models(engine) if kind in path.stem}


def _run_cascade(
    system: Translator, items: Sequence[Item], folder: Path, engine: Engine, progress: Progress | None
) -> Run:
    separate = getattr(system, "separate", classical_separator)
    packs = getattr(system, "packs", NEUTRAL_PACKS)  # of systems for strips
    cascade = Cascade(engine, lambda texts: _said(system, texts), separate, pack=packs.source)
    translated = []
    for part, pictures in _batches(items, progress):
        results = cascade.translate(pictures)
        translated += [_save(item, pixels, folder) for item, pixels in zip(part, results, strict=True)]
    counts = cascade_parameters(system, engine)
    parts = {f"parameters of {part}": count for part, count in counts.items()}
    return Run(translated, {"parameters": sum(counts.values()), **parts})


def _text_scores(
    items: Sequence[Item], texts: Sequence[str], readings: Sequence[str], tokenize: str
) -> dict[str, float]:
    scores = {}
    wanted = [item.text for item in items if item.text is not None]
    if len(wanted) == len(items):
        scores["text_decoder_bleu"] = round(bleu(texts, wanted, tokenize=tokenize).value, 2)
    sources = [item.source_text for item in items if item.source_text is not None]
    if len(sources) == len(items):
        scores["ocr_head_cer"] = round(cer(readings, sources), 2)
    return scores


def _text_model_score(system: Translator, items: Sequence[Item], tokenize: str) -> dict[str, float]:
    """BLEU of the text model on the true source texts: the score if reading and drawing made no errors."""
    wanted = [item.text for item in items if item.text is not None]
    if not system.has_text_model or len(wanted) < len(items) or not all(item.source_blocks for item in items):
        return {}
    translated = iter(_said(system, [block for item in items for block in item.source_blocks]))
    texts = [" ".join(next(translated) for _ in item.source_blocks) for item in items]
    return {"text_model_bleu": round(bleu(texts, wanted, tokenize=tokenize).value, 2)}


def _said(system: Translator, texts: Sequence[str]) -> list[str]:
    """The translations, also those that a picture would not show because they are too uncertain."""
    return [one.target for one in system.translate_texts(texts)]


def _batches(
    items: Sequence[Item], progress: Progress | None
) -> Iterator[tuple[Sequence[Item], list[np.ndarray]]]:
    report: Callable[[str, int, int], None] = progress or (lambda *_: None)
    for start in range(0, len(items), BATCH):
        part = items[start : start + BATCH]
        yield part, [load_pixels(item.source) for item in part if item.source]
        report("translate", start + len(part), len(items))


def _save(item: Item, pixels: np.ndarray, folder: Path) -> Item:
    path = folder / f"{item.name}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, compress_level=1)
    return replace(item, output=path)
