"""What letters look like: colour, weight, and what lies under them (an outline or a shadow)."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from iimt_cli.page.colours import largest, total
from iimt_cli.page.rectify import HEIGHT, Geometry, cut


@dataclass(frozen=True)
class Underlay:
    """A copy of the letters under them: grown by `radius` (outline), moved by `shift` (shadow); strip px."""

    colour: tuple[float, float, float]
    radius: float
    shift: tuple[float, float]
    opacity: float


@dataclass(frozen=True)
class Style:
    """colour: RGB 0..255; gain: factor on the coverage that makes new letters weigh as much as the old."""

    colour: tuple[float, float, float]
    gain: float = 1.0
    underlay: Underlay | None = None


def estimate_style(
    picture: np.ndarray, clean: np.ndarray, geometry: Geometry, ink: np.ndarray, erase: np.ndarray
) -> Style:
    """The style of one line; picture, clean: uint8 [H, W, 3], with and without text; ink, erase: [32, W]."""
    # Large type is judged on a finer strip: an outline or a thin stroke may be thinner than a strip's pixel.
    fine = int(np.clip(np.ceil(geometry.scale - 0.1), 1, 4))
    geometry = geometry.finer(fine)
    seen = cut(picture, geometry, HEIGHT * fine).astype(np.float32)
    behind = cut(clean, geometry, HEIGHT * fine).astype(np.float32)
    if fine > 1:
        size = (ink.shape[1] * fine, HEIGHT * fine)
        ink = np.clip((cv2.resize(ink, size, interpolation=cv2.INTER_CUBIC) - 0.5) * fine + 0.5, 0, 1)
        erase = cv2.resize(erase, size, interpolation=cv2.INTER_LINEAR)
    colour = _ink_colour(seen, behind, ink)
    underlay = _find_underlay(seen, behind, ink, erase, colour, fine)
    # Large letters are solid and need none; the coverage of small ones depends on how they were smoothed.
    gain = 1.0 if underlay or fine > 1 else _gain(seen, behind, ink, colour)
    return Style(_triple(colour), gain, underlay)


def ink_colour(strip: np.ndarray, ink: np.ndarray) -> tuple[float, float, float]:
    """A first idea of the colour, before the background is known: of the pixels with the most ink."""
    if not (ink > 0.05).any():
        return (0.0, 0.0, 0.0)
    return _triple(np.median(strip[ink >= np.quantile(ink[ink > 0.05], 0.75)], axis=0))


def _triple(colour: np.ndarray) -> tuple[float, float, float]:
    r, g, b = (float(c) for c in np.clip(colour, 0, 255))
    return (r, g, b)


def _ink_colour(seen: np.ndarray, behind: np.ndarray, ink: np.ndarray) -> np.ndarray:
    """Median of the pixels that are all ink; thin type has none, so there the background is taken out."""
    core = cv2.erode(np.ascontiguousarray(ink, np.float32), np.ones((3, 3), np.uint8))
    for coverage, floor in ((core, 0.85), (ink, 0.9)):
        sure = coverage > floor
        if sure.sum() >= 24:
            inside = seen[sure]
            # Thin strokes cover hardly any pixel wholly: those furthest from the background show the true colour.
            if coverage is ink:
                far = total(np.abs(inside - behind[sure]))
                inside = inside[far >= np.quantile(far, 0.92)]
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
    power = total(step**2)
    near &= power > 400
    if near.sum() < 20:
        return 1.0
    true = total((seen - behind) * step)[near] / power[near]  # coverage by the pixels themselves
    drawn = float(ink[near].sum())
    return float(np.clip(np.clip(true, 0, 1).sum() / max(drawn, 1e-3), 0.75, 1.5))


def _find_underlay(
    seen: np.ndarray, behind: np.ndarray, ink: np.ndarray, erase: np.ndarray, colour: np.ndarray, fine: int
) -> Underlay | None:
    """An outline or a shadow: a rim round the letters that is neither background nor ink shining through."""
    solid = (ink > 0.4).astype(np.uint8)
    if solid.sum() < 30 * fine * fine:
        return None
    distance = cv2.distanceTransform(1 - solid, cv2.DIST_L2, 3)
    near, far = 0.35 + fine * 0.5, 0.35 + fine * 1.6
    rim = (distance > max(near, 1.2)) & (distance <= max(far, 2.6)) & (ink < 0.2)
    change, step = seen - behind, colour - behind
    along = total(change * step) / np.maximum(total(step**2), 1)
    residue = largest(np.abs(change - np.clip(along, 0, 1)[..., None] * step))
    unlike = largest(np.abs(change))
    other = rim & (erase > 0.4) & (unlike > 28) & (residue > 28)
    if other.sum() < max(40 * fine, 0.1 * rim.sum()):
        return None
    under = np.median(seen[other], axis=0)
    if (largest(np.abs(seen[other] - under)) < 45).mean() < 0.5:
        return None  # many colours: the background, badly filled
    beyond = (erase < 0.1) & (distance < far + 8 * fine)
    if beyond.any() and (largest(np.abs(seen[beyond] - under)) < 45).mean() > 0.3:
        return None  # what lies all around is the background
    # Without looking at what it covers: on a dark picture most of a dark outline is like its background.
    alike = (largest(np.abs(seen - under)) < 45) & (ink < 0.3) & (erase > 0.3)
    shift = _lean(solid, alike, fine)
    if np.hypot(*shift) >= 0.6:
        return Underlay(_triple(under), 0.0, shift, 1.0)
    steps = np.arange(1, 4 * fine + 1)
    filled = [float(alike[(distance > d - 0.5) & (distance <= d + 0.5)].mean()) for d in steps]
    peak = int(np.argmax(filled[: 2 * fine + 1]))
    if filled[peak] < 0.45:
        return None
    radius = next((d - 1 for d, f in zip(steps[peak:], filled[peak:], strict=True) if f < 0.45), steps[-1])
    return Underlay(_triple(under), max(0.5, float(radius) / fine), (0.0, 0.0), 1.0)


def _lean(solid: np.ndarray, under: np.ndarray, fine: int) -> tuple[float, float]:
    """The shift, strip px, of the letters that explains the underlay best; (0, 0) if it is all round them."""
    best, best_score = (0.0, 0.0), 0.0
    total = max(int(under.sum()), 1)
    offsets = np.arange(-3.5, 3.6, 0.5) if fine > 1 else np.arange(-4.0, 4.1, 1.0)
    for dy in offsets:
        for dx in offsets:
            matrix = np.array([[1, 0, dx * fine], [0, 1, dy * fine]], np.float32)
            moved = cv2.warpAffine(solid, matrix, solid.shape[::-1]).astype(bool) & (solid == 0)
            hit = float((moved & under).sum())
            if hit:
                score = hit / total + hit / float(moved.sum()) - 0.02 * float(np.hypot(dx, dy))
                if score > best_score:
                    best, best_score = (float(dx), float(dy)), score
    round_score = 0.0
    for reach in {1, fine, 2 * fine}:
        kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
        grown = cv2.dilate(solid, kernel).astype(bool) & (solid == 0)
        hit = float((grown & under).sum())
        round_score = max(round_score, hit / total + hit / max(float(grown.sum()), 1))
    return best if best_score > round_score + 0.05 else (0.0, 0.0)
