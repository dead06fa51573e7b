"""Which language a text is in. Text that is already in the target language stays as it is."""

import math
from collections.abc import Sequence
from functools import lru_cache
from threading import Lock
from typing import Any

from iimt_cli.config import Languages
from iimt_cli.model.vocabulary import Vocabulary

# Log odds from which a text is in the target language. It holds for 1 in 140 of 20,000 German labels of programs of one to
# three words, most of them names and words like Download; for 43 % of English labels of one word, 82 % of two, 95 % of three.
SURE = 4.0
LIKELY = 0.0  # the same on a page that as a whole is surely in the target language
USUAL = 0.35  # weight of the two vocabularies beside the identifier, which can only guess at single words
CAREFUL = 1e-6  # the identifier's probability is kept so far away from 0 and 1

_loading = Lock()


def in_target_language(
    texts: Sequence[str],
    languages: Languages,
    source: Vocabulary | None = None,
    target: Vocabulary | None = None,
) -> list[bool]:
    """For each text of a page whether it is in the target language rather than in the source language.

    An identifier of languages (py3langid) decides, together with the two vocabularies if both are given: in which of them
    are the words likelier? Always False if the identifier does not know a language, or if both languages are the same.
    """
    with _loading:
        identifier = _identifier(languages.source, languages.target)
    if identifier is None or not texts or languages.source == languages.target:
        return [False] * len(texts)

    def odds(text: str) -> float:
        language, sure = identifier.classify(text)
        share = min(max(float(sure if language == languages.target else 1 - sure), CAREFUL), 1 - CAREFUL)
        usual = _usual(target, text) - _usual(source, text) if source and target else 0.0
        return math.log(share / (1 - share)) + USUAL * usual

    page_is = odds(" ".join(texts)) > SURE
    return [odds(text) > (LIKELY if page_is else SURE) for text in texts]


def _usual(vocabulary: Vocabulary, text: str) -> float:
    """How likely a text is in a vocabulary, as it is or in small letters: labels have capitals where sentences have none."""
    return max(vocabulary.log_probability(text), vocabulary.log_probability(text.lower()))


@lru_cache(maxsize=4)
def _identifier(source: str, target: str) -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # half a second: only when there is text

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    if not {source, target} <= set(identifier.labels):
        return None
    identifier.set_languages([source, target])
    return identifier
