"""The pipeline with a stand-in for the networks: what overlaps, what is bounded, what a kill leaves behind."""

import hashlib
import json
import random
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from iimt_cli.page import Picture
from iimt_cli.runs import groups, pipeline
from iimt_cli.runs.files import Job
from iimt_cli.runs.groups import in_order
from iimt_cli.runs.manifest import NAME, read_rows
from iimt_cli.runs.output import Writer
from iimt_cli.runs.pipeline import translate_files
from tests import standin
from tests.conftest import Run
from tests.processes import finish, start

PATIENCE = 120.0  # seconds until a test that waits in vain fails; a busy machine is slow to start processes


@pytest.fixture
def folder(tmp_path: Path) -> Callable[..., list[Job]]:
    """Writes numbered pictures of these widths; the corrupt ones are cut short."""

    def write(widths: Sequence[int], corrupt: Sequence[int] = ()) -> list[Job]:
        (tmp_path / "in").mkdir()
        for i, width in enumerate(widths):
            path = tmp_path / "in" / f"{i:04}.png"
            Image.fromarray(np.random.default_rng(i).integers(0, 256, (10 + i % 7, width, 3), np.uint8)).save(
                path
            )
            if i in corrupt:
                path.write_bytes(path.read_bytes()[:-40])
        return [Job(path, tmp_path / "out" / path.name) for path in sorted((tmp_path / "in").iterdir())]

    return write


class Watched(standin.Translator):
    """Calls `before(step, number of pictures)` ahead of each step."""

    def __init__(self, before: Callable[[str, int], None]) -> None:
        self.before = before

    def open(self, picture: Picture, options: Any) -> standin.Job:
        self.before("open", 1)
        return super().open(picture, options)

    def translate_jobs(self, jobs: Sequence[standin.Job], options: Any) -> list[standin.Job]:
        self.before("translate", len(jobs))
        return super().translate_jobs(jobs, options)

    def close(self, job: standin.Job) -> standin.Translation:
        self.before("close", 1)
        return super().close(job)


def run(jobs: Sequence[Job], system: standin.Translator, **how: Any) -> list[Any]:
    return list(translate_files(jobs, lambda: (system, standin.Options()), writer=Writer(), **how))


# What goes on at the same time


def test_the_three_steps_overlap(folder: Callable[..., list[Job]], monkeypatch: pytest.MonkeyPatch) -> None:
    """While the second group is translated, the third is opened and the first is written."""
    monkeypatch.setattr(groups, "COUNT", 2)
    third_opened, first_closing, second_translating = (threading.Event() for _ in range(3))
    counts = {"open": 0, "translate": 0, "close": 0}
    met: list[bool] = []

    def before(step: str, _: int) -> None:
        counts[step] += 1
        if step == "open" and counts[step] == 5:
            third_opened.set()
        elif step == "close" and counts[step] == 1:
            first_closing.set()
            met.append(second_translating.wait(PATIENCE))
        elif step == "translate" and counts[step] == 2:
            second_translating.set()
            met.append(first_closing.wait(PATIENCE) and third_opened.wait(PATIENCE))

    outcomes = run(folder([20] * 6), Watched(before))
    assert met == [True, True] and [o.kind for o in outcomes] == ["translated"] * 6


def test_two_pictures_of_a_group_are_opened_side_by_side(folder: Callable[..., list[Job]]) -> None:
    both = threading.Barrier(2, timeout=PATIENCE)
    system = Watched(lambda step, _: both.wait() and None if step == "open" else None)
    assert [o.kind for o in run(folder([20] * 4), system)] == ["translated"] * 4


