"""Made-up pages of 21 kinds in one language, of which it is known which lines are one text: for grouping lines.

A text that a reader takes for one is one block: a paragraph, a title over two lines, an item of a list, a cell, a label.
Everything is drawn in plain colours; the lines know their characters' places.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
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
SPACED = (1.25, 1.9)  # baseline to baseline, × the size, of running text that is widely spaced
CLOSE = (1.05, 1.3)  # the same, of other text
CONTRAST = 70.0  # levels between ink and ground, at least


@dataclass(frozen=True)
class TextPool:
    """Texts in one language: `labels` of one to five words, `sentences` that end with their mark."""

    labels: tuple[str, ...]
    sentences: tuple[str, ...]

    @classmethod
    def of(cls, texts: Sequence[str]) -> TextPool:
        """Sorts texts by what they look like."""
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


class _FullError(Exception):
    """The page has no room left."""


@dataclass(frozen=True)
class _Type:
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


def document(
    kind: str,
    pool: TextPool,
    faces: Sequence[tuple[FontFace, FontFace]],
    rng: np.random.Generator,
    draw: bool = True,
) -> Document:
    """A page of a kind in `KINDS`. faces: regular and bold ones that go together; draw: whether its letters are drawn, too."""
    sheet = _Sheet(pool, faces[int(rng.integers(len(faces)))], rng, draw)
    with suppress(_FullError):
        KINDS[kind](sheet)
    return Document(sheet.rgb, tuple(sheet.lines), kind)


class _Sheet:
    """A page in the making."""

    def __init__(
        self, pool: TextPool, faces: tuple[FontFace, FontFace], rng: np.random.Generator, draw: bool
    ) -> None:
        self.rng, self.pool, self.faces, self.drawing = rng, pool, faces, draw
        self.bullet = False  # whether one was drawn for the text that is set next
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

    def put(self, text: str, x: float, y: float, width: float, kind: _Type) -> float:
        """Sets a text as a block of its own with its top at y; where it ends. Raises _FullError if the page does."""
        face = self.faces[kind.bold]
        style = Style(face, kind.size, 0, tracking=kind.tracking)
        rows = _broken(text, style, width, kind)[: kind.most]
        above, below = font_at(face, kind.size).extent()
        step = max(kind.pitch * kind.size, 0.98 * (above + below) if kind.pitch < 1.1 else 0)
        if y + above + below + (len(rows) - 1) * step > self.height - 6:
            raise _FullError
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

    def run(self, x: float, y: float, width: float, low: int, high: int, kind: _Type, apart: float) -> float:
        """Paragraphs of one to four sentences under each other; apart: px between them."""
        for _ in range(self.count(low, high)):
            y = self.put(self.prose(1, 4), x, y, width, kind) + apart
        return y

    def body(self, **changes: object) -> _Type:
        """How this page sets running text."""
        justified = self.maybe(0.35)
        ragged: Align = "left" if justified or self.maybe(0.8) else "center" if self.maybe(0.6) else "right"
        kind = _Type(
            self.size,
            align=ragged,
            justified=justified,
            hyphenated=self.maybe(0.6 if justified else 0.2),
            pitch=self.between(*(SPACED if self.maybe(0.35) else CLOSE)),
        )
        return replace(kind, **changes)  # type: ignore[arg-type]

    def box(self, x: float, y: float, width: float, height: float) -> None:
        """A frame or a panel a shade off the ground, on which the page's inks can still be read."""
        corners = (int(x), int(y)), (int(x + width), int(y + height))
        if self.maybe(0.6):
            towards = np.array(self.ink) - self.ground
            cv2.rectangle(self.rgb, *corners, (self.ground + towards * self.between(0.03, 0.12)).tolist(), -1)
        else:
            cv2.rectangle(self.rgb, *corners, self.pale, 1)

    def rule(self, x: float, y: float, width: float) -> None:
        cv2.line(self.rgb, (int(x), int(y)), (int(x + width), int(y)), self.pale, 1)

    def dot(self, x: float, y: float) -> None:
        """A bullet, by its middle, before the text that is set next."""
        self.bullet = True
        radius = max(int(self.size * self.between(0.12, 0.2)), 2)
        if self.maybe(0.7):
            cv2.circle(self.rgb, (int(x), int(y)), radius, self.ink, -1, cv2.LINE_AA)
        else:
            corner = (int(x) - radius, int(y) - radius), (int(x) + radius, int(y) + radius)
            cv2.rectangle(self.rgb, *corner, self.accent, -1 if self.maybe(0.5) else 1)


def _broken(text: str, style: Style, width: float, kind: _Type) -> list[str]:
    """A text in lines of at most `width` px, less their indents, with words divided at their ends if that is wanted."""
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


# Kinds of pages


