"""Finding lines: each one once, at any picture size."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFont

from iimt_cli.page.layout.find import _inhabited, find_lines
from iimt_cli.page.layout.line import Line, join_pieces, reading_order, straighten, turned, turned_points

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


@pytest.mark.parametrize("step", [93, 101])
def test_lines_on_every_seam_of_a_very_tall_page_are_found_once(step: int) -> None:
    sizes = (18, 24, 40)
    texts = [
        (20 + i % 5, y, sizes[i % 3], " ".join(WORDS[: 5 - 2 * (i % 3 == 2)]))
        for i, y in enumerate(range(11, 7900, step))
    ]
    rgb, boxes = page(420, 8000, texts)
    assert_each_once(find_lines(rgb), boxes)


def test_a_very_wide_page_is_not_one_line() -> None:
    """Made small enough to fit a tile, a scan of 20,000 × 1,000 px looks like a line of text."""
    texts = [
        (40 + 731 * i + j, 20 + 90 * j, 22 + 4 * (j % 3), " ".join(WORDS[: 3 + (i + j) % 3]))
        for i in range(27)
        for j in range(5)
    ]
    rgb, boxes = page(20_000, 480, texts)
    assert_each_once(find_lines(rgb), boxes)


def test_slanted_lines_longer_than_the_overlap_is_high_are_whole() -> None:
    rgb, _ = page(1900, 500, [(60, 60 + 130 * i, 34, " ".join(WORDS)) for i in range(3)])
    turned = Image.fromarray(rgb).rotate(
        13, expand=True, fillcolor="white", resample=Image.Resampling.BICUBIC
    )
    lines = find_lines(np.asarray(turned))
    assert len(lines) == 3
    length = np.ptp(np.flatnonzero((rgb[:130] < 128).any((0, 2))))
    assert all(abs(line.width - length) < 40 for line in lines)


def test_what_is_blank_is_left_out_and_what_is_faint_is_not() -> None:
    tile = np.full((500, 700, 3), (250, 248, 240), np.uint8)
    assert list(_inhabited(tile)) == []
    tile[40:50, 40:60, 1] += 7
    tile[450:480, 600:640] = 0
    assert sorted(_inhabited(tile)) == [(0, 0, 96, 96), (544, 416, 672, 500)]
    tile[40:480:31, 40:640:31] = 0
    assert list(_inhabited(tile)) == [(0, 0, 672, 500)]


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


def test_letters_on_dots_are_found_in_half_the_size() -> None:
    image = Image.new("RGB", (480, 72), (28, 24, 32))
    draw = ImageDraw.Draw(image)
    for x in range(4, 480, 16):
        for y in range(4, 72, 16):
            draw.ellipse((x - 5, y - 5, x + 5, y + 5), fill=(80, 75, 85))
    font = ImageFont.load_default(26)
    draw.text((20, 20), "Say nothing to anybody", font=font, fill=(235, 235, 235))
    written = box(*draw.textbbox((20, 20), "Say nothing to anybody", font=font))
    (line,) = find_lines(np.asarray(image))
    assert np.abs(line.quad - written.quad).max() < 16


def test_letters_on_stripes_are_found_in_double_the_size() -> None:
    y, x = np.mgrid[:60, :420]
    stripes = np.where((x + y) // 14 % 2, 255, 135).astype(np.uint8)
    image = Image.fromarray(np.repeat(stripes[..., None], 3, axis=2))
    font = ImageFont.load_default(20)
    draw = ImageDraw.Draw(image)
    draw.text((60, 20), "Ich bin so stark wie zuvor.", fill=(60, 60, 60), font=font)
    written = box(*draw.textbbox((60, 20), "Ich bin so stark wie zuvor.", font=font))
    (line,) = find_lines(np.asarray(image))
    assert np.abs(line.quad - written.quad).max() < 12


def test_small_type_beside_large_in_a_large_picture_is_found() -> None:
    """Each size is found where it is seen best, and what lies in between is looked at once."""
    texts = [(60, 60, 300, "Great News"), (90, 520, 60, "of the dark forest")]
    texts += [(1500, 900 + 22 * i, 12, " ".join(WORDS[: 6 + i % 3])) for i in range(6)]
    texts += [(100, 1500, 13, "Printed by the river"), (2500, 1540, 14, "Page seven")]
    rgb, boxes = page(2800, 1600, texts)
    assert_each_once(find_lines(rgb), boxes)


@pytest.mark.parametrize("size", [18, 36, 72])
def test_the_same_lines_are_found_in_a_picture_and_in_a_part_of_it(size: int) -> None:
    step = 2 * size
    texts = [(60, 40 + step * i, size, " ".join(WORDS[i : i + 4])) for i in range(4)]
    whole, _ = page(2600, 1800, [*texts, (1500, 1500, 200, "Large"), (2000, 60, 14, "Small type")])
    part = whole[: 40 + 4 * step, : 60 + 20 * size]
    corner = np.array([part.shape[1], part.shape[0]])
    here, there = find_lines(part), [o for o in find_lines(whole) if (o.quad.mean(0) < corner).all()]
    assert len(here) == len(there) == 4
    for one, two in zip(here, there, strict=True):
        assert np.abs(one.quad - two.quad).max() < 0.25 * size


SIZES = st.tuples(st.integers(1, 400), st.integers(1, 400))
SHIFTS = st.floats(0, 1)


def test_letters_cut_by_the_edge_do_not_go_on_beyond_it() -> None:
    texts = [(30, 10 + 26 * i, 18, f"{value} g") for i, value in enumerate((21, 58, 20, 74))]
    texts += [
        (100, 10 + 26 * i, 18, word) for i, word in enumerate(("Meanwhile", "Evening", "Jogging", "Morning"))
    ]
    rgb, _ = page(300, 130, texts)
    for width in (140, 146, 152):  # the detector is shown 160
        cut = find_lines(np.ascontiguousarray(rgb[:, :width]))
        assert len(cut) >= 4 and max(line.quad[:, 0].max() for line in cut) < width + 7


@given(SIZES, st.integers(-5, 5), SHIFTS, SHIFTS)
def test_points_turn_with_the_picture(size: tuple[int, int], quarters: int, a: float, b: float) -> None:
    width, height = size
    x, y = int(a * (width - 1)), int(b * (height - 1))
    rgb = np.zeros((height, width), np.uint8)
    rgb[y, x] = 1
    other = np.rot90(rgb, quarters)
    [[turned_x, turned_y]] = turned_points(np.array([[x + 0.5, y + 0.5]]), quarters, size)
    assert other[int(turned_y), int(turned_x)] == 1
    back = turned_points(np.array([[turned_x, turned_y]]), -quarters, (other.shape[1], other.shape[0]))
    assert np.allclose(back, [[x + 0.5, y + 0.5]])


@given(st.integers(0, 3), st.integers(20, 300), st.integers(8, 40))
def test_lines_of_a_turned_picture_are_upright_in_it(quarters: int, width: int, height: int) -> None:
    upright = box(50, 60, 50 + width, 60 + height)
    size = (400, 200)
    as_found = turned_points(upright.quad, -quarters, size)  # the text lies so in the picture
    sides = (400, 200) if quarters % 2 == 0 else (200, 400)
    [line] = turned([Line(np.roll(as_found, 1, axis=0), 0.9)], quarters, sides)
    if 3 * width >= height:
        assert np.allclose(line.quad, upright.quad, atol=0.01)
