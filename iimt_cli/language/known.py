"""Texts whose translation is known, because somebody wrote it down: a translation memory.

It has what pictures say word for word again and again: buttons, signs, headings, fields of forms, standard sentences. A text
that is in it as a whole need not be translated, and its translation is sure. Of a text with figures it has a template with
placeholders: "Noch ⟨1⟩ Tage" is every "Noch 3 Tage", "⟨A⟩. Stock" every "2. Stock". A known noun may have figures behind it:
"Merkliste (3)". Known texts may stand in one line, with a mark between them: "Straße (neben dem Eingang)". A text may have
several senses, of which the picture's genre chooses: "Karten" are cards in a bank's app. The file is gzipped text with one
sense of a text a line: source TAB target TAB the kinds of its placeholders TAB the genres of its pictures.
"""

import gzip
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from iimt_cli.data.text import begins_like, capitals_of, is_capital, upper_case
from iimt_cli.errors import IimtError
from iimt_cli.language.alphabet import CAPITAL
from iimt_cli.language.base import Language, Packs, found
from iimt_cli.language.genres import GENRES, NO_GENRE, Genre, Genres
from iimt_cli.language.numbers import CURRENCIES, counting
from iimt_cli.language.protected import (
    PLACEHOLDER,
    Masked,
    mask,
    mask_pair,
    protected,
    restore,
    settled,
)
from iimt_cli.loading import loading

KNOWN = "known.tsv.gz"  # beside the weights
# Share of the translations that are right in their picture. All are right by themselves, but a word may have another sense
# there. Of 42 texts of the development pages that it has, none was wrong, which tells no more than 0.93 (95 % interval); set.
RIGHT = 0.98
SENTENCE = 4  # words: the full stop of a shorter text may be that of an abbreviation
# Share of the text model's translations that are right, of texts with several senses of which none fits the picture: 26 of
# the 36 that were drawn in 105 invented pictures.
AMBIGUOUS = 0.72
_END = re.compile(r"\s*[!:…,]+$|\s*\.{3}$")  # with a question mark it is another sentence
_UNITS = "[kmµ]?g|[mcd]?l|[kcm]?m|m²|km/h|kWh?|V|A|Hz|°C|[kMGT]B|px"  # the same in all languages
# Placeholders behind a text, with what may stand between them: ": 3", " (3/4)", " 3 x 5 cm"
_TAIL = re.compile(
    rf"[ :,(\[]+{PLACEHOLDER.pattern}(?:[ :,;/()\[\]x×+=.–-]|{PLACEHOLDER.pattern}|(?:{_UNITS})\b)*$"
)
_ORDINAL = re.compile(
    "⟨([A-I])⟩"
)  # the placeholder of a figure that counts: of 2 in "2. Stock" and of 2nd in "2nd floor"
_KINDS = {  # the first that matches
    "m": rf"[{CURRENCIES}]|\b(?:EUR|USD|CHF|GBP)\b",  # money
    "s": "[%‰]",  # a share
    "g": "°",  # degrees
    "c": r"[^\W\d_].*\d|\d.*[^\W\d_]|[@_\\/].*[^\W\d_]|[^\W\d_]\.[^\W\d_]",  # a code, an address of the web
    "p": r"[^\W\d_]",  # a person
    "d": r"^\d{1,2}\.\d{1,2}\.|^\d{1,2}/\d{1,2}/\d|^\d{4}-\d\d-\d\d$",  # a date
    "t": r"^\d{1,2}:\d\d",  # a time of day
    "y": r"^(?:1[5-9]|20)\d\d(?:[/–-]\d+)?$",  # a year
    "n": "",  # a number
}
_STOP = re.compile(r"\.$")
# Marks between two texts of one line. A full stop is none: behind a figure it may make an ordinal, else a short form.
_BETWEEN = re.compile(r"(\s*[:;,]\s+|\s+[-–—|·•/]\s+|(?:^|\s+)[(\[]|[)\]](?=\W|$)[:;,]?\s*)")
_WORDS = re.compile(r"\w+(?:/\w+)+")  # "Damen/Herren", but "Datum/Uhrzeit wählen" is one text
_GOES_ON = ",;(["  # behind these a text goes on, so that it begins with a small letter


