"""Packed linear layers: the numbers of torch's own, for any number of rows, and only where nothing is rounded."""

import pytest
import torch
from torch import nn

from iimt_cli.config import load_preset
from iimt_cli.model.linear import PackedLinear, TiedLinear, pack
from iimt_cli.model.text import TextDecoder

packs = pytest.mark.skipif(
    "fbgemm" not in torch.backends.quantized.supported_engines, reason="no packed layers on this processor"
)


def _as_in_a_file(module: nn.Module) -> nn.Module:
    with torch.no_grad():
        for values in module.parameters():
            values.copy_(values.half())
    return module.eval()


@packs
@torch.inference_mode()
def test_packed_layers_compute_the_same_and_each_row_for_itself() -> None:
    torch.manual_seed(0)
    layers = _as_in_a_file(nn.Sequential(nn.Linear(96, 130), nn.GELU(), nn.Linear(130, 17, bias=False)))
    x = torch.randn(2, 9, 96)
    wanted = layers(x)
    pack(layers)
    assert isinstance(layers[0], PackedLinear) and isinstance(layers[2], PackedLinear)
    found = layers(x)
    assert found.shape == wanted.shape
    torch.testing.assert_close(found, wanted, rtol=1e-5, atol=1e-5)
    alone = torch.cat([layers(row[None, None]) for row in x.flatten(0, 1)]).view_as(found)
    assert torch.equal(alone, found), "batch 1 and batch 18 give the same bits"
    assert layers(x[:0]).shape == (0, 9, 17)


@packs
@torch.inference_mode()
def test_logits_of_a_packed_decoder_are_those_of_its_embedding() -> None:
    torch.manual_seed(0)
    decoder = TextDecoder(50, load_preset("tiny").text_decoder, 24)
    names = set(decoder.state_dict())
    assert isinstance(decoder.logits, TiedLinear) and not any(name.startswith("logits") for name in names)
    _as_in_a_file(decoder)
    pieces, context = torch.randint(4, 50, (3, 5)), torch.randn(3, 7, 24)
    wanted = decoder.logits(decoder(pieces, context))
    pack(decoder)
    assert isinstance(decoder.logits, PackedLinear)
    torch.testing.assert_close(decoder.logits(decoder(pieces, context)), wanted, rtol=1e-4, atol=1e-4)


@torch.inference_mode()
def test_weights_that_16_bits_would_round_are_left_alone() -> None:
    layer = nn.Sequential(nn.Linear(8, 8))
    layer[0].weight.fill_(1 / 3)
    rows = torch.randn(5, 8)
    wanted = layer(rows)
    pack(layer)
    assert torch.equal(layer(rows), wanted)
