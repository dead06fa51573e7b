"""A line of text with its ink, and a paragraph: lines that read as one text."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from iimt_cli.page.arrays import Colour, Coverage, Floats, Halo, Underline
from iimt_cli.page.rectify import BASELINE, EM, Geometry, Points
from iimt_cli.page.tracking import Tracking, tracking

Alignment = Literal["left", "center", "right", "justified"]
NO_STROKE = 1e-6  # px: avoids dividing by zero


@dataclass(frozen=True)
class Facts:
    """What `layout/pairs.py` knows of a line. text: what was read there, "" if nothing was.

    ends: of the baseline, (2, 2) picture px; em, box: type size and height of the box, px; stem: width of strokes, strip px;
    word: width of its first word, em; bullet: from its left end to its second word, em; item: a mark stands before it.
    lean: how much its letters lean (`measure.lean`); None if it is too short to tell.
    """

    ends: Floats
    direction: Floats
    em: float
    box: float
    stem: float
    colour: Colour
    word: float
    bullet: float
    item: bool
    unsure: bool
    text: str = ""
    lean: float | None = None


@dataclass(frozen=True)
class TextLine:
    """One line of text, rectified and separated. The strips of a paragraph's lines share scale, direction and x = 0.

    quad: float32 (4, 2), the box as detected, picture px, clockwise from the text's top left. score: the detector's, 0..1.
    geometry: strip ↔ picture.
    ink, erase: in the strip, (32, W), as in `arrays.Ink`.
    x0, x1: columns where the ink begins and ends.
    em: type size, picture px; choices: the two sizes that its letters alone allow (small letters or capitals), or empty.
    colour: of the letters, roughly.
    item: a mark stands before it. partial: the separator found ink in a part of the line only.
    underline: the line drawn under its words; None without one.
    facts: what `layout/pairs.py` compares with other lines, to tell which are one text.
    ink_scale: picture px per column of `ink`. After the first look it may differ from the scale of `geometry`.
    rows: strip rows between the straight lines above and below its letters (`rules.between_rules`).
    halo: the glow or soft shadow of its letters; None without one.
    span: the columns of the strip between which its letters were looked for, when it was cut last.
    """

    quad: NDArray[np.float32]
    score: float
    geometry: Geometry
    ink: Coverage
    erase: Coverage
    x0: float
    x1: float
    em: float
    colour: Colour = (0, 0, 0)
    choices: tuple[float, ...] = ()
    item: bool = False
    partial: bool = False
    underline: Underline | None = None
    facts: Facts | None = None
    ink_scale: float = 1.0
    rows: tuple[float, float] = (-math.inf, math.inf)
    halo: Halo | None = None
    span: tuple[float, float] = (0.0, 0.0)

    @cached_property
    def stem(self) -> float:
        """Width of its strokes, px of a strip in which its type has the standard size."""
        return stem(self.ink) * self.ink_scale * EM / self.em

    @cached_property
    def tracking(self) -> Tracking:
        """How its letters are spaced, in columns of `ink`."""
        return tracking(self.ink, self.em / self.ink_scale)

    @cached_property
    def ends(self) -> Points:
        """Where it starts and ends on its baseline, (2, 2), picture px."""
        return self.geometry.to_picture([[self.x0, BASELINE], [self.x1, BASELINE]])

    @property
    def length(self) -> float:
        """Length of its ink, strip px."""
        return self.x1 - self.x0


@dataclass(frozen=True)
class Paragraph:
    """Lines that read as one text. pitch: from baseline to baseline, strip px (0 for a single line).

    initial: the drop capital with which the first word begins, as a line of its own.
    """

    lines: tuple[TextLine, ...]
    alignment: Alignment = "left"
    pitch: float = 0.0
    initial: TextLine | None = None

    @property
    def inked(self) -> tuple[TextLine, ...]:
        """Its lines and its drop capital: what is erased with it."""
        return self.lines if self.initial is None else (self.initial, *self.lines)

    @cached_property
    def em(self) -> float:
        """Type size, picture px."""
        return float(np.average([o.em for o in self.lines], weights=[o.length + 1 for o in self.lines]))

    @property
    def extent(self) -> tuple[float, float]:
        """First and last column of its ink, strip px."""
        return min(o.x0 for o in self.lines), max(o.x1 for o in self.lines)

    @property
    def spacing(self) -> float:
        """How much wider the gaps between its letters are than usual, strip px; 0 if those of a line are not."""
        return min(line.tracking.step for line in self.lines)

    def begun(self, initial: TextLine | None) -> Paragraph:
        """The paragraph with a drop capital: its lines keep their left ends."""
        return self if initial is None else replace(self, initial=initial, alignment="left")

    def part(self, lines: list[TextLine]) -> Paragraph:
        """Some of its lines as a paragraph of their own."""
        return replace(self, lines=tuple(lines), pitch=self.pitch if len(lines) > 1 else 0.0)


def stem(ink: Coverage) -> float:
    """Mean width of the strokes in ink (32, W), px: bold type has about one and a half times that of regular type."""
    return float(ink.sum() / (np.abs(np.diff(ink, axis=1)).sum() / 2 + NO_STROKE))