class Known(NamedTuple):
    """A text and its translation. `kinds`: of its placeholders, a character each (`_kind`).

    `genres`: those of the pictures where it has this sense, with commas (`genres.likeliest`); empty if it has one sense.
    """

    source: str
    target: str
    kinds: str = ""
    genres: str = ""


class Answer(NamedTuple):
    """A translation, and how likely it is right in its picture, 0..1."""

    text: str
    right: float


class KnownTexts:
    """Source texts → their translations, found in capitals, at the start of a sentence, and with another mark at their end."""

    def __init__(self, texts: Iterable[Known], genres: Genres | None = None) -> None:
        self._known: dict[str, list[Known]] = {}
        self._genres = genres
        for text in texts:
            ours, theirs = _parted(text.source), _parted(text.target)
            if ours[1].strip() == theirs[1].strip():
                text = text._replace(source=ours[0], target=theirs[0])
            self._known.setdefault(text.source.casefold(), []).append(text)

    @classmethod
    def load(cls, path: Path, genres: Genres | None = None) -> "KnownTexts":
        """Raises IimtError if the file is damaged."""
        try:
            lines = gzip.decompress(path.read_bytes()).decode("utf-8").splitlines()
            texts = [Known(*line.split("\t")) for line in lines]
        except (OSError, EOFError, ValueError, TypeError, zlib.error) as error:
            raise IimtError(f"{path}: no texts with their translations ({error})") from error
        return cls(texts, genres)

    @classmethod
    def beside(cls, folder: Path) -> "KnownTexts | None":
        """That of the weights in a folder; None if they have none. Raises IimtError if it is damaged."""
        path, words = folder / KNOWN, folder / GENRES
        with loading():
            return cls.load(path, Genres.load(words) if words.exists() else None) if path.exists() else None

    def save(self, path: Path) -> None:
        lines = sorted("\t".join(one).rstrip() + "\n" for some in self._known.values() for one in some)
        path.write_bytes(gzip.compress("".join(lines).encode("utf-8"), mtime=0))

    def __len__(self) -> int:
        return sum(map(len, self._known.values()))

    def genre(self, texts: Iterable[str]) -> Genre:
        """The genre of a picture with these texts."""
        return self._genres.of(texts) if self._genres else NO_GENRE

    def ambiguous(self, text: str) -> bool:
        """Whether a text has several senses, of which the genre of a picture chooses."""
        return any(
            one.genres
            for key in (text.strip(), _parted(text.strip())[0])
            for one in self._known.get(key.casefold(), ())
        )

    def answer(
        self, text: str, masked: Masked, packs: Packs, localise: bool = False, genre: Genre = NO_GENRE
    ) -> Answer | None:
        """The translation of a text that is known, as it is, with other figures, or in parts. masked: with placeholders.

        It has the capitals of the text, unless the memory itself has the text in capitals: "PLZ" is "Postcode".
        genre: that of its picture.
        """
        asked = _Asked(packs, localise, genre)
        return (
            self._whole(text, masked, asked)
            or self._composed(text, asked)
            or self._inside(text, masked, asked)
        )

    def _inside(self, text: str, masked: Masked, asked: "_Asked") -> Answer | None:
        """The translation of a known text with the mark of a list item before it or quotation marks around it."""
        if not (masked.before or masked.after):
            return None
        inner = text[masked.begin : masked.end]
        told = self._whole(inner, asked.masked(inner), asked) or self._composed(inner, asked)
        return told and told._replace(text=f"{masked.before}{told.text}{masked.after}")

    def _whole(self, text: str, masked: Masked, asked: "_Asked") -> Answer | None:
        return self._found(text, asked) or self._filled(text, masked, asked)

    def _found(self, text: str, asked: "_Asked", kinds: str = "") -> Answer | None:
        """The translation of a text with placeholders of some kinds, None if it is not known or may be two texts.

        Two texts differ in their capitals alone: "essen", "Essen".
        """
        text = text.strip()
        core, end = _parted(text)
        for whole, mark in ((text, ""), (core, end)):
            near = [one for one in self._known.get(whole.casefold(), ()) if _takes(one.kinds, kinds)]
            near = [one for one in near if one.kinds == kinds] or near
            same = [one for one in near if one.source == whole]
            fitting = same or [one for one in near if _fits(one.source, whole)]
            if fitting:
                put = begins_like if same else capitals_of
                target, right = _sense(fitting, asked.genre, self._genres)
                return Answer(put(text, target + mark), right) if target else None
        return None

    def _filled(self, text: str, masked: Masked, asked: "_Asked") -> Answer | None:
        """The translation of a text that is known with other figures."""
        source, target = asked.packs
        shown, counted = _ordinals(masked.text, source)
        if not (masked.spans or counted) or _counts_one(text, source):
            return None
        kinds = "".join(_kind(span.fill) for span in masked.spans)
        found = self._found(shown, asked, kinds) or self._with_tail(masked.text, asked)
        if found is None:
            return None
        told, write = found.text, target.numbers.ordinal
        if counted and write:
            spelt = upper_case if is_capital(told) else str
            told = _ORDINAL.sub(lambda mark: spelt(write(counted[ord(mark[1]) - ord("A")])), told)
        filled = restore(told, masked)
        return Answer(filled, found.right) if filled else None

    def _composed(self, text: str, asked: "_Asked") -> Answer | None:
        """The translation of a text whose parts are all known; some may be figures or names alone."""
        halves = _BETWEEN.split(text.strip())
        parts = [one for half in halves for one in _alternatives(half)]
        if len(parts) == 1:
            return None
        said, right, translated, begin = "", 1.0, list[tuple[str, str]](), 0
        while begin < len(parts):  # at even places are texts, between them marks
            run = next(self._runs(parts, begin, asked), None)
            if run is None:
                return None
            found, end, known = run
            said += "".join([found.text, *parts[end : end + 1]])
            right = min(right, found.right)
            translated += [("".join(parts[begin:end]).casefold(), found.text.casefold())] if known else []
            begin = end + 1
        doubled = len({source for source, _ in translated}) > len({target for _, target in translated})
        return Answer(said, right) if translated and not doubled else None  # doubled: Arzt/Ärztin

    def _runs(self, parts: Sequence[str], begin: int, asked: "_Asked") -> Iterator[tuple[Answer, int, bool]]:
        """What the parts from `begin` may be, the longest run first: its translation, its end, and if the memory has it."""
        within = begin > 0 and parts[begin - 1].strip() in _GOES_ON
        for end in range(len(parts), begin, -2):
            run = "".join(parts[begin:end])
            if told := self._whole(run, asked.masked(run), asked):
                yield self._within(told) if within and not is_capital(run) else told, end, True
        alone = settled(asked.masked(parts[begin])) if parts[begin] else ""
        if alone is not None:
            yield Answer(alone, 1.0), begin + 1, False

    def _within(self, told: Answer) -> Answer:
        """A translation that goes on behind a comma or in brackets: it begins small if it can."""
        text = told.text
        first, *others = text.split(" ")
        word, name = first.strip("!?.:…"), others and others[0][:1].isupper()  # name: Black Forest
        small = word[1:].islower() and word.lower() in self._small and not name
        return told._replace(text=text[0].lower() + text[1:]) if small else told

    @cached_property
    def _small(self) -> frozenset[str]:
        """Words that translations have in small letters, behind their first word."""
        targets = (one.target for some in self._known.values() for one in some)
        return frozenset(word for target in targets for word in target.split(" ")[1:] if word.islower())

    def _with_tail(self, text: str, asked: "_Asked") -> Answer | None:
        """The translation of a known noun with placeholders and units behind it, which stay as they are."""
        pack = asked.packs.source
        tail = _TAIL.search(text)
        core = text[: tail.start()] if tail and pack.inflection.capital_nouns else ""
        first, last = core.split(" ")[0], core.split(" ")[-1]
        street = first != last and found(pack.sentences.unfinished, first.lower())  # Am Bahnhof 3
        told = self._found(core, asked) if tail and last[:1].isupper() and not street else None
        return told._replace(text=told.text + tail[0]) if told and tail else None


