"""A bilingual lexicon: the meanings of rare words of the source, which the text encoder gets as hints.

A small network cannot learn a hundred thousand words that it sees three times each, but it can learn to use a lexicon
(Zhong and Chiang 2020, arXiv 2010.05997). The file is gzipped text with one word a line: a count, the word as it is usually
written, its translations. A common word may have no translations. Then it has no hint, not even that of a word that looks
like its base form. The usual spelling also tells how a text in capitals would be written in a sentence. Phrases such as
"Innere Medizin" have lines of their own, because their words alone do not tell what they mean together.
"""

import gzip
import math
import re
import zlib
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path

from iimt_cli.errors import IimtError
from iimt_cli.language import language
from iimt_cli.language.base import Morphology
from iimt_cli.language.lines import Lines
from iimt_cli.language.protected import PLACEHOLDER
from iimt_cli.loading import loading

NO_MORPHOLOGY = Morphology()
LEXICON = "lexicon.tsv.gz"  # beside the weights
# A word gets a hint if it stands in one epoch of the training text less often than this. 300 had the best chrF on the
# development texts together; 150 and 500 were tried, too (README of the weights, "Lexicon and copying").
RARE = 300
WHOLE = (
    0.02  # × as often as all longer words that begin with it a whole word stands in training text, at least
)
SHORTEST_PART = 4  # letters of the last part of a compound: shorter ones are endings
SHORTEST_FRONT = 3  # letters of the other parts
SHORTEST_NAME = 3  # letters
STEM = 5  # letters that two forms of a word of the target share: "house", "houses"
FIRST = 3  # letters by which phrases are looked up
PART = 1 << 18  # bytes of a file that are taken at once
_WORD = re.compile(r"[^\W\d_]+")
_BETWEEN = (" ", "- ", "-")  # what may stand between two words of a phrase
_SENTENCE_ENDS = ("", ".", "!", "?")  # a sentence begins behind these; "" stands for the start of a text


@dataclass(frozen=True)
class Entry:
    """The entry of a word: how often the training text has it, and its translations, the likeliest first; maybe none."""

    count: int
    meanings: tuple[str, ...]


@dataclass(frozen=True)
class Hint:
    """The meanings, the likeliest first, of the word or phrase that ends at character `end` of a text."""

    end: int
    word: str
    meanings: tuple[str, ...]


def first_letters(word: str) -> str:
    """The first letters of a target word. Two words with the same first letters are taken for forms of one word."""
    return word.casefold()[:STEM]


def unsaid(hints: Sequence[Hint], text: str) -> float:
    """How many hints the translation `text` does not use.

    A hint counts from 0 to 1: the share of the words of its meaning that the text lacks. Of several meanings the one that
    lacks least counts.
    """
    said = {first_letters(word) for word in _WORD.findall(text)}
    return sum(min(_missing(meaning, said) for meaning in hint.meanings) for hint in hints)


def _missing(meaning: str, said: set[str]) -> float:
    words = _WORD.findall(meaning)
    return sum(first_letters(word) not in said for word in words) / max(1, len(words))


