"""Files that are whole or not there: written under a temporary name, then renamed.

A process that is killed leaves its temporary file behind. The name says who wrote it, so that a later run removes
what nobody is writing any more and leaves alone what another process is at.
"""

import errno
import hashlib
import os
import re
import secrets
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

from iimt_cli.errors import DiskFull, IimtError

ABANDONED = 600.0  # seconds without a change after which a file of another machine is nobody's
_NAME = re.compile(r"\.iimt-(?P<place>[0-9a-f]{8})-(?P<process>\d+)-[0-9a-f]{8}\.tmp")


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Gives a temporary name beside `path`, which becomes `path` at the end, or goes away if anything fails.

    Raises DiskFull or another IimtError where the system refuses.
    """
    temporary = path.with_name(f".iimt-{_place()}-{os.getpid()}-{secrets.token_hex(4)}.tmp")
    try:
        yield temporary
        temporary.replace(path)
    except OSError as error:
        raise cannot_write(path, error) from None
    finally:
        with suppress(OSError):
            temporary.unlink()


def write_text(path: Path, text: str) -> None:
    """The whole text or no file."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="")


def cannot_write(path: Path, error: OSError) -> IimtError:
    """What to raise when the system refuses to write `path`."""
    kind = DiskFull if is_disk_full(error) else IimtError
    return kind(f"{path}: cannot write it ({error.strerror or str(error) or type(error).__name__})")


def is_disk_full(error: Exception) -> bool:
    """Whether whatever is written next will fail as well: no room, or no more of it for this user."""
    codes = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))
    return isinstance(error, DiskFull) or (isinstance(error, OSError) and error.errno in codes)


def is_temporary(name: str) -> bool:
    """Whether a file of this name was made by `replacing`."""
    return _NAME.fullmatch(name) is not None


def is_abandoned(path: Path) -> bool:
    """Whether `path` is a temporary file whose writer is gone.

    On this machine the process tells. On another one, and on Windows, a file is abandoned when it has not changed
    for ten minutes.
    """
    match = _NAME.fullmatch(path.name)
    if match is None:
        return False
    if match["place"] == _place() and sys.platform != "win32":
        return not _runs(int(match["process"]))
    try:
        return time.time() - path.stat().st_mtime > ABANDONED
    except OSError:
        return False


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        pass  # it belongs to somebody else
    return True


@cache
def _place() -> str:
    """Where the numbers of processes are comparable: this machine since its start, this container."""
    parts = [socket.gethostname()]
    with suppress(OSError):
        parts.append(Path("/proc/sys/kernel/random/boot_id").read_text())
    with suppress(OSError):
        parts.append(os.readlink("/proc/self/ns/pid"))  # noqa: PTH115 (not a file)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:8]
