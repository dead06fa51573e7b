"""Letters of one colour on another: their ink is known without a network, and whatever else there is goes to one."""

from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from iimt_cli.page.ink.two_colours import in_two_colours
from iimt_cli.page.rectify import EM

TEXT, WIDTH, SCALE = "Neue Datei …", 200, 4
Colour = tuple[int, int, int]


def coverage(text: str = TEXT) -> np.ndarray:
    layer = Image.new("L", (WIDTH * SCALE, 32 * SCALE))
    font = ImageFont.load_default(int(EM * SCALE))
    ImageDraw.Draw(layer).text((14 * SCALE, 23.5 * SCALE), text, 255, font, anchor="ls")
    return np.asarray(layer.resize((WIDTH, 32), Image.Resampling.BOX), np.float32) / 255


def strip(ink: Colour, ground: Colour, text: str = TEXT) -> np.ndarray:
    share = coverage(text)[..., None]
    return np.rint(np.array(ground) * (1 - share) + np.array(ink) * share).astype(np.uint8)


@pytest.mark.parametrize(
    ("ink", "ground"),
    [
        ((0, 0, 0), (255, 255, 255)),
        ((235, 235, 240), (28, 30, 38)),
        ((0, 70, 200), (250, 244, 220)),
        ((150, 150, 150), (205, 205, 205)),
    ],
)
def test_the_coverage_is_exact(ink: Colour, ground: Colour) -> None:
    found = in_two_colours(strip(ink, ground))
    assert found is not None
    assert np.abs(found.ink - coverage()).max() < 0.05
    assert (found.erase >= found.ink).all() and found.erase[coverage() > 0.2].min() == 1


def test_a_frame_beside_the_line_is_not_its_ink() -> None:
    pixels = strip((0, 0, 0), (255, 255, 255))
    pixels[:, 2:4] = (90, 120, 200)
    found = in_two_colours(pixels)
    assert found is not None and not found.ink[:, :6].any() and not found.erase[:, :6].any()


def photo(pixels: np.ndarray) -> None:
    pixels[:] = np.clip(pixels + np.random.default_rng(1).normal(0, 12, pixels.shape), 0, 255)


def gradient(pixels: np.ndarray) -> None:
    pixels[:] = pixels * np.linspace(0.6, 1, WIDTH)[:, None]


def link(pixels: np.ndarray) -> None:
    pixels[:, 70:] = strip((0, 60, 220), (255, 255, 255))[:, 70:]


def frame(pixels: np.ndarray) -> None:
    pixels[3] = 200


def underline(pixels: np.ndarray) -> None:
    pixels[26:28, 14:60] = 0


def button(pixels: np.ndarray) -> None:
    pixels[:, 170:192] = 0


def icon(pixels: np.ndarray) -> None:
    pixels[8:24, 170:186] = 0


def nothing(pixels: np.ndarray) -> None:
    pixels[:] = 255


@pytest.mark.parametrize("spoil", [photo, gradient, link, frame, underline, button, icon, nothing])
def test_what_shows_more_is_left_to_the_network(spoil: Callable[[np.ndarray], None]) -> None:
    pixels = strip((0, 0, 0), (255, 255, 255))
    assert in_two_colours(pixels) is not None
    spoil(pixels)
    assert in_two_colours(pixels) is None


def test_a_letter_of_the_line_below_is_no_underline() -> None:
    pixels = strip((0, 0, 0), (255, 255, 255))
    pixels[30:, 40:56] = 0
    assert in_two_colours(pixels) is not None
