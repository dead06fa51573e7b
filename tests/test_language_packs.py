"""What is true of one language is in its pack: with another, or with none, its rules are silent."""

import ast
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

import iimt_cli
from iimt_cli.config import Languages, Preset, load_preset, preset_text
from iimt_cli.errors import IimtError
from iimt_cli.language import language
from iimt_cli.language.alphabet import ALPHABETS, LATIN, WESTERN
from iimt_cli.language.base import NEUTRAL, Language, Packs, found
from iimt_cli.language.codes import known_code, three_letters
from iimt_cli.language.names import copy_names, is_address, is_name
from iimt_cli.language.numbers import localised
from iimt_cli.language.protected import mask, protected
from iimt_cli.language.sentences import ends_sentence, sentence_ends, sentences
from iimt_cli.model.checkpoint import load_part
from iimt_cli.model.image_decoder import character_numbers
from iimt_cli.model.image_encoder import ImageEncoder, Reading
from iimt_cli.model.lexicon import Lexicon
from iimt_cli.model.separator import Separator
from iimt_cli.model.text import TextTranslator
from iimt_cli.model.translatotron import Translatotron
from iimt_cli.model.vocabulary import Vocabulary
from iimt_cli.training.run import TrainingData, TrainOptions, run_training
from iimt_cli.training.variety import disturb, made_up_name
from iimt_cli.translation.boundaries import numbered
from iimt_cli.translation.misread import mended
from iimt_cli.translation.pieces import cut
from iimt_cli.translation.rails import before_translation, fault
from iimt_cli.translation.translator import StripTranslator

DE, EN, FR = language("de"), language("en"), language("fr")
PACKAGE = Path(iimt_cli.__file__).parent
OTHERS = pytest.mark.parametrize("pack", [FR, NEUTRAL], ids=["fr", "neutral"])


def cuts(text: str, pack: Language) -> int:
    """Into how many pieces a strip is cut that is read without doubt."""
    ink = np.zeros((32, 20 * len(text)), np.float32)
    for i, char in enumerate(text):
        if char != " ":
            ink[8:24, 20 * i + 2 : 20 * i + 18] = 1
    frames = [(10 * i, 10 * i + 10) for i in range(len(text))]
    return len(cut(ink, Reading(text, frames, 0.0), 10_000, pack))


def as_mended(text: str, pack: Language) -> str:
    reading = Reading(text, [(2 * i, 2 * i + 1) for i in range(len(text))], 0.0)
    return mended(reading, np.zeros((32, 8), np.float32), pack).text


@OTHERS
@pytest.mark.parametrize(
    "text", ["Lindenstraße 14", "Berliner Str. 5a", "26121 Oldenburg", "Am Mühlbach 7", "D-79098 Freiburg"]
)
def test_a_german_address_is_none_elsewhere(text: str, pack: Language) -> None:
    assert is_address(text, DE) and not is_address(text, pack)


@OTHERS
@pytest.mark.parametrize(
    "text", ["Thomas Wegner", "Stuttgart", "Kempten – Buchloe", "Lindau Hbf", "Mühlenhof GmbH"]
)
def test_a_german_name_is_none_elsewhere(text: str, pack: Language) -> None:
    assert is_name(text, DE) and not is_name(text, pack)


@OTHERS
@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("Sehr geehrter Herr Wegner,", "Dear Mr Walner,"),
        ("Rufen Sie Thomas Wegner an.", "Call Thomas Danger."),
        ("Lindau, den 12. November", "Lindy, November 12"),
        ("in 26121 Oldenburg", "in 26121 slendurur"),
        ("für die Mühlenhof GmbH", "for Mill GmbH"),
    ],
)
def test_german_names_are_not_looked_for_elsewhere(source: str, target: str, pack: Language) -> None:
    assert copy_names(source, target, Packs(DE, EN)) != target
    assert copy_names(source, target, Packs(pack, EN)) == target


