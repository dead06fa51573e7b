"""The table of experiments of recipes/ablations.py fits the preset, and docs/research.md says no more than results do."""

import dataclasses
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "recipes"))

import ablations  # noqa: E402
import ablations_report as report  # noqa: E402
import everyday_talk  # noqa: E402

from iimt_cli.config import Preset  # noqa: E402
from iimt_cli.runs.synthesize import DataSet, make_data_set  # noqa: E402
from iimt_cli.toml import build, parse  # noqa: E402

QUESTIONS = report.BLOCK.findall(report.PAGE.read_text(encoding="utf-8"))


@pytest.mark.parametrize("row", ablations.ROWS, ids=lambda row: row.name)
def test_every_row_is_a_preset_for_whole_pictures(row: ablations.Row) -> None:
    assert row.preset.whole_pictures and row.last in row.preset.stages
    assert build(Preset, parse(ablations.dumped(row.table()), row.name), row.name) == row.preset
    assert set(row.seeds) <= set(ablations.SEEDS) and row.question in {name for _, name, _ in QUESTIONS}


def test_rows_share_the_stages_that_they_do_not_change() -> None:
    rows = {row.name: row for row in ablations.ROWS}
    base, summed, coarse = rows["base"], rows["gate-sum"], rows["system-vq-512"]
    assert len(rows) == len(ablations.ROWS)
    assert base.folder("teacher", 1) == summed.folder("teacher", 1)
    assert base.folder("joint", 1) != summed.folder("joint", 1)
    assert base.folder("encoder", 1) == rows["system-fsq-8192"].folder("encoder", 1)
    assert base.folder("encoder", 1) == rows["temperature-2"].folder("encoder", 1)
    assert base.stages == ("encoder", "tokenizer", "teacher", "joint")
    assert rows["pairs-500"].stages == ("encoder", "tokenizer", "joint")
    assert rows["pairs-blank"].stages == ("tokenizer", "joint")
    assert base.folder("teacher", 1) == rows["unfrozen"].folder("teacher", 1)
    assert base.folder("joint", 1) != rows["unfrozen"].folder("joint", 1)
    assert base.folder("tokenizer", 1) == rows["tokenizer-vq-2048"].folder("tokenizer", 1)
    assert base.folder("tokenizer", 1) not in (base.folder("tokenizer", 2), coarse.folder("tokenizer", 1))


def test_talk_is_distinct_and_the_same_for_a_seed() -> None:
    pairs = everyday_talk.pairs(300, seed=4)
    assert len({source for source, _ in pairs}) == len({target for _, target in pairs}) == 300
    assert everyday_talk.pairs(100, seed=4) == pairs[:100]
    assert all(
        text[0].isupper() and text[-1] in ".?!" and "  " not in text for pair in pairs for text in pair
    )


def _result(row: str, seed: int, bleu: float) -> report.Result:
    known = next(r for r in ablations.ROWS if r.name == row)
    scores = {
        key: [bleu, bleu - 3, bleu + 3] for key in ("bleu", "cer", "structure_bleu", "ssim", "bleu_text")
    }
    scores |= {"wrong_words": [5.0, 4.0, 6.0], "l1": [0.01, 0.0, 0.02], "ceiling": 100.0}
    found = {
        "row": row,
        "seed": seed,
        "folder": known.folder(known.last, seed),
        "cpu_hours": 0.5,
        "scores": scores,
    }
    found |= {
        "parameters": 2_000_000,
        "text_parameters": 1_000_000,
        "unlike": {"serif": scores, "small": scores},
    }
    layer = {"text": 0.6, "background": 0.2, "columns": [0.1, 0.5]}
    return found | {"gates": [layer, layer]} if row == "base" else found


def _page(tmp_path: Path, results: list[report.Result]) -> str:
    (tmp_path / "research.jsonl").write_text(
        "".join(json.dumps(r) + "\n" for r in results) + '{"row": "base", "se', encoding="utf-8"
    )
    page = tmp_path / "research.md"
    page.write_text(report.PAGE.read_text(encoding="utf-8"), encoding="utf-8")
    report.write_report(page)
    return page.read_text(encoding="utf-8")


