"""Files that are whole or not there: they are written under a temporary name, then renamed.

A process that is killed leaves its temporary file behind. The name says which process wrote it. So a later run removes files
whose process is gone, and leaves alone those of a running one.
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
from typing import IO

from iimt_cli.errors import DiskFull, IimtError, SystemRefused

# seconds without a change after which a temporary file of another machine counts as abandoned
ABANDONED = 600.0
LOCK = "lock"  # in a folder that one process at a time may use
_NAME = re.compile(r"\.iimt-(?P<place>[0-9a-f]{8})-(?P<process>\d+)-[0-9a-f]{8}\.tmp")


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A context with a temporary path beside `path`. At its end the file is renamed to `path`, or deleted if anything failed.

    Raises DiskFull or another IimtError if the system refuses to write.
    """
    temporary = path.with_name(_own_name())
    try:
        yield temporary
        temporary.replace(path)
    except OSError as error:
        raise cannot_write(path, error) from None
    finally:
        with suppress(OSError):
            temporary.unlink()


def claim(folder: Path) -> IO[str] | None:
    """Locks a folder for this process, until the file that is returned is closed, or the process ends.

    None if another process has it. Where files cannot be locked, every claim is granted.
    """
    try:
        file = (folder / LOCK).open("a")
    except OSError as error:
        raise cannot_write(folder / LOCK, error) from None
    if _lock(file):
        return file
    file.close()
    return None


def is_claimed(folder: Path) -> bool:
    """Whether another process has locked a folder."""
    try:
        with (folder / LOCK).open("r+") as file:
            return not _lock(file)
    except OSError:
        return False


def _lock(file: IO[str]) -> bool:
    """False if someone else has locked the file."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno not in (errno.EACCES, errno.EAGAIN, errno.EDEADLK)
    return True


def at_home(path: str | Path) -> Path:
    """The path with the folder of a user in place of `~` or `~name`. A name that nobody has stays as it is."""
    return Path(os.path.expanduser(path))  # noqa: PTH111 (Path.expanduser raises RuntimeError for such a name)


def write_text(path: Path, text: str) -> None:
    """Writes a text file, whole or not at all."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="")


def cannot_write(path: Path, error: OSError) -> IimtError:
    """The error to raise if the system refuses to write `path`."""
    kind = DiskFull if is_disk_full(error) else SystemRefused
    return kind(f"{path}: cannot write it ({error.strerror or str(error) or type(error).__name__})")


def is_disk_full(error: Exception) -> bool:
    """Whether the disk, or the quota of this user, is full, so that the next write will fail, too."""
    codes = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))
    return isinstance(error, DiskFull) or (isinstance(error, OSError) and error.errno in codes)


def is_temporary(name: str) -> bool:
    """Whether a file of this name was made by `replacing`."""
    return _NAME.fullmatch(name) is not None


def is_abandoned(path: Path) -> bool:
    """Whether `path` is a temporary file whose writer is gone.

    On this machine it is so if its process is gone. For files of another machine, and on Windows, it is so if the file
    has not changed for ten minutes (ABANDONED).
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


def _own_name() -> str:
    return f".iimt-{_place()}-{os.getpid()}-{secrets.token_hex(4)}.tmp"


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
    """A name of the place within which process numbers are unique: this machine since its start, this container."""
    parts = [socket.gethostname()]
    with suppress(OSError):
        parts.append(Path("/proc/sys/kernel/random/boot_id").read_text())
    with suppress(OSError):
        parts.append(os.readlink("/proc/self/ns/pid"))  # noqa: PTH115 (not a file)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:8]
