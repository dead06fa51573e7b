"""Phrases of the lexicon: what several words mean together where their words do not tell it ("Innere Medizin").

Dictionaries name them; the parallel text says whether they mean that in sentences, too.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from iimt_cli.data.corpora import Corpus
from iimt_cli.language.lexicon import Entry, Lexicon, first_letters

LONGEST = 5  # words of a phrase, and of what it means
MOST_MEANINGS = 2  # as of a word
# The share of the texts with a phrase whose translation has its meaning. Below, the words mean something else together more
# often than not, or are translated freely. A dictionary counts like so many texts as its corpus has weight.
LEAST_SHARE = 0.3
# Weight of the corpora that name a phrase, together, from which it is believed although no text shows it: labels of
# programs ("Skip query") have less, dictionaries more.
BELIEVED = 0.75
# Weight from which a phrase is told even if its words are: "last login", where "Anmeldung" alone may be a registration.
CHOSEN = 2.0
SHORTEST = 4  # letters of a target word that says something of its own, as "of" and "the" do not
_WORD = re.compile(r"[^\W\d_]+")
_PHRASE = re.compile(r"[^\W\d_]+(?:(?: |- |-)[^\W\d_]+)+")
_MEANING = re.compile(r"[^\W\d_]+(?:[ '’-][^\W\d_]+)*")

Stems = tuple[str, ...]


@dataclass(frozen=True)
class Named:
    """A phrase as dictionaries write it, and what it may mean there."""

    phrase: str
    weights: Mapping[str, float]  # of the corpora that have each meaning

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
    """What has several words and no marks on its source side, by the stems of these words."""
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
    """Whether some word of the surest meaning is none that the lexicon has for the words of the phrase."""
    words = _WORD.findall(named.phrase)
    told = {
        stem for word in words for meaning in lexicon.all_meanings(word) for stem in _letters(meaning)
    } | _letters(named.phrase)
    return not _letters(_heaviest(named.weights)) <= told


def _heaviest(weights: Mapping[str, float]) -> str:
    return max(weights, key=weights.__getitem__)


def _letters(text: str) -> set[str]:
    """The first letters of the words of a text that say something of their own; of all, if none does."""
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
