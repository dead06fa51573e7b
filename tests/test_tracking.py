"""Widely spaced letters: told by their even gaps, read closed up, and drawn with as much space between them."""

from pathlib import Path

import matplotlib
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from iimt_cli.page import Picture
from iimt_cli.page.arrays import Coverage
from iimt_cli.page.rectify import EM
from iimt_cli.page.runs import columns_of, gaps, inked_columns
from iimt_cli.page.tracking import AS_USUAL, spread, tracking
from iimt_cli.translation.letters import are_words
from iimt_cli.translation.result import Options
from iimt_cli.translation.translator import StripTranslator

SHIPPED = Path(__file__).parent.parent / "weights" / "de-en"
FONTS = Path(matplotlib.get_data_path()) / "fonts/ttf"


@pytest.fixture(scope="module")
def shipped() -> StripTranslator:
    return StripTranslator.load(SHIPPED, "cpu")


def page(*rows: tuple[str, float], face: str = "DejaVuSans", em: int = 36) -> Picture:
    """A white page with rows of text, whose letters have so many em more between them."""
    font = ImageFont.truetype(FONTS / f"{face}.ttf", em)
    image = Image.new("RGB", (1000, 40 + 120 * len(rows)), "white")
    draw = ImageDraw.Draw(image)
    for n, (text, more) in enumerate(rows):
        x = 60.0
        for char in text:
            draw.text((x, 100 + 120 * n), char, "black", font, anchor="ls")
            x += font.getlength(char) + more * em
    return Picture(np.asarray(image))


def bars(*widths: int) -> Coverage:
    """Ink, (32, W): bars of 10 px with gaps of these widths between them."""
    ink = np.zeros((32, 10 + sum(widths) + 10 * len(widths)), np.float32)
    x = 0
    for width in (0, *widths):
        x += width
        ink[8:24, x : x + 10] = 1
        x += 10
    return ink


def test_even_wide_gaps_are_closed_up_and_words_stay_apart() -> None:
    spaced = tracking(bars(14, 16, 15, 34, 15, 14))
    closed = spaced.closed(bars(14, 16, 15, 34, 15, 14))
    widths = [b - a for a, b in gaps(inked_columns(closed))]
    assert max(widths[:3] + widths[4:]) < 0.2 * EM < widths[3]
    for column in (0, 10, 24, 50, 84):  # ends and starts of bars
        assert spaced.opened(spaced.column(column)) == column


@pytest.mark.parametrize("widths", [(3, 2, 3, 2, 3), (14, 16), (14, 30, 15, 30), (14, 15, 3, 15, 15)])
def test_other_gaps_stay_as_they_are(widths: tuple[int, ...]) -> None:
    assert tracking(bars(*widths)) is AS_USUAL  # usual ones, too few, uneven ones, letters of one word


def test_spreading_keeps_each_word_round_its_letters() -> None:
    ink = bars(4, 4, 12, 4)
    wider, words = spread(ink, [(0, 38), (50, 74)], [12, 26, 38, 50, 62], 5)
    assert [columns_of(wider[:, a:b]) for a, b in words] == [(0, b - a) for a, b in words]
    assert words == [(0, 48), (70, 99)]


def test_a_row_of_one_sign_is_no_word() -> None:
    assert are_words("NUR HEUTE", None) and not are_words("XXXXX", None) and not are_words("5 3", None)


@pytest.mark.parametrize("more", [0.3, 0.6, 1.0])
def test_spaced_capitals_are_read_as_words(shipped: StripTranslator, more: float) -> None:
    result = shipped.translate(
        page(("SPEISEKARTE", more), ("EINTRITT FREI", more)), Options(min_confidence=0)
    )
    assert [(b.source, b.target) for b in result.blocks] == [
        ("SPEISEKARTE", "MENU"),
        ("EINTRITT FREI", "FREE ADMISSION"),
    ]


def test_the_translation_is_spaced_as_far_as_the_old_text_reached(shipped: StripTranslator) -> None:
    def drawn(text: str) -> tuple[list[int], int]:
        """Gaps between the letters of the new picture, px, and how long its text is."""
        source = page((text, 0.6))
        result = shipped.translate(source, Options(min_confidence=0))
        assert [b.action for b in result.blocks] == ["translated"]
        filled = (result.pixels < 128).any(axis=(0, 2))
        first, last = np.flatnonzero(filled)[[0, -1]]
        before = np.flatnonzero((source.rgb < 128).any(axis=(0, 2)))
        assert before[-1] - before[0] >= last - first
        return [b - a for a, b in gaps(filled)], int(last - first)

    much, _ = drawn("SPEISEKARTE")  # MENU
    less, _ = drawn("AUSGANG")  # EXIT
    assert min(much) > 0.5 * 36 and min(less) > 0.4 * 36


def test_single_signs_in_a_row_stay_as_they_are(shipped: StripTranslator) -> None:
    source = page(("MDMDFSS", 1.0), ("X X X X X", 0.3))
    result = shipped.translate(source, Options(min_confidence=0))
    assert {b.action for b in result.blocks} == {"kept"}
    assert (result.pixels == source.rgb).all()
