"""Numbers as another language writes them."""

import re
from functools import cache

from iimt_cli.language.base import Numbers


def localised(number: str, ours: Numbers, theirs: Numbers) -> str:
    """A number as another language writes it: 1.250,50 as 1,250.50. Dates and versions do not change.

    Nothing changes if one of the packs does not say how numbers are written.
    """
    if not (ours.decimal and ours.thousands and theirs.decimal):
        return number

    def exchanged(match: re.Match[str]) -> str:
        whole, mark, rest = match[0].partition(ours.decimal)
        return whole.replace(ours.thousands, theirs.thousands) + (theirs.decimal + rest if mark else "")

    thousands, decimal = _patterns(ours.decimal, ours.thousands)
    grouped = thousands.sub(exchanged, number)
    return grouped if thousands.search(number) else decimal.sub(exchanged, number)


@cache
def _patterns(decimal: str, thousands: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Patterns of a number with marks between its thousands, and of a number with a decimal mark only."""
    group, point = re.escape(thousands), re.escape(decimal)
    edge = "".join(
        re.escape(mark) for mark in (thousands, decimal) if mark != " "
    )  # a number must begin the text or stand behind a space
    return (
        re.compile(
            rf"(?<![\d{edge}])\d{{1,3}}(?:{group}\d{{3}})+(?:{point}\d+)?(?![\d{group if thousands != ' ' else ''}])"
        ),
        re.compile(rf"(?<![\d{edge}])\d+{point}\d+(?![\d{edge}])"),
    )
