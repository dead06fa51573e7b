"""What the rest of the code may ask a language: one record of small ones, filled by the module named after the language.

Every default says nothing: of a language without a module only what its script has in common with others is known.
Patterns that are None are never found. A field that is called "alternatives" is the inside of a group of a regular expression.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from iimt_cli.language.alphabet import ASCII
from iimt_cli.language.inflection import Inflection

LOOKALIKES: Mapping[str, str] = {
    "a": "ods", "b": "hlo", "c": "eot", "d": "aoc", "e": "cao", "f": "tl", "g": "qyo", "h": "bnk", "i": "lIj1", "j": "i",
    "k": "hx", "l": "iI1t", "m": "nw", "n": "umr", "o": "ae", "p": "gn", "q": "g", "r": "nvt", "s": "anz", "t": "fcrl",
    "u": "nvw", "v": "yru", "w": "uvr", "x": "k", "y": "vg", "z": "sr",
    "A": "4R", "B": "8RE", "C": "GO", "D": "OB", "E": "FB", "F": "EP", "G": "C6", "H": "MN", "I": "lT1", "J": "I", "K": "RX",
    "L": "I", "M": "NHI", "N": "MH", "O": "0QD", "P": "FR", "R": "KB", "S": "5B", "T": "IF", "U": "V", "V": "W", "W": "V",
    "Z": "2", "0": "O", "1": "lI", "5": "S", "8": "B", ".": ",", ",": ".", "-": "", "!": "lI",
    "?": "P7", " ": "",
}  # fmt: skip
"""What a reader takes plain Latin letters and signs for in a face that it has not seen."""


def found(pattern: re.Pattern[str] | None, text: str) -> bool:
    """Whether a pattern of a language is found in a text; never, if the language has none."""
    return pattern is not None and pattern.search(text) is not None


@dataclass(frozen=True)
class Span:
    """Characters [start, end) of a text, and what they become in the translation.

    Spans of two languages with the same `key` mean the same: 14.30 Uhr and 2:30 pm.
    """

    start: int
    end: int
    fill: str
    key: str = ""


@dataclass(frozen=True)
class Sentences:
    """Where sentences begin and end.

    A sentence ends with one of `marks`, after which `closing` quotes and brackets may stand, and the next begins with a
    capital or a figure, before which `opening` ones may. `inside` is a pattern of what stands between quotes and words.
    `abbreviations` are alternatives that end with a full stop and no sentence; the full stop is left out.
    `unfinished` is found at the end of a text that must go on: an article, a conjunction. `beginnings` are alternatives
    of words that begin an item behind its number. `quotes` are the two signs of a quotation, if they differ, and
    `inner_quotes` those inside another one.
    """

    marks: str = ".!?…:"
    opening: str = '"“„«»('
    closing: str = '"“”«»)'
    inside: str = ""
    abbreviations: str = ""
    unfinished: re.Pattern[str] | None = None
    beginnings: str = ""
    quotes: str = ""
    inner_quotes: str = ""


@dataclass(frozen=True)
class Morphology:
    """How a language builds words: `endings` of inflected forms, those `of_names`, `links` between the parts of a compound."""

    endings: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    of_names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Numbers:
    """How numbers are written: `decimal` and `thousands` marks, and in words.

    `words` in small letters stand each at its own number. `words_too` finds any other number in words, an ordinal, a dozen.
    """

    decimal: str = ""
    thousands: str = ""
    words: tuple[str, ...] = ()
    words_too: re.Pattern[str] | None = None


@dataclass(frozen=True)
class Dates:
    """Times of day, and dates.

    `times` finds times of day that no other language writes so. `clock` tells that figures are a time of day of 24 hours,
    `half_of_day` which half of the day is meant. `twelve_hours` finds (hour, a or p) of a clock of twelve hours. `months`
    are alternatives of how months begin that follow the number of a day and a full stop. `blank` is what a form has where
    a date is to be filled in.
    """

    times: Callable[[str], Iterator[Span]] = lambda text: iter(())
    clock: re.Pattern[str] | None = None
    half_of_day: re.Pattern[str] | None = None
    twelve_hours: re.Pattern[str] | None = None
    months: str = ""
    blank: re.Pattern[str] | None = None


@dataclass(frozen=True)
class Names:
    """Names of people, places and firms, which a translation keeps.

    `given_names` and `towns` are no words of the language. `person` is a full name, its first group the given name; `firm` a
    firm's with its legal form; `address` a road with a number, a town with its postcode. `between_towns` parts towns.
    In a text: `titles` are alternatives by kind (mr, mrs, dr, prof), and `titled` is one of them, a group called as its
    kind, with a `name`. `full_name` is a given name and what follows it, at every place; `company` a firm's name and its
    legal form; `town` a postcode and a town; `dated` a town before the date of a letter. `people` stand where a name might,
    and are none: "German".
    """

    given_names: frozenset[str] = frozenset()
    towns: frozenset[str] = frozenset()
    person: re.Pattern[str] | None = None
    firm: re.Pattern[str] | None = None
    address: re.Pattern[str] | None = None
    between_towns: re.Pattern[str] | None = None
    titles: Mapping[str, str] = field(default_factory=dict)
    titled: re.Pattern[str] | None = None
    full_name: re.Pattern[str] | None = None
    company: re.Pattern[str] | None = None
    town: re.Pattern[str] | None = None
    dated: re.Pattern[str] | None = None
    people: re.Pattern[str] | None = None


@dataclass(frozen=True)
class Misreadings:
    """What a reader of the language takes for something else.

    `lookalikes` of each character. `single` are letters that never stand twice in a row. `after_i` is what a text begins
    with whose first letter was an I, a bar that is easily overlooked.
    """

    lookalikes: Mapping[str, str] = field(default_factory=lambda: LOOKALIKES)
    single: str = ""
    after_i: tuple[str, ...] = ()


@dataclass(frozen=True)
class Syllables:
    """What made-up names are put together from: a start and a vowel, once or twice, a middle, an end.

    `towns` are what the names of towns end with, behind a word.
    """

    starts: tuple[str, ...] = tuple("bdfghjklmnprstvz")
    vowels: str = "aeiou"
    middles: str = "lmnrst"
    ends: tuple[str, ...] = ("a", "e", "i", "o", "al", "en", "in", "on")
    towns: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sample:
    """What pages say that a system is timed on: headings, short lines, and sentences of text that wraps."""

    headings: tuple[str, ...] = ("Lorem ipsum",)
    lines: tuple[str, ...] = ("Dolor sit amet", "Consectetur adipiscing elit.")
    sentences: tuple[str, ...] = ("Sed do eiusmod tempor incididunt ut labore et dolore magna aliqua.",)


@dataclass(frozen=True, eq=False)
class Language:
    """All that is known of a language, by its ISO 639-1 code. `alphabet` are the characters that its texts need.

    `units` are alternatives of what stands behind a number and only this language writes so. `figures` makes things that
    stay as they are, and that only this language writes so, from five numbers below 100.
    """

    code: str
    alphabet: str = ASCII
    sentences: Sentences = Sentences()
    morphology: Morphology = Morphology()
    inflection: Inflection = field(default_factory=Inflection)
    numbers: Numbers = Numbers()
    dates: Dates = Dates()
    names: Names = Names()
    units: str = ""
    misreadings: Misreadings = Misreadings()
    syllables: Syllables = Syllables()
    sample: Sample = Sample()
    figures: Callable[[Sequence[int]], tuple[str, ...]] = lambda numbers: ()


NEUTRAL = Language("")


class Packs(NamedTuple):
    """What is known of the language that is read, and of the one that is drawn."""

    source: Language = NEUTRAL
    target: Language = NEUTRAL


NEUTRAL_PACKS = Packs()
