"""Picture ↔ strip: a strip is a level band, 32 px high, in which the type has one size and one baseline.

Coordinates are continuous: pixel i covers [i, i + 1].
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from iimt_cli.page.arrays import Box, Coverage, Mask, Pixels

HEIGHT = 32  # rows of a strip
EM = 23.0  # type size in a strip, px: ascender to descender are about 22 rows, Ä and Ü still fit above
BASELINE = 23.5  # row of the baseline
MARGIN = 12.0  # free px left and right of the line
BOX_EDGE = 0.2  # em between the letters and the left and right edge of the detector's box

# Height of the detector's box → type size: fitted on 11 to 48 px type.
BOX_EDGES = 2.5  # px above and below the letters
BOX_HEIGHT = 1.18  # em
LEAST_EM = 4.0  # px: no smaller type can be read

# picture px per strip px: a scale that is so little above a whole number needs no finer grid
SAME_SIZE = 0.05
FINEST = 12  # × as many pixels in each direction when a picture shrinks into a strip
TINY = 1e-9  # px: avoids dividing by zero

Points = NDArray[np.float64]
"""x and y, (N, 2), px."""


@dataclass(frozen=True)
class Geometry:
    """matrix: float64 (3, 3), strip x, y → picture x, y. width: of the strip, px."""

    matrix: NDArray[np.float64]
    width: int

    @cached_property
    def scale(self) -> float:
        """Picture pixels per strip pixel, in the middle of the strip."""
        x, y = self.width / 2, HEIGHT / 2
        a, b, c = self.to_picture([[x, y], [x + 1, y], [x, y + 1]])
        return float(np.sqrt(abs((b - a)[0] * (c - a)[1] - (b - a)[1] * (c - a)[0])))

    @cached_property
    def direction(self) -> Points:
        """Unit vector of reading, in the picture, (2,)."""
        a, b = self.to_picture([[0.0, BASELINE], [max(self.width, 1), BASELINE]])
        return np.asarray((b - a) / max(float(np.linalg.norm(b - a)), TINY))

    @cached_property
    def _inverse(self) -> NDArray[np.float64]:
        return np.asarray(np.linalg.inv(self.matrix), np.float64)

    def to_picture(self, points: ArrayLike) -> Points:
        """Strip points (N, 2) → picture points (N, 2)."""
        return _project(self.matrix, points)

    def to_strip(self, points: ArrayLike) -> Points:
        """Picture points (N, 2) → strip points (N, 2)."""
        return _project(self._inverse, points)

    def moved(self, x: float = 0.0, y: float = 0.0, width: int | None = None) -> Geometry:
        """The strip that begins at (x, y) of this one; width: its width, px, or None for the same."""
        shift = np.array([[1, 0, x], [0, 1, y], [0, 0, 1.0]])
        return Geometry(self.matrix @ shift, self.width if width is None else width)

    def turned(self, slope: float) -> Geometry:
        """The strip turned about its middle, so that a line that fell by `slope` rows per column becomes level."""
        x, y, angle = self.width / 2, HEIGHT / 2, np.arctan(slope)
        c, s = np.cos(angle), np.sin(angle)
        turn = np.array([[c, -s, x - c * x + s * y], [s, c, y - s * x - c * y], [0, 0, 1.0]])
        return Geometry(self.matrix @ turn, self.width)

    def finer(self, factor: int) -> Geometry:
        """The same band with `factor` times as many pixels in both directions."""
        return Geometry(self.matrix @ np.diag([1 / factor, 1 / factor, 1.0]), self.width * factor)


def _project(matrix: NDArray[np.float64], points: ArrayLike) -> Points:
    mapped = np.asarray(points, np.float64) @ matrix[:, :2].T + matrix[:, 2]
    return np.asarray(mapped[:, :2] / mapped[:, 2:])


def sides(quad: ArrayLike) -> tuple[float, float]:
    """Width along the line and height across it, px, of a box (4, 2) clockwise from the text's top left."""
    a, b, c, d = np.asarray(quad)
    return float(np.linalg.norm(b - a + c - d) / 2), float(np.linalg.norm(d - a + c - b) / 2)


def corners(x0: float, y0: float, x1: float, y1: float) -> Points:
    """The corners of a box, (4, 2), clockwise from the top left."""
    return np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]], np.float64)


def type_size(height: float) -> float:
    """Type size of a line, px, from the height of the detector's box."""
    return max(LEAST_EM, (height - BOX_EDGES) / BOX_HEIGHT)


def box_height(em: float) -> float:
    """Height of the detector's box, px, round a line in type of this size."""
    return em * BOX_HEIGHT + BOX_EDGES


