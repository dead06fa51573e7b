"""Made-up pictures with text in two languages: single lines, and pages like the ones people translate.

A `Scene` is language-free: a background with its furniture (panels, rules, buttons) and text blocks that know
both texts. `draw` paints it in either language, at the same places and in the same style.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

from iimt_cli.data.backgrounds import Backgrounds, colour
from iimt_cli.data.fonts import FontFace, font_at, sample_face
from iimt_cli.data.render import Style, measure, render_ink
from iimt_cli.data.scene import Paint, apply_paint, sample_paint

Align = Literal["left", "center", "right"]
Language = Literal["source", "target"]
_SMALLEST = 0.6  # share of the wanted type size: a text that needs smaller type is replaced by another text


@dataclass(frozen=True)
class TextLine:
    """One line as it stands: it starts at `x` on `baseline`, px in the picture, and is `width` px long."""

    text: str
    x: float
    baseline: int
    width: float


@dataclass(frozen=True)
class Typeset:
    """A text in lines at `size` em px; `height` px from the first line's top to the last one's bottom."""

    text: str
    size: int
    lines: tuple[TextLine, ...]
    height: int


@dataclass(frozen=True)
class Block:
    """One text in both languages, in one face and paint."""

    source: Typeset
    target: Typeset
    face: FontFace
    paint: Paint
    role: str


@dataclass(frozen=True)
class Scene:
    """`rgb` uint8 [h, w, 3] is the picture without text; `kind` names its background, `layout` its design."""

    rgb: np.ndarray
    blocks: tuple[Block, ...]
    layout: str
    kind: str


@dataclass(frozen=True)
class Placed:
    """One drawn line of block number `block`; `quad` is its box, (x, y) px clockwise from top left."""

    text: str
    block: int
    quad: tuple[tuple[float, float], ...]


class PairPool:
    """Sentence pairs by length, so that a place on a page gets a text that fits it."""

    def __init__(self, pairs: Sequence[tuple[str, str]]) -> None:
        self.pairs = sorted((tuple(pair) for pair in pairs), key=lambda pair: (max(map(len, pair)), pair))
        self._lengths = [max(map(len, pair)) for pair in self.pairs]

    def sample(self, longest: float, rng: np.random.Generator) -> tuple[str, str]:
        """A random pair of at most `longest` characters in either language, or the shortest there is."""
        source, target = self.pairs[rng.integers(max(bisect_right(self._lengths, longest), 1))]
        return source, target


def draw(scene: Scene, language: Language) -> tuple[np.ndarray, list[Placed]]:
    """The picture in one language, uint8 [h, w, 3], and where its lines stand."""
    rgb = scene.rgb.copy()
    boxes = []
    for number, block in enumerate(scene.blocks):
        typeset: Typeset = getattr(block, language)
        above, below = font_at(block.face, typeset.size).extent()
        margin = typeset.size
        for line in typeset.lines:
            style = Style(block.face, typeset.size, baseline=above + margin)
            ink = render_ink(line.text, style, height=above + below + 2 * margin, patch=1, left=margin)
            x, y = round(line.x) - margin, line.baseline - above - margin
            _paint_at(rgb, ink.coverage, x, y, block.paint)
            left, right = float(line.x), float(line.x + line.width)
            top, bottom = float(line.baseline - above), float(line.baseline + below)
            quad = ((left, top), (right, top), (right, bottom), (left, bottom))
            boxes.append(Placed(line.text, number, quad))
    return rgb, boxes


def line_scene(
    pair: tuple[str, str], faces: Sequence[FontFace], backgrounds: Backgrounds, rng: np.random.Generator
) -> Scene:
    """One line on a strip, about 600 x 80 px; long texts get up to 1,200 px, then smaller type."""
    face = sample_face(faces, rng)
    size = int(rng.integers(20, 41))
    widest = 1100
    while size > 12 and max(measure(text, Style(face, size, 0)) for text in pair) > widest:
        size -= 1
    width = max(measure(text, Style(face, size, 0)) for text in pair)
    above, below = font_at(face, size).extent()
    pad = int(rng.integers(8, 40))
    canvas = (
        above + below + int(rng.integers(16, 48)),
        max(int(width) + 2 * pad, int(rng.integers(300, 640))),
    )
    page = _Page(*canvas, [face], backgrounds, PairPool([pair]), rng)
    align: Align = ("left", "left", "center", "right")[rng.integers(4)]
    top = int(rng.integers(4, canvas[0] - above - below - 3))
    page.add("line", pad, top, canvas[1] - 2 * pad, size, align=align, lines=1, pair=pair)
    return page.scene("line")


def page_scene(
    pool: PairPool, faces: Sequence[FontFace], backgrounds: Backgrounds, rng: np.random.Generator
) -> Scene:
    """A page of about 1,200 x 900 px: an article, menu, dialog, list, slide or poster, light or dark."""
    name = list(_LAYOUTS)[rng.integers(len(_LAYOUTS))]
    height, width = int(rng.integers(600, 1100)), int(rng.integers(800, 1400))
    if name in ("menu", "dialog"):  # a window, not a sheet
        height, width = height * 2 // 3, width * 3 // 4
    chosen = [sample_face(faces, rng) for _ in range(2)]
    page = _Page(height, width, chosen, backgrounds, pool, rng)
    _LAYOUTS[name](page)
    return page.scene(name)


class _Page:
    """A page that is being made. Panels and rules are painted at once; text is collected and painted by `draw`."""

    def __init__(
        self,
        height: int,
        width: int,
        faces: Sequence[FontFace],
        backgrounds: Backgrounds,
        pool: PairPool,
        rng: np.random.Generator,
    ) -> None:
        self.rgb, self.kind = backgrounds.sample(height, width, rng)
        self.rgb = np.ascontiguousarray(self.rgb)
        self.height, self.width, self.faces, self.pool, self.rng = height, width, faces, pool, rng
        self.blocks: list[Block] = []
        self._even = self.kind in ("plain", "texture")  # text in one paint can be read everywhere on it
        self._paints: dict[str, Paint] = {}

    def add(
        self,
        role: str,
        x: int,
        y: int,
        width: int,
        size: int,
        *,
        align: Align = "left",
        lines: int = 1,
        sentences: int = 1,
        pair: tuple[str, str] | None = None,
    ) -> int:
        """Sets `pair`, or a text from the pool, at most `width` px wide, at (x, y) px from the top left.

        Returns the px that it takes downwards, or 0 if the page has no room for it. Headings are in the first face, all other
        text in the last.
        """
        face = self.faces[0] if role == "heading" else self.faces[-1]
        for _ in range(8):
            chosen = pair or self._pick(width / (0.5 * size) * lines * 0.8, sentences)
            source, target = (typeset(text, face, size, x, y, width, lines, align) for text in chosen)
            if min(source.size, target.size) >= _SMALLEST * size:
                break
        taken = max(source.height, target.height)
        if pair is None and y + taken > self.height - 4:
            return 0
        self.blocks.append(Block(source, target, face, self._paint(role, x, y, width, taken, size), role))
        return taken

    def panel(self, x: int, y: int, width: int, height: int, shade: np.ndarray | None = None) -> None:
        """A box of one colour, at times with a border.

        Text that is added from here on gets a new paint, which suits the box.
        """
        shade = colour(self.rng) if shade is None else shade
        corner = (x + width, y + height)
        cv2.rectangle(self.rgb, (x, y), corner, shade.tolist(), -1)
        if self.rng.random() < 0.5:
            cv2.rectangle(self.rgb, (x, y), corner, (shade * 0.6).tolist(), int(self.rng.integers(1, 3)))
        self._even = True
        self._paints.clear()

    def rule(self, x: int, y: int, width: int) -> None:
        """A horizontal line of 1 px, a little darker or lighter than what is under its start."""
        shade = self.rgb[min(y, self.height - 1), x].astype(np.float32)
        cv2.line(self.rgb, (x, y), (x + width, y), (shade * 0.7 + (128 - shade) * 0.2 + 20).tolist(), 1)

    def scene(self, layout: str) -> Scene:
        return Scene(self.rgb, tuple(self.blocks), layout, self.kind)

    def _pick(self, longest: float, sentences: int) -> tuple[str, str]:
        drawn = [self.pool.sample(longest / sentences, self.rng) for _ in range(sentences)]
        return " ".join(source for source, _ in drawn), " ".join(target for _, target in drawn)

    def _paint(self, role: str, x: int, y: int, width: int, height: int, size: int) -> Paint:
        under = self.rgb[max(y, 0) : y + height, max(x, 0) : x + width]
        if not self._even or role not in self._paints:
            self._paints[role] = sample_paint(under, self.rng, em=size)
        return self._paints[role]


def _article(page: _Page) -> None:
    rng, margin = page.rng, int(page.rng.integers(30, 90))
    size = int(rng.integers(15, 25))
    heading = int(size * rng.uniform(1.5, 2.2))
    align: Align = "center" if rng.random() < 0.25 else "left"
    top = margin // 2 + 10
    top += page.add("heading", margin, top, page.width - 2 * margin, heading, align=align, lines=2) + size
    columns = 1 if rng.random() < 0.5 else 2
    wide = (page.width - 2 * margin - (columns - 1) * 40) // columns
    for column in range(columns):
        x, y = margin + column * (wide + 40), top
        for _ in range(rng.integers(3, 9)):
            taken = page.add("body", x, y, wide, size, lines=8, sentences=int(rng.integers(1, 5)))
            y += taken + int(size * 1.2)
            if not taken:
                break


def _menu(page: _Page) -> None:
    rng, size = page.rng, int(page.rng.integers(14, 24))
    x, y, wide = int(rng.integers(10, 200)), int(rng.integers(10, 80)), int(rng.integers(260, 520))
    pitch, count = int(size * rng.uniform(1.7, 2.6)), int(rng.integers(5, 12))
    count = min(count, (page.height - y - 20) // pitch)
    page.panel(x, y, wide, count * pitch + 16)
    icons, ruled = rng.random() < 0.4, rng.random() < 0.3
    for item in range(count):
        top = y + 8 + item * pitch + (pitch - int(size * 1.3)) // 2
        left = x + 16
        if icons:
            corner = (left + size, top + size)
            cv2.rectangle(page.rgb, (left, top + 2), corner, colour(rng).tolist(), -1)
            left += size + 12
        page.add("item", left, top, x + wide - left - 12, size)
        if ruled:
            page.rule(x + 6, y + 8 + item * pitch, wide - 12)


def _dialog(page: _Page) -> None:
    rng, size = page.rng, int(page.rng.integers(14, 22))
    wide = int(rng.integers(420, min(page.width - 40, 760)))
    x, y = int(rng.integers(10, page.width - wide - 10)), int(rng.integers(20, page.height // 3))
    tall = int(size * rng.uniform(11, 16))
    page.panel(x, y, wide, tall)
    page.panel(x, y, wide, int(size * 2))
    page.add("heading", x + 14, y + int(size * 0.35), wide - 80, size)
    page.add("body", x + 24, y + int(size * 3), wide - 48, size, lines=3, sentences=int(rng.integers(1, 3)))
    shade, buttons = colour(rng), int(rng.integers(1, 4))
    each = (wide - 24) // 3 - 12
    for button in range(buttons):
        left, top = x + wide - (button + 1) * (each + 12), y + tall - int(size * 2.6)
        page.panel(left, top, each, int(size * 1.9), shade)
        page.add("button", left + 8, top + int(size * 0.25), each - 16, size, align="center")


def _list(page: _Page) -> None:
    rng, size = page.rng, int(page.rng.integers(17, 32))
    margin = int(rng.integers(30, 120))
    y = margin // 2 + 10
    y += page.add("heading", margin, y, page.width - 2 * margin, int(size * 1.6), lines=2) + size
    filled = -1 if rng.random() < 0.7 else 1
    shade = colour(rng).tolist()
    for _ in range(rng.integers(4, 16)):
        left = margin + int(size * 1.2)
        taken = page.add("item", left, y, page.width - left - margin, size, lines=2)
        if not taken:
            break
        cv2.circle(page.rgb, (margin + size // 3, y + int(size * 0.75)), max(size // 6, 2), shade, filled)
        y += taken + int(size * rng.uniform(0.4, 0.9))


def _poster(page: _Page) -> None:
    rng = page.rng
    y = int(rng.integers(30, 120))
    align: Align = "center" if rng.random() < 0.7 else "left"
    for _ in range(rng.integers(2, 8)):
        size = int(rng.integers(28, 72))
        margin = int(rng.integers(30, 120))
        taken = page.add("heading", margin, y, page.width - 2 * margin, size, align=align, lines=3)
        y += taken + int(size * rng.uniform(0.6, 2))
        if not taken:
            break


_LAYOUTS: dict[str, Callable[[_Page], None]] = {
    "article": _article,
    "menu": _menu,
    "dialog": _dialog,
    "list": _list,
    "poster": _poster,
}


def typeset(
    text: str, face: FontFace, size: int, x: int, y: int, width: int, most_lines: int, align: Align
) -> Typeset:
    """Break `text` at spaces into at most `most_lines` lines of `width` px, in smaller type where it must."""
    while True:
        lines = _wrap(text, Style(face, size, 0), width)
        widths = [measure(line, Style(face, size, 0)) for line in lines]
        if size <= 8 or (len(lines) <= most_lines and max(widths) <= width):
            break
        size -= 1
    above, below = font_at(face, size).extent()
    pitch = max(round(size * 1.3), above + below)
    share = {"left": 0.0, "center": 0.5, "right": 1.0}[align]
    placed = tuple(
        TextLine(line, x + (width - wide) * share, y + above + i * pitch, wide)
        for i, (line, wide) in enumerate(zip(lines, widths, strict=True))
    )
    return Typeset(text, size, placed, above + below + (len(lines) - 1) * pitch)


def _wrap(text: str, style: Style, width: float) -> list[str]:
    lines: list[str] = []
    for word in text.split():
        if lines and measure(f"{lines[-1]} {word}", style) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def _paint_at(rgb: np.ndarray, coverage: np.ndarray, x: int, y: int, paint: Paint) -> None:
    """Paint in place; what falls outside the picture is cut off."""
    top, left = max(-y, 0), max(-x, 0)
    region = rgb[max(y, 0) : y + coverage.shape[0], max(x, 0) : x + coverage.shape[1]]
    inside = coverage[top : top + region.shape[0], left : left + region.shape[1]]
    if inside.size:
        region[:] = apply_paint(region, np.ascontiguousarray(inside), paint)
