"""How much free room there is around a line, and which edge or middle a lone line keeps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from iimt_cli.page.paragraphs import Alignment
from iimt_cli.page.rectify import EM, HEIGHT, Geometry, cut

PADDING = 0.4 * EM  # kept free before an obstacle
REACH = 1600  # strip px that we look to either side


@dataclass(frozen=True)
class Obstacle:
    """What must not be drawn over. quad: [4, 2] in the picture; moves: it may itself grow towards us."""

    quad: np.ndarray
    moves: bool = False


def room(
    background: np.ndarray, geometry: Geometry, x0: float, x1: float, obstacles: Sequence[Obstacle]
) -> tuple[float, float]:
    """Columns (left, right) of the strip between which text on this line may stand; never less than x0..x1.

    background: uint8 [H, W, 3], the picture without its text. Limits are the picture's edges, obstacles, and
    edges in the background (a button's frame, an icon, another panel).
    """
    left, right = _inside(geometry, x0, x1, background.shape)
    # As far from one edge of the picture as the old text was from the other, within reason.
    margins = x0 - left, right - x1
    left += min(margins[1], 2 * EM) - PADDING
    right -= min(margins[0], 2 * EM) - PADDING
    for obstacle in obstacles:
        corners = geometry.to_strip(obstacle.quad)
        if corners[:, 1].max() < 0.2 * HEIGHT or corners[:, 1].min() > 0.88 * HEIGHT:
            continue
        start, end = float(corners[:, 0].min()), float(corners[:, 0].max())
        if start > (x0 + x1) / 2:
            right = min(right, (start + x1) / 2 if obstacle.moves else start)
        elif end < (x0 + x1) / 2:
            left = max(left, (end + x0) / 2 if obstacle.moves else end)
    left, right = _edges(background, geometry, x0, x1, left, right)
    return min(x0, left + PADDING), max(x1, right - PADDING)


def _inside(geometry: Geometry, x0: float, x1: float, shape: tuple[int, ...]) -> tuple[float, float]:
    height, width = shape[:2]
    xs = np.arange(int(x0) - REACH, int(x1) + REACH)
    inside = np.ones(len(xs), bool)
    for row in (4.0, 28.0):
        points = geometry.to_picture(np.column_stack([xs, np.full(len(xs), row)]))
        inside &= ((points >= 0) & (points <= [width, height])).all(axis=1)
    before = np.flatnonzero(~inside & (xs < x0))
    after = np.flatnonzero(~inside & (xs > x1))
    return (
        float(xs[before[-1]] + 1) if len(before) else float(xs[0]),
        float(xs[after[0]] - 1) if len(after) else float(xs[-1]),
    )


def _edges(
    background: np.ndarray, geometry: Geometry, x0: float, x1: float, left: float, right: float
) -> tuple[float, float]:
    low, high = int(min(left, x0)), int(max(right, x1)) + 1
    strip = cut(background, geometry.moved(x=low, width=high - low)).astype(np.int16)[2:30]
    step = np.zeros(strip.shape[:2])
    step[:, 1:-1] = np.abs(strip[:, 2:] - strip[:, :-2]).max(axis=2)
    a, b = int(x0) - low, int(x1) - low
    calm = bool(np.quantile(step[:, max(0, a - 12) : b + 12], 0.9) < 10)
    # On a calm background any mark is in the way; on a photo only an edge as tall as the line is.
    busy = (step > 18).sum(axis=0) >= (2 if calm else 17)
    before, after = np.flatnonzero(busy[: max(a - 3, 0)]), np.flatnonzero(busy[b + 3 :])
    return (
        max(left, float(low + before[-1] + 1)) if len(before) else left,
        min(right, float(low + b + 3 + after[0])) if len(after) else right,
    )


def is_free(
    background: np.ndarray, geometry: Geometry, x0: float, x1: float, obstacles: Sequence[Obstacle]
) -> bool:
    """May text be drawn on columns x0..x1 of this strip? If they are in the picture, plain, and clear."""
    height, width = background.shape[:2]
    corners = geometry.to_picture(np.array([[x0, 2], [x1, 2], [x1, HEIGHT], [x0, HEIGHT]], float))
    if (corners < 0).any() or (corners > [width, height]).any():
        return False
    for obstacle in obstacles:
        other = geometry.to_strip(obstacle.quad)
        (ox0, oy0), (ox1, oy1) = other.min(0), other.max(0)
        if ox0 < x1 + PADDING and ox1 > x0 - PADDING and oy0 < 0.9 * HEIGHT and oy1 > 0.15 * HEIGHT:
            return False
    strip = cut(background, geometry.moved(x=int(x0), width=max(2, int(x1 - x0)))).astype(np.int16)
    across = np.abs(np.diff(strip, axis=0)).max(axis=2)
    along = np.abs(np.diff(strip, axis=1)).max(axis=2)
    return bool((across > 18).mean() < 0.01 and (along > 18).mean() < 0.01)


def lone_alignment(
    geometry: Geometry,
    x0: float,
    x1: float,
    limits: tuple[float, float],
    others: Sequence[np.ndarray],
    shape: tuple[int, ...],
) -> Alignment:
    """What a single line keeps when its length changes: its left end, its middle or its right end.

    limits: its `room`. others: quads of the other lines; sharing an edge or a middle with one of them decides
    first, then being centred between the limits (a button) or in the picture.
    """
    middle, width = (x0 + x1) / 2, x1 - x0
    votes = {"left": 0.0, "center": 0.0, "right": 0.0}
    for quad in others:
        corners = geometry.to_strip(quad)
        ox0, ox1 = (corners[0, 0] + corners[3, 0]) / 2, (corners[1, 0] + corners[2, 0]) / 2
        if abs(float(corners[:, 1].mean()) - HEIGHT / 2) > 8 * HEIGHT:
            continue
        # boxes stand about .2 em off the ink on both sides
        same_length = abs((ox1 - ox0) - width - 0.4 * EM) < 0.25 * EM
        if same_length:
            continue  # agrees with every alignment
        votes["left"] += abs(ox0 + 0.2 * EM - x0) < 0.3 * EM
        votes["right"] += abs(ox1 - 0.2 * EM - x1) < 0.3 * EM
        votes["center"] += abs((ox0 + ox1) / 2 - middle) < 0.3 * EM
    a, b = x0 - limits[0], limits[1] - x1
    if min(a, b) > 0 and abs(a - b) < 0.12 * (a + b) + 0.2 * EM and a + b < 3 * width + 6 * EM:
        votes["center"] += 1.5
    ends = geometry.to_picture(np.array([[x0, HEIGHT / 2], [x1, HEIGHT / 2]]))
    if (
        abs(float(ends[:, 0].mean()) - shape[1] / 2) < 0.012 * shape[1]
        and float(ends[0, 0]) > 0.06 * shape[1]
    ):
        # an edge shared with another line is better evidence than the middle of the picture
        votes["center"] += 0.9 if max(votes["left"], votes["right"]) else 1.5
    # one other line with the same middle is chance
    if votes["center"] >= 1.5 and votes["center"] > max(votes["left"], votes["right"]):
        return "center"
    return "right" if votes["right"] > votes["left"] else "left"
