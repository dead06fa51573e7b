"""`iimt info`: what weights or a preset can do and how large they are."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

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
) -> None:
    """Show what weights or a preset translate, their parameters per module, and the scores of the model card."""
    from rich.console import Console

    from iimt_cli.config import load_preset, preset_names
    from iimt_cli.systems import kind_of
    from iimt_cli.weights import card_scores, find_weights, languages_of, parameters, shipped, verify

    console = Console(highlight=False)
    if name is None and len(shipped()) != 1:
        names = ", ".join(shipped()) or "none"
        console.print(f"weights that come with iimt: {names}\npresets: {', '.join(preset_names())}")
        return
    if name is not None and (name in preset_names() or Path(name).suffix == ".toml"):
        preset = load_preset(name)
        console.print(_facts(f"preset {name}", preset))
        for title, counts in kind_of(preset).parameters(preset).items():
            console.print(_modules(counts, title))
        return
    folder = find_weights(name)
    languages_of(folder)  # says it if there are no weights at all
    verify(folder)
    console.print(_facts(f"weights {folder.name}", load_preset(folder / "preset.toml"), folder))
    console.print(_modules(parameters(folder)))
    if scores := card_scores(folder):
        from rich.markdown import Markdown

        console.print(Markdown(scores))


def _facts(title: str, preset: "Preset", folder: Path | None = None) -> "Table":
    from rich.table import Table

    from iimt_cli.weights import CHECKSUMS, loaded_files

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
    else:
        settings = {name: getattr(preset.training, name, None) for name in preset.stages}
        told = [f"{name} {one.hours:g} h" if one else name for name, one in settings.items()]
        table.add_row("training", ", ".join(told))  # the stage lexicon has no budget
    return table


def _modules(counts: dict[str, int], title: str = "parameters") -> "Table":
    from rich.table import Table

    table = Table("module", title=title, title_justify="left")
    table.add_column("parameters", justify="right")
    for module, count in sorted(counts.items()):
        table.add_row(module.replace("_", " "), f"{count:,}")
    table.add_section()
    table.add_row("all", f"{sum(counts.values()):,}")
    return table
