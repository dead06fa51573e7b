"""The page of `iimt translate --html`: one file with all pictures in it, written picture by picture."""

import base64
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TextIO

import numpy as np
from numpy.typing import NDArray

from iimt_cli.translation.result import Block
from iimt_cli.view.facts import THUMB, asset, block_facts, embedded, script_json
from iimt_cli.writing import replacing

# (pictures of a page, at most; px of the longest side of each). A page with the most pictures of an entry has about 50 MB.
EDGES = ((12, 2000), (60, 1400), (300, 1000), (10**9, 700))


@dataclass(frozen=True)
class Entry:
    """A picture of the page: before and after, uint8 (H, W, 3 or 4), or None if there is none.

    note: why there is no text or no translation. size: width and height; the coordinates of `blocks` are pixels of this size.
    """

    name: str
    original: NDArray[np.uint8] | None
    translation: NDArray[np.uint8] | None
    size: tuple[int, int]
    blocks: Sequence[Block] = ()
    note: str = ""
    failed: bool = False


def write_report(path: Path, entries: Iterable[Entry], count: int, source: str, target: str) -> None:
    """Writes the page, whole or not at all. Only one entry is in memory at a time. count: how many entries come.

    source, target: codes of the languages. Raises IimtError if the page cannot be written.
    """
    edge = next(edge for most, edge in EDGES if count <= most)
    path.parent.mkdir(parents=True, exist_ok=True)
    before, after = _frame(count, source, target)
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        file.write(before)
        for entry in entries:
            _write_entry(file, entry, edge)
        file.write(after)


def _write_entry(file: TextIO, entry: Entry, edge: int) -> None:
    """Two scripts: facts for the list of pictures and the texts, and the pictures, which are read only when they are shown."""
    width, height = entry.size
    seen = entry.original if entry.translation is None else entry.translation
    facts = {
        "name": entry.name, "width": width, "height": height, "blocks": block_facts(entry.blocks), "note": entry.note,
        "thumb": "" if seen is None else embedded(seen, THUMB), "state": "failed" if entry.failed else "done",
        "status": entry.note if entry.failed else "",
    }  # fmt: skip
    pixels = {
        name: "" if pixels is None else embedded(pixels, edge)
        for name, pixels in (("original", entry.original), ("translation", entry.translation))
    }
    for name, value in (("facts", facts), ("pixels", pixels)):
        file.write(f'<script type="application/json" class="{name}">{script_json(value)}</script>\n')


def _frame(count: int, source: str, target: str) -> tuple[str, str]:
    """The page before and after its pictures."""
    package = "iimt_cli.view"
    style, script = asset(package, "view.css"), asset(package, "view.js") + asset(package, "report.js")
    title = "1 picture" if count == 1 else f"{count:,} pictures"
    # Only scripts and styles with these checksums run, so a script that a text may smuggle in does not.
    policy = (
        f"default-src 'none'; img-src data:; style-src {_checksum(style)}; script-src {_checksum(script)}"
    )
    parts = {
        "SOURCE": escape(source), "TARGET": escape(target), "POLICY": policy, "TITLE": title, "STYLE": style,
        "VIEW": asset(package, "view.html"), "SCRIPT": script,
    }  # fmt: skip
    before, after = asset(package, "report.html").split("@PICTURES@\n")
    filled = [re.sub(r"@([A-Z]+)@", lambda mark: parts[mark[1]], part) for part in (before, after)]
    return filled[0], filled[1]


def _checksum(text: str) -> str:
    """The checksum of an inline script or style, as a Content-Security-Policy names it."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
