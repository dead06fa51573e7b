"""Where the text lines are: RapidOCR's detector alone, which sees each part of a picture as large as its letters need.

A large picture is looked at in a small size first, and again, twice as large, where halving it blurs what is there.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from threading import Lock
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from iimt_cli.errors import IimtError
from iimt_cli.page.arrays import Box, Floats, Mask, Pixels
from iimt_cli.page.colours import largest
from iimt_cli.page.rectify import corners, sides
from iimt_cli.page.runs import runs

SURE = 0.5  # score of a line, 0..1, at least
TILE = 1280  # px: the largest side that the detector sees at once
OVERLAP = 192  # px that tiles share: a line lower than this is whole in at least one of them
LEAST = 128  # px: what is lower than this looks like one line, whatever is in it
SMALL = 640  # px: a picture is also looked at in double size if that fits a tile
BLOCK = 32  # px: the detector's own grid
MOST_BLANK = 3  # blocks: what is blank farther than that is not looked at
BLANK_RANGE = 6  # levels: less is blank
LEAST_SIDE = 64  # px: the detector returns nothing for small pictures
AROUND = np.ones((3, 3), np.uint8)  # blocks that are looked at beside one that is
LEVELS = 256  # of a colour channel
FINE = 0.3  # share of a block's contrast that is gone in half the size: type of 28 px loses as much, smaller type more
FAINT = 2.0  # levels, mean of a block: what halving takes away and is less than this is no letter
CLEAR = 18.0  # px: a line whose box is so high is found as well as it would be in twice the size
WARM_UP = (64, 64, 3)  # shape of the first picture that the detector sees, so that it loads all that it needs
LONG = 3.0  # × as long as it is high: text runs along such a box
RIGHT_AND_UP = np.array([1.0, -0.1])  # text does: upwards where it runs neither left nor right

# Boxes that are found twice, or in part; by eye on large pictures.
COVERED = 0.5  # share of a box that lies in another one, if it is a part of that
SAME = 0.9  # share of a box that lies in another one, if it is the same line
LOWER = 0.4  # × the height of a box: lines within it that are lower are a paragraph
LONGER = 3.0  # × as wide as high: such lines
FILLED = 0.2  # share of the box that such lines fill, if it is a paragraph
STUMP = 0.8  # × the tiles' overlap: a higher line may be cut by every tile
AT_START, AT_END = 2, 3  # px from the edge of a tile, before and after it: a box so near is cut by it
TINY = 1e-6  # px²: avoids dividing by zero


@dataclass(frozen=True)
class Line:
    """One line of text. quad: float32 (4, 2), x and y, clockwise from the text's own top left; score 0..1."""

    quad: NDArray[np.float32]
    score: float

    @property
    def width(self) -> float:
        """Along the line, px."""
        return sides(self.quad)[0]

    @property
    def height(self) -> float:
        """Across the line, px."""
        return sides(self.quad)[1]


_loading = Lock()


def _detector(threads: int) -> Any:
    with _loading:  # pictures may be opened in several threads
        return _load_detector(threads)


@lru_cache(maxsize=2)
def _load_detector(threads: int) -> Any:
    from rapidocr import RapidOCR  # 0.8 s: only when a picture is really read

    params = {
        "Global.log_level": "critical",
        "Global.use_cls": False,
        "Global.use_rec": False,
        "Det.limit_type": "max",
        "Det.limit_side_len": TILE,
        "EngineConfig.onnxruntime.intra_op_num_threads": threads,
        "EngineConfig.onnxruntime.inter_op_num_threads": 1,
    }
    try:
        detector: Any = RapidOCR(params=params)
        detector(np.zeros(WARM_UP, np.uint8), use_det=True, use_cls=False, use_rec=False)
        detector.text_det.get_preprocess = _quick(detector.text_det.get_preprocess())
    except Exception as error:  # whatever it is, the user can only mend the installation
        raise IimtError(f"the text detector (rapidocr) cannot be loaded: {error}") from error
    return detector


def _quick(preprocess: Any) -> Any:
    """RapidOCR's preparation of a picture. Its arithmetic in double precision is done once per level, not per pixel."""
    levels = np.repeat(np.arange(LEVELS, dtype=np.uint8)[:, None, None], 3, axis=2)
    table = preprocess.normalize(levels).astype(np.float32).reshape(1, LEVELS, 3)
    preprocess.normalize = lambda pixels: cv2.LUT(pixels, table)
    return lambda: preprocess


