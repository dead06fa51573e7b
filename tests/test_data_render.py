import numpy as np
import pytest

from iimt_cli.data import fonts
from iimt_cli.data.fonts import FontFace, builtin_face, find_fonts, font_at
from iimt_cli.data.render import Style, degrade_ink, measure, render_ink, sample_style
from iimt_cli.errors import IimtError


@pytest.fixture(scope="module")
def faces() -> list[FontFace]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fonts, "_system_fonts", lambda alphabet: [])
        return find_fonts()


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(5)


def test_strips_have_the_promised_shape(faces: list[FontFace], rng: np.random.Generator) -> None:
    for _ in range(40):
        ink = render_ink("Ärger über Größe", sample_style(faces, rng), rng=rng)
        height, width = ink.coverage.shape
        assert (height, width % 8, ink.coverage.dtype) == (32, 0, np.uint8)
        assert ink.edges.shape == (len(ink.text) + 1,) and ink.edges.dtype == np.float32
        assert 4 <= ink.edges[0] <= 10 and ink.edges[-1] + 3 <= width
        assert (np.diff(ink.edges) > 0).all()
        assert ink.coverage[:, -2:].max() == 0


def test_edges_enclose_the_letters(faces: list[FontFace]) -> None:
    """Upright letters drawn alone at their edge are the very pixels of the strip."""
    for face in faces:
        style = Style(face, 22.0, baseline=24)
        text = "Hamburg (1871): AVATAR To 9"
        ink = render_ink(text, style, left=5)
        rebuilt = np.zeros_like(ink.coverage)
        for char, x in zip(text, ink.edges, strict=False):
            glyph = font_at(face, 22.0).glyph(char)
            y, left = 24 + glyph.dy, int(np.rint(x)) + glyph.dx
            height, width = glyph.mask.shape
            part = rebuilt[y : y + height, left : left + width]
            np.maximum(part, glyph.mask[:, : part.shape[1]], out=part)
        assert np.array_equal(rebuilt, ink.coverage)


def test_spaces_are_empty_where_the_edges_say(faces: list[FontFace]) -> None:
    for face in faces:
        ink = render_ink("ooo ooo", Style(face, 22.0, baseline=24))
        start, end = np.rint(ink.edges[[3, 4]]).astype(int)
        assert end - start >= 4
        assert ink.coverage[:, start + 1 : end - 1].max() < 128
        columns = ink.coverage.max(0) > 100
        assert abs(np.flatnonzero(columns)[0] - ink.edges[0]) < 5
        assert abs(np.flatnonzero(columns)[-1] - ink.edges[-1]) < 5


def test_letters_stay_over_their_edges_when_spaced_slanted_or_fat(faces: list[FontFace]) -> None:
    for changes in ({"tracking": 2.3}, {"shear": 0.25}, {"stroke": 0.8}):
        style = Style(faces[0], 22.0, baseline=24, **changes)
        ink = render_ink("oxo oxo", style)
        middles = ((ink.edges[:-1] + ink.edges[1:]) / 2).astype(int)
        filled = [ink.coverage[:, x - 2 : x + 3].max() > 100 for x in middles]
        assert filled == [True] * 3 + [False] + [True] * 3
        assert measure("oxo oxo", style) == pytest.approx(ink.edges[-1] - ink.edges[0], abs=0.01)


def test_every_style_fits_its_strip(faces: list[FontFace], rng: np.random.Generator) -> None:
    for _ in range(60):
        style = sample_style(faces, rng)
        tall = render_ink("ÄÜÖgpqyj|", style, height=64).coverage
        assert tall[32:].max() == 0 and tall.any()


def test_no_box_is_ever_drawn_for_a_character_that_is_missing() -> None:
    with pytest.raises(IimtError, match="cannot write 'ß'"):
        render_ink("Straße", Style(builtin_face(), 20.0, baseline=22))


def test_one_seed_one_strip(faces: list[FontFace]) -> None:
    def make() -> np.ndarray:
        rng = np.random.default_rng(3)
        return degrade_ink(render_ink("Immer gleich", sample_style(faces, rng), rng=rng).coverage, rng)

    assert np.array_equal(make(), make())


def test_empty_text_is_an_empty_strip(faces: list[FontFace]) -> None:
    ink = render_ink("", Style(faces[0], 20.0, baseline=22))
    assert ink.edges.tolist() == [6.0] and ink.coverage.max() == 0


def test_degraded_ink_keeps_shape_place_and_input(faces: list[FontFace], rng: np.random.Generator) -> None:
    clean = render_ink("Die Lesbarkeit bleibt", Style(faces[0], 22.0, baseline=24)).coverage
    kept, changed = clean.copy(), 0
    for _ in range(60):
        worn = degrade_ink(clean, rng)
        assert worn.shape == clean.shape and worn.dtype == np.uint8
        assert np.corrcoef(worn.ravel(), clean.ravel())[0, 1] > 0.35
        changed += not np.array_equal(worn, clean)
    assert np.array_equal(kept, clean) and 30 < changed < 60
