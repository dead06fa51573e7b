"""What translating pictures is asked for, and what comes out of it. Nothing here needs torch."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from iimt_cli.errors import IimtError
from iimt_cli.language.glossary import Glossary, Occurrence
from iimt_cli.language.lexicon import Hint
from iimt_cli.page.files.encode import write_picture
from iimt_cli.page.files.image import Picture
from iimt_cli.page.layout.line import Line
from iimt_cli.translation import BEAM
from iimt_cli.translation.words import Recorded, TextModel, name_of

# How likely a translation of the shipped text model must be right. Of 529 judged translations 9 % of those above it are wrong
# (weights/de-en/TRAINING.md, run 16).
MIN_CONFIDENCE = 0.8

Box = tuple[tuple[float, float], ...]
"""Four corners (x, y), px, clockwise from where reading begins."""


@dataclass(frozen=True)
class Options:
    """How to translate: the options of `iimt translate`, with its defaults.

    `glossary` holds terms to obey, as `Glossary.load` reads them. `text_model` words the texts in place of the weights' own
    text model, from the language `source` into `target`; without these, those that it names as its own, or the weights'.
    """

    beam: int = BEAM  # how many translations of a text are weighed up
    # How likely a translation must be right, 0..1: other text stays as it is, with 0 none does. None: MIN_CONFIDENCE.
    # Of another text model that is not known: how surely the text must have been read, by default 0.
    min_confidence: float | None = None
    max_mismatch: float = 0.2  # how far the reading of a drawn strip may differ from the text, per character
    whole: bool = False  # the picture is one line of text: lines are not looked for
    lines: tuple[Box, ...] | None = None  # where its lines are, if that is known: they are not looked for
    batch: int = 32  # strips of text at once: more are faster and need more memory
    glossary: Glossary | None = None
    numbers: Literal["keep", "localise"] = "keep"  # or figures as the target language writes them
    text_model: TextModel | None = None
    source: str = ""  # ISO 639-1 codes; others than those of the weights with another text model only
    target: str = ""

    @property
    def least(self) -> float:
        """`min_confidence`, or what holds without it."""
        if self.min_confidence is not None:
            return self.min_confidence
        return MIN_CONFIDENCE if self.text_model is None else 0.0

    def terms(self, text: str) -> list[Occurrence]:
        """The glossary's terms in a text."""
        return self.glossary.find(text) if self.glossary is not None else []


DEFAULTS = Options()


@dataclass(frozen=True)
class DraftPiece:
    """What the system made of a part of a block, usually a sentence: enough to draw it again as it was.

    target: None if nothing was translated. wording: the target before its capitals followed those of the source. drawn:
    whether it got new ink. reason: why that ink, or the target, was refused. hints: what the lexicon told of the source; None
    if it was not asked, or that is not known.
    """

    source: str
    target: str | None
    wording: str
    drawn: bool
    reason: str
    hints: tuple[Hint, ...] | None = None


@dataclass(frozen=True)
class Draft:
    """What the system made of a block by itself; `target` is "" and `reason` says why if it left it as it was."""

    target: str
    reason: str
    pieces: tuple[DraftPiece, ...]


@dataclass(frozen=True)
class Block:
    """One paragraph: where it stands, what it says, what became of it. Coordinates are pixels (x, y) of the picture.

    To correct a text, change `target`, or set `keep`, and translate the picture again with these `Texts`.
    """

    polygon: list[list[float]]  # four corners round all lines, clockwise from where reading begins
    lines: list[list[list[float]]]  # the same of each line
    source: str  # what was read
    target: str  # what was drawn or, with texts that were given, was to be drawn; "" if it was kept
    confidence: float  # 0..1
    action: Literal["translated", "kept"]
    reason: str  # why it was kept, or ""
    terms: list[dict[str, str]] = field(
        default_factory=list
    )  # of the glossary that it has: source and target
    id: int = 0  # from 1 on; no two blocks of a picture have the same
    keep: bool = False  # set by hand: it stays as it was, whatever the target is
    draft: Draft | None = None  # what the system made of it; None where that is not known
    more: Mapping[str, Any] = field(default_factory=dict)  # keys of a sidecar that iimt does not know


