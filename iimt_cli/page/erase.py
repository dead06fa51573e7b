"""Remove text from a picture: exact fills where the surroundings are plain, inpainting elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np

from iimt_cli.page.colours import largest, total
from iimt_cli.page.rectify import Geometry, picture_box, to_picture

TEXTURE = 3.0  # px: finer than this is texture, which is copied; coarser is continued
BLOCK = 32  # px: texture is copied in blocks of this size
UNLIKE = 40.0  # grey levels, colours and roughness added up: a place that differs more is no model
ROUGHEST = 4.0  # × the usual texture round the hole: what stands out more is a thing, not texture
FAR = 96  # px that we look for it
PLAIN_RMS = 5.0  # grey levels: noise up to here (JPEG, paper) still counts as a plain background

NEXT = 2  # px
RULE = 5  # px: a rule is thinner, and goes on for longer on both sides of a letter

Block = tuple[slice, slice]


def erase_mask(
    shape: tuple[int, ...],
    geometry: Geometry,
    erase: np.ndarray,
    rows: tuple[float, float] = (-np.inf, np.inf),
) -> np.ndarray:
    """The picture's pixels, bool [H, W], under the erase mask [32, W] of one strip, slightly dilated within its `rows`."""
    mask = np.zeros(shape[:2], bool)
    if not (erase > 0.3).any():
        return mask
    columns = np.flatnonzero((erase > 0.3).any(axis=0))
    box = picture_box(
        geometry, shape, margin=4 + 3 * geometry.scale, columns=(columns[0] - 1.0, columns[-1] + 2.0)
    )
    x0, y0, x1, y1 = box
    part = to_picture(_widest(erase, geometry.scale), geometry.matrix, box) > 0.3
    # Half a strip pixel of doubt about the edge, and picture pixels for anti-aliasing, fringes and ringing.
    radius = 1 if geometry.scale < 0.8 else int(np.ceil(0.7 * geometry.scale)) + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    part = cv2.dilate(part.astype(np.uint8), kernel) > 0
    if np.isfinite(rows).any():
        y, x = np.nonzero(part)
        at = geometry.to_strip(np.column_stack([x + x0 + 0.5, y + y0 + 0.5]))[:, 1]
        part[y, x] = (at > rows[0]) & (at < rows[1])
    mask[y0:y1, x0:x1] = part
    return mask


def _widest(erase: np.ndarray, scale: float) -> np.ndarray:
    """When a strip shrinks into the picture, thin parts must not fall between the samples."""
    if scale >= 1:
        return erase
    return cv2.dilate(np.ascontiguousarray(erase, np.float32), np.ones((2, 2), np.uint8), anchor=(0, 0))


def fill(rgb: np.ndarray, mask: np.ndarray, seed: int = 0) -> np.ndarray:
    """The picture, uint8 [H, W, 3], with the pixels under `mask` (bool [H, W]) replaced by the background.

    Each word is judged alone: a plain or linearly shaded surrounding is continued exactly (with its own
    noise); anything else is inpainted. Pixels outside the mask are never touched.
    """
    result = rgb.copy()
    if not mask.any():
        return result
    random = np.random.default_rng(seed)
    # letters → words: closing bridges the gaps between letters, whose sizes we take from the mask itself
    count, labels, stats = _words(mask)
    rest = np.zeros_like(mask)
    for i in range(1, count):
        x, y, w, h, _ = stats[i]
        pad = int(np.clip(0.5 * min(w, h), 5, 24))
        x0, y0, x1, y1 = max(0, x - pad), max(0, y - pad), x + w + pad, y + h + pad
        window = (slice(y0, y1), slice(x0, x1))
        here = (labels[window] == i) & mask[window]
        near = cv2.dilate(here.astype(np.uint8), np.ones((2 * pad + 1,) * 2, np.uint8)).astype(bool)
        ring = near & ~mask[window]
        filled = _one_colour(result[window], here, ring)
        if filled is None:
            filled = _plain(result[window], here, ring, random)
        if filled is None:
            filled = _two_plain(result[window], here, ring)
        if filled is None:
            rest[window] |= here
        else:
            result[window][here] = filled
    if rest.any():
        _inpaint(result, rest, ~mask)
    _continue_rules(result, mask)
    return result


