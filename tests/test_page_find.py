"""Finding lines: each one once, at any picture size."""

from itertools import pairwise

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from iimt_cli.page.find import Line, find_lines, join_pieces, reading_order, straighten

WORDS = [
    "The",
    "quick",
    "brown",
    "fox",
    "jumps",
    "over",
    "the",
    "lazy",
    "dog",
    "and",
    "runs",
    "through",
    "the",
    "dark",
    "forest",
    "to",
    "the",
    "river",
]


def page(
    width: int, height: int, texts: list[tuple[int, int, int, str]]
) -> tuple[np.ndarray, list[tuple[float, ...]]]:
    image = Image.new("RGB", (width, height), "white")
    draw = ImageDraw.Draw(image)
    boxes = []
    for x, y, size, text in texts:
        font = ImageFont.load_default(size)
        draw.text((x, y), text, font=font, fill="black")
        boxes.append(draw.textbbox((x, y), text, font=font))
    return np.asarray(image), boxes


def box(x0: float, y0: float, x1: float, y1: float) -> Line:
    return Line(np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]], np.float32), 0.9)


def assert_each_once(lines: list[Line], boxes: list[tuple[float, ...]]) -> None:
    found = [(*line.quad.min(0), *line.quad.max(0)) for line in lines]
    for x0, y0, x1, y1 in boxes:
        over = [
            f
            for f in found
            if f[1] < (y0 + y1) / 2 < f[3] and min(f[2], x1) - max(f[0], x0) > 0.3 * (x1 - x0)
        ]
        assert len(over) == 1, (x0, y0, x1, y1, over)
        (f,) = over
        assert f[0] <= x0 + 2 and f[2] >= x1 - 2 and f[2] - f[0] < (x1 - x0) + 2.5 * (y1 - y0) + 8
    assert len(found) == len(boxes), found


def test_finds_each_line_once_and_small_type_level() -> None:
    texts = [
        (20, 10 + 30 * i, size, " ".join(WORDS[: 9 - i % 3]))
        for i, size in enumerate((12, 13, 14, 16, 18, 20))
    ]
    texts += [(520, 10, 16, "Open"), (520, 70, 16, "Save as")]
    rgb, boxes = page(640, 220, texts)
    lines = find_lines(rgb)
    assert_each_once(lines, boxes)
    assert all(line.quad[0, 1] == line.quad[1, 1] for line in lines)
    tops = [round(float(line.quad[:, 1].mean())) for line in lines]
    assert all(b >= a - 8 for a, b in pairwise(tops))


def test_wide_page_without_duplicates() -> None:
    long = " ".join(WORDS * 3)
    rgb, boxes = page(
        3000, 400, [(20, 40, 20, long), (900, 120, 24, " ".join(WORDS)), (1300, 300, 16, "Settings")]
    )
    assert_each_once(find_lines(rgb), boxes)


def test_tall_page_without_duplicates() -> None:
    rgb, boxes = page(500, 2900, [(20, y, 18, " ".join(WORDS[:7])) for y in range(37, 2860, 173)])
    assert_each_once(find_lines(rgb), boxes)


def test_letters_taller_than_a_tile_overlap() -> None:
    rgb, boxes = page(1700, 800, [(60, 200, 300, "Great News")])
    assert_each_once(find_lines(rgb), boxes)


def test_blank_and_tiny_pictures() -> None:
    for shape in ((1, 1), (5, 700), (40, 40), (900, 3)):
        assert find_lines(np.full((*shape, 3), 255, np.uint8)) == []
        assert find_lines(np.random.default_rng(0).integers(0, 255, (*shape, 3), np.uint8)) is not None


def test_pieces_join_but_columns_do_not() -> None:
    near, far = box(0, 0, 100, 20), box(100 + 16, 0, 200, 20)
    assert len(join_pieces([near, box(108, 1, 200, 21)])) == 1
    assert len(join_pieces([near, box(80, 0, 200, 20)])) == 1
    assert len(join_pieces([near, far])) == 2
    assert len(join_pieces([near, box(0, 22, 100, 42)])) == 2
    assert len(join_pieces([near, box(105, -10, 200, 40)])) == 2


def test_straighten_removes_rounding_but_keeps_real_slopes() -> None:
    leaning = Line(np.array([[10, 10], [310, 12], [310, 32], [10, 30]], np.float32), 0.9)
    assert np.ptp(straighten([leaning, box(10, 50, 300, 70)])[0].quad[:2, 1]) < 1e-3
    turned = Line(np.array([[10, 10], [310, 50], [307, 70], [7, 30]], np.float32), 0.9)
    assert abs(np.ptp(straighten([turned])[0].quad[:2, 1]) - 40) < 2


def test_reading_order() -> None:
    lines = [box(300, 4, 400, 24), box(0, 50, 90, 70), box(0, 0, 90, 20)]
    assert [line.quad[0, 0] for line in reading_order(lines)] == [0, 300, 0]
