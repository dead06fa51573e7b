"""The texts of pictures and documents as one file for the tools of translators: a table (TSV) or XLIFF 1.2, there and back.

Such a file names the sidecars that its texts are from, relative to its own folder. The places of blocks, and what was drawn,
are only in the sidecars.
"""

import csv
import io
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from iimt_cli.data.text import is_utf8
from iimt_cli.errors import IimtError, UsageError, shortened
from iimt_cli.writing import cannot_write, replacing

if TYPE_CHECKING:
    from iimt_cli.translation.result import Block, Texts
    from iimt_cli.translation.sidecar import DocumentTexts

COLUMNS = ("file", "block", "source", "target", "confidence", "keep")
PAGE = "page"  # a column behind `file`, if there are documents
TABLES, XLIFFS = (".tsv",), (".xlf", ".xliff")
NEEDED = ("file", "block", "target")
EMPTY = b"""<xliff version="1.2" xmlns="urn:oasis:names:tc:xliff:document:1.2">
<file original="NoName" source-language="de" datatype="plaintext"><body></body></file></xliff>"""
YES = ("yes", "true", "1", "x", "y")
NO = ("", "no", "false", "0", "n")
_NUMBER = re.compile(r"[0-9]{1,9}(\.0)?")  # spreadsheets may write 1.0
_BOMS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"\xef\xbb\xbf": "utf-8-sig"}


@dataclass(frozen=True)
class Place:
    """A block: its page, from 1, or 0 in a picture, and its id."""

    page: int
    block: int


@dataclass(frozen=True)
class Edit:
    """What a file says of one block. keep: None if it does not say that. `where`: file and line, for messages."""

    place: Place
    target: str
    keep: bool | None
    where: str


Edits = dict[Path, dict[Place, Edit]]
"""By the path of a sidecar."""


def is_table(path: Path) -> bool:
    """Whether a path names a table or an XLIFF file."""
    return path.suffix.lower() in (*TABLES, *XLIFFS)


