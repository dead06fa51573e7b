"""The shipped text model with its guards: what a user may rely on whatever the words are."""

from pathlib import Path

import pytest

from iimt_cli.language import language
from iimt_cli.language.glossary import Glossary, Term
from iimt_cli.translation.result import Options
from iimt_cli.translation.translator import StripTranslator

SHIPPED = Path(__file__).parent.parent / "weights" / "de-en"


@pytest.fixture(scope="module")
def translator() -> StripTranslator:
    return StripTranslator.load(SHIPPED, "cpu")


def test_times_prices_and_addresses_come_out_letter_by_letter(translator: StripTranslator) -> None:
    said = translator.translate_texts([
        "Der Zug fährt um 14.30 Uhr ab.",
        "Die Karte kostet 1.250,50 €.",
        "Schreiben Sie an post@hofladen-nord.de.",
    ])  # fmt: skip
    for one, wanted in zip(said, ("14:30", "1.250,50 €", "post@hofladen-nord.de"), strict=True):
        assert wanted in one.target or one.reason


def test_figures_may_be_written_as_in_english(translator: StripTranslator) -> None:
    [said] = translator.translate_texts(["Die Karte kostet 1.250,50 €."], Options(numbers="localise"))
    assert "1,250.50 €" in said.target


def test_figures_that_count_get_their_ending_and_others_none(translator: StripTranslator) -> None:
    """Said anew, or not at all: a wrong ending changes what the figure means."""
    counts, numbers = (
        ["2. Teil", "Eingang B, 3. Etage", "unsere 25. Feier"],
        ["Seite 3. Danach", "2. Einleitung"],
    )
    for said, ending in zip(translator.translate_texts(counts), ("2nd", "3rd", "25th"), strict=True):
        assert ending in said.target or said.reason
    assert all(
        "3rd" not in one.target and "2nd" not in one.target for one in translator.translate_texts(numbers)
    )


def test_a_glossary_is_obeyed_and_other_sentences_stay_as_they_were(translator: StripTranslator) -> None:
    sentences = ["Die Besucher warten am Eingang.", "Das Wetter ist schön.", "Der Hofladen ist geschlossen."]
    glossary = Glossary([Term("Besucher", "patrons"), Term("Hofladen", "")], language("de").inflection)
    before = [one.target for one in translator.translate_texts(sentences)]
    after = [one.target for one in translator.translate_texts(sentences, Options(glossary=glossary))]
    assert "patrons" in after[0] and "patrons" not in before[0]
    assert after[1] == before[1]
    assert "Hofladen" in after[2]


def test_confidence_is_a_probability_and_low_ones_are_refused(translator: StripTranslator) -> None:
    good, bad = translator.translate_texts(["Guten Morgen!", "Xqrt zwkl brmpf glonk schnurx."])
    assert 0 <= bad.confidence < good.confidence <= 1
    assert bad.reason and not good.reason
