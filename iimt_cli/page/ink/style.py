"""What letters look like: colour, weight, and what lies under them (an outline or a shadow)."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from iimt_cli.page.arrays import Colour, Coverage, Floats, Mask, Pixels
from iimt_cli.page.colours import as_colour, contrast, largest, total
from iimt_cli.page.ink.grounds import Grounds
from iimt_cli.page.rectify import HEIGHT, Geometry, cut
from iimt_cli.page.shapes import distance_to, rounded, thickest, thinnest

# Large type is judged on a finer strip: an outline or a thin stroke may be thinner than a strip's pixel.
FINEST = 4  # × as many pixels in each direction
SAME_SIZE = 0.1  # picture px per strip px above a whole number that need no finer strip

# The ink's colour: by eye on the examples; mean error of 180 pictures 17.1 levels.
SOME = 0.05  # coverage: less is no ink
MOST_INK = 0.75  # of the inked pixels: beyond this share of them they show the colour, roughly
ALL_INK = 0.85  # coverage of a pixel and all its neighbours: inside a stroke
ALMOST_ALL = 0.9  # coverage of a pixel
FEWEST = 24  # px that show the colour
FARTHEST = 0.92  # of pixels almost all ink: beyond this share of them, by their distance from the background, lies the colour
THIN_INK = 0.8  # of the inked pixels of thin type: beyond this share of them the background is taken out

# The weight: by eye on the examples.
NEAR_INK = 0.1  # coverage: what is so near to letters counts
LEAST_POWER = 400.0  # levels²: on a ground nearer to the ink than that coverage cannot be told
FEWEST_NEAR = 20  # px
GAIN = (0.75, 1.5)  # factor on the coverage, at least and at most
NO_INK = 1e-3  # px: avoids dividing by zero

# An outline or a shadow: by eye on rendered letters. Distances in strip px.
LETTER = 0.4  # coverage of the letters themselves
LEAST_LETTERS = 30.0  # strip px² of letters: fewer do not tell
RIM = (0.5, 1.6)  # from the edge of the letters: between these an outline or a shadow shows
EDGE = 0.35  # px of the finer strip from the pixels of the letters to their edge
LEAST_RIM = (1.2, 2.6)  # px of the finer strip from the pixels of the letters: the rim, at least
BESIDE = 0.2  # coverage below which a pixel is beside the letters
TO_ERASE = 0.4  # erase mask above which it is no background either
OTHER = 28.0  # levels between the rim, and the background and all between it and the ink
LEAST_OTHER = 40.0  # px of such a rim, × the fineness of the strip
OTHER_SHARE = 0.1  # share of the rim that is like that
SAME = 45.0  # levels by which one colour differs
MOSTLY = 0.5  # share of the rim that has one colour: else it is the background, badly filled
BEYOND = 8  # from the rim: there is nothing but background
BACKGROUND = 0.1  # erase mask below which a pixel is background
ALL_AROUND = 0.3  # share of the background that has the colour of the rim, which then is background, too
UNDER_INK, UNDER_ERASE = 0.3, 0.3  # coverage below which, and erase mask above which, the underlay shows
LEAST_SHIFT = 0.6  # of a shadow
FILLED = 0.45  # share of a ring round the letters that an outline covers
WIDEST = 4  # radius of an outline; rings up to half of it are looked at first
LEAST_RADIUS = 0.5  # of an outline

# Which shift of the letters explains a shadow best.
COARSE_SHIFTS = np.arange(-4.0, 4.1, 1.0)
FINE_SHIFTS = np.arange(-3.5, 3.6, 0.5)
FAR = 0.02  # cost of a shift per strip px; the score of a perfect one is 2
ROUND = 0.05  # by which the score of a shadow must be better than that of an outline


@dataclass(frozen=True)
class Underlay:
    """A copy of the letters under them: grown by `radius` (outline), moved by `shift` (shadow), blurred by `blur` (a glow, a
    soft shadow), which are strip px; × `opacity`, and 1 at most."""

    colour: Colour
    radius: float
    shift: tuple[float, float]
    opacity: float
    blur: float = 0.0


@dataclass(frozen=True)
class Style:
    """gain: factor on the coverage that makes new letters weigh as much as the old. grounds: if letters have another colour
    on each of two."""

    colour: Colour
    gain: float = 1.0
    underlay: Underlay | None = None
    grounds: Grounds | None = None


@dataclass(frozen=True)
class _View:
    """A line in a strip with `fine` times as many pixels in each direction, (32 fine, W fine).

    seen, behind: float32 (…, 3), with and without the text; ink, erase: as in `arrays.Ink`.
    """

    seen: Floats
    behind: Floats
    ink: Coverage
    erase: Coverage
    fine: int


def estimate_style(
    picture: Pixels, clean: Pixels, geometry: Geometry, ink: Coverage, erase: Coverage
) -> Style:
    """The style of one line; picture, clean: (H, W, 3), with and without text; ink, erase: (32, W)."""
    view = _view(picture, clean, geometry, ink, erase)
    colour = _ink_colour(view)
    underlay = _find_underlay(view, colour)
    # Large letters are solid and need none; the coverage of small ones depends on how they were smoothed.
    gain = 1.0 if underlay or view.fine > 1 else _gain(view, colour)
    return Style(as_colour(colour), gain, underlay)


def _view(picture: Pixels, clean: Pixels, geometry: Geometry, ink: Coverage, erase: Coverage) -> _View:
    fine = int(np.clip(np.ceil(geometry.scale - SAME_SIZE), 1, FINEST))
    geometry = geometry.finer(fine)
    seen = cut(picture, geometry, HEIGHT * fine).astype(np.float32)
    behind = cut(clean, geometry, HEIGHT * fine).astype(np.float32)
    if fine > 1:
        size = (ink.shape[1] * fine, HEIGHT * fine)
        smooth = cv2.resize(ink, size, interpolation=cv2.INTER_CUBIC)
        ink = np.asarray(np.clip((smooth - 0.5) * fine + 0.5, 0, 1), np.float32)
        erase = np.asarray(cv2.resize(erase, size, interpolation=cv2.INTER_LINEAR), np.float32)
    return _View(seen, behind, ink, erase, fine)


def ink_colour(strip: Pixels, ink: Floats) -> Colour:
    """A first idea of the colour, before the background is known: of the pixels with the most ink."""
    some = ink > SOME
    if not some.any():
        return (0.0, 0.0, 0.0)
    return as_colour(np.median(strip[ink >= np.quantile(ink[some], MOST_INK)], axis=0))


def _ink_colour(view: _View) -> Floats:
    """Median of the pixels that are all ink; thin type has none, so there the background is taken out."""
    seen, behind, ink = view.seen, view.behind, view.ink
    inside = thinnest(ink, 1) > ALL_INK
    if inside.sum() >= FEWEST:
        return np.median(seen[inside], axis=0)
    sure = ink > ALMOST_ALL
    if sure.sum() >= FEWEST:
        # Thin strokes cover hardly any pixel wholly: those furthest from the background show the true colour.
        far = total(np.abs(seen[sure] - behind[sure]))
        return np.asarray(np.median(seen[sure][far >= np.quantile(far, FARTHEST)], axis=0))
    some = ink > SOME
    if not some.any():
        return np.median(seen.reshape(-1, 3), axis=0)
    sure = ink >= np.quantile(ink[some], THIN_INK)
    a = ink[sure][:, None]
    return np.clip(np.median((seen[sure] - (1 - a) * behind[sure]) / a, axis=0), 0, 255)


def _gain(view: _View, colour: Floats) -> float:
    """Redraw the old letters; where they come out lighter or heavier than they were, scale the coverage."""
    step = colour - view.behind
    power = total(step**2)
    near = (thickest(view.ink, 1) > NEAR_INK) & (power > LEAST_POWER)
    if near.sum() < FEWEST_NEAR:
        return 1.0
    true = total((view.seen - view.behind) * step)[near] / power[near]  # coverage by the pixels themselves
    drawn = float(view.ink[near].sum())
    return float(np.clip(np.clip(true, 0, 1).sum() / max(drawn, NO_INK), *GAIN))


def _find_underlay(view: _View, colour: Floats) -> Underlay | None:
    """An outline or a shadow: a rim round the letters that is neither background nor ink shining through."""
    letters = view.ink > LETTER
    if letters.sum() < LEAST_LETTERS * view.fine * view.fine:
        return None
    distance = distance_to(letters)
    under = _rim_colour(view, colour, distance)
    if under is None:
        return None
    # The colour alone decides: on a dark picture most of a dark outline does not differ from its background.
    alike = (contrast(view.seen, under) < SAME) & (view.ink < UNDER_INK) & (view.erase > UNDER_ERASE)
    shift = _lean(letters, alike, view.fine)
    if np.hypot(*shift) >= LEAST_SHIFT:
        return Underlay(as_colour(under), 0.0, shift, 1.0)
    radius = _radius(distance, alike, view.fine)
    return None if radius is None else Underlay(as_colour(under), radius, (0.0, 0.0), 1.0)


def _rim_colour(view: _View, colour: Floats, distance: Floats) -> Floats | None:
    """The colour of what is round the letters, (3,), if it is one, and that of no background; else None.

    distance: of each pixel from the letters, px.
    """
    seen, fine = view.seen, view.fine
    near, far = (EDGE + fine * edge for edge in RIM)
    rim = (distance > max(near, LEAST_RIM[0])) & (distance <= max(far, LEAST_RIM[1])) & (view.ink < BESIDE)
    change, step = seen - view.behind, colour - view.behind
    along = total(change * step) / np.maximum(total(step**2), 1)
    residue = contrast(change, np.clip(along, 0, 1)[..., None] * step)
    other = rim & (view.erase > TO_ERASE) & (largest(np.abs(change)) > OTHER) & (residue > OTHER)
    if other.sum() < max(LEAST_OTHER * fine, OTHER_SHARE * rim.sum()):
        return None
    under = np.median(seen[other], axis=0)
    if (contrast(seen[other], under) < SAME).mean() < MOSTLY:
        return None
    beyond = (view.erase < BACKGROUND) & (distance < far + BEYOND * fine)
    if beyond.any() and (contrast(seen[beyond], under) < SAME).mean() > ALL_AROUND:
        return None
    return under


def _radius(distance: Floats, under: Mask, fine: int) -> float | None:
    """How far an outline, whose pixels are `under`, reaches from the letters, strip px; None where there is none."""
    steps = np.arange(1, WIDEST * fine + 1)
    filled = [float(under[(distance > d - 0.5) & (distance <= d + 0.5)].mean()) for d in steps]
    peak = int(np.argmax(filled[: WIDEST // 2 * fine + 1]))
    if filled[peak] < FILLED:
        return None
    inner = next((n for n in range(peak, len(filled)) if filled[n] < FILLED), len(filled))
    partly = filled[inner] / filled[peak] if inner < len(filled) else 0.0
    return max(LEAST_RADIUS, (inner + partly) / fine)


def _lean(letters: Mask, under: Mask, fine: int) -> tuple[float, float]:
    """The shift, strip px, of the letters that explains the underlay best; (0, 0) if it is all round them."""
    solid = letters.astype(np.uint8)
    best, best_score = (0.0, 0.0), 0.0
    total = max(int(under.sum()), 1)
    offsets = FINE_SHIFTS if fine > 1 else COARSE_SHIFTS
    for dy in offsets:
        for dx in offsets:
            matrix = np.array([[1, 0, dx * fine], [0, 1, dy * fine]], np.float32)
            moved = cv2.warpAffine(solid, matrix, solid.shape[::-1]).astype(bool) & ~letters
            hit = float((moved & under).sum())
            if hit:
                score = hit / total + hit / float(moved.sum()) - FAR * float(np.hypot(dx, dy))
                if score > best_score:
                    best, best_score = (float(dx), float(dy)), score
    round_score = 0.0
    for reach in {1, fine, 2 * fine}:
        all_round = rounded(letters, reach) & ~letters
        hit = float((all_round & under).sum())
        round_score = max(round_score, hit / total + hit / max(float(all_round.sum()), 1))
    return best if best_score > round_score + ROUND else (0.0, 0.0)
