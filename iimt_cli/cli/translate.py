"""`iimt translate`: pictures in one language in, the same pictures in another out."""

from contextlib import AbstractContextManager, nullcontext
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from iimt_cli.cli.options import Device, DeviceName, Threads
from iimt_cli.translation import BEAM

if TYPE_CHECKING:
    from rich.console import Console

    from iimt_cli.runs.translate import Watcher


class OnError(str, Enum):
    skip = "skip"
    stop = "stop"


class Format(str, Enum):
    png = "png"
    jpeg = "jpeg"
    webp = "webp"
    tiff = "tiff"
    bmp = "bmp"


SUFFIXES = {Format.jpeg: ".jpg", Format.tiff: ".tif"}


class Numbers(str, Enum):
    keep = "keep"
    localise = "localise"


def _batch_size(text: str) -> int | None:
    """The number that `--batch-size` gives; None for `auto`."""
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

  iimt translate report.pdf -o report-en.pdf

  iimt translate scans/ -o scans-en/ --html scans.html

  iimt translate letter.png -o letter-en.png --texts letter-en.png.json

  iimt translate sign.png -o sign-fr.png --translator './de-fr.sh' --target fr

  cat sign.png | iimt translate - -o - --format webp > sign-en.webp

  iimt translate --clipboard

  iimt translate strip.png -o strip-en.png --whole --beam 8

  torchrun --nproc-per-node 4 -m iimt_cli translate scans/ -o scans-en/

