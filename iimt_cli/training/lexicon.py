"""Stage `lexicon`: what words mean, learned by aligning the parallel text (eflomal, Östling and Tiedemann 2016)."""

import re
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from iimt_cli.data.corpora import Corpus
from iimt_cli.errors import IimtError
from iimt_cli.language import language
from iimt_cli.language.lexicon import Entry, Lexicon, base_forms
from iimt_cli.training.phrases import learn_phrases

MOST_MEANINGS = 2  # meanings of a word, at most: a third is seldom right and takes room in the encoder
LEAST_SHARE = 0.2  # share of a word's translations that a meaning must have
LONGEST_MEANING = 3  # words of a meaning, at most
LONGEST_TEXT = 60  # words: longer pairs are seldom aligned well and are left out
# Weight of a pair of single words (a dictionary's entry) in a corpus of weight 1; one aligned place in a text has weight 1.
DICTIONARY = 3.0
# Times in the training text: a word that stands there so often without getting a meaning has none ("sich").
NO_MEANING = 10
# Weight of a word's spelling at the start of a text or in capitals, where it tells little; elsewhere it is 1.
AT_THE_START = 0.01
# Aligned places: a form that is aligned no more often and that no dictionary has gets the meanings of its base form.
# Alignments alone would be wrong: a compound is often aligned with one of its two target words ("Umzugskartons", "removal").
FEW = 15
COMMONEST = 150  # the most frequent words of the target, such as "the", are never the meaning of a rare word
_TOKEN = re.compile(r"[^\W\d_]+|\d+|[^\w\s]")
_WORD = re.compile(r"[^\W\d_]+")


def learn_lexicon(corpora: Sequence[Corpus], code: str, samplers: int = 1) -> Lexicon:
    """A lexicon of every word of the language `code` that is aligned in the corpora, and of the phrases that these name.

    Raises IimtError if the aligner is not installed.
    """
    counts: defaultdict[str, float] = defaultdict(float)
    spellings: defaultdict[str, defaultdict[str, float]] = defaultdict(lambda: defaultdict(float))
    dictionary: defaultdict[str, defaultdict[str, float]] = defaultdict(lambda: defaultdict(float))
    aligned: defaultdict[str, Counter[str]] = defaultdict(Counter)
    sentences: dict[tuple[tuple[str, ...], tuple[str, ...]], None] = {}
    for corpus in corpora:
        for pair in corpus.pairs:
            source, target = tokens(pair.source), tokens(pair.target)
            for place, word in enumerate(source):
                if _WORD.fullmatch(word):
                    counts[word.casefold()] += corpus.weight
                    told = place > 0 and not pair.source.isupper()
                    spellings[word.casefold()][word] += corpus.weight * (1 if told else AT_THE_START)
            if len(source) == 1 and 0 < len(target) <= LONGEST_MEANING:
                if _WORD.fullmatch(source[0]) and (meaning := _meaning(target)):
                    dictionary[source[0].casefold()][meaning] += DICTIONARY * corpus.weight
            elif source and target and max(len(source), len(target)) <= LONGEST_TEXT:
                sentences[tuple(source), tuple(target)] = None
    inside = Counter(word for _, target in sentences for word in target[1:])
    frequent: Counter[str] = Counter()
    for word, count in inside.items():
        frequent[word.casefold()] += count
    empty = {word for word, _ in frequent.most_common(COMMONEST)}
    for word, meaning in _aligned(list(sentences), empty, samplers):
        aligned[word][meaning] += 1
    usual = {word: max(found, key=found.__getitem__) for word, found in spellings.items()}
    morphology = language(code).morphology

    def meanings(word: str) -> Mapping[str, float]:
        known: Mapping[str, float] = dictionary.get(word, {})
        if not known and aligned[word].total() <= FEW:
            bases = (base for base in base_forms(word, morphology.endings) if base in dictionary)
            alike = (base for base in bases if usual[base][0].isupper() == usual[word][0].isupper())
            known = dictionary[base] if (base := next(alike, "")) else known
        both = {**known, **aligned[word]}
        return {meaning: known.get(meaning, 0) + aligned[word][meaning] for meaning in both}

    entries = {
        usual[word]: Entry(round(count), _best(meanings(word), inside)) for word, count in counts.items()
    }
    worth = {word: entry for word, entry in entries.items() if entry.meanings or entry.count >= NO_MEANING}
    phrases = learn_phrases(corpora, Lexicon(worth, morphology), lambda word: _spelt(word, inside))
    return Lexicon({**worth, **phrases}, morphology)


