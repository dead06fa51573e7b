"""How sure a translation is: the probability that someone who knows both languages would accept it.

Several signs of one translation, weighed by a logistic regression that was fitted to judged translations (see
`recipes/fit_confidence.py`). Its few numbers lie beside the weights, for they belong to one text model.
"""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from iimt_cli.errors import IimtError
from iimt_cli.language.lexicon import Lexicon

CONFIDENCE = "confidence.json"  # beside the weights
STEM = 5  # letters that a word of the translation must share with what the lexicon says: "house", "houses"
_WORD = re.compile(r"[^\W\d_]{3,}")


@dataclass(frozen=True)
class Signs:
    """What can be told of a translation without knowing the right one."""

    mean: float  # log-probability per piece
    lowest: float  # log-probability of the least likely piece
    words: float  # logarithm of the number of source words, plus one
    explained: (
        float  # share of the source words that the lexicon knows of which the translation says a meaning
    )
    unknown: float  # share of the source words that the lexicon knows not even by their parts
    invented: (
        float  # share of the words of the translation that stand neither in the lexicon nor in the source
    )


def signs(source: str, target: str, mean: float, lowest: float, lexicon: Lexicon | None) -> Signs:
    """Of a text and its translation; log-probabilities as the text decoder has them. Without a lexicon it says nothing."""
    ours, theirs = _WORD.findall(source), _WORD.findall(target)
    words = math.log(1 + len(source.split()))
    if lexicon is None or not ours:
        return Signs(mean, lowest, words, 1.0, 0.0, 0.0)
    stems = {word.casefold()[:STEM] for word in theirs}
    told = [meanings for word in ours if (meanings := lexicon.all_meanings(word))]
    explained = sum(any(m.casefold()[:STEM] in stems for text in one for m in text.split()) for one in told)
    known = {word.casefold() for word in ours}
    new = [w for w in theirs if w.casefold() not in known and not lexicon.says(w)]
    return Signs(
        mean,
        lowest,
        words,
        explained / len(told) if told else 0.0,
        1 - len(told) / len(ours),
        len(new) / max(1, len(theirs)),
    )


@dataclass(frozen=True)
class Calibration:
    """A logistic regression: the logarithm of the odds that a translation is acceptable."""

    intercept: float
    weights: Mapping[str, float]

    @classmethod
    def load(cls, folder: Path) -> "Calibration | None":
        """That of a folder of weights, if it has one. Raises IimtError if it is damaged."""
        path = folder / CONFIDENCE
        if not path.exists():
            return None
        try:
            table = json.loads(path.read_text(encoding="utf-8"))
            names = [field.name for field in fields(Signs)]
            return cls(float(table["intercept"]), {name: float(table["weights"][name]) for name in names})
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise IimtError(f"{path}: not a calibration ({error})") from error

    def probability(self, found: Signs) -> float:
        odds = self.intercept + sum(self.weights[name] * value for name, value in asdict(found).items())
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, odds))))


def probability(calibration: Calibration | None, found: Signs) -> float:
    """0..1; without a calibration the mean probability of a piece."""
    return math.exp(found.mean) if calibration is None else calibration.probability(found)
