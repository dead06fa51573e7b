"""Temporary files: gone after a failure, recognised when their writer is gone."""

import errno
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from iimt_cli.errors import DiskFull, IimtError, SystemRefused
from iimt_cli.writing import is_abandoned, is_temporary, replacing, write_text


def test_whole_or_not_at_all(tmp_path: Path) -> None:
    write_text(tmp_path / "a", "before")
    with pytest.raises(RuntimeError), replacing(tmp_path / "a") as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert list(tmp_path.iterdir()) == [tmp_path / "a"] and (tmp_path / "a").read_text() == "before"


@pytest.mark.parametrize(("code", "kind"), [(errno.ENOSPC, DiskFull), (errno.EACCES, SystemRefused)])
def test_a_refusal_names_the_file(code: int, kind: type[IimtError], tmp_path: Path) -> None:
    with pytest.raises(IimtError) as caught, replacing(tmp_path / "a"):
        raise OSError(code, "Refused")
    assert type(caught.value) is kind and str(caught.value) == f"{tmp_path / 'a'}: cannot write it (Refused)"


def temporary_of(process: int, tmp_path: Path) -> Path:
    with replacing(tmp_path / "a") as path:
        name = path.name.replace(f"-{os.getpid()}-", f"-{process}-")
        path.touch()
    (tmp_path / name).touch()
    return tmp_path / name


@pytest.mark.skipif(sys.platform == "win32", reason="goes by the age there")
def test_what_nobody_writes_any_more(tmp_path: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    assert is_abandoned(temporary_of(gone.pid, tmp_path))
    assert not is_abandoned(temporary_of(os.getpid(), tmp_path))
    assert not is_abandoned(temporary_of(os.getppid(), tmp_path))


def test_of_another_machine_it_goes_by_the_age(tmp_path: Path) -> None:
    other = tmp_path / f".iimt-00000000-{os.getpid()}-0123abcd.tmp"
    other.touch()
    assert is_temporary(other.name) and not is_abandoned(other)
    long_ago = time.time() - 3600
    os.utime(other, (long_ago, long_ago))
    assert is_abandoned(other)


@pytest.mark.parametrize("name", ["a.tmp", ".iimt.tmp", ".iimt-x.png", ".iimt-00000000-1-0123abcd.tmp.png"])
def test_what_is_not_ours(name: str, tmp_path: Path) -> None:
    (tmp_path / name).touch()
    assert not is_temporary(name) and not is_abandoned(tmp_path / name)
