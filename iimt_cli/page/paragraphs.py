"""A line of text with its ink, and a paragraph: lines that read as one text."""

from __future__ import annotations

import math
import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np

from iimt_cli.language.base import NEUTRAL, Language
from iimt_cli.language.sentences import ends_sentence
from iimt_cli.page.rectify import EM, Geometry
from iimt_cli.page.style import Style

Alignment = Literal["left", "center", "right", "justified"]
_ITEM_START = re.compile(r"^\s*([-–—•·*▪‣✓]|\(?\d{1,3}[.)]|[a-zA-Z][.)])\s")


@dataclass(frozen=True)
class TextLine:
    """One line of text with its ink, once it is rectified and separated.

    quad: float32 [4, 2] as detected; geometry: of the strip; ink, erase: float32 [32, W]; x0, x1: the columns
    of the ink; em: type size in picture px; choices: sizes between which its letters alone cannot decide;
    colour: RGB; item: a bullet stands before it; partial: the separator found ink in a part of it only; underline: rows
    and columns of a line under its words; column: which of the picture's columns of like lines it stands in; follows: it
    goes on there, but the layout alone speaks for a text of its own; ink_scale: picture px per column of its ink, which at
    first is not the geometry's; rows: between straight lines above and below it. A paragraph's lines share scale,
    direction, x = 0.
    """

    quad: np.ndarray
    score: float
    geometry: Geometry
    ink: np.ndarray
    erase: np.ndarray
    x0: float
    x1: float
    em: float
    colour: tuple[float, float, float] = (0, 0, 0)
    choices: tuple[float, ...] = ()
    style: Style | None = None
    item: bool = False
    partial: bool = False
    underline: tuple[slice, np.ndarray] | None = None
    column: int = -1
    follows: bool = False
    ink_scale: float = 1.0
    rows: tuple[float, float] = (-math.inf, math.inf)

    @cached_property
    def stem(self) -> float:
        """Of its letters, px of a strip in its own scale."""
        return stem(self.ink) * self.ink_scale * EM / self.em


@dataclass(frozen=True)
class Paragraph:
    """Lines that read as one text. pitch: from baseline to baseline, strip px (0 for a single line)."""

    lines: tuple[TextLine, ...]
    alignment: Alignment = "left"
    pitch: float = 0.0

    @property
    def em(self) -> float:
        """Type size, picture px."""
        return float(np.average([o.em for o in self.lines], weights=[o.x1 - o.x0 + 1 for o in self.lines]))

    @property
    def extent(self) -> tuple[float, float]:
        """First and last column of its ink, strip px."""
        return min(o.x0 for o in self.lines), max(o.x1 for o in self.lines)

    def split_after(
        self, readings: list[str], starts: Collection[int] = (), pack: Language = NEUTRAL
    ) -> list[Paragraph]:
        """Divide by what the lines say (one reading per line): where an item or a short sentence ends, and at `starts`.

        A line starting with a bullet or a number begins a new item; a line that ends a sentence with a fifth
        of the width to spare ends its paragraph.
        """
        if len(readings) != len(self.lines):
            raise ValueError(f"{len(readings)} readings for {len(self.lines)} lines")
        left, right = self.extent
        parts: list[list[TextLine]] = []
        for i, line in enumerate(self.lines):
            spare = right - self.lines[i - 1].x1 if i else 0.0
            ended = i > 0 and ends_sentence(readings[i - 1], pack)
            short = spare > 0.2 * (right - left) and self.alignment in ("left", "justified")
            if i == 0 or i in starts or _ITEM_START.match(readings[i]) or (ended and short):
                parts.append([])
            parts[-1].append(line)
        return [replace(self, lines=tuple(p), pitch=self.pitch if len(p) > 1 else 0.0) for p in parts]


def stem(ink: np.ndarray) -> float:
    """Mean width of the strokes in ink [32, W]: bold type has about one and a half times that of regular type."""
    return float(ink.sum() / (np.abs(np.diff(ink, axis=1)).sum() / 2 + 1e-6))


def box_height(quad: np.ndarray) -> float:
    """Height of a detected line, picture px."""
    return float(np.linalg.norm(quad[3] - quad[0] + quad[2] - quad[1]) / 2)


def word_gaps(ink: np.ndarray, narrow: float = 0.18) -> list[tuple[int, int]]:
    """Runs of empty columns in ink [32, W] that are at least `narrow` type sizes wide: x0, x1 (exclusive)."""
    columns = np.flatnonzero(ink.max(axis=0) > 0.25)
    if len(columns) < 2:
        return []
    steps = np.diff(columns)
    wide = np.flatnonzero(steps - 1 >= narrow * EM)
    return [(int(columns[i]) + 1, int(columns[i + 1])) for i in wide]
