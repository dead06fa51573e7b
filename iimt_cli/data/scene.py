"""Ink on a background, as a camera, a scanner or a screenshot shows it: what the separator learns from."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from iimt_cli.data.backgrounds import colour
from iimt_cli.data.render import Ink

_LUMA = np.array([0.299, 0.587, 0.114], np.float32)


@dataclass(frozen=True)
class Paint:
    """How ink is coloured; colours are RGB 0..255.

    `outline` is the colour of a rim of `outline_width` px, or None. `shadow` is (dx px, dy px, blur px, opacity 0..1)
    of a soft copy in `shadow_colour` under the letters, or None. `fade`, in levels, is taken from `colour` at the top
    of the letters and added to it at the bottom, evenly in between.
    """

    colour: tuple[float, float, float]
    opacity: float = 1.0
    outline: tuple[float, float, float] | None = None
    outline_width: float = 0.0
    shadow: tuple[int, int, float, float] | None = None
    shadow_colour: tuple[float, float, float] = (0.0, 0.0, 0.0)
    fade: float = 0.0


@dataclass(frozen=True)
class Painted:
    """A painted strip, and what a separator has to find in it.

    `rgb` uint8 [h, W, 3] is the picture, `ink` uint8 [h, W] the coverage, and `erase` uint8 [h, W] says where pixels must be
    painted over to remove the text: ink, outline and shadow, a little wider.
    """

    rgb: np.ndarray
    ink: np.ndarray
    erase: np.ndarray


def sample_paint(background: np.ndarray, rng: np.random.Generator, *, em: float = 22.0) -> Paint:
    """A random paint for letters of `em` px that can be read on `background`, uint8 [h, w, 3].

    Contrast is faint to full, dark on light or light on dark. Outlines and shadows are more frequent on busy backgrounds.
    """
    sample = background[::4, ::4].reshape(-1, 3).astype(np.float32)
    busy = float((sample @ _LUMA).std())
    wanted = rng.uniform(45, 200) if busy < 25 else rng.uniform(70, 200)
    ink = _readable(sample, wanted, rng)
    outline, width = None, 0.0
    if rng.random() < (0.35 if busy > 20 else 0.1):
        outline = _readable(np.asarray(ink, np.float32)[None], rng.uniform(80, 220), rng)
        width = em * float(rng.uniform(0.04, 0.12))
    shadow = None
    if rng.random() < (0.3 if busy > 20 else 0.12):
        reach = max(em * 0.12, 1.0)
        dx, dy = (round(v) for v in (rng.uniform(-0.4, 1, 2) * reach).tolist())
        shadow = (dx, dy, float(em * rng.uniform(0.01, 0.1)), float(rng.uniform(0.3, 0.9)))
    dark = sum(ink) > 330 or rng.random() < 0.3
    return Paint(
        colour=ink,
        opacity=float(rng.uniform(0.75, 1)) if rng.random() < 0.15 else 1.0,
        outline=outline,
        outline_width=width,
        shadow=shadow,
        shadow_colour=(0.0, 0.0, 0.0) if dark else (255.0, 255.0, 255.0),
        fade=float(rng.uniform(-60, 60)) if rng.random() < 0.08 else 0.0,
    )


def apply_paint(rgb: np.ndarray, coverage: np.ndarray, paint: Paint) -> np.ndarray:
    """Paint `coverage` uint8 [h, w] over `rgb` uint8 [h, w, 3]; a new picture of the same shape."""
    out = rgb.astype(np.float32)
    rim = _rim(coverage, paint)
    if paint.shadow:
        out = _over(out, paint.shadow_colour, _shadow(rim, paint.shadow))
    if paint.outline is not None:
        out = _over(out, paint.outline, rim.astype(np.float32) * (paint.opacity / 255))
    ink = np.asarray(paint.colour, np.float32)
    if paint.fade:
        ink = ink + np.linspace(-paint.fade, paint.fade, len(coverage), dtype=np.float32)[:, None, None]
    return _over(out, ink, coverage * np.float32(paint.opacity / 255)).clip(0, 255).astype(np.uint8)


def erase_mask(coverage: np.ndarray, paint: Paint) -> np.ndarray:
    """Where painted ink changed the picture: ink, rim and shadow, one pixel wider and soft; uint8 [h, w]."""
    mask = _rim(coverage, paint)
    if paint.shadow:
        mask = np.maximum(mask, (_shadow(mask, paint.shadow) * 510).clip(0, 255).astype(np.uint8))
    mask = cv2.dilate(mask, np.ones((3, 3), np.uint8))
    return np.maximum(cv2.GaussianBlur(mask, (0, 0), sigmaX=0.6), coverage)


def paint_strip(ink: Ink, background: np.ndarray, rng: np.random.Generator) -> Painted:
    """Paints `ink` on `background`, uint8 [h, W, 3] of its size, as a line of a real page looks.

    Pieces of the lines above and below, rules and borders are painted, too. They are neither in `ink` nor in `erase` of the
    result: a separator must leave them. Then `capture` makes a photo, scan or screenshot of the strip.
    """
    coverage = _bend(ink.coverage, rng) if rng.random() < 0.3 else ink.coverage
    paint = sample_paint(background, rng)
    rgb = background
    if rng.random() < 0.3:
        rgb = _rules(rgb, paint, rng)
    if rng.random() < 0.4:
        rgb = apply_paint(rgb, _neighbours(ink.coverage, rng), paint)
    rgb = capture(apply_paint(rgb, coverage, paint), rng)
    return Painted(rgb, coverage, erase_mask(coverage, paint))


def capture(rgb: np.ndarray, rng: np.random.Generator, *, least_scale: float = 0.42) -> np.ndarray:
    """The picture, uint8 [h, w, 3], as a camera or scanner shows it: uneven light, another resolution and back, blur, noise,
    JPEG. One in five stays as it is, like a screenshot. No picture is scaled down to less than `least_scale`."""
    if rng.random() < 0.2:
        return rgb
    height, width = rgb.shape[:2]
    if rng.random() < 0.3:
        light = np.linspace(rng.uniform(0.75, 1.15), rng.uniform(0.75, 1.15), width, dtype=np.float32)[
            None, :, None
        ]
        rgb = (rgb * light).clip(0, 255).astype(np.uint8)
    resized = rng.random() < 0.65
    if resized:
        scale = rng.uniform(least_scale, 1.0) if rng.random() < 0.7 else rng.uniform(1.0, 2.0)
        size = (max(round(width * scale), 8), max(round(height * scale), 8))
        rgb = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    if rng.random() < 0.35:
        rgb = cv2.GaussianBlur(rgb, (0, 0), sigmaX=rng.uniform(0.3, 1.0))
    if rng.random() < 0.35:
        noise = rng.standard_normal(rgb.shape, np.float32) * np.float32(rng.exponential(5))
        rgb = (rgb + noise).clip(0, 255).astype(np.uint8)
    if rng.random() < 0.55:
        quality = int(rng.integers(30, 96))
        _, data = cv2.imencode(".jpg", rgb[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
        decoded = cv2.imdecode(data, cv2.IMREAD_COLOR)
        assert decoded is not None, "what was just encoded decodes"
        rgb = decoded[..., ::-1]
    if resized:
        way = cv2.INTER_CUBIC if rng.random() < 0.6 else cv2.INTER_LINEAR
        rgb = cv2.resize(np.ascontiguousarray(rgb), (width, height), interpolation=way)
    return np.ascontiguousarray(rgb)


def _readable(sample: np.ndarray, wanted: float, rng: np.random.Generator) -> tuple[float, float, float]:
    """A colour that differs by at least `wanted` (0..255) from nine tenths of `sample` [n, 3], or the best of 14 tries."""
    best, best_gap = np.zeros(3, np.float32), -1.0
    for attempt in range(14):
        candidate = colour(rng) if attempt < 12 else np.full(3, 255.0 * (attempt - 12), np.float32)
        difference = sample - candidate
        gaps = 0.75 * np.abs(difference @ _LUMA) + 0.25 * np.abs(difference).max(1)
        gap = float(np.partition(gaps, len(gaps) // 10)[len(gaps) // 10])
        if gap > best_gap:
            best, best_gap = candidate, gap
        if best_gap >= wanted:
            break
    return float(best[0]), float(best[1]), float(best[2])


def _over(below: np.ndarray, ink: np.ndarray | tuple[float, ...], alpha: np.ndarray) -> np.ndarray:
    return below + (np.asarray(ink, np.float32) - below) * alpha[..., None]


def _rim(coverage: np.ndarray, paint: Paint) -> np.ndarray:
    """Coverage of ink and outline together, uint8. An outline of 1.3 px is mixed from those of 1 and 2 px."""
    if paint.outline is None:
        return coverage
    whole = int(paint.outline_width)
    inner, outer = (_dilate(coverage, radius) for radius in (whole, whole + 1))
    return cv2.addWeighted(inner, 1 - paint.outline_width + whole, outer, paint.outline_width - whole, 0)


def _dilate(coverage: np.ndarray, radius: int) -> np.ndarray:
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    return cv2.dilate(coverage, kernel) if radius else coverage


def _shadow(coverage: np.ndarray, shadow: tuple[int, int, float, float]) -> np.ndarray:
    dx, dy, blur, opacity = shadow
    height, width = coverage.shape
    moved = cv2.warpAffine(coverage, np.array([[1.0, 0, dx], [0, 1, dy]]), (width, height))
    if blur > 0.2:
        moved = cv2.GaussianBlur(moved, (0, 0), sigmaX=blur)
    return moved.astype(np.float32) * (opacity / 255)


def _bend(coverage: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Bends the line as in a strip that was cut a little wrong: it rises or falls by up to 4 px, and curves by up to 2 px."""
    height, width = coverage.shape
    x = np.linspace(-1, 1, width, dtype=np.float32)
    rise = x * rng.uniform(-2, 2) + (x * x - 0.5) * rng.uniform(-1.5, 1.5)
    y = np.arange(height, dtype=np.float32)[:, None] + rise[None].astype(np.float32)
    columns = np.broadcast_to(np.arange(width, dtype=np.float32), (height, width))
    return cv2.remap(coverage, np.ascontiguousarray(columns), y, cv2.INTER_LINEAR)


