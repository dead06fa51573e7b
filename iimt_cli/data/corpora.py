"""Parallel text: one reader per file format, one filter, and weighted sampling over several corpora."""

import gzip
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from iimt_cli.data.text import clean, drawable
from iimt_cli.errors import IimtError


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


def read_pairs(paths: Sequence[Path]) -> Iterator[Pair]:
    """All usable pairs of several files, in file order.

    Raises IimtError if a file is missing, of an unknown format, or holds no usable pair.
    """
    for path in paths:
        yield from load_corpus(path).pairs


def load_corpus(path: Path, weight: float = 1.0, max_chars: int = 160) -> Corpus:
    """Reads one file and keeps the pairs that the system can learn from (see `usable`)."""
    cleaned = (Pair(clean(source), clean(target)) for source, target in _read(Path(path)))
    pairs = tuple(dict.fromkeys(pair for pair in cleaned if usable(pair, max_chars)))
    if not pairs:
        raise IimtError(f"{path}: no usable sentence pair in this file")
    return Corpus(Path(path), pairs, weight)


def parse_data(spec: str) -> tuple[Path, float]:
    """Splits `PATH:WEIGHT` (weight 1 if absent), as given to `--data`."""
    head, colon, tail = spec.rpartition(":")
    if colon and re.fullmatch(r"\d+(\.\d+)?", tail):
        return Path(head), float(tail)
    return Path(spec), 1.0


def usable(pair: Pair, max_chars: int = 160) -> bool:
    """Whether a cleaned pair is worth training on: drawable, not too long, lengths and numbers that agree."""
    source, target = pair
    if not source or not target or max(len(source), len(target)) > max_chars:
        return False
    if not (drawable(source) and drawable(target)):
        return False
    longer, shorter = max(len(source), len(target)), min(len(source), len(target))
    if longer > 3 * shorter + 12:
        return False
    letters = sum(c.isalpha() for c in source)
    return letters * 2 >= len(source) and not any(mark in source for mark in ("<", "%s", "%d", "{", "\\"))


class PairSampler:
    """Draws pairs at random from several corpora, each corpus with its weight times its size."""

    def __init__(self, corpora: Sequence[Corpus]) -> None:
        sizes = np.array([len(c.pairs) * c.weight for c in corpora], dtype=np.float64)
        self._corpora = list(corpora)
        self._shares = sizes / sizes.sum()

    def draw(self, rng: np.random.Generator, count: int) -> list[Pair]:
        which = rng.choice(len(self._corpora), size=count, p=self._shares)
        return [self._corpora[i].pairs[int(rng.integers(len(self._corpora[i].pairs)))] for i in which]


def _read(path: Path) -> Iterator[tuple[str, str]]:
    if not path.exists():
        raise IimtError(f"{path}: no such file")
    name = path.name.removesuffix(".gz")
    if name.endswith((".tsv", ".txt")):
        return _read_tsv(path)
    raise IimtError(f"{path}: unknown corpus format (known: .tsv and .txt with tabs, also .gz)")


def _read_tsv(path: Path) -> Iterator[tuple[str, str]]:
    opener = gzip.open if path.suffix == ".gz" else open
    try:
        with opener(path, "rt", encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                cells = line.rstrip("\n").split("\t")
                if len(cells) < 2:
                    raise IimtError(f"{path}: line {number} has no tab between source and target")
                yield cells[0], cells[1]
    except (OSError, UnicodeDecodeError, EOFError) as error:
        raise IimtError(f"{path}: cannot be read as text ({error})") from error
