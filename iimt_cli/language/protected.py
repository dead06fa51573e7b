"""Numbers, codes, web addresses and the like are copied: placeholders ⟨1⟩, ⟨2⟩ … stand for them while a text is translated.

In training the same span on both sides becomes the same placeholder. In translating every such span of the source becomes
one, and the placeholders in the decoder's text are filled again from the source: a figure can move, but not change. The
mark of a list item, quotation marks or parentheses around a text are put around its translation.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from iimt_cli.data.text import ends_like, is_capital, upper_case
from iimt_cli.language.alphabet import CAPITAL, SUBSCRIPTS, SUPERSCRIPTS
from iimt_cli.language.base import NEUTRAL, NEUTRAL_PACKS, Language, Names, Packs, Span
from iimt_cli.language.numbers import (
    CURRENCIES,
    begins_with_ordinal,
    counting,
    large_amounts,
    localised,
    rescaled,
)

PLACEHOLDERS = tuple(f"⟨{n}⟩" for n in range(1, 10))
"""Pieces of both vocabularies, each with and without a space before it. A tenth span of a text stays as it is."""

PLACEHOLDER = re.compile(r"(⟨[1-9]⟩)")
TOP_DOMAINS = (
    "com|org|net|info|edu|gov|io|eu|de|at|ch|fr|uk|it|es|nl|pl|app|dev|shop|online|berlin|bayern|wien"
)
_EXTENSIONS = "pdf|png|jpe?g|gif|svg|txt|html?|docx?|xlsx?|pptx?|odt|zip|exe|py|md|csv|json|xml|mp3|mp4|iso|deb|conf|cfg"
_NUMBER = r"\d+(?:[.,:/·–-]\d+|(?: \d{3})(?!\d)|'\d{3})*"
_KINDS = (
    r"(?:https?|ftp)://[^\s,;)]+[^\s,;).!?]",
    r"[\w.+-]+@[\w-]+(?:\.[\w-]+)*\.[a-zA-Z]{2,}",  # a mailbox
    rf"(?:www\.)?[\w-]+(?:\.[\w-]+)*\.(?:{TOP_DOMAINS})(?:/[^\s,;)]*[^\s,;).!?])?(?!\w)(?!\.\w)",
    r"(?<!\w)[@#][A-Za-z]\w*(?:[.-]\w+)*",  # @name, #tag
    r"(?<![\w.])[A-Za-z\d.]+_[A-Za-z\d][\w.]*\w",  # a user's name, a name in a program
    r"(?<![^\s(\"'„“:])(?:[A-Za-z]:\\|~/|/(?=[a-z._]|[\w.-]+/))[\w.-]+(?:[\\/][\w.-]+)*[\\/]?",  # a path
    rf"[\w-]+(?:\.[\w-]+)*\.(?:{_EXTENSIONS})(?!\w)",  # a file
    r"(?<!\w)[A-Z]{2}\d{2}(?: ?[\dA-Z]{4}){3,7}(?: ?\d{1,3})?(?!\w)",  # IBAN
    r"(?<!\w)\+\d[\d /()-]{5,}\d",  # a telephone number
    r"(?<!\w)0\d{2,5}(?: ?[/-] ?| )\d[\d -]{3,}\d",
    rf"(?<![\w.,]){_NUMBER} ?[kcdmµ]?m[{SUPERSCRIPTS}](?!\w)",  # an area or a volume
    rf"[\w()]*[{SUBSCRIPTS}][\w()]*",  # a formula
    rf"[{SUPERSCRIPTS}]+(?!\w)",  # the mark of a footnote
    rf"(?<![\w.,])(?:[€$£] ?)?[+–-]?{_NUMBER} ?(?:[€$£%‰]|°[CF]?)(?!\w)",  # a price, a share, a temperature
    rf"(?<!\w)[€$£] ?{_NUMBER}",
    # A code: a capital and a digit, and no small letter except the v of a version: A17-3, WP-3310, v2.1
    r"(?<![\w-])(?=[A-Z\d./_-]*[A-Z])(?=[A-Z\d./_-]*\d)[A-Z\d]+(?:[./_-][A-Z\d]+)*(?![\w-])",
    r"(?<!\w)v\d+(?:\.\d+)+(?!\w)",
    rf"(?:(?<!\S)[+–-])?(?<![\w.,]){_NUMBER}(?![^\W_])",  # a number, a date, a time; but not in "1990er"
)
# The mark of a list item. A figure with a full stop may be one, too (`_list_number`).
_MARK = re.compile(r"(?:[-–—•·*»›]|\[[ xX]?\]|\(?(?:\d{1,2}|[a-zA-Z])\)|[" + SUPERSCRIPTS + r"]+) +(?=\S)")
_LIST_NUMBER = re.compile(rf"\d{{1,2}}\. +(?=[{CAPITAL}])")
# Quotation marks that may stand around a whole text. Its translation gets those of the target language.
_QUOTES = ("„“", "„”", "“”", "»«", "«»")
_INNER_QUOTES = ("‚‘",)
_AROUND = (*_QUOTES, *_INNER_QUOTES, '""', "()", "[]")
_MARKS, _SPACED_MARK = re.compile(f"[{SUPERSCRIPTS}]+"), re.compile(f" ([{SUPERSCRIPTS}]+)")
_CALENDAR = "calendar "  # how the key of two days or months begins
_SPAN = re.compile("|".join(f"(?:{kind})" for kind in _KINDS))


@dataclass(frozen=True)
class Masked:
    """A text with placeholders, and the spans that they stand for, in their order; spans have their places in the original.

    `text` has the characters from `begin` to `end` of the original. `before` and `after` are put around the translation.
    """

    text: str
    spans: tuple[Span, ...]
    begin: int
    end: int
    before: str = ""
    after: str = ""


def protected(text: str, pack: Language = NEUTRAL, terms: Sequence[Span] = ()) -> list[Span]:
    """The spans of a text that must be copied, from the left: times, large amounts, people (as `pack` has them), and the rest.

    Of a large amount with one of the `terms` in it only the number is copied. A figure that counts is not: "3. Stock" becomes
    "3rd floor", which only the text model can write.
    """
    found = _ranges(list(pack.dates.times(text)), text)
    amounts = large_amounts(_without(text, found), pack.numbers)
    found += [amount for amount in amounts if not any(_meet(amount, term) for term in terms)]
    rest = [Span(m.start(), m.end(), m[0], _key(m[0])) for m in _SPAN.finditer(_without(text, found))]
    counted = counting(text, pack.numbers)
    rest = [span for span in rest if not any(_meet(span, figure) for figure in counted)]
    found += [
        name for name in people(text, pack.names) if not any(_meet(name, span) for span in (*found, *rest))
    ]
    found += rest
    days = _days_and_months(text, pack.dates.calendar)
    found += [span for span in days if not any(_meet(span, other) for other in found)]
    return sorted(found, key=lambda span: span.start)


def _ranges(times: Sequence[Span], text: str) -> list[Span]:
    """Times of day with a dash between them, 8–18 Uhr, are one span: the text model may lose a dash between two."""
    joined: list[Span] = []
    for time in sorted(times, key=lambda time: time.start):
        before = joined[-1] if joined else None
        dash = text[before.end : time.start] if before else ""
        if before and dash in ("-", "–"):
            joined[-1] = Span(
                before.start, time.end, f"{before.fill}{dash}{time.fill}", f"{before.key}-{time.key}"
            )
        else:
            joined.append(time)
    return joined


def people(text: str, names: Names) -> list[Span]:
    """The names of people in a text: behind a title, or given names and a surname. One that ends with s may be a genitive.

    In a text in capitals only a given name tells, since everything looks like a surname there.
    """
    if names.person_in_text is None:
        return []
    spelt = text.title() if is_capital(text) and len(text.title()) == len(text) else text
    places = [
        m.span("name")
        for m in names.person_in_text.finditer(spelt)
        if spelt is text or m["name"].split()[0] in names.given_names
    ]
    return [Span(a, b, text[a:b], text[a:b].casefold()) for a, b in places if text[b - 1] not in "sS"]


def mask(
    text: str,
    pack: Language = NEUTRAL,
    terms: Sequence[Span] = (),
    target: Language = NEUTRAL,
    localise: bool = False,
) -> Masked:
    """A text with a placeholder for every protected span and every term; where both overlap, the term wins.

    Quotation marks around the whole text become those of the `target` language. Days and months with a dash between them are
    filled in in that language ("Monday–Friday"). `localise`: numbers are filled in as that language writes them.
    """
    ours = [s for s in protected(text, pack, terms) if not any(_meet(s, t) for t in terms)]
    ours = [replace(span, fill=rescaled(span.fill, pack.numbers, target.numbers)) for span in ours]
    if localise:
        ours = [replace(span, fill=localised(span.fill, pack.numbers, target.numbers)) for span in ours]
    ours = [replace(span, fill=_in_target(span, pack, target)) for span in ours]
    spans = sorted([*terms, *ours], key=lambda span: span.start)
    begin, end, before, after = _around(text, pack, target)
    inside = [span for span in spans if begin <= span.start and span.end <= end]
    half_outside = any(span.start < end and span.end > begin for span in spans if span not in inside)
    if half_outside:
        inside, begin, end, before, after = spans, 0, len(text), "", ""
    spans = inside[: len(PLACEHOLDERS)]
    return Masked(_replaced(text, spans, begin, end), tuple(spans), begin, end, before, after)


def _days_and_months(text: str, calendar: Sequence[str]) -> list[Span]:
    """The days or months of a text with nothing but a dash between them. The text model takes two such words for a compound.

    Their keys are the same in all languages: the numbers of the two in the calendar.
    """
    if not calendar:
        return []
    numbers = {name.casefold(): number for number, name in enumerate(calendar)}
    one = "|".join(map(re.escape, calendar))
    found = re.finditer(rf"(?<![\w–-])({one})[-–]({one})(?![\w–-])", text, re.IGNORECASE)
    return [
        Span(m.start(), m.end(), m[0], f"{_CALENDAR}{numbers[m[1].casefold()]}-{numbers[m[2].casefold()]}")
        for m in found
    ]


def _in_target(span: Span, pack: Language, target: Language) -> str:
    """What fills a span: days and months with a dash between them in the target language, all else as it is."""
    theirs = target.dates.calendar
    if not span.key.startswith(_CALENDAR) or len(theirs) != len(pack.dates.calendar):
        return span.fill
    first, last = (theirs[int(number)] for number in span.key.removeprefix(_CALENDAR).split("-"))
    return upper_case(f"{first}–{last}") if is_capital(span.fill) else f"{first}–{last}"


def restore(text: str, masked: Masked) -> str | None:
    """The translation with its placeholders filled, and with `before` and `after`. It ends with a comma, colon or semicolon if
    the source does.

    None unless it has each placeholder exactly once, and each sign of a currency as often as the source.
    """
    if sorted(PLACEHOLDER.findall(text)) != sorted(PLACEHOLDERS[: len(masked.spans)]):
        return None
    if Counter(filter(CURRENCIES.__contains__, masked.text)) != Counter(
        filter(CURRENCIES.__contains__, text)
    ):
        return None
    text = ends_like(masked.text, text)
    return f"{masked.before}{_closed(opened(text, masked), masked)}{masked.after}"


def _closed(text: str, masked: Masked) -> str:
    """The text with the marks of footnotes close behind their words, where those of the source have a word before them."""
    marks = {span.fill for span in masked.spans if _MARKS.fullmatch(span.fill) and span.start > masked.begin}
    return _SPACED_MARK.sub(lambda found: found[1] if found[1] in marks else found[0], text)


def opened(text: str, masked: Masked) -> str:
    """A text with its placeholders filled by the source's own spans, for a model that does not know placeholders."""

    return PLACEHOLDER.sub(lambda mark: masked.spans[int(mark[0][1]) - 1].fill, text)


