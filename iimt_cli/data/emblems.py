"""Icons that nobody has drawn before: parts at random, on a ground or not, mirrored or not, with a badge or not.

They are many where `pictograms` are few: what is trained with them keeps icons that it has never seen.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from iimt_cli.data.pictograms import Pen, Point, spikes

TWO_COLOURED = 0.3  # share of emblems one part of which has a colour of its own


def emblem(p: Pen) -> None:
    """One to three parts, of which most are mirrored at the middle, upon a shape or on a ground, filled or not."""
    ground = p.maybe(0.45)
    if ground:
        _ground(p)
    room = float(p.rng.uniform(0.22, 0.34) if ground else p.rng.uniform(0.4, 0.5))
    colour = p.inner if ground else p.ink
    other = _odd(p) if p.maybe(TWO_COLOURED) else colour
    if not ground:
        size = float(p.rng.uniform(0.6, 1)) * room
        _SOLID[p.rng.integers(len(_SOLID))](p, 0.5, 0.5, size, p.ink)
    for n in range(int(p.rng.integers(1, 4))):
        _part(p, room, (other if n == 0 else colour))
    if p.maybe(0.12):
        x, y = p.rng.choice([0.18, 0.82], 2).tolist()
        p.disc(x, y, 0.18, filled=True, colour=_odd(p))


def scrap(p: Pen) -> None:
    """One shape, as simple as a bullet."""
    _SOLID[p.rng.integers(len(_SOLID))](p, 0.5, 0.5, 0.5, p.ink)


def _odd(p: Pen) -> tuple[int, ...]:
    return (*(int(v) for v in p.rng.integers(0, 256, 3)), 255)


def _ground(p: Pen) -> None:
    """A disc, a box, a polygon, a shield or a blob that fills the whole."""
    kind = int(p.rng.integers(5))
    if kind == 0:
        p.disc(0.5, 0.5, 0.5)
    elif kind == 1:
        p.box(0, float(p.rng.uniform(0, 0.2)), 1, 1, float(p.rng.choice([0, 0.1, 0.25])))
    elif kind == 2:
        p.poly(*_regular(p, 0.5, 0.5, 0.5, int(p.rng.integers(3, 9))))
    elif kind == 3:
        p.poly((0.05, 0.05), (0.95, 0.05), (0.95, 0.5), (0.5, 1), (0.05, 0.5))
    else:
        p.poly(*_blob(p, 0.5, 0.5, 0.5))


def _part(p: Pen, room: float, colour: tuple[int, ...]) -> None:
    """A shape or a stroke within `room` of the middle; most stand there, or twice, one the mirror image of the other."""
    x, y = (float(v) for v in p.rng.uniform(-room, room, 2))
    size = float(p.rng.uniform(0.25, 0.9)) * room
    if p.maybe(0.5):
        draw = _SHAPES[p.rng.integers(len(_SHAPES))]
        x, y = (0.0, y * 0.6) if p.maybe() else (x, y)
        free = max(room - max(abs(x), abs(y)), 0.3 * room)
        size = min(size, free)
        draw(p, 0.5 + x, 0.5 + y, size, colour)
        if abs(x) > size and p.maybe():
            draw(p, 0.5 - x, 0.5 + y, size, colour)
        return
    points = [(float(a), float(b)) for a, b in p.rng.uniform(-room, room, (int(p.rng.integers(2, 5)), 2))]
    if p.maybe(0.4):  # level and upright strokes are the usual ones
        points = [points[0], (points[1][0], points[0][1]), *((points[1][0], b) for _, b in points[2:3])]
    p.line(*((0.5 + a, 0.5 + b) for a, b in points), colour=colour)
    if p.maybe(0.6):
        p.line(*((0.5 - a, 0.5 + b) for a, b in points), colour=colour)


def _disc(p: Pen, x: float, y: float, r: float, colour: tuple[int, ...]) -> None:
    p.disc(x, y, r, colour=colour)


def _box(p: Pen, x: float, y: float, r: float, colour: tuple[int, ...]) -> None:
    flat = float(p.rng.uniform(0.35, 1)) * r
    wide, tall = (r, flat) if p.maybe() else (flat, r)
    p.box(x - wide, y - tall, x + wide, y + tall, 0.1 * p.maybe(), colour=colour)


def _corners(p: Pen, x: float, y: float, r: float, colour: tuple[int, ...]) -> None:
    p.poly(*_regular(p, x, y, r, int(p.rng.integers(3, 7))), colour=colour)


def _star(p: Pen, x: float, y: float, r: float, colour: tuple[int, ...]) -> None:
    points = spikes(int(p.rng.integers(3, 13)), r, r * float(p.rng.uniform(0.3, 0.8)))
    p.poly(*((x + a - 0.5, y + b - 0.5) for a, b in points), colour=colour)


def _lump(p: Pen, x: float, y: float, r: float, colour: tuple[int, ...]) -> None:
    p.poly(*_blob(p, x, y, r), colour=colour)


def _bow(p: Pen, x: float, y: float, r: float, colour: tuple[int, ...]) -> None:
    start = float(p.rng.integers(0, 8)) * 45
    p.arc(x, y, r, start, start + float(p.rng.uniform(90, 300)), colour=colour)


def _dots(p: Pen, x: float, y: float, r: float, colour: tuple[int, ...]) -> None:
    many, dot = int(p.rng.integers(2, 4)), r * float(p.rng.uniform(0.15, 0.35))
    both = p.maybe()
    for n in np.linspace(-r + dot, r - dot, many):
        for m in np.linspace(-r + dot, r - dot, many) if both else (0.0,):
            p.disc(x + float(n), y + float(m), dot, filled=True, colour=colour)


def _bars(p: Pen, x: float, y: float, r: float, colour: tuple[int, ...]) -> None:
    upright = p.maybe()
    for n in np.linspace(-r, r, int(p.rng.integers(2, 5))):
        a, b = float(n), r * float(p.rng.uniform(0.5, 1))
        ends = ((x + a, y - b), (x + a, y + r)) if upright else ((x - r, y + a), (x + b, y + a))
        p.line(*ends, colour=colour)


def _cross(p: Pen, x: float, y: float, r: float, colour: tuple[int, ...]) -> None:
    turn = float(p.rng.choice([0, math.pi / 4]))
    for a in (turn, turn + math.pi / 2):
        dx, dy = r * math.cos(a), r * math.sin(a)
        p.line((x - dx, y - dy), (x + dx, y + dy), colour=colour)


_Shape = Callable[[Pen, float, float, float, tuple[int, ...]], None]
_SOLID: tuple[_Shape, ...] = (_disc, _box, _corners, _star, _lump)
_SHAPES: tuple[_Shape, ...] = (*_SOLID, _bow, _dots, _bars, _cross)


def _regular(p: Pen, x: float, y: float, r: float, corners: int) -> list[Point]:
    turn = float(p.rng.choice([0.0, math.pi / corners, p.rng.uniform(0, math.pi)])) - math.pi / 2
    angles = [turn + 2 * math.pi * n / corners for n in range(corners)]
    return [(x + r * math.cos(a), y + r * math.sin(a)) for a in angles]


def _blob(p: Pen, x: float, y: float, r: float) -> list[Point]:
    """A closed bent outline round a point: a radius that swings a few times."""
    angles = np.linspace(0, 2 * math.pi, 40, endpoint=False)
    swing = sum(
        float(p.rng.normal(0, 0.25 / n)) * np.cos(n * angles + float(p.rng.uniform(0, 6.3)))
        for n in (1, 2, 3, 4)
    )
    radius = r * np.clip(0.75 + swing, 0.2, 1.0)
    return list(
        zip((x + radius * np.cos(angles)).tolist(), (y + radius * np.sin(angles)).tolist(), strict=True)
    )
