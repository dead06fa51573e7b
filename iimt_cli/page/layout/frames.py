"""The second look at lines: each is cut again in the common frame of its paragraph, to be read and erased."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from iimt_cli.page.ink.measure import measure
from iimt_cli.page.ink.separate import own_letters
from iimt_cli.page.layout.looks import Look, Looker, without_line
from iimt_cli.page.layout.rules import between_rules, is_whole, key_line, underline
from iimt_cli.page.layout.sizes import resized
from iimt_cli.page.paragraphs import Paragraph, TextLine
from iimt_cli.page.rectify import EM, HEIGHT, Geometry, from_baseline
from iimt_cli.page.runs import LETTER_EDGE, columns_of

# ratio of two measures of one type size from which the first was wrong: 1 in 60 of 558 texts on pages
MISJUDGED = 1.17
ENOUGH = 3.0  # em: the size of a shorter line is not measured again


def second_look(paragraphs: Sequence[Paragraph], look: Looker) -> list[Paragraph]:
    """The paragraphs, cut from the picture again, each with its lines in one frame: same size, direction and x = 0.

    The first look may have measured something beside the letters, such as the end of a label, with them. If the letters
    alone turn out to have another size (MISJUDGED), the paragraph is cut a third time.
    """
    seen = _in_frames(paragraphs, look)
    for i, paragraph in enumerate(seen):
        size = _own_size(paragraph)
        if abs(math.log(size)) > math.log(MISJUDGED):
            lines = tuple(resized(line, line.em * size) for line in paragraph.lines)
            for again in _in_frames([replace(paragraph, lines=lines, pitch=paragraph.pitch / size)], look):
                if abs(math.log(_own_size(again))) < abs(math.log(size)):
                    seen[i] = again
    return seen


def _own_size(paragraph: Paragraph) -> float:
    """Measured type size of a paragraph's letters in its strips / the standard size there; 1 if it cannot be measured."""
    sizes = [
        found.em / EM
        for line in paragraph.lines
        if not line.choices
        and line.length > ENOUGH * EM
        and (found := measure(line.ink))
        and not found.choices
    ]
    return float(np.median(sizes)) if sizes else 1.0


def _in_frames(paragraphs: Sequence[Paragraph], look: Looker) -> list[Paragraph]:
    """Paragraphs cut again in their common frames; a paragraph without any ink is left out."""
    frames: list[list[Geometry]] = [_frame(paragraph) for paragraph in paragraphs]
    colours = [line.colour for paragraph in paragraphs for line in paragraph.lines]
    looks = iter(look([geometry for frame in frames for geometry in frame], colours))
    result = []
    for paragraph, frame in zip(paragraphs, frames, strict=True):
        cut = [
            _cut(line, geometry, _span(line, geometry), next(looks))
            for line, geometry in zip(paragraph.lines, frame, strict=True)
        ]
        lines = [line for line in cut if line is not None]
        if lines:
            pitch = paragraph.pitch * paragraph.lines[0].em / lines[0].em
            result.append(replace(paragraph, lines=tuple(lines), pitch=pitch))
    return result


def cut_again(paragraphs: Sequence[Paragraph], look: Looker) -> list[Paragraph]:
    """Paragraphs whose lines have a geometry, span and colour of an earlier look, with the ink that is seen there.

    Raises ValueError if there is none in a line.
    """
    lines = [line for paragraph in paragraphs for line in paragraph.lines]
    looks = look([line.geometry for line in lines], [line.colour for line in lines])
    cut = [_cut(line, line.geometry, line.span, seen) for line, seen in zip(lines, looks, strict=True)]
    found = [line for line in cut if line is not None]
    if len(found) < len(lines):
        raise ValueError("a line has no ink any more")
    left = iter(found)
    return [replace(one, lines=tuple(next(left) for _ in one.lines)) for one in paragraphs]


def _span(line: TextLine, geometry: Geometry) -> tuple[float, float]:
    """The columns of another strip between which a line stands."""
    first, last = geometry.to_strip(line.ends)[:, 0]
    return float(first), float(last)


def _cut(line: TextLine, geometry: Geometry, span: tuple[float, float], seen: Look) -> TextLine | None:
    """The line in another frame, with the ink that is seen there between two columns; None if there is none."""
    rows = between_rules(seen.strip)
    inner = (np.arange(HEIGHT) >= rows[0]) & (np.arange(HEIGHT) < rows[1])
    seen = replace(seen, ink=seen.ink * inner[:, None])
    under = underline(seen.strip, seen.ink, span)
    key = key_line(seen.strip, seen.ink, span) if under is None else None
    letters = without_line(without_line(seen.ink, under), key, rim=0)
    own = own_letters(replace(seen, ink=letters), span)
    for drawn in (under, key):
        if drawn is not None:
            own.erase[max(drawn.rows.start - 1, 0) : drawn.rows.stop + 1, drawn.columns] = 1
    columns = columns_of(own.ink, LETTER_EDGE)
    if columns is None:
        return None
    return replace(
        line,
        geometry=geometry,
        ink=own.ink,
        erase=own.erase,
        x0=float(columns[0]),
        x1=float(columns[1]),
        em=geometry.scale * EM,
        underline=key if key is not None and is_whole(key, span) else under,
        ink_scale=geometry.scale,
        rows=rows,
        span=span,
    )


def _frame(paragraph: Paragraph) -> list[Geometry]:
    """The strips of a paragraph's lines: of one size and direction, all starting where the leftmost line does."""
    u = np.sum([line.geometry.direction * line.length for line in paragraph.lines], axis=0)
    u = u / np.linalg.norm(u)
    v = np.array([-u[1], u[0]])
    ends = [line.ends for line in paragraph.lines]
    left = min(float(e[0] @ u) for e in ends)
    right = max(float(e[1] @ u) for e in ends)
    em = paragraph.em
    return [from_baseline(left * u + float(e.mean(0) @ v) * v, u, em, right - left) for e in ends]
