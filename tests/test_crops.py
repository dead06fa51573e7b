"""The recipe that compares the lines of a picture with crops of it."""

import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[1]
crops = runpy.run_path(str(ROOT / "recipes" / "crops.py"))


def test_what_is_read_in_the_box_of_a_line_counts() -> None:
    def line(x0: int, text: str) -> object:
        return crops["Found"]((x0, 10, x0 + 50, 30), np.array([x0 + 25.0, 20.0]), text)

    lines = [line(100, "weiter"), line(40, "geht es"), line(300, "Ende")]
    assert crops["read_there"](lines, (38, 8, 160, 32)) == "geht es weiter"
    assert crops["read_there"](lines, (38, 40, 160, 60)) == ""
    assert crops["crop_around"](lines[0], 2, (60, 170, 3)) == (60, 0, 170, 60)


def test_the_interval_holds_the_share_and_narrows_with_more_lines() -> None:
    few, many = crops["interval"](18, 20), crops["interval"](1800, 2000)
    assert few[0] < many[0] < 0.9 < many[1] < few[1] < 1
    assert crops["interval"](20, 20)[0] > 0.8


@pytest.mark.slow
def test_lines_of_a_plain_page_are_read_alike(german_page: Path) -> None:
    command = [sys.executable, ROOT / "recipes/crops.py", ROOT / "weights" / "de-en", german_page.parent]
    out = subprocess.run(command, check=True, cwd=ROOT, capture_output=True, text=True).stdout
    assert out.startswith("3 of 3 lines are read alike: 100.0%")
