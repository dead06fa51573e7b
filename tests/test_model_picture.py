"""Whole pictures: cached decoding is full recomputation, windows, the shapes of the modules, and every ablation."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from iimt_cli.config import Canvas, ImageDecoder, Preset, Transformer, load_preset
from iimt_cli.errors import IimtError
from iimt_cli.model.checkpoint import save_tensors
from iimt_cli.model.decoding import decode_text
from iimt_cli.model.text import TextDecoder
from iimt_cli.model.vocabulary import BEGIN, END, PAD, UNKNOWN, Vocabulary
from iimt_cli.paper.model.grid_decoder import (
    Contexts,
    PictureDecoder,
    decode_grid,
    schedule,
)
from iimt_cli.paper.model.picture_translatotron import OcrDecoder, PictureTranslatotron
from iimt_cli.paper.model.teacher import Teacher

CANVAS = Canvas(height=16, width=32, patch=4, rows=4, channels=3)  # 4×8 tokens
SETTINGS = ImageDecoder(dim=32, layers=2, heads=4, ff=64, order="autoregressive")


def _decoder(text_dim: int = 24, seed: int = 0) -> PictureDecoder:
    torch.manual_seed(seed)
    made = PictureDecoder(SETTINGS, (50,), CANVAS, visual_dim=20, text_dim=text_dim).eval()
    torch.nn.init.normal_(made.tokens.places, std=2.0)  # else an untrained decoder says one token all over
    return made


def _contexts(batch: int) -> Contexts:
    torch.manual_seed(1)
    mask = torch.ones(batch, 7, dtype=torch.bool)
    mask[0, 4:] = False
    return Contexts(torch.randn(batch, 9, 20), torch.randn(batch, 7, 24), mask)


def _recomputed(decoder: PictureDecoder, contexts: Contexts) -> torch.Tensor:
    """Greedy tokens without any cache: the whole prefix again at every step."""
    batch, count = len(contexts.visual), decoder.rows * decoder.columns
    tokens = torch.zeros(batch, count, dtype=torch.long)
    for p in range(count):
        tokens[:, p] = decoder.head.pick(decoder.head(decoder(tokens, contexts)[:, p]))
    return tokens


@torch.inference_mode()
@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("drafts", [1, 5, 16])
def test_cached_image_tokens_are_those_of_full_recomputation(batch: int, drafts: int) -> None:
    decoder, contexts = _decoder(), _contexts(batch)
    wanted = _recomputed(decoder, contexts)
    assert len(wanted.unique()) > 5
    assert torch.equal(decode_grid(decoder, contexts, drafts=drafts), wanted)


@torch.inference_mode()
def test_guesses_pass_uniform_pictures_in_few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    decoder, contexts = _decoder(), _contexts(2)
    torch.nn.init.zeros_(decoder.tokens.places)
    decoder.tokens.embedding.weight[7] = 5.0 * torch.ones(32)  # one token everywhere
    decoder.norm.weight.zero_()
    decoder.norm.bias.fill_(1.0)
    steps = []
    monkeypatch.setattr(
        decoder, "pass_through", lambda x, *rest: steps.append(x.shape[1]) or torch.ones_like(x)
    )
    tokens = decode_grid(decoder, contexts)
    assert (tokens == 7).all() and len(steps) <= 7 and sum(steps) <= 40


@torch.inference_mode()
def test_a_window_as_wide_as_the_grid_is_one_after_the_other() -> None:
    decoder, contexts = _decoder(), _contexts(3)
    assert torch.equal(decode_grid(decoder, contexts, window=8), decode_grid(decoder, contexts))
    narrow = decode_grid(decoder, contexts, window=2)
    wide = decode_grid(decoder, contexts)
    assert torch.equal(narrow[:, :8], wide[:, :8]), "the first row waits for none"
    alone = torch.cat(
        [
            decode_grid(
                decoder,
                Contexts(contexts.visual[i, None], contexts.text[i, None], contexts.text_mask[i, None]),
                2,
            )
            for i in range(3)
        ]
    )
    assert torch.equal(alone, narrow), "pictures of a batch do not disturb each other"


def test_the_schedule_of_a_window() -> None:
    assert list(schedule(1, 3, 1)) == [[0], [1], [2]]
    steps = list(schedule(32, 32, 1))
    assert sorted(p for due in steps for p in due) == list(range(1024))
    assert len(steps) == 63 and len(list(schedule(32, 32, 4))) == 32 + 31 * 4
    done: set[int] = set()
    for due in steps:
        for p in due:
            assert p < 32 or p - 32 in done, "the token above is known"
        done.update(due)


@torch.inference_mode()
def test_a_temperature_draws_different_tokens() -> None:
    decoder, contexts = _decoder(), _contexts(1)
    torch.manual_seed(0)
    drawn = [decode_grid(decoder, contexts, temperature=2.0) for _ in range(2)]
    assert not torch.equal(*drawn)


@torch.inference_mode()
def test_tokens_may_come_column_by_column() -> None:
    torch.manual_seed(0)
    made = PictureDecoder(replace(SETTINGS, scan="columns"), (50,), CANVAS, visual_dim=20, text_dim=24).eval()
    torch.nn.init.normal_(made.tokens.places, std=2.0)
    contexts = _contexts(2)
    wanted = _recomputed(made, contexts)
    assert torch.equal(decode_grid(made, contexts), wanted)
    assert torch.equal(decode_grid(made, contexts, window=4), wanted), "a column is four tokens"
    grid = torch.arange(32)[None]
    assert made.scan.written(grid)[0, :5].tolist() == [0, 8, 16, 24, 1]
    assert torch.equal(made.scan.seen(made.scan.written(grid)), grid)


def _text_decoder() -> TextDecoder:
    torch.manual_seed(3)
    made = TextDecoder(40, Transformer(dim=32, layers=2, heads=2, ff=64), 20).eval()
    torch.nn.init.normal_(made.embedding.weight, std=1.0)
    return made


def _beam_without_cache(decoder: TextDecoder, context: torch.Tensor, beam: int, limit: int) -> list[int]:
    """The textbook: all hypotheses in a list, every prefix run again."""
    live: list[tuple[float, list[int]]] = [(0.0, [BEGIN])]
    ended: list[tuple[float, list[int]]] = []
    while live and len(ended) < beam:
        grown = []
        for total, tokens in live:
            logits = decoder.logits(decoder(torch.tensor([tokens]), context))[0, -1]
            logits[[PAD, UNKNOWN, BEGIN]] = float("-inf")
            for token, value in enumerate(logits.log_softmax(-1).tolist()):
                grown.append((total + value, [*tokens, token]))
        grown.sort(reverse=True)
        length, live = len(grown[0][1]) - 1, []
        for total, tokens in grown[: 2 * beam]:
            if tokens[-1] == END and len(live) < beam:
                ended.append((total / length, tokens[1:-1]))
            elif tokens[-1] != END and len(live) < beam:
                live.append((total, tokens))
        if length >= limit:
            ended = ended or [(live[0][0] / length, live[0][1][1:])]
            break
    return max(ended)[1]


@torch.inference_mode()
@pytest.mark.parametrize("beam", [1, 4])
def test_cached_texts_are_those_of_full_recomputation(beam: int) -> None:
    decoder = _text_decoder()
    context = torch.randn(3, 9, 20)
    mask = torch.ones(3, 9, dtype=torch.bool)
    found = [d.pieces for d in decode_text(decoder, context, mask, beam, limit=12)]
    wanted = [_beam_without_cache(decoder, context[i : i + 1], beam, 12) for i in range(3)]
    assert found == wanted and any(len(p) > 2 for p in found)


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    return Vocabulary.train(["Guten Morgen", "Good morning"], 0, "characters")


def test_characters_are_the_pieces(vocabulary: Vocabulary) -> None:
    pieces = vocabulary.encode("Ägypten 7")
    assert UNKNOWN not in pieces and len(pieces) in (9, 10)
    assert vocabulary.decode(pieces) == "Ägypten 7"
    assert len(vocabulary) <= load_preset("paper").vocabulary.target


@pytest.fixture(scope="module")
def preset() -> Preset:
    return load_preset("picture-tiny")


@torch.inference_mode()
def test_a_picture_goes_in_and_a_picture_comes_out(preset: Preset, vocabulary: Vocabulary) -> None:
    torch.manual_seed(0)
    model = PictureTranslatotron(preset, vocabulary).eval()
    pixels = torch.rand(2, 3, 64, 256)
    drawn = model.translate(pixels, beam=2, window=4)
    assert [d.pixels.shape for d in drawn] == [(3, 64, 256)] * 2
    assert all(float(d.pixels.min()) >= 0 and float(d.pixels.max()) <= 1 for d in drawn)
    [alone] = model.translate(pixels[1:], beam=2, window=4)
    assert alone.text == drawn[1].text and torch.allclose(alone.pixels, drawn[1].pixels, atol=1e-4)


def _names(module: torch.nn.Module) -> set[str]:
    return {name for name, _ in module.named_parameters()}


def test_each_switch_changes_the_parameters_it_names(preset: Preset, vocabulary: Vocabulary) -> None:
    whole = _names(PictureTranslatotron(preset, vocabulary))
    gated = {name for name in whole if ".fusion." in name}
    assert gated and all(".gate." in name for name in gated)

    summed = replace(preset, image_decoder=replace(preset.image_decoder, gate="sum"))
    assert whole - _names(PictureTranslatotron(summed, vocabulary)) == gated

    from_picture = {n for n in whole if n.startswith("image_decoder.layers.") and ".look." in n}
    from_text = {n for n in whole if n.startswith("image_decoder.layers.") and ".text." in n}
    for gate, missing in (("text", from_picture), ("picture", from_text)):
        one = replace(preset, image_decoder=replace(preset.image_decoder, gate=gate))
        assert missing and whole - _names(PictureTranslatotron(one, vocabulary)) == gated | missing

    mute = replace(preset, text_decoder=replace(preset.text_decoder, layers=0))
    gone = whole - _names(PictureTranslatotron(mute, vocabulary))
    assert gone == {n for n in whole if n.startswith("text_decoder.")} | gated | from_text
    assert _names(PictureTranslatotron(replace(preset, text=False), None)) == whole - gone


@torch.inference_mode()
@pytest.mark.parametrize("gate", ["text", "picture"])
def test_a_gate_of_one_side_looks_at_that_side_alone(
    preset: Preset, vocabulary: Vocabulary, gate: str
) -> None:
    torch.manual_seed(0)
    one = replace(preset, image_decoder=replace(preset.image_decoder, gate=gate))
    model = PictureTranslatotron(one, vocabulary).eval()
    tokens = torch.zeros(1, preset.canvas.tokens, dtype=torch.long)
    visual, text = torch.randn(2, 1, 5, preset.vit.dim), torch.randn(2, 1, 3, preset.text_decoder.dim)
    mask = torch.ones(1, 3, dtype=torch.bool)
    first, other_picture, other_text = (
        model.image_decoder(tokens, Contexts(visual[i], text[j], mask)) for i, j in ((0, 0), (1, 0), (0, 1))
    )
    assert torch.equal(first, other_picture) == (gate == "text")
    assert torch.equal(first, other_text) == (gate == "picture")


def test_codebook_and_patch_are_preset_keys(preset: Preset, vocabulary: Vocabulary) -> None:
    small = replace(preset, image_tokenizer=replace(preset.image_tokenizer, codebook=256))
    model = PictureTranslatotron(small, vocabulary)
    assert model.image_decoder.tokens.embedding.num_embeddings == 256
    coarse = replace(preset, canvas=replace(preset.canvas, rows=4, patch=16))
    model = PictureTranslatotron(coarse, vocabulary)
    assert model.image_tokenizer.encode(torch.rand(1, 3, 64, 256)).shape == (1, 4 * 16)
    assert model.image_encoder(torch.rand(1, 3, 64, 256)).shape[1] == 1 + 8 * 32, "the encoder keeps its own"


def test_the_tokenizer_sees_rows_whatever_the_order_of_writing(
    preset: Preset, vocabulary: Vocabulary, monkeypatch: pytest.MonkeyPatch
) -> None:
    turned = replace(preset, image_decoder=replace(preset.image_decoder, scan="columns"))
    model = PictureTranslatotron(turned, vocabulary).eval()
    by_columns = torch.arange(256).view(1, 8, 32).transpose(1, 2).flatten(1)
    monkeypatch.setattr("iimt_cli.paper.model.picture_translatotron.decode_grid", lambda *rest: by_columns)
    given = []
    monkeypatch.setattr(model.image_tokenizer, "decode", lambda t: given.append(t) or torch.zeros(1, 3, 1, 1))
    model.translate(torch.rand(1, 3, 64, 256))
    assert given[0].tolist() == [list(range(256))]


def test_the_ocr_decoder_looks_at_its_layer_alone(preset: Preset, vocabulary: Vocabulary) -> None:
    model, ocr = PictureTranslatotron(preset, vocabulary), OcrDecoder(preset, len(vocabulary))
    _, reading = model.image_encoder.with_reading(torch.rand(1, 3, 64, 256))
    assert reading.shape == (1, 8 * 32, 96)
    ocr(reading, torch.tensor([[BEGIN, 9, 8]])).sum().backward()
    reached = {n for n, p in model.image_encoder.vit.named_parameters() if p.grad is not None}
    assert any(n.startswith("blocks.1.") for n in reached)
    assert not any(n.startswith("blocks.2.") for n in reached)


def test_the_teacher_knows_no_token_before_its_turn(preset: Preset, vocabulary: Vocabulary) -> None:
    torch.manual_seed(0)
    teacher = Teacher(preset.teacher, len(vocabulary), (1024,), preset.canvas).eval()
    pieces, pixels = torch.tensor([[9, 8, END]]), torch.rand(1, 3, 64, 256)
    tokens = torch.randint(1024, (1, 256))
    [before] = teacher(pieces, pixels, tokens)
    tokens[:, 100:] = 5
    [after] = teacher(pieces, pixels, tokens)
    assert torch.allclose(before[:, :101], after[:, :101], atol=1e-5)
    assert not torch.allclose(before[:, 101], after[:, 101], atol=1e-3)


def test_a_vit_starts_from_a_local_file_of_another_size(preset: Preset, tmp_path: Path) -> None:
    from iimt_cli.paper.model.vit_encoder import ViTEncoder

    other = ViTEncoder(preset.vit, replace(preset.canvas, width=64))
    save_tensors(tmp_path / "vit.safetensors", other.vit.state_dict())
    encoder = ViTEncoder(preset.vit, preset.canvas)
    encoder.load_pretrained(str(tmp_path / "vit.safetensors"))
    assert torch.equal(encoder.vit.blocks[0].mlp.fc1.weight, other.vit.blocks[0].mlp.fc1.weight)
    wide = ViTEncoder(replace(preset.vit, dim=128), preset.canvas)
    with pytest.raises(IimtError, match=r"vit\.safetensors"):
        wide.load_pretrained(str(tmp_path / "vit.safetensors"))


def test_strips_of_ink_keep_their_names_and_numbers() -> None:
    """Weights of `line` made before pictures were there: a fixed draw of weights gives a known reconstruction."""
    from iimt_cli.config import ImageTokenizer as Settings
    from iimt_cli.model.image_tokenizer import ImageTokenizer

    tokenizer = ImageTokenizer(Settings(dim=32, encoder_layers=1, decoder_layers=1, heads=2, ff=64), Canvas())
    assert not any("places" in name for name in tokenizer.state_dict())
    ink = torch.from_numpy(np.random.default_rng(0).random((2, 32, 48), np.float32))
    columns = ink.view(2, 32, 6, 8).transpose(1, 2).reshape(2, 6, 256)  # what a token of a strip always was
    tokenizer.eval()
    latents = tokenizer.to_latent(tokenizer.encoder(tokenizer.embed(columns)))
    assert torch.equal(tokenizer.encode(ink), tokenizer.quantiser(latents)[1])
