"""Training: exact resuming, data parallelism, budgets, clear ends."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from iimt_cli import config
from iimt_cli.config import load_preset
from iimt_cli.data.corpora import Corpus, Pair
from iimt_cli.errors import IimtError
from iimt_cli.model.checkpoint import load_part, load_tensors, save_part, save_tensors
from iimt_cli.model.image_encoder import ImageEncoder
from iimt_cli.model.image_tokenizer import ImageTokenizer
from iimt_cli.model.precision import half_precision
from iimt_cli.model.separator import Separator
from iimt_cli.training import loop, processes
from iimt_cli.training.drawing import reading_loss
from iimt_cli.training.loop import Budget, learning_rate, train
from iimt_cli.training.stage import Share
from iimt_cli.training.text import TextStage
from tests.conftest import Run

pytestmark = pytest.mark.slow

PAIRS = [
    ("Guten Morgen", "Good morning"),
    ("Bitte warten", "Please wait"),
    ("Nicht rauchen", "No smoking"),
    ("Kaffee und Tee", "Coffee and tea"),
    ("Zum Bahnhof", "To the station"),
    ("Heute geschlossen", "Closed today"),
]


def _stage(run: Path) -> TextStage:
    run.mkdir(parents=True, exist_ok=True)
    pairs = tuple(Pair(*p) for p in PAIRS)
    return TextStage(load_preset("tiny"), run, 1, [Corpus(Path("pairs.tsv"), pairs)], pairs)


def _weights(run: Path) -> dict[str, torch.Tensor]:
    tensors, _ = load_tensors(run / "text" / "checkpoint.safetensors")
    return tensors


@pytest.fixture
def pairs_file(tmp_path: Path) -> Path:
    path = tmp_path / "pairs.tsv"
    path.write_text("".join(f"{s}\t{t}\n" for s, t in PAIRS), encoding="utf-8")
    return path


def test_learning_rate_warms_up_holds_and_ends_at_zero():
    assert learning_rate(1.0, 10, 0, 0.0) == pytest.approx(0.1)
    assert learning_rate(1.0, 10, 50, 0.2) == 1.0
    assert learning_rate(1.0, 10, 50, 0.65) == pytest.approx(0.5)
    assert learning_rate(1.0, 10, 50, 1.0) == 0.0


def test_budget_is_time_or_steps():
    assert Budget(2.0).progress(10**6, 3600) == pytest.approx(0.5)
    assert Budget(2.0, 100).progress(25, 3000) == 0.25
    assert Budget(1.0, 100).progress(25, 3600) == 1.0


def test_resumed_training_is_bit_for_bit_that_of_one_run(tmp_path: Path):
    budget = Budget(1.0, 60)
    train(_stage(tmp_path / "one"), budget, resume=False)

    # The interrupted run: the same schedule, stopped after 25 steps as Ctrl-C would.
    stage = _stage(tmp_path / "two")
    original, count = stage.loss, 0

    def interrupted(step, share):
        nonlocal count
        count += 1
        if count == 25:
            os.kill(os.getpid(), 2)
        return original(step, share)

    stage.loss = interrupted  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        train(stage, budget, resume=False)
    assert json.loads(load_tensors(tmp_path / "two/text/checkpoint.safetensors")[1]["state"])["step"] == 25
    train(_stage(tmp_path / "two"), budget, resume=True)

    one, two = _weights(tmp_path / "one"), _weights(tmp_path / "two")
    assert one.keys() == two.keys()
    assert all(torch.equal(one[name], two[name]) for name in one)


def test_a_trained_stage_is_not_trained_over_by_accident(tmp_path: Path):
    train(_stage(tmp_path), Budget(1.0, 3), resume=False)
    with pytest.raises(IimtError, match=r"checkpoint\.safetensors.*--resume"):
        train(_stage(tmp_path), Budget(1.0, 3), resume=False)


def test_a_loss_that_is_not_finite_ends_the_run_and_names_step_and_checkpoint(tmp_path: Path):
    stage = _stage(tmp_path)
    original = stage.loss

    def broken(step, share):
        total, count, figures = original(step, share)
        return (total * float("nan") if step == 4 else total), count, figures

    stage.loss = broken  # type: ignore[method-assign]
    with pytest.raises(IimtError, match=r"not finite at step 4.*checkpoint.*lr"):
        train(stage, Budget(1.0, 10), resume=False)


def test_a_gpu_without_bfloat16_trains_in_float16(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    gpu = torch.device("cuda")
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: True)
    assert half_precision(gpu) == torch.bfloat16
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: False)
    assert half_precision(gpu) == torch.float16
    assert half_precision(torch.device("cpu")) is None

    # The same on the CPU: gradients pass through the loop scaled, and the steps are those of full precision.
    train(_stage(tmp_path / "full"), Budget(1.0, 8), resume=False)
    monkeypatch.setattr(loop, "training_precision", lambda device, wanted: torch.float16)
    stage, kinds = _stage(tmp_path / "half"), set()
    stage.module.text_decoder.layers[0].ff.register_forward_hook(lambda *call: kinds.add(call[2].dtype))
    train(stage, Budget(1.0, 8), resume=False)
    assert torch.float16 in kinds

    full, half = (_last_row(tmp_path / name) for name in ("full", "half"))
    assert half["loss"] == pytest.approx(full["loss"], rel=0.01)
    assert half["norm"] == pytest.approx(full["norm"], rel=0.1)  # of the gradients, without the scale


def _last_row(run: Path) -> dict[str, float]:
    rows = [json.loads(line) for line in (run / "text/log.jsonl").read_text().splitlines()]
    return [row for row in rows if "loss" in row][-1]


def test_log_curves_and_weights_are_written(tmp_path: Path):
    train(_stage(tmp_path), Budget(1.0, 5), resume=False)
    rows = [json.loads(line) for line in (tmp_path / "text/log.jsonl").read_text().splitlines()]
    assert any("loss" in row for row in rows)
    assert any("bleu" in row.get("evaluation", {}) for row in rows)
    assert (tmp_path / "text/curves.png").stat().st_size > 1000
    tensors, _ = load_tensors(tmp_path / "text.safetensors")
    assert all(t.dtype == torch.float16 for t in tensors.values())


def test_two_processes_do_what_one_does_with_the_whole_batch(tmp_path: Path, pairs_file: Path):
    arguments = [
        *("-m", "iimt_cli", "train", "--preset", "tiny", "--stage", "text", "--data", str(pairs_file)),
        *("--max-steps", "12", "--threads", "1", "--out"),
    ]
    env = dict(os.environ, OMP_NUM_THREADS="1")
    one, two = tmp_path / "one", tmp_path / "two"
    subprocess.run([sys.executable, *arguments, str(one)], check=True, env=env, capture_output=True)
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    subprocess.run(
        [sys.executable, *launcher, *arguments, str(two)], check=True, env=env, capture_output=True
    )
    a, b = _weights(one), _weights(two)
    for name in a:
        if name.startswith("model."):
            assert torch.allclose(a[name], b[name], atol=2e-4), name


def test_a_reader_also_learns_from_ink_that_its_separator_found(tmp_path: Path, pairs_file: Path, iimt: Run):
    def scores(run: Path) -> dict[str, float]:
        command = ("train", "--preset", "tiny", "--data", pairs_file, "--out", run, "--max-steps", 2)
        assert iimt(*command, "--stage", "reader")[0] == 0
        log = [json.loads(line) for line in (run / "reader/log.jsonl").read_text().splitlines()]
        return log[-1]["evaluation"]

    assert scores(tmp_path / "alone").keys() == {"cer_seen", "cer_unseen"}
    preset = load_preset("tiny")
    save_part(tmp_path / "with/separator.safetensors", Separator(preset.separator))
    assert scores(tmp_path / "with").keys() == {"cer_seen", "cer_unseen", "cer_photo"}
    alone, both = (load_tensors(tmp_path / run / "reader.safetensors")[0] for run in ("alone", "with"))
    assert any(not torch.equal(alone[name], both[name]) for name in alone)


def test_a_drawer_is_judged_by_how_its_ink_reads_if_the_preset_says_so(
    tmp_path: Path, pairs_file: Path, iimt: Run
):
    text = (Path(config.__file__).parent / "presets/tiny.toml").read_text()
    (tmp_path / "reads.toml").write_text(
        text.replace("[training.losses]", "[training.losses]\nreading = 5.0")
    )
    last = {}
    for name in ("tiny", str(tmp_path / "reads.toml")):
        preset, run = load_preset(name), tmp_path / Path(name).stem
        torch.manual_seed(0)
        save_part(
            run / "reader.safetensors", ImageEncoder(preset.image_encoder, preset.canvas, preset.characters)
        )
        save_part(run / "tokenizer.safetensors", ImageTokenizer(preset.image_tokenizer, preset.canvas))
        command = ("train", "--preset", name, "--data", pairs_file, "--out", run, "--max-steps", 1)
        assert iimt(*command, "--stage", "drawer")[0] == 0
        log = [json.loads(line) for line in (run / "drawer/log.jsonl").read_text().splitlines()]
        last[run.name] = next(row for row in log if "loss" in row)
    assert "reading" not in last["tiny"]
    assert last["reads"]["reading"] > 0
    assert last["reads"]["loss"] == pytest.approx(
        last["tiny"]["loss"] + 5 * last["reads"]["reading"], rel=1e-3
    )


def test_ink_reads_otherwise_where_a_letter_is_lost_but_not_beyond_a_strips_end():
    torch.manual_seed(0)
    preset = load_preset("tiny")
    reader = ImageEncoder(preset.image_encoder, preset.canvas, preset.characters).eval()
    wanted = torch.rand(2, 32, 64)
    mask = torch.ones(2, 8, dtype=torch.bool)
    mask[1, 5:] = False
    wanted[1, :, 40:] = 0
    found = wanted.clone().requires_grad_()
    assert reading_loss(reader, found, wanted, mask).abs().max() < 1e-5
    lost = wanted.clone()
    lost[0, :, 16:32] = 0
    loss = reading_loss(reader, lost.requires_grad_(), wanted, mask)
    assert loss[0] > 1e-4 > loss[1]
    loss.sum().backward()
    assert lost.grad is not None and lost.grad[0, :, 16:32].abs().max() > 0


def test_parts_fit_only_their_preset(tmp_path: Path):
    save_part(tmp_path / "a.safetensors", torch.nn.Linear(4, 3))
    with pytest.raises(IimtError, match=r"a\.safetensors.*'weight' has shape"):
        load_part(tmp_path / "a.safetensors", torch.nn.Linear(4, 5))
    with pytest.raises(IimtError, match=r"a\.safetensors.*missing.*another preset"):
        load_part(tmp_path / "a.safetensors", torch.nn.Sequential(torch.nn.Linear(4, 3)))
    (tmp_path / "b.safetensors").write_bytes(b"")
    with pytest.raises(IimtError, match=r"b\.safetensors"):
        load_part(tmp_path / "b.safetensors", torch.nn.Linear(4, 3))


def test_saving_leaves_the_old_file_if_it_fails(tmp_path: Path):
    path = tmp_path / "a.safetensors"
    save_tensors(path, {"x": torch.ones(2)})
    with pytest.raises((AttributeError, TypeError)):
        save_tensors(path, {"x": "not a tensor"})  # type: ignore[dict-item]
    assert torch.equal(load_tensors(path)[0]["x"], torch.ones(2))
    assert [p.name for p in tmp_path.iterdir()] == ["a.safetensors"]


def test_a_device_that_is_not_there_is_told_before_anything_is_written(
    pairs_file: Path, tmp_path: Path, iimt: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    code, said = iimt(
        "train", "--preset", "tiny", "--data", pairs_file, "--out", tmp_path / "run", "--device", "cuda"
    )
    assert (code, said) == (1, "iimt: device 'cuda' is not available on this machine\n")
    assert not (tmp_path / "run").exists()


def test_several_processes_do_not_meet_on_mps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "choose_device", lambda name: torch.device("mps"))
    assert processes.process_device("auto", Share()).type == "mps"
    assert processes.process_device("auto", Share(0, 2)).type == "cpu"
    with pytest.raises(IimtError, match="one process only"):
        processes.process_device("mps", Share(0, 2))
