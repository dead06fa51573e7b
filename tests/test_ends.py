"""Lines whose letters go on beyond the detector's box."""

from pathlib import Path

import cv2
import matplotlib
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from iimt_cli.model.image_encoder import Reading
from iimt_cli.page.layout.line import Line
from iimt_cli.translation.ends import to_their_ends
from iimt_cli.translation.translator import StripTranslator

SHIPPED = Path(__file__).parent.parent / "weights" / "de-en"
FONT = ImageFont.truetype(Path(matplotlib.get_data_path()) / "fonts/ttf/DejaVuSans.ttf", 26)
TEXT = "Heute Abend kommt meine Schwester"
LEFT = 60
RIGHT = LEFT + FONT.getlength(TEXT)


@pytest.fixture(scope="module")
def translator() -> StripTranslator:
    return StripTranslator.load(SHIPPED, "cpu")


def picture(busy: bool = True) -> np.ndarray:
    """One line of text at y 40 to 72, on a meadow of soft spots."""
    rng = np.random.default_rng(3)
    spots = cv2.resize(rng.uniform(40, 150, (12, 60, 3)), (600, 120), interpolation=cv2.INTER_CUBIC)
    image = Image.fromarray(
        spots.clip(0, 255).astype(np.uint8) if busy else np.full((120, 600, 3), 60, np.uint8)
    )
    ImageDraw.Draw(image).text((LEFT, 40), TEXT, (255, 250, 235), FONT)
    return np.asarray(image)


def box(first: str, last: str) -> Line:
    """What the detector makes of the words from `first` to `last`."""
    x0 = LEFT + FONT.getlength(TEXT[: TEXT.index(first)]) - 3
    x1 = LEFT + FONT.getlength(TEXT[: TEXT.index(last) + len(last)]) + 3
    return Line(np.array([[x0, 38], [x1, 38], [x1, 72], [x0, 72]], np.float32), 0.9)


@pytest.mark.parametrize(
    ("first", "last"), [("Heute", "kommt"), ("kommt", "Schwester"), ("kommt", "meine"), ("Abend", "Schw")]
)
def test_a_line_becomes_as_long_as_its_text(translator: StripTranslator, first: str, last: str) -> None:
    [line] = to_their_ends([box(first, last)], picture(), translator.separate, translator.read)
    assert line.quad[0, 0] == pytest.approx(LEFT, abs=9) and line.quad[1, 0] == pytest.approx(RIGHT, abs=9)
    assert line.height == pytest.approx(34, rel=0.1)


def test_two_parts_with_words_between_them_become_one_line(translator: StripTranslator) -> None:
    two = [box("Heute", "Heute"), box("Schwester", "Schwester")]
    [line] = to_their_ends(two, picture(), translator.separate, translator.read)
    assert line.quad[0, 0] == pytest.approx(LEFT, abs=9) and line.quad[1, 0] == pytest.approx(RIGHT, abs=9)


def test_it_does_not_take_the_words_of_another_line(translator: StripTranslator) -> None:
    two = [box("Heute", "kommt"), box("meine", "Schwester")]
    found = to_their_ends(two, picture(), translator.separate, translator.read)
    assert np.array_equal([line.quad for line in found], [line.quad for line in two])


def test_it_stays_as_it_is_where_what_follows_cannot_be_read(translator: StripTranslator) -> None:
    def read(inks: list[np.ndarray]) -> list[Reading]:
        assert len(inks) == 1 and inks[0].shape[1] > 0.8 * (RIGHT - LEFT) * 23 / 26
        return [Reading("x", [(0, 1)], -1.0)]

    short = box("Heute", "kommt")
    assert to_their_ends([short], picture(), translator.separate, read) == [short]


def test_on_a_plain_background_boxes_are_right(translator: StripTranslator) -> None:
    def read(inks: list[np.ndarray]) -> list[Reading]:
        raise AssertionError

    short = box("Heute", "kommt")
    assert to_their_ends([short], picture(busy=False), translator.separate, read) == [short]
