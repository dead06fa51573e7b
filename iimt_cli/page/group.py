"""Lines → paragraphs: which lines are one wrapped text, and which are items of their own.

Distances are in em, the type size of the line that is compared with. All values are by eye on the examples and on the
pictures in tests/test_page_flow.py, test_page_menus.py and test_page_tables.py, unless a measurement is given.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from iimt_cli.page.arrays import Range
from iimt_cli.page.likeness import MEASURED_SIZE, SAME_LEFT, Flat, alike, flat, ratio
from iimt_cli.page.paragraphs import Alignment, Paragraph, TextLine
from iimt_cli.page.rectify import EM
from iimt_cli.page.runs import word_gaps
from iimt_cli.page.tables import tabular

LOOSE = 1.6  # from line to line: more is a list
PROSE = 14.0  # width: labels and titles are narrower
INDENT = Range(0.4, 2.5)  # of the first line of a paragraph; the lower end counts as one

# Texts that go on below others of the same column

UNSURE_SIZE = 1.25  # ratio of the sizes of two parts of one text, where the letters ("zu.") leave a size open
GOES_ON_STEM = 1.4  # ratio of their stems: bold ones are 1.5 times as wide as regular ones

# Lines under each other

STEP = (0.7, 1.85)  # from baseline to baseline: the gap between two bodies is at most .9 of a body's height
UNEVEN = 0.22  # by which the steps within a text differ
SAME_MIDDLE = 0.45  # by which the middles of lines that share them differ
SAME_RIGHT = 0.35  # by which the right ends of lines that share them differ
HANGING = 0.5  # by which a line's left end and the first word after the bullet of the line above differ
BULLET = 1.3  # from the left end of a line to the end of its bullet or number, at most
BOOK_INDENT = 0.8  # of the first line of a paragraph that follows full lines, at least
PREFERRED = 0.1  # advantage of left ends over middles, and of middles over right ends


def group(lines: Sequence[TextLine]) -> list[Paragraph]:
    """Group lines (in reading order) into paragraphs, in the order of their first lines.

    Lines follow each other when size, colour, slope, alignment and distance agree; they are one text when the
    first word of the next line would not have fitted at the end of the line before.
    """
    in_tables = tabular(lines)
    runs = _runs(lines, [i for i in range(len(lines)) if i not in in_tables])
    runs += [([i], "left") for i in sorted(in_tables)]
    paragraphs: list[tuple[int, Paragraph]] = []
    for column, (numbers, alignment) in enumerate(runs):
        run = [replace(lines[i], column=column) for i in numbers]
        done = 0
        for part in _split(run, alignment):
            # Two texts that share an edge may do so by chance: see `room.lone_alignment`.
            shared = alignment if len(part) > 1 or len(run) > 2 else "left"
            kind, first = _own_alignment(part, shared), part[0]
            if done and _might_go_on(run[done - 1], first, run):
                first = replace(first, follows=True)
            paragraphs.append((numbers[done], Paragraph((first, *part[1:]), kind, pitch(part))))
            done += len(part)
    return [paragraph for _, paragraph in sorted(paragraphs, key=lambda p: p[0])]


def _might_go_on(line: TextLine, after: TextLine, run: Sequence[TextLine]) -> bool:
    """Whether `after` could continue the text of the line above it, by its type and place."""
    most = UNSURE_SIZE if line.choices or after.choices else MEASURED_SIZE
    same_type = ratio(line.em, after.em) < most and ratio(line.stem, after.stem) < GOES_ON_STEM
    return same_type and pitch(run) <= LOOSE * EM and not _is_item(line, after)


# Runs: lines under each other that look alike


def _runs(lines: Sequence[TextLine], numbers: Sequence[int]) -> list[tuple[list[int], Alignment]]:
    """Chains of the lines `numbers` that are under each other, look alike and share an edge or a middle."""
    free = list(numbers)
    others = [lines[i] for i in numbers]
    runs: list[tuple[list[int], Alignment]] = []
    while free:
        chain = [free.pop(0)]
        kinds = {"left", "center", "right"}
        while (following := _next([lines[i] for i in chain], kinds, free, lines, others)) is not None:
            number, kinds = following
            chain.append(number)
            free.remove(number)
        runs.append((chain, _likeliest([lines[i] for i in chain], kinds)))
    return runs


def _next(
    run: Sequence[TextLine],
    kinds: set[str],
    free: Sequence[int],
    lines: Sequence[TextLine],
    others: Sequence[TextLine],
) -> tuple[int, set[str]] | None:
    """The line that continues a run, by its number, one of those that are free; and the alignments that are left.

    kinds: those of the run; others: all lines of the page that may be in runs.
    """
    last = run[-1]
    here = flat(last, last)
    best: tuple[float, int, set[str]] | None = None
    for number in free:
        line = lines[number]
        there = flat(line, last)
        step = there.baseline - here.baseline
        if not STEP[0] <= step <= STEP[1] or there.right <= here.left or there.left >= here.right:
            continue
        if not alike(last, line):
            continue
        if len(run) > 1 and abs(step - (here.baseline - flat(run[-2], last).baseline)) > UNEVEN:
            continue
        if _begins_paragraph(run, line, kinds):
            continue
        if len(run) == 1 and _goes_with_next(line, step, last, others):
            continue
        shared = kinds & _shared(run, line)
        if shared and (best is None or step < best[0]):
            best = (step, number, shared)
    return None if best is None else (best[1], best[2])


def _goes_with_next(line: TextLine, step: float, above: TextLine, lines: Sequence[TextLine]) -> bool:
    """Whether a line belongs to the text below it, so that the line `above` it is a title. step: between these two, em."""
    here = flat(line, above)

    def follows(other: TextLine) -> bool:
        there = flat(other, above)
        near = STEP[0] <= there.baseline - here.baseline < step - UNEVEN
        return near and there.left < here.right and here.left < there.right

    # A title is bolder than its text.
    return any(
        follows(other) and alike(line, other) and abs(line.stem - other.stem) < abs(line.stem - above.stem)
        for other in lines
    )


def _begins_paragraph(run: Sequence[TextLine], line: TextLine, kinds: set[str]) -> bool:
    """Whether a line under a run of full lines is indented, as the first line of a paragraph is in books."""
    flats = [flat(other, run[-1]) for other in [*run, line]]
    left = flats[-2].left
    full = flats[-1].right - left > PROSE and float(np.ptp([f.right for f in flats])) < SAME_RIGHT
    indented = BOOK_INDENT <= flats[-1].left - left <= INDENT.high
    return len(run) > 1 and "left" in kinds and full and indented


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
    if len(run) == 1:
        return "left"
    flats = [flat(line, run[0]) for line in run]
    starts = [f.left for f in flats]
    book = len(run) == 2 and flats[1].right - flats[1].left > PROSE
    if (len(run) > 2 or book) and INDENT.low <= starts[0] - starts[
        1
    ] <= INDENT.high:  # an indented first line
        starts = starts[1:]
    spread: dict[Alignment, float] = {
        "left": float(np.ptp(starts)) - PREFERRED,
        "center": float(np.ptp([f.middle for f in flats])),
        "right": float(np.ptp([f.right for f in flats])) + PREFERRED,
    }
    return min((kind for kind in spread if kind in kinds), key=lambda kind: spread[kind])


# Where one text ends and another begins

# Narrower lines under each other are texts of their own (menus, labels): centred ones, loose ones, others.
SHORT_TITLE = 4.0
SHORT_LIST = 12.0
SHORT_TEXT = 8.0
SPACE = 0.28  # between two words
BY_FEEL = 0.4  # share of the width that people leave free in centred lines, though a word would fit
NEARLY_FULL = 0.15  # the same in lines of prose
JUSTIFIED = 0.2  # by which the right ends of justified lines differ


def _split(run: list[TextLine], alignment: Alignment) -> list[list[TextLine]]:
    """Cut a run where the next line's first word would have fitted: there a sentence or an item ended."""
    if len(run) < 2:
        return [run]
    frame = run[0]
    flats = [flat(line, frame) for line in run]
    width = max(f.right for f in flats) - min(f.left for f in flats)
    breaks = [
        _fitted(run[i], run[i + 1], flats, i, alignment) or _is_item(run[i], run[i + 1])
        for i in range(len(run) - 1)
    ]
    # If most lines stop early, this is a list, and lines that happen to be full are items too. Short lines
    # under each other (menus, labels) fill their column by accident; short centred ones are titles.
    loose = pitch(run) > LOOSE * EM
    short = width < (SHORT_TITLE if alignment == "center" else SHORT_LIST if loose else SHORT_TEXT)
    marked = any(
        line.item for line in run
    )  # then bullets tell the items, unless it is a menu with some icons
    many = sum(breaks) * 2 + loose > len(breaks)
    if (short and (loose or not marked)) or (many and not marked):
        breaks = [True] * len(breaks)
    parts = [[run[0]]]
    for line, cut in zip(run[1:], breaks, strict=True):
        if cut:
            parts.append([])
        parts[-1].append(line)
    return parts


def _fitted(line: TextLine, after: TextLine, flats: Sequence[Flat], i: int, alignment: Alignment) -> bool:
    """Would the first word of `after` have fitted into the free end of `line`, whose number in its run is i?"""
    left, right = min(f.left for f in flats), max(f.right for f in flats)
    room = {
        "left": right - flats[i].right,
        "right": flats[i].left - left,
        "center": (right - left) - (flats[i].right - flats[i].left),
        "justified": right - flats[i].right,
    }[alignment]
    gaps = word_gaps(after.ink)
    word = ((gaps[0][0] if gaps else after.x1) - after.x0) / EM
    # People also break centred lines, and long ones that are nearly full, where another word would fit.
    usual = BY_FEEL if alignment == "center" else NEARLY_FULL if right - left > PROSE else 0
    return room >= usual * (right - left) and word + SPACE < room


def _is_item(line: TextLine, after: TextLine) -> bool:
    """`after` has a bullet, or it starts further left than the item that `line` belongs to."""
    return after.item or (line.item and flat(after, line).left < flat(line, line).left - SAME_LEFT)


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
