"""The bilingual lexicon: what rare words mean, told to the text encoder behind the words."""

import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iimt_cli.data.corpora import Corpus, Pair
from iimt_cli.errors import IimtError
from iimt_cli.language import language
from iimt_cli.language.lexicon import RARE, Entry, Hint, Lexicon
from iimt_cli.model.hints import with_hints
from iimt_cli.model.vocabulary import END, Vocabulary
from iimt_cli.training.lexicon import learn_lexicon
from iimt_cli.training.phrases import learn_phrases

ENTRIES = {
    "das": Entry(RARE, ("the",)),
    "haus": Entry(RARE, ("house",)),
    "meerrettich": Entry(3, ("horseradish",)),
    "sahne": Entry(RARE, ("cream",)),
    "heizung": Entry(5, ("heating", "radiator")),
    "kosten": Entry(RARE, ("costs",)),
    "abrechnung": Entry(7, ("statement",)),
}


@pytest.fixture
def lexicon() -> Lexicon:
    return Lexicon(ENTRIES, language("de").morphology)


def test_rare_words_have_hints_and_common_ones_have_none(lexicon: Lexicon) -> None:
    assert lexicon.hints("Das Haus mit Meerrettich.") == [Hint(24, "Meerrettich", ("horseradish",))]
    assert lexicon.meanings("Heizungen") == ("heating", "radiator")


def test_a_word_with_a_capital_that_nothing_explains_is_its_own_hint(lexicon: Lexicon) -> None:
    assert lexicon.hints("Das Haus von Lautenbrunn") == [Hint(24, "Lautenbrunn", ("Lautenbrunn",))]
    assert lexicon.hints("das haus von lautenbrunn, HAUS 7") == []


def test_training_asks_for_hints_of_commoner_words_too(lexicon: Lexicon) -> None:
    assert [hint.word for hint in lexicon.hints("Das Haus", RARE + 1)] == ["Das", "Haus"]


def test_a_phrase_is_told_instead_of_its_words() -> None:
    entries = {
        "innere": Entry(5, ("inner",)),
        "Medizin": Entry(9, ("medicine",)),
        "Innere Medizin": Entry(2, ("internal medicine",)),
        "Buß- und Bettag": Entry(1, ("Day of Repentance",)),
        "sehr gut": Entry(RARE, ("very good",)),
    }
    lexicon = Lexicon(entries, language("de").morphology)
    assert lexicon.hints("Fachärztin der Inneren Medizin")[-1] == Hint(
        30, "Inneren Medizin", ("internal medicine",)
    )
    assert [hint.word for hint in lexicon.hints("Am Buß- und Bettag")] == ["Buß- und Bettag"]
    assert lexicon.hints("Medizin, innere, sehr gut") == [
        Hint(7, "Medizin", ("medicine",)),
        Hint(15, "innere", ("inner",)),
    ]
    assert "innere medizin" not in lexicon.words


def test_compounds_are_explained_by_their_parts(lexicon: Lexicon) -> None:
    assert lexicon.meanings("Sahnemeerrettich") == ("cream horseradish",)
    assert lexicon.meanings("Heizungskostenabrechnung") == ("heating costs statement",)
    assert lexicon.meanings("Quatschwort") == ()


def test_capitals_are_written_as_in_a_sentence() -> None:
    known = {"Tür": "door", "schließen": "close", "die": "the", "offen": "open"}
    lexicon = Lexicon({word: Entry(9, (m,)) for word, m in known.items()}, language("de").morphology)
    text, begins = lexicon.from_capitals("DIE TÜREN SCHLIESSEN. OFFENE HAUSTÜR, ⟨1⟩ KOWALSKI!")
    assert text == "Die Türen schließen. Offene Haustür, ⟨1⟩ Kowalski!"
    assert begins[:10] == list(range(10)) and len(begins) == len(text)
    assert begins[text.index("ß") : text.index("ß") + 2] == [16, 18]
    assert begins[-1] == len("DIE TÜREN SCHLIESSEN. OFFENE HAUSTÜR, ⟨1⟩ KOWALSKI!") - 1


@given(st.text("ABÄSß .,!0⟨1⟩-", max_size=30))
def test_each_letter_of_a_text_from_capitals_began_somewhere(text: str) -> None:
    lexicon = Lexicon({"daß": Entry(9, ("that",)), "aß": Entry(2, ("ate",))})
    usual, begins = lexicon.from_capitals(text)
    assert (
        len(begins) == len(usual)
        and sorted(set(begins)) == begins
        and all(0 <= b < len(text) for b in begins)
    )
    assert usual.casefold() == text.casefold()


