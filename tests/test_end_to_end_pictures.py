"""From nothing to redrawn pictures in three minutes: every stage and loss of the paper, on six pairs of pictures.

`recipes/picture_tiny.sh` is the same on 64 pairs, in 40 minutes.
"""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from iimt_cli.config import preset_text
from iimt_cli.data.text import clean, edit_distance
from iimt_cli.evaluation.ocr import joined, ocr_engine
from tests.conftest import Run

pytestmark = pytest.mark.slow

PAIRS = {
    "Guten Morgen": "Good morning",
    "Bitte warten": "Please wait",
    "Nicht rauchen": "No smoking",
    "Kaffee und Tee": "Coffee and tea",
    "Zum Bahnhof": "To the station",
    "Heute zu": "Closed today",
}
SMALLER = {
    "height = 64": "height = 32",
    "width = 256": "width = 128",
    "rows = 8 ": "rows = 4 ",
    "sizes = [17.0, 20.0]": "sizes = [14.0, 16.0]",
    "codebook = 4096": "codebook = 512",
    "unquantised = 200": "unquantised = 150",
    "batch = 4": "batch = 6",
}
STEPS = {"tokenizer": 600, "teacher": 150, "joint": 500}


def test_six_pairs_are_learnt_by_heart(tmp_path: Path, iimt: Run) -> None:
    texts, pairs, run, drawn = (tmp_path / name for name in ("pairs.tsv", "pairs", "run", "drawn"))
    texts.write_text("".join(f"{s}\t{t}\n" for s, t in PAIRS.items()), encoding="utf-8")
    preset = preset_text("picture-tiny")[0]
    for old, new in SMALLER.items():
        assert old in preset, old
        preset = preset.replace(old, new)
    (tmp_path / "smaller.toml").write_text(preset, encoding="utf-8")

    def works(*command: object) -> None:
        code, said = iimt(*command)
        assert code == 0, said

    works("synthesize-data", pairs, "--preset", tmp_path / "smaller.toml", "--data", texts, "-n", len(PAIRS),
          "--background", "white")  # fmt: skip
    for stage, steps in STEPS.items():
        works(
            "train", "--preset", tmp_path / "smaller.toml", "--data", pairs, "--out", run, "--stage", stage,
            "--max-steps", steps,
        )  # fmt: skip
    works("translate", pairs / "source", "-o", drawn, "--weights", run, "--raw", "--json")

    engine, right = ocr_engine("rapidocr"), 0
    for line in (pairs / "metadata.jsonl").read_text().splitlines():
        record = json.loads(line)
        name, wanted = Path(record["file_name"]).name, clean(record["target_text"])
        with Image.open(drawn / name) as picture:
            read = clean(joined(engine.read(np.asarray(picture.resize((256, 64))))))
        said = json.loads((drawn / f"{name}.json").read_text())["blocks"][0]["target"]
        right += said == wanted and edit_distance(read, wanted) <= 0.2 * len(wanted)
    assert right >= 4
