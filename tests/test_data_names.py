"""Names of people, places and products: what is one, and that translations keep them."""

import pytest

from iimt_cli.language import language
from iimt_cli.language.base import Packs
from iimt_cli.language.names import changed, copy_names, is_address, is_name, towns_on_page

DE = language("de")
DE_EN = Packs(DE, language("en"))


def test_products_are_copied_and_not_spelt_anew() -> None:
    assert (
        copy_names("Willkommen bei KeePassXC 2.7", "Welcome to KePassXC 2.7", DE_EN)
        == "Welcome to KeePassXC 2.7"
    )
    assert (
        copy_names("Mit FileZilla verbinden.", "Connect with FilZilla.", DE_EN) == "Connect with FileZilla."
    )
    assert copy_names("In YouTube öffnen", "Open in YouTube", DE_EN) == "Open in YouTube"
    assert copy_names("LibreOffice starten", "Start the program", DE_EN) == "Start the program"
    assert copy_names("TextEinstellungen", "Text settings", DE_EN) == "Text settings"
    assert copy_names("Sebastian kommt", "Sebastien is coming", DE_EN) == "Sebastien is coming"
    assert copy_names("FileZilla", "", DE_EN) == ""


@pytest.mark.parametrize(
    ("source", "target", "named"),
    [
        ("Sehr geehrter Herr Wegner,", "Dear Mr Walner,", "Dear Mr Wegner,"),
        ("Es bediente Sie: Frau Keil", "You were served by Ms. Keller", "You were served by Ms. Keil"),
        ("Frau Berg", "Ms Berger", "Ms Berg"),
        ("im 21. Jahrhundert, 111. Tag", "in the 21th century, 111st day", "in the 21st century, 111th day"),
        ("Frau Dr. Keil", "Dr. Keller", "Dr. Keil"),
        ("Das Auto von Herrn Wegner", "Mr Wegner's car", "Mr Wegner's car"),
        ("Herrn Wegners Auto", "Mr Wegner's car", "Mr Wegner's car"),
        ("Frau Präsidentin!", "Mrs President!", "Mrs President!"),
        ("Rufen Sie Thomas Wegner an.", "Call Thomas Danger.", "Call Thomas Wegner."),
        ("Möchte Anna Brot?", "Does Anna want bread?", "Does Anna want bread?"),
        ("Ist Maria Deutsche?", "Is Maria German?", "Is Maria German?"),
        ("Lindau, den 12. November", "Lindy, November 12", "Lindau, November 12"),
        ("Montag, den 3. Mai", "Monday, May 3", "Monday, May 3"),
        ("in 26121 Oldenburg", "in 26121 slendurur", "in 26121 Oldenburg"),
        ("10000 Menschen", "10000 people", "10000 people"),
        ("Hauptbahnhof Lindau", "Central station Lindu", "Central station Lindau"),
        ("Ein Lager in Magdeburg", "A store in magdeburg", "A store in Magdeburg"),
        ("Volkshochschule Lindau", "adult education lindu", "adult education Lindau"),
        ("Telefon +49 431 55 01 87", "Phone +49 431 55 87", "Phone +49 431 55 01 87"),
        ("von 10 - 18 Uhr", "from 10 am to 6 pm", "from 10 am to 6 pm"),
        ("In Ulm läuft ein Film", "There is a film in Ulm", "There is a film in Ulm"),
        ("für die Mühlenhof GmbH", "for Mill GmbH", "for Mühlenhof GmbH"),
    ],
)
def test_people_and_places_keep_their_names(source: str, target: str, named: str) -> None:
    assert copy_names(source, target, DE_EN) == named


@pytest.mark.parametrize(
    "text",
    [
        "Lindenstraße 14",
        "Berliner Str. 5a",
        "Am Mühlbach 7",
        "An der Alten Mühle 12",
        "Marktplatz 3, 99423",
        "Marktplatz 3, 99423 Weimar",
        "26121 Oldenburg",
        "D-79098 Freiburg im Breisgau",
        "anna@werkbank.example",
        "anna@werkbank example",
        "AM MÜHLBACH 7",
    ],
)
def test_addresses_are_known(text: str) -> None:
    assert is_address(text, DE)


@pytest.mark.parametrize(
    "text",
    [
        "Parkplatz 3",
        "Bundesstraße 7",
        "Im Kapitel 2",
        "Am Gleis 7",
        "Am Montag 7",
        "Im Dezember 3",
        "10000 Menschen",
        "12000 Dinge",
        "Die Lindenstraße",
        "In der Lindenstraße 14 wohnt er.",
    ],
)
def test_what_has_to_be_translated_is_no_address(text: str) -> None:
    assert not is_address(text, DE)


@pytest.mark.parametrize(
    "text",
    [
        "Thomas Wegner",
        "Dr. Martin Hohl",
        "Hans-Peter Müller-Stein",
        "Anna von Arnim",
        "Stuttgart",
        "Kempten – Buchloe",
        "Lindau Hbf",
        "Nordlicht Energie GmbH",
        "KeePassXC",
        "gartenfreunde_nord",
        "SABINE KRÜGER",
        "STUTTGART",
    ],
)
def test_names_are_known(text: str) -> None:
    assert is_name(text, DE)


@pytest.mark.parametrize(
    "text",
    ["Herr Wegner", "Netzwerk Drucker", "Anna", "Thomas geht", "Neue Nachricht", "Essen", "Nach Stuttgart"],
)
def test_what_has_to_be_translated_is_no_name(text: str) -> None:
    assert not is_name(text, DE)


def test_a_town_before_a_date_is_copied_though_it_became_two_words() -> None:
    said = copy_names("Wernsbach, den 4. April 2025", "Werner stream, April 4, 2025", DE_EN)
    assert said == "Wernsbach, April 4, 2025"


def test_a_town_that_a_page_names_is_missed_where_it_was_translated() -> None:
    page = [
        "Akademie Wernsbach",
        "Wernsbach, den 4. April 2025",
        "97401 Oberrieth",
        "Montag, 4. April",
        "Oberriether Weg",
    ]
    towns = towns_on_page(page, DE_EN.source)
    assert towns == {"Wernsbach", "Oberrieth"}
    assert changed(towns, "Akademie Wernsbach", "Werner stream academy") == "Wernsbach"
    assert changed(towns, "AKADEMIE WERNSBACH", "ACADEMY OF WERNSBACH") == ""
    assert changed(towns, "Oberriether Weg", "Way") == ""
