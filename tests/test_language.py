"""What is in the target language already is known as that, and what is not is translated."""

import pytest

from iimt_cli.config import Languages
from iimt_cli.translation.language import in_target_language

DE_EN = Languages("de", "en")


@pytest.mark.parametrize(
    "text",
    [
        "The shop is closed on Sundays.",
        "Please wait here",
        "Do you want to save your changes?",
        "PLEASE WAIT HERE",
    ],
)
def test_english_stays(text: str) -> None:
    assert in_target_language([text], DE_EN) == [True]
    assert in_target_language([text], Languages("en", "de")) == [False]


@pytest.mark.parametrize(
    "text",
    ["Der Laden ist sonntags geschlossen.", "Bitte warten", "Ausgang", "Information", "Hand", "Start", "Tom"],
)
def test_german_and_what_could_be_either_is_translated(text: str) -> None:
    assert in_target_language([text], DE_EN) == [False]


def test_a_single_word_goes_with_its_page() -> None:
    page = ["Do you want to save your changes?", "The file was not saved.", "Settings", "Abbrechen"]
    assert in_target_language(page, DE_EN) == [True, True, True, False]
    assert in_target_language(["Möchten Sie die Änderungen sichern?", "Settings"], DE_EN) == [False, False]


def test_languages_that_are_not_known_are_always_translated() -> None:
    assert in_target_language(["The shop is closed."], Languages("xx", "en")) == [False]
    assert in_target_language([], DE_EN) == []
