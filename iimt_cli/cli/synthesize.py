"""`iimt synthesize-data`: picture pairs with known text, for training and measuring."""

from pathlib import Path
from typing import Annotated

import typer

Out = Annotated[Path, typer.Argument(help="Folder for the data set; a second run continues it.")]
Corpora = Annotated[list[Path], typer.Option("--data", help="Parallel text, source TAB target; repeatable.")]
Count = Annotated[int, typer.Option("--count", "-n", min=1, help="Pairs of pictures in all.")]
Scene = Annotated[str, typer.Option("--scene", help="line (one line of text) or page.")]
Preset = Annotated[
    str | None,
    typer.Option(
        "--preset",
        help="Pages for this whole-picture preset (paper, or a .toml file), with its canvas, type sizes and fonts; "
        "instead of --scene.",
        show_default=False,
    ),
]
Hard = Annotated[
    bool,
    typer.Option("--hard", help="With --preset: gradients, textures, photos and several blocks of text."),
]
Background = Annotated[
    str | None,
    typer.Option(
        "--background",
        help="plain, gradient, texture, photo, white, shapes, several with commas, or mixed.",
        show_default="mixed; plain with --preset",
    ),
]
Fonts = Annotated[list[Path] | None, typer.Option("--fonts", help="Folder with more fonts; repeatable.")]
Photos = Annotated[
    list[Path] | None, typer.Option("--photos", help="Folder with photos for backgrounds; repeatable.")
]
HeldOutFonts = Annotated[
    str, typer.Option("--held-out-fonts", help="Font families to leave out, with commas.")
]
OnlyHeldOut = Annotated[
    bool, typer.Option("--only-held-out", help="Draw with the held-out families and no others.")
]
MinChars = Annotated[
    int | None,
    typer.Option("--min-chars", min=1, help="Shortest source text.", show_default="2, or the preset's"),
]
MaxChars = Annotated[
    int | None,
    typer.Option("--max-chars", min=1, help="Longest source text.", show_default="80, or the preset's"),
]
Clean = Annotated[bool, typer.Option("--clean", help="No blur, noise or JPEG, as in a screenshot.")]
Seed = Annotated[int, typer.Option("--seed", min=0, help="Everything random follows from it.")]
Workers = Annotated[int, typer.Option("--workers", "-j", min=1, help="Processes; they change no byte.")]


def synthesize_data(
    out: Out,
    data: Corpora,
    count: Count = 1000,
    scene: Scene = "line",
    preset: Preset = None,
    hard: Hard = False,
    background: Background = None,
    fonts: Fonts = None,
    photos: Photos = None,
    held_out_fonts: HeldOutFonts = "",
    only_held_out: OnlyHeldOut = False,
    min_chars: MinChars = None,
    max_chars: MaxChars = None,
    clean: Clean = False,
    seed: Seed = 0,
    workers: Workers = 1,
) -> None:
    """Make pairs of pictures that differ in their language alone, as a Hugging Face image folder."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from iimt_cli.runs.synthesize import DataSet, make_data_set

    wanted = DataSet(
        data=data,
        scene=scene,
        preset=preset,
        hard=hard,
        background=background,
        fonts=fonts or (),
        photos=photos or (),
        held_out_fonts=[name.strip() for name in held_out_fonts.split(",") if name.strip()],
        only_held_out=only_held_out,
        min_chars=min_chars,
        max_chars=max_chars,
        clean=clean,
        seed=seed,
    )
    console = Console(stderr=True)
    columns = (TextColumn("pictures"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("pictures", total=count)
        made = make_data_set(
            out, wanted, count, workers=workers, progress=lambda done: bar.update(task, completed=done)
        )
    console.print(f"{out}: {count} pairs, {made} of them new")
