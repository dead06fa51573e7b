"""Compiled training: the same losses and gradients, the same names of weights."""

import pytest
import torch
from torch import Tensor, nn

from iimt_cli.model.attention import EncoderLayer
from iimt_cli.model.text import WritingLosses
from iimt_cli.training.compiled import compile_layers, compiles, uncompiled

CPU = torch.device("cpu")


class Reader(nn.Module):
    """Reads pieces with one layer, and says which they were."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(40, 16)
        self.layer = EncoderLayer(16, 2, 32)
        self.losses = WritingLosses(self.embedding)

    def forward(self, pieces: Tensor) -> Tensor:
        written, smooth = self.losses(self.layer(self.embedding(pieces)).flatten(0, 1), pieces.flatten())
        return 0.9 * written.mean() + 0.1 * smooth.mean()


def _losses(reader: Reader) -> list[tuple[float, list[Tensor]]]:
    """The loss of two batches of other sizes, and its gradients."""
    found = []
    for texts, length in ((3, 7), (5, 11)):
        pieces = torch.randint(0, 40, (texts, length), generator=torch.Generator().manual_seed(length))
        reader.zero_grad()
        loss = reader(pieces)
        loss.backward()
        found.append(
            (float(loss.detach()), [p.grad.clone() for p in reader.parameters() if p.grad is not None])
        )
    return found


@pytest.mark.slow
def test_compiled_layers_learn_the_same() -> None:
    if not compiles(CPU):
        pytest.skip("torch cannot compile here")
    torch.manual_seed(0)
    reader = Reader()
    names, plain = list(reader.state_dict()), _losses(reader)
    compile_layers(reader)
    assert reader.layer._compiled_call_impl is not None and reader.losses._compiled_call_impl is not None
    assert list(reader.state_dict()) == names
    for (loss, gradients), (expected, wanted) in zip(_losses(reader), plain, strict=True):
        assert loss == pytest.approx(expected, rel=1e-4)
        for one, other in zip(gradients, wanted, strict=True):
            torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-5)
    with uncompiled():
        assert [loss for loss, _ in _losses(reader)] == [loss for loss, _ in plain]


def test_what_cannot_be_compiled_is_trained_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(function: object) -> object:
        raise RuntimeError("no compiler")

    monkeypatch.setattr(torch, "compile", none)
    assert not compiles(CPU)
