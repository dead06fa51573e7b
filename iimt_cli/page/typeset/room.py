"""How much free room there is round a line, and whether a single line keeps its left end, its middle or its right end.

Distances are in px of the line's strip unless they say em; levels are 0..255. All values are by eye on the examples and on
the pictures in tests/test_page_room.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from iimt_cli.page.arrays import Floats, Mask, Pixels
from iimt_cli.page.colours import largest
from iimt_cli.page.layout.stripes import like_those_under
from iimt_cli.page.paragraphs import Alignment
from iimt_cli.page.rectify import BASELINE, EM, HEIGHT, Geometry, corners, cut

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
    background: Pixels, geometry: Geometry, x0: float, x1: float, others: Sequence[Floats]
) -> tuple[float | None, float | None]:
    """How many free columns are between the text and the nearest edge in the background, on the left and on the right.

    None if there is no edge, or other text is nearer. others: boxes of the other lines, (4, 2) in the picture.
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


def _beside(geometry: Geometry, quad: Floats) -> tuple[float, float] | None:
    """First and last column of a box, (4, 2) in the picture, that stands in the rows of the strip; else None."""
    ends = geometry.to_strip(quad)
    if ends[:, 1].max() < BESIDE[0] * HEIGHT or ends[:, 1].min() > BESIDE[1] * HEIGHT:
        return None
    return float(ends[:, 0].min()), float(ends[:, 0].max())


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
    marks &= ~like_those_under(strip, marks, slice(a + NEAR_TEXT, max(a, b - 2 * NEAR_TEXT) + NEAR_TEXT))
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
    for obstacle in obstacles:
        other = geometry.to_strip(obstacle.quad)
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


# What a single line keeps: its left end, middle or right end. Each has log odds: how much likelier is what is seen if it was
# meant than if it were chance? Distances are in em.

SPREAD = 0.05  # standard deviation of the ends of lines that share an edge: letters begin beside it, B farther off than A
SAME_EDGE = 0.3  # two lines may share an edge if these differ by less
# if the lengths of two lines differ by less, they share both edges or none, which tells nothing
SAME_LENGTH = 0.25
FAR = 8.0  # heights of a strip up or down: lines farther away share their right end or middle by chance
USUAL = 1.0  # log odds for the left end before anything is seen
BY_CHANCE = 2.0  # log odds against a shared edge: lines stand in columns, which meet by chance more often than lines do

BOXED = 3.0  # log odds for the middle of a line that nearly fills the box round it: a button
SMALL_BUTTON = 5.0  # free room left and right together, at most, in such a box
IN_BUTTON = (
    0.1  # standard deviation of the free room left less that right of a text in the middle of such a box
)
LARGE_BUTTON, LARGE_BUTTON_EM = 3.0, 6.0  # the same in a large button: × the length of the text, plus em

AT_WALL = 1.6  # free room to the left edge of a bubble, a banner or a cell, at most
FREE_AFTER = 3.0  # × that room: the free room on the right, at least
IN_BUBBLE = 4.0  # log odds for the left end

# Labels in a row, as under the bars of a chart: their middles, left or right ends are equally far apart.
LEVEL = 0.25  # baselines of a row differ by less
IN_ROW = 3  # labels that follow each other tell; what three of them tell holds for the row
PITCHES = 3.0  # by so much such distances differ by chance

OF_PICTURE = 0.1  # standard deviation of the middle of a line that is centred in the picture
NOT_FULL = 0.06  # share of the picture's width to the left of such a line, at least
RIGHT_PART = 0.6  # share of the picture's width to the left of a line at the right of the picture, at least
RIGHT_MARGIN = 0.1  # share of the picture's width to the right of it, at most
# standard deviation of the right margin of a line in the right half, less the left margin of the picture's other lines
OF_MARGIN = 0.1
AT_RIGHT = 2.0  # log odds for the right end, if no line shares the left end
LEFT_MARGIN = 0.1  # share of the picture's width to the left of a title at the left of the picture, at most
OPEN_RIGHT = 5.0  # free room to the right of it, at least
AS_TITLE = 3.0  # log odds for the left end


@dataclass
class _Odds:
    """Log odds for what a single line keeps when its length changes; the highest number wins."""

    left: float = USUAL
    center: float = 0.0
    right: float = 0.0


@dataclass(frozen=True)
class _Lone:
    """A line by itself: its strip, the columns of its text, its `walls`, the ends of the other lines, shape of the picture.

    others: (N, 2, 2), in the strip. em: of the picture's width.
    """

    geometry: Geometry
    x0: float
    x1: float
    walls: tuple[float | None, float | None]
    others: Floats
    shape: tuple[int, ...]

    @property
    def width(self) -> float:
        """Of the picture, em."""
        return self.shape[1] / (self.geometry.scale * EM)

    @property
    def level(self) -> Mask:
        """Which of the others stand on the same baseline, (N,)."""
        return np.asarray(np.abs(self.others[:, :, 1].mean(axis=1) - BASELINE) < LEVEL * EM)