class _Asked(NamedTuple):
    """What is asked of the memory in one picture, beside a text."""

    packs: Packs
    localise: bool
    genre: Genre

    def masked(self, text: str) -> Masked:
        return mask(text, self.packs.source, target=self.packs.target, localise=self.localise)


def _sense(senses: Sequence[Known], genre: Genre, genres: Genres | None) -> tuple[str, float]:
    """The likeliest translation of a text by the genre of its picture, or "", and how likely it is right."""
    if len({one.target for one in senses}) == 1 and not senses[0].genres:
        return senses[0].target, RIGHT
    if genres is None or not all(one.genres for one in senses):
        return "", 0.0
    target, likely = genres.likeliest({one.target: one.genres.split(",") for one in senses}, genre)
    return target, RIGHT * likely


def template(source: str, target: str, packs: Packs) -> Known | None:
    """A pair with placeholders for its figures; None if a figure of one side is not on the other.

    A 1 before a noun stays, because the noun behind other figures is another one: 1 item, 3 items.
    """
    whole = mask(source, packs.source, target=packs.target)
    if not whole.after and target.startswith(whole.before):  # an item of a list is found without its mark
        source, target = (text.removeprefix(whole.before) for text in (source, target))
    if _counts_one(source, packs.source):
        return Known(source, target)
    ours, theirs = mask_pair(source, target, packs)
    rest = (PLACEHOLDER.sub(" ", text) for text in (ours, theirs))
    lost = any(protected(text, pack) for text, pack in zip(rest, (packs.source, packs.target), strict=True))
    kinds = "".join(_kind(span.fill) for span in protected(source, packs.source))
    return None if lost else Known(*_with_ordinals(ours, theirs, packs), kinds)


