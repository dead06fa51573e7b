"""Cached decoding gives what full recomputation gives; beams and batches do not disturb each other."""

import math
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import Tensor

from iimt_cli.config import Canvas, ImageDecoder, ImageTokenizer, Transformer, load_preset
from iimt_cli.language.alphabet import WESTERN
from iimt_cli.language.lexicon import Hint, unsaid
from iimt_cli.model import image_decoder as drawing
from iimt_cli.model.attention import KeyValueCache, SelfAttention
from iimt_cli.model.convolution import ConvBlock
from iimt_cli.model.decoding import Slots, decode_text
from iimt_cli.model.draw import draw
from iimt_cli.model.image_tokenizer import ImageTokenizer as Tokenizer
from iimt_cli.model.image_tokenizer import patches, unpatches
from iimt_cli.model.strips import alike, stack
from iimt_cli.model.text import TextDecoder
from iimt_cli.model.translatotron import Translatotron
from iimt_cli.model.vocabulary import BEGIN, END, PAD, UNKNOWN, Vocabulary


@pytest.fixture
def decoder() -> TextDecoder:
    torch.manual_seed(3)
    made = TextDecoder(40, Transformer(dim=32, layers=2, heads=2, ff=64), 32).eval()
    torch.nn.init.normal_(made.embedding.weight, std=1.0)
    return made


def _greedy_without_cache(decoder: TextDecoder, context: torch.Tensor, limit: int) -> list[int]:
    tokens = [BEGIN]
    for _ in range(limit):
        logits = decoder.logits(decoder(torch.tensor([tokens]), context))[0, -1]
        logits[[PAD, UNKNOWN, BEGIN]] = float("-inf")
        best = int(logits.argmax())
        if best == END:
            break
        tokens.append(best)
    return tokens[1:]


@torch.inference_mode()
def test_greedy_with_cache_equals_recomputation_in_a_batch(decoder):
    torch.manual_seed(0)
    contexts = [torch.randn(1, length, 32) for length in (3, 7, 5)]
    batch = torch.zeros(3, 7, 32)
    mask = torch.zeros(3, 7, dtype=torch.bool)
    for i, c in enumerate(contexts):
        batch[i, : c.shape[1]], mask[i, : c.shape[1]] = c[0], True
    found = [d.pieces for d in decode_text(decoder, batch, mask)]
    wanted = [_greedy_without_cache(decoder, c, 2 * c.shape[1] + 10) for c in contexts]
    assert found == wanted
    assert any(len(p) > 3 for p in found)


@torch.inference_mode()
def test_greedy_scores_what_it_says_and_never_repeats_a_word_that_may_come_once(decoder):
    torch.manual_seed(2)
    context, mask = torch.randn(5, 4, 32), torch.ones(5, 4, dtype=torch.bool)
    once = torch.ones(40, dtype=torch.bool)
    free, found = decode_text(decoder, context, mask), decode_text(decoder, context, mask, once=once)
    assert any(a == b for d in free for a, b in pairwise(d.pieces))
    for row, decoded in enumerate(found):
        assert all(a != b for a, b in pairwise(decoded.pieces))
        assert len(decoded.pieces) <= 2 * 4 + 10
        said = [BEGIN, *decoded.pieces, END][: 2 * 4 + 11]
        logits = decoder.logits(decoder(torch.tensor([said[:-1]]), context[row : row + 1]))[0]
        logits[:, [PAD, UNKNOWN, BEGIN]] = float("-inf")
        for step, piece in enumerate(said[:-1]):
            logits[step, piece] = float("-inf")
        scores = logits.log_softmax(-1).gather(1, torch.tensor(said[1:])[:, None])
        assert decoded.score == pytest.approx(float(scores.mean()), abs=1e-4)


