"""Type size of lines whose letters are all equally high, and of lines like them on the same page."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from iimt_cli.page import Picture, classical_separator, read_page
from iimt_cli.page.ink.measure import lean, measure
from iimt_cli.page.layout.line import Line
from iimt_cli.page.layout.looks import first_look, looker
from iimt_cli.page.paragraphs import Paragraph, stem
from iimt_cli.page.rectify import EM, cut
from iimt_cli.page.typeset.reflow import Flow
from iimt_cli.page.typeset.strokes import strokes
from iimt_cli.translation.translator import StripTranslator

SET = Flow((), 1.0, 1.0)
SHIPPED = Path(__file__).parent.parent / "weights" / "de-en"


def ink_of(text: str, size: float = EM) -> np.ndarray:
    scale = 4
    font = ImageFont.load_default(int(size * scale))
    image = Image.new("L", (int(font.getlength(text)) + 24 * scale, 32 * scale))
    ImageDraw.Draw(image).text((12 * scale, 23.5 * scale), text, font=font, fill=255, anchor="ls")
    return np.asarray(image.resize((image.width // scale, 32), Image.Resampling.BOX), np.float32) / 255


def size_of(text: str) -> float:
    found = measure(ink_of(text))
    assert found is not None
    return found.em


@pytest.mark.parametrize("text", ["34,50", "1870", "GRÖSSE", "weiß", "Land:", "Über uns"])
def test_short_texts_measure_as_long_ones_do(text: str) -> None:
    assert abs(size_of(text) / size_of("Das Wetter ist heute gut") - 1) < 0.14


@pytest.mark.parametrize("text", ["nur", "museum", "AUSGANG", "vergessen."])
def test_where_letters_cannot_decide_both_sizes_are_offered(text: str) -> None:
    found = measure(ink_of(text))
    assert found is not None
    true = size_of("Das Wetter ist heute gut")
    assert min(abs(choice / true - 1) for choice in found.choices) < 0.1


@pytest.mark.parametrize("slant", [0.0, 0.15, 0.25])
def test_how_much_letters_lean(slant: float) -> None:
    ink = ink_of("Das Wetter ist heute gut")
    leaning = cv2.warpAffine(ink, np.array([[1, -slant, slant * 23.5], [0, 1, 0]]), ink.shape[::-1])
    assert lean(leaning) == pytest.approx(slant, abs=0.06)
    assert lean(leaning[:, :50]) is None  # too short to tell


@pytest.mark.parametrize("word", ["Waxes", "wavy waxy"])
def test_letters_whose_strokes_lean_both_ways_tell_nothing(word: str) -> None:
    assert lean(ink_of(word), 1.0) is None


def test_the_page_decides_for_them() -> None:
    image = Image.new("RGB", (640, 300), "white")
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(24)
    texts = ("Lieferung am Montag", "nur warme sauce", "AUSGANG HIER", "Bitte die Hefte holen")
    for i, text in enumerate(texts):
        draw.text((40, 30 + 64 * i), text, font=font, fill="black")
    page = read_page(Picture(np.asarray(image)), classical_separator)
    sizes = [p.em for p in page.paragraphs]
    assert len(sizes) == 4 and max(sizes) / min(sizes) < 1.1, sizes


def test_cells_of_a_row_have_one_size() -> None:
    image = Image.new("RGB", (760, 160), "white")
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(20)
    for x, text in ((40, "Lampe"), (200, "grau"), (330, "Über uns"), (520, "sofort")):
        draw.text((x, 90), text, font=font, fill="black", anchor="ls")
    page = read_page(Picture(np.asarray(image)), classical_separator)
    sizes = [p.em for p in page.paragraphs]
    assert len(sizes) == 4 and max(sizes) / min(sizes) < 1.02, sizes


def test_what_is_in_the_same_type_is_drawn_in_the_same_weight() -> None:
    image = Image.new("RGB", (640, 300), "white")
    words = ("Illness", "Seezeile", "Hobby", "Teeth")
    for n, word in enumerate((*words, "Heading")):
        stroke = 0.7 if word == "Heading" else 0
        ImageDraw.Draw(image).text(
            (40, 20 + 52 * n), word, "black", ImageFont.load_default(20), stroke_width=stroke
        )
    paragraphs = read_page(Picture(np.asarray(image)), classical_separator).paragraphs
    assert len(paragraphs) == 5
    as_they_are = thicker({i: (p, p.lines[0].ink, SET) for i, p in enumerate(paragraphs)})
    assert max(map(abs, as_they_are.values())) < 0.3  # drawing alone makes them no wider: that is made good
    lighter = {i: (p, np.clip(p.lines[0].ink * 1.6 - 0.6, 0, 1), SET) for i, p in enumerate(paragraphs)}
    heading, *others = (thicker(lighter)[i] for i in (4, 0, 1, 2, 3))
    assert min(others) > max(as_they_are.values()) and max(others) - min(others) < 0.25
    assert thicker({i: lighter[i] for i in (0, 4)})[4] == pytest.approx(heading, abs=0.02)
    assert heading == pytest.approx(thicker({4: lighter[4]})[4], abs=0.02)


def thicker(drawn: dict[int, tuple[Paragraph, np.ndarray, Flow]]) -> dict[int, float]:
    return {i: stroke.thicker for i, stroke in strokes(drawn).items()}


@pytest.mark.parametrize("em", [16, 23, 48])
def test_the_old_letters_are_drawn_as_wide_as_they_were(em: int) -> None:
    image = Image.new("RGB", (30 * em, 4 * em), "white")
    ImageDraw.Draw(image).text((40, em), "Regional cuisine", "black", ImageFont.load_default(em))
    page = read_page(Picture(np.asarray(image)), classical_separator)
    [line] = page.lines
    ink = line.ink[:, int(line.x0) : int(line.x1) + 1]
    pixels, _ = page.draw({0: (ink, [(0, ink.shape[1])])})
    seen = 1 - cut(pixels, line.geometry)[..., 0] / np.float32(255)
    assert stem(seen) == pytest.approx(line.stem, rel=0.035)


@pytest.mark.parametrize("size", [15, 16])
def test_what_lies_about_letters_at_first_does_not_settle_their_size(
    size: int, font: ImageFont.FreeTypeFont
) -> None:
    """Labels with round ends, dark on pale: the ends are in the detector's box."""
    image = Image.new("RGB", (420, 90), (238, 242, 247))
    draw, face = ImageDraw.Draw(image), font.font_variant(size=size)
    text = "2. Personal details here"
    draw.rounded_rectangle((40, 30, 56 + 2 * size + face.getlength(text), 36 + 1.4 * size), 18, (26, 79, 139))
    draw.text((48 + size, 33 + size), text, (235, 240, 245), face, anchor="ls")
    page = read_page(Picture(np.asarray(image)), StripTranslator.load(SHIPPED).separate)
    [line] = [line for p in page.paragraphs for line in p.lines if line.x1 - line.x0 > 5 * EM]
    assert line.em == pytest.approx(size, rel=0.15)


