"""What a language pack consists of: the record `Language`, which the module named after the language fills.

Every field has a neutral default, so a language without a module has no rules of its own. A pattern that is None matches
nothing. A field whose description says "alternatives" is the inside of a group of a regular expression, such as
"bijv|blz|nr".
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
    """Whether a pattern of a language matches in a text; False if the language has no such pattern (None)."""
    return pattern is not None and pattern.search(text) is not None


@dataclass(frozen=True)
class Span:
    """Characters [start, end) of a text, and the `fill` that they become in the translation.

    Spans of two languages with the same `key` mean the same, such as 14.30 Uhr and 2:30 pm.
    """

    start: int
    end: int
    fill: str
    key: str = ""


@dataclass(frozen=True)
class Sentences:
    """Where sentences begin and end.

    A sentence ends with one of `marks`; `closing` quotes and brackets may follow it. The next sentence begins with a
    capital or a figure; `opening` quotes and brackets may come before that. `inside`: a pattern for the space between
    quotes and words. `abbreviations`: alternatives, without their full stop, which does not end a sentence. `unfinished`:
    matches at the end of a text that must go on, such as an article or a conjunction. `beginnings`: alternatives, words
    that begin an item behind its number. `quotes`: the opening and closing quotation mark, if they differ; `inner_quotes`:
    those inside another quotation.
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
    """How a language builds words: `endings` of inflected forms, and `of_names`; `links` between the parts of a compound."""

    endings: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    of_names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Numbers:
    """How numbers are written. `decimal`, `thousands`: the marks.

    `words`: numbers in words, in small letters; the index of a word is its number. `words_too`: matches all other numbers in
    words, such as ordinals or "dozen". `scales`: exponents of ten and their words between a number and a currency; the first
    of these is written. `counting`: finds figures that count ("3. Stock"), in one of its groups. `counted`:
    finds them with the language's own endings (3rd), the figure in group 1; `ordinal` writes them.
    """

    decimal: str = ""
    thousands: str = ""
    words: tuple[str, ...] = ()
    words_too: re.Pattern[str] | None = None
    scales: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    counting: re.Pattern[str] | None = None
    counted: re.Pattern[str] | None = None
    ordinal: Callable[[int], str] | None = None


@dataclass(frozen=True)
class Dates:
    """Times of day, and dates.

    `times`: finds times of day in a form that only this language has. `clock`: matches if figures in a text are a time on a
    24-hour clock; `half_of_day`: if the text says which half of the day is meant. `twelve_hours`: matches times of a
    12-hour clock, with the groups hour and a or p. `month`: the name of a month or its short form, which
    follows the number of a day and a full stop. `blank`: what forms print where a date has to be filled in ("TT.MM.JJJJ").
    `calendar`: the names of the days from Monday on, then those of the months.
    """

    times: Callable[[str], Iterator[Span]] = lambda text: iter(())
    clock: re.Pattern[str] | None = None
    half_of_day: re.Pattern[str] | None = None
    twelve_hours: re.Pattern[str] | None = None
    month: re.Pattern[str] | None = None
    blank: re.Pattern[str] | None = None
    calendar: tuple[str, ...] = ()


@dataclass(frozen=True)
class Names:
    """Names of people, places and firms, which a translation keeps.

    `given_names`, `towns`: names that are not also words of the language.
    Patterns for a whole text: `person`, a full name whose first group is the given name; `firm`, a firm with its legal form;
    `address`, a road with a number, or a town with its postcode; `between_towns`, what separates towns.
    Patterns within a text: `titles`, alternatives by kind (mr, mrs, dr, prof); `titled`, a title and a name, with groups named
    after the kind and `name`; `full_name`, a given name and what follows it, at every place; `person_in_text`, in its group
    `name` given names and a surname, or what stands behind a title; `company`, a firm's name and its legal form; `town`, a
    postcode and a town; `dated`, a town before the date of a letter.
    `people`: words that may stand where a name stands and are not names ("German").
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
    person_in_text: re.Pattern[str] | None = None
    company: re.Pattern[str] | None = None
    town: re.Pattern[str] | None = None
    dated: re.Pattern[str] | None = None
    people: re.Pattern[str] | None = None


@dataclass(frozen=True)
class Misreadings:
    """What a reader of the language confuses.

    `lookalikes`: a character → those that it is taken for. `single`: letters that never stand twice in a row. `after_i`:
    matches the start of a text that has lost an I before it, since an I is a bar that is easily overlooked. `lone_one`: nats
    by which a 1 between spaces is likelier in texts of the language than an I or l there.
    """

    lookalikes: Mapping[str, str] = field(default_factory=lambda: LOOKALIKES)
    single: str = ""
    after_i: tuple[str, ...] = ()
    lone_one: float = 0.0


@dataclass(frozen=True)
class Syllables:
    """The syllables of made-up names: a start and a vowel, once or twice, then a middle and an end.

    `towns`: endings of town names, which follow a word.
    """

    starts: tuple[str, ...] = tuple("bdfghjklmnprstvz")
    vowels: str = "aeiou"
    middles: str = "lmnrst"
    ends: tuple[str, ...] = ("a", "e", "i", "o", "al", "en", "in", "on")
    towns: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sample:
    """Texts of pages on which a system is timed: headings, short lines, and sentences of running text.

    `lookalikes`: short texts that may be taken for symbols, on which the network of symbols is trained.
    """

    headings: tuple[str, ...] = ("Lorem ipsum",)
    lines: tuple[str, ...] = ("Dolor sit amet", "Consectetur adipiscing elit.")
    sentences: tuple[str, ...] = ("Sed do eiusmod tempor incididunt ut labore et dolore magna aliqua.",)
    lookalikes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Language:
    """The pack of a language. code: ISO 639-1. alphabet: all characters that its texts need.

    `units`: alternatives, units behind a number that only this language writes so. `figures`: a function from five numbers
    below 100 to texts with figures in forms that only this language has; training data uses them.
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
    """The packs of the language that is read (source) and of the one that is drawn (target)."""

    source: Language = NEUTRAL
    target: Language = NEUTRAL


NEUTRAL_PACKS = Packs()
