"""Symbols of made-up sheets can be drawn in any size."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from iimt_cli.data.pictograms import Pen

INK = (0, 0, 0, 255)
SIZE = 64  # px, of the picture
places = st.floats(0, 0.6)


@given(
    st.integers(20, SIZE), st.integers(20, SIZE), places, places, st.floats(0.05, 0.4), st.floats(0.05, 0.4),
    st.floats(0, 0.5), st.floats(0.02, 0.2), st.booleans(),
)  # fmt: skip
def test_a_box_with_round_corners_is_drawn_however_small(
    width: int, height: int, x: float, y: float, wide: float, tall: float, round_: float, stroke: float, filled: bool
) -> None:  # fmt: skip
    picture = Image.new("RGBA", (SIZE + 1, SIZE + 1))
    pen = Pen(ImageDraw.Draw(picture), (width, height), INK, INK, stroke, filled, np.random.default_rng(0))
    pen.box(x, y, x + wide, y + tall, round_)
    assert np.asarray(picture)[..., 3].any()
