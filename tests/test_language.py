"""What is in the target language already is known as that, and what is not is translated."""

from functools import cache

import pytest

from iimt_cli.config import Languages
from iimt_cli.model.vocabulary import Vocabulary
from iimt_cli.translation import language
from iimt_cli.weights import find_weights

DE_EN = Languages("de", "en")


@cache
def vocabularies() -> tuple[Vocabulary, Vocabulary]:
    """German and English, as shipped."""
    folder = find_weights(None)
    return Vocabulary.load(folder / "source.spm"), Vocabulary.load(folder / "target.spm")


def in_target_language(texts: list[str], languages: Languages) -> list[bool]:
    german, english = vocabularies()
    source, target = (english, german) if languages.source == "en" else (german, english)
    return language.in_target_language(texts, languages, source, target)


@pytest.mark.parametrize(
    "text",
    [
        "The shop is closed on Sundays.",
        "Please wait here",
        "Do you want to save your changes?",
        "PLEASE WAIT HERE",
        "Cancel",
        "Save",
        "Next",
        "Settings",
        "Do not disturb",
    ],
)
def test_english_stays(text: str) -> None:
    assert in_target_language([text], DE_EN) == [True]
    assert in_target_language([text], Languages("en", "de")) == [False]


@pytest.mark.parametrize(
    "text",
    [
        "Der Laden ist sonntags geschlossen.",
        "Bitte warten",
        "BITTE WARTEN",
        "Ausgang",
        "Information",
        "Hand",
        "Start",
        "Tom",
        "Alle",
        "Papier",
        "Musik",
        "Adresse",
        "Kalender",
    ],
)
def test_german_and_what_could_be_either_is_translated(text: str) -> None:
    assert in_target_language([text], DE_EN) == [False]


def test_a_single_word_goes_with_its_page() -> None:
    page = ["Do you want to save your changes?", "The file was not saved.", "Settings", "Abbrechen"]
    assert in_target_language(page, DE_EN) == [True, True, True, False]
    assert in_target_language(["Do you want to save your changes?", "Open", "Ein"], DE_EN) == [
        True,
        True,
        False,
    ]
    assert in_target_language(["Möchten Sie die Änderungen sichern?", "Open"], DE_EN) == [False, False]


def test_languages_that_are_not_known_are_always_translated() -> None:
    assert in_target_language(["The shop is closed."], Languages("xx", "en")) == [False]
    assert in_target_language(["The shop is closed."], Languages("en", "en")) == [False]
    french = ["Le magasin est fermé aujourd'hui.", "Nous sommes ouverts demain matin."]
    assert language.in_target_language(french, Languages("de", "fr")) == [True, True]
    assert language.in_target_language(french, Languages("fr", "de")) == [False, False]
    assert in_target_language([], DE_EN) == []