def _neighbours(coverage: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Coverage of parts of the lines above and below. Both are made of the line itself, moved sideways and to the border."""
    height = len(coverage)
    out = np.zeros_like(coverage)
    for above in (True, False):
        if rng.random() < 0.65:
            other = np.roll(coverage, int(rng.integers(coverage.shape[1])), axis=1)
            rows = int(rng.integers(1, height // 4 + 1))
            if above:
                out[:rows] = other[-rows:]
            else:
                out[-rows:] = np.maximum(out[-rows:], other[:rows])
    return out


def _rules(rgb: np.ndarray, paint: Paint, rng: np.random.Generator) -> np.ndarray:
    """Draws one or two horizontal rules, vertical rules or boxes, in the ink's colour or another."""
    height, width = rgb.shape[:2]
    out = np.ascontiguousarray(rgb.copy())
    shade = paint.colour if rng.random() < 0.5 else tuple(float(v) for v in colour(rng))
    thickness = int(rng.integers(1, 4))
    for _ in range(rng.integers(1, 3)):
        kind = rng.random()
        y = int(rng.integers(0, 4)) if rng.random() < 0.4 else height - 1 - int(rng.integers(0, 6))
        x = int(rng.integers(0, 4)) if rng.random() < 0.5 else width - 1 - int(rng.integers(0, 4))
        if kind < 0.6:
            ends = (0, width) if rng.random() < 0.6 else tuple(sorted(rng.integers(width, size=2).tolist()))
            cv2.line(out, (ends[0], y), (ends[1], y), shade, thickness)
        elif kind < 0.8:
            cv2.line(out, (x, 0), (x, height), shade, thickness)
        else:
            cv2.rectangle(out, (x, y), (width - 1 - x, height - 1 - y), shade, thickness)
    return out
