"""Readers of parallel text, one per file format: tables with tabs, Moses file pairs, TMX, gettext PO and MO.

Each yields (source, target) as the file has it, in file order; what is worth training on is decided in
`corpora`. Any file may be compressed with gzip. Every error is one line that names the file and the cause.
"""

from __future__ import annotations

import gzip
import itertools
import re
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import polib
from lxml import etree

from iimt_cli.config import Languages
from iimt_cli.errors import IimtError

KNOWN = ".tsv and .txt with tabs, .tmx, .po, .mo, each also .gz, or the prefix of a Moses file pair"

_UNREADABLE = (OSError, EOFError, UnicodeDecodeError, zlib.error)
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_TMX_CODES = {"bpt", "ept", "it", "ut"}  # elements whose text is mark-up and not a part of the sentence
_PLACEHOLDER = re.compile(
    r"%(\d+\$)?[-+#0]*\d*(\.\d+)?(hh?|ll?|[zjtLq])?[a-zA-Z@]\b|%\d|%\(|\{\w*\}|\$[A-Za-z_({]|@\w+@|</?\w|&\w+;"
)
_ACCELERATORS = {
    "_": re.compile(r"_(?=[^\W_])"),
    "&": re.compile(r"(?<![A-Z])&(?=\w)"),  # the & in R&D and AT&T is not a mark
    "~": re.compile(r"~(?=\w)"),
}


def read(path: Path, languages: Languages) -> Iterator[tuple[str, str]]:
    """The pairs of one file, or of the Moses pair that `path` is the prefix or one half of.

    Raises IimtError if it is missing, of an unknown format, broken, or holds other languages.
    """
    name = path.name.removesuffix(".gz")
    for suffix, reader in (
        *((".tsv", _tsv), (".txt", _tsv), (".tmx", _tmx)),
        *((".po", _gettext), (".mo", _gettext)),
    ):
        if name.endswith(suffix):
            if not path.exists():
                raise IimtError(f"{path}: no such file")
            return reader(path, languages)
    if pair := _moses_pair(path, languages):
        return _moses(*pair)
    if path.is_dir():
        raise IimtError(f"{path}: a folder; name the files in it (known: {KNOWN})")
    if path.exists():
        raise IimtError(f"{path}: unknown corpus format (known: {KNOWN})")
    halves = f"{path.name}.{languages.source} with {path.name}.{languages.target}"
    raise IimtError(f"{path}: no such file, nor a Moses pair {halves}")


def _tsv(path: Path, languages: Languages) -> Iterator[tuple[str, str]]:
    for number, line in enumerate(text_lines(path), 1):
        cells = line.split("\t")
        if len(cells) < 2:
            raise IimtError(f"{path}: line {number} has no tab between source and target")
        yield cells[0], cells[1]


def _moses_pair(path: Path, languages: Languages) -> tuple[Path, Path] | None:
    """`PREFIX.de` and `PREFIX.en`, given the prefix or either file; None if not both are there."""
    sides = (languages.source, languages.target)
    own = path.with_name(path.name.removesuffix(".gz"))
    prefix = own.with_suffix("") if own.suffix[1:] in sides and path.is_file() else path
    halves = []
    for side in sides:
        names = (f"{prefix.name}.{side}", f"{prefix.name}.{side}.gz")
        found = [prefix.with_name(name) for name in names if prefix.with_name(name).is_file()]
        if not found:
            return None
        halves.append(found[0])
    return halves[0], halves[1]


def _moses(source: Path, target: Path) -> Iterator[tuple[str, str]]:
    rows = itertools.zip_longest(text_lines(source), text_lines(target))
    for number, (left, right) in enumerate(rows, 1):
        if left is None or right is None:
            short, long = (source, target) if left is None else (target, source)
            raise IimtError(f"{short}: ends after line {number - 1}, but {long.name} goes on")
        yield left, right


def text_lines(path: Path) -> Iterator[str]:
    """The lines of a text file, gzipped or not. Raises IimtError if it cannot be read."""
    try:
        with (
            gzip.open(path, "rt", encoding="utf-8") if _packed(path) else path.open(encoding="utf-8") as lines
        ):
            for line in lines:
                yield line.rstrip("\n")
    except _UNREADABLE as error:
        raise IimtError(f"{path}: cannot be read as text ({error})") from error


