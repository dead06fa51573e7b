"""The pieces of a paragraph's strip, usually sentences: cut by what was read, judged one by one, and put together again."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import groupby, pairwise

import cv2
import numpy as np

from iimt_cli.language.alphabet import CAPITAL
from iimt_cli.language.base import Language
from iimt_cli.language.genres import Genre
from iimt_cli.language.glossary import Term
from iimt_cli.language.lexicon import Hint
from iimt_cli.language.numbers import begins_with_ordinal
from iimt_cli.language.sentences import sentence_ends
from iimt_cli.model.draw import DrawnStrip
from iimt_cli.model.image_encoder import FRAMES, STRIDE, Reading
from iimt_cli.page import Strip, pieces
from iimt_cli.page.arrays import Span
from iimt_cli.page.paragraphs import Paragraph, TextLine, stem
from iimt_cli.page.rectify import BASELINE, EM
from iimt_cli.page.runs import FREE, INK, NARROW_WORD_GAP, WORD_GAP, gaps, inked_columns, word_gaps
from iimt_cli.page.typeset.parts import Origin
from iimt_cli.page.typeset.unroll import EDGE
from iimt_cli.page.typeset.words import Look
from iimt_cli.translation.boundaries import dots
from iimt_cli.translation.rails import Judgement
from iimt_cli.translation.result import DraftPiece

FIRMNESS = 2.0  # see `firm`; values from 1.6 to 4 were equally good on its pictures
LEAST_STEM = 2.5  # strip px: thinner strokes are thickened to this, about the width in regular type
# Dots, strip px, by eye on the examples. Several dots in one shape are taken for an ellipsis.
ON_LINE = 0.15 * EM  # a full stop ends no farther from the baseline; a middle dot is farther above it
DOT_HEIGHT = 0.22 * EM  # height of a full stop, at most
# width of one dot with the gap to the next, at most; also width and height of a middle dot, at most
DOT = 0.3 * EM
ROUND = 1.6  # width / height of a dot, at most: a hyphen is wider
BETWEEN = 0.12  # em beside the edge of a drawn character in which the gap to the next one is
AFTER_TICK = 0.22 * EM  # the gap behind a tick that was not read, at least

_STAR = re.compile(r"(?<=[^\W\d_]) \*$")  # the star behind the name of a field that must be filled in
_CLAUSE_END = re.compile(r"(?<=[,;–—]) ")
# A word that should not end a line: a number without a closing comma or stop, a single letter, an initial, a sign.
_TIED = re.compile(r"\W*(?:[\d.,:/–-]*\d|[^\W\d_]\.?|[§&#])$")
# A name that should not end a line before its number: "Hauptstraße 5", "Room 7".
_NUMBERED, _ITS_NUMBER = re.compile(rf"\W*[{CAPITAL}][^\W\d_]+$"), re.compile(r"\d{1,4}[a-z]?\W*$")


@dataclass
class Piece:
    """A part of a paragraph that is translated on its own. `ink`: float32 (32, W), from column `start` of the strip on.

    `source`, `frames` and `confidence` (0..1) come from its reading (`heard`). `wording` is what the text decoder said, if it
    was asked. `target` is the wording with capitals as in the source.

    After translation either `drawn` has its drawing, or `judgement` says why it stays as it is.
    """

    ink: np.ndarray
    heard: bool = False
    source: str = ""
    frames: Sequence[tuple[int, int]] = ()  # [start, end) of each character of the source, as in `Reading`
    target: str = ""
    wording: str | None = None
    confidence: float = 0.0
    judgement: Judgement = field(default_factory=Judgement)
    drawn: DrawnStrip | None = None
    start: int = 0
    genre: Genre = field(default_factory=dict)  # of its picture
    terms: tuple[Term, ...] = ()  # terms of the user's glossary that the source has
    hints: Sequence[Hint] | None = None  # what the lexicon said of the source; None if it was not asked
    recalled: DraftPiece | None = None  # what the system made of it before, by a sidecar
    looks: tuple[Look, ...] = ()  # runs of columns whose words look alike; empty if all words do
    worn: tuple[int, ...] = ()  # the look of each word of the target; empty if not known

    @property
    def text(self) -> str:
        """The text in the new picture: the translation, or the source if the piece is kept."""
        return self.source if self.judgement.keep else self.target

    @property
    def words(self) -> tuple[np.ndarray, list[tuple[int, int]]]:
        """Its ink, new or as it was, and the columns [start, end) of each word in it."""
        if self.judgement.keep or self.drawn is None:
            return self.ink, _found_words(self.ink)
        edges = self.drawn.edges
        spans = [m.span() for m in re.finditer(r"\S+", self.target)]
        return self.drawn.ink, [(math.floor(edges[a]), math.ceil(edges[b])) for a, b in spans]

    @property
    def letters(self) -> list[int]:
        """The columns of that ink at which its characters begin, those of the spaces, too; not that of the first."""
        ink = self.words[0]
        if self.judgement.keep or self.drawn is None:
            between = gaps(inked_columns(ink, FREE))
            return [x for a, b in between for x in ((a, b) if b - a >= WORD_GAP * EM else ((a + b) // 2,))]
        found, reach = [], round(BETWEEN * EM)
        for edge in self.drawn.edges[1:-1]:
            near = ink[:, max(round(edge) - reach, 0) : round(edge) + reach + 1].sum(axis=0)
            emptiest = np.flatnonzero(near <= near.min() + FREE) + max(round(edge) - reach, 0)
            found.append(int(emptiest[np.abs(emptiest - edge).argmin()]))
        return sorted(found)


def origins(parts: Sequence[Piece], words: Sequence[Span]) -> list[Origin]:
    """For each piece: (its columns in the new strip, its columns in the old strip). words: of all pieces, in the new strip.

    If the words of a piece do not all look alike, there is an entry for each run of words with one look.
    """
    found: list[Origin] = []
    n = 0
    for part in parts:
        own = words[n : n + len(part.words[1])]
        n += len(own)
        if not own:
            continue
        if len(part.worn) != len(own):
            found.append(((own[0][0], own[-1][1]), ((part.start, part.start + part.ink.shape[1]),)))
            continue
        for look, run in groupby(zip(own, part.worn, strict=True), key=lambda one: one[1]):
            spans = [span for span, _ in run]
            old = ((part.start + a, part.start + b) for (a, b), number in part.looks if number == look)
            found.append(((spans[0][0], spans[-1][1]), tuple(old)))
    return found


def ties(parts: Sequence[Piece]) -> frozenset[int]:
    """The numbers of the words that should stay on one line with the next: numbers, single letters and signs, and names before
    a number.

    Examples are "15 April", "12 x 4", "§ 5", "J. Smith" and "Room 7".
    """
    tied, n = set(), 0
    for part in parts:
        count, texts = len(part.words[1]), part.text.split()
        if count == len(texts):
            tied |= {n + i for i, text in enumerate(texts[:-1]) if _TIED.match(text)}
            tied |= {
                n + i
                for i, (text, after) in enumerate(pairwise(texts))
                if _NUMBERED.match(text) and _ITS_NUMBER.match(after)
            }
        n += count
    return frozenset(tied)


def _found_words(ink: np.ndarray) -> list[tuple[int, int]]:
    filled = np.flatnonzero(ink.max(0) > INK)
    if not len(filled):
        return []
    gaps = word_gaps(ink)
    starts, stops = [int(filled[0]), *(b for _, b in gaps)], [*(a for a, _ in gaps), int(filled[-1]) + 1]
    return list(zip(starts, stops, strict=True))


def line_ink(line: TextLine) -> np.ndarray:
    """The ink of a line as it is given to the reader, float32 (32, W), with the empty columns at its ends that strips have.

    Widely spaced letters are closed up.
    """
    return line.tracking.closed(line.ink[:, : math.ceil(line.x1) + EDGE])[:, _left(line) :]


def _left(line: TextLine) -> int:
    return max(0, int(line.x0) - EDGE)


def strengthened(ink: np.ndarray) -> np.ndarray:
    """Ink whose thin strokes are thickened to `LEAST_STEM`, by 1 px at most, because drawn hairlines break into dots.

    On 79 pictures in thin and old-style faces it raised the BLEU of what an OCR engine reads from 45.2 to 48.5.
    """
    more = min(1.0, LEAST_STEM - stem(ink))
    if more <= 0:
        return ink
    stronger: np.ndarray = ink.copy()
    stronger[:, 1:] = np.maximum(ink[:, 1:], ink[:, :-1] * more)
    return stronger


def firm(strip: DrawnStrip) -> DrawnStrip:
    """The drawing with faint strokes made up to 1 + `FIRMNESS` times as dark.

    The bar of an e, thinner than a pixel, would be a grey that vanishes in the picture. Pixels beside a solid stroke stay, so
    that letters do not get fatter. The CER of what an OCR engine reads fell from 0.8 to 0.3 % on 35 pictures in light faces,
    from 1.7 to 1.5 % on 45 in an old-style face, and from 0.2 to 0 on 45 others.
    """
    around = cv2.dilate(np.ascontiguousarray(strip.ink, np.float32), np.ones((3, 3)))
    return replace(strip, ink=np.clip(strip.ink * (1 + FIRMNESS * (1 - around)), 0, 1))


def chain_readings(paragraph: Paragraph, readings: Sequence[Reading], strip: Strip) -> Reading:
    """The readings of a paragraph's lines (`line_ink`) as one reading of its strip; a drop capital was read with the first."""
    text = ""
    frames: list[tuple[int, int]] = []
    for n, (line, reading, (start, _)) in enumerate(zip(paragraph.lines, readings, strip.lines, strict=True)):
        whole = n == 0 and paragraph.initial is not None
        shift = 0 if whole else (start - int(line.x0) + _left(line)) * FRAMES // STRIDE
        if frames:
            text += " "
            frames.append((frames[-1][1], frames[-1][1]))
        text += reading.text
        frames += [(a + shift, b + shift) for a, b in reading.frames]
    return Reading(text, frames, 0.0)


