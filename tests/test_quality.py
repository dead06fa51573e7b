"""The quality estimator: learned from judged translations, kept beside the weights, a sign of the confidence."""

import gzip
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from iimt_cli.errors import IimtError
from iimt_cli.model.checkpoint import load_estimator, save_part
from iimt_cli.model.quality import Evidence, Forced, QualityEstimator
from iimt_cli.training.quality import Judged, estimates, read_judged, train_estimator
from iimt_cli.weights import ESTIMATOR, REVERSE

DIM, CONTEXT = 16, 12


def example(random: torch.Generator, right: bool) -> Evidence:
    """Evidence of one translation; of a wrong one a single piece is unlikely."""
    target, source = (int(torch.randint(2, 9, (1,), generator=random)) for _ in range(2))
    scores = -0.1 * torch.rand(1, target, generator=random)
    if not right:
        scores[0, int(torch.randint(0, target, (1,), generator=random))] = -6.0
    return Evidence(
        target=thought(random, scores),
        context=torch.randn(1, source, CONTEXT, generator=random),
        there=torch.ones(1, source, dtype=torch.bool),
    )


def thought(random: torch.Generator, scores: torch.Tensor) -> Forced:
    states, pieces = (torch.randn(*scores.shape, DIM, generator=random) for _ in range(2))
    return Forced(states, pieces, scores, torch.ones_like(scores, dtype=torch.bool))


def with_back(random: torch.Generator, right: bool) -> Evidence:
    """Evidence in which only the reverse model tells right from wrong."""
    scores = -0.1 * torch.rand(1, int(torch.randint(2, 9, (1,), generator=random)), generator=random)
    if not right:
        scores[0, 0] = -6.0
    return replace(example(random, True), back=thought(random, scores))


def test_it_learns_to_tell_right_from_wrong() -> None:
    random = torch.Generator().manual_seed(0)
    right = [float(i % 2) for i in range(1300)]
    evidence = [example(random, bool(r)) for r in right]
    estimator = train_estimator(evidence[:1200], right[:1200])
    told = estimates(estimator, evidence[1200:])
    assert sum((odds > 0) == bool(r) for odds, r in zip(told, right[1200:], strict=True)) > 85


def test_it_learns_from_what_the_reverse_model_says() -> None:
    random = torch.Generator().manual_seed(0)
    right = [float(i % 2) for i in range(1300)]
    evidence = [with_back(random, bool(r)) for r in right]
    estimator = train_estimator(evidence[:1200], right[:1200])
    told = estimates(estimator, evidence[1200:])
    assert sum((odds > 0) == bool(r) for odds, r in zip(told, right[1200:], strict=True)) > 85


@pytest.mark.parametrize("back", [False, True])
def test_padding_changes_nothing(back: bool) -> None:
    random = torch.Generator().manual_seed(1)
    evidence = [(with_back if back else example)(random, True) for _ in range(9)]
    estimator = QualityEstimator(DIM, CONTEXT, back=back).eval()
    alone = [estimates(estimator, [one])[0] for one in evidence]
    assert estimates(estimator, evidence) == pytest.approx(alone, abs=1e-5)


def test_it_lies_beside_the_weights(tmp_path: Path) -> None:
    assert load_estimator(tmp_path, DIM, CONTEXT) is None
    save_part(tmp_path / ESTIMATOR, QualityEstimator(DIM, CONTEXT))
    assert load_estimator(tmp_path, DIM, CONTEXT) is not None
    with pytest.raises(IimtError, match=ESTIMATOR):
        load_estimator(tmp_path, DIM + 1, CONTEXT)


def test_one_that_looks_back_needs_the_reverse_model(tmp_path: Path) -> None:
    save_part(tmp_path / ESTIMATOR, QualityEstimator(DIM, CONTEXT, back=True))
    with pytest.raises(IimtError, match=f"{ESTIMATOR}: needs {REVERSE}"):
        load_estimator(tmp_path, DIM, CONTEXT)
    (tmp_path / REVERSE).touch()
    estimator = load_estimator(tmp_path, DIM, CONTEXT)
    assert estimator is not None and estimator.looks_back


def test_judged_translations_are_read_and_a_bad_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "judged.tsv.gz"
    path.write_bytes(gzip.compress(b"Haus\thouse\t-0.1\t-0.2\t1\nBaum\tree\t-0.5\t-2\t0\n"))
    assert read_judged(path) == [Judged("Haus", "house", -0.1, -0.2, 1), Judged("Baum", "ree", -0.5, -2, 0)]
    path.write_bytes(gzip.compress(b"Haus\thouse\t-0.1\t-0.2\t1\nBaum\ttree\t1\n"))
    with pytest.raises(IimtError, match="line 2"):
        read_judged(path)
