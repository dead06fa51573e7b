"""Trains the quality estimator of finished weights: `python recipes/train_estimator.py WEIGHTS JUDGED.tsv...`.

JUDGED has the form of `corpora/judged.de-en.tsv.gz`, which is what the shipped one learned from. Written is
`quality.safetensors` beside the weights; `recipes/fit_confidence.py` must follow, with other judged translations. Printed is
the area under the ROC curve on a tenth of the sources, for an estimator that has not seen these.
"""

import argparse
import random
from pathlib import Path

import numpy as np

from iimt_cli.model.checkpoint import save_part
from iimt_cli.training.quality import estimates, judged_evidence, read_judged, train_estimator
from iimt_cli.translation.translator import StripTranslator
from iimt_cli.weights import ESTIMATOR

HELD_OUT = 0.1  # the share of the sources


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("weights", type=Path)
    parser.add_argument("judged", type=Path, nargs="+")
    options = parser.parse_args()
    model = StripTranslator.load(options.weights).model
    judged = [one for path in options.judged for one in read_judged(path)]
    evidence, right = judged_evidence(model, judged), [one.right for one in judged]
    sources = sorted({one.source for one in judged})
    random.Random(0).shuffle(sources)
    held = set(sources[: round(HELD_OUT * len(sources))])
    inside = [i for i, one in enumerate(judged) if one.source not in held]
    outside = [i for i, one in enumerate(judged) if one.source in held]
    trial = train_estimator([evidence[i] for i in inside], [right[i] for i in inside])
    area = roc_area(estimates(trial, [evidence[i] for i in outside]), [right[i] for i in outside])
    print(f"{len(inside)} translations; AUC on {len(outside)} others {area:.3f}")
    save_part(options.weights / ESTIMATOR, train_estimator(evidence, right))


def roc_area(odds: list[float], right: list[float]) -> float:
    """The area under the ROC curve: how often a right translation has higher odds than a wrong one."""
    ranks, good = np.argsort(np.argsort(odds)), np.array(right) > 0
    wins = ranks[good].sum() - good.sum() * (good.sum() - 1) / 2
    return float(wins / (good.sum() * (~good).sum()))


if __name__ == "__main__":
    main()
