"""Letters of one colour on another, as in most screenshots: their coverage is computed from the colours, without a network."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import blake2b

import numpy as np

from iimt_cli.page.arrays import Coverage, Floats, Ink, Mask, Pixels
from iimt_cli.page.colours import contrast, largest, most_frequent
from iimt_cli.page.rectify import BASELINE, EM, MARGIN
from iimt_cli.page.runs import CONNECTED
from iimt_cli.page.shapes import grown, shapes, shrunk

LEAST_BACKGROUND = 0.35  # share of a strip's pixels that have exactly the background's colour, at least
LEAST_CONTRAST = 40.0  # levels between the two colours, in the channel in which they differ most
# levels from the nearest mixture of the two colours, by rounding and cubic interpolation; more is a third
MOST_OFF = 14.0
MOST_OTHERS = 0.002  # share of a strip that may have a third colour
BEYOND = 0.25  # coverage: how far interpolation may overshoot either colour
# coverage from which a pixel is in a letter; from which it is at least in its smooth edge
LETTER, FAINT = 0.5, 0.06
MOST_FAINT = 0.004  # share of a strip that may be faint without being a letter's edge; a frame fills more
INNER = slice(int(MARGIN / 2), -int(MARGIN / 2))  # columns of the line; beyond them may be a frame
THICKEST = 5  # px: a shape with ink so far in all directions is no stroke, but an icon or a second background
FEWEST = 20  # pixels that differ from the background, at least
FARTHEST = 0.9  # quantile: of the pixels that differ those farther from the background show the ink's colour
ERASE = 8.0  # the erase mask is the coverage × this, 1 at most

# A line under words, or a frame: by eye on screenshots.
FLAT, FLAT_WIDTH = 4, 7  # px: height, at most, and width, at least
LOW = 0.1  # em above the baseline: below it there are no dashes
LONG_DASH = 1.5  # em: a longer shape is not a dash
LONG_LINE = 1.2  # em: a single longer line is neither an underscore nor the mark under a key's letter (_File)


def in_two_colours(strip: Pixels) -> Ink | None:
    """The ink of a strip, (32, W, 3), if it shows one ink on one background.

    None where there is anything else: a gradient, a picture, a frame, lines under letters, letters in several colours, lossy
    compression.
    """
    back, share = most_frequent(strip.reshape(-1, 3))
    if share < LEAST_BACKGROUND or strip[:, INNER].size == 0:
        return None
    off = strip.astype(np.float32) - back.astype(np.float32)
    step = _step(off[:, INNER])
    if step is None:
        return None
    coverage = off @ (step / (step @ step))
    inner = coverage[:, INNER]
    others = contrast(off[:, INNER], inner[..., None] * step) > MOST_OFF
    if others.mean() > MOST_OTHERS or inner.min() < -BEYOND or inner.max() > 1 + 2 * BEYOND:
        return None
    letters = inner > LETTER
    if ((np.abs(inner) > FAINT) & ~grown(letters, 2)).mean() > MOST_FAINT:
        return None
    if shrunk(letters, THICKEST).any() or _has_a_line(letters):
        return None
    ink = np.where(coverage > FAINT / 2, np.clip(coverage, 0, 1), 0).astype(np.float32)
    ink[~_reaches_in(ink)] = 0
    return Ink(ink, np.clip(ink * ERASE, 0, 1))


class Memory:
    """What was told of the strips of one picture, which are cut out again and again: nothing is asked twice."""

    def __init__(self) -> None:
        self._plain: dict[bytes, Ink | None] = {}
        self._busy: dict[bytes, list[Ink]] = {}

    def plain(self, strip: Pixels) -> Ink | None:
        """`in_two_colours`."""
        key = _key([strip])
        if key not in self._plain:
            self._plain[key] = in_two_colours(strip)
        return self._plain[key]

    def busy(self, strips: Sequence[Pixels], separate: Callable[[Sequence[Pixels]], list[Ink]]) -> list[Ink]:
        """What `separate` says of these strips together: in another batch the last bit may be another."""
        key = _key(strips)
        if key not in self._busy:
            self._busy[key] = separate(strips)
        return self._busy[key]


def _key(strips: Sequence[Pixels]) -> bytes:
    found = blake2b(digest_size=16)
    for strip in strips:
        found.update(strip.shape[1].to_bytes(8, "little"))
        found.update(strip.tobytes())
    return found.digest()


def _step(off: Floats) -> Floats | None:
    """From the background's colour to the ink's, (3,); None if they hardly differ. off: from the background, (32, W, 3)."""
    distance = largest(np.abs(off))
    marked = distance[distance > LEAST_CONTRAST / 2]
    if marked.size < FEWEST:
        return None
    step = np.median(off[distance >= np.quantile(marked, FARTHEST)], axis=0)
    return None if np.abs(step).max() < LEAST_CONTRAST else step


def _reaches_in(ink: Coverage) -> Mask:
    """Which pixels, (32, W), belong to the line: all between the margins, and in the margins shapes that begin there."""
    labels = shapes(ink > CONNECTED).labels
    own = (labels > 0) & np.isin(labels, labels[:, INNER])
    own[:, INNER] = True
    return grown(own, 1)


def _has_a_line(letters: Mask) -> bool:
    """Whether some shapes in a mask (32, W) are lines: flat and low, or longer than any dash.

    A single short one does not count: it is an underscore, or the mark under a key's letter (_File).
    """
    _, y, w, h, _ = shapes(letters).table[1:].T
    low = (y > BASELINE - LOW * EM) & (y + h < len(letters))  # not the top of a letter in the line below
    flat = (h <= FLAT) & (w >= FLAT_WIDTH) & (low | (w > LONG_DASH * EM))
    return bool(flat.sum() > 1 or (flat & (w > LONG_LINE * EM)).any())
