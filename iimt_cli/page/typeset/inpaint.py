"""Fill a hole with its surroundings, stretched smoothly over it, and with the texture of a similar place.

Levels are 0..255. All values are by eye on photos and on the pictures in tests/test_page_page.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from itertools import pairwise
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from iimt_cli.page.arrays import Floats, Mask, Pixels
from iimt_cli.page.shapes import grown, shapes

# A place whose texture is copied into a hole is called its model.
# px (standard deviation of the blur): finer details are texture, which is copied; coarser ones are stretched
TEXTURE = 3.0
BLOCK = 32  # px: texture is copied in blocks of this size
UNLIKE = 40.0  # levels, differences in colour and roughness added up: a place that differs more is no model
ROUGHNESS = 2.0  # weight of a difference in roughness; one in colour has 1
# × the usual texture round the hole: pixels that stand out more belong to an object, not to texture
ROUGHEST = 4.0
FAR = 96  # px round a hole in which a model is looked for
NEARER = 0.02  # levels per px of distance, are added to the difference: near models are better
GRID = 4  # px from one place that is tried to the next
EDGES = 0.04  # share of a model's pixels that may stand out of its texture
MORE_EDGES = 1.5  # × the share of such pixels beside the hole, is added to that
SMOOTH = 0.5  # levels between neighbours (median): with less there is no texture to copy
# px round a hole that are compared with a model: not so far that they reach the frame of a button
BESIDE, NEAR = 4, 8
FEWEST = 40  # such pixels, at least
TOGETHER = 8  # px: holes nearer than twice this are filled as one
PADDING = 8  # px round a hole that the smooth surface starts from
SAMPLE = 7  # one of so many pixels is taken to measure the usual texture

ROUNDS = 24  # rounds of smoothing at each size
SMALLEST = 4  # px: a smaller window is filled with the mean of its known pixels
NOTHING_KNOWN = 1e-3  # share of a coarse pixel that is known: with less it is a part of the hole
TINY = 1e-6  # avoids dividing by zero
LITTLE_KNOWN = 1e-3  # weight of the known pixels, at least
NEIGHBOURS = np.array([[0, 0.25, 0], [0.25, 0, 0.25], [0, 0.25, 0]], np.float32)

Block: TypeAlias = tuple[slice, slice]


def inpaint(rgb: Pixels, mask: Mask, known: Mask) -> None:
    """Fill the holes in `mask`, (H, W), in place: surroundings stretched smoothly, and the texture of a similar place.

    known: (H, W), pixels that never were text.
    """
    ys, xs = np.nonzero(mask)
    reach = FAR + 3 * BLOCK
    top, left = max(0, int(ys.min()) - reach), max(0, int(xs.min()) - reach)
    around = (slice(top, int(ys.max()) + reach), slice(left, int(xs.max()) + reach))
    picture, hole, known = rgb[around], mask[around], known[around]
    level = _level(picture, known)
    texture = picture - level
    places = _places(known, level, texture)
    for x, y, w, h, _ in shapes(grown(hole, TOGETHER)).boxes:
        window = (slice(max(0, y - PADDING), y + h + PADDING), slice(max(0, x - PADDING), x + w + PADDING))
        inside = hole[window]
        smooth = _membrane(picture[window].astype(np.float32), inside)
        most = ROUGHEST * np.median(np.abs(texture[window][known[window]][::SAMPLE]))
        for block in _blocks(x, y, w, h):
            there = places.like(block, ~known, level, texture)
            if there is not None:
                part = hole[block]
                rows, columns = (
                    slice(b.start - o.start, b.stop - o.start) for b, o in zip(block, window, strict=True)
                )
                smooth[rows, columns][part] += np.clip(texture[there][part], -most, most)
        picture[window][inside] = np.rint(np.clip(smooth, 0, 255)).astype(np.uint8)[inside]


def _level(picture: Pixels, known: Mask) -> Floats:
    """The mean colour round each pixel, float32 (H, W, 3), of what is known there. In place: a page of these is large."""
    weight = known.astype(np.float32)
    level = picture.astype(np.float32)
    for plane in np.moveaxis(level, -1, 0):
        plane *= weight
    level = np.asarray(cv2.GaussianBlur(level, (0, 0), TEXTURE), np.float32)
    weight = np.maximum(cv2.GaussianBlur(weight, (0, 0), TEXTURE), LITTLE_KNOWN)
    for plane in np.moveaxis(level, -1, 0):
        plane /= weight
    return level


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
    """The block of BLOCK px round each pixel, as a place that may be a model.

    colour, rough: mean colour and roughness of the block, (H, W, 3). free: it holds no text, (H, W). edge: pixels that stand
    out of the texture, (H, W); edges: their share of the block, (H, W). steps: levels by which each pixel differs from its
    neighbour, (H, W).
    """

    colour: Floats
    rough: Floats
    free: Mask
    edge: Mask
    edges: Floats
    steps: Floats

    def like(self, block: Block, hole: Mask, level: Floats, texture: Floats) -> Block | None:
        """The free block near by that is most like the surroundings of the holes in `block`; None if no texture is needed."""
        near = tuple(slice(max(0, side.start - NEAR), side.stop + NEAR) for side in block)
        seen = grown(hole[near], BESIDE) & ~hole[near]
        if not hole[block].any() or seen.sum() < FEWEST or np.median(self.steps[near][seen]) < SMOOTH:
            return None  # the surroundings are smooth, even if an edge runs through them
        rows, columns = ((side.start + side.stop) // 2 for side in block)
        low, left = max(0, rows - FAR), max(0, columns - FAR)
        area = (slice(low, rows + FAR + 1, GRID), slice(left, columns + FAR + 1, GRID))
        off = np.abs(self.colour[area] - level[near][seen].mean(axis=0))
        off = off + ROUGHNESS * np.abs(self.rough[area] - texture[near][seen].std(axis=0))
        ys, xs = np.ogrid[: off.shape[0], : off.shape[1]]
        distance = np.hypot(low + GRID * ys - rows, left + GRID * xs - columns)
        score = off.sum(axis=2) + NEARER * distance
        thing = self.edges[area] > EDGES + MORE_EDGES * self.edge[near][seen].mean()
        score[~self.free[area] | (off.sum(axis=2) > UNLIKE) | thing] = np.inf
        y, x = np.unravel_index(int(score.argmin()), score.shape)
        if not np.isfinite(score[y, x]):
            return None
        dy, dx = low + GRID * int(y) - rows, left + GRID * int(x) - columns
        return (
            slice(block[0].start + dy, block[0].stop + dy),
            slice(block[1].start + dx, block[1].stop + dx),
        )


def _places(known: Mask, level: Floats, texture: Floats) -> _Places:
    size = (BLOCK + 1, BLOCK + 1)
    free = cv2.erode(
        known.astype(np.uint8), np.ones(size, np.uint8), borderType=cv2.BORDER_CONSTANT, borderValue=0
    )
    rough = np.asarray(cv2.blur(np.square(texture), size), np.float32)
    np.sqrt(np.maximum(rough, 0, out=rough), out=rough)
    planes = zip(np.moveaxis(level, -1, 0), np.moveaxis(texture, -1, 0), strict=True)
    steps = reduce(np.add, (np.abs(np.diff(one + other, axis=1, append=0)) for one, other in planes)) / 3
    some = texture.reshape(-1, 3)[np.flatnonzero(known)[::SAMPLE]]
    most = reduce(np.maximum, (np.abs(plane) for plane in np.moveaxis(texture, -1, 0)))
    edge = most > ROUGHEST * np.median(np.abs(some))
    edges = cv2.blur(edge.astype(np.float32), size)
    colour = np.asarray(cv2.blur(level, size), level.dtype)
    return _Places(colour, rough, free > 0, edge, edges, steps)


def _membrane(image: Floats, hole: Mask) -> NDArray[np.float32]:
    """The image, (H, W, 3), with a smooth surface in `hole`, (H, W): Laplace's equation, solved from coarse to fine.

    OpenCV's inpainting (Telea) leaves facets under large letters. This surface has no edges of its own.
    """
    height, width = hole.shape
    known = (~hole).astype(np.float32)
    if min(height, width) <= SMALLEST or known.min() == 1:
        weight = max(float(known.sum()), TINY)
        mean = (image * known[..., None]).sum(axis=(0, 1)) / weight
        return np.where(hole[..., None], mean, image).astype(np.float32)
    size = (-(-width // 2), -(-height // 2))
    share = cv2.resize(known, size, interpolation=cv2.INTER_AREA)
    colour = cv2.resize(image * known[..., None], size, interpolation=cv2.INTER_AREA)
    colour = colour / np.maximum(share, TINY)[..., None]
    coarse = _membrane(colour, share < NOTHING_KNOWN)
    start = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR)
    result = np.where(hole[..., None], start, image).astype(np.float32)
    for _ in range(ROUNDS):
        mean = cv2.filter2D(result, -1, NEIGHBOURS, borderType=cv2.BORDER_REPLICATE)
        cv2.copyTo(mean, hole.view(np.uint8), result)
    return result