def recopied(text: str, masked: Masked, target: Language = NEUTRAL) -> tuple[str, list[str]]:
    """(the translation of an `opened` text with the fills of `masked` in it, the fills that it lacks).

    A fill replaces the span of the translation with the same key: "12,50 €" that at "€12.50", 14:00 that at "2 pm". A term
    of a glossary has no key; it is found by its fill, in any case.
    """
    free = protected(text, target)
    places, lost = list[Span](), list[str]()
    for span in sorted(masked.spans, key=lambda span: bool(span.key)):
        same = [one for one in free if one.key == span.key] if span.key else _written(span.fill, text)
        place = next((one for one in same if not any(_meet(one, other) for other in places)), None)
        if place is None:
            lost.append(span.fill)
        else:
            places.append(replace(place, fill=span.fill))
    for place in sorted(places, key=lambda place: place.start, reverse=True):
        text = text[: place.start] + place.fill + text[place.end :]
    return f"{masked.before}{text}{masked.after}", lost


def _written(fill: str, text: str) -> list[Span]:
    """The places where a text has `fill` as whole words."""
    words = re.compile(rf"{edge_before(fill)}{re.escape(fill)}(?!\w)", re.IGNORECASE)
    return [Span(m.start(), m.end(), m[0]) for m in words.finditer(text)]