def _continue_rules(result: np.ndarray, mask: np.ndarray) -> None:
    """Draws on, in place, the horizontal rules that letters crossed: the g of a heading with a line under it."""
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
    even = np.logical_and.reduce([largest(np.ptp(side, axis=1)) < 12 for side in (left, right)])
    colour = left.mean(axis=1)
    alike = largest(np.abs(colour - right.mean(axis=1))) < 12
    near = starts - RULE // 2
    # a thin line, not the ground: above and below it is something else, and what was filled in is like that
    others = [result[rows - RULE, near], result[rows + RULE, near], result[rows, (starts + stops) // 2]]
    thin = np.logical_and.reduce([largest(np.abs(colour - other)) > 20 for other in others])
    for i in np.flatnonzero(free & even & alike & thin):
        result[rows[i], starts[i] : stops[i]] = np.rint(colour[i])


def _words(mask: np.ndarray) -> tuple[int, np.ndarray, np.ndarray]:
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    height = float(np.median(stats[1:, cv2.CC_STAT_HEIGHT]))
    reach = max(3, int(0.3 * height))
    closed = cv2.morphologyEx(
        np.pad(mask, reach).astype(np.uint8),
        cv2.MORPH_CLOSE,
        np.ones((2 * (reach // 4) + 1, 2 * reach + 1), np.uint8),
    )[reach:-reach, reach:-reach]
    count, labels, stats, _ = cv2.connectedComponentsWithStats(closed, connectivity=8)
    return count, labels, stats


def _one_colour(window: np.ndarray, hole: np.ndarray, ring: np.ndarray) -> np.ndarray | None:
    """Colours of `hole`, uint8 [n, 3], if what is next to it is one colour, whatever is farther: the frame of a button."""
    near = cv2.dilate(hole.astype(np.uint8), np.ones((2 * NEXT + 1,) * 2, np.uint8)) > 0
    colours = window[near & ring].astype(int)
    if len(colours) < 12:
        return None
    usual = _usual(colours)
    if (colours == usual).all(1).mean() < 0.85:
        return None
    return np.broadcast_to(usual.astype(np.uint8), (int(hole.sum()), 3))


def _plain(
    window: np.ndarray, hole: np.ndarray, ring: np.ndarray, random: np.random.Generator
) -> np.ndarray | None:
    """Colours of `hole`, uint8 [n, 3], if those of `ring` are one colour or a linear shade; else None."""
    colours = window[ring]
    if len(colours) < 12:
        return None
    usual = _usual(colours.astype(int))
    if (largest(np.abs(colours - usual)) <= 3).mean() > 0.85 and (colours == usual).all(1).mean() > 0.7:
        return np.broadcast_to(usual.astype(np.uint8), (int(hole.sum()), 3))
    some = slice(None, None, -(-len(colours) // 2500))  # plenty for six numbers
    spot = np.column_stack(np.nonzero(ring))[some] - np.array(window.shape[:2]) / 2
    colours = colours[some].astype(np.float64)
    shade, rest, kept = _surface(spot, colours, curved=False)
    grain = _grain(window, ring)
    if kept.mean() < 0.85 or np.sqrt((rest[kept] ** 2).mean()) > max(0.8, 1.3 * grain):
        shade, rest, kept = _surface(spot, colours, curved=True)
    rms = float(np.sqrt((rest[kept] ** 2).mean()))
    if rms > min(PLAIN_RMS, max(0.8, 1.3 * grain)) or kept.mean() < 0.85:
        return None
    ys, xs = np.nonzero(hole)
    filled = shade(np.column_stack([ys, xs]) - np.array(window.shape[:2]) / 2)
    if rms > 0.8:  # paper grain, JPEG: the same grain, drawn from the surroundings
        filled = filled + rest[kept][random.integers(int(kept.sum()), size=len(filled))]
    return np.rint(np.clip(filled, 0, 255)).astype(np.uint8)


def _two_plain(window: np.ndarray, hole: np.ndarray, ring: np.ndarray) -> np.ndarray | None:
    """Colours of `hole`, uint8 [n, 3], if `ring` is one colour but for a rectangle of another; else None.

    So stand a caption right under a picture, and a label at the side of its field.
    """
    colours = window[ring].astype(int)
    if len(colours) < 24:
        return None
    first = _usual(colours)
    own = largest(np.abs(colours - first)) <= 3
    if own.all() or own.mean() < 0.4:
        return None
    second = _usual(colours[~own])
    other = largest(np.abs(colours - second)) <= 3
    if (own | other).mean() < 0.95 or other.mean() < 0.02:
        return None
    places, asked = (np.column_stack(np.nonzero(part)) for part in (ring, hole))
    low, high = np.quantile(places[other], (0.005, 0.995), axis=0)
    if ((places[own] >= low) & (places[own] <= high)).all(1).mean() > 0.01:
        return None
    there = ((asked >= low) & (asked <= high)).all(1)
    return np.where(there[:, None], second, first).astype(np.uint8)


def _usual(colours: np.ndarray) -> np.ndarray:
    """The most frequent of colours, int [n, 3]."""
    codes, counts = np.unique(colours @ [65536, 256, 1], return_counts=True)
    code = int(codes[counts.argmax()])
    return np.array([code >> 16, code >> 8 & 255, code & 255])


def _surface(
    spot: np.ndarray, target: np.ndarray, curved: bool
) -> tuple[Callable[[np.ndarray], np.ndarray], np.ndarray, np.ndarray]:
    """Fit a plane or a curved (quadratic) shade to colours [n, 3] at spots [n, 2], whatever a few of them are.

    Returns the shade (spots → colours), what it leaves of the colours, and which of them count, bool [n].
    """

    def design(at: np.ndarray) -> np.ndarray:
        y, x = at.T / 16.0
        return np.column_stack([np.ones(len(at)), x, y, *([x * x, x * y, y * y] if curved else [])])

    columns = design(spot)
    kept = np.ones(len(spot), bool)
    for _ in range(4):
        factors = np.linalg.lstsq(columns[kept], target[kept], rcond=None)[0]
        rest = target - columns @ factors
        off = largest(np.abs(rest))
        kept = off <= max(2.5, 3.75 * float(np.median(off)))
        if kept.sum() < 12:
            kept = off <= np.median(off)
    return lambda at: design(at) @ factors, rest, kept


def _grain(window: np.ndarray, ring: np.ndarray) -> float:
    """Standard deviation of the ring's fine texture, grey levels: that between neighbouring pixels."""
    both = ring[:, 1:] & ring[:, :-1]
    if not both.any():
        return 0.0
    steps = total(np.abs(np.diff(window.astype(np.int16), axis=1)[both])) / 3
    return 1.05 * float(np.median(steps))  # of a normal distribution: 1.48 × median / √2


def _inpaint(rgb: np.ndarray, mask: np.ndarray, known: np.ndarray) -> None:
    """Stretch the surroundings smoothly over each hole in `mask`, with the texture of a place like it; in place.

    known: bool [H, W], pixels that never were text.
    """
    ys, xs = np.nonzero(mask)
    reach = FAR + 3 * BLOCK
    top, left = max(0, int(ys.min()) - reach), max(0, int(xs.min()) - reach)
    around = (slice(top, int(ys.max()) + reach), slice(left, int(xs.max()) + reach))
    picture, hole, known = rgb[around], mask[around], known[around]
    weight = known.astype(np.float32)
    level = cv2.GaussianBlur(picture * weight[..., None], (0, 0), TEXTURE)
    level = level / np.maximum(cv2.GaussianBlur(weight, (0, 0), TEXTURE), 1e-3)[..., None]
    texture = picture - level
    places = _places(known, level, texture)
    count, _, stats, _ = cv2.connectedComponentsWithStats(
        cv2.dilate(hole.astype(np.uint8), np.ones((17, 17), np.uint8)), connectivity=8
    )
    for x, y, w, h, _ in stats[1:count]:
        pad = 8
        window = (slice(max(0, y - pad), y + h + pad), slice(max(0, x - pad), x + w + pad))
        inside = hole[window]
        smooth = _membrane(picture[window].astype(np.float32), inside)
        most = ROUGHEST * np.median(np.abs(texture[window][known[window]][::7]))
        for block in _blocks(x, y, w, h):
            there = places.like(block, ~known, level, texture)
            if there is not None:
                part = hole[block]
                local = tuple(
                    slice(b.start - o.start, b.stop - o.start) for b, o in zip(block, window, strict=True)
                )
                smooth[local][part] += np.clip(texture[there][part], -most, most)
        picture[window][inside] = np.rint(np.clip(smooth, 0, 255)).astype(np.uint8)[inside]


def _blocks(x: int, y: int, w: int, h: int) -> list[Block]:
    """Cut a box into blocks of at most BLOCK px, none much smaller than the others."""
    xs, ys = (np.linspace(0, n, -(-n // BLOCK) + 1).astype(int) for n in (w, h))
    return [
        (slice(y + int(c), y + int(d)), slice(x + int(a), x + int(b)))
        for a, b in pairwise(xs)
        for c, d in pairwise(ys)
    ]


@dataclass(frozen=True)
class _Places:
    """Blocks of BLOCK px round each pixel, float32 [H, W, 3] and bool [H, W]: colour, roughness; free of text?

    edge: bool [H, W], what stands out of the texture; edges: its share in the block, float32 [H, W].
    steps: float32 [H, W], how much each pixel differs from its neighbour.
    """

    colour: np.ndarray
    rough: np.ndarray
    free: np.ndarray
    edge: np.ndarray
    edges: np.ndarray
    steps: np.ndarray

    def like(self, block: Block, hole: np.ndarray, level: np.ndarray, texture: np.ndarray) -> Block | None:
        """A free block near by whose colour and texture are most like those beside the holes of this one."""
        near = tuple(slice(max(0, side.start - 8), side.stop + 8) for side in block)
        beside = cv2.dilate(hole[near].astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
        seen = beside & ~hole[near]  # not as far as the frame of a button
        if not hole[block].any() or seen.sum() < 40 or np.median(self.steps[near][seen]) < 0.5:
            return None  # smooth, but for an edge or two
        rows, columns = ((side.start + side.stop) // 2 for side in block)
        low, left = max(0, rows - FAR), max(0, columns - FAR)
        area = (slice(low, rows + FAR + 1, 4), slice(left, columns + FAR + 1, 4))
        off = np.abs(self.colour[area] - level[near][seen].mean(axis=0))
        off = off + 2 * np.abs(self.rough[area] - texture[near][seen].std(axis=0))
        ys, xs = np.ogrid[: off.shape[0], : off.shape[1]]
        score = off.sum(axis=2) + 0.02 * np.hypot(low + 4 * ys - rows, left + 4 * xs - columns)
        thing = self.edges[area] > 0.04 + 1.5 * self.edge[near][seen].mean()
        score[~self.free[area] | (off.sum(axis=2) > UNLIKE) | thing] = np.inf
        y, x = np.unravel_index(int(score.argmin()), score.shape)
        if not np.isfinite(score[y, x]):
            return None
        dy, dx = low + 4 * int(y) - rows, left + 4 * int(x) - columns
        return (
            slice(block[0].start + dy, block[0].stop + dy),
            slice(block[1].start + dx, block[1].stop + dx),
        )


def _places(known: np.ndarray, level: np.ndarray, texture: np.ndarray) -> _Places:
    size = (BLOCK + 1, BLOCK + 1)
    free = cv2.erode(
        known.astype(np.uint8), np.ones(size, np.uint8), borderType=cv2.BORDER_CONSTANT, borderValue=0
    )
    rough = np.sqrt(np.maximum(cv2.blur(texture**2, size), 0))
    steps = total(np.abs(np.diff(level + texture, axis=1, append=0))) / 3
    edge = largest(np.abs(texture)) > ROUGHEST * np.median(np.abs(texture[known][::7]))
    edges = cv2.blur(edge.astype(np.float32), size)
    return _Places(cv2.blur(level, size), rough, free > 0, edge, edges, steps)


def _membrane(image: np.ndarray, hole: np.ndarray, rounds: int = 24) -> np.ndarray:
    """Solve Laplace's equation in `hole`, coarse to fine; float32 [h, w, 3].

    Telea's method leaves a patchwork of facets under large letters; a membrane has no edges of its own.
    """
    height, width = hole.shape
    known = (~hole).astype(np.float32)
    if min(height, width) <= 4 or known.min() == 1:
        weight = max(float(known.sum()), 1e-6)
        mean = (image * known[..., None]).sum(axis=(0, 1)) / weight
        return np.where(hole[..., None], mean, image).astype(np.float32)
    size = (-(-width // 2), -(-height // 2))
    share = cv2.resize(known, size, interpolation=cv2.INTER_AREA)
    colour = cv2.resize(image * known[..., None], size, interpolation=cv2.INTER_AREA)
    colour = colour / np.maximum(share, 1e-6)[..., None]
    coarse = _membrane(colour, share < 1e-3, rounds)
    start = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR)
    result = np.where(hole[..., None], start, image).astype(np.float32)
    kernel = np.array([[0, 0.25, 0], [0.25, 0, 0.25], [0, 0.25, 0]], np.float32)
    for _ in range(rounds):
        mean = cv2.filter2D(result, -1, kernel, borderType=cv2.BORDER_REPLICATE)
        result[hole] = mean[hole]
    return result
