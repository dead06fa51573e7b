"""Glow and soft shadows: found where they are, nowhere else; they go with their letters and come back with the new ones."""

from collections.abc import Sequence

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from iimt_cli.page.arrays import Halo, Ink, Pixels
from iimt_cli.page.files.image import Picture
from iimt_cli.page.ink.halo import find_halo
from iimt_cli.page.layout.line import Line
from iimt_cli.page.page import Page, read_page
from iimt_cli.page.rectify import cut, from_baseline

TEXT, EM, WIDE = "Musik im Park", 40, 300
GROUND, LIGHT, LETTERS = (20, 24, 60), (255, 150, 60), (255, 250, 235)


def layers(blur: float, gain: float, shift: int = 0, stroke: int = 0) -> tuple[np.ndarray, Pixels]:
    """Coverage of letters, (H, W), and the picture of them, with a blurred copy under them."""
    font = ImageFont.load_default(EM)
    letters, copy = Image.new("L", (WIDE, 120)), Image.new("L", (WIDE, 120))
    ImageDraw.Draw(letters).text((25, 75), TEXT, 255, font, anchor="ls")
    ImageDraw.Draw(copy).text((25 + shift, 75 + shift), TEXT, 255, font, anchor="ls", stroke_width=stroke)
    copy = copy.filter(ImageFilter.GaussianBlur(blur)).point(lambda v: min(255, gain * v))
    image = Image.new("RGB", letters.size, GROUND)
    image.paste(LIGHT, mask=copy)
    image.paste(LETTERS, mask=letters)
    return np.asarray(letters), np.asarray(image)


def found(blur: float, gain: float, shift: int = 0, stroke: int = 0) -> Halo | None:
    letters, picture = layers(blur, gain, shift, stroke)
    geometry = from_baseline([25, 75], [1, 0], EM, 250)
    ink = cut(np.dstack([letters] * 3), geometry)[..., 0].astype(np.float32) / 255
    return find_halo(picture, geometry, ink)


@pytest.mark.parametrize(("blur", "gain"), [(4, 1.5), (7, 2), (10, 3)])
def test_a_glow_is_found(blur: float, gain: float) -> None:
    halo = found(blur, gain)
    assert halo is not None and halo.shift == (0, 0)
    assert halo.blur * EM / 23 == pytest.approx(blur, rel=0.35)


@pytest.mark.parametrize("frame", [False, True])
def test_a_glow_is_found_on_a_shade_that_bends_and_beside_a_bright_frame(frame: bool) -> None:
    y, x = np.mgrid[:120, :WIDE] / 100
    sky = np.stack([30 + 40 * y**2, 24 + 10 * x * y, 90 - 30 * y**2], axis=-1)
    letters, lit = layers(5, 2)
    picture = (lit.astype(float) - GROUND + sky).clip(0, 255).astype(np.uint8)
    if frame:
        picture[8:12] = picture[108:112] = (250, 240, 120)
    geometry = from_baseline([25, 75], [1, 0], EM, 250)
    ink = cut(np.dstack([letters] * 3), geometry)[..., 0].astype(np.float32) / 255
    halo = find_halo(picture, geometry, ink)
    assert halo is not None and halo.shift == (0, 0)
    assert halo.blur * EM / 23 == pytest.approx(5, rel=0.35)


def test_a_soft_shadow_is_found_where_it_lies() -> None:
    halo = found(3, 1, shift=5)
    assert halo is not None
    assert np.abs(np.array(halo.shift) * EM / 23 - 5).max() < 2
    assert np.abs(np.subtract(halo.colour, LIGHT)).max() < 40


@pytest.mark.parametrize("stroke", [0, 2, 4])
def test_letters_and_outlines_have_no_halo(stroke: int) -> None:
    assert found(0, 1, stroke=stroke) is None


def test_letters_on_a_panel_have_no_halo() -> None:
    letters, _ = layers(0, 0)
    image = Image.new("RGB", letters.shape[::-1], GROUND)
    ImageDraw.Draw(image).rounded_rectangle([10, 30, WIDE - 10, 95], 12, LIGHT)
    image.paste(LETTERS, mask=Image.fromarray(letters))
    geometry = from_baseline([25, 75], [1, 0], EM, 250)
    ink = cut(np.dstack([letters] * 3), geometry)[..., 0].astype(np.float32) / 255
    assert find_halo(np.asarray(image), geometry, ink) is None


def read(picture: Pixels, tops: Sequence[int] = (38,)) -> Page:
    def separate(strips: list[Pixels], _: object = None) -> list[Ink]:  # by the blue that only letters have
        inks = [np.clip((s[..., 2].astype(np.float32) - 75) / 160, 0, 1) for s in strips]
        return [Ink(ink, ink) for ink in inks]

    boxes = [Line(np.array([[18, y], [285, y], [285, y + 50], [18, y + 50]], np.float32), 0.9) for y in tops]
    return read_page(Picture(picture), separate, lambda _: boxes)


def test_a_glow_goes_with_its_letters() -> None:
    _, picture = layers(7, 2)
    page = read(picture)
    assert page.paragraphs[0].lines[0].halo is not None
    off = np.abs(page.clean[0].astype(int) - GROUND).max(axis=2)
    assert np.percentile(off, 99) <= 6
    strip = page.strips[0]
    drawn, flows = page.draw({0: (strip.ink, [(int(np.argmax(strip.ink.any(0))), strip.ink.shape[1])])})
    error, before = (np.abs(o.astype(int) - picture).mean() for o in (drawn, page.clean[0]))
    assert flows and error < before / 4


def test_glows_of_lines_that_reach_each_other_are_found() -> None:
    font, letters = ImageFont.load_default(EM), Image.new("L", (WIDE, 210))
    for y, text in ((75, TEXT), (125, "Tanz und Essen"), (175, "im Zelt")):
        ImageDraw.Draw(letters).text((25, y), text, 255, font, anchor="ls")
    image = Image.new("RGB", letters.size, GROUND)
    image.paste(LIGHT, mask=letters.filter(ImageFilter.GaussianBlur(7)).point(lambda v: min(255, 2 * v)))
    image.paste(LETTERS, mask=letters)
    picture = np.asarray(image)
    page = read(picture, tops=(38, 88, 138))
    assert all(line.halo is not None for p in page.paragraphs for line in p.lines)
    off = np.abs(page.clean[0].astype(int) - GROUND).max(axis=2)
    assert np.percentile(off, 99) <= 8
