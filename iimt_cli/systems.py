"""The kinds of systems that there are, and in which module the code of each begins.

`line` translates strips of ink (presets `line` and `tiny`), `paper` whole pictures (`paper` and `picture-tiny`). A kind
is imported when a preset asks for it: nothing else in the package names its module, so that one can be taken out.
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, cast

from iimt_cli.config import Preset
from iimt_cli.errors import IimtError

KINDS = {"line": "iimt_cli.line", "paper": "iimt_cli.paper"}


class Kind(Protocol):
    """What the module of a kind offers. Importing it imports no torch; calling its functions does."""

    def load_translator(self, folder: Path, device: str) -> Any:
        """What translates pictures with the weights in `folder`: a `translation.translator.Translator` or its like."""

    def stages(self, preset: Preset, run: Path, seed: int, data: Any) -> Mapping[str, Callable[[], Any]]:
        """Makers of the `training.stage.Stage`s of a run, by name; `data` is a `training.sources.TrainingData`."""

    def parameters(self, preset: Preset) -> dict[str, dict[str, int]]:
        """How many parameters each module has, under one title or more: of what translates, of what only trains."""


def kind_of(preset: Preset) -> Kind:
    """The kind that a preset is for. Raises IimtError if this installation is without it."""
    name = KINDS["paper" if preset.whole_pictures else "line"]
    try:
        return cast(Kind, import_module(name))
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        raise IimtError(f"preset {preset.name}: this installation is without {name}") from None


class Sized:
    """Stands for a vocabulary where parameters are counted: of one, only the size counts there."""

    def __init__(self, size: int) -> None:
        self.size = size

    def __len__(self) -> int:
        return self.size
