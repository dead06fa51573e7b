"""Text metrics on what an OCR engine read: BLEU and chrF by sacrebleu, CER by edit distance.

Case matters, the tokeniser is sacrebleu's default, and there is one reference; `Score.signature` says so and is to be
printed with every number. Texts are not normalised: if the engine reads curly quotes as straight ones, output and OCR
ceiling lose the same.
"""

from __future__ import annotations

import importlib.util
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF
from sacrebleu.significance import PairedTest, _bootstrap_resample

from iimt_cli.data.text import edit_distance

logging.getLogger("sacrebleu").setLevel(logging.ERROR)  # it warns of "tokenized periods" in OCR text

SAMPLES = 1000  # sacrebleu's default number of bootstrap resamples
SEED = 12345  # and its seed


@dataclass(frozen=True)
class Score:
    """A corpus score with its bootstrap 95 % interval (equal bounds where none was asked for)."""

    value: float
    low: float
    high: float
    signature: str = ""


def bleu(
    outputs: Sequence[str], references: Sequence[str], *, samples: int = 0, tokenize: str = "13a"
) -> Score:
    """Corpus BLEU, 0 to 100; `samples` bootstrap resamples give the interval."""
    return _sacrebleu(BLEU(tokenize=tokenize), outputs, references, samples)


def chrf(outputs: Sequence[str], references: Sequence[str], *, samples: int = 0) -> Score:
    """Corpus chrF2, 0 to 100."""
    return _sacrebleu(CHRF(), outputs, references, samples)


def sentence_bleu(output: str, reference: str, *, tokenize: str = "13a") -> float:
    """BLEU of one text over the n-gram orders that it has, for ranking pictures; not a corpus score."""
    return BLEU(effective_order=True, tokenize=tokenize).sentence_score(output, [reference]).score


def sentence_chrf(output: str, reference: str) -> float:
    return CHRF().sentence_score(output, [reference]).score


def p_values(
    baseline: Sequence[str], outputs: Sequence[str], references: Sequence[str], *, tokenize: str = "13a"
) -> dict[str, float]:
    """p of BLEU and chrF by sacrebleu's paired bootstrap: is `outputs` different from `baseline`?"""
    if list(baseline) == list(outputs) or not references:
        return {"BLEU": 1.0, "chrF": 1.0}  # sacrebleu would call equal outputs significantly different
    systems: list[tuple[str, Sequence[str]]] = [("baseline", list(baseline)), ("output", list(outputs))]
    found = {}
    for name, metric in {"BLEU": BLEU(tokenize=tokenize), "chrF": CHRF()}.items():
        test = PairedTest(systems, {name: metric}, [list(references)], test_type="bs", n_samples=SAMPLES)
        _, columns = test()
        ((_, result),) = ((key, rows[1]) for key, rows in columns.items() if key != "System")
        found[name] = float(getattr(result, "p_value", None) or 1.0)
    return found


def cer(outputs: Sequence[str], references: Sequence[str]) -> float:
    """Character error rate in per cent: edits over the reference's characters; can exceed 100."""
    edits = sum(edit_distance(a, b) for a, b in zip(outputs, references, strict=True))
    return 100 * edits / max(1, sum(map(len, references)))


def interval(
    values: Sequence[float], weights: Sequence[float] | None = None, *, samples: int = SAMPLES
) -> Score:
    """Mean with its bootstrap 95 % interval. With `weights`: sum of values / sum of weights, as for CER."""
    top = np.asarray(values, float)
    bottom = np.ones_like(top) if weights is None else np.asarray(weights, float)
    if not len(top):
        return Score(0.0, 0.0, 0.0)
    value = float(top.sum() / max(bottom.sum(), 1e-9))
    if not samples or len(top) < 2:
        return Score(value, value, value)
    drawn = _resamples(len(top), samples)
    means = top[drawn].sum(1) / np.maximum(bottom[drawn].sum(1), 1e-9)
    low, high = np.percentile(means, [2.5, 97.5])
    return Score(value, float(low), float(high))


def p_value(left: Sequence[float], right: Sequence[float], weights: Sequence[float] | None = None) -> float:
    """Paired bootstrap on means (sums over `weights`): sacrebleu's test, for other metrics."""
    difference = np.asarray(left, float) - np.asarray(right, float)
    bottom = np.ones_like(difference) if weights is None else np.asarray(weights, float)
    if not difference.any():
        return 1.0
    drawn = _resamples(len(difference), SAMPLES)
    means = np.abs(difference[drawn].sum(1) / np.maximum(bottom[drawn].sum(1), 1e-9))
    observed = abs(difference.sum() / max(bottom.sum(), 1e-9))
    return float((np.sum(means - means.mean() > observed) + 1) / (SAMPLES + 1))


def comet(sources: Sequence[str], outputs: Sequence[str], references: Sequence[str]) -> list[float] | None:
    """COMET (wmt22-comet-da) per picture, or None unless package and weights are already on this machine."""
    if importlib.util.find_spec("comet") is None:
        return None
    from huggingface_hub import try_to_load_from_cache

    checkpoint = try_to_load_from_cache("Unbabel/wmt22-comet-da", "checkpoints/model.ckpt")
    if not isinstance(checkpoint, str):
        return None
    model = importlib.import_module("comet").load_from_checkpoint(checkpoint)
    rows: list[Mapping[str, str]] = [
        {"src": s, "mt": o, "ref": r} for s, o, r in zip(sources, outputs, references, strict=True)
    ]
    return [float(score) for score in model.predict(rows, batch_size=8, gpus=0, progress_bar=False).scores]


def _sacrebleu(metric: BLEU | CHRF, outputs: Sequence[str], references: Sequence[str], samples: int) -> Score:
    if not references:
        return Score(0.0, 0.0, 0.0)
    stats = metric._extract_corpus_statistics(list(outputs), [list(references)])
    value = float(metric._aggregate_and_compute(stats).score)
    if not samples or len(references) < 2:
        return Score(value, value, value, str(metric.get_signature()))
    # Not corpus_score(n_bootstrap=…): it fails if a resample scores 0, because it averages float and float32, and its interval
    # is symmetric, so that it can go below 0 or above 100.
    metric.n_bootstrap = samples
    metric.seed, resampled = _bootstrap_resample(stats, metric, samples)
    ranked = sorted(float(score.score) for score in resampled)
    tail = samples // 40
    return Score(value, ranked[tail], ranked[-tail - 1], str(metric.get_signature()))


def _resamples(size: int, samples: int) -> np.ndarray:
    return np.random.default_rng(SEED).integers(0, size, (samples, size))
