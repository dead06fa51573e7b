"""A program as a text model: one text per line on its standard input, one translation per line on its standard output."""

import os
import shlex
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from typing import IO

from iimt_cli.errors import IimtError, shortened
from iimt_cli.translation.words import NoAnswer

# Seconds until a program counts as hung: START_TIMEOUT to load a model, which may be large, and TEXT_TIMEOUT for each text.
# On one core a large model takes about as long for a sentence.
START_TIMEOUT = 60.0
TEXT_TIMEOUT = 5.0
POLL = 0.02  # seconds between two looks at how much it has printed
# bytes at the end of its standard error in which the last line is looked for, for a message
LAST_WORDS = 4096
LONGEST_CAUSE = 160  # characters of that line that are shown
MOST = (
    1 << 20
    # bytes that it may print, on standard output and on standard error: more than the translations of any picture
)


class Command:
    """A `TextModel` that starts a program for each picture, gives it all texts of the picture, and waits until it ends.

    command: split into words as a shell does it (quotes, backslashes), but run without a shell. source, target: the
    languages, if they are not those of the weights. Texts are UTF-8. Raises IimtError if there is no such program, and if the
    program hangs; it is not started again then.
    """

    def __init__(self, command: str, source: str = "", target: str = "") -> None:
        self.name, self.source, self.target = command, source, target
        try:
            self._words = shlex.split(command)
        except ValueError as error:
            raise IimtError(f"{command}: is no command ({error})") from None
        if not any(self._words[:1]):
            raise IimtError("the command that translates is empty")
        self._words[0] = os.path.expanduser(self._words[0])  # noqa: PTH111  # a Path drops "./"
        if shutil.which(self._words[0]) is None:
            raise IimtError(f"{self._words[0]}: no such command, or it may not be run")
        self._hung = ""

    def __call__(self, texts: Sequence[str], /) -> list[str]:
        """Raises NoAnswer if the program fails, or prints no UTF-8 or another number of lines."""
        if self._hung:
            raise IimtError(self._hung)
        given = "".join(f"{text}\n" for text in texts).encode(errors="replace")
        said = self._run(given, START_TIMEOUT + TEXT_TIMEOUT * len(texts))
        lines = said.removesuffix(b"\n").split(b"\n") if said else []
        if len(lines) != len(texts):
            raise NoAnswer(
                f"the command printed {_counted(len(lines), 'line')} for {_counted(len(texts), 'text')}"
            )
        try:
            return [line.decode().rstrip("\r") for line in lines]
        except UnicodeDecodeError:
            raise NoAnswer("the command printed what is no UTF-8") from None

    def _run(self, given: bytes, seconds: float) -> bytes:
        """What the program prints. It writes into files, so that it never waits for a reader and their size can be watched."""
        with (
            tempfile.TemporaryFile() as source,
            tempfile.TemporaryFile() as out,
            tempfile.TemporaryFile() as err,
        ):
            source.write(given)
            source.seek(0)
            try:
                process = subprocess.Popen(
                    self._words, stdin=source, stdout=out, stderr=err, start_new_session=True
                )
            except (OSError, ValueError) as error:
                cause = getattr(error, "strerror", None) or error
                raise IimtError(f"{self.name}: cannot be started ({cause})") from None
            try:
                self._wait(process, seconds, (out, err))
            finally:
                _kill(process)
            if process.returncode:
                raise NoAnswer(_failure(process.returncode, err))
            out.seek(0)
            return out.read()

    def _wait(self, process: "subprocess.Popen[bytes]", seconds: float, files: Sequence[IO[bytes]]) -> None:
        """Waits until the program ends. Raises NoAnswer if it prints more than MOST, IimtError if it hangs."""
        end = time.monotonic() + seconds
        while process.poll() is None:
            if any(os.fstat(file.fileno()).st_size > MOST for file in files):
                raise NoAnswer("the command prints without end")
            if time.monotonic() > end:
                self._hung = f"{shortened(self.name)}: did not end within {seconds:.0f} s"
                raise IimtError(self._hung)
            time.sleep(POLL)


def _kill(process: "subprocess.Popen[bytes]") -> None:
    """Ends the program, if it runs, and what it has started."""
    if process.poll() is not None:
        return
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (AttributeError, OSError):  # Windows has no groups
        process.kill()
    process.wait()


def _failure(code: int, err: IO[bytes]) -> str:
    """Why a program failed: its exit code, and the last line of its standard error."""
    err.seek(max(0, err.seek(0, os.SEEK_END) - LAST_WORDS))
    lines = err.read().decode(errors="replace").split("\n")
    last = next((line.strip() for line in reversed(lines) if line.strip()), "")
    said = "".join(filter(str.isprintable, last))
    ended = f"was ended by signal {-code}" if code < 0 else f"failed with exit code {code}"
    return f"the command {ended}" + (f": {shortened(said, LONGEST_CAUSE)}" if said else "")


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" + ("" if count == 1 else "s")
