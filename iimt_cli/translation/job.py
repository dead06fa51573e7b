"""What is set into a picture, and the record of it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from iimt_cli.page import Page
from iimt_cli.page.page import LeftAlone
from iimt_cli.page.paragraphs import Paragraph
from iimt_cli.translation.pieces import Piece, confidence
from iimt_cli.translation.result import Block


@dataclass(frozen=True)
class Redrawn:
    """A page whose text is translated: `pieces`, per paragraph, with their drawings, and `reasons` why each paragraph is
    kept, or ""."""

    page: Page
    pieces: list[list[Piece]]
    reasons: list[str]


def block_of(paragraph: Paragraph, parts: Sequence[Piece], reason: str) -> Block:
    """The record of a paragraph; `reason` why it is kept, or ""."""
    return _block([line.quad for line in paragraph.lines], parts, reason)


def block_left_alone(alone: LeftAlone) -> Block:
    """The record of lines that could not be read."""
    return _block(alone.quads, (), alone.reason)


def _block(boxes: Sequence[np.ndarray], parts: Sequence[Piece], reason: str) -> Block:
    quads = np.stack(boxes)
    low, high = quads.min((0, 1)), quads.max((0, 1))
    box = [[low[0], low[1]], [high[0], low[1]], [high[0], high[1]], [low[0], high[1]]]
    polygon = quads[0].tolist() if len(quads) == 1 else [[float(x), float(y)] for x, y in box]
    return Block(
        polygon=_rounded(polygon),
        lines=[_rounded(quad.tolist()) for quad in quads],
        source=" ".join(p.source for p in parts).strip(),
        target="" if reason else " ".join(p.source if p.judgement.keep else p.target for p in parts).strip(),
        confidence=round(confidence(parts), 4),
        action="kept" if reason else "translated",
        reason=reason,
        terms=[asdict(term) for term in dict.fromkeys(term for p in parts for term in p.terms)],
    )


def _rounded(points: Sequence[Sequence[float]]) -> list[list[float]]:
    return [[round(float(x), 1), round(float(y), 1)] for x, y in points]
