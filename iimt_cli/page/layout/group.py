"""Lines → paragraphs: which lines are one wrapped text, and how it is aligned.

`pairs` says which line goes on in which. Distances are in em, the type size of the line that is compared with. All values
are by eye on the examples and on the pictures in tests/test_page_flow.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from iimt_cli.language.base import NEUTRAL, Language
from iimt_cli.page.arrays import Range
from iimt_cli.page.layout.likeness import SAME_LEFT, flat
from iimt_cli.page.layout.pairs import Layout, chains, facts, pairs
from iimt_cli.page.paragraphs import Alignment, Facts, Paragraph, TextLine
from iimt_cli.page.rectify import EM
from iimt_cli.page.runs import word_gaps

PROSE = 14.0  # width: labels and titles are narrower
INDENT = Range(0.4, 2.5)  # of the first line of a paragraph; the lower end counts as one
SAME_MIDDLE = 0.45  # by which the middles of lines that share them differ
SAME_RIGHT = 0.35  # by which the right ends of lines that share them differ
HANGING = 0.5  # by which a line's left end and the first word after the bullet of the line above differ
BULLET = 1.3  # from the left end of a line to the end of its bullet or number, at most
PREFERRED = 0.1  # advantage of left ends over middles, and of middles over right ends
JUSTIFIED = 0.2  # by which the right ends of justified lines differ


def group(lines: Sequence[TextLine]) -> list[Paragraph]:
    """Group lines (in reading order) into paragraphs by the layout alone, in the order of their first lines."""
    known = [replace(line, facts=facts(line)) for line in lines]
    layout = Layout([_facts(line) for line in known])
    return [
        paragraph([known[i] for i in chain], [known[i] for i in layout.stack(chain[0])])
        for chain in chains(layout)
    ]


def asked(lines: Sequence[TextLine]) -> list[int]:
    """The lines, by number, that may be one text with another one: what they say may decide."""
    return sorted(set(pairs(Layout([_facts(line) for line in lines])).numbers.ravel().tolist()))


def regroup(lines: Sequence[TextLine], texts: Sequence[str], pack: Language = NEUTRAL) -> list[list[int]]:
    """Which lines, by number, are one text, by the layout and by what was read in each, "" where nothing was."""
    known = [replace(_facts(line), text=text) for line, text in zip(lines, texts, strict=True)]
    return chains(Layout(known, pack))


def _facts(line: TextLine) -> Facts:
    """As at the first look, if there was one."""
    return line.facts or facts(line)


def paragraph(lines: Sequence[TextLine], stack: Sequence[TextLine] = ()) -> Paragraph:
    """Lines that are one text. stack: those above and below it that share an edge with the first; they tell how a lone line
    is aligned."""
    if len(lines) == 1:
        alignment = _likeliest(stack, _kinds(stack)) if len(stack) > 2 else "left"
    else:
        alignment = _own_alignment(lines, _likeliest(lines, _kinds(lines)))
    return Paragraph(tuple(lines), alignment, pitch(lines))


def _kinds(lines: Sequence[TextLine]) -> set[str]:
    """The alignments under which each line continues those above it; those of the first two if no one fits all."""
    kinds = {"left", "center", "right"}
    for n in range(1, len(lines)):
        kinds = (kinds & _shared(lines[:n], lines[n])) or kinds
    return kinds


def _shared(run: Sequence[TextLine], line: TextLine) -> set[str]:
    """Alignments under which `line` continues the run."""
    last = run[-1]
    a, b = flat(last, last), flat(line, last)
    kinds = set()
    hanging = _after_bullet(last)
    indented = len(run) == 1 and INDENT.low <= a.left - b.left <= INDENT.high
    if abs(a.left - b.left) < SAME_LEFT or indented:
        kinds.add("left")
    if hanging is not None and abs(hanging / EM + a.left - b.left) < HANGING:
        kinds.add("left")
    if abs(a.middle - b.middle) < SAME_MIDDLE:
        kinds.add("center")
    if abs(a.right - b.right) < SAME_RIGHT:
        kinds.add("right")
    return kinds


def _after_bullet(line: TextLine) -> float | None:
    """Distance, strip px, from the left end to the first word after a bullet or number; None without one."""
    gaps = word_gaps(line.ink)
    if not gaps:
        return None
    x0, x1 = gaps[0]
    return x1 - line.x0 if x0 - line.x0 < BULLET * EM else None


def _likeliest(run: Sequence[TextLine], kinds: set[str]) -> Alignment:
    """Of the alignments that all lines allow, the one that they keep best; left if in doubt."""
    flats = [flat(line, run[0]) for line in run]
    starts = [f.left for f in flats]
    book = len(run) == 2 and flats[1].right - flats[1].left > PROSE
    if (len(run) > 2 or book) and INDENT.low <= starts[0] - starts[1] <= INDENT.high:
        starts = starts[1:]  # the first line is indented
    spread: dict[Alignment, float] = {
        "left": float(np.ptp(starts)) - PREFERRED,
        "center": float(np.ptp([f.middle for f in flats])),
        "right": float(np.ptp([f.right for f in flats])) + PREFERRED,
    }
    return min((kind for kind in spread if kind in kinds), key=lambda kind: spread[kind])


def _own_alignment(lines: Sequence[TextLine], alignment: Alignment) -> Alignment:
    """The alignment of lines in a run that has this alignment: flush left ones may be justified."""
    if len(lines) < 2 or alignment != "left":
        return alignment
    flats = [flat(line, lines[0]) for line in lines]
    ends = [f.right for f in flats[:-1]]
    if len(ends) >= 2 and max(ends) - min(ends) < JUSTIFIED and flats[-1].right <= max(ends) + JUSTIFIED:
        return "justified"
    return "left"


def pitch(lines: Sequence[TextLine]) -> float:
    """From baseline to baseline, strip px; 0 for a single line."""
    if len(lines) < 2:
        return 0.0
    stands = [flat(line, lines[0]).baseline for line in lines]
    return float(np.median(np.diff(stands))) * EM