@torch.inference_mode()
def test_a_wider_beam_never_scores_worse_and_ignores_its_neighbours(decoder):
    torch.manual_seed(1)
    context, mask = torch.randn(4, 6, 32), torch.ones(4, 6, dtype=torch.bool)
    greedy, beam = decode_text(decoder, context, mask), decode_text(decoder, context, mask, beam=6)
    assert sum(b.score for b in beam) >= sum(g.score for g in greedy) - 1e-4
    alone = [decode_text(decoder, context[i : i + 1], mask[i : i + 1], beam=6)[0].pieces for i in range(4)]
    assert [b.pieces for b in beam] == alone


@torch.inference_mode()
def test_attention_with_cache_equals_causal_attention():
    torch.manual_seed(0)
    attention, x, cache = SelfAttention(32, 4), torch.randn(2, 300, 32), KeyValueCache()
    whole = attention(x, causal=True)
    steps = torch.cat([attention(x[:, i : i + 1], causal=True, cache=cache) for i in range(300)], 1)
    assert torch.allclose(whole, steps, atol=1e-5)


@torch.inference_mode()
def test_image_tokens_left_to_right_with_cache_equal_recomputation():
    torch.manual_seed(0)
    settings = ImageDecoder(dim=32, layers=2, heads=2, ff=64, order="autoregressive")
    decoder = drawing.ImageDecoder(
        settings, (50,), visual_dim=32, text_dim=32, patch=8, alphabet=WESTERN
    ).eval()
    states, visual = torch.randn(3, 9, 32), torch.randn(3, 11, 32)
    text_mask, visual_mask = torch.ones(3, 9, dtype=torch.bool), torch.ones(3, 11, dtype=torch.bool)
    tokens = torch.randint(50, (3, 20))
    previous = torch.cat([torch.full((3, 1), decoder.begin), tokens[:, :-1]], 1)
    whole = decoder.step(previous, states, text_mask, visual, visual_mask)
    cache = decoder.empty_cache()
    steps = [
        decoder.step(previous[:, i : i + 1], states, text_mask, visual, visual_mask, cache) for i in range(20)
    ]
    assert torch.allclose(whole, torch.cat(steps, 1), atol=1e-5)


@torch.inference_mode()
@pytest.mark.parametrize("order", ["parallel", "autoregressive"])
def test_a_strip_is_drawn_alike_alone_and_in_a_batch(order):
    torch.manual_seed(0)
    tokenizer = Tokenizer(
        ImageTokenizer(dim=32, encoder_layers=1, decoder_layers=1, heads=2, ff=64), Canvas()
    )
    settings = ImageDecoder(dim=32, layers=2, heads=2, ff=64, order=order)
    decoder = drawing.ImageDecoder(
        settings, tokenizer.digits, visual_dim=32, text_dim=32, patch=8, alphabet=WESTERN
    ).eval()
    tokenizer.eval()
    texts = ["Hi", "A much longer sentence.", "No smoking"]
    visual, mask = torch.randn(3, 12, 32), torch.ones(3, 12, dtype=torch.bool)
    mask[0, 6:] = False
    together = draw(decoder, tokenizer, texts, None, visual, mask)
    for i, text in enumerate(texts):
        length = int(mask[i].sum())
        [alone] = draw(decoder, tokenizer, [text], None, visual[i : i + 1, :length], mask[i : i + 1, :length])
        assert alone.ink.shape == together[i].ink.shape
        assert abs(alone.ink - together[i].ink).max() < 1e-4
        assert len(alone.edges) == len(text) + 1


def test_layout_puts_characters_side_by_side():
    characters = drawing.character_numbers(["ab", "x"], WESTERN)
    widths = torch.full((2, 2), 10.0)
    layout = drawing.lay_out(characters, widths, patch=8, max_columns=100)
    assert layout.edges[0].tolist() == [6.0, 16.0, 26.0]
    assert layout.edges[1].tolist() == [6.0, 16.0, 16.0]  # padding has no width
    assert layout.mask.sum(1).tolist() == [4, 3]