def from_quad(quad: ArrayLike, margin: float = MARGIN) -> Geometry:
    """The strip of a detected box, (4, 2) clockwise from the text's top left. Their middles coincide."""
    quad = np.asarray(quad, np.float64)
    width, height = sides(quad)
    factor = EM / type_size(height)
    w, h = max(1.0, width * factor), height * factor
    top = HEIGHT / 2 - h / 2
    strip = corners(margin, top, margin + w, top + h)
    matrix = cv2.getPerspectiveTransform(strip.astype(np.float32), quad.astype(np.float32))
    return Geometry(np.asarray(matrix, np.float64), int(np.ceil(w + 2 * margin)))


def from_baseline(start: ArrayLike, direction: ArrayLike, em: float, length: float) -> Geometry:
    """The strip in which type of `em` picture px, on a baseline from `start` on, has the standard size.

    start: (2,); direction: unit vector of reading, (2,); length: of the line in picture px; MARGIN is added on both sides.
    """
    scale = em / EM
    u = np.asarray(direction, np.float64) * scale
    v = np.array([-u[1], u[0]])
    origin = np.asarray(start, np.float64) - MARGIN * u - BASELINE * v
    matrix = np.array([[u[0], v[0], origin[0]], [u[1], v[1], origin[1]], [0, 0, 1.0]])
    return Geometry(matrix, int(np.ceil(length / scale + 2 * MARGIN)))


def cut(pixels: Pixels, geometry: Geometry, height: int = HEIGHT) -> Pixels:
    """The strip (height, width, 3) of a picture (H, W, 3), (height, width) of (H, W); cubic where it grows, else averaged."""
    steps = int(np.clip(np.ceil(geometry.scale - SAME_SIZE), 1, FINEST))
    size = (geometry.width * steps, height * steps)
    box = picture_box(geometry, pixels.shape, margin=3 + 2 * geometry.scale, rows=(0, height))
    x0, y0, x1, y1 = box
    part = pixels[y0:y1, x0:x1]
    # strip pixel centres → picture pixel centres of the part
    fine = np.array([[1 / steps, 0, 0.5 / steps], [0, 1 / steps, 0.5 / steps], [0, 0, 1]])
    back = np.array([[1, 0, -0.5 - x0], [0, 1, -0.5 - y0], [0, 0, 1.0]])
    matrix = back @ geometry.matrix @ fine
    flags = cv2.WARP_INVERSE_MAP | (cv2.INTER_CUBIC if geometry.scale < 1 else cv2.INTER_LINEAR)
    strip = cv2.warpPerspective(part, matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    if steps > 1:
        strip = cv2.resize(strip, (geometry.width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(strip, np.uint8)


def inside(geometry: Geometry, shape: tuple[int, ...]) -> Mask:
    """Which pixels of a strip, (32, W), lie in a picture of this shape. `cut` fills the others with made-up colours."""
    ends = geometry.to_picture(corners(0, 0, geometry.width, HEIGHT))
    if ((ends >= 0) & (ends <= shape[1::-1])).all():
        return np.ones((HEIGHT, geometry.width), bool)
    x, y = np.meshgrid(np.arange(geometry.width) + 0.5, np.arange(HEIGHT) + 0.5)
    points = geometry.to_picture(np.column_stack([x.ravel(), y.ravel()]))
    within = ((points >= 0) & (points <= shape[1::-1])).all(axis=1)
    return within.reshape(HEIGHT, geometry.width)


def picture_box(
    geometry: Geometry,
    shape: tuple[int, ...],
    margin: float = 1.0,
    rows: tuple[float, float] = (0, HEIGHT),
    columns: tuple[float, float] | None = None,
) -> Box:
    """x0, y0, x1, y1 of the pixels under (part of) a strip: inside the picture, and at least one."""
    left, right = columns or (0, geometry.width)
    ends = geometry.to_picture(corners(left, rows[0], right, rows[1]))
    (x0, y0), (x1, y1) = np.floor(ends.min(0) - margin), np.ceil(ends.max(0) + margin)
    height, width = shape[:2]
    x0, y0 = int(np.clip(x0, 0, width - 1)), int(np.clip(y0, 0, height - 1))
    return x0, y0, int(np.clip(x1, x0 + 1, width)), int(np.clip(y1, y0 + 1, height))


def to_picture(
    strip: Coverage, matrix: NDArray[np.float64], box: Box, steps: int = 1, cubic: bool = False
) -> Coverage:
    """Warp coverage (h, w) (strip pixels) into the picture's `box`, `steps` times finer; 0 outside it."""
    x0, y0, x1, y1 = box
    forward = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1.0]])
    fine = np.array([[steps, 0, -0.5 - x0 * steps], [0, steps, -0.5 - y0 * steps], [0, 0, 1.0]])
    warped = cv2.warpPerspective(
        np.ascontiguousarray(strip, np.float32),
        fine @ matrix @ forward,
        ((x1 - x0) * steps, (y1 - y0) * steps),
        flags=cv2.INTER_CUBIC if cubic else cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=0,
    )
    return np.asarray(warped, np.float32)
