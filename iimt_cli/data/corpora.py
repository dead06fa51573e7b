"""Parallel text: what of it is worth training on, and weighted sampling over several corpora."""

import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from iimt_cli.config import Languages
from iimt_cli.data.formats import read
from iimt_cli.data.text import clean, drawable
from iimt_cli.errors import IimtError
from iimt_cli.language.alphabet import WESTERN

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

SHORT_TEXT = 4  # words: texts up to this length ("Good morning") may be trained on and held out, too


class Pair(NamedTuple):
    """One sentence (or word, or phrase) in both languages."""

    source: str
    target: str


@dataclass(frozen=True)
class Corpus:
    """The cleaned pairs of one file and how often to draw from it, relative to the other files."""

    path: Path
    pairs: tuple[Pair, ...]
    weight: float = 1.0


def read_pairs(paths: Sequence[Path], languages: Languages = Languages()) -> Iterator[Pair]:
    """All usable pairs of several files, in file order.

    Raises IimtError if a file is missing, of an unknown format, or holds no usable pair.
    """
    for path in paths:
        yield from load_corpus(path, languages=languages).pairs


def load_corpus(
    path: Path,
    weight: float = 1.0,
    max_chars: int = 250,
    languages: Languages = Languages(),
    alphabet: str = WESTERN,
) -> Corpus:
    """Reads one file and keeps the pairs that the system can learn from (see `usable`).

    `path` is a file of a format that `formats` knows, or the prefix of a Moses file pair. `languages` says
    which sides to take, in the formats that name them.
    """
    cleaned = (Pair(clean(source), clean(target)) for source, target in read(Path(path), languages))
    pairs = tuple(dict.fromkeys(pair for pair in cleaned if usable(pair, max_chars, alphabet)))
    if not pairs:
        raise IimtError(f"{path}: no usable sentence pair in this file")
    return Corpus(Path(path), pairs, weight)


def load_corpora(
    specs: Sequence[str],
    folder: Path | None = None,
    languages: Languages = Languages(),
    max_chars: int = 250,
    held_out: Sequence[Pair] = (),
    alphabet: str = WESTERN,
) -> list[Corpus]:
    """The corpora that `--data` names: PATH, PATH:WEIGHT, or a mix, a TOML file with a table `corpora` of names and weights.

    The names of a mix are relative to `folder` or, without one, to the folder of the mix. A pair is left out if its source or
    target has the letters and digits of either side of a `held_out` pair of more than `SHORT_TEXT` words. Raises IimtError if
    a mix is not understood or a corpus has nothing to train on.
    """
    wanted: list[tuple[Path, float]] = []
    for spec in specs:
        path, weight = parse_data(spec)
        if path.suffix == ".toml":
            wanted += [(path_, weight * share) for path_, share in _mix(path, folder)]
        else:
            wanted.append((path, weight))
    kept_out = {_words(side) for pair in held_out for side in pair if len(side.split()) > SHORT_TEXT}
    corpora = []
    for path, weight in wanted:
        corpus = load_corpus(path, weight, max_chars, languages, alphabet)
        if kept_out:
            pairs = tuple(p for p in corpus.pairs if not {_words(side) for side in p} & kept_out)
            corpus = Corpus(path, pairs, weight)
        corpora.append(corpus)
    return corpora


def _mix(path: Path, folder: Path | None) -> list[tuple[Path, float]]:
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))["corpora"]
        return [((folder or path.parent) / name, float(weight)) for name, weight in table.items()]
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise IimtError(f"{path}: cannot be read as a mix ({error})") from error
    except (KeyError, AttributeError, TypeError, ValueError) as error:
        raise IimtError(f"{path}: a mix needs a table [corpora] with a weight for each file") from error


def _words(text: str) -> str:
    """The letters and digits of a text, in lower case: two texts with the same ones count as the same sentence."""
    return re.sub(r"[\W_]+", "", text).casefold()


def parse_data(spec: str) -> tuple[Path, float]:
    """Splits `PATH:WEIGHT` (weight 1 if absent), as given to `--data`."""
    head, colon, tail = spec.rpartition(":")
    if colon and re.fullmatch(r"\d+(\.\d+)?", tail):
        return Path(head), float(tail)
    return Path(spec), 1.0


def usable(pair: Pair, max_chars: int = 250, alphabet: str = WESTERN) -> bool:
    """Whether a cleaned pair is worth training on.

    Both sides are in the alphabet and at most `max_chars` long, neither is much longer than the other, at least half of the
    source are letters, and it has no placeholder or mark-up.
    """
    source, target = pair
    if not source or not target or max(len(source), len(target)) > max_chars:
        return False
    if not (drawable(source, alphabet) and drawable(target, alphabet)):
        return False
    longer, shorter = max(len(source), len(target)), min(len(source), len(target))
    if longer > 3 * shorter + 12:
        return False
    letters = sum(c.isalpha() for c in source)
    return letters * 2 >= len(source) and not any(mark in source for mark in ("<", "%s", "%d", "{", "\\"))


class PairSampler:
    """Draws pairs at random from several corpora. A corpus is drawn as often as its weight times its size says."""

    def __init__(self, corpora: Sequence[Corpus]) -> None:
        sizes = np.array([len(c.pairs) * c.weight for c in corpora], dtype=np.float64)
        self._corpora = list(corpora)
        self._shares = sizes / sizes.sum()

    def draw(self, rng: np.random.Generator, count: int) -> list[Pair]:
        which = rng.choice(len(self._corpora), size=count, p=self._shares)
        return [self._corpora[i].pairs[int(rng.integers(len(self._corpora[i].pairs)))] for i in which]
