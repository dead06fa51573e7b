"""How the letters of a line look: colour, weight, and an outline or a shadow under them."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from iimt_cli.page.arrays import Colour, Coverage, Floats, Mask, Pixels
from iimt_cli.page.colours import as_colour, contrast, largest, total
from iimt_cli.page.ink.grounds import Grounds
from iimt_cli.page.rectify import HEIGHT, Geometry, cut
from iimt_cli.page.shapes import distance_to, rounded, thickest, thinnest

# Large type is measured on a finer strip, because an outline or a thin stroke may be thinner than a strip's pixel.
FINEST = 4  # × as many pixels in each direction
# picture px per strip px: a scale that is so little above a whole number is rounded down to it
SAME_SIZE = 0.1

# The ink's colour: by eye on the examples; mean error of 180 pictures 17.1 levels.
SOME = 0.05  # coverage: less is no ink
MOST_INK = 0.75  # quantile of the coverage of inked pixels: those above it show the colour, roughly
ALL_INK = 0.85  # coverage of a pixel and of all its neighbours from which it is inside a stroke
ALMOST_ALL = 0.9  # coverage from which a single pixel of thin type shows the colour
FEWEST = 24  # pixels that show the colour, at least
# quantile: of almost covered pixels those that are farther from the background show the true colour
FARTHEST = 0.92
# quantile of coverage in very thin type: from pixels above it the background's share is subtracted
THIN_INK = 0.8

# The weight: by eye on the examples.
NEAR_INK = 0.1  # coverage: pixels that touch more ink than this are compared
# levels², squared distance of ink and ground: below, coverage cannot be computed from the colours
LEAST_POWER = 400.0
FEWEST_NEAR = 20  # such pixels, at least
GAIN = (0.75, 1.5)  # factor on the coverage, at least and at most
NO_INK = 1e-3  # px: avoids dividing by zero

# An outline or a shadow: by eye on rendered letters. Distances in strip px.
LETTER = 0.4  # coverage from which a pixel belongs to the letters themselves
LEAST_LETTERS = 30.0  # strip px² of letters: fewer do not tell
RIM = (0.5, 1.6)  # from the edge of the letters: between these an outline or a shadow shows
EDGE = 0.35  # px of the finer strip from the pixels of the letters to their edge
LEAST_RIM = (1.2, 2.6)  # px of the finer strip from the letters: the rim begins and ends no nearer
BESIDE = 0.2  # coverage below which a pixel is beside the letters
TO_ERASE = 0.4  # erase mask above which a pixel of the rim is not background
# levels: a pixel of an outline differs so much from the background, and from every mixture of it with the ink
OTHER = 28.0
LEAST_OTHER = 40.0  # such pixels, at least, × the fineness of the strip
OTHER_SHARE = 0.1  # share of the rim that such pixels are, at least
SAME = 45.0  # levels: colours that differ less count as one
# share of these pixels that has one colour, at least: otherwise the rim is a badly filled background
MOSTLY = 0.5
BEYOND = 8  # strip px beyond the rim in which pixels are looked at as background
BACKGROUND = 0.1  # erase mask below which a pixel is background
ALL_AROUND = 0.3  # if a larger share of the background has the rim's colour, the rim is background, too
# an outline or shadow shows where coverage is lower and the erase mask is higher
UNDER_INK, UNDER_ERASE = 0.3, 0.3
LEAST_SHIFT = 0.6  # a copy of the letters that is moved less is not a shadow
FILLED = 0.45  # share of a ring round the letters that an outline covers
WIDEST = 4  # radius of an outline, at most; it must be seen within half of that
LEAST_RADIUS = 0.5  # radius of an outline, at least

# Which shift of the letters explains a shadow best.
COARSE_SHIFTS = np.arange(-4.0, 4.1, 1.0)
FINE_SHIFTS = np.arange(-3.5, 3.6, 0.5)
FAR = 0.02  # is subtracted from the score of a shift for each strip px; a perfect shift scores 2
ROUND = 0.05  # by so much the score of a shadow must exceed the score of an outline


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
    """How a line's letters look. gain: factor on coverage that makes new letters as heavy as the old ones.

    grounds: the two grounds of a text whose letters have another colour on each; None for all other text.
    """

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
    """The letters' colour, roughly, from the pixels with the most ink: it is asked before the background is known."""
    some = ink > SOME
    if not some.any():
        return (0.0, 0.0, 0.0)
    return as_colour(np.median(strip[ink >= np.quantile(ink[some], MOST_INK)], axis=0))


def _ink_colour(view: _View) -> Floats:
    """Median colour of the pixels inside strokes. Thin type has none: there the share of the background is subtracted."""
    seen, behind, ink = view.seen, view.behind, view.ink
    inside = thinnest(ink, 1) > ALL_INK
    if inside.sum() >= FEWEST:
        return np.median(seen[inside], axis=0)
    sure = ink > ALMOST_ALL
    if sure.sum() >= FEWEST:
        # Thin strokes hardly cover any pixel wholly. The pixels farthest from the background show the true colour.
        far = total(np.abs(seen[sure] - behind[sure]))
        return np.asarray(np.median(seen[sure][far >= np.quantile(far, FARTHEST)], axis=0))
    some = ink > SOME
    if not some.any():
        return np.median(seen.reshape(-1, 3), axis=0)
    sure = ink >= np.quantile(ink[some], THIN_INK)
    a = ink[sure][:, None]
    return np.clip(np.median((seen[sure] - (1 - a) * behind[sure]) / a, axis=0), 0, 255)


def _gain(view: _View, colour: Floats) -> float:
    """Factor on coverage: the coverage that the picture shows / the coverage that the separator found."""
    step = colour - view.behind
    power = total(step**2)
    near = (thickest(view.ink, 1) > NEAR_INK) & (power > LEAST_POWER)
    if near.sum() < FEWEST_NEAR:
        return 1.0
    true = total((view.seen - view.behind) * step)[near] / power[near]  # the coverage that the picture shows
    drawn = float(view.ink[near].sum())
    return float(np.clip(np.clip(true, 0, 1).sum() / max(drawn, NO_INK), *GAIN))


def _find_underlay(view: _View, colour: Floats) -> Underlay | None:
    """The outline or shadow, if letters have a rim whose colour is neither the background nor a mixture of it with the ink."""
    letters = view.ink > LETTER
    if letters.sum() < LEAST_LETTERS * view.fine * view.fine:
        return None
    distance = distance_to(letters)
    under = _rim_colour(view, colour, distance)
    if under is None:
        return None
    # Pixels count by their colour alone: on a dark picture most of a dark outline does not differ from the background.
    alike = (contrast(view.seen, under) < SAME) & (view.ink < UNDER_INK) & (view.erase > UNDER_ERASE)
    shift = _lean(letters, alike, view.fine)
    if np.hypot(*shift) >= LEAST_SHIFT:
        return Underlay(as_colour(under), 0.0, shift, 1.0)
    radius = _radius(distance, alike, view.fine)
    return None if radius is None else Underlay(as_colour(under), radius, (0.0, 0.0), 1.0)


def _rim_colour(view: _View, colour: Floats, distance: Floats) -> Floats | None:
    """The one colour of the rim round the letters, (3,); None if it has several, or that of the background.

    distance: how far each pixel is from the letters, px.
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
    """How far an outline, whose pixels are `under`, reaches from the letters, strip px; None if there is no outline."""
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
