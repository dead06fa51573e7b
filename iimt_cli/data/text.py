"""Cleaning text for an alphabet, changing between capitals and small letters, and measuring how far two texts differ."""

import re
import unicodedata
from functools import cache

from iimt_cli.language.alphabet import WESTERN

_REPLACE = str.maketrans(
    {
        "\u00a0": " ", "\u2009": " ", "\u202f": " ", "\u2002": " ", "\u2003": " ", "\t": " ", "\n": " ", "\r": " ",
        "\u00ad": "", "\u200b": "", "\ufeff": "", "\u200e": "", "\u200f": "",
        "\u2010": "-", "\u2011": "-", "\u2012": "–", "\u2015": "—", "\u2212": "-",
        "\u2032": "'", "\u2033": '"', "\u02bc": "’", "\u00b4": "'", "\u201b": "‘", "\u201f": "“",
        "\u2039": "«", "\u203a": "»", "\u2022": "•", "\u25cf": "•", "\u00d7": "x", "\u2044": "/",
    }
)  # fmt: skip
_SPACES = re.compile(r" {2,}")


def clean(text: str) -> str:
    """Text in composed form (NFC) with one kind of space and the alphabets' own quotes and dashes."""
    return _SPACES.sub(" ", unicodedata.normalize("NFC", text).translate(_REPLACE)).strip()


def drawable(text: str, alphabet: str = WESTERN) -> bool:
    """Whether every character of a cleaned text is in an alphabet."""
    return _characters(alphabet).issuperset(text)


@cache
def _characters(alphabet: str) -> frozenset[str]:
    return frozenset(alphabet)


def is_capital(text: str) -> bool:
    """Whether all letters are capitals. Letters without a capital, such as ß, do not count."""
    return "".join(c for c in text if len(c.upper()) == 1).isupper()


def lower_case(text: str) -> str:
    """`text` in small letters, with the same number of characters."""
    return "".join(c.lower() if len(c.lower()) == 1 else c for c in text)


def upper_case(text: str) -> str:
    """`text` in capitals, with the same number of characters: a letter without a single capital, such as ß, stays."""
    return "".join(c.upper() if len(c.upper()) == 1 else c for c in text)


def capitals_of(example: str, text: str) -> str:
    """`text` with the capitals of `example`: all capitals if `example` is, or a capital at the start if `example` has one.

    Used for words of a dictionary, which has small letters where titles, buttons and labels start with a capital.
    """
    return upper_case(text) if is_capital(example) else begins_like(example, text)


def begins_like(example: str, text: str) -> str:
    """`text` with a capital at the start if `example` has one."""
    first, place = (next((i for i, c in enumerate(side) if c.isalnum()), 0) for side in (example, text))
    if example[first : first + 1].isupper():
        return text[:place] + upper_case(text[place : place + 1]) + text[place + 1 :]
    return text


def ends_like(example: str, text: str) -> str:
    """`text` with the comma, colon or semicolon at the end that `example` has there, in place of other marks or of none.

    The full stop of an abbreviation such as "a.m." stays before it.
    """
    mark, said = example.rstrip()[-1:], text.rstrip()
    if mark not in (",", ":", ";") or not said or said[-1] == mark:
        return text
    return (said if re.search(r"\w\.\w\.$", said) else said.rstrip(".,:;!?…")) + mark + text[len(said) :]


def edit_distance(left: str, right: str) -> int:
    """Levenshtein distance in characters."""
    import numpy as np  # here, because what needs no distances starts a tenth of a second sooner without it

    if len(left) < len(right):
        left, right = right, left
    codes = np.array([ord(c) for c in right], np.int64)
    steps = np.arange(len(codes) + 1)
    row = steps.copy()
    for i, character in enumerate(left, 1):
        best = np.empty_like(row)
        best[0] = i
        best[1:] = np.minimum(row[1:] + 1, row[:-1] + (codes != ord(character)))
        # Insertions run along the row: min over k <= j of best[k] + (j - k), as one running minimum.
        row = np.minimum.accumulate(best - steps) + steps
    return int(row[-1])


def is_utf8(text: str) -> bool:
    """Whether a text can be encoded as UTF-8. Half a surrogate pair, as a broken file may have it, cannot."""
    return not any("\ud800" <= character <= "\udfff" for character in text)
