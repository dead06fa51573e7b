"""What `iimt translate` shows: the progress, then what became of the pictures."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

    from iimt_cli.folders.output import Outcome
    from iimt_cli.folders.ranks import Ranks

SHOWN = 5  # reasons, for a single picture; --json has them all


def command_again(ranks: "Ranks") -> str:
    """What to type so that an interrupted run goes on."""
    import shlex
    import sys

    return "the same command again" if ranks.world > 1 else shlex.join(["iimt", *sys.argv[1:]])


def tell_one(outcome: "Outcome", console: "Console") -> None:
    job, kept = outcome.job, len(outcome.reasons)
    if outcome.kind == "failed":
        console.print(f"iimt: {outcome.message}")
    elif outcome.kind == "skipped":
        console.print(f"{job.output}: is there already, skipped (--overwrite does it again)")
    elif outcome.kind == "translated":
        console.print(f"{job.output}: {outcome.blocks - kept} of {outcome.blocks} blocks of text translated")
    elif outcome.blocks:
        console.print(f"{job.output}: nothing translated, the picture is as it was")
    else:
        console.print(f"{job.output}: no text found, the picture is as it was")
    for reason in list(dict.fromkeys(outcome.reasons))[:SHOWN]:
        console.print(f"  kept: {reason}")


def tell_all(
    outcomes: "Sequence[Outcome]",
    counts: Mapping[str, int],
    seconds: float,
    console: "Console",
    ranks: "Ranks",
) -> None:
    parts = [f"{counts['translated']} translated"]
    if counts["kept"]:
        parts.append(f"{counts['kept']} had nothing to translate and were copied")
    if counts["skipped"]:
        parts.append(f"{counts['skipped']} skipped, their output is there (--overwrite does them again)")
    if counts["failed"]:
        parts.append(f"{counts['failed']} failed")
    pictures = "1 picture" if len(outcomes) == 1 else f"{len(outcomes)} pictures"
    who = f"rank {ranks.rank} of {ranks.world}: " if ranks.world > 1 else ""
    console.print(f"{who}{pictures} in {seconds:.0f} s: {'; '.join(parts)}")
    for outcome in outcomes:
        if outcome.kind == "failed":
            console.print(f"iimt: {outcome.message}")


def progress_bar(console: "Console", ranks: "Ranks") -> "Progress":
    """On a terminal only: a log file would fill up with it. The first of several ranks shows it for all."""
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

    class Speed(ProgressColumn):
        def render(self, task: Task) -> Text:
            return Text(f"{task.speed:.2g} pictures/s" if task.speed else "")

    name = Column(ratio=1, no_wrap=True, overflow="ellipsis")
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False, table_column=name),
        BarColumn(),
        MofNCompleteColumn(),
        Speed(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[failed]}", style="red"),
        console=console,
        speed_estimate_period=120,  # groups come in bursts
        transient=True,
        disable=not console.file.isatty() or ranks.rank > 0,
    )
