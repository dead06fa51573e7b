"""Whether the text of a line goes on in a line below it: the features of such a pair, and the small network that decides.

Distances are in em, the type size of the upper line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file

from iimt_cli.language.base import NEUTRAL, Language, found
from iimt_cli.language.sentences import ends_sentence, sentence_ends
from iimt_cli.page.arrays import Floats
from iimt_cli.page.ink.measure import lean
from iimt_cli.page.paragraphs import Facts, TextLine
from iimt_cli.page.rectify import EM, sides
from iimt_cli.page.runs import INK, word_gaps

STEP = (0.6, 2.6)  # baseline to baseline of two lines that may be one text
SIZES = 1.6  # ratio of their type sizes, at most
LEANING = 0.1  # px to the right for each px up by which letters of one text lean alike: italic type leans by 0.15 and more
PARALLEL = 0.06  # sine of the angle between them, at most
NEAREST = 3  # lines: for each line so many lines below it are considered
BESIDE = 0.3  # a line below may begin so far behind the end of the upper one, or end so far before its start
# ratio of type sizes up to which lines under each other form a stack: lines that share an edge or a middle
STACKED = 1.25
SHARED = 0.45  # lines share a left end, middle or right end if these differ by less
ROW = 0.35  # lines are in one row if their baselines differ by less
FAR = 5.0  # longer distances count as this
WEIGHTS = Path(__file__).with_name("pairs.safetensors")  # made by recipes/grouping.py
LIKELY = 0.5  # probability from which a line goes on in another one
# Probability from which the words of two lines may decide it (`OneText`): of the pairs of 102 pictures from here to LIKELY 31
# of 57 are one text, of those from 0.03 to here 34 of 168.
DOUBTFUL = 0.2
JUST = 1e-3  # by so much, at most, a pair that words decide is likelier than LIKELY: after all that the layout is sure of
CAPITALS = 0.8  # share of capitals among the letters of a text from which it is "in capitals"
BETWEEN = 0.3  # a line is between two others if its baseline is farther than this from both of theirs
FULL = 0.12  # × the width of the stack: a line is full if it ends no farther from the right end of the stack
FLUSH, FLUSH_RIGHT = (
    0.3,
    0.2,
)  # lines count as flush if left ends or middles (the first), right ends (the second) differ by less
LEVELS = 50.0  # levels of a colour channel: the unit of the features of colour
# before a logarithm is taken, narrower widths become the first; the second means "no such line"
NARROWEST, WIDEST = 0.1, 20.0
UNUSUAL = 6.0  # standard deviations from the mean: features are clipped to this

_ITEM = re.compile(r"^\s*([-–—•·*▪‣✓]|\(?\d{1,3}[.)]|[a-zA-Z][.)])\s")
_NAMED = re.compile(r"^[^\W\d_][\w-]*(?: [\w-]+){0,2}: ?\S")
_INITIAL = re.compile(r"^[\"„“»«(‘'–-]*")


OneText = Callable[[Sequence[tuple[str, str]]], Sequence[bool]]
"""Of pairs of texts whether they are one text by their words."""


def facts(line: TextLine) -> Facts:
    """The facts of a line as the first look measured it, before it is read."""
    ink = line.tracking.closed(line.ink)
    gaps = word_gaps(ink)
    scale = line.ink_scale / line.em if line.ink_scale else 1 / EM
    x0, x1 = gaps[0] if gaps else (ink.shape[1], ink.shape[1])
    first = float(np.argmax(ink.max(axis=0) > INK))
    return Facts(
        ends=np.asarray(line.ends, float),
        direction=np.asarray(line.geometry.direction, float),
        em=line.em,
        box=sides(line.quad)[1],
        stem=line.stem,
        colour=line.colour,
        word=min((x0 - first) * scale, line.length / EM),
        bullet=(x1 - first) * scale if gaps else FAR,
        item=line.item,
        unsure=bool(line.choices),
        lean=lean(line.ink),
    )


_END = ("hyphen", "sentence", "colon", "comma", "letter", "figure", "unfinished", "more")
_START = ("small", "capital", "figure", "item", "named", "quote")
_OWN = ("figures", "capitals", "inside", "words", "marked")


def _ends(text: str, pack: Language) -> list[float]:
    tail = text.rstrip()
    last = tail[-1:]
    return [
        last in "-‐" and tail[-2:-1].isalpha(),
        ends_sentence(tail, pack) and last != ":",
        last == ":",
        last in ",;",
        last.isalpha(),
        last.isdigit(),
        found(pack.sentences.unfinished, tail),
        tail.endswith(("…", "...")),
    ]


def _starts(text: str) -> list[float]:
    head = _INITIAL.sub("", text)[:1]
    return [
        head.islower(), head.isupper(), head.isdigit(), _ITEM.match(text) is not None, _NAMED.match(text) is not None,
        text[:1] in "\"„“»«(",
    ]  # fmt: skip


def _own(text: str, pack: Language) -> list[float]:
    letters = [c for c in text if c.isalpha()]
    return [
        sum(c.isdigit() for c in text) / max(len(text), 1),
        bool(letters) and sum(c.isupper() for c in letters) / len(letters) > CAPITALS,
        bool(sentence_ends(text, pack)),
        np.log1p(len(text.split())),
        text.rstrip()[-1:] in ".!?",
    ]


GEOMETRY = (
    "step", "left", "abs left", "middle", "right", "abs right", "width", "next width", "size", "abs size", "box", "stem",
    "abs stem", "colour", "hue", "item", "next item", "unsure", "nearest", "between", "spare", "word", "fits", "wide",
    "above", "below", "step above", "step below", "size above", "size below", "uneven", "full", "flush left", "flush middle",
    "flush right", "hanging", "stem above", "stem below", "colour above", "colour below", "beside", "next beside",
    "beside gap", "next beside gap", "even", "indent above", "stack items", "spread right", "stack wide", "next stack wide",
    "other next", "last", "paired", "paired width",
)  # fmt: skip
TEXT = (
    "read", *(f"ends {n}" for n in _END), *(f"next ends {n}" for n in _END), *(f"starts {n}" for n in _START),
    *(f"next starts {n}" for n in _START), *_OWN, *(f"next {n}" for n in _OWN), "stack small", "stack marked",
    "stack capital", "stack words", "stack letter",
)  # fmt: skip
NAMES = (*GEOMETRY, *TEXT)


@dataclass(frozen=True)
class Pairs:
    """Pairs of lines that may be one text. numbers: of the upper and the lower line, (N, 2). features: (N, len(NAMES))."""

    numbers: np.ndarray
    features: Floats


def pairs(layout: Layout) -> Pairs:
    """The pairs of lines of a page that may be one text, each with its features."""
    numbers = [(i, j) for i in range(len(layout.lines)) for j in layout.below(i)]
    rows = [layout.features(i, j) for i, j in numbers]
    return Pairs(np.array(numbers, int).reshape(-1, 2), np.array(rows, float).reshape(-1, len(NAMES)))


def chances(features: Floats) -> Floats:
    """Probability, (N,), that the upper line of each pair goes on in the lower one. features: (N, len(NAMES))."""
    w = _weights()
    x = np.clip((features - w["mean"]) / w["spread"], -UNUSUAL, UNUSUAL)
    hidden = np.maximum(x @ w["hidden.weight"].T + w["hidden.bias"], 0)
    return np.asarray(1 / (1 + np.exp(-(hidden @ w["out.weight"].T + w["out.bias"])[:, 0])))


@cache
def _weights() -> dict[str, np.ndarray]:
    return load_file(WEIGHTS)


def chains(layout: Layout, one_text: OneText | None = None) -> list[list[int]]:
    """Which lines are one text: their numbers from the top down, in the order of the first lines.

    The likeliest pairs are joined first. A line goes on in at most one line, and at most one line goes on in it. one_text: is
    asked of pairs that are in doubt.
    """
    asked = pairs(layout)
    likely = chances(asked.features)
    if one_text is not None:
        likely = _by_words(layout, asked.numbers, likely, one_text)
    after: dict[int, int] = {}
    before: dict[int, int] = {}
    for n in np.argsort(-likely, kind="stable"):
        i, j = (int(number) for number in asked.numbers[n])
        if likely[n] > LIKELY and i not in after and j not in before:
            after[i], before[j] = j, i
    found = []
    for i in range(len(layout.lines)):
        if i not in before:
            chain = [i]
            while chain[-1] in after:
                chain.append(after[chain[-1]])
            found.append(chain)
    return found


def _by_words(layout: Layout, numbers: np.ndarray, likely: Floats, one_text: OneText) -> Floats:
    """The probabilities of pairs; those that were in doubt and are one text by their words are a little above LIKELY."""
    texts = [(layout.lines[i].text, layout.lines[j].text) for i, j in numbers]
    doubtful = [n for n, two in enumerate(texts) if all(two) and DOUBTFUL < likely[n] <= LIKELY]
    one = [n for n, yes in zip(doubtful, one_text([texts[n] for n in doubtful]), strict=True) if yes]
    likely = likely.copy()
    likely[one] = LIKELY + JUST * likely[one]
    return likely


def _hue(one: np.ndarray, two: np.ndarray) -> float:
    r, g, b = one - two
    return float(max(abs(r - g), abs(g - b), abs(b - r)))


class Layout:
    """The lines of a page measured against each other. Entry [i, j] of an array: line j, measured along line i, in its em."""

    def __init__(self, lines: Sequence[Facts], pack: Language = NEUTRAL) -> None:
        self.lines, n = lines, len(lines)
        ends = np.array([line.ends for line in lines], float).reshape(n, 2, 2)
        directions = np.array([line.direction for line in lines], float).reshape(n, 2)
        self.em = np.array([line.em for line in lines])
        self.stem = np.array([line.stem for line in lines])
        self.colour = np.array([line.colour for line in lines], float).reshape(n, 3)
        self.box = np.array([line.box for line in lines])
        across = np.stack([-directions[:, 1], directions[:, 0]], axis=1)
        self.left = np.einsum("jk,ik->ij", ends[:, 0], directions) / self.em[:, None]
        self.right = np.einsum("jk,ik->ij", ends[:, 1], directions) / self.em[:, None]
        self.base = np.einsum("jk,ik->ij", ends.mean(1), across) / self.em[:, None]
        own = np.arange(n)
        self.left, self.right = (
            self.left - self.left[own, own][:, None],
            self.right - self.left[own, own][:, None],
        )
        self.base = self.base - self.base[own, own][:, None]
        self.width = self.right[own, own]
        self.ratio = np.maximum(self.em[:, None] / self.em, self.em / self.em[:, None])
        sine = np.abs(
            directions[:, None, 0] * directions[None, :, 1] - directions[:, None, 1] * directions[None, :, 0]
        )
        overlap = (self.right > -BESIDE) & (self.left < self.width[:, None] + BESIDE)
        self.over = overlap & (sine < PARALLEL)
        np.fill_diagonal(self.over, False)
        larger = np.maximum(self.em[:, None], self.em) / self.em[:, None]
        step = self.base / larger
        leans = np.array([np.nan if line.lean is None else line.lean for line in lines], float)
        in_one_type = (self.ratio < SIZES) & ~(np.abs(leans[:, None] - leans) > LEANING)
        self.candidate = self.over & (step > STEP[0]) & (step < STEP[1]) & in_one_type
        alike = self.candidate & (self.ratio < STACKED)
        shared = self._shared()
        self.down = [self._first(i, alike & shared) for i in range(n)]
        self.next_below = [self._first(i, self.candidate) for i in range(n)]
        self.up = self._ups(alike & shared)
        self.next_above = self._ups(self.candidate)
        self.stacks = [self.stack(i) for i in range(n)]
        row = (sine < PARALLEL) & (np.abs(self.base) < ROW)
        np.fill_diagonal(row, False)
        self.row = row
        to_right = self.left - self.width[:, None]
        self.beside_right = np.where(row & (to_right > 0), to_right, FAR * 2).min(1, initial=FAR * 2)
        self.beside_left = np.where(row & (self.right < 0), -self.right, FAR * 2).min(1, initial=FAR * 2)
        texts = [line.text for line in lines]
        self.ends_of = [_ends(t, pack) for t in texts]
        self.starts_of = [_starts(t) for t in texts]
        self.own_of = [_own(t, pack) for t in texts]

    def _shared(self) -> np.ndarray:
        """[i, j]: whether two lines share their left ends, middles or right ends."""
        left = np.abs(self.left)
        right = np.abs(self.right - self.width[:, None])
        middle = np.abs((self.left + self.right) / 2 - self.width[:, None] / 2)
        return np.asarray(np.minimum(np.minimum(left, right), middle) < SHARED)

    def _first(self, i: int, among: np.ndarray) -> int:
        found = np.flatnonzero(among[i])
        return int(found[np.argmin(self.base[i, found])]) if len(found) else -1

    def _ups(self, among: np.ndarray) -> list[int]:
        """The nearest line above each line; -1 for none."""
        result = []
        for j in range(len(self.lines)):
            found = np.flatnonzero(among[:, j])
            result.append(int(found[np.argmin(self.base[found, j] * self.em[found])]) if len(found) else -1)
        return result

    def stack(self, i: int) -> list[int]:
        """The stack of a line, from the top: the line itself, and those above and below that share an edge or middle."""
        seen, stack = {i}, [i]
        for ways, place in ((self.up, 0), (self.down, None)):
            at = ways[i]
            while at >= 0 and at not in seen:
                seen.add(at)
                stack.insert(0 if place == 0 else len(stack), at)
                at = ways[at]
        return stack

    def below(self, i: int) -> list[int]:
        """The numbers of the nearest lines below, NEAREST at most."""
        numbers = np.flatnonzero(self.candidate[i])
        return [int(j) for j in numbers[np.argsort(self.base[i, numbers], kind="stable")][:NEAREST]]

    def features(self, i: int, j: int) -> list[float]:
        """The features of the pair of line i above line j, in the order of NAMES."""
        one, two = self.lines[i], self.lines[j]
        left, right, step = self.left[i, j], self.right[i, j] - self.width[i], self.base[i, j]
        middle = (self.left[i, j] + self.right[i, j] - self.width[i]) / 2
        scale = self.em[j] / self.em[i]
        stack = (
            self.stacks[i] if j in self.stacks[i] else list(dict.fromkeys([*self.stacks[i], *self.stacks[j]]))
        )
        lows, highs = self.left[i, stack], self.right[i, stack]
        low, high = float(lows.min()), float(highs.max())
        wide = high - low
        spare, word = high - self.width[i], two.word * scale
        free = wide - self.width[i]
        above, below = self.up[i], self.down[j]
        before, after = self.next_above[i], self.next_below[j]
        steps = np.diff(np.sort(self.base[i, stack]))
        size = np.log(scale)
        between = (
            (self.base[i] > BETWEEN) & (self.base[i] < step - BETWEEN) & self.over[i] & self.over[:, j]
        ).sum()
        full = (highs > high - FULL * wide).mean()
        hanging = one.bullet - left
        geometry = [
            step, _cut(left), _cut(abs(left)), _cut(abs(middle)), _cut(right), _cut(abs(right)),
            _log(self.width[i]), _log(self.right[i, j] - self.left[i, j]), size, abs(size),
            np.log(self.box[j] / self.box[i]), np.log(two.stem / one.stem), abs(np.log(two.stem / one.stem)),
            float(np.abs(self.colour[i] - self.colour[j]).max()) / LEVELS, _hue(self.colour[i], self.colour[j]) / LEVELS,
            one.item, two.item, one.unsure or two.unsure, self.next_below[i] == j, between, _cut(spare), _cut(word),
            _cut(min(spare, FAR * 2) - word), _log(wide), above >= 0, below >= 0,
            self._other_step(above, i, i, step) if above >= 0 else 0.0,
            self._other_step(j, below, i, step) if below >= 0 else 0.0,
            abs(np.log(self.em[i] / self.em[before])) if before >= 0 else 1.0,
            abs(np.log(self.em[j] / self.em[after])) if after >= 0 else 1.0,
            float(np.ptp(steps)) if len(steps) > 1 else 0.0, full,
            (np.abs(self.left[i, stack]) < FLUSH).mean(),
            (np.abs((self.left[i, stack] + highs - self.width[i]) / 2) < FLUSH).mean(),
            (np.abs(highs - self.width[i]) < FLUSH_RIGHT).mean(), abs(_cut(hanging)) if abs(hanging) < 2 else 2.0,
            abs(np.log(self.stem[i] / self.stem[before])) if before >= 0 else 1.0,
            abs(np.log(self.stem[j] / self.stem[after])) if after >= 0 else 1.0,
            float(np.abs(self.colour[i] - self.colour[before]).max()) / LEVELS if before >= 0 else 3.0,
            float(np.abs(self.colour[j] - self.colour[after]).max()) / LEVELS if after >= 0 else 3.0,
            self.beside_right[i], self.beside_right[j], self.beside_left[i], self.beside_left[j], np.log(len(stack)),
            _cut(self.left[i, above]) if above >= 0 else 0.0,
            np.mean([self.lines[k].item for k in stack]), float(np.std(highs)) / max(wide, 1.0), _cut(free - word),
            _log(wide) - _log(self.width[i]), self.candidate[i].sum() > 1, stack[-1] == j,
            *self._paired(i, j),
        ]  # fmt: skip
        if not one.text or not two.text:
            return [*map(float, geometry), *[0.0] * len(TEXT)]
        text = [
            1.0, *self.ends_of[i], *self.ends_of[j], *self.starts_of[i], *self.starts_of[j], *self.own_of[i], *self.own_of[j],
            np.mean([self.starts_of[k][0] for k in stack]), np.mean([self.own_of[k][-1] for k in stack]),
            np.mean([self.starts_of[k][1] for k in stack]), np.mean([self.own_of[k][3] for k in stack]),
            np.mean([self.ends_of[k][4] for k in stack]),
        ]  # fmt: skip
        return [float(value) for value in (*geometry, *text)]

    def _paired(self, i: int, j: int) -> tuple[float, float]:
        """(1 if lines beside these two share an edge, as the values of a table do, else 0; log width of the wider one)."""
        best = (0.0, np.log(WIDEST))
        for a in np.flatnonzero(self.row[i]):
            for b in np.flatnonzero(self.row[j]):
                same_side = (self.left[i, a] > 0) == (self.left[i, b] > 0)
                edges = min(abs(self.left[i, a] - self.left[i, b]), abs(self.right[i, a] - self.right[i, b]))
                if same_side and edges < SHARED:
                    wider = max(self.width[a] * self.em[a], self.width[b] * self.em[b]) / self.em[i]
                    best = min(best, (1.0, _log(wider)), key=lambda found: found[1])
        return best

    def _other_step(self, upper: int, lower: int, frame: int, step: float) -> float:
        """The distance of the baselines of two lines minus `step`, in em of the line `frame`."""
        return _cut(float(self.base[frame, lower] - self.base[frame, upper]) - step)


def _log(width: float) -> float:
    return float(np.log(max(width, NARROWEST)))


def _cut(value: float) -> float:
    return float(np.clip(value, -FAR, FAR))
