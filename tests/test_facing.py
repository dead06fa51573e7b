"""Which way up text is: lines along the side of a page, pages on their side or upside down, mirrored text."""

from collections.abc import Callable
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFont, ImageOps

from iimt_cli.model.image_encoder import Reading
from iimt_cli.page import Picture, classical_separator
from iimt_cli.page.layout.line import Line
from iimt_cli.translation.facing import MIRRORED, WayUp, facing, mirrored, not_upright, turned, way_up
from iimt_cli.translation.translator import StripTranslator

SHIPPED = Path(__file__).parent.parent / "weights" / "de-en"
FLAT = Line(np.array([[10, 10], [110, 10], [110, 30], [10, 30]], np.float32), 0.9)
UP = Line(np.array([[150, 180], [150, 20], [180, 20], [180, 180]], np.float32), 0.9)
PAGE = np.full((200, 200, 3), 255, np.uint8)


@pytest.mark.parametrize(
    ("scores", "turned"), [((-0.1, -2.0), False), ((-2.0, -0.1), True), ((-1.0, -1.0), False)]
)
def test_a_steep_line_begins_where_it_is_read_better(scores: tuple[float, float], turned: bool) -> None:
    def read(inks: list[np.ndarray]) -> list[Reading]:
        assert len(inks) == 2  # only the steep one, from both ends
        return [Reading("x", [(0, 1)], score) for score in scores]

    flat, steep = facing([FLAT, UP], PAGE, classical_separator, read)
    assert flat is FLAT
    assert np.array_equal(steep.quad, np.roll(UP.quad, 2 if turned else 0, axis=0))


def test_nothing_is_read_where_no_line_is_steep() -> None:
    def read(inks: list[np.ndarray]) -> list[Reading]:
        raise AssertionError

    assert facing([FLAT], PAGE, classical_separator, read) == [FLAT]


@pytest.mark.parametrize("angle", [90, -90])
def test_the_label_of_an_axis_is_translated(angle: int) -> None:
    font = ImageFont.truetype(Path(matplotlib.get_data_path()) / "fonts/ttf/DejaVuSans.ttf", 20)
    label = Image.new("RGB", (400, 60), "white")
    ImageDraw.Draw(label).text((100, 15), "Anzahl der Besucher", "black", font)
    page = np.asarray(label.rotate(angle, expand=True))
    [result] = StripTranslator.load(SHIPPED, "cpu").translate([Picture(page)])
    assert [(b.source, b.target) for b in result.blocks] == [("Anzahl der Besucher", "Number of visitors")]


def reader(*scores: float) -> Callable[[list[np.ndarray]], list[Reading]]:
    """Reads with these scores, one after the other: upright, upside down, mirrored, both."""
    left = iter(scores)

    def read(inks: list[np.ndarray]) -> list[Reading]:
        score = next(left)
        return [Reading("abc", [(0, 1), (1, 2), (2, 3)], score) for _ in inks]

    return read


@pytest.mark.parametrize(
    ("lines", "scores", "way"),
    [
        ([FLAT], [-0.1], WayUp()),  # what is read well is read once
        ([UP], [-0.1], WayUp(3)),
        ([UP, UP, FLAT], [-0.1], WayUp()),  # as many labels of an axis as a chart may have
        ([FLAT], [-0.8, -0.1, -0.5, -0.9], WayUp(2)),
        ([UP], [-0.8, -0.1, -0.5, -0.9], WayUp(1)),
        ([FLAT], [-0.3, -0.8, -0.5, -0.9], WayUp()),
        ([FLAT], [-0.5, -0.45, -0.6, -0.9], WayUp(sure=False)),
        ([FLAT], [-0.6, -0.8, -0.1, -0.9], WayUp(mirrored=True)),
        ([FLAT], [-0.9, -0.8, -0.5, -0.9], WayUp(sure=False)),  # no way is readable
        ([FLAT], [-0.9, -0.5, -0.8, -0.9], WayUp(sure=False)),
        ([], [], WayUp()),
    ],
)
def test_most_lines_of_a_page_tell_how_it_lies(lines: list[Line], scores: list[float], way: WayUp) -> None:
    assert way_up(lines, PAGE, classical_separator, reader(*scores)) == way


def test_a_word_is_read_as_readers_know_it_not_with_the_margins_of_its_box() -> None:
    page, seen = PAGE.copy(), list[np.ndarray]()
    page[14:26, 70:110] = 0  # at the right end of the line's box

    def read(inks: list[np.ndarray]) -> list[Reading]:
        seen.extend(inks)
        return [Reading("x", [(0, 1)], -0.1) for _ in inks]

    way_up([FLAT], page, classical_separator, read)
    facing([FLAT], page, classical_separator, read, every=True)
    for ink in seen:
        columns = np.flatnonzero((ink > 0.5).any(0))
        assert 4 <= columns[0] <= 10 and 4 <= ink.shape[1] - 1 - columns[-1] <= 10


