"""Picture ↔ strip: a strip is a level band, 32 px high, in which the type has one size and one baseline.

Coordinates are continuous: pixel i covers [i, i + 1].
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

HEIGHT = 32  # rows of a strip
EM = 23.0  # type size in a strip, px: ascender to descender are about 22 rows, Ä and Ü still fit above
BASELINE = 23.5  # row of the baseline
MARGIN = 12.0  # free px left and right of the line


@dataclass(frozen=True)
class Geometry:
    """matrix: float64 [3, 3], strip x, y → picture x, y. width: of the strip, px."""

    matrix: np.ndarray
    width: int

    @cached_property
    def scale(self) -> float:
        """Picture pixels per strip pixel, in the middle of the strip."""
        x, y = self.width / 2, HEIGHT / 2
        a, b, c = self.to_picture(np.array([[x, y], [x + 1, y], [x, y + 1]]))
        return float(np.sqrt(abs((b - a)[0] * (c - a)[1] - (b - a)[1] * (c - a)[0])))

    @cached_property
    def direction(self) -> np.ndarray:
        """Unit vector of reading, in the picture."""
        a, b = self.to_picture(np.array([[0.0, BASELINE], [max(self.width, 1), BASELINE]]))
        return (b - a) / max(float(np.linalg.norm(b - a)), 1e-9)

    @cached_property
    def _inverse(self) -> np.ndarray:
        return np.linalg.inv(self.matrix)

    def to_picture(self, points: np.ndarray) -> np.ndarray:
        """[N, 2] strip points → [N, 2] picture points."""
        return _project(self.matrix, points)

    def to_strip(self, points: np.ndarray) -> np.ndarray:
        """[N, 2] picture points → [N, 2] strip points."""
        return _project(self._inverse, points)

    def moved(self, x: float = 0.0, y: float = 0.0, width: int | None = None) -> Geometry:
        """The same strip started at (x, y) of this one, and as wide as told."""
        shift = np.array([[1, 0, x], [0, 1, y], [0, 0, 1.0]])
        return Geometry(self.matrix @ shift, self.width if width is None else width)

    def turned(self, slope: float) -> Geometry:
        """The same strip turned about its middle so that what fell by `slope` (rows per column) is level."""
        x, y, angle = self.width / 2, HEIGHT / 2, np.arctan(slope)
        c, s = np.cos(angle), np.sin(angle)
        turn = np.array([[c, -s, x - c * x + s * y], [s, c, y - s * x - c * y], [0, 0, 1.0]])
        return Geometry(self.matrix @ turn, self.width)

    def finer(self, factor: int) -> Geometry:
        """The same band with `factor` times as many pixels in both directions."""
        return Geometry(self.matrix @ np.diag([1 / factor, 1 / factor, 1.0]), self.width * factor)


def _project(matrix: np.ndarray, points: np.ndarray) -> np.ndarray:
    points = np.asarray(points, np.float64)
    mapped = points @ matrix[:, :2].T + matrix[:, 2]
    return mapped[:, :2] / mapped[:, 2:]


def type_size(height: float) -> float:
    """Type size of a line, px, from the height of the detector's box (fitted on 11 to 48 px type)."""
    return max(4.0, (height - 2.5) / 1.18)


def from_quad(quad: np.ndarray, margin: float = MARGIN) -> Geometry:
    """The strip of a detected line, [4, 2] clockwise from the text's top left; middle lies on middle."""
    quad = np.asarray(quad, np.float64)
    width = np.linalg.norm(quad[1] - quad[0] + quad[2] - quad[3]) / 2
    height = np.linalg.norm(quad[3] - quad[0] + quad[2] - quad[1]) / 2
    factor = EM / type_size(height)
    w, h = max(1.0, width * factor), height * factor
    top = HEIGHT / 2 - h / 2
    strip = [[margin, top], [margin + w, top], [margin + w, top + h], [margin, top + h]]
    matrix = cv2.getPerspectiveTransform(np.array(strip, np.float32), quad.astype(np.float32))
    return Geometry(matrix, int(np.ceil(w + 2 * margin)))


def from_baseline(start: np.ndarray, direction: np.ndarray, em: float, length: float) -> Geometry:
    """The strip in which type of `em` picture px, on a baseline from `start` on, has the standard size.

    direction: unit vector of reading; length: of the line in picture px; MARGIN is added on both sides.
    """
    scale = em / EM
    u = np.asarray(direction, np.float64) * scale
    v = np.array([-u[1], u[0]])
    origin = np.asarray(start, np.float64) - MARGIN * u - BASELINE * v
    matrix = np.array([[u[0], v[0], origin[0]], [u[1], v[1], origin[1]], [0, 0, 1.0]])
    return Geometry(matrix, int(np.ceil(length / scale + 2 * MARGIN)))


def cut(pixels: np.ndarray, geometry: Geometry, height: int = HEIGHT) -> np.ndarray:
    """The strip, uint8 [height, W, 3], of a picture, uint8 [H, W, 3]; cubic where it grows, else averaged."""
    steps = int(np.clip(np.ceil(geometry.scale - 0.05), 1, 12))
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
    return strip


def inside(geometry: Geometry, shape: tuple[int, ...]) -> np.ndarray:
    """Which pixels of a strip, bool [32, W], lie in a picture of this shape; the others `cut` has made up."""
    corners = geometry.to_picture(
        np.array([[0, 0], [geometry.width, 0], [geometry.width, HEIGHT], [0, HEIGHT]])
    )
    if ((corners >= 0) & (corners <= shape[1::-1])).all():
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
) -> tuple[int, int, int, int]:
    """x0, y0, x1, y1 of the pixels under (part of) a strip: inside the picture, and at least one."""
    left, right = columns or (0, geometry.width)
    corners = geometry.to_picture(
        np.array([[left, rows[0]], [right, rows[0]], [right, rows[1]], [left, rows[1]]], np.float64)
    )
    (x0, y0), (x1, y1) = np.floor(corners.min(0) - margin), np.ceil(corners.max(0) + margin)
    height, width = shape[:2]
    x0, y0 = int(np.clip(x0, 0, width - 1)), int(np.clip(y0, 0, height - 1))
    return x0, y0, int(np.clip(x1, x0 + 1, width)), int(np.clip(y1, y0 + 1, height))


def to_picture(
    strip: np.ndarray, matrix: np.ndarray, box: tuple[int, int, int, int], steps: int = 1, cubic: bool = False
) -> np.ndarray:
    """Warp float32 [h, w] (strip pixels) into the picture's `box`, `steps` times finer; 0 outside it."""
    x0, y0, x1, y1 = box
    forward = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1.0]])
    fine = np.array([[steps, 0, -0.5 - x0 * steps], [0, steps, -0.5 - y0 * steps], [0, 0, 1.0]])
    return cv2.warpPerspective(
        np.ascontiguousarray(strip, np.float32),
        fine @ matrix @ forward,
        ((x1 - x0) * steps, (y1 - y0) * steps),
        flags=cv2.INTER_CUBIC if cubic else cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=0,
    )
