"""Letters of one colour on another, as most screenshots have them: their coverage is arithmetic, and needs no network."""

from __future__ import annotations

import cv2
import numpy as np

from iimt_cli.page.colours import largest
from iimt_cli.page.rectify import BASELINE, EM, MARGIN

LEAST_BACKGROUND = 0.35  # share of a strip that has the background's very colour
LEAST_CONTRAST = 40.0  # between the two colours, in the channel in which they differ most
MOST_OFF = 14.0  # from the line between the two colours: rounding, and what cubic interpolation adds
MOST_OTHERS = 0.002  # share of a strip that may have a third colour
BEYOND = 0.25  # how far interpolation may overshoot either colour
INK, FAINT = 0.5, 0.06  # coverage of a letter; of its smooth edge, at least
MOST_FAINT = (
    0.004  # share of a strip that may be faint and no letter's edge, but a frame or another background
)
INNER = slice(
    int(MARGIN / 2), -int(MARGIN / 2)
)  # columns; beyond them stands what is beside the line, such as a frame
THICKEST = 11  # px: no stroke is, so what is thicker in both directions is an icon, or a second background


def in_two_colours(strip: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """(ink, erase), float32 [32, W] in 0..1, of a strip, uint8 [32, W, 3], if it shows one ink on one background.

    None where there is anything else: a gradient, a picture, a frame, lines under letters, letters in several colours, lossy
    compression.
    """
    back = _usual(strip)
    if back is None:
        return None
    off = strip.astype(np.float32) - back
    distance = largest(np.abs(off[:, INNER]))
    marked = distance[distance > LEAST_CONTRAST / 2]
    if marked.size < 20:
        return None
    step = np.median(off[:, INNER][distance >= np.quantile(marked, 0.9)], axis=0)
    if np.abs(step).max() < LEAST_CONTRAST:
        return None
    coverage = off @ (step / (step @ step))
    inner = coverage[:, INNER]
    others = largest(np.abs(off[:, INNER] - inner[..., None] * step)) > MOST_OFF
    if others.mean() > MOST_OTHERS or inner.min() < -BEYOND or inner.max() > 1 + 2 * BEYOND:
        return None
    letters = (inner > INK).astype(np.uint8)
    around = cv2.dilate(letters, np.ones((5, 5), np.uint8)) > 0
    if ((np.abs(inner) > FAINT) & ~around).mean() > MOST_FAINT:
        return None
    if cv2.erode(letters, np.ones((THICKEST, THICKEST), np.uint8)).any() or _has_a_line(letters):
        return None
    ink = np.where(coverage > FAINT / 2, np.clip(coverage, 0, 1), 0).astype(np.float32)
    ink[~_reaches_in(ink)] = 0
    return ink, np.clip(ink * 8, 0, 1)


def _reaches_in(ink: np.ndarray) -> np.ndarray:
    """Where there is something in the margins that belongs to the line, and not to a frame beside it, bool [32, W]."""
    _, labels = cv2.connectedComponents((ink > 0.2).astype(np.uint8), connectivity=8)
    own = (labels > 0) & np.isin(labels, labels[:, INNER])
    own[:, INNER] = True
    return cv2.dilate(own.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0


def _has_a_line(letters: np.ndarray) -> bool:
    """Whether some of the shapes, uint8 [32, W] of 0 and 1, are flat and low, or longer than any dash.

    A single short one does not count: it is an underscore, or marks the letter that is a key.
    """
    count, _, stats, _ = cv2.connectedComponentsWithStats(letters, connectivity=8)
    _, y, w, h, _ = stats[1:count].T
    low = (y > BASELINE - 0.1 * EM) & (y + h < len(letters))  # not the top of a letter in the line below
    flat = (h <= 4) & (w >= 7) & (low | (w > 1.5 * EM))
    return bool(flat.sum() > 1 or (flat & (w > 1.2 * EM)).any())


def _usual(strip: np.ndarray) -> np.ndarray | None:
    """The colour of the background, if there is one."""
    codes = strip.reshape(-1, 3) @ np.array([65536, 256, 1])
    values, counts = np.unique(codes, return_counts=True)
    most = int(counts.argmax())
    if counts[most] < LEAST_BACKGROUND * len(codes):
        return None
    code = int(values[most])
    return np.array([code >> 16, code >> 8 & 255, code & 255], np.float32)
