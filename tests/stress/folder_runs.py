"""Long runs over many pictures. Not among the default tests: takes minutes.

    pytest -s tests/stress/folder_runs.py

With the stand-in; with `IIMT_STRESS_WEIGHTS=weights/de-en` in the environment, with the networks.
"""

import os
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from tests.processes import ROOT, SCRIPT
from tests.test_pipeline import assert_whole

MANY, FEW, CORRUPT, KILLS = 2000, 200, 20, 10
REAL = os.environ.get("IIMT_STRESS_WEIGHTS")
WORDS = (
    "Haus",
    "Wetter",
    "heute",
    "und",
    "Brot",
    "kaufen",
    "bitte",
    "nicht",
    "Straße",
    "links",
    "gut",
    "offen",
)


@pytest.fixture(scope="module")
def place() -> Path:
    folder = Path(os.environ.get("TMPDIR", "/tmp")) / "iimt-stress"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder


@pytest.fixture(scope="module")
def pictures(place: Path) -> Path:
    """Small ones with a line of text each; every hundredth is cut short. The first FEW are linked in `few`."""
    font, draw = ImageFont.load_default(20), random.Random(1)
    (place / "in").mkdir()
    (place / "few").mkdir()
    for i in range(MANY):
        image = Image.effect_noise((200 + i % 60, 40), 8).convert("RGB")
        text = " ".join(draw.choice(WORDS) for _ in range(3))
        ImageDraw.Draw(image).text(
            (6, 8), text, fill=tuple(np.random.default_rng(i).integers(0, 80, 3)), font=font
        )
        path = place / "in" / f"{i:04}.png"
        image.save(path)
        if i % (MANY // CORRUPT) == 7:
            path.write_bytes(path.read_bytes()[:900])
        if i < FEW:
            os.link(path, place / "few" / path.name)
    return place / "in"


def begin(weights: Path, inputs: Path, out: Path, launcher: tuple[str, ...] = ()) -> subprocess.Popen[str]:
    if REAL:
        program = ["-m", "iimt_cli"]
        weights = Path(REAL).resolve()
    else:
        script = inputs.parent / "stand_in.py"
        script.write_text(f"import sys; sys.path.insert(0, {str(ROOT)!r})\n" + SCRIPT.format(count=32))
        program = [str(script)]
    arguments = [*launcher, *program, "translate", str(inputs), "-o", str(out), "--weights", str(weights)]
    return subprocess.Popen(
        [sys.executable, *arguments], cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        env={**os.environ, "IIMT_TEST_NOISE": "1", "IIMT_TEST_SECONDS": "0.002"},
    )  # fmt: skip


def measured(process: subprocess.Popen[str]) -> tuple[int, str, float, float]:
    """Exit code, everything said, seconds, peak memory in MB."""
    start = time.monotonic()
    assert process.stdout is not None
    said = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, said, time.monotonic() - start, usage.ru_maxrss / 1024


def test_two_thousand_with_twenty_corrupt_ones_killed_ten_times(pictures: Path, weights: Path) -> None:
    place = pictures.parent
    _, _, _, little = measured(begin(weights, place / "few", place / "few-out"))
    code, said, seconds, memory = measured(begin(weights, pictures, place / "undisturbed"))
    print(
        f"\n{seconds:.0f} s, {MANY / seconds:.1f} pictures/s; peak {memory:.0f} MB, for {FEW} {little:.0f} MB"
    )
    assert code == 1 and f"{CORRUPT} failed" in said
    assert len(list((place / "undisturbed").glob("*.png"))) == MANY - CORRUPT
    assert memory - little < 300
    out, draw, reached = place / "out", random.Random(), []
    for _ in range(KILLS):
        process = begin(weights, pictures, out)
        wanted = len(list(out.glob("*.png"))) + draw.randint(1, 2 * MANY // KILLS)
        while process.poll() is None and len(list(out.glob("*.png"))) < wanted:
            time.sleep(0.005)
        time.sleep(draw.uniform(0, 2 / KILLS))  # anywhere within a picture, a group, or the end
        process.kill()
        process.communicate()
        reached.append(len(list(out.glob("*.png"))))
    print("killed after", *reached, "pictures; temporary files then:", len(list(out.glob(".iimt-*"))))
    code, said, *_ = measured(begin(weights, pictures, out))
    assert code == 1 and f"{CORRUPT} failed" in said
    assert_whole(out, place / "undisturbed", CORRUPT)


def test_two_ranks_under_torchrun(pictures: Path, weights: Path) -> None:
    """One that has failures and is early waits for the other."""
    place = pictures.parent
    launcher = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")
    code, said, *_ = measured(begin(weights, place / "few", place / "ranks-out", launcher))
    assert code == 1, said  # two of the FEW are corrupt
    assert "rank 0 of 2: " in said and "rank 1 of 2: " in said
    for path in (place / "few-out").glob("*.png"):
        assert (place / "ranks-out" / path.name).read_bytes() == path.read_bytes() or REAL
    assert len(list((place / "ranks-out").glob("*.png"))) == FEW - 2
