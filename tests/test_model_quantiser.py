"""Quantisers: codes and latents belong together, gradients pass, dead codes come back."""

import torch

from iimt_cli.config import load_preset
from iimt_cli.model.image_tokenizer import ImageTokenizer
from iimt_cli.model.quantiser import FiniteScalarQuantiser, VectorQuantiser


def test_fsq_has_8192_codes_and_lookup_inverts_the_code():
    quantiser = FiniteScalarQuantiser((8, 8, 8, 4, 4))
    assert quantiser.size == 8192
    codes = torch.arange(8192)
    latents = quantiser.lookup(codes)
    assert len(torch.unique(latents, dim=0)) == 8192
    digits = latents * (quantiser.levels // 2)
    assert torch.equal(((digits + quantiser.levels // 2) * quantiser.radix).sum(-1).long(), codes)


def test_fsq_quantised_latents_are_what_their_code_looks_up():
    torch.manual_seed(0)
    latents = torch.randn(4, 50, 5) * 3
    latents.requires_grad_(True)
    quantiser = FiniteScalarQuantiser((8, 8, 8, 4, 4))
    quantised, codes, _ = quantiser(latents)
    assert torch.allclose(quantised, quantiser.lookup(codes), atol=1e-6)
    assert codes.min() >= 0
    assert codes.max() < 8192
    quantised.sum().backward()
    assert latents.grad is not None
    assert (latents.grad != 0).float().mean() > 0.9  # straight through the rounding


def test_fsq_reaches_every_level():
    quantiser = FiniteScalarQuantiser((8, 5, 4))
    sweep = torch.linspace(-4, 4, 2001)[:, None].expand(-1, 3)
    _, codes, _ = quantiser(sweep)
    digits = codes[:, None] // quantiser.radix % quantiser.levels
    assert [len(d.unique()) for d in digits.T] == [8, 5, 4]


def test_vq_starts_at_the_data_and_uses_its_codes():
    torch.manual_seed(0)
    centres = torch.nn.functional.normalize(torch.randn(16, 8), dim=-1)
    data = centres[torch.randint(16, (2000,))] + 0.01 * torch.randn(2000, 8)
    quantiser = VectorQuantiser(32, 8)
    quantised, codes, loss = quantiser(data)
    assert len(codes.unique()) >= 16
    assert float(loss) < 0.01
    assert torch.allclose(quantised, quantiser.lookup(codes), atol=1e-5)


def test_vq_revives_dead_codes():
    torch.manual_seed(0)
    quantiser = VectorQuantiser(64, 4, decay=0.5, dead_below=0.1)
    for _ in range(30):  # everything at one place: most codes die
        quantiser(torch.ones(256, 4) + 0.001 * torch.randn(256, 4))
    torch.manual_seed(1)
    data = torch.randn(2048, 4)
    for _ in range(30):
        _, codes, _ = quantiser(data)
    assert len(codes.unique()) > 48


def test_vq_keeps_a_code_for_what_comes_once_in_a_while():
    torch.manual_seed(0)
    rare = torch.nn.functional.normalize(torch.randn(128, 16), dim=-1)
    background = torch.ones(1000, 16) + 0.01 * torch.randn(1000, 16)
    quantiser = VectorQuantiser(192, 16)
    for step in range(6 * 32):  # four of the rare ones in each batch
        quantiser(torch.cat([background, rare[4 * (step % 32) :][:4]]))
    quantised, codes, _ = quantiser.eval()(rare)
    assert len(codes.unique()) == 128
    assert torch.nn.functional.cosine_similarity(quantised, rare).min() > 0.95


def test_vq_waits_for_an_encoder_that_tells_things_apart():
    torch.manual_seed(0)
    quantiser = VectorQuantiser(32, 8, patience=3)
    data = torch.randn(500, 8)
    unit = torch.nn.functional.normalize(data, dim=-1)
    for _ in range(3):
        quantised, _, loss = quantiser(data)
        assert torch.equal(quantised, unit) and float(loss) == 0.0
    quantised, codes, _ = quantiser(data)
    assert torch.allclose(quantised, quantiser.lookup(codes), atol=1e-5) and len(codes.unique()) > 24


def test_vq_does_not_learn_in_evaluation():
    quantiser = VectorQuantiser(16, 4).eval()
    before = quantiser.codebook.clone()
    quantiser(torch.randn(100, 4))
    assert torch.equal(before, quantiser.codebook)


def test_chances_of_16_bits_draw_with_gradients():
    preset = load_preset("tiny")
    tokenizer = ImageTokenizer(preset.image_tokenizer, preset.canvas)
    mask = torch.ones(1, 6, dtype=torch.bool)
    chances = [torch.full((6, size), 1 / size).bfloat16().requires_grad_() for size in tokenizer.digits]
    drawn = tokenizer.draw(torch.zeros(1, 6, dtype=torch.long), chances, mask)
    assert drawn.dtype == torch.float32
    drawn.square().sum().backward()
    assert all(one.grad is not None and one.grad.abs().sum() > 0 for one in chances)
