"""Edges of the ground that letters stand across part no texts, hide none of their ink, and limit no room."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFont

from iimt_cli.page.layout.rules import REACH, between_rules, label_edges
from iimt_cli.page.layout.stripes import crosses_rules, stands_across
from iimt_cli.page.rectify import BASELINE, EM, HEIGHT, MARGIN, from_baseline
from iimt_cli.page.typeset.room import room

FONT = ImageFont.load_default(23)
WIDTH = 420
LIGHT, DARK = np.array([250, 235, 190]), np.array([225, 180, 100])
Y, X = np.mgrid[:HEIGHT, :WIDTH]


def written(ground: np.ndarray, text: str, x: float = MARGIN) -> tuple[np.ndarray, np.ndarray]:
    """A standard strip, (32, W, 3), with black text on a ground, (32, W), of two colours; and the ink of the text."""
    ink = Image.new("L", (WIDTH, HEIGHT))
    ImageDraw.Draw(ink).text((x, BASELINE), text, 255, FONT, anchor="ls")
    coverage = np.asarray(ink) / 255
    colours = np.where(ground[..., None], LIGHT, DARK)
    return (colours * (1 - coverage[..., None])).astype(np.uint8), coverage.astype(np.float32)


@given(st.integers(16, 36), st.integers(0, 35))
def test_upright_stripes_part_no_text(width: int, shift: int) -> None:
    strip, ink = written((X + shift) // width % 2, "Heute im Park und am See zu Gast")
    assert not label_edges(strip, ink).any()


def test_two_labels_that_meet_are_parted() -> None:
    _, left = written(X < 200, "Datei")
    strip, right = written(X < 200, "Ansicht", 240)
    assert label_edges((strip * (1 - left[..., None])).astype(np.uint8), np.maximum(left, right)).any()


@given(st.integers(5, 16), st.integers(0, 15))
def test_level_stripes_bound_no_letters(height: int, shift: int) -> None:
    strip, _ = written((Y + shift) // height % 2, "Heute geöffnet")
    inner = np.arange(round(BASELINE - 0.45 * EM), round(BASELINE - 0.1 * EM) + 1)
    crossed = len(set((inner + shift) // height)) > 1
    assert stands_across(strip) == crossed
    assert not crossed or between_rules(strip) == (-np.inf, np.inf)


def test_the_frame_of_a_field_is_not_stood_across() -> None:
    strip, _ = written((Y > 2) & (Y < 29), "Vorname")
    assert not stands_across(strip)
    assert between_rules(strip) == (3.0, 29.0)


@pytest.mark.parametrize("period", [34, 56])
def test_stripes_limit_no_room_and_their_frame_does(period: int) -> None:
    """Text on upright stripes has the room up to the frame of its panel."""
    y, x = np.mgrid[:120, :800]
    panel = np.where((x // (period // 2) % 2)[..., None], LIGHT, DARK).astype(np.uint8)
    panel[(y < 10) | (y > 110) | (x < 60) | (x > 740)] = (30, 60, 120)
    strip = from_baseline((300.0, 66.0), (1.0, 0.0), EM, 200.0)
    left, right = room(panel, strip, MARGIN, MARGIN + 200, [])
    assert 300 - 60 > MARGIN - left > 200
    assert 740 - 500 > right - MARGIN - 200 > 200


@given(st.integers(16, 26), st.integers(0, 25))
def test_letters_go_through_the_lines_of_squared_paper(pitch: int, shift: int) -> None:
    strip, ink = written(
        ((X + shift) % pitch > 0) & ((Y + 5) % pitch > 0), "Heute im Park und am See zu Gast"
    )
    assert crosses_rules(strip, ink, REACH)


@given(st.integers(0, 3))
def test_letters_that_fill_the_cells_of_a_table_do_not_go_through_its_rules(apart: int) -> None:
    _, name = written(X > -1, "Datei")
    end = int(np.flatnonzero(name.any(0))[-1])
    rules = (end + 1 + apart, end + 90)
    strip, value = written(~np.isin(X, rules), "Ansicht", rules[0] + 2.0 + apart)
    strip = (strip * (1 - name[..., None])).astype(np.uint8)
    assert not crosses_rules(strip, np.maximum(name, value), REACH)


def test_a_spot_under_the_text_is_no_stripe() -> None:
    """An icon beside the text limits its room, though a spot under the text is a mark as well."""
    view = np.full((120, 800, 3), 240, np.uint8)
    view[60:64, 400:404] = 90
    view[55:65, 620:640] = 90
    strip = from_baseline((300.0, 66.0), (1.0, 0.0), EM, 200.0)
    _, right = room(view, strip, MARGIN, MARGIN + 200, [])
    assert right < MARGIN + 620 - 300


@pytest.mark.parametrize("width", [1.0, 2.0, 6.0])
def test_a_narrow_text_at_the_left_edge_keeps_its_walls(width: float) -> None:
    view = np.full((120, 400, 3), 240, np.uint8)
    view[20:100, 100:104] = 30
    strip = from_baseline((1.0, 66.0), (1.0, 0.0), EM, width)
    _, right = room(view, strip, MARGIN, MARGIN + width, [])
    assert right < MARGIN + 100
