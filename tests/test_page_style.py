"""Colour, outline and shadow of letters whose ink and erase mask are known exactly; compose."""

from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from iimt_cli.page.arrays import Ink, Pixels, Stroke
from iimt_cli.page.ink.separate import own_letters
from iimt_cli.page.ink.style import Style, Underlay, estimate_style
from iimt_cli.page.rectify import BASELINE, EM, MARGIN, Geometry, cut, from_baseline
from iimt_cli.page.typeset.compose import compose
from iimt_cli.page.typeset.reflow import Placement

TEXT = "Harbour view"


def written(
    em: int, stroke: int = 0, shadow: int = 0
) -> tuple[np.ndarray, np.ndarray, Geometry, np.ndarray, np.ndarray]:
    """Picture with text, picture without, geometry of the line, ink, erase."""
    font = ImageFont.load_default(em)
    width = int(ImageDraw.Draw(Image.new("L", (1, 1))).textlength(TEXT, font=font))
    size = (width + 3 * em, 3 * em)
    picture = Image.new("RGB", size, (90, 140, 90))
    clean = np.asarray(picture)
    ink, erase = Image.new("L", size), Image.new("L", size)
    draw, draw_ink, draw_erase = (ImageDraw.Draw(image) for image in (picture, ink, erase))
    x, y = em, 2 * em
    if shadow:
        draw.text((x + shadow, y + shadow), TEXT, font=font, fill=(10, 10, 30), anchor="ls")
        draw_erase.text((x + shadow, y + shadow), TEXT, font=font, fill=255, anchor="ls")
    dark = (10, 10, 30)
    draw.text(
        (x, y), TEXT, font=font, fill=(250, 220, 40), stroke_width=stroke, stroke_fill=dark, anchor="ls"
    )
    draw_erase.text((x, y), TEXT, font=font, fill=255, stroke_width=stroke, anchor="ls")
    draw_ink.text((x, y), TEXT, font=font, fill=255, anchor="ls")
    geometry = from_baseline(np.array([x, y]), np.array([1.0, 0.0]), em, width)
    layers = [
        cut(np.dstack([np.asarray(o)] * 3), geometry)[..., 0].astype(np.float32) / 255 for o in (ink, erase)
    ]
    return np.asarray(picture), clean, geometry, layers[0], layers[1]


@pytest.mark.parametrize("em", [14, 24, 48, 110])
def test_plain_letters(em: int) -> None:
    style = estimate_style(*written(em))
    assert np.abs(np.subtract(style.colour, (250, 220, 40))).max() < (30 if em < 20 else 12)
    assert style.underlay is None and 0.8 < style.gain < 1.25


@pytest.mark.parametrize(("em", "stroke"), [(36, 2), (60, 3), (110, 4), (110, 8)])
def test_outline(em: int, stroke: int) -> None:
    style = estimate_style(*written(em, stroke=stroke))
    assert style.underlay is not None
    assert np.abs(np.subtract(style.underlay.colour, (10, 10, 30))).max() < 40
    assert style.underlay.shift == (0, 0)
    assert abs(style.underlay.radius * em / EM - stroke) <= max(1.0, 0.5 * em / EM)


@pytest.mark.parametrize(("em", "shadow"), [(36, 3), (60, 4), (110, 6)])
def test_shadow(em: int, shadow: int) -> None:
    style = estimate_style(*written(em, shadow=shadow))
    assert style.underlay is not None and style.underlay.radius == 0
    assert np.abs(np.array(style.underlay.shift) * em / EM - shadow).max() <= max(1.0, 0.5 * em / EM)


def composed(picture: Pixels, *what: Any) -> Pixels:
    result: Pixels = picture.copy()
    compose(result, *what)
    return result


def test_compose_reproduces_an_outlined_picture() -> None:
    picture, clean, geometry, ink, erase = written(60, stroke=3)
    style = estimate_style(picture, clean, geometry, ink, erase)
    columns = np.flatnonzero(ink.max(axis=0) > 0.1)
    span = (int(columns[0]), int(columns[-1]) + 1)
    out = composed(clean, [Placement(geometry, span, float(span[0]), 1.0)], ink, style)
    error, before = (((o.astype(float) - picture) ** 2).mean() for o in (out, clean))
    assert error < before / 5


