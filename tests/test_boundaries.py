"""Where one text ends and the next begins: what is asked, and what the shipped text decoder says."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from iimt_cli.data.text import capitals_of
from iimt_cli.language import language
from iimt_cli.language.sentences import sentence_ends
from iimt_cli.model.image_encoder import FRAMES, STRIDE, Reading
from iimt_cli.page import Picture
from iimt_cli.translation.boundaries import (
    apart,
    dots,
    numbered,
    pause_pairs,
    together,
)
from iimt_cli.translation.pieces import cut, is_dot, lone_sign
from iimt_cli.translation.translator import StripTranslator

DE, EN = language("de"), language("en")
SHIPPED = Path(__file__).parent.parent / "weights" / "de-en"


@pytest.mark.parametrize(
    "text",
    [
        "50 Min. Backzeit",
        "Preise inkl. Mehrwertsteuer, zzgl. Versand",
        "ca. 3 Std. Fahrt",
        "Am II. Bauabschnitt geht es weiter",
    ],
)
def test_after_an_abbreviation_the_sentence_goes_on(text: str) -> None:
    assert sentence_ends(text, DE) == []


def test_a_sign_between_texts_is_what_was_read_beside_them() -> None:
    px = STRIDE / FRAMES
    reading = Reading("Ei » 9", [(1, 6), (7, 14), (15, 24), (26, 30), (31, 40), (42, 48)], 0.0)
    assert lone_sign(reading, int(20 * px), int(35 * px)) == "»"
    assert lone_sign(reading, int(35 * px), int(60 * px)) == lone_sign(reading, 0, int(60 * px)) == ""


def test_items_of_a_numbered_list_are_counted() -> None:
    assert numbered(["1. Adresse", "Land", "2. Persönliche Angaben", "3. Ende"], DE) == {0: 3, 2: 3, 3: 3}
    assert numbered(["1. Klasse", "2. Klasse"], DE) == {}
    assert numbered(["2. Stock", "4. Etage", "3. Oktober"], DE) == {}


def test_dots_and_bars_part_texts() -> None:
    def parts(text: str) -> list[str]:
        places = [0, *dots(text), len(text)]
        return [text[a:b].strip() for a, b in pairwise(places)]

    assert parts("2 Stunden · leicht") == ["2 Stunden", "·", "leicht"]
    assert parts("12. November· 4 Minuten") == ["12. November", "·", "4 Minuten"]
    assert parts("Impressum | Kontakt") == ["Impressum", "|", "Kontakt"]
    assert parts("Impressum I Kontakt") == ["Impressum", "I", "Kontakt"]  # as a bar is often read
    # Angles and arrows of a path through pages, as they are read.
    assert parts("Start » Ratgeber ) Rasen mähen") == ["Start", "»", "Ratgeber", ")", "Rasen mähen"]
    assert parts("Konto> Sicherheit [] Kennwort") == ["Konto", ">", "Sicherheit", "[]", "Kennwort"]
    for text in ("bei mehr als > 30 Grad", "Er rief »Halt« und ging", "und/oder", "(Haus) Garten", "A ) b"):
        assert parts(text) == [text]
    assert parts("5·10") == ["5·10"] and parts("Wilhelm I starb") == ["Wilhelm I starb"]


def test_a_pause_is_asked_about_if_words_stand_on_both_sides() -> None:
    text = "Kuchen am Sonntag – Kommst du? Ich backe."
    assert pause_pairs(text, DE) == {(18, 20): ("Kuchen am Sonntag –", "Kommst du?")}
    assert pause_pairs("Das ist - wie immer - gut", DE) == {}
    assert pause_pairs("Mo – Fr", DE) == {}
    assert pause_pairs("Für vier Personen · leicht", DE) == {}  # no question
    assert list(pause_pairs("Für vier Personen  leicht", DE)) == [(19,)]  # the dot was not seen


def test_the_text_decoder_tells_two_texts_from_one() -> None:
    model = StripTranslator.load(SHIPPED, "cpu").model
    two = [
        ("Bitte klingeln", "Zum Garten"),
        ("Ab 15 Uhr", "Essen und Getränke"),
    ]
    one = [("Ich habe gestern ein", "Auto gekauft"), ("Das ist der Hund meiner", "Schwester")]
    assert apart(model, two + one) == [True, True, False, False]
    assert apart(model, []) == []
    assert together(model, two + one) == [False, False, True, True]
    assert together(model, [("BETRETEN VERBOTEN", "ACHTUNG BAUSTELLE")]) == [False], "the memory knows both"
    for asked in (apart, together):
        assert asked(None, two) == [False, False], "without a text model for the language nothing is known"


def test_a_narrow_sign_is_one_text_and_a_menu_is_not(font: ImageFont.FreeTypeFont) -> None:
    translator = StripTranslator.load(SHIPPED, "cpu")

    def sources(*lines: str) -> list[str]:
        image = Image.new("RGB", (300, 60 + 30 * len(lines)), "white")
        for i, text in enumerate(lines):
            ImageDraw.Draw(image).text((40, 30 + 30 * i), text, font=font, fill="black")
        return [b.source for b in translator.translate([Picture(np.asarray(image))])[0].blocks]

    assert sources("Bitte warten", "Sie hier auf", "den Bus.") == ["Bitte warten Sie hier auf den Bus."]
    assert sources("Heute ist", "Ruhetag.") == ["Heute ist Ruhetag."]
    assert sources("Startseite", "Preise", "Kontakt") == ["Startseite", "Preise", "Kontakt"]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("/ Auf Lager", 2),
        ("x Nein", 2),
        ("Auf Lager", 1),
        ("A Nein", 1),
        ("2. Das Mehl in eine Schale geben", 2),
        ("b) Keine von beiden ist wahr", 2),
        ("12. Juli ab 15 Uhr", 1),
        ("1. Stock", 1),
        ("3 Die Zwiebeln hacken", 2),
        ("3 Kinder spielen im Garten", 1),
        ("2 Tage · leicht", 3),
        ("Vorname *", 2),
        ("2 * 3 *", 1),
    ],
)
def test_a_tick_or_a_number_before_a_line_or_a_star_after_it_is_not_translated(text: str, count: int) -> None:
    ink = np.zeros((32, 20 * len(text)), np.float32)
    frames = [(10 * i, 10 * i + 10) for i in range(len(text))]
    for i, char in enumerate(text):
        if char != " ":
            ink[8:24, 20 * i + 2 : 20 * i + 18] = 1
    assert len(cut(ink, Reading(text, frames, 0.0), 10_000, DE)) == count


@pytest.mark.parametrize(("gap", "seen_at", "count"), [(4, 10, 1), (9, 12, 1), (9, 18, 2)])
def test_a_narrow_first_letter_that_is_seen_late_is_no_tick(gap: int, seen_at: int, count: int) -> None:
    """A frame is 2 px: an I, the room behind it, and where the reader saw the first letter."""
    ink = np.zeros((32, 120), np.float32)
    ink[7:24, 4:6] = 1
    ink[8:24, 6 + gap : 110 : 3] = ink[8:24, 7 + gap : 110 : 3] = 1
    frames = [(seen_at // 2 + 2 * i, seen_at // 2 + 2 * i + 1) for i in range(4)]
    assert len(cut(ink, Reading("Iris", frames, 0.0), 10_000, DE)) == count


@pytest.mark.parametrize(
    ("source", "said", "drawn"),
    [
        ("Postfach", "mailbox", "Mailbox"),
        ("POSTFACH", "mailbox", "MAILBOX"),
        ("im Stadtpark", "in the city park", "in the city park"),
        ("Öffnen", "open", "Open"),
        ("3 Tage", "three days", "three days"),
        ("Ende", "", ""),
    ],
)
def test_a_capital_at_the_start_stays_one(source: str, said: str, drawn: str) -> None:
    assert capitals_of(source, said) == drawn


def test_a_mark_that_is_not_read_stays_too() -> None:
    ink = np.zeros((32, 120), np.float32)
    ink[8:24, 2:14] = ink[8:24, 30:50] = ink[8:24, 53:110] = 1
    spans = cut(ink, Reading("Ja", [(15, 24), (26, 54)], 0.0), 10_000, DE)
    assert len(spans) == 2 and 14 <= spans[0][1] <= 30
    assert len(cut(ink, Reading("1 Ja", [(1, 6), (7, 14), (15, 24), (26, 54)], 0.0), 10_000, DE)) == 1


@pytest.mark.parametrize(
    ("rows", "width", "dot"),
    [
        ((15, 18), 3, True),
        ((16, 18), 2, True),
        ((16, 18), 7, False),
        ((21, 24), 3, False),
        ((8, 24), 3, False),
    ],
    ids=["dot", "small dot", "hyphen", "full stop", "l"],
)
def test_a_dot_between_texts_is_seen_where_it_is_not_read(
    rows: tuple[int, int], width: int, dot: bool
) -> None:
    ink = np.zeros((32, 160), np.float32)
    ink[8:24, 10:60] = ink[8:24, 90:150] = 1
    ink[slice(*rows), 75 : 75 + width] = 0.8
    reading = Reading("Bad Ems", [(5, 15), (16, 24), (25, 30), (31, 44), (45, 55), (56, 65), (66, 75)], 0.0)
    parts = [ink[:, a:b] for a, b in cut(ink, reading, 10_000, DE)]
    assert [is_dot(part) for part in parts] == ([False, True, False] if dot else [False])
