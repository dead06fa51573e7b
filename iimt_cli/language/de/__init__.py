"""German: how it builds words and sentences, tells the time, writes numbers, and what its names look like."""

import re
import string
from collections.abc import Iterator, Sequence

from iimt_cli.language.alphabet import ASCII
from iimt_cli.language.base import (
    LOOKALIKES,
    Dates,
    Language,
    Misreadings,
    Morphology,
    Numbers,
    Sentences,
    Span,
    Syllables,
)
from iimt_cli.language.de.names import NAMES
from iimt_cli.language.de.ordinals import COUNTING, MONTHS
from iimt_cli.language.de.sample import SAMPLE
from iimt_cli.language.inflection import Inflection

_HOUR = r"(?<![\d.,:])([01]?\d|2[0-4])(?:[.:]([0-5]\d))?"
_TIME = re.compile(
    rf"{_HOUR} ?(?:Uhr\b(?: ([0-5]\d)\b)?|(?=(?:bis|–|-|—|und|oder) ?(?:[01]?\d|2[0-4])(?:[.:][0-5]\d)? ?Uhr\b))",
    re.IGNORECASE,
)

_NUMBERS = (
    "null", "ein", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun", "zehn", "elf", "zwölf", "dreizehn",
    "vierzehn", "fünfzehn", "sechzehn", "siebzehn", "achtzehn", "neunzehn", "zwanzig",
)  # fmt: skip
_LOOKALIKES = {
    **LOOKALIKES, "a": "oäds", "o": "aöe", "u": "nvüw",
    "ä": "aö", "ö": "oä", "ü": "uö", "ß": "Bsf", "Ä": "A", "Ö": "O", "Ü": "U",
}  # fmt: skip
_SYLLABLES = Syllables(
    starts=(
        "b", "br", "d", "dr", "f", "fr", "g", "gr", "h", "j", "k", "kl", "kr", "l", "m", "n", "p", "pf", "r", "s",
        "sch", "st", "t", "tr", "v", "w", "z",
    ),
    vowels="aeiouäöü",
    ends=(
        "a", "e", "i", "o", "el", "er", "en", "in", "us", "ig", "ling", "mann", "berg", "bach", "ner", "ert", "ann",
        "old", "ke", "tz", "ck",
    ),
    towns=(
        "berg", "bach", "brück", "brunn", "burg", "dorf", "feld", "fels", "furt", "hafen", "hausen", "heim", "hof", "ingen",
        "kirchen", "rode", "stadt", "stein", "tal", "au", "see", "wald",
    ),
)  # fmt: skip


def times(text: str) -> Iterator[Span]:
    """14.30 Uhr, 8 Uhr, 8 Uhr 30, and both ends of 8 bis 17 Uhr: each becomes hours and minutes with a colon."""
    for match in _TIME.finditer(text):
        hour, minutes = match[1], match[2] or match[3] or "00"
        end = match.start() + len(match[0].rstrip())
        yield Span(match.start(), end, f"{hour}:{minutes}", f"{int(hour)}{minutes}")


def figures(n: Sequence[int]) -> tuple[str, ...]:
    """Examples of figures as German writes them: a number of a bank account, a paragraph of a law."""
    return (
        f"DE{n[0]:02d} {n[1]:02d}{n[2]:02d} {n[3]:02d}{n[4]:02d} {n[2]:02d}{n[0]:02d} {n[4]:02d}",
        f"§ {n[0]} Abs. {n[1] % 9}",
    )


_CALENDAR = (
    "Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag",
    "Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember",
)  # fmt: skip

LANGUAGE = Language(
    code="de",
    alphabet=ASCII + "ÄÖÜäöüß§°–‚‘„“»«…€",
    sentences=Sentences(
        opening='"„»(',
        closing='"“”»)',
        abbreviations=(
            rf"[{string.ascii_letters}ÄÖÜäöü]|Dr|Nr|St|Str|ca|bzw|usw|Tel|Mio|Mrd|Prof|vgl|inkl|exkl|zzgl|abzgl|Min|min"
            r"|Std|Sek|Stk|Max|max|evtl|ggf|Abb|Bd|Fr|Hr|geb|gest|Art|Abs|Pos|Kap|Dipl|Ing|\d+|[IVX]{2,}"
        ),
        unfinished=re.compile(  # a verb's "an", "auf", "aus", "ein", "nach" and "zu" may end a text
            r"(?:^|[\s,])(?:d(?:er|ie|as|es|em|en)|(?:k?ein|mein|dein|sein|ihr|Ihr|unser|jed|dies)e[mnrs]?|und|oder|sowie"
            r"|im|ins|am|vom|zum|zur|beim|für|von|bei|mit|ohne|gegen|bis|seit|zwischen|über|unter|durch|pro|inklusive|inkl\."
            r"|einschließlich|zuzüglich|zzgl\.|sowohl|sondern|als|dass|wenn|sehr)$"
        ),
        beginnings="D[aei][enrs]|Eine?n?|I[mn]|Mit|Auf|Dann|Bei|Zu[mr]?|Alles|Am",
        quotes="„“",
        inner_quotes="‚‘",
    ),
    morphology=Morphology(
        endings=("n", "e", "en", "s", "es", "er", "ern", "em", "ens", "st", "t", "te", "ten"),
        links=("", "s", "n", "en", "es", "er", "e", "-", "s-"),
        of_names=("s",),
    ),
    inflection=Inflection(
        endings=("", "e", "s", "es", "n", "en", "er", "ern", "em", "nen", "se", "sen", "ses"),
        umlaut={"a": "ä", "o": "ö", "u": "ü", "au": "äu"},
        adjective=("e", "er", "es", "en", "em"),
        replaced=("e", "en", "er"),
        capital_nouns=True,
    ),
    numbers=Numbers(
        decimal=",",
        thousands=".",
        words=_NUMBERS,
        counting=COUNTING,
        scales={
            3: ("Tsd.", "Tsd", "Tausend"),
            6: ("Mio.", "Mio", "Mill.", "Millionen", "Million"),
            9: ("Mrd.", "Mrd", "Milliarden", "Milliarde"),
            12: ("Bio.", "Billionen", "Billion"),
        },
    ),
    dates=Dates(
        times=times,
        clock=re.compile(r"\bUhr(?:zeit)?\b"),
        half_of_day=re.compile("abend|nachmittag|nacht", re.IGNORECASE),
        month=re.compile(MONTHS, re.IGNORECASE),
        blank=re.compile(r"^TT[./]MM[./]\S{2,4}$"),
        calendar=_CALENDAR,
    ),
    names=NAMES,
    units=r"EL|TL|Stück|Stk\.|Std\.|Pkg\.",
    misreadings=Misreadings(
        lookalikes=_LOOKALIKES,
        single="ß",
        after_i=("ch ",),
        lone_one=3.0,  # in the parallel text there are 20 to 35 such 1 for each I or l, whatever stands beside it
    ),
    syllables=_SYLLABLES,
    sample=SAMPLE,
    figures=figures,
)