def find_lines(rgb: Pixels, threads: int | None = None, min_score: float = SURE) -> list[Line]:
    """The text lines of a picture, (H, W, 3), in reading order (rows from the top, left to right).

    threads: of the detector; None takes OMP_NUM_THREADS or half of the cores.
    """
    if threads is None:
        threads = int(os.environ.get("OMP_NUM_THREADS") or max(1, (os.cpu_count() or 2) // 2))
    lines = _at_all_sizes(rgb, threads, min_score)
    # Thin letters, or letters on dots, may only be found at half the size, small ones on grain or stripes at double.
    if not lines and min(rgb.shape[:2]) >= BLOCK:
        lines = _resized(rgb, 0.5, threads, min_score)
    if not lines and max(rgb.shape[:2]) <= SMALL:
        lines = _resized(rgb, 2.0, threads, min_score)
    return reading_order(join_pieces(straighten(lines)))


def _resized(rgb: Pixels, factor: float, threads: int, min_score: float) -> list[Line]:
    """What is found in the picture at another size."""
    way = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
    other = np.asarray(cv2.resize(rgb, None, fx=factor, fy=factor, interpolation=way), np.uint8)
    return [
        replace(line, quad=line.quad / np.float32(factor))
        for line in _at_all_sizes(other, threads, min_score)
    ]


def _at_all_sizes(rgb: Pixels, threads: int, min_score: float) -> list[Line]:
    """What is found in the picture, in half its size, and so on; each part is seen in the sizes that its letters need."""
    sizes = [rgb]
    while max(sizes[-1].shape[:2]) > TILE and min(sizes[-1].shape[:2]) >= 2 * LEAST:
        sizes.append(_halved(sizes[-1]))
    lines = _in_tiles(sizes.pop(), threads)
    while sizes:
        half = [Line(line.quad * np.float32(2), line.score) for line in lines]
        finer = sizes.pop()
        lines = [
            Line(line.quad + np.array([x0, y0], np.float32), line.score)
            for x0, y0, x1, y1 in _fine_parts(finer, half)
            for line in _in_tiles(finer[y0:y1, x0:x1], threads)
        ]
        lines = _together(lines, half)
    return [line for line in lines if line.score >= min_score]


def _halved(rgb: Pixels) -> Pixels:
    size = (rgb.shape[1] // 2, rgb.shape[0] // 2)
    return np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), np.uint8)


def _fine_parts(rgb: Pixels, half: Sequence[Line]) -> Iterator[Box]:
    """The parts of a picture, (H, W, 3), that hold letters which are hard to see in half its size.

    half: the lines that were found there, in px of the picture. Those that are not clear belong to these parts.
    """
    height, width = rgb.shape[:2]
    rows, columns = -(-height // BLOCK), -(-width // BLOCK)
    padded = cv2.copyMakeBorder(rgb, 0, -height % BLOCK, 0, -width % BLOCK, cv2.BORDER_REPLICATE)
    again = cv2.resize(_halved(padded), padded.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    mean = cv2.resize(padded, (columns, rows), interpolation=cv2.INTER_AREA)
    ground = cv2.resize(mean, padded.shape[1::-1], interpolation=cv2.INTER_NEAREST)
    lost, contrast = (_block_means(largest(cv2.absdiff(padded, other))) for other in (again, ground))
    fine = ((lost >= FAINT) & (lost >= FINE * contrast)).astype(np.uint8)
    for line in half:
        if line.height < 2 * CLEAR:
            cv2.fillConvexPoly(fine, (line.quad // BLOCK).astype(np.int32), (1,))
    for x0, y0, x1, y1 in _islands(cv2.dilate(fine, AROUND) > 0):
        yield x0 * BLOCK, y0 * BLOCK, min(width, x1 * BLOCK), min(height, y1 * BLOCK)


def _block_means(values: NDArray[np.uint8]) -> Floats:
    size = (values.shape[1] // BLOCK, values.shape[0] // BLOCK)
    return cv2.resize(values.astype(np.float32), size, interpolation=cv2.INTER_AREA).astype(np.float64)


def _in_tiles(rgb: Pixels, threads: int) -> list[Line]:
    """What the detector sees at this scale, each line once unless it is longer than a tile: then in pieces."""
    height, width = rgb.shape[:2]
    whole: list[Line] = []
    stumps: list[Line] = []
    for x0, x1 in _tiles(width):
        for y0, y1 in _tiles(height):
            for left, top, right, bottom in _inhabited(rgb[y0:y1, x0:x1]):
                box = (x0 + left, y0 + top, x0 + right, y0 + bottom)
                corner = np.array(box[:2], np.float32)
                for line in _detect(rgb[box[1] : box[3], box[0] : box[2]], threads):
                    line = Line(line.quad + corner, line.score)
                    stump = _is_stump(line.quad, (x0, y0, x1, y1), width, height)
                    (stumps if stump else whole).append(line)
    lines = whole + [s for s in stumps if all(_covered(s.quad, w.quad) < COVERED for w in whole)]
    lines.sort(key=lambda line: line.width * line.height, reverse=True)
    kept: list[Line] = []
    for line in lines:  # one tile may have the end of a line that its neighbour has, too
        if all(_covered(line.quad, larger.quad) < SAME for larger in kept):
            kept.append(line)
    return kept


def _tiles(side: int) -> list[tuple[int, int]]:
    """Start and end of tiles of one size along a side; neighbours share OVERLAP at least."""
    if side <= TILE:
        return [(0, side)]
    count = -(-(side - OVERLAP) // (TILE - OVERLAP))
    size = -(-(side + (count - 1) * OVERLAP) // count)
    return [(start, start + size) for start in (round(i * (side - size) / (count - 1)) for i in range(count))]


def _inhabited(tile: Pixels) -> Iterator[Box]:
    """The parts of a tile in which there is anything, so that no time is spent on margins and empty columns.

    They begin on the detector's grid, with a block of background round them, so that it sees the same as in the whole.
    """
    height, width = tile.shape[:2]
    rows, columns = np.arange(0, height, BLOCK), np.arange(0, width, BLOCK)
    high = np.maximum.reduceat(np.maximum.reduceat(tile, rows, 0), columns, 1)
    low = np.minimum.reduceat(np.minimum.reduceat(tile, rows, 0), columns, 1)
    for x0, y0, x1, y1 in _islands((high - low).max(2) >= BLANK_RANGE):
        yield (
            max(0, x0 - 1) * BLOCK,
            max(0, y0 - 1) * BLOCK,
            min(width, (x1 + 1) * BLOCK),
            min(height, (y1 + 1) * BLOCK),
        )


def _islands(filled: Mask) -> Iterator[Box]:
    """Boxes x0, y0, x1, y1 of what is filled, (H, W), divided where more than MOST_BLANK rows or columns are empty."""
    todo = [(0, 0, filled.shape[1], filled.shape[0])]
    while todo:
        x0, y0, x1, y1 = todo.pop()
        part = filled[y0:y1, x0:x1]
        columns, rows = (runs(np.asarray(part.any(axis)), MOST_BLANK) for axis in (0, 1))
        boxes = [(x0 + a, y0 + c, x0 + b, y0 + d) for a, b in columns for c, d in rows]
        if len(boxes) > 1:
            todo += boxes
        else:
            yield from boxes


def _detect(rgb: Pixels, threads: int) -> list[Line]:
    """What the detector sees in a picture that is no larger than a tile."""
    height, width = rgb.shape[:2]
    # It resizes to whole blocks, which blurs small type: pad instead.
    pad_y, pad_x = (max(LEAST_SIDE - side, -side % BLOCK) for side in (height, width))
    bgr = cv2.copyMakeBorder(rgb[..., ::-1], 0, pad_y, 0, pad_x, cv2.BORDER_REPLICATE)
    result = _detector(threads)(bgr, use_det=True, use_cls=False, use_rec=False)
    if result.boxes is None:
        return []
    lines = []
    for quad, score in zip(np.asarray(result.boxes, np.float32), result.scores, strict=True):
        if quad[:, 0].min() < width and quad[:, 1].min() < height:
            lines.append(Line(_upright(quad), float(score)))
    return lines


def _upright(quad: NDArray[np.float32]) -> NDArray[np.float32]:
    """The corners in the order of the text: it runs along a long box and to the right, or else up the page."""
    line = Line(quad, 0)
    longer = max(line.width, line.height) > LONG * min(line.width, line.height)
    first = int(line.height > line.width) if longer else 0
    rolls = [np.roll(quad, -k, axis=0) for k in range(first, 4, 2 if longer else 1)]
    return max(rolls, key=lambda q: float((q[1] - q[0]) @ RIGHT_AND_UP / max(Line(q, 0).width, TINY)))


def turned(lines: Iterable[Line], quarters: int, size: tuple[int, int]) -> list[Line]:
    """The lines of a picture of this (width, height), in reading order, as they are once np.rot90 has turned it."""
    found = [Line(_upright(turned_points(line.quad, quarters, size)), line.score) for line in lines]
    return reading_order(join_pieces(straighten(found)))


def turned_points(points: Floats, quarters: int, size: tuple[int, int]) -> NDArray[np.float32]:
    """Where points (N, 2) of a picture of this (width, height) are once np.rot90 has turned it by so many quarters."""
    found = np.asarray(points, np.float32)
    width, height = size
    for _ in range(quarters % 4):
        found = np.column_stack([found[:, 1], width - found[:, 0]])
        width, height = height, width
    return found


def _is_stump(quad: Floats, box: Box, width: int, height: int) -> bool:
    """Whether the edge of a tile cuts a box. The next tile has the whole line then, or at least the rest of it."""
    x0, y0, x1, y1 = box
    u = quad[1] - quad[0]
    if abs(u[0]) >= abs(u[1]):
        low, high, first, last, end = quad[:, 1].min(), quad[:, 1].max(), y0, y1, height
    else:
        low, high, first, last, end = quad[:, 0].min(), quad[:, 0].max(), x0, x1, width
    cut = (first > 0 and low <= first + AT_START) or (last < end and high >= last - AT_END)
    return bool(cut) and sides(quad)[1] < OVERLAP * STUMP


def _together(lines: list[Line], half: list[Line]) -> list[Line]:
    """Lines found in a picture, and those found in `half` its size (in px of the picture), each once.

    A clear line of the smaller picture is there in place of its fragments, unless it is a paragraph that looks like one
    large line because it is so small: lines fill it then, and stay. A line that is not clear is only there if there is
    nothing in its place.
    """
    kept = list[Line]()
    for one in half:
        inside = [_covered(line.quad, one.quad) >= COVERED for line in lines]
        apart = [
            line.width * line.height
            for line, covered in zip(lines, inside, strict=True)
            if covered and line.height < LOWER * one.height and line.width > LONGER * line.height
        ]
        over = [line for line in lines if _covered(one.quad, line.quad) >= COVERED]
        if one.height < 2 * CLEAR:
            there = any(inside) or bool(over)
        else:  # what is longer is not cut off by the end of a tile
            filled = sum(apart) >= FILLED * one.width * one.height
            there = filled or any(line.width > one.width for line in over)
        if not there:
            lines = [line for line, covered in zip(lines, inside, strict=True) if not covered]
            kept.append(one)
    return lines + kept


def _covered(quad: Floats, other: Floats) -> float:
    """The share of `quad` that lies in `other`."""
    if not _may_touch(quad, other):
        return 0.0
    area = abs(float(cv2.contourArea(quad)))
    return float(cv2.intersectConvexConvex(quad, other)[0]) / max(area, TINY)


def _may_touch(quad: Floats, other: Floats, margin: float = 0.0) -> bool:
    return bool((quad.min(0) <= other.max(0) + margin).all() and (other.min(0) <= quad.max(0) + margin).all())


# Slopes and pieces of lines; by eye on the examples. Angles in radians.

TELLS = 3.0  # × as wide as high: a line that tells the page's slope
LEVEL_ANGLE = np.pi / 4  # steeper text runs up or down
LEVEL = 3.0  # px by which the longest line may rise or fall and still be level
SHORT = 2.5  # × as wide as high: the box of a shorter line leans at random
SHORT_ANGLE = 0.35  # by which it leans, at most
ROUNDING = 2.5  # px by which the end of a longer line may be off
OF_HEIGHT = 0.1  # × its height: and so much more
JOIN_GAP = 0.5  # × height: boxes nearer than this are one line (the letters are .4 heights further apart)
MOST_HIGHER = 1.6  # × the height of the other piece
SAME_ANGLE = 0.15  # of two pieces of a line
SAME_ROWS = 0.6  # × the lower one's height that two pieces share
SAME_TOP = 0.35  # × the lower one's height: a leaning or far taller neighbour differs more
SAME_ROW = 0.5  # × height: middles nearer than this are in one row


def straighten(lines: list[Line]) -> list[Line]:
    """Give lines the page's common slope if they differ from it by no more than the detector's rounding.

    Corners of boxes are whole pixels, and boxes of short words lean at random. Level text is to be level.
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
    """Whether a line may have this slope, for all that its box tells."""
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


def join_pieces(lines: list[Line], gap: float = JOIN_GAP) -> list[Line]:
    """Join pieces of one line: those that overlap (seams of tiles) or follow each other closely."""
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
    if not _may_touch(one.quad, two.quad, gap * low) or high > MOST_HIGHER * low:
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
