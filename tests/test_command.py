"""A program as a text model, and what programs do."""

import os
import sys
import time
from pathlib import Path

import pytest

from iimt_cli.errors import IimtError
from iimt_cli.translation import command
from iimt_cli.translation.command import Command
from iimt_cli.translation.words import NoAnswer

PYTHON = f"'{sys.executable}' -S -c"
UPPER = "import sys; [print(line.strip().upper()) for line in sys.stdin]"


def test_a_line_in_a_line_out() -> None:
    assert Command(f'{PYTHON} "{UPPER}"')(["über", "zwei ⟨1⟩", ""]) == ["ÜBER", "ZWEI ⟨1⟩", ""]
    assert Command("cat")([]) == []


@pytest.mark.skipif(os.name == "nt", reason="programs of Unix")
def test_programs_of_unix() -> None:
    assert Command("tr a-z A-Z")(["guten tag"]) == ["GUTEN TAG"]
    assert Command("sh -c 'cat | rev'")(["abc", "de"]) == ["cba", "ed"]
    assert Command("sed -e 's/a b/\"c\"/'")(["a b"]) == ['"c"']


def test_more_than_a_pipe_holds_goes_through() -> None:
    texts = [f"{n} " + "a" * 3000 for n in range(60)]
    model = Command(
        f"{PYTHON} 'import sys; sys.stderr.write(chr(10) * 99999); print(sys.stdin.read(), end=str())'"
    )
    assert model(texts) == texts


def test_the_last_line_need_not_end_and_lines_may_end_as_on_windows() -> None:
    assert Command(f"{PYTHON} 'import sys; sys.stdout.write(chr(97) + chr(10) + chr(98))'")(["1", "2"]) == [
        "a",
        "b",
    ]
    model = Command(f"{PYTHON} 'import sys; sys.stdout.buffer.write(bytes([97, 13, 10, 98, 13, 10]))'")
    assert model(["1", "2"]) == ["a", "b"]


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("print(1)", "the command printed 1 line for 2 texts"),
        ("pass", "the command printed 0 lines for 2 texts"),
        ("print(); print(); print()", "the command printed 3 lines for 2 texts"),
        ("import sys; print(1); sys.exit(3)", "the command failed with exit code 3"),
        ("import sys; sys.exit(chr(27) + chr(98))", "the command failed with exit code 1: b"),
        ("1 / 0", "the command failed with exit code 1: ZeroDivisionError: division by zero"),
        ("import os; os.kill(os.getpid(), 9)", "the command was ended by signal 9"),
        ("import sys; sys.stdout.buffer.write(bytes([255, 10, 10]))", "the command printed what is no UTF-8"),
        ("while 1: print(9 * str(9))", "the command prints without end"),
        ("import sys\nwhile 1: print(9 * str(9), file=sys.stderr)", "the command prints without end"),
    ],
)
def test_what_programs_do_wrong_is_told_in_one_line(code: str, why: str) -> None:
    with pytest.raises(NoAnswer) as caught:
        Command(f'{PYTHON} "{code}"')(["a", "b"])
    assert str(caught.value) == why


def test_a_program_that_hangs_is_ended_with_all_that_it_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "START_TIMEOUT", 3.0)
    monkeypatch.setattr(command, "TEXT_TIMEOUT", 0.0)
    script = tmp_path / "slow.sh"
    script.write_text(f"#!/bin/sh\nsleep 97 & echo $! > '{tmp_path}/child'\nwait\n")
    script.chmod(0o755)
    model, start = Command(str(script)), time.monotonic()
    for _ in range(2):
        with pytest.raises(IimtError, match="did not end within 3 s"):
            model(["a"])
    assert time.monotonic() - start < 20, "it is asked only once"
    child = int((tmp_path / "child").read_text())
    for _ in range(100):  # who adopts it must take note of its end
        if not (Path("/proc") / str(child)).exists() or "Z" in Path(f"/proc/{child}/stat").read_text():
            return
        time.sleep(0.05)
    pytest.fail("the child goes on")


@pytest.mark.parametrize("wrong", ["", "  ", "''", "no-such-program x", "cat 'a", "/etc/passwd", "/"])
def test_what_is_no_command_is_told_at_once(wrong: str) -> None:
    with pytest.raises(IimtError):
        Command(wrong)


def test_a_home_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "my tool").write_text("#!/bin/sh\nexec cat\n")
    (tmp_path / "my tool").chmod(0o755)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert Command(r"~/my\ tool")(["a"]) == ["a"]
    monkeypatch.chdir(tmp_path)
    assert Command("'./my tool'")(["a"]) == ["a"]


def test_a_program_that_cannot_be_started_is_told(tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text("#!/no/such/interpreter\n")
    script.chmod(0o755)
    with pytest.raises(IimtError, match="cannot be started"):
        Command(str(script))(["a"])