def test_what_is_under_way_is_bounded(
    folder: Callable[..., list[Job]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """However slow the writing is, and whatever the length of the folder."""
    monkeypatch.setattr(groups, "COUNT", 4)
    monkeypatch.setattr(groups, "PIXELS", 4000)  # 1000 for each of the small ones
    monkeypatch.setattr(pipeline, "UNDER_WAY", 8000)
    lock, under_way, most = threading.Lock(), 0, 0

    def before(step: str, _: int) -> None:
        nonlocal under_way, most
        if step == "close":
            time.sleep(0.005)
        with lock:
            under_way += {"open": 1, "close": -1}.get(step, 0)
            most = max(most, under_way)

    assert len(run(folder([20] * 80), Watched(before))) == 80
    assert 4 < most <= 8 + 4 and under_way == 0


def test_groups_share_batches_and_come_back_in_order(folder: Callable[..., list[Job]]) -> None:
    sizes: list[int] = []
    jobs = folder([20] * 70)
    outcomes = run(jobs[::-1], Watched(lambda step, n: sizes.append(n) if step == "translate" else None))
    assert sizes == [32, 32, 6] and [outcome.job for outcome in outcomes] == in_order(jobs)


def test_the_system_is_loaded_for_a_readable_picture_only(folder: Callable[..., list[Job]]) -> None:
    def load() -> Any:
        raise AssertionError

    jobs = folder([200] * 3, corrupt=[0, 1, 2])
    outcomes = list(translate_files(jobs, load, writer=Writer()))
    assert [outcome.kind for outcome in outcomes] == ["failed"] * 3


# When memory runs out


def test_batches_are_halved_and_stay_so(
    iimt: Run, stand_in: type[standin.Translator], weights: Path, folder: Callable[..., list[Job]], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(groups, "COUNT", 2)
    folder([20, 20, standin.TOO_MANY, 20, 20, 20])
    command = "translate", tmp_path / "in", "-o", tmp_path / "out", "--weights", weights
    assert iimt(*command, "--batch-size", "32")[0] == 0
    assert [options.batch for _, options in stand_in.calls] == [32, 32, 16, 8, 8]
    rows, _ = read_rows(tmp_path / "out" / NAME)
    assert [row["batch"] for row in rows if "batch" in row] == [32, 8]


def test_one_hopeless_picture_costs_the_others_nothing(
    iimt: Run,
    stand_in: type[standin.Translator],
    weights: Path,
    folder: Callable[..., list[Job]],
    tmp_path: Path,
) -> None:
    folder([20, standin.TOO_MUCH, 20, 20])
    command = "translate", tmp_path / "in", "-o", tmp_path / "out", "--weights", weights
    code, said = iimt(*command, "--batch-size", "4")
    assert code == 1 and "3 translated; 1 failed" in said and "not enough memory for this picture" in said
    assert stand_in.calls[-1] == (1, standin.Options(batch=4))


def test_auto_and_what_a_run_began_with(
    iimt: Run, stand_in: type[standin.Translator], weights: Path, folder: Callable[..., list[Job]], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    folder([20, 20])
    command = "translate", tmp_path / "in", "-o", tmp_path / "out", "--weights", weights
    monkeypatch.setattr("iimt_cli.memory.free_memory", lambda device: 500 << 20)
    assert iimt(*command)[0] == 0
    (tmp_path / "out" / "0001.png").unlink()
    monkeypatch.setattr("iimt_cli.memory.free_memory", lambda device: 64 << 30)
    assert iimt(*command)[0] == 0
    first, second = (options.batch for _, options in stand_in.calls)
    assert first == second < 32


@pytest.mark.parametrize("size", ["0", "-1", "many", "1.5", ""])
def test_batch_sizes_that_are_none(size: str, iimt: Run, tmp_path: Path) -> None:
    code, said = iimt("translate", "a.png", "-o", tmp_path, "--batch-size", size)
    assert code == 2 and "auto" in said


# When the disk is full


def test_a_full_disk_stops_the_run(
    iimt: Run, stand_in: object, weights: Path, folder: Callable[..., list[Job]], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(groups, "COUNT", 4)
    monkeypatch.setattr(pipeline, "WRITERS", 1)
    folder([20] * 40)
    write_bytes, written = Path.write_bytes, 0

    def full(self: Path, content: bytes) -> int:
        nonlocal written
        written += 1
        if written > 6:
            raise OSError(28, "No space left on device")
        return write_bytes(self, content)

    monkeypatch.setattr(Path, "write_bytes", full)
    code, said = iimt("translate", tmp_path / "in", "-o", tmp_path / "out", "--weights", weights)
    assert code == 1 and "6 translated; 1 failed" in said
    assert "0006.png: cannot write it (No space left on device)" in said
    assert (
        "iimt: stopped as the disk is full, 33 pictures were left; to go on when that is mended: iimt "
        in said
    )
    assert sorted(p.name for p in (tmp_path / "out").glob("*.png")) == [f"{i:04}.png" for i in range(6)]


# Killed and run again


def assert_whole(out: Path, undisturbed: Path, corrupt: int) -> None:
    """The same bytes as without the kills, nothing else, and a line with the right hash for every picture."""
    names = {path.name for path in undisturbed.iterdir()}
    assert {path.name for path in out.iterdir()} == names
    for name in names - {NAME}:
        assert (out / name).read_bytes() == (undisturbed / name).read_bytes(), name
    lines = (out / NAME).read_text("utf-8").splitlines()
    last = {row["output"]: row for row in map(json.loads, lines) if "output" in row}
    assert sum(row["outcome"] == "failed" for row in last.values()) == corrupt
    for name, row in last.items():
        if row["outcome"] != "failed":
            assert row["sha256"] == hashlib.sha256((out / name).read_bytes()).hexdigest()
    assert len(last) == len(names - {NAME}) + corrupt


@pytest.mark.slow
def test_killed_three_times(folder: Callable[..., list[Job]], weights: Path, tmp_path: Path) -> None:
    folder([20 + i % 9 for i in range(40)], corrupt=[3, 17, 39])
    out, undisturbed = tmp_path / "out", tmp_path / "undisturbed"
    draw = random.Random(3)
    for i in range(3):
        wanted = 2 + 10 * i + draw.randrange(8)
        process = start(tmp_path / "in", "-o", out, "--weights", weights, seconds=0.02)
        end = time.monotonic() + PATIENCE
        while process.poll() is None and len(list(out.glob("*.png"))) < wanted and time.monotonic() < end:
            time.sleep(0.001)
        process.kill()
        process.communicate()
    assert 12 < len(list(out.glob("*.png"))) < 37  # really killed, and really gone on
    elsewhere = out / f".iimt-00000000-{process.pid}-0123abcd.tmp"
    elsewhere.touch()  # of another machine, which may be writing it
    code, said = finish(tmp_path / "in", "-o", out, "--weights", weights)
    assert code == 1 and "3 failed" in said and "skipped" in said
    elsewhere.unlink()
    assert finish(tmp_path / "in", "-o", undisturbed, "--weights", weights)[0] == 1
    assert_whole(out, undisturbed, 3)


def test_a_killed_overwriting_run_goes_on(
    iimt: Run, stand_in: type[standin.Translator], weights: Path, folder: Callable[..., list[Job]], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """What it had done is not done again, what is older is."""
    monkeypatch.setattr(groups, "COUNT", 2)
    folder([20] * 6)
    out = tmp_path / "out"
    out.mkdir()
    for i in range(6):
        (out / f"{i:04}.png").write_text("old")
    command = "translate", tmp_path / "in", "-o", out, "--weights", weights, "--overwrite"
    assert iimt(*command)[0] == 0
    rows = (out / NAME).read_text().splitlines(keepends=True)
    done = [json.loads(row)["output"] for row in rows[:4] if "output" in row]
    (out / NAME).write_text("".join(rows[:4]))  # as if it had been killed after two pictures
    code, said = iimt(*command)
    assert code == 0 and "4 translated; 2 skipped" in said and len(done) == 2
    code, said = iimt(*command)  # that one was complete
    assert code == 0 and "6 translated" in said and "skipped" not in said


# Several ranks


@pytest.mark.slow
def test_two_ranks_one_of_which_dies_and_comes_back(
    folder: Callable[..., list[Job]], weights: Path, tmp_path: Path
) -> None:
    folder([20 + i % 9 for i in range(40)], corrupt=[5])
    out, undisturbed = tmp_path / "out", tmp_path / "undisturbed"
    command = tmp_path / "in", "-o", out, "--weights", weights
    first = start(*command, seconds=0.05, rank=0, world=2)
    second = start(*command, seconds=0.05, rank=1, world=2)
    end = time.monotonic() + PATIENCE
    while second.poll() is None and time.monotonic() < end:
        rows, _ = read_rows(out / NAME)
        if sum(row.get("rank") == 1 and "output" in row for row in rows) > 3:
            break
        time.sleep(0.005)
    second.kill()
    second.communicate()
    again = start(*command, rank=1, world=2)
    told = [process.communicate(timeout=60)[0] for process in (first, again)]
    assert [process.returncode for process in (first, again)] == [1, 0], told
    assert told[0].startswith("rank 0 of 2: 24 pictures in ") and "1 failed" in told[0]
    assert told[1].startswith("rank 1 of 2: ")
    assert finish(tmp_path / "in", "-o", undisturbed, "--weights", weights)[0] == 1
    assert_whole(out, undisturbed, 1)
    rows, _ = read_rows(out / NAME)
    owners: dict[str, set[int]] = {}
    for row in rows:
        if "output" in row:
            owners.setdefault(row["output"], set()).add(row["rank"])
    assert all(len(ranks) == 1 for ranks in owners.values())


def test_ranks_that_cannot_be(iimt: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for rank, world in (("2", "2"), ("-1", "2"), ("one", "2")):
        monkeypatch.setenv("RANK", rank)
        monkeypatch.setenv("WORLD_SIZE", world)
        code, said = iimt("translate", "a.png", "-o", tmp_path)
        assert code == 2 and "RANK" in said