def _article(s: _Sheet) -> None:
    margin, body = s.between(25, 80), s.body()
    center: Align = "center" if s.maybe(0.3) else "left"
    y = s.put(
        s.title(), margin, s.between(15, 50), s.width - 2 * margin, _heading(s, center)
    ) + s.em * s.between(0.4, 1.5)
    if s.maybe(0.4):
        y = s.put(s.label(), margin, y, s.width - 2 * margin, _Type(s.size, ink=s.pale, align=center)) + s.em
    indented = s.maybe(0.3)
    apart = 0.0 if indented else s.em * s.between(0.35, 1.3)
    if indented:
        body = replace(body, indent=s.em * s.between(0.9, 2.2))
        apart = body.pitch * s.em - sum(font_at(s.faces[0], s.size).extent())
    columns = s.count(1, 3 if s.width > 900 else 2)
    gutter = s.em * s.between(1.2, 3)
    wide, top = (s.width - 2 * margin - (columns - 1) * gutter) / columns, y
    for column in range(columns):
        x, y = margin + column * (wide + gutter), top
        try:
            while True:
                y = s.run(x, y, wide, 1, 3, body, apart)
                if s.maybe(0.5):
                    y = s.put(
                        s.label(),
                        x,
                        y + s.em * s.between(0, 0.8),
                        wide,
                        _Type(s.count(s.size, s.size + 5), bold=True),
                    )
                    y += s.em * s.between(0.1, 0.7)
        except _FullError:
            continue


def _heading(s: _Sheet, align: Align = "left") -> _Type:
    size = int(s.size * s.between(1.3, 2.6))
    return _Type(
        size,
        bold=s.maybe(0.7),
        align=align,
        pitch=s.between(1.05, 1.3),
        ink=s.accent if s.maybe(0.3) else None,
    )


def _letter(s: _Sheet) -> None:
    margin, body = s.between(40, 90), s.body(justified=s.maybe(0.2))
    wide = s.width - 2 * margin
    y = s.between(20, 60)
    plain = _Type(s.size, pitch=body.pitch)
    step = s.em * body.pitch
    for n in range(s.count(1, 3)):
        s.put(
            s.label(), margin, y + n * step, wide * 0.6, replace(plain, bold=n == 0 and s.maybe(0.6), most=1)
        )
    y += step * 4
    right: Align = "right" if s.maybe(0.5) else "left"
    for n in range(s.count(3, 5)):  # an address
        text = (
            s.someone()
            if n == 0
            else f"{s.label(20)} {s.count(1, 99)}"
            if n == 1
            else f"{s.count(10000, 99999)} {s.someone()}"
            if n == 2
            else s.label(25)
        )
        s.put(text, margin, y + n * step, wide * 0.5, replace(plain, most=1))
    if s.maybe(0.6):
        for n in range(s.count(1, 4)):
            s.put(
                f"{s.label(14)}: {s.figure()}",
                margin + wide * 0.62,
                y + n * step,
                wide * 0.38,
                replace(plain, align=right, most=1),
            )
    y += step * 5 + s.em
    y = s.put(s.title(), margin, y, wide, replace(plain, bold=s.maybe(0.7))) + step * s.between(0.1, 1)
    y = s.put(f"{s.label(25)},", margin, y, wide, replace(plain, most=1)) + step * s.between(0.15, 0.8)
    apart = s.em * s.between(0.4, 1.1)
    y = s.run(margin, y, wide, 1, 4, body, apart)
    if s.maybe(0.4):
        y = s.put(re.sub(r"[.!?]$", ":", s.sentence(80)), margin, y, wide, body) + s.em * s.between(0.1, 0.5)
        y = _items(s, margin, y, wide, body) + apart
        y = s.run(margin, y, wide, 1, 2, body, apart)
    y = s.put(s.label(25), margin, y, wide, plain) + s.em * s.between(0.1, 2)
    s.put(s.someone(), margin, y, wide, plain)
    if s.maybe(0.5):
        s.put(s.sentence(120), margin, s.height - 4 * s.em, wide, _Type(max(s.size - 4, 10), align="center"))


def _items(s: _Sheet, x: float, y: float, wide: float, kind: _Type, low: int = 2, high: int = 6) -> float:
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


def _list(s: _Sheet) -> None:
    margin, body = s.between(30, 120), s.body()
    wide = min(s.width - 2 * margin, s.em * s.between(14, 50))
    y = s.put(s.title(), margin, s.between(15, 50), s.width - 2 * margin, _heading(s)) + s.em * s.between(
        0.4, 1.5
    )
    while True:
        if s.maybe(0.5):
            y = s.put(s.prose(1, 2), margin, y, wide, body) + s.em * s.between(0.2, 0.9)
        elif s.maybe(0.5):
            y = (
                s.put(s.label() + (":" if s.maybe(0.5) else ""), margin, y, wide, replace(body, bold=True))
                + s.em * 0.4
            )
        y = _items(s, margin, y, wide, body, 3, 9) + s.em * s.between(0.6, 1.6)


