"""Remove text from a picture: exact fills where the surroundings are plain, inpainting elsewhere.

Levels are 0..255. All values are by eye on the examples and on the pictures in tests/test_page_page.py, unless a measurement
is given.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from iimt_cli.page.arrays import Coverage, Floats, Mask, Pixels
from iimt_cli.page.colours import contrast, largest, most_frequent, total
from iimt_cli.page.rectify import Geometry, picture_box, to_picture
from iimt_cli.page.shapes import Shapes, grown, rounded, shapes
from iimt_cli.page.typeset.inpaint import inpaint
from iimt_cli.page.typeset.pattern import repeated

# The pixels of a line

TO_ERASE = 0.3  # erase mask from which a pixel has to go
MARGIN = 4  # px of the picture round the mask that are looked at
STRIP_MARGIN = 3  # px of the strip, more
SMALL = 0.8  # picture px per strip px: below, one pixel round the letters is enough
DOUBT = 0.7  # strip px by which the edge of letters is uncertain; fringes and ringing take one picture px


def erase_mask(
    shape: tuple[int, ...],
    geometry: Geometry,
    erase: Coverage,
    rows: tuple[float, float] = (-np.inf, np.inf),
) -> Mask:
    """The pixels of a picture of this shape, (H, W), under the erase mask (32, W) of one strip, slightly dilated.

    rows: of the strip, within which it may be dilated.
    """
    mask = np.zeros(shape[:2], bool)
    columns = np.flatnonzero((erase > TO_ERASE).any(axis=0))
    if len(columns) == 0:
        return mask
    ends = (columns[0] - 1.0, columns[-1] + 2.0)
    box = picture_box(geometry, shape, margin=MARGIN + STRIP_MARGIN * geometry.scale, columns=ends)
    x0, y0, x1, y1 = box
    part = to_picture(_widest(erase, geometry.scale), geometry.matrix, box) > TO_ERASE
    part = rounded(part, 1 if geometry.scale < SMALL else int(np.ceil(DOUBT * geometry.scale)) + 1)
    if np.isfinite(rows).any():
        y, x = np.nonzero(part)
        at = geometry.to_strip(np.column_stack([x + x0 + 0.5, y + y0 + 0.5]))[:, 1]
        part[y, x] = (at > rows[0]) & (at < rows[1])
    mask[y0:y1, x0:x1] = part
    return mask


def _widest(erase: Coverage, scale: float) -> Coverage:
    """When a strip shrinks into the picture, thin parts must not fall between the samples."""
    if scale >= 1:
        return erase
    widened = cv2.dilate(np.ascontiguousarray(erase, np.float32), np.ones((2, 2), np.uint8), anchor=(0, 0))
    return np.asarray(widened, np.float32)


# What is filled in

WORD_GAP = 0.3  # × the usual height of letters: those that are twice as near are filled together
LEAST_GAP = 3  # px: the same, at least
FLATTER = 4  # the same up and down is so many times less
AROUND = 0.5  # × the height of a word: how far round it the background is looked at
AROUND_PX = (5, 24)  # px: the same, at least and at most
PATTERN = 1.0  # × the height of a word: how far round it a pattern is looked for
PATTERN_PX = (40, 120)  # px: the same, at least and at most
SPOT = 12  # levels from the usual colour: a spot
MANY_SPOTS = 10  # round a word: fewer are other things
LEAST_SPOTTED = 0.005  # share of the window round a word that they cover, at least


def fill(rgb: Pixels, mask: Mask, seed: int = 0) -> Pixels:
    """The picture, (H, W, 3), with the pixels under `mask`, (H, W), replaced by the background.

    Each word is judged alone: a plain or linearly shaded surrounding is continued exactly (with its own
    noise); anything else is inpainted. Pixels outside the mask are never touched.
    """
    result: Pixels = rgb.copy()
    if not mask.any():
        return result
    random = np.random.default_rng(seed)
    words = _words(mask)
    rest = np.zeros_like(mask)
    for i, (x, y, w, h, _) in enumerate(words.boxes, 1):
        pad = int(np.clip(AROUND * min(w, h), *AROUND_PX))
        window = (slice(max(0, y - pad), y + h + pad), slice(max(0, x - pad), x + w + pad))
        here = (words.labels[window] == i) & mask[window]
        ring = grown(here, pad) & ~mask[window]
        filled = _filled(result[window], here, ring, random)
        if filled is None or _spotted(rgb[window], ring):
            wide = _wide(mask.shape, (x, y, w, h))
            there = (words.labels[wide] == i) & mask[wide]
            again = repeated(rgb[wide], there, ~mask[wide], PLAIN_RMS)
            filled = filled if again is None else again
        if filled is None:
            rest[window] |= here
        else:
            result[window][here] = filled
    if rest.any():
        inpaint(result, rest, ~mask)
    _continue_rules(result, mask)
    return result


def _spotted(window: Pixels, ring: Mask) -> bool:
    """Whether there are many spots in the ring round a word, (h, w): a pattern, though most of it is plain."""
    colours = window[ring]
    if len(colours) < FEWEST:
        return False
    usual, _ = most_frequent(colours)
    spots = ring & (contrast(window.astype(np.int16), usual) > SPOT)
    return spots.mean() > LEAST_SPOTTED and len(shapes(spots)) >= MANY_SPOTS


def _wide(shape: tuple[int, ...], box: tuple[int, int, int, int]) -> tuple[slice, slice]:
    """A window about a word, (x, y, w, h), in which a pattern shows that it is one."""
    x, y, w, h = box
    pad = int(np.clip(PATTERN * h, *PATTERN_PX))
    return slice(max(0, y - pad), min(shape[0], y + h + pad)), slice(
        max(0, x - pad), min(shape[1], x + w + pad)
    )


def _words(mask: Mask) -> Shapes:
    """The letters in a mask, (H, W), joined to words. Their heights tell how near to each other letters of a word are."""
    height = float(np.median(shapes(mask).table[1:, cv2.CC_STAT_HEIGHT]))
    reach = max(LEAST_GAP, int(WORD_GAP * height))
    kernel = np.ones((2 * (reach // FLATTER) + 1, 2 * reach + 1), np.uint8)
    closed = cv2.morphologyEx(np.pad(mask, reach).astype(np.uint8), cv2.MORPH_CLOSE, kernel)
    return shapes(closed[reach:-reach, reach:-reach] > 0)


def _filled(window: Pixels, hole: Mask, ring: Mask, random: np.random.Generator) -> NDArray[np.uint8] | None:
    """Colours of a `hole`, (N, 3), that continue what is in the `ring` round it exactly; None where nothing does."""
    filled = _one_colour(window, hole, ring)
    if filled is None:
        filled = _plain(window, hole, ring, random)
    if filled is None:
        filled = _two_plain(window, hole, ring)
    return filled


# One colour, whatever is farther: the frame of a button

NEXT = 2  # px from the hole that count as next to it
FEWEST = 12  # px: fewer do not tell the background
ONE_COLOUR = 0.85  # share of the pixels next to the hole that have the same colour


def _one_colour(window: Pixels, hole: Mask, ring: Mask) -> NDArray[np.uint8] | None:
    """Colours of `hole`, (N, 3), if what is next to it is one colour; else None."""
    colours = window[grown(hole, NEXT) & ring]
    if len(colours) < FEWEST:
        return None
    usual, share = most_frequent(colours)
    return None if share < ONE_COLOUR else _flat(usual, hole)


def _flat(colour: NDArray[np.integer], hole: Mask) -> NDArray[np.uint8]:
    """One colour, (3,), for all pixels of `hole`, (N, 3)."""
    return np.broadcast_to(colour.astype(np.uint8), (int(hole.sum()), 3))


# A plain or shaded ground

SAME = 3  # levels by which one colour differs: rounding
MOSTLY = 0.85  # share of the ring that has about one colour
EXACTLY = 0.7  # share of the ring that has exactly this colour
PLENTY = 2500  # px of the ring that are fitted: enough for the few numbers of a shade
EXACT_RMS = 0.8  # levels (root mean square) by which the ring differs from a shade without grain
OF_GRAIN = 1.3  # × the grain: the same with grain
PLAIN_RMS = 5.0  # levels: noise up to here (JPEG, paper) still counts as a plain background
FITTED = 0.85  # share of the ring that a shade has to fit
ROUNDS = 4  # of fitting, each without the outliers of the one before
OUTLIER = 3.75  # × the usual distance from the shade: an outlier is farther
LEAST_OUTLIER = 2.5  # levels: and so far
UNIT = 16.0  # px: keeps the numbers of a shade near 1
TO_DEVIATION = 1.05  # median step between neighbours → standard deviation of a normal distribution: 1.48 / √2


def _plain(window: Pixels, hole: Mask, ring: Mask, random: np.random.Generator) -> NDArray[np.uint8] | None:
    """Colours of `hole`, (N, 3), if those of `ring` are one colour or a shade; else None."""
    colours = window[ring]
    if len(colours) < FEWEST:
        return None
    usual, share = most_frequent(colours)
    if (contrast(colours, usual) <= SAME).mean() > MOSTLY and share > EXACTLY:
        return _flat(usual, hole)
    middle = np.array(window.shape[:2]) / 2
    some = slice(None, None, -(-len(colours) // PLENTY))
    spot = np.column_stack(np.nonzero(ring))[some] - middle
    few = colours[some].astype(np.float64)
    fits = max(EXACT_RMS, OF_GRAIN * _grain(window, ring))
    shade, rest, kept = _surface(spot, few, curved=False)
    if kept.mean() < FITTED or np.sqrt((rest[kept] ** 2).mean()) > fits:
        shade, rest, kept = _surface(spot, few, curved=True)
    rms = float(np.sqrt((rest[kept] ** 2).mean()))
    if rms > min(PLAIN_RMS, fits) or kept.mean() < FITTED:
        return None
    filled = shade(np.column_stack(np.nonzero(hole)) - middle)
    if rms > EXACT_RMS:  # paper grain, JPEG: the same grain, drawn from the surroundings
        filled = filled + rest[kept][random.integers(int(kept.sum()), size=len(filled))]
    return np.rint(np.clip(filled, 0, 255)).astype(np.uint8)


def _surface(spot: Floats, target: Floats, curved: bool) -> tuple[Callable[[Floats], Floats], Floats, Mask]:
    """Fit a plane or a curved (quadratic) shade to colours, (N, 3), at spots, (N, 2). Outliers do not count.

    Returns the shade (spots → colours), what it leaves of the colours, and which of them count, (N,).
    """

    def design(at: Floats) -> Floats:
        y, x = at.T / UNIT
        return np.column_stack([np.ones(len(at)), x, y, *([x * x, x * y, y * y] if curved else [])])

    columns = design(spot)
    kept = np.ones(len(spot), bool)
    for _ in range(ROUNDS):
        factors = np.linalg.lstsq(columns[kept], target[kept], rcond=None)[0]
        rest = target - columns @ factors
        off = largest(np.abs(rest))
        kept = off <= max(LEAST_OUTLIER, OUTLIER * float(np.median(off)))
        if kept.sum() < FEWEST:
            kept = off <= np.median(off)
    return lambda at: design(at) @ factors, rest, kept


def _grain(window: Pixels, ring: Mask) -> float:
    """Standard deviation of the ring's fine texture, levels: that between neighbouring pixels."""
    both = ring[:, 1:] & ring[:, :-1]
    if not both.any():
        return 0.0
    steps = total(np.abs(np.diff(window.astype(np.int16), axis=1)[both])) / 3
    return TO_DEVIATION * float(np.median(steps))


