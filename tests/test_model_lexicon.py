"""The lexicon settles letters that are in doubt, and nothing else."""

import math

import pytest
import torch

from iimt_cli.language import language
from iimt_cli.language.alphabet import WESTERN
from iimt_cli.model.image_encoder import BLANK, read_best_path
from iimt_cli.model.lexicon import Lexicon, read_with_lexicon
from iimt_cli.model.vocabulary import Vocabulary
from iimt_cli.weights import find_weights

SENTENCES = [
    "Das Licht des Raumes ist an.",
    "Die Räume des Hauses sind alle hell.",
    "Alle Lichter des Hauses sind an.",
    "Das Haus hat 15 Zimmer und 12 Räume.",
    "Im Raum ist Licht, im Haus ist es hell.",
]


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    return Lexicon(Vocabulary.train(SENTENCES * 20, 260), language("de"), WESTERN)


def seen(*frames: dict[str, float]) -> tuple[torch.Tensor, torch.Tensor]:
    """Logits and mask of one strip: what may be in each frame, "" for a blank, and how likely it is."""
    frames += ({"": 1.0},) * (len(frames) % 2)
    probabilities = torch.full((1, len(frames), len(WESTERN) + 1), 1e-6)
    for i, frame in enumerate(frames):
        for char, share in frame.items():
            probabilities[0, i, BLANK if char == "" else WESTERN.index(char) + 1] = share
    return probabilities.log(), torch.ones(1, len(frames) // 2, dtype=torch.bool)


def spelt(text: str, *doubts: tuple[int, dict[str, float]]) -> tuple[torch.Tensor, torch.Tensor]:
    """A text with blanks between its characters; `doubts` replace what is seen of single ones."""
    frames = [{char: 0.999} for char in text]
    for place, frame in doubts:
        frames[place] = frame
    return seen(*[f for frame in frames for f in (frame, {"": 0.999})])


def test_a_letter_in_doubt_makes_a_word(lexicon: Lexicon) -> None:
    strip = spelt("des Roumes", (5, {"o": 0.6, "a": 0.39}))
    assert read_best_path(*strip, WESTERN)[0].text == "des Roumes"
    [reading] = read_with_lexicon(*strip, lexicon)
    assert reading.text == "des Raumes"
    assert [end - start for start, end in reading.frames] == [1] * 10
    assert reading.frames[5] == (10, 11)
    assert reading.score < read_best_path(*strip, WESTERN)[0].score  # as unsure as the letter that it took


def test_measures_that_no_text_had_are_words(lexicon: Lexicon) -> None:
    [reading] = read_with_lexicon(*spelt("15 kJ", (4, {"J": 0.6, "": 0.39})), lexicon)
    assert reading.text == "15 kJ"


def test_a_letter_too_many_goes_and_one_too_few_comes(lexicon: Lexicon) -> None:
    [reading] = read_with_lexicon(*spelt("RRaum", (0, {"R": 0.7, "": 0.29})), lexicon)
    assert reading.text == "Raum"
    frames = [{"R": 0.999}, {"": 0.999}, {"a": 0.999}, {"": 0.7, "u": 0.29}, {"m": 0.999}]
    [reading] = read_with_lexicon(*seen(*frames), lexicon)
    assert (reading.text, reading.frames) == ("Raum", [(0, 1), (2, 3), (3, 4), (4, 5)])


def test_what_is_certain_stays_whatever_the_words(lexicon: Lexicon) -> None:
    for text in ("Qxyzzy", "des Roumes", "  Raum", "iPhone 15"):
        [reading] = read_with_lexicon(*spelt(text), lexicon)
        assert reading == read_best_path(*spelt(text), WESTERN)[0]


def test_figures_and_marks_are_never_changed(lexicon: Lexicon) -> None:
    """ "15" is in the vocabulary's sentences, "16" is not, and a full stop is likelier than a semicolon."""
    strip = spelt(
        "16; ab Raum", (1, {"6": 0.5, "5": 0.49}), (2, {";": 0.5, ".": 0.49}), (3, {" ": 0.6, "": 0.39})
    )
    [reading] = read_with_lexicon(*strip, lexicon)
    assert reading.text.replace(" ", "") == "16;abRaum"


def test_capitals_are_looked_up_as_small_letters(lexicon: Lexicon) -> None:
    [reading] = read_with_lexicon(*spelt("DES ROUMES", (5, {"O": 0.6, "A": 0.39})), lexicon)
    assert reading.text == "DES RAUMES"


def test_an_empty_strip_says_nothing(lexicon: Lexicon) -> None:
    [reading] = read_with_lexicon(*seen({"": 0.999}, {"": 0.999}), lexicon)
    assert (reading.text, reading.frames) == ("", [])
    assert math.exp(reading.score) > 0.9


@pytest.mark.parametrize(
    ("seen_as", "meant"),
    [
        ("um 5.oo Uhr", "um 5.00 Uhr"),
        ("2.3o, 1O und 1oo", "2.30, 10 und 100"),
        ("I kg Mehl, l EL", "1 kg Mehl, 1 EL"),
        ("oo 7 Oo o2 10.Okt. I kann", "oo 7 Oo o2 10.Okt. I kann"),
        ("Teil I gehört", "Teil I gehört"),
        ("231,5 G8 von 4 Ki8", "231,5 GB von 4 KiB"),
        ("Haus G8, 3 G80, 5 T 8", "Haus G8, 3 G80, 5 T 8"),
    ],
)
def test_what_stands_beside_figures_tells_letters_from_them(
    lexicon: Lexicon, seen_as: str, meant: str
) -> None:
    [reading] = read_with_lexicon(*spelt(seen_as), lexicon)
    assert reading.text == meant
    assert len(reading.frames) == len(meant)


def test_a_bar_that_stands_alone_is_a_1_if_it_may_be_one(lexicon: Lexicon) -> None:
    in_doubt = spelt("nur I Raum", (4, {"I": 0.9, "1": 0.09}))
    assert read_best_path(*in_doubt, WESTERN)[0].text == "nur I Raum"
    assert read_with_lexicon(*in_doubt, lexicon)[0].text == "nur 1 Raum"
    clear = spelt("nur I Raum", (4, {"I": 0.98, "1": 0.01}))
    assert read_with_lexicon(*clear, lexicon)[0].text == "nur I Raum"
    bar = spelt("Raum I Haus", (5, {"I": 0.9, "1": 0.09}))
    assert read_with_lexicon(*bar, lexicon)[0].text == "Raum I Haus"
    amount = spelt("Raum: I Haus", (6, {"I": 0.9, "1": 0.09}))
    assert read_with_lexicon(*amount, lexicon)[0].text == "Raum: 1 Haus"
    last = spelt("Haus I", (5, {"I": 0.9, "1": 0.09}))
    assert read_with_lexicon(*last, lexicon)[0].text == "Haus I"
    in_a_word = spelt("Im Raum", (0, {"I": 0.9, "1": 0.09}))
    assert read_with_lexicon(*in_a_word, lexicon)[0].text == "Im Raum"


def test_capitals_that_are_clearly_seen_are_not_the_vocabularys_to_settle() -> None:
    german = Lexicon(Vocabulary.load(find_weights() / "source.spm"), language("de"), WESTERN)
    label = spelt("Verbinden", (0, {"V": 0.9, "v": 0.09}))
    assert read_with_lexicon(*label, german)[0].text == "Verbinden"
    in_doubt = spelt("Sie verbinden", (4, {"V": 0.5, "v": 0.49}))
    assert read_with_lexicon(*in_doubt, german)[0].text == "Sie verbinden"


def test_nor_are_gaps_where_none_is_seen(lexicon: Lexicon) -> None:
    together = [{char: 0.999} for char in "ist"] + [{"": 0.9, " ": 0.09}] + [{char: 0.999} for char in "hell"]
    [reading] = read_with_lexicon(*seen(*[f for t in together for f in (t, {"": 0.999})]), lexicon)
    assert reading.text == "isthell"
