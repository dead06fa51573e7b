"""Rules and word lists of written languages, without networks and pixels. All that is true of one language only is here.

A language is a *pack*, a record whose fields are explained in `base`. `de`, `en` and `fr` have packs; any other language gets
the neutral pack, which has no rules. To add a language, write a module named after its code: `fr` is an example, and
docs/CONTRIBUTING.md has the steps.

`alphabet`   the characters that a system reads and draws
`sentences`  where sentences begin and end
`names`      names and addresses, which stay as they are
`numbers`    numbers as another language writes them
`inflection` the forms that a word of a glossary may have
`glossary`   a user's terms
`lexicon`    what rare words mean
`codes`      codes of languages, of two and of three letters
`lines`      holds the lines of a lexicon in little memory
`protected`  numbers, codes and addresses, which are copied letter by letter
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
