"""Parts of one sentence that are several texts are drawn together or not at all."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from iimt_cli.page import Picture
from iimt_cli.page.layout.group import in_one_sentence
from iimt_cli.page.paragraphs import TextLine
from iimt_cli.page.rectify import HEIGHT, MARGIN, from_baseline
from iimt_cli.translation.result import Block, Options
from iimt_cli.translation.sentence import PART
from iimt_cli.translation.translator import StripTranslator

SHIPPED = Path(__file__).parent.parent / "weights" / "de-en"
FONT = ImageFont.truetype(Path(matplotlib.get_data_path()) / "fonts/ttf/DejaVuSans.ttf", 24)
DOUBTED = "Krzlmpf der Quastenfloser Wrbtz"  # no German: its translation is not sure


@pytest.fixture(scope="module")
def shipped() -> StripTranslator:
    return StripTranslator.load(SHIPPED, "cpu")


def translated(translator: StripTranslator, texts: Sequence[tuple[int, int, str]]) -> dict[str, Block]:
    """The blocks of a picture with texts at (x, baseline), by their first words. Red discs stand between."""
    image = Image.new("RGB", (960, 200), "white")
    draw = ImageDraw.Draw(image)
    for n, (x, y, text) in enumerate(texts):
        draw.text((x, y), text, "black", FONT, anchor="ls")
        if n:
            draw.ellipse((x - 32, y - 19, x - 10, y + 3), "red")
    blocks = translator.translate(Picture(np.asarray(image)), Options()).blocks
    return {block.source.split()[0]: block for block in blocks if block.source}


def behind(text: str) -> int:
    return 40 + int(FONT.getlength(text)) + 42


def test_the_rest_of_a_doubted_sentence_stays(shipped: StripTranslator) -> None:
    found = translated(shipped, [(40, 80, DOUBTED), (behind(DOUBTED), 80, "bitte nicht rauchen")])
    assert found["bitte"].reason == PART and found["bitte"].target == ""


@pytest.mark.parametrize("second", ["Bitte nicht rauchen", "Heute geschlossen"])
def test_another_text_beside_a_doubted_one_is_translated(shipped: StripTranslator, second: str) -> None:
    found = translated(shipped, [(40, 80, DOUBTED), (behind(DOUBTED), 80, second)])
    assert found[second.split()[0]].action == "translated"


def test_a_small_letter_behind_a_finished_sentence_tells_nothing(shipped: StripTranslator) -> None:
    doubted = DOUBTED + "!"
    found = translated(shipped, [(40, 80, doubted), (behind(doubted), 80, "bitte nicht rauchen")])
    assert found["bitte"].action == "translated"


def test_bars_that_face_each_other_are_in_no_order() -> None:
    """Lines so narrow that each seems to be to the right of the other: looking for the first of a row must end."""

    def line(x: float, width: float) -> TextLine:
        geometry = from_baseline((x, 80.0), (1.0, 0.0), 20.0, width)
        quad = np.array([(x, 62), (x + width, 62), (x + width, 86), (x, 86)], np.float32)
        ink = np.zeros((HEIGHT, geometry.width), np.float32)
        ink[8:24, int(MARGIN) : -int(MARGIN)] = 1
        return TextLine(quad, 1.0, geometry, ink, ink, MARGIN, geometry.width - MARGIN, 20.0)

    lines = [line(100.0, 2.0), line(102.5, 2.0), line(120.0, 40.0), line(100.0, 60.0)]
    assert isinstance(in_one_sentence(lines, ["|", "|", "und", "ab"]), list)
