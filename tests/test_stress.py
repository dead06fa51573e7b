"""The recipe that runs over folders of broken pictures, with a folder of our own."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.processes import ROOT


@pytest.mark.slow
def test_broken_pictures_are_told_and_good_ones_translated(tmp_path: Path) -> None:
    source = tmp_path / "in" / "deep"
    source.mkdir(parents=True)
    picture = Image.fromarray(np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8))
    for name in ("a.png", "b.jpg", "c.tif", "d.gif"):
        picture.save(source / name)
    picture.save(source / "without-suffix", "WEBP")
    (source / "again.png").write_bytes((source / "a.png").read_bytes())
    (source / "cut.png").write_bytes((source / "a.png").read_bytes()[:500])
    (source / "text.pdf").write_text("no PDF")
    (source / "notes.txt").write_text("no picture")
    # Pillow has an opinion about so many channels, which it logs.
    tiff = bytearray((source / "c.tif").read_bytes())
    at = tiff.index(b"\x15\x01\x03\0") + 8
    tiff[at : at + 2] = b"\xff\xff"
    (source / "channels.tif").write_bytes(tiff)
    done = subprocess.run(
        [sys.executable, "recipes/stress.py", str(tmp_path / "in"), "--out", str(tmp_path / "out")],
        cwd=ROOT, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    lines = done.stdout.splitlines()
    assert lines[0].startswith("8 pictures in") and lines[0].endswith("5 translated, 0 kept, 3 failed")
    assert done.returncode == 0 and all(line.startswith("     0 ") for line in lines[1:]), done.stdout