@OTHERS
def test_german_times_of_day_are_figures_elsewhere(pack: Language) -> None:
    assert [span.fill for span in protected("um 14.30 Uhr", DE)] == ["14:30"]
    assert [span.fill for span in protected("um 14.30 Uhr", pack)] == ["14.30"]
    assert fault("18 Uhr", "6 pm", Packs(DE, EN)) == ""
    assert fault("18 Uhr", "6 pm", Packs(pack, EN)).startswith("a number would change")
    assert fault("Um 11 Uhr", "At 11 pm", Packs(DE, EN)) == "a time would change"
    assert fault("Um 11 Uhr", "At 11 pm", Packs(pack, EN)) == ""


@OTHERS
def test_german_numbers_in_words_are_words_elsewhere(pack: Language) -> None:
    assert fault("zehn Äpfel", "10 apples", Packs(DE, EN)) == ""
    assert fault("zehn Äpfel", "10 apples", Packs(pack, EN)).startswith("a number would change")


def test_english_rules_ask_for_an_english_target() -> None:
    assert fault("2 Brötchen", "two rolls", Packs(DE, EN)) == ""
    assert fault("2 Brötchen", "two rolls", Packs(DE, FR)) == "a number would be lost (2)"
    assert fault("2 Brötchen", "deux petits pains", Packs(DE, FR)) == ""
    assert fault("18:00", "6:00 pm", Packs(DE, EN)) == ""
    assert fault("18:00", "6:00 pm", Packs(DE, NEUTRAL)).startswith("a number would change")
    title = "Sehr geehrter Herr Wegner,"
    assert copy_names(title, "Cher Monsieur Walner,", Packs(DE, FR)) == "Cher Monsieur Wegner,"
    assert copy_names(title, "Dear Mr Walner,", Packs(DE, FR)) == "Dear Mr Walner,"


def test_each_language_has_its_own_dates_to_fill_in() -> None:
    def kept(text: str, pack: Language) -> bool:
        return before_translation(text, 1.0, 0.6, pack).keep

    assert kept("TT.MM.JIlJ", DE) and not kept("TT.MM.JIlJ", FR) and not kept("TT.MM.JIlJ", NEUTRAL)
    assert kept("JJ/MM/AAlA", FR) and not kept("JJ/MM/AAlA", DE)


@OTHERS
def test_german_abbreviations_articles_and_months_say_nothing_elsewhere(pack: Language) -> None:
    assert sentence_ends("50 Min. Backzeit", DE) == [] and sentence_ends("50 Min. Backzeit", pack) == [8]
    wheel = "Das Wasser trieb ein Rad, und der"
    assert found(DE.sentences.unfinished, wheel) and not found(pack.sentences.unfinished, wheel)
    dates = ["2. Mai", "3. Juni"]
    assert numbered(dates, DE) == {} and numbered(dates, pack) == {0: 3, 1: 3}
    assert cuts("3 Die Zwiebeln hacken", DE) == 2 and cuts("3 Die Zwiebeln hacken", pack) == 1


@OTHERS
def test_what_a_german_reader_overlooks_is_not_put_back_elsewhere(pack: Language) -> None:
    for text in ("ch bin da", "Tom saßß da", '„Komm", sagt er.'):
        assert as_mended(text, DE) != text and as_mended(text, pack) == text


@OTHERS
def test_german_units_are_words_elsewhere(pack: Language) -> None:
    words = Vocabulary.train(["Das Haus ist alt."] * 9, 200)
    assert Lexicon(words, DE, WESTERN).one.search("I Stück")
    assert not Lexicon(words, pack, WESTERN).one.search("I Stück")
    assert Lexicon(words, pack, WESTERN).one.search("I kg")


@OTHERS
def test_made_up_names_and_mistakes_are_not_german_elsewhere(pack: Language) -> None:
    rng = np.random.default_rng(3)
    names = "".join(made_up_name(rng, pack.syllables) for _ in range(300))
    assert not set("äöüÄÖÜß") & set(names)
    noisy = "".join(disturb("aou" * 9, rng, 1.0, pack.misreadings.lookalikes) for _ in range(300))
    assert not set("äöü") & set(noisy)


