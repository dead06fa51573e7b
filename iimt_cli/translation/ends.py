"""Making boxes longer that cut off letters of their line.

Over a busy picture the detector may find a part of a line only. Once the colour of its letters is known, the separator finds
the other letters beyond the ends of the box.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import cv2
import numpy as np

from iimt_cli.model.image_encoder import Reading
from iimt_cli.page.arrays import Ink
from iimt_cli.page.ink.measure import measure, slope
from iimt_cli.page.ink.separate import Separator
from iimt_cli.page.ink.two_colours import in_two_colours
from iimt_cli.page.layout.line import Line, join_pieces, reading_order
from iimt_cli.page.layout.looks import as_measured
from iimt_cli.page.paragraphs import TextLine
from iimt_cli.page.rectify import BASELINE, EM, HEIGHT, MARGIN, Geometry, cut, from_quad, inside
from iimt_cli.page.runs import SOLID
from iimt_cli.translation.pieces import line_ink

BEYOND = 4 * EM  # strip px beyond either end in which letters are looked for
ROUNDS = 8  # as long as letters are found it is repeated, so often at most
# All of these are in strip px unless they say otherwise.
GAP = 0.5 * EM  # from one letter to the next, at most
LETTER = 0.2 * EM  # by which a line must become longer, at least
DENSE = 0.4  # coverage from which pixels belong to a letter; by eye on busy pictures
SIDES_AND_CORNERS = 8  # a pixel of a letter is connected with its eight neighbours
TALL = 0.4 * EM  # height of a letter, at least
# by which the foot of a letter may be higher or lower than that of the last one: a g goes below the line
LEVEL = 0.3 * EM
DRIFT = 0.1 * EM  # by which the line itself may rise or fall from letter to letter
BOX_EDGE = 0.15 * EM  # by which the detector's boxes are wider than the ink, on either side
SURE = 0.65  # mean probability per character from which the reading of a longer line is believed


def to_their_ends(
    lines: Sequence[Line],
    rgb: np.ndarray,
    separate: Separator,
    read: Callable[[list[np.ndarray]], list[Reading]],
    plain: Callable[[np.ndarray], Ink | None] = in_two_colours,
) -> list[Line]:
    """The lines of a picture, uint8 (H, W, 3), with longer boxes where letters go on beyond the box.

    Lines on a plain background stay as they are: there boxes are right. `plain` tells them. Letters in the box of another line
    do not count. The longer line must be read without much doubt (SURE). Boxes that then meet become one line.
    """
    grown: dict[int, TextLine] = {}
    longer = _on_busy_ground(lines, rgb, plain, separate)
    for _ in range(ROUNDS):
        longer = _grown(longer, lines, rgb, separate)
        if not longer:
            break
        grown |= longer
    if not grown:
        return list(lines)
    result = list(lines)
    for (i, line), reading in zip(grown.items(), read(list(map(line_ink, grown.values()))), strict=True):
        if math.exp(reading.score) > SURE:
            result[i] = _as_long(lines[i], line)
    return reading_order(join_pieces(result))


def _on_busy_ground(
    lines: Sequence[Line],
    rgb: np.ndarray,
    plain: Callable[[np.ndarray], Ink | None],
    separate: Separator,
) -> dict[int, TextLine]:
    """The lines, by number, whose background is not plain, as measured inside their boxes."""
    geometries = [from_quad(line.quad) for line in lines]
    strips = [cut(rgb, geometry) for geometry in geometries]
    busy = [i for i, strip in enumerate(strips) if plain(strip) is None]
    measured = {}
    for i, found in zip(busy, separate([strips[i] for i in busy]) if busy else [], strict=True):
        ink = found.ink.copy()
        ink[:, : int(MARGIN)] = ink[:, -int(MARGIN) :] = 0
        if size := measure(ink):
            measured[i] = as_measured(lines[i], geometries[i], size, ink, strips[i])
    return measured


def _grown(
    parts: Mapping[int, TextLine], lines: Sequence[Line], rgb: np.ndarray, separate: Separator
) -> dict[int, TextLine]:
    """Those of `parts` that have more letters to their left or right, together with these."""
    if not parts:
        return {}
    wide = [
        p.geometry.moved(x=p.x0 - MARGIN - BEYOND, width=math.ceil(p.x1 - p.x0 + 2 * (MARGIN + BEYOND)))
        for p in parts.values()
    ]
    inks = separate([cut(rgb, geometry) for geometry in wide], [p.colour for p in parts.values()])
    longer = {}
    for (number, part), geometry, found in zip(parts.items(), wide, inks, strict=True):
        ink = found.ink * inside(geometry, rgb.shape)
        old = (BEYOND + MARGIN, BEYOND + MARGIN + part.x1 - part.x0)
        others = [line.quad for i, line in enumerate(lines) if i != number]
        x0, x1 = _reach(ink, geometry, old, others)
        if max(old[0] - x0, x1 - old[1]) > LETTER:
            # corners in whole pixels do not tell the slope of the longer line exactly enough
            level = geometry.turned(slope(ink[:, int(x0) : math.ceil(x1)]))
            longer[number] = replace(part, geometry=level, x0=x0, x1=x1, ink=ink)
    return longer


def _reach(
    ink: np.ndarray, geometry: Geometry, span: tuple[float, float], others: Sequence[np.ndarray]
) -> tuple[float, float]:
    """The columns that letters following each other reach, starting from the columns `span`, in ink (32, W)."""
    _, labels, stats, centres = cv2.connectedComponentsWithStats(
        (ink > DENSE).astype(np.uint8), connectivity=SIDES_AND_CORNERS
    )
    letters = []
    for i, (x, y, w, h, _) in enumerate(stats[1:], 1):
        if h > TALL and y > 0 and y + h < HEIGHT and ink[labels == i].max() > SOLID:
            at = geometry.to_picture(centres[i][None])[0].tolist()
            if all(cv2.pointPolygonTest(quad.astype(np.float32), at, False) < 0 for quad in others):
                letters.append((float(x), float(x + w), float(y + h)))
    x0, x1 = span
    foot = BASELINE
    for left, right, bottom in sorted(letters):
        if right > x1 and left - x1 < GAP and abs(bottom - foot) < LEVEL:
            x1, foot = right, _foot(foot, bottom)
    foot = BASELINE
    for left, right, bottom in sorted(letters, key=lambda letter: -letter[1]):
        if left < x0 and x0 - right < GAP and abs(bottom - foot) < LEVEL:
            x0, foot = left, _foot(foot, bottom)
    return x0, x1


def _foot(before: float, bottom: float) -> float:
    """The row on which letters stand, behind a letter that ends at `bottom`. It may drift; a g below it does not count."""
    return bottom if abs(bottom - before) < DRIFT else before


def _as_long(line: Line, part: TextLine) -> Line:
    """The line with a box round all of `part`, with the margins that the detector's boxes have."""
    edge, half = BOX_EDGE, line.height / part.geometry.scale / 2
    x0, x1, top, bottom = part.x0 - edge, part.x1 + edge, HEIGHT / 2 - half, HEIGHT / 2 + half
    corners = np.array([[x0, top], [x1, top], [x1, bottom], [x0, bottom]])
    return replace(line, quad=part.geometry.to_picture(corners).astype(np.float32))
