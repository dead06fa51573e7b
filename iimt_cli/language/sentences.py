"""Where sentences begin and end: the one definition for all of the code."""

import re
from functools import cache
from itertools import pairwise

from iimt_cli.language.alphabet import CAPITAL
from iimt_cli.language.base import Language, Sentences

PAUSE = ";"  # at the end of a line it counts as the end of a sentence: the next line is a text of its own


def sentence_ends(text: str, pack: Language) -> list[int]:
    """The characters at which a sentence begins behind another one."""
    return [
        match.end()
        for match in _between(pack.sentences).finditer(text)
        if not abbreviated(text[: match.start()], pack)
    ]


def sentences(text: str, pack: Language) -> list[str]:
    """The sentences of a text, without the spaces between them."""
    places = [0, *sentence_ends(text, pack), len(text)]
    parts = (text[a:b].strip() for a, b in pairwise(places))
    return [part for part in parts if part]


def ends_sentence(line: str, pack: Language) -> bool:
    """Whether a line ends with the end of a sentence or a pause. An abbreviation at the end may be its last word."""
    return bool(_at_end(pack.sentences).search(line.strip()))


def abbreviated(text: str, pack: Language) -> bool:
    """Whether the full stop at the end of a text is that of an abbreviation."""
    found = _abbreviation(pack.sentences)
    return found is not None and found.search(text) is not None


@cache
def _between(rules: Sentences) -> re.Pattern[str]:
    marks, opening, closing = map(re.escape, (rules.marks, rules.opening, rules.closing))
    return re.compile(
        rf"(?<=[{marks}])(?:{rules.inside}[{closing}])* (?=(?:[{opening}]{rules.inside})*[{CAPITAL}0-9])"
    )


@cache
def _at_end(rules: Sentences) -> re.Pattern[str]:
    return re.compile(
        rf"[{re.escape(rules.marks + PAUSE)}](?:{rules.inside}[{re.escape(rules.closing)}'\]])*$"
    )


@cache
def _abbreviation(rules: Sentences) -> re.Pattern[str] | None:
    return re.compile(rf"\b(?:{rules.abbreviations})\.$") if rules.abbreviations else None