# Two colours that meet in a straight edge

FEWEST_TWO = 24  # px of the ring: fewer do not tell two colours
FIRST = 0.4  # share of the ring that has the more frequent colour, at least
SECOND = 0.02  # share of the ring that has the other one, at least
BOTH = 0.95  # share of the ring that has either, at least
EDGES = (0.005, 0.995)  # share of the second colour's pixels in each direction that lie in its rectangle
MOST_FOREIGN = 0.01  # share of the first colour's pixels that may lie in it


def _two_plain(window: Pixels, hole: Mask, ring: Mask) -> NDArray[np.uint8] | None:
    """Colours of `hole`, (N, 3), if `ring` is one colour but for a rectangle of another; else None.

    Round a caption right under a picture, or a label beside its field, it is so.
    """
    colours = window[ring]
    if len(colours) < FEWEST_TWO:
        return None
    first, _ = most_frequent(colours)
    own = contrast(colours, first) <= SAME
    if own.all() or own.mean() < FIRST:
        return None
    second, _ = most_frequent(colours[~own])
    other = contrast(colours, second) <= SAME
    if (own | other).mean() < BOTH or other.mean() < SECOND:
        return None
    places, asked = (np.column_stack(np.nonzero(part)) for part in (ring, hole))
    low, high = np.quantile(places[other], EDGES, axis=0)
    if ((places[own] >= low) & (places[own] <= high)).all(1).mean() > MOST_FOREIGN:
        return None
    there = ((asked >= low) & (asked <= high)).all(1)
    return np.where(there[:, None], second, first).astype(np.uint8)


