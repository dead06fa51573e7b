"""A page with its translated pieces (`Redrawn`), and the record of each paragraph (`Block`)."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

import numpy as np

from iimt_cli.page import Page
from iimt_cli.page.page import LeftAlone
from iimt_cli.page.paragraphs import Paragraph
from iimt_cli.translation.pieces import Piece, confidence
from iimt_cli.translation.result import Block, Draft, DraftPiece, Options, Texts


@dataclass(frozen=True)
class Change:
    """What a person made of a paragraph: other `pieces`, with their drawings; or none, and the `reason` why it is kept."""

    pieces: list[Piece]
    reason: str = ""


@dataclass(frozen=True)
class Redrawn:
    """A page whose text is translated. pieces: of each paragraph, with their drawings. reasons: why each is kept, or "".

    If `texts` were given, pieces and reasons are those of the system's draft. Then `changes` say, by the number of a
    paragraph, what it becomes instead.
    """

    page: Page
    pieces: list[list[Piece]]
    reasons: list[str]
    options: Options
    texts: Texts | None = None
    changes: dict[int, Change] = field(default_factory=dict)


def block_of(number: int, page: Page, paragraph: Paragraph, parts: Sequence[Piece], reason: str) -> Block:
    """The record of a paragraph; `reason` why it is kept, or ""."""
    return _block(number, [page.in_picture(line.quad) for line in paragraph.lines], parts, reason)


def block_left_alone(number: int, page: Page, alone: LeftAlone) -> Block:
    """The record of lines that could not be read."""
    return _block(number, [page.in_picture(quad) for quad in alone.quads], (), alone.reason)


def _block(number: int, boxes: Sequence[np.ndarray], parts: Sequence[Piece], reason: str) -> Block:
    quads = np.stack(boxes)
    low, high = quads.min((0, 1)), quads.max((0, 1))
    box = [[low[0], low[1]], [high[0], low[1]], [high[0], high[1]], [low[0], high[1]]]
    polygon = quads[0].tolist() if len(quads) == 1 else [[float(x), float(y)] for x, y in box]
    target = "" if reason else " ".join(p.text for p in parts).strip()
    return Block(
        polygon=_rounded(polygon),
        lines=[_rounded(quad.tolist()) for quad in quads],
        source=" ".join(p.source for p in parts).strip(),
        target=target,
        confidence=round(confidence(parts), 4),
        action="kept" if reason else "translated",
        reason=reason,
        terms=[asdict(term) for term in dict.fromkeys(term for p in parts for term in p.terms)],
        id=number,
        draft=Draft(target, reason, tuple(_draft(part) for part in parts)),
    )


def _draft(piece: Piece) -> DraftPiece:
    target = None if piece.wording is None else piece.target
    hints = None if piece.hints is None else tuple(piece.hints)
    return DraftPiece(
        piece.source, target, piece.wording or "", piece.drawn is not None, piece.judgement.reason, hints
    )


def _rounded(points: Sequence[Sequence[float]]) -> list[list[float]]:
    return [[round(float(x), 1), round(float(y), 1)] for x, y in points]
