"""Translatotron-V itself (arXiv 2407.02894): whole pictures, as `systems.Kind` wants it. docs/paper.md maps the paper.

`model`      the networks that only it has: image encoder (ViT), image decoder over a grid of tokens, teacher
`training`   its stages `tokenizer`, `teacher` and `joint`, with their losses and picture pairs
`letterbox`  any picture on a canvas of fixed size, and back
`translator` a trained system

What it shares with the system for strips (tokenizer, text decoder, gated fusion, search, losses, the training loop) is
outside. Nothing outside imports this package; `systems` names it.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from iimt_cli.config import Preset
from iimt_cli.systems import Sized

if TYPE_CHECKING:
    from iimt_cli.paper.translator import PictureTranslator
    from iimt_cli.training.sources import TrainingData
    from iimt_cli.training.stage import Stage


def load_translator(folder: Path, device: str) -> "PictureTranslator":
    from iimt_cli.paper.translator import PictureTranslator

    return PictureTranslator.load(folder, device)


def stages(preset: Preset, run: Path, seed: int, data: "TrainingData") -> "Mapping[str, Callable[[], Stage]]":
    from iimt_cli.paper.training.stages import picture_stages

    return picture_stages(preset, run, seed, data)


def parameters(preset: Preset) -> dict[str, dict[str, int]]:
    import torch

    from iimt_cli.paper.model.picture_translatotron import inference_parameters, training_parameters

    source: Any = Sized(preset.vocabulary.source)
    target: Any = Sized(preset.vocabulary.target)
    with torch.device("meta"):  # shapes without memory
        return {
            "parameters": inference_parameters(preset, target),
            "parameters that only train": training_parameters(preset, source, target),
        }
