"""The parts of a line: the detector joins texts that stand side by side, entries of a bar, names and values of a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from iimt_cli.page.find import Line
from iimt_cli.page.paragraphs import word_gaps
from iimt_cli.page.rectify import EM, Geometry
from iimt_cli.page.reflow import Span
from iimt_cli.page.rules import runs

STEPS, IN_STEP = 8, 0.85  # letters, and how well they agree, 0..1
FAR = 6.0  # type sizes: rows of a table that tell where its columns are


@dataclass(frozen=True)
class Row:
    """A line in its strip: ink [32, W], baseline and type size, strip px."""

    geometry: Geometry
    ink: np.ndarray
    baseline: float
    em: float

    def start(self, column: int) -> np.ndarray:
        """Where what begins at a column of the strip stands in the picture, px [2]."""
        return self.geometry.to_picture(np.array([[column, self.baseline]]))[0]


def justified(found: Sequence[Line]) -> list[bool]:
    """Which lines are as wide as one above or below them, on both sides: there words stand as far apart as that takes."""

    def as_wide(one: Line, two: Line) -> bool:
        height = min(one.height, two.height)
        ends = float(np.abs(one.quad[:2, 0] - two.quad[:2, 0]).max())
        step = abs(float(one.quad[:, 1].mean() - two.quad[:, 1].mean()))
        return ends < 0.4 * height and 0.6 * height < step < 15 * height and one.width > 8 * height

    return [any(as_wide(line, other) for other in found if other is not line) for line in found]


def columns(ink: np.ndarray, em: float, parted: np.ndarray, justified: bool) -> list[Span]:
    """Columns of the parts of a line that are no words of one text: too far apart (menus), or `parted` (cells of a table)."""
    gaps = word_gaps(ink, 0.18 * em / EM)
    widths = np.array([b - a for a, b in gaps]) / em
    pitch = typewriter_pitch(ink, em)
    if pitch is not None:
        wide = np.array([_blanks(ink, gap, pitch) > 1 for gap in gaps], bool)
    else:
        wide = widths > 1.6 if justified else far_apart(widths)
    gaps = [gap for gap, far in zip(gaps, wide, strict=True) if far or parted[slice(*gap)].any()]
    return list(zip([0, *(b for _, b in gaps)], [*(a for a, _ in gaps), ink.shape[1]], strict=True))


def typewriter_pitch(ink: np.ndarray, em: float) -> float | None:
    """How far apart the letters are in type in which all have the same width, px; None in other type.

    The middles of at least eight letters then stand in step. Of 420 lines of programs and web pages three others did.
    """
    letters = np.array(runs(ink.max(axis=0) > 0.25), float).reshape(-1, 2)
    if len(letters) < STEPS:
        return None
    pitches = np.arange(0.5, 0.7, 0.0025) * em
    steps = np.abs(np.exp(2j * np.pi * letters.mean(axis=1) / pitches[:, None]).mean(axis=1))
    pitch = float(pitches[np.argmax(steps)])
    narrow = np.diff(letters) < 1.1 * pitch
    return pitch if steps.max() > IN_STEP and narrow.mean() > 0.85 else None


def _blanks(ink: np.ndarray, gap: Span, pitch: float) -> int:
    """How many letters would have fitted into a gap."""
    filled = ink.max(axis=0) > 0.25
    before, after = runs(filled[: gap[0]])[-1], runs(filled[gap[1] :])[0]
    # Of letters that touch the middle of the whole tells nothing.
    left = gap[0] - min(before[1] - before[0], pitch) / 2
    right = gap[1] + min(after[1] - after[0], pitch) / 2
    return round((right - left) / pitch) - 1


def in_cells(rows: Sequence[Row], spans: Sequence[Sequence[Span]]) -> list[list[Span]]:
    """The parts of each line, cut again where a word begins at the edge of a column of texts: a value beside its name.

    The detector joins the cells of some rows and not of others. At least two rows above or below must have a text at that
    edge and one where this line begins; and the gap is wider than others in the line, which words of a typewriter's are not.
    """
    found = [
        row.start(x0 + int(np.argmax(row.ink[:, x0:x1].max(axis=0) > 0.25)))
        for row, columns in zip(rows, spans, strict=True)
        for x0, x1 in columns
    ]
    starts = np.array(found, float).reshape(-1, 2)
    result = []
    for row, columns in zip(rows, spans, strict=True):
        em = row.em * row.geometry.scale
        first = row.start(int(np.argmax(row.ink.max(axis=0) > 0.25)))
        names = starts[(np.abs(starts - first) < (0.2 * em, FAR * em)).all(axis=1)]
        cells = list(columns)
        gaps = word_gaps(row.ink, 0.18 * row.em / EM)
        widths = sorted(b - a for a, b in gaps)
        for a, b in gaps:
            if len(gaps) > 1 and b - a < max(widths[-1], 1.15 * widths[-2]):
                continue
            edge = row.start(b)
            values = starts[(np.abs(starts - edge) < (0.15 * em, FAR * em)).all(axis=1)]
            beside = np.abs(values[:, None, 1] - names[None, :, 1]) < 0.3 * em
            if (beside.any(axis=1) & (np.abs(values[:, 1] - edge[1]) > 0.5 * em)).sum() > 1:
                cells = [
                    cell
                    for x0, x1 in cells
                    for cell in ([(x0, a), (b, x1)] if x0 < a and b < x1 else [(x0, x1)])
                ]
        result.append(cells)
    return result


def far_apart(widths: np.ndarray) -> np.ndarray:
    """Which gaps between words, in type sizes, are wider than those inside a text, bool."""
    wide = widths > 1.1
    order = np.sort(widths[~wide])[::-1]
    if len(order) > 2 and order[-1] > 0.6:  # links of a bar
        return np.ones_like(wide)
    if len(order) > 1:  # and of another: most gaps are wide, some much narrower, inside a link
        leap = int(np.argmax(order[:-1] / order[1:]))
        if order[leap] > max(0.6, 2 * order[leap + 1]) and leap + 1 >= len(order) - leap - 1:
            wide |= widths >= order[leap]
    if wide.any():  # what parts some items parts them all, whatever the rounding
        wide |= widths > max(0.6, 0.85 * widths[wide].min())
    return wide