def edge_before(fill: str) -> str:
    """A pattern for where a fill may begin in a text: not within a word, if it is no mark of a footnote."""
    return "" if _MARKS.fullmatch(fill) else r"(?<!\w)"


def settled(masked: Masked) -> str | None:
    """The translation of a text that consists of placeholders only; None if it has other words."""
    rest = PLACEHOLDER.sub("", masked.text)
    return None if any(c.isalpha() for c in rest) else restore(masked.text, masked)


def mask_pair(
    source: str,
    target: str,
    packs: Packs = NEUTRAL_PACKS,
    terms: Sequence[tuple[Span, Span]] = (),
) -> tuple[str, str]:
    """Both sides of a training pair with placeholders for the spans that they share, and for `terms` (pairs of spans).

    Two spans are shared if their keys are equal: "12,50 €" and "€12.50", "14 Uhr" and "2 pm". Spans without a partner stay.
    """
    pairs = list(terms)
    free = [
        span
        for span in protected(target, packs.target)
        if not any(_meet(span, theirs) for _, theirs in terms)
    ]
    for span in protected(source, packs.source):
        if any(_meet(span, ours) for ours, _ in terms):
            continue
        partner = next((other for other in free if other.key == span.key), None)
        if partner is not None:
            free.remove(partner)
            pairs.append((span, partner))
    pairs = sorted(pairs, key=lambda pair: pair[0].start)[: len(PLACEHOLDERS)]
    left = _replaced(source, [ours for ours, _ in pairs], 0, len(source))
    order = sorted(range(len(pairs)), key=lambda n: pairs[n][1].start)
    right = _replaced(target, [pairs[n][1] for n in order], 0, len(target))
    numbers = iter(order)
    return left, PLACEHOLDER.sub(lambda _: PLACEHOLDERS[next(numbers)], right)


