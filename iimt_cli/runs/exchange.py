"""The texts of pictures as one file for the tools of translators: a table (TSV) or XLIFF 1.2, there and back.

Such a file names the sidecars that its texts are from, relative to its own folder. The places of blocks, and what was drawn,
are only in the sidecars.
"""

import csv
import io
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from iimt_cli.data.text import is_utf8
from iimt_cli.errors import IimtError, UsageError, shortened
from iimt_cli.writing import cannot_write, replacing

if TYPE_CHECKING:
    from iimt_cli.translation.result import Texts

COLUMNS = ("file", "block", "source", "target", "confidence", "keep")
TABLES, XLIFFS = (".tsv",), (".xlf", ".xliff")
NEEDED = ("file", "block", "target")
EMPTY = b"""<xliff version="1.2" xmlns="urn:oasis:names:tc:xliff:document:1.2">
<file original="NoName" source-language="de" datatype="plaintext"><body></body></file></xliff>"""
YES = ("yes", "true", "1", "x", "y")
NO = ("", "no", "false", "0", "n")
_BLOCK = re.compile(r"[0-9]{1,9}(\.0)?")  # spreadsheets may write 1.0
_BOMS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"\xef\xbb\xbf": "utf-8-sig"}


@dataclass(frozen=True)
class Edit:
    """What a file says of one block. `where`: file and line, for messages."""

    block: int
    target: str
    keep: bool
    where: str


Edits = dict[Path, dict[int, Edit]]
"""By the path of a sidecar and the id of a block."""


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
        if of_file.setdefault(edit.block, edit) is not edit:
            raise IimtError(f"{edit.where}: block {edit.block} of {file} is there twice")
    if not edits:
        raise IimtError(f"{path}: has no texts")
    return edits


def write_table(path: Path, texts: "Mapping[Path, Texts]") -> int:
    """Writes the texts of sidecars, by their paths, as the suffix of `path` says. Returns how many texts they are.

    Raises UsageError for another suffix, and IimtError if the file cannot be written.
    """
    write: Callable[[Mapping[str, Texts]], bytes]
    suffix = path.suffix.lower()
    if suffix in TABLES:
        write = _tsv
    elif suffix in XLIFFS:
        write = _xliff
    else:
        raise UsageError(f"{path}: end it with .tsv for a table, or with .xlf for XLIFF")
    named = {Path(os.path.relpath(file, path.parent)).as_posix(): own for file, own in texts.items()}
    try:
        content = write(named)
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(path, error) from None
    with replacing(path) as temporary:
        temporary.write_bytes(content)
    return sum(len(own.blocks) for own in texts.values())


def _tsv(texts: "Mapping[str, Texts]") -> bytes:
    file = io.StringIO()
    table = csv.writer(file, "excel-tab", lineterminator="\n")
    table.writerow(COLUMNS)
    for name, own in texts.items():
        for block in own.blocks:
            keep = "yes" if block.keep else ""
            table.writerow([name, block.id, block.source, block.target, f"{block.confidence:.2f}", keep])
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
            found.append((row["file"], _edit(row["block"], row["target"], row.get("keep", ""), where)))
    except csv.Error as error:
        raise IimtError(f"{path}: line {reader.line_num} is not understood ({error})") from None
    return found


def _edit(block: str, target: str, keep: str, where: str) -> Edit:
    number = block.strip()  # `strip` removes white space that `float` does not accept
    if not _BLOCK.fullmatch(number):
        raise IimtError(f"{where}: {shortened(block)!r} is no number of a block")
    if not is_utf8(target):
        raise IimtError(f"{where}: the target is no text in UTF-8; save the table as UTF-8")
    if keep.strip().lower() not in (*YES, *NO):
        raise IimtError(f"{where}: keep is {keep!r}, neither yes nor no")
    return Edit(int(float(number)), target, keep.strip().lower() in YES, where)


def _toolkit() -> Any:
    try:
        from translate.storage import xliff
    except ImportError:
        raise IimtError(
            "XLIFF needs the Translate Toolkit: pip install 'iimt[xliff]' (or use a table, .tsv)"
        ) from None
    return xliff


def _xliff(texts: "Mapping[str, Texts]") -> bytes:
    """The texts as XLIFF. A block that is kept has `translate="no"`; texts that no person has seen are marked for review."""
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
        for block in own.blocks:
            unit = store.addsourceunit(block.source, name, True)
            unit.setid(str(block.id))
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
        keep = "yes" if element.get("translate") == "no" else ""
        edit = _edit(element.get("id", ""), str(unit.target or ""), keep, where)
        found.append((file.get("original", ""), edit))
    return found
