"""New letters stand on whole rows of pixels where the old ones did."""

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from iimt_cli.page import Picture, classical_separator, read_page
from iimt_cli.page.rectify import BASELINE
from iimt_cli.page.typeset.rows import Band, on_rows, whole_rows

SIZE, BASE = 17, 60


def written(baseline: float = BASE) -> np.ndarray:
    """A line of small type; a baseline between two rows of pixels is drawn by shrinking a larger picture."""
    steps = 1 if baseline == int(baseline) else 8
    image = Image.new("RGB", (360 * steps, 100 * steps), "white")
    font = ImageFont.load_default(SIZE * steps)
    ImageDraw.Draw(image).text(
        (20 * steps, baseline * steps), "unser Museum im neuen Haus", "black", font, "ls"
    )
    return np.asarray(image.resize((360, 100), Image.Resampling.BOX))


def by_rows(pixels: np.ndarray) -> np.ndarray:
    return np.asarray((255.0 - pixels).sum(axis=(1, 2)))


@pytest.mark.parametrize(("lower", "larger"), [(0.0, 1.0), (0.7, 1.0), (-0.6, 1.04), (0.4, 0.95)])
def test_letters_drawn_lower_or_larger_stand_on_the_same_rows(lower: float, larger: float) -> None:
    page = read_page(Picture(written()), classical_separator)
    ink = page.lines[0].ink
    down = np.array([[larger, 0, 0], [0, larger, lower + (1 - larger) * BASELINE]])
    drawn = cv2.warpAffine(ink, down, ink.shape[::-1], flags=cv2.INTER_CUBIC).clip(0, 1)
    pixels, _ = page.draw({0: (drawn, [(8, drawn.shape[1] - 8)])})
    old, new = by_rows(written()), by_rows(pixels)
    assert new[BASE] < 0.15 * new[BASE - 1]
    assert abs(int(np.diff(new).argmax()) - int(np.diff(old).argmax())) == 0


def test_only_sharp_rows_count() -> None:
    page, between = (read_page(Picture(written(base)), classical_separator) for base in (BASE, BASE + 0.5))
    assert whole_rows(page.paragraphs[0], page.views[0], page.clean[0]) in (8, 9)
    assert whole_rows(between.paragraphs[0], between.views[0], between.clean[0]) == 0


def test_capitals_among_small_letters_keep_their_own_height() -> None:
    matrix = np.array([[0.7, 0, 5.3], [0.0, 0.7, 20.2], [0, 0, 1.0]])
    fitted = on_rows(matrix, Band(23.2, 17.0), 8, 0.0)  # 11.9 px high, where small letters are 8
    assert fitted[1, 1] * 17.0 == pytest.approx(12)
    assert fitted[1, 1] * 23.2 + fitted[1, 2] == pytest.approx(round(0.7 * 23.2 + 20.2))