def test_a_short_line_in_a_crooked_box_is_as_level_as_the_next() -> None:
    image = Image.new("RGB", (500, 200), "white")
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(22)
    places = [(40, 40, "Tag"), (40, 90, "Heute scheint die Sonne"), (40, 140, "Morgen kommt Regen")]
    quads = []
    for x, y, text in places:
        draw.text((x, y), text, "black", font)
        left, top, right, bottom = draw.textbbox((x, y), text, font)
        quads.append(np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float32))
    quads[0][[1, 2], 1] += 0.05 * (quads[0][1, 0] - quads[0][0, 0])  # falls as its g does
    found = [Line(quad, 0.9) for quad in quads]
    first, *others = first_look(found, looker(np.asarray(image), classical_separator))
    assert all(abs(line.geometry.direction[1]) < 0.002 for line in (first, *others))


def test_the_bar_of_a_lonely_sign_is_no_baseline() -> None:
    ink = np.zeros((32, 40), np.float32)
    ink[7:27, 14:16] = ink[7:8, 16:22] = ink[26:27, 16:22] = 1  # a thin € with heavy bars
    ink[14:16, 12:24] = ink[18:20, 12:24] = 1
    found = measure(ink)
    assert found is not None and found.baseline == pytest.approx(27, abs=1)