# Rules that letters crossed

RULE = 5  # px: a rule is thinner, and goes on for longer on both sides of a letter
RULE_EVEN = 12  # levels: its colour differs by less from pixel to pixel, and from side to side
RULE_STEP = 20  # levels between it and what is above and below


def _continue_rules(result: Pixels, mask: Mask) -> None:
    """Continues, in place, horizontal rules that letters crossed, as the g of a heading does the line under it."""
    height, width = mask.shape
    steps = np.diff(np.pad(mask, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    rows, starts = np.nonzero(steps == 1)
    stops = np.nonzero(steps == -1)[1]
    inside = (starts >= RULE) & (stops <= width - RULE) & (rows >= RULE) & (rows < height - RULE)
    rows, starts, stops = rows[inside], starts[inside], stops[inside]
    reach = np.arange(RULE)
    sides = [(starts[:, None] - 1 - reach), (stops[:, None] + reach)]
    free = np.logical_and.reduce([~mask[rows[:, None], columns].any(axis=1) for columns in sides])
    left, right = (result[rows[:, None], columns].astype(np.int16) for columns in sides)
    even = np.logical_and.reduce([largest(np.ptp(side, axis=1)) < RULE_EVEN for side in (left, right)])
    colour = left.mean(axis=1)
    alike = contrast(colour, right.mean(axis=1)) < RULE_EVEN
    near = starts - RULE // 2
    # It is a thin line, and not the ground: what is above and below it is different, and so is what was filled in.
    others = [result[rows - RULE, near], result[rows + RULE, near], result[rows, (starts + stops) // 2]]
    thin = np.logical_and.reduce([contrast(colour, other) > RULE_STEP for other in others])
    for i in np.flatnonzero(free & even & alike & thin):
        result[rows[i], starts[i] : stops[i]] = np.rint(colour[i])
