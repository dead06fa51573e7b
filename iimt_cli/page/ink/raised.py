"""Small figures that stand above the line or below it: m², CO₂, the ¹ of a footnote. On the baseline they can be read."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from iimt_cli.page.arrays import Coverage, Range, Span
from iimt_cli.page.ink.measure import CAPITAL
from iimt_cli.page.rectify import BASELINE, EM, HEIGHT
from iimt_cli.page.runs import extent, inked_rows
from iimt_cli.page.shapes import grown, shapes

# em. Measured on ¹ ² ³ of eleven faces, and on figures set at 0.6 of the size of the type: those that touch no letter
# pass. In ten of these faces quotation marks and the sign of degrees are lower.
FOOT = 0.2  # from its foot down to the baseline, at least
TALL = Range(0.36, 0.62)  # its height
# Of one below the line: how far its foot is below the baseline, its top above it, and its height. Measured on figures of 0.6
# of the size in 160 faces, 0.15 to 0.2 lower. The tops of commas reach 0.20 there, those of old-style figures 0.28 and more.
SUNK_FOOT, SUNK_TOP, SUNK_TALL = 0.06, Range(0.22, 0.42), Range(0.32, 0.56)
WIDE = 0.45  # its width, at most
NEXT = 0.22  # from the letter before it, at most
TIMES = 3  # it is set so often: a single figure is read with more doubt
LETTER_INK = 0.35  # coverage: less joins a figure to the letter beside it
BETWEEN, EDGE = 3, 6  # empty px behind each, and at both ends


def raised(ink: Coverage) -> list[Span]:
    """The columns of each sign in ink, (32, W), that stands above the line, right behind a letter or before all of them.

    A sign with something below it, as ! and ? have their dots, is another one.
    """
    boxes = sorted(shapes(ink > LETTER_INK).boxes)
    found = list[Span]()
    for n, (x, y, w, h, _) in enumerate(boxes):
        if not (BASELINE - (y + h) > FOOT * EM and h / EM in TALL and w < WIDE * EM):
            continue
        below = any(x <= left + width / 2 <= x + w and top >= y + h for left, top, width, *_ in boxes)
        if not below and x - _end(boxes[:n], x) < NEXT * EM:
            found.append((x, x + w))
    return found


def sunk(ink: Coverage) -> list[Span]:
    """The columns of each sign in ink, (32, W), that stands below the line, right behind a letter."""
    boxes = sorted(shapes(ink > LETTER_INK).boxes)
    return [
        (x, x + w)
        for n, (x, y, w, h, _) in enumerate(boxes)
        if n > 0
        and y + h - BASELINE > SUNK_FOOT * EM
        and (BASELINE - y) / EM in SUNK_TOP
        and h / EM in SUNK_TALL
        and w < WIDE * EM
        and x - _end(boxes[:n], x) < NEXT * EM
    ]


def _end(before: Sequence[tuple[int, int, int, int, int]], none: int) -> int:
    """The column where shapes end; `none` if there are none."""
    return max((left + width for left, _, width, *_ in before), default=none)


def alone(ink: Coverage, span: Span) -> Coverage:
    """The ink, (32, w), of a sign in columns of ink, (32, W), without what else has ink in them."""
    found = shapes(ink > LETTER_INK)
    spans = [(x, x + w) for x, _, w, *_ in found.boxes]
    own = grown(found.labels == 1 + spans.index(span), 1) & np.isin(found.labels, (0, 1 + spans.index(span)))
    return np.asarray(np.where(own, ink, 0)[:, slice(*span)], np.float32)


def on_baseline(ink: Coverage, span: Span) -> Coverage:
    """The sign in columns of ink, (32, W), as high as a figure on the baseline, TIMES in a row, (32, w)."""
    part = alone(ink, span)
    first, last = extent(inked_rows(part, LETTER_INK)) or (0, HEIGHT)
    part = part[first:last]
    tall = round(CAPITAL * EM)
    wide = max(1, round(part.shape[1] * tall / len(part)))
    large = cv2.resize(np.ascontiguousarray(part), (wide, tall), interpolation=cv2.INTER_CUBIC)
    sign = np.zeros((HEIGHT, wide + BETWEEN), np.float32)
    sign[round(BASELINE) - tall : round(BASELINE), :wide] = np.clip(large, 0, 1)
    return np.pad(np.tile(sign, (1, TIMES)), ((0, 0), (EDGE, EDGE)))
