"""What is true of written language, as data and rules: no network, no pixels.

`base` says what may be asked, `de` and `en` answer, and any other language has the neutral answer: nothing special.
`protected` finds what must be copied letter by letter, `lexicon` what rare words mean.
"""

from functools import cache
from importlib import import_module
from importlib.util import find_spec

from iimt_cli.language.base import Language


@cache
def language(code: str) -> Language:
    """The pack of a language by its ISO 639-1 code; one without rules if there is no module of that name."""
    name = f"{__name__}.{code}"
    if len(code) == 2 and code.isalpha() and find_spec(name) is not None:
        found: Language = import_module(name).LANGUAGE
        return found
    return Language(code)
