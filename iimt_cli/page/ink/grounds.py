"""Text that lies on two grounds and has another colour on each: white on the blue half of a sign, blue on its white half."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from iimt_cli.page.arrays import Colour, Floats, Pixels
from iimt_cli.page.colours import as_colour, contrast
from iimt_cli.page.paragraphs import Paragraph
from iimt_cli.page.rectify import cut

# Set by eye on drawn signs whose two grounds meet in many places of the text, and on gradients, which are not two grounds.
SOLID = 0.8  # coverage from which a pixel shows the colour of its letter
# percentiles of the colours of the ground: the limit between the two grounds is half-way between these
ENDS = (4.0, 96.0)
OTHER_GROUND = 60.0  # levels by which the two differ, at least
OTHER_INK = 50.0  # levels by which the letters on them differ, at least
# levels: median distance of the letters' pixels from their colour on a ground; above, they have no one colour
UNEVEN = 40.0
SHARP = 4.0  # factor: how fast the colour of new letters changes where one ground blends into the other


@dataclass(frozen=True)
class Ground:
    """A ground: its colour (behind) and the colour of the letters on it (ink)."""

    behind: Colour
    ink: Colour


Grounds = tuple[Ground, Ground]


def two_grounds(paragraph: Paragraph, view: Pixels, clean: Pixels) -> Grounds | None:
    """The two grounds of a text whose letters have one colour on each; None for all other text.

    view, clean: (H, W, 3), the picture with and without its text.
    """
    seen, behind = (
        np.concatenate([cut(pixels, line.geometry)[line.ink > SOLID] for line in paragraph.lines]).astype(
            np.float32
        )
        for pixels in (view, clean)
    )
    if not len(seen):
        return None
    low, high = np.percentile(behind @ _widest(behind), ENDS)
    along = behind @ _widest(behind)
    first = along < (low + high) / 2
    if not first.any() or first.all():
        return None
    found = [(np.median(behind[own], axis=0), np.median(seen[own], axis=0)) for own in (first, ~first)]
    (ground, ink), (other, other_ink) = found
    if np.abs(ground - other).max() < OTHER_GROUND or np.abs(ink - other_ink).max() < OTHER_INK:
        return None
    uneven = (np.median(contrast(seen[own], c)) for own, (_, c) in zip((first, ~first), found, strict=True))
    if max(uneven) > UNEVEN:
        return None
    return Ground(as_colour(ground), as_colour(ink)), Ground(as_colour(other), as_colour(other_ink))


def _widest(colours: Floats) -> Floats:
    """The direction in which colours (N, 3) differ most, a unit vector (3,)."""
    return np.asarray(np.linalg.eigh(np.cov(colours.T) + np.eye(3) * 1e-6)[1][:, -1])


def ink_on(grounds: Grounds, behind: Floats) -> Floats:
    """The colour of letters at each pixel, (H, W, 3): that of the ground which the pixel of `behind`, (H, W, 3), resembles."""
    apart = [np.linalg.norm(behind - np.array(ground.behind, np.float32), axis=-1) for ground in grounds]
    share = np.clip(0.5 + SHARP * (apart[0] - apart[1]) / (apart[0] + apart[1] + 1), 0, 1)[..., None]
    first, other = (np.array(ground.ink, np.float32) for ground in grounds)
    return np.asarray((1 - share) * first + share * other)
