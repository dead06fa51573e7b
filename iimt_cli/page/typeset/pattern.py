"""Filling erased letters where the ground repeats itself: stripes, checks, a screen of dots.

The window is compared with itself at each shift (dx, dy). Where it agrees, the hole is copied from the shifted place.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from iimt_cli.page.arrays import Floats, Mask, Pixels

COLOURS = 3
# × the mismatch of the best shift, plus one level² per colour for rounding: other shifts count up to this. By eye
ALIKE = 2.0
# A pattern agrees with itself after a whole period and disagrees after half a period. Paper, in contrast, agrees with itself
# only at very short shifts, and noise at none.
SAME = 0.25  # × the variance of the ground: the mismatch of a whole period, at most
# × the variance of the ground: the mismatch of half a period, at least; unrelated pixels have 2
OTHER = 1.0
OVERLAP = 0.25  # share of the known pixels that a shift must lay on known ones, at least. By eye
# shifts that are tried, the shortest first: enough to reach from the middle of large letters to the ground
MOST_SHIFTS = 400
ROUNDS = 3  # rounds of filling; the later ones copy from pixels that the earlier ones filled


def repeated(window: Pixels, hole: Mask, known: Mask, most: float) -> NDArray[np.uint8] | None:
    """Colours of `hole`, (N, 3), copied from places in the window, (h, w, 3), with the same ground; None if it has no pattern.

    known: (h, w), the pixels that are ground. most: levels (root mean square) by which a pattern may differ from itself.
    """
    shifts = _shifts(window, known, most)
    if not len(shifts):
        return None
    height, width = known.shape
    filled, here = window.copy(), known & ~hole
    ys, xs = np.nonzero(hole)
    for _ in range(ROUNDS):
        source = here.copy()
        for dy, dx in shifts:
            y, x = ys + dy, xs + dx
            inside = (y >= 0) & (y < height) & (x >= 0) & (x < width)
            inside[inside] = source[y[inside], x[inside]]
            filled[ys[inside], xs[inside]] = filled[y[inside], x[inside]]
            here[ys[inside], xs[inside]] = True
            ys, xs = ys[~inside], xs[~inside]
            if not len(ys):
                return np.asarray(filled[hole])
    return None


def _shifts(window: Pixels, known: Mask, most: float) -> NDArray[np.int64]:
    """The shifts (dy, dx), (N, 2), at which the ground agrees with itself, the shortest first; none without a pattern."""
    off, seen = _mismatch(window, known)
    told = seen >= OVERLAP * known.sum()
    told[0, 0] = False
    if not told.any():
        return np.empty((0, 2), np.int64)
    # In a pale pattern a shift by less than a period is nearly right, too. So only shifts about as good as the best count.
    fits = told & (off <= min(COLOURS * most**2, ALIKE * float(off[told].min()) + COLOURS))
    height, width = fits.shape
    dy, dx = np.nonzero(fits)
    dy, dx = np.where(dy > height // 2, dy - height, dy), np.where(dx > width // 2, dx - width, dx)
    variance = float(np.var(window[known], axis=0).sum())
    periods = (off[dy, dx] <= SAME * variance) & (off[dy // 2, dx // 2] >= OTHER * variance)
    if not periods.any():
        return np.empty((0, 2), np.int64)
    order = np.argsort(np.hypot(dy, dx), kind="stable")[:MOST_SHIFTS]
    return np.column_stack([dy, dx])[order]


def _mismatch(window: Pixels, known: Mask) -> tuple[Floats, Floats]:
    """(mismatch, number of pixels compared) for each shift, at [dy, dx]; negative shifts count from the end, as indices do.

    The mismatch is the mean square difference of known pixels from the known pixels at the shift, levels² summed over colours.
    """
    size = tuple(cv2.getOptimalDFTSize(2 * side) for side in known.shape)
    weight = known.astype(np.float64)
    middle = window[known].mean(axis=0) if known.any() else 0.0
    values = (window - middle) * weight[..., None]
    there = np.fft.rfft2(weight, size)
    squares = np.fft.rfft2((values**2).sum(axis=2), size)
    powers = [_power(np.fft.rfft2(values[..., c], size)) for c in range(3)]
    spectrum = 2 * (squares.real * there.real + squares.imag * there.imag - sum(powers))
    seen = np.fft.irfft2(_power(there), size)
    off = np.fft.irfft2(spectrum, size)
    return off / np.maximum(seen, 1.0), seen


def _power(spectrum: NDArray[np.complex128]) -> Floats:
    return spectrum.real**2 + spectrum.imag**2
