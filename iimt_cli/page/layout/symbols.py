"""What stands among the letters of a line and is no letter: a bullet, a check box, an icon, an arrow, a face, a cursor.

A small network says it of each group of ink between two gaps. It sees the group with what is beside it, and how large it is,
where it stands and which colours it has. `recipes/symbols.py` trains it on made-up lines. It cannot read: a W in widely spaced
type looks to it like a symbol. So each group that may be a symbol is read, too (`Letters`). Letters are read without doubt,
symbols with doubt, as a single letter or as nothing. What reads may know more, by its states (`Read.odds`). If it does not,
a part of a word that is surely read is no symbol. A logistic regression weighs looks and reading.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
from safetensors.numpy import load_file

from iimt_cli.page.arrays import Coverage, Floats, Mask, Pixels, Span
from iimt_cli.page.colours import contrast
from iimt_cli.page.layout.rules import ground
from iimt_cli.page.rectify import EM
from iimt_cli.page.runs import INK, SOLID, inked_columns, rows_of, runs
from iimt_cli.page.shapes import distance_to, free_of, shapes
from iimt_cli.page.tracking import AS_USUAL, Tracking

WEIGHTS = Path(__file__).with_name("symbols.safetensors")  # made by recipes/symbols.py
# Probabilities; the figures are of 45 made-up sheets with kinds and faces that are held out.
LIKELY = 0.75  # from which a group that nothing reads is a symbol: 78 % of 430 symbols, 14 of 2,693 groups of letters are
SURE = 0.85  # the same of all that there is in a line, and of a narrow piece at its end (an I, a bracket)
ASKED = 0.03  # from which a group is read, too: all of the symbols are, 10 % of the letters
# from which it is a symbol by looks and reading: 92 % and 15 are
READ_LIKELY = 0.5
# em, and times its height: a lower and longer piece between two words is a dash. In 110 faces – and — are at most 0.165 em
# high, and at least 2.8 times as long.
FLAT, LONG = 0.17, 2.5

# What is one group: by eye on the sheets that the network is trained with.
GROUP_GAP = 0.12  # em: what is nearer to each other is one group
NARROW = 0.2  # em: a narrower piece at an end of the line is a group of its own
MARKED = 30.0  # levels from the background from which pixels belong to a shape
CALM = 0.7  # share of a strip's background that has one colour, if shapes are to be told from it
WIDEST_SHAPE = 3.0  # em: a wider one is an underline or a frame

# What the network sees of a group.
PATCH_EM = 20.0  # px: the type size in a patch
PATCH_BASELINE = 22  # row
LAYERS = 4  # of a patch
PATCH = (32, 64)  # rows, columns; the middle of the group is in the middle
ALL = 255.0  # of coverage, in the bytes in which a strip is scaled
LEVELS = 128.0  # of a colour channel: differences are in this unit
FAR = 3.0  # em: gaps are cut off here
NO_INK = 1e-3  # px: avoids dividing by zero
SAFE = 1e-6  # probability: avoids infinite odds


@dataclass(frozen=True)
class Read:
    """What is read in a group. score: log-probability of all there; letters: how many characters; word: whether one of them
    belongs to a word of two letters or more, or is a sign that no symbol is read as; sure: whether it is text in any case;
    odds: log-odds that it is a symbol, by the states of what reads it; None if these tell nothing."""

    score: float
    letters: int
    word: bool
    sure: bool
    odds: float | None = None


Letters = Callable[[Sequence[Coverage], Sequence[Sequence[Span]]], Sequence[Sequence[Read]]]
"""Of lines of ink, (32, W) each, and the columns of some groups in each: what is read in each group."""


@dataclass(frozen=True)
class Suspect:
    """A group that may be a symbol. columns: in its line; chance: probability by its looks; lone: whether it is `doubtful`;
    width: em."""

    columns: Span
    chance: float
    lone: bool
    width: float


@dataclass(frozen=True)
class Groups:
    """The groups of ink of a line: columns of each; patches (N, 4, 32, 64); features (N, len(NAMES))."""

    columns: list[Span]
    patches: Floats
    features: Floats


@dataclass(frozen=True)
class _Seen:
    """A line, (32, W). filled: its shapes; apart: levels between each pixel and the ground, which is `calm` or is not;
    columns of its groups; their colours, (N, 8)."""

    strip: Pixels
    ink: Coverage
    filled: Mask
    apart: Floats
    calm: bool
    baseline: float
    em: float
    columns: list[Span]
    colours: Floats


NAMES = (
    "width", "height", "foot", "top", "gap before", "gap after", "usual gap", "groups", "first", "last", "other colour",
    "uneven", "others uneven", "filled", "thick", "others thick", "pieces", "calm", "seen", "em", "others' height",
    "others' width", "solid", "contrast",
)  # fmt: skip


def suspects(strip: Pixels, ink: Coverage, baseline: float, em: float) -> list[Suspect]:
    """What may be the symbols of a line. strip, ink: (32, W, 3), (32, W); baseline, em: strip px."""
    found = groups(strip, ink, baseline, em)
    likely = chances(found.patches, found.features, shipped()).tolist()
    lone, wide = doubtful(found.features).tolist(), found.features[:, NAMES.index("width")].tolist()
    every = map(Suspect, found.columns, likely, lone, wide)
    dashes = _dashes(found.features).tolist()
    return [one for one, dash in zip(every, dashes, strict=True) if one.chance > ASKED and not dash]


def _dashes(features: Floats) -> Mask:
    """Which of the groups with these features, (N, F), are dashes between words, (N,)."""
    width, height, first, last = (
        features[:, NAMES.index(name)] for name in ("width", "height", "first", "last")
    )
    return np.asarray((height < FLAT) & (width > LONG * height) & (first + last == 0))


def symbols_of(
    found: Sequence[Sequence[Suspect]],
    inks: Sequence[Coverage],
    letters: Letters | None,
    spaced: Sequence[Tracking] = (),
) -> list[Mask]:
    """Of lines the columns, (W,), of their symbols. found: suspects of each; letters: reads them; without it looks decide.

    spaced: how the letters of each are spaced; none are without it.
    """
    asked = [(n, one) for n, some in enumerate(found) for one in some]
    if letters is None or not asked:
        chosen = [one.chance > (SURE if one.lone else LIKELY) for _, one in asked]
    else:
        spaced = spaced or [AS_USUAL] * len(inks)
        lines = [n for n, some in enumerate(found) if some]
        spans = [
            [(spaced[n].column(a), spaced[n].column(b)) for a, b in (one.columns for one in found[n])]
            for n in lines
        ]
        read = [one for some in letters([spaced[n].closed(inks[n]) for n in lines], spans) for one in some]
        chosen = (weighed([one for _, one in asked], read, shipped()) > READ_LIKELY).tolist()
    result = [np.zeros(ink.shape[1], bool) for ink in inks]
    for (n, one), symbol in zip(asked, chosen, strict=True):
        left, right = one.columns
        result[n][max(left - 1, 0) : right + 1] |= symbol
    return result


LEAST_DOUBT = 0.01  # nats: what is read with less doubt is read equally well
FEWEST = 0.5  # letters, for which nothing that is read counts


def signs(found: Sequence[Suspect], read: Sequence[Read]) -> Floats:
    """How some suspects look and how they are read, in numbers, (N, 6); with the odds of what reads them (N, 8)."""
    looks = np.clip([one.chance for one in found], SAFE, 1 - SAFE)
    lone, width = (
        np.array(some, float) for some in zip(*((one.lone, one.width) for one in found), strict=True)
    )
    score, letters, word = (
        np.array(some, float)
        for some in zip(*((one.score, one.letters, one.word) for one in read), strict=True)
    )
    told = [
        np.log(looks / (1 - looks)), lone, np.log(LEAST_DOUBT - score), word, letters == 0,
        np.log(width / np.maximum(letters, FEWEST)),
    ]  # fmt: skip
    odds = [one.odds for one in read if one.odds is not None]
    if len(odds) == len(read):
        told += [np.array(odds), np.array([one.sure for one in read])]
    return np.column_stack(told).astype(np.float32)


def weighed(found: Sequence[Suspect], read: Sequence[Read], w: Mapping[str, np.ndarray]) -> Floats:
    """Probability, (N,), of some suspects, by looks and reading, that each is a symbol.

    It is 0 for what is surely read as text, unless the states of what reads it tell more.
    """
    told = signs(found, read)
    how = "read" if told.shape[1] == len(w["read.weight"]) else "seen"
    chance = 1 / (1 + np.exp(-(told @ w[f"{how}.weight"] + w[f"{how}.bias"])))
    return np.where([one.sure and one.odds is None for one in read], 0, chance)


def doubtful(features: Floats) -> Mask:
    """Which of the groups with these features, (N, F), are all of their line, or narrow and at its end, (N,)."""
    width, first, last = (features[:, NAMES.index(name)] for name in ("width", "first", "last"))
    return np.asarray((first * last > 0) | ((first + last > 0) & (width < NARROW)))


def groups(strip: Pixels, ink: Coverage, baseline: float, em: float) -> Groups:
    """The groups of a line, from the left, with what the network is told of each."""
    behind = ground(strip, ink, CALM)
    calm = behind is not None
    if behind is None:
        free = free_of(ink)
        behind = np.median(strip[free] if free.any() else strip.reshape(-1, 3), axis=0)
    apart = contrast(strip.astype(np.float32), behind)
    filled = (ink > INK) | _shapes_of(apart > MARKED, ink, em) if calm else ink > INK
    columns = _columns(inked_columns(filled.astype(np.float32)), em)
    if not columns:
        return Groups([], np.zeros((0, LAYERS, *PATCH), np.float32), np.zeros((0, len(NAMES)), np.float32))
    seen = _Seen(strip, ink, filled, apart, calm, baseline, em, columns, _colours(strip, ink, columns))
    return Groups(columns, _patches(seen), _features(seen))


def _columns(filled: Mask, em: float) -> list[Span]:
    """What is near to each other, of what is filled, (W,); a narrow piece at an end, which may be a cursor, by itself."""
    pieces, found = runs(filled), list[Span]()
    narrow = [b - a < NARROW * em for a, b in pieces]
    for n, (a, b) in enumerate(pieces):
        at_end = (n == 1 and narrow[0]) or (n == len(pieces) - 1 and narrow[n])
        if n == 0 or at_end or a - found[-1][1] > GROUP_GAP * em:
            found.append((a, b))
        else:
            found[-1] = (found[-1][0], b)
    return found


def _shapes_of(marked: Mask, ink: Coverage, em: float) -> Mask:
    """The shapes among the marked pixels, (32, W), of which the separator has seen a part."""
    found = shapes(marked)
    chosen = np.zeros(len(found) + 1, bool)
    chosen[found.labels[ink > INK]] = True
    chosen &= found.table[:, cv2.CC_STAT_WIDTH] < WIDEST_SHAPE * em
    chosen[0] = False
    return found.pixels(chosen)


def _colours(strip: Pixels, ink: Coverage, columns: Sequence[Span]) -> Floats:
    """Of each group its colour, that of the others, and how much both vary: (N, 8)."""
    pixels = strip.astype(np.float32)
    full = ink > min(SOLID, float(ink.max()) * SOLID)
    sums, squares, counts = (np.zeros((len(columns), n)) for n in (3, 3, 1))
    for n, (left, right) in enumerate(columns):
        own = pixels[:, left:right][full[:, left:right]]
        sums[n], squares[n], counts[n] = own.sum(0), (own**2).sum(0), len(own)
    result = []
    for some in (
        (sums, squares, counts),
        (sums.sum(0) - sums, squares.sum(0) - squares, counts.sum(0) - counts),
    ):
        mean = some[0] / (some[2] + NO_INK)
        spread = np.sqrt(np.maximum(some[1] / (some[2] + NO_INK) - mean**2, 0).max(1, keepdims=True))
        result += [mean, spread]
    lone = (counts.sum(0) - counts)[:, 0] == 0
    result[2][lone], result[3][lone] = result[0][lone], result[1][lone]
    return np.hstack(result)


def _features(seen: _Seen) -> Floats:
    """In the order of NAMES, (N, F)."""
    filled, ink, columns, colours, em = seen.filled, seen.ink, seen.columns, seen.colours, seen.em
    inside = distance_to(~np.pad(filled, 1))[1:-1, 1:-1]
    gaps = [after[0] - before[1] for before, after in pairwise(columns)]
    before, after = [FAR * em, *gaps], [*gaps, FAR * em]
    usual = float(np.median(gaps)) / em if gaps else FAR
    starts, ends = np.array(columns).T
    boxes = [rows_of(filled[:, a:b].astype(np.float32)) or (0, 1) for a, b in columns]
    tall, wide, thick = (
        np.array(values, float)
        for values in (
            [y1 - y0 for y0, y1 in boxes], ends - starts, [inside[:, a:b].max() for a, b in columns]
        )
    )  # fmt: skip
    others_thick, others_tall, others_wide = (_others(some, how) for some, how in (
        (thick, np.max), (tall, np.median), (wide, np.median)
    ))  # fmt: skip
    found = shapes(filled).table[1:, cv2.CC_STAT_LEFT]
    pieces = np.bincount(np.searchsorted(starts, found, "right") - 1, minlength=len(columns))
    rows = []
    for n, ((a, b), (y0, y1)) in enumerate(zip(columns, boxes, strict=True)):
        own, seen_ink = filled[y0:y1, a:b], ink[y0:y1, a:b]
        area = float(own.sum()) + NO_INK
        rows.append([
            (b - a) / em, (y1 - y0) / em, (seen.baseline - y1) / em, (seen.baseline - y0) / em, min(before[n] / em, FAR),
            min(after[n] / em, FAR), min(usual, FAR), np.log(len(columns)), n == 0, n == len(columns) - 1,
            np.abs(colours[n, :3] - colours[n, 4:7]).max() / LEVELS, colours[n, 3] / LEVELS, colours[n, 7] / LEVELS,
            area / own.size, thick[n] / em, others_thick[n] / em, np.log(pieces[n]), seen.calm,
            seen_ink.sum() / area, em / EM, others_tall[n] / em, np.log((others_wide[n] or em) / em),
            (seen_ink > SOLID).sum() / area, seen.apart[y0:y1, a:b][own].mean() / LEVELS,
        ])  # fmt: skip
    return np.array(rows, np.float32)


def _others(values: Floats, how: Callable[..., Floats]) -> Floats:
    """Of each of some values, (N,), what the others come to, (N,); 0 for a single one."""
    if len(values) == 1:
        return np.zeros(1)
    others = ~np.eye(len(values), dtype=bool)
    return how(np.broadcast_to(values, others.shape)[others].reshape(len(values), -1), axis=1)


def _patches(seen: _Seen) -> Floats:
    """Of each group its ink, that of the others, how far its pixels are from the ground and from the others' colour."""
    scale, (height, width) = PATCH_EM / seen.em, PATCH
    margin = width // 2 + 1
    size = round(seen.strip.shape[1] * scale) + 2 * margin
    matrix = np.array([[scale, 0, margin], [0, scale, PATCH_BASELINE - seen.baseline * scale]])
    layers = np.empty(seen.strip.shape, np.uint8)
    for n, layer in enumerate((seen.ink * ALL, seen.apart, seen.filled * np.float32(ALL))):
        layers[..., n] = layer
    flat, colour = (cv2.warpAffine(layer, matrix, (size, height)) for layer in (layers, seen.strip))
    lefts = [round((a + b) / 2 * scale) + margin - width // 2 for a, b in seen.columns]
    at = np.array(lefts)[:, None] + np.arange(width)
    part, pixels = (layer[:, at].astype(np.float32).swapaxes(0, 1) for layer in (flat, colour))
    middles = np.abs(np.arange(width) + 0.5 - width / 2)
    half = np.array([(b - a) / 2 * scale + 1 for a, b in seen.columns])[:, None, None]
    own = (middles < half).astype(np.float32)
    other = contrast(pixels, seen.colours[:, None, None, 4:7].astype(np.float32))
    result = np.empty((len(seen.columns), LAYERS, height, width), np.float32)
    result[:, 0] = part[..., 0] * own / ALL
    result[:, 1] = part[..., 0] * (1 - own) / ALL
    result[:, 2] = part[..., 1] * own / LEVELS
    result[:, 3] = other * part[..., 2] * own / (ALL * LEVELS)
    return result


def chances(patches: Floats, features: Floats, w: Mapping[str, np.ndarray]) -> Floats:
    """Probability of each of some groups, (N, 4, 32, 64) and (N, F), that it is a symbol, (N,), by the weights `w`."""
    x = patches.transpose(0, 2, 3, 1)
    for n in (1, 2, 3):
        x = _convolved(x, w[f"conv{n}.weight"], w[f"conv{n}.bias"])
    told = (features - w["mean"]) / w["spread"]
    x = np.concatenate(
        [x.reshape(len(x), np.prod(x.shape[1:], dtype=int)), np.clip(told, -UNUSUAL, UNUSUAL)], axis=1
    )
    x = np.maximum(x @ w["hidden.weight"].T + w["hidden.bias"], 0)
    return np.asarray(1 / (1 + np.exp(-(x @ w["out.weight"].T + w["out.bias"])[:, 0])))


UNUSUAL = 6.0  # standard deviations: features are cut off there


def _convolved(x: Floats, weight: Floats, bias: Floats) -> Floats:
    """A convolution of 3 × 3, of every second pixel, and what is negative cut off: (N, H, W, C) → (N, H / 2, W / 2, D)."""
    seen = np.lib.stride_tricks.sliding_window_view(
        np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0))), (3, 3), axis=(1, 2)
    )
    seen = seen[:, ::2, ::2]
    flat = seen.reshape(-1, seen.shape[3] * 9) @ weight.reshape(len(weight), -1).T + bias
    return np.asarray(np.maximum(flat, 0).reshape(*seen.shape[:3], len(weight)))


@cache
def shipped() -> dict[str, np.ndarray]:
    return load_file(WEIGHTS)
