"""A user's terms are found in their inflected forms, and become what the user wants."""

import codecs
import string
import timeit
from collections.abc import Callable
from pathlib import Path
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iimt_cli.errors import IimtError
from iimt_cli.language import language
from iimt_cli.language.alphabet import WESTERN
from iimt_cli.language.glossary import Glossary, Term
from iimt_cli.language.inflection import Inflection
from iimt_cli.language.protected import mask, restore

GERMAN = language("de").inflection
Load = Callable[..., Glossary]


def glossary(*terms: tuple[str, str]) -> Glossary:
    return Glossary([Term(*term) for term in terms], GERMAN)


def found(text: str, *sources: str) -> list[str]:
    """The occurrences of some terms in a text, as the text has them."""
    return [text[span.start : span.end] for span in glossary(*((s, "x") for s in sources)).find(text)]


def filled(text: str, *terms: tuple[str, str]) -> str:
    """A text with its terms replaced."""
    for span in reversed(glossary(*terms).find(text)):
        text = text[: span.start] + span.fill + text[span.end :]
    return text


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Loads a glossary from the contents of its files, terms1.tsv, terms2.tsv …"""

    def load(*contents: str | bytes) -> Glossary:
        paths = [tmp_path / f"terms{n}.tsv" for n in range(1, len(contents) + 1)]
        for path, content in zip(paths, contents, strict=True):
            path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
        return Glossary.load(paths, GERMAN)

    return load


INFLECTED = [
    # a shop
    ("Warenkorb", "Was liegt in Ihren Warenkörben?", "Warenkörben"),
    ("Kassenbon", "Ohne Kassenbons kein Umtausch", "Kassenbons"),
    ("Gutschein", "Einlösung des Gutscheines", "Gutscheines"),
    ("Kundenkarte", "alle Kundenkarten sind gültig", "Kundenkarten"),
    ("Umkleide", "Die Umkleiden sind hinten.", "Umkleiden"),
    ("Sonderangebot", "Sonderangebote der Woche", "Sonderangebote"),
    ("Lieferschein", "laut Lieferscheins", "Lieferscheins"),
    ("Rückgabefrist", "Beachten Sie die Rückgabefristen!", "Rückgabefristen"),
    ("Verkäuferin", "Fragen Sie unsere Verkäuferinnen.", "Verkäuferinnen"),
    ("frische Ware", "mit frischen Waren beliefert", "frischen Waren"),
    ("Wochenmarkt", "auf den Wochenmärkten", "Wochenmärkten"),
    ("Marktstand", "An zwei Marktständen", "Marktständen"),
    ("Hofladen", "In unseren Hofläden", "Hofläden"),
    ("E-Bike", "Verleih von E-Bikes", "E-Bikes"),
    # machines
    ("Stellrad", "Drehen Sie die Stellräder langsam.", "Stellräder"),
    ("Spannfutter", "Wechsel des Spannfutters", "Spannfutters"),
    ("Keilriemen", "Spannung des Keilriemens", "Keilriemens"),
    ("Notausschalter", "Prüfen Sie die Notausschalter.", "Notausschalter"),
    ("Druckkopf", "Die Druckköpfe reinigen", "Druckköpfe"),
    ("Antriebswelle", "zwischen den Antriebswellen", "Antriebswellen"),
    ("Schlauch", "Schläuche nicht knicken", "Schläuche"),
    ("Schraubstock", "an den Schraubstöcken", "Schraubstöcken"),
    ("Gehäuse", "Öffnen des Gehäuses", "Gehäuses"),
    ("Dichtung", "Die Dichtungen sind alt.", "Dichtungen"),
    ("Messfühler", "mit drei Messfühlern", "Messfühlern"),
    ("rote Taste", "durch Druck der roten Taste", "roten Taste"),
    ("Typenschild", "siehe Typenschilder", "Typenschilder"),
    ("Motor", "Beide Motoren laufen.", "Motoren"),
    # law
    ("Vertrag", "Verträge sind einzuhalten.", "Verträge"),
    ("Mietvertrag", "Kündigung des Mietvertrags", "Mietvertrags"),
    ("Grundbuch", "Einsicht in die Grundbücher", "Grundbücher"),
    ("Auftraggeber", "die Pflichten des Auftraggebers", "Auftraggebers"),
    ("Angestellter", "Pflichten der Angestellten", "Angestellten"),
    ("Abgeordnete", "Ein Abgeordneter spricht.", "Abgeordneter"),
    ("höhere Gewalt", "im Falle höherer Gewalt", "höherer Gewalt"),
    ("eidesstattliche Versicherung", "zwei eidesstattliche Versicherungen", "eidesstattliche Versicherungen"),
    ("Zeugnis", "Vorlage der Zeugnisse", "Zeugnisse"),
    ("Einverständnis", "ohne Zeichen des Einverständnisses", "Einverständnisses"),
    ("Rechtsanwalt", "durch zwei Rechtsanwälte", "Rechtsanwälte"),
    ("Haus der Begegnung", "Saal des Hauses der Begegnung", "Hauses der Begegnung"),
    # medicine
    ("Arzt", "Fragen Sie Ihre Ärzte!", "Ärzte"),
    ("Krankenhaus", "in Krankenhäusern", "Krankenhäusern"),
    ("Impfpass", "Gültigkeit der Impfpässe", "Impfpässe"),
    ("Wirkstoff", "die Dosis des Wirkstoffes", "Wirkstoffes"),
    ("Nebenwirkung", "Welche Nebenwirkungen sind möglich?", "Nebenwirkungen"),
    ("Rezept", "Nur auf Rezepte vom Arzt", "Rezepte"),
    ("Blutbild", "Große Blutbilder", "Blutbilder"),
    ("akuter Schmerz", "bei akuten Schmerzen", "akuten Schmerzen"),
    ("nüchtern", "in nüchternem Zustand", "nüchternem"),
    ("Patient", "zum Schutz der Patienten", "Patienten"),
    ("Ultraschall-Gerät", "mit Ultraschall-Geräten", "Ultraschall-Geräten"),
]


@pytest.mark.parametrize(("term", "text", "form"), INFLECTED, ids=[row[0] for row in INFLECTED])
def test_a_term_is_found_in_its_inflected_form(term: str, text: str, form: str) -> None:
    assert found(text, term) == [form]


def test_fifty_terms_of_one_glossary_do_not_hinder_one_another() -> None:
    terms = [row[0] for row in INFLECTED]
    for term, text, form in INFLECTED:
        assert form in found(text, *terms), term


@pytest.mark.parametrize("text", ["Karte", "karte", "KARTE", "kArTe"])
def test_a_term_is_found_in_any_case(text: str) -> None:
    assert found(text, "Karte") == [text]


def test_capitals_have_no_sharp_s() -> None:
    assert found("STRASSE, STRASSEN, Straße, STRAßE", "Straße") == ["STRASSE", "STRASSEN", "Straße", "STRAßE"]
    assert found("Die Masse", "Maße") == []
    assert found("Die Maße", "Masse") == []


def test_only_whole_words_are_found() -> None:
    assert found("Bauhaus, Neubau, Bau_1, Bau2", "Bau") == []
    assert found("Der Bau, (Bau) Bau-Amt: Bau.", "Bau") == ["Bau"] * 4
    assert found("Hauskarte", "Karte") == []


def test_several_words_are_found_over_any_white_space() -> None:
    assert found("die rote\n  Karte", "rote Karte") == ["rote\n  Karte"]
    assert found("die rote, Karte; roteKarte; rote-Karte", "rote Karte") == []
    assert found("E-Mail, E - Mail, E Mail", "E-Mail") == ["E-Mail"]


@pytest.mark.parametrize("form", ["rote Karte", "roter Karte", "rotes Karten", "roten Karten", "Rotem Karte"])
def test_the_words_before_the_last_have_adjective_endings(form: str) -> None:
    assert found(f"mit {form} gehen", "rote Karte") == [form]


def test_the_words_before_a_hyphen_have_no_endings() -> None:
    assert found("Bahn-Karten, Bahner-Karten, Bahne-Karte", "Bahn-Karte") == ["Bahn-Karten"]


def test_an_abbreviation_is_found_only_as_it_is_written() -> None:
    assert found("Die Muster AG lag ag Ag AGs", "AG") == ["AG"]
    assert found("die DSGVO und die Dsgvo", "DSGVO") == ["DSGVO"]
    assert found("Ausgang und AUSGANG", "AUSGANG") == ["Ausgang", "AUSGANG"]


def test_a_short_word_has_no_form_but_one_with_s() -> None:
    assert found("Der Zug, des Zugs, die Züge, Zuger", "Zug") == ["Zug", "Zugs"]
    assert found("ZUGS", "Zug") == ["ZUGS"]
    assert found("Saal 5s und Saal 5", "Saal 5") == ["Saal 5"]


def test_an_ending_is_replaced_only_where_a_stem_is_left() -> None:
    assert found("Vorsitzende, Vorsitzender und Vorsitzenden", "Vorsitzender") == [
        "Vorsitzende",
        "Vorsitzender",
        "Vorsitzenden",
    ]
    assert found("Eben", "Eber") == []
    assert found("Der Reis", "Reise") == []


def test_a_verb_in_small_letters_is_no_form_of_a_noun() -> None:
    assert found("Wir drucken und verkaufen.", "Druck", "Drucker", "Verkauf") == []
    assert found("DRUCKEN", "Druck") == ["DRUCKEN"]
    assert found("die rostfreien Teile", "rostfrei") == ["rostfreien"]


def test_the_longest_term_wins() -> None:
    assert found("die rote Karte und die Karte", "Karte", "rote Karte") == ["rote Karte", "Karte"]
    assert found("rote Karte Spiel", "rote Karte", "Karte Spiel") == ["rote Karte"]


def test_of_terms_at_one_place_the_one_that_is_written_like_the_text_wins() -> None:
    terms = ("Weg", "way"), ("weg", "away"), ("Lage", "position"), ("Lager", "store")
    assert filled("Im Weg, weg, in der Lage, im Lager", *terms) == "Im way, away, in der position, im store"
    assert filled("Der WEG", ("WEG", "owners"), ("Weg", "way")) == "Der owners"
    for order in (1, -1):
        both = [("Vertrag", "one"), ("Verträge", "many")][::order]
        assert filled("Alte Verträge, mit Verträgen", *both) == "Alte many, mit many"


def test_what_is_kept_as_one_thing_is_not_cut() -> None:
    text = "Haus 12-14, mail@haus.de, www.haus-und-garten.de, @Haus"
    assert found(text, "Haus") == ["Haus"]
    assert found(text, "Haus", "Haus 12", "Garten", "12", "mail") == ["Haus"]
    assert found("Modell A17-3 und Modell A17", "Modell A17") == ["Modell A17"]
    assert found("Ein-/Ausgang", "Ausgang") == ["Ausgang"]


def test_signs_may_be_part_of_a_term() -> None:
    assert found("Kurs für C++, C# und C", "C++", "C#") == ["C++", "C#"]
    assert found("laut § 5 der Satzung", "§ 5") == ["§ 5"]
    assert found("Müller & Co. KG.", "Müller & Co. KG") == ["Müller & Co. KG"]


def test_the_fill_is_what_the_user_wrote() -> None:
    assert filled("mit alten Karten", ("Karte", "ticket")) == "mit alten ticket"
    assert filled("Bei der iBank", ("iBank", "eBank")) == "Bei der eBank"


def test_the_fill_has_a_capital_only_at_the_very_start_of_the_text() -> None:
    assert filled("Karte her. Karte weg", ("Karte", "ticket")) == "Ticket her. ticket weg"
    assert filled("  Karte", ("Karte", "ticket")) == "  Ticket"
    assert filled("Öl", ("Öl", "été")) == "Été"
    assert filled("Handy", ("Handy", "iPhone")) == "iPhone"


def test_the_fill_is_in_capitals_where_the_text_is_and_the_term_is_not() -> None:
    assert filled("ALTE KARTEN", ("Karte", "ticket")) == "ALTE TICKET"
    assert filled("Die AG", ("AG", "plc")) == "Die plc"
    assert filled("A und B", ("a", "first")) == "First und B"
    assert filled("DIE ROTE KARTE", ("rote Karte", "red card")) == "DIE RED CARD"


def test_an_empty_target_keeps_the_term_as_it_stands_in_the_text() -> None:
    text = "ALTE HÄUSER, alter Häuser und ein haus"
    assert filled(text, ("Haus", "")) == text
    assert len(glossary(("Haus", "")).find(text)) == 3


def test_an_occurrence_names_its_term() -> None:
    terms = glossary(("Haus", "house"), ("Karte", "ticket"))
    assert [one.term for one in terms.find("Die Häuser")] == [Term("Haus", "house")]


def test_a_language_without_inflection_has_each_term_as_it_is() -> None:
    plain = Glossary([Term("house", "Haus"), Term("bus", "Bus")], Inflection())
    assert [one.fill for one in plain.find("A House, houses, bus, buss")] == ["Haus", "Bus"]


def test_an_empty_glossary_finds_nothing() -> None:
    assert len(Glossary([], GERMAN)) == 0
    assert Glossary([], GERMAN).find("Ein Text") == []
    assert glossary(("Karte", "ticket")).find("") == []


def test_a_thousand_terms_take_less_than_five_milliseconds() -> None:
    fronts = ["Bau", "Berg", "Feld", "Haus", "Kunden", "Strom", "Straßen", "Wald", "Wasser", "Maschinen"]
    ends = ["amt", "haus", "karte", "markt", "platz", "raum", "rechnung", "schalter", "vertrag", "wagen"]
    words = [a + b + c for a in fronts for b in fronts for c in ends]
    many = Glossary([Term(word.capitalize(), "x") for word in words], GERMAN)
    text = ("Die Kundenbaukarten an den Waldstraßenmärkten wurden am 3. 4. gelesen und geprüft. " * 4)[:300]
    assert len(many) == 1000
    assert len(many.find(text)) == 8
    assert min(timeit.repeat(lambda: many.find(text), timer=process_time, number=1, repeat=50)) < 0.005


def test_a_file_has_comments_empty_lines_and_terms(load: Load) -> None:
    terms = load("# Laden\n\n  \nKarte \t ticket \r\nHaus\t\r\n #1\tnumber one")
    assert len(terms) == 3
    assert [one.fill for one in terms.find("Karte, Häuser")] == ["Ticket", "Häuser"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_file_may_have_a_byte_order_mark_and_any_line_end(load: Load, end: str) -> None:
    terms = load(codecs.BOM_UTF8 + f"Straße\tstreet{end}Karte\tticket{end}".encode())
    assert [one.fill for one in terms.find("Straße, Karte")] == ["Street", "ticket"]
    assert len(load(codecs.BOM_UTF8 + b"# only a remark")) == 0


def test_a_file_is_cleaned_as_every_text_is(load: Load) -> None:
    terms = load("A\u0308rzte  \u00a0Haus\tdoctors\u2019  house")
    assert terms.find("Ärzte Haus")[0].term == Term("Ärzte Haus", "doctors’ house")


def test_a_later_file_wins_over_an_earlier_one(load: Load) -> None:
    terms = load("Karte\tticket\nHaus\thouse", "Karte\tcard")
    assert len(terms) == 2
    assert [one.fill for one in terms.find("Das Haus, die Karte")] == ["house", "card"]


def test_the_same_term_may_stand_in_a_file_twice(load: Load) -> None:
    assert len(load("Karte\tticket\nKarte\tticket\nkarte\tcard")) == 2


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("# x\n\nKarte ticket", "line 3 has no tab between source and target"),
        ("Karte\tticket\t", "line 1 has more than one tab"),
        ("Karte\tticket\n\tcard", "line 2 has nothing before the tab"),
        ("\t", "line 1 has nothing before the tab"),
        ("&\tand", "line 1 has a source without a letter or a digit: '&'"),
        ("Karte\tбилет", "line 1 has a character in its target that iimt cannot draw: 'б'"),
        ("Karte\ta\x00b", r"line 1 has a character in its target that iimt cannot draw: '\x00'"),
        ("Karte\tcard\n\nKarte\tticket", "lines 1 and 3 have different targets for 'Karte'"),
        ("Karte\tcard\n\nKarte \t", "lines 1 and 3 have different targets for 'Karte'"),
        ("Karte\tcard\nTür\tdoor".encode("latin-1"), "line 2 is not UTF-8"),
        ("Karte\tcard".encode("utf-16"), "line 1 is not UTF-8"),
    ],
)
def test_an_error_is_one_line_with_the_file_and_the_line(
    load: Load, content: str | bytes, complaint: str, tmp_path: Path
) -> None:
    with pytest.raises(IimtError) as error:
        load("Haus\thouse", content)
    assert str(error.value) == f"{tmp_path / 'terms2.tsv'}: {complaint}"
    assert "\n" not in str(error.value)


def test_a_file_that_is_missing_or_a_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(IimtError, match=r"none\.tsv: no such file$"):
        Glossary.load([tmp_path / "none.tsv"], GERMAN)
    with pytest.raises(IimtError, match=r"cannot be read \(.+\)$"):
        Glossary.load([tmp_path], GERMAN)


few = settings(max_examples=80, deadline=None, database=None)
words = st.sampled_from([*(w for row in INFLECTED for w in row[0].split()), "AG", "der", "Haus", "Straße"])
sources = st.lists(words | st.just("5"), min_size=1, max_size=3).map(" ".join)
targets = st.text(WESTERN.replace(" ", ""), max_size=8)
glossaries = st.lists(st.builds(Term, sources, targets), max_size=12).map(
    lambda terms: Glossary(terms, GERMAN)
)
inflected = st.tuples(words, st.sampled_from(["", "e", "en", "s", "er", "isch"])).map("".join)
signs = st.sampled_from([*" \n.,-/@_„", " 5 ", "www.", ".de", "12,50 €"])
phrases = st.lists(inflected | inflected.map(str.upper) | st.just("5")).map(" ".join)
texts = st.lists(inflected | signs, max_size=25).map("".join) | phrases | st.text(WESTERN)


@few
@given(glossaries, texts)
def test_what_is_found_is_sorted_within_the_text_and_apart(terms: Glossary, text: str) -> None:
    end = 0
    for one in terms.find(text):
        assert end <= one.start < one.end <= len(text)
        assert text[one.start : one.end].strip() == text[one.start : one.end]
        end = one.end


@few
@given(glossaries, texts)
def test_what_is_found_is_whole_words(terms: Glossary, text: str) -> None:
    word_characters = {c for c in text if c.isalnum() or c == "_"}
    for one in terms.find(text):
        for outer, inner in ((one.start - 1, one.start), (one.end, one.end - 1)):
            if 0 <= outer < len(text):
                assert not (text[outer] in word_characters and text[inner] in word_characters)


@few
@given(glossaries, st.text("qvxyQVXY .,-\n", max_size=80))
def test_a_text_without_any_term_has_none(terms: Glossary, text: str) -> None:
    assert terms.find(text) == []


@few
@given(glossaries, texts)
def test_terms_that_are_kept_come_back_as_they_were(terms: Glossary, text: str) -> None:
    kept = Glossary([Term(one.term.source, "") for one in terms.find(text)], GERMAN)
    masked = mask(text, terms=kept.find(text))
    assert restore(masked.text, masked) == text


@few
@given(
    sources,
    st.lists(st.text("qvxy", min_size=1), max_size=5),
    st.lists(st.text("qvxy", min_size=1), max_size=5),
)
def test_a_term_is_found_wherever_it_stands(source: str, before: list[str], after: list[str]) -> None:
    text = " ".join([*before, source, *after])
    assert found(text, source) == [source]


@few
@given(st.dictionaries(sources, targets, max_size=10))
def test_a_file_says_what_a_list_of_terms_says(
    tmp_path_factory: pytest.TempPathFactory, terms: dict[str, str]
) -> None:
    path = tmp_path_factory.mktemp("glossary") / "terms.tsv"
    path.write_text("".join(f"{source}\t{target}\n" for source, target in terms.items()), "utf-8")
    loaded, text = Glossary.load([path], GERMAN), " und ".join(terms)
    assert len(loaded) == len(terms)
    assert loaded.find(text) == Glossary([Term(*term) for term in terms.items()], GERMAN).find(text)


@few
@given(glossaries, st.text(string.printable))
def test_no_text_is_too_strange(terms: Glossary, text: str) -> None:
    mask(text, terms=terms.find(text))
