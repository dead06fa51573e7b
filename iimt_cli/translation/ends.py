"""Whether a line goes on where its box ends: over a busy picture the detector sees words, or parts of them, that it should not
have cut off. Who knows the colour of a line's letters finds the others."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from iimt_cli.model.image_encoder import Reading
from iimt_cli.page.find import Line, join_pieces, reading_order
from iimt_cli.page.rectify import (
    BASELINE,
    EM,
    HEIGHT,
    MARGIN,
    Geometry,
    cut,
    from_baseline,
    from_quad,
    inside,
)
from iimt_cli.page.separate import Colour, Separator, measure, slope
from iimt_cli.page.style import ink_colour
from iimt_cli.page.two_colours import in_two_colours
from iimt_cli.page.unroll import EDGE

BEYOND = 4 * EM  # strip px that are looked at on either side, again and again while there are letters
ROUNDS = 8
GAP = 0.5 * EM  # between words, at most
SOLID = 0.8  # of ink: a letter has such a pixel, what shows through the background hardly
SURE = 0.65  # mean probability of a letter in what is read with the new ones


@dataclass(frozen=True)
class _Part:
    """What is known of a line: number, strip with letters of the standard size, their colour and columns x0 to x1."""

    number: int
    geometry: Geometry
    colour: Colour
    x0: float
    x1: float
    ink: np.ndarray


def to_their_ends(
    lines: Sequence[Line],
    rgb: np.ndarray,
    separate: Separator,
    read: Callable[[list[np.ndarray]], list[Reading]],
) -> list[Line]:
    """The lines of a picture, uint8 [H, W, 3]; those whose letters go on beyond their boxes are as long as these.

    On a plain background boxes are right, and what is in the box of another line is none of theirs. What is found must be read
    without much doubt. Boxes that meet between two parts of a text become one.
    """
    parts = _parts(lines, rgb, separate)
    longer = parts
    grown: dict[int, _Part] = {}
    for _ in range(ROUNDS):
        longer = _grown(longer, lines, rgb, separate)
        if not longer:
            break
        grown |= {p.number: p for p in longer}
    result = list(lines)
    found = list(grown.values())
    for part, reading in zip(found, read([_cropped(p) for p in found]) if found else [], strict=True):
        if math.exp(reading.score) > SURE:
            result[part.number] = _as_long(lines[part.number], part)
    return reading_order(join_pieces(result)) if found else result


def _parts(lines: Sequence[Line], rgb: np.ndarray, separate: Separator) -> list[_Part]:
    """The lines on a background that is not plain."""
    geometries = [from_quad(line.quad) for line in lines]
    strips = [cut(rgb, geometry) for geometry in geometries]
    busy = [i for i, strip in enumerate(strips) if in_two_colours(strip) is None]
    parts = []
    for i, (ink, _) in zip(busy, separate([strips[i] for i in busy]) if busy else [], strict=True):
        inner = np.zeros_like(ink)
        own = slice(int(MARGIN), -int(MARGIN))
        inner[:, own] = ink[:, own]
        size = measure(inner)
        if size is None:
            continue
        geometry, scale = geometries[i], geometries[i].scale
        start = geometry.to_picture(np.array([[size.x0, size.baseline]]))[0]
        length = (size.x1 - size.x0) * scale
        frame = from_baseline(start, geometry.direction, size.em * scale, length)
        parts.append(_Part(i, frame, ink_colour(strips[i], inner), MARGIN, frame.width - MARGIN, ink))
    return parts


def _grown(
    parts: Sequence[_Part], lines: Sequence[Line], rgb: np.ndarray, separate: Separator
) -> list[_Part]:
    """Those that have more letters to their left or right, with these."""
    if not parts:
        return []
    wide = [
        p.geometry.moved(x=p.x0 - MARGIN - BEYOND, width=math.ceil(p.x1 - p.x0 + 2 * (MARGIN + BEYOND)))
        for p in parts
    ]
    inks = separate([cut(rgb, geometry) for geometry in wide], [p.colour for p in parts])
    longer = []
    for part, geometry, (ink, _) in zip(parts, wide, inks, strict=True):
        ink = ink * inside(geometry, rgb.shape)
        old = (BEYOND + MARGIN, BEYOND + MARGIN + part.x1 - part.x0)
        others = [line.quad for i, line in enumerate(lines) if i != part.number]
        x0, x1 = _reach(ink, geometry, old, others)
        if (x0, x1) != old:
            # the corners of a short box are whole pixels, which does not tell a long line's slope
            level = geometry.turned(slope(ink[:, int(x0) : math.ceil(x1)]))
            longer.append(replace(part, geometry=level, x0=x0, x1=x1, ink=ink))
    return longer


def _reach(
    ink: np.ndarray, geometry: Geometry, span: tuple[float, float], others: Sequence[np.ndarray]
) -> tuple[float, float]:
    """How far letters that follow each other reach from the columns `span` on, in ink [32, W]."""
    _, labels, stats, centres = cv2.connectedComponentsWithStats((ink > 0.4).astype(np.uint8), connectivity=8)
    letters = []
    for i, (x, y, w, h, _) in enumerate(stats[1:], 1):
        if h > 0.4 * EM and y > 0 and y + h < HEIGHT and ink[labels == i].max() > SOLID:
            at = geometry.to_picture(centres[i][None])[0].tolist()
            if all(cv2.pointPolygonTest(quad.astype(np.float32), at, False) < 0 for quad in others):
                letters.append((float(x), float(x + w), float(y + h)))
    x0, x1 = span
    foot = BASELINE
    for left, right, bottom in sorted(letters):
        if right > x1 and left - x1 < GAP and abs(bottom - foot) < 0.3 * EM:
            x1, foot = right, _foot(foot, bottom)
    foot = BASELINE
    for left, right, bottom in sorted(letters, key=lambda letter: -letter[1]):
        if left < x0 and x0 - right < GAP and abs(bottom - foot) < 0.3 * EM:
            x0, foot = left, _foot(foot, bottom)
    return x0, x1


def _foot(before: float, bottom: float) -> float:
    """The row that letters stand on, which falls or rises a little from letter to letter; a g goes below it."""
    return bottom if abs(bottom - before) < 0.1 * EM else before


def _cropped(part: _Part) -> np.ndarray:
    return part.ink[:, max(0, int(part.x0) - EDGE) : math.ceil(part.x1) + EDGE]


def _as_long(line: Line, part: _Part) -> Line:
    """The line, with the box that the detector would have given it."""
    edge, half = 0.15 * EM, line.height / part.geometry.scale / 2
    x0, x1, top, bottom = part.x0 - edge, part.x1 + edge, HEIGHT / 2 - half, HEIGHT / 2 + half
    corners = np.array([[x0, top], [x1, top], [x1, bottom], [x0, bottom]])
    return replace(line, quad=part.geometry.to_picture(corners).astype(np.float32))
