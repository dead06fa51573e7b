"""Whether a line along the side of a page runs up or down: a box does not tell, what is read there does."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from iimt_cli.model.image_encoder import Reading
from iimt_cli.page.find import Line
from iimt_cli.page.rectify import cut, from_quad
from iimt_cli.page.separate import Separator

STEEP = 2.0  # so much higher than wide a line is


def facing(
    lines: Sequence[Line],
    rgb: np.ndarray,
    separate: Separator,
    read: Callable[[list[np.ndarray]], list[Reading]],
) -> list[Line]:
    """The lines of a picture, uint8 [H, W, 3]; steep ones begin at the end from which they are read with less doubt."""
    steep = [i for i, line in enumerate(lines) if _is_steep(line)]
    if not steep:
        return list(lines)
    both = [lines[i] for i in steep] + [_turned(lines[i]) for i in steep]
    found = separate([cut(rgb, from_quad(line.quad)) for line in both])
    scores = [reading.score for reading in read([one.ink for one in found])]
    upright = list(lines)
    for i, line, score, turned in zip(steep, both[len(steep) :], scores, scores[len(steep) :], strict=False):
        if turned > score:
            upright[i] = line
    return upright


def _is_steep(line: Line) -> bool:
    right, down = np.abs(line.quad[1] - line.quad[0])
    return bool(down > STEEP * right)


def _turned(line: Line) -> Line:
    """The same box, read from its other end."""
    return replace(line, quad=np.roll(line.quad, 2, axis=0))
