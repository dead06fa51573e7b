"""The outlines of enlarged letters: ink as the model draws it is 32 px high, and has wavering edges once it is enlarged.

A small network (a U-Net of residual blocks) tells how far each place is from the outline that was meant. It has seen strips
that the drawer drew, and the same letters rendered large in the same face: see `recipes/outlines.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file

from iimt_cli.page.arrays import Box, Coverage, Floats
from iimt_cli.page.rectify import to_picture

WEIGHTS = Path(__file__).with_name("outlines.safetensors")  # made by recipes/outlines.py
FINE = 4  # × as many places in each direction, at which the distance is told
REACH = 1.0  # strip px: farther from the outline all distances are the same
HALVED = 4  # rows and columns of ink are a multiple of it: the network halves them twice
AROUND = 8  # px beside ink that the network sees
FULL = 0.9  # coverage: where all neighbours have more, a place is inside, since the network knows no shape as wide as a box


def inside(
    ink: Coverage, matrix: NDArray[np.float64], box: Box, steps: int, scale: float, thicker: float = 0.0
) -> Coverage:
    """Coverage of the pixels in a picture's `box`, `steps` times finer, by letters with sharp edges: ink (h, w), enlarged.

    matrix: x, y of the ink → the picture's; scale: picture px per px of the ink; thicker: px of the ink by which strokes are
    widened.
    """
    far = np.clip(distances(ink) + thicker / 2, -REACH, REACH) / (2 * REACH) + 0.5
    fine = to_picture(far, matrix @ np.diag([1 / FINE, 1 / FINE, 1.0]), box, steps, cubic=True)
    return np.asarray(np.clip((fine - 0.5) * (2 * REACH * scale * steps) + 0.5, 0, 1), np.float32)


def distances(ink: Coverage) -> Floats:
    """How far places in ink, (h, w), are from the outlines of its letters: px, positive inside, (FINE h, FINE w)."""
    height, width = ink.shape
    result = np.full((height * FINE, width * FINE), -REACH, np.float32)
    columns = np.flatnonzero(ink.any(axis=0))
    if len(columns):
        first, last = max(columns[0] - AROUND, 0), min(columns[-1] + 1 + AROUND, width)
        part = np.asarray(ink[:, first:last], np.float32)
        padded = np.pad(part, ((0, -height % HALVED), (0, -part.shape[1] % HALVED)))
        found = _Network(shipped()).distances(padded)[: height * FINE, : part.shape[1] * FINE]
        solid = cv2.erode(np.asarray(part > FULL, np.uint8), np.ones((3, 3), np.uint8))
        inner = np.kron(solid, np.ones((FINE, FINE), np.uint8)) > 0
        result[:, first * FINE : last * FINE] = np.where(inner, REACH, found)
    return result


class _Network:
    """Ink (h, w) → distances (FINE h, FINE w); h and w are multiples of HALVED.

    weights: by name; of a convolution (taps, taps, C, D), of an upsampling (C, 4 D).
    """

    def __init__(self, weights: Mapping[str, Floats]) -> None:
        self.weights = weights

    def distances(self, ink: Coverage) -> Floats:
        top = self._blocks(self._convolved(ink[..., None], "stem"), "e0")
        middle = self._blocks(self._halved(top, "d1"), "e1")
        low = self._blocks(self._halved(middle, "d2"), "e2")
        middle = self._blocks(middle + self._doubled(low, "u1"), "f1")
        top = self._blocks(top + self._doubled(middle, "u0"), "f0")
        return _shuffled(self._convolved(np.maximum(top, 0), "out"), FINE)[..., 0]

    def _blocks(self, x: Floats, name: str) -> Floats:
        number = 0
        while f"{name}.{number}.a.weight" in self.weights:
            inner = self._convolved(np.maximum(x, 0), f"{name}.{number}.a")
            x = x + self._convolved(np.maximum(inner, 0), f"{name}.{number}.b")
            number += 1
        return x

    def _convolved(self, x: Floats, name: str) -> Floats:
        """(h, w, C) → (h, w, D)."""
        taps = self.weights[f"{name}.weight"]
        height, width = x.shape[:2]
        padded = np.pad(x, ((len(taps) // 2,) * 2, (len(taps) // 2,) * 2, (0, 0)))
        result = np.tile(self.weights[f"{name}.bias"], (height, width, 1))
        for i, row in enumerate(taps):
            for j, tap in enumerate(row):
                result += padded[i : i + height, j : j + width] @ tap
        return result

    def _halved(self, x: Floats, name: str) -> Floats:
        """(h, w, C) → (h / 2, w / 2, D)."""
        taps = self.weights[f"{name}.weight"]
        result = sum(x[i::2, j::2] @ taps[i, j] for i in range(2) for j in range(2))
        return np.asarray(result + self.weights[f"{name}.bias"], np.float32)

    def _doubled(self, x: Floats, name: str) -> Floats:
        """(h, w, C) → (2 h, 2 w, D)."""
        return _shuffled(x @ self.weights[f"{name}.weight"] + self.weights[f"{name}.bias"], 2)


def _shuffled(x: Floats, factor: int) -> Floats:
    """(h, w, f · f · D), for each of D channels its f × f places → (f h, f w, D)."""
    height, width, channels = x.shape
    parts = x.reshape(height, width, channels // factor**2, factor, factor).transpose(0, 3, 1, 4, 2)
    return np.ascontiguousarray(parts.reshape(height * factor, width * factor, -1))


@cache
def shipped() -> dict[str, Floats]:
    """The weights that come with the package, in single precision."""
    return {name: values.astype(np.float32) for name, values in load_file(WEIGHTS).items()}
