"""Which output belongs to which reference, and what is known about the pair: texts, boxes, kind of picture.

Pictures are paired by name; extension and sub-folder may differ: `out/a/007.png` is the output of `ref/007.jpg`. Pictures
without a partner are reported. A reference without an output counts as a picture that scored nothing.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from typing import Any

import numpy as np

from iimt_cli.errors import IimtError
from iimt_cli.evaluation.ocr import clean
from iimt_cli.page.files.encode import FORMATS

SUFFIXES = {*FORMATS, ".gif"}  # .gif cannot be read; with it here, such files are reported instead of ignored
METADATA = "metadata.jsonl"


@dataclass(frozen=True, eq=False)
class Item:
    """One picture to score; paths are None where there is no such file.

    text, source_text: known texts, one line each. source_blocks: the source text by paragraph. quads: the
    text boxes [4, 2] of source and reference where known. kind: what the background is ("photo"), or "".
    """

    name: str
    reference: Path
    output: Path | None = None
    source: Path | None = None
    text: str | None = None
    source_text: str | None = None
    source_blocks: tuple[str, ...] = ()
    quads: tuple[np.ndarray, ...] | None = None
    kind: str = ""


@dataclass(frozen=True)
class Pairing:
    items: list[Item]
    extra: list[Path]  # outputs without a reference


def pair(
    output: Path | None, reference: Path, source: Path | None = None, text: Path | None = None
) -> Pairing:
    """Pair a folder (or file) of outputs with one of references; without `output`, only the references.

    `reference` may be a folder that `iimt synthesize-data` wrote: its metadata then says which picture is the
    source, what the texts are and where they stand. `text` is such a metadata.jsonl, a table (name TAB text
    [TAB source text]) or plain lines in the order of the references' names.
    Raises IimtError for a missing folder, names that are ambiguous or never match, and missing texts.
    """
    items = references(reference)
    if source is not None:
        found = _partners(items, source)
        items = [replace(item, source=found.paths.get(i)) for i, item in enumerate(items)]
    if text is not None:
        items = with_texts(items, text)
    if output is None:
        return Pairing(items, [])
    found = _partners(items, output)
    if found.left and not found.paths:
        raise IimtError(
            f"{output}: no picture has the name of a reference ('{found.left[0].name}' against "
            f"'{items[0].reference.name}' in {reference})"
        )
    return Pairing([replace(item, output=found.paths.get(i)) for i, item in enumerate(items)], found.left)


def references(folder: Path) -> list[Item]:
    """The reference pictures of a folder, sorted by name, with all that a metadata.jsonl in it knows.

    A folder of such data sets is one large data set; the names then start with that of the set.
    """
    if (folder / METADATA).is_file():
        return _dataset(folder)
    sets = sorted(path.parent for path in folder.glob(f"*/{METADATA}"))
    if sets:  # one data set per kind of background, say
        return [replace(item, name=f"{one.name}/{item.name}") for one in sets for item in _dataset(one)]
    pictures = find_pictures(folder)
    if not pictures:
        raise IimtError(f"{folder}: no pictures in it")
    root = folder if folder.is_dir() else folder.parent
    return [Item("/".join(_parts(path.relative_to(root))), path) for path in pictures]


def find_pictures(path: Path) -> list[Path]:
    """All picture files under a folder, sorted, or the one file. Raises IimtError if there is none."""
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise IimtError(f"{path}: no such folder")
    files = (f for f in path.rglob("*") if f.suffix.lower() in SUFFIXES and f.is_file())
    return sorted(f for f in files if not any(part.startswith(".") for part in f.relative_to(path).parts))


def with_texts(items: Sequence[Item], path: Path) -> list[Item]:
    """`items` with the reference texts of a file. Raises IimtError if one has none."""
    if not path.is_file():
        raise IimtError(f"{path}: no such file")
    lines = path.read_text("utf-8-sig").splitlines()
    if path.suffix in (".jsonl", ".json"):
        rows = [_metadata_row(path, number, line) for number, line in enumerate(lines, 1) if line.strip()]
        names = [str(row.get("target_file_name") or row["file_name"]) for row in rows]
        known = [_known(row) for row in rows]
    elif any("\t" in line for line in lines):
        cells = [[*line.split("\t"), "", ""] for line in lines if line.strip()]
        names = [row[0] for row in cells]
        known = [{"text": clean(row[1]), "source_text": clean(row[2]) or None} for row in cells]
    else:
        if len(lines) != len(items):
            raise IimtError(f"{path}: {len(lines)} lines for {len(items)} reference pictures")
        return [replace(item, text=clean(line)) for item, line in zip(items, lines, strict=True)]
    rows_of = match([_parts(item.name) for item in items], [_parts(n) for n in names])
    without = [item.reference.name for i, item in enumerate(items) if i not in rows_of]
    if without:
        more = f" and for {len(without) - 1} more" if len(without) > 1 else ""
        raise IimtError(f"{path}: has no text for {without[0]}{more}")
    return [replace(item, **known[rows_of[i][0]]) for i, item in enumerate(items)]


def match(wanted: Sequence[tuple[str, ...]], offered: Sequence[tuple[str, ...]]) -> dict[int, list[int]]:
    """For each path of `wanted` the indices of `offered` with the same name.

    Paths are tuples of parts, without the suffix. Equal paths are paired first. The others are paired by their last
    parts, from many to few, if only one path of `wanted` ends so. More than one index means that the name is ambiguous.
    """
    found: dict[int, list[int]] = {}
    taken: set[int] = set()
    exact = defaultdict(list)
    for j, parts in enumerate(offered):
        exact[parts].append(j)
    for i, parts in enumerate(wanted):
        if parts in exact:
            found[i] = exact[parts]
            taken.update(exact[parts])
    depth = max(map(len, [*wanted, *offered]), default=0)
    for length in range(depth, 0, -1):
        asking, having = defaultdict(list), defaultdict(list)
        for i, parts in enumerate(wanted):
            if i not in found:
                asking[parts[-length:]].append(i)
        for j, parts in enumerate(offered):
            if j not in taken:
                having[parts[-length:]].append(j)
        for ending, (i, *others) in asking.items():
            if not others and ending in having:
                found[i] = having[ending]
                taken.update(having[ending])
    return found


@dataclass(frozen=True)
class _Partners:
    paths: dict[int, Path]
    left: list[Path]


def _partners(items: Sequence[Item], folder: Path) -> _Partners:
    paths = find_pictures(folder)
    if folder.is_file() and len(items) == 1:
        return _Partners({0: folder}, [])  # two files belong together, whatever their names
    root = folder if folder.is_dir() else folder.parent
    if (folder / METADATA).is_file():  # a data set of pairs: only its source pictures count
        side = "source" if (folder / "source").is_dir() else ""
        paths = [path for path in paths if path.is_relative_to(folder / side)]
    offered = [_parts(path.relative_to(root)) for path in paths]
    found, used = {}, set()
    for i, candidates in match([_parts(item.name) for item in items], offered).items():
        if len(candidates) > 1:
            suffix = items[i].reference.suffix.lower()
            alike = [j for j in candidates if paths[j].suffix.lower() == suffix]
            if len(alike) != 1:
                one, two = (paths[j].relative_to(root) for j in candidates[:2])
                raise IimtError(f"{root}: both {one} and {two} have the name of {items[i].reference.name}")
            used.update(candidates)
            candidates = alike
        found[i] = paths[candidates[0]]
        used.update(candidates)
    return _Partners(found, [path for j, path in enumerate(paths) if j not in used])


def _dataset(folder: Path) -> list[Item]:
    path = folder / METADATA
    lines = path.read_text("utf-8-sig").splitlines()
    rows = [_metadata_row(path, number, line) for number, line in enumerate(lines, 1) if line.strip()]
    if not rows:
        raise IimtError(f"{path}: no rows in it")
    items = []
    for row in rows:
        source, target = row["file_name"], row.get("target_file_name")
        reference = folder / (target or source)
        parts = _parts(target or source)
        name = "/".join(parts[1:] if len(parts) > 1 and parts[0] in ("target", "targets") else parts)
        items.append(Item(name, reference, source=folder / source if target else None, **_known(row)))
    return sorted(items, key=lambda item: item.name)


def _metadata_row(path: Path, number: int, line: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
        if not isinstance(row, dict) or not isinstance(row.get("file_name"), str):
            raise ValueError("no file_name")
    except ValueError as error:
        raise IimtError(f"{path}: line {number} is not a row of metadata ({error})") from None
    return row


def _known(row: dict[str, Any]) -> dict[str, Any]:
    """Texts, boxes and kind of a metadata row, as fields of `Item`."""
    text = row.get("target_text", row.get("text"))
    source = row.get("source_text")
    keys = ("source_lines", "target_lines", "source_boxes", "target_boxes")
    quads = [quad for key in keys for quad in _quads(row.get(key))]
    return {
        "text": None if text is None else clean(str(text)),
        "source_text": None if source is None else clean(str(source)),
        "source_blocks": tuple(filter(None, map(clean, str(source or "").split("\n")))),
        "quads": tuple(quads) if quads else None,
        "kind": str(row.get("background") or row.get("kind") or ""),
    }


def _quads(boxes: Any) -> list[np.ndarray]:
    """Boxes as quads [4, 2]: from four corners, left-top-right-bottom, or objects with a "quad"."""
    quads = []
    for box in boxes or []:
        corners = np.asarray(box.get("quad") if isinstance(box, dict) else box, np.float32).reshape(-1)
        if corners.size == 4:
            left, top, right, bottom = corners
            corners = np.array([left, top, right, top, right, bottom, left, bottom], np.float32)
        quads.append(corners.reshape(4, 2))
    return quads


def _parts(path: str | PurePath) -> tuple[str, ...]:
    """The parts of a relative path, without the suffix if it is a picture's: "a/v1.2.png" → ("a", "v1.2")."""
    path = PurePath(path)
    return (path.with_suffix("") if path.suffix.lower() in SUFFIXES else path).parts