def test_french_sentences() -> None:
    text = "« Bonjour ! » Elle sourit. Le Dr. Roux, M. Petit et Mme Blanc arrivent."
    assert sentences(text, FR) == [
        "« Bonjour ! »",
        "Elle sourit.",
        "Le Dr. Roux, M. Petit et Mme Blanc arrivent.",
    ]
    assert sentences("Fin. « Oui », dit-il.", FR) == ["Fin.", "« Oui », dit-il."]
    assert ends_sentence("Il a dit : « Viens ! »", FR) and not ends_sentence("Il a dit", FR)
    assert as_mended('«Oui", dit-il', FR) == "«Oui», dit-il"
    assert found(FR.sentences.unfinished, "Il habite dans la")


def test_numbers_are_written_as_the_target_language_does() -> None:
    def written(text: str, ours: Language, theirs: Language) -> str:
        return localised(text, ours.numbers, theirs.numbers)

    assert written("1 250,50 €", FR, EN) == "1,250.50 €"
    assert written("€1,250.50", EN, FR) == "€1 250,50"
    assert written("1.250,5", DE, FR) == "1 250,5"
    assert written("2,5", FR, DE) == "2,5"
    assert written("03.04.2022", DE, EN) == "03.04.2022"
    assert written("1.250,50", DE, NEUTRAL) == written("1.250,50", NEUTRAL, EN) == "1.250,50"
    masked = mask("Le prix : 1 250,50 € à 14 h 30", FR, target=EN, localise=True)
    assert [span.fill for span in masked.spans] == ["1,250.50 €", "14:30"]


def test_a_language_without_a_pack_has_the_neutral_answers() -> None:
    assert language("pl").code == "pl" and language("pl").names == NEUTRAL.names
    assert language("pl") is language("pl")
    assert Languages("fr", "xx").packs.source is FR


@pytest.mark.parametrize("pack", [DE, EN, FR], ids=["de", "en", "fr"])
def test_a_pack_asks_for_no_more_than_the_shipped_alphabet(pack: Language) -> None:
    assert len(set(pack.alphabet)) == len(pack.alphabet)
    assert set(pack.alphabet) <= set(WESTERN)


def test_the_shipped_alphabet_keeps_its_order() -> None:
    """The layers of the shipped weights have one row for each character, in this order."""
    assert len(WESTERN) == 167
    assert hashlib.sha256(WESTERN.encode()).hexdigest().startswith("6c09caaa55b088ae")
    assert all(alphabet.startswith(WESTERN) for alphabet in ALPHABETS.values())
    assert load_preset("line").characters == WESTERN


def test_a_preset_names_its_alphabet(tmp_path: Path) -> None:
    path = tmp_path / "preset.toml"
    path.write_text('alphabet = "latin"\n' + preset_text("tiny")[0], encoding="utf-8")
    preset = load_preset(path)
    assert preset.characters == LATIN
    encoder = ImageEncoder(preset.image_encoder, preset.canvas, preset.characters)
    assert encoder.read(torch.zeros(1, 32, 32))[3].shape[-1] == len(LATIN) + 1
    assert character_numbers(["Łódź"], LATIN).shape == (1, 4)
    path.write_text('alphabet = "runes"\n', encoding="utf-8")
    with pytest.raises(IimtError, match=r"'alphabet' is 'runes' \(allowed: latin, western\)"):
        load_preset(path)


def test_an_alphabet_must_have_what_its_languages_need(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ALPHABETS, "plain", WESTERN[:95])
    with pytest.raises(ValueError, match=r"'alphabet' plain lacks .*ß.*, which 'de' needs"):
        Preset(alphabet="plain")


TELL_TALES = re.compile(
    r"Uhr|[Ss]tra(?:ß|ss)e|\bHerrn?\b|\bFrau|Januar|Februar|\bMai\b|Juli\b|Stück|GmbH|abend|\bHbf\b|Montag|\bTag\b|\bNr\b|\bAbs\."
    r"|\b(?:[Dd](?:er|as|em|en|es)|Die|[Ee]ine?[mnrs]?|[Uu]nd|[Oo]der|[Ii]st|zwei|drei|zehn|von|für|mit|nicht)\b"
    r"|\bMister\b|\bMrs\b|twelve|thirteen|dozen|January|o'clock|\bnoon\b|a\\?\.m\b|\bMonsieur\b|heures"
)


