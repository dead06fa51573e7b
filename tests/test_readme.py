"""Every command in the README is run by CI or is at least one that the program understands."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import make_examples
import pytest
import typer

from iimt_cli.cli.app import app

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", README, re.M | re.S)
SHELL = [code for language, code in BLOCKS if language == "sh"]
OTHERS = [
    code
    for page in sorted([*(ROOT / "docs").glob("*.md"), ROOT / "corpora" / "README.md"])
    for code in re.findall(r"^ *```sh\n(.*?)^ *```$", page.read_text(encoding="utf-8"), re.M | re.S)
]
RECIPES = sorted((ROOT / "recipes").glob("*.sh"))
IN_CI = 2  # the first blocks, which .ci/run runs as they stand
LANGUAGES = {"sh", "python", "text"}
UsageError = typer.BadParameter.__mro__[1]  # Click's, or that of the Click inside newer versions of Typer


def commands(blocks: list[str]) -> list[list[str]]:
    lines = [part for block in blocks for line in block.splitlines() for part in line.split(" && ")]
    lines = [line.split(" < ")[0] for line in lines]  # what a program is given
    return [words for line in lines if (words := shlex.split(line, comments=True))]


def understood(arguments: list[str]) -> None:
    """Parses as the command line would, without running anything. Raises UsageError."""
    group = typer.main.get_command(app)
    with group.make_context("iimt", list(arguments)) as context:
        _, command, rest = group.resolve_command(context, arguments)
        with command.make_context(command.name, list(rest), parent=context):
            pass


def test_code_blocks_are_of_kinds_that_are_checked_here() -> None:
    assert {language for language, _ in BLOCKS} <= LANGUAGES
    assert len(re.findall(r"^```", README, re.M)) == 2 * len(BLOCKS)


def test_ci_runs_the_first_two_blocks() -> None:
    assert [language for language, _ in BLOCKS[:IN_CI]] == ["sh", "sh"]
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    for number in range(1, IN_CI + 1):
        assert f'bash -euo pipefail -c "$(readme_block {number})"' in script
    programs = [words[0].removeprefix(".venv/bin/") for words in commands(SHELL[:IN_CI])]
    assert programs == ["python3", "pip", "iimt", "python3", "pip", "pytest"]


@pytest.mark.parametrize("words", commands(SHELL + OTHERS), ids=" ".join)
def test_commands_are_understood(words: list[str]) -> None:
    program, *arguments = words
    program = program.removeprefix(".venv/bin/")
    if program == "torchrun":
        module = arguments.index("-m")
        assert arguments[module + 1] == "iimt_cli"
        program, arguments = "iimt", arguments[module + 2 :]
    if program == "iimt":
        understood(arguments)
    elif program == "python" and arguments[0] == "examples/make_examples.py":
        make_examples.parser().parse_args(arguments[1:])
    elif program == "python":
        assert arguments[0].startswith("recipes/") and (ROOT / arguments[0]).is_file()
    elif program == "pytest" and arguments:
        assert (ROOT / arguments[-1]).is_file()
    elif program.startswith("recipes/"):
        assert os.access(ROOT / program, os.X_OK)
    else:
        assert words in commands(SHELL[:IN_CI]), f"nothing checks {program}"


@pytest.mark.parametrize("script", RECIPES, ids=lambda path: path.name)
def test_recipes_are_understood(script: Path) -> None:
    joined = script.read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [shlex.split(line, comments=True) for line in joined.splitlines()]
    called = [words[1:] for words in lines if words[:1] == ["iimt"]]
    assert called
    for arguments in called:
        understood(arguments)


def test_the_parser_above_does_refuse() -> None:
    with pytest.raises(UsageError):
        understood(["train", "--no-such-option"])
    with pytest.raises(UsageError):
        understood(["no-such-command"])


def test_options_in_the_text_exist() -> None:
    group = typer.main.get_command(app)
    known = {option for command in group.commands.values() for p in command.params for option in p.opts}
    mentioned = set(re.findall(r"`(--[a-z-]+)`", README))
    assert mentioned and mentioned <= known


def test_the_table_of_commands_is_complete() -> None:
    table = README.split("## Commands")[1].split("## ")[0]
    listed = set(re.findall(r"`iimt ([a-z-]+)`", table))
    assert listed == set(typer.main.get_command(app).commands)


def test_the_table_of_stages_is_complete() -> None:
    from iimt_cli.config import load_preset

    assert (
        tuple(re.findall(r"^\| `(\w+)` \|", README.split("## Train")[1], re.M)) == load_preset("line").stages
    )


@pytest.mark.slow
@pytest.mark.parametrize("code", [code for language, code in BLOCKS if language == "python"])
def test_python_examples_run(code: str, tmp_path: Path) -> None:
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "→" in done.stdout and (tmp_path / "sign-en.png").stat().st_size > 1000


def test_modules_and_names_in_the_documents_exist() -> None:
    made_up = {"language/XX.py", "iimt_cli/language/nl.py"}
    wrong = []
    for page in sorted((ROOT / "docs").glob("*.md")):
        text = re.sub(r"^ *```.*?^ *```$", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
        for path, names in re.findall(r"`([\w/]+\.py)(?:: ([\w., ]+))?`", text):
            folders = (ROOT, ROOT / "iimt_cli", ROOT / "iimt_cli" / "translation")
            code = next((f.read_text("utf-8") for folder in folders if (f := folder / path).is_file()), None)
            if code is None:
                wrong += [f"{page.name}: {path}"] if path not in made_up else []
                continue
            for name in re.findall(r"\w+", names):
                if not re.search(rf"^\s*((def|class) {name}\b|{name}\b ?[:=])", code, re.M):
                    wrong.append(f"{page.name}: {path}: {name}")
        tests = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").glob("test_*.py"))
        wrong += [
            f"{page.name}: {name}"
            for name in re.findall(r"`(test_\w+)`", text)
            if f"def {name}(" not in tests
        ]
    assert wrong == []


@pytest.mark.parametrize("link", re.findall(r"\]\((?!https?:)([^)#]+)\)", README))
def test_links_lead_somewhere(link: str) -> None:
    assert (ROOT / link).exists()
