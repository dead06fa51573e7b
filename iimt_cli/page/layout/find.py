"""Where the text lines are: found by RapidOCR's detector, without its reader. Each part is shown at the size its letters need.

A large picture is searched in a small size first. Parts in which halving blurs details are searched again, twice as large.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from threading import Lock
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from iimt_cli.errors import IimtError
from iimt_cli.loading import loading
from iimt_cli.page.arrays import Box, Floats, Mask, Pixels
from iimt_cli.page.colours import largest
from iimt_cli.page.layout.line import Line, along_text, join_pieces, may_touch, reading_order, straighten
from iimt_cli.page.rectify import sides
from iimt_cli.page.runs import runs

SURE = 0.5  # score of a line, 0..1, at least
TILE = 1280  # px: the largest side that the detector sees at once
OVERLAP = 192  # px that tiles share: a line lower than this is whole in at least one of them
LEAST = 128  # px: no picture is made lower than this, since the detector would take all of it for one line
# px: if nothing is found in a picture whose longest side is no longer, it is searched in double size
SMALL = 640
BLOCK = 32  # px: the detector works on a grid of such blocks
MOST_BLANK = 3  # blocks: wider blank stripes are not shown to the detector
BLANK_RANGE = 6  # levels: a block whose values differ by less is blank
LEAST_SIDE = 64  # px: the detector returns nothing for small pictures
AROUND = np.ones((3, 3), np.uint8)  # with a block its eight neighbours are searched, too
LEVELS = 256  # values of a colour channel
# share of its contrast that a block loses when it is halved: type of 28 px loses so much, smaller type more
FINE = 0.3
FAINT = 2.0  # levels, mean over a block: if halving changes less than this, the block has no small letters
# px, in the halved picture: a line with such a high box would not be found better in the full size
CLEAR = 18.0
# shape of an empty picture that is shown to the detector first, so that it loads its parts
WARM_UP = (64, 64, 3)

# Boxes that are found twice, or in part; by eye on large pictures.
COVERED = 0.5  # a box is a part of another one if so large a share of it lies in that
SAME = 0.9  # a box is the same line as a larger one if so large a share of it lies in that
LOWER = 0.4  # × the height of a box: if lines inside it are lower, the box may be a paragraph
LONGER = 3.0  # × their height: the width of such lines, at least
FILLED = 0.2  # share of the box that such lines must fill: then it is a paragraph
STUMP = 0.8  # × the tiles' overlap: a higher line is not dropped, since every tile may cut it
AT_START, AT_END = 2, 3  # px: a box so near to the start or the end of a tile is cut off by it
TINY = 1e-6  # px²: avoids dividing by zero


_loading = Lock()
_looking = Lock()  # what the detector computes in between takes up to 240 MB: for one picture at a time


def _detector(threads: int) -> Any:
    with _loading, loading():  # pictures may be opened in several threads
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
    except Exception as error:  # for any of these errors the user can only mend the installation
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
    # Thin letters, or letters on dots, may only be found in half the size; small ones on grain or stripes in double size.
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
    """The lines of a picture, found in the smallest size first and then, where letters need it, in twice that, and so on."""
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
    """The parts of a picture, (H, W, 3), whose letters may be too small in half its size.

    half: the lines found in half its size, in px of the full picture. Around those that are not CLEAR it is searched again.
    """
    height, width = rgb.shape[:2]
    rows, columns = -(-height // BLOCK), -(-width // BLOCK)
    padded = cv2.copyMakeBorder(rgb, 0, -height % BLOCK, 0, -width % BLOCK, cv2.BORDER_REPLICATE)
    again = cv2.resize(
        _halved(np.asarray(padded, np.uint8)), padded.shape[1::-1], interpolation=cv2.INTER_LINEAR
    )
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
    """The lines that the detector finds at this scale, each once. A line that is longer than a tile comes in pieces."""
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
    for line in lines:  # the end of a line may have been found in two tiles
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
    """The parts of a tile that are not blank, so that no time is spent on margins and empty columns.

    Each begins on the detector's grid and has a block of background round it, so that the result is as in the whole tile.
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
    # The detector would resize the picture to whole blocks, which blurs small type. So it is padded to whole blocks before.
    pad_y, pad_x = (max(LEAST_SIDE - side, -side % BLOCK) for side in (height, width))
    bgr = rgb[..., ::-1]
    for side, pad in enumerate((pad_y, pad_x)):
        bgr = np.concatenate([bgr, np.repeat(_usual(bgr.take([-1], side), 1 - side), pad, side)], side)
    detector = _detector(threads)
    with _looking:
        result = detector(bgr, use_det=True, use_cls=False, use_rec=False)
    if result.boxes is None:
        return []
    lines = []
    for quad, score in zip(np.asarray(result.boxes, np.float32), result.scores, strict=True):
        if quad[:, 0].min() < width and quad[:, 1].min() < height:
            lines.append(Line(along_text(quad), float(score)))
    return lines


def _usual(edge: Pixels, along: int) -> Pixels:
    """The usual colour of an edge, (1, W, 3) or (H, 1, 3), all along it. Letters that it cuts would go on as stripes."""
    return np.broadcast_to(np.median(edge, along, keepdims=True).astype(np.uint8), edge.shape)


def _is_stump(quad: Floats, box: Box, width: int, height: int) -> bool:
    """Whether the edge of a tile cuts off a box. Then the next tile shows the whole line, or at least the rest of it."""
    x0, y0, x1, y1 = box
    u = quad[1] - quad[0]
    if abs(u[0]) >= abs(u[1]):
        low, high, first, last, end = quad[:, 1].min(), quad[:, 1].max(), y0, y1, height
    else:
        low, high, first, last, end = quad[:, 0].min(), quad[:, 0].max(), x0, x1, width
    cut = (first > 0 and low <= first + AT_START) or (last < end and high >= last - AT_END)
    return bool(cut) and sides(quad)[1] < OVERLAP * STUMP


def _together(lines: list[Line], half: list[Line]) -> list[Line]:
    """The lines found in a picture together with those found in `half` its size (in px of the full picture), each once.

    A line of `half` that is CLEAR replaces its fragments in `lines`. The exception is a paragraph of small type that looked
    like one large line in half the size: then the lines that fill it stay. A line of `half` that is not clear is added only
    where `lines` has nothing.
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
        else:  # a longer line in its place is no fragment that a tile cut off
            filled = sum(apart) >= FILLED * one.width * one.height
            there = filled or any(line.width > one.width for line in over)
        if not there:
            lines = [line for line, covered in zip(lines, inside, strict=True) if not covered]
            kept.append(one)
    return lines + kept


def _covered(quad: Floats, other: Floats) -> float:
    """The share of `quad` that lies in `other`."""
    if not may_touch(quad, other):
        return 0.0
    area = abs(float(cv2.contourArea(quad)))
    return float(cv2.intersectConvexConvex(quad, other)[0]) / max(area, TINY)


# Slopes and pieces of lines; by eye on the examples. Angles in radians.
