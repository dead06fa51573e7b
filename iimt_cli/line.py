"""The kind of system for strips of ink, as `systems.Kind` wants it: translated in `translation`, trained in `training`."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from iimt_cli.config import Preset
from iimt_cli.systems import Sized

if TYPE_CHECKING:
    from iimt_cli.training.sources import TrainingData
    from iimt_cli.training.stage import Stage
    from iimt_cli.translation.translator import StripTranslator


def load_translator(folder: Path, device: str) -> "StripTranslator":
    from iimt_cli.translation.translator import StripTranslator

    return StripTranslator.load(folder, device)


def stages(preset: Preset, run: Path, seed: int, data: "TrainingData") -> "Mapping[str, Callable[[], Stage]]":
    from iimt_cli.training.strip_stages import strip_stages

    return strip_stages(preset, run, seed, data)


def parameters(preset: Preset) -> dict[str, dict[str, int]]:
    import torch

    from iimt_cli.model import count_parameters
    from iimt_cli.model.separator import Separator
    from iimt_cli.model.translatotron import Translatotron

    source: Any = Sized(preset.vocabulary.source)
    target: Any = Sized(preset.vocabulary.target)
    with torch.device("meta"):  # shapes without memory
        model = Translatotron(preset, source, target)
        modules = {**dict(model.named_children()), "separator": Separator(preset.separator)}
        return {"parameters": count_parameters(modules)}
