"""`iimt benchmark`: how long each stage takes, for one setting or two in turn."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from iimt_cli.cli.translate import Device
from iimt_cli.translation import BEAM

if TYPE_CHECKING:
    from rich.table import Table

    from iimt_cli.benchmark import Figures


def benchmark(
    folder: Annotated[
        str | None,
        typer.Argument(
            metavar="[FOLDER]",
            help="Pictures to measure with. Without it, pages that are made for it.",
            show_default=False,
        ),
    ] = None,
    weights: Annotated[
        str | None,
        typer.Option("--weights", envvar="IIMT_WEIGHTS", help="As for translate.", show_default=False),
    ] = None,
    compare: Annotated[
        str | None,
        typer.Option(
            "--compare",
            metavar="NAME=VALUE",
            help="Also measure another setting, in turn with the first: batch=1, beam=1, threads=1 or "
            "weights=FOLDER.",
            show_default=False,
        ),
    ] = None,
    pages: Annotated[int, typer.Option("--pages", min=1, help="How many pages are made.")] = 8,
    rounds: Annotated[int, typer.Option("--rounds", min=1, help="How often everything is measured.")] = 3,
    batch_size: Annotated[int, typer.Option("--batch-size", min=1, help="Strips of text at once.")] = 32,
    beam: Annotated[int, typer.Option("--beam", min=1, max=64, help="Beam of the text decoder.")] = BEAM,
    device: Annotated[Device, typer.Option("--device", help="Where the networks run.")] = Device.auto,
    threads: Annotated[
        int | None, typer.Option("--threads", min=1, help="CPU threads.", show_default="all cores")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
) -> None:
    """Measure how long each stage of a translation takes, and memory and start-up.

    The stages run one after the other, so that they add up; `iimt translate` overlaps them. Two settings are
    measured in turn: what else the machine does meanwhile slows both.
    """
    import tempfile

    from rich.console import Console

    from iimt_cli.benchmark import Setting, start_up, synthetic_pages
    from iimt_cli.benchmark import compare as measure
    from iimt_cli.folders.files import plan
    from iimt_cli.tuning import tune
    from iimt_cli.weights import find_weights, languages_of, verify

    tune()
    first = Setting(find_weights(weights), device.value, batch_size, beam, threads or 0)
    settings = [("this", first)]
    if compare is not None:
        settings.append((compare, first.with_value(compare)))
    for _, setting in settings:
        verify(setting.weights)
    console = Console(stderr=True, highlight=False)
    with tempfile.TemporaryDirectory() as place:
        if folder is None:
            source = Path(place) / "pages"
            source.mkdir()
            synthetic_pages(source, pages, languages_of(first.weights).packs.source.sample)
        jobs = plan([folder or str(source)], str(Path(place) / "out"), in_place=False)
        for output in {job.output.parent for job in jobs}:
            output.mkdir(parents=True, exist_ok=True)
        with console.status("measuring") as status:
            for turn, latest in enumerate(measure(settings, jobs, rounds), 1):
                figures = latest
                status.update(f"measured {turn} of {rounds} times")
            status.update("measuring the start")
            started = start_up(first, jobs[0].input)
    if json:
        import dataclasses
        import json as to_json

        rows = [{**dataclasses.asdict(f), "per_second": f.rates} for f in figures]
        print(to_json.dumps({"settings": rows, "start_up": started}, indent=1))
    else:
        out = Console(highlight=False)
        out.print(_stages(figures))
        out.print(_rates(figures))
        out.print(f"start-up: --help {started['help']:.2f} s, first picture {started['first_picture']:.2f} s")


def _table(first: str, title: str, figures: "list[Figures]") -> "Table":
    """A column per setting, and their ratio if there are two."""
    from rich.table import Table

    table = Table(first, title=title, title_justify="left")
    for one in figures:
        table.add_column(one.name, justify="right")
    if len(figures) > 1:
        table.add_column("ratio", justify="right")
    return table


def _stages(figures: "list[Figures]") -> "Table":
    from iimt_cli.benchmark import MODEL, STAGES

    table = _table("stage", "milliseconds per picture, wall clock (processor)", figures)
    groups = [(stage, (stage,)) for stage in STAGES] + [("model stages", MODEL), ("all", STAGES)]
    for name, stages in groups:
        if name == "model stages":
            table.add_section()
        cells = [
            f"{1000 * f.total(stages) / f.pictures:,.1f} ({1000 * f.total(stages, True) / f.pictures:,.1f})"
            for f in figures
        ]
        table.add_row(name, *cells, *_ratio([f.total(stages) / f.pictures for f in figures]))
    return table


def _rates(figures: "list[Figures]") -> "Table":
    table = _table("per second", "speed and memory", figures)
    names = {
        "pictures": "pictures", "strips": "strips",
        "model_strips": "strips, model stages", "model_tokens": "image tokens, model stages",
    }  # fmt: skip
    for key, name in names.items():
        values = [f.rates[key] for f in figures]
        table.add_row(name, *[f"{v:,.2f}" for v in values], *_ratio(values))
    table.add_section()
    table.add_row("peak memory, MiB", *[f"{f.peak_mib:,.0f}" for f in figures])
    if any(f.device_mib for f in figures):
        table.add_row("peak memory of the device, MiB", *[f"{f.device_mib:,.0f}" for f in figures])
    return table


def _ratio(values: list[float]) -> list[str]:
    """The second setting over the first."""
    return [f"{values[1] / values[0]:.2f}" if values[0] else ""] if len(values) > 1 else []