def test_a_word_without_a_meaning_is_not_explained_by_a_word_like_it() -> None:
    lexicon = Lexicon({"sicher": Entry(900, ("sure",)), "sich": Entry(9000, ())}, language("de").morphology)
    assert lexicon.hints("Sich sichern") == [Hint(12, "sichern", ("sure",))]
    assert lexicon.known("sich") and lexicon.all_meanings("sich") == ()


def test_a_lexicon_is_kept_in_a_file(lexicon: Lexicon, tmp_path: Path) -> None:
    lexicon.save(tmp_path / "lexicon.tsv.gz")
    again = Lexicon.load(tmp_path / "lexicon.tsv.gz", "de")
    assert len(again) == len(ENTRIES) and again.meanings("Heizungskosten") == ("heating costs",)


@pytest.mark.parametrize(
    "content", [b"no gzip", gzip.compress(b"one\tcolumn\n"), gzip.compress(b"3\thaus\thouse\n")[:-9]]
)
def test_a_damaged_file_is_named(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "lexicon.tsv.gz").write_bytes(content)
    with pytest.raises(IimtError, match=r"lexicon\.tsv\.gz"):
        Lexicon.load(tmp_path / "lexicon.tsv.gz", "de")


def test_hints_stand_behind_their_words() -> None:
    pairs = [("Das Haus ist rot.", "The house is red."), ("Ein rotes Dach.", "A red roof.")] * 40
    source = Vocabulary.train((a for a, _ in pairs), 260)
    target = Vocabulary.train((b for _, b in pairs), 260)
    text = "Das Dach ist rot."
    numbers = source.encode(text)
    told = with_hints(source, target, text, numbers, [Hint(8, "Dach", ("roof",))])
    hint = [piece + len(source) for piece in [*target.encode("roof"), END]]
    where = told.index(hint[0])
    assert told[where : where + len(hint)] == hint
    assert source.decode(told[:where]) == "Das Dach"
    assert [n for n in told if n < len(source)] == [*numbers, END]


def test_a_lexicon_is_learned_from_parallel_text() -> None:
    pytest.importorskip("eflomal", reason="the aligner is an extra")
    colours = {"roter": "red", "grüner": "green", "blauer": "blue", "gelber": "yellow"}
    things = {"Tisch": "table", "Stuhl": "chair", "Hut": "hat", "Ball": "ball", "Schrank": "cupboard"}
    pairs = [
        Pair(f"Das ist ein {c} {t}.", f"That is a {d} {u}.")
        for c, d in colours.items()
        for t, u in things.items()
    ]
    words = [Pair("Feuerwehr", "fire brigade"), Pair("Umzugskarton", "removal box")]
    corpus = Corpus(Path("c.tsv"), (*pairs, *words, Pair("Hier sind drei Umzugskartons.", "Here are three.")))
    learned = learn_lexicon([corpus], "de")
    assert learned.meanings("Schrank") == ("cupboard",)
    assert learned.meanings("Feuerwehr") == ("fire brigade",)
    assert learned.meanings("Umzugskartons")[0] == "removal box"


def test_phrases_are_learned_if_they_say_more_than_their_words_and_text_agrees() -> None:
    words = {"feste": "firm", "Schuhe": "shoes", "rote": "red", "neue": "new", "Bank": "bank"}
    lexicon = Lexicon({word: Entry(9, (m,)) for word, m in words.items()}, language("de").morphology)
    named = [
        Pair("Feste Schuhe", "sturdy shoes"),
        Pair("rote Schuhe", "red shoes"),  # what its words mean
        Pair("Neue Bank", "fresh start"),  # what it hardly ever means in texts
    ]
    texts = [
        *(Pair(f"{name} braucht feste Schuhe.", f"{name} needs sturdy shoes.") for name in ("Anna", "Tom")),
        *(
            Pair(f"Eine neue Bank in {town}", f"A new bank in {town}")
            for town in ("Köln", "Bonn", "Ulm", "Jena")
        ),
    ]
    label = Corpus(Path("program.po"), (Pair("Bank wählen", "Pick source"),), weight=0.25)
    learned = learn_phrases([Corpus(Path("d.tsv"), (*named, *texts)), label], lexicon, str)
    assert learned == {"Feste Schuhe": Entry(3, ("sturdy shoes",))}


def test_names_mean_themselves() -> None:
    entries = {
        "Nadja": Entry(3, ("Nadia",)),  # as a translated novel spells her
        "Grünwald": Entry(16, ("Grünwald",)),
        "Tageblatt": Entry(2, ("daily paper",)),
    }
    pack = language("de")
    lexicon = Lexicon(entries, pack.morphology, pack.names.given_names)
    assert lexicon.meanings("Nadja") == ("Nadja",)
    assert lexicon.meanings("Grünwalder") == ("Grünwalder",), "no form of another name"
    assert lexicon.meanings("Grünwalds") == ("Grünwald",), "but the possession of that one"
    assert lexicon.meanings("Tageblatts") == ("daily paper",)
