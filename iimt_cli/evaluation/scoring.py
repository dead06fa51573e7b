"""Scores a folder of translated pictures, and what a perfect and a useless system would score.

Four "systems" are scored with the same code: the output, a baseline if there is one, the reference pictures themselves (the
OCR ceiling: a perfect output, read by this engine) and the untranslated source pictures (the floor).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from itertools import count
from pathlib import Path

import numpy as np

from iimt_cli.errors import IimtError
from iimt_cli.evaluation import bleu as text_metrics
from iimt_cli.evaluation import image_quality
from iimt_cli.evaluation.bleu import Score
from iimt_cli.evaluation.ocr import Engine, TextBox, cores, joined, read_cached
from iimt_cli.evaluation.pairing import Item
from iimt_cli.evaluation.report import Group, PictureScore, Report
from iimt_cli.evaluation.structure_bleu import THRESHOLD, matched_texts, scaled
from iimt_cli.page.files.image import read_picture

Progress = Callable[[str, int, int], None]  # what is being done, how many are done, of how many
LENGTHS = ((1, 3), (4, 7), (8, 12), (13, 20), (21, 40), (41, math.inf))  # words of the reference text


@dataclass(frozen=True)
class _Reading:
    """A picture as the engine sees it. size: (height, width), or None if the file could not be read."""

    boxes: list[TextBox]
    size: tuple[int, int] | None
    problem: str = ""


def evaluate(
    items: Sequence[Item],
    engine: Engine,
    *,
    baseline: Sequence[Path | None] | None = None,
    extra: Sequence[Path] = (),
    threshold: float = THRESHOLD,
    tokenize: str = "13a",
    samples: int = text_metrics.SAMPLES,
    cache: bool = True,
    progress: Progress | None = None,
) -> Report:
    """Score the outputs of `items`, and those of `baseline` (one path per item) against the same references.

    Missing and unreadable outputs count as black pictures without text. Raises IimtError if a reference or a
    source cannot be read.
    """
    outputs: dict[str, list[Path | None]] = {"output": [item.output for item in items]}
    if baseline is not None:
        outputs["baseline"] = list(baseline)
    outputs["ceiling"] = [item.reference for item in items]
    if all(item.source for item in items):
        outputs["floor"] = [item.source for item in items]

    paths = {path for column in outputs.values() for path in column if path}
    readings = _read_all(sorted(paths), engine, cache, progress)
    for path in [*outputs["ceiling"], *outputs.get("floor", [])]:
        if path and readings[path].problem:
            raise IimtError(readings[path].problem)
    texts = [joined(readings[item.reference].boxes) if item.text is None else item.text for item in items]

    lpips = image_quality.lpips_metric()
    done = _counter("measure", len(items), progress)

    def score(index: int) -> list[PictureScore]:
        item = items[index]
        row = _score_picture(
            item,
            [column[index] for column in outputs.values()],
            readings,
            texts[index],
            threshold,
            tokenize,
            lpips,
        )
        done()
        return row

    with ThreadPoolExecutor(cores()) as pool:
        rows = list(pool.map(score, range(len(items))))
    systems = {name: [row[i] for row in rows] for i, name in enumerate(outputs)}
    known = {"output", "baseline"}
    totals = {
        name: corpus_scores(scores, texts, samples=samples if name in known else 0, tokenize=tokenize)
        for name, scores in systems.items()
    }
    if all(item.source_text for item in items):
        for name in known & set(systems):
            comet = text_metrics.comet([i.source_text or "" for i in items], _texts(systems[name]), texts)
            if comet:
                totals[name]["comet"] = text_metrics.interval(comet, samples=samples)
    return Report(
        items=list(items),
        texts=texts,
        systems=systems,
        totals=totals,
        p_values=_p_values(systems["output"], systems["baseline"], texts, tokenize)
        if baseline is not None
        else {},
        engine=engine.version,
        signatures={key: s.signature for key, s in totals["output"].items() if s.signature},
        texts_known=all(item.text is not None for item in items),
        groups=group(items, texts, systems, tokenize),
        extra=list(extra),
    )


def corpus_scores(
    scores: Sequence[PictureScore], texts: Sequence[str], *, samples: int = 0, tokenize: str = "13a"
) -> dict[str, Score]:
    """The metrics of a whole system, by key; those that no picture has are left out."""
    read = _texts(scores)
    pairs = [pair for score in scores for pair in score.pairs]
    totals = {
        "bleu": text_metrics.bleu(read, texts, samples=samples, tokenize=tokenize),
        "chrf": text_metrics.chrf(read, texts, samples=samples),
        "cer": text_metrics.interval(
            [100.0 * score.edits for score in scores], [len(text) for text in texts], samples=samples
        ),
        "structure_bleu": text_metrics.bleu(
            [there for there, _ in pairs], [wanted for _, wanted in pairs], samples=samples, tokenize=tokenize
        ),
    }
    for key in ("ssim", "psnr", "background_error", "lpips"):
        values = [value for score in scores if (value := score.scores.get(key)) is not None]
        if values:
            totals[key] = text_metrics.interval(values, samples=samples)
    return totals


def group(
    items: Sequence[Item],
    texts: Sequence[str],
    systems: Mapping[str, Sequence[PictureScore]],
    tokenize: str = "13a",
) -> dict[str, list[Group]]:
    """The pictures by kind of background (none if no kind is known) and by length of the reference text."""
    kinds: dict[str, list[int]] = {}
    for i, item in enumerate(items):
        kinds.setdefault(item.kind or "unknown", []).append(i)
    lengths = {}
    for low, high in LENGTHS:
        label = f"{low}–{high} words" if high < math.inf else f"{low}+ words"
        lengths[label] = [i for i, text in enumerate(texts) if low <= max(1, len(text.split())) <= high]

    def scored(label: str, members: list[int]) -> Group:
        wanted = [texts[i] for i in members]
        totals = {
            name: corpus_scores([scores[i] for i in members], wanted, tokenize=tokenize)
            for name, scores in systems.items()
        }
        values = {name: {key: s.value for key, s in scores.items()} for name, scores in totals.items()}
        return Group(label, len(members), values)

    known = any(item.kind for item in items)
    return {
        "kind": [scored(label, members) for label, members in sorted(kinds.items()) if known],
        "length": [scored(label, members) for label, members in lengths.items() if members],
    }


def load_pixels(path: Path) -> np.ndarray:
    """uint8 RGB [H, W, 3]; what is transparent shows white. Raises IimtError for what is not a picture."""
    picture = read_picture(path)
    if picture.alpha is None:
        return picture.rgb
    weight = picture.alpha[..., None] / np.float32(255)
    return np.rint(picture.rgb * weight + 255 * (1 - weight)).astype(np.uint8)


def _read_all(
    paths: Sequence[Path], engine: Engine, cached: bool, progress: Progress | None
) -> dict[Path, _Reading]:
    done = _counter("read", len(paths), progress)

    def read(path: Path) -> _Reading:
        try:
            pixels = load_pixels(path)
            boxes = read_cached(engine, pixels) if cached else engine.read(pixels)
            return _Reading(boxes, pixels.shape[:2])
        except IimtError as error:
            return _Reading([], None, str(error))
        finally:
            done()

    with ThreadPoolExecutor(cores()) as pool:
        return dict(zip(paths, pool.map(read, paths), strict=True))


def _score_picture(
    item: Item,
    outputs: Sequence[Path | None],
    readings: Mapping[Path, _Reading],
    text: str,
    threshold: float,
    tokenize: str,
    lpips: Callable[[np.ndarray, np.ndarray], float] | None,
) -> list[PictureScore]:
    """The same picture of every system; `outputs` has one path per system."""
    # Ceiling and floor are the reference and the source again: no file is read twice.
    pixels = lru_cache(maxsize=len(outputs) + 2)(load_pixels)
    wanted = readings[item.reference]
    reference = pixels(item.reference)
    source = pixels(item.source) if item.source else None
    row = []
    for path in outputs:
        reading = readings[path] if path else _Reading([], None, "no output")
        boxes = scaled(reading.boxes, reading.size, reference.shape[:2]) if reading.size else []
        output = pixels(path) if path and reading.size else np.zeros_like(reference)
        read = joined(boxes)
        edits = text_metrics.edit_distance(read, text)
        pairs = matched_texts(boxes, wanted.boxes, threshold)
        scores: dict[str, float | None] = {
            "bleu": text_metrics.sentence_bleu(read, text, tokenize=tokenize),
            "chrf": text_metrics.sentence_chrf(read, text),
            "cer": 100 * edits / max(1, len(text)),
            "structure_bleu": text_metrics.bleu([a for a, _ in pairs], [b for _, b in pairs]).value
            if pairs
            else None,
            "ssim": image_quality.ssim(output, reference),
            "psnr": image_quality.psnr(output, reference),
        }
        if source is not None and item.source:
            size = source.shape[:2]
            quads = list(item.quads or ())
            if not quads:
                quads += [box.quad for box in scaled(wanted.boxes, reference.shape[:2], size)]
                quads += [box.quad for box in readings[item.source].boxes]
            quads += [box.quad for box in scaled(boxes, reference.shape[:2], size)]
            scores["background_error"] = image_quality.background_error(output, source, quads)
        if lpips:
            scores["lpips"] = lpips(output, reference)
        note = ""
        if reading.size and reading.size != reference.shape[:2]:
            (h, w), (height, width) = reading.size, reference.shape[:2]
            note = f"is {w}×{h}, the reference {width}×{height}: resized"
        row.append(PictureScore(read, edits, tuple(pairs), scores, reading.problem, note))
    return row


def _p_values(
    output: Sequence[PictureScore], baseline: Sequence[PictureScore], texts: Sequence[str], tokenize: str
) -> dict[str, float]:
    both = text_metrics.p_values(_texts(baseline), _texts(output), texts, tokenize=tokenize)
    found = {"bleu": both["BLEU"], "chrf": both["chrF"]}
    pairs = [[pair for score in system for pair in score.pairs] for system in (output, baseline)]
    there = [[text for text, _ in system] for system in pairs]
    wanted = [text for _, text in pairs[0]]
    found["structure_bleu"] = text_metrics.p_values(there[1], there[0], wanted, tokenize=tokenize)["BLEU"]
    edits = [[100.0 * score.edits for score in system] for system in (output, baseline)]
    found["cer"] = text_metrics.p_value(edits[0], edits[1], [len(text) for text in texts])
    for key in ("ssim", "psnr", "background_error", "lpips"):
        values = [(a.scores.get(key), b.scores.get(key)) for a, b in zip(output, baseline, strict=True)]
        complete = [(a, b) for a, b in values if a is not None and b is not None]
        if complete:
            found[key] = text_metrics.p_value([a for a, _ in complete], [b for _, b in complete])
    return found


def _texts(scores: Sequence[PictureScore]) -> list[str]:
    return [score.text for score in scores]


def _counter(stage: str, total: int, progress: Progress | None) -> Callable[[], None]:
    steps = count(1)  # threads may share it: next() is atomic

    def done() -> None:
        step = next(steps)
        if progress:
            progress(stage, step, total)

    return done
