"""The translation memory: which texts it finds, and that they are drawn as it says."""

import gzip
from pathlib import Path

import pytest

from iimt_cli import Options, load
from iimt_cli.errors import IimtError
from iimt_cli.language import language
from iimt_cli.language.glossary import Glossary, Term
from iimt_cli.language.known import RIGHT, KnownTexts

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
MEMORY = KnownTexts(PAIRS)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Kein Trinkwasser", "Not drinking water"),
        ("Kein Trinkwasser!", "Not drinking water!"),
        ("KEIN TRINKWASSER", "Not drinking water"),
        ("kein Trinkwasser", None),  # in the middle of a sentence, perhaps
        ("Kein Trinkwasser hier", None),
        ("Inkl. MwSt.", "incl. VAT"),
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
        ("STRASSE", "Street"),
        ("", None),
        (":", None),
    ],
)
def test_a_text_is_found_as_pictures_write_it(text: str, said: str | None) -> None:
    assert MEMORY.translation(text) == said


def test_a_file_says_the_same(tmp_path: Path) -> None:
    MEMORY.save(tmp_path / "known.tsv.gz")
    again = KnownTexts.load(tmp_path / "known.tsv.gz")
    assert len(again) == len(MEMORY) == len(PAIRS)
    assert all(again.translation(source) == MEMORY.translation(source) for source, _ in PAIRS)


@pytest.mark.parametrize("content", [b"no gzip", gzip.compress(b"one column\n"), gzip.compress(b"a\tb\tc\n")])
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
