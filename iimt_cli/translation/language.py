"""Which language a reading is in: text that is in the target language already stays as it is."""

from collections.abc import Sequence
from functools import lru_cache
from threading import Lock
from typing import Any

from iimt_cli.config import Languages

SURE = 0.9  # for a text by itself: of 12,000 held-out German texts, signs and menus among them, 1 in 700 is above
LIKELY = 0.5  # on a page that is surely in the target language, where a single word tells little by itself

_loading = Lock()


def in_target_language(texts: Sequence[str], languages: Languages) -> list[bool]:
    """For each of a page's texts whether it is in the target language rather than in the source language.

    Always False for languages that the identifier (py3langid) does not know.
    """
    with _loading:
        identifier = _identifier(languages.source, languages.target)
    if identifier is None or not texts:
        return [False] * len(texts)

    def share(text: str) -> float:
        language, sure = identifier.classify(text)
        return float(sure if language == languages.target else 1 - sure)

    page_is = share(" ".join(texts)) > SURE
    return [share(text) > (LIKELY if page_is else SURE) for text in texts]


@lru_cache(maxsize=4)
def _identifier(source: str, target: str) -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # half a second: only when there is text

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    if not {source, target} <= set(identifier.labels):
        return None
    identifier.set_languages([source, target])
    return identifier
