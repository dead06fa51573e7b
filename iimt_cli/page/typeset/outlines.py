"""The outlines of letters as straight lines and curves: enlarged, ink as the model draws it has wavering edges.

Distances are in px of the ink's strip. All values are by eye on letters of 40 to 300 px, in faces with and without serifs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from iimt_cli.page.arrays import Box, Coverage, Floats, Mask
from iimt_cli.page.shapes import thickest

FINE = 6  # × as many pixels in each direction, on which the outline is followed
SOFTEN = 0.45  # of the ink (standard deviation), before: less keeps its noise, more rounds serifs
FAINT, HAIRLINE = (
    0.2,
    0.85,
)  # coverage: a stroke that has FAINT at most is none; any other has HAIRLINE, and does not break
LEAST = 0.5  # px²: a smaller shape is a speck; a full stop in light type has 0.7
DOT = 16.0  # px²: an outline round less, with no hole, may be that of a full stop; the largest is that of bold type
GROWN = 1.5  # × as wide: so much a dot is made larger, at most
WAVER = 0.35  # by which an outline wavers that is meant to be straight
CUT = 0.2  # share of a side at either end that is rounded by a corner: it does not tell where the side lies
FEWEST = 3  # corners: an outline with fewer stays as it is
SHORT = 2.0  # a side that is shorter tells no direction
UPRIGHT = np.tan(np.radians(7))  # a side that is so near to upright or level is meant to be
NEAR, FAR = 0.7, 2.6  # along the outline from a corner: between them its sides show their direction
CORNER = np.radians(70)  # a sharper turn is a corner
TIGHT, ROUND = 0.7, 2.5  # from a corner, and from where a curve turns: rounding reaches no farther
PARALLEL = np.radians(12)  # sides that differ by less do not meet
OFF = 1.2  # farther from the corner on the outline, two sides do not meet in a corner
SUBPIXEL = 6  # bits behind the point of a coordinate that is drawn
COORDINATE = 32  # bits that hold any coordinate, so that x and y make one number
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
    found, tree = cv2.findContours(solid, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    if not found:
        return []
    areas = np.array([cv2.contourArea(contour) for contour in found]) / FINE**2
    large = np.flatnonzero(areas > LEAST)
    contours = [np.asarray(contour, np.int32) for contour in found]
    smooth = _smooth([contours[i] for i in large], fine)
    alone = (areas < DOT) & (np.asarray(tree)[0, :, 2:] < 0).all(axis=1)  # without holes, and no hole
    return [_dot(shape, ink) if alone[i] else shape for i, shape in zip(large, smooth, strict=True)]


def _dot(shape: Points, ink: Coverage) -> Points:
    """The outline of a small shape, (N, 2), made larger until it holds as much as there is ink, (H, W), round it.

    The outline runs where the ink is half, and its corners are rounded: a full stop would lose a third or more of its ink.
    """
    left, top = np.floor(shape.min(axis=0)).astype(int) - 1
    right, bottom = np.ceil(shape.max(axis=0)).astype(int) + 1
    around = ink[max(top, 0) : bottom, max(left, 0) : right]
    area = cv2.contourArea(shape.astype(np.float32))
    middle = shape.mean(axis=0)
    larger = np.clip(np.sqrt(around.sum() / max(area, TINY)), 1, GROWN)
    return np.asarray(middle + (shape - middle) * larger)


def _exact(contour: NDArray[np.int32], fine: Floats) -> Points:
    """Where the ink is half, next to each pixel of contours, (N, 2), of finer ink; px of the strip."""
    x, y = contour.T
    height, width = fine.shape
    right, left = np.minimum(x + 1, width - 1), np.maximum(x - 1, 0)
    below, above = np.minimum(y + 1, height - 1), np.maximum(y - 1, 0)
    slope = np.column_stack([fine[y, right] - fine[y, left], fine[below, x] - fine[above, x]]) / 2
    steep = np.maximum((slope**2).sum(axis=1), TINY)
    step = np.clip((0.5 - fine[y, x]) / np.sqrt(steep), -1, 1) / np.sqrt(steep)
    return np.asarray((contour + 0.5 + slope * step[:, None]) / FINE)


def _smooth(contours: Sequence[NDArray[np.int32]], fine: Floats) -> list[Points]:
    """The outlines without their wavering, (M, 2) each. contours: as OpenCV found them in the finer ink, (N, 1, 2) each.

    All corners are computed at once, since a word has hundreds.
    """
    if not contours:
        return []
    counts = np.array([len(contour) for contour in contours])
    outline = _exact(np.concatenate(contours)[:, 0], fine)
    corners = [_corners(contour) for contour in contours]
    outlines = np.split(outline, np.cumsum(counts)[:-1])
    cornered = np.array([len(some) >= FEWEST for some in corners])
    places = [some for some, enough in zip(corners, cornered, strict=True) if enough]
    if not places:
        return outlines
    ring = _Ring.of(places, counts[cornered], (np.cumsum(counts) - counts)[cornered])
    middle, direction = _sides(outline, ring)
    met = _meetings(outline[ring.first + ring.at], middle, direction, ring)
    curves = _curves(met, _turns(outline, ring) > CORNER, ring)
    smooth = iter(np.split(curves, np.cumsum([len(some) * len(STEPS) for some in places])[:-1]))
    return [next(smooth) if enough else outlines[i] for i, enough in enumerate(cornered)]


def _corners(contour: NDArray[np.int32]) -> NDArray[np.intp]:
    """The places in a contour, (N, 1, 2), where straight lines along it meet, in order."""
    found = np.asarray(cv2.approxPolyDP(contour, WAVER * FINE, closed=True), np.int64)
    keys, wanted = (
        points[:, 0] @ np.array([1 << COORDINATE, 1]) for points in (contour.astype(np.int64), found)
    )
    order = np.argsort(keys, kind="stable")
    return np.unique(order[np.searchsorted(keys[order], wanted, "right") - 1])


@dataclass(frozen=True)
class _Ring:
    """The corners of several outlines, one behind the other, (N,) each. at: place in the own outline; count: its length;
    first: its place among all points; before, after: the numbers of the corners next to each."""

    at: NDArray[np.intp]
    count: NDArray[np.intp]
    first: NDArray[np.intp]
    before: NDArray[np.intp]
    after: NDArray[np.intp]

    @classmethod
    def of(
        cls, places: Sequence[NDArray[np.intp]], counts: NDArray[np.intp], firsts: NDArray[np.intp]
    ) -> _Ring:
        sizes = np.array([len(some) for some in places])
        begin, numbers = np.repeat(np.cumsum(sizes) - sizes, sizes), np.arange(sizes.sum())
        size, own = np.repeat(sizes, sizes), numbers - begin
        return cls(
            np.concatenate(places),
            np.repeat(counts, sizes),
            np.repeat(firsts, sizes),
            begin + (own - 1) % size,
            begin + (own + 1) % size,
        )

    def places(self, beyond: NDArray[np.intp]) -> NDArray[np.intp]:
        """Where among all points those stand that are so many points behind the corners."""
        return self.first + (self.at + beyond) % self.count


def _sides(outline: Points, ring: _Ring) -> tuple[Points, Points]:
    """The straight line along the outline from each corner to the next: a point on it and its direction, (N, 2) each."""
    length = (ring.at[ring.after] - ring.at - 1) % ring.count + 2  # points, both corners included
    cut = (CUT * length).astype(int)
    inner = length - 2 * cut
    begin = np.cumsum(inner) - inner
    side = np.repeat(np.arange(len(inner)), inner)
    place = np.arange(len(side)) - begin[side] + cut[side]
    points = outline[ring.first[side] + (ring.at[side] + place) % ring.count[side]]
    middle = np.add.reduceat(points, begin) / inner[:, None]
    x, y = (points - middle[side]).T
    spread = np.add.reduceat(np.column_stack([x * x, x * y, x * y, y * y]), begin)
    direction = np.linalg.eigh(spread.reshape(-1, 2, 2))[1][:, :, 1]
    for axis in (0, 1):
        upright = np.abs(direction[:, axis]) < UPRIGHT * np.abs(direction[:, 1 - axis])
        direction[upright] = np.eye(2)[1 - axis]
    first, last = outline[ring.first + ring.at], outline[(ring.first + ring.at)[ring.after]]
    way = last - first
    direction[(direction * way).sum(axis=1) < 0] *= -1
    far = np.hypot(*way.T)
    short = far < SHORT
    middle[short] = ((first + last) / 2)[short]
    direction[short] = (way / np.maximum(far, TINY)[:, None])[short]
    return middle, direction


def _meetings(corner: Points, middle: Points, direction: Points, ring: _Ring) -> Points:
    """Where the two sides at each corner of an outline, (N, 2), meet near to it; between the two where they do not."""
    p, u, q, v = middle[ring.before], direction[ring.before], middle, direction
    cross, gap = _cross(u, v), q - p
    slanted = np.abs(cross) > np.sin(PARALLEL)
    meeting = p + u * (_cross(gap, v) / np.where(slanted, cross, 1))[:, None]
    near = slanted & (np.hypot(*(meeting - corner).T) < OFF)
    along_u, along_v = ((corner - p) * u).sum(axis=1), ((corner - q) * v).sum(axis=1)
    between = (p + u * along_u[:, None] + q + v * along_v[:, None]) / 2
    return np.asarray(np.where(near[:, None], meeting, between))


def _turns(outline: Points, ring: _Ring) -> Points:
    """By what angle the outline turns at each corner, (N,)."""
    near, far = (int(reach * FINE) for reach in (NEAR, FAR))
    a, b, c, d = (outline[ring.places(np.array(step))] for step in (-far, -near, near, far))
    before, after = b - a, d - c
    return np.asarray(np.abs(np.arctan2(_cross(before, after), (before * after).sum(axis=1))))


def _cross(one: Points, other: Points) -> Points:
    """The cross products of vectors, (N, 2) each: (N,)."""
    return np.asarray(one[:, 0] * other[:, 1] - one[:, 1] * other[:, 0])


def _curves(met: Points, sharp: Mask, ring: _Ring) -> Points:
    """The rounded corners, (9 N, 2). met: where sides meet, (N, 2); sharp: which of the corners are, (N,)."""
    reach = np.where(sharp, TIGHT, ROUND)
    ends = []
    for other in (met[ring.before], met[ring.after]):
        way = other - met
        share = np.minimum(0.5, reach / np.maximum(np.hypot(*way.T), TINY))
        ends.append((met + way * share[:, None])[:, None])
    first, last = ends
    curve = (1 - STEPS) ** 2 * first + 2 * STEPS * (1 - STEPS) * met[:, None] + STEPS**2 * last
    return np.asarray(curve.reshape(-1, 2))


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
