"""What must be copied: numbers, codes, addresses, times. A translation may move them, but not change them."""

import itertools
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iimt_cli.language import language
from iimt_cli.language.alphabet import WESTERN
from iimt_cli.language.base import Packs, Span
from iimt_cli.language.protected import (
    PLACEHOLDERS,
    mask,
    mask_pair,
    opened,
    protected,
    recopied,
    restore,
    settled,
)

DE, EN = language("de"), language("en")
TEXTS = st.text(WESTERN, max_size=80)


@pytest.mark.parametrize(
    ("text", "copied"),
    [
        ("Preis: 12,50 € statt 1.250,50 €", ["12,50 €", "1.250,50 €"]),
        ("Am 03.04.2022 in Raum 3.14", ["03.04.2022", "3.14"]),
        ("Temperatur: -3,5 Grad, 20 % Regen", ["-3,5", "20 %"]),
        ("Die 1990er Jahre", []),
        ("Ein 8-jähriges Kind", ["8"]),
        ("Artikel A17-3 und WP-3310, Version v2.1", ["A17-3", "WP-3310", "v2.1"]),
        ("Mail an info@example.de oder www.stadt-hof.de/rat.", ["info@example.de", "www.stadt-hof.de/rat"]),
        ("Siehe https://example.org/a?b=1, Seite 3", ["https://example.org/a?b=1", "3"]),
        ("Tel. 030 / 1234567 oder +49 89 1234-56", ["030 / 1234567", "+49 89 1234-56"]),
        ("IBAN DE12 3456 7890 1234 5678 90", ["DE12 3456 7890 1234 5678 90"]),
        ("@anna mag #sommer", ["@anna", "#sommer"]),
        ("Öffnen Sie ~/bin/start oder foto.jpg", ["~/bin/start", "foto.jpg"]),
        ("10 000 Einwohner", ["10 000"]),
        ("Im 3. Stock, am 1. Mai", ["1"]),
        ("Keine Zahlen, keine Codes.", []),
    ],
)
def test_what_is_copied(text: str, copied: list[str]) -> None:
    assert [span.fill for span in protected(text, DE)] == copied


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Geöffnet von 8.30 bis 17.00 Uhr", "Geöffnet von 8:30 bis 17:00"),
        ("um 14 Uhr", "um 14:00"),
        ("AB 08:00 UHR", "AB 08:00"),
        ("um 8 Uhr 30", "um 8:30"),
        ("10-12 Uhr", "10:00-12:00"),
        ("Am 3.4.2024", "Am 3.4.2024"),
    ],
)
def test_german_times_of_day(text: str, wanted: str) -> None:
    masked = mask(text, DE)
    assert restore(masked.text, masked) == wanted


def test_a_pair_shares_placeholders_for_what_means_the_same() -> None:
    source, target = mask_pair(
        "Am 3. Mai um 14.30 Uhr für 12,50 € in A4", "For €12.50 in A4 on 3 May at 2:30 p.m.", Packs(DE, EN)
    )
    assert source == "Am ⟨1⟩. Mai um ⟨2⟩ für ⟨3⟩ in ⟨4⟩"
    assert target == "For ⟨3⟩ in ⟨4⟩ on ⟨1⟩ May at ⟨2⟩"


def test_what_only_one_side_has_stays() -> None:
    assert mask_pair("Um 8 Uhr", "In the morning", Packs(DE, EN)) == ("Um 8 Uhr", "In the morning")


def test_a_translation_that_loses_or_doubles_a_placeholder_is_refused() -> None:
    masked = mask("Von 3 auf 5", DE)
    assert restore("From ⟨1⟩ to ⟨2⟩", masked) == "From 3 to 5"
    assert restore("From ⟨1⟩", masked) is None
    assert restore("From ⟨1⟩ to ⟨1⟩ ⟨2⟩", masked) is None
    assert restore("From ⟨1⟩ to ⟨2⟩ ⟨3⟩", masked) is None