def literals(path: Path) -> Iterator[tuple[int, str]]:
    """The string literals of a module, f-strings among them, without its documentation."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    documentation = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documentation:
            yield node.lineno, node.value


def test_no_word_of_a_language_stands_outside_its_pack() -> None:
    modules = [path for path in PACKAGE.rglob("*.py") if path.parent.name not in ("language", "de")]
    general = PACKAGE / "language"
    modules += [path for path in general.glob("*.py") if len(path.stem) != 2]
    found = [
        f"{path.relative_to(PACKAGE)}:{line}: {text!r}"
        for path in modules
        for line, text in literals(path)
        if TELL_TALES.search(text)
    ]
    assert len(modules) > 100 and found == []
    assert any(TELL_TALES.search(text) for _, text in literals(general / "de" / "names.py"))


def test_no_module_but_the_packs_names_a_language() -> None:
    """Codes stand in presets and in the defaults of the configuration alone."""
    named = {
        str(path.relative_to(PACKAGE))
        for path in PACKAGE.rglob("*.py")
        if re.search(r"language\((?:code=)?[\"']|language\.(?:de|en|fr)\b", path.read_text(encoding="utf-8"))
    }
    assert {name.split("/")[:2][1] for name in named if name.startswith("language/")} <= {"de", "fr.py"}
    assert not {name for name in named if not name.startswith("language/")}


PAIRS = {
    "Bonjour": "Good morning",
    "Défense de fumer": "No smoking",
    "Café et thé": "Coffee and tea",
    "Vers la gare": "To the station",
    "Fermé à 18 h": "Closed at 18:00",
}


@pytest.fixture(scope="module")
def french(tmp_path_factory: pytest.TempPathFactory) -> StripTranslator:
    """`tiny` with its text stage trained on a handful of French pairs; what sees and draws has learnt nothing."""
    place = tmp_path_factory.mktemp("french")
    (place / "preset.toml").write_text(
        preset_text("tiny")[0].replace('source = "de"', 'source = "fr"'), encoding="utf-8"
    )
    (place / "pairs.tsv").write_text("".join(f"{s}\t{t}\n" for s, t in PAIRS.items()), encoding="utf-8")
    data = TrainingData(corpora=[str(place / "pairs.tsv")])
    run = place / "run"
    run_training(
        TrainOptions(
            preset=str(place / "preset.toml"), out=run, data=data, stages=["text"], steps=200, threads=1
        )
    )
    preset = load_preset(run / "preset.toml")
    model = Translatotron(preset, Vocabulary.load(run / "source.spm"), Vocabulary.load(run / "target.spm"))
    texts = TextTranslator(
        len(model.source),
        len(model.target),
        preset.text_encoder,
        preset.text_decoder,
        preset.image_encoder.dim,
    )
    load_part(run / "text.safetensors", texts)
    model.text_encoder, model.text_decoder = texts.text_encoder, texts.text_decoder
    return StripTranslator(preset, model, Separator(preset.separator), torch.device("cpu"))


def test_tiny_learns_french(french: StripTranslator) -> None:
    assert french.packs == Packs(FR, EN)
    said = [one.target for one in french.translate_texts(list(PAIRS))]
    right = [wanted for got, wanted in zip(said, PAIRS.values(), strict=True) if got == wanted]
    assert len(right) >= 4, said
    assert french.translate_text("Fermé à 9 h 30").target == "Closed at 9:30"


def test_a_french_system_has_french_rules_and_no_german_ones(french: StripTranslator) -> None:
    assert french.translate_text("14 h 30").target == "14:30"
    assert french.translate_text("14.30 Uhr").target != "14:30"
    assert french.model.packs.source is FR
    assert not french.model.lexicon.one.search("I Stück")


def test_codes_of_two_and_three_letters() -> None:
    assert three_letters("de") == "deu" and three_letters("xx") == ""
    assert known_code("fra") == known_code("fr") == "fr" and known_code("romance") == ""
