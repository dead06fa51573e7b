"""Rules that keep a text as it is, with a reason: a wrong translation is worse than none."""

import re
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache

from iimt_cli.data.text import clean, drawable, edit_distance
from iimt_cli.language.alphabet import SMALL, SUBSCRIPTS, SUPERSCRIPTS
from iimt_cli.language.base import Language, Numbers, Packs, found
from iimt_cli.language.names import is_address, is_name

_PATH = re.compile(
    r"^(?:[A-Za-z]:)?[\\/]\S+$|^[A-Za-z]:\\(?:[^\\*?\"<>|]+\\)*[^\\*?\"<>|\s]*$|^~/\S+$|^\S+\.(?:png|jpe?g|pdf|txt|html?|docx?|zip|exe|py|md)$",
    re.IGNORECASE,
)
_MEASURE = re.compile(  # 1920 x 1080, 3.5 t, 90 km/h, 16 GB, 418 kJ / 100 kcal: the same in all languages
    r"^[\d.,:x×/+–-]*\d(?: ?(?:[kcm]?m|[km]?g|m?l|t|km/h|m²|[kMGT]?B|[kM]bit/s|[kMG]?Hz|k?Wh?|V|A|mAh|px|dpi|°C|k?J|kcal))?"
    r"(?: ?[/7] ?\d[\d.,]* ?kcal)?$"
)
_LETTERS = re.compile(r"[^\W\d_]\w*[^\W\d_]")  # a word; it may have a misread figure in it: W1r
_UNSEEN = re.compile(r"[\s\"'‘’‚“”„«»‹›]+")  # spaces and quotation marks: a drawing is legible without them
_NUMBER = re.compile(r"\d+")
_FULL_HOUR = re.compile(r"(?<=\d):00\b")  # "8 o'clock" may be translated as "8:00"
_HOUR_AND_MINUTES = re.compile(r"\d[:.]\d\d\b")
# cost of a wrong or missing figure: more than all letters of a line, so it is part of an alignment only if it must
WRONG_FIGURE = 1000.0
HALF_DAY, DAY = 12, 24  # hours
CODE_LETTERS = 4  # letters of a code, at most, or half the number of its digits; with more it is text
_LOOKALIKES = {"0": "OoQD", "1": "lI!|i", "2": "Zz", "3": "S", "5": "Ss", "6": "Gb&", "8": "BS&", "9": "gq"}
# Characters that look alike and that only their neighbours tell apart: a word is legible with any of them.
_SHAPES = str.maketrans("1I|!0OQ", "llllooo")
_DOTS = re.compile(r"[.…]+")
# a digit and no small letter: A17-3, 12.50 EUR, +49 30 1234
_CODE = re.compile(rf"^[^{SMALL}]*\d[^{SMALL}]*$")
_CODE_LINE = re.compile(  # a line of a program; a prompt of a terminal, with what is typed behind it
    r"^(?:def|class|import|from|return|elif|else|for|while|if|print|function|const|let|var|public|private|static|void|int)\b"
    r"(?=.*(?:[(){}=;_]|:$)).*[\w)}\]:;\"']$|^\w*@[\w-]+:"
)
_PATTERN = re.compile(
    r"^[A-Z]{1,4}(?:[.:/-][A-Z]{1,4})+$|^(?:EUR|CHF|USD|GBP)$"
)  # the form that a field expects (TT.MM.JJJJ); currencies


@dataclass(frozen=True)
class Judgement:
    """`reason`: why a text is kept, or "" if its translation may be drawn. `harmless`: text around it may be translated."""

    reason: str = ""
    harmless: bool = False

    @property
    def keep(self) -> bool:
        return bool(self.reason)


def before_translation(source: str, confidence: float, least: float, pack: Language) -> Judgement:
    """The judgement by the reading alone. `confidence`: of the reading, 0..1; `pack`: of the source language."""
    text = source.strip()
    if not any(c.isalpha() for c in text) or _MEASURE.match(
        re.sub(r"(?<=\d) ?([x×–-]) ?(?=\d)", r"\1", text)
    ):
        return Judgement("no words" if text else "nothing could be read", harmless=True)
    if is_address(text, pack):
        return Judgement("an address", harmless=True)
    if _PATH.match(re.sub(r" ?_ ?", "_", text)):
        return Judgement("a file or path", harmless=True)
    letters, digits = (sum(map(kind, text)) for kind in (str.isalpha, str.isdigit))
    if (
        found(pack.dates.blank, text)
        or _PATTERN.match(text)
        or (_CODE.match(text) and letters <= max(CODE_LETTERS, digits / 2))
    ):
        return Judgement("a number or code", harmless=True)
    if is_name(text, pack):
        return Judgement("a name", harmless=True)
    if _CODE_LINE.match(text):
        return Judgement("a line of code", harmless=True)
    if not _LETTERS.search(text):  # no word: the buttons of a window, for example, may be read as "8 n 8"
        return Judgement("a single letter", harmless=True)
    if confidence < least:
        return Judgement(f"reading too uncertain ({confidence:.2f})")
    return Judgement()


def after_translation(source: str, target: str, confidence: float, least: float, packs: Packs) -> Judgement:
    """The judgement by the translation. `confidence`: how likely it is right, 0..1; below `least` the text is kept."""
    if not target.strip():
        return Judgement("no translation")
    if _plain(source) == _plain(target):
        return Judgement("already in the target language", harmless=True)
    if confidence < least:
        return Judgement(f"translation too uncertain ({confidence:.2f})")
    return Judgement(fault(source, target, packs))


