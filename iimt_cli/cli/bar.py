"""The progress bar of `iimt translate`. In a module of its own, because importing rich's bars takes a tenth of a second."""

from collections import Counter
from pathlib import Path

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Column
from rich.text import Text

from iimt_cli.runs.output import Outcome
from iimt_cli.runs.translate import Watcher


class _Speed(ProgressColumn):
    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:.2g} pictures/s" if task.speed else "")


class Bar(Watcher):
    """How many pictures are done, and how long the others take."""

    def __init__(self, console: Console) -> None:
        name = Column(ratio=1, no_wrap=True, overflow="ellipsis")
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False, table_column=name),
            BarColumn(),
            MofNCompleteColumn(),
            _Speed(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[failed]}", style="red"),
            console=console,
            speed_estimate_period=120,  # seconds; long, because pictures are finished in groups
            transient=True,
        )
        self._counts: Counter[str] = Counter()
        self._task = self._progress.add_task("", start=False, failed="")

    def __enter__(self) -> "Bar":
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def begin(self, pictures: int, done: int) -> None:
        self._progress.start()
        self._progress.start_task(self._task)
        self._progress.update(self._task, total=pictures, completed=done)

    def started(self, path: Path) -> None:
        self._progress.update(self._task, description=path.name)

    def finished(self, outcome: Outcome, others: int) -> None:
        self._counts[outcome.kind] += 1
        failed = f"{self._counts['failed']} failed" if self._counts["failed"] else ""
        self._progress.update(self._task, advance=1 + others, failed=failed)
