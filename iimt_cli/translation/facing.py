"""Which way up text is. A box does not tell it, so the text is read both ways and the surer reading counts."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from iimt_cli.model.image_encoder import Reading
from iimt_cli.page.ink.separate import Separator
from iimt_cli.page.layout.line import Line
from iimt_cli.page.rectify import BASELINE, EM, HEIGHT, cut, from_quad
from iimt_cli.page.runs import LETTER_EDGE, columns_of
from iimt_cli.page.tracking import tracking

STEEP = 2.0  # rise / run of a line's direction from which it is steep
# length / height from which a line counts as steep or level, to tell whether a page lies on its side
TELLS = 1.5
# × as many steep lines as level ones: then the page lies on its side; charts have some along their axes, too
LYING = 2.0
SAMPLE = 6  # lines of a page that are read
# length / height of the lines that are taken first: about two words, which is enough and quickly read
HANDY = 10.0
# Log-probability per character. The medians of 262 lines of seven development pages are -0.08 if they are read the right way
# up, -0.67 upside down and -0.37 mirrored. The mean of a page differs from these far less than a single line does.
SURE = math.log(0.8)  # a page that is read so well is the right way up
LEAD = 0.15  # by which the reading of the right way must be better than that of another
# nats by which all letters of a line together must be read better another way up. Of 104 short upright texts one, "Ja", reads
# better upside down, by 0.46; of the same texts turned 95 of 96 lead by more.
EVIDENCE = 0.5
# Another way up must be read so well to be taken. Rules of a table that are read with its words spoil all ways alike.
READABLE = math.log(0.7)
X_HEIGHT = 0.52 * EM  # strip px
MIDDLE = BASELINE - X_HEIGHT / 2  # row between the baseline and the top of an x
EDGE = 7  # strip px before the first letter: the middle of what readers see in training (`data.render.render_ink`)
MIRRORED = "mirrored"
NOT_UPRIGHT = "upside down or mirrored"

Read = Callable[[list[np.ndarray]], list[Reading]]


@dataclass(frozen=True)
class WayUp:
    """How a page lies. quarters: in np.rot90(page, quarters) most text is upright. mirrored: its text is mirrored.

    sure: if not, each line may be upside down and is read both ways.
    """

    quarters: int = 0
    mirrored: bool = False
    sure: bool = True


def way_up(lines: Sequence[Line], rgb: np.ndarray, separate: Separator, read: Read) -> WayUp:
    """How most lines of a picture, uint8 (H, W, 3), lie: the way in which a sample of them is read with the least doubt."""
    steep, level = (
        [line for line in lines if _is_steep(line) == along and line.width > TELLS * line.height]
        for along in (True, False)
    )
    upright = 3 if len(steep) > LYING * len(level) else 0
    sample = sorted(
        steep if upright else level,
        key=lambda line: abs(math.log(line.width / max(line.height, 1) / HANDY)),
    )[:SAMPLE]
    inks = [_cropped(one.ink) for one in separate([cut(rgb, from_quad(line.quad)) for line in sample])]
    first = _doubt(read(inks)) if inks else None
    if first is None or first >= SURE:
        return WayUp(upright)
    other = [_doubt(read([way(ink) for ink in inks])) for way in (turned, mirrored, turned_and_mirrored)]
    upside_down, *reflected = [-math.inf if doubt is None else doubt for doubt in other]
    if max(reflected) > max(first + LEAD, upside_down + LEAD, READABLE):
        return WayUp(upright, mirrored=True)
    over = upside_down > max(first + LEAD, READABLE)
    return WayUp((upright + 2 * over) % 4, sure=over or first > upside_down + LEAD)


def facing(
    lines: Sequence[Line], rgb: np.ndarray, separate: Separator, read: Read, every: bool = False
) -> list[Line]:
    """The lines of a picture, uint8 (H, W, 3); steep ones begin at the end from which they are read with less doubt.

    every: level lines are turned round, too, if they are readable from their right end, with far less doubt (LEAD).
    """
    chosen = [i for i, line in enumerate(lines) if every or _is_steep(line)]
    if not chosen:
        return list(lines)
    both = [lines[i] for i in chosen] + [_from_its_end(lines[i]) for i in chosen]
    found = separate([cut(rgb, from_quad(line.quad)) for line in both])
    scores = [reading.score for reading in read([_cropped(one.ink) for one in found])]
    upright = list(lines)
    for i, line, score, other in zip(
        chosen, both[len(chosen) :], scores, scores[len(chosen) :], strict=False
    ):
        if other > score if _is_steep(line) else other > max(score + LEAD, READABLE):
            upright[i] = line
    return upright


def not_upright(inks: Sequence[np.ndarray], scores: Sequence[float], read: Read) -> list[bool]:
    """Whether each strip of ink, float32 (32, W), is read better upside down or mirrored. scores: of its upright reading."""
    ways = (turned, mirrored, turned_and_mirrored)
    readings = read([way(ink) for ink in inks for way in ways])
    best = [
        max((r for r in readings[i : i + len(ways)] if r.text.strip()), key=lambda r: r.score, default=None)
        for i in range(0, len(readings), len(ways))
    ]
    return [
        other is not None and other.score - score > max(LEAD, EVIDENCE / len(other.text.replace(" ", "")))
        for other, score in zip(best, scores, strict=True)
    ]


def _cropped(ink: np.ndarray) -> np.ndarray:
    """A strip, (32, W), that begins and ends EDGE px from its letters. Readers never saw the margins of a detector's box.

    Widely spaced letters are closed up.
    """
    ink = tracking(ink).closed(ink)
    found = columns_of(ink, LETTER_EDGE)
    return ink if found is None else ink[:, max(found[0] - EDGE, 0) : found[1] + EDGE]


def turned(ink: np.ndarray) -> np.ndarray:
    """A strip upside down, (32, W). The middle of its small letters stays in the same row."""
    return mirrored(turned_and_mirrored(ink))


def mirrored(ink: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(ink[:, ::-1])


def turned_and_mirrored(ink: np.ndarray) -> np.ndarray:
    shift = round(2 * MIDDLE - HEIGHT)
    result = np.zeros_like(ink)
    result[shift:] = ink[shift:][::-1]
    return result


def _doubt(readings: Sequence[Reading]) -> float | None:
    """Mean log-probability per character of several readings; None if nothing was read."""
    some = [reading for reading in readings if reading.text.strip()]
    if not some:
        return None
    return float(np.average([r.score for r in some], weights=[len(r.text) for r in some]))


def _is_steep(line: Line) -> bool:
    right, down = np.abs(line.quad[1] - line.quad[0])
    return bool(down > STEEP * right)


def _from_its_end(line: Line) -> Line:
    """The same box, read from its other end."""
    return replace(line, quad=np.roll(line.quad, 2, axis=0))
