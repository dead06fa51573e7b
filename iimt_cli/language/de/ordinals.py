"""Figures that count in German: "2. Stock" is the second floor, but "Seite 2. Danach" is no second afterwards."""

import re

from iimt_cli.language.de.names import listed

MONTHS = (
    r"Jan(?:uar)?\b|Jänner\b|Feb(?:ruar)?\b|Feber\b|März\b|Mrz\b|Apr(?:il)?\b|Mai\b|Juni?\b|Juli?\b|Aug(?:ust)?\b|Sept?(?:ember)?\b"
    r"|Okt(?:ober)?\b|Nov(?:ember)?\b|Dez(?:ember)?\b"
)
_ENDING = "(?:e?s|e?n|e?r|e)?"  # of a noun or an adjective
_FIGURE = r"\d{1,3}\."
# One figure or several: 3. und 4., 1./2., 5.–7.
_FIGURES = rf"({_FIGURE}(?:(?: ?[-–/] ?|, ?| (?:und|oder|bis|&) ){_FIGURE})*)"
_ADJECTIVES = r"(?:[a-zäöüß]+e[nmrs]? ){0,2}"
_DETERMINER = r"(?i:d(?:er|ie|as|e[nms])|im|ins|zur|beim|(?:k?ein|mein|dein|sein|ihr|unser|dies)(?:e[nmrs]?)?|jede[nmrs]?)"


def _counted() -> str:
    words = listed("counted.txt")
    whole = "|".join(sorted(word for word in words if word[0] != "-"))
    last = "|".join(sorted(word[1:] for word in words if word[0] == "-"))
    return rf"(?i:{whole}|[^\W\d_]*(?:{last})){_ENDING}\b"


# A noun that is counted, or any noun but a month behind an article: "am 3. Bitte melden" has neither.
COUNTING = re.compile(
    rf"(?<![\w.,§]){_FIGURES}(?= {_ADJECTIVES}{_counted()})"
    rf"|\b{_DETERMINER} {_FIGURES}(?= {_ADJECTIVES}(?!(?i:{MONTHS}))[A-ZÄÖÜ]\w)"
)
