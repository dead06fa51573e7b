"""Puts any picture on a canvas of fixed size, and what was drawn there back into the picture.

The picture is scaled to fit and centred. The rest of the canvas has the median colour of its border.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from iimt_cli.page.arrays import Pixels
from iimt_cli.page.shapes import disc

CHANGED = 40.0  # levels: a pixel of the canvas has changed if a channel differs by more
REACH = 5  # px of the canvas: pixels that near to a changed one are taken over, too
SMOOTH = 0.7  # px, sigma of the blur before comparing: it removes the noise of the model's drawing


@dataclass(frozen=True)
class Letterboxed:
    """canvas: (height, width, 3); the picture of `size` (height, width) fills the rows and columns of `box`
    (top, left, bottom, right) in it."""

    canvas: Pixels
    size: tuple[int, int]
    box: tuple[int, int, int, int]


def letterbox(rgb: Pixels, height: int, width: int) -> Letterboxed:
    """`rgb` (h, w, 3), of any size, on a canvas of `height` × `width` px."""
    h, w = rgb.shape[:2]
    scale = min(height / h, width / w)
    tall, wide = max(1, round(h * scale)), max(1, round(w * scale))
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    inner = rgb if (tall, wide) == (h, w) else cv2.resize(rgb, (wide, tall), interpolation=way)
    border = np.concatenate([inner[0], inner[-1], inner[:, 0], inner[:, -1]])
    canvas = np.empty((height, width, 3), np.uint8)
    canvas[:] = np.median(border, axis=0).astype(np.uint8)
    top, left = (height - tall) // 2, (width - wide) // 2
    canvas[top : top + tall, left : left + wide] = inner
    return Letterboxed(canvas, (h, w), (top, left, top + tall, left + wide))


def unletterbox(drawn: NDArray[Any], frame: Letterboxed) -> NDArray[Any]:
    """A canvas like `frame`'s, (height, width) or (height, width, 3), cut and scaled to the picture's own size."""
    top, left, bottom, right = frame.box
    inner = np.ascontiguousarray(drawn[top:bottom, left:right])
    h, w = frame.size
    if inner.shape[:2] == (h, w):
        return inner
    way = cv2.INTER_AREA if h < inner.shape[0] else cv2.INTER_CUBIC
    return cv2.resize(inner, (w, h), interpolation=way)


def paste_changes(rgb: Pixels, frame: Letterboxed, drawn: Pixels) -> Pixels:
    """`rgb` (h, w, 3) with the parts of `drawn` (height, width, 3) in which text came or went.

    A redrawn background always differs a little from the old one. So only pixels that differ clearly from the canvas that went
    in are taken from `drawn`, with a soft edge. All others are those of `rgb`.
    """
    difference = cv2.GaussianBlur(
        np.abs(drawn.astype(np.float32) - frame.canvas).max(-1), (0, 0), sigmaX=SMOOTH
    )
    changed = cv2.dilate((difference > CHANGED).astype(np.float32), disc(REACH))
    share = unletterbox(cv2.blur(changed, (3, 3)), frame).clip(0, 1)[..., None]
    new = unletterbox(drawn, frame).astype(np.float32)
    return np.asarray(rgb + share * (new - rgb) + 0.5).astype(np.uint8)
