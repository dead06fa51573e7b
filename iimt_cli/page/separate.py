"""Strips → ink and erase mask: the interface of the network that does it, a stand-in, and measuring ink."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np

from iimt_cli.page.rectify import BASELINE, EM, HEIGHT

Colour = tuple[float, float, float]  # RGB 0..255


class Separator(Protocol):
    def __call__(
        self, strips: list[np.ndarray], colours: Sequence[Colour] | None = None, /
    ) -> list[tuple[np.ndarray, np.ndarray]]:
        """uint8 [32, W, 3] strips → (ink, erase) of each, float32 [32, W] in 0..1: coverage of the letters, and
        everything that has to go (letters, outline, shadow). colours: of the letters, after a first look."""


def classical_separator(
    strips: list[np.ndarray], colours: Sequence[Colour] | None = None
) -> list[tuple[np.ndarray, np.ndarray]]:
    """A `Separator` without a network, by distance from the background: good on plain backgrounds only."""
    return [_separate(strip) for strip in strips]


def _separate(strip: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    lab = cv2.cvtColor(strip, cv2.COLOR_RGB2LAB).astype(np.float32)
    width = strip.shape[1]
    # The rows above and below the letters show the background; it may change along the line, so look locally.
    border = np.concatenate([lab[:3], lab[-2:]])
    reach = 24
    centres = range(0, width, reach)
    knots = [np.median(border[:, max(0, x - reach) : x + reach].reshape(-1, 3), axis=0) for x in centres]
    background = np.stack([np.interp(range(width), centres, [k[c] for k in knots]) for c in range(3)], axis=1)
    distance = np.linalg.norm(lab - background[None], axis=2)
    level = np.clip(distance, 0, 255).astype(np.uint8)
    threshold, _ = cv2.threshold(level, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    strong = distance[distance > max(threshold, 12)]
    if strong.size < 4:
        empty = np.zeros(strip.shape[:2], np.float32)
        return empty, empty
    full = max(24.0, float(np.percentile(strong, 75)))
    ink = np.clip((distance / full - 0.12) / 0.8, 0, 1).astype(np.float32)
    return ink, np.clip(distance / (0.15 * full), 0, 1).astype(np.float32)


@dataclass(frozen=True)
class Measure:
    """Where the letters of a strip stand, strip px: baseline, type size, first and last column.

    choices: where all letters are equally high ("museum", "AUSGANG"), the size if they are small, if capital.
    """

    baseline: float
    em: float
    x0: float
    x1: float
    choices: tuple[float, ...] = ()


def measure(ink: np.ndarray) -> Measure | None:
    """Measure ink [32, W] of a line that is roughly in place; None if there is none."""
    columns = np.flatnonzero(ink.max(axis=0) > 0.3)
    rows = np.flatnonzero((ink > 0.35).sum(axis=1) >= 2)
    if len(columns) == 0 or len(rows) < 4 or ink.sum() < 6:
        return None
    y0, y1 = float(rows[0]), float(rows[-1] + 1)
    profile = ink.sum(axis=1).astype(np.float64)
    smooth = np.convolve(np.pad(profile, 2, mode="edge"), [0.25, 0.5, 0.25], mode="same")[2:-2]
    slope = np.gradient(smooth)  # falls most at the baseline, rises most at the top of x or of the capitals
    baseline = _peak(-slope, max(8, int(y0 + 0.6 * (y1 - y0))), min(31, int(y1) + 1)) + 0.5
    # x is at least half as high as l, and the bar of e rises as x does: do not look lower
    top = _peak(slope, max(0, int(y0) - 1), max(1, int(baseline - 0.52 * (baseline - y0)))) + 0.5
    em, *choices = _type_size(baseline - top, baseline - y0, y1 - baseline, _letters(ink, baseline))
    em = float(np.clip(em, 0.6 * EM, 1.45 * EM))
    return Measure(baseline, em, float(columns[0]), float(columns[-1] + 1), tuple(choices))


def slope(ink: np.ndarray, most: float = 0.06) -> float:
    """How much the line in ink [32, W] still falls (rows per column, within ±most): its rows are sharpest there."""
    ys, xs = np.nonzero(ink > 0.3)
    if len(xs) < 30 or np.ptp(xs) < 4 * EM:
        return 0.0
    weights, xs = ink[ys, xs], xs - ink.shape[1] / 2
    tried = np.arange(-most, most + 1e-9, 0.6 / ink.shape[1])

    def sharpness(slope: float) -> float:
        rows = np.bincount(np.rint(2 * (ys - slope * xs) + 200).astype(int).clip(0), weights)
        return float((np.diff(np.convolve(rows, [0.5, 1, 0.5])) ** 2).sum())

    scores = np.array([sharpness(s) for s in tried])
    return float(np.average(tried, weights=np.where(scores > 0.97 * scores.max(), scores, 0)))


def _letters(ink: np.ndarray, baseline: float) -> np.ndarray:
    """Width and height above the baseline, float [n, 2], of the connected shapes that stand on it."""
    count, _, stats, _ = cv2.connectedComponentsWithStats((ink > 0.45).astype(np.uint8), connectivity=8)
    _, y, w, h, area = stats[1:count].T
    stands = (area >= 4) & (np.abs(y + h - baseline) < 0.35 * EM) & (y < baseline - 0.25 * EM)
    return np.column_stack([w, baseline - y])[stands].astype(float)


def _type_size(core: float, above: float, below: float, letters: np.ndarray) -> tuple[float, ...]:
    """Type size from the height of the band where most ink is, of the highest and deepest ink, and of letters.

    Where that leaves it open whether the letters are small or capital: a guess, and both sizes.
    Heights in type sizes, over many fonts: x .52, capitals and l .73, Ä .95; g goes .21 below.
    """
    small, capital = core / 0.52, core / 0.73
    high = letters[letters[:, 1] > 1.15 * core, 1]
    if len(high):  # than the band: x with l, A or f; the dots of Ä and a footnote's sign are higher yet
        return ((small + min(above, float(np.percentile(high, 80))) / 0.74) / 2,)
    low = (letters[:, 1] > 0.6 * core) & (letters[:, 1] < 0.82 * core)
    if low.sum() > max(1, 0.2 * len(letters)):  # figures and capitals with a few small letters: "79104 Ulm"
        return (capital,)
    if above > 1.15 * core:  # one height, and dots: those of i and ä are .21 above x, those of Ä .22 above A
        dotted = (small + above / 0.74) / 2
        no_capitals = above >= 1.35 * core or below >= 0.19 * core  # of those only Q goes below the line
        return (dotted,) if no_capitals else (capital, dotted, capital)
    if below > 0.19 * core:  # g, p, and nothing high: is .21 nearer if the band is x or if it is capitals?
        off = abs(below / small - 0.21) - abs(below / capital - 0.21)
        likelier = small if off < 0 else capital
        return (likelier, small, capital) if abs(off) < 0.06 else (likelier,)
    # "museum", "AGB", "1250": small letters are about as wide as high, capitals and digits narrower.
    shape = float(np.median(letters[:, 0] / letters[:, 1])) if len(letters) else 0.9
    if shape < 0.7 and len(letters) > 2:  # a time, a price: no small letters are so narrow
        return (capital,)
    return float(np.interp(shape, (0.8, 1.0), (capital, small))), small, capital


def _peak(values: np.ndarray, low: int, high: int) -> float:
    """Sub-pixel index of the largest value in low..high - 1."""
    i = low + int(np.argmax(values[low:high]))
    if 0 < i < len(values) - 1:
        a, b, c = values[i - 1], values[i], values[i + 1]
        curve = a - 2 * b + c
        if curve < -1e-9:
            return i + float(np.clip(0.5 * (a - c) / curve, -0.5, 0.5))
    return float(i)


def own_letters(
    ink: np.ndarray,
    erase: np.ndarray,
    span: tuple[float, float],
    baseline: float = BASELINE,
    em: float = EM,
) -> tuple[np.ndarray, np.ndarray]:
    """Keep what belongs to this line: not the neighbours' descenders or ascenders, nor an icon beside it.

    span: columns of the detected line in the strip. Returns ink and erase, the rest set to 0.
    """
    count, labels, stats, centres = cv2.connectedComponentsWithStats(
        (ink > 0.2).astype(np.uint8), connectivity=8
    )
    top, bottom = baseline - 0.99 * em, baseline + 0.33 * em
    core = (baseline - 0.62 * em, baseline - 0.05 * em)
    slack = 0.15 * em
    keep = np.zeros(count, bool)
    narrow = []  # and beyond the span
    for i in range(1, count):
        x, y, w, h, area = stats[i]
        in_rows = top <= centres[i][1] + 0.5 <= bottom
        in_core = y < core[1] and y + h > core[0]
        cut = y == 0 or y + h == ink.shape[0]
        rule = y == 0 and y + h == ink.shape[0] and w < 0.5 * em  # the frame of a field
        in_span = span[0] - slack <= centres[i][0] <= span[1] + slack
        # the detector's box begins before the first letter: what is beyond it is the edge of a menu or the text beside
        outside = x + w <= span[0] + 1 or x >= span[1] - 1
        speck = area < 2 and ink[y, x] < 0.5  # the dots of a hairline face are one pixel each
        own = not speck and in_rows and not rule and (in_core or not cut) and in_span
        keep[i] = own and not (outside and (x == 0 or x + w == ink.shape[1] or w < 0.28 * em))
        if own and not keep[i] and abs(y + h - baseline) < 0.12 * em and y > baseline - 0.8 * em:
            narrow.append(i)
    # What stands on the line next to a letter, and no higher, is an I or a full stop that the box begins or ends before.
    for i in narrow:
        left, right = stats[i, 0], stats[i, 0] + stats[i, 2]
        gaps = [max(x - right, left - x - w) for x, _, w, h, _ in stats[keep] if h > 0.4 * em]
        keep[i] = left > 0 and right < ink.shape[1] and min(gaps, default=em) < 0.3 * em
    mine = keep[labels]
    others = (labels > 0) & ~mine
    rows = np.arange(ink.shape[0])[:, None] + 0.5
    band = (rows > top - 0.08 * em) & (rows < bottom + 0.08 * em)
    # Outline and shadow go with the nearest letter; a rim round the kept letters keeps their smooth edge.
    near = cv2.dilate(mine.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)
    kept_ink = np.where(near & ~others & band, ink, 0).astype(np.float32)
    distance_own = cv2.distanceTransform((~mine).astype(np.uint8), cv2.DIST_L2, 3)
    distance_other = cv2.distanceTransform((~others).astype(np.uint8), cv2.DIST_L2, 3)
    if not others.any():
        distance_other = np.full_like(distance_own, 1e6)
    reach = 0.36 * em
    own = mine.any() & (distance_own < reach) & (distance_own <= distance_other) & band
    kept_erase = np.where(own, np.maximum(erase, kept_ink), 0).astype(np.float32)
    return kept_ink, kept_erase


__all__ = [
    "HEIGHT",
    "Measure",
    "Separator",
    "classical_separator",
    "measure",
    "own_letters",
    "slope",
]
