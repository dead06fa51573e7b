"""Whether the new text of a paragraph can be read where it was drawn: a look at the finished picture."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from iimt_cli.page.arrays import Coverage, Floats, Pixels, Span
from iimt_cli.page.paragraphs import Paragraph
from iimt_cli.page.rectify import Geometry

UNSEEN = "the translation could not be read on its ground"
OVER_SOMETHING = "the translation would be drawn over something"

# Distances of colours are those of CIE Lab (CIE76): black on white has 100, what differs by less than 2 looks alike.
CORE = 0.6  # coverage of a pixel in the middle of a stroke
FEWEST = 12  # such pixels, that tell of a word
HIDDEN = 30.0  # percent of a word's pixels: so many may be hard to see
LEAST = 15.0  # distance from the ground of the others; by eye
SHARE = 0.4  # × the distance that the old text had, which may have been faint: so much is enough
FAINTEST = 8.0  # but less never is
PLAIN = 10.0  # distance of the grounds under the old text: where 98 % of them differ by less they are one
PLAIN_SHARE = 98.0  # percent
OTHER = 25.0  # distance from that ground of what is none
OTHER_SHARE = 0.15  # share of a word's pixels that may lie on something else


def fault(
    paragraph: Paragraph,
    words: Sequence[tuple[NDArray[np.float64], Coverage, Span]],
    seen: Pixels,
    clean: Pixels,
    bare: Pixels,
    drawn: Pixels,
) -> str:
    """Why a text cannot stay as it was drawn, or "".

    words: of the new text, each with the matrix from ink x, y to picture x, y, the ink, (32, W), and the word's columns. seen,
    clean: (H, W, 3), the picture with and without any of its old text; bare, drawn: without and with its new text.
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
    """The pixels of a picture, rows and columns, in the middle of the strokes of some columns of ink."""
    y, x = np.nonzero(ink[:, slice(*span)] > CORE)
    places = Geometry(matrix, ink.shape[1]).to_picture(np.column_stack([x + span[0] + 0.5, y + 0.5]))
    columns, rows = np.floor(places).astype(np.intp).T
    inside = (rows >= 0) & (columns >= 0) & (rows < picture.shape[0]) & (columns < picture.shape[1])
    return rows[inside], columns[inside]


def _visible(letters: Floats, behind: Floats) -> float:
    """How far letters are from what is behind them, both (N, 3) Lab, but for those that may be hidden."""
    return float(np.percentile(np.linalg.norm(letters - behind, axis=-1), HIDDEN))


def _lab(colours: Pixels) -> Floats:
    """RGB, (N, 3), as CIE Lab."""
    return np.asarray(cv2.cvtColor(colours[None].astype(np.float32) / 255, cv2.COLOR_RGB2LAB)[0])
