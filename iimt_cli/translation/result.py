"""What translating pictures is asked for, and what comes out of it. Nothing here needs torch."""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from iimt_cli.language.glossary import Glossary, Occurrence
from iimt_cli.translation import BEAM


@dataclass(frozen=True)
class Options:
    """How to translate. `min_confidence` and `max_mismatch` are shares, 0..1.

    The terms of a `glossary` are obeyed. With `numbers` "localise" figures are written as the target language does.
    """

    beam: int = BEAM
    # Of 529 judged translations 9 % of those above it are wrong (weights/de-en/TRAINING.md, run 15).
    min_confidence: float = 0.8
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
