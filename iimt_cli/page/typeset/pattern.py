"""A ground that repeats itself, stripes, checks, a screen of dots, goes on behind erased letters."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from iimt_cli.page.arrays import Floats, Mask, Pixels

COLOURS = 3
ALIKE = (
    2.0  # × the mismatch of the best shift: so much may others have; and one level more, of rounding. By eye
)
# A pattern falls on itself after a whole period, and not after half of one; paper falls on itself only next to where it was,
# noise nowhere.
SAME = 0.25  # × the variance of the ground: the mismatch of a whole period, at most
OTHER = (
    1.0  # × the same: that of half a period, at least; pixels that have nothing to do with each other have 2
)
OVERLAP = 0.25  # share of the known pixels that a shift must lay on known ones: fewer do not tell. By eye
MOST_SHIFTS = 400  # the shortest ones that are tried: enough to reach from the middle of large letters to the ground beside
ROUNDS = 3  # of filling, the later ones from what the earlier ones filled


def repeated(window: Pixels, hole: Mask, known: Mask, most: float) -> NDArray[np.uint8] | None:
    """Colours of `hole`, (N, 3), copied from where the ground in a window, (h, w, 3), is the same; None if it is nowhere.

    known: (h, w), the pixels that are ground. most: levels (root mean square) by which a ground that repeats itself differs
    from itself.
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
    """The shifts (dy, dx), (N, 2), by which the ground falls on itself, the shortest first."""
    off, seen = _mismatch(window, known)
    told = seen >= OVERLAP * known.sum()
    told[0, 0] = False
    if not told.any():
        return np.empty((0, 2), np.int64)
    # A shift by less than a period is nearly right where the pattern is pale: only those that are as good as the best count.
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
    """For each shift, at [dy, dx] with negative ones from the end: the mismatch of the known pixels and those on which they
    fall, mean square, over three colours added up; and how many these are.
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
