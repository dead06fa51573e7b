from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from iimt_cli.data import fonts
from iimt_cli.data.backgrounds import ALL, Backgrounds, Photo, load_photos
from iimt_cli.data.fonts import find_fonts
from iimt_cli.data.render import Ink, render_ink, sample_style
from iimt_cli.data.scene import Paint, apply_paint, capture, erase_mask, paint_strip, sample_paint
from iimt_cli.errors import IimtError


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(11)


@pytest.fixture(scope="module")
def ink() -> Ink:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fonts, "_system_fonts", lambda alphabet: [])
        return render_ink("Der Zug hält nicht", sample_style(find_fonts(), np.random.default_rng(0)))


@pytest.fixture
def photo() -> Photo:
    return Photo("noise", np.random.default_rng(0).integers(0, 255, (90, 120, 3), dtype=np.uint8))


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize("size", [(32, 8), (32, 400), (300, 200)])
def test_backgrounds_of_any_size(
    kind: str, size: tuple[int, int], photo: Photo, rng: np.random.Generator
) -> None:
    backgrounds = Backgrounds((photo,), (kind,))
    for _ in range(8):
        rgb, drawn = backgrounds.sample(*size, rng)
        assert (rgb.shape, rgb.dtype, drawn) == ((*size, 3), np.uint8, kind)


def test_an_unknown_kind_is_named() -> None:
    with pytest.raises(IimtError, match="no background kind 'lava'"):
        Backgrounds(kinds=("plain", "lava"))


def test_painted_strips(ink: Ink, photo: Photo, rng: np.random.Generator) -> None:
    backgrounds = Backgrounds((photo,))
    for _ in range(60):
        under, _ = backgrounds.sample(*ink.coverage.shape, rng)
        before = under.copy()
        painted = paint_strip(ink, under, rng)
        assert painted.rgb.shape == (*ink.coverage.shape, 3) and painted.rgb.dtype == np.uint8
        assert painted.ink.shape == painted.erase.shape == ink.coverage.shape
        assert (painted.erase >= painted.ink).all()
        assert np.array_equal(under, before)


def test_the_erase_mask_covers_all_that_changed(ink: Ink, rng: np.random.Generator) -> None:
    under = np.full((*ink.coverage.shape, 3), 200, np.uint8)
    for _ in range(60):
        paint = sample_paint(under, rng)
        change = np.abs(apply_paint(under, ink.coverage, paint).astype(int) - 200).max(-1)
        assert change.max() > 20, "text that nobody can see"
        assert (erase_mask(ink.coverage, paint)[change > 40] > 60).all()


def test_paint_without_extras_is_a_plain_blend(ink: Ink) -> None:
    under = np.zeros((*ink.coverage.shape, 3), np.uint8)
    rgb = apply_paint(under, ink.coverage, Paint((255.0, 255.0, 255.0)))
    assert np.abs(rgb[..., 0].astype(int) - ink.coverage).max() <= 1


def test_capture_keeps_shape_and_follows_its_seed(photo: Photo) -> None:
    for seed in range(20):
        first, second = (capture(photo.rgb, np.random.default_rng(seed)) for _ in range(2))
        assert first.shape == photo.rgb.shape and np.array_equal(first, second)


def test_photos_come_from_folders_or_scikit_image(tmp_path: Path) -> None:
    Image.new("L", (3000, 40)).save(tmp_path / "wide.png")
    (photo,) = load_photos([tmp_path], bundled=False)
    assert photo.name == "wide" and photo.rgb.shape[1:] == (1280, 3)
    assert len(load_photos()) > 5


def test_what_is_wrong_with_photos_is_named(tmp_path: Path) -> None:
    with pytest.raises(IimtError, match="no pictures"):
        load_photos([tmp_path])
    with pytest.raises(IimtError, match="no such folder"):
        load_photos([tmp_path / "none"])
    (tmp_path / "bad.jpg").write_bytes(b"no picture")
    with pytest.raises(IimtError, match=r"bad\.jpg: not a readable picture"):
        load_photos([tmp_path])
