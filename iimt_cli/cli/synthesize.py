"""`iimt synthesize-data`: picture pairs with known text, for training and measuring."""

from pathlib import Path
from typing import Annotated

import typer


def synthesize_data(
    out: Annotated[Path, typer.Argument(help="Folder for the data set; a second run continues it.")],
    data: Annotated[list[Path], typer.Option("--data", help="Parallel text, source TAB target; repeatable.")],
    count: Annotated[int, typer.Option("--count", "-n", min=1, help="Pairs of pictures in all.")] = 1000,
    scene: Annotated[str, typer.Option("--scene", help="line (one line of text) or page.")] = "line",
    preset: Annotated[
        str | None,
        typer.Option(
            "--preset",
            help="Pages for this whole-picture preset (paper, or a .toml file), with its canvas, type sizes and fonts; "
            "instead of --scene.",
            show_default=False,
        ),
    ] = None,
    hard: Annotated[
        bool,
        typer.Option("--hard", help="With --preset: gradients, textures, photos and several blocks of text."),
    ] = False,
    background: Annotated[
        str | None,
        typer.Option(
            "--background",
            help="plain, gradient, texture, photo, white, shapes, several with commas, or mixed.",
            show_default="mixed; plain with --preset",
        ),
    ] = None,
    fonts: Annotated[
        list[Path] | None, typer.Option("--fonts", help="Folder with more fonts; repeatable.")
    ] = None,
    photos: Annotated[
        list[Path] | None, typer.Option("--photos", help="Folder with photos for backgrounds; repeatable.")
    ] = None,
    held_out_fonts: Annotated[
        str, typer.Option("--held-out-fonts", help="Font families to leave out, with commas.")
    ] = "",
    only_held_out: Annotated[
        bool, typer.Option("--only-held-out", help="Draw with the held-out families and no others.")
    ] = False,
    min_chars: Annotated[
        int | None,
        typer.Option("--min-chars", min=1, help="Shortest source text.", show_default="2, or the preset's"),
    ] = None,
    max_chars: Annotated[
        int | None,
        typer.Option("--max-chars", min=1, help="Longest source text.", show_default="80, or the preset's"),
    ] = None,
    clean: Annotated[
        bool, typer.Option("--clean", help="No blur, noise or JPEG, as in a screenshot.")
    ] = False,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Everything random follows from it.")] = 0,
    workers: Annotated[
        int, typer.Option("--workers", "-j", min=1, help="Processes; they change no byte.")
    ] = 1,
) -> None:
    """Make pairs of pictures that differ in their language alone, as a Hugging Face image folder."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from iimt_cli.config import load_preset
    from iimt_cli.data.backgrounds import KINDS
    from iimt_cli.data.corpora import read_pairs
    from iimt_cli.data.fonts import choose_faces, find_fonts, split_held_out
    from iimt_cli.data.pages import page_style
    from iimt_cli.data.synthesize import Recipe, synthesize
    from iimt_cli.errors import IimtError, UsageError

    if hard and preset is None:
        raise UsageError("--hard goes with --preset")
    names = [name.strip() for name in held_out_fonts.split(",") if name.strip()]
    page, low, high = None, 2, 80
    if preset is None:
        faces = find_fonts(fonts or ())
    else:
        settings = load_preset(preset)
        if not settings.whole_pictures:
            raise UsageError(f"--preset {preset} is no preset for whole pictures; use --scene")
        page = page_style(settings, hard)
        low, high = settings.training.min_chars, settings.training.max_chars
        wanted = settings.training.fonts
        faces = choose_faces(find_fonts(fonts or (), prefer=wanted), wanted)
        scene, clean = "canvas", clean or not hard
        background = background or ("mixed" if hard else "plain")
    seen, held_out = split_held_out(faces, names)
    if unknown := {name.casefold() for name in names} - {face.family.casefold() for face in held_out}:
        raise IimtError(f"no font family {sorted(unknown)[0]!r} here: see `fc-list : family`")
    kinds = KINDS if background in (None, "mixed") else tuple(part.strip() for part in background.split(","))
    recipe = Recipe(
        pairs=tuple((source, target) for source, target in read_pairs(data)),
        faces=tuple(held_out if only_held_out else seen),
        scene=scene,
        backgrounds=kinds,
        photos=tuple(photos or ()),
        min_chars=low if min_chars is None else min_chars,
        max_chars=high if max_chars is None else max_chars,
        clean=clean,
        seed=seed,
        page=page,
    )
    console = Console(stderr=True)
    bar = Progress(
        TextColumn("pictures"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=console
    )
    with bar:
        task = bar.add_task("pictures", total=count)
        made = synthesize(
            out, recipe, count, workers=workers, progress=lambda done: bar.update(task, completed=done)
        )
    console.print(f"{out}: {count} pairs, {made} of them new")
