"""Drawn pages of 21 kinds, in one language. Which lines are one text is known: the network that groups lines learns from them.

What a reader takes for one text is one block: a paragraph, a title over two lines, an item of a list, a cell, a label.
Everything is drawn in plain colours. Lines know the places of their characters.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress

import numpy as np

from iimt_cli.data import printed_kinds, shown_kinds
from iimt_cli.data.fonts import FontFace
from iimt_cli.data.sheet import Document, FullError, SetLine, Sheet, TextPool

__all__ = ["KINDS", "Document", "SetLine", "TextPool", "document"]

KINDS: dict[str, Callable[[Sheet], None]] = {
    "article": printed_kinds.article,
    "letter": printed_kinds.letter,
    "list": printed_kinds.bullet_list,
    "menu": printed_kinds.menu,
    "receipt": printed_kinds.receipt,
    "form": printed_kinds.form,
    "table": printed_kinds.table,
    "notices": printed_kinds.notices,
    "slide": shown_kinds.slide,
    "chat": shown_kinds.chat,
    "app": shown_kinds.app,
    "webpage": shown_kinds.webpage,
    "poster": shown_kinds.poster,
    "newspaper": printed_kinds.newspaper,
    "package": printed_kinds.package,
    "steps": shown_kinds.steps,
    "dialog": shown_kinds.dialog,
    "tiles": shown_kinds.tiles,
    "links": shown_kinds.links,
    "map": shown_kinds.street_map,
    "invoice": shown_kinds.invoice,
}


def document(
    kind: str,
    pool: TextPool,
    faces: Sequence[tuple[FontFace, FontFace]],
    rng: np.random.Generator,
    draw: bool = True,
) -> Document:
    """A page of a kind in `KINDS`. faces: regular and bold ones that go together; draw: whether its letters are drawn, too."""
    sheet = Sheet(pool, faces[int(rng.integers(len(faces)))], rng, draw)
    with suppress(FullError):
        KINDS[kind](sheet)
    return Document(sheet.rgb, tuple(sheet.lines), kind)
