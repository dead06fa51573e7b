"""Standard input and output, other pipes and the clipboard, as files.

A picture is read twice and written whole, which a pipe does not allow. So input from a pipe is put into a temporary folder
before the run, and output for a pipe is copied from there after the run.
"""

import io
import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from iimt_cli.errors import IimtError, UsageError
from iimt_cli.runs import clipboard
from iimt_cli.runs.files import DOCUMENTS, writable_name
from iimt_cli.runs.output import Outcome
from iimt_cli.writing import cannot_write, is_disk_full

# bytes that may come through a pipe; the largest picture that can be read has half of it, uncompressed
LARGEST = 1 << 30
CHUNK = 1 << 20  # bytes
PDF_HEAD = 1024  # bytes at the start of a file in which the mark of a PDF is looked for
INPUT, OUTPUT = "standard input", "standard output"
_SUFFIXES = {"PNG": ".png", "JPEG": ".jpg", "WEBP": ".webp", "TIFF": ".tif", "BMP": ".bmp", "GIF": ".gif"}


class Streams:
    """The pipes of a run. It is a context in which the files that stand for the pipes exist."""

    def __init__(self) -> None:
        self.names: dict[Path, str] = {}  # the names, in messages, of files that stand for pipes
        self._folder: TemporaryDirectory[str] | None = None
        self._into: tuple[str, Path] | None = None

    def __enter__(self) -> "Streams":
        return self

    def __exit__(self, *_: object) -> None:
        if self._folder is not None:
            self._folder.cleanup()

    def take(self, name: str) -> str:
        """The path of an input; for a pipe, that of a file with its contents. Raises IimtError if it is empty."""
        standard = name in ("-", "/dev/stdin")
        if not standard and not _is_pipe(name):
            return name
        shown = INPUT if standard else name
        if shown in self.names.values():
            raise UsageError(f"{shown}: can be read only once")
        try:
            if standard:
                if sys.stdin is None:
                    raise IimtError(f"{shown}: is closed")
                data = _read(sys.stdin.buffer, shown)
            else:
                with Path(name).open("rb") as file:
                    data = _read(file, shown)
        except OSError as error:
            raise IimtError(f"{shown}: cannot be read ({error.strerror})") from None
        if not data:
            raise IimtError(f"{shown}: is empty")
        stem = "stdin" if standard else Path(name).name
        with _copying(shown):
            path = self._place(shown) / f"{stem}{_suffix_of(data)}"
            path.write_bytes(data)
        self.names[path] = shown
        return str(path)

    def give(self, name: str, inputs: list[str], suffix: str | None, *, sidecar: bool) -> str:
        """The path of the output; for a pipe, that of a file whose contents `deliver` will write into the pipe."""
        standard = name in ("-", "/dev/stdout")
        if not standard and not _is_pipe(name):
            return name
        shown = OUTPUT if standard else name
        if len(inputs) != 1 or os.path.isdir(inputs[0]):  # noqa: PTH112 (it never raises)
            raise UsageError(f"{shown}: takes one picture; for several, -o names a folder")
        if sidecar:
            raise UsageError(
                f"{shown}: has no place for a sidecar; --json and --html need -o with the name of a file"
            )
        if standard and sys.stdout is None:
            raise IimtError(f"{shown}: is closed")
        if standard and sys.stdout.isatty():
            raise UsageError(f"{shown}: is a terminal; send it into a file or a program")
        shown_input = self.names.get(Path(inputs[0]), inputs[0])
        if suffix and Path(inputs[0]).suffix.lower() in DOCUMENTS:
            raise UsageError(f"{shown_input}: a PDF becomes a PDF; leave --format out")
        ending = suffix or writable_name(Path(inputs[0])).suffix or ".png"
        path = self._place(shown) / f"output{ending}"
        self.names[path] = shown
        self._into = name, path
        return str(path)

    def take_clipboard(self) -> str:
        """The path of a file with the clipboard's picture. Raises IimtError if it holds none, or cannot be written later."""
        clipboard.check_writable()
        with _copying(clipboard.NAME):
            path = clipboard.read(self._place(clipboard.NAME))
        self.names[path] = clipboard.NAME
        return str(path)

    def give_clipboard(self) -> str:
        """The path of an output that `deliver` will put on the clipboard, if something was translated."""
        path = self._place(clipboard.NAME) / "output.png"
        self.names[path] = clipboard.NAME
        self._into = clipboard.NAME, path
        return str(path)

    def deliver(self, outcomes: Sequence[Outcome]) -> tuple[Outcome, ...]:
        """Writes the output for a pipe, if there is one. Returns the outcomes with the name of the pipe in them."""
        if self._into is None:
            return tuple(outcomes)
        name, path = self._into
        shown = self.names[path]
        if shown == clipboard.NAME:
            if any(outcome.kind == "translated" for outcome in outcomes):
                clipboard.write(path)
        elif path.exists():
            try:
                if shown == OUTPUT:
                    with path.open("rb") as file:
                        shutil.copyfileobj(file, sys.stdout.buffer)
                    sys.stdout.buffer.flush()
                else:
                    with path.open("rb") as file, Path(name).open("wb") as pipe:
                        shutil.copyfileobj(file, pipe)
            except OSError as error:
                # otherwise Python complains when it exits
                if isinstance(error, BrokenPipeError) and shown == OUTPUT:
                    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
                raise cannot_write(Path(shown), error) from None
        # if a disk is full, it is that of the temporary folder
        full = f"{path.parent.parent}, where {shown} is made first"
        return tuple(
            replace(
                one,
                job=replace(one.job, output=Path(shown)),
                message=one.message.replace(str(path), full if one.fatal else shown),
            )
            for one in outcomes
        )

    def _place(self, shown: str) -> Path:
        if self._folder is None:
            with _copying(shown):
                self._folder = TemporaryDirectory(prefix="iimt-")
        return Path(self._folder.name)


def _is_pipe(name: str) -> bool:
    """Whether a path names a pipe or a device, such as `<(…)` of a shell."""
    try:
        mode = Path(name).stat().st_mode
    except (OSError, ValueError):  # whoever reads or writes it will say what is wrong
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISCHR(mode) or stat.S_ISSOCK(mode)


@contextmanager
def _copying(shown: str) -> Iterator[None]:
    """Raises IimtError, with the name of the temporary folder, if `shown` finds no place there."""
    try:
        yield
    except OSError as error:
        cause = "the disk is full" if is_disk_full(error) else error.strerror or str(error)
        place = tempfile.tempdir or "temporary folder"
        raise IimtError(f"{place}: {cause} ({shown} is kept there; TMPDIR names another folder)") from None


def _read(file: BinaryIO, shown: str) -> bytes:
    data = bytearray()
    while chunk := file.read(CHUNK):
        data += chunk
        if len(data) > LARGEST:
            raise IimtError(f"{shown}: is too large for a picture, more than {LARGEST >> 20} MB")
    return bytes(data)


def _suffix_of(data: bytes) -> str:
    """The suffix of the format of these bytes; "" if it is unknown."""
    if b"%PDF-" in data[:PDF_HEAD]:
        return ".pdf"
    from PIL import Image

    try:
        with Image.open(io.BytesIO(data)) as image:
            return _SUFFIXES.get(image.format or "", ".png")
    except Exception:  # Pillow may raise any exception; reading the file will report it
        return ""
