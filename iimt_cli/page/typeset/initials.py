"""The first letter of a new text in the place of the old one's drop capital."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from iimt_cli.page.arrays import Coverage, Span
from iimt_cli.page.ink.style import Style
from iimt_cli.page.paragraphs import Alignment, Paragraph
from iimt_cli.page.rectify import EM
from iimt_cli.page.runs import LETTER_EDGE, inked_columns, runs
from iimt_cli.page.typeset.compose import Part
from iimt_cli.page.typeset.reflow import Flow, Placement, Slot, reflow

WIDEST = 1.0  # em: a capital letter; what is wider is two letters that touch
NARROWEST = 0.3  # em: then the first of them is wider than this
NARROWEST_INITIAL = (
    0.7  # × its width: a letter that must be narrower to fit is no drop capital; it stays in its word. By eye
)


def begun(
    paragraph: Paragraph,
    drawn: tuple[Coverage, Sequence[Span]],
    slots: Sequence[Slot],
    alignment: Alignment,
    extra: Sequence[Slot],
    ties: Collection[int],
) -> Flow:
    """`reflow` of new ink, (32, W), and its words; the first letter stands where the paragraph's drop capital stood."""
    ink, words = drawn
    initial = paragraph.initial
    if initial is None:
        return reflow(words, slots, alignment, extra, ties, paragraph.spacing)
    start, end = words[0]
    letter = start + _first_letter(ink[:, start:end])
    text, _ = initial.geometry.to_strip(paragraph.lines[0].ends[:1])[0]
    squeeze = (initial.x1 + (text - initial.x1) / 2 - initial.x0) / (letter - start)
    if squeeze < NARROWEST_INITIAL:
        return reflow(words, slots, alignment, extra, ties, paragraph.spacing)
    rest = [(letter, end), *words[1:]] if letter < end else list(words[1:])
    ties = ties if letter < end else [n - 1 for n in ties]
    flow = reflow(rest, slots, alignment, extra, ties, paragraph.spacing)
    large = Placement(initial.geometry, (start, letter), initial.x0, 1.0, min(squeeze, 1.0))
    return replace(flow, placements=(large, *flow.placements))


def initial_apart(
    parts: Sequence[Part], paragraph: Paragraph, flow: Flow, style: Style, ink: Coverage
) -> list[Part]:
    """The parts of new ink, (32, W), with its first letter as one more, in the colour of the drop capital."""
    if paragraph.initial is None or flow.placements[0].geometry is not paragraph.initial.geometry:
        return list(parts)
    span = flow.placements[0].span
    others = parts or [Part((0, ink.shape[1]), style.colour)]
    return [
        Part(span, paragraph.initial.colour),
        *(replace(part, span=(max(part.span[0], span[1]), part.span[1])) for part in others),
    ]


def _first_letter(word: Coverage) -> int:
    """The column behind the first letter of a word, (32, w)."""
    found = runs(inked_columns(word, LETTER_EDGE))
    if not found or found[0][1] <= WIDEST * EM:
        return (found[0][1] + found[1][0]) // 2 if len(found) > 1 else word.shape[1]
    a, b = int(NARROWEST * EM), int(WIDEST * EM)
    return a + int(word[:, a:b].sum(axis=0).argmin())
