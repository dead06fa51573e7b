"""Texts whose translation is known, because a person wrote it: a translation memory.

It has what pictures say word for word again and again: buttons, signs, headings, fields of forms, standard sentences. A text
that is in it as a whole need not be translated, and its translation is sure. Of a text with figures it has a template with
placeholders: "Noch ⟨1⟩ Tage" is every "Noch 3 Tage". A known noun may have figures behind it: "Merkliste (3)". The file is
gzipped text with one text a line, source TAB target.
"""

import gzip
import re
import zlib
from collections.abc import Iterable
from pathlib import Path

from iimt_cli.data.text import is_capital, upper_case
from iimt_cli.errors import IimtError
from iimt_cli.language.alphabet import CAPITAL
from iimt_cli.language.base import Language, Packs
from iimt_cli.language.protected import PLACEHOLDER, Masked, mask_pair, protected, restore
from iimt_cli.loading import loading

KNOWN = "known.tsv.gz"  # beside the weights
# Share of the translations that are right in their picture. All are right by themselves, but a word may have another sense
# there. Of 42 texts of the development pages that it has, none was wrong, which tells no more than 0.93 (95 % interval); set.
RIGHT = 0.98
SENTENCE = 4  # words: the full stop of a shorter text may be that of an abbreviation
_END = re.compile(r"\s*[!:…,]+$|\s*\.{3}$")  # with a question mark it is another sentence
_UNITS = "[kmµ]?g|[mcd]?l|[kcm]?m|m²|km/h|kWh?|V|A|Hz|°C|[kMGT]B|px"  # the same in all languages
# Placeholders behind a text, with what may stand between them: ": 3", " (3/4)", " 3 x 5 cm"
_TAIL = re.compile(
    rf"[ :,(\[]+{PLACEHOLDER.pattern}(?:[ :,;/()\[\]x×+=.–-]|{PLACEHOLDER.pattern}|(?:{_UNITS})\b)*$"
)
_STOP = re.compile(r"\.$")


class KnownTexts:
    """Source texts → their translations, found in capitals, at the start of a sentence, and with another mark at their end."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self._known: dict[str, list[tuple[str, str]]] = {}
        for source, target in pairs:
            ours, theirs = _parted(source), _parted(target)
            if ours[1].strip() == theirs[1].strip():
                source, target = ours[0], theirs[0]
            self._known.setdefault(source.casefold(), []).append((source, target))

    @classmethod
    def load(cls, path: Path) -> "KnownTexts":
        """Raises IimtError if the file is damaged."""
        try:
            lines = gzip.decompress(path.read_bytes()).decode("utf-8").splitlines()
            pairs = [(source, target) for source, target in (line.split("\t") for line in lines)]
        except (OSError, EOFError, ValueError, zlib.error) as error:
            raise IimtError(f"{path}: no texts with their translations ({error})") from error
        return cls(pairs)

    @classmethod
    def beside(cls, folder: Path) -> "KnownTexts | None":
        """That of the weights in a folder; None if they have none. Raises IimtError if it is damaged."""
        path = folder / KNOWN
        with loading():
            return cls.load(path) if path.exists() else None

    def save(self, path: Path) -> None:
        lines = sorted(f"{source}\t{target}\n" for some in self._known.values() for source, target in some)
        path.write_bytes(gzip.compress("".join(lines).encode("utf-8"), mtime=0))

    def __len__(self) -> int:
        return sum(map(len, self._known.values()))

    def translation(self, text: str) -> str | None:
        """The translation of a text, None if it is not known, or if it may be two texts that differ in their capitals.

        A translation is written as in a sentence; `capitals_of` gives it the capitals of the text.
        """
        text = text.strip()
        core, end = _parted(text)
        for whole, mark in ((text, ""), (core, end)):
            near = self._known.get(whole.casefold(), ())
            fitting = {t for s, t in near if s == whole} or {t for s, t in near if _fits(s, whole)}
            if fitting:
                return fitting.pop() + mark if len(fitting) == 1 else None
        return None

    def filled(self, text: str, masked: Masked, pack: Language) -> str | None:
        """The translation of a text of the language `pack` that is known with other figures. masked: with placeholders."""
        if not masked.spans or _counts_one(text, pack):
            return None
        found = self.translation(masked.text) or self._with_tail(masked.text, pack)
        return restore(found, masked) if found else None

    def _with_tail(self, text: str, pack: Language) -> str | None:
        """The translation of a known noun with placeholders and units behind it, which stay as they are."""
        tail = _TAIL.search(text)
        core = text[: tail.start()] if tail and pack.inflection.capital_nouns else ""
        found = self.translation(core) if tail and core.split(" ")[-1][:1].isupper() else None
        return found + tail[0] if found and tail else None


def template(source: str, target: str, packs: Packs) -> tuple[str, str] | None:
    """A pair with placeholders for its figures; None if a figure of one side is not on the other.

    A 1 before a noun stays, because the noun behind other figures is another one: 1 item, 3 items.
    """
    if _counts_one(source, packs.source):
        return source, target
    ours, theirs = mask_pair(source, target, packs)
    rest = (PLACEHOLDER.sub(" ", text) for text in (ours, theirs))
    lost = any(protected(text, pack) for text, pack in zip(rest, (packs.source, packs.target), strict=True))
    return None if lost else (ours, theirs)


def _counts_one(text: str, pack: Language) -> bool:
    """Whether a text has 1, or a part of one such as 1/2, before what it counts: a noun, an adjective and a noun, x, -mal."""
    nouns = f"(?:[^\\W\\d_]+e[nrs]? )?[{CAPITAL}]" if pack.inflection.capital_nouns else r"[^\W\d_]"
    return re.search(rf"(?<![\w.,])1(?:/\d)?(?: {nouns}|-[^\W\d_]| ?[x×](?!\w)| [„“\"»])", text) is not None


def _fits(source: str, text: str) -> bool:
    return is_capital(text) or text == upper_case(source[:1]) + source[1:]


def _parted(text: str) -> tuple[str, str]:
    """A text without the mark at its end, and the mark with the space before it."""
    if text[-1:].isalnum():  # most texts: spares their search, half of the time of loading
        return text, ""
    found = _END.search(text) or (_STOP.search(text) if len(text.split()) >= SENTENCE else None)
    return (text[: found.start()], found.group()) if found and found.start() else (text, "")
