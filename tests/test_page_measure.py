"""Type size of lines whose letters are all equally high, and of lines like them on the same page."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from iimt_cli.page import Picture, classical_separator, read_page
from iimt_cli.page.rectify import EM
from iimt_cli.page.separate import measure


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
