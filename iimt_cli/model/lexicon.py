"""Reading with the help of the source vocabulary: "rooms", if the OCR head saw "raoms" but an o was nearly as likely.

CTC's best path decides every character by itself. Here all characters that the OCR head holds for possible compete, and the
pieces of the unigram vocabulary (Kudo 2018, arXiv 1804.10959) decide by their log-probabilities: one search over characters
and their segmentation at once. Figures and marks are never changed, since no vocabulary knows which price is right. But an o
among figures becomes the zero of an old-style face, I before a measure or in doubt becomes 1, and the 8 of "12 G8" becomes B.
"""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TypeAlias

import numpy as np
from torch import Tensor

from iimt_cli.data.text import is_capital
from iimt_cli.language.base import Language
from iimt_cli.model.image_encoder import BLANK, FRAMES, Reading, read_best_path
from iimt_cli.model.vocabulary import END, Vocabulary

# Chosen on rendered pictures: 160 of held-out sentences, where they lower the CER from 1.6 to 1.2 %, and 240 of labels of
# programs, from 1.5 to 1.3 %.
LEAST = math.log(0.005)  # log-probability from which a character competes
# the same for a space where the best path has none, so that "Ctrl+O" stays as it is
LEAST_SPACE = math.log(0.2)
# the same for the letter in another size: a label is "Connect", the vocabulary knows "connect"
LEAST_CASE = math.log(0.35)
WEIGHT = 0.6  # of a piece's log-probability; that of a character counts 1
# is added for each character, about what it costs, so that shorter readings are not preferred
PER_CHARACTER = 3.5
UNKNOWN_CHARACTER = -10.0  # log-probability of a character that is not a piece
# log-probability of a measure of MEASURES that is not a piece
RARE_WORD = -9.0
MEASURES = ("kJ", "kcal", "kWh", "mAh", "km/h", "kbit/s", "Mbit/s", "GHz", "MHz", "kHz")

# nats: a path that is so much less likely than the best at the same place is given up. With 15, 43 readings of
# up to 90 places, 17 of them of lines on a busy photo, come out as without a limit.
BEAM = 15.0

_FIGURES = re.compile(r"\d[\doO]*(?:[.,:][\doO]+)*(?![^\W\d_])")
_LONE_BAR = re.compile(r"(?P<before>\S*) ?(?<!\S)(?P<bar>[Il]) (?P<after>\S)")
_UNITS = r"k?g|[mcd]?l|[kcm]?m|kWh?|%|€|EUR"
_BYTES = re.compile(r"(?<=\d )([KMGTkmgt]i?)8(?!\w)")

Option = tuple[str, float]  # (character that may stand in a place, "" for none; its log-probability)
_Path: TypeAlias = "tuple[_Path, Option] | None"  # the options that were taken, the last one first
_NOWHERE = (-math.inf,)
ROOT = 0  # node of the tree at which a piece begins
_FIRST_WORD = -1  # in place of the node `word`, before any character is chosen


class Lexicon:
    """The pieces of a vocabulary as a tree of characters.

    `below`: by node, the next node for each character; `value` is the value of a piece that ends.

    `one` matches an I or l before a unit, which is a misread 1; `lone_one` is that of `Misreadings`.
    """

    def __init__(self, vocabulary: Vocabulary, pack: Language, alphabet: str) -> None:
        self.alphabet = alphabet
        units = f"{_UNITS}|{pack.units}" if pack.units else _UNITS
        self.one = re.compile(rf"(?<!\w)[Il](?= (?:{units})(?!\w))")
        self.lone_one = pack.misreadings.lone_one
        self.below: list[dict[str, int]] = [{}]
        self._values: list[float | None] = [None]
        for number, surface in enumerate(vocabulary.surfaces):
            if number > END and surface:
                self._add(surface, vocabulary.score(number))
        for measure in MEASURES:
            if self.value(self._node(f" {measure}")) is None:
                self._add(f" {measure}", RARE_WORD)
        for char in alphabet:
            if self.value(self._node(char)) is None:
                self._add(char, UNKNOWN_CHARACTER)
        # the node at which a first word begins, because pieces begin with a space
        self.word = self._node(" ")

    def _node(self, text: str) -> int:
        node = 0
        for char in text:
            if char not in self.below[node]:
                self.below[node][char] = len(self.below)
                self.below.append({})
                self._values.append(None)
            node = self.below[node][char]
        return node

    def _add(self, surface: str, score: float) -> None:
        self._values[self._node(surface)] = WEIGHT * (score + PER_CHARACTER * len(surface))

    def value(self, node: int) -> float | None:
        return self._values[node]


@dataclass(frozen=True)
class _Place:
    """CTC frames [start, stop) in which a character stands or may stand; `best`: the character of the best path, or ""."""

    start: int
    stop: int
    options: list[Option]
    best: Option


def read_with_lexicon(logits: Tensor, mask: Tensor, lexicon: Lexicon) -> list[Reading]:
    """As `read_best_path`, with logits (B, 2F, classes) and mask (B, F); doubtful letters are decided by the lexicon."""
    log_probs = logits.float().log_softmax(-1).cpu().numpy()
    lengths = (mask.sum(1) * FRAMES).tolist()
    return [
        _with_figures(_with_ones(_settle(row[:length], reading, lexicon), row, lexicon), lexicon)
        for row, length, reading in zip(
            log_probs, lengths, read_best_path(logits, mask, lexicon.alphabet), strict=True
        )
    ]


