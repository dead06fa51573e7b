"""Readings with the figures that stand above and below the line: m², CO₂. Readers know figures on the line alone."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from iimt_cli.language.alphabet import SUBSCRIPTS, SUPERSCRIPTS
from iimt_cli.model.image_encoder import FRAMES, STRIDE, Reading
from iimt_cli.page.arrays import Coverage, Span
from iimt_cli.page.ink.raised import TIMES, on_baseline, raised, sunk

PX = STRIDE / FRAMES  # px per frame of a reading
# What a figure above the line and one below it are read as, maybe LATE px behind it.
MISREAD = {SUPERSCRIPTS: "'\"’‘“”„°*?!^", SUBSCRIPTS: ",.;"}
LATE = 8
FIGURE = re.compile(rf"(\d)\1{{{TIMES - 1}}}")
# what a small figure is read as when it is read alone
ALIKE = str.maketrans("lIoO", "1100")


def with_raised(
    readings: Sequence[Reading],
    inks: Sequence[Coverage],
    read: Callable[[list[Coverage]], Sequence[Reading]],
) -> list[Reading]:
    """The readings of strips of ink, (32, W) each, with ¹ to ⁹ where small figures stand above the line, ₁ to ₉ below it.

    Each sign there is read alone, on the line and as large as a figure there. What reads as no figure stays as it was read,
    and so does what stands below the line behind a figure: that is an old-style figure or a comma.
    """
    signs = [
        (n, span, figures)
        for n, ink in enumerate(inks)
        for find, figures in ((raised, SUPERSCRIPTS), (sunk, SUBSCRIPTS))
        for span in find(ink)
    ]
    signs.sort(key=lambda sign: sign[:2])
    result = list(readings)
    heard = read([on_baseline(inks[n], span) for n, span, _ in signs]) if signs else ()
    for (n, span, figures), alone in zip(signs, heard, strict=True):
        figure = FIGURE.fullmatch(alone.text.translate(ALIKE))
        if figure is not None and (figure[1] != "0" or figures == SUBSCRIPTS):
            result[n] = _put(result[n], figures[int(figure[1])], span, MISREAD[figures])
    return result


def _put(reading: Reading, figure: str, span: Span, misread: str) -> Reading:
    """A reading with a small figure in place of what was read in its columns; it stands close behind what is before it."""
    middles = [(a + b) / 2 * PX for a, b in reading.frames]
    before = sum(x < span[0] - 1 for x in middles)
    after = before + sum(span[0] - 1 <= x <= span[1] + 1 for x in middles)
    while after < len(middles) and reading.text[after] in misread and middles[after] < span[1] + LATE:
        after += 1
    before = len(reading.text[:before].rstrip())
    text = reading.text[:before]
    own = [(int(span[0] / PX), max(int(span[1] / PX), int(span[0] / PX) + 1))]
    if figure in SUBSCRIPTS:
        element = (
            text[-2:-1].isalpha() or text[-2:-1] in SUBSCRIPTS
        )  # so the 0 behind it is the sign of another one
        if text.endswith("0") and element:
            text = f"{text[:-1]}O"
        if not (text[-1:].isalpha() or text[-1:] in (*SUBSCRIPTS, ")")):
            return reading
    elif before == 0 and reading.text[after : after + 1].isalpha():  # the mark before the text of a footnote
        figure, own = f"{figure} ", [own[0], (own[0][1], own[0][1])]
    return replace(
        reading,
        text=text + figure + reading.text[after:],
        frames=[*reading.frames[:before], *own, *reading.frames[after:]],
    )
