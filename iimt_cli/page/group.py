"""Lines → paragraphs: which lines are one wrapped text, and which are items of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from iimt_cli.page.paragraphs import Alignment, Paragraph, TextLine, box_height, word_gaps
from iimt_cli.page.rectify import BASELINE, EM

LOOSE = 1.6  # type sizes from line to line: more is a list
PROSE = 14.0  # type sizes: labels and titles are narrower
INDENT = 2.5  # type sizes: the first line of a paragraph starts no farther right than that
# Levels by which one ink may vary from line to line, where letters are as thick and where they are not. Of 146 lines that go
# on with equally thick letters one in a hundred differed by 23.
SHADE, PALER = 45.0, 70.0
HUE = 60.0  # how far the differences between the colour channels of one ink may vary


@dataclass(frozen=True)
class _Flat:
    """A line in the frame of its neighbour: where it starts, ends and stands, in type sizes."""

    left: float
    right: float
    baseline: float

    @property
    def middle(self) -> float:
        return (self.left + self.right) / 2


def _flat(line: TextLine, frame: TextLine) -> _Flat:
    u = frame.geometry.direction
    v = np.array([-u[1], u[0]])
    ends = line.geometry.to_picture(np.array([[line.x0, BASELINE], [line.x1, BASELINE]]))
    return _Flat(
        float(ends[0] @ u) / frame.em, float(ends[1] @ u) / frame.em, float(ends.mean(0) @ v) / frame.em
    )


def group(lines: list[TextLine]) -> list[Paragraph]:
    """Group lines (in reading order) into paragraphs, in the order of their first lines.

    Lines follow each other when size, colour, slope, alignment and distance agree; they are one text when the
    first word of the next line would not have fitted at the end of the line before.
    """
    lines_in_tables = _tabular(lines)
    runs = _runs([line for line in lines if id(line) not in lines_in_tables])
    runs += [([line], "left") for line in lines if id(line) in lines_in_tables]
    order = {id(line): i for i, line in enumerate(lines)}
    paragraphs: list[tuple[int, Paragraph]] = []
    for column, (run, alignment) in enumerate(runs):
        before: TextLine | None = None
        for part in _split(run, alignment):
            # Two texts that share an edge may do so by chance: see `room.lone_alignment`.
            shared = alignment if len(part) > 1 or len(run) > 2 else "left"
            kind, place = _own_alignment(part, shared), order[id(part[0])]
            part = [replace(line, column=column) for line in part]
            if before is not None and _might_go_on(before, part[0], run):
                part[0] = replace(part[0], follows=True)
            before = part[-1]
            paragraphs.append((place, Paragraph(tuple(part), kind, pitch(part))))
    return [paragraph for _, paragraph in sorted(paragraphs, key=lambda p: p[0])]


def _might_go_on(line: TextLine, after: TextLine, run: list[TextLine]) -> bool:
    """Whether `after` could be the same text as the line above it for all that its type and place say."""
    unsure = line.choices or after.choices  # a last word like "zu." measures badly
    same_size = max(line.em, after.em) < (1.25 if unsure else 1.1) * min(line.em, after.em)
    same_weight = max(line.stem, after.stem) < 1.4 * min(line.stem, after.stem)  # bold is 1.5 times regular
    return same_size and same_weight and pitch(run) <= LOOSE * EM and not _is_item(line, after)


def _tabular(lines: list[TextLine]) -> set[int]:
    """ids of lines in rows with a short neighbour (a price, a value) above or below another such row."""
    rows = []
    for line in lines:
        own = _flat(line, line)
        for other in lines:
            if other is line or not _same_type(line, other):  # keys beside the entries of a menu are paler
                continue
            there = _flat(other, line)
            if abs(there.baseline - own.baseline) < 0.3 and there.left > own.right + 0.8:
                rows.append((line, other))
                break
    ids: set[int] = set()
    for i, (a, b) in enumerate(rows):
        for c, d in rows[i + 1 :]:
            first, second = _flat(a, a), _flat(c, a)
            values, others = _flat(b, a), _flat(d, a)
            step = abs(second.baseline - first.baseline)
            at_right = abs(values.right - others.right)
            # Few entries of a menu have a key beside them: those are flush right.
            flush = at_right < 0.2 and abs(second.left - first.left) < 0.3
            apart = min(abs(values.left - others.left), at_right)
            near = (step < 2.6 and apart < 0.5) or (step < 10 and flush and _evenly(a, c, lines))
            short = max(b.x1 - b.x0, d.x1 - d.x0) < 6 * EM
            if near and short and _alike(a, c):
                ids |= {id(a), id(b), id(c), id(d)}
    return ids


def _evenly(one: TextLine, two: TextLine, lines: list[TextLine]) -> bool:
    """Whether the lines from one to the other, at the same edge, are as far apart each: entries, not ends of texts."""
    flats = [_flat(line, one) for line in lines]
    low, high = sorted((_flat(one, one).baseline, _flat(two, one).baseline))
    left = _flat(one, one).left
    places = sorted(
        f.baseline for f in flats if abs(f.left - left) < 0.4 and low - 0.3 < f.baseline < high + 0.3
    )
    steps = np.diff(places)
    return len(steps) > 0 and float(steps.max()) < min(LOOSE * 1.2, 1.25 * float(steps.min()))


def _runs(lines: list[TextLine]) -> list[tuple[list[TextLine], Alignment]]:
    """Chains of lines under each other that look alike and share an edge or a middle."""
    free = list(lines)
    runs: list[tuple[list[TextLine], Alignment]] = []
    while free:
        run = [free.pop(0)]
        kinds = {"left", "center", "right"}
        while True:
            following = _next(run, kinds, free, lines)
            if following is None:
                break
            line, kinds = following
            run.append(line)
            free = [other for other in free if other is not line]
        runs.append((run, _likeliest(run, kinds)))
    return runs


def _likeliest(run: list[TextLine], kinds: set[str]) -> Alignment:
    """Of the alignments that all lines allow, the one that they keep best; left if in doubt."""
    flats = [_flat(line, run[0]) for line in run]
    starts = [f.left for f in flats]
    book = len(run) == 2 and flats[1].right - flats[1].left > PROSE
    if (len(run) > 2 or book) and 0.4 <= starts[0] - starts[1] <= INDENT:  # an indented first line
        starts = starts[1:]
    spread: dict[Alignment, float] = {
        "left": float(np.ptp(starts)) - 0.1,
        "center": float(np.ptp([f.middle for f in flats])),
        "right": float(np.ptp([f.right for f in flats])) + 0.1,
    }
    if len(run) == 1:
        return "left"
    return min((kind for kind in spread if kind in kinds), key=lambda kind: spread[kind])


def _next(
    run: list[TextLine], kinds: set[str], free: list[TextLine], lines: list[TextLine]
) -> tuple[TextLine, set[str]] | None:
    last = run[-1]
    here = _flat(last, last)
    best: tuple[float, TextLine, set[str]] | None = None
    for line in free:
        there = _flat(line, last)
        step = there.baseline - here.baseline
        # gap between the bodies of at most .9 of the body's height (about .95 em)
        if not 0.7 <= step <= 1.85 or there.right <= here.left or there.left >= here.right:
            continue
        if not _alike(last, line):
            continue
        if len(run) > 1:
            before = here.baseline - _flat(run[-2], last).baseline
            if abs(step - before) > 0.22:
                continue
        if _begins_paragraph(run, line, kinds) or (
            len(run) == 1 and _goes_with_next(line, step, last, lines)
        ):
            continue
        shared = kinds & _shared(run, line)
        if shared and (best is None or step < best[0]):
            best = (step, line, shared)
    return None if best is None else (best[1], best[2])


def _goes_with_next(line: TextLine, step: float, above: TextLine, lines: list[TextLine]) -> bool:
    """Whether the line below a line is as near to it as in one text, and nearer than that `above`, its title."""
    here = _flat(line, above)

    def follows(other: TextLine) -> bool:
        there = _flat(other, above)
        near = 0.7 <= there.baseline - here.baseline < step - 0.22
        return near and there.left < here.right and here.left < there.right

    # A title is bolder.
    return any(
        follows(other) and _alike(line, other) and abs(line.stem - other.stem) < abs(line.stem - above.stem)
        for other in lines
    )


def _begins_paragraph(run: list[TextLine], line: TextLine, kinds: set[str]) -> bool:
    """Whether a line under a run of full lines is indented, as in books the first of a paragraph is."""
    flats = [_flat(other, run[-1]) for other in [*run, line]]
    left = flats[-2].left
    full = flats[-1].right - left > PROSE and float(np.ptp([f.right for f in flats])) < 0.35
    return len(run) > 1 and "left" in kinds and full and 0.8 <= flats[-1].left - left <= INDENT


def _alike(one: TextLine, two: TextLine) -> bool:
    as_thick = max(one.stem, two.stem) < 1.25 * min(one.stem, two.stem)
    return _same_type(one, two) and same_colour(one.colour, two.colour, SHADE if as_thick else PALER)


def _same_type(one: TextLine, two: TextLine) -> bool:
    ratio = max(one.em, two.em) / min(one.em, two.em)
    if min(one.x1 - one.x0, two.x1 - two.x0) > 7 * EM:  # long lines measure well: a heading is not its text
        same_size = ratio < 1.1 and max(one.stem, two.stem) < 1.3 * min(one.stem, two.stem)
    else:
        # a word like "nur" has no high letters and measures badly; the boxes then still agree
        boxes = 0.85 < box_height(one.quad) / box_height(two.quad) < 1.18
        unsure = one.choices or two.choices
        same_size = ratio < 1.1 or (boxes and ratio < 1.5) if unsure else ratio < 1.22
    (ax, ay), (bx, by) = one.geometry.direction, two.geometry.direction
    return same_size and abs(ax * by - ay * bx) < 0.06


def same_colour(
    one: tuple[float, float, float], two: tuple[float, float, float], most: float = PALER
) -> bool:
    """Thin letters are paler than thick ones of the same ink, but of the same hue."""
    r, g, b = (x - y for x, y in zip(one, two, strict=True))
    return max(abs(r), abs(g), abs(b)) < most and max(abs(r - g), abs(g - b), abs(b - r)) < HUE


def _shared(run: list[TextLine], line: TextLine) -> set[str]:
    """Alignments under which `line` continues the run."""
    last = run[-1]
    a, b = _flat(last, last), _flat(line, last)
    kinds = set()
    hanging = _after_bullet(last)
    indent = a.left - b.left if len(run) == 1 else 0.0
    if abs(a.left - b.left) < 0.4 or 0.4 <= indent <= INDENT:
        kinds.add("left")
    if hanging is not None and abs(hanging / EM + a.left - b.left) < 0.5:
        kinds.add("left")
    if abs(a.middle - b.middle) < 0.45:
        kinds.add("center")
    if abs(a.right - b.right) < 0.35:
        kinds.add("right")
    return kinds


def _after_bullet(line: TextLine) -> float | None:
    """Distance, strip px, from the left end to the first word after a bullet or number; None without one."""
    gaps = word_gaps(line.ink)
    if not gaps:
        return None
    x0, x1 = gaps[0]
    return x1 - line.x0 if x0 - line.x0 < 1.3 * EM else None


def _split(run: list[TextLine], alignment: Alignment) -> list[list[TextLine]]:
    """Cut a run where the next line's first word would have fitted: there a sentence or an item ended."""
    if len(run) < 2:
        return [run]
    frame = run[0]
    flats = [_flat(line, frame) for line in run]
    width = max(f.right for f in flats) - min(f.left for f in flats)
    breaks = [
        _fitted(run[i], run[i + 1], flats, i, alignment) or _is_item(run[i], run[i + 1])
        for i in range(len(run) - 1)
    ]
    # Where most lines stop early this is a list, and the lines that happen to be full are items too. Short
    # lines under each other (menus, labels) fill their column by accident; centred ones are titles.
    loose = pitch(run) > LOOSE * EM
    short = width < (4 if alignment == "center" else 12 if loose else 8)
    marked = any(line.item for line in run)  # then items need no guess, unless it is a menu with some icons
    many = sum(breaks) * 2 + loose > len(breaks)
    if (short and (loose or not marked)) or (many and not marked):
        breaks = [True] * len(breaks)
    parts = [[run[0]]]
    for line, cut in zip(run[1:], breaks, strict=True):
        if cut:
            parts.append([])
        parts[-1].append(line)
    return parts


