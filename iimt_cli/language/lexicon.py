"""A bilingual lexicon: what rare words of the source mean, told to the text encoder as hints.

A small network cannot learn a hundred thousand words that it sees three times each, but it can learn to use a lexicon
(Zhong and Chiang 2020, arXiv 2010.05997). The file is gzipped text, one word a line: a count, the word, its translations.
"""

import gzip
import math
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from iimt_cli.errors import IimtError
from iimt_cli.language import language
from iimt_cli.language.base import Morphology
from iimt_cli.language.protected import PLACEHOLDER

NO_MORPHOLOGY = Morphology()
LEXICON = "lexicon.tsv.gz"  # beside the weights
RARE = 40  # times that a word stands in one epoch of the training text: below, a network has not learnt it
SHORTEST_PART = 4  # letters of the last part of a compound: shorter ones are endings
SHORTEST_FRONT = 3  # letters of the other parts
_WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True)
class Hint:
    """What the word that ends at character `end` of a text may mean, the likeliest first."""

    end: int
    word: str
    meanings: tuple[str, ...]


class Lexicon:
    """Words in small letters → (count in the training text, translations)."""

    def __init__(
        self, entries: Mapping[str, tuple[int, tuple[str, ...]]], morphology: Morphology = NO_MORPHOLOGY
    ) -> None:
        self._entries, self._morphology = dict(entries), morphology
        self._splits: dict[str, tuple[str, ...]] = {}  # those that were asked for

    @classmethod
    def load(cls, path: Path, code: str) -> "Lexicon":
        """The lexicon of a language, by its code. Raises IimtError if the file is damaged."""
        entries = {}
        try:
            with gzip.open(path, "rt", encoding="utf-8") as file:
                for line in file:
                    count, word, meanings = line.rstrip("\n").split("\t")
                    entries[word] = (int(count), tuple(meanings.split("|")))
        except (OSError, EOFError, ValueError, zlib.error) as error:
            raise IimtError(f"{path}: not a lexicon ({error})") from error
        return cls(entries, language(code).morphology)

    def save(self, path: Path) -> None:
        lines = (
            f"{count}\t{word}\t{'|'.join(meanings)}\n"
            for word, (count, meanings) in sorted(self._entries.items())
        )
        path.write_bytes(gzip.compress("".join(lines).encode("utf-8"), mtime=0))

    def __len__(self) -> int:
        return len(self._entries)

    def hints(self, text: str) -> list[Hint]:
        """What the rare words of a text may mean, in their order. A word that even the parts do not explain has no hint."""
        hints = []
        for match in _WORD.finditer(PLACEHOLDER.sub("   ", text)):
            if meanings := self.meanings(match[0]):
                hints.append(Hint(match.end(), match[0], meanings))
        return hints

    def meanings(self, word: str) -> tuple[str, ...]:
        """Of a rare word: its entry's, that of its base form, or those of its parts in a row. Of a common word: none."""
        key = word.casefold()
        if key in self._entries:
            count, meanings = self._entries[key]
            return () if count >= RARE else meanings
        if base := self._base(key):
            return self._entries[base][1]
        return self.parts(word)

    def all_meanings(self, word: str) -> tuple[str, ...]:
        """The same of any word, rare or common."""
        entry = self._entry(word.casefold())
        return self._entries[entry][1] if entry else self.parts(word)

    def count(self, word: str) -> int:
        """How often a word, or its base form, stands in one epoch of the training text."""
        entry = self._entry(word.casefold())
        return self._entries[entry][0] if entry else 0

    def says(self, word: str) -> bool:
        """Whether any entry means this word of the target language."""
        return word.casefold() in self._target_words

    @cached_property
    def _target_words(self) -> frozenset[str]:
        return frozenset(
            word.casefold()
            for _, meanings in self._entries.values()
            for text in meanings
            for word in text.split()
        )

    def parts(self, word: str) -> tuple[str, ...]:
        """The translations of a compound's parts, in a row; empty if it is none that is known."""
        found = self._split(word.casefold())
        return (" ".join(self._entries[part][1][0] for part in found),) if found else ()

    def known(self, word: str) -> bool:
        """Whether a word, its base form or its parts have an entry."""
        key = word.casefold()
        return key in self._entries or bool(self._base(key)) or bool(self._split(key))

    def _base(self, key: str) -> str:
        """The entry of which `key` is an inflected form, or the other way round; empty if there is none."""
        for ending in self._morphology.endings:
            stem = key.removesuffix(ending)
            if stem != key and len(stem) >= SHORTEST_PART and stem in self._entries:
                return stem
        return next(
            (
                key + e
                for e in self._morphology.endings
                if len(key) >= SHORTEST_PART and key + e in self._entries
            ),
            "",
        )

    def _entry(self, key: str) -> str:
        return key if key in self._entries else self._base(key)

    def _split(self, key: str) -> tuple[str, ...]:
        """The entries of a compound's parts: as few as there can be, and of these the commonest (the highest geometric mean
        of their counts, Koehn and Knight 2003). Empty if there are none."""
        if key not in self._splits:
            self._splits[key] = self._in_two(key) or self._in_three(key)
        return self._splits[key]

    def _in_two(self, key: str) -> tuple[str, ...]:
        best: tuple[str, ...] = ()
        score = -1.0
        for start in range(SHORTEST_FRONT, len(key) - SHORTEST_PART + 1):
            if last := self._entry(key[start:]):
                for front in filter(None, map(self._entry, self._fronts(key[:start]))):
                    weight = math.log(1 + self._entries[front][0]) + math.log(1 + self._entries[last][0])
                    if weight > score:
                        best, score = (front, last), weight
        return best

    def _in_three(self, key: str) -> tuple[str, ...]:
        """A last part as long as possible behind a compound of two."""
        for start in range(SHORTEST_FRONT + SHORTEST_PART, len(key) - SHORTEST_PART + 1):
            if last := self._entry(key[start:]):
                for front in self._fronts(key[:start]):
                    if two := self._in_two(front):
                        return (*two, last)
        return ()

    def _fronts(self, front: str) -> Iterator[str]:
        """What a front part may be without the letters that link it to the next."""
        for link in self._morphology.links:
            if front.endswith(link) and len(front) - len(link) >= SHORTEST_FRONT:
                yield front[: len(front) - len(link)]
