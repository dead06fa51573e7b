"""Draw ink into the picture: scaled, along the line's direction, with sharp edges, in the text's colour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from iimt_cli.page.arrays import EVEN, Box, Colour, Coverage, Pixels, Span, Stroke
from iimt_cli.page.ink.grounds import Grounds, ink_on
from iimt_cli.page.ink.style import Style
from iimt_cli.page.rectify import BASELINE, EM, Geometry, picture_box, to_picture
from iimt_cli.page.runs import extent
from iimt_cli.page.shapes import disc
from iimt_cli.page.typeset.outlines import inside
from iimt_cli.page.typeset.reflow import Placement
from iimt_cli.page.typeset.rows import band_of, on_rows

FINE_LIMIT = 24_000_000  # pixels of the finer grid for one run of words
FINEST = 6  # × as many pixels in each direction
# Picture px per strip px: in larger type the outlines of letters are drawn, not their pixels. By eye: from 0.9 on, in type of
# 21 px, nothing is gained.
LARGE = 1.4
SMALLEST = 1e-3  # picture px per strip px: avoids dividing by zero
EDGE = 2  # empty columns and rows round a run, so that the cubic curve ends at zero
HARDLY = 1 / 255  # coverage that changes no level
FAINT = 0.02  # coverage below which there is no stroke that could grow
MIDDLE = 0.36  # em above the baseline: the middle of capitals
BLURRED = 3.0  # × the standard deviation: so far a blurred edge is seen
# strip px by which strokes are widened, at most: with more, the letters of a word touch; by eye
MOST_WIDENED = 1.3


@dataclass(frozen=True)
class Part:
    """A part of the ink: its columns and colour. underline: strip rows of the line to draw under it; None for no line.

    bolder: strip px by which its strokes are widened. leaning: px to the right for each px up by which its letters lean more
    than they were drawn.
    """

    span: Span
    colour: Colour
    underline: slice | None = None
    bolder: float = 0.0
    leaning: float = 0.0


def compose(
    picture: Pixels,
    placements: Sequence[Placement],
    ink: Coverage,
    style: Style,
    stroke: Stroke = EVEN,
    parts: Sequence[Part] = (),
    rows: int = 0,
) -> tuple[Box, ...]:
    """Draws runs of `ink` (32, W) at their placements into a picture (H, W, 3), in place. Returns boxes round what it drew.

    parts: the parts of the ink if these look different; empty if all looks alike. rows: on which the old letters stood
    (`whole_rows`). Pixels without ink keep their values.
    """
    drawn = list(zip(placements, matrices(placements, ink, rows), strict=True))
    boxes: list[Box | None] = []
    if style.underlay is not None:
        under = style.underlay
        for placement, matrix in drawn:
            boxes.append(
                _draw(
                    picture,
                    ink,
                    placement,
                    matrix,
                    under.colour,
                    under.opacity,
                    stroke,
                    under.radius,
                    under.shift,
                    under.blur,
                )
            )
    for placement, matrix in drawn:
        for part in parts or [Part((0, ink.shape[1]), style.colour)]:
            if part.span[1] <= placement.span[0] or part.span[0] >= placement.span[1]:
                continue
            own, rule = np.zeros_like(ink), np.zeros_like(ink)
            first, last = placement.span
            columns = slice(max(part.span[0], first), min(part.span[1], last))
            own[:, columns] = ink[:, columns]
            own, beyond = _leaning(_widened(own, part.bolder), part.leaning)
            where = replace(placement, span=(max(first - beyond, 0), last + beyond))
            boxes.append(
                _draw(picture, own, where, matrix, part.colour, style.gain, stroke, grounds=style.grounds)
            )
            if part.underline is not None:
                rule[part.underline, slice(*part.span)] = 1
                across = _matrix(placement, BASELINE)
                boxes.append(
                    _draw(
                        picture,
                        rule,
                        placement,
                        across,
                        part.colour,
                        1.0,
                        EVEN,
                        grounds=style.grounds,
                        rule=True,
                    )
                )
    return tuple(box for box in boxes if box is not None)


def _widened(ink: Coverage, more: float) -> Coverage:
    """Ink (32, W) with upright strokes wider by `more` px, at most MOST_WIDENED: half on either side."""
    side = min(more, MOST_WIDENED) / 2
    wide: Coverage = ink.copy()
    if side > 0:
        wide[:, 1:] = np.maximum(wide[:, 1:], side * ink[:, :-1])
        wide[:, :-1] = np.maximum(wide[:, :-1], side * ink[:, 1:])
    return wide


def _leaning(ink: Coverage, more: float) -> tuple[Coverage, int]:
    """Ink (32, W) that leans by `more`, and by how many columns it may reach farther on either side; W may grow by these."""
    if more == 0:
        return ink, 0
    beyond = int(np.ceil(abs(more) * BASELINE))
    size = (ink.shape[1] + beyond, ink.shape[0])
    result = cv2.warpAffine(ink, leaned(more)[:2], size, flags=cv2.INTER_CUBIC)
    return np.asarray(np.clip(result, 0, 1), np.float32), beyond


def leaned(more: float) -> NDArray[np.float64]:
    """The matrix that makes ink lean by `more`; the baseline stays."""
    return np.array([[1, -more, more * BASELINE], [0, 1, 0], [0, 0, 1.0]])


def matrices(placements: Sequence[Placement], ink: Coverage, rows: int = 0) -> list[NDArray[np.float64]]:
    """For each placement of ink (32, W) the matrix ink x, y → picture x, y; rows: as in `compose`."""
    band = band_of(ink)
    return [
        on_rows(_matrix(one, band.baseline), band, rows * one.scale, sum(one.span) / 2) for one in placements
    ]


def _matrix(placement: Placement, baseline: float) -> NDArray[np.float64]:
    """Ink x, y → picture x, y, so that the new letters stand on the old baseline."""
    scale, across = placement.scale, placement.scale * placement.squeeze
    # Smaller type keeps the middle of its capitals where it was, so that it stays centred in buttons.
    lift = (1 - scale) * MIDDLE * EM
    place = np.array(
        [
            [across, 0, placement.x - across * placement.span[0]],
            [0, scale, BASELINE - lift - scale * baseline],
            [0, 0, 1.0],
        ]
    )
    return np.asarray(placement.geometry.matrix @ place)


def _draw(
    result: Pixels,
    ink: Coverage,
    placement: Placement,
    matrix: NDArray[np.float64],
    colour: Colour,
    gain: float,
    stroke: Stroke,
    radius: float = 0.0,
    shift: tuple[float, float] = (0.0, 0.0),
    blur: float = 0.0,
    grounds: Grounds | None = None,
    rule: bool = False,
) -> Box | None:
    """Draw a run of words, or a straight `rule`, into `result`, in place. Returns the box round its pixels; None if none.

    radius: strip px by which it is grown; shift: by which it is moved; blur: by which it is blurred.

    grounds: the two grounds of a text whose colour depends on the ground; None for all other text.
    """
    x0, x1 = placement.span
    matrix = matrix @ np.array([[1, 0, x0 - EDGE + shift[0]], [0, 1, shift[1] - EDGE], [0, 0, 1.0]])
    local = Geometry(matrix, x1 - x0 + 2 * EDGE)
    large = local.scale > LARGE and not rule
    word = framed(ink[:, x0:x1], EVEN if large else stroke)
    box = picture_box(
        local, result.shape, margin=2 + (radius + BLURRED * blur) * local.scale, rows=(0, word.shape[0])
    )
    left, top, right, bottom = box
    covered = coverage(word, matrix, local.scale, box, stroke, radius, outlined=large)
    if blur > 0:
        covered = np.asarray(cv2.GaussianBlur(covered, (0, 0), blur * local.scale), np.float32)
    alpha = np.clip(covered * gain, 0, 1)[..., None]
    window = result[top:bottom, left:right]
    tint = np.array(colour, np.float32) if grounds is None else ink_on(grounds, window.astype(np.float32))
    mixed = window + (tint - window) * alpha
    seen = alpha > HARDLY
    result[top:bottom, left:right] = np.where(seen, np.rint(mixed), window).astype(np.uint8)
    columns, rows = extent(seen[..., 0].any(axis=0)), extent(seen[..., 0].any(axis=1))
    if columns is None or rows is None:
        return None
    return left + columns[0], top + rows[0], left + columns[1], top + rows[1]


def framed(ink: Coverage, stroke: Stroke) -> Coverage:
    """A run of words, (32, W), with strokes as wide as `stroke` says and an empty frame of EDGE px."""
    return np.pad(thickened(ink, stroke.thicker), EDGE).astype(np.float32)


def thickened(ink: Coverage, more: float) -> Coverage:
    """Ink, (h, w), with strokes wider by `more` px.

    An edge of the ink is one pixel wide, and `coverage` cuts it at half. So raising the ink moves the edge outwards.
    """
    return np.asarray(np.clip(ink + np.where(ink > FAINT, more / 2, 0), 0, 1), np.float32)


def coverage(
    word: Coverage,
    matrix: NDArray[np.float64],
    scale: float,
    box: Box,
    stroke: Stroke,
    radius: float = 0.0,
    outlined: bool = False,
) -> Coverage:
    """Coverage of the pixels in `box`, (h, w), by a `framed` word: drawn on a finer grid, then averaged.

    matrix: the word's x, y → picture x, y; scale: picture px per px of the word; radius: px of the word.
    outlined: by the smooth outlines of its letters, whose edges are as sharp as can be. Its strokes are not widened yet.
    """
    if outlined:
        fine = inside(word, matrix, box, _steps(scale, box), scale, stroke.thicker)
        return _averaged(fine, scale, box, radius)
    return sharpened(softly(word, matrix, scale, box), scale, box, stroke, radius)


def _steps(scale: float, box: Box) -> int:
    """How many times finer than the picture the grid is, on which a word is drawn."""
    area = (box[2] - box[0]) * (box[3] - box[1])
    steps = int(np.clip(np.ceil(2 / max(scale, SMALLEST)), 2, FINEST))
    while steps > 1 and area * steps * steps > FINE_LIMIT:
        steps -= 1
    return steps


def softly(word: Coverage, matrix: NDArray[np.float64], scale: float, box: Box) -> Coverage:
    """The pixels of `box` on a finer grid, (h steps, w steps), as the word covers them while its edges are as soft as in its
    frame; see `coverage`."""
    return to_picture(word, matrix, box, _steps(scale, box), cubic=True)


def sharpened(fine: Coverage, scale: float, box: Box, stroke: Stroke, radius: float = 0.0) -> Coverage:
    """Coverage of the pixels in `box`, (h, w), by what is drawn `softly`; see `coverage`."""
    # An edge in the strip is one strip pixel wide; in the picture it should be one picture pixel wide.
    return _averaged(
        np.clip((fine - 0.5) * max(1.0, stroke.steepness * scale) + 0.5, 0, 1), scale, box, radius
    )


def _averaged(fine: Coverage, scale: float, box: Box, radius: float) -> Coverage:
    """The pixels in `box`, (h, w), from those of a finer grid; `radius` as in `coverage`."""
    steps = len(fine) // (box[3] - box[1])
    if radius > 0:
        reach = max(1, round(radius * scale * steps))
        fine = np.asarray(cv2.dilate(fine, disc(reach)), np.float32)
    if steps > 1:
        size = (box[2] - box[0], box[3] - box[1])
        fine = np.asarray(cv2.resize(fine, size, interpolation=cv2.INTER_AREA), np.float32)
    return fine
