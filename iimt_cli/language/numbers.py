"""Numbers as another language writes them."""

import re
from functools import cache

from iimt_cli.language.base import Numbers


def localised(number: str, ours: Numbers, theirs: Numbers) -> str:
    """A number of a language as another one writes it: 1.250,50 as 1,250.50. Dates and versions stay.

    It stays, too, if either language does not say how it writes numbers.
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
    """A number with marks between its thousands, and one with a decimal mark alone."""
    group, point = re.escape(thousands), re.escape(decimal)
    edge = "".join(
        re.escape(mark) for mark in (thousands, decimal) if mark != " "
    )  # before a number stands a space
    return (
        re.compile(
            rf"(?<![\d{edge}])\d{{1,3}}(?:{group}\d{{3}})+(?:{point}\d+)?(?![\d{group if thousands != ' ' else ''}])"
        ),
        re.compile(rf"(?<![\d{edge}])\d+{point}\d+(?![\d{edge}])"),
    )