def _with_ones(reading: Reading, log_probs: np.ndarray, lexicon: Lexicon) -> Reading:
    """The reading with a 1 for each I or l between spaces that may be one, because a 1 is likelier there.

    Between two words with capitals it is more likely a bar, and at the end of a text a Roman figure ("Kapitel I").
    """
    if not lexicon.lone_one:
        return reading
    text = list(reading.text)
    for found in _LONE_BAR.finditer(reading.text):
        before = found["before"]
        if before[:1].isupper() and before[-1].isalpha() and found["after"].isupper():
            continue
        at = found.start("bar")
        seen = log_probs[slice(*reading.frames[at])]
        one, *bars = (float(seen[:, BLANK + 1 + lexicon.alphabet.index(c)].max()) for c in "1Il")
        if one + lexicon.lone_one > max(bars):
            text[at] = "1"
    return replace(reading, text="".join(text))


def _with_figures(reading: Reading, lexicon: Lexicon) -> Reading:
    text = _FIGURES.sub(lambda found: re.sub("[oO]", "0", found[0]), reading.text)
    return replace(reading, text=_BYTES.sub(r"\1B", lexicon.one.sub("1", text)))


def _settle(log_probs: np.ndarray, best: Reading, lexicon: Lexicon) -> Reading:
    places = _places(log_probs, lexicon.alphabet)
    if all(len(place.options) == 1 for place in places):
        return best
    # Text in capitals is segmented as if it were in small letters, since the vocabulary knows it so.
    chosen = _search([p.options for p in places], lexicon, str.lower if is_capital(best.text) else str)
    kept = [(place, char) for place, (char, _) in zip(places, chosen, strict=True) if char]
    total = best.score * max(1, len(best.text))
    total += sum(score - place.best[1] for place, (_, score) in zip(places, chosen, strict=True))
    text = "".join(char for _, char in kept)
    return Reading(text, [(place.start, place.stop) for place, _ in kept], total / max(1, len(text)))


def _places(log_probs: np.ndarray, alphabet: str) -> list[_Place]:
    """The places where characters stand or may stand, from log-probabilities (T, classes)."""
    best = log_probs.argmax(-1)
    bounds = [0, *(np.flatnonzero(np.diff(best)) + 1).tolist(), len(best)]
    runs = [(a, b, int(best[a])) for a, b in pairwise(bounds) if a < b]
    letters = log_probs[:, BLANK + 1 :].max(axis=1)  # of the likeliest character in each frame
    places = []
    for i, (start, stop, number) in enumerate(runs):
        around = {runs[j][2] for j in (i - 1, i + 1) if 0 <= j < len(runs)}
        if number == BLANK and letters[start:stop].max() <= min(LEAST, LEAST_SPACE):
            continue
        if number == BLANK:
            places += _perhaps(log_probs, start, stop, around, alphabet)
            continue
        frame = start + int(log_probs[start:stop, number].argmax())
        certain = (_character(number, alphabet), float(log_probs[frame, number]))
        options = [certain]
        if _settled_by_words(certain[0]):
            likely = np.nonzero(log_probs[frame] > LEAST)[0].tolist()
            rivals = [(_character(k, alphabet), float(log_probs[frame, k])) for k in likely]
            options += [rival for rival in rivals if _competes(rival, certain[0])]
        places.append(_Place(start, stop, options, certain))
    return places


def _perhaps(log_probs: np.ndarray, start: int, stop: int, around: set[int], alphabet: str) -> list[_Place]:
    """The likeliest letter in frames where the best path has none. A letter in `around`, the neighbours, does not count."""
    part = log_probs[start:stop].copy()
    part[:, [BLANK, *around]] = -math.inf
    at, number = divmod(int(part.argmax()), part.shape[1])
    frame, char = start + at, _character(number, alphabet)
    if not _competes((char, float(part[at, number])), ""):
        return []
    nothing = ("", float(log_probs[frame, BLANK]))
    return [_Place(frame, frame + 1, [nothing, (char, float(part[at, number]))], nothing)]


def _competes(rival: Option, best: str) -> bool:
    """Whether a character may stand where the best path has another one, or none."""
    char, log_prob = rival
    if char == best or not _settled_by_words(char):
        return False
    if not best and char == " ":
        return log_prob > LEAST_SPACE
    return log_prob > (LEAST_CASE if char.lower() == best.lower() else LEAST)


def _character(number: int, alphabet: str) -> str:
    return "" if number == BLANK else alphabet[number - 1]


def _settled_by_words(char: str) -> bool:
    return char in ("", " ") or char.isalpha()


def _search(places: Sequence[list[Option]], lexicon: Lexicon, form: Callable[[str], str]) -> list[Option]:
    """One option for each place, so that their text and its best segmentation are likeliest together (Viterbi).

    What may follow depends on the node alone, so each node keeps its best path, wherever its piece began. `form` turns a
    character into the form that the lexicon is asked for.
    """
    states: dict[int, tuple[float, _Path]] = {ROOT: (0.0, None), _FIRST_WORD: (0.0, None)}
    for options in places:
        asked = [(form(option[0]), option) for option in options]
        least = max(score for score, _ in states.values()) - BEAM
        after: dict[int, tuple[float, _Path]] = {}
        for node, (score, path) in states.items():
            if score < least:
                continue
            below = lexicon.below[lexicon.word if node == _FIRST_WORD else node]
            for char, option in asked:
                down = below.get(char) if option[0] else node
                if down is not None and score + option[1] > after.get(down, _NOWHERE)[0]:
                    after[down] = (score + option[1], (path, option))
        ended = after.get(ROOT, (-math.inf, None))
        for node, (score, path) in after.items():
            value = 0.0 if node == _FIRST_WORD else lexicon.value(node)
            if value is not None and score + value > ended[0]:
                ended = (score + value, path)
        states = after | {ROOT: ended}
    found = []
    last = states[ROOT][1]
    while last is not None:
        last, option = last
        found.append(option)
    return found[::-1]
