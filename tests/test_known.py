"""The translation memory: which texts it finds, and that they are drawn as it says."""

import gzip
import subprocess
import sys
from pathlib import Path

import pytest

from iimt_cli import Options, load
from iimt_cli.errors import IimtError
from iimt_cli.language import language
from iimt_cli.language.base import Packs
from iimt_cli.language.genres import Genres
from iimt_cli.language.glossary import Glossary, Term
from iimt_cli.language.known import AMBIGUOUS, RIGHT, Known, KnownTexts, template
from iimt_cli.language.protected import mask

PAIRS = [
    ("Kein Trinkwasser", "Not drinking water"),
    ("inkl. MwSt.", "incl. VAT"),
    ("Passwort vergessen?", "Forgotten your password?"),
    ("Wir danken für Ihren Einkauf.", "Thank you for your purchase."),
    ("Essen", "Food"),
    ("essen", "to eat"),
    ("lfd. Nr.", "ser. no."),
    ("Straße", "Street"),
]
PACKS = Packs(language("de"), language("en"))
MEMORY = KnownTexts(Known(*pair) for pair in PAIRS)


def answer(memory: KnownTexts, text: str) -> str | None:
    told = memory.answer(text, mask(text, PACKS.source, target=PACKS.target), PACKS)
    return told.text if told else None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Kein Trinkwasser", "Not drinking water"),
        ("Kein Trinkwasser!", "Not drinking water!"),
        ("KEIN TRINKWASSER", "NOT DRINKING WATER"),
        ("kein Trinkwasser", None),  # in the middle of a sentence, perhaps
        ("Kein Trinkwasser hier", None),
        ("Inkl. MwSt.", "Incl. VAT"),
        ("Passwort vergessen?", "Forgotten your password?"),
        ("Passwort vergessen", None),
        ("Kein Trinkwasser?", None),
        ("Kein Trinkwasser …", "Not drinking water …"),
        ("Kein Trinkwasser,", "Not drinking water,"),
        ("Wir danken für Ihren Einkauf", "Thank you for your purchase"),
        ("Wir danken für Ihren Einkauf!", "Thank you for your purchase!"),
        ("Essen", "Food"),
        ("essen", "to eat"),
        ("ESSEN", None),  # two texts in capitals
        ("lfd. Nr.", "ser. no."),
        ("lfd. Nr.:", "ser. no.:"),
        ("lfd. Nr", None),
        ("STRASSE", "STREET"),
        ("", None),
        (":", None),
    ],
)
def test_a_text_is_found_as_pictures_write_it(text: str, said: str | None) -> None:
    assert answer(MEMORY, text) == said


