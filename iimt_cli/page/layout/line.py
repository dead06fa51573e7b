"""A line of text as a box: straightening it, joining its pieces, turning it with its page, putting lines in reading order."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from iimt_cli.page.arrays import Floats
from iimt_cli.page.guard import without_failures
from iimt_cli.page.rectify import corners, sides

TINY = 1e-6  # px: avoids dividing by zero
LONG = 3.0  # long side / short side from which text is sure to run along the long side of its box
# text runs in the direction nearest to this: to the right, or else upwards
RIGHT_AND_UP = np.array([1.0, -0.1])
TELLS = 3.0  # width / height from which a line helps to tell the page's slope
LEVEL_ANGLE = np.pi / 4  # steeper text runs up or down the page
LEVEL = 3.0  # px by which the longest line may rise or fall from end to end and still be level
SHORT = 2.5  # width / height: the box of a shorter line leans at random
SHORT_ANGLE = 0.35  # by which such a box leans, at most
ROUNDING = 2.5  # px by which the detector may put the end of a longer line too high or too low
OF_HEIGHT = 0.1  # × the line's height, is added to ROUNDING
JOIN_GAP = 0.5  # × height: boxes nearer than this are one line (the letters are .4 heights further apart)
MOST_HIGHER = 1.6  # height of one piece of a line / height of the other, at most
SAME_ANGLE = 0.15  # between two pieces of a line, at most
SAME_ROWS = 0.6  # × the lower piece's height: so much of their heights two pieces of a line share, at least
# × the lower piece's height by which they may differ; a leaning or much taller neighbour differs more
SAME_TOP = 0.35
SAME_ROW = 0.5  # × height: middles nearer than this are in one row


@dataclass(frozen=True)
class Line:
    """One line of text. quad: float32 (4, 2), x and y, clockwise from the text's own top left; score 0..1."""

    quad: NDArray[np.float32]
    score: float

    @property
    def width(self) -> float:
        """Along the line, px."""
        return self._sides[0]

    @property
    def height(self) -> float:
        """Across the line, px."""
        return self._sides[1]

    @cached_property
    def _sides(self) -> tuple[float, float]:
        return sides(self.quad)


def along_text(quad: NDArray[np.float32]) -> NDArray[np.float32]:
    """The corners, from the text's own top left. Text runs along the long side of a box, and to the right or else upwards."""
    line = Line(quad, 0)
    longer = max(line.width, line.height) > LONG * min(line.width, line.height)
    first = int(line.height > line.width) if longer else 0
    rolls = [np.roll(quad, -k, axis=0) for k in range(first, 4, 2 if longer else 1)]
    return max(rolls, key=lambda q: float((q[1] - q[0]) @ RIGHT_AND_UP / max(Line(q, 0).width, TINY)))


def turned(lines: Iterable[Line], quarters: int, size: tuple[int, int]) -> list[Line]:
    """Lines of a picture of size (width, height), as they stand in np.rot90(picture, quarters), in reading order there."""
    found = [Line(along_text(turned_points(line.quad, quarters, size)), line.score) for line in lines]
    return reading_order(join_pieces(straighten(found)))


def turned_points(points: Floats, quarters: int, size: tuple[int, int]) -> NDArray[np.float32]:
    """Where points (N, 2) of a picture of size (width, height) are in np.rot90(picture, quarters)."""
    found = np.asarray(points, np.float32)
    width, height = size
    for _ in range(quarters % 4):
        found = np.column_stack([found[:, 1], width - found[:, 0]])
        width, height = height, width
    return found


def straighten(lines: list[Line]) -> list[Line]:
    """Give lines the page's common slope if they differ from it by no more than the detector's rounding.

    The corners of boxes are whole pixels, and boxes of short words lean at random. So level text would come out slanted.
    """
    if not lines:
        return []
    slopes = np.array([_angle(line) for line in lines])
    weights = np.array([line.width * (line.width > TELLS * line.height) for line in lines])
    level = np.abs(slopes) < LEVEL_ANGLE
    common = 0.0
    if (weights * level).sum() > 0:
        order = np.argsort(slopes[level])
        total = np.cumsum(weights[level][order])
        common = float(slopes[level][order][np.searchsorted(total, total[-1] / 2)])
        longest = max(line.width for line, ok in zip(lines, level, strict=True) if ok)
        if abs(common) * longest <= LEVEL:
            common = 0.0
    return [_turned(line, common) if _near(line, common) else line for line in lines]


