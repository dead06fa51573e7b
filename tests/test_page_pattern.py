"""Grounds that repeat themselves go on behind erased letters."""

import cv2
import numpy as np
import pytest

from iimt_cli.page.typeset.erase import fill
from iimt_cli.page.typeset.pattern import repeated

Y, X = np.mgrid[:160, :400]
PATTERNS = {
    "stripes": X // 20 % 2,
    "slanted": (X + Y) // 16 % 2,
    "checks": (X // 25 + Y // 25) % 2,
    "screen": (X % 6 - 3) ** 2 + (Y % 6 - 3) ** 2 < 4,
    "dots": (X % 14 - 7) ** 2 + (Y % 14 - 7) ** 2 < 6,
    "level": Y // 9 % 2,
}


@pytest.mark.parametrize("name", list(PATTERNS))
@pytest.mark.parametrize("noise", [0, 2])
def test_a_pattern_goes_on(name: str, noise: int) -> None:
    pale, dark = np.array([250, 250, 245]), np.array([200, 220, 240])
    ground = np.where(PATTERNS[name][..., None] > 0, dark, pale)
    ground = (ground + np.random.default_rng(0).integers(-noise, noise + 1, ground.shape)).clip(0, 255)
    mask = np.zeros(X.shape, bool)
    for x in range(40, 320, 22):
        mask[60:100, x : x + 14] = True
    written = np.where(mask[..., None], 20, ground).astype(np.uint8)
    filled = fill(written, mask)
    assert (filled[~mask] == written[~mask]).all()
    assert np.abs(filled.astype(int) - ground)[mask].max() <= 2 * noise


def test_a_ground_without_a_pattern_is_not_copied() -> None:
    """A shade that bends is nowhere the same: what was erased is no patchwork."""
    ground = (120 + 80 * np.sin(X / 31 + (Y / 47) ** 2) * np.cos(Y / 23))[..., None].repeat(3, axis=2)
    mask = np.zeros(X.shape, bool)
    mask[70:90, 100:300:9] = mask[70:90, 101:300:9] = mask[70:90, 102:300:9] = True
    filled = fill(np.where(mask[..., None], 0, ground).astype(np.uint8), mask)
    assert np.abs(filled.astype(int) - ground)[mask].mean() < 6


@pytest.mark.parametrize("blur", [0.0, 3.0, 12.0])
def test_paper_is_no_pattern(blur: float) -> None:
    """However smooth a texture is: shifted copies of it would show."""
    noise = np.random.default_rng(0).normal(0, 1, X.shape)
    texture = cv2.GaussianBlur(noise, (0, 0), blur) if blur else noise
    ground = (220 + 4 * texture / texture.std())[..., None].repeat(3, axis=2).clip(0, 255).astype(np.uint8)
    hole = np.zeros(X.shape, bool)
    hole[70:90, 100:300] = True
    assert repeated(ground, hole, ~hole, 3.0) is None


@pytest.mark.parametrize("sigma", [3.0, 3.5, 4.0])
def test_grain_is_filled_as_one(sigma: float) -> None:
    """A grainy ground has no one colour, and so no parts: it is not smeared."""
    ground = (235 + np.random.default_rng(1).normal(0, sigma, (*X.shape, 3))).clip(0, 255)
    mask = np.zeros(X.shape, bool)
    for x in range(120, 300, 9):
        mask[70:88, x : x + 5] = True
    filled = fill(np.where(mask[..., None], 20, ground).astype(np.uint8), mask)
    assert filled[mask].astype(float).std() > 0.6 * sigma


@pytest.mark.parametrize("begins", [150, 222, 275])
@pytest.mark.parametrize("steep", [0.4, 1.2, 3.0])
def test_a_plain_ground_that_becomes_a_shade_goes_on(begins: int, steep: float) -> None:
    """The rounded edge of a package: one word stands on both."""
    ground = np.clip(240 - steep * np.maximum(X - begins, 0), 60, 255)[..., None] * [1, 0.97, 0.85]
    mask = np.zeros(X.shape, bool)
    for x in range(120, 300, 9):
        mask[70:88, x : x + 5] = True
    filled = fill(np.where(mask[..., None], 20, ground).astype(np.uint8), mask)
    assert np.abs(filled.astype(int) - ground)[mask].max() < 5
