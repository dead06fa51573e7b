"""German: how it builds words, tells the time and writes numbers."""

import re
from collections.abc import Iterator

from iimt_cli.language.base import Language, Morphology, Span

_HOUR = r"(?<![\d.,:])([01]?\d|2[0-4])(?:[.:]([0-5]\d))?"
_TIME = re.compile(
    rf"{_HOUR} ?(?:Uhr\b(?: ([0-5]\d)\b)?|(?=(?:bis|–|-|—|und|oder) ?(?:[01]?\d|2[0-4])(?:[.:][0-5]\d)? ?Uhr\b))",
    re.IGNORECASE,
)
_THOUSANDS = re.compile(r"(?<![\d.,])\d{1,3}(?:\.\d{3})+(?:,\d+)?(?![\d.])")
_DECIMAL = re.compile(r"(?<![\d.,])\d+,\d+(?![\d.,])")


def times(text: str) -> Iterator[Span]:
    """14.30 Uhr, 8 Uhr, 8 Uhr 30, and both ends of 8 bis 17 Uhr: each becomes hours and minutes with a colon."""
    for match in _TIME.finditer(text):
        hour, minutes = match[1], match[2] or match[3] or "00"
        end = match.start() + len(match[0].rstrip())
        yield Span(match.start(), end, f"{hour}:{minutes}", f"{int(hour)}{minutes}")


def localised(number: str) -> str:
    """A number with a decimal point instead of a comma, 1.250,50 as 1,250.50. Dates and versions stay."""

    def thousands(match: re.Match[str]) -> str:
        whole, comma, rest = match[0].partition(",")
        return whole.replace(".", ",") + ("." + rest if comma else "")

    grouped = _THOUSANDS.sub(thousands, number)
    return grouped if grouped != number else _DECIMAL.sub(lambda m: m[0].replace(",", "."), number)


LANGUAGE = Language(
    code="de",
    morphology=Morphology(
        endings=("n", "e", "en", "s", "es", "er", "ern", "em", "ens", "st", "t", "te", "ten"),
        links=("", "s", "n", "en", "es", "er", "e", "-", "s-"),
    ),
    times=times,
    localised=localised,
)