@dataclass(frozen=True)
class Texts:
    """The texts of a picture, as a sidecar holds them (docs/sidecar.md): to be looked at, corrected and drawn again.

    width, height: of the picture, px. sha256: of its pixels (`fingerprint`), or "" if not known. options: what decides how
    its lines are found and its strips are batched: `whole`, `numbers`, `batch`; and the name of another `text_model` that
    worded it, with its languages `source` and `target`. found: where its lines are, or None if that is not known. more: all
    else that the sidecar says. name: how messages name it.
    """

    blocks: Sequence[Block]
    width: int
    height: int
    sha256: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    more: Mapping[str, Any] = field(default_factory=dict)
    name: str = "texts"
    found: tuple[Box, ...] | None = None

    def edited(self, targets: Mapping[int, str], keep: Collection[int] = ()) -> "Texts":
        """With other targets, by the ids of blocks, and some blocks left as they were in the picture.

        Raises IimtError if there is no such block.
        """
        if unknown := {*targets, *keep} - {block.id for block in self.blocks}:
            raise IimtError(f"{self.name}: there is no block {min(unknown)}")
        blocks = [
            replace(block, target=targets.get(block.id, block.target), keep=block.keep or block.id in keep)
            for block in self.blocks
        ]
        return replace(self, blocks=blocks)

    def check(self, picture: Picture) -> None:
        """Raises IimtError if these are the texts of another picture."""
        height, width = picture.rgb.shape[:2]
        if (width, height) != (self.width, self.height):
            raise IimtError(
                f"{self.name}: is of another picture ({self.width}×{self.height} px, not {width}×{height})"
            )
        if self.sha256 and self.sha256 != fingerprint(picture):
            raise IimtError(f"{self.name}: is of another picture (its pixels are not the same)")

    def applied(self, options: Options) -> Options:
        """The options with those under which these texts were found, and with their places."""
        changes = {name: self.options[name] for name in ("whole", "numbers") if name in self.options}
        worded = self.options.get("text_model")
        return replace(
            options,
            text_model=None if worded is None else Recorded(worded),
            source=self.options.get("source", ""),
            target=self.options.get("target", ""),
            lines=self.found,
            **changes,
        )


def fingerprint(picture: Picture) -> str:
    """SHA-256 of the pixels, RGB row by row from the top left and then alpha, if there is any, in hexadecimal."""
    digest = hashlib.sha256(np.ascontiguousarray(picture.rgb).data)
    if picture.alpha is not None:
        digest.update(np.ascontiguousarray(picture.alpha).data)
    return digest.hexdigest()


@dataclass(frozen=True, eq=False)
class Translation:
    """A translated picture: its pixels, uint8 (H, W, 3 or 4), one block per paragraph, and the picture that it was.

    options: those that it was translated with, where texts can be drawn again. more: what a sidecar said beside. warnings:
    which texts of a sidecar could not be drawn, and why, in a line each. found: the lines of text, if they were looked for.
    """

    picture: Picture
    pixels: np.ndarray
    blocks: list[Block]
    options: Options | None = None
    more: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    found: tuple[Line, ...] | None = None

    @property
    def texts(self) -> Texts:
        """Its texts, to be corrected and given to `Translator.translate`."""
        height, width = self.picture.rgb.shape[:2]
        options: dict[str, Any] = {}
        if self.options is not None:
            options = {name: getattr(self.options, name) for name in ("whole", "numbers", "batch")}
        if self.options is not None and self.options.text_model is not None:
            options |= {"text_model": name_of(self.options.text_model)}
            options |= {"source": self.options.source, "target": self.options.target}
        found = None if self.found is None else tuple(_box(line) for line in self.found)
        return Texts(self.blocks, width, height, fingerprint(self.picture), options, self.more, found=found)

    def save(self, path: str | Path) -> None:
        """Writes it as PNG, JPEG, WebP, TIFF or BMP, by the suffix, with what the file of the original held beside its pixels.

        Raises IimtError if the suffix is none of these or the file cannot be written.
        """
        write_picture(self.picture, self.pixels, path)


def _box(line: Line) -> Box:
    """Its corners, with as few digits as tell its float32."""
    return tuple((float(str(x)), float(str(y))) for x, y in line.quad)


@dataclass(frozen=True)
class TextTranslation:
    """A text without a picture. `reason` says why a picture would keep the source; `confidence` is 0..1."""

    source: str
    target: str
    confidence: float
    reason: str
