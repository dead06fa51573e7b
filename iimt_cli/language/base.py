"""What the rest of the code may ask a language: one record, filled by the module that is named after the language."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass


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
class Morphology:
    """How a language builds words: `endings` of inflected forms and `links` between the parts of a compound."""

    endings: tuple[str, ...] = ()
    links: tuple[str, ...] = ()


@dataclass(frozen=True)
class Language:
    """`times` finds times of day that no other language writes so; `localised` writes a number as English does."""

    code: str
    morphology: Morphology = Morphology()
    times: Callable[[str], Iterator[Span]] = lambda text: iter(())
    localised: Callable[[str], str] = lambda number: number
