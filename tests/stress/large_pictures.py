"""Very wide and very tall pictures, with the shipped weights. Not among the default tests: takes minutes.

pytest -s tests/stress/large_pictures.py
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import matplotlib
import pytest
from PIL import Image, ImageDraw, ImageFont

from tests.processes import ROOT

WEIGHTS = os.environ.get("IIMT_STRESS_WEIGHTS", "weights/de-en")
FONT = Path(matplotlib.get_data_path()) / "fonts/ttf/DejaVuSans.ttf"
TEXTS = (
    "Bitte schließen Sie die Tür.",
    "Der Zug fährt in zehn Minuten.",
    "Wo ist der Bahnhof?",
    "Kaffee und Kuchen",
)
MOST_MEMORY = 3000  # MB


@pytest.mark.parametrize("size", [(20_000, 1_000), (1_280, 20_000)])
def test_each_line_once_in_bounded_memory(size: tuple[int, int], tmp_path: Path) -> None:
    picture, drawn = Image.new("RGB", size, "white"), 0
    draw = ImageDraw.Draw(picture)
    for y in range(30, size[1] - 60, 203):
        for x in range(40, size[0] - 560, 617):
            draw.text(
                (x, y), TEXTS[drawn % len(TEXTS)], "black", ImageFont.truetype(FONT, 22 + drawn % 3 * 6)
            )
            drawn += 1
    picture.save(tmp_path / "in.png")
    start = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "iimt_cli", "translate", str(tmp_path / "in.png"), "-o", str(tmp_path / "out.png"),
         "--json", "--weights", WEIGHTS],
        cwd=ROOT,
    )  # fmt: skip
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    blocks = json.loads((tmp_path / "out.png.json").read_text())["blocks"]
    found = sum(len(block["lines"]) for block in blocks)
    peak = usage.ru_maxrss / 1024
    print(f"\n{size}: {found} of {drawn} lines, {time.monotonic() - start:.0f} s, peak {peak:.0f} MB")
    assert process.returncode == 0
    assert abs(found - drawn) <= 0.02 * drawn  # and every seam crosses some
    assert peak < MOST_MEMORY
