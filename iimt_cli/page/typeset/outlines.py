"""The outlines of letters as straight lines and curves: enlarged, ink as the model draws it has wavering edges.

Distances are in px of the ink's strip. All values are by eye on letters of 40 to 300 px, in faces with and without serifs.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from iimt_cli.page.arrays import Box, Coverage, Floats
from iimt_cli.page.shapes import thickest

FINE = 6  # × as many pixels in each direction, on which the outline is followed
SOFTEN = 0.45  # of the ink (standard deviation), before: less keeps its noise, more rounds serifs
FAINT, HAIRLINE = (
    0.2,
    0.85,
)  # coverage: a stroke that has FAINT at most is none; any other has HAIRLINE, and does not break
LEAST = 1.5  # px²: a smaller shape is a speck
WAVER = 0.35  # by which an outline wavers that is meant to be straight
CUT = 0.2  # share of a side at either end that is rounded by a corner: it does not tell where the side lies
SHORT = 2.0  # a side that is shorter tells no direction
UPRIGHT = np.tan(np.radians(7))  # a side that is so near to upright or level is meant to be
NEAR, FAR = 0.7, 2.6  # along the outline from a corner: between them its sides show their direction
CORNER = np.radians(70)  # a sharper turn is a corner
TIGHT, ROUND = 0.7, 2.5  # from a corner, and from where a curve turns: rounding reaches no farther
PARALLEL = np.radians(12)  # sides that differ by less do not meet
OFF = 1.2  # farther from the corner on the outline, two sides do not meet in a corner
SUBPIXEL = 6  # bits behind the point of a coordinate that is drawn
TINY = 1e-6  # avoids dividing by zero
STEPS = np.linspace(0, 1, 9)[:, None]  # along a curve

Points = NDArray[np.float64]
"""x and y, (N, 2), px."""


def outlines(ink: Coverage) -> list[Points]:
    """The closed outlines of ink, (H, W), those of holes, too: where they overlap an odd number of times there is ink."""
    height, width = ink.shape
    top = thickest(ink, 1)
    ink = np.asarray(
        ink * np.where(top > FAINT, np.clip(HAIRLINE / np.maximum(top, FAINT), 1, None), 1), np.float32
    )
    size = (width * FINE, height * FINE)
    fine: Coverage = np.asarray(cv2.resize(ink, size, interpolation=cv2.INTER_CUBIC), np.float32)
    fine = np.asarray(cv2.GaussianBlur(fine, (0, 0), SOFTEN * FINE), np.float32)
    solid = (fine > 0.5).astype(np.uint8)
    found, _ = cv2.findContours(solid, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    return [
        _smooth(_exact(contour[:, 0], fine), contour)
        for contour in (np.asarray(points, np.int32) for points in found)
        if cv2.contourArea(contour) > LEAST * FINE * FINE
    ]


def _exact(contour: NDArray[np.int32], fine: Floats) -> Points:
    """Where the ink is half, next to each pixel of a contour, (N, 2), of finer ink; px of the strip."""
    x, y = contour.T
    height, width = fine.shape
    right, left = np.minimum(x + 1, width - 1), np.maximum(x - 1, 0)
    below, above = np.minimum(y + 1, height - 1), np.maximum(y - 1, 0)
    slope = np.column_stack([fine[y, right] - fine[y, left], fine[below, x] - fine[above, x]]) / 2
    steep = np.maximum((slope**2).sum(axis=1), TINY)
    step = np.clip((0.5 - fine[y, x]) / np.sqrt(steep), -1, 1) / np.sqrt(steep)
    return np.asarray((contour + 0.5 + slope * step[:, None]) / FINE)


def _smooth(outline: Points, contour: NDArray[np.int32]) -> Points:
    """An outline, (N, 2), without its wavering. contour: the same as OpenCV found it."""
    corners = cv2.approxPolyDP(contour, WAVER * FINE, closed=True)[:, 0]
    numbers = {(int(x), int(y)): n for n, (x, y) in enumerate(contour[:, 0])}
    at = sorted({numbers[int(x), int(y)] for x, y in corners})
    if len(at) < 3:
        return outline
    sides = [_side(_between(outline, a, b)) for a, b in pairwise([*at, at[0]])]
    met = [_meeting(outline[n], sides[k - 1], sides[k]) for k, n in enumerate(at)]
    sharp = [_turn(outline, n) > CORNER for n in at]
    return np.concatenate(
        [_corner(met[k - 1], met[k], met[(k + 1) % len(met)], sharp[k]) for k in range(len(met))]
    )


def _between(outline: Points, first: int, last: int) -> Points:
    """The points of an outline from one to another."""
    return (
        outline[first : last + 1] if first < last else np.concatenate([outline[first:], outline[: last + 1]])
    )


def _side(points: Points) -> tuple[Points, Points]:
    """The straight line along some points, (N, 2): a point on it and its direction, (2,) each."""
    cut = int(CUT * len(points))
    inner = points[cut : len(points) - cut]
    middle = inner.mean(axis=0)
    way = points[-1] - points[0]
    length = float(np.hypot(*way))
    if length < SHORT or len(inner) < 2:
        return (points[0] + points[-1]) / 2, way / max(length, TINY)
    off = inner - middle
    direction = np.linalg.eigh(off.T @ off)[1][:, 1]
    for axis in (0, 1):
        if abs(direction[axis]) < UPRIGHT * abs(direction[1 - axis]):
            direction = np.eye(2)[1 - axis]
    return middle, direction * (1.0 if direction @ way >= 0 else -1.0)


def _meeting(corner: Points, before: tuple[Points, Points], after: tuple[Points, Points]) -> Points:
    """Where two sides meet near a corner of the outline, (2,); between the two where they do not."""
    (p, u), (q, v) = before, after
    cross = u[0] * v[1] - u[1] * v[0]
    if abs(cross) > np.sin(PARALLEL):
        gap = q - p
        meeting = p + u * ((gap[0] * v[1] - gap[1] * v[0]) / cross)
        if np.hypot(*(meeting - corner)) < OFF:
            return np.asarray(meeting)
    return np.asarray((p + u * ((corner - p) @ u) + q + v * ((corner - q) @ v)) / 2)


def _turn(outline: Points, n: int) -> float:
    """By what angle an outline turns about its point n."""
    near, far = (int(reach * FINE) for reach in (NEAR, FAR))
    count = len(outline)
    a, b, c, d = (outline[(n + step) % count] for step in (-far, -near, near, far))
    before, after = b - a, d - c
    cross = before[0] * after[1] - before[1] * after[0]
    return abs(float(np.arctan2(cross, before @ after)))


def _corner(before: Points, corner: Points, after: Points, sharp: bool) -> Points:
    """The outline from one side to the next, (N, 2)."""
    reach = TIGHT if sharp else ROUND
    ends = []
    for other in (before, after):
        way = other - corner
        length = float(np.hypot(*way))
        ends.append(corner + way * min(0.5, reach / max(length, TINY)))
    first, last = ends
    return np.asarray((1 - STEPS) ** 2 * first + 2 * STEPS * (1 - STEPS) * corner + STEPS**2 * last)


def inside(shapes: Sequence[Points], matrix: NDArray[np.float64], box: Box, steps: int) -> Coverage:
    """The pixels of a picture's `box`, `steps` times finer, that lie in some outlines: 1, others 0.

    matrix: x, y of the outlines → the picture's.
    """
    left, top, right, bottom = box
    polygons = []
    for shape in shapes:
        there = shape @ matrix[:, :2].T + matrix[:, 2]
        places = (there[:, :2] / there[:, 2:] - (left, top)) * steps - 0.5
        polygons.append(np.rint(places * (1 << SUBPIXEL)).astype(np.int32))
    canvas = np.zeros(((bottom - top) * steps, (right - left) * steps), np.uint8)
    if polygons:
        cv2.fillPoly(canvas, polygons, 2, shift=SUBPIXEL)
        cv2.polylines(canvas, polygons, isClosed=True, color=1, shift=SUBPIXEL)  # pixels that lie half within
    return np.asarray(canvas / 2, np.float32)