def _block(page: str, question: str) -> str:
    return page.split(f"<!-- results: {question} -->")[1].split("<!-- end -->")[0]


def test_without_results_nothing_is_claimed(tmp_path: Path) -> None:
    page = _page(tmp_path, [])
    assert all(_block(page, name).strip() == f"**{report.NOT_YET}**" for _, name, _ in QUESTIONS)


def test_a_difference_is_claimed_only_if_three_seeds_agree(tmp_path: Path) -> None:
    results = [_result("base", seed, 40.0 + seed) for seed in (1, 2, 3)]
    results += [_result("gate-text", seed, 30.0 + seed + 0.1 * seed) for seed in (1, 2, 3)]
    results += [_result("gate-picture", seed, bleu) for seed, bleu in ((1, 60.0), (2, 20.0), (3, 45.0))]
    results += [_result("gate-sum", 1, 10.0), _result("tokenizer-vq-512", 1, 70.0)]
    page = _page(tmp_path, results)
    answer = _block(page, "gate").strip().splitlines()[0]
    assert "`base` has an OCR-BLEU of 42.0 (39.5 to 44.5)" in answer
    assert "`gate-text` is worse by 9.8 (9.6 to 10.0)" in answer
    assert "`gate-picture` is not told apart" in answer
    assert "of `gate-sum` there are not three seeds yet" in answer
    assert "| 70.0 (67.0 to 73.0)* |" in _block(page, "tokenizer")
    assert (tmp_path / "research-gate.png").exists()
    assert "“serif”" in _block(page, "unlike")
    report.write_report(tmp_path / "research.md")
    assert (tmp_path / "research.md").read_text(encoding="utf-8") == page


def test_the_cascade_is_compared_by_score_and_by_parameters(tmp_path: Path) -> None:
    results = [_result("base", seed, 40.0 + seed) for seed in (1, 2, 3)]
    assert _block(_page(tmp_path, results), "size").strip() == f"**{report.NOT_YET}**"
    results += [_result("cascade", seed, 50.0 + 1.1 * seed) | {"parameters": 4_000_000} for seed in (1, 2, 3)]
    size = _block(_page(tmp_path, results), "size")
    assert "`cascade` is better by 10.2 (10.0 to 10.4)" in size
    assert "has 2.00 M parameters, 50 % of the cascade's" in size


def test_varied_training_is_compared_on_each_kind_of_pictures(tmp_path: Path) -> None:
    kinds = ("bold", "serif", "photos")
    results = [_result("base", seed, 50.0 + seed) for seed in (1, 2, 3)]
    results += [_result("varied", seed, 40.0 + 1.1 * seed) for seed in (1, 2, 3)]
    for result in results:
        gained = {"bold": 30.0, "serif": 8.0 if result["seed"] == 1 else -8.0, "photos": -1.0}
        more = gained if result["row"] == "varied" else dict.fromkeys(kinds, 0.0)
        known = {name: [10.0 + more[name] + 0.1 * result["seed"], 0.0, 60.0] for name in kinds}
        result["unlike"] = {name: {"bleu": value, "ceiling": 100.0} for name, value in known.items()}
    told = _block(_page(tmp_path, results), "varied")
    assert "| bold | yes | 10.2 (10.0 to 10.4) | 40.2 (40.0 to 40.4) | 30.0 (30.0 to 30.0) |" in told
    seen, unseen = told.strip().splitlines()[0].split(";")
    assert "“bold” 30.0" in seen and "“black on white, one face” -9.8" in seen
    assert "“photos” -1.0" in unseen and "serif" not in unseen
    told = _block(_page(tmp_path, results[:4]), "varied")
    assert "not three seeds yet" in told and "“bold”" not in told