def _menu(s: _Sheet) -> None:
    """Dishes with prices; under some what they are made of."""
    margin = s.between(30, 140)
    center: Align = "center" if s.maybe(0.3) else "left"
    y = s.put(
        s.title(), margin, s.between(15, 50), s.width - 2 * margin, _heading(s, "center")
    ) + s.em * s.between(0.4, 1.5)
    columns = 1 if center == "center" or s.width < 800 else s.count(1, 2)
    wide, top = (s.width - 2 * margin - (columns - 1) * 40) / columns, y
    smaller = _Type(
        max(int(s.size * s.between(0.7, 1.0)), 10),
        ink=s.pale if s.maybe(0.5) else None,
        align=center,
        pitch=s.between(1.1, 1.4),
    )
    dish = _Type(s.size, bold=s.maybe(0.5), align=center, most=2)
    near, far, described = s.em * s.between(0.0, 0.3), s.em * s.between(0.05, 1.4), s.between(0.0, 1)
    for column in range(columns):
        x, y = margin + column * (wide + 40), top
        try:
            while True:
                y = (
                    s.put(
                        s.label(), x, y, wide, _Type(int(s.size * 1.3), bold=True, align=center, ink=s.accent)
                    )
                    + far
                )
                for _ in range(s.count(2, 6)):
                    if center == "left":
                        s.put(
                            s.price(), x + wide * 0.85, y, wide * 0.15, replace(dish, align="right", most=1)
                        )
                    y = s.put(
                        s.label() if s.maybe(0.6) else s.title(),
                        x,
                        y,
                        wide * 0.75 if center == "left" else wide,
                        dish,
                    )
                    if s.maybe(described):
                        text = (
                            s.sentence(90)
                            if s.maybe(0.4)
                            else s.label()
                            if s.maybe(0.3)
                            else s.label().lower()
                        )
                        y = s.put(
                            re.sub(r"\.$", "", text),
                            x,
                            y + near,
                            wide * 0.75 if center == "left" else wide,
                            smaller,
                        )
                    if center == "center":
                        y = s.put(s.price(), x, y + near, wide, dish)
                    y += far
        except _FullError:
            continue


def _receipt(s: _Sheet) -> None:
    wide = s.em * s.between(18, 26)
    x, step = s.between(10, max(s.width - wide - 10, 20)), s.em * s.between(1.2, 1.6)
    y = s.between(15, 60)
    plain = _Type(s.size, most=1)
    for n in range(s.count(2, 5)):
        text = (
            s.someone(),
            f"{s.label(20)} {s.count(1, 90)}",
            f"{s.count(10000, 99999)} {s.someone()}",
            f"Tel. {s.count(10000, 9999999)}",
            s.label(20),
        )[n]
        s.put(text, x, y, wide, replace(plain, align="center", bold=n == 0))
        y += step
    y += step * 0.6
    while y < s.height * 0.7:
        s.put(s.label(22) if s.maybe(0.8) else f"{s.count(2, 9)} x {s.price()}", x, y, wide * 0.7, plain)
        s.put(s.price(), x + wide * 0.7, y, wide * 0.3, replace(plain, align="right"))
        y += step
    s.rule(x, y, wide)
    for _ in range(s.count(1, 3)):
        y += step * 0.5
        s.put(s.label(16), x, y, wide * 0.6, replace(plain, bold=True))
        s.put(s.price(), x + wide * 0.6, y, wide * 0.4, replace(plain, align="right", bold=True))
        y += step
    y += step * 0.5
    s.put(s.prose(1, 2), x, y, wide, _Type(s.size, align="center", pitch=step / s.em))


def _form(s: _Sheet) -> None:
    margin = s.between(20, 80)
    wide, y = s.width - 2 * margin, s.between(15, 50)
    y = s.put(s.title(), margin, y, wide, _heading(s)) + s.em * s.between(0.5, 1.2)
    if s.maybe(0.6):
        y = s.put(s.prose(1, 3), margin, y, wide, s.body()) + s.em
    small = _Type(max(int(s.size * s.between(0.75, 1)), 10), ink=s.pale if s.maybe(0.4) else None, most=2)
    filled, style, step = s.maybe(0.6), s.count(0, 2), s.em * s.between(1.5, 2.6)
    star = " *" if s.maybe(0.3) else ""
    while True:
        fields = s.count(1, 3)
        each = wide / fields
        if style == 0:  # the name stands over its field
            for n in range(fields):
                x = margin + n * each
                s.put(s.label(int(each / s.em * 1.5)) + star, x, y, each - s.em, small)
                s.box(x, y + step * 0.8, each - s.em, s.em * 1.8)
                if filled:
                    s.put(
                        s.figure() if s.maybe(0.4) else s.label(20),
                        x + 8,
                        y + step * 0.8 + s.em * 0.3,
                        each - s.em - 16,
                        _Type(s.size, most=1),
                    )
            y += step * 0.8 + s.em * s.between(2.2, 3)
        elif style == 1:  # before its value
            s.put(s.label(18) + ":", margin, y, wide * 0.35, _Type(s.size, bold=s.maybe(0.4), most=1))
            s.put(
                s.figure() if s.maybe(0.5) else s.label(),
                margin + wide * 0.38,
                y,
                wide * 0.6,
                _Type(s.size, most=1),
            )
            y += step
        else:  # beside a check box
            s.dot(margin + s.em * 0.5, y + s.em * 0.6)
            y = s.put(
                s.sentence(110) if s.maybe(0.5) else s.label(),
                margin + s.em * 1.5,
                y,
                wide - s.em * 2,
                s.body(justified=False),
            ) + s.em * s.between(0.2, 0.9)
        if s.maybe(0.15):
            y = s.put(s.label(), margin, y + s.em * 0.5, wide, _Type(s.size, bold=True)) + s.em * 0.6


