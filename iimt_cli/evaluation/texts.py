"""How good the text model is alone: BLEU and chrF on parallel text, by length, and how much is refused or miscopied."""

from collections.abc import Sequence
from dataclasses import dataclass

from iimt_cli.data.corpora import Pair
from iimt_cli.evaluation.bleu import Score, bleu, chrf
from iimt_cli.language.protected import protected
from iimt_cli.translation.result import TextTranslation

# Words of the source, from and to: labels, short lines, sentences, long sentences.
LENGTHS = ((1, 2), (3, 4), (5, 8), (9, 16), (17, 25), (26, 999))


@dataclass(frozen=True)
class Bucket:
    """The scores of the pairs whose source has `low` to `high` words."""

    low: int
    high: int
    count: int
    bleu: float
    chrf: float
    refused: float  # share, 0..1


@dataclass(frozen=True)
class TextReport:
    """Scores of all outputs of the text decoder, also of those that are refused."""

    count: int
    bleu: Score
    chrf: Score
    refused: float  # share of the texts that a picture would keep in the source language, 0..1
    miscopied: int  # texts whose translation lacks a protected span of the source that the reference has
    copied: int  # texts with such a span
    buckets: tuple[Bucket, ...]


def score_texts(
    pairs: Sequence[Pair], outputs: Sequence[TextTranslation], *, samples: int = 1000, tokenize: str = "13a"
) -> TextReport:
    """The report on translations of `pairs`, in their order."""
    said, wanted = [o.target for o in outputs], [pair.target for pair in pairs]
    copies = [_copies(pair) for pair in pairs]
    return TextReport(
        len(pairs),
        bleu(said, wanted, samples=samples, tokenize=tokenize),
        chrf(said, wanted, samples=samples),
        sum(bool(o.reason) for o in outputs) / max(1, len(outputs)),
        sum(any(span not in text for span in spans) for text, spans in zip(said, copies, strict=True)),
        sum(map(bool, copies)),
        tuple(_bucket(pairs, outputs, low, high, tokenize) for low, high in LENGTHS),
    )


def _copies(pair: Pair) -> list[str]:
    return [span.fill for span in protected(pair.source) if span.fill in pair.target]


def _bucket(
    pairs: Sequence[Pair], outputs: Sequence[TextTranslation], low: int, high: int, tokenize: str
) -> Bucket:
    chosen = [i for i, pair in enumerate(pairs) if low <= len(pair.source.split()) <= high]
    said, wanted = [outputs[i].target for i in chosen], [pairs[i].target for i in chosen]
    refused = sum(bool(outputs[i].reason) for i in chosen) / max(1, len(chosen))
    return Bucket(
        low, high, len(chosen), bleu(said, wanted, tokenize=tokenize).value, chrf(said, wanted).value, refused
    )
