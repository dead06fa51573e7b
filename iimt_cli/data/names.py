"""Names of people, places and products: a translation keeps them, letter by letter."""

import re
from collections.abc import Iterator
from difflib import SequenceMatcher

SHORTEST_NAME, LONGEST_NAME = 4, 16
SAME_NAME = 0.72  # of the letters of a name and of what became of it, how many they share at least

# Common given names that are no words (as Rose, Ernst or Mark are).
GIVEN_NAMES = frozenset(
    "Achim Alexander Alfred Alina Amelie Andrea Andreas Angela Angelika Anika Anja Anke Anna Annette Anton Antonia "  # noqa: SIM905
    "Armin Arthur Astrid Barbara Bastian Beate Ben Bernd Bernhard Bettina Birgit Björn Brigitte Bruno Carina Carla "
    "Carolin Carsten Charlotte Chiara Christa Christian Christiane Christina Christine Christoph Clara Claudia "
    "Claus Clemens Cornelia Dagmar Daniel Daniela David Dennis Detlef Dieter Dietmar Dirk Dominik Doris Dorothea "
    "Eberhard Edith Elena Elias Elisabeth Elke Emil Emilia Emily Emma Erich Erik Erika Eva Fabian Felix Ferdinand "
    "Finn Florian Frank Franz Franziska Frederik Frieda Friedrich Fritz Gabriele Georg Gerd Gerda Gerhard Gertrud "
    "Gisela Greta Gudrun Günter Günther Hannah Hanna Hannes Hans Harald Hartmut Heidi Heike Heiko Heiner Heinrich "
    "Heinz Helene Helga Helmut Henrik Henry Herbert Hermann Hilde Holger Horst Hubert Hugo Ida Ilse Ines Inge "
    "Ingeborg Ingo Ingrid Irene Iris Isabel Isabell Isabella Jakob Jana Janina Jannik Jens Joachim Jochen Johann "
    "Johanna Johannes Jonas Jonathan Josef Joseph Julia Julian Julius Jürgen Jutta Karin Karl Karla Karoline "
    "Karsten Katharina Kathrin Katja Katrin Kerstin Kevin Kirsten Klara Klaus Konrad Konstantin Kristin Kurt Lara "
    "Lars Laura Lea Lena Leon Leonard Leonie Lilly Lina Linda Linus Lisa Lothar Louis Luca Luis Luisa Lukas Lydia "
    "Magdalena Maja Manfred Manuel Manuela Marcel Marco Marcus Maren Maria Marianne Marie Mario Marion Markus "
    "Marlene Marta Martha Martin Martina Mathilda Matthias Max Maximilian Melanie Mia Michael Michaela Michelle "
    "Mila Mira Miriam Monika Moritz Nadine Nadja Natalie Nele Nico Nicole Niklas Nils Nina Nora Norbert Olaf Ole "
    "Oliver Oskar Otto Pascal Patricia Patrick Paul Paula Peter Petra Philipp Pia Rainer Ralf Ralph Ramona Rebecca "
    "Regina Reinhard Renate Richard Rita Robert Roland Rolf Ronja Rosemarie Roswitha Rüdiger Rudolf Ruth Sabine "
    "Sabrina Samuel Sandra Sara Sarah Sascha Sebastian Siegfried Sigrid Silke Silvia Simon Simone Sina Sofia Sonja "
    "Sophia Sophie Stefan Stefanie Steffen Steffi Stephan Stephanie Susanne Svenja Sven Sylvia Tanja Tatjana Theo "
    "Theodor Theresa Thomas Thorsten Tim Timo Tina Tobias Tom Torben Torsten Udo Ulrich Ulrike Ursula Ute Uwe "
    "Valentin Vanessa Vera Verena Veronika Victoria Viktor Viktoria Vincent Volker Walter Waltraud Werner Wilfried "
    "Wilhelm Wilhelmine Willi Wolfgang Yannick Yvonne".split()
)

_NAME = re.compile(r"\w*[a-zäöüß][A-ZÄÖÜ]\w*")  # with a capital inside
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
_ADDRESS = re.compile(
    rf"(?:{_ROAD}(?:, ?{_TOWN}|, ?\d{{5}})?|{_TOWN})"
    rf"(?: (?:am|an der|im|in|bei|ob der) {_WORD}|[ /]{_WORD}| ?\({_WORD}\))?,?"
)
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
_COMPANY = re.compile(r"\b([A-ZÄÖÜ][\w&-]+) (GmbH|AG|KG|OHG|SE|UG|e\.V\.)(?!\w)")
_DATED = re.compile(rf"^(?!\w+tag,|Sonnabend|Mittwoch|Datum|Stand)({_WORD}), (?:den|dem)? ?\d{{1,2}}\.")
_PEOPLE = re.compile(r"(?:ish|ese|can|ian|ean|German|French|Greek|Dutch|Swiss)$")  # "Is Maria German?"


def is_name(text: str) -> bool:
    """Whether a text is one word with a capital inside: a product, no word of a language.

    Short and long ones are misread words.
    """
    return SHORTEST_NAME <= len(text) <= LONGEST_NAME and _NAME.fullmatch(text) is not None


def is_person(text: str) -> bool:
    """Whether a (German) text is the full name of a person: "Dr. Martin Hohl"."""
    person = _PERSON.fullmatch(text)
    return person is not None and GIVEN_NAMES.issuperset(person[1].split("-"))


def is_address(text: str) -> bool:
    """Whether a (German) text is a road with a number or a town with its postcode, or both: letters must arrive there."""
    return _ADDRESS.fullmatch(text) is not None


def copy_names(source: str, target: str) -> str:
    """The target with the source's names as they are.

    Those of people and places take the place of the word that stands where they should: after a title, a given name, a
    postcode; before a date, before "GmbH". Those with a capital inside, such as FileZilla, that of the word that is most like
    them, of "FilZilla"; a word unlike all names stays.
    """
    for name, place in _places(source):
        found = re.search(place, target)
        if (
            found
            and name not in target
            and found[1] != name.removesuffix("s")
            and not _PEOPLE.search(found[1])
        ):
            target = target[: found.start(1)] + name + target[found.end(1) :]
    words = target.split(" ")
    for name in dict.fromkeys(_NAME.findall(source)):
        if name in target:
            continue
        cores = [word.strip(_MARKS) for word in words]
        alike = [SequenceMatcher(None, name, core, autojunk=False).ratio() for core in cores]
        best = max(range(len(words)), key=alike.__getitem__)
        if alike[best] > SAME_NAME and cores[best] not in source.split():
            words[best] = words[best].replace(cores[best], name, 1)
    return " ".join(words)


def _places(source: str) -> Iterator[tuple[str, str]]:
    """The source's names of people and places, and what is found in the target where each should stand."""
    word, capital = r"([^\W\d_][\w-]*)", r"([A-ZÄÖÜ][\w-]*)"
    for title, name in _TITLED.findall(source):
        yield name, rf"\b(?:{_TITLES[title]}) {capital}"
    for given, name in _FULL_NAME.findall(source):
        if given in GIVEN_NAMES:
            yield name, rf"\b{given} {capital}"
    for name, kind in _COMPANY.findall(source):
        yield name, rf"{word},? {re.escape(kind)}(?!\w)"
    for code, town in re.findall(_TOWN, source):
        yield town, rf"\b{code},? {word}"
    for name in _DATED.findall(source):
        yield name, rf"^{word}, "