WITH_FIGURES = KnownTexts(
    pair
    for source, target in [
        ("Noch 3 Tage gültig", "Valid for another 3 days"),
        ("Stand: 5.3.2025", "As of: 5.3.2025"),
        ("Rabatt: 5 €", "Discount: €5"),
        ("erbaut 1890", "built in 1890"),
        ("Bahnhof", "Station"),
        ("Am Bahnhof", "At the station"),
        ("3 Artikel im Warenkorb", "3 items in basket"),
        ("1 Artikel im Warenkorb", "1 item in basket"),
        ("Seite 2 von 9", "Page 2 of 9"),
        ("Einlass ab 19 Uhr", "Doors open at 7 pm"),
        ("100 g: 1,99 €", "€1.99 per 100 g"),
        ("im 2. Stock", "on the 2nd floor"),
        ("Zimmer 5, 1. Stock", "Room 5, 1st floor"),
        ("1./2. Stunde", "1st/2nd lesson"),
        ("1. Hilfe", "First aid"),
        ("1 rote Paprika", "1 red pepper"),
        ("1/2 Liter Milch", "1/2 litre milk"),
        ("3-mal gebucht", "Booked 3 times"),
        ("Merkliste", "Saved items"),
        ("geöffnet ab", "open from"),
        ("nur 5 Stück", "only five left"),  # would lose the figure
    ]
    if (pair := template(source, target, PACKS))
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Noch 14 Tage gültig!", "Valid for another 14 days!"),
        ("NOCH 14 TAGE GÜLTIG", "VALID FOR ANOTHER 14 DAYS"),
        ("12 Artikel im Warenkorb", "12 items in basket"),
        ("1 Artikel im Warenkorb", "1 item in basket"),
        ("Seite 1 von 12", "Page 1 of 12"),
        ("Stand: 12.11.2026", "As of: 12.11.2026"),
        ("Stand: 3", None),  # no date
        ("Rabatt: 7,50 €", "Discount: 7,50 €"),
        ("Rabatt: 20 %", None),
        ("erbaut 1902", "built in 1902"),
        ("erbaut 3", None),
        ("Seite 1890 von 2000", "Page 1890 of 2000"),
        ("Bahnhof 3", "Station 3"),
        ("Am Bahnhof 3", None),  # an address
        ("– Seite 1 von 12", "– Page 1 of 12"),
        ("Einlass ab 20.30 Uhr", "Doors open at 20:30"),
        ("250 g: 0,85 €", "0,85 € per 250 g"),
        ("im 2. Stock", "on the 2nd floor"),
        ("im 3. Stock", "on the 3rd floor"),
        ("IM 11. STOCK", "ON THE 11TH FLOOR"),
        ("im 3. Haus", None),
        ("Zimmer 12, 2. Stock", "Room 12, 2nd floor"),
        ("3./4. Stunde", "3rd/4th lesson"),
        ("1. Hilfe", "First aid"),
        ("2. Hilfe", None),
        ("1 rote Paprika", "1 red pepper"),
        ("2 rote Paprika", None),
        ("2 Liter Milch", None),
        ("5-mal gebucht", "Booked 5 times"),
        ("1-mal gebucht", None),
        ("Merkliste (3)", "Saved items (3)"),
        ("MERKLISTE: 3 / 4", "SAVED ITEMS: 3 / 4"),
        ("Merkliste 3 x 5,5 cm", "Saved items 3 x 5,5 cm"),
        ("Merkliste 3 Tage", None),
        ("geöffnet ab 3", None),  # a time or an age
        ("Seite von 12", None),
        ("Seite 1 von 12 Tagen", None),
        ("nur 7 Stück", None),
    ],
)
def test_other_figures_are_filled_in(text: str, said: str | None) -> None:
    assert answer(WITH_FIGURES, text) == said


IN_PARTS = KnownTexts(
    Known(*pair)
    for pair in [
        *PAIRS,
        ("Trinkwasser", "Drinking water"),
        ("Wir sparen Trinkwasser", "We save drinking water"),
        ("Damen", "Ladies"),
        ("Herren", "Gentlemen"),
        ("Arzt", "Doctor"),
        ("Ärztin", "Doctor"),
        ("1. OG", "1st floor"),
        ("Uhrzeit wählen", "Choose time"),
        ("Gesamtpreis: ⟨1⟩", "Total price: ⟨1⟩", "m"),
        ("PLZ", "Postcode"),
        ("Karfreitag", "Good Friday"),
        ("Heute ist ein guter Tag", "Today is a good day"),
        ("LED-Lampe", "LED lamp"),
        ("geführt", "led"),
        ("von Hand geführt", "hand led"),
    ]
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Essen – Straße", "Food – Street"),
        ("Essen, Trinkwasser", "Food, drinking water"),
        ("Essen (Damen)", "Food (Ladies)"),  # no text of the memory writes it small
        ("(Essen)", "(Food)"),
        ("1. OG: Essen", "1st floor: Food"),
        ("ESSEN: KEIN TRINKWASSER", None),  # "essen" or "Essen"
        ("STRASSE: KEIN TRINKWASSER!", "STREET: NOT DRINKING WATER!"),
        ("Gesamtpreis: 3,50 €, inkl. MwSt.", "Total price: 3,50 €, incl. VAT"),
        ("Straße 5 (Herren) · 8–18 Uhr", "Street 5 (Gentlemen) · 8:00–18:00"),
        ("Damen/Herren", "Ladies/Gentlemen"),
        ("Damen/Uhrzeit wählen", None),  # one text
        ("Arzt/Ärztin", None),  # the same twice
        ("PLZ", "Postcode"),
        ("Straße, PLZ", "Street, Postcode"),
        ("Essen (Karfreitag)", "Food (Good Friday)"),
        ("Essen, LED-Lampe", "Food, LED lamp"),
        ("Damen : Herren", "Ladies : Gentlemen"),
        ("Essen, Baum", None),
        ("8–18 Uhr, 3,50 €", None),  # nothing that the memory knows
        ("Essen.", None),
        (": ,", None),
    ],
)
def test_known_texts_with_marks_between_them_are_found(text: str, said: str | None) -> None:
    assert answer(IN_PARTS, text) == said


