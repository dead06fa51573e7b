"""What translating pictures is asked for, what it works on, and what comes out of it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Literal

import numpy as np

from iimt_cli.language.glossary import Glossary, Occurrence
from iimt_cli.page import Page
from iimt_cli.page.paragraphs import Paragraph
from iimt_cli.translation import BEAM
from iimt_cli.translation.pieces import Piece, confidence


@dataclass(frozen=True)
class Options:
    """How to translate. `min_confidence` and `max_mismatch` are shares, 0..1.

    The terms of a `glossary` are obeyed. With `numbers` "localise" figures are written as the target language does.
    """

    beam: int = BEAM
    min_confidence: float = 0.35  # below, most held-out translations were nonsense
    max_mismatch: float = 0.2  # how far the reading of a drawn strip may differ from the text, per character
    whole: bool = False
    batch: int = 32
    glossary: Glossary | None = None
    numbers: Literal["keep", "localise"] = "keep"

    def terms(self, text: str) -> list[Occurrence]:
        """The glossary's terms in a text."""
        return self.glossary.find(text) if self.glossary is not None else []


DEFAULTS = Options()


@dataclass(frozen=True)
class Block:
    """One paragraph: where it stands, what it says, what became of it."""

    polygon: list[list[float]]
    lines: list[list[list[float]]]
    source: str
    target: str
    confidence: float
    action: Literal["translated", "kept"]
    reason: str
    terms: list[dict[str, str]] = field(
        default_factory=list
    )  # of the glossary that it has: source and target


@dataclass(frozen=True)
class Translation:
    """`pixels` uint8 (H, W, 3 or 4) for `page.write_picture`; one block per paragraph."""

    pixels: np.ndarray
    blocks: list[Block]


@dataclass(frozen=True)
class TextTranslation:
    """A sentence without a picture. `reason` says why a picture would keep the source; `confidence` is 0..1."""

    source: str
    target: str
    confidence: float
    reason: str


@dataclass
class Job:
    """A picture on its way through `Translator.open`, `translate_jobs` and `close`."""

    found: Page
    page: Page  # the same, its paragraphs divided by what they say, once that is known
    pieces: list[list[Piece]] = field(default_factory=list)  # per paragraph of `page`
    reasons: list[str] = field(default_factory=list)  # why each paragraph is kept, or ""


def block_of(paragraph: Paragraph, parts: Sequence[Piece], reason: str) -> Block:
    """The record of a paragraph; `reason` why it is kept, or ""."""
    quads = np.stack([line.quad for line in paragraph.lines])
    low, high = quads.min((0, 1)), quads.max((0, 1))
    box = [[low[0], low[1]], [high[0], low[1]], [high[0], high[1]], [low[0], high[1]]]
    polygon = quads[0].tolist() if len(quads) == 1 else [[float(x), float(y)] for x, y in box]
    return Block(
        polygon=_rounded(polygon),
        lines=[_rounded(quad.tolist()) for quad in quads],
        source=" ".join(p.source for p in parts).strip(),
        target="" if reason else " ".join(p.source if p.judgement.keep else p.target for p in parts).strip(),
        confidence=round(confidence(parts), 4),
        action="kept" if reason else "translated",
        reason=reason,
        terms=[asdict(term) for term in dict.fromkeys(term for p in parts for term in p.terms)],
    )


def _rounded(points: Sequence[Sequence[float]]) -> list[list[float]]:
    return [[round(float(x), 1), round(float(y), 1)] for x, y in points]
