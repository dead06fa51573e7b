"""How much free room there is around a line, and which edge or middle a lone line keeps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from iimt_cli.page.colours import largest
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
    a, b = between(geometry, x0, x1, obstacles)
    left, right = max(left, a), min(right, b)
    before, after = _edges(background, geometry, x0, x1, left, right)
    left, right = (left if before is None else before), (right if after is None else after)
    return min(x0, left + PADDING), max(x1, right - PADDING)


def between(geometry: Geometry, x0: float, x1: float, obstacles: Sequence[Obstacle]) -> tuple[float, float]:
    """Columns (left, right) of the strip where the nearest obstacles left and right of a line end and begin."""
    left, right = -np.inf, np.inf
    for obstacle in obstacles:
        reach = _beside(geometry, obstacle.quad)
        if reach is None:
            continue
        start, end = reach
        if start > (x0 + x1) / 2:
            right = min(right, (start + x1) / 2 if obstacle.moves else start)
        elif end < (x0 + x1) / 2:
            left = max(left, (end + x0) / 2 if obstacle.moves else end)
    return left, right


def walls(
    background: np.ndarray, geometry: Geometry, x0: float, x1: float, others: Sequence[np.ndarray]
) -> tuple[float | None, float | None]:
    """Free columns between the text and the edges in the background left and right of it.

    None where there is no edge, or other text before it. others: quads of the other lines.
    """
    limits = _inside(geometry, x0, x1, background.shape)
    before, after = _edges(background, geometry, x0, x1, *limits)
    for quad in others:
        reach = _beside(geometry, quad)
        if reach is not None and before is not None and before < reach[1] < (x0 + x1) / 2:
            before = None
        if reach is not None and after is not None and after > reach[0] > (x0 + x1) / 2:
            after = None
    return None if before is None else x0 - before, None if after is None else after - x1


def _beside(geometry: Geometry, quad: np.ndarray) -> tuple[float, float] | None:
    """First and last column of what stands in the rows of the strip; None for what does not."""
    corners = geometry.to_strip(quad)
    if corners[:, 1].max() < 0.2 * HEIGHT or corners[:, 1].min() > 0.88 * HEIGHT:
        return None
    return float(corners[:, 0].min()), float(corners[:, 0].max())


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
) -> tuple[float | None, float | None]:
    """The nearest edges before x0 and after x1, within left..right; None where there is none."""
    low, high = int(min(left, x0)), int(max(right, x1)) + 1
    strip = cut(background, geometry.moved(x=low, width=high - low)).astype(np.int16)[2:30]
    step = _steps(strip, axis=1)
    a, b = int(x0) - low, int(x1) - low
    faint, calm = _grain(step[:, max(0, a - 12) : b + 12])
    # On a calm background any mark is in the way; on a photo only an edge as tall as the line is.
    # A bubble or a dark button may differ little from its surroundings, but does so along the whole line.
    marks = ((step > 18).sum(axis=0) >= (2 if calm else 17)) | ((step > faint).sum(axis=0) >= 22)
    before, after = np.flatnonzero(marks[: max(a - 3, 0)]), np.flatnonzero(marks[b + 3 :])
    return (
        float(low + before[-1] + 1) if len(before) else None,
        float(low + b + 3 + after[0]) if len(after) else None,
    )


def _steps(strip: np.ndarray, axis: int) -> np.ndarray:
    """How much each pixel's neighbours differ along `axis`, over all colours; [h, w] from int16 [h, w, 3]."""
    ahead = np.moveaxis(strip, axis, 0)
    step = np.zeros(ahead.shape[:2])
    step[1:-1] = largest(np.abs(ahead[2:] - ahead[:-2]))
    return np.moveaxis(step, 0, axis)


def _grain(step: np.ndarray) -> tuple[float, bool]:
    """What steps are more than the background's own texture; is it calm?"""
    usual = float(np.quantile(step, 0.9))
    return float(np.clip(3 * usual, 6, 60)), usual < 10