def test_every_character_of_the_alphabet_has_its_number():
    numbers = drawing.character_numbers([WESTERN], WESTERN)
    assert len(numbers.unique()) == len(WESTERN)
    assert drawing.NOTHING not in numbers


def test_patches_and_back():
    ink = torch.rand(2, 1, 32, 48)
    columns = patches(ink, 1, 8)
    assert torch.equal(columns[:, 2], ink[:, 0, :, 16:24].flatten(1)), "a token of a strip is its columns"
    assert torch.equal(unpatches(columns, 1, 8, 1), ink)
    colours = torch.rand(2, 3, 32, 48)
    grid = patches(colours, 4, 8)
    assert torch.equal(grid[:, 1 * 6 + 2], colours[:, :, 8:16, 16:24].flatten(1)), "row by row"
    assert torch.equal(unpatches(grid, 4, 8, 3), colours)


def test_token_head_splits_and_picks_what_it_split():
    head = drawing.TokenHead(8, (8, 8, 8, 4, 4))
    tokens = torch.arange(8192).view(2, -1)
    logits = [
        torch.nn.functional.one_hot(d, size).float()
        for d, size in zip(head.split(tokens), head.digits, strict=True)
    ]
    assert torch.equal(head.pick(logits), tokens)
    assert torch.equal(head.pick([x * 100 for x in logits], temperature=0.5), tokens)


def test_parts_of_a_batch_are_about_equally_long():
    lengths = [30, 5, 31, 200, 6, 180, 29, 400]
    mask = torch.arange(400)[None] < torch.tensor(lengths)[:, None]
    parts = [[lengths[row] for row in part] for part in alike(mask, 8)]
    assert parts == [[5], [6], [29, 30, 31], [180, 200], [400]]
    assert len(alike(mask[[3] * 7], 8)) == 4  # 512 columns at once, and no more


@torch.inference_mode()
def test_reading_in_parts_gives_each_strip_its_own_states():
    preset = load_preset("tiny")
    torch.manual_seed(0)
    words = Vocabulary.train([f"{a}{b}{c}" for a in "bdgkmpt" for b in "aeiou" for c in "lnrs"], 200)
    model = Translatotron(preset, words, words).eval()
    inks = [
        np.random.default_rng(i).random((32, width), np.float32) for i, width in enumerate((320, 40, 48, 344))
    ]
    batch = stack(inks, 8)
    assert len(alike(batch.mask, 8)) > 1
    seen = model.read(batch.ink, batch.mask)
    for i, ink in enumerate(inks):
        alone = model.read(*vars(stack([ink], 8)).values())
        length = int(seen.mask[i].sum())
        assert length == alone.mask.sum() and seen.readings[i].text == alone.readings[0].text
        assert torch.allclose(seen.states[i, :length], alone.states[0], atol=1e-4)
        assert torch.allclose(seen.stem[i, :length], alone.stem[0], atol=1e-4)


def test_the_quick_normed_convolution_is_the_one_that_is_trained():
    torch.manual_seed(0)
    block = ConvBlock(3, 16, (2, 1))
    torch.nn.init.normal_(block.norm.weight)
    torch.nn.init.normal_(block.norm.bias)
    x, mask = torch.randn(2, 3, 32, 24), torch.tensor([[True, True, True], [True, False, False]])
    trained = block(x, mask)
    with torch.inference_mode():
        assert torch.allclose(block(x, mask), trained, atol=1e-5) and trained.std() > 0.1


class Scripted:
    """A decoder that spells one text with certainty, but for a little probability of ending at every step."""

    def __init__(self, script: list[int], size: int = 12) -> None:
        self.script, self.size = script, size

    def empty_cache(self) -> list:
        return []

    def __call__(self, tokens: Tensor, context: Tensor, mask: Tensor, cache: list) -> Tensor:
        self.step = getattr(self, "step", -1) + 1
        return tokens[:, :, None].float()

    odds, log_probs = staticmethod(lambda *args: None), TextDecoder.log_probs

    def logits(self, states: Tensor) -> Tensor:
        probabilities = torch.full((*states.shape[:2], self.size), 1e-6)
        probabilities[..., END] = 0.02
        probabilities[..., self.script[min(self.step, len(self.script) - 1)]] = 0.97
        return probabilities.log()