def fault(source: str, target: str, packs: Packs) -> str:
    """What is certainly wrong with a translation, or ""."""
    if len(re.findall(r"[^\W\d_]", source)) > 3 and not re.search(r"\w", target):
        return "the words would be lost"
    if new := Counter(_NUMBER.findall(_FULL_HOUR.sub("", target))) - _figures(source, packs):
        return f"a number would change ({', '.join(sorted(new))} is not in the source)"
    if lost := _lost_figures(source, target, packs):
        return f"a number would be lost ({', '.join(sorted(lost))})"
    if _wrong_half_of_day(source, target, packs):
        return "a time would change"
    if repeats(target) and not repeats(source):
        return "the translation repeats itself"
    return ""


def _figures(source: str, packs: Packs) -> Counter[str]:
    """The numbers that a translation may have, and how often: those that the source has in figures or in words.

    In a time of day 08 may become 8 and, if the target language counts to twelve hours, 20 may become 8.
    """
    numbers = Counter(_NUMBER.findall(source)) + Counter(map(str, _in_words(source, packs.source.numbers)))
    if not (found(packs.source.dates.clock, source) or _HOUR_AND_MINUTES.search(source)):
        return numbers
    for n, often in list(numbers.items()):
        if n[0] == "0":  # 08:15 may be 8:15 am
            numbers[str(int(n))] += often
        elif HALF_DAY < int(n) <= DAY and packs.target.dates.twelve_hours:
            numbers[str(int(n) - HALF_DAY)] += often
    return numbers


def _in_words(text: str, numbers: Numbers) -> list[int]:
    """The numbers that a text has in words."""
    return [
        numbers.words.index(word) for word in re.findall(r"\w+", text.casefold()) if word in numbers.words
    ]


def _lost_figures(source: str, target: str, packs: Packs) -> set[str]:
    """The source's numbers that the translation lacks: in figures, and as an hour after noon. A 1 may become an article.

    None is lost if the translation has any number in words.
    """
    there, noon = set(_NUMBER.findall(target)), HALF_DAY if packs.target.dates.twelve_hours else 0
    lost = {
        n
        for n in _NUMBER.findall(source)
        if (int(n) > 1 or n == "01") and not {n, str(int(n)), str(int(n) - noon)} & there
    }
    return set() if _has_number_in_words(target, packs.target.numbers) else lost


def _has_number_in_words(text: str, numbers: Numbers) -> bool:
    """Whether a text has a number above one in words."""
    return any(n > 1 for n in _in_words(text, numbers)) or found(numbers.words_too, text)


def _wrong_half_of_day(source: str, target: str, packs: Packs) -> bool:
    """Whether a time of a 24-hour clock became one of a 12-hour clock in the wrong half of the day."""
    ours, theirs = packs.source.dates, packs.target.dates
    if theirs.twelve_hours is None or not found(ours.clock, source) or found(ours.half_of_day, source):
        return False
    hours = {int(hour) for hour in re.findall(r"\b\d{1,2}\b", source)}
    said = theirs.twelve_hours.findall(target)
    times = [int(hour) % HALF_DAY + HALF_DAY * (half in "pP") for hour, half in said]
    return any(time not in hours and (time + HALF_DAY) % DAY in hours for time in times)


def undrawable(text: str, alphabet: str, source: str) -> str:
    """A reason that names the characters of a text that are not in the alphabet and cannot be drawn; "" if all are.

    Figures above and below the line that the source has can: they are copied from the picture.
    """
    copied = set(SUPERSCRIPTS + SUBSCRIPTS) & set(source)
    unknown = sorted({c for c in text if not drawable(c, alphabet) and c not in copied})
    # Control characters, which a terminal would obey, are named by their number.
    named = [c if c.isprintable() else f"U+{ord(c):04X}" for c in unknown]
    return f"{' '.join(named)} cannot be drawn" if named else ""


def misdrawn(read: str, wanted: str, most: float) -> bool:
    """Whether the reading of a drawn strip is not the wanted text.

    That is so if more than a share `most` of its letters differ, spaces and quotation marks not counted, or if a figure
    differs, since a wrong price is worse than a wrong letter. With `most` of 1 or more everything passes.
    """
    a, b = (_UNSEEN.sub("", _DOTS.sub("…", text)) for text in (read, wanted))
    if a == b:  # as nearly always
        return False
    if edit_distance(a.translate(_SHAPES), b.translate(_SHAPES)) > most * max(1, len(b)):
        return True
    return most < 1 and bool(_NUMBER.search(a + b)) and _figures_differ(a, b)


def _figures_differ(read: str, wanted: str) -> bool:
    """Whether a figure was read as another one, or is missing. A 0 that reads as O, or a ! that reads as 1, does not count."""
    row = [0.0]
    for char in wanted:
        row.append(row[-1] + _cost(char))
    for got in read:
        above, row = row, [row[0] + _cost(got)]
        for i, char in enumerate(wanted):
            swap = 0.0 if got == char else 0.5 if _alike(got, char) else _cost(got + char)
            row.append(min(above[i] + swap, above[i + 1] + _cost(got), row[i] + _cost(char)))
    return row[-1] >= WRONG_FIGURE


@lru_cache(maxsize=4096)
def _cost(chars: str) -> float:
    return WRONG_FIGURE if any(char.isdigit() for char in chars) else 1.0


def _alike(one: str, two: str) -> bool:
    return two in _LOOKALIKES.get(one, "") or one in _LOOKALIKES.get(two, "")


def repeats(text: str) -> bool:
    """Whether the same three words stand twice in a row, or a letter five times: then the decoder runs in circles."""
    if re.search(r"(\w)\1{4}", text):
        return True
    words = text.casefold().split()
    return any(words[i : i + 3] == words[i + 3 : i + 6] for i in range(len(words) - 5))


def _plain(text: str) -> str:
    return re.sub(r"[\W_]+", "", clean(text).casefold())
