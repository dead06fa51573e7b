"""Strips → ink and erase mask: the type of a separator, a separator without a network, and a line's own ink."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import cv2
import numpy as np

from iimt_cli.page.arrays import Colour, Coverage, Ink, Mask, Pixels
from iimt_cli.page.rectify import BASELINE, EM
from iimt_cli.page.runs import CONNECTED
from iimt_cli.page.shapes import Shapes, distance_to, grown, shapes

# The separator without a network: by eye on the examples. Distances are those of colours in Lab, 0..255.
TOP_ROWS, BOTTOM_ROWS = 3, 2  # rows above and below all letters, where the background shows
LOCAL = 24  # px: the background may change along the line
LEAST_STEP = 12.0  # distance from the background beyond which a pixel may belong to a letter
LEAST_FULL = 24.0  # the distance of a pixel that letters cover wholly is at least so large
FULL = 75  # percentile of the distances of such pixels that counts as wholly covered
INK_FLOOR = 0.12  # share of the full distance below which there is no ink, but noise
INK_SLOPE = 0.8  # share of the full distance from there to all ink
ERASE_SLOPE = 0.15  # share of the full distance from which a pixel is erased for sure
FEWEST = 4  # px that differ from the background: fewer are noise

# The rows of a line's letters: em above the baseline, em below it.
TOP, BOTTOM = 0.99, 0.33
CORE = (0.62, 0.05)  # between these rows every letter and figure has ink
BAND = 0.08  # em by which the smooth edges of letters reach beyond TOP and BOTTOM
# Which shapes are not letters of the line: by eye on screenshots.
SPECK = 2  # px: a smaller shape is a speck
DOT = 0.5  # coverage from which a speck is not removed: it is the dot of an i in a hairline face
SLACK = 0.15  # em: how far the middle of a letter may be outside of the detector's box
# em: a narrower shape that reaches from the top of the strip to its bottom is the frame of a field
FRAME = 0.5
NARROW = 0.28  # em: a narrower shape outside the detector's box is the edge of a menu, or of other text
# A letter I or a full stop outside the detector's box that belongs to the line all the same.
FOOT = 0.12  # em between its foot and the baseline, at most
TALLEST = 0.8  # em above the baseline, at most
LETTER = 0.4  # em: height, at least, of the letter that it stands next to
NEXT = 0.3  # em between the two, at most

SHADOW = 0.36  # em: outlines and shadows reach so far from their letter
NOWHERE = 1e6  # px: stands for the distance to other shapes if there are none


class Separator(Protocol):
    def __call__(self, strips: list[Pixels], colours: Sequence[Colour] | None = None, /) -> list[Ink]:
        """The ink of strips, (32, W, 3) each. colours: those of the letters in each strip, if a first look told them."""


def classical_separator(strips: list[Pixels], colours: Sequence[Colour] | None = None) -> list[Ink]:
    """A `Separator` without a network: ink is what differs from the background. It needs plain backgrounds."""
    return [_separate(strip) for strip in strips]


def _separate(strip: Pixels) -> Ink:
    lab = cv2.cvtColor(strip, cv2.COLOR_RGB2LAB).astype(np.float32)
    width = strip.shape[1]
    border = np.concatenate([lab[:TOP_ROWS], lab[-BOTTOM_ROWS:]])
    centres = range(0, width, LOCAL)
    knots = [np.median(border[:, max(0, x - LOCAL) : x + LOCAL].reshape(-1, 3), axis=0) for x in centres]
    background = np.stack([np.interp(range(width), centres, [k[c] for k in knots]) for c in range(3)], axis=1)
    distance = np.linalg.norm(lab - background[None], axis=2)
    level = np.clip(distance, 0, 255).astype(np.uint8)
    threshold, _ = cv2.threshold(level, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    strong = distance[distance > max(threshold, LEAST_STEP)]
    if strong.size < FEWEST:
        empty = np.zeros(strip.shape[:2], np.float32)
        return Ink(empty, empty)
    full = max(LEAST_FULL, float(np.percentile(strong, FULL)))
    ink = np.clip((distance / full - INK_FLOOR) / INK_SLOPE, 0, 1).astype(np.float32)
    return Ink(ink, np.clip(distance / (ERASE_SLOPE * full), 0, 1).astype(np.float32))


def own_letters(found: Ink, span: tuple[float, float], baseline: float = BASELINE, em: float = EM) -> Ink:
    """The ink of this line. Descenders and ascenders of the lines next to it, and icons beside it, become 0.

    span: columns of the detected line in the strip; baseline, em: of the line, strip px.
    """
    connected = shapes(found.ink > CONNECTED)
    mine = connected.pixels(_own_shapes(connected, found.ink, span, baseline, em))
    others = (connected.labels > 0) & ~mine
    rows = np.arange(len(found.ink))[:, None] + 0.5
    band = (rows > baseline - TOP * em - BAND * em) & (rows < baseline + BOTTOM * em + BAND * em)
    # One pixel round the letters belongs to them: their smooth edge.
    ink = np.where(grown(mine, 1) & ~others & band, found.ink, 0).astype(np.float32)
    # A pixel of an outline or a shadow belongs to the nearest shape.
    to_mine = distance_to(mine)
    to_others = distance_to(others) if others.any() else np.full_like(to_mine, NOWHERE)
    own = mine.any() & (to_mine < SHADOW * em) & (to_mine <= to_others) & band
    return Ink(ink, np.where(own, np.maximum(found.erase, ink), 0).astype(np.float32))


def _own_shapes(
    connected: Shapes, ink: Coverage, span: tuple[float, float], baseline: float, em: float
) -> Mask:
    """Which of the shapes in ink (32, W) are letters of the line, (N,); entry 0 is the background."""
    height, width = ink.shape
    keep = np.zeros(len(connected) + 1, bool)
    beside: list[int] = []  # shapes beside the span that may be an I or a full stop
    for i, (x, y, w, h, area) in enumerate(connected.boxes, 1):
        centre_x, centre_y = connected.centres[i]
        in_rows = baseline - TOP * em <= centre_y + 0.5 <= baseline + BOTTOM * em
        in_core = y < baseline - CORE[1] * em and y + h > baseline - CORE[0] * em
        cut = y == 0 or y + h == height
        frame = y == 0 and y + h == height and w < FRAME * em
        in_span = span[0] - SLACK * em <= centre_x <= span[1] + SLACK * em
        speck = area < SPECK and ink[y, x] < DOT
        own = not speck and in_rows and not frame and (in_core or not cut) and in_span
        # The detector's box begins before the first letter, so a shape outside the box is rarely a letter.
        outside = x + w <= span[0] + 1 or x >= span[1] - 1
        keep[i] = own and not (outside and (x == 0 or x + w == width or w < NARROW * em))
        on_line = abs(y + h - baseline) < FOOT * em and y > baseline - TALLEST * em
        if own and not keep[i] and on_line and x > 0 and x + w < width:
            beside.append(i)
    for i in beside:
        keep[i] = _next_to_letter(connected, keep, i, em)
    return keep


def _next_to_letter(connected: Shapes, keep: Mask, i: int, em: float) -> bool:
    """Whether shape i stands next to one that is kept and as high as a letter."""
    left, right = connected.table[i, 0], connected.table[i, 0] + connected.table[i, 2]
    letters = connected.table[keep & (connected.table[:, 3] > LETTER * em)]
    apart = [max(x - right, left - x - w) for x, _, w, _, _ in letters]
    return bool(min(apart, default=em) < NEXT * em)