def cut(
    ink: np.ndarray, reading: Reading, limit: int, pack: Language, starts: Sequence[int] = ()
) -> list[tuple[int, int]]:
    """The columns of each piece. Ink is cut at ends of sentences, at dots between texts, and before the characters `starts`.

    Pieces that are still wider than `limit` px are cut at ends of clauses, then at word gaps.
    """
    mark, star = _mark(pack).match(reading.text), _STAR.search(reading.text)
    marks = [mark.end()] if mark and not begins_with_ordinal(reading.text, pack) else []
    marks += [star.start() + 1] if star else []
    ends = sorted({*sentence_ends(reading.text, pack), *dots(reading.text), *starts, *marks})
    clauses = [m.end() for m in _CLAUSE_END.finditer(reading.text)]
    spaces = word_gaps(ink, NARROW_WORD_GAP)
    gaps = [(a + b) // 2 for a, b in spaces]
    near = (min(gaps, key=lambda g: abs(g - x)) for x in (_between(reading, end) for end in ends) if gaps)
    # A tick that was not read: the first character stands behind the first gap, which is wider than one between letters.
    first = reading.frames[0][0] * STRIDE / FRAMES if reading.frames else 0.0
    unread = [(a + b) // 2 for a, b in spaces[:1] if b - a > AFTER_TICK and first >= b]
    cuts = sorted({0, ink.shape[1], *near, *unread, *_beside_dots(ink)})
    places = [reading.boundary(i) for i in clauses]
    return [
        (a + left, a + right)
        for a, b in pairwise(cuts)
        for left, right in pieces(ink[:, a:b], limit, clauses=[x - a for x in places if a < x < b])
    ]


@cache
def _mark(pack: Language) -> re.Pattern[str]:
    """Matches a mark before a text, which stays: number or letter of an item, or a tick, cross or arrow as they are read."""
    beginnings = pack.sentences.beginnings  # behind a number whose full stop was not seen
    item = rf"|\d{{1,2}} (?=(?:{beginnings}) )" if beginnings else ""
    return re.compile(rf"^(?:[/\\|~^*=<>°vVxX] (?=\w)|(?:\(?\d{{1,2}}[.)]|[a-h]\)) (?=\w\S* \S+ \S){item})")


def _between(reading: Reading, index: int) -> float:
    """The column in the middle between the last letter before character `index` and the first letter from it on."""
    before = len(reading.text[:index].rstrip()) - 1
    after = min(index, len(reading.frames) - 1)
    return (reading.frames[max(0, before)][1] + reading.frames[after][0]) / 2 * STRIDE / FRAMES


def is_dot(ink: np.ndarray) -> bool:
    """Whether ink (32, W) shows a middle dot and nothing else. It stands between texts, and may be too small to be read."""
    rows, columns = (np.flatnonzero(ink.max(axis) > INK) for axis in (1, 0))
    if not len(rows):
        return False
    height, width = np.ptp(rows) + 1, np.ptp(columns) + 1
    round_enough = max(height, width) < DOT and width < ROUND * height
    return bool(round_enough and ON_LINE < BASELINE - rows.mean() < 0.5 * EM)


def lone_sign(reading: Reading, left: int, right: int) -> str:
    """What was read in some columns of a strip, if it is a sign between texts and no letter or figure, else "".

    Read alone it would have no letters beside it to be compared with: an angle is read as a 9 then.
    """
    middles = ((a + b) / 2 * STRIDE / FRAMES for a, b in reading.frames)
    text = "".join(c for c, x in zip(reading.text, middles, strict=True) if left <= x < right).strip()
    return text if text and not any(c.isalnum() for c in text) else ""


def _beside_dots(ink: np.ndarray) -> list[int]:
    """The middles of the gaps before and after each dot between texts."""
    gaps = word_gaps(ink, NARROW_WORD_GAP)
    return [
        (a + b) // 2
        for before, after in pairwise(gaps)
        if is_dot(ink[:, before[1] : after[0]])
        for a, b in (before, after)
    ]


def paragraph_reason(parts: Sequence[Piece], least: float, judged: str = "translation") -> str:
    """Why a paragraph is kept, or "": it is translated whole or not at all.

    Pieces with a harmless reason (numbers, names, addresses) are kept within it. The mean confidence of the other pieces,
    weighted by their letters, must be at least `least`. So one doubtful sentence does not undo four good ones. `judged`: what
    this confidence is about, for the message.
    """
    if not parts:
        return "nothing could be read"
    kept = [p.judgement for p in parts if p.judgement.keep]
    serious = [j.reason for j in kept if not j.harmless]
    if serious or len(kept) == len(parts):
        return (serious or [j.reason for j in kept])[0]
    sure = confidence([p for p in parts if not p.judgement.keep])
    return f"{judged} too uncertain ({sure:.2f})" if sure < least else ""


def harmless(parts: Sequence[Piece]) -> bool:
    """Whether all pieces are kept for what they are (numbers, names, addresses), none for doubt."""
    return bool(parts) and all(piece.judgement.harmless for piece in parts)


def confidence(parts: Sequence[Piece]) -> float:
    """The mean confidence of pieces, weighted by their letters."""
    lengths = [len(p.source) + 1 for p in parts]
    return float(np.average([p.confidence for p in parts], weights=lengths)) if parts else 0.0
