"""Text to ink: one line of text as a strip of coverage, and the same with the errors that a separator makes.

Ink is coverage without colour: uint8 [height, width], 0 = background, 255 = fully covered. Strips are 32 px
high by default and a multiple of the 8 px patch wide.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from PIL import ImageFont, features

from iimt_cli.data.fonts import Font, FontFace, font_at, sample_face

_SIZE_STEP = 1.0  # px: type sizes are rounded to it, so that the glyphs that `Font` keeps are used again


@dataclass(frozen=True)
class Style:
    """How a strip is written. `size` em px; `baseline` px from the strip's top; `tracking` extra px a letter;
    `shear` synthetic slant (px right per px up); `stroke` synthetic weight (px added on the right of a stem,
    0..1); `kerning` whether letter pairs close up as the font asks."""

    face: FontFace
    size: float
    baseline: int
    tracking: float = 0.0
    shear: float = 0.0
    stroke: float = 0.0
    kerning: bool = True


@dataclass(frozen=True)
class Ink:
    """`coverage` uint8 [height, W]; `edges` float32 [len(text) + 1] px: character i is written between
    edges[i] and edges[i + 1] (its advance box, kerning included)."""

    coverage: np.ndarray
    text: str
    edges: np.ndarray


def sample_style(
    faces: Sequence[FontFace],
    rng: np.random.Generator,
    *,
    height: int = 32,
    sizes: tuple[float, float] = (20.0, 26.0),
) -> Style:
    """A random style, so small that letters from Ä to j fit into `height` rows.

    `page` brings text to 23 px with its baseline at row 23.5 of 32. Sizes and baselines here differ from that as much as the
    measurements of `page` are wrong, and no more: networks learn faster if they see nothing that never comes up.
    """
    face = sample_face(faces, rng)
    size = round(rng.uniform(*sizes) / _SIZE_STEP) * _SIZE_STEP
    while True:
        above, below = font_at(face, size).extent()
        if above + below <= height or size <= 8:
            break
        size -= _SIZE_STEP
    baseline = int(np.clip(round(rng.normal(23.5, 0.9) * height / 32), above, max(above, height - below)))
    tracked, slanted, emboldened = rng.random(3)
    return Style(
        face,
        size,
        baseline,
        tracking=float(rng.uniform(-0.5, 2.5)) if tracked < 0.15 else 0.0,
        shear=float(rng.uniform(-0.05, 0.3)) if slanted < 0.06 else 0.0,
        stroke=float(rng.uniform(0.2, 1.0)) if emboldened < 0.06 else 0.0,
        kerning=bool(rng.random() < 0.5),
    )


def render_ink(
    text: str,
    style: Style,
    *,
    height: int = 32,
    patch: int = 8,
    left: int | None = None,
    rng: np.random.Generator | None = None,
) -> Ink:
    """Write `text` on one line. The margin on the left is `left` px (None: 4..10 drawn from `rng`, or 6);
    on the right at least 3 px, up to a multiple of `patch`. Raises IimtError for a character that the face
    has no glyph for."""
    if left is None:
        left = 6 if rng is None else int(rng.integers(4, 11))
    font = font_at(style.face, style.size)
    glyphs = [font.glyph(char) for char in text]
    edges = _edges(text, font, style, left)
    pens = np.rint(edges).astype(int).tolist()
    reach = max((x + g.dx + g.mask.shape[1] for x, g in zip(pens, glyphs, strict=False)), default=left)
    lean = int(np.ceil(max(style.shear, 0) * style.baseline * 0.75 + style.stroke))
    width = max(reach + lean, int(np.ceil(edges[-1]))) + 3
    width = -(-width // patch) * patch
    coverage = np.zeros((height, width), np.uint8)
    for x, glyph in zip(pens, glyphs, strict=False):
        _stamp(coverage, glyph.mask, style.baseline + glyph.dy, x + glyph.dx)
    if style.stroke:
        coverage[:, 1:] = np.maximum(coverage[:, 1:], (coverage[:, :-1] * style.stroke).astype(np.uint8))
    if style.shear:  # half the x-height stays where it is, so that letters stay between their edges
        pivot = style.baseline - style.size * 0.25
        matrix = np.array([[1, -style.shear, style.shear * pivot], [0, 1, 0]])
        coverage = cv2.warpAffine(coverage, matrix, (width, height), flags=cv2.INTER_LINEAR)
    return Ink(coverage, text, edges)


def measure(text: str, style: Style) -> float:
    """How wide `text` is, px: the sum of its advances, kerning included."""
    return float(_edges(text, font_at(style.face, style.size), style, 0)[-1])


def places_of(text: str, style: Style) -> np.ndarray:
    """Where each character of `text` begins and the last one ends, float32 [len(text) + 1] px from its start."""
    return _edges(text, font_at(style.face, style.size), style, 0)


def degrade_ink(coverage: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Ink with the errors that a separator makes: uint8 [h, W] in, the same shape out. 15 % of strips stay as they are.

    Adds the blur of small type that was scaled up, thinner or fatter stems, slight turns, lost contrast, rests of the
    background and specks. Letters move by about a pixel at most, so that `Ink.edges` stay right.
    """
    if rng.random() < 0.15:
        return coverage.copy()
    strength = rng.random()
    height, width = coverage.shape
    ink = coverage
    if rng.random() < 0.35:
        ink = _turn(ink, rng, strength)
    if rng.random() < 0.5:
        scale = rng.uniform(1 - 0.6 * strength, 1.0)
        small = (max(int(width * scale), 1), max(int(height * scale), 1))
        way = cv2.INTER_AREA if rng.random() < 0.7 else cv2.INTER_LINEAR
        up = cv2.INTER_CUBIC if rng.random() < 0.5 else cv2.INTER_LINEAR
        ink = cv2.resize(cv2.resize(ink, small, interpolation=way), (width, height), interpolation=up)
    if rng.random() < 0.4:
        ink = cv2.GaussianBlur(ink, (0, 0), sigmaX=0.3 + 0.8 * strength * rng.random())
    shades = ink.astype(np.float32) * (1 / 255)
    if rng.random() < 0.3:  # thin or fatten by less than a pixel
        shape = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
        moved = cv2.erode(shades, shape) if rng.random() < 0.5 else cv2.dilate(shades, shape)
        amount = np.float32(0.5 * strength * rng.random())
        shades += amount * (moved - shades)
    if rng.random() < 0.5:  # contrast: unsure separators give grey ink, others edges that are too hard
        slope, centre = np.exp(rng.uniform(-0.5, 0.9) * strength), rng.uniform(0.35, 0.65)
        shades = (shades - np.float32(centre)) * np.float32(slope) + np.float32(centre)
    if rng.random() < 0.3:
        np.clip(shades, 0, 1, out=shades)
        shades **= np.float32(np.exp(rng.uniform(-0.5, 0.5) * strength))
    if rng.random() < 0.25:
        shades += _residue(height, width, rng) * np.float32(0.25 * strength)
    if rng.random() < 0.25:
        shades *= 1 - _residue(height, width, rng) * np.float32(0.4 * strength)
    if rng.random() < 0.2:
        shades += rng.standard_normal((height, width), np.float32) * np.float32(0.05 * strength)
    np.clip(shades, 0, 1, out=shades)
    if rng.random() < 0.2:
        count = int(rng.integers(1, 2 + int(12 * strength)))
        shades[rng.integers(height, size=count), rng.integers(width, size=count)] = rng.random(count)
    return (shades * 255 + 0.5).astype(np.uint8)


