"""Names of people, places and firms where German is spoken, and their addresses."""

import re
from importlib.resources import files

from iimt_cli.language.base import Names

_CAPITAL, _SMALL = "[A-ZÄÖÜ]", "[a-zäöüß]"
_WORD = rf"{_CAPITAL}{_SMALL}+(?:-{_CAPITAL}{_SMALL}+)?"
# It must not match "Parkplatz 3", "Bundesstraße 7", "Im Kapitel 2" and "10000 Menschen".
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
_TITLES = {"mr": "Herrn?", "mrs": "Frau", "dr": r"Dr\.", "prof": r"Prof\."}
_ANY_TITLE = "|".join(f"(?P<{kind}>{title})" for kind, title in _TITLES.items())
_LEGAL_FORM = r"GmbH|AG|KG|OHG|e\.V\."


def listed(name: str) -> frozenset[str]:
    """The words of a file beside this module, without its comments."""
    lines = files(__package__).joinpath(name).read_text(encoding="utf-8").splitlines()
    return frozenset(word for line in lines if line[0] != "#" for word in line.split())


_GIVEN_NAMES = listed("given_names.txt")
_GIVEN = rf"(?:{'|'.join(sorted(_GIVEN_NAMES))})(?:-{_WORD})?"
_ROLES = (
    r"(?:(?:Doktor|Professor|Präsident|Minister|Kanzler|Direktor|Richter|Lehrer|Nachbar)(?:in)?\b"
    r"|Bürgermeister|Kolleg|Ober|Pfarrer|Hauptmann|Dr\.|Prof\.)"
)
_PARTICLES = "(?:(?:von|van|vom|zu|zur|der|den|de) )*"

NAMES = Names(
    given_names=_GIVEN_NAMES,
    towns=listed("towns.txt"),
    person=re.compile(rf"(?:(?:Prof|Dr)\. ?)*({_WORD})(?: {_WORD}| {_CAPITAL}\.)?(?: von| van| zu)? {_WORD}"),
    firm=re.compile(rf"(?:{_CAPITAL}[\w&.-]* (?:& )?){{1,5}}(?:{_LEGAL_FORM}|mbH)(?: & Co\. KG)?"),
    address=re.compile(
        rf"(?:{_ROAD}(?:, ?{_TOWN}|, ?\d{{5}})?|{_TOWN})"
        rf"(?: (?:am|an der|im|in|bei|ob der) {_WORD}|[ /]{_WORD}| ?\({_WORD}\))?,?"
    ),
    between_towns=re.compile(r" [–—-] |, ?| ?/ ?|- |(?<=\w) Hbf\b"),
    titles=_TITLES,
    titled=re.compile(rf"\b(?:{_ANY_TITLE}) (?!{_ROLES})(?P<name>{_WORD})"),
    full_name=re.compile(rf"\b(?=({_WORD}) ({_WORD}))"),
    person_in_text=re.compile(
        rf"\b(?P<title>(?:{'|'.join(_TITLES.values())})(?: (?:Dr|Prof)\.)* )?"
        rf"(?P<name>(?(title)(?!{_ROLES})(?:{_GIVEN} )*|{_GIVEN} (?:{_GIVEN} )*){_PARTICLES}{_WORD})\b"
    ),
    company=re.compile(rf"\b({_CAPITAL}[\w&-]+) ({_LEGAL_FORM}|SE|UG)(?!\w)"),
    town=re.compile(_TOWN),
    dated=re.compile(rf"^(?!\w+tag,|Sonnabend|Mittwoch|Datum|Stand)({_WORD}), (?:den|dem)? ?\d{{1,2}}\."),
)
