"""What letters look like: colour, weight, and what lies under them (an outline or a shadow)."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np


@dataclass(frozen=True)
class Underlay:
    """A second copy of the letters beneath them: grown by `radius` (an outline), moved by `shift` (a shadow); strip px."""

    colour: tuple[float, float, float]
    radius: float
    shift: tuple[float, float]
    opacity: float


@dataclass(frozen=True)
class Style:
    """colour: RGB 0..255; gain: what the coverage is multiplied by so that new letters weigh as much as the old."""

    colour: tuple[float, float, float]
    gain: float = 1.0
    underlay: Underlay | None = None


def estimate_style(strip: np.ndarray, background: np.ndarray, ink: np.ndarray, erase: np.ndarray) -> Style:
    """The style of letters. strip, background: uint8 [32, W, 3] with and without the text; ink, erase: [32, W]."""
    seen, behind = strip.astype(np.float32), background.astype(np.float32)
    colour = _ink_colour(seen, behind, ink)
    underlay = _find_underlay(seen, behind, ink, erase, colour)
    gain = 1.0 if underlay else _gain(seen, behind, ink, colour)
    return Style(_triple(colour), gain, underlay)


def ink_colour(strip: np.ndarray, ink: np.ndarray) -> tuple[float, float, float]:
    """A first idea of the letters' colour, before the background is known: of the pixels with the most ink."""
    if not (ink > 0.05).any():
        return (0.0, 0.0, 0.0)
    return _triple(np.median(strip[ink >= np.quantile(ink[ink > 0.05], 0.75)], axis=0))


def _triple(colour: np.ndarray) -> tuple[float, float, float]:
    r, g, b = (float(c) for c in np.clip(colour, 0, 255))
    return (r, g, b)


def _ink_colour(seen: np.ndarray, behind: np.ndarray, ink: np.ndarray) -> np.ndarray:
    """Median of the pixels that are all ink; thin type has none, so the haze of the background is taken out."""
    core = cv2.erode(np.ascontiguousarray(ink, np.float32), np.ones((3, 3), np.uint8))
    for coverage, floor in ((core, 0.85), (ink, 0.9)):
        sure = coverage > floor
        if sure.sum() >= 24:
            inside = seen[sure]
            # blurred thin strokes: the half that is further from the background is nearer to the true colour
            if coverage is ink:
                far = np.abs(inside - behind[sure]).sum(axis=1)
                inside = inside[far >= np.median(far)]
            return np.median(inside, axis=0)
    if not (ink > 0.05).any():
        return np.median(seen.reshape(-1, 3), axis=0)
    level = np.quantile(ink[ink > 0.05], 0.8)
    sure = ink >= level
    a = ink[sure][:, None]
    return np.clip(np.median((seen[sure] - (1 - a) * behind[sure]) / a, axis=0), 0, 255)


def _gain(seen: np.ndarray, behind: np.ndarray, ink: np.ndarray, colour: np.ndarray) -> float:
    """Redraw the old letters; where they come out lighter or heavier than they were, scale the coverage."""
    near = cv2.dilate(np.ascontiguousarray(ink, np.float32), np.ones((3, 3), np.uint8)) > 0.1
    step = colour - behind
    power = (step**2).sum(axis=2)
    near &= power > 400
    if near.sum() < 20:
        return 1.0
    true = ((seen - behind) * step).sum(axis=2)[near] / power[near]  # coverage by the pixels themselves
    drawn = float(ink[near].sum())
    return float(np.clip(np.clip(true, 0, 1).sum() / max(drawn, 1e-3), 0.75, 1.5))


def _find_underlay(
    seen: np.ndarray, behind: np.ndarray, ink: np.ndarray, erase: np.ndarray, colour: np.ndarray
) -> Underlay | None:
    solid = (ink > 0.4).astype(np.uint8)
    if solid.sum() < 30:
        return None
    distance = cv2.distanceTransform(1 - solid, cv2.DIST_L2, 3)
    ring = (distance > 1.4) & (distance <= 2.6) & (erase > 0.5) & (ink < 0.15)
    if ring.sum() < 40:
        return None
    # the ring must be neither the background nor the ink shining through
    change = seen - behind
    unlike = np.abs(change).max(axis=2)
    step = colour - behind
    along = (change * step).sum(axis=2) / np.maximum((step**2).sum(axis=2), 1)
    residue = np.abs(change - np.clip(along, 0, 1)[..., None] * step).max(axis=2)
    other = ring & (unlike > 28) & (residue > 28)
    candidates = (distance > 1.4) & (distance <= 2.6) & (ink < 0.15)
    share = other.sum() / max(int(candidates.sum()), 1)
    if share < 0.12:
        return None
    under = np.median(seen[other], axis=0)
    alike = (np.abs(seen - under).max(axis=2) < 45) & (unlike > 20) & (ink < 0.3) & (erase > 0.3)
    shift = _lean(solid, alike)
    if np.hypot(*shift) >= 0.8:
        return Underlay(_triple(under), 0.0, shift, 1.0)
    widths = np.arange(1, 6)
    filled = [alike[(distance > d - 0.5) & (distance <= d + 0.5)].mean() for d in widths]
    radius = float(sum(f > 0.45 for f in filled))
    return Underlay(_triple(under), max(1.0, radius), (0.0, 0.0), 1.0) if share > 0.4 else None


def _lean(solid: np.ndarray, under: np.ndarray) -> tuple[float, float]:
    """Where the underlay is shifted to: the shift of the letters that explains it best; (0, 0) if it is all round."""
    best, best_score = (0.0, 0.0), 0.0
    total = max(int(under.sum()), 1)
    for dy in range(-4, 5):
        for dx in range(-4, 5):
            matrix = np.float32([[1, 0, dx], [0, 1, dy]])
            moved = cv2.warpAffine(solid, matrix, solid.shape[::-1]).astype(bool) & (solid == 0)
            if not moved.any():
                continue
            hit = float((moved & under).sum())
            score = hit / total + hit / float(moved.sum()) - 0.02 * float(np.hypot(dx, dy))
            if score > best_score:
                best, best_score = (float(dx), float(dy)), score
    grown = cv2.dilate(solid, np.ones((3, 3), np.uint8)).astype(bool) & (solid == 0)
    hit = float((grown & under).sum())
    round_score = hit / total + hit / max(float(grown.sum()), 1)
    return best if best_score > round_score + 0.05 else (0.0, 0.0)