def _table(s: _Sheet) -> None:
    """Rows of cells, some of which hold texts of several lines."""
    margin = s.between(20, 80)
    wide, y = s.width - 2 * margin, s.between(15, 50)
    y = s.put(s.title(), margin, y, wide, _heading(s)) + s.em
    columns, ruled, wrapped = s.count(2, 5), s.maybe(0.5), s.maybe(0.5)
    shares = s.rng.uniform(0.6, 1.6, columns)
    shares[0] *= 1.5
    edges = np.concatenate([[0], np.cumsum(shares / shares.sum())]) * wide + margin
    numeric = [False, *(s.maybe(0.5) for _ in range(columns - 1))]
    pad = s.em * s.between(0.02, 0.9)
    right: Align = "right" if s.maybe(0.6) else "left"
    for row in range(s.count(3, 14)):
        ends = []
        for n in range(columns):
            room = edges[n + 1] - edges[n] - s.em
            long = int(room / s.em * 1.6)
            text = s.label(long) if row == 0 or not numeric[n] else s.figure()
            if row and wrapped and not numeric[n] and s.maybe(0.5):
                text = s.sentence(long * 3) if s.maybe(0.5) else s.title()
            kind = _Type(
                s.size, bold=row == 0, align=right if numeric[n] else "left", pitch=s.between(1.1, 1.2)
            )
            ends.append(s.put(text, edges[n], y + pad, room, kind))
        y = max(ends) + pad
        if ruled:
            s.rule(margin, y, wide)
    y += s.em
    s.put(s.prose(1, 3), margin, y, wide, s.body(size=max(s.size - 3, 10)))


def _notices(s: _Sheet) -> None:
    """Signs: short sentences under each other, centred or flush left, each a text of its own."""
    y = s.between(15, 50)
    while True:
        wide = s.width * s.between(0.4, 0.9)
        x, size = s.between(10, s.width - wide - 5), int(s.size * s.between(1.0, 2.2))
        align: Align = "center" if s.maybe(0.6) else "left"
        framed, top, pad = s.maybe(0.6), y, size * s.between(0.5, 1.2)
        kind = _Type(size, bold=s.maybe(0.5), align=align, pitch=s.between(1.05, 1.5))
        texts = [s.title() if s.maybe(0.4) else s.sentence(110) for _ in range(s.count(1, 4))]
        apart = size * s.between(0.35, 1.2)
        tall = pad
        probe = Style(s.faces[kind.bold], size, 0)
        for text in texts:
            tall += len(_broken(text, probe, wide - 2 * pad, kind)) * size * 1.5 + apart
        if framed and top + tall < s.height:
            s.box(x, top, wide, tall)
        y += pad
        for n, text in enumerate(texts):
            y = s.put(text, x + pad, y, wide - 2 * pad, kind) + apart
            if n == 0 and s.maybe(0.3):
                kind = replace(kind, size=max(int(size * 0.7), 11), bold=False)
        y = max(y + pad, top + tall * framed) + size * s.between(0.5, 1.5)


