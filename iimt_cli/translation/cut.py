"""Texts that the edge of the picture cuts off ("mein Sch"): half a word cannot be translated."""

import re
from collections.abc import Sequence
from itertools import pairwise, zip_longest

import numpy as np

from iimt_cli.language.lexicon import Lexicon
from iimt_cli.model.image_encoder import FRAMES, STRIDE
from iimt_cli.page import Page
from iimt_cli.page.paragraphs import Paragraph, TextLine
from iimt_cli.page.runs import INK
from iimt_cli.page.typeset.unroll import unroll
from iimt_cli.translation.pieces import Piece

CUT_OFF = "cut off by the edge of the picture"
TOUCHES = 1.0  # px, or strip px if these are larger: the middle of ink that touches the edge is nearer to it
ALONG = 0.7  # cosine of the angle between a line and the edge from which the line runs along it
CLOSED = ".!?…:;,"  # behind these a text that reaches the edge is whole
WORD = re.compile(r"[^\W\d_]+$")
FIRST = re.compile(r"[^\W\d_]+")


def is_cut_off(page: Page, paragraph: Paragraph, parts: Sequence[Piece], lexicon: Lexicon) -> bool:
    """Whether the ink of a line touches the edge of the picture, and the word there is none that the lexicon has.

    At the end of a line the last word counts, at its start the first one. Where letters are cut along their tops or feet all
    words do.
    """
    touching = [_touching(line, page.clean[0].shape) for line in paragraph.lines]
    texts = line_texts(paragraph, parts) if any(touching) else [""] * len(touching)
    for ends, text in zip(touching, texts, strict=True):
        words = text.split() if ends else []
        if not words:
            continue
        last, first = words[-1], FIRST.search(words[0])
        whole = last[-1] in CLOSED or ((found := WORD.search(last)) and lexicon.is_whole(found.group()))
        if "end" in ends and not whole:
            return True
        if "start" in ends and not (first and lexicon.known(first.group())):
            return True
        if "along" in ends and not all(map(lexicon.known, FIRST.findall(" ".join(words)))):
            return True
    return False


def _touching(line: TextLine, shape: tuple[int, ...]) -> set[str]:
    """Where a line touches the edge of a picture of this shape: at its "start", at its "end", "along" it."""
    y, x = np.nonzero(line.ink > INK)
    places = line.geometry.to_picture(np.column_stack([x, y]) + 0.5)
    near = TOUCHES * max(line.geometry.scale, 1.0)
    u, found = line.geometry.direction, set[str]()
    for axis, side in ((0, 0.0), (0, float(shape[1])), (1, 0.0), (1, float(shape[0]))):
        if (np.abs(places[:, axis] - side) < near).any():
            out = u[axis] * (1.0 if side else -1.0)
            found.add("along" if abs(out) < ALONG else "end" if out > 0 else "start")
    return found


def line_texts(paragraph: Paragraph, parts: Sequence[Piece]) -> list[str]:
    """What was read in each line of a paragraph. A character without a place follows the one before."""
    spans = unroll(paragraph).lines
    starts = [(end + start) / 2 for (_, end), (start, _) in pairwise(spans)]  # of all lines but the first
    found, n = [""] * len(spans), 0
    for part in parts:
        for char, place in zip_longest(part.source, part.frames[: len(part.source)]):
            if place is not None:
                middle = part.start + sum(place) / 2 * STRIDE / FRAMES
                n = int(np.searchsorted(starts, middle, "right"))
            found[n] += char
        found[n] += " "
    return found
