"""The inflected forms that a term of a glossary may have in a text."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

SHORT_WORD = 4  # letters: a shorter word gets the endings SHORT_ENDINGS only
SHORT_ENDINGS = ("", "s")
SHORTEST_STEM = 3  # characters that must stand before an ending that is replaced


@dataclass(frozen=True)
class Inflection:
    """How the words of a language change. Every ending is tried on every word; wrong forms do no harm, as texts have none.

    `endings`: of the last word of a term, also with an `umlaut` for its last vowel that has one. `adjective`: endings of the
    words before it, where they also replace one another; in the last word they replace those in `replaced`. `capital_nouns`:
    nouns have a capital, so a word in small letters is not a form of a noun ("drucken" is not a form of "Druck").
    """

    endings: tuple[str, ...] = ("",)
    umlaut: Mapping[str, str] = field(default_factory=dict)
    adjective: tuple[str, ...] = ()
    replaced: tuple[str, ...] = ()
    capital_nouns: bool = False

    def of_last(self, word: str) -> set[str]:
        """The forms of a term's last word, in small letters."""
        word = word.lower()
        if letters(word) < SHORT_WORD:
            return {word} | {word + e for e in SHORT_ENDINGS if e in self.endings and letters(word)}
        forms = {stem + e for stem in (word, self._with_umlaut(word)) for e in self.endings}
        return {word} | forms | self._exchanged(word, self.replaced)

    def of_front(self, word: str) -> set[str]:
        """The forms of a term's other words, in small letters."""
        word = word.lower()
        if letters(word) < SHORT_WORD:
            return {word}
        return {word} | {word + e for e in self.adjective} | self._exchanged(word, self.adjective)

    def _exchanged(self, word: str, old: Sequence[str]) -> set[str]:
        """A word with each adjective ending in place of its own, if that is one of `old`."""
        stems = [word.removesuffix(e) for e in old if word.endswith(e)]
        return {stem + e for stem in stems if len(stem) >= SHORTEST_STEM for e in self.adjective}

    def _with_umlaut(self, word: str) -> str:
        """The word with an umlaut in place of its last vowel that can have one."""
        vowels = "|".join(sorted(map(re.escape, self.umlaut), key=len, reverse=True))
        places = list(re.finditer(vowels, word)) if vowels else []
        if not places:
            return word
        return word[: places[-1].start()] + self.umlaut[places[-1][0]] + word[places[-1].end() :]


def letters(text: str) -> int:
    """How many letters a text has."""
    return sum(c.isalpha() for c in text)
