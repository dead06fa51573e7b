"""How kinds of symbols are drawn: with straight lines, arcs and areas, in shares of their box, (0, 0) its top left."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import ImageDraw

Colour = tuple[int, ...]
Point = tuple[float, float]
CLEAR = (0, 0, 0, 0)
STRAIGHT = 4  # px of a side between rounded corners; with less Pillow 13 fails in 1 of 100 random boxes of up to 14 px


@dataclass(frozen=True)
class Pen:
    """Draws in a box of width, height px. ink, second: its colours, RGBA; stroke: share of the height; filled: no outline."""

    draw: ImageDraw.ImageDraw
    size: tuple[int, int]
    ink: Colour
    second: Colour
    stroke: float
    filled: bool
    rng: np.random.Generator

    def at(self, points: Sequence[Point]) -> list[Point]:
        return [(x * self.size[0], y * self.size[1]) for x, y in points]

    @property
    def width(self) -> int:
        return max(round(self.stroke * min(self.size)), 1)

    def line(self, *points: Point, colour: Colour | None = None) -> None:
        self.draw.line(self.at(points), colour or self.ink, self.width, joint="curve")

    def poly(self, *points: Point, filled: bool | None = None, colour: Colour | None = None) -> None:
        if self.filled if filled is None else filled:
            self.draw.polygon(self.at(points), colour or self.ink)
        else:
            self.line(*points, points[0], points[1], colour=colour)

    def disc(
        self, x: float, y: float, r: float, filled: bool | None = None, colour: Colour | None = None
    ) -> None:
        box = self.at([(x - r, y - r), (x + r, y + r)])
        if self.filled if filled is None else filled:
            self.draw.ellipse(box, colour or self.ink)
        else:
            self.draw.ellipse(box, None, colour or self.ink, self.width)

    def arc(
        self, x: float, y: float, r: float, start: float, end: float, colour: Colour | None = None
    ) -> None:
        self.draw.arc(self.at([(x - r, y - r), (x + r, y + r)]), start, end, colour or self.ink, self.width)

    def box(
        self, x0: float, y0: float, x1: float, y1: float, round_: float = 0.0, filled: bool | None = None,
        colour: Colour | None = None,
    ) -> None:  # fmt: skip
        colour = colour or self.ink
        fill = colour if (self.filled if filled is None else filled) else None
        corners = self.at([(x0, y0), (x1, y1)])
        (left, top), (right, bottom) = corners
        radius = min(round_ * min(self.size), max((min(right - left, bottom - top) - STRAIGHT) / 2, 0))
        self.draw.rounded_rectangle(corners, radius, fill, colour, self.width)

    def maybe(self, share: float = 0.5) -> bool:
        return bool(self.rng.random() < share)

    @property
    def inner(self) -> Colour:
        """The colour of what is drawn upon the shape."""
        return self.second if self.filled else self.ink


def box(p: Pen) -> None:
    p.box(0, 0, 1, 1, p.maybe() * 0.15, filled=False)


def tick(p: Pen) -> None:
    p.line((0.1, 0.55), (0.38, 0.85), (0.92, 0.15))


def ticked(p: Pen) -> None:
    p.box(0, 0, 1, 1, p.maybe() * 0.15)
    p.line((0.22, 0.5), (0.43, 0.73), (0.8, 0.27), colour=p.inner)


def crossed(p: Pen) -> None:
    if p.maybe(0.7):
        p.box(0, 0, 1, 1, p.maybe() * 0.15)
    p.line((0.24, 0.24), (0.76, 0.76), colour=p.inner)
    p.line((0.76, 0.24), (0.24, 0.76), colour=p.inner)


def radio(p: Pen) -> None:
    p.disc(0.5, 0.5, 0.5, filled=False)
    if p.maybe():
        p.disc(0.5, 0.5, 0.24, filled=True)


def dot(p: Pen) -> None:
    p.disc(0.5, 0.5, 0.5, filled=True)


def square(p: Pen) -> None:
    p.box(0, 0, 1, 1, filled=True)


def dash(p: Pen) -> None:
    p.box(0, 0.42, 1, 0.58, filled=True)


def wedge(p: Pen) -> None:
    ways = ((0, 0), (1, 0.5), (0, 1)), ((0, 0.15), (1, 0.15), (0.5, 0.85)), ((0.5, 0), (1, 0.9), (0, 0.9))
    p.poly(*ways[p.rng.integers(3)])


def chevron(p: Pen) -> None:
    p.line(
        *(((0.25, 0.05), (0.75, 0.5), (0.25, 0.95)), ((0.05, 0.28), (0.5, 0.72), (0.95, 0.28)))[
            p.rng.integers(2)
        ]
    )


def arrow(p: Pen) -> None:
    turn = int(p.rng.integers(4))
    p.line(*(_turned(x, y, turn) for x, y in ((0.02, 0.5), (0.95, 0.5))))
    p.line(*(_turned(x, y, turn) for x, y in ((0.6, 0.18), (0.97, 0.5), (0.6, 0.82))))


def _turned(x: float, y: float, quarters: int) -> Point:
    for _ in range(quarters):
        x, y = 1 - y, x
    return x, y


def star(p: Pen) -> None:
    points, inner = int(p.rng.choice([4, 5, 5, 5, 6, 8])), p.rng.uniform(0.18, 0.3)
    p.poly(*spikes(points, 0.5, inner))


def spikes(points: int, outer: float, inner: float) -> list[Point]:
    """The corners of a star round the middle of the box, with points so far from it, and notches."""
    angles = [math.pi * (n / points - 0.5) for n in range(2 * points)]
    return [
        (0.5 + r * math.cos(a), 0.5 + r * math.sin(a))
        for n, a in enumerate(angles)
        for r in [(outer, inner)[n % 2]]
    ]


def heart(p: Pen) -> None:
    t = np.linspace(0, 2 * np.pi, 40)
    x, y = 16 * np.sin(t) ** 3, 13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t)
    p.poly(*zip((0.5 + x / 34).tolist(), (0.46 - y / 32).tolist(), strict=True))


def gear(p: Pen) -> None:
    teeth = int(p.rng.integers(6, 10))
    for n in range(teeth):
        a = 2 * math.pi * n / teeth
        p.line(
            (0.5 + 0.3 * math.cos(a), 0.5 + 0.3 * math.sin(a)),
            (0.5 + 0.5 * math.cos(a), 0.5 + 0.5 * math.sin(a)),
        )
    p.disc(0.5, 0.5, 0.37)
    p.disc(0.5, 0.5, 0.15, colour=p.second if p.filled else None)


def magnifier(p: Pen) -> None:
    p.disc(0.4, 0.4, 0.37, filled=False)
    p.line((0.66, 0.66), (0.98, 0.98))


def phone(p: Pen) -> None:
    if p.maybe():
        p.box(0.22, 0, 0.78, 1, 0.1)
        p.disc(0.5, 0.87, 0.05, filled=True, colour=p.inner)
    else:
        p.arc(0.95, 0.05, 0.8, 90, 180)
        p.disc(0.2, 0.2, 0.16, filled=True)
        p.disc(0.8, 0.8, 0.16, filled=True)


def flag(p: Pen) -> None:
    if p.maybe():
        colours = [(*(int(v) for v in p.rng.integers(0, 256, 3)), 255) for _ in range(3)]
        for n, own in enumerate(colours):
            p.box(0, 0.12 + 0.25 * n, 1, 0.37 + 0.25 * n, filled=True, colour=own)
    else:
        p.line((0.12, 0), (0.12, 1))
        p.poly((0.12, 0.05), (0.95, 0.1), (0.75, 0.33), (0.95, 0.58), (0.12, 0.55))


def face(p: Pen) -> None:
    p.disc(0.5, 0.5, 0.5)
    for x in (0.33, 0.67):
        p.disc(x, 0.37, 0.07, filled=True, colour=p.inner)
    if p.maybe(0.7):
        p.arc(0.5, 0.5, 0.28, 20, 160, colour=p.inner)
    else:
        p.arc(0.5, 0.85, 0.26, 200, 340, colour=p.inner)


def cursor(p: Pen) -> None:
    p.box(0, 0, 1, 1, filled=True)


def toggle(p: Pen) -> None:
    p.box(0, 0, 1, 1, 0.5)
    p.draw.ellipse(p.at([(0.53, 0.12), (0.94, 0.88)] if p.maybe() else [(0.06, 0.12), (0.47, 0.88)]), p.inner)


def bar(p: Pen) -> None:
    done = p.rng.uniform(0.2, 0.9)
    p.box(0, 0.2, 1, 0.8, 0.3 * p.maybe(), filled=False)
    p.box(0, 0.2, done, 0.8, 0.3 * p.maybe(), filled=True)


def stamp(p: Pen) -> None:
    p.disc(0.5, 0.5, 0.5, filled=False)
    p.disc(0.5, 0.5, 0.33, filled=False)
    p.poly(*spikes(5, 0.22, 0.1), filled=True)


def house(p: Pen) -> None:
    p.poly((0.5, 0.02), (1, 0.5), (0.84, 0.5), (0.84, 0.98), (0.16, 0.98), (0.16, 0.5), (0, 0.5))
    p.box(0.42, 0.62, 0.6, 0.98, filled=True, colour=p.inner)


def letterbox(p: Pen) -> None:
    p.box(0, 0.15, 1, 0.85, 0.06)
    p.line((0.03, 0.2), (0.5, 0.58), (0.97, 0.2), colour=p.inner)


def person(p: Pen) -> None:
    p.disc(0.5, 0.25, 0.23)
    p.draw.pieslice(p.at([(0.08, 0.55), (0.92, 1.45)]), 180, 360, p.ink if p.filled else None, p.ink, p.width)


def pin(p: Pen) -> None:
    p.poly((0.5, 1), (0.2, 0.5), (0.17, 0.3), (0.3, 0.08), (0.5, 0.01), (0.7, 0.08), (0.83, 0.3), (0.8, 0.5))
    p.disc(0.5, 0.34, 0.13, filled=True, colour=p.inner)


def bell(p: Pen) -> None:
    p.poly((0.05, 0.78), (0.2, 0.6), (0.24, 0.3), (0.5, 0.08), (0.76, 0.3), (0.8, 0.6), (0.95, 0.78))
    p.disc(0.5, 0.88, 0.1, filled=True)


def lock(p: Pen) -> None:
    p.arc(0.5, 0.36, 0.27, 180, 360)
    p.box(0.12, 0.42, 0.88, 1, 0.08)
    p.disc(0.5, 0.7, 0.08, filled=True, colour=p.inner)


def cart(p: Pen) -> None:
    p.line((0, 0.1), (0.18, 0.1), (0.34, 0.66), (0.86, 0.66), (0.97, 0.25), (0.24, 0.25))
    for x in (0.42, 0.78):
        p.disc(x, 0.86, 0.09, filled=True)


def bin(p: Pen) -> None:
    p.poly((0.18, 0.22), (0.82, 0.22), (0.74, 1), (0.26, 1))
    p.line((0.04, 0.18), (0.96, 0.18))
    p.line((0.35, 0.06), (0.65, 0.06))
    for x in (0.4, 0.6):
        p.line((x, 0.38), (x, 0.85), colour=p.inner)


def pencil(p: Pen) -> None:
    p.poly((0.02, 0.98), (0.1, 0.7), (0.76, 0.04), (0.96, 0.24), (0.3, 0.9))
    p.line((0.6, 0.2), (0.8, 0.4), colour=p.inner)


def sign(p: Pen) -> None:
    p.poly((0.5, 0.03), (0.99, 0.94), (0.01, 0.94))
    p.line((0.5, 0.36), (0.5, 0.64), colour=p.inner)
    p.disc(0.5, 0.79, 0.05, filled=True, colour=p.inner)


def hint(p: Pen) -> None:
    p.disc(0.5, 0.5, 0.5)
    low = p.maybe()
    p.line((0.5, 0.42 if low else 0.22), (0.5, 0.78 if low else 0.58), colour=p.inner)
    p.disc(0.5, 0.26 if low else 0.76, 0.06, filled=True, colour=p.inner)


def cloud(p: Pen) -> None:
    for x, y, r in ((0.25, 0.62, 0.22), (0.52, 0.42, 0.28), (0.78, 0.62, 0.2)):
        p.disc(x, y, r, filled=True)
    p.box(0.2, 0.6, 0.82, 0.84, 0.1, filled=True)


def sun(p: Pen) -> None:
    p.disc(0.5, 0.5, 0.24)
    for n in range(8):
        x, y = math.cos(n * math.pi / 4), math.sin(n * math.pi / 4)
        p.line((0.5 + 0.34 * x, 0.5 + 0.34 * y), (0.5 + 0.49 * x, 0.5 + 0.49 * y))


def moon(p: Pen) -> None:
    p.disc(0.5, 0.5, 0.48, filled=True)
    p.disc(0.7, 0.38, 0.4, filled=True, colour=CLEAR)


def plus(p: Pen) -> None:
    p.disc(0.5, 0.5, 0.5)
    p.line((0.25, 0.5), (0.75, 0.5), colour=p.inner)
    if p.maybe(0.8):
        p.line((0.5, 0.25), (0.5, 0.75), colour=p.inner)


def play(p: Pen) -> None:
    p.disc(0.5, 0.5, 0.5)
    p.poly((0.38, 0.26), (0.76, 0.5), (0.38, 0.74), filled=True, colour=p.inner)


def stack(p: Pen) -> None:
    for y in (0.2, 0.5, 0.8):
        p.line((0.03, y), (0.97, y))


def calendar(p: Pen) -> None:
    p.box(0.04, 0.1, 0.96, 0.98, 0.06, filled=False)
    p.box(0.04, 0.1, 0.96, 0.32, filled=True)
    for x in (0.28, 0.5, 0.72):
        for y in (0.5, 0.75):
            p.disc(x, y, 0.05, filled=True)


def clock(p: Pen) -> None:
    p.disc(0.5, 0.5, 0.5)
    p.line((0.5, 0.2), (0.5, 0.5), (0.72, 0.62), colour=p.inner)


def camera(p: Pen) -> None:
    p.box(0, 0.22, 1, 0.9, 0.08)
    p.box(0.32, 0.08, 0.68, 0.26, filled=True)
    p.disc(0.5, 0.56, 0.2, colour=p.inner, filled=False)


def eye(p: Pen) -> None:
    p.arc(0.5, 0.82, 0.58, 215, 325)
    p.arc(0.5, 0.18, 0.58, 35, 145)
    p.disc(0.5, 0.5, 0.16, filled=True)


def picture(p: Pen) -> None:
    for y in range(5):
        for x in range(5):
            own = (*(int(v) for v in p.rng.integers(0, 256, 3)), 255)
            p.box(x / 5, y / 5, x / 5 + 0.2, y / 5 + 0.2, filled=True, colour=own)


def battery(p: Pen) -> None:
    p.box(0, 0.15, 0.9, 0.85, 0.08, filled=False)
    p.box(0.92, 0.38, 1, 0.62, filled=True)
    p.box(0.1, 0.3, 0.1 + 0.7 * p.rng.random(), 0.7, filled=True)


def drop(p: Pen) -> None:
    p.poly((0.5, 0), (0.82, 0.5), (0.8, 0.8), (0.5, 1), (0.2, 0.8), (0.18, 0.5))


def leaf(p: Pen) -> None:
    p.poly((0.05, 0.95), (0.1, 0.45), (0.45, 0.12), (0.97, 0.03), (0.88, 0.55), (0.55, 0.9), (0.18, 0.86))
    p.line((0.05, 0.95), (0.7, 0.3), colour=p.inner)


def note(p: Pen) -> None:
    p.line((0.36, 0.82), (0.36, 0.1), (0.9, 0.02), (0.9, 0.72))
    for x, y in ((0.22, 0.84), (0.76, 0.74)):
        p.disc(x, y, 0.15, filled=True)


def bolt(p: Pen) -> None:
    p.poly((0.6, 0), (0.15, 0.56), (0.46, 0.56), (0.36, 1), (0.86, 0.4), (0.54, 0.4))


def sheet(p: Pen) -> None:
    p.poly((0.15, 0), (0.62, 0), (0.87, 0.25), (0.87, 1), (0.15, 1))
    for y in (0.45, 0.65, 0.82):
        p.line((0.3, y), (0.72, y), colour=p.inner)


def folder(p: Pen) -> None:
    p.poly((0, 0.14), (0.36, 0.14), (0.46, 0.28), (1, 0.28), (1, 0.9), (0, 0.9))