Exit codes: 0 all done, 1 something failed (each file is named), 2 wrong usage, 130 interrupted.
"""

Inputs = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="INPUTS",
        help="Pictures, PDFs, TIFFs of several pages: files, folders (with everything below), or globs in quotes "
        "('**' too); - is standard input.",
        show_default=False,
    ),
]
Output = Annotated[
    str | None,
    typer.Option(
        "--output",
        "-o",
        help="A file for one picture, otherwise a folder; trees are kept. - is standard output.",
        show_default=False,
    ),
]
Clipboard = Annotated[
    bool,
    typer.Option(
        "--clipboard",
        help="Translate the picture on the desktop's clipboard, and put the result there; without INPUTS and -o.",
    ),
]
Source = Annotated[
    str | None,
    typer.Option("--source", "-s", help="Language in the pictures, such as de.", show_default=False),
]
Target = Annotated[
    str | None, typer.Option("--target", "-t", help="Language wanted, such as en.", show_default=False)
]
Weights = Annotated[
    str | None,
    typer.Option(
        "--weights",
        envvar="IIMT_WEIGHTS",
        help="A folder of weights, a name (de-en), or OWNER/NAME on the Hugging Face hub. "
        "Without it, the ones that come with iimt.",
        show_default=False,
    ),
]
TextModelName = Annotated[
    str | None,
    typer.Option(
        "--text-model",
        metavar="NAME",
        help="Translate with a Marian model instead of the text model of the weights, from any language in Latin letters: "
        "OWNER/NAME on the Hugging Face hub, or a folder. Needs the extra 'marian' of iimt.",
        show_default=False,
    ),
]
TranslatorCommand = Annotated[
    str | None,
    typer.Option(
        "--translator",
        metavar="COMMAND",
        help="Or with a command of yours, which is started for each picture: a text per line on its standard input, a "
        "translation per line on its standard output. --source and --target say for which languages it is.",
        show_default=False,
    ),
]
Whole = Annotated[
    bool, typer.Option("--whole", help="Each picture is a single strip of text: do not look for lines.")
]
Raw = Annotated[
    bool,
    typer.Option(
        "--raw",
        help="With weights for whole pictures: the picture as the model draws it, not only what changed in it.",
    ),
]
Json = Annotated[
    bool,
    typer.Option(
        "--json",
        help="Also write OUTPUT.json: per block its place, both texts, confidence, and why it was kept.",
    ),
]
TextsFile = Annotated[
    Path | None,
    typer.Option(
        "--texts",
        metavar="SIDECAR",
        help="Draw the texts of a sidecar (OUTPUT.json, with targets corrected) and translate nothing. A folder of "
        "sidecars too, or a file that export-texts wrote. Outputs older than their texts are made again.",
        show_default=False,
    ),
]
Html = Annotated[
    Path | None,
    typer.Option(
        "--html",
        metavar="PAGE.html",
        help="Also write one page for the browser: each picture before and after, with its texts. It needs no other "
        "file. Writes the sidecars of --json, too.",
        show_default=False,
    ),
]
FormatOption = Annotated[
    Format | None,
    typer.Option(
        "--format",
        help="Format of the pictures; without it, that of the input or of the suffix. A PDF stays one.",
        show_default=False,
    ),
]
Overwrite = Annotated[
    bool,
    typer.Option(
        "--overwrite",
        help="Do pictures again whose output is there; they are skipped otherwise. An interrupted run with "
        "the same options goes on.",
    ),
]
Beam = Annotated[
    int,
    typer.Option(
        "--beam",
        min=1,
        max=64,
        help="Beam of the text decoder: how many translations of a text are weighed up.",
    ),
]
MinConfidence = Annotated[
    float | None,
    typer.Option(
        "--min-confidence",
        min=0,
        max=1,
        help="How likely a translation must be right: other text stays (0 translates all; default 0.85, where one "
        "drawn text in seventeen is wrong on our test pages, one in eight on new documents). With another "
        "text model: how surely a text must have been read, by default 0.",
        show_default=False,
    ),
]
GlossaryFiles = Annotated[
    list[Path] | None,
    typer.Option(
        "--glossary",
        help="Terms to obey: a text file, SOURCE TAB TARGET a line; an empty target keeps the term, # starts a "
        "comment. Repeatable; later files win.",
        show_default=False,
    ),
]
NumbersOption = Annotated[
    Numbers,
    typer.Option(
        "--numbers",
        help="Keep figures as the picture has them, or write them as the target language does.",
    ),
]
Dpi = Annotated[
    int | None,
    typer.Option(
        "--dpi",
        min=36,
        max=1200,
        help="Pixels per inch in which pages of a PDF are read and drawn. Without it 200; a page that is one scanned "
        "picture has its own resolution, up to 300.",
        show_default=False,
    ),
]
BatchSize = Annotated[
    int | None,
    typer.Option(
        "--batch-size",
        parser=_batch_size,
        metavar="auto|N",
        help="Strips of text at once: more are faster and need more memory. auto goes by the memory that is "
        "free, up to 32 (128 on CUDA). Where memory runs out all the same, the number is halved.",
    ),
]
OnErrorOption = Annotated[
    OnError,
    typer.Option(
        "--on-error",
        help="After a picture that fails: skip it and go on, or stop. A full disk always stops the run.",
    ),
]


def _usage_fault(
    inputs: Inputs, output: Output, texts: TextsFile, glossary: GlossaryFiles, clipboard: bool
) -> str:
    """What is wrong with these arguments together, or ""."""
    if not clipboard and not inputs:
        return "Missing argument 'INPUTS...'."
    if not clipboard and output is None:
        return "Missing option '--output' / '-o'."
    if texts is not None and glossary:
        return "--texts translates nothing, so --glossary does not go with it: correct the targets instead."
    return ""


def translate(
    ctx: typer.Context,
    inputs: Inputs = None,
    output: Output = None,
    source: Source = None,
    target: Target = None,
    weights: Weights = None,
    text_model: TextModelName = None,
    translator: TranslatorCommand = None,
    device: Device = DeviceName.auto,
    whole: Whole = False,
    raw: Raw = False,
    json: Json = False,
    overwrite: Overwrite = False,
    beam: Beam = BEAM,
    min_confidence: MinConfidence = None,
    glossary: GlossaryFiles = None,
    numbers: NumbersOption = Numbers.keep,
    dpi: Dpi = None,
    batch_size: BatchSize = "auto",  # type: ignore[assignment]  # what the parser takes
    threads: Threads = None,
    on_error: OnErrorOption = OnError.skip,
    texts: TextsFile = None,
    format_: FormatOption = None,
    html: Html = None,
    clipboard: Clipboard = False,
) -> None:
    """Translate the text inside pictures and documents; everything else in them stays as it is.

    A picture without anything to translate is copied. Outputs that are there already are skipped, so an
    interrupted or killed run goes on when the same command is run again. In an output folder, iimt-run.jsonl
    tells what became of each picture. Under torchrun, the pictures are shared out among the processes.

    A PDF becomes a PDF that can be searched, and a TIFF of several pages one of as many. An interrupted run goes on
    with the next page.
    """
    from rich.console import Console

    from iimt_cli.cli.outcomes import tell
    from iimt_cli.runs.ranks import wait_for_others
    from iimt_cli.runs.translate import RunOptions, run

    if fault := _usage_fault(inputs, output, texts, glossary, clipboard):
        ctx.fail(fault)
    options = RunOptions(
        weights=weights,
        source=source,
        target=target,
        text_model=text_model,
        translator=translator,
        device=device.value,
        whole=whole,
        raw=raw,
        json=json,
        overwrite=overwrite,
        beam=beam,
        min_confidence=min_confidence,
        glossary=tuple(glossary or ()),
        numbers=numbers.value,
        dpi=dpi,
        batch=batch_size,
        threads=threads,
        on_error=on_error.value,
        texts=texts,
        html=html,
        suffix=None if format_ is None else SUFFIXES.get(format_, f".{format_.value}"),
        clipboard=clipboard,
    )
    console = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
    with _bar(console) as bar:
        summary = run(inputs or [], output or "", options, bar)
    tell(summary, console)
    if html and not summary.stopped:
        console.print(f"{html}: shows all pictures, before and after")
    if not summary.stopped:
        wait_for_others(summary.ranks)
    if summary.exit_code:
        raise typer.Exit(summary.exit_code)


def _bar(console: "Console") -> "AbstractContextManager[Watcher]":
    """On a terminal only: a log file would fill up with it. The first of several ranks shows it for all."""
    from iimt_cli.runs.ranks import from_environment
    from iimt_cli.runs.translate import Watcher

    if not console.file.isatty() or from_environment().rank > 0:
        return nullcontext(Watcher())
    from iimt_cli.cli.bar import Bar

    return Bar(console)
