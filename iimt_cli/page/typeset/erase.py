"""Remove text from a picture: exact fills where the surroundings are plain, inpainting elsewhere.

Levels are 0..255. All values are by eye on the examples and on the pictures in tests/test_page_page.py, unless a measurement
is given.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from iimt_cli.page.arrays import Coverage, Floats, Mask, Pixels
from iimt_cli.page.colours import contrast, largest, most_frequent, total
from iimt_cli.page.ink.halo import halo_mask
from iimt_cli.page.paragraphs import TextLine
from iimt_cli.page.rectify import Geometry, picture_box, to_picture
from iimt_cli.page.runs import runs
from iimt_cli.page.shapes import Shapes, grown, rounded, shapes
from iimt_cli.page.typeset.inpaint import inpaint
from iimt_cli.page.typeset.pattern import repeated

# The pixels of a line

TO_ERASE = 0.3  # erase mask from which a pixel is erased
MARGIN = 4  # picture px round the strip in which the mask may grow
STRIP_MARGIN = 3  # strip px, are added to that
SMALL = 0.8  # picture px per strip px: for smaller text one picture px round the letters is erased, too
MOST_ROUNDS = 12  # px by which the ground goes on under the dilated mask, at most
# strip px: so uncertain is the edge of letters; it is erased, with one picture px for fringes and ringing
DOUBT = 0.7


def add_erased(
    mask: Mask,
    geometry: Geometry,
    erase: Coverage,
    rows: tuple[float, float] = (-np.inf, np.inf),
    dilated: bool = True,
) -> None:
    """Adds, in place, the pixels under the erase mask (32, W) of one strip, slightly `dilated`, to those of a picture, (H, W).

    rows: of the strip, within which it may be dilated.
    """
    columns = np.flatnonzero((erase > TO_ERASE).any(axis=0))
    if len(columns) == 0:
        return
    ends = (columns[0] - 1.0, columns[-1] + 2.0)
    box = picture_box(geometry, mask.shape, margin=MARGIN + STRIP_MARGIN * geometry.scale, columns=ends)
    x0, y0, x1, y1 = box
    part = to_picture(_widest(erase, geometry.scale), geometry.matrix, box) > TO_ERASE
    if dilated:
        part = rounded(part, 1 if geometry.scale < SMALL else int(np.ceil(DOUBT * geometry.scale)) + 1)
    if np.isfinite(rows).any():
        y, x = np.nonzero(part)
        at = geometry.to_strip(np.column_stack([x + x0 + 0.5, y + y0 + 0.5]))[:, 1]
        part[y, x] = (at > rows[0]) & (at < rows[1])
    mask[y0:y1, x0:x1] |= part


def mask_of(
    shape: tuple[int, ...], lines: Sequence[TextLine], letters: bool = False, dilated: bool = True
) -> Mask:
    """The pixels, (H, W), of lines with their outlines, shadows and glow, or of their `letters` alone."""
    mask = np.zeros(shape[:2], bool)
    for line in lines:
        add_erased(mask, line.geometry, line.ink if letters else line.erase, line.rows, dilated)
        if line.halo is not None and not letters:
            mask |= halo_mask(shape, line.geometry, line.ink, line.halo)
    return mask


def bared(view: Pixels, lines: Sequence[TextLine]) -> Pixels:
    """A view, (H, W, 3), without some lines."""
    mask, inner = (mask_of(view.shape, lines, dilated=dilated) for dilated in (True, False))
    return fill(view, without_ground(view, mask, inner))


def without_ground(rgb: Pixels, mask: Mask, letters: Mask) -> Mask:
    """The mask, (H, W), without pixels round the `letters`, (H, W), that have the colour of what is beside the mask.

    So the edge of a box, a marked word or a frame stays where it is, although the mask reaches beyond it.
    """
    height, width = mask.shape
    ys, xs = np.nonzero(mask & ~letters)
    inner = (ys > 0) & (ys < height - 1) & (xs > 0) & (xs < width - 1)
    rim = ys[inner] * width + xs[inner]
    own, kept, asked = rgb.reshape(-1, 3), ~mask.ravel(), np.zeros(mask.size, bool)
    asked[rim] = True
    beside = own.copy()  # the colour of the ground from which a pixel was reached
    steps = (1, -1, width, -width)
    for _ in range(MOST_ROUNDS):
        colours, found = own[rim].astype(np.int16), np.zeros(len(rim), bool)
        for step in steps:
            there = beside[rim + step]
            reached = kept[rim + step] & ~found & (largest(np.abs(colours - there)) <= SAME)
            beside[rim[reached]] = there[reached]
            found |= reached
        if not found.any():
            break
        kept[rim[found]], asked[rim[found]] = True, False
        # what was not reached from pixels that were there before can only be reached from new ones
        near = np.unique(np.concatenate([rim[found] + step for step in steps]))
        rim = near[asked[near]]
    return np.asarray(~kept.reshape(mask.shape))


def _widest(erase: Coverage, scale: float) -> Coverage:
    """The erase mask, widened if the strip shrinks into the picture, so that thin parts do not fall between the samples."""
    if scale >= 1:
        return erase
    widened = cv2.dilate(np.ascontiguousarray(erase, np.float32), np.ones((2, 2), np.uint8), anchor=(0, 0))
    return np.asarray(widened, np.float32)


# Filling word by word

# × the usual height of letters: half of the widest gap between letters that are filled together
WORD_GAP = 0.3
LEAST_GAP = 3  # px: WORD_GAP is at least this
FLATTER = 4  # up and down, gaps that are filled are smaller by this factor
AROUND = 0.5  # × the height of a word: how far round it the background is looked at
AROUND_PX = (5, 24)  # px: AROUND is at least and at most this
PATTERN = 1.0  # × the height of a word: how far round it a pattern is looked for
PATTERN_PX = (40, 120)  # px: PATTERN is at least and at most this
SPOT = 12  # levels: a pixel that differs by more from the usual colour is of a spot
MANY_SPOTS = 10  # round a word: fewer spots are no pattern
NEARLY_ALL = 0.98  # share of a ring that has its usual colour: then it has no other part
LONG_TURN = 6  # px: width of another part of it, at least
LEAST_SPOTTED = 0.005  # share of the window round a word that spots cover, at least


def fill(rgb: Pixels, mask: Mask, seed: int = 0) -> Pixels:
    """The picture, (H, W, 3), with the pixels under `mask`, (H, W), replaced by the background.

    Each word is filled by itself. Surroundings that are plain, shaded or repeat themselves are continued exactly, with
    their noise; all others are inpainted. Pixels outside the mask never change.
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
        filled = _in_parts(result[window], here, ring, random)
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
    """A window round a word, (x, y, w, h), that is large enough to show that a pattern repeats itself."""
    x, y, w, h = box
    pad = int(np.clip(PATTERN * h, *PATTERN_PX))
    return slice(max(0, y - pad), min(shape[0], y + h + pad)), slice(
        max(0, x - pad), min(shape[1], x + w + pad)
    )


