"""English: how it builds words and sentences, tells the time and writes numbers."""

import re
from collections.abc import Iterator

from iimt_cli.language.alphabet import ASCII
from iimt_cli.language.base import Dates, Language, Morphology, Names, Numbers, Sentences, Span

_TIME = re.compile(r"(?<![\d.,:])(1[0-2]|0?\d)(?:[:.]([0-5]\d))? ?([ap])(?:\.m\.|\.?m\b)", re.IGNORECASE)

_NUMBERS = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen",
    "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty",
)  # fmt: skip


def times(text: str) -> Iterator[Span]:
    """2:30 pm, 8 a.m."""
    for match in _TIME.finditer(text):
        hour = int(match[1]) % 12 + 12 * (match[3] in "pP")
        yield Span(match.start(), match.end(), match[0], f"{hour}{match[2] or '00'}")


def ordinal(number: int) -> str:
    """1st, 2nd, 3rd, 4th, 11th."""
    teen = number % 100 // 10 == 1
    return f"{number}{'th' if teen else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"


_CALENDAR = (
    "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday",
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
)  # fmt: skip

LANGUAGE = Language(
    code="en",
    alphabet=ASCII + "–‘’“”…€",
    sentences=Sentences(
        opening='"“(',
        closing='"”)',
        abbreviations=r"[A-Z]|Mrs?|Ms|Dr|Prof|St|No|vs|etc|approx|e\.g|i\.e|Jr|Inc|Ltd",
        quotes="“”",
        inner_quotes="‘’",
    ),
    morphology=Morphology(endings=("s", "es", "ed", "ing")),
    numbers=Numbers(
        decimal=".",
        thousands=",",
        words=_NUMBERS,
        words_too=re.compile(
            r"\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|hundred|thousand|million|dozen|second|third"
            r"|(?:four|fif|six|seven|eigh|nin|ten|eleven|twelf|\w+teen|\w+tie)th|(?:twent|thirt|fort|fift|sixt|sevent|eight|ninet)(?:y|ies)"
            r"|twice|both|half|pair|midnight|noon)s?\b",
            re.IGNORECASE,
        ),
        counted=re.compile(r"(?<![\w.,])(\d+)(?:st|nd|rd|th)\b"),
        ordinal=ordinal,
        scales={3: ("thousand", "k"), 6: ("million", "m"), 9: ("billion", "bn"), 12: ("trillion", "tn")},
    ),
    dates=Dates(
        times=times,
        twelve_hours=re.compile(r"\b(\d{1,2})(?::\d\d)? ?([ap])\.?m\b", re.IGNORECASE),
        calendar=_CALENDAR,
    ),
    names=Names(
        titles={
            "mr": r"Mr\.?|Mister|Sir",
            "mrs": r"Mrs\.?|Ms\.?|Miss",
            "dr": r"Dr\.?|Doctor",
            "prof": r"Prof\.?|Professor",
        },
        people=re.compile(r"(?:ish|ese|can|ian|ean|German|French|Greek|Dutch|Swiss)$"),
    ),
)
