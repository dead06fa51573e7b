"""Numbers have names, in the page layer and in the steps of a translation."""

import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FOLDERS = ("page", "translation")
MODULES = sorted(path for folder in FOLDERS for path in (ROOT / "iimt_cli" / folder).rglob("*.py"))
MOST_IN_A_MODULE = 2
MOST_IN_ALL = 40  # the aim was 200 at most, of some 650

inline_numbers = runpy.run_path(str(ROOT / "recipes" / "inline_numbers.py"))["inline_numbers"]


def count(path: Path) -> int:
    return len(inline_numbers(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: f"{path.parent.name}.{path.stem}")
def test_numbers_in_functions_have_names(path: Path) -> None:
    assert count(path) <= MOST_IN_A_MODULE, "give them a name, a unit and the way in which they were found"


def test_few_numbers_are_without_a_name() -> None:
    assert sum(map(count, MODULES)) <= MOST_IN_ALL


def test_numbers_are_counted() -> None:
    source = "WIDTH = 9\ndef f(x, y=0.3):\n    return x[4:-1] * 7 + y[0.4] - 3 + 255 * -0.5 + True\n"
    assert inline_numbers(source) == [(2, 0.3), (3, 7), (3, 0.4)]
