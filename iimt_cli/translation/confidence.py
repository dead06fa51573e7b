"""How sure a translation is: the probability that someone who knows both languages would accept it.

A logistic regression weighs several signs of a translation. It was fitted to judged translations
(`recipes/fit_confidence.py`). Its few numbers lie beside the weights, because they belong to one text model.
"""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from iimt_cli.errors import IimtError
from iimt_cli.language.base import Language
from iimt_cli.language.lexicon import Lexicon, first_letters
from iimt_cli.language.protected import PLACEHOLDER, mask
from iimt_cli.model.appraisal import Appraisal
from iimt_cli.weights import CONFIDENCE

# stands for the frequency of the rarest word in a text without words to translate: as if that were well known
RAREST = 1000
_WORD = re.compile(r"[^\W\d_]+")
# log odds are cut off here: the probability is 0 or 1 to thirteen digits, and exp would overflow at 700
SUREST = 30.0
SHORT = 3  # letters: shorter words are not looked up


@dataclass(frozen=True)
class Signs:
    """What is known of a translation without the right one to compare it with."""

    mean: float  # log-probability per piece
    lowest: float  # log-probability of the least likely piece
    weakest: float  # the probability of that piece
    words: float  # logarithm of the number of source words, plus one
    explained: (
        # share of the source words of which the translation has a meaning that the lexicon gives; rare words count more
        float
    )
    unknown: float  # share of the source words that the lexicon does not know, not even by their parts
    invented: (
        float  # share of the words of the translation that stand neither in the lexicon nor in the source
    )
    inventing: float  # 1 if there is such a word, else 0
    rarest: float  # logarithm of how often the rarest source word stands in the training text, plus one
    quality: float  # log-odds that it is right, by the quality estimator; 0 without one


def signs(source: str, target: str, appraisal: Appraisal, lexicon: Lexicon | None, pack: Language) -> Signs:
    """The signs of a text and its translation, which the text model appraised. Copied parts do not count.

    Without a lexicon, or without words to translate, only the text model's own figures count.
    """
    mean, lowest, quality = appraisal.mean, appraisal.lowest, appraisal.quality
    ours = [w for w in _WORD.findall(PLACEHOLDER.sub(" ", mask(source, pack).text)) if len(w) >= SHORT]
    theirs = _WORD.findall(target)
    words = math.log(1 + len(source.split()))
    if lexicon is None or not ours:
        return Signs(mean, lowest, math.exp(lowest), words, 1.0, 0.0, 0.0, 0.0, math.log(1 + RAREST), quality)
    stems = {first_letters(word) for word in theirs}
    said = known = 0.0
    unknown = 0
    for word in ours:
        meanings, weight = lexicon.all_meanings(word), 1 / math.log(3 + lexicon.count(word))
        unknown += not lexicon.known(word)
        known += weight * bool(meanings)
        said += weight * any(first_letters(m) in stems for text in meanings for m in text.split())
    copied = {word.casefold() for word in _WORD.findall(source)}
    new = [w for w in theirs if len(w) >= SHORT and w.casefold() not in copied and not lexicon.says(w)]
    return Signs(
        mean=mean,
        lowest=lowest,
        weakest=math.exp(lowest),
        words=words,
        explained=said / known if known else 0.0,
        unknown=unknown / len(ours),
        invented=len(new) / max(1, len(theirs)),
        inventing=float(bool(new)),
        rarest=math.log(1 + min(lexicon.count(word) for word in ours)),
        quality=quality,
    )


@dataclass(frozen=True)
class Calibration:
    """A logistic regression of `Signs` that gives the log odds that a translation is acceptable."""

    intercept: float
    weights: Mapping[str, float]

    @classmethod
    def load(cls, folder: Path) -> "Calibration | None":
        """The calibration in a folder of weights; None if it has none. Raises IimtError if it is damaged."""
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
        return 1 / (1 + math.exp(-max(-SUREST, min(SUREST, odds))))


def probability(calibration: Calibration | None, found: Signs) -> float:
    """How likely a translation is acceptable, 0..1. Without a calibration: the mean probability of its pieces."""
    return math.exp(found.mean) if calibration is None else calibration.probability(found)