def test_a_file_says_the_same(tmp_path: Path) -> None:
    MEMORY.save(tmp_path / "known.tsv.gz")
    again = KnownTexts.load(tmp_path / "known.tsv.gz")
    assert len(again) == len(MEMORY) == len(PAIRS)
    assert all(answer(again, source) == answer(MEMORY, source) for source, _ in PAIRS)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2. Kein Trinkwasser", "2. Not drinking water"),
        ("• Straße", "• Street"),
        ("„Straße – Essen“", "“Street – Food”"),
        ("2. Straße", "2. Street"),
        ("2. Weg", None),
    ],
)
def test_a_known_text_may_be_an_item_of_a_list(text: str, said: str | None) -> None:
    assert answer(MEMORY, text) == said


def test_a_text_is_known_without_its_number_in_a_list() -> None:
    assert template("2. Wie geht es weiter?", "2. What happens next?", PACKS) == Known(
        "Wie geht es weiter?", "What happens next?"
    )


GENRES = Genres(
    {
        "Überweisung": ["bank"],
        "konto": ["bank"],
        "Wanderweg": ["tourism"],
        "Gipfel": ["tourism"],
        "Regen": ["weather"],
    }
)
SENSES = KnownTexts(
    [
        Known("Karten", "Cards", genres="bank"),
        Known("Karten", "Maps", genres="tourism"),
        Known("Gleis", "Platform", genres="weather"),
        Known("Front", "Front", genres="*"),
        Known("Front", "Weather front", genres="weather"),
        Known("Eingang am ⟨1⟩", "Received on ⟨1⟩", "d", "bank"),
        Known("Eingang am ⟨1⟩", "Entrance on ⟨1⟩", "d", "tourism"),
    ],
    GENRES,
)


def told_beside(text: str, *others: str) -> tuple[str, float]:
    """What the memory says of a text in a picture with others, and how likely that is."""
    masked = mask(text, PACKS.source, target=PACKS.target)
    told = SENSES.answer(text, masked, PACKS, genre=SENSES.genre([text, *others]))
    assert told is not None
    return told


def test_what_stands_around_a_text_tells_its_sense() -> None:
    bank = told_beside("Karten", "Überweisung", "Girokonto")
    hills = told_beside("Karten", "Wanderweg 7", "Auf den Gipfel")
    assert (bank[0], hills[0]) == ("Cards", "Maps")
    assert min(bank[1], hills[1]) > 0.8
    assert told_beside("Karten")[1] < 0.8
    assert told_beside("KARTEN!", "ÜBERWEISUNG")[0] == "CARDS!"
    assert told_beside("Eingang am 3.5.2027", "Überweisung")[0] == "Received on 3.5.2027"
    assert (
        told_beside("Karten (Eingang am 3.5.2027)", "Überweisung")[0].lower()
        == "cards (received on 3.5.2027)"
    )


def test_more_words_tell_more() -> None:
    one, two = told_beside("Karten", "Überweisung"), told_beside("Karten", "Überweisung", "Konto")
    assert one[1] < two[1] <= RIGHT
    assert told_beside("Karten", "Überweisung", "Überweisung") == one


