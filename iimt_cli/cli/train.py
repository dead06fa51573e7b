"""`iimt train`: from parallel text to a translating system."""

from pathlib import Path
from typing import Annotated

import typer


def train(
    out: Annotated[
        Path, typer.Option("--out", "-o", help="Run folder: parts, checkpoints, logs, sample sheets.")
    ],
    data: Annotated[
        list[str],
        typer.Option(
            "--data",
            help="Parallel text, PATH or PATH:WEIGHT, or a mix of files with weights (.toml); "
            "for whole-picture presets also a folder of picture pairs, "
            "as synthesize-data makes it; repeatable.",
        ),
    ],
    corpora: Annotated[
        Path | None,
        typer.Option("--corpora", help="Folder that holds the files of a mix; the mix's own otherwise."),
    ] = None,
    preset: Annotated[
        str, typer.Option("--preset", help="A preset's name or the path of a .toml file.")
    ] = "line",
    valid: Annotated[
        Path | None,
        typer.Option("--valid", help="Held-out data of the same kind for the scores; never trained on."),
    ] = None,
    stage: Annotated[
        list[str] | None,
        typer.Option("--stage", help="Train only this stage; repeatable. All, in order, otherwise."),
    ] = None,
    max_hours: Annotated[
        float | None,
        typer.Option("--max-hours", min=0, help="Wall-clock budget per stage; the preset's otherwise."),
    ] = None,
    max_steps: Annotated[
        int | None, typer.Option("--max-steps", min=1, help="Step budget per stage.")
    ] = None,
    fonts: Annotated[
        list[Path] | None, typer.Option("--fonts", help="Folder with more fonts; repeatable.")
    ] = None,
    photos: Annotated[
        list[Path] | None, typer.Option("--photos", help="Folder with photos for backgrounds; repeatable.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on from the last checkpoint of the run.")
    ] = False,
    seed: Annotated[int, typer.Option("--seed", help="Everything random follows from it.")] = 1,
    threads: Annotated[
        int | None, typer.Option("--threads", min=1, help="CPU threads of this process.")
    ] = None,
) -> None:
    """Train a system from scratch, stage by stage. Ctrl-C keeps a checkpoint; --resume goes on from it."""
    from iimt_cli.training.run import TrainingData, TrainOptions, run_training

    run_training(
        TrainOptions(
            preset,
            out,
            TrainingData(data, corpora, valid, fonts or (), photos or ()),
            stage,
            max_hours,
            max_steps,
            resume,
            seed,
            threads,
        )
    )
