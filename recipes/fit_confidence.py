"""Gives `confidence` its meaning: `python recipes/fit_confidence.py WEIGHTS JUDGED.tsv...`.

Each file counts alike, however many lines it has. A line of JUDGED is a translated text: source TAB translation TAB mean TAB
lowest (log-probabilities, as `signs` takes them) TAB 1 or 0, whether someone who knows both languages accepts it. None of
them may be among those that the quality estimator of the weights was trained on (`recipes/train_estimator.py`).
`--say PAIRS OUT` writes such a file without the last column, for the judge. The regression is written beside the weights.
Printed are its reliability in five-fold cross-validation, and the threshold above which at most one text in ten is wrong.

`--pages FILE` corrects a regression, the new one or that of the weights, by judged texts of whole pictures. These are
longer than labels, and are read before they are translated. Three numbers are fitted to them: an offset, a factor, and what
the length of a text adds. A few hundred texts that were drawn tell no more.
"""

import argparse
import csv
import json
from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path

import numpy as np
import torch

from iimt_cli.data.corpora import load_corpus
from iimt_cli.data.text import clean
from iimt_cli.model.appraisal import Appraisal
from iimt_cli.model.decoding import translate_sentences
from iimt_cli.training.quality import estimates, judged_evidence, read_judged
from iimt_cli.translation import BEAM
from iimt_cli.translation.confidence import Calibration, Signs, signs
from iimt_cli.translation.translator import StripTranslator
from iimt_cli.weights import CONFIDENCE

NAMES = [field.name for field in fields(Signs)]
PENALTY = 1e-2  # on the squares of the standardised weights: keeps them small where 700 texts cannot tell
FOLDS = 5
WRONG = 0.1  # the share of wrong texts among those that are drawn


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("weights", type=Path)
    parser.add_argument("judged", type=Path, nargs="*")
    parser.add_argument(
        "--pages", type=Path, metavar="FILE", help="Correct the regression by texts of whole pictures."
    )
    parser.add_argument(
        "--say", type=Path, metavar="PAIRS", help="Write JUDGED, without judgements, from these pairs."
    )
    options = parser.parse_intermixed_args()
    if options.say is not None and len(options.judged) != 1:
        parser.error("--say writes one file: name it")
    if not (options.judged or options.pages):
        parser.error("there is nothing to fit: name judged texts")
    translator = StripTranslator.load(options.weights)
    if options.say is not None:
        say(translator, options.say, options.judged[0])
        return
    if options.judged:
        intercept, weights = fitted(translator, options.judged)
    elif (known := Calibration.load(options.weights)) is not None:
        intercept, weights = known.intercept, np.array([known.weights[name] for name in NAMES])
    else:
        parser.error("there is nothing to correct: name judged texts")
    if options.pages is not None:
        intercept, weights = corrected(intercept, weights, *read(translator, options.pages))
    table = {
        "intercept": round(float(intercept), 4),
        "weights": dict(zip(NAMES, np.round(weights, 4).tolist(), strict=True)),
    }
    (options.weights / CONFIDENCE).write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")
    print(table)


def fitted(translator: StripTranslator, judged: Sequence[Path]) -> tuple[float, np.ndarray]:
    """Intercept and weights by files of judged texts; their reliability is printed."""
    files = [read(translator, path) for path in judged]
    x, y = (np.concatenate(side) for side in zip(*files, strict=True))
    share = np.concatenate([np.full(len(right), 1 / len(right)) for _, right in files])
    held = np.zeros(len(y))
    folds = np.random.default_rng(0).permutation(len(y)) % FOLDS
    for fold in range(FOLDS):
        rest = folds != fold
        held[~rest] = predict(x[~rest], *fit(x[rest], y[rest], share[rest]))
    start = 0
    for path, (_, right) in zip(judged, files, strict=True):
        print(f"{path.name}: ", end="")
        report(held[start : start + len(right)], right)
        start += len(right)
    return fit(x, y, share)


