"""`iimt translate`: pictures in one language in, the same pictures in another out."""

from collections.abc import Mapping, Sequence
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

    from iimt_cli.pipeline import Outcome

SHOWN = 5  # reasons, for a single picture; --json has them all


class Device(str, Enum):
    auto = "auto"
    cpu = "cpu"
    cuda = "cuda"
    mps = "mps"


class OnError(str, Enum):
    skip = "skip"
    stop = "stop"


# Blank lines: typer joins the lines of a paragraph.
EXAMPLES = """Examples:

  iimt translate sign.png -o sign-en.png

  iimt translate letter.jpg poster.webp -o english/

  iimt translate scans/ -o scans-en/ --json

  iimt translate 'scans/**/page-*.png' -o scans-en/ --overwrite

  iimt translate strip.png -o strip-en.png --whole --beam 4

Exit codes: 0 all done, 1 something failed (each file is named), 2 wrong usage, 130 interrupted.
"""


def translate(
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="INPUTS",
            help="Pictures: files, folders (with everything below), or globs in quotes ('**' too).",
            show_default=False,
        ),
    ],
    output: Annotated[
        str,
        typer.Option(
            "--output",
            "-o",
            help="A file for one picture, otherwise a folder; trees are kept.",
            show_default=False,
        ),
    ],
    source: Annotated[
        str | None,
        typer.Option("--source", "-s", help="Language in the pictures, such as de.", show_default=False),
    ] = None,
    target: Annotated[
        str | None, typer.Option("--target", "-t", help="Language wanted, such as en.", show_default=False)
    ] = None,
    weights: Annotated[
        str | None,
        typer.Option(
            "--weights",
            envvar="IIMT_WEIGHTS",
            help="A folder of weights, a name (de-en), or OWNER/NAME on the Hugging Face hub. "
            "Without it, the ones that come with iimt.",
            show_default=False,
        ),
    ] = None,
    device: Annotated[Device, typer.Option("--device", help="Where the networks run.")] = Device.auto,
    whole: Annotated[
        bool, typer.Option("--whole", help="Each picture is a single strip of text: do not look for lines.")
    ] = False,
    json: Annotated[
        bool,
        typer.Option(
            "--json",
            help="Also write OUTPUT.json: per block its place, both texts, confidence, and why it was kept.",
        ),
    ] = False,
    overwrite: Annotated[
        bool,
        typer.Option(
            "--overwrite", help="Do pictures again whose output is there; they are skipped otherwise."
        ),
    ] = False,
    beam: Annotated[
        int,
        typer.Option(
            "--beam", min=1, max=64, help="Beam of the text decoder: more is slower, a little better."
        ),
    ] = 1,
    min_confidence: Annotated[
        float | None,
        typer.Option(
            "--min-confidence",
            min=0,
            max=1,
            help="Leave text alone that the system is less sure of (0 translates all; default 0.3).",
            show_default=False,
        ),
    ] = None,
    batch_size: Annotated[
        int | None,
        typer.Option(
            "--batch-size",
            min=1,
            help="Strips of text at once; fewer need less memory (default 32).",
            show_default=False,
        ),
    ] = None,
    threads: Annotated[
        int | None, typer.Option("--threads", min=1, help="CPU threads.", show_default="all cores")
    ] = None,
    on_error: Annotated[
        OnError, typer.Option("--on-error", help="After a picture that fails: skip it and go on, or stop.")
    ] = OnError.skip,
) -> None:
    """Translate the text inside pictures; everything else in them stays as it is.

    A picture without anything to translate is copied. Outputs that are there already are skipped, so an
    interrupted run goes on when the same command is run again.
    """
    import os
    import time
    from collections import Counter

    from rich.console import Console

    from iimt_cli import __version__
    from iimt_cli.files import check_place, plan
    from iimt_cli.interrupt import Interrupts
    from iimt_cli.pipeline import Outcome, Sidecar, Translate, translate_files
    from iimt_cli.weights import check_languages, find_weights, verify

    console = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
    jobs = plan(inputs, output, in_place=overwrite)
    check_place(Path(output).expanduser())
    folder = find_weights(weights, source, target)
    languages = check_languages(folder, source, target)
    verify(folder)
    sidecar = Sidecar(languages.source, languages.target, folder.name, __version__) if json else None
    asked: dict[str, Any] = {
        "min_confidence": min_confidence,
        "batch": batch_size,
        "beam": beam,
        "whole": whole,
    }
    if threads is not None:
        os.environ["OMP_NUM_THREADS"] = str(threads)  # torch and the line detector look at it when they start

    def load() -> Translate:
        # Torch takes seconds to import: only once there is a picture to translate.
        from iimt_cli.translator import Options, Translator

        options = Options(**{name: value for name, value in asked.items() if value is not None})
        translator = Translator.load(folder, device=device.value)
        return lambda pictures: translator.translate(pictures, options)

    outcomes: list[Outcome] = []
    counts: Counter[str] = Counter()
    interrupts, interrupted, start = Interrupts(), False, time.monotonic()
    with _progress(console) as progress, interrupts:
        task = progress.add_task("", total=len(jobs), failed="")
        try:
            for outcome in translate_files(
                jobs, load, overwrite=overwrite, sidecar=sidecar, held=interrupts.held,
                started=lambda path: progress.update(task, description=path.name),
            ):  # fmt: skip
                outcomes.append(outcome)
                counts[outcome.kind] += 1
                progress.update(
                    task, advance=1, failed=f"{counts['failed']} failed" if counts["failed"] else ""
                )
                if counts["failed"] and on_error is OnError.stop:
                    break
        except KeyboardInterrupt:
            interrupted = True
    if len(jobs) == 1:
        for outcome in outcomes:
            _tell_one(outcome, console)
    else:
        _tell_all(outcomes, counts, time.monotonic() - start, console)
    if interrupted:
        again = "the same command without --overwrite" if overwrite else "the same command"
        console.print(f"iimt: interrupted after {len(outcomes)} of {len(jobs)} pictures; {again} goes on")
        raise typer.Exit(interrupts.exit_code)
    if len(outcomes) < len(jobs):
        console.print(f"iimt: stopped at the first failure, {len(jobs) - len(outcomes)} pictures were left")
    if counts["failed"]:
        raise typer.Exit(1)


def _tell_one(outcome: "Outcome", console: "Console") -> None:
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


def _tell_all(
    outcomes: "Sequence[Outcome]", counts: Mapping[str, int], seconds: float, console: "Console"
) -> None:
    parts = [f"{counts['translated']} translated"]
    if counts["kept"]:
        parts.append(f"{counts['kept']} had nothing to translate and were copied")
    if counts["skipped"]:
        parts.append(f"{counts['skipped']} skipped, their output is there (--overwrite does them again)")
    if counts["failed"]:
        parts.append(f"{counts['failed']} failed")
    pictures = "1 picture" if len(outcomes) == 1 else f"{len(outcomes)} pictures"
    console.print(f"{pictures} in {seconds:.0f} s: {'; '.join(parts)}")
    for outcome in outcomes:
        if outcome.kind == "failed":
            console.print(f"iimt: {outcome.message}")


def _progress(console: "Console") -> "Progress":
    """On a terminal only: a log file would fill up with it."""
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
        transient=True,
        disable=not console.file.isatty(),
    )
