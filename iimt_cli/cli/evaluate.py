"""`iimt evaluate`: how good are these translated pictures?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.table import Table

    from iimt_cli.evaluation.report import Report


def evaluate(
    output: Annotated[
        Path | None,
        typer.Argument(help="Translated pictures (folder or file); with --weights, the data set."),
    ] = None,
    reference: Annotated[
        Path | None, typer.Argument(help="Reference pictures, or a folder of `iimt synthesize-data`.")
    ] = None,
    source: Annotated[Path | None, typer.Option("--source", help="The pictures before translation.")] = None,
    text: Annotated[
        Path | None,
        typer.Option("--text", help="Reference texts: metadata.jsonl, or a table of name TAB text."),
    ] = None,
    baseline: Annotated[
        Path | None, typer.Option("--baseline", help="Outputs of another system, to compare with.")
    ] = None,
    weights: Annotated[
        str | None,
        typer.Option(
            "--weights", help="Translate the data set first: a folder of weights or a name (de-en)."
        ),
    ] = None,
    system: Annotated[
        str, typer.Option("--system", help="With --weights: iimt, or the cascade of its parts.")
    ] = "iimt",
    pairs: Annotated[
        Path | None,
        typer.Option(
            "--pairs", help="With --weights: score the text model alone on parallel text, without pictures."
        ),
    ] = None,
    beam: Annotated[int, typer.Option("--beam", min=1, help="With --pairs: width of the search.")] = 4,
    save: Annotated[
        Path | None, typer.Option("--save", help="With --weights: folder to keep the translated pictures in.")
    ] = None,
    ocr: Annotated[
        str, typer.Option("--ocr", help="What reads the pictures: rapidocr, tesserocr or easyocr.")
    ] = "rapidocr",
    languages: Annotated[
        str, typer.Option("--languages", help="For engines with a model per language, with commas.")
    ] = "en,de",
    threshold: Annotated[
        float, typer.Option("--iou", min=0, max=1, help="Structure-BLEU: least overlap of two text boxes.")
    ] = 0.5,
    tokenize: Annotated[
        str, typer.Option("--tokenize", help="sacrebleu's tokenizer: 13a, intl, char, zh, ja-mecab, …")
    ] = "13a",
    json: Annotated[Path | None, typer.Option("--json", help="Write everything as JSON.")] = None,
    csv: Annotated[Path | None, typer.Option("--csv", help="Write a row per picture as CSV.")] = None,
    html: Annotated[
        Path | None, typer.Option("--html", help="Write a page with all pictures, for the browser.")
    ] = None,
    markdown: Annotated[
        Path | None, typer.Option("--markdown", help="Write the tables for a document.")
    ] = None,
    no_cache: Annotated[
        bool, typer.Option("--no-cache", help="Read every picture again, and remember nothing.")
    ] = False,
    device: Annotated[str, typer.Option("--device", help="With --weights: auto, cpu or cuda.")] = "auto",
) -> None:
    """Score translated pictures: BLEU and chrF of what OCR reads, Structure-BLEU, SSIM, background error.

    Exits with 1 if an output is missing or unreadable; it is scored as an empty picture.
    """
    from contextlib import ExitStack
    from dataclasses import replace
    from tempfile import TemporaryDirectory

    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TaskID,
        TextColumn,
        TimeRemainingColumn,
    )

    from iimt_cli.evaluation.html import page
    from iimt_cli.evaluation.ocr import ocr_engine
    from iimt_cli.evaluation.pairing import pair
    from iimt_cli.evaluation.report import as_csv, as_json, as_markdown
    from iimt_cli.evaluation.scoring import evaluate as score
    from iimt_cli.writing import cannot_write, write_text

    console = Console(stderr=True)
    if pairs is not None:
        if weights is None or output is not None:
            raise typer.BadParameter("with --pairs give --weights, and no pictures")
        _check_tokenizer(tokenize)
        _evaluate_texts(weights, pairs, beam, tokenize, json, device)
        return
    if output is None or (weights is None and reference is None):
        raise typer.BadParameter("give OUTPUT and REFERENCE, or --weights and a data set")
    if weights is not None and reference is not None:
        raise typer.BadParameter("with --weights there is one argument, the data set")
    _check_tokenizer(tokenize)
    engine = ocr_engine(ocr, [code.strip() for code in languages.split(",") if code.strip()])
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with ExitStack() as stack:
        bar = stack.enter_context(Progress(*columns, console=console, transient=True))
        tasks: dict[str, TaskID] = {}

        def progress(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bar.add_task(stage, total=total)
            bar.update(tasks[stage], completed=done)

        pairing = pair(output if weights is None else None, reference or output, source, text)
        items, model = pairing.items, {}
        if weights is not None:
            from iimt_cli.evaluation.systems import run
            from iimt_cli.translation.translator import Translator
            from iimt_cli.weights import find_weights, verify

            where = find_weights(weights)
            verify(where)
            folder = save or Path(stack.enter_context(TemporaryDirectory(prefix="iimt-")))
            translator = Translator.load(where, device=device)
            done = run(
                system, translator, items, folder, engine,
                tokenize=tokenize, cached=not no_cache, progress=progress,
            )  # fmt: skip
            items, model = done.items, done.model
        other = None
        if baseline is not None:
            other = [item.output for item in pair(baseline, reference or output).items]
        report = score(
            items, engine,
            baseline=other, extra=pairing.extra, threshold=threshold, tokenize=tokenize,
            cache=not no_cache, progress=progress,
        )  # fmt: skip
        report = replace(report, model=model)
        for path, told in ((json, as_json), (csv, as_csv), (html, page), (markdown, as_markdown)):
            if path is not None:
                try:
                    path.parent.mkdir(parents=True, exist_ok=True)
                except OSError as error:
                    raise cannot_write(path, error) from None
                write_text(path, told(report))
    Console().print(_table(report))
    _tell(report, console)
    if report.problems:
        raise typer.Exit(1)


def _evaluate_texts(
    weights: str, pairs: Path, beam: int, tokenize: str, json: Path | None, device: str
) -> None:
    """`--pairs`: the text model alone."""
    from dataclasses import asdict
    from json import dumps

    from rich.console import Console
    from rich.table import Table

    from iimt_cli.data.corpora import load_corpus
    from iimt_cli.evaluation.texts import score_texts
    from iimt_cli.translation.result import Options
    from iimt_cli.translation.translator import Translator
    from iimt_cli.weights import find_weights, verify
    from iimt_cli.writing import write_text

    where = find_weights(weights)
    verify(where)
    translator = Translator.load(where, device=device)
    preset = translator.preset
    corpus = load_corpus(pairs, max_chars=2000, languages=preset.languages, alphabet=preset.characters)
    said = translator.translate_texts([pair.source for pair in corpus.pairs], Options(beam=beam))
    report = score_texts(corpus.pairs, said, tokenize=tokenize)
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
        texts = [
            asdict(one) | {"reference": pair.target} for one, pair in zip(said, corpus.pairs, strict=True)
        ]
        write_text(json, dumps(asdict(report) | {"texts": texts}, ensure_ascii=False, indent=1) + "\n")


def _check_tokenizer(name: str) -> None:
    from sacrebleu.metrics.bleu import BLEU

    from iimt_cli.errors import IimtError

    if name not in BLEU.TOKENIZERS:
        raise IimtError(f"unknown tokenizer '{name}': choose {', '.join(sorted(BLEU.TOKENIZERS))}")


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
