"""What kind of picture some texts stand in, its genre: a menu, a letter of a bank, a timetable.

It decides the sense of a text that means different things in different pictures: "Karten" are cards in a bank's app and maps
in a hiking guide. The words of all texts of a picture tell it, by a vocabulary of words with the genres in which they are
usual (naive Bayes). The vocabulary is a gzipped file beside the weights with one word a line, WORD TAB GENRES with commas.
"""

import gzip
import math
import re
import zlib
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TypeAlias

from iimt_cli.errors import IimtError

GENRES = "genres.tsv.gz"  # beside the weights
# How much likelier a word is in its genres than in the others, and how much less a word counts than if it were independent of
# the other words of its picture. Set: of 59 invented pictures 56 have their genre (`recipes/known_coverage.py`), and 50 of 51
# which it says more than 0.8.
LIKELIER = 10.0
INDEPENDENT = 0.5
EVERYWHERE = "*"  # in place of a genre: the sense of a text in pictures that tell no other
MOSTLY = 0.9  # share of the pictures in which a text has that sense, if nothing is known of them; set
SHORTEST = 5  # letters: "konto" is found in "Girokonto", but "reis" is not in "Preis"
_WORD = re.compile(r"[^\W\d_]{2,}")

Genre: TypeAlias = Mapping[str, float]
"""The genres with their probabilities, which sum up to 1; empty if nothing is known."""
NO_GENRE: Genre = MappingProxyType({})


class Genres:
    """Words → the genres of the pictures in which they are usual."""

    def __init__(self, words: Mapping[str, Iterable[str]]) -> None:
        self._words = {word.casefold(): frozenset(genres) for word, genres in words.items()}
        self.names = sorted(set().union(*self._words.values()))

    @classmethod
    def load(cls, path: Path) -> "Genres":
        """Raises IimtError if the file is damaged."""
        try:
            lines = gzip.decompress(path.read_bytes()).decode("utf-8").splitlines()
            words = {word: genres.split(",") for word, genres in (line.split("\t") for line in lines)}
            if not words:
                raise ValueError("empty")
            return cls(words)
        except (OSError, EOFError, ValueError, zlib.error) as error:
            raise IimtError(f"{path}: no words with their genres ({error})") from error

    def save(self, path: Path) -> None:
        lines = (f"{word}\t{','.join(sorted(genres))}\n" for word, genres in sorted(self._words.items()))
        path.write_bytes(gzip.compress("".join(lines).encode("utf-8"), mtime=0))

    def of(self, texts: Iterable[str]) -> Genre:
        """The genre of a picture with these texts. Empty if no word of them tells it."""
        found = {self._entry(word.casefold()) for text in texts for word in _WORD.findall(text)} - {""}
        if not found:
            return NO_GENRE
        odds = dict.fromkeys(self.names, 0.0)
        for entry in found:
            for name in self._words[entry]:
                odds[name] += INDEPENDENT * math.log(LIKELIER)
        most = max(odds.values())
        shares = {name: math.exp(value - most) for name, value in odds.items()}
        whole = sum(shares.values())
        return {name: share / whole for name, share in shares.items()}

    def _entry(self, word: str) -> str:
        """The longest entry at the end of a word in small letters, for example that of its last part, or ""."""
        ends = (word[start:] for start in range(max(1, len(word) - SHORTEST + 1)))
        return next((end for end in ends if end in self._words), "")

    def likeliest(self, senses: Mapping[str, Collection[str]], genre: Genre) -> tuple[str, float]:
        """The likeliest of the senses of a text in a picture of a genre, and its probability; "" if it probably has none.

        senses: each with the genres of the pictures that have it. By Bayes' rule: if nothing is known of a picture, the text
        has the sense with EVERYWHERE with the probability MOSTLY, and any other sense the likelier the more genres it has. In
        genres that no sense has, the text has the sense with EVERYWHERE or, if there is no such sense, one that is not known.
        """
        usual = next((sense for sense, own in senses.items() if EVERYWHERE in own), "")
        own = {sense: set(names).intersection(self.names) for sense, names in senses.items()}
        own[usual] = own.get(usual, set()).union(set(self.names).difference(*own.values()))
        others = sum(len(names) for sense, names in own.items() if sense != usual) or 1
        odds = {}
        for sense, names in own.items():
            here = sum(genre.get(name, 0.0) for name in names) if genre else len(names) / len(self.names)
            if usual:
                here *= MOSTLY / max(1, len(names)) if sense == usual else (1 - MOSTLY) / others
            odds[sense] = here
        best = max(odds, key=lambda sense: odds[sense])
        return best, odds[best] / sum(odds.values())