def test_a_translation_that_loses_or_changes_a_currency_is_refused() -> None:
    masked = mask("412 davon in €", DE)
    assert restore("⟨1⟩ of them in €", masked) == "412 of them in €"
    assert restore("⟨1⟩ of them", masked) is None
    assert restore("⟨1⟩ of them in $", masked) is None


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("412 Mio. €", "412 million €"),
        ("3,2 Mrd. €", "3,2 billion €"),
        ("€ 12 Tsd.", "€ 12 thousand"),
        ("$5 Millionen", "$5 million"),
        ("412 Mio €", "412 million €"),
        ("17 Mio. EUR", "17 million EUR"),
    ],
)
def test_a_large_amount_of_money_is_one_span_with_the_word_translated(text: str, wanted: str) -> None:
    masked = mask(f"Kosten: {text}", DE, target=EN)
    assert masked.text == "Kosten: ⟨1⟩"
    assert restore("Cost: ⟨1⟩", masked) == f"Cost: {wanted}"
    assert settled(mask(text, DE, target=EN)) == wanted


def test_large_amounts_follow_the_numbers_of_the_language_and_share_placeholders() -> None:
    masked = mask("3,2 Mrd. €", DE, target=EN, localise=True)
    assert restore(masked.text, masked) == "3.2 billion €"
    assert mask_pair("Rund 3,2 Mrd. €", "About €3.2 billion", Packs(DE, EN)) == ("Rund ⟨1⟩", "About ⟨1⟩")


def test_a_term_within_a_large_amount_leaves_its_number_protected() -> None:
    masked = mask("1,5 Mio. €", DE, [Span(4, 8, "m")], EN, localise=True)
    assert [span.fill for span in masked.spans] == ["1.5", "m"]


def test_many_people_are_no_amount_of_money() -> None:
    assert mask("3 Mio. Leute", DE, target=EN).text == "⟨1⟩ Mio. Leute"


def test_a_translation_without_placeholders_gets_its_figures_from_the_source() -> None:
    masked = mask("– Ab 14.30 Uhr nur 12,50 € statt 12,50 €", DE, target=EN)
    assert opened(masked.text, masked) == "Ab 14:30 nur 12,50 € statt 12,50 €"
    said = "From 2:30 pm only €12.50, not € 12.50"
    assert recopied(said, masked, EN) == ("– From 14:30 only 12,50 €, not 12,50 €", [])
    assert recopied("From 14:30 only 12,50 €", masked, EN)[1] == ["12,50 €"]
    term = Span(4, 11, "agreement")
    masked = mask("Der Vertrag 7", DE, [term])
    assert recopied("The AGREEMENT, number 7", masked, EN) == ("The agreement, number 7", [])
    assert recopied("The agreements 8", masked, EN) == ("The agreements 8", ["agreement", "7"])


def test_terms_win_over_what_is_copied() -> None:
    masked = mask("Raum 12 ist zu", DE, [Span(0, 7, "Room Twelve")])
    assert (masked.text, masked.spans[0].fill) == ("⟨1⟩ ist zu", "Room Twelve")


def test_a_text_without_words_is_settled() -> None:
    assert settled(mask("12:30 – 14:00", DE)) == "12:30 – 14:00"
    assert settled(mask("12:30 Uhr", DE)) == "12:30"
    assert settled(mask("ab 12:30", DE)) is None