def test_a_usual_sense_holds_where_nothing_tells_another() -> None:
    assert told_beside("Front")[0] == told_beside("Front", "Konto")[0] == "Front"
    assert told_beside("Front")[1] > 0.8
    assert told_beside("Front", "Regen", "Konto")[1] < told_beside("Front", "Konto")[1]


def test_a_sense_of_some_genres_is_none_of_the_others() -> None:
    assert told_beside("Gleis", "Regen") == ("Platform", pytest.approx(0.8, abs=0.2))
    masked = mask("Gleis", PACKS.source)
    assert SENSES.answer("Gleis", masked, PACKS, genre=SENSES.genre(["Gipfel"])) is None


def test_a_text_with_several_senses_is_ambiguous() -> None:
    assert SENSES.ambiguous("Karten") and SENSES.ambiguous("Karten:") and SENSES.ambiguous("KARTEN")
    assert not SENSES.ambiguous("Kartenhaus") and not MEMORY.ambiguous("Essen")


def test_what_no_picture_tells_is_not_drawn_by_default() -> None:
    system = load(Path(__file__).parent.parent / "weights" / "de-en")
    [told] = system.translate_texts(["Anzeige"])
    assert told.target and told.confidence <= AMBIGUOUS and told.reason


def test_senses_without_genres_are_no_answer() -> None:
    assert answer(KnownTexts(Known("Karten", said) for said in ("Cards", "Maps")), "Karten") is None


def test_senses_and_genres_are_kept_in_files(tmp_path: Path) -> None:
    SENSES.save(tmp_path / "known.tsv.gz")
    GENRES.save(tmp_path / "genres.tsv.gz")
    again = KnownTexts.beside(tmp_path)
    assert again is not None
    genre = again.genre(["Überweisung"])
    masked = mask("Karten", PACKS.source)
    assert again.answer("Karten", masked, PACKS, genre=genre) == SENSES.answer(
        "Karten", masked, PACKS, genre=genre
    )
    for damaged in (b"no gzip", gzip.compress(b""), gzip.compress(b"Konto\n")):
        (tmp_path / "genres.tsv.gz").write_bytes(damaged)
        with pytest.raises(IimtError, match=r"genres\.tsv\.gz: no words"):
            KnownTexts.beside(tmp_path)


@pytest.mark.parametrize(
    "content", [b"no gzip", gzip.compress(b"one column\n"), gzip.compress(b"a\tb\tc\td\te\n")]
)
def test_a_damaged_file_is_named(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "known.tsv.gz"
    path.write_bytes(content)
    with pytest.raises(IimtError, match=r"known.tsv.gz: no texts"):
        KnownTexts.load(path)


def test_the_shipped_weights_know_a_sign_unless_a_glossary_says_otherwise() -> None:
    weights = Path(__file__).parent.parent / "weights" / "de-en"
    system = load(weights)
    sign, longer = system.translate_texts(["KEIN TRINKWASSER!", "Hier gibt es leider kein Trinkwasser."])
    assert (sign.target, sign.confidence) == ("NOT DRINKING WATER!", RIGHT)
    assert longer.confidence != RIGHT
    glossary = Glossary([Term("Trinkwasser", "tap water")], language("de").inflection)
    told = system.translate_texts(["Kein Trinkwasser"], Options(glossary=glossary))[0]
    assert "tap water" in told.target and told.confidence != RIGHT


def test_the_shipped_memory_knows_a_good_part_of_what_pictures_say() -> None:
    recipe = Path(__file__).parent.parent / "recipes" / "known_coverage.py"
    done = subprocess.run(
        [sys.executable, recipe, recipe.parent.parent / "weights" / "de-en"], capture_output=True, text=True
    )
    told = {line[:12].strip(): line[12:].replace("of", "").split() for line in done.stdout.splitlines()}
    assert int(told["all"][2]) >= 25, done.stderr  # per cent
    assert int(told["genres"][0]) >= 50 and told["genres"][1] == "59"
