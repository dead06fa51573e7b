"""Made-up sheets whose lines have symbols before, between and after their words: what tells letters from what is none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from iimt_cli.data.backgrounds import Backgrounds, colour
from iimt_cli.data.fonts import FontFace, font_at, sample_face
from iimt_cli.data.render import Style, measure, render_ink
from iimt_cli.data.scene import Paint, apply_paint, capture, sample_paint
from iimt_cli.data.sheet import TextPool
from iimt_cli.data.symbols import KINDS, drawn
from iimt_cli.language.alphabet import WESTERN

HARD = (
    "I", "l", "1", "|", "o", "O", "0", "x", "X", "i", "j", "a", "A", "B", "M", "V", "é", "Ü", "Ä", "Ö", "?", "!", "% ", "&",
    "@", "€", "§", "©", "®", "#", "+", "=", "* ", "~", "°C", "1 Ei", "2 l", "I am", "a)", "b.", "1.", "2)",
    "(3)", "„Ja“", "»Nein«", "Öl", "il", "lll", "ill", "fi", "Ei", "Eis", "Zug", "O.K.", "A & B", "5 %", "12 €",
    "49,99 €", "5 –", "10,-", "ab 5,–", "7 -", "Ja –", "…", "...", "4 x 3", "7 – 9", "8:00", "C:\\",
    "km/h", "m", "T", "Q", "H & M", "[x]", "{0}", "/", "Tür", "Süß", "ÄÖÜ", "WC", "P", "U", "S", "D", "EC", "U 2", "S 1",
    "€ 5", "$ 9", "+49",
)  # fmt: skip
"""Texts that look like symbols, or of few letters, in any language. Packs have more (`Sample.lookalikes`)."""
ALONE = "".join(c for c in WESTERN if not c.isspace() and c not in "_-–—|·•'`´¨˙¯¦,.:;…\"„“”‚‘’")
"""Characters that may stand alone."""
BEHIND = ("", "", "", ".", ")", ":", " %", "°", " °C", ",90", ":30", " km", " €", " x")
"""What may stand behind a number."""
COVERED = 0.5  # × the height of a symbol: that much of it the box of the detector has, or nothing


@dataclass(frozen=True)
class Furnished:
    """rgb: uint8 [h, w, 3]. truth: uint8 [h, w, 3], coverage by letters, by symbols, by rules. boxes: of its lines as a
    detector finds them, float32 [4, 2] each. letters: box (x0, y0, x1, y1) of each word; symbols, rules: kind and box of each.
    Kinds of rules are "frame", "line", "bar", and "underline", which belongs to its words."""

    rgb: NDArray[np.uint8]
    truth: NDArray[np.uint8]
    boxes: tuple[NDArray[np.float32], ...]
    letters: tuple[tuple[int, int, int, int], ...]
    symbols: tuple[tuple[str, tuple[int, int, int, int]], ...]
    rules: tuple[tuple[str, tuple[int, int, int, int]], ...]


def furnished(
    pool: TextPool,
    faces: Sequence[FontFace],
    kinds: Sequence[str],
    rng: np.random.Generator,
    size: tuple[int, int],
    lookalikes: Sequence[str] = (),
    scattered: bool = False,
) -> Furnished:
    """A sheet of `size`, (height, width) px, with symbols of some kinds. `lookalikes`: more texts like those in HARD.

    scattered: single words and symbols, each in a box of its own as on buttons and in tables, instead of lines of them.
    """
    sheet = _Sheet(pool, faces, kinds, rng, size, (*HARD, *lookalikes))
    y = int(rng.integers(8, 30))
    while y < size[0] - 40:
        y = (sheet.cells(y) if scattered else sheet.block(y)) + int(rng.integers(8, 40))
    rgb = sheet.rgb if rng.random() < 0.4 else capture(sheet.rgb, rng, least_scale=0.6)
    return Furnished(
        rgb, sheet.truth, tuple(sheet.boxes), tuple(sheet.letters), tuple(sheet.symbols), tuple(sheet.rules)
    )


class _Sheet:
    """A sheet in the making."""

    def __init__(
        self,
        pool: TextPool,
        faces: Sequence[FontFace],
        kinds: Sequence[str],
        rng: np.random.Generator,
        size: tuple[int, int],
        hard: Sequence[str],
    ) -> None:
        self.pool, self.faces, self.kinds, self.rng, self.hard = pool, faces, kinds, rng, hard
        kind = ("plain",) if rng.random() < 0.75 else ("gradient", "texture")
        self.rgb = np.ascontiguousarray(Backgrounds(kinds=kind).sample(*size, rng)[0])
        if rng.random() < 0.3:
            self.rgb[:] = 255
        self.truth = np.zeros_like(self.rgb)
        self.boxes: list[NDArray[np.float32]] = []
        self.letters: list[tuple[int, int, int, int]] = []
        self.symbols: list[tuple[str, tuple[int, int, int, int]]] = []
        self.rules: list[tuple[str, tuple[int, int, int, int]]] = []
        often = np.array([KINDS[kind].share for kind in kinds], float)
        self.often = often / often.sum()

    def maybe(self, share: float) -> bool:
        return bool(self.rng.random() < share)

    def any_kind(self, inside: bool = False) -> str:
        """A kind of symbol; `inside`: that may stand between words."""
        often = self.often * [KINDS[kind].inside or not inside for kind in self.kinds]
        return self.kinds[int(self.rng.choice(len(often), p=often / often.sum()))]

    def typed(self, y: int) -> int:
        """Chooses the type of what is written from y on; its size, px."""
        rng = self.rng
        em = int(rng.integers(11, 26) if self.maybe(0.75) else rng.integers(26, 54))
        self.face, self.em = sample_face(self.faces, rng), em
        self.tracking = float(em * rng.uniform(0.05, 0.3)) if self.maybe(0.1) else 0.0
        self.paint = sample_paint(self.rgb[y : y + 3 * em], rng, em=em)
        if self.maybe(0.75):
            self.paint = Paint(self.paint.colour)
        self.same = self.maybe(0.55)  # whether symbols have the letters' colour
        return em

    def cells(self, y: int) -> int:
        """A row of words and symbols at y, far from each other; where it ends."""
        rng, em = self.rng, self.typed(y)
        if self.maybe(0.15):  # letters with a rim are easily taken for an icon
            width = em * float(rng.uniform(0.04, 0.12))
            red, green, blue = (float(level) for level in colour(rng))
            self.paint = Paint(self.paint.colour, outline=(red, green, blue), outline_width=width)
        self.height, self.odd = rng.random(), colour(rng)
        base, x = y + em, float(rng.integers(6, 80))
        while base + 0.3 * em < self.rgb.shape[0]:
            if self.maybe(0.4):
                box = self.symbol(self.any_kind(), x, base)
            elif self.maybe(0.3):
                box = self.words(ALONE[int(rng.integers(len(ALONE)))], x, base)
            else:
                some = self.text().split(" ")
                box = self.words(some[int(rng.integers(len(some)))], x, base)
            if box is None:
                break
            self.boxes.append(self.around(*box))
            x = box[2] + rng.uniform(1.5, 4.0) * em
        return round(base + 0.3 * em)

    def block(self, y: int) -> int:
        """Lines of one type under each other, the first at y; where they end."""
        rng, em = self.rng, self.typed(y)
        pitch, listed = em * rng.uniform(1.3, 2.4), self.maybe(0.5)
        self.kind = self.any_kind()
        self.gap, self.height, self.odd = rng.uniform(0.18, 1.3), rng.random(), colour(rng)
        left, before = float(rng.integers(6, 80)), (len(self.letters), len(self.symbols))
        for n in range(int(rng.integers(1, 6))):
            base = round(y + em + n * pitch)
            if base + 0.3 * em > self.rgb.shape[0]:
                return y + self.rgb.shape[0]
            self.line(left, base, listed)
        boxes = [*self.letters[before[0] :], *(box for _, box in self.symbols[before[1] :])]
        return self.ruled(boxes) if boxes and self.maybe(0.4) else round(y + em + n * pitch + 0.3 * em)

    def ruled(self, boxes: Sequence[tuple[int, int, int, int]]) -> int:
        """A frame round boxes, a line below them or a bar beside them; where that ends."""
        rng, em = self.rng, self.em
        x0, y0, x1, y1 = (int(v) for v in (*np.min(boxes, axis=0)[:2], *np.max(boxes, axis=0)[2:]))
        thick = max(round(em * rng.uniform(0.03, 0.12)), 1)
        across, along = (round(em * v) + thick for v in rng.uniform((0.2, 0.25), (0.8, 1.2)))
        x0, y0, x1, y1 = x0 - along, y0 - across, x1 + along, y1 + across
        kind = ("frame", "frame", "line", "bar")[rng.integers(4)]
        if kind == "frame":
            corners = (x0, y0, x1, y1)
        elif kind == "line":
            corners = (int(rng.integers(0, 40)), y1, self.rgb.shape[1] - int(rng.integers(0, 40)), y1 + thick)
        else:
            corners = (x0, y0, x0 + thick, y1)
        inside = kind == "frame" and min(corners[2] - corners[0], corners[3] - corners[1]) > 4 * thick
        self.rule(
            kind, corners, thick if inside else 0, self.paint.colour if self.maybe(0.5) else colour(rng)
        )
        return y1 + thick

    def rule(
        self,
        kind: str,
        corners: tuple[int, int, int, int],
        edge: int,
        shade: Sequence[float] | NDArray[np.float32],
    ) -> None:
        """A rectangle, of which only the `edge` is drawn; all of it if that is 0."""
        height, width = self.rgb.shape[:2]
        x0, y0, x1, y1 = corners
        mask = np.zeros((height, width), np.uint8)
        mask[max(y0, 0) : max(y1, 0), max(x0, 0) : max(x1, 0)] = 255
        if edge:
            mask[max(y0 + edge, 0) : max(y1 - edge, 0), max(x0 + edge, 0) : max(x1 - edge, 0)] = 0
        mask[self.truth[..., :2].max(axis=2) > 0] = 0
        self.rgb[mask > 0] = np.asarray(shade, float).astype(np.uint8)
        self.truth[..., 2] = np.maximum(self.truth[..., 2], mask)
        box = (max(x0, 0), max(y0, 0), min(x1, width), min(y1, height))
        if box[2] > box[0] and box[3] > box[1]:
            self.rules.append((kind, box))

    def text(self) -> str:
        rng = self.rng
        if self.maybe(0.14):
            return self.hard[int(rng.integers(len(self.hard)))].strip()
        if self.maybe(0.05):
            return "".join(ALONE[n] for n in rng.integers(0, len(ALONE), int(rng.integers(1, 3))))
        if self.maybe(0.06):
            return f"{rng.integers(10 ** rng.integers(1, 4))}{BEHIND[rng.integers(len(BEHIND))]}"
        text = self.pool.labels[rng.integers(len(self.pool.labels))]
        if self.maybe(0.12):
            text = self.pool.sentences[rng.integers(len(self.pool.sentences))][:50].strip()
        if self.maybe(0.15):
            own = self.hard[int(rng.integers(len(self.hard)))].strip()
            text = f"{own} {text}" if self.maybe(0.6) else f"{text} {own}"
        return text.upper().replace("ẞ", "SS") if self.maybe(0.08) else text

    def line(self, x: float, base: int, listed: bool) -> None:
        """Words with symbols before, between and after them."""
        rng, right = self.rng, self.rgb.shape[1] - 8
        parts, outer = list[tuple[int, int, int, int]](), list[tuple[int, int, int, int]]()
        if listed or self.maybe(0.15):
            kind = self.kind if listed and self.maybe(0.8) else self.any_kind()
            box = self.symbol(kind, x, base)
            far = rng.uniform(0.02, 0.12) if kind == "cursor" else self.gap
            if box is not None:
                outer.append(box)
                x = box[2] + far * self.em
        while not outer or self.maybe(0.92):  # else a symbol by itself
            if (box := self.words(self.text(), x, base)) is None:
                break
            parts.append(box)
            if not self.maybe(0.4):
                break
            own = self.symbol(self.any_kind(inside=True), box[2] + rng.uniform(0.1, 1.0) * self.em, base)
            if own is None:
                break
            if self.maybe(0.3) or own[2] > right - 5 * self.em:
                outer.append(own)
                break
            x = own[2] + rng.uniform(0.1, 0.8) * self.em
            parts.append(own)
        if parts and "cursor" in self.kinds and self.maybe(0.05):
            own = self.symbol("cursor", parts[-1][2] + rng.uniform(0.02, 0.15) * self.em, base)
            outer += [own] if own is not None else []
        if parts or (outer and self.maybe(0.7)):
            self.boxes += self.found(parts, outer)

    def found(
        self, parts: list[tuple[int, int, int, int]], outer: list[tuple[int, int, int, int]]
    ) -> list[NDArray[np.float32]]:
        """The box of a detector round the parts of a line, and round some of what stands outside, at times in part.

        Half of what it leaves out has a box of its own.
        """
        em, alone = self.em, list[NDArray[np.float32]]()
        box = np.array(parts or outer, float)
        (x0, y0), (x1, y1) = box[:, :2].min(0).tolist(), box[:, 2:].max(0).tolist()
        for own in outer if parts else ():
            near = max(own[0] - x1, x0 - own[2]) < 0.8 * em
            if self.maybe(0.75 if near else 0.3):
                share = 1.0 if self.maybe(0.8) else COVERED
                if own[0] < x0:
                    x0 = own[2] - share * (own[2] - own[0])
                else:
                    x1 = own[0] + share * (own[2] - own[0])
                if self.maybe(0.5):
                    y0, y1 = min(y0, own[1]), max(y1, own[3])
            elif self.maybe(0.5):
                alone.append(self.around(*own))
        return [self.around(x0, y0, x1, y1), *alone]

    def around(self, x0: float, y0: float, x1: float, y1: float) -> NDArray[np.float32]:
        """A box a little wider than this one."""
        rng, em = self.rng, self.em
        across, along = (0.08 + 0.05 * rng.random(2)) * em + 1.25, (0.1 + 0.15 * rng.random(2)) * em
        y0, y1, x0, x1 = y0 - across[0], y1 + across[1], x0 - along[0], x1 + along[1]
        quad = np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]])
        quad = quad.clip(0, np.array(self.rgb.shape[1::-1]) - 1)
        return np.round(quad).astype(np.float32)

    def words(self, text: str, x: float, base: int) -> tuple[int, int, int, int] | None:
        """Writes as many words of a text as fit; their box, None without any."""
        style = Style(self.face, self.em, 0, tracking=self.tracking)
        room = self.rgb.shape[1] - 8 - x
        while text and measure(text, style) > room:
            text = text.rpartition(" ")[0]
        if not text:
            return None
        above, below = font_at(self.face, self.em).extent()
        wide = measure(text, style)
        paint = self.label(x, base, wide, above, below) if self.maybe(0.1) else self.paint
        style = Style(self.face, self.em, above + 4, tracking=self.tracking)
        start, box = x, None
        for word in text.split(" "):
            ink = render_ink(word, style, height=above + below + 8, patch=1, left=4).coverage
            own_paint = Paint(tuple(self.odd.tolist())) if self.maybe(0.03) else paint
            own = self._paint(ink, round(start) - 4, base - above - 4, own_paint)
            start += measure(word + " ", style)
            if own is not None:
                self.letters.append(own)
                box = own if box is None else _both(box, own)
        return box

    def label(self, x: float, base: int, wide: float, above: int, below: int) -> Paint:
        """Words on a ground of their own, or underlined; how they are painted."""
        if self.maybe(0.4):
            y, thick = base + max(round(0.1 * self.em), 1), max(round(0.05 * self.em), 1)
            shade = tuple(int(v) for v in self.paint.colour)
            self.rule("underline", (round(x), y, round(x + wide) + 1, y + thick), 0, shade)
            return self.paint
        edge = self.em * self.rng.uniform(0.05, 0.4)
        corners = (round(x - edge), base - above - 1), (round(x + wide + edge), base + below + 1)
        ground = colour(self.rng)
        cv2.rectangle(self.rgb, *corners, ground.tolist(), -1)
        return Paint(sample_paint(np.full((8, 8, 3), ground, np.uint8), self.rng).colour)

    def _paint(self, ink: np.ndarray, x: int, y: int, paint: Paint) -> tuple[int, int, int, int] | None:
        height, width = self.rgb.shape[:2]
        top, left = max(-y, 0), max(-x, 0)
        ink = ink[top : top + height - max(y, 0), left : left + width - max(x, 0)]
        if not (ink > 60).any():
            return None
        rows, columns = slice(y + top, y + top + ink.shape[0]), slice(x + left, x + left + ink.shape[1])
        ink = np.ascontiguousarray(ink)
        self.rgb[rows, columns] = apply_paint(self.rgb[rows, columns], ink, paint)
        self.truth[rows, columns, 0] = np.maximum(self.truth[rows, columns, 0], ink)
        inked = np.argwhere(ink > 60)
        (y0, x0), (y1, x1) = inked.min(0), inked.max(0) + 1
        return int(columns.start + x0), int(rows.start + y0), int(columns.start + x1), int(rows.start + y1)

    def symbol(self, name: str, x: float, base: int) -> tuple[int, int, int, int] | None:
        """Draws a symbol from x on; its box, None if there is no room."""
        kind, rng = KINDS[name], self.rng
        low, high = kind.heights
        tall = max((low + (high - low) * (self.height if self.maybe(0.8) else rng.random())) * self.em, 3.0)
        under = self.rgb[max(base - self.em, 0) : base, max(round(x), 0) : round(x + self.em) + 1]
        if not under.size:
            return None
        ground = under.reshape(-1, 3).mean(0)
        own = self.paint.colour if self.same or name == "cursor" else sample_paint(under, rng).colour
        second = ground if self.maybe(0.6) else colour(rng)
        if name == "face" and self.maybe(0.6):
            own, second = (250.0, 200.0, 50.0 * rng.random()), np.array([80.0, 50.0, 20.0])
        inks = [(*(int(v) for v in c), 255) for c in (own, second)]
        rgba = drawn(kind, tall, inks[0], inks[1], self.faces, rng)
        middle = kind.middle if kind.middle is not None else tall / 2 / self.em
        y = round(base - (middle + rng.normal(0, 0.06)) * self.em - rgba.shape[0] / 2)
        left = round(x)
        if left + rgba.shape[1] > self.rgb.shape[1] - 4 or y < 0 or y + rgba.shape[0] > self.rgb.shape[0]:
            return None
        rows, columns = slice(y, y + rgba.shape[0]), slice(left, left + rgba.shape[1])
        alpha = rgba[..., 3:].astype(np.float32) / 255
        part = self.rgb[rows, columns]
        part[:] = (part + (rgba[..., :3] - part.astype(np.float32)) * alpha).round().astype(np.uint8)
        self.truth[rows, columns, 1] = np.maximum(self.truth[rows, columns, 1], rgba[..., 3])
        box = (left, y, left + rgba.shape[1], y + rgba.shape[0])
        self.symbols.append((name, box))
        return box


def _both(one: tuple[int, int, int, int], two: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    return min(one[0], two[0]), min(one[1], two[1]), max(one[2], two[2]), max(one[3], two[3])
