"""What is soft round letters: a glow, or a shadow with a blurred edge.

It is a blurred copy of the letters, perhaps moved, that fades into the ground. Which one explains what is seen round them best
is tried. Distances are in strip px. All values are by eye on letters with a glow or a shadow made for this, and on the
examples, none of which has one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import product

import cv2
import numpy as np

from iimt_cli.page.arrays import Coverage, Floats, Halo, Integers, Mask, Pixels
from iimt_cli.page.colours import as_colour, largest, total
from iimt_cli.page.rectify import HEIGHT, Geometry, cut, picture_box, to_picture
from iimt_cli.page.shapes import distance_to

AROUND = 28  # so far round the letters is looked
ENOUGH = 420  # columns that tell
LETTER = 0.4  # coverage of the letters themselves
EDGE = 1.6  # from the letters: nearer, their own edge shows
NEAR, BEYOND = (2.0, 4.5), 12.0  # a glow shows between NEAR; the ground shows from BEYOND on
SOME = 75.0  # percent of what is NEAR: a shadow is on one side only
TELLING = 16.0  # from the letters: what is farther tells nothing of their halo
FEWEST = 60  # px that tell a colour
EVEN = 12.0  # levels: the ground differs by less, at most, from a shade, for half of its pixels
FAINTEST = 14.0  # levels by which what is NEAR differs from the ground, at least
OF_GROUND = 3.0  # × the unevenness of the ground: the same
BLURS = (1.5, 2.2, 3.2, 4.6, 6.5, 9.0)  # standard deviations that are tried
GAINS = (1.0, 2.0, 4.0)  # × the blurred letters, and no more than all: light that is laid on several times
SHIFTS = (-6, -4, -2, 0, 2, 4, 6)  # of a shadow, tried
OUTLINES = (
    1.5,
    2.5,
    3.5,
    5.0,
    7.0,
)  # radii of outlines with a sharp edge: what they explain better is no halo
EXPLAINED = 0.7  # share of what is seen (its square) that the copy explains, at least
FOREIGN = 60.0  # levels: what differs more from the copy may be something else, and counts no more than that
PLENTY = 5000  # px that tell how well a copy fits
SAMPLE = 2000  # px that tell the shade of the ground
ROUNDS = 12  # of fitting the shade
SHADE = 100.0  # px: unit of places for fitting the shade, so that factors are of one size
SURE = 2.5  # levels: a pixel that differs by less from the shade is of the ground in any case
TINY = 1e-6
CENTRE = np.array([[1, 0, -0.5], [0, 1, -0.5], [0, 0, 1.0]])  # places → numbers of pixels
GONE = 2.0  # levels: fainter it is not seen


def halo_coverage(halo: Halo, ink: Coverage) -> Coverage:
    """How much there is of a halo, 0..1, round letters (h, w) that have room round them."""
    moved = cv2.warpAffine(ink, np.array([[1, 0, halo.shift[0]], [0, 1, halo.shift[1]]]), ink.shape[::-1])
    blurred = cv2.GaussianBlur(moved, (0, 0), halo.blur)
    return np.asarray(np.clip(halo.gain * blurred, 0, 1), np.float32)


def framed(geometry: Geometry, ink: Coverage) -> tuple[Geometry, Coverage]:
    """A strip with so much round it as a halo may reach, and its ink there."""
    wide = geometry.moved(x=-AROUND, y=-AROUND, width=ink.shape[1] + 2 * AROUND)
    return wide, np.pad(ink, AROUND).astype(np.float32)


def halo_mask(shape: tuple[int, ...], geometry: Geometry, ink: Coverage, halo: Halo) -> Mask:
    """The pixels of a picture of this shape, (H, W), where the halo of a line, ink (32, W), can be seen."""
    wide, ink = framed(geometry, ink)
    box = picture_box(wide, shape, rows=(0, len(ink)))
    mask = np.zeros(shape[:2], bool)
    mask[box[1] : box[3], box[0] : box[2]] = (
        to_picture(halo_coverage(halo, ink), wide.matrix, box) > GONE / halo.visible
    )
    return mask


def find_halo(
    picture: Pixels, geometry: Geometry, ink: Coverage, others: Sequence[tuple[Geometry, Coverage]] = ()
) -> Halo | None:
    """The halo of a line of letters, ink (32, W), in a picture (H, W, 3); None if there is none.

    others: the lines round it, each with its ink: theirs, which may reach this one, is taken for the same halo.
    """
    columns = np.flatnonzero((ink > LETTER).any(axis=0))
    if not len(columns):
        return None
    first, last = int(columns[0]), min(int(columns[-1]) + 1, int(columns[0]) + ENOUGH)
    geometry, ink = framed(geometry.moved(x=first, width=last - first), ink[:, first:last])
    for other, letters in others:
        matrix = CENTRE @ np.linalg.inv(geometry.matrix) @ other.matrix @ np.linalg.inv(CENTRE)
        ink = np.maximum(ink, cv2.warpPerspective(letters.astype(np.float32), matrix, ink.shape[::-1]))
    distance = distance_to(ink > LETTER)
    around = cut(picture, geometry, HEIGHT + 2 * AROUND).astype(np.float32)
    seen = (distance > EDGE) & (distance <= TELLING)
    ground = _ground(around, distance > BEYOND)
    if ground is None:
        return None
    factors, uneven = ground
    near = seen & (distance > NEAR[0]) & (distance <= NEAR[1])
    if near.sum() < FEWEST:
        return None
    least = max(FAINTEST, OF_GROUND * uneven)
    ys, xs = np.nonzero(near)
    change = around[near] - _shade(ys, xs, factors)
    if np.percentile(np.abs(change).max(axis=1), SOME) < least:
        return None
    places = np.indices(near.shape)
    behind = _shade(places[0], places[1], factors)
    return _best(np.where(ink > 0, ink, 0), around - behind, seen, distance, behind)


def _ground(around: Floats, far: Mask) -> tuple[Floats, float] | None:
    """The shade behind letters, as `_shade` takes it, and by how many levels the pixels `far` from them differ from it.

    None where they are no even ground.
    """
    ys, xs = np.nonzero(far)
    if len(ys) < FEWEST:
        return None
    step = -(-len(ys) // SAMPLE)
    ys, xs = ys[::step], xs[::step]
    design = _places(ys, xs)
    colours = around[ys, xs].astype(np.float64)
    weight = np.ones((len(ys), 1))
    for _ in range(ROUNDS):  # lights and frames that stand there count less and less
        weighted = (weight * design).T
        factors = np.linalg.solve(weighted @ design + TINY * np.eye(design.shape[1]), weighted @ colours)
        off = largest(np.abs(colours - design @ factors))
        uneven = float(np.median(off))
        weight = 1 / (1 + (off / max(SURE, uneven)) ** 2)[:, None]
    if uneven > EVEN:
        return None
    return factors, uneven


def _shade(ys: Integers, xs: Integers, factors: Floats) -> Floats:
    """The colours of a shade at some places, (…, 3). factors: (6, 3), of `_places`."""
    return np.asarray(_places(ys, xs) @ factors, np.float32)


def _places(ys: Integers, xs: Integers) -> Floats:
    """1, y, x and their products, (…, 6): what the shade of a sky or a light is a sum of."""
    y, x = ys / SHADE, xs / SHADE
    return np.stack([np.ones(y.shape), y, x, y * y, y * x, x * x], axis=-1)


def _best(ink: Coverage, change: Floats, seen: Mask, distance: Floats, behind: Floats) -> Halo | None:
    """The halo that explains best how the pixels that are `seen` differ from what is behind them."""
    places = np.flatnonzero(seen)
    places = places[:: -(-len(places) // PLENTY)]
    wanted, ground = change.reshape(-1, 3)[places], behind.reshape(-1, 3)[places].mean(axis=0)
    power = float(np.minimum((wanted**2).sum(axis=1), FOREIGN**2).sum())
    # A copy that is moved by whole px is the same, seen from places that are moved the other way: it is blurred only once.
    room = int(SHIFTS[-1]) + 1
    width = ink.shape[1] + 2 * room
    rows, columns = np.divmod(places, ink.shape[1])
    at = (rows + room) * width + columns + room
    blurred = {blur: np.pad(cv2.GaussianBlur(ink, (0, 0), blur), room).ravel() for blur in BLURS}

    def explained(b: Coverage) -> tuple[float, Floats]:
        kept = np.ones(len(places), bool)
        for _ in range(2):  # without what else stands there
            colour = b[kept] @ wanted[kept] / max(float(b[kept] @ b[kept]), TINY)
            colour = np.clip(colour, -ground, 255 - ground)
            off = total((wanted - b[:, None] * colour) ** 2)
            kept = off <= FOREIGN**2
            if not kept.any():
                break
        return 1 - float(np.minimum(off, FOREIGN**2).sum()) / power, colour

    def by(halo: Halo) -> tuple[float, Floats]:
        x, y = halo.shift
        there = np.clip(halo.gain * blurred[halo.blur][at - int(y) * width - int(x)], 0, 1)
        return explained(there.astype(np.float32))

    def best_of(tried: Iterable[Halo]) -> Halo:
        return max(tried, key=lambda halo: by(halo)[0])

    best = best_of(Halo((0, 0, 0), blur, (0.0, 0.0), gain, 0.0) for blur, gain in product(BLURS, GAINS))
    best = best_of(
        Halo((0, 0, 0), best.blur, (float(x), float(y)), best.gain, 0.0) for x, y in product(SHIFTS, SHIFTS)
    )
    x, y = best.shift
    if best.shift != (0, 0):
        best = best_of(
            Halo((0, 0, 0), blur, (x + dx, y + dy), gain, 0.0)
            for blur, gain, dx, dy in product(BLURS[:4], GAINS, (-1.0, 0.0, 1.0), (-1.0, 0.0, 1.0))
        )
    share, colour = by(best)
    sharp = max(explained((distance.ravel()[places] <= radius).astype(np.float32))[0] for radius in OUTLINES)
    visible = float(np.abs(colour).max())
    if share < max(EXPLAINED, sharp) or visible < FAINTEST:
        return None
    return Halo(as_colour(ground + colour), best.blur, best.shift, best.gain, visible)
