"""Where the data of a training run comes from, and which of it is kept from training to score with."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from iimt_cli.config import Preset
from iimt_cli.data.corpora import Corpus, Pair, load_corpus


@dataclass(frozen=True, kw_only=True)
class TrainingData:
    """The options of `iimt train` that name data."""

    corpora: Sequence[str] = ()  # as `load_corpora` takes them
    folder: Path | None = None  # where the files of a mix are
    valid: Path | None = None
    fonts: Sequence[Path] = ()
    photos: Sequence[Path] = ()


def held_out(data: TrainingData, preset: Preset) -> list[Pair]:
    """The pairs of the file `data.valid`; none without one."""
    if data.valid is None:
        return []
    return list(load_corpus(data.valid, languages=preset.languages, alphabet=preset.characters).pairs)


def taken_out(corpora: list[Corpus]) -> list[Pair]:
    """Takes every hundredth pair out of each corpus in the list `corpora`, which it changes. Returns the first 1,000 of them.

    Of a corpus of 100 pairs or fewer all are returned, and stay in the corpus, too.
    """
    held: list[Pair] = []
    for i, corpus in enumerate(corpora):
        own = corpus.pairs[::100] if len(corpus.pairs) > 100 else corpus.pairs
        held += own
        if len(corpus.pairs) > 100:
            taken = set(own)
            corpora[i] = Corpus(corpus.path, tuple(p for p in corpus.pairs if p not in taken), corpus.weight)
    return held[:1000]
