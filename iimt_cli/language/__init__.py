"""What is true of written language, as data and rules: no network, no pixels. Nothing else in the code knows a language.

`base` says what may be asked, `de`, `en` and `fr` answer, and any other language has the neutral answer: nothing special.
To add a language, write a module named after its code; `fr` shows what a first one needs.

`alphabet`   the characters that a system reads and draws
`sentences`  where sentences begin and end
`names`      names and addresses, which stay as they are
`numbers`    numbers as another language writes them
`inflection` the forms that a word of a glossary may have
`glossary`   a user's terms
`lexicon`    what rare words mean
`protected`  what must be copied letter by letter
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
