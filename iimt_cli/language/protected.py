"""What must be copied is copied: numbers, codes, web addresses and the like stand as ⟨1⟩, ⟨2⟩ … while a text is translated.

In training the same span of both sides becomes the same placeholder. In translating every span of the source does,
and what the decoder says is filled again from the source: a figure can be moved, but not changed.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from iimt_cli.language.base import NEUTRAL, NEUTRAL_PACKS, Language, Packs, Span
from iimt_cli.language.numbers import localised

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
    r"(?<!\w)(?:[A-Za-z]:\\|~/|/)[\w.-]+(?:[\\/][\w.-]+)*[\\/]?",  # a path
    rf"[\w-]+\.(?:{_EXTENSIONS})(?!\w)",  # a file
    r"(?<!\w)[A-Z]{2}\d{2}(?: ?[\dA-Z]{4}){3,7}(?: ?\d{1,3})?(?!\w)",  # IBAN
    r"(?<!\w)\+\d[\d /()-]{5,}\d",  # a telephone number
    r"(?<!\w)0\d{2,5}(?: ?[/-] ?| )\d[\d -]{3,}\d",
    rf"(?<![\w.,])(?:[€$£] ?)?[+–-]?{_NUMBER} ?(?:[€$£%‰]|°[CF]?)(?!\w)",  # a price, a share, a temperature
    rf"(?<!\w)[€$£] ?{_NUMBER}",
    # A code has a capital and a digit, and no small letter but of a version: A17-3, WP-3310, v2.1
    r"(?<![\w-])(?=[A-Z\d./_-]*[A-Z])(?=[A-Z\d./_-]*\d)[A-Z\d]+(?:[./_-][A-Z\d]+)*(?![\w-])",
    r"(?<!\w)v\d+(?:\.\d+)+(?!\w)",
    rf"(?:(?<!\S)[+–-])?(?<![\w.,]){_NUMBER}(?![^\W_])",  # a number, a date, a time; not the front of "1990er"
)
_SPAN = re.compile("|".join(f"(?:{kind})" for kind in _KINDS))


@dataclass(frozen=True)
class Masked:
    """A text with placeholders, and the spans that these stand for, in their order; places are those in the original."""

    text: str
    spans: tuple[Span, ...] = ()


def protected(text: str, pack: Language = NEUTRAL) -> list[Span]:
    """What must be copied of a text, from the left: times as the language `pack` tells them, and the rest."""
    times = list(pack.dates.times(text))
    rest = [Span(m.start(), m.end(), m[0], _key(m[0])) for m in _SPAN.finditer(_without(text, times))]
    return sorted([*times, *rest], key=lambda span: span.start)


def mask(
    text: str, pack: Language = NEUTRAL, terms: Sequence[Span] = (), target: Language | None = None
) -> Masked:
    """Every protected span of a text as a placeholder, and every one of the `terms`, which win where both meet.

    Numbers are filled as the `target` language writes them, if it is given, else as the text does.
    """
    ours = [s for s in protected(text, pack) if not any(_meet(s, t) for t in terms)]
    if target is not None:
        ours = [replace(span, fill=localised(span.fill, pack.numbers, target.numbers)) for span in ours]
    return _replaced(text, sorted([*terms, *ours], key=lambda span: span.start)[: len(PLACEHOLDERS)])


def restore(text: str, spans: Sequence[Span]) -> str | None:
    """The placeholders of a translation filled. None unless each came out exactly once."""
    if sorted(PLACEHOLDER.findall(text)) != sorted(PLACEHOLDERS[: len(spans)]):
        return None
    return PLACEHOLDER.sub(lambda m: spans[int(m[0][1]) - 1].fill, text)


def settled(masked: Masked) -> str | None:
    """The translation of a text that has no word but what is filled in; None if there is one."""
    rest = PLACEHOLDER.sub("", masked.text)
    return None if any(c.isalpha() for c in rest) else restore(masked.text, masked.spans)


def mask_pair(
    source: str,
    target: str,
    packs: Packs = NEUTRAL_PACKS,
    terms: Sequence[tuple[Span, Span]] = (),
) -> tuple[str, str]:
    """Both sides of a training pair with placeholders for the spans that they share, and for `terms`, pairs of spans.

    Two spans are the same if their keys are: "12,50 €" and "€12.50", "14 Uhr" and "2 pm". What has no partner stays.
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
    left = _replaced(source, [ours for ours, _ in pairs]).text
    order = sorted(range(len(pairs)), key=lambda n: pairs[n][1].start)
    right = _replaced(target, [pairs[n][1] for n in order]).text
    numbers = iter(order)
    return left, PLACEHOLDER.sub(lambda _: PLACEHOLDERS[next(numbers)], right)


def _without(text: str, spans: Sequence[Span]) -> str:
    """The text with blanks in place of spans."""
    for span in spans:
        text = text[: span.start] + " " * (span.end - span.start) + text[span.end :]
    return text


def _meet(one: Span, other: Span) -> bool:
    return one.start < other.end and other.start < one.end


def _replaced(text: str, spans: Sequence[Span]) -> Masked:
    parts, end = [], 0
    for mark, span in zip(PLACEHOLDERS, spans, strict=False):
        parts += [text[end : span.start], mark]
        end = span.end
    return Masked("".join([*parts, text[end:]]), tuple(spans))


def _key(span: str) -> str:
    """What two spans must share: their letters and digits in order, without a nought in front ("08:00")."""
    return "".join(c for c in span.casefold() if c.isalnum()).lstrip("0") or "0"
