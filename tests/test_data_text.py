"""The alphabet, and the clean-up that brings any text into it."""

import unicodedata

import pytest

from iimt_cli.data.text import clean, drawable
from iimt_cli.language.alphabet import WESTERN as ALPHABET


def test_the_alphabet_has_each_character_once_and_all_of_german() -> None:
    assert len(set(ALPHABET)) == len(ALPHABET)
    assert set("äöüÄÖÜß„“»«–€§").issubset(ALPHABET)
    assert ALPHABET[0] == " "


def test_the_alphabet_survives_its_own_clean_up() -> None:
    for char in ALPHABET.replace(" ", ""):
        assert clean(char) == char, f"{char!r} can be drawn, but no cleaned text has it"


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("  Zwei   Wörter\t\n", "Zwei Wörter"),
        ("5\u00a0€ und 3\u202fkg", "5 € und 3 kg"),
        (unicodedata.normalize("NFD", "Äpfel über Öfen"), "Äpfel über Öfen"),
        ("Donau\u00addampf\u200bschiff", "Donaudampfschiff"),
        ("\ufeffAnfang", "Anfang"),
        ("nicht\u2011trennbar", "nicht-trennbar"),
        ("\u2212 3 \u00d7 4", "- 3 x 4"),
        ("● Punkt", "• Punkt"),
        ("‹so›", "«so»"),
        ("eins\r\nzwei", "eins zwei"),
        ("", ""),
    ],
)
def test_clean(raw: str, expected: str) -> None:
    assert clean(raw) == expected
    assert clean(expected) == expected
    assert drawable(expected)


@pytest.mark.parametrize("text", ["Привет", "日本", "smile 😀", "tab\there", "Łódź"])
def test_what_is_outside_the_alphabet_is_not_drawable(text: str) -> None:
    assert not drawable(text)


def test_nothing_is_drawable() -> None:
    assert drawable("")