def corrected(
    intercept: float, weights: np.ndarray, x: np.ndarray, y: np.ndarray
) -> tuple[float, np.ndarray]:
    """The regression with an offset, a factor and a weight of the length that fit judged texts: signs (N, signs), (N,)."""
    words = NAMES.index("words")
    odds = np.column_stack([x @ weights + intercept, x[:, words]])
    offset, (factor, longer) = fit(odds, y, np.ones(len(y)), penalty=0.0)
    before, after = (
        predict(odds, 0.0, np.array([1.0, 0.0])),
        predict(odds, offset, np.array([factor, longer])),
    )
    said = f"said {100 * before.mean():.0f} %, now {100 * after.mean():.0f} %"
    print(f"{len(y)} texts, {100 * y.mean():.0f} % acceptable: {said}")
    weights = factor * weights
    weights[words] += longer
    return offset + factor * intercept, weights


def say(translator: StripTranslator, pairs: Path, out: Path) -> None:
    """Source, translation, reference and log-probabilities, as tab-separated values."""
    corpus = load_corpus(pairs, max_chars=2000, languages=translator.preset.languages)
    model = translator.model
    said = translate_sentences(
        model, model.source, model.target, [clean(p.source) for p in corpus.pairs], BEAM,
        lexicon=model.meanings, packs=translator.packs,
    )  # fmt: skip
    with out.open("a", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter="\t", quoting=csv.QUOTE_NONE, escapechar="\\")
        for pair, one in zip(corpus.pairs, said, strict=True):
            told = one.appraisal
            writer.writerow([pair.source, one.text, f"{told.mean:.4f}", f"{told.lowest:.4f}", pair.target])


def read(translator: StripTranslator, judged: Path) -> tuple[np.ndarray, np.ndarray]:
    """Signs (N, signs) and judgements (N,)."""
    rows, model = read_judged(judged), translator.model
    quality = [0.0] * len(rows)
    if model.estimator is not None:
        quality = estimates(model.estimator, judged_evidence(model, rows))
    found = [
        signs(r.source, r.target, Appraisal(r.mean, r.lowest, odds), model.meanings, translator.packs.source)
        for r, odds in zip(rows, quality, strict=True)
    ]
    return np.array([[asdict(s)[name] for name in NAMES] for s in found]), np.array([r.right for r in rows])


def fit(
    x: np.ndarray, y: np.ndarray, share: np.ndarray, penalty: float = PENALTY
) -> tuple[float, np.ndarray]:
    """Intercept and weights of a logistic regression with a small penalty. share: how much each text counts."""
    middle, spread, counts = x.mean(0), x.std(0) + 1e-6, torch.tensor(share / share.sum())
    data, wanted = torch.tensor((x - middle) / spread), torch.tensor(y)
    weights = torch.zeros(x.shape[1] + 1, dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.LBFGS([weights], max_iter=200)

    def loss() -> torch.Tensor:
        optimiser.zero_grad()
        odds = data @ weights[1:] + weights[0]
        value = (
            torch.nn.functional.binary_cross_entropy_with_logits(odds, wanted, counts, reduction="sum")
            + penalty * (weights[1:] ** 2).sum()
        )
        value.backward()
        return value

    optimiser.step(loss)
    found = weights.detach().numpy()
    own = found[1:] / spread
    return float(found[0] - (own * middle).sum()), own


def predict(x: np.ndarray, intercept: float, weights: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-(x @ weights + intercept)))


def report(held: np.ndarray, y: np.ndarray) -> None:
    """Reliability by tenths, and what thresholds would do."""
    print(f"{len(y)} texts, {100 * y.mean():.0f} % acceptable")
    for low in np.arange(0, 1, 0.1):
        chosen = (held >= low) & (held < low + 0.1)
        if chosen.any():
            print(
                f"said {low:.1f}–{low + 0.1:.1f}: {chosen.sum():4d} texts, acceptable {100 * y[chosen].mean():.0f} %"
            )
    for least in np.arange(0.3, 0.95, 0.05):
        drawn = held >= least
        if drawn.any():
            wrong = 1 - y[drawn].mean()
            print(
                f"threshold {least:.2f}: {100 * drawn.mean():.0f} % drawn, {100 * wrong:.0f} % of them wrong, "
                f"{100 * (drawn * y).mean():.0f} % of all drawn and right" + (" *" if wrong <= WRONG else "")
            )


if __name__ == "__main__":
    main()
