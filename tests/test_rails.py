"""What is left alone, and why."""

import numpy as np
import pytest

from iimt_cli.config import Languages
from iimt_cli.language.alphabet import WESTERN
from iimt_cli.model.draw import DrawnStrip
from iimt_cli.page.paragraphs import stem
from iimt_cli.translation.pieces import Piece, firm, paragraph_reason, strengthened
from iimt_cli.translation.rails import Judgement, after_translation, before_translation, misdrawn, undrawable

DE_EN = Languages("de", "en").packs


@pytest.mark.parametrize(
    ("source", "target", "reason"),
    [
        ("9 bis 18 Uhr", "9 to 18 o'clock", ""),
        ("Preis: 3,50 Euro", "Price: 3.50 euros", ""),
        ("1.000 Stück", "1,000 pieces", ""),
        ("drei Äpfel", "three apples", ""),
        ("um zehn Prozent senken", "reduce by 10 percent", ""),
        ("2 Brötchen", "two rolls", ""),
        ("9 bis 18 Uhr", "9 am to 6 pm", ""),
        ("Ab 14:30 Uhr geöffnet", "Open from 2:30 pm", ""),
        ("€ Rückgängig", "€ €", "the words would be lost"),
        ("und", "&", ""),
        ("18 Stück", "6 pieces", "a number would change (6 is not in the source)"),
        ("9 bis 18 Uhr", "9 to 16 o'clock", "a number would change (16 is not in the source)"),
        ("Raum 12", "Room 112", "a number would change (112 is not in the source)"),
        ("8:30–18:00 Uhr", "8:30 am to 8:30 pm", "a number would change (30, 8 is not in the source)"),
        ("Von Anna, 12. Mai 2025", "From Anna, May 2025", "a number would be lost (12)"),
        ("Ankunft um 11:20 Uhr", "Arrival at 11:20 pm", "a time would change"),
        ("Ankunft um 11:20 Uhr", "Arrival at 11:20 am", ""),
        ("Um 8 Uhr abends", "At 8 pm", ""),
        ("12 bis 14 Uhr", "12 pm to 2 pm", ""),
        ("Am 14. mit Tom", "With Tom this month", "a number would be lost (14)"),
        ("Am 14. mit Tom", "With Tom on the fourteenth", ""),
        ("in den 90er Jahren", "in the nineties", ""),
        ("Um 20 Uhr", "At 8 o'clock", ""),
        ("08:14 Uhr, Gleis 3", "8:14 am, platform 3", ""),
        ("08:01 Uhr", "8:01 am", ""),
        ("Telefon 55 01 87", "Phone 55 87", "a number would be lost (01)"),
        ("Gegen sieben bin ich da", "I will be there around 7:00", ""),
        ("Notausgang", "", "no translation"),
        ("Computer", "computer", "already in the target language"),
        ("Es war", "it was and it was and", "the translation repeats itself"),
        ("Ja", "Jjjjjj", "the translation repeats itself"),
    ],
)
def test_a_translation_is_judged(source: str, target: str, reason: str) -> None:
    assert after_translation(source, target, confidence=0.9, least=0.3, packs=DE_EN).reason == reason


@pytest.mark.parametrize(
    "text",
    [
        "TextbearbeitungsEinstellungen",
        "iN",
        "W1r",
        "IM-Konten",
        "YouTube öffnen",
        "Nach Ulm",
        "print: Versuch zu schreiben",
        "$ zitieren",
    ],
)
def test_what_only_has_a_name_in_it_is_translated(text: str) -> None:
    assert not before_translation(text, confidence=1.0, least=0.6, pack=DE_EN.source).keep


def test_an_unsure_translation_is_not_drawn() -> None:
    assert (
        after_translation("Tor", "gate", confidence=0.2, least=0.3, packs=DE_EN).reason
        == "translation too uncertain (0.20)"
    )
    assert not after_translation("Tor", "gate", confidence=0.4, least=0.3, packs=DE_EN).keep