def test_a_line_of_an_unsure_page_begins_at_its_right_only_if_it_is_read_far_better_there() -> None:
    def read(inks: list[np.ndarray]) -> list[Reading]:
        return [Reading("x", [(0, 1)], score) for score in (-0.9, -0.5, -0.1, -0.45)]

    far, near = facing([FLAT, FLAT], PAGE, classical_separator, read, every=True)
    assert np.array_equal(far.quad, np.roll(FLAT.quad, 2, axis=0)) and near is FLAT


def test_what_is_read_better_another_way_up_is_told() -> None:
    ink = np.zeros((32, 40), np.float32)
    assert not_upright([ink], [-0.5], reader(-0.1)) == [True]
    assert not_upright([ink], [-0.2], reader(-0.1)) == [False]


def test_two_letters_that_read_a_little_better_another_way_up_tell_nothing() -> None:
    ink = np.zeros((32, 40), np.float32)

    def of(text: str) -> Callable[[list[np.ndarray]], list[Reading]]:
        return lambda inks: [Reading(text, [(0, 1)] * len(text), -0.1) for _ in inks]

    assert not_upright([ink], [-0.3], of("]s")) == [False]
    assert not_upright([ink], [-0.3], of("]s ]s")) == [True]
    assert not_upright([ink], [-0.3], of(" ")) == [False]


@given(st.integers(0, 31), st.integers(0, 49))
def test_ink_upside_down_keeps_its_middle(row: int, column: int) -> None:
    ink = np.zeros((32, 50), np.float32)
    ink[row, column] = 1
    again = turned(turned(ink))
    assert np.array_equal(mirrored(mirrored(ink)), ink)
    assert np.array_equal(again, ink) if row >= 3 else not again.any()  # no letter is so high in a strip


@pytest.mark.parametrize("angle", [0, 90, 180, 270, 187])
def test_a_page_is_translated_as_it_lies(angle: int) -> None:
    page = _page().rotate(angle, expand=True, fillcolor="white", resample=Image.Resampling.BICUBIC)
    [result] = StripTranslator.load(SHIPPED, "cpu").translate([Picture(np.asarray(page))])
    texts = {block.source: block for block in result.blocks}
    assert list(texts) == ["Montag bis Freitag", "Anzahl der Besucher"]
    assert all(block.target for block in texts.values())
    assert result.pixels.shape == np.asarray(page).shape
    for block in result.blocks:  # boxes are those of the picture as it is
        (x0, y0), (x1, y1) = (
            np.min(block.polygon, axis=0).astype(int),
            np.max(block.polygon, axis=0).astype(int),
        )
        inside = np.zeros(result.pixels.shape[:2], bool)
        inside[max(0, y0) : y1, max(0, x0) : x1] = True
        assert (result.pixels[inside] != np.asarray(page)[inside]).any()


def test_mirrored_text_keeps_its_pixels() -> None:
    page = np.asarray(ImageOps.mirror(_page()))
    [result] = StripTranslator.load(SHIPPED, "cpu").translate([Picture(page)])
    assert {block.reason for block in result.blocks} == {MIRRORED}
    assert np.array_equal(result.pixels, page)


def test_short_words_between_the_rules_of_a_table_are_not_taken_for_mirrored_ones() -> None:
    image = Image.new("RGB", (320, 160), "white")
    draw = ImageDraw.Draw(image)
    font = ImageFont.truetype(Path(matplotlib.get_data_path()) / "fonts/ttf/DejaVuSans.ttf", 16)
    for n, word in enumerate(("Apfel", "Ei", "Brot", "Arzt", "Wein", "Eier", "Milch", "Kaffee")):
        x, y = 10 + 150 * (n % 2), 10 + 34 * (n // 2)
        draw.rectangle([x, y, x + 150, y + 34], outline=(90, 90, 90))
        draw.text((x + 8, y + 23), word, "black", font, anchor="ls")
    [result] = StripTranslator.load(SHIPPED, "cpu").translate([Picture(np.asarray(image))])
    assert {"Brot", "Wein", "Milch"} <= {block.source for block in result.blocks}


def test_the_sidecar_of_a_mirrored_page_is_drawn_again() -> None:
    picture = Picture(np.asarray(ImageOps.mirror(_page())))
    translator = StripTranslator.load(SHIPPED, "cpu")
    [first] = translator.translate([picture])
    [again] = translator.translate([picture], texts=[first.texts])
    assert np.array_equal(again.pixels, picture.rgb)
    assert [b.reason for b in again.blocks] == [b.reason for b in first.blocks] != []


def _page() -> Image.Image:
    font = ImageFont.truetype(Path(matplotlib.get_data_path()) / "fonts/ttf/DejaVuSans.ttf", 22)
    page = Image.new("RGB", (420, 200), "white")
    for y, text in ((40, "Montag bis Freitag"), (120, "Anzahl der Besucher")):
        ImageDraw.Draw(page).text((60, y), text, "black", font)
    return page
