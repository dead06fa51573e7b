"""Enlarged letters: straight sides, no wavering, as wide as their ink."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from iimt_cli.page.rectify import BASELINE, HEIGHT
from iimt_cli.page.typeset.outlines import distances, inside

SCALE = 6


def wavering(text: str) -> np.ndarray:
    """Ink (32, W) of letters whose edges waver by a quarter of a pixel from row to row, as the model draws them."""
    fine = Image.new("L", (8 * 120, 8 * HEIGHT))
    draw = ImageDraw.Draw(fine)
    draw.text((8 * 6, 8 * BASELINE), text, 255, ImageFont.load_default(8 * 23), anchor="ls", stroke_width=4)
    pixels = np.asarray(fine, np.float32) / 255
    shifts = np.random.default_rng(5).integers(-2, 3, HEIGHT)
    rows = [np.roll(pixels[8 * y : 8 * y + 8], shifts[y], axis=1) for y in range(HEIGHT)]
    ink: np.ndarray = np.concatenate(rows).reshape(HEIGHT, 8, 120, 8).mean(axis=(1, 3))
    return ink


def drawn(ink: np.ndarray) -> np.ndarray:
    box = (0, 0, ink.shape[1] * SCALE, ink.shape[0] * SCALE)
    return inside(ink, np.diag([SCALE, SCALE, 1.0]), box, 1, SCALE)


def test_a_stem_is_straight() -> None:
    stem = drawn(wavering("l"))[int(10 * SCALE) : int(21 * SCALE)]
    left, right = stem.argmax(axis=1), stem.shape[1] - stem[:, ::-1].argmax(axis=1)
    assert np.ptp(left) <= SCALE / 3 and np.ptp(right) <= SCALE / 3


@pytest.mark.parametrize("text", ["HEIN", "ogec", "Bahn"])
def test_letters_keep_their_weight_and_their_holes(text: str) -> None:
    ink = wavering(text)
    assert drawn(ink).sum() / SCALE**2 == pytest.approx(ink.sum(), rel=0.05)


def test_nothing_has_no_outline() -> None:
    assert (distances(np.zeros((HEIGHT, 40), np.float32)) < 0).all()
    assert not drawn(np.zeros((HEIGHT, 40), np.float32)).any()


def test_the_full_stop_of_light_type_is_drawn() -> None:
    ink = np.zeros((HEIGHT, 20), np.float32)
    ink[21:23, 8:11] = [
        [0.45, 0.88, 0.3],
        [0.3, 0.7, 0.2],
    ]  # its strokes were made thinner, so little of it is dark
    assert drawn(ink).sum() > 0.3 * SCALE**2


@pytest.mark.parametrize("text", [".", "i", ":"])
def test_dots_are_as_large_as_their_ink(text: str) -> None:
    fine = Image.new("L", (8 * 20, 8 * HEIGHT))
    ImageDraw.Draw(fine).text((8 * 6, 8 * BASELINE), text, 255, ImageFont.load_default(8 * 20), anchor="ls")
    ink = np.asarray(fine, np.float32).reshape(HEIGHT, 8, 20, 8).mean(axis=(1, 3)) / 255
    assert drawn(ink).sum() / SCALE**2 == pytest.approx(ink.sum(), rel=0.12)


@pytest.mark.parametrize("side", [8, 12, 16])
def test_a_box_has_no_hole(side: int) -> None:
    ink = np.zeros((HEIGHT, 40), np.float32)
    ink[6 : 6 + side, 10 : 10 + side] = 1
    inner = slice(8 * SCALE, (4 + side) * SCALE)
    assert (drawn(ink)[inner, 12 * SCALE : (8 + side) * SCALE] > 0.99).all()


def test_strokes_are_widened() -> None:
    ink, box = wavering("HEIN"), (0, 0, 120 * SCALE, HEIGHT * SCALE)
    wide = inside(ink, np.diag([SCALE, SCALE, 1.0]), box, 1, SCALE, thicker=0.5)
    assert wide.sum() > 1.1 * drawn(ink).sum()