def _words(mask: Mask) -> Shapes:
    """The letters in a mask, (H, W), joined to words by their distance (WORD_GAP)."""
    height = float(np.median(shapes(mask).table[1:, cv2.CC_STAT_HEIGHT]))
    reach = max(LEAST_GAP, int(WORD_GAP * height))
    kernel = np.ones((2 * (reach // FLATTER) + 1, 2 * reach + 1), np.uint8)
    closed = cv2.morphologyEx(np.pad(mask, reach).astype(np.uint8), cv2.MORPH_CLOSE, kernel)
    return shapes(closed[reach:-reach, reach:-reach] > 0)


def _filled(window: Pixels, hole: Mask, ring: Mask, random: np.random.Generator) -> NDArray[np.uint8] | None:
    """Colours of a `hole`, (N, 3), that continue the `ring` round it exactly; None if none of the exact ways fits."""
    filled = _one_colour(window, hole, ring)
    if filled is None:
        filled = _plain(window, hole, ring, random)
    if filled is None:
        filled = _two_plain(window, hole, ring)
    return filled


def _in_parts(
    window: Pixels, hole: Mask, ring: Mask, random: np.random.Generator
) -> NDArray[np.uint8] | None:
    """The same as `_filled`, in parts where a plain ground turns into another one, as at the edge of a shade."""
    edges = _turns(window, ring) if _grain(window, ring) < EXACT_RMS else []  # grain has no one colour
    if not edges:
        return _filled(window, hole, ring, random)
    result = window.copy()
    for a, b in pairwise([0, *edges, hole.shape[1]]):
        part, beside = np.zeros_like(hole), np.zeros_like(ring)
        part[:, a:b], beside[:, a:b] = hole[:, a:b], ring[:, a:b]
        if part.any():
            filled = _filled(window, part, beside, random)
            if filled is None:
                return _filled(window, hole, ring, random)
            result[part] = filled
    return np.asarray(result[hole])


def _turns(window: Pixels, ring: Mask) -> list[int]:
    """The columns of a window, (h, w), at which the usual colour of its ring begins or ends; none if nearly all has it."""
    colours = window[ring]
    if len(colours) < FEWEST:
        return []
    usual, _ = most_frequent(colours)
    off = ring & (contrast(window.astype(np.int16), usual) > SAME)
    if off.sum() < (1 - NEARLY_ALL) * len(colours):
        return []
    turned = 2 * off.sum(axis=0) > np.maximum(ring.sum(axis=0), 1)
    long = [(a, b) for a, b in runs(turned, LONG_TURN) if b - a >= LONG_TURN]
    return sorted({edge for span in long for edge in span if 0 < edge < ring.shape[1]})


# One colour next to the letters, whatever is farther away, such as the frame of a button

NEXT = 2  # px from the hole that count as next to it
FEWEST = 12  # such px, at least
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

SAME = 3  # levels: colours that differ less count as one (rounding)
MOSTLY = 0.85  # share of the ring that has about one colour
EXACTLY = 0.7  # share of the ring that has exactly this colour
PLENTY = 2500  # px of the ring that are fitted, at most: enough for the few numbers of a shade
EXACT_RMS = 0.8  # levels (root mean square): a ring that differs less from a shade has no grain
OF_GRAIN = 1.3  # × the grain: a ring with grain differs by no more than this from its shade
PLAIN_RMS = 5.0  # levels (root mean square): with more noise (JPEG, paper) a background is not plain
FITTED = 0.85  # share of the ring that a shade must fit
ROUNDS = 4  # rounds of fitting, each without the outliers of the round before
OUTLIER = 3.75  # × the usual distance from the shade, beyond which a pixel is an outlier
LEAST_OUTLIER = 2.5  # levels: an outlier differs at least so much
UNIT = 16.0  # px: keeps the numbers of a shade near 1
TO_DEVIATION = 1.05  # median step between neighbours → standard deviation of a normal distribution: 1.48 / √2


def _plain(window: Pixels, hole: Mask, ring: Mask, random: np.random.Generator) -> NDArray[np.uint8] | None:
    """Colours of `hole`, (N, 3), if the `ring` has one colour or a shade, with or without grain; else None."""
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
    # grain of paper or JPEG: residues of the ring, drawn at random, give the hole the same grain
    if rms > EXACT_RMS:
        filled = filled + rest[kept][random.integers(int(kept.sum()), size=len(filled))]
    return np.rint(np.clip(filled, 0, 255)).astype(np.uint8)


def _surface(spot: Floats, target: Floats, curved: bool) -> tuple[Callable[[Floats], Floats], Floats, Mask]:
    """Fit a linear or, if `curved`, quadratic shade to colours `target`, (N, 3), at places `spot`, (N, 2), without outliers.

    Returns the shade (places → colours), the residues of the colours, and which of them are no outliers, (N,).
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
    """The grain of the ring: standard deviation, levels, estimated from the differences of neighbouring pixels."""
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
    """Colours of `hole`, (N, 3), if the `ring` has one colour and a rectangle of another one; else None.

    A caption right under a picture, or a label beside its field, has such a ring.
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


# Rules that erased letters crossed

RULE = 5  # px: a rule is thinner than this, and longer than this on both sides of a letter
RULE_EVEN = 12  # levels: the colour of a rule differs by less from pixel to pixel, and from side to side
RULE_STEP = 20  # levels between a rule and the pixels above and below it, at least


def _continue_rules(result: Pixels, mask: Mask) -> None:
    """Continue, in place, horizontal rules that letters crossed, such as the line under a heading with a g."""
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
    # A rule differs from the pixels above and below it, and from the colour that was filled in.
    others = [result[rows - RULE, near], result[rows + RULE, near], result[rows, (starts + stops) // 2]]
    thin = np.logical_and.reduce([contrast(colour, other) > RULE_STEP for other in others])
    for i in np.flatnonzero(free & even & alike & thin):
        result[rows[i], starts[i] : stops[i]] = np.rint(colour[i])