def test_numbers_as_english_writes_them() -> None:
    masked = mask("1.250,50 € am 03.04.2022, Version 3.14, 2,5 kg, 1.500", DE, target=EN, localise=True)
    assert restore(masked.text, masked) == "1,250.50 € am 03.04.2022, Version 3.14, 2.5 kg, 1,500"


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("Er wohnt im 3. Stock", "Er wohnt im 3. Stock"),
        ("2. Teil", "2. Teil"),
        ("31. Mai, 2. OG", "⟨1⟩. Mai, 2. OG"),
        ("die 2. und 3. überarbeitete Auflage", "die 2. und 3. überarbeitete Auflage"),
        ("1./2. STOCK", "1./2. STOCK"),
        ("Das 2. Schulhalbjahr", "Das 2. Schulhalbjahr"),
        ("mein 3. Anlauf", "mein 3. Anlauf"),
        ("Seite 3. Danach links", "Seite ⟨1⟩. Danach links"),
        ("Am 3. Bitte melden.", "Am ⟨1⟩. Bitte melden."),
        ("vom 3. bis 5. Juni", "vom ⟨1⟩. bis ⟨2⟩. Juni"),
        ("der 24. Dezember", "der ⟨1⟩. Dezember"),
        ("3 Stunden", "⟨1⟩ Stunden"),
    ],
)
def test_the_text_model_is_shown_a_figure_that_counts(source: str, shown: str) -> None:
    masked = mask(source, DE, target=EN)
    assert masked.text == shown
    assert opened(shown, masked) == source


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("Frau Silke Hartwig", "Frau ⟨1⟩"),
        ("Sehr geehrter Herr Berg,", "Sehr geehrter Herr ⟨1⟩,"),
        ("Annika Brösel und Herr Koch", "⟨1⟩ und Herr ⟨2⟩"),
        ("Peter Müllers Auto", "Peter Müllers Auto"),  # a genitive: Peter Müller's car
        ("Inhaber: Johann Sebastian Bach", "Inhaber: ⟨1⟩"),
        ("Ludwig van Beethoven und Frau Dr. Anna Maria von Stein", "⟨1⟩ und Frau Dr. ⟨2⟩"),
        ("FRAU SILKE HARTWIG", "FRAU ⟨1⟩"),
        ("FRAU MIT HUND", "FRAU MIT HUND"),
        ("Frau Präsidentin", "Frau Präsidentin"),
        ("Der Garten Eden", "Der Garten Eden"),
        ("mail an anna_klein.2", "mail an ⟨1⟩"),
    ],
)
def test_names_of_people_are_copied(source: str, shown: str) -> None:
    masked = mask(source, DE, target=EN)
    assert masked.text == shown and restore(shown, masked) == source


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("9,99 €/Monat", "⟨1⟩/Monat"),
        ("Vor-/Nachname", "Vor-/Nachname"),
        ("Tel./Fax", "Tel./Fax"),
        ("24./25. Dezember", "⟨1⟩./⟨2⟩. Dezember"),
        ("siehe /etc/hosts", "siehe ⟨1⟩"),
        ("siehe /tmp", "siehe ⟨1⟩"),
        ("Mo 9-18 Uhr, Sa 9–13.30 Uhr", "Mo ⟨1⟩, Sa ⟨2⟩"),
        ("von 9 bis 18 Uhr", "von ⟨1⟩ bis ⟨2⟩"),
    ],
)
def test_what_a_slash_or_a_dash_joins(source: str, shown: str) -> None:
    assert mask(source, DE, target=EN).text == shown


def test_a_tenth_span_stays_as_it_is() -> None:
    masked = mask(" ".join(f"{n}," for n in range(1, 13)), DE)
    assert len(masked.spans) == len(PLACEHOLDERS) and masked.text.endswith("10, 11, 12,")