@pytest.mark.parametrize("text", ["C:\\Temp bitte nicht löschen", "C:\\ ist fast voll."])
def test_a_sentence_that_begins_with_a_path_is_translated(text: str) -> None:
    assert not before_translation(text, confidence=1.0, least=0.5, pack=DE_EN.source).keep


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("www.example.org", "an address"),
        ("anna@example", "an address"),
        ("1920 x 1080", "no words"),
        ("TT.MM.JJJJ", "a number or code"),
        ("TT.MM.JIlJ", "a number or code"),  # in narrow letters
        ("3–4 kg", "no words"),
        ("90 km/h", "no words"),
        ("C:/daten/bericht.pdf", "a file or path"),
        ("D:\\Daten\\Neue Briefe (3)\\", "a file or path"),
        ("Rechnung_ Mai.pdf", "a file or path"),
        ("+49 30 1234", "no words"),
        ("A17-3", "a number or code"),
        ("x", "a single letter"),
        ("8 n 8", "a single letter"),
        ("KeePassXC", "a name"),
        ("Thomas Wegner", "a name"),
        ("Am Mühlbach 7", "an address"),
        ("418 kJ / 100 kcal", "no words"),
        ("def rabatt(preis, kunde):", "a line of code"),
        ("if kunde.jahre >= 5:", "a line of code"),
        ("anna@werkbank:~/projekte$ ls -l bericht.txt", "a line of code"),
        ("EUR", "a number or code"),
        ("IBAN DE12 3456 7890 1234 5678 90", "a number or code"),
        ("", "nothing could be read"),
    ],
)
def test_what_needs_no_translation_may_stand_beside_one(text: str, reason: str) -> None:
    judgement = before_translation(text, confidence=1.0, least=0.6, pack=DE_EN.source)
    assert judgement.reason == reason and judgement.harmless


@pytest.mark.parametrize(
    ("read", "wanted", "wrong"),
    [
        ("Good morning", "Good morning", False),
        ("Goodmorning", "Good morning", False),  # a gap too narrow to be seen is none to a reader
        ("Gocd morning", "Good morning", False),
        ("Gocb nnorming", "Good morning", True),
        ("T to 18 o'clock", "9 to 18 o'clock", True),
        ("Opened S minutes ago", "Opened: 5 minutes ago", False),
        ("S hours ago", "3 hours ago", False),  # by what stands beside it everyone reads a 3
        ("Save up to 40%1", "Save up to 40%!", False),
        ("Save up to 4%!", "Save up to 40%!", True),
        ("9 to 13 o'clock", "9 to 18 o'clock", True),
        ("Change...", "Change…", False),
        ("A1l", "All", False),  # which letter it is only its neighbours tell
        ("Ctr!+C", "Ctrl+C", False),
        ("Add.", "Add…", False),
        ("Axl", "All", True),
        ("Say ’Ah!", "Say “Ah!”", False),  # of eight letters none is missing
    ],
)
def test_a_drawing_must_say_what_was_said(read: str, wanted: str, wrong: bool) -> None:
    assert misdrawn(read, wanted, most=0.2) is wrong


def test_anything_may_be_drawn_if_asked_for() -> None:
    assert not misdrawn("7 abc", "8 xyz", most=100)


def piece(source: str, confidence: float, reason: str = "", harmless: bool = False) -> Piece:
    ink = np.zeros((32, 32), np.float32)
    return Piece(ink, heard=True, source=source, confidence=confidence, judgement=Judgement(reason, harmless))


def test_one_doubtful_sentence_does_not_undo_a_paragraph() -> None:
    sure = piece("Das Museum ist heute geöffnet.", 0.8)
    assert paragraph_reason([sure, piece("Na ja.", 0.25)], least=0.35) == ""
    assert paragraph_reason([piece("Na ja.", 0.25)], least=0.35) == "translation too uncertain (0.25)"
    assert paragraph_reason([sure, piece("Na ja.", 0.1, "no translation")], least=0.35) == "no translation"
    assert paragraph_reason([sure, piece("12:30", 0.1, "no words", harmless=True)], least=0.35) == ""


def test_hairlines_are_strengthened_and_regular_type_is_not() -> None:
    ink = np.zeros((32, 64), np.float32)
    ink[8:24, 10:60:10] = 1  # strokes of one pixel
    thick = np.maximum(ink, np.maximum(np.roll(ink, 1, 1), np.roll(ink, 2, 1)))
    assert stem(ink) == 1 and stem(strengthened(ink)) == 2
    assert strengthened(thick) is thick


def test_a_faint_stroke_is_drawn_firmly_and_a_solid_one_no_wider() -> None:
    ink = np.zeros((32, 24), np.float32)
    ink[8:24, 4], ink[8:24, 5] = 1, 0.5  # a stem with its soft edge
    ink[16, 12:20] = 0.4  # a bar of an e
    drawn = firm(DrawnStrip(ink, np.array([0.0, 24.0]))).ink
    assert (drawn[:, :9] == ink[:, :9]).all()
    assert (drawn[16, 12:20] > 0.8).all() and drawn.max() <= 1


def test_a_raised_figure_can_be_drawn_only_if_the_picture_has_it() -> None:
    assert undrawable("Buy now¹", WESTERN, "Jetzt kaufen¹") == ""
    assert undrawable("Buy now¹", WESTERN, "Jetzt kaufen") == "¹ cannot be drawn"
