"""What stands among the letters of a line and is none: an icon, a bullet, a check box."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import cv2
import numpy as np

from iimt_cli.page.colours import largest
from iimt_cli.page.rectify import BASELINE, EM, MARGIN, Geometry, cut
from iimt_cli.page.rules import ground
from iimt_cli.page.style import ink_colour

CALM = 0.7  # share of a strip's background that has one colour: there a shape behind the letters can be told


def leading_mark(ink: np.ndarray, baseline: float, em: float = EM) -> slice | None:
    """Columns of a bullet, or of an empty check box, that stands before a line, in ink [32, W]. It is not translated."""
    columns = np.flatnonzero(ink.max(axis=0) > 0.25)
    breaks = np.flatnonzero(np.diff(columns) > 0.22 * em)
    if len(breaks) == 0:
        return None
    left, right = int(columns[0]), int(columns[breaks[0]]) + 1
    rows = np.flatnonzero(ink[:, left:right].max(axis=1) > 0.25)
    top, bottom = int(rows[0]), int(rows[-1]) + 1
    rest = columns[breaks[0] + 1 :]
    apart = rest[0] - right > 1.7 * _between_letters(
        rest, em
    )  # on a typewriter a D is as far from the next letter
    ring = apart and _is_ring(ink[top:bottom, left:right], em)
    if not (ring or _is_bullet(right - left, bottom - top, baseline - bottom, em)):
        return None
    return slice(max(left - 1, 0), right + 1)


def leading_sign(ink: np.ndarray, em: float = EM) -> slice | None:
    """Columns of a sign in one piece before a line, farther from it than its words from each other, in ink [32, W].

    It is an icon, or the number of an item, and says the same in every language.
    """
    columns = np.flatnonzero(ink.max(axis=0) > 0.25)
    gaps = np.diff(columns) - 1
    if not gaps.any():
        return None
    first = int(np.argmax(gaps > 0))
    left, right, rest = int(columns[0]), int(columns[first]) + 1, columns[first + 1 :]
    usual = max(0.45 * em + _between_letters(rest, em), 1.6 * float(np.diff(rest).max(initial=1) - 1))
    return slice(max(left - 1, 0), right + 1) if right - left < 1.4 * em and gaps[first] > usual else None


def first_shape(ink: np.ndarray, em: float = EM) -> tuple[slice, int] | None:
    """What stands first in a line, as wide as an icon: its columns, and where the rest begins, in ink [32, W].

    Near the rest, as one word is to the next, it must be in one piece.
    """
    columns = np.flatnonzero(ink.max(axis=0) > 0.25)
    gaps = np.diff(columns) - 1
    wide = np.flatnonzero(gaps > 0.29 * em)
    if len(wide) == 0:
        return None
    first = int(wide[0])
    left, right, rest = int(columns[0]), int(columns[first]) + 1, int(columns[first + 1])
    apart = gaps[first] > 0.5 * em or not gaps[:first].any()
    if not apart or not 0.55 * em < right - left < 1.12 * em:
        return None
    return slice(max(left - 1, 0), right + 1), rest


def leading_icon(ink: np.ndarray, baseline: float, em: float = EM) -> slice | None:
    """Columns of an icon before a line: as high as a capital, and lower than the letters, in ink [32, W].

    Of the letters that are so high and go below the line, none is so wide and a word.
    """
    found = first_shape(ink, em)
    if found is None:
        return None
    shape, rest = found
    rows = np.flatnonzero(ink[:, shape].max(axis=1) > 0.25)
    lower = (0.03 if rest - shape.stop > 0.45 * em else 0.06) * em
    return shape if rows[0] < baseline - 0.66 * em and rows[-1] + 1 > baseline + lower else None


def carets(ink: np.ndarray, baseline: float, em: float = EM) -> np.ndarray:
    """Columns, bool [W], of a text cursor before or after what is typed into a field: higher than its letters, and as low."""
    found = np.zeros(ink.shape[1], bool)
    shapes = ink > 0.25
    columns = np.flatnonzero(shapes.any(axis=0))
    groups = np.split(columns, np.flatnonzero(np.diff(columns) > 1) + 1)
    for group, rest in ((groups[0], groups[1:]), (groups[-1], groups[:-1])) if len(groups) > 1 else ():
        rows, others = (np.flatnonzero(shapes[:, c].any(axis=1)) for c in (group, np.concatenate(rest)))
        solid = len(rows) == np.ptp(rows) + 1 and len(group) < 0.17 * em  # a j has its dot, a J its hook
        solid = solid and shapes[rows[0] : rows[-1] + 1, group].mean() > 0.8
        if solid and rows[0] + 2 <= others[0] and rows[-1] >= max(others[-1], round(baseline + 0.05 * em)):
            found[max(int(group[0]) - 1, 0) : int(group[-1]) + 2] = True
    return found


def ticks(ink: np.ndarray, ruled: np.ndarray, em: float = EM) -> np.ndarray:
    """Columns, bool [W], of the tick between a label and its axis: a short flat line that touches a rule, `ruled` bool [W]."""
    found = np.zeros(ink.shape[1], bool)
    columns = np.flatnonzero(ink.max(axis=0) > 0.25)
    groups = np.split(columns, np.flatnonzero(np.diff(columns) > 0.2 * em) + 1)
    for group in (groups[0], groups[-1]) if len(groups) > 1 else ():
        part = slice(max(int(group[0]) - 2, 0), int(group[-1]) + 3)
        rows = np.flatnonzero(ink[:, group].max(axis=1) > 0.25)
        if len(group) < 0.5 * em and np.ptp(rows) < 0.2 * em and ruled[part].any():
            found[part] = True
    return found


def icons_between(ink: np.ndarray, em: float = EM) -> tuple[list[slice], float] | None:
    """Columns of the icons before the second, third, … entry of a bar, and how far entries are apart, in ink [32, W].

    At least two are in one piece, and clearly nearer to what follows than to what is before them; of words in a row none is.
    """
    columns = np.flatnonzero(ink.max(axis=0) > 0.25)
    gaps = np.diff(columns) - 1
    wide = np.flatnonzero(gaps > 0.29 * em)
    found, apart = [], []
    for before, after in pairwise(wide):
        left, right = int(columns[before + 1]), int(columns[after]) + 1
        whole = not gaps[before + 1 : after].any() and 0.55 * em < right - left < 1.12 * em
        if whole and gaps[before] > max(0.5 * em, 1.5 * gaps[after]):
            found.append(slice(left - 1, right + 1))
            apart.append(float(gaps[before]))
    return (found, min(apart)) if len(found) > 1 else None


def trailing_arrow(ink: np.ndarray, baseline: float, em: float = EM) -> slice | None:
    """Columns of the arrow of a drop-down list or a link (▾, a chevron, ›) that stands apart after a line, in ink [32, W].

    It is smaller than a letter or off the baseline, and tapers downward or to the right.
    """
    columns = np.flatnonzero(ink.max(axis=0) > 0.25)
    breaks = np.flatnonzero(np.diff(columns) > 0.2 * em)
    if len(breaks) == 0:
        return None
    left, right = int(columns[breaks[-1] + 1]), int(columns[-1]) + 1
    part = ink[:, left:right] > 0.4
    rows = np.flatnonzero(part.any(axis=1))
    if len(rows) == 0:
        return None
    top, bottom = int(rows[0]), int(rows[-1]) + 1
    above, width, height = baseline - bottom, right - left, bottom - top
    small = 0.15 * em < height < 0.62 * em and 0.15 * em < width < 0.75 * em
    if not (small and (-0.12 if height < 0.48 * em else 0.07) * em < above < 0.45 * em):
        return None
    shape = part[top:bottom]
    down, across = _tapers(shape), _tapers(shape.T)
    return slice(max(left - 1, 0), right + 1) if down or across else None


def _tapers(shape: np.ndarray) -> bool:
    """Whether a shape reaches less far to both sides from row to row, down to a point."""
    reach = np.array([np.ptp(found) + 1 if len(found := np.flatnonzero(row)) else 0 for row in shape])
    middle = np.array([np.flatnonzero(row).mean() if row.any() else np.nan for row in shape])
    third = max(1, len(shape) // 3)
    point = reach[-third:].mean() < 0.55 * reach[:third].mean()
    straight = np.nanmax(np.abs(middle - (shape.shape[1] - 1) / 2)) < 0.16 * shape.shape[1] + 0.5
    return bool(point and straight and (np.diff(reach) <= 2).all())


def _is_bullet(width: int, height: int, above: float, em: float) -> bool:
    """A dot, a dash, a triangle: low and narrow, or at least off the baseline, `above` it."""
    return width < 0.75 * em and (height < 0.42 * em or (height < 0.65 * em and above > 0.06 * em))


def _is_ring(part: np.ndarray, em: float) -> bool:
    """A square or a ring, closed and empty. An O before a word is left where it is, too: it would stay the same."""
    height, width = part.shape
    if not (0.45 * em < height < 1.2 * em and 0.75 < width / height < 1.35):
        return False
    rows, columns = (slice(round(0.3 * side), round(0.7 * side)) for side in part.shape)
    # whatever direction one looks to from the middle there is ink
    across, down, half_x, half_y = part[rows], part[:, columns], width // 2, height // 2
    sides = (across[:, :half_x].max(1), across[:, half_x:].max(1), down[:half_y].max(0), down[half_y:].max(0))
    return part[rows, columns].max() <= 0.2 and min(float(side.min()) for side in sides) >= 0.25


def bullet_before(pixels: np.ndarray, geometry: Geometry, others: Sequence[np.ndarray] = ()) -> bool:
    """Whether a bullet, in whatever colour, stands alone to the left of a line, up to two type sizes away.

    It is no full stop of the column before, in the quads of `others`.
    """
    width = int(2 * EM - MARGIN)
    strip = cut(pixels, geometry.moved(x=-float(width), width=width)).astype(np.float32)
    behind = np.median(strip.reshape(-1, 3), axis=0)
    inked = (largest(np.abs(strip - behind)) > 30).astype(np.uint8)
    count, _, stats, _ = cv2.connectedComponentsWithStats(inked, connectivity=8)
    if count != 2:  # the ground and the bullet
        return False
    x, y, w, h, area = stats[1]
    round_enough = 0.6 < w / h < 1.7 and area > 0.6 * w * h
    if not (x > 0 and w >= 3 and round_enough and _is_bullet(w, h, BASELINE - y - h, EM)):
        return False
    at = geometry.to_picture(np.array([[x + w / 2 - width, y + h / 2]]))[0]
    return all(cv2.pointPolygonTest(quad.astype(np.float32), at.tolist(), True) < -2 for quad in others)


def icons(strip: np.ndarray, ink: np.ndarray, em: float = EM) -> np.ndarray:
    """Columns, bool [W], of what stands first or last in a line, apart, and is no letter.

    It has another colour than the letters on the same background, or it is a solid shape, much thicker than their strokes.
    """
    found = np.zeros(ink.shape[1], bool)
    columns = np.flatnonzero(ink.max(axis=0) > 0.25)
    if len(columns) == 0:
        return found
    free = cv2.dilate(np.ascontiguousarray(ink, np.float32), np.ones((5, 5), np.uint8)) < 0.1
    behind = ground(strip, ink, CALM)
    depth = np.zeros(ink.shape, np.float32) if behind is None else _depths(strip, behind)
    breaks = np.flatnonzero(np.diff(columns) > 0.3 * em)
    groups = np.split(columns, breaks + 1)
    for n in (1, 2):  # of a shape the separator may have seen no more than its two sides
        for group, others in ((groups[:n], groups[n:]), (groups[-n:], groups[:-n])):
            first, last = int(group[0][0]), int(group[-1][-1])
            rows = np.flatnonzero(ink[:, first : last + 1].max(axis=1) > 0.25)
            dots = (
                np.ptp(rows) < 0.25 * em and last == columns[-1]
            )  # a full stop or three, paler as they are small
            if not others or last - first > 1.6 * em or dots:
                continue
            rest = slice(int(others[0][0]), int(others[-1][-1]) + 1)
            unlike = n == 1 and _unlike(strip, ink, free, slice(first, last + 1), rest)
            # the rim or the shadow of letters makes all of them thick
            thick = max(0.2 * em, 1.6 * float(depth[:, rest].max()))
            own = slice(first, last + 1)
            deep = depth[:, own] > thick
            if unlike or (behind is not None and _is_inked(strip[:, own], ink[:, own], behind, deep)):
                found[max(first - 1, 0) : last + 2] = True
    return found


def leading_shape(strip: np.ndarray, ink: np.ndarray, em: float = EM) -> slice | None:
    """Columns of a check box, empty or ticked, or of a dot in another colour that stands before a line.

    Looked for in the pixels: of a box the separator may have seen two sides, of a dot next to a letter no gap.
    """
    columns = np.flatnonzero(ink.max(axis=0) > 0.25)
    behind = ground(strip, ink)
    if len(columns) == 0 or behind is None:
        return None
    first = int(columns[0])
    shape = (largest(np.abs(strip[:, : first + int(2 * em)] - behind)) > 30).astype(np.uint8)
    _, _, stats, _ = cv2.connectedComponentsWithStats(shape, connectivity=8)
    for x, y, w, h, area in stats[1:]:
        rest = columns[columns >= x + w]
        if not (x - 0.2 * em < first < x + w and len(rest) and 0.75 < w / h < 1.35):
            continue
        part = shape[y : y + h, x : x + w]
        gap = int(rest[0]) - (x + w)
        # of letters on a typewriter each stands as far from the next as a D from the rest
        box = (
            0.45 * em < h < 1.2 * em
            and gap > max(0.15 * em, 1.7 * _between_letters(rest, em))
            and _is_framed(part)
        )
        dot = 0.2 * em < h < 0.8 * em and area > 0.7 * w * h and gap > 0.04 * em
        if box or (dot and _is_coloured(strip, ink, part > 0, (x, y), int(rest[0]))):
            return slice(max(x - 1, 0), x + w + min(2, gap))
    return None


def _between_letters(columns: np.ndarray, em: float) -> float:
    """The usual free room between letters whose ink is in `columns`, px."""
    gaps = np.diff(columns) - 1.0
    gaps = gaps[(gaps > 0) & (gaps < 0.4 * em)]
    return float(np.median(gaps)) if len(gaps) else 0.0


def _is_framed(part: np.ndarray) -> bool:
    """Whether the middle of all four sides of a shape is drawn."""
    height, width = part.shape
    across, down = (slice(round(0.15 * n), max(round(0.85 * n), 1)) for n in (width, height))
    sides = (part[:2, across].max(0), part[-2:, across].max(0), part[down, :2].max(1), part[down, -2:].max(1))
    return all(side.mean() > 0.95 for side in sides)


def _is_coloured(
    strip: np.ndarray, ink: np.ndarray, part: np.ndarray, corner: tuple[int, int], rest: int
) -> bool:
    """Whether a shape at `corner` has one colour, and another than the letters from column `rest` on."""
    x, y = corner
    height, width = part.shape
    core = cv2.erode(np.pad(part, 1).astype(np.uint8), np.ones((3, 3), np.uint8))[1:-1, 1:-1] > 0
    letters = ink[:, rest:] > 0.8
    if core.sum() < 4 or letters.sum() < 6:
        return False
    inside = strip[y : y + height, x : x + width][core]
    own = np.median(inside, axis=0)
    even = (largest(np.abs(inside - own)) < 40).mean() > 0.8
    return bool(even) and float(np.abs(own - np.median(strip[:, rest:][letters], axis=0)).max()) > 60


def _depths(strip: np.ndarray, behind: np.ndarray) -> np.ndarray:
    """How far inside a shape on a ground of one colour [3] each pixel lies, px [32, W]."""
    shape = largest(np.abs(strip - behind)) > 40
    return cv2.distanceTransform(np.pad(shape, 1).astype(np.uint8), cv2.DIST_L2, 3)[1:-1, 1:-1]


def _is_inked(strip: np.ndarray, ink: np.ndarray, behind: np.ndarray, deep: np.ndarray) -> bool:
    """Are there `deep` pixels, bool [32, W], and in the colour of the ink? If not, they are of a spot behind letters."""
    if not deep.any():
        return False
    core = np.median(strip[deep], axis=0) - behind
    letters = np.asarray(ink_colour(strip, ink)) - behind
    return bool(core @ letters > 0.5 * letters @ letters)


def _unlike(strip: np.ndarray, ink: np.ndarray, free: np.ndarray, part: slice, rest: slice) -> bool:
    """Does `part` (columns) have another colour than the `rest`, on the same background?"""
    colours, behind = [], []
    for columns in (part, rest):
        coverage, pixels = ink[:, columns], strip[:, columns]
        sure = coverage > max(0.6, 0.9 * float(coverage.max()))
        if sure.sum() < 6 or not free[:, columns].any():
            return False
        colours.append(np.median(pixels[sure], axis=0))
        behind.append(np.median(pixels[free[:, columns]], axis=0))
    apart, drift = (float(np.abs(a - b).max()) for a, b in (colours, behind))
    return apart > 60 + drift
