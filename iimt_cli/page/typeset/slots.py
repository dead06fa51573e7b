"""The lines into which a paragraph's new words may flow: its own, as wide as there is room, and free ones below."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from iimt_cli.page.arrays import Pixels
from iimt_cli.page.layout.likeness import SAME_LEFT
from iimt_cli.page.paragraphs import Alignment, Paragraph
from iimt_cli.page.rectify import EM, corners
from iimt_cli.page.typeset.reflow import Flow, Slot
from iimt_cli.page.typeset.room import PADDING, Obstacle, between, is_free, room

# By eye on the examples.
GROW_TWO = 0.25  # share of its width by which a paragraph of two lines may grow on either side
GROW_MORE = 0.08  # the same of a longer one
PITCH = 1.3 * EM  # from baseline to baseline, strip px, where a single line does not tell
BODY_ROWS = (4.0, 29.0)  # rows of a strip that new letters fill


def slots(
    paragraph: Paragraph, alignment: Alignment, bare: Pixels, obstacles: Sequence[Obstacle]
) -> tuple[list[Slot], list[Slot]]:
    """The lines of a paragraph as room for new words, and the free lines below it.

    bare: (H, W, 3), the picture without its text; obstacles: boxes that must not be drawn over.
    """
    lines = paragraph.lines
    left, right = _edges(paragraph, alignment)
    low, high = _limits(paragraph, left, right, bare, obstacles)
    starts = [o.x0 for o in lines]
    hanging = (
        alignment == "left" and np.ptp(starts) > SAME_LEFT * EM
    )  # hanging, or with an indented first line
    indented = alignment == "justified" and starts[0] - left > SAME_LEFT * EM
    found = []
    for n, o in enumerate(lines):
        # Beside a short line there may be an obstacle where the other lines of the paragraph stand.
        before, after = between(o.geometry, o.x0, o.x1, obstacles)
        before, after = min(o.x0, before + PADDING), max(o.x1, after - PADDING)
        start, end = o.x0 if hanging or (indented and n == 0) else left, right
        if alignment == "center":
            start += max(0.0, before - start, end - after)
            end = left + right - start
        found.append(
            Slot(
                o.geometry,
                max(start, before),
                min(end, after),
                max(min(low, o.x0), before),
                min(high, after),
            )
        )
    margin = starts[-1] if hanging else left
    return found, _below(paragraph, (left, right), (low, high), margin, bare, obstacles)


def _edges(paragraph: Paragraph, alignment: Alignment) -> tuple[float, float]:
    """The columns between which the paragraph stands.

    The median, because the first letters (A, T, V) differ in their distance from the margin.
    """
    starts, ends = [o.x0 for o in paragraph.lines], [o.x1 for o in paragraph.lines]
    left = float(np.median(starts)) if alignment in ("left", "justified") else min(starts)
    return left, float(np.median(ends)) if alignment == "right" else max(ends)


def _limits(
    paragraph: Paragraph, left: float, right: float, bare: Pixels, obstacles: Sequence[Obstacle]
) -> tuple[float, float]:
    """The columns beyond which no line may reach."""
    lines = paragraph.lines
    rooms = [room(bare, o.geometry, o.x0, o.x1, obstacles) for o in lines]
    low = min(left, max(r[0] for r in rooms))
    high = max(right, min(r[1] for r in rooms))
    if len(lines) > 1:  # a block of text that outgrows its column looks worse than smaller type
        spare = (GROW_TWO if len(lines) == 2 else GROW_MORE) * (right - left)
        low, high = max(low, left - spare), min(high, right + spare)
    return low, high


def _below(
    paragraph: Paragraph,
    edges: tuple[float, float],
    reach: tuple[float, float],
    start: float,
    bare: Pixels,
    obstacles: Sequence[Obstacle],
) -> list[Slot]:
    """Free lines below the paragraph: at most half as many as it has, but one in any case.

    edges: of the paragraph; reach: the columns beyond which no line may go; start: where such a line begins.
    """
    last = paragraph.lines[-1].geometry
    left, right = edges
    pitch = paragraph.pitch or PITCH
    found: list[Slot] = []
    for n in range(1, 1 + max(1, len(paragraph.lines) // 2)):
        below = last.moved(y=n * pitch)
        if not is_free(bare, below, left, right, obstacles, pitch):
            break
        low, high = room(bare, below, left, right, obstacles)
        found.append(Slot(below, start, right, max(reach[0], low), min(reach[1], high)))
    return found


def places(flow: Flow) -> list[Obstacle]:
    """Where the new letters of a text stand, as obstacles for texts that are set after it."""
    return [
        Obstacle(p.geometry.to_picture(corners(p.x, BODY_ROWS[0], p.right, BODY_ROWS[1])))
        for p in flow.placements
    ]
