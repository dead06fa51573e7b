"""A mark at the end of a line is the one that its ink shows, whatever was read."""

from pathlib import Path

import matplotlib
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from iimt_cli.language import language
from iimt_cli.model.image_encoder import Reading
from iimt_cli.page.rectify import BASELINE, HEIGHT
from iimt_cli.translation.misread import mended

FONTS = sorted((Path(matplotlib.get_data_path()) / "fonts/ttf").glob("DejaVu*.ttf"))
TEXT_FONTS = [path for path in FONTS if "Display" not in path.name]


def read_as(shown: str, read: str, font: Path) -> str:
    ink = Image.new("L", (240, HEIGHT))
    ImageDraw.Draw(ink).text((12, BASELINE), shown, 255, ImageFont.truetype(font, 23), anchor="ls")
    reading = Reading(read, [(2 * i, 2 * i + 1) for i in range(len(read))], -0.1)
    return mended(reading, np.asarray(ink, np.float32) / 255, language("de")).text


@pytest.mark.parametrize("font", TEXT_FONTS, ids=lambda path: path.stem)
@pytest.mark.parametrize("text", ["Liebe Eltern", "mit Tee"])
def test_a_comma_at_the_end_is_no_full_stop(text: str, font: Path) -> None:
    for shown in (f"{text},", f"{text}."):
        for read in (f"{text},", f"{text}."):
            assert read_as(shown, read, font) == shown


@pytest.mark.parametrize("text", ["Liebe Eltern", "Liebe Eltern:", "Liebe Eltern!", "Tag"])
def test_other_ends_stay(text: str) -> None:
    assert read_as(text, text, TEXT_FONTS[0]) == text


def test_the_dots_under_a_link_are_no_comma() -> None:
    ink = Image.new("L", (240, HEIGHT))
    draw, font = ImageDraw.Draw(ink), ImageFont.truetype(TEXT_FONTS[0], 23)
    draw.text((12, BASELINE), "mit Tee.", 255, font, anchor="ls")
    for x in range(12, 14 + int(font.getlength("mit Tee.")), 4):
        draw.rectangle((x, 27, x + 1, 28), 255)
    reading = Reading("mit Tee.", [(2 * i, 2 * i + 1) for i in range(8)], -0.1)
    assert mended(reading, np.asarray(ink, np.float32) / 255, language("de")).text == "mit Tee."


def test_a_mark_that_touches_its_letter_stays_as_it_was_read() -> None:
    assert read_as("ag", "a.", TEXT_FONTS[0]) == "a."
