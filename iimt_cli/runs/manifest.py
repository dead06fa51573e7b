"""`iimt-run.jsonl` in the output folder: what was done to each picture, in lines of JSON.

A run writes a line with its settings (key `iimt`, the version), a line with `batch` once the size of batches is decided, a
line per picture (key `output`), and at the end a line with `ended`. Later runs append. Of several lines about one output the
last counts. Ranks append to the same file, a whole line at a time. An incomplete line that a killed run left is cut off.

The line of a picture is written before the output gets its name, so every output has a line.
"""

import json
import os
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from iimt_cli.runs.ranks import ALONE, Ranks
from iimt_cli.writing import cannot_write

NAME = "iimt-run.jsonl"
Row = dict[str, Any]


@dataclass
class Past:
    """What earlier runs with the same settings left."""

    # outputs, relative to the folder, and their checksums
    finished: dict[str, str | None] = field(default_factory=dict)
    complete: bool = False
    batch: int | None = None


class Manifest:
    """The file in `folder`, opened when there is something to write.

    `settings`: all that decides how outputs look. Raises IimtError (DiskFull) if the file cannot be written.
    """

    def __init__(self, folder: Path, settings: Mapping[str, Any], ranks: Ranks = ALONE) -> None:
        self.path, self._settings, self._ranks = folder / NAME, dict(settings), ranks
        self._lock = threading.Lock()
        self._file: int | None = None
        self._seen = 0  # bytes that `news` has read

    def past(self) -> Past:
        """What the file says about earlier runs with these settings, and about ranks that are at work now."""
        past, ended, current = Past(), set[int](), None
        rows, self._seen = read_rows(self.path)
        for row in rows:
            if "iimt" in row:
                run = {name: row.get(name) for name in self._settings}
                if run != current or past.complete:
                    past, ended, current = Past(), set(), run
                ended.discard(row.get("rank", 0))
            elif "output" in row:
                output = str(row["output"])
                past.finished.pop(output, None)
                if row.get("outcome") in ("translated", "kept"):
                    past.finished[output] = row.get("sha256")
            elif "batch" in row:
                past.batch = row["batch"]
            elif "ended" in row:
                ended.add(row.get("rank", 0))
                past.complete = len(ended) == row.get("ranks", 1)
        return past if current == self._settings else Past()

    def news(self) -> list[Row]:
        """Lines about pictures that other ranks have written since this was last asked."""
        rows, self._seen = read_rows(self.path, self._seen)
        return [row for row in rows if "output" in row and row.get("rank", 0) != self._ranks.rank]

    def relative(self, output: Path) -> str:
        """The name of an output in the lines."""
        return Path(os.path.relpath(output, self.path.parent)).as_posix()

    def write(self, row: Mapping[str, Any]) -> None:
        """Appends a line. May be called from several threads."""
        with self._lock:
            try:
                if self._file is None:
                    self._file = self._open()
                    self._append({**self._settings, "started": _now(), "ranks": self._ranks.world})
                self._append(row)
            except OSError as error:
                raise cannot_write(self.path, error) from None

    def end(self, counts: Mapping[str, int]) -> None:
        """Writes that this rank has done its share; nothing if there was nothing to do."""
        if self._file is not None:
            self.write({"ended": _now(), "ranks": self._ranks.world, **counts})

    def close(self) -> None:
        with self._lock:
            if self._file is not None:
                os.close(self._file)
                self._file = None

    def _open(self) -> int:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666)
        size = os.fstat(file).st_size
        if size:
            torn = _tail(self.path, size)
            # another rank may be appending, so the torn line is ended, and skipped later
            if torn and self._ranks.world > 1:
                os.write(file, b"\n")
            elif torn:
                os.truncate(self.path, size - torn)
        return file

    def _append(self, row: Mapping[str, Any]) -> None:
        """Appends a line in one system call, so that lines of several ranks do not mix."""
        assert self._file is not None
        rank = {"rank": self._ranks.rank} if self._ranks.world > 1 else {}
        line = (
            json.dumps({**row, **rank}, ensure_ascii=False, default=float).encode("utf-8", "backslashreplace")
            + b"\n"
        )
        while line:
            line = line[os.write(self._file, line) :]


def read_rows(path: Path, start: int = 0) -> tuple[list[Row], int]:
    """(the lines from byte `start` on, the byte at which the last whole line ends). Lines that are not JSON are left out."""
    rows: list[Row] = []
    try:
        with path.open("rb") as file:
            file.seek(start)
            for line in file:
                if not line.endswith(b"\n"):
                    break
                start += len(line)
                try:
                    row = json.loads(line)
                except ValueError:
                    continue
                if isinstance(row, dict):
                    rows.append(row)
    except FileNotFoundError:
        pass
    except OSError as error:
        raise cannot_write(path, error) from None
    return rows, start


def _tail(path: Path, size: int) -> int:
    """Bytes after the last line break of a file of `size` bytes."""
    with path.open("rb") as file:
        end = b""
        while b"\n" not in end and len(end) < size:
            length = min(size, 2 * len(end) + 4096)
            file.seek(size - length)
            end = file.read(length)
    return len(end) - 1 - end.rfind(b"\n")


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S%z")