@pytest.mark.parametrize(
    ("text", "inner", "wanted"),
    [
        ("• Offen", "Offen", "• open"),
        ("b) ab 3 kg", "ab ⟨1⟩ kg", "b) open"),
        ("3) Offen", "Offen", "3) open"),
        ("[x] Offen", "Offen", "[x] open"),
        ("„Offen“", "Offen", "“open”"),
        ("– »Offen!«", "Offen!", "– “open”"),
        ("(offen bis 8)", "offen bis ⟨1⟩", "(open)"),
        ("2. Öffnen Sie den Deckel", "Öffnen Sie den Deckel", "2. open"),
        ("4. Grüne Taste drücken", "Grüne Taste drücken", "4. open"),
        ("12. Maibaum bestellen", "Maibaum bestellen", "12. open"),
        ("3. Stock", "3. Stock", "open"),  # a figure that counts
        ("2. Nacht gratis", "2. Nacht gratis", "open"),
        ("3. Mai 2027", "⟨1⟩. Mai ⟨2⟩", "open"),
        ("„Auf“ und „zu“", "„Auf“ und „zu“", "open"),  # not one pair of marks around all
        ("(030) 12 34 56", "(⟨1⟩) ⟨2⟩ ⟨3⟩ ⟨4⟩", None),
    ],
)
def test_what_stands_around_a_text_stands_around_its_translation(
    text: str, inner: str, wanted: str | None
) -> None:
    masked = mask(text, DE, target=EN)
    assert masked.text == inner
    if wanted:
        fills = "".join(PLACEHOLDERS[: len(masked.spans)])
        filled = "".join(span.fill for span in masked.spans)
        assert restore(f"open{fills}", masked) == wanted.replace("open", f"open{filled}")


@pytest.mark.parametrize(
    ("text", "inner", "wanted"),
    [
        ("Montag-Freitag 8-17 Uhr", "⟨1⟩ ⟨2⟩", "Monday–Friday 8:00-17:00"),
        ("geöffnet Januar–März", "open ⟨1⟩", "open January–March"),
        ("MONTAG–FREITAG", "⟨1⟩", "MONDAY–FRIDAY"),
        ("Siehe Januar-März.pdf", "Siehe ⟨1⟩", None),
        ("bei Anna August-Mai", "bei ⟨1⟩", None),
        ("Montag und Freitag", "Montag und Freitag", None),
        ("Montag-Freitag-Regel", "Montag-Freitag-Regel", None),
        ("Berlin–Hamburg", "Berlin–Hamburg", None),
    ],
)
def test_days_with_a_dash_between_them_are_no_compound(text: str, inner: str, wanted: str | None) -> None:
    masked = mask(text, DE, target=EN)
    assert masked.text.replace("geöffnet", "open") == inner
    assert restore(inner, masked) == (wanted or text)


@pytest.mark.parametrize(
    ("text", "said", "wanted"),
    [
        ("ab 8 Uhr,", "from ⟨1⟩.", "from 8:00,"),
        ("Treffpunkt wie immer:", "The usual meeting point.", "The usual meeting point:"),
        ("Ab 1. Januar:", "From ⟨1⟩ January", "From 1 January:"),
        ("Um acht Uhr:", "At 8 a.m.", "At 8 a.m.:"),
        ("Was noch:", "What else?!", "What else:"),
        ("Preis: ¹", "Price", "Price:¹"),
        ("Guten Tag!", "Good day.", "Good day."),
        ("Guten Tag", "Good day.", "Good day."),
    ],
)
def test_a_comma_or_colon_at_the_end_stays(text: str, said: str, wanted: str) -> None:
    assert restore(said, mask(text, DE, target=EN)) == wanted


@given(TEXTS)
def test_masking_and_filling_gives_the_text_back_but_for_quotation_marks(text: str) -> None:
    masked = mask(text)
    said = restore(masked.text, masked)
    assert said is not None and len(said) == len(text)
    assert all(a == b or {a, b} <= set("„“”»«‚‘’") for a, b in zip(said, text, strict=True))


@given(TEXTS)
def test_spans_are_in_order_and_do_not_meet(text: str) -> None:
    spans = protected(text, DE)
    assert all(a.end <= b.start for a, b in itertools.pairwise(spans))


@pytest.mark.parametrize(
    "unit", ["A1B", "A1-", "1.", "1 ", "a.", "@a.", "DE89 ", "030 ", "/a", "a-", "+4 ", "€1", "9:"]
)
def test_long_rows_of_the_same_take_no_time(unit: str) -> None:
    started = time.monotonic()
    protected(unit * 400 + "ß", DE)
    assert time.monotonic() - started < 2.0
