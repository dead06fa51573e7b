"""The page layer stays readable: numbers have names."""

import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MODULES = sorted((ROOT / "iimt_cli" / "page").glob("*.py"))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_numbers_of_the_page_layer_have_names(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    inline_numbers = runpy.run_path(str(ROOT / "recipes" / "inline_numbers.py"))["inline_numbers"]
    assert len(inline_numbers(source)) <= 2, "give them a name, a unit and the way in which they were found"


def test_numbers_are_counted() -> None:
    inline_numbers = runpy.run_path(str(ROOT / "recipes" / "inline_numbers.py"))["inline_numbers"]
    source = "WIDTH = 9\ndef f(x, y=0.3):\n    return x[4:-1] * 7 + y[0.4] - 3 + 255 * -0.5 + True\n"
    assert inline_numbers(source) == [(2, 0.3), (3, 7), (3, 0.4)]
