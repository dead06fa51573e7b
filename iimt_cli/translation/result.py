"""What translating pictures is asked for, and what comes out of it. Nothing here needs torch."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np

from iimt_cli.language.glossary import Glossary, Occurrence
from iimt_cli.page.image import Picture, write_picture
from iimt_cli.translation import BEAM


@dataclass(frozen=True)
class Options:
    """How to translate: the options of `iimt translate`, with its defaults.

    `glossary` holds terms to obey, as `Glossary.load` reads them.
    """

    beam: int = BEAM  # how many translations of a text are weighed up
    # How likely a translation must be right, 0..1: other text stays as it is, with 0 none does.
    # Of 529 judged translations 9 % of those above it are wrong (weights/de-en/TRAINING.md, run 16).
    min_confidence: float = 0.7
    max_mismatch: float = 0.2  # how far the reading of a drawn strip may differ from the text, per character
    whole: bool = False  # the picture is one line of text: lines are not looked for
    batch: int = 32  # strips of text at once: more are faster and need more memory
    glossary: Glossary | None = None
    numbers: Literal["keep", "localise"] = "keep"  # or figures as the target language writes them

    def terms(self, text: str) -> list[Occurrence]:
        """The glossary's terms in a text."""
        return self.glossary.find(text) if self.glossary is not None else []


DEFAULTS = Options()


@dataclass(frozen=True)
class Block:
    """One paragraph: where it stands, what it says, what became of it. Coordinates are pixels (x, y) of the picture."""

    polygon: list[list[float]]  # four corners round all lines, clockwise from where reading begins
    lines: list[list[list[float]]]  # the same of each line
    source: str  # what was read
    target: str  # what was drawn; "" if it was kept
    confidence: float  # 0..1
    action: Literal["translated", "kept"]
    reason: str  # why it was kept, or ""
    terms: list[dict[str, str]] = field(
        default_factory=list
    )  # of the glossary that it has: source and target


@dataclass(frozen=True, eq=False)
class Translation:
    """A translated picture: its pixels, uint8 (H, W, 3 or 4), one block per paragraph, and the picture that it was."""

    picture: Picture
    pixels: np.ndarray
    blocks: list[Block]

    def save(self, path: str | Path) -> None:
        """Writes it as PNG, JPEG, WebP, TIFF or BMP, by the suffix, with the colour profile and EXIF of the original.

        Raises IimtError if the suffix is none of these or the file cannot be written.
        """
        write_picture(self.picture, self.pixels, path)


@dataclass(frozen=True)
class TextTranslation:
    """A text without a picture. `reason` says why a picture would keep the source; `confidence` is 0..1."""

    source: str
    target: str
    confidence: float
    reason: str
