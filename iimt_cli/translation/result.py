"""Options of a translation, and its result. Nothing here needs torch."""

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

# The default of `min_confidence`: how likely a translation of the shipped text model must be right. Of 173 texts of the
# development pages that reach it 10 are wrong, of 90 single texts of new documents 11 (weights/de-en/TRAINING.md, run 26).
MIN_CONFIDENCE = 0.85

Box = tuple[tuple[float, float], ...]
"""Four corners (x, y), px, clockwise from where reading begins."""


@dataclass(frozen=True)
class Options:
    """How to translate: the options of `iimt translate`, with its defaults.

    `glossary` holds terms to obey, as `Glossary.load` reads them. `text_model` translates in place of the weights' own text
    model, from the language `source` into `target`. If these are "", its own languages count, or else those of the weights.
    """

    beam: int = BEAM  # how many translations of a text are weighed up
    # How likely a translation must be right, 0..1: text below it stays as it is. None: MIN_CONFIDENCE. With a `text_model` it
    # is how surely the text must have been read, since nobody knows how sure that model is; None is 0 then.
    min_confidence: float | None = None
    max_mismatch: float = 0.2  # how far the reading of a drawn strip may differ from the text, per character
    whole: bool = False  # the picture is one line of text: lines are not looked for
    lines: tuple[Box, ...] | None = None  # where its lines are, if that is known: they are not looked for
    batch: int = 32  # strips of text that are computed at once: more are faster and need more memory
    glossary: Glossary | None = None
    numbers: Literal["keep", "localise"] = "keep"  # or figures as the target language writes them
    text_model: TextModel | None = None
    source: str = ""  # ISO 639-1 codes; they may differ from those of the weights only with a `text_model`
    target: str = ""

    @property
    def least(self) -> float:
        """`min_confidence`, or its default."""
        if self.min_confidence is not None:
            return self.min_confidence
        return MIN_CONFIDENCE if self.text_model is None else 0.0

    def terms(self, text: str) -> list[Occurrence]:
        """The glossary's terms in a text."""
        return self.glossary.find(text) if self.glossary is not None else []


DEFAULTS = Options()


@dataclass(frozen=True)
class DraftPiece:
    """What the system made of a part of a block, usually a sentence. It is enough to draw the part again to the bit.

    target: None if nothing was translated. wording: the target before its capitals were made to follow the source's. drawn:
    whether it got new ink. reason: why that ink, or the target, was refused. hints: what the lexicon said of the source; None
    if it was not asked, or if this is not known.
    """

    source: str
    target: str | None
    wording: str
    drawn: bool
    reason: str
    hints: tuple[Hint, ...] | None = None


@dataclass(frozen=True)
class Draft:
    """What the system made of a block before anyone corrected it. If it kept it, `target` is "" and `reason` says why."""

    target: str
    reason: str
    pieces: tuple[DraftPiece, ...]


@dataclass(frozen=True)
class Block:
    """One paragraph: where it stands, what it says, and what was done with it. Coordinates are pixels (x, y) of the picture.

    To correct a text, change `target`, or set `keep`, and translate the picture again with these `Texts`.
    """

    # the four corners of a box round all lines, clockwise from where reading begins
    polygon: list[list[float]]
    lines: list[list[list[float]]]  # the four corners of each line
    source: str  # what was read
    target: str  # what was drawn (or should have been, if texts were given); "" if it was kept
    confidence: float  # how likely the translation is right, 0..1
    action: Literal["translated", "kept"]
    reason: str  # why it was kept, or ""
    terms: list[dict[str, str]] = field(
        default_factory=list
    )  # the terms of the glossary that it has: source and target
    id: int = 0  # from 1 on; unique in a picture
    keep: bool = False  # set by a person: it stays as it was, whatever the target is
    draft: Draft | None = None  # what the system made of it; None if not known
    # how it stands in the picture and what is drawn of it now (`layout.layout_of`); None if not known
    layout: Mapping[str, Any] | None = None
    more: Mapping[str, Any] = field(default_factory=dict)  # keys of its sidecar that iimt does not know