def _slide(s: _Sheet) -> None:
    s.size = s.count(18, 30)
    s.em = float(s.size)
    margin = s.between(30, 90)
    wide = s.width - 2 * margin
    y = s.put(s.title(), margin, s.between(20, 60), wide, _heading(s)) + s.em * s.between(0.3, 1)
    if s.maybe(0.4):
        y = s.put(s.title(), margin, y, wide, _Type(s.size, ink=s.pale)) + s.em
    columns = s.count(1, 3)
    each, top = (wide - (columns - 1) * s.em * 2) / columns, y + s.em
    for n in range(columns):
        x, y = margin + n * (each + s.em * 2), top
        try:
            if s.maybe(0.5):
                y = s.put(s.label(), x, y, each, _Type(s.size, bold=True)) + s.em * 0.5
            if s.maybe(0.25):
                y = s.put(s.figure(), x, y, each, _Type(s.size * 2, bold=True, ink=s.accent)) + s.em * 0.1
                y = s.put(s.label(), x, y, each, _Type(max(s.size - 4, 12))) + s.em
            else:
                _items(s, x, y, each, s.body(justified=False), 2, 7)
        except _FullError:
            continue
    s.put(
        f"{s.label(20)} | {s.count(1, 60)}",
        margin,
        s.height - 2.5 * s.em,
        wide,
        _Type(max(s.size // 2, 10), align="right"),
    )


def _chat(s: _Sheet) -> None:
    y, pad = s.between(15, 50), s.em * s.between(0.4, 0.9)
    small = _Type(max(int(s.size * 0.7), 10), ink=s.pale, most=1)
    pitch = s.between(1.1, 1.45)
    y = s.put(s.someone(), pad * 2, y, s.width * 0.6, _Type(int(s.size * 1.2), bold=True)) + s.em
    while True:
        wide = s.em * s.between(8, 26)
        x = pad * 2 if s.maybe(0.5) else s.width - wide - 3 * pad
        text = s.label() if s.maybe(0.25) else s.prose(1, 2)
        rows = _broken(text, Style(s.faces[0], s.size, 0), wide, _Type(s.size))
        named = s.maybe(0.4)
        tall = (len(rows) * pitch + 0.4 + 1.2 * named) * s.em + 2 * pad + small.size * 1.5
        if y + tall > s.height:
            raise _FullError
        s.box(x - pad, y, wide + 2 * pad, tall)
        inner = y + pad
        if named:
            inner = (
                s.put(s.someone(), x, inner, wide, _Type(s.size, bold=True, ink=s.accent, most=1))
                + s.em * 0.05
            )
        inner = s.put(text, x, inner, wide, _Type(s.size, pitch=pitch))
        s.put(
            f"{s.count(6, 23):02d}:{s.count(0, 59):02d}",
            x,
            y + tall - small.size * 1.6,
            wide,
            replace(small, align="right"),
        )
        y += tall + s.em * s.between(0.3, 1)


def _app(s: _Sheet) -> None:
    """Settings or messages: a title with a paler line under it, and the next one."""
    margin, y = s.between(10, 60), s.between(10, 30)
    wide = min(s.width - 2 * margin, s.em * s.between(18, 36))
    y = s.put(s.label(), margin, y, wide, _Type(int(s.size * 1.4), bold=True)) + s.em
    under = _Type(max(int(s.size * s.between(0.75, 1.0)), 10), ink=s.pale, pitch=s.between(1.1, 1.35), most=4)
    title = _Type(s.size, bold=s.maybe(0.4), most=2)
    near, far = s.em * s.between(-0.1, 0.35), s.em * s.between(0.35, 1.5)
    if s.maybe(0.3):  # both in one type
        under = replace(title, bold=False, ink=s.pale if s.maybe(0.5) else None, most=4)
    has, long, boxed, values = s.between(0.3, 1), s.maybe(0.6), s.maybe(0.4), s.maybe(0.3)
    while True:
        top = y
        if values:
            s.put(s.figure(), margin + wide * 0.75, y, wide * 0.25, replace(title, align="right", most=1))
        y = s.put(s.label(), margin, y, wide * (0.7 if values else 1), title)
        if s.maybe(has):
            y = s.put(
                s.prose(1, 2) if long and s.maybe(0.7) else s.label() if s.maybe(0.5) else s.label().lower(),
                margin,
                y + near,
                wide * (0.7 if values else 1),
                under,
            )
        if boxed:
            s.rule(margin, y + far / 2, wide)
        y += far
        if s.maybe(0.1):
            y = s.put(s.label(), margin, y, wide, _Type(s.size, ink=s.accent, bold=True)) + far
        assert y > top


def _webpage(s: _Sheet) -> None:
    margin, y = s.between(15, 60), s.between(10, 25)
    x = margin
    for _ in range(s.count(3, 6)):
        text = s.label(16)
        long = measure(text, Style(s.faces[0], s.size, 0))
        if x + long > s.width - margin:
            break
        s.put(text, x, y, long + 4, _Type(s.size, most=1))
        x += long + s.em * s.between(1.6, 3)
    y += s.em * 3
    wide = s.width - 2 * margin
    y = s.put(s.title(), margin, y, wide, _heading(s)) + s.em * s.between(0.4, 1)
    y = s.run(margin, y, wide * s.between(0.5, 1), 1, 2, s.body(justified=False), s.em)
    while True:
        cards = s.count(2, 4)
        each, ends = (wide - (cards - 1) * s.em * 1.5) / cards, []
        center: Align = "center" if s.maybe(0.3) else "left"
        title, small = (
            _Type(s.size, bold=True, align=center),
            _Type(max(s.size - s.count(0, 4), 10), align=center, pitch=s.between(1.1, 1.5)),
        )
        near = s.em * s.between(0.05, 0.5)
        for n in range(cards):
            left = margin + n * (each + s.em * 1.5)
            end = s.put(s.title(), left, y, each, title) + near
            end = s.put(s.prose(1, 2) if s.maybe(0.7) else s.label(), left, end, each, small)
            if s.maybe(0.4):
                end = s.put(
                    s.label(16), left, end + near + s.em * 0.2, each, replace(small, bold=True, ink=s.accent)
                )
            ends.append(end)
        y = max(ends) + s.em * 1.5


def _poster(s: _Sheet) -> None:
    y = s.between(20, 90)
    align: Align = "center" if s.maybe(0.65) else "left"
    margin = s.between(20, 100)
    while True:
        size = int(s.size * s.between(1.0, 3.2))
        kind = _Type(
            size,
            bold=s.maybe(0.5),
            align=align,
            pitch=s.between(1.0, 1.35),
            tracking=size * 0.08 if s.maybe(0.15) else 0.0,
        )
        kind = replace(kind, ink=s.accent if s.maybe(0.3) else None)
        text = (s.label(), s.title(), s.sentence(120), s.figure())[s.count(0, 3)]
        if s.maybe(0.2):
            text = text.upper().replace("ẞ", "SS")
        y = s.put(text, margin, y, s.width - 2 * margin, kind) + size * s.between(0.15, 1.5)


def _newspaper(s: _Sheet) -> None:
    margin = s.between(15, 40)
    wide = s.width - 2 * margin
    y = s.put(s.title(), margin, s.between(10, 30), wide, _heading(s)) + s.em * 0.5
    if s.maybe(0.6):
        y = s.put(s.sentence(), margin, y, wide, _Type(s.size + 2, bold=s.maybe(0.5))) + s.em * 0.8
    s.size = s.count(12, 18)
    s.em = float(s.size)
    columns, gutter = s.count(2, 4), s.em * s.between(1.0, 2.2)
    each, top = (wide - (columns - 1) * gutter) / columns, y
    body = _Type(s.size, justified=s.maybe(0.8), hyphenated=s.maybe(0.8), pitch=s.between(1.1, 1.35))
    line = body.pitch * s.em - sum(font_at(s.faces[0], s.size).extent())
    indent = s.em * s.between(0.8, 1.5) if s.maybe(0.6) else 0.0
    for column in range(columns):
        x, y = margin + column * (each + gutter), top
        try:
            first = True
            while True:
                y = s.put(s.prose(1, 5), x, y, each, replace(body, indent=0.0 if first else indent))
                y += line + (0 if indent else s.em * s.between(0.0, 0.5))
                first = False
                if s.maybe(0.2):
                    y = (
                        s.put(s.label(), x, y + s.em * s.between(0.2, 0.8), each, _Type(s.size, bold=True))
                        + line
                        + s.em * s.between(0, 0.3)
                    )
                    first = True
        except _FullError:
            continue


def _package(s: _Sheet) -> None:
    """A label of food or medicine: names, small print, a table of values."""
    margin = s.between(20, 80)
    wide = min(s.width - 2 * margin, s.em * s.between(16, 34))
    y = (
        s.put(s.title(), margin, s.between(15, 40), wide, _heading(s, "center" if s.maybe(0.4) else "left"))
        + s.em * 0.3
    )
    y = s.put(s.label(), margin, y, wide, _Type(s.size)) + s.em
    while True:
        what = s.count(0, 2)
        apart = s.em * s.between(0.2, 1.0)
        if what == 0:
            words = ", ".join(s.label(18) for _ in range(s.count(5, 14)))
            y = s.put(f"{s.label(16)}: {words}.", margin, y, wide, s.body(size=max(s.size - 3, 10))) + apart
        elif what == 1:
            if s.maybe(0.7):
                y = s.put(s.label(), margin, y, wide, _Type(s.size, bold=True)) + s.em * s.between(0.05, 0.4)
            y = s.put(s.prose(1, 3), margin, y, wide, s.body(size=max(s.size - s.count(0, 4), 10))) + apart
        else:
            step = s.em * s.between(1.15, 1.7)
            for _ in range(s.count(3, 8)):
                s.put(s.label(24), margin, y, wide * 0.65, _Type(s.size, most=1))
                s.put(s.figure(), margin + wide * 0.65, y, wide * 0.35, _Type(s.size, align="right", most=1))
                y += step
            y += apart


def _steps(s: _Sheet) -> None:
    """Instructions: a number or an icon, and beside it what to do."""
    margin = s.between(20, 80)
    y = s.put(s.title(), margin, s.between(15, 50), s.width - 2 * margin, _heading(s)) + s.em
    wide, inset = min(s.width - 2 * margin, s.em * s.between(16, 40)), s.em * s.between(1.8, 3.5)
    number = 0
    body, apart, round_ = s.body(justified=False), s.em * s.between(0.3, 1.5), s.maybe(0.5)
    while True:
        number += 1
        big = _Type(int(s.size * s.between(1.0, 1.6)), bold=True, most=1)
        if round_:
            radius = int(s.em)
            cv2.circle(s.rgb, (int(margin + s.em * 0.6), int(y + s.em * 0.7)), radius, s.pale, 1, cv2.LINE_AA)
        s.put(f"{number}", margin + s.em * 0.3, y, inset, big)
        if s.maybe(0.3):
            y = s.put(s.label(), margin + inset, y, wide - inset, replace(body, bold=True)) + s.em * 0.2
        y = max(s.put(s.prose(1, 2), margin + inset, y, wide - inset, body), y + big.size * 1.4) + apart


def _dialog(s: _Sheet) -> None:
    """Windows with a title, a question and buttons; menus of commands."""
    y = s.between(10, 40)
    while True:
        wide = s.em * s.between(16, 34)
        x = s.between(5, max(s.width - wide - 5, 6))
        if s.maybe(0.5):
            tall = s.em * s.between(8, 13)
            if y + tall > s.height:
                raise _FullError
            s.box(x, y, wide, tall)
            inner = s.put(
                s.label(), x + s.em, y + s.em * 0.6, wide - 2 * s.em, _Type(s.size, bold=s.maybe(0.7), most=1)
            )
            inner += s.em * s.between(0.3, 1)
            s.put(
                s.prose(1, 2),
                x + s.em,
                inner,
                wide - 2 * s.em,
                _Type(s.size, pitch=s.between(1.1, 1.4), most=3),
            )
            for n in range(s.count(1, 3)):
                s.put(
                    s.label(12),
                    x + wide * n / 3,
                    y + tall - s.em * 1.8,
                    wide / 3,
                    _Type(s.size, align="center", most=1),
                )
            y += tall + s.em
        else:
            step, number = s.em * s.between(1.2, 2.3), s.count(3, 9)
            words = s.maybe(0.4)
            s.box(x, y, wide, step * number + s.em)
            keys = s.maybe(0.4)
            for n in range(number):
                text = s.label(14 if words else int(wide / s.em * (1.0 if keys else 1.6))) + (
                    "…" if s.maybe(0.15) else ""
                )
                s.put(text, x + s.em, y + s.em / 2 + n * step, wide - s.em, _Type(s.size, most=1))
                if keys and s.maybe(0.5):
                    key = ("Strg", "Ctrl", "Alt")[s.count(0, 2)] + "+" + chr(s.count(65, 90))
                    s.put(
                        key,
                        x + s.em,
                        y + s.em / 2 + n * step,
                        wide - 2 * s.em,
                        _Type(s.size, align="right", ink=s.pale, most=1),
                    )
            y += step * number + 2 * s.em


def _tiles(s: _Sheet) -> None:
    """Cards beside and under each other with a few short texts each: days, offers, figures."""
    margin, gap = s.between(10, 50), s.em * s.between(0.5, 1.5)
    y = s.put(s.title(), margin, s.between(10, 40), s.width - 2 * margin, _heading(s)) + s.em
    across = s.count(2, 6)
    each, boxed = (s.width - 2 * margin - (across - 1) * gap) / across, s.maybe(0.7)
    align: Align = "center" if s.maybe(0.6) else "left"
    while True:
        parts = [(s.count(0, 4), s.count(0, 3)) for _ in range(s.count(2, 4))]
        steps = [s.em * s.between(0.0, 0.6) for _ in parts]
        kinds = [
            _Type(
                int(s.size * (1, 1, 0.8, 1.5)[look]),
                bold=s.maybe(0.3),
                align=align,
                ink=s.pale if s.maybe(0.25) else None,
                pitch=1.15,
            )
            for _, look in parts
        ]
        ends, top, marked = [], y + s.em * 0.6, len(s.lines)
        for n in range(across):
            x, at = margin + n * (each + gap) + s.em * 0.5, top
            for (what, _), step, kind in zip(parts, steps, kinds, strict=True):
                fitting = int(each / s.em * 1.7)  # characters in one line
                text = (
                    s.label(min(14, fitting)),
                    s.label(30 if s.maybe(0.3) else fitting).lower(),
                    s.label(30 if s.maybe(0.5) else fitting),
                    s.figure(),
                    f"{s.count(-9, 35)}° / {s.count(-9, 35)}°",
                )[what]
                at = s.put(text, x, at, each - s.em, replace(kind, most=1 if what > 2 else 3)) + step
            ends.append(at)
        if boxed:
            for n in range(across):
                corner = int(margin + n * (each + gap)), int(y)
                cv2.rectangle(s.rgb, corner, (int(corner[0] + each), int(max(ends) + s.em * 0.4)), s.pale, 1)
        assert len(s.lines) > marked
        y = max(ends) + gap + s.em * 0.4


def _links(s: _Sheet) -> None:
    """Columns of short entries, as at the foot of a website and in menus; some have a title."""
    y = s.between(15, 50)
    while True:
        number, margin = s.count(1, 4), s.between(15, 60)
        each, step = (s.width - 2 * margin) / number, s.em * s.between(1.2, 2.6)
        align: Align = "center" if s.maybe(0.2) else "left"
        titled, longest, ends = s.maybe(0.5), (11, 16, 24)[s.count(0, 2)], [y]
        for n in range(number):
            x, at = margin + n * each, y
            if titled:
                s.put(s.label(16), x, at, each - s.em, _Type(s.size, bold=True, align=align, most=1))
                at += step * s.between(1, 1.3)
            for _ in range(s.count(2, 8)):
                s.put(s.label(longest), x, at, each - s.em, _Type(s.size, align=align, most=1))
                at += step
            ends.append(at)
        y = max(ends) + step * s.between(0.3, 1.5)


def _map(s: _Sheet) -> None:
    """Labels here and there, narrow ones over two or three lines."""
    taken: list[tuple[float, float, float, float]] = []
    for _ in range(s.count(15, 45)):
        size = int(s.size * s.between(0.8, 1.3))
        kind = _Type(
            size, align="center" if s.maybe(0.7) else "left", pitch=s.between(1.05, 1.25), bold=s.maybe(0.2)
        )
        wide, text = size * s.between(4, 10), s.label(36) if s.maybe(0.7) else s.title()
        rows = _broken(text, Style(s.faces[kind.bold], size, 0), wide, kind)
        x, y = s.between(5, s.width - wide - 5), s.between(5, s.height - 60)
        box = (x - size, y - size * 0.8, x + wide + size, y + len(rows) * size * 1.3 + size * 0.8)
        if (
            all(box[2] < o[0] or o[2] < box[0] or box[3] < o[1] or o[3] < box[1] for o in taken)
            and box[3] < s.height
        ):
            taken.append(box)
            s.put(text, x, y, wide, kind)


def _invoice(s: _Sheet) -> None:
    """Columns of lines that are a text each: letterheads, dates, terms, banks at the foot."""
    margin = s.between(25, 70)
    wide, step = s.width - 2 * margin, s.em * s.between(1.15, 1.6)

    def fact() -> str:
        kinds = (
            f"{s.label(18)}: {s.figure()}", f"{s.label(18)}: {s.label(22)}", s.label(34),
            f"{s.label(18)} {s.count(1, 99)}, {s.count(10000, 99999)} {s.someone()}",
            f"Tel. {s.count(100, 9999)} {s.count(10000, 999999)}", s.someone(), f"{s.figure()} {s.label(18).lower()}",
            re.sub(r"[.!?]$", "", s.sentence(60)),
        )  # fmt: skip
        return kinds[s.count(0, len(kinds) - 1)]

    def column(x: float, y: float, room: float, kind: _Type, low: int = 2, high: int = 6) -> float:
        first = s.maybe(0.4)
        for n in range(s.count(low, high)):
            s.put(fact(), x, y, room, replace(kind, bold=kind.bold or (n == 0 and first), most=1))
            y += max(step * kind.size / s.size, 1.1 * kind.size)
        return y

    aligns: tuple[Align, ...] = ("left", "right", "center")
    y = s.between(15, 50)
    left = column(margin, y, wide * 0.45, _Type(s.size, align="left"))
    right = column(margin + wide * 0.52, y, wide * 0.48, _Type(s.size, align=aligns[s.count(0, 2)]))
    y = max(left, right) + step
    while True:
        what = s.count(0, 3)
        if what == 0:
            y = column(margin, y, wide, _Type(s.size, align=aligns[s.count(0, 2)]), 2, 7) + step
        elif what == 1:
            y = s.run(margin, y, wide, 1, 2, s.body(), s.em * s.between(0.3, 1))
        elif what == 2:
            y = s.put(s.title(), margin, y, wide, _Type(s.size, bold=True)) + s.em * s.between(0.1, 0.8)
        else:
            number, small = (
                s.count(2, 4),
                _Type(max(s.size - s.count(0, 5), 10), ink=s.pale if s.maybe(0.4) else None),
            )
            y = (
                max(column(margin + wide * n / number, y, wide / number - s.em, small) for n in range(number))
                + step
            )


KINDS: dict[str, Callable[[_Sheet], None]] = {
    "article": _article, "letter": _letter, "list": _list, "menu": _menu, "receipt": _receipt, "form": _form, "table": _table,
    "notices": _notices, "slide": _slide, "chat": _chat, "app": _app, "webpage": _webpage, "poster": _poster,
    "newspaper": _newspaper, "package": _package, "steps": _steps, "dialog": _dialog, "tiles": _tiles,
    "links": _links, "map": _map, "invoice": _invoice,
}  # fmt: skip
