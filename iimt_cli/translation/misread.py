"""What the reader usually gets wrong, corrected by the ink and by what is read beside it."""

import math
import re
from dataclasses import replace
from functools import cache

import cv2
import numpy as np

from iimt_cli.language.base import Language
from iimt_cli.model.image_encoder import Reading
from iimt_cli.page.rectify import BASELINE, EM
from iimt_cli.page.runs import INK, LETTER_EDGE, runs
from iimt_cli.page.shapes import shapes
from iimt_cli.translation.pieces import DOT, DOT_HEIGHT, ON_LINE

ELLIPSIS = 3  # dots
# Share of a mark's ink that is below the baseline: a comma has 0.16 and more (98 % of 234 in 51 faces, 13 to 24 px), a full
# stop 0.01 at most (197).
SUNK = 0.08
OVERHANG = (
    0.25 * EM
)  # strip px: an italic letter reaches no farther beyond the mark that stands under its end

_WWW = re.compile(r"\bwww(?=[^\W\d_])", re.IGNORECASE)  # a web address whose first dot was not read
_LAST_MARK = re.compile(r"(?<=\w)[.,]$")


def mended(reading: Reading, ink: np.ndarray, pack: Language) -> Reading:
    """The reading of ink, float32 (32, W), with the reader's usual mistakes corrected.

    They are: a mark or a space read twice ("Eltern,."), a wrong closing quotation mark, a comma at the end read as a full
    stop, an ellipsis read as one dot, www without its dot, and a lost I at the start. In a hairline face the reader may take
    that I for the edge of something; it is put back if the rest of the word shows that it is missing (`Misreadings.after_i`).
    """
    without_i = len(reading.text) - len(reading.text.removeprefix(" "))
    if reading.text[without_i:].startswith(pack.misreadings.after_i):
        frames = [(0, reading.frames[without_i][0]), *reading.frames[without_i:]]
        reading = Reading(f"I{reading.text[without_i:]}", frames, reading.score)
    for twice in reversed(list(_twice(pack).finditer(reading.text))):
        i = twice.start()
        frames = [
            *reading.frames[:i],
            (reading.frames[i][0], reading.frames[i + 1][1]),
            *reading.frames[i + 2 :],
        ]
        reading = Reading(reading.text[: i + 1] + reading.text[i + 2 :], frames, reading.score)
    for www in reversed(list(_WWW.finditer(reading.text))):
        i = www.end()
        frames = [*reading.frames[:i], (reading.frames[i - 1][1], reading.frames[i][0]), *reading.frames[i:]]
        reading = Reading(f"{reading.text[:i]}.{reading.text[i:]}", frames, reading.score)
    reading = replace(reading, text=_closed(reading.text, pack.sentences.quotes))
    return _with_ellipsis(_with_its_last_mark(reading, ink), ink)


@cache
def _twice(pack: Language) -> re.Pattern[str]:
    """Matches a character, with what is read behind it of the same ink: no such two stand in a row."""
    single = rf"(?<=\w)([,;“”{pack.misreadings.single}])\1"
    return re.compile(rf"{single}|(?<=[\w%)])[,;:][.,;:](?=\s|$)|  ")


def _closed(text: str, quotes: str) -> str:
    """The text with the closing mark of a quotation where a straight quotation mark was read."""
    if not quotes:
        return text
    opening, closing = quotes[0], quotes[1]
    quoted = rf"({opening}[^{closing}”\"']*)[\"'](?=[\s,;.!?]|$)"
    return re.sub(quoted, rf"\1{closing}", text)


def _with_its_last_mark(reading: Reading, ink: np.ndarray) -> Reading:
    """The reading with the comma or full stop at its end that the ink, float32 (32, W), shows there.

    Most texts end with a full stop, so half of the commas at the end of a line were read as one (409 lines in 51 faces).
    """
    if not _LAST_MARK.search(reading.text):
        return reading
    found = shapes(ink > LETTER_EDGE)
    x, top, width = (found.table[1:, i] for i in (cv2.CC_STAT_LEFT, cv2.CC_STAT_TOP, cv2.CC_STAT_WIDTH))
    # no letter, none that a mark touches, and nothing below the line, as the dots under a link
    low = (top > BASELINE - DOT_HEIGHT) & (top < BASELINE)
    low &= x + width > (x + width).max(initial=0) - OVERHANG
    if not low.any():
        return reading
    last = 1 + int(np.where(low, x, -1).argmax())
    rows = np.where(found.labels == last, ink, 0).sum(axis=1)
    sunk = float(rows[math.ceil(BASELINE) :].sum() / rows.sum())
    return replace(reading, text=reading.text[:-1] + (",."[sunk < SUNK]))


def _with_ellipsis(reading: Reading, ink: np.ndarray) -> Reading:
    """The reading with "…" at its end if the ink, float32 (32, W), ends with several dots, which are often read as one."""
    end = re.search(r"[.…]+$", reading.text)
    if end is None or end.start() == 0 or end.group() == "…" or _last_dots(ink) < 2:
        return reading
    frames = [*reading.frames[: end.start()], (reading.frames[end.start()][0], reading.frames[-1][1])]
    return Reading(f"{reading.text[: end.start()]}…", frames, reading.score)


def _last_dots(ink: np.ndarray) -> int:
    """How many dots stand on the baseline behind the last letter. A flat shape longer than two dots counts as three."""
    count, after = 0, None
    for left, right in reversed(runs(ink.max(axis=0) > INK)):
        rows = np.flatnonzero(ink[:, left:right].max(axis=1) > INK)
        low = abs(rows[-1] + 1 - BASELINE) < ON_LINE and np.ptp(rows) < DOT_HEIGHT
        if not low or (after is not None and after - right > DOT):
            break
        count += 1 if right - left < DOT else ELLIPSIS
        after = left
    return count