@dataclass(frozen=True)
class Texts:
    """The texts of a picture, as a sidecar holds them (docs/sidecar.md): to be looked at, corrected and drawn again.

    width, height: of the picture, px. sha256: of its pixels (`fingerprint`), or "" if not known. options: those that the
    drawing depends on: `whole`, `numbers`, `batch`, and for another text model its name `text_model` with the languages
    `source` and `target`. found: where its lines are, None if not known. drawn: how many `blocks` the picture had when it was
    drawn, and `sha256` of its file; empty if not known. more: all other keys of the sidecar. name: how messages name it.
    """

    blocks: Sequence[Block]
    width: int
    height: int
    sha256: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    more: Mapping[str, Any] = field(default_factory=dict)
    name: str = "texts"
    found: tuple[Box, ...] | None = None
    drawn: Mapping[str, Any] = field(default_factory=dict)

    def edited(
        self, targets: Mapping[int, str], keep: Collection[int] = (), unkeep: Collection[int] = ()
    ) -> "Texts":
        """These texts with other targets, by the ids of blocks.

        The blocks in `keep` stay as they are in the picture; those in `unkeep` do so no longer. Raises IimtError if there is
        no such block.
        """
        if unknown := {*targets, *keep, *unkeep} - {block.id for block in self.blocks}:
            raise IimtError(f"{self.name}: there is no block {min(unknown)}")
        blocks = [
            replace(
                block,
                target=targets.get(block.id, block.target),
                keep=block.id in keep or (block.keep and block.id not in unkeep),
            )
            for block in self.blocks
        ]
        return replace(self, blocks=blocks)

    def check(self, picture: Picture) -> None:
        """Raises IimtError if these texts belong to another picture."""
        height, width = picture.rgb.shape[:2]
        if (width, height) != (self.width, self.height):
            raise IimtError(
                f"{self.name}: is of another picture ({self.width}×{self.height} px, not {width}×{height})"
            )
        if self.sha256 and self.sha256 != fingerprint(picture):
            raise IimtError(f"{self.name}: is of another picture (its pixels are not the same)")

    def applied(self, options: Options) -> Options:
        """The options, with those with which these texts were made, and with the places of their lines."""
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
    """SHA-256, in hexadecimal, of the pixels: RGB row by row from the top left, then alpha, if there is any."""
    digest = hashlib.sha256(np.ascontiguousarray(picture.rgb).data)
    if picture.alpha is not None:
        digest.update(np.ascontiguousarray(picture.alpha).data)
    return digest.hexdigest()


@dataclass(frozen=True, eq=False)
class Translation:
    """A translated picture: its pixels, uint8 (H, W, 3 or 4), one block per paragraph, and the original picture.

    options: those that it was translated with, if its texts can be drawn again. more: other keys of the sidecar that was
    given. warnings: one line for each text of a sidecar that could not be drawn. found: the lines of text, if the detector
    looked for them. complete: whether its blocks are all that were found, so that a correction may begin with these pixels.
    """

    picture: Picture
    pixels: np.ndarray
    blocks: list[Block]
    options: Options | None = None
    more: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    found: "tuple[Line | Box, ...] | None" = None
    complete: bool = False

    @property
    def texts(self) -> Texts:
        """The texts of the picture. They can be corrected and given to `Translator.translate`."""
        height, width = self.picture.rgb.shape[:2]
        options: dict[str, Any] = {}
        if self.options is not None:
            options = {name: getattr(self.options, name) for name in ("whole", "numbers", "batch")}
        if self.options is not None and self.options.text_model is not None:
            options |= {"text_model": name_of(self.options.text_model)}
            options |= {"source": self.options.source, "target": self.options.target}
        found = None if self.found is None else tuple(_box(line) for line in self.found)
        drawn = {"blocks": len(self.blocks)} if self.complete else {}
        return Texts(
            self.blocks,
            width,
            height,
            fingerprint(self.picture),
            options,
            self.more,
            found=found,
            drawn=drawn,
        )

    def save(self, path: str | Path) -> None:
        """Writes PNG, JPEG, WebP, TIFF or BMP, by the suffix, with the metadata of the original file.

        Raises IimtError if the suffix is none of these or the file cannot be written.
        """
        write_picture(self.picture, self.pixels, path)


def _box(line: Line | Box) -> Box:
    """The corners of a line, with as few digits as tell its float32 values."""
    if isinstance(line, tuple):
        return line
    return tuple((float(str(x)), float(str(y))) for x, y in line.quad)


@dataclass(frozen=True)
class TextTranslation:
    """A text translated without a picture. `reason`: why a picture would keep the source, or ""; `confidence`: 0..1."""

    source: str
    target: str
    confidence: float
    reason: str
