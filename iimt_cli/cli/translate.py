"""`iimt translate`: pictures in one language in, the same pictures in another out."""

from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import typer

from iimt_cli.translation import BEAM


class Device(str, Enum):
    auto = "auto"
    cpu = "cpu"
    cuda = "cuda"
    mps = "mps"


class OnError(str, Enum):
    skip = "skip"
    stop = "stop"


class Numbers(str, Enum):
    keep = "keep"
    localise = "localise"


def _batch_size(text: str) -> int | None:
    """None for `auto`."""
    if text == "auto":
        return None
    if not text.isdecimal() or int(text) < 1:
        raise typer.BadParameter(f"{text!r} is neither auto nor a number from 1 on")
    return int(text)


# Blank lines: typer joins the lines of a paragraph.
EXAMPLES = """Examples:

  iimt translate sign.png -o sign-en.png

  iimt translate letter.jpg poster.webp -o english/

  iimt translate scans/ -o scans-en/ --json

  iimt translate 'scans/**/page-*.png' -o scans-en/ --overwrite

  iimt translate strip.png -o strip-en.png --whole --beam 8

  torchrun --nproc-per-node 4 -m iimt_cli translate scans/ -o scans-en/

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
    raw: Annotated[
        bool,
        typer.Option(
            "--raw",
            help="With weights for whole pictures: the picture as the model draws it, not only what changed in it.",
        ),
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
            "--overwrite",
            help="Do pictures again whose output is there; they are skipped otherwise. An interrupted run with "
            "the same options goes on.",
        ),
    ] = False,
    beam: Annotated[
        int,
        typer.Option(
            "--beam",
            min=1,
            max=64,
            help="Beam of the text decoder: how many translations of a text are weighed up.",
        ),
    ] = BEAM,
    min_confidence: Annotated[
        float | None,
        typer.Option(
            "--min-confidence",
            min=0,
            max=1,
            help="How likely a translation must be right: other text stays (0 translates all; default 0.8, where one "
            "drawn text in ten is wrong).",
            show_default=False,
        ),
    ] = None,
    glossary: Annotated[
        list[Path] | None,
        typer.Option(
            "--glossary",
            help="Terms to obey: a text file, SOURCE TAB TARGET a line; an empty target keeps the term, # starts a "
            "comment. Repeatable; later files win.",
            show_default=False,
        ),
    ] = None,
    numbers: Annotated[
        Numbers,
        typer.Option(
            "--numbers",
            help="Keep figures as the picture has them, or write them as the target language does.",
        ),
    ] = Numbers.keep,
    batch_size: Annotated[
        int | None,
        typer.Option(
            "--batch-size",
            parser=_batch_size,
            metavar="auto|N",
            help="Strips of text at once: more are faster and need more memory. auto goes by the memory that is "
            "free, up to 32 (128 on CUDA). Where memory runs out all the same, the number is halved.",
        ),
    ] = "auto",  # type: ignore[assignment]  # what the parser takes
    threads: Annotated[
        int | None, typer.Option("--threads", min=1, help="CPU threads.", show_default="all cores")
    ] = None,
    on_error: Annotated[
        OnError,
        typer.Option(
            "--on-error",
            help="After a picture that fails: skip it and go on, or stop. A full disk always stops the run.",
        ),
    ] = OnError.skip,
) -> None:
    """Translate the text inside pictures; everything else in them stays as it is.

    A picture without anything to translate is copied. Outputs that are there already are skipped, so an
    interrupted or killed run goes on when the same command is run again. In an output folder, iimt-run.jsonl
    tells what became of each picture. Under torchrun, the pictures are shared out among the processes.
    """
    import os
    import time
    from collections import Counter

    from rich.console import Console

    from iimt_cli import __version__
    from iimt_cli.cli.outcomes import command_again, progress_bar, tell_all, tell_one
    from iimt_cli.errors import UsageError
    from iimt_cli.folders.files import check_place, plan
    from iimt_cli.folders.groups import in_order, look_round
    from iimt_cli.folders.manifest import Manifest, Past
    from iimt_cli.folders.output import Outcome, Sidecar, Writer
    from iimt_cli.folders.pipeline import System, translate_files
    from iimt_cli.folders.ranks import from_environment, use_own_gpu, wait_for_others
    from iimt_cli.interrupt import Interrupts
    from iimt_cli.language.glossary import Glossary
    from iimt_cli.tuning import share_threads, tune
    from iimt_cli.weights import check_languages, find_weights, fingerprint, preset_of, sha256, verify

    console = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
    ranks = from_environment()
    jobs = in_order(plan(inputs, output, in_place=overwrite))
    place = Path(output).expanduser()
    check_place(place)
    folder = find_weights(weights, source, target)
    languages = check_languages(folder, source, target)
    verify(folder)
    whole_pictures = preset_of(folder).whole_pictures
    if raw and not whole_pictures:
        raise UsageError(f"--raw is for weights that draw whole pictures; {folder.name} draws strips of text")
    asked: dict[str, Any] = {"beam": beam, **({"raw": raw} if whole_pictures else {"whole": whole})}
    if not whole_pictures:
        asked["numbers"] = numbers.value
    terms = None
    if glossary:
        if whole_pictures:
            raise UsageError(
                f"--glossary is for weights that draw strips; {folder.name} draws whole pictures"
            )
        preset = preset_of(folder)
        terms = Glossary.load(glossary, languages.packs.source.inflection, preset.characters)
    if min_confidence is not None:
        asked["min_confidence"] = min_confidence
    manifest = None
    if jobs[0].output != place:
        settings = {
            "iimt": __version__, "weights": folder.name, "fingerprint": fingerprint(folder),
            "source": languages.source, "target": languages.target,
            "options": {**asked, "json": json, "overwrite": overwrite},
            **({"glossary": [sha256(path) for path in glossary]} if glossary else {}),
        }  # fmt: skip
        manifest = Manifest(place, settings, ranks)
    past = manifest.past() if manifest else Past()
    finished = look_round(jobs)
    if overwrite:  # but not what this very run had done before it was interrupted
        done = past.finished if manifest and not past.complete else ()
        finished = {job for job in finished if manifest and manifest.relative(job.output) in done}
    tune()
    if threads is not None:
        os.environ["OMP_NUM_THREADS"] = str(threads)  # torch and the line detector look at it when they start
    if ranks.world > 1:
        use_own_gpu()

    def load() -> tuple[System, Any]:
        # Torch takes seconds to import: only once there is a picture to translate.
        if len(jobs) > 1:  # and be it that one is left: what threads add up they add up in another order
            share_threads()
        if whole_pictures:
            from iimt_cli.translation.picture_translator import PictureOptions, PictureTranslator

            size = batch_size or past.batch or PictureOptions().batch
            return PictureTranslator.load(folder, device.value), PictureOptions(**asked, batch=size)
        from iimt_cli.folders.memory import automatic_batch
        from iimt_cli.translation.result import Options
        from iimt_cli.translation.translator import Translator

        translator = Translator.load(folder, device=device.value)
        # A run that goes on makes the same batches as before, however much memory is free now.
        size = batch_size or past.batch or automatic_batch(translator.device.type, beam)
        return translator, Options(**asked, batch=size, glossary=terms)

    skipped = [Outcome(job, "skipped") for job in jobs if job in finished]
    outcomes = skipped if ranks.rank == 0 else []
    counts: Counter[str] = Counter(outcome.kind for outcome in outcomes)
    interrupts, interrupted, start = Interrupts(), False, time.monotonic()
    sidecar = Sidecar(languages.source, languages.target, folder.name, __version__) if json else None
    with progress_bar(console, ranks) as progress, interrupts:
        task = progress.add_task("", total=len(jobs), completed=len(skipped), failed="")
        try:
            for outcome in translate_files(
                jobs, load, finished=finished, writer=Writer(sidecar, manifest), ranks=ranks,
                stop=on_error is OnError.stop, allowed=interrupts.allowed,
                started=lambda path: progress.update(task, description=path.name),
            ):  # fmt: skip
                outcomes.append(outcome)
                counts[outcome.kind] += 1
                others = len(manifest.news()) if manifest and ranks.world > 1 and ranks.rank == 0 else 0
                failed = f"{counts['failed']} failed" if counts["failed"] else ""
                progress.update(task, advance=1 + others, failed=failed)
        except KeyboardInterrupt:
            interrupted = True
    full = any(outcome.fatal for outcome in outcomes)
    stopped = full or (on_error is OnError.stop and counts["failed"] > 0)
    if manifest:
        if not interrupted and not stopped:
            manifest.end(counts)
        manifest.close()
    if len(jobs) == 1:
        for outcome in outcomes:
            tell_one(outcome, console)
    else:
        tell_all(outcomes, counts, time.monotonic() - start, console, ranks)
    left = f"{len(jobs) - len(outcomes)} pictures were left"
    if interrupted:
        console.print(
            f"iimt: interrupted after {len(outcomes)} of {len(jobs)} pictures; to go on: {command_again(ranks)}"
        )
        raise typer.Exit(interrupts.exit_code)
    if stopped and len(jobs) > 1:
        cause = "as the disk is full" if full else "at the first failure"
        console.print(f"iimt: stopped {cause}, {left}; to go on when that is mended: {command_again(ranks)}")
    if not stopped:
        wait_for_others(ranks)
    if counts["failed"]:
        raise typer.Exit(1)
