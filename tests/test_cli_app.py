"""The command as a whole: fast help, exit codes, every command there."""

import subprocess
import sys

import pytest

from iimt_cli import __version__
from iimt_cli.cli import app as module
from iimt_cli.errors import IimtError, UsageError
from tests.conftest import Run

COMMANDS = ["translate", "serve", "train", "evaluate", "synthesize-data", "info"]

# Processor time of the process, imports and all: unlike the clock it does not depend on what else runs here.
HELP = """
import resource, sys
sys.argv = ["iimt", *sys.argv[1:]]
from iimt_cli.cli.app import main
try:
    main()
except SystemExit:
    pass
heavy = {"torch", "numpy", "PIL", "cv2", "timm", "rapidocr", "onnxruntime", "sacrebleu", "skimage"} & set(sys.modules)
used = resource.getrusage(resource.RUSAGE_SELF)
print(used.ru_utime + used.ru_stime, *sorted(heavy), file=sys.stderr)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="resource")
def test_help_is_fast() -> None:
    done = [
        subprocess.run([sys.executable, "-c", HELP, "--help"], capture_output=True, text=True)
        for _ in range(3)
    ]
    assert all(run.returncode == 0 for run in done)
    assert {tuple(run.stderr.split()[1:]) for run in done} == {()}  # nothing heavy was imported
    assert min(float(run.stderr.split()[0]) for run in done) < 0.3


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
