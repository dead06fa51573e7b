"""`iimt train` as a function: a preset, its data, and one stage or all of them in order."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from iimt_cli.config import Preset, load_preset, preset_text
from iimt_cli.data.corpora import load_corpora
from iimt_cli.errors import IimtError
from iimt_cli.language.lexicon import LEXICON
from iimt_cli.model.device import choose_device
from iimt_cli.systems import kind_of
from iimt_cli.training.loop import Budget, run_folder, train
from iimt_cli.training.sources import TrainingData, held_out
from iimt_cli.training.stage import Stage
from iimt_cli.writing import write_text


@dataclass(frozen=True, kw_only=True)
class TrainOptions:
    """What `iimt train` was asked to do; None means what the preset says (of stages: all)."""

    preset: str
    out: Path
    data: TrainingData
    stages: Sequence[str] | None = None
    hours: float | None = None
    steps: int | None = None
    resume: bool = False
    seed: int = 1
    threads: int | None = None
    device: str = "auto"


def run_training(options: TrainOptions) -> None:
    """Trains the asked stages one after the other into `out`. Raises IimtError on bad data, presets, runs or devices."""
    choose_device(options.device)  # raises before anything is written
    out = run_folder(options.out)
    kept = out / "preset.toml"
    if not kept.exists():
        load_preset(options.preset)  # a faulty preset must not enter the run folder
        write_text(kept, preset_text(options.preset)[0])  # whole, for other stages may start beside this one
    preset = load_preset(kept)
    stages = options.stages or preset.stages
    if unknown := [s for s in stages if s not in preset.stages]:
        raise IimtError(
            f"preset {preset.name} has no stage '{unknown[0]}' (it has {', '.join(preset.stages)})"
        )
    if not options.data.corpora:
        raise IimtError("no data: name at least one corpus with --data")
    makers: Mapping[str, Callable[[], Stage]] = kind_of(preset).stages(
        preset, out, options.seed, options.data
    )
    for name in stages:
        if name == "lexicon":
            _lexicon(preset, out, options)
            continue
        stage = makers[name]()
        hours = options.hours if options.hours is not None else stage.settings.hours
        steps = options.steps or stage.settings.steps or None
        train(stage, Budget(hours, steps), options.resume, options.threads, options.device)


def _lexicon(preset: Preset, out: Path, options: TrainOptions) -> None:
    """The stage `lexicon`. If the aligner is not installed, a run of all stages says so and goes on without a lexicon."""
    from importlib.util import find_spec

    from rich.console import Console

    if options.stages is None and find_spec("eflomal") is None:
        told = (
            "iimt: no lexicon for rare words, for the aligner is not installed (pip install 'iimt[lexicon]')"
        )
        Console(stderr=True, highlight=False, soft_wrap=True).print(told, markup=False)
        return
    from iimt_cli.training.lexicon import learn_lexicon

    held = held_out(options.data, preset)
    longest = preset.training.text_chars
    corpora = load_corpora(
        options.data.corpora, options.data.folder, preset.languages, longest, held, preset.characters
    )
    learn_lexicon(corpora, preset.languages.source).save(out / LEXICON)
