"""Lines along the side of a page, which run up or down."""

from pathlib import Path

import matplotlib
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from iimt_cli.model.image_encoder import Reading
from iimt_cli.page import Picture, classical_separator
from iimt_cli.page.find import Line
from iimt_cli.translation.facing import facing
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
