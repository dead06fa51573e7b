"""Trains the quality estimator of finished weights: `python recipes/train_estimator.py WEIGHTS JUDGED.tsv...`.

JUDGED has the form of `corpora/judged.de-en.tsv.gz`, which is what the shipped one learned from. Written is
`quality.safetensors` beside the weights; `recipes/fit_confidence.py` must follow, with other judged translations. Printed is
areas under the ROC curve on a tenth of the sources, for an estimator that has not seen these: of the judged translations, and
of made-up ones of which most lack a part (`omissions`).
"""

import argparse
import random
from pathlib import Path

import numpy as np

from iimt_cli.model.checkpoint import save_part
from iimt_cli.training.quality import estimates, judged_evidence, omissions, read_judged, train_estimator
from iimt_cli.translation.translator import StripTranslator
from iimt_cli.weights import ESTIMATOR

HELD_OUT = 0.1  # the share of the sources
OMISSIONS = 0.05  # made-up translations of each kind, for each judged one


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("weights", type=Path)
    parser.add_argument("judged", type=Path, nargs="+")
    options = parser.parse_args()
    model = StripTranslator.load(options.weights).model
    judged = [one for path in options.judged for one in read_judged(path)]
    sources = sorted({one.source for one in judged})
    random.Random(0).shuffle(sources)
    held = set(sources[: round(HELD_OUT * len(sources))])
    inside = [one for one in judged if one.source not in held]
    outside = [one for one in judged if one.source in held]
    made, lacking = (omissions(some, round(OMISSIONS * len(some))) for some in (inside, outside))
    seen, others, more, less = (judged_evidence(model, some) for some in (inside, outside, made, lacking))
    trial = train_estimator([*seen, *more], [one.right for one in [*inside, *made]])
    area = roc_area(estimates(trial, others), [one.right for one in outside])
    parts = roc_area(estimates(trial, less), [one.right for one in lacking])
    print(
        f"{len(inside)} translations, {len(made)} made up; AUC on {len(outside)} others {area:.3f}, made up {parts:.3f}"
    )
    whole = train_estimator(
        [*seen, *others, *more, *less], [one.right for one in [*inside, *outside, *made, *lacking]]
    )
    save_part(options.weights / ESTIMATOR, whole)


def roc_area(odds: list[float], right: list[float]) -> float:
    """The area under the ROC curve: how often a right translation has higher odds than a wrong one."""
    ranks, good = np.argsort(np.argsort(odds)), np.array(right) > 0
    wins = ranks[good].sum() - good.sum() * (good.sum() - 1) / 2
    return float(wins / (good.sum() * (~good).sum()))


if __name__ == "__main__":
    main()
