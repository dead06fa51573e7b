"""`iimt info`: what weights or a preset can do and how large they are."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from iimt_cli.errors import IimtError

if TYPE_CHECKING:
    from rich.table import Table

    from iimt_cli.config import Preset


def info(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[WEIGHTS]",
            help="A folder of weights, a name, OWNER/NAME on the hub, or a preset (line, or a .toml file). "
            "Without it, the weights that come with iimt.",
            envvar="IIMT_WEIGHTS",
            show_default=False,
        ),
    ] = None,
    card: Annotated[bool, typer.Option("--card", help="Show the whole model card of the weights.")] = False,
) -> None:
    """Show what weights or a preset translate, their size, licence, threshold and main scores."""
    from rich.console import Console

    from iimt_cli.config import load_preset, preset_names
    from iimt_cli.systems import kind_of
    from iimt_cli.weights import find_weights, languages_of, parameters, read_card, shipped, verify

    console = Console(highlight=False)
    if name is None and len(shipped()) != 1:
        names = ", ".join(shipped()) or "none"
        console.print(f"weights that come with iimt: {names}\npresets: {', '.join(preset_names())}")
        return
    if name is not None and (name in preset_names() or Path(name).suffix == ".toml"):
        if card:
            raise typer.BadParameter("a preset has no model card: --card is for weights")
        preset = load_preset(name)
        console.print(_facts(f"preset {name}", preset))
        for title, counts in kind_of(preset).parameters(preset).items():
            console.print(_modules(counts, title))
        return
    folder = find_weights(name)
    languages_of(folder)  # raises an error if there are no weights at all
    verify(folder)
    from rich.markdown import Markdown

    found = read_card(folder)
    if card:
        if found is None:
            raise IimtError(f"{folder}: has no model card (README.md)")
        console.print(Markdown(re.sub(r"\A---\n.*?\n---\n", "", found.text, flags=re.S)))
        return
    console.print(_facts(f"weights {folder.name}", load_preset(folder / "preset.toml"), folder))
    console.print(_modules(parameters(folder)))
    if found and found.scores:
        console.print("main scores of the model card")
        console.print(Markdown(found.scores))
    if found:
        asked = f"iimt info {name}" if name else "iimt info"
        console.print(f"all scores, data and limits: {asked} --card, or {found.path}", soft_wrap=True)


def _facts(title: str, preset: "Preset", folder: Path | None = None) -> "Table":
    from rich.table import Table

    from iimt_cli.weights import CHECKSUMS, loaded_files, read_card

    table = Table(title=title, title_justify="left", show_header=False)
    table.add_row("translates", f"{preset.languages.source} → {preset.languages.target}")
    table.add_row("preset", preset.name)
    canvas = preset.canvas
    size = f"{canvas.height // canvas.rows}×{canvas.patch} px each, {preset.image_tokenizer.codebook:,} codes"
    if preset.whole_pictures:
        table.add_row("canvas", f"whole pictures, fitted into {canvas.width}×{canvas.height} px")
        table.add_row("image tokens", f"{canvas.rows}×{canvas.columns} = {canvas.tokens}, {size}")
    else:
        table.add_row("canvas", f"strips {canvas.height} px high, up to {canvas.max_width} px wide")
        table.add_row("image tokens", size)
    if folder is not None:
        files = loaded_files(folder)
        table.add_row("folder", str(folder))
        table.add_row(
            "size", f"{sum(path.stat().st_size for path in files) / 1e6:.1f} MB in {len(files)} files"
        )
        table.add_row("checksums", "match" if (folder / CHECKSUMS).exists() else "none in this folder")
        card = read_card(folder)
        table.add_row("licence", (card and card.licence) or "not told by the model card")
        table.add_row("--min-confidence", _threshold(preset, folder))
    else:
        settings = {name: getattr(preset.training, name, None) for name in preset.stages}
        told = [f"{name} {one.hours:g} h" if one else name for name, one in settings.items()]
        table.add_row("training", ", ".join(told))  # the stage lexicon has no budget
    return table


def _threshold(preset: "Preset", folder: Path) -> str:
    """The default of --min-confidence with these weights, and what kind of number it is."""
    from iimt_cli.translation.result import MIN_CONFIDENCE
    from iimt_cli.weights import CONFIDENCE

    least = 0.0 if preset.whole_pictures else MIN_CONFIDENCE
    if (folder / CONFIDENCE).exists():
        return f"{least:g} by default: how likely a translation must be right to be drawn"
    return f"{least:g} by default; not calibrated: the mean probability of the target's subwords"


def _modules(counts: dict[str, int], title: str = "parameters") -> "Table":
    from rich.table import Table

    table = Table("module", title=title, title_justify="left")
    table.add_column("parameters", justify="right")
    for module, count in sorted(counts.items()):
        table.add_row(module.replace("_", " "), f"{count:,}")
    table.add_section()
    table.add_row("all", f"{sum(counts.values()):,}")
    return table