def _edges(text: str, font: Font, style: Style, left: float) -> np.ndarray:
    """The `edges` of `Ink`, float32 [len(text) + 1] px: sums of advances, as Pillow's basic layout places letters."""
    advances = [font.glyph(char).advance + style.tracking for char in text]
    if style.kerning:
        scale = style.size / _KERNING_SIZE
        for i in range(len(text) - 1):
            advances[i] += round(_kerning(style.face, text[i], text[i + 1]) * scale)
    edges = np.empty(len(text) + 1, np.float32)
    edges[0] = left
    edges[1:] = advances
    return np.cumsum(edges, dtype=np.float32)


_KERNING_SIZE = 64.0


@lru_cache(maxsize=1 << 18)
def _kerning(face: FontFace, first: str, second: str) -> float:
    """The kerning of a pair, px at 64 px/em, negative if it closes up.

    0 without Raqm, which alone reads the fonts' GPOS tables.
    """
    if face.path is None or not features.check("raqm"):
        return 0.0
    return _shaped(face, first + second) - _shaped(face, first) - _shaped(face, second)


@lru_cache(maxsize=1 << 15)
def _shaped(face: FontFace, text: str) -> float:
    return _kerning_font(face).getlength(text, features=["-liga", "-clig", "-calt"])


@lru_cache(maxsize=1024)
def _kerning_font(face: FontFace) -> ImageFont.FreeTypeFont:
    path, engine = str(face.path), ImageFont.Layout.RAQM
    return ImageFont.truetype(path, _KERNING_SIZE, index=face.index, layout_engine=engine)


def _stamp(coverage: np.ndarray, mask: np.ndarray, y: int, x: int) -> None:
    top, left = max(-y, 0), max(-x, 0)
    part = coverage[y + top : y + mask.shape[0], x + left : x + mask.shape[1]]
    np.maximum(part, mask[top : top + part.shape[0], left : left + part.shape[1]], out=part)


def _turn(ink: np.ndarray, rng: np.random.Generator, strength: float) -> np.ndarray:
    """Turns by up to 1.5 degrees, less where a strip is so long that its ends would leave it; moves by up to 2 px up
    or down."""
    height, width = ink.shape
    slope = rng.uniform(-1, 1) * strength * min(np.tan(np.radians(1.5)), 4 / max(width, 1))
    shift = rng.uniform(-2, 2) * strength
    matrix = np.array([[1, 0, 0], [slope, 1, shift - slope * width / 2]])
    return cv2.warpAffine(ink, matrix, (width, height), flags=cv2.INTER_LINEAR)


def _residue(height: int, width: int, rng: np.random.Generator) -> np.ndarray:
    """Soft blotches 0..1, float32 [h, W], such as a background leaves in the ink."""
    cells = rng.random((max(height // 8, 2), max(width // 16, 2)), dtype=np.float32)
    return cv2.resize(cells, (width, height), interpolation=cv2.INTER_LINEAR)
