"""The text stage for a large GPU: batches that other processes make, and a pack that trains, comes back and goes on."""

import importlib.util
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch

from iimt_cli import config
from iimt_cli.config import load_preset
from iimt_cli.data.corpora import Corpus, Pair, load_corpus
from iimt_cli.language.lexicon import LEXICON, Entry, Lexicon
from iimt_cli.model.checkpoint import load_tensors
from iimt_cli.training.loop import Budget, train
from iimt_cli.training.text import Batch, TextStage
from tests.conftest import Run

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
SIGNS = [
    Pair("Guten Morgen", "Good morning"),
    Pair("Bitte warten", "Please wait"),
    Pair("Zum Bahnhof", "To the station"),
    Pair("Heute geschlossen", "Closed today"),
]
SENTENCES = [
    Pair("Der Zug nach Bremen fährt um acht.", "The train to Bremen leaves at eight."),
    Pair("Wir haben heute leider keine Suppe.", "Unfortunately we have no soup today."),
    Pair("Bitte warten", "Please wait"),  # stands in both corpora
]
VALID = [Pair("Am Montag ist das Museum geschlossen.", "The museum is closed on Mondays.")]
DEV = [Pair("Der Schlüssel liegt unter der Matte.", "The key is under the mat.")]


def write(path: Path, pairs: list[Pair]) -> Path:
    path.write_text("".join(f"{source}\t{target}\n" for source, target in pairs), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def recipe() -> ModuleType:
    spec = importlib.util.spec_from_file_location("text_on_gpu", ROOT / "recipes/text_on_gpu.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Threads of a small computation wait for each other on a busy machine."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of the text stage with everything that it may have, after two steps."""
    run = tmp_path_factory.mktemp("trained")
    shutil.copy(Path(config.__file__).parent / "presets/tiny.toml", run / "preset.toml")
    Lexicon({"bahnhof": Entry(3, ("station",)), "matte": Entry(1, ("mat",))}).save(run / LEXICON)
    train(stage(run), Budget(1.0, 2), resume=False)
    return run


def stage(run: Path, workers: int = 0) -> TextStage:
    preset = (run / "preset.toml").read_text(encoding="utf-8")
    (run / "workers.toml").write_text(
        preset.replace("[training.text]", f"[training.text]\nworkers = {workers}"), encoding="utf-8"
    )
    corpora = [Corpus(Path("a.tsv"), tuple(SIGNS)), Corpus(Path("b.tsv"), tuple(SENTENCES), 2.0)]
    return TextStage(load_preset(run / "workers.toml"), run, 5, corpora, VALID)


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Two corpora with a mix, and two held-out sets of which one corpus has a pair each."""
    write(tmp_path / "signs.tsv", [*SIGNS, Pair("<b>Heute</b>", "Today")])
    write(tmp_path / "sentences.tsv", [*SENTENCES, *VALID, Pair(DEV[0].source, "The key is below the mat.")])
    (tmp_path / "mix.toml").write_text(
        '[corpora]\n"signs.tsv" = 1.0\n"sentences.tsv" = 3\n', encoding="utf-8"
    )
    write(tmp_path / "valid.tsv", VALID)
    write(tmp_path / "dev.tsv", DEV)
    return tmp_path


def packing(files: Path, weights: Path, *more: object) -> list[str]:
    options = ("--weights", weights, "--data", files / "mix.toml", "--valid", files / "valid.tsv")
    return [*map(str, ("pack", files / "pack", *options, "--held-out", files / "dev.tsv", *more))]


def pools(workers: int, run: Path, numbers: tuple[int, ...]) -> list[list[Batch]]:
    made = stage(run, workers)
    try:
        return [made._pools[number] for number in numbers]
    finally:
        made.close()


def test_batches_are_the_same_whoever_makes_them(trained: Path) -> None:
    numbers = (0, 1, 7)  # the last is asked for out of turn, as after resuming
    ours, theirs = pools(0, trained, numbers), pools(2, trained, numbers)
    assert len({batch[0].tobytes() for pool in ours for batch in pool}) > 50
    for a, b in zip(ours, theirs, strict=True):
        assert len(a) == len(b) == 50
        for one, other in zip(a, b, strict=True):
            assert all(np.array_equal(x, y) for x, y in zip(one, other, strict=True))


def test_a_pool_that_nobody_wants_any_more_is_left_unfinished(trained: Path) -> None:
    answers = iter([True, True, False])
    assert stage(trained)._pools._made_here.__wrapped__(0, lambda: next(answers)) == []


def test_a_pack_has_each_usable_pair_once_and_none_that_is_held_out(
    files: Path, trained: Path, recipe: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    assert recipe.main(packing(files, trained)) == 0
    assert "MiB, 6 pairs of 2 corpora" in capsys.readouterr().out
    corpora = {c.path.name: c for c in recipe.read_corpora(files / "pack")}
    assert {name: corpus.weight for name, corpus in corpora.items()} == {
        "00-sentences.tsv.xz": 3.0,
        "01-signs.tsv.xz": 1.0,
    }
    assert set(corpora["00-sentences.tsv.xz"].pairs) == set(SENTENCES)
    assert set(corpora["01-signs.tsv.xz"].pairs) == set(SIGNS) - set(SENTENCES)
    assert recipe.read_packed(files / "pack/valid.tsv.xz") == tuple(VALID)
    assert (files / "pack/modules/polib.py").exists()
    for name in ("preset.toml", "source.spm", LEXICON, "text.safetensors", "text/checkpoint.safetensors"):
        assert (files / "pack/run" / name).read_bytes() == (trained / name).read_bytes()


def test_a_pack_that_cannot_be_is_one_line(
    files: Path, trained: Path, recipe: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    def error(*arguments: str) -> str:
        assert recipe.main(arguments) == 1
        said = capsys.readouterr().err
        assert said.startswith("text_on_gpu: ") and said.count("\n") == 1
        return said

    assert "MiB, but only 0.1 may be taken along" in error(*packing(files, trained, "--limit", 0.1))
    assert "is there already" in error(*packing(files, trained))
    shutil.rmtree(files / "pack")
    assert "dev.tsv: is held out" in error(*packing(files, trained, "--data", files / "dev.tsv"))
    assert "no_such" in error(*packing(files, trained, "--module", "no_such"))
    shutil.rmtree(files / "pack")
    assert "preset.toml" in error(*packing(files, files))
    assert "no place for the results" in error("train", str(files / "pack"), "--run", str(files / "run"))
    assert "preset.toml: no such file" in error(
        *("train", str(files / "pack"), "--run", str(files / "run"), "--out", str(files / "out"))
    )


def test_what_was_trained_elsewhere_goes_on_here(
    files: Path, trained: Path, recipe: ModuleType, iimt: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert recipe.main(packing(files, trained)) == 0
    options = ("--steps", "6", "--batch", "12", "--warmup", "2", "--workers", "0", "--piece", "0.2")
    command = [
        "train",
        str(files / "pack"),
        "--run",
        str(files / "run"),
        "--out",
        str(files / "out"),
        *options,
    ]
    assert recipe.main(command) == 0
    assert "6 steps of 12 texts" in capsys.readouterr().out
    assert load_preset(files / "out/preset.toml") == load_preset("tiny")
    used = load_preset(files / "out/gpu.toml").training.text
    assert (used.batch, used.lr, used.average, used.weight_decay) == (12, 2e-3, 2, 0.01)
    assert not (files / "out/text.safetensors").exists()
    assert (files / "out/text.safetensors.1of2").stat().st_size == int(0.2 * 2**20)

    back = files / "back"
    assert recipe.main(["join", str(files / "out"), str(back)]) == 0
    new, old = (load_tensors(run / "text.safetensors")[0] for run in (back, trained))
    assert any(not np.array_equal(new[name], old[name]) for name in new)
    data = ("--data", files / "signs.tsv", "--valid", files / "valid.tsv")
    code, said = iimt("train", "--stage", "text", "--out", back, *data, "--resume", "--max-steps", 9)
    assert code == 0, said
    steps = [json.loads(line)["step"] for line in (back / "text/log.jsonl").read_text().splitlines()]
    assert steps[-1] == 9 and 7 in steps, "went on from step 6"

    (files / "out/text.safetensors.2of2").unlink()
    assert recipe.main(["join", str(files / "out"), str(files / "again")]) == 1
    assert "text.safetensors.2of2: this piece is missing" in capsys.readouterr().err


def test_without_a_checkpoint_training_starts_from_the_weights(
    files: Path, trained: Path, recipe: ModuleType, iimt: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    weights = files / "weights"
    shutil.copytree(trained, weights, ignore=shutil.ignore_patterns("text"))
    assert recipe.main(packing(files, weights)) == 0
    options = ("--run", files / "run", "--out", files / "out", "--steps", 2, "--workers", 0, "--most", 0.5)
    assert recipe.main(["train", str(files / "pack"), *map(str, options), "--batch", "8"]) == 0
    assert "checkpoint.safetensors is left out" in capsys.readouterr().out
    assert recipe.main(["join", str(files / "out"), str(files / "back")]) == 0
    data = ("--data", files / "signs.tsv", "--valid", files / "valid.tsv")
    code, said = iimt(
        "train", "--stage", "text", "--out", files / "back", *data, "--resume", "--max-steps", 2
    )
    assert code == 0, said
    assert load_corpus(files / "valid.tsv").pairs == tuple(VALID)
