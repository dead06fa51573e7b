"""Whole pictures for whole-picture presets: wrapped, centred text on a canvas of fixed size.

Plain colours, one text, varied fonts and sizes, as the pictures that Translatotron-V was measured on (section 4.1).
`hard` pages have gradients, textures and photos (whatever `backgrounds` draws), outlines and shadows, and up to three
blocks of text. On the background `white` the ink is black.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from iimt_cli.config import Preset
from iimt_cli.data.backgrounds import WHITE, Backgrounds
from iimt_cli.data.fonts import FontFace, sample_face
from iimt_cli.data.layouts import Align, Block, PairPool, Scene, Typeset, typeset
from iimt_cli.data.scene import Paint, sample_paint

_LEAST_SIZE = 8  # em px
_BLOCKS = 3


@dataclass(frozen=True)
class PageStyle:
    """`height` and `width` of the canvas in px, and the range of type sizes, em px.

    Long texts get smaller type than `smallest`.
    """

    height: int
    width: int
    smallest: float
    largest: float
    hard: bool = False


def page_style(preset: Preset, hard: bool | None = None) -> PageStyle:
    """The pages of a whole-picture preset; `hard` as the preset says, unless given."""
    smallest, largest = preset.training.sizes
    chosen = preset.training.hard if hard is None else hard
    return PageStyle(preset.canvas.height, preset.canvas.width, smallest, largest, chosen)


def canvas_page(
    pool: PairPool,
    faces: Sequence[FontFace],
    backgrounds: Backgrounds,
    style: PageStyle,
    rng: np.random.Generator,
    pair: tuple[str, str] | None = None,
) -> Scene:
    """A page with `pair`, or with texts of the pool."""
    rgb, kind = backgrounds.sample(style.height, style.width, rng)
    rgb = np.ascontiguousarray(rgb)
    count = int(rng.integers(1, _BLOCKS + 1)) if style.hard and pair is None else 1
    tall = style.height // count
    blocks = []
    for i in range(count):
        longest = style.width * tall / (0.5 * style.smallest * 1.3 * style.smallest) * 0.6
        texts = pair or pool.sample(longest, rng)
        blocks.append(_block(texts, faces, rgb, kind, style, i * tall, tall, rng))
    return Scene(rgb, tuple(blocks), "canvas", kind)


def _block(
    pair: tuple[str, str],
    faces: Sequence[FontFace],
    rgb: np.ndarray,
    kind: str,
    style: PageStyle,
    top: int,
    tall: int,
    rng: np.random.Generator,
) -> Block:
    """One text in both languages, in a band of the page: rows `top` to `top + tall`. Starts from a random type size and takes
    the largest up to it in which both texts fit."""
    face, size = sample_face(faces, rng), round(rng.uniform(style.smallest, style.largest))
    margin = round(style.width * rng.uniform(0.02, 0.1))
    aligns: tuple[Align, ...] = ("center", "center", "left", "right") if style.hard else ("center",)
    align = aligns[rng.integers(len(aligns))]
    while True:
        source, target = (_centred(text, face, size, margin, style.width, top, tall, align) for text in pair)
        fits = max(source.height, target.height) <= tall - 4 and min(source.size, target.size) == size
        if fits or size <= _LEAST_SIZE:
            break
        size -= 1
    if kind == WHITE:
        return Block(source, target, face, Paint((0.0, 0.0, 0.0)), "body")
    under = rgb[top : top + tall, margin : style.width - margin]
    paint = sample_paint(under, rng, em=size)
    if not style.hard:
        paint = replace(paint, opacity=1.0, outline=None, shadow=None, fade=0.0)
    return Block(source, target, face, paint, "body")


def _centred(
    text: str, face: FontFace, size: int, margin: int, width: int, top: int, tall: int, align: Align
) -> Typeset:
    """Lines of at most the width between the margins, in the vertical middle of the band."""
    made = typeset(text, face, size, margin, 0, width - 2 * margin, len(text), align)
    down = top + (tall - made.height) // 2
    return replace(made, lines=tuple(replace(line, baseline=line.baseline + down) for line in made.lines))
