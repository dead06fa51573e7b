"""Runs as library calls: what `iimt translate` and `iimt synthesize-data` do without the command line."""

from collections.abc import Callable
from pathlib import Path

import pytest

from iimt_cli.errors import UsageError
from iimt_cli.runs.output import Outcome
from iimt_cli.runs.synthesize import DataSet, recipe_of
from iimt_cli.runs.translate import RunOptions, Watcher, run
from tests import standin


class Notes(Watcher):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.begun: tuple[int, int] | None = None
        self.read: list[str] = []
        self.done: list[str] = []

    def begin(self, pictures: int, done: int) -> None:
        self.begun = (pictures, done)

    def started(self, path: Path) -> None:
        self.read.append(path.name)

    def finished(self, outcome: Outcome, others: int) -> None:
        self.done.append(outcome.kind)


def test_a_run_tells_what_became_of_each_picture(
    stand_in: object, weights: Path, picture: Callable[..., Path], tmp_path: Path
) -> None:
    picture("in/a.png"), picture("in/b.png", blank=True), picture("in/c.png", width=standin.FAILS)
    (tmp_path / "out").mkdir()
    picture("in/d.png").replace(tmp_path / "out" / "d.png"), picture("in/d.png")
    notes = Notes()
    summary = run([str(tmp_path / "in")], str(tmp_path / "out"), RunOptions(weights=weights), notes)
    assert {o.job.input.name: o.kind for o in summary.outcomes} == {
        "a.png": "translated", "b.png": "kept", "c.png": "failed", "d.png": "skipped",
    }  # fmt: skip
    assert (summary.pictures, summary.exit_code, summary.stopped) == (4, 1, "")
    assert notes.begun == (4, 1)
    assert set(notes.read) == {"a.png", "b.png", "c.png", "d.png"}, (
        "a group is read whole, so that its batches are the same"
    )
    assert sorted(notes.done) == ["failed", "kept", "translated"]


def test_a_run_that_stops_at_a_failure_says_so(
    stand_in: object, weights: Path, picture: Callable[..., Path], tmp_path: Path
) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.png").write_text("no picture")
    picture("in/b.png")
    summary = run([str(tmp_path / "in")], str(tmp_path / "out"), RunOptions(weights=weights, on_error="stop"))
    assert (summary.stopped, summary.exit_code, summary.counts["failed"]) == ("failure", 1, 1)


def test_what_contradicts_itself_is_told_before_anything_is_written(
    weights: Path, picture: Callable[..., Path], tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="--raw is for weights that draw whole pictures"):
        run([str(picture("a.png"))], str(tmp_path / "b.png"), RunOptions(weights=weights, raw=True))
    with pytest.raises(UsageError, match="--hard goes with --preset"):
        recipe_of(DataSet(data=[], hard=True))
    with pytest.raises(UsageError, match="no preset for whole pictures"):
        recipe_of(DataSet(data=[], preset="line"))
    assert not (tmp_path / "b.png").exists()