def _tmx(path: Path, languages: Languages) -> Iterator[tuple[str, str]]:
    """Reads unit by unit, because public TMX files have gigabytes. Entities and DTDs are never loaded."""
    seen: set[str] = set()
    matched = False
    try:
        with _open(path) as file:
            units = etree.iterparse(
                file, tag="{*}tu", resolve_entities=False, load_dtd=False, no_network=True, huge_tree=True
            )
            for _, unit in units:
                texts = _segments(unit)
                seen.update(texts)
                source, target = texts.get(languages.source), texts.get(languages.target)
                if source is not None and target is not None:
                    matched = True
                    if not (_PLACEHOLDER.search(source) or _PLACEHOLDER.search(target)):
                        yield source, target
                unit.clear()
                # lxml keeps units that were read, until they are deleted
                while unit.getprevious() is not None:
                    del unit.getparent()[0]
    except etree.XMLSyntaxError as error:
        raise IimtError(f"{path}: broken TMX ({error})") from error
    except _UNREADABLE as error:
        raise IimtError(f"{path}: cannot be read ({error})") from error
    if not matched:
        found = ", ".join(sorted(seen)) or "none"
        wanted = f"'{languages.source}' and '{languages.target}'"
        raise IimtError(f"{path}: no unit in both {wanted} (languages in it: {found})")


def _segments(unit: Any) -> dict[str, str]:
    """Language → text of one unit; `de-AT` counts as `de`, and the first variant of a language wins."""
    texts: dict[str, str] = {}
    for variant in unit.iterfind("{*}tuv"):
        code = _language(variant.get(_XML_LANG) or variant.get("lang") or "")
        segment = variant.find("{*}seg")
        if segment is not None:
            texts.setdefault(code, _inner_text(segment))
    return texts


def _inner_text(element: Any) -> str:
    parts = [element.text or ""]
    for child in element:
        if child.tag is etree.Entity:
            parts.append(child.text)  # `&name;`, unresolved: `_PLACEHOLDER` finds it
        elif isinstance(child.tag, str):
            tag = etree.QName(child).localname
            parts.append("{}" if tag == "ph" else "" if tag in _TMX_CODES else _inner_text(child))
        parts.append(child.tail or "")
    return "".join(parts)


def _gettext(path: Path, languages: Languages) -> Iterator[tuple[str, str]]:
    """The finished entries: not fuzzy, not obsolete, no placeholders, accelerator marks taken out.

    A catalogue translates from the language of its `msgid` (English, unless the header has X-Source-Language) into the one
    that its header or its path names. Either may be our source.
    """
    try:
        with _open(path) as file:
            raw = file.read()
        if path.name.removesuffix(".gz").endswith(".mo"):
            catalogue: Any = polib.mofile(raw)
        else:
            catalogue = polib.pofile(raw.decode(polib.detect_encoding(raw)))
    except (*_UNREADABLE, struct.error, ValueError) as error:
        cause = str(error).replace("po file (line", "line").replace("):", ":")
        raise IimtError(f"{path}: broken gettext catalogue ({cause})") from error
    forward = _gettext_direction(path, catalogue.metadata, languages)
    for entry in catalogue.translated_entries():
        pairs = [(entry.msgid, entry.msgstr)]
        if entry.msgstr_plural:  # the first form translates the singular, the last the plural
            forms = [form for _, form in sorted(entry.msgstr_plural.items())]
            pairs = [(entry.msgid, forms[0]), (entry.msgid_plural, forms[-1])]
        for original, translation in pairs:
            if not original or not translation:
                continue
            if _PLACEHOLDER.search(original) or _PLACEHOLDER.search(translation):
                continue
            original, translation = _without_accelerators(original, translation)
            yield (original, translation) if forward else (translation, original)


def _gettext_direction(path: Path, header: dict[str, str], languages: Languages) -> bool:
    """True if `msgid` is in the source language, False if in the target language. Raises IimtError if in another."""
    original = _language(header.get("X-Source-Language") or "en")
    translation = _language(header.get("Language") or "") or _language_in(path, languages)
    wanted = (languages.source, languages.target)
    if (original, translation) == wanted:
        return True
    if (translation, original) == wanted:
        return False
    held = f"{original} to {translation}" if translation else "no language in its header"
    raise IimtError(
        f"{path}: a catalogue with {held}; needed are '{languages.source}' and '{languages.target}'"
    )


def _language_in(path: Path, languages: Languages) -> str:
    """The language that a file's name or folder tells: `app-de.po`, `de/LC_MESSAGES/app.mo`; '' if none."""
    for part in (path.name, *(folder.name for folder in list(path.absolute().parents)[:2])):
        for word in reversed(re.split(r"[._@-]", part)):
            if word in (languages.source, languages.target):
                return word
    return ""


def _without_accelerators(original: str, translation: str) -> tuple[str, str]:
    """Takes out the mark of a keyboard shortcut (`_Datei`, `Be&enden`) where each side has exactly one."""
    for pattern in _ACCELERATORS.values():
        if len(pattern.findall(original)) == len(pattern.findall(translation)) == 1:
            return pattern.sub("", original), pattern.sub("", translation)
    return original, translation


def _language(code: str) -> str:
    """`de` of `de-AT`, `de_DE` and `DE`."""
    return re.split(r"[-_@.]", code.strip().lower())[0]


def _open(path: Path) -> IO[bytes]:
    return gzip.open(path, "rb") if _packed(path) else path.open("rb")  # type: ignore[return-value]


def _packed(path: Path) -> bool:
    return path.suffix == ".gz"
