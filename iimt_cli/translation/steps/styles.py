"""Which words of a translation get a look (colour, bold, underline) that some words of the source have.

The attention of the text decoder tells it: which source words does it look at while it writes a word of the translation?
"""

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from iimt_cli.clock import timed
from iimt_cli.model.alignment import Aligned, align
from iimt_cli.model.seen import Seen
from iimt_cli.model.translatotron import Translatotron
from iimt_cli.page import Page
from iimt_cli.page.typeset.words import Look
from iimt_cli.translation.pieces import Piece
from iimt_cli.translation.result import Options

# Shares of the attention of a translated word that falls on source words with one look. With these all of 40 made-up sentences
# with one coloured word have exactly the right words coloured, if the text model translated them.
SURE = 0.6  # a word gets the look from this share on
# of all words the one with the largest share gets the look from this share on, so that the look is not lost
BEST = 0.35
# a word behind one with the look gets it from this share on ("construction work"); one before it may be an article
GOES_ON = 0.4


def with_looks(page: Page, parts: Sequence[Sequence[Piece]]) -> list[list[Piece]]:
    """The pieces of each paragraph of a page. Those of drawn paragraphs have the looks of their source words."""
    with timed("page"):
        return [
            _looked_at(page.looks(i), some) if any(piece.drawn is not None for piece in some) else list(some)
            for i, some in enumerate(parts)
        ]


def _looked_at(looks: Sequence[Look], parts: Sequence[Piece]) -> list[Piece]:
    done = []
    for part in parts:
        width = part.ink.shape[1]
        moved = [((max(a - part.start, 0), min(b - part.start, width)), n) for (a, b), n in looks]
        own = tuple(look for look in moved if look[0][0] < look[0][1])
        done.append(replace(part, looks=own) if len({number for _, number in own}) > 1 else part)
    return done


def wearing(pieces: Sequence[Piece], seen: Seen, model: Translatotron, options: Options) -> list[Piece]:
    """The pieces of a batch with the look of each word of their targets. `seen`: their encoder states.

    Nothing is computed for pieces that were not drawn or whose words all look alike.
    """
    rows = [row for row, piece in enumerate(pieces) if piece.looks and piece.drawn is not None]
    if not rows:
        return list(pieces)
    done = list(pieces)
    with timed("text"):
        told = [pieces[row].wording or pieces[row].target for row in rows]
        found = align(model, seen.select(rows), told, options.terms, options.numbers == "localise")
    for row, aligned in zip(rows, found, strict=True):
        worn = worn_looks(aligned, pieces[row].looks)
        if len(worn) == len(pieces[row].target.split()):
            done[row] = replace(pieces[row], worn=worn)
    return done


def worn_looks(aligned: Aligned, looks: Sequence[Look]) -> tuple[int, ...]:
    """The number of the look of each word of an aligned text; the main look, which has the lowest number, if none is sure."""
    middles = np.array([[(a + b) / 2, (b - a) / 2] for (a, b), _ in looks])
    away = np.abs(aligned.places[:, None] - middles[:, 0]) - middles[:, 1]  # px from each run of words
    at = np.array([number for _, number in looks])[away.argmin(axis=1)]
    seen = aligned.weights / np.maximum(aligned.weights.sum(axis=1, keepdims=True), 1e-6)
    words = [m.span() for m in re.finditer(r"\S+", aligned.text)]
    main, *others = sorted(set(at.tolist()) | {number for _, number in looks})
    worn = np.full(len(words), main)
    sure = np.zeros(len(words))
    for look in others:
        share = np.array([seen[a:b, at == look].sum(axis=1).mean() for a, b in words])
        if not len(share) or share.max() < BEST:
            continue
        own = share >= SURE
        own[share.argmax()] = True
        for n in range(1, len(words)):
            own[n] |= own[n - 1] and share[n] >= GOES_ON
        worn = np.where(own & (share > sure), look, worn)
        sure = np.maximum(sure, share * own)
    return tuple(worn.tolist())
