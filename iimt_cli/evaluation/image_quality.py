"""SSIM, PSNR and (if it is here) LPIPS against the reference, background error against the source.

All pictures are uint8 RGB [H, W, 3]; an output of another size is resized to the reference's first.
"""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image

PSNR_CEILING = (
    100.0  # dB, for identical pictures: their PSNR is infinite, which neither a mean nor JSON can hold
)
MARGIN = 3  # px around text boxes that are still text: soft edges, outlines and shadows


def at_size(picture: np.ndarray, height: int, width: int) -> np.ndarray:
    """`picture` at another size (Lanczos); itself if it has that size."""
    if picture.shape[:2] == (height, width):
        return picture
    return np.asarray(Image.fromarray(picture).resize((width, height), Image.Resampling.LANCZOS))


def ssim(output: np.ndarray, reference: np.ndarray) -> float:
    """Structural similarity on RGB, -1 to 1: that of scikit-image's `structural_similarity` with its defaults.

    The sums over 7×7 windows (Wang et al. 2004) are made by OpenCV's box filter, which takes a tenth of the time. A
    test asserts that both give the same number.
    """
    output = at_size(output, *reference.shape[:2])
    window = min(7, *reference.shape[:2])
    window -= 1 - window % 2
    if window < 3 or np.array_equal(output, reference):  # scikit-image has no window below 3
        return float(np.array_equal(output, reference))

    def mean(values: np.ndarray) -> np.ndarray:
        edge = window // 2  # windows that reach over the border do not count
        return cv2.blur(values, (window, window))[edge:-edge, edge:-edge]

    sample = window**2 / (window**2 - 1)  # the unbiased variance
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    total = 0.0
    for channel in range(3):  # one at a time: allocating memory for all three takes longer than the sums
        x, y = reference[..., channel].astype(np.float64), output[..., channel].astype(np.float64)
        mx, my, mxy, squares = mean(x), mean(y), mean(x * y), mean(x * x + y * y)
        product, power = mx * my, mx * mx + my * my
        similar = (2 * product + c1) / (power + c1)
        similar *= (2 * sample * (mxy - product) + c2) / (sample * (squares - power) + c2)
        total += float(similar.mean())
    return total / 3


def psnr(output: np.ndarray, reference: np.ndarray) -> float:
    """Peak signal-to-noise ratio in dB, at most PSNR_CEILING."""
    difference = at_size(output, *reference.shape[:2]).astype(np.float32) - reference
    error = float(np.mean(np.square(difference), dtype=np.float64))
    return min(PSNR_CEILING, 10 * math.log10(255**2 / error)) if error else PSNR_CEILING


def background_error(
    output: np.ndarray, source: np.ndarray, quads: Sequence[np.ndarray], margin: int = MARGIN
) -> float | None:
    """Mean |output − source|, 0 to 255, outside all `quads` (source pixels); None if nothing is outside."""
    outside = ~text_mask(source.shape[:2], quads, margin)
    if not outside.any():
        return None
    difference = cv2.absdiff(np.ascontiguousarray(at_size(output, *source.shape[:2])), source)
    return float(difference[outside].mean())


def text_mask(size: tuple[int, int], quads: Sequence[np.ndarray], margin: int = MARGIN) -> np.ndarray:
    """bool [H, W]: inside any quad, or within `margin` px of one."""
    mask: np.ndarray = np.zeros(size, np.uint8)
    for quad in quads:
        cv2.fillConvexPoly(mask, cv2.convexHull(np.round(quad).astype(np.int32)), 1)
    if margin and len(quads):
        mask = cv2.dilate(mask, np.ones((2 * margin + 1,) * 2, np.uint8))
    return mask.astype(bool)


def lpips_metric() -> Callable[[np.ndarray, np.ndarray], float] | None:
    """LPIPS (AlexNet) of two pictures, or None unless package and weights are already on this machine."""
    if importlib.util.find_spec("lpips") is None or importlib.util.find_spec("torchvision") is None:
        return None
    import torch

    if not list((Path(torch.hub.get_dir()) / "checkpoints").glob("alexnet-*.pth")):
        return None  # LPIPS would download them
    return partial(_lpips, importlib.import_module("lpips").LPIPS(net="alex", verbose=False).eval())


def _lpips(model: Any, output: np.ndarray, reference: np.ndarray) -> float:
    import torch

    pair = [at_size(output, *reference.shape[:2]), reference]
    left, right = (torch.from_numpy(p.copy()).permute(2, 0, 1)[None].float() / 127.5 - 1 for p in pair)
    with torch.inference_mode():
        return float(model(left, right))