def _fitted(line: TextLine, after: TextLine, flats: list[_Flat], i: int, alignment: Alignment) -> bool:
    """Would the first word of `after` have fitted into the free end of `line`?"""
    left, right = min(f.left for f in flats), max(f.right for f in flats)
    room = {
        "left": right - flats[i].right,
        "right": flats[i].left - left,
        "center": (right - left) - (flats[i].right - flats[i].left),
        "justified": right - flats[i].right,
    }[alignment]
    gaps = word_gaps(after.ink)
    word = ((gaps[0][0] if gaps else after.x1) - after.x0) / EM
    # People break lines by feel, too: centred ones, and long ones that are nearly full.
    if room < (0.4 if alignment == "center" else 0.15 if right - left > 14 else 0) * (right - left):
        return False
    return word + 0.28 < room


def _is_item(line: TextLine, after: TextLine) -> bool:
    """`after` has a bullet, or it starts further left than the item that `line` belongs to."""
    return after.item or (line.item and _flat(after, line).left < _flat(line, line).left - 0.4)


def _own_alignment(lines: list[TextLine], alignment: Alignment) -> Alignment:
    if len(lines) < 2 or alignment != "left":
        return alignment
    flats = [_flat(line, lines[0]) for line in lines]
    ends = [f.right for f in flats[:-1]]
    if len(ends) >= 2 and max(ends) - min(ends) < 0.2 and flats[-1].right <= max(ends) + 0.2:
        return "justified"
    return "left"


def pitch(lines: Sequence[TextLine]) -> float:
    """From baseline to baseline, strip px; 0 for a single line."""
    if len(lines) < 2:
        return 0.0
    stands = [_flat(line, lines[0]).baseline for line in lines]
    return float(np.median(np.diff(stands))) * EM