def _with_ordinals(source: str, target: str, packs: Packs) -> tuple[str, str]:
    """A pair with placeholders for figures that count. Without them if the target writes one otherwise: "First aid"."""
    shown, counted = _ordinals(source, packs.source)
    endings = packs.target.numbers.counted
    for place, number in enumerate(counted):
        written = [m for m in endings.finditer(target) if int(m[1]) == number] if endings else []
        if len(written) != 1:
            return source, target
        target = f"{target[: written[0].start()]}⟨{chr(ord('A') + place)}⟩{target[written[0].end() :]}"
    return shown, target


def _ordinals(text: str, pack: Language) -> tuple[str, list[int]]:
    """A text with placeholders for its figures that count, and these."""
    counted = counting(text, pack.numbers)
    for place, figure in reversed(list(enumerate(counted))):
        text = f"{text[: figure.start]}⟨{chr(ord('A') + place)}⟩{text[figure.end :]}"
    return text, [int(figure.fill) for figure in counted]


def _kind(fill: str) -> str:
    """What a placeholder stands for. A text is known with other figures of the same kind: "Stand: 5" is no "Stand: 5. Mai"."""
    return next(kind for kind, looks in _KINDS.items() if re.search(looks, fill))


def _takes(kinds: str, given: str) -> bool:
    """Whether a text with placeholders of some kinds is known with those that are given. A year may be a number."""
    return len(kinds) == len(given) and all(
        a in (b, "n" * (b == "y")) for a, b in zip(kinds, given, strict=True)
    )


def _counts_one(text: str, pack: Language) -> bool:
    """Whether a text has 1, or a part of one such as 1/2, before what it counts: a noun, an adjective and a noun, x, -mal."""
    nouns = f"(?:[^\\W\\d_]+e[nrs]? )?[{CAPITAL}]" if pack.inflection.capital_nouns else r"[^\W\d_]"
    return re.search(rf"(?<![\w.,])1(?:/\d)?(?: {nouns}|-[^\W\d_]| ?[x×](?!\w)| [„“\"»])", text) is not None


def _alternatives(part: str) -> list[str]:
    return re.split("(/)", part) if _WORDS.fullmatch(part) else [part]


def _fits(source: str, text: str) -> bool:
    return is_capital(text) or text == upper_case(source[:1]) + source[1:]


def _parted(text: str) -> tuple[str, str]:
    """A text without the mark at its end, and the mark with the space before it."""
    if text[-1:].isalnum():  # most texts: spares their search, half of the time of loading
        return text, ""
    found = _END.search(text) or (_STOP.search(text) if len(text.split()) >= SENTENCE else None)
    return (text[: found.start()], found.group()) if found and found.start() else (text, "")
