"""How much free room there is round a line, and whether a single line keeps its left end, its middle or its right end.

Distances are in px of the line's strip unless they say em; levels are 0..255. All values are by eye on the examples and on
the pictures in tests/test_page_room.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from iimt_cli.page.arrays import Floats, Pixels
from iimt_cli.page.colours import largest
from iimt_cli.page.paragraphs import Alignment
from iimt_cli.page.rectify import BOX_EDGE, EM, HEIGHT, Geometry, corners, cut

PADDING = 0.4 * EM  # kept free before an obstacle
REACH = 1600  # to either side of the line, in which free room is looked for
FAR_MARGIN = 2.0  # em: this distance from an edge of the picture is always far enough
ROWS = (4.0, 28.0)  # rows of a strip between which letters stand
# shares of a strip's height: a box that ends above or begins below these is not beside the line
BESIDE = (0.2, 0.88)
LETTERS = slice(2, 30)  # rows in which edges of the background are looked for
NEAR_TEXT = 3  # from the text: nearer edges are left from the erased text and do not count
TEXTURE_BESIDE = 12  # to either side of the text, where the background's texture is measured
TEXTURE = 0.9  # quantile of the steps between neighbouring pixels that measures the background's texture
CALM = 10.0  # levels: with less texture a background is calm
MARK = 18.0  # levels: a larger step between neighbours may be an edge in the way
MARK_ROWS = 2  # on a calm background a column is in the way if it has such steps in so many rows
EDGE_ROWS = 17  # on any other background it needs so many rows: an edge as tall as the line
# × the texture: smaller steps than MARK count, too, if they run all along, as the edge of a bubble
FAINT = 3.0
FAINTEST = (6.0, 60.0)  # levels: such a step is at least the first; from the second on each step counts
FAINT_ROWS = 22  # rows with such a step that a column needs


@dataclass(frozen=True)
class Obstacle:
    """A box that must not be drawn over. quad: (4, 2) in the picture; moves: text that may itself grow towards the line."""

    quad: Floats
    moves: bool = False


def room(
    background: Pixels, geometry: Geometry, x0: float, x1: float, obstacles: Sequence[Obstacle]
) -> tuple[float, float]:
    """Columns (left, right) of the strip between which text on this line may stand; never less than x0..x1.

    background: (H, W, 3), the picture without its text. Limits are the picture's edges, obstacles, and
    edges in the background (a button's frame, an icon, another panel).
    """
    left, right = _inside(geometry, x0, x1, background.shape)
    # The text stays as far from either edge of the picture as it was from the nearer one, but FAR_MARGIN is always enough.
    margins = x0 - left, right - x1
    left += min(margins[1], FAR_MARGIN * EM) - PADDING
    right -= min(margins[0], FAR_MARGIN * EM) - PADDING
    a, b = between(geometry, x0, x1, obstacles)
    left, right = max(left, a), min(right, b)
    before, after = _edges(background, geometry, x0, x1, left, right)
    left, right = (left if before is None else before), (right if after is None else after)
    return min(x0, left + PADDING), max(x1, right - PADDING)


def between(geometry: Geometry, x0: float, x1: float, obstacles: Sequence[Obstacle]) -> tuple[float, float]:
    """Columns (left, right) of the strip where the nearest obstacles left and right of a line end and begin."""
    left, right = -np.inf, np.inf
    for obstacle, reach in zip(obstacles, _beside(geometry, [o.quad for o in obstacles]), strict=True):
        if reach is None:
            continue
        start, end = reach
        if start > (x0 + x1) / 2:
            right = min(right, (start + x1) / 2 if obstacle.moves else start)
        elif end < (x0 + x1) / 2:
            left = max(left, (end + x0) / 2 if obstacle.moves else end)
    return left, right


def walls(
    background: Pixels, geometry: Geometry, x0: float, x1: float, others: Sequence[Floats]
) -> tuple[float | None, float | None]:
    """How many free columns are between the text and the nearest edge in the background, on the left and on the right.

    None if there is no edge, or other text is nearer. others: boxes of the other lines, (4, 2) in the picture.
    """
    limits = _inside(geometry, x0, x1, background.shape)
    before, after = _edges(background, geometry, x0, x1, *limits)
    for reach in _beside(geometry, others):
        if reach is not None and before is not None and before < reach[1] < (x0 + x1) / 2:
            before = None
        if reach is not None and after is not None and after > reach[0] > (x0 + x1) / 2:
            after = None
    return None if before is None else x0 - before, None if after is None else after - x1


def _beside(geometry: Geometry, quads: Sequence[Floats]) -> list[tuple[float, float] | None]:
    """First and last column of each box, (4, 2) in the picture, that stands in the rows of the strip; None for the others."""
    ends = _in_strip(geometry, quads)
    (x0, y0), (x1, y1) = ends.min(axis=1).T, ends.max(axis=1).T
    there = (y1 >= BESIDE[0] * HEIGHT) & (y0 <= BESIDE[1] * HEIGHT)
    return [(float(a), float(b)) if own else None for a, b, own in zip(x0, x1, there, strict=True)]


def _in_strip(geometry: Geometry, quads: Sequence[Floats]) -> Floats:
    """Boxes, (4, 2) in the picture, in the strip: (N, 4, 2). All at once, since there are many."""
    return geometry.to_strip(np.reshape(quads, (-1, 2))).reshape(-1, 4, 2)


def _inside(geometry: Geometry, x0: float, x1: float, shape: tuple[int, ...]) -> tuple[float, float]:
    """The first and last column round the text that lie in a picture of this shape."""
    height, width = shape[:2]
    xs = np.arange(int(x0) - REACH, int(x1) + REACH)
    inside = np.ones(len(xs), bool)
    for row in ROWS:
        points = geometry.to_picture(np.column_stack([xs, np.full(len(xs), row)]))
        inside &= ((points >= 0) & (points <= [width, height])).all(axis=1)
    before = np.flatnonzero(~inside & (xs < x0))
    after = np.flatnonzero(~inside & (xs > x1))
    return (
        float(xs[before[-1]] + 1) if len(before) else float(xs[0]),
        float(xs[after[0]] - 1) if len(after) else float(xs[-1]),
    )


def _edges(
    background: Pixels, geometry: Geometry, x0: float, x1: float, left: float, right: float
) -> tuple[float | None, float | None]:
    """The nearest edges before x0 and after x1, within left..right; None where there is none."""
    low, high = int(min(left, x0)), int(max(right, x1)) + 1
    strip = cut(background, geometry.moved(x=low, width=high - low)).astype(np.int16)[LETTERS]
    step = _steps(strip, axis=1)
    a, b = int(x0) - low, int(x1) - low
    faint, calm = _texture(step[:, max(0, a - TEXTURE_BESIDE) : b + TEXTURE_BESIDE])
    # On a calm background any mark is in the way; on a photo only an edge as tall as the line is.
    marks = (step > MARK).sum(axis=0) >= (MARK_ROWS if calm else EDGE_ROWS)
    marks |= (step > faint).sum(axis=0) >= FAINT_ROWS
    before, after = np.flatnonzero(marks[: max(a - NEAR_TEXT, 0)]), np.flatnonzero(marks[b + NEAR_TEXT :])
    return (
        float(low + before[-1] + 1) if len(before) else None,
        float(low + b + NEAR_TEXT + after[0]) if len(after) else None,
    )


def _steps(strip: NDArray[np.int16], axis: int) -> Floats:
    """How much each pixel's neighbours differ along `axis`, over all colours; (h, w, 3) → (h, w)."""
    ahead = np.moveaxis(strip, axis, 0)
    step = np.zeros(ahead.shape[:2])
    step[1:-1] = largest(np.abs(ahead[2:] - ahead[:-2]))
    return np.moveaxis(step, 0, axis)


def _texture(step: Floats) -> tuple[float, bool]:
    """(levels from which a step stands out of the background's texture, whether the background is calm)."""
    usual = float(np.quantile(step, TEXTURE))
    return float(np.clip(FAINT * usual, *FAINTEST)), usual < CALM


# Free lines below

UNDER = (2.0, float(HEIGHT))  # rows of the strip that must lie in the picture
# shares of the strip's height: an obstacle that ends above or begins below these is not in the way
CLEAR = (0.15, 0.9)
LEAST_WIDTH = 4  # px: width of the strip that is looked at, at least
BODY = slice(8, 24)  # rows of the line above in which the background's texture is measured
MOST_MARKED = 0.01  # share of the pixels that may stand out of a plain ground
MOST_EDGE = 0.5  # share of a row's pixels that may; with more an edge runs between the lines


def is_free(
    background: Pixels,
    geometry: Geometry,
    x0: float,
    x1: float,
    obstacles: Sequence[Obstacle],
    pitch: float,
) -> bool:
    """Whether columns x0..x1 of this strip are free for a further line of text; the last line is `pitch` px above.

    They are free if they lie in the picture, are plain and clear of obstacles, and on the same ground as the line above.
    """
    height, width = background.shape[:2]
    ends = geometry.to_picture(corners(x0, UNDER[0], x1, UNDER[1]))
    if (ends < 0).any() or (ends > [width, height]).any():
        return False
    for other in _in_strip(geometry, [obstacle.quad for obstacle in obstacles]):
        (ox0, oy0), (ox1, oy1) = other.min(0), other.max(0)
        beside = ox0 >= x1 + PADDING or ox1 <= x0 - PADDING
        if not beside and oy0 < CLEAR[1] * HEIGHT and oy1 > CLEAR[0] * HEIGHT:
            return False
    # The rows from the line above on are looked at, so that an edge between the two, as of a bubble, counts.
    wide = max(LEAST_WIDTH, int(x1 - x0))
    above, halfway, strip = (
        cut(background, geometry.moved(x=int(x0), y=y, width=wide)).astype(np.int16)
        for y in (-pitch, -pitch / 2, 0.0)
    )
    faint, _ = _texture(_steps(above[BODY], axis=1))
    marked = [(_steps(part, axis) > min(MARK, faint)).mean() for part in (halfway, strip) for axis in (0, 1)]
    rows = [float((_steps(part, 0) > faint).mean(axis=1).max()) for part in (halfway, strip)]
    return max(marked) < MOST_MARKED and max(rows) < MOST_EDGE


# What a single line keeps: its left end, middle or right end. Each reason gives votes. Distances are in em.

SAME_EDGE = 0.3  # two lines share an edge or a middle if these differ by less
# if the lengths of two lines differ by less, they share both edges or none, which tells nothing
SAME_LENGTH = 0.25
FAR = 8.0  # heights of a strip up or down: lines farther away share their right end or middle by chance
FAR_LEFT = 16.0  # the same for left ends

# the room left and right of text in a button differs by less: share of both, plus em
CENTRED, CENTRED_EM = 0.12, 0.2
SMALL_BUTTON = 5.0  # free room left and right together, at most, in a small button
# votes for the middle: more than two lines that share an edge by chance, fewer than three (a table)
IN_SMALL_BUTTON = 2.5
LARGE_BUTTON, LARGE_BUTTON_EM = 3.0, 6.0  # the same in a large button: × the length of the text, plus em
IN_LARGE_BUTTON = 1.5  # votes for the middle

AT_WALL = 1.6  # free room to the left edge of a bubble, a banner or a cell, at most
FREE_AFTER = 3.0  # × that room: the free room on the right, at least
IN_BUBBLE = 2.0  # votes for the left end

# share of the picture's width between the middle of a centred line and that of the picture, at most
MIDDLE = 0.012
NOT_FULL = 0.06  # share of the picture's width to the left of such a line, at least
IN_MIDDLE = 1.5  # votes for the middle if no other line shares an edge with it
IN_MIDDLE_TOO = 0.9  # votes for the middle if a line shares an edge, which is better evidence
MANY = 2  # votes for an edge from which on the middle of the picture gives no votes

RIGHT_PART = 0.6  # share of the picture's width to the left of a line at the right of the picture, at least
RIGHT_MARGIN = 0.1  # share of the picture's width to the right of it, at most
AT_RIGHT = 0.5  # votes for the right end, if no line shares the left end

LEFT_MARGIN = 0.1  # share of the picture's width to the left of a title at the left of the picture, at most
OPEN_RIGHT = 5.0  # free room to the right of it, at least
AS_TITLE = 1.0  # votes for the left end

LEAST_CENTRE = 1.5  # votes that the middle needs: a single line with the same middle is chance


@dataclass
class _Votes:
    """Votes for what a single line keeps when its length changes; the highest number wins."""

    left: float = 0.0
    center: float = 0.0
    right: float = 0.0


@dataclass(frozen=True)
class _Lone:
    """A line by itself: its strip, the columns of its text, its `walls`, boxes of the other lines, shape of the picture."""

    geometry: Geometry
    x0: float
    x1: float
    walls: tuple[float | None, float | None]
    others: Sequence[Floats]
    shape: tuple[int, ...]


def lone_alignment(
    geometry: Geometry,
    x0: float,
    x1: float,
    between: tuple[float | None, float | None],
    others: Sequence[Floats],
    shape: tuple[int, ...],
) -> Alignment:
    """What a single line keeps when its length changes: its left end, its middle or its right end.

    between: its `walls`. others: boxes of the other lines, (4, 2); sharing an edge or a middle with one of them decides
    first, then being centred between walls (a button) or in the picture. shape: of the picture.
    """
    line, votes = _Lone(geometry, x0, x1, between, others, shape), _Votes()
    _vote_by_lines(line, votes)
    _vote_by_walls(line, votes)
    _vote_by_picture(line, votes)
    if votes.center >= LEAST_CENTRE and votes.center > max(votes.left, votes.right):
        return "center"
    return "right" if votes.right > votes.left else "left"


def _vote_by_lines(line: _Lone, votes: _Votes) -> None:
    """One vote for each line above and below that shares the left end, the middle or the right end.

    The middle of a line gives no vote if it shares its left end, but not its middle, with others: it stands in a column.
    """
    middle, width = (line.x0 + line.x1) / 2, line.x1 - line.x0
    ends_of = _in_strip(line.geometry, line.others)
    columns = np.array([[(e[0, 0] + e[3, 0]) / 2, (e[1, 0] + e[2, 0]) / 2] for e in ends_of]).reshape(-1, 2)
    for ends, (x0, x1) in zip(ends_of, columns, strict=True):
        far = abs(float(ends[:, 1].mean()) - HEIGHT / 2)
        same_length = abs((x1 - x0) - width - 2 * BOX_EDGE * EM) < SAME_LENGTH * EM
        if same_length or far > FAR_LEFT * HEIGHT:
            continue
        votes.left += abs(x0 + BOX_EDGE * EM - line.x0) < SAME_EDGE * EM
        if far <= FAR * HEIGHT:
            votes.right += abs(x1 - BOX_EDGE * EM - line.x1) < SAME_EDGE * EM
            left = np.abs(columns[:, 0] - x0) < SAME_EDGE * EM
            centred = np.abs(columns.mean(axis=1) - (x0 + x1) / 2) < SAME_EDGE * EM
            votes.center += not (left & ~centred).any() and abs((x0 + x1) / 2 - middle) < SAME_EDGE * EM


def _vote_by_walls(line: _Lone, votes: _Votes) -> None:
    """Votes if the line is centred in a button, or stands at the left of a bubble."""
    a, b = line.walls
    if a is not None and b is not None and abs(a - b) < CENTRED * (a + b) + CENTRED_EM * EM:
        if a + b < SMALL_BUTTON * EM:
            votes.center += IN_SMALL_BUTTON
        elif a + b < LARGE_BUTTON * (line.x1 - line.x0) + LARGE_BUTTON_EM * EM:
            votes.center += IN_LARGE_BUTTON
    elif a is not None and a < AT_WALL * EM and (b is None or b > FREE_AFTER * a):
        votes.left += IN_BUBBLE


def _vote_by_picture(line: _Lone, votes: _Votes) -> None:
    """Votes if the line is alone in the middle of the picture, at its right, or a title at its left."""
    width = line.shape[1]
    ends = line.geometry.to_picture([[line.x0, HEIGHT / 2], [line.x1, HEIGHT / 2]])
    start, end = float(ends[0, 0]), float(ends[1, 0])
    alone = not any(_beside(line.geometry, line.others))  # not one of several in a row
    centred = abs(float(ends[:, 0].mean()) - width / 2) < MIDDLE * width
    if alone and centred and start > NOT_FULL * width:
        edges = max(votes.left, votes.right)
        votes.center += IN_MIDDLE if edges == 0 else IN_MIDDLE_TOO if edges < MANY else 0
    if start > RIGHT_PART * width and width - end < RIGHT_MARGIN * width and votes.left == 0:
        votes.right += AT_RIGHT
    free = line.walls[1]
    if start < LEFT_MARGIN * width and (free is None or free > OPEN_RIGHT * EM):
        votes.left += AS_TITLE
