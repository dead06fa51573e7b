"""Which language a reading is in: text that is in the target language already stays as it is."""

import math
from collections.abc import Sequence
from functools import lru_cache
from threading import Lock
from typing import Any

from iimt_cli.config import Languages
from iimt_cli.model.vocabulary import Vocabulary

# Log odds. Of a text by itself: of 20,000 German labels of programs, of one to three words, 1 in 140 is above, most of them
# names and words like Download. So are 43 % of English labels of one word, 82 % of two, 95 % of three.
SURE = 4.0
LIKELY = 0.0  # on a page that is surely in the target language, where a single word tells little by itself
USUAL = 0.35  # how much the two vocabularies count beside the identifier, which has to guess at single words
CAREFUL = 1e-6  # the identifier is never surer than that

_loading = Lock()


def in_target_language(
    texts: Sequence[str],
    languages: Languages,
    source: Vocabulary | None = None,
    target: Vocabulary | None = None,
) -> list[bool]:
    """For each of a page's texts whether it is in the target language rather than in the source language.

    What an identifier of languages (py3langid) says, and how much more usual the words are in the one vocabulary than in
    the other, where there are vocabularies of both. Always False for languages that the identifier does not know, and for one
    that becomes itself.
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
    """Labels have capitals where sentences have none."""
    return max(vocabulary.log_probability(text), vocabulary.log_probability(text.lower()))


@lru_cache(maxsize=4)
def _identifier(source: str, target: str) -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # half a second: only when there is text

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    if not {source, target} <= set(identifier.labels):
        return None
    identifier.set_languages([source, target])
    return identifier
