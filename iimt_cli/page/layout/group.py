"""Lines → paragraphs: which lines are one wrapped text, and how it is aligned.

`pairs` decides which line goes on in which; here the alignment of a text is decided. Distances are in em, the type size of the
line that another one is compared with. All values are by eye on the examples and on the pictures in tests/test_page_flow.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from iimt_cli.language.base import NEUTRAL, Language
from iimt_cli.language.sentences import ends_sentence
from iimt_cli.page.arrays import Range
from iimt_cli.page.layout.likeness import SAME_LEFT, flat
from iimt_cli.page.layout.pairs import (
    BESIDE,
    SHARED,
    STACKED,
    STEP,
    Layout,
    OneText,
    chains,
    chances,
    facts,
    pairs,
)
from iimt_cli.page.paragraphs import Alignment, Facts, Paragraph, TextLine
from iimt_cli.page.rectify import EM
from iimt_cli.page.runs import word_gaps

PROSE = 14.0  # width from which a line is running text; labels and titles are narrower
INDENT = Range(0.4, 2.5)  # how far the first line of a paragraph is indented, both ends included
SAME_MIDDLE = 0.45  # lines are centred on each other if their middles differ by less
SAME_RIGHT = 0.35  # lines are flush right if their right ends differ by less
HANGING = 0.5  # a line hangs under the first word after a bullet if its left end differs from that by less
BULLET = 1.3  # from the left end of a line to the end of its bullet or number, at most
# is taken off the spread of left ends and added to that of right ends: left before centred before right
PREFERRED = 0.1
JUSTIFIED = 0.2  # the right ends of justified lines differ by less
# Two lines have the same right end by chance in one text of ten; three do not. The spaces of two tell: their means differ
# by up to 0.06 within ragged texts (25 texts of pages), by 0.2 and more within justified ones.
SURE = 3  # lines
STRETCHED = 0.1  # from which the mean spaces of two lines differ
FEW_SPACES = 3  # a line with fewer does not tell
# Probability from which a line that is no text with the upper one may still be part of its sentence. Of the pairs on 17 pages
# of which the upper one ends no sentence 7 of 10 are from here on, 1 of 4 from 0.1 to here, 2 of 9 from 0.03 to 0.1.
PARTS = 0.15
OBJECT = 2.2  # a line to the right goes on behind an icon, a key or a gap that is narrower
NEXT_ROW = 1.9  # from the baseline of one row to that of the next, at most


def group(lines: Sequence[TextLine]) -> list[Paragraph]:
    """Lines (in reading order) → paragraphs, by the layout alone. They come in the order of their first lines."""
    known = [replace(line, facts=facts(line)) for line in lines]
    layout = Layout([_facts(line) for line in known])
    return [
        paragraph([known[i] for i in chain], [known[i] for i in layout.stack(chain[0])])
        for chain in chains(layout)
    ]


def asked(lines: Sequence[TextLine]) -> list[int]:
    """The numbers of the lines that may be one text with another line, so that reading them may decide it."""
    return sorted(set(pairs(Layout([_facts(line) for line in lines])).numbers.ravel().tolist()))


def regroup(
    lines: Sequence[TextLine], texts: Sequence[str], pack: Language = NEUTRAL, one_text: OneText | None = None
) -> list[list[int]]:
    """Which lines are one text, as lists of their numbers: by the layout and by what was read in each ("" if nothing)."""
    return chains(Layout([_facts(line) for line in told(lines, texts)], pack), one_text)


def told(lines: Sequence[TextLine], texts: Sequence[str]) -> list[TextLine]:
    """The lines with what was read in each; "" if nothing was."""
    known = [replace(_facts(line), text=text) for line, text in zip(lines, texts, strict=True)]
    return [replace(line, facts=own) for line, own in zip(lines, known, strict=True)]


def in_one_sentence(
    lines: Sequence[TextLine], texts: Sequence[str], pack: Language = NEUTRAL
) -> list[tuple[int, int]]:
    """Pairs of lines, by number, of which the second may go on with the first one's sentence.

    A line below does if it likely is one text with the upper one (PARTS). One to the right does if it begins with a small
    letter, a comma or a semicolon, and so does the line that begins the next row under a row of several.
    """
    layout = Layout([_facts(line) for line in told(lines, texts)], pack)
    candidates = pairs(layout)
    goes_on = np.array([bool(text.strip()) and not ends_sentence(text, pack) for text in texts], bool)
    likely = zip(candidates.numbers.tolist(), chances(candidates.features), strict=True)
    found = [(i, j) for (i, j), chance in likely if chance > PARTS and goes_on[i]]
    heads = [text.lstrip()[:1] for text in texts]
    within = np.array([head.islower() or head in (",", ";") for head in heads], bool)
    alike = (layout.ratio < STACKED) & within & goes_on[:, None]
    gap = layout.left - layout.width[:, None]
    right = layout.row & (layout.left > 0) & (gap > -BESIDE) & (gap < OBJECT)
    right &= ~right.T  # of two lines that face each other neither is to the right
    found += [(int(i), int(j)) for i, j in np.argwhere(right & alike)]
    below = (layout.base > STEP[0]) & (layout.base < NEXT_ROW) & alike
    for i in np.flatnonzero(right.any(0) & ~right.any(1)):  # the last of several in a row
        first, passed = int(i), {int(i)}
        while before := set(np.flatnonzero(right[:, first]).tolist()) - passed:
            first = min(before)
            passed.add(first)
        found += [(int(i), int(j)) for j in np.flatnonzero(below[i] & (np.abs(layout.left[first]) < SHARED))]
    return found


def _facts(line: TextLine) -> Facts:
    """What `pairs` is told of a line: as the first look measured it, if there was one."""
    return line.facts or facts(line)


def paragraph(lines: Sequence[TextLine], stack: Sequence[TextLine] = ()) -> Paragraph:
    """Lines that are one text, as a paragraph with its alignment and pitch.

    stack: the lines above and below that share an edge with the first line. They tell how a single line is aligned.
    """
    if len(lines) == 1:
        alignment = _likeliest(stack, _kinds(stack)) if len(stack) > 2 else "left"
    else:
        alignment = _own_alignment(lines, _likeliest(lines, _kinds(lines)))
    return Paragraph(tuple(lines), alignment, pitch(lines))


def _kinds(lines: Sequence[TextLine]) -> set[str]:
    """The alignments that fit all lines. A line that none of these fits is passed over."""
    kinds = {"left", "center", "right"}
    for n in range(1, len(lines)):
        kinds = (kinds & _shared(lines[:n], lines[n])) or kinds
    return kinds


def _shared(run: Sequence[TextLine], line: TextLine) -> set[str]:
    """The alignments under which `line` may follow the lines of `run`."""
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
    gaps = word_gaps(line.tracking.closed(line.ink))
    if not gaps:
        return None
    x0, x1 = gaps[0]
    return x1 - line.x0 if x0 - line.x0 < BULLET * EM else None


def _likeliest(run: Sequence[TextLine], kinds: set[str]) -> Alignment:
    """Of the alignments `kinds`, the one that the lines of a run keep best; left if two are about equal."""
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
    """The alignment, in which flush left lines become justified ones if their right ends agree as well."""
    if len(lines) < 2 or alignment != "left":
        return alignment
    flats = [flat(line, lines[0]) for line in lines]
    ends = [f.right for f in flats[:-1]]
    same = len(ends) >= 2 and max(ends) - min(ends) < JUSTIFIED and flats[-1].right <= max(ends) + JUSTIFIED
    full = sum(f.right > max(ends) - JUSTIFIED for f in flats)
    return "justified" if same and (full >= SURE or _stretched(lines)) else "left"


def _stretched(lines: Sequence[TextLine]) -> bool:
    """Whether spaces are wider in some lines than in others."""
    spaces = [[b - a for a, b in word_gaps(line.tracking.closed(line.ink))] for line in lines]
    means = [float(np.mean(some)) / EM for some in spaces if len(some) >= FEW_SPACES]
    return len(means) > 1 and max(means) - min(means) > STRETCHED


def pitch(lines: Sequence[TextLine]) -> float:
    """The distance from baseline to baseline, strip px; 0 for a single line."""
    if len(lines) < 2:
        return 0.0
    stands = [flat(line, lines[0]).baseline for line in lines]
    return float(np.median(np.diff(stands))) * EM
