"""Sheets on which texts are set in lines, for the drawn pages of `documents`.

What a reader takes for one text is one block: a paragraph, a title over two lines, an item of a list, a cell, a label.
Everything is drawn in plain colours. Lines know the places of their characters.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from iimt_cli.data.backgrounds import colour
from iimt_cli.data.fonts import FontFace, font_at
from iimt_cli.data.layouts import _paint_at
from iimt_cli.data.render import Style, measure, places_of, render_ink
from iimt_cli.data.scene import Paint

Align = Literal["left", "center", "right"]
Shade = tuple[float, float, float]

HYPHENS = re.compile(
    r"(?<=[aeiouyäöü])(?=[bcdfghjklmnpqrstvwxyzß][aeiouyäöü])|(?<=[lmnr])(?=[bdfgkpstw][aeiouyäöü])"
)
LEAST_SYLLABLE = 3  # letters on either side of a hyphen
SPACED = (1.25, 1.9)  # from baseline to baseline, × the size, in widely spaced running text
CLOSE = (1.05, 1.3)  # the same in other text
CONTRAST = 70.0  # levels between ink and ground, at least


@dataclass(frozen=True)
class TextPool:
    """Texts in one language: `labels` of one to five words, and `sentences`, which end with a full stop or the like."""

    labels: tuple[str, ...]
    sentences: tuple[str, ...]

    @classmethod
    def of(cls, texts: Sequence[str]) -> TextPool:
        """Sorts texts into labels and sentences."""
        labels = [t for t in texts if len(t) <= 40 and len(t.split()) <= 5 and t[-1:].isalnum()]
        sentences = [t for t in texts if 25 <= len(t) <= 220 and t[-1:] in ".!?" and t[:1].isupper()]
        return cls(tuple(labels), tuple(sentences))


@dataclass(frozen=True)
class SetLine:
    """One drawn line of block number `block`: character i is between x = edges[i] and edges[i + 1], px; `baseline`, px.

    box: left, top, right, bottom, of ascenders and descenders, px. face, size, ink: how it is set; bullet: one is drawn
    before it.
    """

    text: str
    block: int
    edges: NDArray[np.float32]
    baseline: float
    box: tuple[float, float, float, float]
    face: FontFace
    size: int
    ink: Shade
    bullet: bool = False


@dataclass(frozen=True)
class Document:
    """`rgb` uint8 [h, w, 3]; the lines of a block are in its order."""

    rgb: NDArray[np.uint8]
    lines: tuple[SetLine, ...]
    kind: str


class FullError(Exception):
    """The page has no room left."""


@dataclass(frozen=True)
class Type:
    """How a text is set. size: px; pitch: baseline to baseline, × size; tracking: px between letters; ink: its colour;
    indent: px of its first line, hanging: px of the others."""

    size: int
    bold: bool = False
    align: Align = "left"
    justified: bool = False
    hyphenated: bool = False
    pitch: float = 1.25
    tracking: float = 0.0
    ink: Shade | None = None
    indent: float = 0.0
    hanging: float = 0.0
    most: int = 99


class Sheet:
    """A page in the making."""

    def __init__(
        self, pool: TextPool, faces: tuple[FontFace, FontFace], rng: np.random.Generator, draw: bool
    ) -> None:
        self.rng, self.pool, self.faces, self.drawing = rng, pool, faces, draw
        self.bullet = False  # whether a bullet was drawn for the text that is set next
        self.width, self.height = int(rng.integers(640, 1300)), int(rng.integers(600, 1300))
        self.ground = colour(rng) if rng.random() < 0.5 else 255 - rng.random(3) * 12
        self.rgb = np.ascontiguousarray(
            np.broadcast_to(self.ground, (self.height, self.width, 3)).astype(np.uint8)
        )
        self.lines: list[SetLine] = []
        self.blocks = 0
        self.ink = self.shade()
        self.pale = self.shade(0.55)
        self.accent = self.shade(1.0, grey=False)
        self.size = int(rng.integers(14, 25))
        self.em = float(self.size)

    # Chance

    def maybe(self, share: float) -> bool:
        return bool(self.rng.random() < share)

    def between(self, low: float, high: float) -> float:
        return float(self.rng.uniform(low, high))

    def count(self, low: int, high: int) -> int:
        """From low to high, both included."""
        return int(self.rng.integers(low, high + 1))

    def shade(self, strength: float = 1.0, grey: bool = True) -> Shade:
        """A colour that can be read on the ground; strength: how far from it, 0..1."""
        best = np.zeros(3)
        for _ in range(12):
            best = colour(self.rng) if not (grey and self.maybe(0.7)) else np.full(3, self.between(0, 255))
            if abs(float((best - self.ground).mean())) > CONTRAST * (1 + strength):
                break
        else:
            best = np.full(3, 0.0 if self.ground.mean() > 127 else 255.0)
        best = self.ground + (best - self.ground) * strength
        return float(best[0]), float(best[1]), float(best[2])

    # Texts

    def label(self, longest: int = 40) -> str:
        for _ in range(20):
            text = self.pool.labels[self.rng.integers(len(self.pool.labels))]
            if len(text) <= longest:
                break
        return text[:1].upper() + text[1:] if self.maybe(0.9) else text

    def title(self) -> str:
        """A headline: a sentence without its full stop, or a label."""
        if self.maybe(0.5):
            return self.label()
        return re.sub(r"\.$", "", self.sentence(90))

    def sentence(self, longest: int = 220) -> str:
        for _ in range(20):
            text = self.pool.sentences[self.rng.integers(len(self.pool.sentences))]
            if len(text) <= longest:
                break
        return text

    def prose(self, low: int, high: int) -> str:
        return " ".join(self.sentence() for _ in range(self.count(low, high)))

    def price(self) -> str:
        return f"{self.count(1, 180)},{self.count(0, 99):02d}" + ("", " €", "")[self.count(0, 2)]

    def figure(self) -> str:
        kinds = (
            f"{self.count(1, 999)}", f"{self.count(0, 99)},{self.count(0, 9)} %",
            f"{self.count(6, 23)}:{self.count(0, 59):02d}",
            f"{self.count(1, 900)} g", f"{self.count(1, 28)}.{self.count(1, 12)}.20{self.count(10, 29)}", self.price(),
        )  # fmt: skip
        return kinds[self.count(0, len(kinds) - 1)]

    def someone(self) -> str:
        words = [w.strip(".,:;()") for _ in range(3) for w in self.label(24).split()[:1]]
        return " ".join(w[:1].upper() + w[1:] for w in words[: self.count(1, 2)])

    # Setting

    def put(self, text: str, x: float, y: float, width: float, kind: Type) -> float:
        """Sets a text as a block of its own, with its top at y; returns its bottom. Raises FullError if it does not fit."""
        face = self.faces[kind.bold]
        style = Style(face, kind.size, 0, tracking=kind.tracking)
        rows = broken(text, style, width, kind)[: kind.most]
        above, below = font_at(face, kind.size).extent()
        step = max(kind.pitch * kind.size, 0.98 * (above + below) if kind.pitch < 1.1 else 0)
        if y + above + below + (len(rows) - 1) * step > self.height - 6:
            raise FullError
        for n, row in enumerate(rows):
            left = x + (kind.indent if n == 0 else kind.hanging)
            room = width - (left - x)
            long = measure(row, style)
            spread = 0.0
            if kind.justified and n < len(rows) - 1 and " " in row:
                spread = max(room - long, 0.0) / row.count(" ")
            elif kind.align != "left":
                left += (room - long) * (0.5 if kind.align == "center" else 1.0)
            self._line(row, left, round(y + above + n * step), style, spread, kind.ink or self.ink)
        self.blocks += 1
        return y + above + below + (len(rows) - 1) * step

    def _line(self, text: str, x: float, baseline: int, style: Style, spread: float, ink: Shade) -> None:
        above, below = font_at(style.face, style.size).extent()
        margin = int(style.size)
        start, places = x, list[tuple[str, float]]()
        for word in text.split(" ") if spread else [text]:
            places.append((word, start))
            start += measure(word + " ", style) + spread
        edges: list[NDArray[np.float32]] = []
        for word, at in places:
            edges.append((at + places_of(word, style)).astype(np.float32))
            if self.drawing:
                own = replace(style, baseline=above + margin)
                drawn = render_ink(word, own, height=above + below + 2 * margin, patch=1, left=margin)
                _paint_at(self.rgb, drawn.coverage, round(at) - margin, baseline - above - margin, Paint(ink))
        every = np.concatenate(edges) if len(edges) > 1 else edges[0]
        self.lines.append(
            SetLine(
                text, self.blocks, every.astype(np.float32), baseline,
                (float(every[0]), baseline - above, float(every[-1]), baseline + below),
                style.face, int(style.size), ink, self.bullet,
            )
        )  # fmt: skip
        self.bullet = False

    def run(self, x: float, y: float, width: float, low: int, high: int, kind: Type, apart: float) -> float:
        """Paragraphs of one to four sentences under each other; apart: px between them."""
        for _ in range(self.count(low, high)):
            y = self.put(self.prose(1, 4), x, y, width, kind) + apart
        return y

    def body(self, **changes: object) -> Type:
        """How this page sets running text."""
        justified = self.maybe(0.35)
        ragged: Align = "left" if justified or self.maybe(0.8) else "center" if self.maybe(0.6) else "right"
        kind = Type(
            self.size,
            align=ragged,
            justified=justified,
            hyphenated=self.maybe(0.6 if justified else 0.2),
            pitch=self.between(*(SPACED if self.maybe(0.35) else CLOSE)),
        )
        return replace(kind, **changes)  # type: ignore[arg-type]

    def box(self, x: float, y: float, width: float, height: float) -> None:
        """Draws a frame or a panel, a little lighter or darker than the ground, so that text on it can still be read."""
        corners = (int(x), int(y)), (int(x + width), int(y + height))
        if self.maybe(0.6):
            towards = np.array(self.ink) - self.ground
            cv2.rectangle(self.rgb, *corners, (self.ground + towards * self.between(0.03, 0.12)).tolist(), -1)
        else:
            cv2.rectangle(self.rgb, *corners, self.pale, 1)

    def rule(self, x: float, y: float, width: float) -> None:
        cv2.line(self.rgb, (int(x), int(y)), (int(x + width), int(y)), self.pale, 1)

    def dot(self, x: float, y: float) -> None:
        """Draws a bullet with its middle at (x, y), before the text that is set next."""
        self.bullet = True
        radius = max(int(self.size * self.between(0.12, 0.2)), 2)
        if self.maybe(0.7):
            cv2.circle(self.rgb, (int(x), int(y)), radius, self.ink, -1, cv2.LINE_AA)
        else:
            corner = (int(x) - radius, int(y) - radius), (int(x) + radius, int(y) + radius)
            cv2.rectangle(self.rgb, *corner, self.accent, -1 if self.maybe(0.5) else 1)


def broken(text: str, style: Style, width: float, kind: Type) -> list[str]:
    """A text broken into lines of at most `width` px, less their indents; words are divided if `kind` says so."""
    rows, words = [""], text.split()
    while words:
        word = words.pop(0)
        room = width - (kind.indent if len(rows) == 1 else kind.hanging)
        joined = f"{rows[-1]} {word}".strip()
        if not rows[-1] or measure(joined, style) <= room:
            rows[-1] = joined
            continue
        if kind.hyphenated and (cut := _syllable(word, rows[-1], room, style)):
            rows[-1] = f"{rows[-1]} {word[:cut]}-"
            word = word[cut:]
        rows.append(word)
    return rows


def _syllable(word: str, row: str, room: float, style: Style) -> int:
    """How many letters of a word fit at the end of a row, with a hyphen; 0 if none do."""
    cuts = [m.start() for m in HYPHENS.finditer(word)] if word.isalpha() else []
    inside = [cut for cut in cuts if LEAST_SYLLABLE <= cut <= len(word) - LEAST_SYLLABLE]
    return max((cut for cut in inside if measure(f"{row} {word[:cut]}-", style) <= room), default=0)


def heading_type(s: Sheet, align: Align = "left") -> Type:
    size = int(s.size * s.between(1.3, 2.6))
    return Type(
        size,
        bold=s.maybe(0.7),
        align=align,
        pitch=s.between(1.05, 1.3),
        ink=s.accent if s.maybe(0.3) else None,
    )


def list_items(s: Sheet, x: float, y: float, wide: float, kind: Type, low: int = 2, high: int = 6) -> float:
    """A list with bullets, numbers, or nothing before its items."""
    style, apart, kind = s.count(0, 6), s.em * s.between(-0.05, 0.7), replace(kind, align="left")
    if apart < s.em * 0.15:
        apart = s.em * kind.pitch - sum(font_at(s.faces[0], kind.size).extent())
    inset = s.em * s.between(0.9, 1.8)
    length = (40, 90, 160)[s.count(0, 2)]
    stops, words = s.maybe(0.5), s.maybe(0.25)
    for n in range(s.count(low, high)):
        text = s.sentence(length) if s.maybe(0.7 * (not words)) else s.label(14 if words else 40)
        text = text if stops else re.sub(r"[.!]$", "", text)
        if style < 2:
            s.dot(x + inset * 0.4, y + 0.62 * s.em)
            y = s.put(text, x + inset, y, wide - inset, kind) + apart
        elif style > 4:  # one line each, or items that only their distance tells apart
            apart = max(apart, 0.35 * s.em) if n == 0 and length > 40 else apart
            y = s.put(text, x, y, wide, replace(kind, justified=False)) + apart
        else:
            sign = ("– ", "• ", f"{n + 1}. ")[style - 2]
            hanging = measure(sign, Style(s.faces[0], kind.size, 0)) if s.maybe(0.9) else 0.0
            y = s.put(sign + text, x, y, wide, replace(kind, hanging=hanging, justified=False)) + apart
    return y
