"""The recipe that measures what users' pictures are like runs, with the shipped weights, and they stand the easy sets."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]


def test_every_set_is_scored(tmp_path: Path) -> None:
    text = tmp_path / "held-out.tsv"
    text.write_text(
        "Das Museum ist heute geschlossen.\tThe museum is closed today.\n"
        "Bitte warten Sie vor der Tür.\tPlease wait in front of the door.\n",
        encoding="utf-8",
    )
    report = tmp_path / "robustness.json"
    weights = next((ROOT / "weights").glob("de-en"))
    command = [
        sys.executable,
        ROOT / "recipes/robustness.py",
        weights,
        text,
        "--count",
        "2",
        "--json",
        report,
    ]
    subprocess.run(command, check=True, cwd=ROOT, capture_output=True)
    sets = json.loads(report.read_text())
    assert len(sets) == 15
    assert sets["English"]["same pixels"]["value"] == 1.0
    assert sets["figures"]["same figures"]["value"] == 1.0
    for easy in ("22 px", "60 px", "light on dark", "two lines"):
        assert sets[easy]["CER"]["value"] < 5 and sets[easy]["BLEU"]["value"] > 20, easy


def test_everyday_lines_are_scored_and_shown() -> None:
    command = [sys.executable, ROOT / "recipes/everyday.py", ROOT / "weights" / "de-en", "--show"]
    out = subprocess.run(command, check=True, cwd=ROOT, capture_output=True, text=True).stdout
    *lines, bleu, chrf = out.splitlines()
    assert len(lines) == len((ROOT / "recipes/everyday.tsv").read_text(encoding="utf-8").splitlines())
    assert float(bleu.split()[2]) > 25 and chrf.startswith("chrF2 = ")
