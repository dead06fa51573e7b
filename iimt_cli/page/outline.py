"""Letters with an outline: tell the fill from the rim where the separator took both for ink."""

from __future__ import annotations

import cv2
import numpy as np

from iimt_cli.page.colours import total

LEAST_CONTRAST = 70.0  # between fill and outline, RGB distance: less is smoothing
LEAST_RESIDUE = 45.0  # how far an outline's colour must be from any mixture of fill and background
LEAST_DEPTH = 0.25  # strip px that the fill lies deeper than its outline, on average
LEAST_ENCLOSED = 0.6  # share of the fill's colour that its outline must separate from what lies outside
MOST_TOUCHING = 0.15  # share of a letter that may lie at the outer edge of all that is to be erased
MOST_AROUND = 0.2  # share of what lies round all that is to be erased that may have the outline's colour
OFF = 45.0  # from the line between both colours: background
NEAR = 31.5  # the same colour


def without_outline(strip: np.ndarray, ink: np.ndarray, erase: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Ink and erase mask, float32 [32, W], of a strip, uint8 [32, W, 3]: the ink without its outline.

    Of all that is to be erased, fill lies deeper than outline. If these are two colours, and the outline's is no
    mixture of fill and background, then ink is what has the fill's colour; else all stays as it was.
    """
    marked = np.maximum(ink, erase) > 0.5
    region = _filled(marked)
    depth = cv2.distanceTransform(np.pad(region, 1).astype(np.uint8), cv2.DIST_L2, 3)[1:-1, 1:-1]
    inner = depth > 1.2  # further out the background shines through
    if inner.sum() < 60:
        return ink, erase
    colours = strip.astype(np.float32)
    around = colours[_around(region)]
    if len(around) < 20:
        return ink, erase
    behind = _median(around)
    found = _two_colours(colours[inner], depth[inner], behind)
    if found is None or not _is_outline(*found, around, behind):
        return ink, erase
    fill, rim = found
    step = fill - rim
    share = np.clip(((colours - rim) @ step) / float(step @ step), 0, 1)
    off = np.linalg.norm(colours - rim - share[..., None] * step, axis=2)
    share = (share * np.clip(2 - off / OFF, 0, 1)).astype(np.float32)
    # A background like the fill lies along the outer edge; letters touch it only where their outline has a gap.
    count, labels = cv2.connectedComponents(((share > 0.4) & region).astype(np.uint8), connectivity=4)
    edge = region & (cv2.erode(region.astype(np.uint8), np.ones((3, 3), np.uint8)) == 0)
    area, touching = (np.bincount(labels[part], minlength=count) for part in (region, edge))
    strongest = np.zeros(count)
    np.maximum.at(strongest, labels.ravel(), share.ravel())
    letter = (strongest > 0.9) & (touching < MOST_TOUCHING * area)
    letter[0] = False
    filled = inner & (share > 0.5)
    if (filled & letter[labels] & marked).sum() < LEAST_ENCLOSED * filled.sum():
        return ink, erase  # letters without an outline: the "fill" is the background between them
    near = cv2.dilate(letter[labels].astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    return np.where(near, share, 0).astype(np.float32), np.maximum(erase, region.astype(np.float32))


def _filled(region: np.ndarray) -> np.ndarray:
    """The region with its holes and bays, bool [32, W]: the separator may have missed some of a letter."""
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (7, 7))
    region = cv2.morphologyEx(np.pad(region, 4).astype(np.uint8), cv2.MORPH_CLOSE, kernel)[4:-4, 4:-4] > 0
    _, labels = cv2.connectedComponents((~np.pad(region, 1)).astype(np.uint8), connectivity=4)
    return (labels != labels[0, 0])[1:-1, 1:-1]


def _around(region: np.ndarray) -> np.ndarray:
    """What lies round the region, bool [32, W]."""
    near, far = (cv2.dilate(region.astype(np.uint8), np.ones((size, size), np.uint8)) for size in (5, 11))
    return (far > 0) & (near == 0)


def _two_colours(
    colours: np.ndarray, depth: np.ndarray, behind: np.ndarray
) -> tuple[np.ndarray, np.ndarray] | None:
    """The two main colours of [n, 3] pixels that lie `depth` in: the deeper one, the other."""
    some = slice(None, None, -(-len(colours) // 1500))
    colours, depth = colours[some], depth[some]
    one = _median(colours[depth >= np.quantile(depth, 0.8)])
    two = _median(colours[depth <= np.quantile(depth, 0.3)])
    before = None
    for _ in range(6):
        first = _distance(colours, one) < _distance(colours, two)
        if not 20 < first.sum() < len(colours) - 20:
            return None
        if before is not None and (first == before).all():
            break
        one, two, before = _median(colours[first]), _median(colours[~first]), first
    if depth[first].mean() < depth[~first].mean():
        first = ~first
    fill, rim = _mode(colours[first], behind), _mode(colours[~first], behind)
    of_fill, of_rim = (_distance(colours, colour) < OFF**2 for colour in (fill, rim))
    deeper = float(depth[of_fill].mean() - depth[of_rim].mean()) if of_fill.any() and of_rim.any() else 0.0
    return (fill, rim) if deeper > LEAST_DEPTH else None


def _mode(colours: np.ndarray, behind: np.ndarray) -> np.ndarray:
    """The colour that most of [n, 3] pixels are near to; that of the background does not count if there are others."""
    other = _distance(colours, behind) > OFF**2
    if other.mean() > 0.25:
        colours = colours[other]
    some = colours[:: -(-len(colours) // 120)]
    near = _distance(some[:, None], some) < NEAR**2
    chosen = some[near.sum(axis=1).argmax()]
    return _median(colours[_distance(colours, chosen) < NEAR**2])


def _median(colours: np.ndarray) -> np.ndarray:
    """Of whole numbers 0..255, [n, 3]; float32 [3]."""
    ordered = np.sort(
        colours.astype(np.uint8).T, axis=1, kind="stable"
    )  # by radix: ten times as fast as np.median
    middle = ordered[:, [(len(colours) - 1) // 2, len(colours) // 2]]
    return middle.mean(axis=1, dtype=np.float32)


def _distance(colours: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Squared, of colours [..., 3]."""
    return total((colours - other) ** 2)


def _is_outline(fill: np.ndarray, rim: np.ndarray, around: np.ndarray, behind: np.ndarray) -> bool:
    """Could letters of colour `fill` have an outline of colour `rim` here? around: [n, 3], median `behind`."""
    smooth = _mixture(rim, fill, behind)[1] < LEAST_RESIDUE
    share, residue = _mixture(fill, rim, behind)  # letters without an outline, smoothed at their edges
    smooth |= residue < LEAST_RESIDUE and share < 0.9
    # On a lively background, what abounds is no outline.
    common = (np.linalg.norm(around - rim, axis=1) < OFF).mean() > MOST_AROUND
    return not (smooth or common or np.linalg.norm(fill - rim) < LEAST_CONTRAST)


def _mixture(colour: np.ndarray, one: np.ndarray, two: np.ndarray) -> tuple[float, float]:
    """The share of `two` in the mixture with `one` that is nearest to a colour, and how far that is."""
    step = two - one
    share = float(np.clip((colour - one) @ step / max(float(step @ step), 1.0), 0, 1))
    return share, float(np.linalg.norm(colour - one - share * step))
