"""Names of people, places and products: a translation keeps them, letter by letter."""

import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from functools import cache
from importlib.resources import files

from iimt_cli.data.text import is_capital

SHORTEST_NAME, LONGEST_NAME = 4, 16
SAME_NAME = 0.72  # of the letters of a name and of what became of it, how many they share at least
SAME_TOWN = 0.6

_NAME = re.compile(r"\w*[a-zäöüß][A-ZÄÖÜ]\w*")  # with a capital inside
_USER = re.compile(r"@?[\w.]*[a-z\d]_[a-z\d][\w.]*")
_MARKS = ".,;:!?…()[]\"'‘’‚“”„«»"
_WORD = r"[A-ZÄÖÜ][a-zäöüß]+(?:-[A-ZÄÖÜ][a-zäöüß]+)?"
_PERSON = re.compile(rf"(?:(?:Prof|Dr)\. ?)*({_WORD})(?: {_WORD}| [A-ZÄÖÜ]\.)?(?: von| van| zu)? {_WORD}")
# "Parkplatz 3", "Bundesstraße 7", "Im Kapitel 2" and "10000 Menschen" are no addresses.
_ROAD = (
    r"(?:(?!(?:Bundes|Land|Park|Sitz|Steh|Stell|Spiel|Arbeits|Camping|Speicher|Rund|Wander|Rad|Feld|Fuß)(?:straße|platz|weg))"
    r"[A-ZÄÖÜ][\w-]*(?:straße|strasse|str\.|weg|platz|gasse|allee|chaussee|damm|ufer|promenade)"
    rf"|(?:{_WORD} )+(?:Straße|Str\.|Weg|Platz|Gasse|Allee|Chaussee|Damm|Ufer|Ring)"
    r"|(?:Am|An de[rnm]|Auf dem|Im|Unter de[nr]|Hinter de[rnm])(?: [A-ZÄÖÜ]\w+en)? "
    r"(?!(?:\w*tag|Januar|Februar|März|April|Mai|Juni|Juli|August|\w+ber|Seite|Gleis|Bahnsteig|Raum|Zimmer|Saal|Halle"
    rf"|Kapitel|Abschnitt|Absatz|Klasse|Jahr|Tisch|Stufe|Schritt|Level|Teil|Platz|Alter|Artikel|Block|Feld|Haus|Bild"
    rf"|Punkt|Stock)\b){_WORD}) "
    r"\d{1,3} ?[a-z]?(?:[-–]\d{1,3}[a-z]?)?"
)
_TOWN = (
    r"(?:D-)?\b(\d{5}) (?<!000 )(?!(?:Euro|Dollar|Franken|Mark|Cent|Stück|Meter|Kilometer|Gramm|Kilo|Tonnen|Liter|Menschen"
    rf"|Personen|Einwohner|Besucher|Schritte|Jahre|Uhr|Watt)\b)({_WORD})"
)
_WEB_ADDRESS = re.compile(
    r"https?://\S+|www\.\S+|\S+@\S+(?: ?\.? ?[a-z]{2,7})?|[\w.-]+\.(?:de|com|org|net|eu|at|ch|io)(?:/\S*)?",
    re.IGNORECASE,
)
_ADDRESS = re.compile(
    rf"(?:{_ROAD}(?:, ?{_TOWN}|, ?\d{{5}})?|{_TOWN})"
    rf"(?: (?:am|an der|im|in|bei|ob der) {_WORD}|[ /]{_WORD}| ?\({_WORD}\))?,?"
)
_LONG_NUMBER = re.compile(r"\+?\d[\d /-]{5,}\d")
_TITLES = {
    "Herr": r"Mr\.?|Mister|Sir",
    "Herrn": r"Mr\.?|Mister|Sir",
    "Frau": r"Mrs\.?|Ms\.?|Miss",
    "Dr.": r"Dr\.?|Doctor",
    "Prof.": r"Prof\.?|Professor",
}
_TITLED = re.compile(
    rf"\b(Herrn?|Frau|Dr\.|Prof\.) (?!(?:Doktor|Professor|Präsident|Minister|Kanzler|Direktor|Richter|Lehrer|Nachbar)(?:in)?\b"
    rf"|Bürgermeister|Kolleg|Ober|Pfarrer|Hauptmann|Dr\.|Prof\.)({_WORD})"
)
_FULL_NAME = re.compile(rf"\b(?=({_WORD}) ({_WORD}))")
_LEGAL_FORM = r"GmbH|AG|KG|OHG|e\.V\."
_COMPANY = re.compile(rf"\b([A-ZÄÖÜ][\w&-]+) ({_LEGAL_FORM}|SE|UG)(?!\w)")
_FIRM = re.compile(rf"(?:[A-ZÄÖÜ][\w&.-]* (?:& )?){{1,5}}(?:{_LEGAL_FORM}|mbH)(?: & Co\. KG)?")
_BETWEEN_TOWNS = re.compile(r" [–—-] |, ?| ?/ ?|- |(?<=\w) Hbf\b")
_DATED = re.compile(rf"^(?!\w+tag,|Sonnabend|Mittwoch|Datum|Stand)({_WORD}), (?:den|dem)? ?\d{{1,2}}\.")
_PEOPLE = re.compile(r"(?:ish|ese|can|ian|ean|German|French|Greek|Dutch|Swiss)$")  # "Is Maria German?"


