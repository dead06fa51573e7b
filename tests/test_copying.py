"""Hints are copied: the probabilities of both ways to a piece, what copying learns, words that only a hint explains."""

import numpy as np
import pytest
import torch

from iimt_cli.config import Transformer, load_preset
from iimt_cli.data.corpora import Pair
from iimt_cli.language.lexicon import Entry, Hint, Lexicon
from iimt_cli.model.text import TextTranslator, piece_losses
from iimt_cli.model.vocabulary import BEGIN, END, PAD
from iimt_cli.training.text import PoolMaker
from tests.test_training_text import sampler

SOURCE, TARGET = 30, 40  # pieces
SIZE = Transformer(dim=32, layers=1, heads=2, ff=64, dropout=0.0)


def made(copies: bool = True) -> TextTranslator:
    torch.manual_seed(1)
    return TextTranslator(SOURCE, TARGET, SIZE, SIZE, 16, copies)


def hint(*pieces: int) -> list[int]:
    return [SOURCE + piece for piece in (*pieces, END)]


@pytest.fixture
def batch() -> tuple[torch.Tensor, torch.Tensor]:
    source = [[5, 6, *hint(17, 18), 9, END], [5, 6, 7, END, PAD, PAD, PAD]]
    target = [[BEGIN, 17, 18, 9, END], [BEGIN, 5, END, PAD, PAD]]
    return torch.tensor(source), torch.tensor(target)


def test_hints_are_told_from_words_and_have_no_end(batch) -> None:
    found = made().text_encoder.hints(batch[0])
    assert found.tolist() == [[0, 0, 17, 18, 0, 0, 0], [0] * 7]


@torch.no_grad()
def test_probabilities_of_writing_and_copying_together_are_one_and_are_those_of_the_loss(batch) -> None:
    (source, target), model = batch, made()
    context = model.text_encoder(source, model.text_decoder.embedding.weight)
    hints, written, wanted = model.text_encoder.hints(source), target[:, :-1], target[:, 1:]
    states = model.text_decoder(written, context, source != PAD)
    log_probs = model.text_decoder.log_probs(states, written, context, hints, [])
    assert torch.allclose(log_probs.exp().sum(-1), torch.ones(2, 4), atol=1e-5)
    odds = model.text_decoder.odds(states, written, context, hints)
    losses = piece_losses(model.text_decoder, states, wanted, 0.0, hints, odds)
    assert torch.allclose(-losses, log_probs.gather(-1, wanted[..., None])[..., 0][wanted != PAD], atol=1e-5)
    alone = piece_losses(model.text_decoder, states, wanted, 0.0)
    assert (losses[:2] < alone[:2]).all()  # pieces of the hint
    assert (losses[2:4] > alone[2:4]).all()  # others of the same text
    assert torch.allclose(losses[4:], alone[4:], atol=1e-3)  # of a text without hints


def test_copying_is_learned_where_the_decoder_knows_nothing() -> None:
    model, rng = made(), np.random.default_rng(0)
    optimiser = torch.optim.Adam(model.parameters(), lr=3e-3)

    def draw(count: int) -> tuple[torch.Tensor, torch.Tensor]:
        said = rng.integers(10, TARGET, size=(count, 2))
        sources = [[int(rng.integers(5, SOURCE)), *hint(int(a), int(b)), END] for a, b in said]
        return torch.tensor(sources), torch.tensor([[BEGIN, int(a), int(b), END] for a, b in said])

    for _ in range(120):
        optimiser.zero_grad()
        model(*draw(32)).backward()
        optimiser.step()
    with torch.no_grad():
        assert float(model(*draw(200))) < 0.2  # by chance one of 30 pieces: 2.3


def pool_maker(lexicon: Lexicon) -> PoolMaker:
    return PoolMaker(load_preset("tiny"), 1, sampler(Pair("a", "b")), None, None, lexicon)  # type: ignore[arg-type]


def test_some_words_become_strange_where_the_hint_is_right() -> None:
    lexicon = Lexicon({word: Entry(1, ("x",)) for word in ("Gießkanne", "Spatenstich", "Gartenzaun")})
    maker, rng = pool_maker(lexicon), np.random.default_rng(3)
    text, target = "Der Parkettboden und die Treppe knarren.", "The parquet floor and the stairs creak."
    right, wrong = Hint(16, "Parkettboden", ("parquet floor",)), Hint(31, "Treppe", ("ladder",))
    changed = 0
    for _ in range(100):
        new, hints = maker._estrange(text, [right, wrong], target, rng)
        assert [h.meanings for h in hints] == [right.meanings, wrong.meanings]
        assert all(new[h.end - len(h.word) : h.end] == h.word for h in hints)
        assert new.startswith("Der ") and new.endswith(" und die Treppe knarren.")
        if new != text:
            changed += 1
            assert hints[0].word.istitle() and hints[0].word.endswith("en")
    assert 10 < changed < 45


def test_a_name_that_is_its_own_hint_stays() -> None:
    maker = pool_maker(Lexicon({"Gießkanne": Entry(1, ("x",))}))
    name, rng = Hint(8, "Hochheim", ("Hochheim",)), np.random.default_rng(3)
    texts = {maker._estrange("Hochheim", [name], "Hochheim", rng)[0] for _ in range(60)}
    assert texts == {"Hochheim"}
