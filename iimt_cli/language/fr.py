"""French: a first pack, as an example of what a language needs. Fields that are left out keep their neutral defaults.

`language("fr")` finds it by the name of this file; a preset with `source = "fr"` or `target = "fr"` uses it.
"""

import re
from collections.abc import Iterator

from iimt_cli.language.alphabet import ASCII
from iimt_cli.language.base import (
    LOOKALIKES,
    Dates,
    Language,
    Misreadings,
    Morphology,
    Names,
    Numbers,
    Sentences,
    Span,
)

_NUMBERS = (
    "zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix", "onze", "douze", "treize",
    "quatorze", "quinze", "seize",
)  # fmt: skip
_TIME = re.compile(r"(?<![\d.,:])([01]?\d|2[0-4]) ?h(?: ?([0-5]\d))?(?!\w)")


def times(text: str) -> Iterator[Span]:
    """14 h 30, 8h: each becomes hours and minutes with a colon."""
    for match in _TIME.finditer(text):
        hour, minutes = match[1], match[2] or "00"
        yield Span(match.start(), match.end(), f"{hour}:{minutes}", f"{int(hour)}{minutes}")


LANGUAGE = Language(
    code="fr",
    alphabet=ASCII + "ÀÂÆÇÈÉÊËÎÏÔŒÙÛÜàâæçèéêëîïôœùûüÿ«»–’“”…°€",
    sentences=Sentences(
        opening='"“«(',
        closing='"”»)',
        inside=" ?",  # « Bonjour. »
        abbreviations=r"[A-Z]|MM|Dr|Pr|St|Ste|av|bd|bld|env|etc|ex|p|pp|cf|art|chap|tél|réf|janv|févr|avr|juil|sept|oct|nov|déc",
        unfinished=re.compile(
            r"(?:^|[\s,’'])(?:les?|la|une?|des?|du|aux?|ce|cette|ces|mon|ma|mes|son|sa|ses|leurs?|notre|nos|votre|vos|et|ou|mais"
            r"|à|dans|par|pour|sans|sous|sur|avec|chez|entre|que|qui|dont|si|très)$|[’']$"
        ),
        beginnings="Les?|La|Une?|Des|Dans|Avec|Puis",
        quotes="«»",
    ),
    morphology=Morphology(endings=("s", "x", "e", "es")),
    numbers=Numbers(decimal=",", thousands=" ", words=_NUMBERS),
    dates=Dates(
        times=times,
        clock=re.compile(r"\d ?h(?![a-z])|\bheures?\b"),
        half_of_day=re.compile(r"après-midi|\bsoir|\bnuit", re.IGNORECASE),
        blank=re.compile(r"^JJ[./]MM[./]\S{2,4}$"),
    ),
    names=Names(
        titles={"mr": r"M\.|Monsieur", "mrs": r"Mme\.?|Mlle\.?|Madame|Mademoiselle", "dr": r"Dr\.?|Docteur"},
    ),
    misreadings=Misreadings(
        lookalikes={**LOOKALIKES, "e": "caoéè", "é": "eèê", "è": "eéê", "ê": "eéè", "à": "aâ", "ç": "c"},
        after_i=("l ",),
    ),
)  # fmt: skip
