"""Texts that the edge of the picture cuts off stay; whole ones that reach it, or end near it, are translated."""

from pathlib import Path

import matplotlib
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from iimt_cli.language import language
from iimt_cli.language.lexicon import Entry, Lexicon
from iimt_cli.page import Picture
from iimt_cli.translation.cut import CUT_OFF
from iimt_cli.translation.result import Block, Options
from iimt_cli.translation.translator import StripTranslator

SHIPPED = Path(__file__).parent.parent / "weights" / "de-en"
FONT = Path(matplotlib.get_data_path()) / "fonts/ttf/DejaVuSans.ttf"


@pytest.fixture(scope="module")
def shipped() -> StripTranslator:
    return StripTranslator.load(SHIPPED, "cpu")


def translated(translator: StripTranslator, text: str, behind: int) -> Block:
    """The block of a line in a picture that ends so many px behind the last letter; less than 0 cuts the letter."""
    font = ImageFont.truetype(FONT, 32)
    end = 40 + font.getbbox(text, anchor="ls")[2]
    image = Image.new("RGB", (int(end) + behind, 140), "white")
    ImageDraw.Draw(image).text((40, 85), text, "black", font, anchor="ls")
    picture = Picture(np.asarray(image))
    [block] = translator.translate(picture, Options(min_confidence=0)).blocks
    return block


@pytest.mark.parametrize("text", ["Herzlichen Glückw", "mein Sch", "Heute geschlos"])
def test_half_a_word_at_the_edge_is_left_alone(shipped: StripTranslator, text: str) -> None:
    block = translated(shipped, text, -2)
    assert (block.action, block.reason) == ("kept", CUT_OFF)


@pytest.mark.parametrize("behind", [0, 3])
def test_a_whole_word_at_the_edge_is_translated(shipped: StripTranslator, behind: int) -> None:
    assert translated(shipped, "Bitte nicht rauchen", behind).target == "Please do not smoke"


def test_half_a_word_that_only_ends_near_the_edge_is_not_cut_off(shipped: StripTranslator) -> None:
    assert translated(shipped, "Herzlichen Glückw", 5).reason != CUT_OFF


def test_a_beginning_of_more_frequent_words_is_no_whole_word() -> None:
    counts = {"sch": 10, "schule": 3000, "haus": 800, "häuser": 100, "hausarzt": 50, "ordnung": 90}
    entries = {word: Entry(count, ("x",)) for word, count in counts.items()}
    lexicon = Lexicon(entries, language("de").morphology)
    assert lexicon.is_whole("Haus") and lexicon.is_whole("Hausordnung") and lexicon.is_whole("Schule")
    assert not any(map(lexicon.is_whole, ("Sch", "Hausord", "Glückw")))
