"""Letters of one colour on another, as most screenshots have them: their coverage is arithmetic, and needs no network."""

from __future__ import annotations

import cv2
import numpy as np

from iimt_cli.page.colours import largest

LEAST_BACKGROUND = 0.35  # share of a strip that has the background's very colour
LEAST_CONTRAST = 40.0  # between the two colours, in the channel in which they differ most
MOST_OFF = 14.0  # from the line between the two colours: rounding, and what cubic interpolation adds
MOST_OTHERS = 0.002  # share of a strip that may have a third colour
BEYOND = 0.25  # how far interpolation may overshoot either colour
INK, FAINT = 0.5, 0.06  # coverage of a letter; of its smooth edge, at least
MOST_FAINT = (
    0.004  # share of a strip that may be faint, and no letter's edge: a frame, a shadow, another background
)


def in_two_colours(strip: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """(ink, erase), float32 [32, W] in 0..1, of a strip, uint8 [32, W, 3], if it shows one ink on one background.

    None where there is anything else: a gradient, a picture, a frame, letters in several colours, lossy compression.
    """
    back = _usual(strip)
    if back is None:
        return None
    off = strip.astype(np.float32) - back
    distance = largest(np.abs(off))
    marked = distance[distance > LEAST_CONTRAST / 2]
    if marked.size < 20:
        return None
    step = np.median(off[distance >= np.quantile(marked, 0.9)], axis=0)
    if np.abs(step).max() < LEAST_CONTRAST:
        return None
    coverage = off @ (step / (step @ step))
    others = largest(np.abs(off - coverage[..., None] * step)) > MOST_OFF
    if others.mean() > MOST_OTHERS or coverage.min() < -BEYOND or coverage.max() > 1 + 2 * BEYOND:
        return None
    letters = cv2.dilate((coverage > INK).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    if ((np.abs(coverage) > FAINT) & ~letters).mean() > MOST_FAINT:
        return None
    ink = np.where(coverage > FAINT / 2, np.clip(coverage, 0, 1), 0).astype(np.float32)
    return ink, np.clip(ink * 8, 0, 1)


def _usual(strip: np.ndarray) -> np.ndarray | None:
    """The colour of the background, if there is one."""
    codes = strip.reshape(-1, 3) @ np.array([65536, 256, 1])
    values, counts = np.unique(codes, return_counts=True)
    most = int(counts.argmax())
    if counts[most] < LEAST_BACKGROUND * len(codes):
        return None
    code = int(values[most])
    return np.array([code >> 16, code >> 8 & 255, code & 255], np.float32)