def is_name(text: str) -> bool:
    """Whether a (German) text is nothing but a name: of a product, a person ("Dr. Martin Hohl"), a user, a firm, of towns.

    A product's is one word with a capital inside. Short and long ones are misread words.
    """
    user = _USER.fullmatch(text) is not None
    product = SHORTEST_NAME <= len(text) <= LONGEST_NAME and _NAME.fullmatch(text) is not None
    parts = {part for part in _BETWEEN_TOWNS.split(_spelt(text)) if part}
    towns = bool(parts) and parts <= _listed("towns")
    return user or product or towns or is_person(text) or _FIRM.fullmatch(text) is not None


def is_person(text: str) -> bool:
    """Whether a (German) text is the full name of a person."""
    person = _PERSON.fullmatch(_spelt(text))
    return person is not None and _listed("given_names").issuperset(person[1].split("-"))


def is_address(text: str) -> bool:
    """Whether a text is an address: of a page, a mailbox, or (in German) a road with its number, a town with its postcode."""
    return bool(_WEB_ADDRESS.fullmatch(text) or _ADDRESS.fullmatch(_spelt(text)))


def _spelt(text: str) -> str:
    """What is all in capitals as names are spelt elsewhere."""
    return text.title() if is_capital(text) else text


def copy_names(source: str, target: str) -> str:
    """The target with the source's names, and long numbers such as those of telephones, as they are.

    Those of people and places take the place of the word that stands where they should: after a title, a given name, a
    postcode; before a date, before "GmbH". Towns, and those with a capital inside, such as FileZilla, that of the word that is
    most like them, of "FilZilla"; a word unlike all names stays.
    """
    source = _spelt(source)
    for name, place in _places(source):
        found = re.search(place, target)
        if (
            found
            and name not in target
            and found[1] != name.removesuffix("s")
            and not _PEOPLE.search(found[1])
        ):
            target = target[: found.start(1)] + name + target[found.end(1) :]
    numbers = _LONG_NUMBER.findall(source), _LONG_NUMBER.findall(target)
    for number, copied in zip(*numbers, strict=False) if len(numbers[0]) == len(numbers[1]) else ():
        target = target.replace(copied, number, 1)
    words = target.split(" ")
    alike = [(name, SAME_NAME) for name in _NAME.findall(source)]
    towns = _listed("towns")
    alike += [(word, SAME_TOWN) for word in re.findall(r"[\w-]{5,}", source) if word in towns]
    for name, least in dict.fromkeys(alike):
        if name in target:
            continue
        cores = [word.strip(_MARKS) for word in words]
        shared = [
            SequenceMatcher(None, name.casefold(), core.casefold(), autojunk=False).ratio() for core in cores
        ]
        best = max(range(len(words)), key=shared.__getitem__)
        if shared[best] > least and cores[best] not in source.split():
            words[best] = words[best].replace(cores[best], name, 1)
    return " ".join(words)


@cache
def _listed(kind: str) -> frozenset[str]:
    lines = files("iimt_cli.data").joinpath(f"{kind}.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(word for line in lines if line[0] != "#" for word in line.split())


def _places(source: str) -> Iterator[tuple[str, str]]:
    """The source's names of people and places, and what is found in the target where each should stand."""
    word, capital = r"([^\W\d_][\w-]*)", r"([A-ZÄÖÜ][\w-]*)"
    for title, name in _TITLED.findall(source):
        yield name, rf"\b(?:{_TITLES[title]}) {capital}"
    for given, name in _FULL_NAME.findall(source):
        if given in _listed("given_names"):
            yield name, rf"\b{given} {capital}"
    for name, kind in _COMPANY.findall(source):
        yield name, rf"{word},? {re.escape(kind)}(?!\w)"
    for code, town in re.findall(_TOWN, source):
        yield town, rf"\b{code},? {word}"
    for name in _DATED.findall(source):
        yield name, rf"^{word}, "