def test_a_beam_does_not_stop_at_ends_that_hardly_anything_speaks_for() -> None:
    script = [5, 6, 7, 8, 9, END]
    context, mask = torch.zeros(1, 6, 4), torch.ones(1, 6, dtype=torch.bool)
    for beam in (2, 4, 8):
        [decoded] = decode_text(Scripted(script), context, mask, beam)
        assert decoded.pieces == script[:-1], beam


def test_of_a_beams_texts_the_likeliest_that_fits_is_taken() -> None:
    class Undecided(Scripted):
        def logits(self, states: Tensor) -> Tensor:
            probabilities = super().logits(states).exp()
            if self.step == 1:
                probabilities[..., 10:12] = torch.tensor([0.3, 0.2])
                probabilities[..., 6] = 0.48
            return probabilities.log()

    def found(fits: Callable[[int, list[int]], bool]) -> list[int]:
        context, mask = torch.zeros(1, 6, 4), torch.ones(1, 6, dtype=torch.bool)

        def worth(row: int, pieces: list[int]) -> float:
            return 0.0 if fits(row, pieces) else -math.inf

        return decode_text(Undecided([5, 6, 7, END]), context, mask, 4, worth=worth)[0].pieces

    assert found(lambda row, pieces: True) == [5, 6, 7]
    assert found(lambda row, pieces: 6 not in pieces) == [5, 10, 7]
    assert found(lambda row, pieces: not {6, 10} & set(pieces)) == [5, 11, 7]
    assert found(lambda row, pieces: False) == [5, 6, 7]


def test_a_translation_leaves_a_hint_unsaid_by_the_words_that_are_missing() -> None:
    hints = [Hint(4, "Zug", ("train", "draught")), Hint(15, "Innere Medizin", ("internal medicine",))]
    assert unsaid(hints, "Trains of the Internal Medicine") == 0
    assert unsaid(hints, "A draught in medicine") == 0.5
    assert unsaid(hints, "") == 2


@torch.inference_mode()
@pytest.mark.parametrize("beam", [1, 4])
def test_each_placeholder_of_a_text_comes_once(decoder: TextDecoder, beam: int) -> None:
    torch.manual_seed(4)
    context, mask = torch.randn(6, 9, 32), torch.ones(6, 9, dtype=torch.bool)

    class Ready:  # to end and to say placeholders: random weights hardly are
        empty_cache, __call__ = decoder.empty_cache, staticmethod(decoder.__call__)
        odds, log_probs = staticmethod(lambda *args: None), TextDecoder.log_probs

        def logits(self, states: Tensor) -> Tensor:
            likely = torch.isin(torch.arange(40), torch.tensor([END, *range(10, 16)]))
            return decoder.logits(states) + 20 * likely

    pieces = {10: 0, 11: 0, 12: 1, 13: 1, 14: 2, 15: 2}  # each placeholder has two
    counts = [0, 1, 2, 3, 2, 1]
    slots = Slots(pieces, counts)
    free = decode_text(Ready(), context, mask, beam)
    found = decode_text(Ready(), context, mask, beam, slots=slots)

    def said(text: list[int]) -> list[int]:
        return sorted(pieces[piece] for piece in text if piece in pieces)

    ended = [row for row, d in enumerate(found) if len(d.pieces) < 2 * 9 + 10]
    assert len(ended) > 2 and all(said(found[row].pieces) == list(range(counts[row])) for row in ended)
    assert all(len(set(said(d.pieces))) == len(said(d.pieces)) for d in found)
    assert any(said(d.pieces) != list(range(n)) for d, n in zip(free, counts, strict=True))
