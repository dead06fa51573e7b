"""A picture that was drawn before, with other words in some of its paragraphs, without looking at the others."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from iimt_cli.page.arrays import Box, Mask, Pixels, Stroke
from iimt_cli.page.files.image import Picture
from iimt_cli.page.ink.separate import Separator
from iimt_cli.page.layout.frames import cut_again
from iimt_cli.page.layout.looks import looker
from iimt_cli.page.page import Drawn, LeftAlone, Page, tightened
from iimt_cli.page.paragraphs import Paragraph
from iimt_cli.page.typeset.erase import bared, mask_of
from iimt_cli.page.typeset.parts import Origin
from iimt_cli.page.typeset.reflow import Flow
from iimt_cli.page.typeset.room import Obstacle


def known_page(
    picture: Picture,
    paragraphs: Sequence[Paragraph],
    separate: Separator,
    left_alone: Sequence[LeftAlone] = (),
) -> Page:
    """An opaque, upright picture with some of its paragraphs, whose frames and alignment are known from an earlier look.

    Raises ValueError if a line has no ink any more.
    """
    view = picture.rgb
    seen = cut_again(paragraphs, looker(view, separate))
    clean = bared(view, [line for one in seen for line in one.inked])
    return Page(picture, tuple(seen), (clean,), tuple(left_alone), aligned=True)


def with_others(
    page: Page,
    base: Pixels,
    edited: Collection[int],
    drawn: Mapping[int, Drawn],
    boxes: Mapping[int, Sequence[Box]],
    *,
    others: Sequence[Box],
    obstacles: Sequence[Obstacle],
    came_from: Mapping[int, Sequence[Origin]],
    ties: Mapping[int, Collection[int]],
    known: Mapping[int, Stroke],
) -> tuple[Pixels, dict[int, Flow]] | None:
    """`base`, the picture (H, W, 3) as it was drawn before, in which the `edited` paragraphs, by number, are `drawn` anew.

    Those that are not in `drawn` get their own letters back. boxes: round the ink of each paragraph that is drawn in `base`;
    others: round all other ink in it; obstacles: the places of that ink. came_from, ties, known: as in `Page.draw`.

    None if the new ink of another paragraph stands where pixels must be restored: then the picture must be drawn as a whole.
    """
    after = (boxes.keys() - set(edited)) | drawn.keys()
    shape, restored, foreign = base.shape, *(np.zeros(base.shape[:2], bool) for _ in range(2))
    for i, some in boxes.items():
        _add(restored if i in edited else foreign, some)
    _add(foreign, others)
    turned = [i for i in edited if (i in boxes) != (i in drawn)]
    restored |= mask_of(shape, [line for i in turned for line in page.paragraphs[i].inked])
    if (restored & foreign).any():
        return None
    chosen = tightened(drawn)
    result = base.copy()
    result[restored] = page.erased(0, after)[restored]
    flows = page.laid_out(chosen, ties, {}, known, obstacles)
    return result, page.painted([result], chosen, flows, came_from)


def _add(mask: Mask, boxes: Sequence[Box]) -> None:
    """Marks the pixels of boxes, in place."""
    for x0, y0, x1, y1 in boxes:
        mask[y0:y1, x0:x1] = True
