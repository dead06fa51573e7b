"""Numbers as another language writes them."""

import re
from collections.abc import Iterator
from functools import cache

from iimt_cli.language.base import Language, Numbers, Span

CURRENCIES = "€$£¥"
_CURRENCY = f"[{CURRENCIES}]|(?:EUR|USD|GBP|CHF)(?![^\\W\\d_])"  # a sign or a code
_FIGURE = re.compile(r"\d+")
_FIGURES = r"\d+(?:[.,]\d+)*"
_DAY = re.compile(r"\d{1,2}\. *")


def large_amounts(text: str, ours: Numbers) -> Iterator[Span]:
    """Amounts of money that have a word for the thousands, millions and so on: 3,2 Mrd. €, £5 million."""
    if ours.scales:
        for match in _amount(_words(ours)).finditer(text):
            sign = (match["before"] or "") + (match["behind"] or "")
            if bool(match["before"]) != bool(match["behind"]):
                figures = match["figures"].replace(ours.decimal, ".")
                yield Span(match.start(), match.end(), match[0], f"{figures}e{_exponent(match, ours)}{sign}")


def counting(text: str, ours: Numbers) -> list[Span]:
    """The figures of a text that count, without their mark: 3 in "3. Stock"."""
    places = [
        match.span(n)
        for match in (ours.counting.finditer(text) if ours.counting else ())
        for n in range(1, match.re.groups + 1)
        if match[n]
    ]
    return [
        Span(m.start(), m.end(), m[0]) for begin, end in places for m in _FIGURE.finditer(text, begin, end)
    ]


def begins_with_ordinal(text: str, pack: Language) -> bool:
    """Whether a text begins with a figure that counts, or a day: "2. Stock" and "2. Mai", but not "2. Deckel öffnen"."""
    if any(figure.start == 0 for figure in counting(text, pack.numbers)):
        return True
    day = _DAY.match(text)
    return bool(day and pack.dates.month and pack.dates.month.match(text, day.end()))


def with_endings(text: str, ours: Numbers) -> str:
    """A text of a language with the right endings of its figures that count: 21st for 21th."""
    write = ours.ordinal
    if ours.counted is None or write is None:
        return text
    return ours.counted.sub(lambda figure: write(int(figure[1])), text)


def rescaled(amount: str, ours: Numbers, theirs: Numbers) -> str:
    """One of `large_amounts` with the other language's word: 3,2 billion €. Any other text stays as it is."""
    match = _amount(_words(ours)).fullmatch(amount) if ours.scales else None
    words = theirs.scales.get(_exponent(match, ours)) if match else None
    if match is None or words is None:
        return amount
    return amount[: match.start("scale")] + words[0] + amount[match.end("scale") :]


def _words(numbers: Numbers) -> tuple[str, ...]:
    return tuple(word for words in numbers.scales.values() for word in words)


def _exponent(match: re.Match[str], numbers: Numbers) -> int:
    said = match["scale"].casefold()
    return next(n for n, words in numbers.scales.items() if said in map(str.casefold, words))


@cache
def _amount(words: tuple[str, ...]) -> re.Pattern[str]:
    """A number and one of the words; with the sign or code of a currency `before` or `behind` them, with both, or without."""
    scale = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
    return re.compile(
        rf"(?<![\w.,])(?:(?P<before>{_CURRENCY}) ?)?(?P<figures>{_FIGURES}) ?(?P<scale>{scale})(?!\w)"
        rf"(?: ?(?P<behind>{_CURRENCY}))?",
        re.IGNORECASE,
    )


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
