"""`iimt train`: from parallel text to a translating system."""

from pathlib import Path
from typing import Annotated

import typer

from iimt_cli.cli.options import Device, DeviceName

Out = Annotated[
    Path, typer.Option("--out", "-o", help="Run folder: parts, checkpoints, logs, sample sheets.")
]
Data = Annotated[
    list[str],
    typer.Option(
        "--data",
        help="Parallel text, PATH or PATH:WEIGHT, or a mix of files with weights (.toml); "
        "for whole-picture presets also a folder of picture pairs, "
        "as synthesize-data makes it; repeatable.",
    ),
]
CorporaFolder = Annotated[
    Path | None,
    typer.Option("--corpora", help="Folder that holds the files of a mix; the mix's own otherwise."),
]
Preset = Annotated[str, typer.Option("--preset", help="A preset's name or the path of a .toml file.")]
Valid = Annotated[
    Path | None,
    typer.Option("--valid", help="Held-out data of the same kind for the scores; never trained on."),
]
Stage = Annotated[
    list[str] | None,
    typer.Option("--stage", help="Train only this stage; repeatable. All, in order, otherwise."),
]
MaxHours = Annotated[
    float | None,
    typer.Option("--max-hours", min=0, help="Wall-clock budget per stage; the preset's otherwise."),
]
MaxSteps = Annotated[int | None, typer.Option("--max-steps", min=1, help="Step budget per stage.")]
Fonts = Annotated[list[Path] | None, typer.Option("--fonts", help="Folder with more fonts; repeatable.")]
Photos = Annotated[
    list[Path] | None, typer.Option("--photos", help="Folder with photos for backgrounds; repeatable.")
]
Resume = Annotated[bool, typer.Option("--resume", help="Go on from the last checkpoint of the run.")]
Seed = Annotated[int, typer.Option("--seed", help="Everything random follows from it.")]
Threads = Annotated[int | None, typer.Option("--threads", min=1, help="CPU threads of this process.")]


def train(
    out: Out,
    data: Data,
    corpora: CorporaFolder = None,
    preset: Preset = "line",
    valid: Valid = None,
    stage: Stage = None,
    max_hours: MaxHours = None,
    max_steps: MaxSteps = None,
    fonts: Fonts = None,
    photos: Photos = None,
    resume: Resume = False,
    seed: Seed = 1,
    threads: Threads = None,
    device: Device = DeviceName.auto,
) -> None:
    """Train a system from scratch, stage by stage. Ctrl-C keeps a checkpoint; --resume goes on from it."""
    from iimt_cli.training.run import TrainingData, TrainOptions, run_training

    sources = TrainingData(corpora=data, folder=corpora, valid=valid, fonts=fonts or (), photos=photos or ())
    run_training(
        TrainOptions(
            preset=preset,
            out=out,
            data=sources,
            stages=stage,
            hours=max_hours,
            steps=max_steps,
            resume=resume,
            seed=seed,
            threads=threads,
            device=device.value,
        )
    )
