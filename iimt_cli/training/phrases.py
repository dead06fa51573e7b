"""Phrases of the lexicon: several words that mean something together that they do not mean one by one ("Innere Medizin").

Dictionaries name them. The parallel text decides whether they mean that in sentences, too.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from iimt_cli.data.corpora import Corpus
from iimt_cli.language.lexicon import Entry, Lexicon, first_letters

LONGEST = 5  # words of a phrase, and of what it means
MOST_MEANINGS = 2  # meanings of a phrase, at most
# Share of the texts with a phrase whose translation has its meaning, at least. With less, the words mostly mean something else
# together, or are translated freely. A dictionary counts like as many texts as the weight of its corpus.
LEAST_SHARE = 0.3
# Summed weight of the corpora that name a phrase from which it is kept although no text has it. Labels of programs ("Skip
# query") have less, dictionaries more.
BELIEVED = 0.75
# Summed weight from which a phrase is kept even if its words have the same meanings: "last login" is sure, while "Anmeldung"
# alone may be a registration.
CHOSEN = 2.0
SHORTEST = 4  # letters, at least, of a target word with a meaning of its own, unlike "of" and "the"
_WORD = re.compile(r"[^\W\d_]+")
_PHRASE = re.compile(r"[^\W\d_]+(?:(?: |- |-)[^\W\d_]+)+")
_MEANING = re.compile(r"[^\W\d_]+(?:[ '’-][^\W\d_]+)*")

Stems = tuple[str, ...]


@dataclass(frozen=True)
class Named:
    """A phrase as dictionaries write it, and what it may mean there."""

    phrase: str
    weights: Mapping[str, float]  # for each meaning the summed weight of the corpora that have it

    @property
    def weight(self) -> float:
        return sum(self.weights.values())


def learn_phrases(
    corpora: Sequence[Corpus], lexicon: Lexicon, spelt: Callable[[str], str]
) -> dict[str, Entry]:
    """The entries of phrases, for a lexicon of words. `spelt` tells how a word of the target is usually written."""
    stem = cache(lexicon.stem)
    named = {
        stems: found
        for stems, found in _named(corpora, stem, spelt).items()
        if found.weight >= CHOSEN or _says_more(found, lexicon)
    }
    sizes: defaultdict[str, set[int]] = defaultdict(set)
    for stems in named:
        sizes[stems[0]].add(len(stems))
    weights: defaultdict[Stems, float] = defaultdict(float)
    texts: Counter[Stems] = Counter()
    agreeing: Counter[tuple[Stems, str]] = Counter()
    for corpus in corpora:
        for source, target in corpus.pairs:
            found = set(_inside([stem(word) for word in _WORD.findall(source)], named, sizes))
            said = _letters(target) if found else set()
            for stems in found:
                weights[stems] += corpus.weight
                if len(_WORD.findall(source)) > len(stems):
                    texts[stems] += 1
                    agreeing.update(
                        (stems, meaning) for meaning in named[stems].weights if _letters(meaning) <= said
                    )
    entries = {}
    for stems, known in named.items():
        most = texts[stems] + known.weight
        shares = {m: (agreeing[stems, m] + weight) / most for m, weight in known.weights.items()}
        sure = sorted((m for m in shares if shares[m] >= LEAST_SHARE), key=lambda m: -shares[m])
        seen = known.weight >= BELIEVED or any(agreeing[stems, m] for m in sure)
        if sure and seen:
            entries[known.phrase] = Entry(round(weights[stems]), tuple(sure[:MOST_MEANINGS]))
    return entries


def _named(
    corpora: Sequence[Corpus], stem: Callable[[str], str], spelt: Callable[[str], str]
) -> dict[Stems, Named]:
    """Entries of dictionaries with several words and no marks on the source side, by the stems of these words."""
    meanings: defaultdict[Stems, defaultdict[str, float]] = defaultdict(lambda: defaultdict(float))
    phrases: defaultdict[Stems, defaultdict[str, float]] = defaultdict(lambda: defaultdict(float))
    for corpus in corpora:
        for source, target in corpus.pairs:
            words = _WORD.findall(source)
            if not 1 < len(words) <= LONGEST or not _PHRASE.fullmatch(source):
                continue
            if len(target.split()) <= LONGEST and _MEANING.fullmatch(target):
                stems = tuple(map(stem, words))
                meanings[stems][" ".join(map(spelt, target.split()))] += corpus.weight
                phrases[stems][source] += corpus.weight
    return {stems: Named(_heaviest(phrases[stems]), found) for stems, found in meanings.items()}


def _says_more(named: Named, lexicon: Lexicon) -> bool:
    """Whether the surest meaning has a word that the lexicon does not give for the single words of the phrase."""
    words = _WORD.findall(named.phrase)
    told = {
        stem for word in words for meaning in lexicon.all_meanings(word) for stem in _letters(meaning)
    } | _letters(named.phrase)
    return not _letters(_heaviest(named.weights)) <= told


def _heaviest(weights: Mapping[str, float]) -> str:
    return max(weights, key=weights.__getitem__)


def _letters(text: str) -> set[str]:
    """The first letters of the words of a text that have a meaning of their own (SHORTEST); of all words, if none has."""
    words = _WORD.findall(text)
    return set(map(first_letters, [word for word in words if len(word) >= SHORTEST] or words))


def _inside(
    stems: Sequence[str], named: Mapping[Stems, Named], sizes: Mapping[str, set[int]]
) -> Iterator[Stems]:
    """The phrases that stand in a text."""
    for start, first in enumerate(stems):
        for size in sizes.get(first, ()):
            phrase = tuple(stems[start : start + size])
            if phrase in named:
                yield phrase
