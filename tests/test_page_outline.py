"""Outlined letters whose separator took the outline for ink."""

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from iimt_cli.page.outline import without_outline
from iimt_cli.page.rectify import EM
from iimt_cli.page.separate import measure

TEXT = "Sommerfest am See"


def outlined(
    fill: tuple[int, int, int], rim: tuple[int, int, int], back: Image.Image, stroke: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A strip, the coverage of its letters, and of letters and outline together."""
    scale = 4
    font = ImageFont.load_default(int(EM * scale))
    layers = [Image.new("L", (260 * scale, 32 * scale)) for _ in range(2)]
    for layer, width in zip(layers, (0, stroke), strict=True):
        ImageDraw.Draw(layer).text(
            (14 * scale, 23.5 * scale), TEXT, font=font, fill=255, anchor="ls", stroke_width=width
        )
    letters, both = (np.asarray(o.resize((260, 32), Image.Resampling.BOX), np.float32) / 255 for o in layers)
    strip = np.asarray(back.resize((260, 32)), np.float32)
    for coverage, colour in ((both, rim), (letters, fill)):
        strip = strip + (np.array(colour, np.float32) - strip) * coverage[..., None]
    return np.rint(strip).astype(np.uint8), letters, both


def photo(seed: int, shade: tuple[int, int, int]) -> Image.Image:
    noise = np.random.default_rng(seed).integers(-60, 60, (6, 24, 3)) + shade
    image = Image.fromarray(np.clip(noise, 0, 255).astype(np.uint8)).resize(
        (260, 32), Image.Resampling.BICUBIC
    )
    return image.filter(ImageFilter.GaussianBlur(1.5))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("fill", "rim", "shade"),
    [
        ((255, 250, 230), (30, 40, 60), (70, 120, 180)),
        ((200, 30, 30), (255, 255, 255), (90, 120, 60)),
        ((255, 255, 255), (0, 0, 0), (210, 215, 225)),
    ],
)
def test_the_outline_does_not_count_as_ink(
    fill: tuple[int, int, int], rim: tuple[int, int, int], shade: tuple[int, int, int], seed: int
) -> None:
    strip, letters, both = outlined(fill, rim, photo(seed, shade), stroke=6)
    erase = cv2.dilate(both, np.ones((3, 3), np.uint8))
    ink, mask = without_outline(strip, both, erase)
    assert np.abs(ink - letters).mean() < 0.25 * np.abs(both - letters).mean()
    assert (mask >= erase).all()
    true, found, before = measure(letters), measure(ink), measure(both)
    assert true and found and before
    assert abs(found.em / true.em - 1) < 0.04 < before.em / true.em - 1
    assert abs(found.baseline - true.baseline) < 0.5


@pytest.mark.parametrize("shade", [(240, 240, 240), (30, 32, 40), (150, 120, 90)])
def test_letters_without_an_outline_stay_as_they_are(shade: tuple[int, int, int]) -> None:
    colour = (250, 250, 250) if sum(shade) < 300 else (20, 20, 20)
    for back in (Image.new("RGB", (260, 32), shade), photo(4, shade)):
        strip, letters, _ = outlined(colour, colour, back, stroke=0)
        erase = cv2.dilate(letters, np.ones((7, 7), np.uint8))  # generous, as a separator is
        ink, mask = without_outline(strip, letters, erase)
        assert (ink == letters).all() and (mask == erase).all()


def test_nothing_to_see() -> None:
    empty = np.zeros((32, 40), np.float32)
    ink, erase = without_outline(np.zeros((32, 40, 3), np.uint8), empty, empty)
    assert not ink.any() and not erase.any()


def test_small_smoothed_letters_have_no_outline() -> None:
    image = Image.new("RGB", (200, 24), "white")
    ImageDraw.Draw(image).text(
        (8, 17), "Durchwahl 31", font=ImageFont.load_default(16), fill=(30, 30, 30), anchor="ls"
    )
    strip = np.asarray(image.resize((267, 32), Image.Resampling.BICUBIC))
    ink = ((255 - strip[..., 0]) / 225.0).clip(0, 1).astype(np.float32)
    kept, _ = without_outline(strip, ink, cv2.dilate(ink, np.ones((5, 9), np.uint8)))
    assert (kept == ink).all()
