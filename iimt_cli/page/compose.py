"""Draw ink into the picture: scaled, with a sharp edge, tinted, along the line's own direction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from iimt_cli.page.rectify import BASELINE, EM, HEIGHT, Geometry, picture_box, to_picture
from iimt_cli.page.reflow import Placement, Span
from iimt_cli.page.separate import measure
from iimt_cli.page.style import Style

_FINE_LIMIT = 24_000_000  # pixels of the finer grid for one run


@dataclass(frozen=True)
class Part:
    """Columns of the ink: their colour, and the rows of the strip in which a line is drawn under them, if one is."""

    span: Span
    colour: tuple[float, float, float]
    underline: slice | None = None


def compose(
    picture: np.ndarray,
    placements: Sequence[Placement],
    ink: np.ndarray,
    style: Style,
    thicker: float = 0.0,
    parts: Sequence[Part] = (),
) -> np.ndarray:
    """The picture, uint8 [H, W, 3], with runs of `ink` (float32 [32, W], 0..1) drawn at their placements.

    thicker: px of the strip by which strokes grow (or shrink, below 0); parts: all of the ink, where it does not look alike.
    Pixels that no ink reaches keep their values.
    """
    # An edge in the strip is one pixel wide: where it is cut decides how wide the stroke is.
    ink = np.clip(ink + np.where(ink > 0.02, thicker / 2, 0), 0, 1).astype(np.float32)
    result = picture.copy()
    baseline = _baseline(ink)
    drawn = [(placement, _matrix(placement, baseline)) for placement in placements]
    if style.underlay is not None:
        under = style.underlay
        for placement, matrix in drawn:
            _draw(result, ink, placement, matrix, under.colour, under.opacity, under.radius, under.shift)
    for placement, matrix in drawn:
        for part in parts or [Part((0, ink.shape[1]), style.colour)]:
            own, rule = np.zeros_like(ink), np.zeros_like(ink)
            columns = slice(*part.span)
            own[:, columns] = ink[:, columns]
            _draw(result, own, placement, matrix, part.colour, style.gain)
            if part.underline is not None:
                rule[part.underline, columns] = 1
                _draw(result, rule, placement, _matrix(placement, BASELINE), part.colour, 1.0)
    return result


def _baseline(ink: np.ndarray) -> float:
    """The new letters stand on the old baseline even if they were drawn a little higher or lower."""
    measured = measure(np.asarray(ink, np.float32))
    if measured is None or abs(measured.baseline - BASELINE) > 4:
        return BASELINE
    return measured.baseline


def _matrix(placement: Placement, baseline: float) -> np.ndarray:
    """Ink x, y → picture x, y."""
    scale, across = placement.scale, placement.scale * placement.squeeze
    # Smaller type keeps the middle of its capitals where it was, so that it stays centred in buttons.
    lift = (1 - scale) * 0.36 * EM
    place = np.array(
        [
            [across, 0, placement.x - across * placement.span[0]],
            [0, scale, BASELINE - lift - scale * baseline],
            [0, 0, 1.0],
        ]
    )
    return placement.geometry.matrix @ place


def _draw(
    result: np.ndarray,
    ink: np.ndarray,
    placement: Placement,
    matrix: np.ndarray,
    colour: tuple[float, float, float],
    gain: float,
    radius: float = 0.0,
    shift: tuple[float, float] = (0.0, 0.0),
) -> None:
    x0, x1 = placement.span
    edge = 2  # empty columns, so that the cubic curve ends at zero
    word = np.zeros((HEIGHT + 2 * edge, x1 - x0 + 2 * edge), np.float32)
    word[edge:-edge, edge:-edge] = ink[:, x0:x1]
    matrix = matrix @ np.array([[1, 0, x0 - edge + shift[0]], [0, 1, shift[1] - edge], [0, 0, 1.0]])
    local = Geometry(matrix, word.shape[1])
    box = picture_box(local, result.shape, margin=2 + radius * local.scale, rows=(0, word.shape[0]))
    left, top, right, bottom = box
    coverage = _coverage(word, matrix, local.scale, box, radius)
    alpha = np.clip(coverage * gain, 0, 1)[..., None]
    window = result[top:bottom, left:right]
    mixed = window + (np.array(colour, np.float32) - window) * alpha
    result[top:bottom, left:right] = np.where(alpha > 1 / 255, np.rint(mixed), window).astype(np.uint8)


def _coverage(
    word: np.ndarray, matrix: np.ndarray, scale: float, box: tuple[int, int, int, int], radius: float
) -> np.ndarray:
    """Coverage of the pixels in `box`, float32: drawn on a finer grid with a hard edge, then averaged."""
    area = (box[2] - box[0]) * (box[3] - box[1])
    steps = int(np.clip(np.ceil(2 / max(scale, 1e-3)), 2, 6))
    while steps > 1 and area * steps * steps > _FINE_LIMIT:
        steps -= 1
    fine = to_picture(word, matrix, box, steps, cubic=True)
    # An edge in the strip is one strip pixel wide; in the picture it should be one picture pixel wide.
    steepness = max(1.0, 1.4 * scale)
    fine = np.clip((fine - 0.5) * steepness + 0.5, 0, 1)
    if radius > 0:
        reach = max(1, round(radius * scale * steps))
        kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
        fine = cv2.dilate(fine, kernel)
    if steps > 1:
        size = (box[2] - box[0], box[3] - box[1])
        fine = cv2.resize(fine, size, interpolation=cv2.INTER_AREA)
    return fine
