"""The command as a whole: fast help, exit codes, every command there."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from iimt_cli import __version__
from iimt_cli.cli import app as module
from iimt_cli.errors import IimtError, UsageError
from tests.conftest import Run

COMMANDS = ["translate", "serve", "train", "evaluate", "synthesize-data", "info"]

# Each program writes its processor time and the heavy packages that it imported to stderr.
HELP = """
import resource, sys
sys.argv = ["iimt", "--help"]
{program}
heavy = {"torch", "numpy", "PIL", "cv2", "timm", "rapidocr", "onnxruntime", "sacrebleu", "skimage"} & set(sys.modules)
used = resource.getrusage(resource.RUSAGE_SELF)
print(used.ru_utime + used.ru_stime, *sorted(heavy), file=sys.stderr)
"""
OURS = """
from iimt_cli.cli.app import main
try:
    main()
except SystemExit:
    pass
"""
# The least that a command with Typer's help can cost.
SMALLEST = """
import typer
app = typer.Typer()
@app.command()
def first(number: int = typer.Option(1, help="A number.")): "Does nothing."
@app.command()
def second(): "Does nothing."
try:
    app()
except SystemExit:
    pass
"""


def _help(program: str) -> tuple[float, set[str]]:
    """Processor time in seconds of a program that shows its help, and the heavy packages it imported."""
    code = HELP.replace("{program}", program)
    # As for users: from the second run on, Python has written its bytecode.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
    assert run.returncode == 0 and "Usage: iimt" in run.stdout, run.stderr
    used, *heavy = run.stderr.split()
    return float(used), set(heavy)


@pytest.mark.skipif(sys.platform == "win32", reason="resource")
def test_help_is_fast() -> None:
    runs = [(_help(OURS), _help(SMALLEST)) for _ in range(5)]
    assert not set().union(*(ours[1] for ours, _ in runs))
    # Measured: 1.1 to 1.25 times the smallest command. The lowest ratio of five: machines differ and are shared.
    assert min(ours[0] / smallest[0] for ours, smallest in runs) < 1.6


def test_every_command_has_help(iimt: Run) -> None:
    code, said = iimt("--help")
    assert code == 0 and all(f" {name} " in said for name in COMMANDS)
    for name in [*COMMANDS, "eval"]:
        code, said = iimt(name, "-h")
        assert code == 0 and len(said) > 500
    assert "iimt translate scans/ -o scans-en/ --json" in iimt("translate", "--help")[1]
    assert " eval " not in iimt("--help")[1]


def test_version(iimt: Run) -> None:
    assert iimt("--version") == (0, f"iimt {__version__}\n")


def test_unknown_commands_and_options(iimt: Run) -> None:
    assert iimt("transalte")[0] == 2
    assert iimt("translate", "--no-such-option")[0] == 2
    assert iimt()[0] in (0, 2)  # help; which code differs between versions of typer


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (IimtError("a.png: broken"), 1, "iimt: a.png: broken\n"),
        (UsageError("not so"), 2, "iimt: not so\n"),
        (KeyboardInterrupt(), 130, "iimt: interrupted\n"),
        (PermissionError(errno.EACCES, "Permission denied", "w"), 1, "iimt: w: Permission denied\n"),
        (OSError(errno.ENOSPC, "No space left on device", b"a.png"), 1, "iimt: a.png: the disk is full\n"),
        (OSError(errno.ENOSPC, "No space left on device"), 1, "iimt: standard output: the disk is full\n"),
    ],
)
def test_exit_codes(
    error: BaseException, code: int, said: str, iimt: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr("iimt_cli.weights.shipped", fail)
    assert iimt("info") == (code, said)
    monkeypatch.setattr(module, "app", fail)  # before a command has begun
    assert iimt("info") == (code, said)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full")
def test_a_full_disk_behind_standard_output() -> None:
    for command in (["info"], ["--version"]):
        with Path("/dev/full").open("w") as full:
            run = subprocess.run(
                [sys.executable, "-m", "iimt_cli", *command], stdout=full, stderr=subprocess.PIPE, text=True
            )
        assert run.returncode == 1 and run.stderr == "iimt: standard output: the disk is full\n"


@pytest.mark.skipif(sys.platform == "win32", reason="shell")
def test_without_standard_output() -> None:
    run = subprocess.run(
        f"'{sys.executable}' -m iimt_cli --version >&-", shell=True, capture_output=True, text=True
    )
    assert (run.returncode, run.stderr) == (0, "")
