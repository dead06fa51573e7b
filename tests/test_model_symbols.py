"""What the reader's states tell of symbols: kept beside the weights, and the same whatever else is asked."""

from pathlib import Path

import pytest
import torch

from iimt_cli.errors import IimtError
from iimt_cli.model.checkpoint import load_symbols, save_part
from iimt_cli.model.symbols import SymbolEstimator, told
from iimt_cli.weights import SYMBOLS

DIM, STATES, CLASSES = 8, 20, 11


def test_it_lies_beside_the_weights(tmp_path: Path) -> None:
    assert load_symbols(tmp_path, DIM) is None
    save_part(tmp_path / SYMBOLS, SymbolEstimator(DIM))
    assert load_symbols(tmp_path, DIM) is not None
    with pytest.raises(IimtError, match=SYMBOLS):
        load_symbols(tmp_path, DIM + 1)


def test_it_tells_of_some_columns_and_of_no_others() -> None:
    random = torch.Generator().manual_seed(1)
    stem, states = (torch.randn(STATES, DIM, generator=random) for _ in range(2))
    logits = torch.randn(2 * STATES, CLASSES, generator=random)
    span, everywhere = (20, 36), (0, 4 * STATES)
    alone, whole = told(stem, states, logits, [span, everywhere])
    assert alone.isfinite().all() and not torch.allclose(alone, whole)
    for x in (stem, states, logits):  # a state has 4 px, and two frames
        x[: len(x) // 4] += 1
        x[len(x) * 3 // 4 :] += 1
    again = told(stem, states, logits, [everywhere, span])
    assert torch.equal(again[1], alone) and not torch.allclose(again[0], whole)
    odds = SymbolEstimator(DIM).eval()(again)
    assert odds.shape == (2,)


def test_a_narrow_group_is_told_of_too() -> None:
    flat = torch.zeros(STATES, DIM), torch.zeros(STATES, DIM), torch.zeros(2 * STATES, CLASSES)
    assert told(*flat, [(8, 9), (11, 12)]).isfinite().all()