def is_free(
    background: np.ndarray,
    geometry: Geometry,
    x0: float,
    x1: float,
    obstacles: Sequence[Obstacle],
    pitch: float,
) -> bool:
    """May text be drawn on columns x0..x1 of this strip, `pitch` px under a line that is there?

    If they are in the picture, plain, clear, and on the same ground as that line.
    """
    height, width = background.shape[:2]
    corners = geometry.to_picture(np.array([[x0, 2], [x1, 2], [x1, HEIGHT], [x0, HEIGHT]], float))
    if (corners < 0).any() or (corners > [width, height]).any():
        return False
    for obstacle in obstacles:
        other = geometry.to_strip(obstacle.quad)
        (ox0, oy0), (ox1, oy1) = other.min(0), other.max(0)
        if ox0 < x1 + PADDING and ox1 > x0 - PADDING and oy0 < 0.9 * HEIGHT and oy1 > 0.15 * HEIGHT:
            return False
    # From the line above on, so that an edge between both counts: the bottom of a bubble or a button.
    width = max(4, int(x1 - x0))
    above = cut(background, geometry.moved(x=int(x0), y=-pitch, width=width)).astype(np.int16)[8:24]
    between = cut(background, geometry.moved(x=int(x0), y=-pitch / 2, width=width)).astype(np.int16)
    strip = cut(background, geometry.moved(x=int(x0), width=width)).astype(np.int16)
    faint, _ = _grain(_steps(above, axis=1))
    marked = [(_steps(part, axis) > min(18.0, faint)).mean() for part in (between, strip) for axis in (0, 1)]
    rows = [float((_steps(part, 0) > faint).mean(axis=1).max()) for part in (between, strip)]
    return max(marked) < 0.01 and max(rows) < 0.5


def lone_alignment(
    geometry: Geometry,
    x0: float,
    x1: float,
    between: tuple[float | None, float | None],
    others: Sequence[np.ndarray],
    shape: tuple[int, ...],
) -> Alignment:
    """What a single line keeps when its length changes: its left end, its middle or its right end.

    between: its `walls`. others: quads of the other lines; sharing an edge or a middle with one of them decides
    first, then being centred between walls (a button) or in the picture.
    """
    middle, width = (x0 + x1) / 2, x1 - x0
    votes = {"left": 0.0, "center": 0.0, "right": 0.0}
    for quad in others:
        corners = geometry.to_strip(quad)
        ox0, ox1 = (corners[0, 0] + corners[3, 0]) / 2, (corners[1, 0] + corners[2, 0]) / 2
        far = abs(float(corners[:, 1].mean()) - HEIGHT / 2)
        if far > 16 * HEIGHT:
            continue
        # boxes stand about .2 em off the ink on both sides
        same_length = abs((ox1 - ox0) - width - 0.4 * EM) < 0.25 * EM
        if same_length:
            continue  # agrees with every alignment
        votes["left"] += abs(ox0 + 0.2 * EM - x0) < 0.3 * EM
        if far > 8 * HEIGHT:
            continue  # where lines end, and their middles, agree by chance
        votes["right"] += abs(ox1 - 0.2 * EM - x1) < 0.3 * EM
        votes["center"] += abs((ox0 + ox1) / 2 - middle) < 0.3 * EM
    a, b = between
    if a is not None and b is not None and abs(a - b) < 0.12 * (a + b) + 0.2 * EM:
        # in a button; edges that it shares with two others are chance, with three it is a cell of a table
        votes["center"] += 2.5 if a + b < 5 * EM else 1.5 if a + b < 3 * width + 6 * EM else 0
    elif (
        a is not None and a < 1.6 * EM and (b is None or b > 3 * a)
    ):  # at the left of a bubble, a banner, a cell
        votes["left"] += 2
    ends = geometry.to_picture(np.array([[x0, HEIGHT / 2], [x1, HEIGHT / 2]]))
    alone = all(_beside(geometry, quad) is None for quad in others)  # not one of several in a row
    centred = abs(float(ends[:, 0].mean()) - shape[1] / 2) < 0.012 * shape[1]
    if alone and centred and float(ends[0, 0]) > 0.06 * shape[1]:
        # an edge shared with another line is better evidence than the middle of the picture
        edges = max(votes["left"], votes["right"])
        votes["center"] += 1.5 if edges == 0 else 0.9 if edges < 2 else 0
    if float(ends[0, 0]) > 0.6 * shape[1] and shape[1] - float(ends[1, 0]) < 0.1 * shape[1]:
        votes["right"] += 0.5 * (votes["left"] == 0)
    if float(ends[0, 0]) < 0.1 * shape[1] and (b is None or b > 5 * EM):  # a title
        votes["left"] += 1
    # one other line with the same middle is chance
    if votes["center"] >= 1.5 and votes["center"] > max(votes["left"], votes["right"]):
        return "center"
    return "right" if votes["right"] > votes["left"] else "left"