@pytest.mark.parametrize("name", ["pixels", "cascade"])
def test_baselines_train_and_are_measured(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A few steps from the folders that a run has: pictures, the encoder's weights and vocabularies."""
    row = next(row for row in ablations.ROWS if row.name == name)
    steps = {"steps": 2, "batch": 2, "bfloat16": False, "lr": 1e-4}
    few = {f"training.{stage}.{key}": value for stage in ("reader", "joint") for key, value in steps.items()}
    row = dataclasses.replace(row, changes={**few, "vocabulary.kind": "characters"})
    pairs = everyday_talk.pairs(30, seed=1)
    for part, some in (("train-8000", pairs[:24]), ("peek", pairs[24:26]), ("test", pairs[26:])):
        text = tmp_path / "data" / f"{part}.tsv"
        text.parent.mkdir(exist_ok=True)
        text.write_text("".join(f"{a}\t{b}\n" for a, b in some), encoding="utf-8")
        wanted = DataSet(data=[text], preset=str(ablations.BASE), background="white", seed=1)
        make_data_set(tmp_path / "data" / part, wanted, len(some))
    monkeypatch.setattr(report, "PAGE", tmp_path / "research.md")
    ablations._one(tmp_path, row, 1)
    (result,) = [json.loads(line) for line in (tmp_path / "research.jsonl").read_text().splitlines()]
    assert 0 < result["parameters"] < 5_000_000 and 0 <= result["scores"]["bleu"][0] < 5
    assert ("bleu_text" in result["scores"]) is (name == "cascade")
    drawn = sorted((tmp_path / "stages" / result["folder"] / "drawn-test").glob("*.png"))
    assert len(drawn) == 4 and all(Image.open(path).size == (192, 16) for path in drawn)
    report.write_sheet(tmp_path, report.PAGE)
    assert Image.open(tmp_path / "research-pictures.png").height > 2 * 16


def test_results_of_another_table_are_left_out(tmp_path: Path) -> None:
    old = _result("base", 1, 40.0) | {"folder": "joint-of-old"}
    assert report.NOT_YET in _block(_page(tmp_path, [old]), "base")


def test_a_clone_reports_the_runs_of_other_machines(tmp_path: Path) -> None:
    """With the committed results alone: no folder with data and runs."""
    for path in [*ROOT.glob("recipes/ablations*"), *ROOT.glob("recipes/everyday_talk.py"), report.PAGE]:
        (tmp_path / path.parent.name).mkdir(exist_ok=True)
        shutil.copy(path, tmp_path / path.parent.name)
    known = [json.dumps(_result("base", seed, 41.0)) for seed in (1, 2, 3)]
    (tmp_path / "docs" / "research.jsonl").write_text("\n".join(known), encoding="utf-8")
    command = [sys.executable, tmp_path / "recipes" / "ablations.py", "--report"]
    subprocess.run(command, check=True, env=os.environ | {"PYTHONPATH": str(ROOT)})
    page = (tmp_path / "docs" / "research.md").read_text(encoding="utf-8")
    assert "`base` has an OCR-BLEU of 41.0" in _block(page, "base")


def test_a_finished_run_is_kept_beside_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import ablations_measure

    def trained(out: Path, row: ablations.Row, seed: int, stage: str, folder: Path, before: object) -> None:
        (folder / "cpu_seconds").write_text("360")

    row = next(row for row in ablations.ROWS if row.last == "tokenizer")
    measured = {
        key: value for key, value in _result(row.name, 2, 70.0).items() if key in ("scores", "parameters")
    }
    monkeypatch.setattr(report, "PAGE", tmp_path / "research.md")
    monkeypatch.setattr(ablations, "_train", trained)
    monkeypatch.setattr(ablations_measure, "measure_tokenizer", lambda *_: measured)
    ablations._one(tmp_path / "out", row, 2)
    found = report.results(tmp_path / "research.md")
    assert [(r["row"], r["seed"], r["cpu_hours"]) for r in found] == [(row.name, 2, 0.1)]