def lone_alignment(
    geometry: Geometry,
    x0: float,
    x1: float,
    between: tuple[float | None, float | None],
    others: Sequence[Floats],
    shape: tuple[int, ...],
) -> Alignment:
    """What a single line keeps when its length changes: its left end, its middle or its right end.

    between: its `walls`. others: where the other lines begin and end on their baselines, (2, 2) in the picture. shape: of the
    picture. What tells: lines that share an edge or a middle, walls on both sides (a button), labels in a row, the middle of
    the picture.
    """
    ends = geometry.to_strip(np.reshape(np.asarray(others, float), (-1, 2))).reshape(-1, 2, 2)
    line, odds = _Lone(geometry, x0, x1, between, ends, shape), _Odds()
    _by_lines(line, odds)
    _by_walls(line, odds)
    _by_row(line, odds)
    _by_picture(line, odds)
    if odds.center > max(odds.left, odds.right):
        return "center"
    return "right" if odds.right > odds.left else "left"


def _log_odds(off: float, spread: float, chance: float) -> float:
    """By how much likelier it is to be `off` by a normal distribution than by chance, within `chance`."""
    return float(np.log(chance / (spread * np.sqrt(2 * np.pi))) - (off / spread) ** 2 / 2)


def _by_lines(line: _Lone, odds: _Odds) -> None:
    """Odds of the edges that the lines above and below share with this one.

    Many lines are likelier to share an edge by chance, and many that share one are likelier to mean it.
    """
    starts, ends = line.others[:, 0, 0] / EM, line.others[:, 1, 0] / EM
    far = np.abs(line.others[:, :, 1].mean(axis=1) - BASELINE) / HEIGHT
    x0, x1 = line.x0 / EM, line.x1 / EM
    telling = np.abs(ends - starts - (x1 - x0)) >= SAME_LENGTH
    near = telling & (far <= FAR)

    def shared(off: Floats, chance: float) -> float:
        same = off[np.abs(off) < SAME_EDGE]
        if not len(same):
            return 0.0
        found = _log_odds(float(np.median(same)), SPREAD, chance)
        others = 1 + len(off) - len(same)
        return max(found + float(np.log(len(same) ** 2 / others)) - BY_CHANCE, 0.0)

    left = shared((starts - x0)[telling], line.width)
    odds.left += left
    odds.right += shared((ends - x1)[near], line.width)
    if not left:
        odds.right += _at_margin(line)
    # What stands above and below a line has its middle near that of the line, in any case.
    odds.center += shared(((starts + ends - x0 - x1) / 2)[near], x1 - x0)


def _at_margin(line: _Lone) -> float:
    """Log odds for the right end if a line in the right half ends as far from the edge as others begin from the left one."""
    width, ends = (
        line.shape[1],
        line.geometry.to_picture([[line.x0, HEIGHT / 2], [line.x1, HEIGHT / 2]])[:, 0],
    )
    if not len(line.others) or ends[0] < width / 2:
        return 0.0
    margin = line.geometry.to_picture(line.others[:, 0])[:, 0].min()
    off = (width - ends[1] - margin) / (line.geometry.scale * EM)
    return max(_log_odds(float(off), OF_MARGIN, line.width), 0.0)


def _by_walls(line: _Lone, odds: _Odds) -> None:
    """Odds if the line is centred in a button, or stands at the left of a bubble."""
    a, b = line.walls
    if a is None:
        return
    if b is not None:
        free = (a + b) / EM
        if free < SMALL_BUTTON:
            odds.center += max(_log_odds((a - b) / EM, IN_BUTTON, 2 * free) + BOXED, 0.0)
        elif free < LARGE_BUTTON * (line.x1 - line.x0) / EM + LARGE_BUTTON_EM:
            odds.center += max(_log_odds((a - b) / EM, SPREAD, 2 * free), 0.0)
    if a < AT_WALL * EM and (b is None or b > FREE_AFTER * a):
        odds.left += IN_BUBBLE


def _by_row(line: _Lone, odds: _Odds) -> None:
    """Odds if the line is one of several labels in a row that are equally far apart, or follow each other with equal gaps."""
    own = np.array([line.x0, line.x1]) / EM
    row = np.vstack([own, line.others[line.level][:, :, 0] / EM])
    if len(row) < IN_ROW:
        return
    starts, ends = row[row[:, 0].argsort()].T
    gaps, middles = starts[1:] - ends[:-1], (starts + ends) / 2

    def even(uneven: Floats, spread: float) -> float:
        return max(max(_log_odds(off, spread, PITCHES), 0.0) for off in uneven)

    left, right, center = (even(np.diff(edges, n=2), 2 * SPREAD) for edges in (starts, ends, middles))
    following = even(np.diff(gaps), SPREAD)
    odds.left += left + following
    odds.right += right
    odds.center += center


def _by_picture(line: _Lone, odds: _Odds) -> None:
    """Odds if the line is alone in the middle of the picture, at its right, or a title at its left."""
    width = line.shape[1]
    ends = line.geometry.to_picture([[line.x0, HEIGHT / 2], [line.x1, HEIGHT / 2]])
    start, end = float(ends[0, 0]), float(ends[1, 0])
    alone = not line.level.any()
    if alone and start > NOT_FULL * width:
        off = (float(ends[:, 0].mean()) - width / 2) / (line.geometry.scale * EM)
        odds.center += max(_log_odds(off, OF_PICTURE, line.width), 0.0)
    if start > RIGHT_PART * width and width - end < RIGHT_MARGIN * width and odds.left <= USUAL:
        odds.right += AT_RIGHT
    free = line.walls[1]
    if alone and start < LEFT_MARGIN * width and (free is None or free > OPEN_RIGHT * EM):
        odds.left += AS_TITLE