def test_large_letters_are_crisp_and_outside_is_untouched() -> None:
    picture, clean, geometry, ink, _ = written(110)
    columns = np.flatnonzero(ink.max(axis=0) > 0.1)
    span = (int(columns[0]), int(columns[-1]) + 1)
    out = composed(clean, [Placement(geometry, span, float(span[0]), 1.0)], ink, Style((250, 220, 40)))
    drawn = (out != clean).any(axis=2)
    solid = (out == [250, 220, 40]).all(axis=2)
    assert solid.sum() > 0.68 * drawn.sum()
    assert (out[: 110 // 2] == clean[: 110 // 2]).all()
    true = (picture == [250, 220, 40]).all(axis=2)
    assert (solid & true).sum() / (solid | true).sum() > 0.8


def test_compose_stays_in_the_picture_and_under_its_ink() -> None:
    ink = np.ones((32, 300), np.float32)
    picture = np.full((40, 60, 3), 128, np.uint8)
    for x, y in ((-40.0, 5.0), (50.0, 39.0), (20.0, -10.0), (500.0, 500.0)):
        geometry = from_baseline(np.array([x, y]), np.array([0.96, 0.28]), 15, 60)
        style = Style((255, 0, 0), 1.0, Underlay((0, 0, 0), 2.0, (0, 0), 1.0))
        out = composed(picture, [Placement(geometry, (0, 300), 0.0, 1.0)], ink, style)
        assert out.shape == picture.shape
    assert (out == picture).all()


def test_own_letters_leaves_the_edge_of_a_menu_and_keeps_the_first_letter() -> None:
    ink = np.zeros((32, 120), np.float32)
    ink[5:29, 8:11] = 1  # an edge
    ink[7:24, 14:17] = ink[7:24, 24:27] = 1  # two letters
    found = own_letters(Ink(ink, ink), (MARGIN, 100))
    mine, erase = found.ink, found.erase
    assert not mine[:, :12].any() and not erase[:, :12].any()
    assert (mine[7:24, 14:17] == 1).all() and (erase[7:24, 24:27] == 1).all()


@pytest.mark.parametrize(
    ("left", "top", "bottom", "own"),
    [
        (12, 7, 23, True),  # a hairline I, where the line was measured to begin
        (12, 2, 29, False),  # the edge of a field
        (8, 7, 23, False),  # too far from the letters
        (67, 22, 24, True),  # a full stop behind the box
        (67, 13, 15, False),  # a tick
        (75, 22, 24, False),  # what shows through far from the letters
    ],
)
def test_own_letters_keeps_an_i_and_a_full_stop_at_the_ends(
    left: int, top: int, bottom: int, own: bool
) -> None:
    ink = np.zeros((32, 90), np.float32)
    for x in range(18, 60, 8):
        ink[11:24, x : x + 2] = ink[11:13, x : x + 6] = 1
    letters = ink.copy()
    ink[top:bottom, left] = 1
    mine = own_letters(Ink(ink, ink), (12.0 if left < 18 else 18.0, 64.0)).ink
    assert np.array_equal(mine, ink if own else letters)


def test_the_dots_of_hairlines_are_letters_and_specks_are_not() -> None:
    ink = np.zeros((32, 60), np.float32)
    ink[11:24, 20:40] = 1
    ink[7, 30], ink[7, 34] = 0.9, 0.3
    mine = own_letters(Ink(ink, ink), (15.0, 45.0)).ink
    assert mine[7, 30] == np.float32(0.9) and mine[7, 34] == 0


def test_own_letters_leaves_neighbours_and_frames() -> None:
    ink = np.zeros((32, 200), np.float32)
    ink[12:24, 40:60] = 1  # ours
    ink[0:3, 70:80] = 1  # a descender of the line above
    ink[29:32, 90:100] = 1  # an ascender of the line below
    ink[:, 20:22] = 1  # a frame
    ink[12:24, 180:196] = 1  # beyond the line
    found = own_letters(Ink(ink, ink), (MARGIN + 25, 150))
    mine, erase = found.ink, found.erase
    assert mine.sum() == 12 * 20 and (erase > 0).sum() == 12 * 20
    assert BASELINE < 24


def test_strokes_grow_to_the_old_weight() -> None:
    _, clean, geometry, ink, _ = written(60)
    columns = np.flatnonzero(ink.max(axis=0) > 0.1)
    placements = [Placement(geometry, (int(columns[0]), int(columns[-1]) + 1), float(columns[0]), 1.0)]
    amounts = [
        np.abs(
            composed(clean, placements, ink, Style((250, 220, 40)), Stroke(thicker)).astype(int) - clean
        ).sum()
        for thicker in (-0.5, 0.0, 0.5)
    ]
    assert amounts[0] < 0.93 * amounts[1] and amounts[2] > 1.07 * amounts[1]


def test_a_dark_photo_is_no_outline() -> None:
    picture, clean, geometry, ink, _ = written(60)
    noise = np.random.default_rng(0).integers(-12, 12, clean.shape)
    dark = np.where((picture == clean).all(axis=2, keepdims=True), 25 + noise, picture).astype(np.uint8)
    smooth = np.full_like(clean, 70)  # as a bad fill leaves it
    erase = cv2.dilate((ink > 0.2).astype(np.float32), np.ones((7, 7), np.uint8))
    assert estimate_style(dark, smooth, geometry, ink, erase).underlay is None