class Lexicon:
    """Words in any spelling → their entries."""

    def __init__(
        self,
        entries: Mapping[str, Entry],
        morphology: Morphology = NO_MORPHOLOGY,
        given_names: Container[str] = (),
    ) -> None:
        """`entries`: of words as they are usually written. `given_names`: they mean themselves, whatever their entries say."""
        lines = (f"{entry.count}\t{word}\t{'|'.join(entry.meanings)}\n" for word, entry in entries.items())
        self._take(lines, morphology, given_names)

    def _take(self, parts: Iterable[str], morphology: Morphology, given_names: Container[str]) -> None:
        """parts: of the text of a file, as `Lines` takes them."""
        self._lines, self._morphology, self._given_names = Lines(parts), morphology, given_names
        # Splits of the words that were asked for, kept:
        self._splits: dict[str, tuple[str, ...]] = {}
        self._stems: dict[str, str] = {}
        self._by_first: dict[str, dict[tuple[str, ...], str]] = {}

    @classmethod
    def load(cls, path: Path, code: str) -> "Lexicon":
        """The lexicon of a language, by its code. Raises IimtError if the file is damaged."""
        lexicon = cls({})
        try:
            pack, content = language(code), gzip.decompress(path.read_bytes())
            lexicon._take(_in_parts(content), pack.morphology, pack.names.given_names)
        except (OSError, EOFError, ValueError, zlib.error) as error:
            raise IimtError(f"{path}: not a lexicon ({error})") from error
        return lexicon

    @classmethod
    def beside(cls, folder: Path, code: str) -> "Lexicon | None":
        """That of the weights in a folder; None if they have none. Raises IimtError if it is damaged."""
        path = folder / LEXICON
        with loading():
            return cls.load(path, code) if path.exists() else None

    def save(self, path: Path) -> None:
        text = "".join(f"{line}\n" for _, line in sorted(self._lines.items()))
        path.write_bytes(gzip.compress(text.encode("utf-8"), mtime=0))

    def __len__(self) -> int:
        return len(self._lines)

    def __contains__(self, key: str) -> bool:
        return key in self._lines

    def __getitem__(self, key: str) -> Entry:
        """The entry of a word in small letters."""
        count, _, meanings = self._lines[key].split("\t")
        return Entry(int(count), tuple(filter(None, meanings.split("|"))))

    @cached_property
    def words(self) -> list[str]:
        """Its words, not its phrases, in small letters."""
        return [key for key in self._lines if _WORD.fullmatch(key)]

    def usual(self, word: str) -> str:
        """How a word that stands in capitals is usually written: "TÜR" → "Tür", "OFFEN" → "offen".

        A compound has a capital if its last part has one. An unknown word gets a capital, since it may be a name.
        """
        key = word.casefold()
        if key in self._lines:
            return self._lines[key].split("\t")[1]
        base = self._base(key) or next(iter(self._split(key)[-1:]), "")
        small = word.lower()
        return small if base and self.usual(base)[:1].islower() else _with_capital(small)

    def from_capitals(self, text: str) -> tuple[str, list[int]]:
        """A text in capitals as it would be written in a sentence, and where in `text` each of its characters began.

        The text may become shorter, since ß is SS in capitals.
        """
        parts: list[str] = []
        begins: list[int] = []
        end = 0
        for match in _WORD.finditer(text):
            parts.append(text[end : match.start()])
            begins += range(end, match.start())
            word, end = self.usual(match[0]), match.start()
            if text[: match.start()].rstrip()[-1:] in _SENTENCE_ENDS:
                word = _with_capital(word)
            parts.append(word)
            for letter in word:
                begins.append(end)
                end += 2 if letter == "ß" and text[end] != "ß" else 1
        return "".join([*parts, text[end:]]), [*begins, *range(end, len(text))]

    def hints(self, text: str, rare: int = RARE) -> list[Hint]:
        """The hints of those words and phrases of a text that the training text has less than `rare` times, in order.

        The words of a phrase have no hints of their own. A capitalised word without an entry may be a name, so one of its
        meanings is the word itself.
        """
        hints = []
        text = PLACEHOLDER.sub("   ", text)
        words = list(_WORD.finditer(text))
        place = 0
        while place < len(words):
            match, size = words[place], 1
            if phrase := self._phrase(text, words, place, rare):
                size, meanings = phrase
            else:
                meanings = self.meanings(match[0], rare)
                unknown = match[0].istitle() and not self._entry(match[0].casefold())
                if unknown and len(match[0]) >= SHORTEST_NAME:
                    meanings = (*meanings, match[0])
            place += size
            if meanings:
                end = words[place - 1].end()
                hints.append(Hint(end, text[match.start() : end], meanings))
        return hints

    def _phrase(
        self, text: str, words: Sequence[re.Match[str]], first: int, rare: int
    ) -> tuple[int, tuple[str, ...]] | None:
        """The longest rare phrase that begins with the word `first` of a text: its number of words, and its meanings."""
        own = self.stem(words[first][0])
        phrases = self._phrases_from(own)
        for size in sorted({len(stems) for stems in phrases}, reverse=True):
            some = words[first : first + size]
            together = all(text[a.end() : b.start()] in _BETWEEN for a, b in pairwise(some))
            if len(some) == size and together:
                key = phrases.get((own, *(self.stem(match[0]) for match in some[1:])))
                if key and self[key].count < rare:
                    return size, self[key].meanings
        return None

    def stem(self, word: str) -> str:
        """A word of a phrase in small letters, without its ending: "Innerer" and "innere" have the same stem."""
        if word not in self._stems:
            key = word.casefold()
            fitting = (e for e in self._endings if key.endswith(e) and len(key) - len(e) >= SHORTEST_PART)
            self._stems[word] = key.removesuffix(next(fitting, ""))
        return self._stems[word]

    @cached_property
    def _endings(self) -> list[str]:
        return sorted(self._morphology.endings, key=len, reverse=True)

    @cached_property
    def _phrases(self) -> dict[str, list[str]]:
        """The phrases in small letters, by the FIRST letters of their first words."""
        phrases: dict[str, list[str]] = {}
        for key in self._lines.phrases:
            phrases.setdefault(_from_first_word(key)[:FIRST], []).append(key)
        return phrases

    def _phrases_from(self, stem: str) -> dict[tuple[str, ...], str]:
        """The phrases whose first word has this stem: the stems of their words → the phrase in small letters."""
        if stem not in self._by_first:
            starts = [stem[:FIRST]]
            if len(stem) < FIRST:
                starts = [letters for letters in self._phrases if letters.startswith(stem)]
            near = [key for start in starts for key in self._phrases.get(start, ())]
            # most phrases begin with a word; only the others have something before their first one
            mine = [(key, key) for key in near if key.startswith(stem) and key[0].isalpha()]
            mine += [
                (phrase, key)
                for key in near
                if not key[0].isalpha() and (phrase := _from_first_word(key)).startswith(stem)
            ]
            found = self._by_first[stem] = {}
            for phrase, key in sorted(mine):
                first = _WORD.match(phrase)
                if first and self.stem(first[0]) == stem:
                    found[tuple(map(self.stem, _WORD.findall(phrase)))] = key
        return self._by_first[stem]

    def meanings(self, word: str, rare: int = RARE) -> tuple[str, ...]:
        """The meanings of a rare word: of its entry, else of its base form, else of its parts. A common word has none.

        A name means itself: a given name, even if its entry has the spelling of other languages, and a word that looks like a
        form of a name, such as Grünwalde (of Grünwald). Only the ending of possession is taken off a name.
        """
        key = word.casefold()
        if word in self._given_names:
            return (word,)
        if key in self:
            entry = self[key]
            return () if entry.count >= rare else entry.meanings
        if base := self._base(key):
            possessed = key in (base + ending for ending in self._morphology.of_names)
            return (word,) if self._is_name(base) and not possessed else self[base].meanings
        return self.parts(word)

    def _is_name(self, key: str) -> bool:
        """Whether an entry is of a name: a word with a capital whose only meaning is the word itself."""
        _, word, meanings = self._lines[key].split("\t")
        return word == meanings and word.istitle()

    def all_meanings(self, word: str) -> tuple[str, ...]:
        """The meanings of any word, rare or common."""
        entry = self._entry(word.casefold())
        return self[entry].meanings if entry else self.parts(word)

    def count(self, word: str) -> int:
        """How often one epoch of the training text has a word, or its base form."""
        entry = self._entry(word.casefold())
        return self[entry].count if entry else 0

    def says(self, word: str) -> bool:
        """Whether any entry has this word of the target language as a meaning."""
        return self._lines.say(word.casefold())

    def parts(self, word: str) -> tuple[str, ...]:
        """The translations of a compound's parts, joined; empty if it is not a known compound."""
        found = self._split(word.casefold())
        return (" ".join(self[part].meanings[0] for part in found),) if found else ()

    def known(self, word: str) -> bool:
        """Whether a word, its base form or its parts have an entry."""
        key = word.casefold()
        return key in self or bool(self._base(key)) or bool(self._split(key))

    def is_whole(self, word: str) -> bool:
        """Whether a word that may have been cut off is one as it stands, or a compound that ends with one.

        "Sch" is none, though some text has it: longer words that begin so are far more frequent (WHOLE).
        """
        key = word.casefold()
        if key not in self:
            key = next((part for part in self._split(key)[-1:] if key.endswith(part)), "")
        if not key:
            return False
        longer = sum(self[other].count for other in self.words if other.startswith(key) and other != key)
        return self[key].count > WHOLE * longer

    def _base(self, key: str) -> str:
        """The entry of the base form of `key`, or of an inflected form of it; empty if there is none."""
        if base := next(filter(self._explained, base_forms(key, self._morphology.endings)), ""):
            return base
        if len(key) < SHORTEST_PART:
            return ""
        longer = (key + ending for ending in self._morphology.endings)
        return next(filter(self._explained, longer), "")

    def _explained(self, key: str) -> bool:
        return key in self and not self._lines[key].endswith("\t")

    def _entry(self, key: str) -> str:
        return key if key in self else self._base(key)

    def _part(self, key: str) -> str:
        """The entry of a compound's part; empty if there is none with a translation."""
        entry = self._entry(key)
        return entry if entry and self._explained(entry) else ""

    def _split(self, key: str) -> tuple[str, ...]:
        """The entries of a compound's parts; empty if it has none.

        The split with the fewest parts is taken; of several the one with the highest geometric mean of the parts' counts
        (Koehn and Knight 2003).
        """
        if key not in self._splits:
            self._splits[key] = self._in_two(key) or self._in_three(key)
        return self._splits[key]

    def _in_two(self, key: str) -> tuple[str, ...]:
        best: tuple[str, ...] = ()
        score = -1.0
        for start in range(SHORTEST_FRONT, len(key) - SHORTEST_PART + 1):
            if last := self._part(key[start:]):
                for front in filter(None, map(self._part, self._fronts(key[:start]))):
                    weight = math.log(1 + self[front].count) + math.log(1 + self[last].count)
                    if weight > score:
                        best, score = (front, last), weight
        return best

    def _in_three(self, key: str) -> tuple[str, ...]:
        """A split in three: the longest possible last part, and the split of the rest in two."""
        for start in range(SHORTEST_FRONT + SHORTEST_PART, len(key) - SHORTEST_PART + 1):
            if last := self._part(key[start:]):
                for front in self._fronts(key[:start]):
                    if two := self._in_two(front):
                        return (*two, last)
        return ()

    def _fronts(self, front: str) -> Iterator[str]:
        """The words that a front part may be, without the letters that link it to the next part."""
        for link in self._morphology.links:
            if front.endswith(link) and len(front) - len(link) >= SHORTEST_FRONT:
                yield front[: len(front) - len(link)]


def _from_first_word(phrase: str) -> str:
    """A phrase without marks and figures before its first word; empty if it has no word."""
    if phrase[0].isalpha():
        return phrase
    first = _WORD.search(phrase)
    return phrase[first.start() :] if first else ""


def _in_parts(content: bytes) -> Iterator[str]:
    """The text of a file in parts of whole lines."""
    start = 0
    while start < len(content):
        end = content.find(b"\n", start + PART) + 1 or len(content)
        yield content[start:end].decode("utf-8").replace("\r\n", "\n").removesuffix("\n") + "\n"
        start = end


def base_forms(word: str, endings: Sequence[str]) -> Iterator[str]:
    """The possible base forms of a word in small letters."""
    stems = (word.removesuffix(ending) for ending in endings)
    return (stem for stem in stems if stem != word and len(stem) >= SHORTEST_PART)


def _with_capital(word: str) -> str:
    """The word with a capital at its start. A ß there stays, since its capital would be two letters."""
    return word if word[:1] == "ß" else word[:1].upper() + word[1:]
