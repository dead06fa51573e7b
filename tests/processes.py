"""`iimt translate` with the stand-in, in a process of its own that can be killed."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
SCRIPT = """
import iimt_cli.line, iimt_cli.runs.groups, tests.standin
iimt_cli.line.load_translator = tests.standin.Translator.load
iimt_cli.runs.groups.COUNT = {count}
from iimt_cli.cli.app import main
main()
"""


def start(
    *arguments: object, seconds: float = 0, count: int = 8, rank: int = 0, world: int = 1
) -> subprocess.Popen[str]:
    """`seconds` per picture, `count` pictures to a group; results tell which pictures shared their batch."""
    environment = {
        **os.environ, "IIMT_TEST_SECONDS": str(seconds), "IIMT_TEST_NOISE": "1",
        "RANK": str(rank), "WORLD_SIZE": str(world),
    }  # fmt: skip
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT.format(count=count), "translate", *map(str, arguments)], cwd=ROOT,
        text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment,
    )  # fmt: skip


def finish(*arguments: object, **settings: Any) -> tuple[int, str]:
    """The same, to its end: (exit code, everything it said)."""
    process = start(*arguments, **settings)
    said, _ = process.communicate(timeout=120)
    return process.returncode, said