def _angle(line: Line) -> float:
    u = line.quad[1] - line.quad[0] + line.quad[2] - line.quad[3]
    return float(np.arctan2(u[1], u[0]))


def _near(line: Line, angle: float) -> bool:
    """Whether a line may in truth have this slope, radians: its box differs from it by no more than the detector's error."""
    difference = abs(_angle(line) - angle)
    if line.width < SHORT * line.height:
        return difference < SHORT_ANGLE
    return difference * line.width <= ROUNDING + OF_HEIGHT * line.height


def _turned(line: Line, angle: float) -> Line:
    """The line with this slope, turned about its middle."""
    u = np.array([np.cos(angle), np.sin(angle)])
    v = np.array([-u[1], u[0]])
    points = line.quad - line.quad.mean(0)
    x, y = points @ u, points @ v
    left, right = (x[0] + x[3]) / 2, (x[1] + x[2]) / 2
    top, bottom = (y[0] + y[1]) / 2, (y[2] + y[3]) / 2
    quad = np.array([a * u + b * v for a, b in corners(left, top, right, bottom)])
    return Line((quad + line.quad.mean(0)).astype(np.float32), line.score)


def may_touch(quad: Floats, other: Floats, margin: float = 0.0) -> bool:
    return bool((quad.min(0) <= other.max(0) + margin).all() and (other.min(0) <= quad.max(0) + margin).all())


def join_pieces(lines: list[Line], gap: float = JOIN_GAP) -> list[Line]:
    """Join the pieces of a line: boxes that overlap (where tiles meet) or follow each other closely (gap, × height)."""
    lines = sorted(lines, key=lambda line: float(line.quad[0, 0]))
    joined = True
    while joined:
        joined = False
        for i, one in enumerate(lines):
            for j in range(len(lines) - 1, i, -1):
                merged = _joined(one, lines[j], gap)
                if merged is not None:
                    lines[i] = one = merged
                    del lines[j]
                    joined = True
    return lines


def _joined(one: Line, two: Line, gap: float) -> Line | None:
    """Two pieces of a line as one; None if they are not of one line. gap: × height, at most between them."""
    low, high = sorted((one.height, two.height))
    if not may_touch(one.quad, two.quad, gap * low) or high > MOST_HIGHER * low:
        return None
    main = one if one.width >= two.width else two
    if abs(_angle(one) - _angle(two)) > SAME_ANGLE and min(one.width, two.width) > SHORT * low:
        return None
    angle = _angle(main)
    u = np.array([np.cos(angle), np.sin(angle)])
    v = np.array([-u[1], u[0]])
    x1, y1, x2, y2 = one.quad @ u, one.quad @ v, two.quad @ u, two.quad @ v
    if min(y1.max(), y2.max()) - max(y1.min(), y2.min()) < SAME_ROWS * low:
        return None
    if max(x1.min(), x2.min()) - min(x1.max(), x2.max()) > gap * low:
        return None
    xs, ys = np.concatenate([x1, x2]), np.concatenate([y1, y2])
    left, right = xs.min(), xs.max()
    share = x1.max() - x1.min(), x2.max() - x2.min()
    if min(high - low, abs(ys.max() - ys.min() - high)) > SAME_TOP * low:
        return None
    top = float(np.average([y1.min(), y2.min()], weights=share))
    bottom = float(np.average([y1.max(), y2.max()], weights=share))
    quad = np.array([a * u + b * v for a, b in corners(left, top, right, bottom)])
    return Line(quad.astype(np.float32), max(one.score, two.score))


def reading_order(lines: list[Line]) -> list[Line]:
    """Rows from the top; within a row (middles nearer than half a line) from the left."""
    rows: list[list[Line]] = []
    for line in sorted(lines, key=lambda line: float(line.quad[:, 1].mean())):
        middle = float(line.quad[:, 1].mean())
        row = rows[-1] if rows else []
        near = SAME_ROW * min(line.height, row[-1].height) if row else 0.0
        if row and abs(float(np.mean([o.quad[:, 1].mean() for o in row])) - middle) < near:
            row.append(line)
        else:
            rows.append([line])
    return [line for row in rows for line in sorted(row, key=lambda line: float(line.quad[:, 0].min()))]


def where_it_works(step: Callable[[list[Line]], list[Line]], lines: list[Line]) -> list[Line]:
    """`step(lines)`, in which lines on which it fails stay as they are."""
    changed, failures = without_failures(step, lines)
    return reading_order([*changed, *(failure.item for failure in failures)]) if failures else changed
