"""Figures above the line: the ² of an area, the mark of a footnote. They are read, copied and drawn where they stood."""

from pathlib import Path

import matplotlib
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from iimt_cli.language.alphabet import SUBSCRIPTS, SUPERSCRIPTS
from iimt_cli.language.protected import mask, protected, restore
from iimt_cli.page import Picture
from iimt_cli.translation.result import Options
from iimt_cli.translation.translator import StripTranslator

SHIPPED = Path(__file__).parent.parent / "weights" / "de-en"
FONTS = Path(matplotlib.get_data_path()) / "fonts/ttf"


@pytest.fixture(scope="module")
def shipped() -> StripTranslator:
    return StripTranslator.load(SHIPPED, "cpu")


def line(text: str, face: str = "DejaVuSans", em: int = 32, glyphs: bool = False) -> Picture:
    """A white picture with a line. Raised figures are the face's own (`glyphs`), or small ones above the line."""
    large, small = (ImageFont.truetype(FONTS / f"{face}.ttf", size) for size in (em, int(0.6 * em)))
    image = Image.new("RGB", (int(large.getlength(text)) + 100, 4 * em), "white")
    draw, x = ImageDraw.Draw(image), 50.0
    for char in text:
        own = next((some for some in (SUPERSCRIPTS, SUBSCRIPTS) if char in some and not glyphs), "")
        up = {SUPERSCRIPTS: 0.36, SUBSCRIPTS: -0.16}.get(own, 0.0)
        font, char = (small, str(own.index(char))) if own else (large, char)
        draw.text((x, 2.4 * em - up * em), char, "black", font, anchor="ls")
        x += font.getlength(char)
    return Picture(np.asarray(image))


@pytest.mark.parametrize("glyphs", [False, True])
@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("Die Wohnung hat 85 m² und einen Balkon.", "The flat has 85 m² and a balcony."),
        ("Verbrauch: 3 m³ Wasser", "Consumption: 3 m³ water"),
        ("Alle Preise² inklusive Versand", "All prices² including shipping"),
    ],
)
def test_figures_above_the_line_are_read_and_stay(
    shipped: StripTranslator, source: str, target: str, glyphs: bool
) -> None:
    result = shipped.translate(line(source, glyphs=glyphs), Options(min_confidence=0))
    # A drawing that reads otherwise, with 2 in place of ², would be refused.
    assert [(b.source, b.target, b.reason) for b in result.blocks] == [(source, target, "")]


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("Der Ausstoß von CO₂ sinkt.", "The emission of CO₂ is falling."),
        ("mit Vitamin B₆ und D₃", "with vitamin B₆ and D₃"),
        ("aus C₁₂H₁₀O₅", "from C₁₂H₁₀O₅"),
    ],
)
def test_figures_below_the_line_are_read_and_stay(shipped: StripTranslator, source: str, target: str) -> None:
    result = shipped.translate(line(source), Options(min_confidence=0))
    assert [(b.source, b.target, b.reason) for b in result.blocks] == [(source, target, "")]


@pytest.mark.parametrize("face", ["DejaVuSans", "DejaVuSerif-Bold"])
@pytest.mark.parametrize(
    "text",
    [
        "So geht's weiter",
        "„Guten Morgen“, sagte er.",
        "20 °C bis 25 °C",
        "Preis*",
        "Achtung: Gefahr!",
        "Was suchen Sie?",
    ],
)
def test_other_signs_above_the_line_are_no_figures(shipped: StripTranslator, text: str, face: str) -> None:
    page = shipped.open(line(text, face), Options())
    [reading] = shipped.read([page.strips[0].ink])
    assert not set(reading.text) & set(SUPERSCRIPTS)


def test_areas_and_marks_are_copied() -> None:
    spans = protected("Das Bad¹ hat 12,5 m² und der Tank 3 m³.")
    assert [span.fill for span in spans] == ["¹", "12,5 m²", "3 m³"]


@pytest.mark.parametrize(
    ("source", "said", "target"),
    [
        ("Das Bad¹ hat 12 m².", "The bathroom ⟨1⟩ has ⟨2⟩.", "The bathroom¹ has 12 m²."),
        ("Frist¹", "deadline", "deadline¹"),
        ("¹ Der Balkon", "The balcony", "¹ The balcony"),
    ],
)
def test_marks_stand_close_behind_their_words(source: str, said: str, target: str) -> None:
    assert restore(said, mask(source)) == target
