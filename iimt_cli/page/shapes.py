"""Connected shapes in a mask, and growing and shrinking them: OpenCV's calls with the types that numpy has."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from iimt_cli.page.arrays import Coverage, Floats, Integers, Mask
from iimt_cli.page.runs import FREE

_WITH_CORNERS = 8  # a pixel is connected with its eight neighbours, those at its corners, too
_NEAR_EXACT = 3  # px: size of the mask with which OpenCV adds up distances; nearly exact


@dataclass(frozen=True)
class Shapes:
    """The connected shapes of a mask (H, W), numbered from 1; row 0 of the tables is the background.

    labels: the number at each pixel, int32 (H, W); table: x, y, width, height and area of each, int32 (N, 5); centres: x, y
    of each, (N, 2).
    """

    labels: NDArray[np.int32]
    table: NDArray[np.int32]
    centres: Floats

    def __len__(self) -> int:
        return len(self.table) - 1

    @cached_property
    def boxes(self) -> list[tuple[int, int, int, int, int]]:
        """x, y, width, height and area, without the background."""
        return [(int(x), int(y), int(w), int(h), int(area)) for x, y, w, h, area in self.table[1:]]

    def pixels(self, chosen: Mask) -> Mask:
        """The pixels, (H, W), of the shapes that are `chosen`, (N,); entry 0 is the background."""
        return chosen[self.labels]


def shapes(mask: Mask) -> Shapes:
    """The connected shapes of a mask, (H, W)."""
    _, labels, table, centres = cv2.connectedComponentsWithStats(_bytes(mask), connectivity=_WITH_CORNERS)
    return Shapes(np.asarray(labels, np.int32), np.asarray(table, np.int32), np.asarray(centres))


def grown(mask: Mask, x: int, y: int | None = None) -> Mask:
    """The mask, (H, W), widened by x px to the left and right and by y px up and down (None: by x)."""
    return cv2.dilate(_bytes(mask), _box(x, y)) > 0


def shrunk(mask: Mask, x: int, y: int | None = None) -> Mask:
    """The mask, (H, W), narrowed by x px at the left and right and by y px above and below (None: by x).

    Everything outside the mask counts as filled.
    """
    return cv2.erode(_bytes(mask), _box(x, y)) > 0


def rounded(mask: Mask, radius: int) -> Mask:
    """The mask, (H, W), grown by `radius` px in all directions."""
    return cv2.dilate(_bytes(mask), disc(radius)) > 0


def disc(radius: int) -> NDArray[np.uint8]:
    """A filled circle, (2 radius + 1, 2 radius + 1)."""
    side = 2 * radius + 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)), np.uint8)


def thickest(ink: Coverage, reach: int) -> Coverage:
    """The most ink within `reach` px of each pixel, (H, W)."""
    return np.asarray(cv2.dilate(np.ascontiguousarray(ink, np.float32), _box(reach)), np.float32)


def thinnest(ink: Coverage, reach: int) -> Coverage:
    """The least ink within `reach` px of each pixel, (H, W)."""
    return np.asarray(cv2.erode(np.ascontiguousarray(ink, np.float32), _box(reach)), np.float32)


def free_of(ink: Coverage, reach: int = 2) -> Mask:
    """Where there is no ink within `reach` px, (H, W)."""
    return thickest(ink, reach) < FREE


def distance_to(mask: Mask) -> NDArray[np.float32]:
    """How far each pixel is from the nearest of the mask, px (H, W); 0 in it."""
    return np.asarray(cv2.distanceTransform(_bytes(~mask), cv2.DIST_L2, _NEAR_EXACT), np.float32)


def _bytes(mask: Mask | Integers) -> NDArray[np.uint8]:
    return np.ascontiguousarray(mask, np.uint8)


def _box(x: int, y: int | None = None) -> NDArray[np.uint8]:
    return np.ones((2 * (x if y is None else y) + 1, 2 * x + 1), np.uint8)