def _without(text: str, spans: Sequence[Span]) -> str:
    """The text with spaces in place of spans."""
    for span in spans:
        text = text[: span.start] + " " * (span.end - span.start) + text[span.end :]
    return text


def _meet(one: Span, other: Span) -> bool:
    return one.start < other.end and other.start < one.end


def _around(text: str, pack: Language, target: Language) -> tuple[int, int, str, str]:
    """(where a text begins and ends inside the marks around it, what to put before and behind its translation)."""
    mark = _MARK.match(text) or _list_number(text, pack)
    begin, end = mark.end() if mark else 0, len(text)
    before = text[:begin]
    end -= len(text) - len(text.rstrip(SUPERSCRIPTS))
    after = text[end:]
    first, inner, last = text[begin : begin + 1], text[begin + 1 : end - 1], text[end - 1 : end]
    pair = _translated(first + last, target) if first + last in _AROUND else ""
    if pair and inner and inner == inner.strip() and not {first, last} & set(inner):
        begin, end, before, after = begin + 1, end - 1, before + pair[0], pair[1] + after
    return (
        (begin, end, before, after) if any(c.isalpha() for c in text[begin:end]) else (0, len(text), "", "")
    )


def _list_number(text: str, pack: Language) -> re.Match[str] | None:
    """The number of a list item at the beginning of a text."""
    return None if begins_with_ordinal(text, pack) else _LIST_NUMBER.match(text)


def _translated(pair: str, target: Language) -> str:
    """A pair of quotation marks as the target language writes them; unchanged if its pack does not say."""
    if pair in _QUOTES:
        return target.sentences.quotes or pair
    return (target.sentences.inner_quotes or pair) if pair in _INNER_QUOTES else pair


def _replaced(text: str, spans: Sequence[Span], begin: int, end: int) -> str:
    """Characters [begin, end) of a text with placeholders in place of its spans, as many as there are placeholders."""
    parts, at = [], begin
    for mark, span in zip(PLACEHOLDERS, spans, strict=False):
        parts += [text[at : span.start], mark]
        at = span.end
    return "".join([*parts, text[at:end]])


def _key(span: str) -> str:
    """The key of a span: its letters and digits in order, without a leading zero ("08:00"). Equal keys mean the same."""
    return "".join(c for c in span.casefold() if c.isalnum()).lstrip("0") or "0"
