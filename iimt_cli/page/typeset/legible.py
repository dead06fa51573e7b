"""Whether the new text of a paragraph can be read where it was drawn: a look at the finished picture."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from iimt_cli.page.arrays import Coverage, Floats, Pixels, Span
from iimt_cli.page.paragraphs import Paragraph
from iimt_cli.page.rectify import Geometry
from iimt_cli.page.typeset.compose import Part, leaned, matrices
from iimt_cli.page.typeset.reflow import Flow

UNSEEN = "the translation could not be read on its ground"
OVER_SOMETHING = "the translation would be drawn over something"

# Distances between colours are those of CIE Lab (CIE76): black and white are 100 apart, colours less than 2 apart look equal.
CORE = 0.6  # coverage from which a pixel is in the middle of a stroke; only such pixels are looked at
FEWEST = 20  # such pixels: a word with fewer is not judged; an angle in small type has 13, and looks pale
# percentile of the distances of a word's pixels from the ground that must reach the next values
HIDDEN = 30.0
LEAST = 15.0  # distance that is always enough; by eye
SHARE = 0.4  # × the distance that the old text had: for faint text this is enough
FAINTEST = 8.0  # but a smaller distance never is
# distance from its median colour: if PLAIN_SHARE of the ground under the old text is nearer, the ground is plain
PLAIN = 10.0
PLAIN_SHARE = 98.0  # percent
OTHER = 25.0  # distance from the colour of a plain ground beyond which a pixel shows another object
OTHER_SHARE = 0.15  # share of a word's pixels that may lie on another object


def fault(
    paragraph: Paragraph,
    words: Sequence[tuple[NDArray[np.float64], Coverage, Span]],
    seen: Pixels,
    clean: Pixels,
    bare: Pixels,
    drawn: Pixels,
) -> str:
    """Why a text cannot stay as it was drawn; "" if it can.

    words: of the new text, each as (matrix from ink x, y to picture x, y, ink (32, W), the word's columns). Four pictures,
    (H, W, 3): seen, as it was; clean, without any text; bare, before new text was drawn; drawn, after that.
    """
    old = [_points(line.geometry.matrix, line.ink, (0, line.ink.shape[1]), seen) for line in paragraph.lines]
    rows, columns = np.concatenate([one[0] for one in old]), np.concatenate([one[1] for one in old])
    if len(rows) < FEWEST:
        return ""
    ground = _lab(clean[rows, columns])
    least = max(min(LEAST, SHARE * _visible(_lab(seen[rows, columns]), ground)), FAINTEST)
    usual = np.median(ground, axis=0)
    plain = np.percentile(np.linalg.norm(ground - usual, axis=-1), PLAIN_SHARE) < PLAIN
    for matrix, ink, span in words:
        at = _points(matrix, ink, span, bare)
        if len(at[0]) < FEWEST:
            continue
        behind = _lab(bare[at])
        if _visible(_lab(drawn[at]), behind) < least:
            return UNSEEN
        if plain and (np.linalg.norm(behind - usual, axis=-1) > OTHER).mean() > OTHER_SHARE:
            return OVER_SOMETHING
    return ""


def _points(
    matrix: NDArray[np.float64], ink: Coverage, span: Span, picture: Pixels
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows and columns of the picture's pixels that lie in the middle of strokes; span: the columns of ink."""
    y, x = np.nonzero(ink[:, slice(*span)] > CORE)
    places = Geometry(matrix, ink.shape[1]).to_picture(np.column_stack([x + span[0] + 0.5, y + 0.5]))
    columns, rows = np.floor(places).astype(np.intp).T
    inside = (rows >= 0) & (columns >= 0) & (rows < picture.shape[0]) & (columns < picture.shape[1])
    return rows[inside], columns[inside]


def _visible(letters: Floats, behind: Floats) -> float:
    """The HIDDEN percentile of the distances of letters from the ground behind them, both (N, 3) Lab."""
    return float(np.percentile(np.linalg.norm(letters - behind, axis=-1), HIDDEN))


def _lab(colours: Pixels) -> Floats:
    """RGB, (N, 3), as CIE Lab."""
    return np.asarray(cv2.cvtColor(colours[None].astype(np.float32) / 255, cv2.COLOR_RGB2LAB)[0])


def placed(
    flow: Flow, ink: Coverage, words: Sequence[Span], parts: Sequence[Part]
) -> list[tuple[NDArray[np.float64], Coverage, Span]]:
    """Each word that was set, as `fault` takes it: (matrix from ink to picture, ink, columns of the word)."""
    found = []
    for placement, matrix in zip(flow.placements, matrices(flow.placements, ink, flow.rows), strict=True):
        a, b = placement.span
        for word in words:
            if a <= word[0] and word[1] <= b:
                middle = sum(word) / 2
                more = next((part.leaning for part in parts if part.span[0] <= middle < part.span[1]), 0.0)
                found.append((matrix @ leaned(more), ink, word))
    return found
