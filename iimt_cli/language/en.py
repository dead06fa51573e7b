"""English: how it tells the time."""

import re
from collections.abc import Iterator

from iimt_cli.language.base import Language, Morphology, Span

_TIME = re.compile(r"(?<![\d.,:])(1[0-2]|0?\d)(?:[:.]([0-5]\d))? ?([ap])(?:\.m\.|\.?m\b)", re.IGNORECASE)


def times(text: str) -> Iterator[Span]:
    """2:30 pm, 8 a.m."""
    for match in _TIME.finditer(text):
        hour = int(match[1]) % 12 + 12 * (match[3] in "pP")
        yield Span(match.start(), match.end(), match[0], f"{hour}{match[2] or '00'}")


LANGUAGE = Language(code="en", morphology=Morphology(endings=("s", "es", "ed", "ing")), times=times)
