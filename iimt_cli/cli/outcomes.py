"""The lines that `iimt translate` prints at its end about the pictures."""

import shlex
import sys
from collections import Counter
from collections.abc import Sequence

from rich.console import Console

from iimt_cli.runs.output import Outcome
from iimt_cli.runs.ranks import Ranks
from iimt_cli.runs.translate import RunSummary

SHOWN = 5  # reasons that are shown for a single picture; --json has all
COMMONEST = 3  # kinds of reasons that are shown for several pictures


def tell(summary: RunSummary, console: Console) -> None:
    """Prints the result of a run and, if it was stopped, how to go on."""
    if summary.pictures == 1:
        for outcome in summary.outcomes:
            _tell_one(outcome, console)
    else:
        _tell_all(summary, console)
    done, again = len(summary.outcomes), _command_again(summary.ranks)
    if summary.stopped == "interrupted":
        pages = f", {summary.pages_done} of {summary.pages} pages" if summary.pages else ""
        kind = "files" if summary.pages else "pictures"
        console.print(
            f"iimt: interrupted after {done} of {summary.pictures} {kind}{pages}; to go on: {again}"
        )
    elif summary.stopped and summary.pictures > 1:
        cause = "as the disk is full" if summary.stopped == "full" else "at the first failure"
        left = f"{summary.pictures - done} pictures were left"
        console.print(f"iimt: stopped {cause}, {left}; to go on when that is mended: {again}")


def _command_again(ranks: Ranks) -> str:
    """What to type so that an interrupted run goes on."""
    return "the same command again" if ranks.world > 1 else shlex.join(["iimt", *sys.argv[1:]])


def _tell_one(outcome: Outcome, console: Console) -> None:
    job, kept = outcome.job, len(outcome.reasons)
    what = "document" if outcome.pages else "picture"
    pages = f"{outcome.pages} pages, " if outcome.pages > 1 else ""
    for message in outcome.failed_pages:
        console.print(f"iimt: {message}")
    if outcome.kind == "failed":
        console.print(f"iimt: {outcome.message}")
    elif outcome.kind == "skipped":
        console.print(f"{job.output}: is there already, skipped (--overwrite does it again)")
    elif outcome.kind == "translated":
        drawn = outcome.blocks - kept
        console.print(f"{job.output}: {pages}{drawn} of {outcome.blocks} blocks of text translated")
    elif outcome.blocks:
        console.print(f"{job.output}: {pages}nothing translated, the {what} is as it was")
    else:
        console.print(f"{job.output}: {pages}no text found, the {what} is as it was")
    _warn(outcome, console)
    for reason in list(dict.fromkeys(outcome.reasons))[:SHOWN]:
        console.print(f"  kept: {reason}")


def _tell_all(summary: RunSummary, console: Console) -> None:
    outcomes, counts, ranks = summary.outcomes, summary.counts, summary.ranks
    parts = [f"{counts['translated']} translated"]
    if counts["kept"]:
        parts.append(f"{counts['kept']} had nothing to translate and were copied")
    if counts["skipped"]:
        parts.append(f"{counts['skipped']} skipped, their output is there (--overwrite does them again)")
    if counts["failed"]:
        parts.append(f"{counts['failed']} failed")
    kind = "file" if summary.pages else "picture"
    pictures = f"1 {kind}" if len(outcomes) == 1 else f"{len(outcomes)} {kind}s"
    who = f"rank {ranks.rank} of {ranks.world}: " if ranks.world > 1 else ""
    console.print(f"{who}{pictures} in {summary.seconds:.0f} s: {'; '.join(parts)}")
    for outcome in outcomes:
        for message in (outcome.message, *outcome.failed_pages):
            if message:
                console.print(f"iimt: {message}")
        _warn(outcome, console)
    if blocks := blocks_line(outcomes):
        console.print(blocks)


def blocks_line(outcomes: Sequence[Outcome]) -> str:
    """How many blocks of text were translated, how many were left, and the commonest reasons; "" if there were none."""
    count, reasons = sum(outcome.blocks for outcome in outcomes), [r for o in outcomes for r in o.reasons]
    said = f"{count} {'block' if count == 1 else 'blocks'} of text: {count - len(reasons)} translated"
    if not reasons:
        return said if count else ""
    # without the figures and readings in brackets
    kinds = Counter(reason.partition(" (")[0] for reason in reasons)
    shown = [f"{number} × {kind}" for kind, number in kinds.most_common(COMMONEST)]
    if others := len(reasons) - sum(number for _, number in kinds.most_common(COMMONEST)):
        shown.append(f"{others} × other reasons")
    return f"{said}, {len(reasons)} left as they were ({', '.join(shown)})"


def _warn(outcome: Outcome, console: Console) -> None:
    for warning in outcome.warnings:
        console.print(f"iimt: {outcome.job.shown}: {warning}")