def tokens(text: str) -> list[str]:
    """Words, numbers and signs."""
    return _TOKEN.findall(text)


def _best(found: Mapping[str, float], inside: Mapping[str, int]) -> tuple[str, ...]:
    """The best meanings of a word. Their words are spelt as they are most often `inside` texts, since titles have capitals."""
    counts: defaultdict[str, float] = defaultdict(float)
    for meaning, count in found.items():
        counts[" ".join(_spelt(word, inside) for word in meaning.split())] += count
    total = sum(counts.values())
    ranked = sorted(counts, key=lambda meaning: -counts[meaning])
    return tuple(m for m in ranked if counts[m] >= LEAST_SHARE * total)[:MOST_MEANINGS]


def _spelt(word: str, inside: Mapping[str, int]) -> str:
    forms = {word, word.casefold(), word.capitalize(), word.upper()}
    return max(sorted(forms), key=lambda form: (inside.get(form, 0), form == word))


def _meaning(words: Sequence[str]) -> str:
    """Consecutive words as one text; "" if one of them is not a word."""
    return " ".join(words) if all(_WORD.fullmatch(word) for word in words) else ""


def _aligned(
    sentences: Sequence[tuple[tuple[str, ...], tuple[str, ...]]], empty: set[str], samplers: int
) -> Iterator[tuple[str, str]]:
    """(word of a source, consecutive target words that it is aligned with), for each place where it is aligned."""
    try:
        from eflomal import Aligner
    except ImportError as error:
        raise IimtError("the stage lexicon needs eflomal: pip install 'iimt[lexicon]'") from error
    with tempfile.TemporaryDirectory() as folder:
        forward, reverse = Path(folder) / "forward", Path(folder) / "reverse"
        aligner = Aligner(model=3, n_samplers=samplers)
        aligner.align(
            _lines(source for source, _ in sentences),
            _lines(target for _, target in sentences),
            links_filename_fwd=str(forward),
            links_filename_rev=str(reverse),
        )
        with forward.open() as one, reverse.open() as other:
            for (source, target), left, right in zip(sentences, one, other, strict=True):
                yield from _phrases(source, target, _links(left), _links(right), empty)


def _lines(sides: Iterable[Sequence[str]]) -> Iterator[str]:
    return (" ".join(side).casefold() + "\n" for side in sides)


def _links(line: str) -> set[tuple[int, int]]:
    return {(int(a), int(b)) for a, _, b in (link.partition("-") for link in line.split())}


def _phrases(
    source: Sequence[str],
    target: Sequence[str],
    forward: set[tuple[int, int]],
    reverse: set[tuple[int, int]],
    empty: set[str],
) -> Iterator[tuple[str, str]]:
    """(word of the source, its meaning) where both directions of alignment agree, with neighbours that one of them adds."""
    sure = forward & reverse
    places: defaultdict[int, set[int]] = defaultdict(set)
    for i, j in sure:
        places[i].add(j)
    for i, j in forward - sure:
        beside = {j - 1, j + 1} & places.get(i, set())
        if beside and target[j].casefold() not in empty:
            places[i].add(j)
    for i, found in places.items():
        low, high = min(found), max(found)
        if not _WORD.fullmatch(source[i]) or high - low >= LONGEST_MEANING or len(found) != high - low + 1:
            continue
        words = list(target[low : high + 1])
        while len(words) > 1 and words[0].casefold() in empty:
            words.pop(0)
        if meaning := _meaning(words):
            yield source[i].casefold(), meaning