def read_table(path: Path) -> Edits:
    """The edits of a table or XLIFF file. Raises IimtError, with file and line, if it cannot be read or is wrong."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise IimtError(f"{path}: no such file") from None
    except OSError as error:
        raise IimtError(f"{path}: cannot be read ({error.strerror})") from None
    rows = _read_xliff(path, data) if path.suffix.lower() in XLIFFS else _read_tsv(path, data)
    edits: Edits = {}
    for file, edit in rows:
        if "\0" in file:
            raise IimtError(f"{edit.where}: {file!r} is no name of a file")
        of_file = edits.setdefault(path.parent / file, {})
        if of_file.setdefault(edit.place, edit) is not edit:
            page = f"page {edit.place.page}, " if edit.place.page else ""
            raise IimtError(f"{edit.where}: {page}block {edit.place.block} of {file} is there twice")
    if not edits:
        raise IimtError(f"{path}: has no texts")
    return edits


def write_table(path: Path, texts: "Mapping[Path, Texts | DocumentTexts]") -> int:
    """Writes the texts of sidecars, by their paths, as the suffix of `path` says. Returns how many texts they are.

    Raises UsageError for another suffix, and IimtError if the file cannot be written.
    """
    write: Callable[[Mapping[str, _Source]], bytes]
    suffix = path.suffix.lower()
    if suffix in TABLES:
        write = _tsv
    elif suffix in XLIFFS:
        write = _xliff
    else:
        raise UsageError(f"{path}: end it with .tsv for a table, or with .xlf for XLIFF")
    named = {
        Path(os.path.relpath(file, path.parent)).as_posix(): _Source.of(own) for file, own in texts.items()
    }
    try:
        content = write(named)
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(path, error) from None
    with replacing(path) as temporary:
        temporary.write_bytes(content)
    return sum(len(list(own.blocks)) for own in named.values())


@dataclass(frozen=True)
class _Source:
    """A sidecar: its texts by the number of their page, 0 in a picture; and what it says of the whole."""

    pages: "Mapping[int, Texts]"
    more: Mapping[str, Any]

    @classmethod
    def of(cls, texts: "Texts | DocumentTexts") -> "_Source":
        from iimt_cli.translation.result import Texts

        if isinstance(texts, Texts):
            return cls({0: texts}, texts.more)
        pages = {number: page for number, page in texts.pages.items() if isinstance(page, Texts)}
        return cls(pages, texts.more)

    @property
    def blocks(self) -> "Iterator[tuple[int, Block]]":
        """Each with the number of its page."""
        return ((number, block) for number, page in self.pages.items() for block in page.blocks)


def _tsv(texts: "Mapping[str, _Source]") -> bytes:
    file = io.StringIO()
    table = csv.writer(file, "excel-tab", lineterminator="\n")
    has_documents = any(number for own in texts.values() for number in own.pages)
    table.writerow([COLUMNS[0], *([PAGE] if has_documents else []), *COLUMNS[1:]])
    for name, own in texts.items():
        for page, block in own.blocks:
            place = [name, page or ""] if has_documents else [name]
            keep = "yes" if block.keep else ""
            confidence = f"{block.confidence:.2f}"
            table.writerow([*place, block.id, block.source, block.target, confidence, keep])
    return file.getvalue().encode("utf-8", "surrogateescape")


def _read_tsv(path: Path, data: bytes) -> list[tuple[str, Edit]]:
    coding = next((coding for bom, coding in _BOMS.items() if data.startswith(bom)), "utf-8")
    try:
        text = data.decode(coding, "strict" if coding == "utf-16" else "surrogateescape")
    except UnicodeDecodeError:
        raise IimtError(f"{path}: is no text in UTF-8") from None
    found = []
    reader = csv.reader(io.StringIO(text, newline=""), "excel-tab", strict=True)
    try:
        head = [name.strip().lower() for name in next(reader, [])]
        if missing := [name for name in NEEDED if name not in head]:
            names = " and no ".join(missing)
            raise IimtError(f"{path}: line 1: there is no column {names}; columns are parted by tabs")
        for cells in reader:
            if not any(cells):
                continue
            where = f"{path}: line {reader.line_num}"
            row = dict(zip(head, cells, strict=False))
            if missing := [name for name in NEEDED if name not in row]:
                raise IimtError(f"{where} has no {missing[0]}")
            place = _place(row.get(PAGE, ""), row["block"], where)
            found.append((row["file"], _edit(place, row["target"], row.get("keep"), where)))
    except csv.Error as error:
        raise IimtError(f"{path}: line {reader.line_num} is not understood ({error})") from None
    return found


def _place(page: str, block: str, where: str) -> Place:
    """`page` is empty for a picture."""
    return Place(_number(page, "page", where) if page.strip() else 0, _number(block, "block", where))


def _number(text: str, kind: str, where: str) -> int:
    number = text.strip()  # `float` does not take all white space that this takes away
    if not _NUMBER.fullmatch(number):
        raise IimtError(f"{where}: {shortened(text)!r} is no number of a {kind}")
    return int(float(number))


def _edit(place: Place, target: str, keep: str | None, where: str) -> Edit:
    if not is_utf8(target):
        raise IimtError(f"{where}: the target is no text in UTF-8; save the table as UTF-8")
    if keep is None:
        return Edit(place, target, None, where)
    if keep.strip().lower() not in (*YES, *NO):
        raise IimtError(f"{where}: keep is {keep!r}, neither yes nor no")
    return Edit(place, target, keep.strip().lower() in YES, where)


def _toolkit() -> Any:
    try:
        from translate.storage import xliff
    except ImportError:
        raise IimtError(
            "XLIFF needs the Translate Toolkit: pip install 'iimt[xliff]' (or use a table, .tsv)"
        ) from None
    return xliff


def _xliff(texts: "Mapping[str, _Source]") -> bytes:
    """A block that stays as it is has `translate="no"`; what no person has seen yet needs review.

    The id of a unit is that of the block, in a document with the page before it: 2:1.
    """
    toolkit = _toolkit()
    store = toolkit.xlifffile.parsestring(EMPTY)  # without EMPTY the toolkit would write version 1.1
    for name, own in texts.items():
        languages = own.more.get("source", "de"), own.more.get("target", "en")
        try:
            store.switchfile(name, createifmissing=True)
        except ValueError:
            raise IimtError(
                f"{name!r} cannot stand in XLIFF, since it is no UTF-8: use a table, .tsv"
            ) from None
        node = store.getfilenode(name)
        assert node is not None
        node.set("source-language", str(languages[0]))
        node.set("target-language", str(languages[1]))
        for page, block in own.blocks:
            unit = store.addsourceunit(block.source, name, True)
            unit.setid(f"{page}:{block.id}" if page else str(block.id))
            if block.target:
                unit.target = block.target
                unit.xmlelement.find(unit.namespaced("target")).set("state", "needs-review-translation")
            unit.xmlelement.set("translate", "no" if block.keep else "yes")
            unit.addnote(f"confidence {block.confidence:.2f}{block.reason and f'; left: {block.reason}'}")
    return bytes(store)


def _read_xliff(path: Path, data: bytes) -> list[tuple[str, Edit]]:
    toolkit = _toolkit()
    try:
        units: Sequence[Any] = toolkit.xlifffile.parsestring(data).units
    except Exception as error:  # lxml's and the toolkit's own
        raise IimtError(f"{path}: is no XLIFF 1.2 ({(str(error) or 'not XML').splitlines()[0]})") from None
    found = []
    for unit in units:
        element = unit.xmlelement
        file = next(element.iterancestors(unit.namespaced("file")))
        where = f"{path}: line {element.sourceline}"
        keep = element.get("translate")  # of a unit without it the sidecar's own word counts
        if keep is not None:
            keep = "yes" if keep == "no" else "no"
        page, _, block = element.get("id", "").rpartition(":")
        edit = _edit(_place(page, block, where), str(unit.target or ""), keep, where)
        found.append((file.get("original", ""), edit))
    return found
