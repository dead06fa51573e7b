"""`iimt evaluate`: how good are these translated pictures?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from iimt_cli.translation import BEAM

if TYPE_CHECKING:
    from rich.table import Table

    from iimt_cli.evaluation.report import Report
    from iimt_cli.runs.evaluate import PictureEvaluation


Output = Annotated[
    Path | None,
    typer.Argument(help="Translated pictures (folder or file); with --weights, the data set."),
]
Reference = Annotated[
    Path | None, typer.Argument(help="Reference pictures, or a folder of `iimt synthesize-data`.")
]
Source = Annotated[Path | None, typer.Option("--source", help="The pictures before translation.")]
Text = Annotated[
    Path | None,
    typer.Option("--text", help="Reference texts: metadata.jsonl, or a table of name TAB text."),
]
Baseline = Annotated[
    Path | None, typer.Option("--baseline", help="Outputs of another system, to compare with.")
]
Weights = Annotated[
    str | None,
    typer.Option("--weights", help="Translate the data set first: a folder of weights or a name (de-en)."),
]
System = Annotated[str, typer.Option("--system", help="With --weights: iimt, or the cascade of its parts.")]
Pairs = Annotated[
    Path | None,
    typer.Option(
        "--pairs", help="With --weights: score the text model alone on parallel text, without pictures."
    ),
]
Beam = Annotated[int, typer.Option("--beam", min=1, help="With --pairs: width of the search.")]
Save = Annotated[
    Path | None, typer.Option("--save", help="With --weights: folder to keep the translated pictures in.")
]
MinConfidence = Annotated[
    float | None,
    typer.Option(
        "--min-confidence",
        min=0,
        max=1,
        help="With --weights: how likely a translation must be right to be drawn, as for `iimt translate` (default 0.85; 0 "
        "draws all). Text that is left alone counts as a wrong translation.",
        show_default=False,
    ),
]
Ocr = Annotated[str, typer.Option("--ocr", help="What reads the pictures: rapidocr, tesserocr or easyocr.")]
EngineLanguages = Annotated[
    str, typer.Option("--languages", help="For engines with a model per language, with commas.")
]
Threshold = Annotated[
    float, typer.Option("--iou", min=0, max=1, help="Structure-BLEU: least overlap of two text boxes.")
]
Tokenize = Annotated[
    str, typer.Option("--tokenize", help="sacrebleu's tokenizer: 13a, intl, char, zh, ja-mecab, …")
]
Json = Annotated[Path | None, typer.Option("--json", help="Write everything as JSON.")]
Csv = Annotated[Path | None, typer.Option("--csv", help="Write a row per picture as CSV.")]
Html = Annotated[Path | None, typer.Option("--html", help="Write a page with all pictures, for the browser.")]
Markdown = Annotated[Path | None, typer.Option("--markdown", help="Write the tables for a document.")]
NoCache = Annotated[bool, typer.Option("--no-cache", help="Read every picture again, and remember nothing.")]
Device = Annotated[str, typer.Option("--device", help="With --weights: auto, cpu or cuda.")]


def evaluate(
    output: Output = None,
    reference: Reference = None,
    source: Source = None,
    text: Text = None,
    baseline: Baseline = None,
    weights: Weights = None,
    system: System = "iimt",
    pairs: Pairs = None,
    beam: Beam = BEAM,
    save: Save = None,
    min_confidence: MinConfidence = None,
    ocr: Ocr = "rapidocr",
    languages: EngineLanguages = "en,de",
    threshold: Threshold = 0.5,
    tokenize: Tokenize = "13a",
    json: Json = None,
    csv: Csv = None,
    html: Html = None,
    markdown: Markdown = None,
    no_cache: NoCache = False,
    device: Device = "auto",
) -> None:
    """Score translated pictures: BLEU and chrF of what OCR reads, Structure-BLEU, SSIM, background error.

    Exits with 1 if an output is missing or unreadable; it is scored as an empty picture.
    """
    if pairs is not None:
        if weights is None or output is not None:
            raise typer.BadParameter("with --pairs give --weights, and no pictures")
        if min_confidence is not None:
            raise typer.BadParameter("--min-confidence is for pictures: --pairs scores every text")
        _evaluate_texts(weights, pairs, beam, tokenize, json, device)
        return
    if output is None or (weights is None and reference is None):
        raise typer.BadParameter("give OUTPUT and REFERENCE, or --weights and a data set")
    if weights is not None and reference is not None:
        raise typer.BadParameter("with --weights there is one argument, the data set")
    if min_confidence is not None and (weights is None or system != "iimt"):
        raise typer.BadParameter(
            "--min-confidence is for --weights without a cascade: all else is scored as it is"
        )
    from iimt_cli.runs.evaluate import PictureEvaluation

    reports = {"json": json, "csv": csv, "html": html, "markdown": markdown}
    _evaluate_pictures(
        PictureEvaluation(
            output=output,
            reference=reference,
            source=source,
            text=text,
            baseline=baseline,
            weights=weights,
            system=system,
            save=save,
            min_confidence=min_confidence,
            device=device,
            ocr=ocr,
            languages=[code.strip() for code in languages.split(",") if code.strip()],
            threshold=threshold,
            tokenize=tokenize,
            cache=not no_cache,
            reports={kind: path for kind, path in reports.items() if path is not None},
        )
    )


def _evaluate_pictures(asked: PictureEvaluation) -> None:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TaskID,
        TextColumn,
        TimeRemainingColumn,
    )

    from iimt_cli.runs.evaluate import evaluate_pictures

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        tasks: dict[str, TaskID] = {}

        def progress(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bar.add_task(stage, total=total)
            bar.update(tasks[stage], completed=done)

        report = evaluate_pictures(asked, progress)
    Console().print(_table(report))
    _tell(report, console)
    if report.problems:
        raise typer.Exit(1)


def _evaluate_texts(
    weights: str, pairs: Path, beam: int, tokenize: str, json: Path | None, device: str
) -> None:
    """`--pairs`: the text model alone."""
    from rich.console import Console
    from rich.table import Table

    from iimt_cli.runs.evaluate import evaluate_texts
    from iimt_cli.writing import write_text

    found = evaluate_texts(weights, pairs, beam=beam, tokenize=tokenize, device=device)
    report = found.report
    table = Table(title=f"{pairs.name}: {report.count} texts, beam {beam}", title_justify="left")
    for head in ("words in the source", "texts", "BLEU", "chrF", "refused %"):
        table.add_column(head, justify="right")
    for b in report.buckets:
        name = f"{b.low}–{b.high}" if b.high < 100 else f"{b.low} and more"
        table.add_row(name, str(b.count), f"{b.bleu:.1f}", f"{b.chrf:.1f}", f"{100 * b.refused:.0f}")
    scores = [f"{s.value:.1f} ({s.low:.1f}–{s.high:.1f})" for s in (report.bleu, report.chrf)]
    table.add_section()
    table.add_row("all", str(report.count), *scores, f"{100 * report.refused:.0f}", style="bold")
    out = Console(highlight=False, soft_wrap=True)
    out.print(table)
    out.print(f"texts with something to copy: {report.copied}, of them miscopied: {report.miscopied}")
    for score in (report.bleu, report.chrf):
        out.print(score.signature, style="dim", markup=False)
    if json is not None:
        write_text(json, found.as_json())


def _table(report: Report) -> Table:
    from rich.table import Table

    from iimt_cli.evaluation.report import METRICS, shown

    heads = {"output": "output", "baseline": "baseline", "floor": "copied source", "ceiling": "OCR ceiling"}
    names = [name for name in heads if name in report.systems]
    table = Table(title=f"{len(report.items)} pictures, read by {report.engine}", title_justify="left")
    table.add_column("")
    for name in names:
        table.add_column(heads[name], justify="right", style="bold" if name == "output" else None)
    if report.p_values:
        table.add_column("p", justify="right")
    for metric in METRICS:
        if metric.key in report.totals["output"]:
            cells = [shown(report.totals[name].get(metric.key), metric) for name in names]
            if report.p_values:
                cells.append(f"{report.p_values[metric.key]:.3f}" if metric.key in report.p_values else "–")
            table.add_row(f"{metric.label} {'↑' if metric.higher_is_better else '↓'}", *cells)
    return table


def _tell(report: Report, console: object) -> None:
    """Signatures below the table, for they belong to the numbers; everything else on stderr."""
    from rich.console import Console

    out, err = Console(highlight=False, soft_wrap=True), console
    assert isinstance(err, Console)
    for key, signature in report.signatures.items():
        out.print(f"{key}: {signature}", style="dim", markup=False)
    for key, value in report.model.items():
        shown = f"{value:,}" if isinstance(value, int) else value
        out.print(f"{key.replace('_', ' ')}: {shown}", markup=False)
    if not report.texts_known:
        err.print("No reference texts given: the OCR text of the reference pictures was taken.")
    for name, problem in report.problems.items():
        err.print(f"counted as empty: {name}: {problem}", style="red", markup=False, soft_wrap=True)
    empty = sum(bool(score.problem) for score in report.systems.get("baseline", []))
    if empty:
        err.print(f"baseline: {empty} pictures missing or unreadable, counted as empty", style="yellow")
    for name, note in _notes(report)[:20]:
        err.print(f"{name}: {note}", style="yellow", markup=False, soft_wrap=True)
    for path in report.extra[:20]:
        err.print(
            f"not scored, no reference of that name: {path}", style="yellow", markup=False, soft_wrap=True
        )
    if len(report.extra) > 20:
        err.print(f"… and {len(report.extra) - 20} more without a reference", style="yellow")


def _notes(report: Report) -> list[tuple[str, str]]:
    scored = zip(report.items, report.systems["output"], strict=True)
    return [(item.name, score.note) for item, score in scored if score.note]
