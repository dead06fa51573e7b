"""The two kinds of systems, and the module in which the code of each begins.

`line` translates strips of ink (presets `line` and `tiny`), `paper` whole pictures (`paper` and `picture-tiny`). A kind is
imported only if a preset needs it. Nothing else in the package names its module, so a kind can be taken out.
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

from iimt_cli.config import Preset
from iimt_cli.errors import IimtError
from iimt_cli.weights import check_languages, find_weights, preset_of, verify

if TYPE_CHECKING:
    from iimt_cli.translation.base import Translator

KINDS = {"line": "iimt_cli.line", "paper": "iimt_cli.paper"}


class Kind(Protocol):
    """The functions of a kind's module. Importing the module does not import torch; calling the functions does."""

    def load_translator(self, folder: Path, device: str) -> "Translator":
        """A translator with the weights in `folder`."""

    def stages(self, preset: Preset, run: Path, seed: int, data: Any) -> Mapping[str, Callable[[], Any]]:
        """Makers of the `training.stage.Stage`s of a run, by name; `data` is a `training.sources.TrainingData`."""

    def parameters(self, preset: Preset) -> dict[str, dict[str, int]]:
        """The parameters of each module, under titles: of the modules that translate, and of those that only train."""


def kind_of(preset: Preset) -> Kind:
    """The kind of a preset. Raises IimtError if it is not installed."""
    name = KINDS["paper" if preset.whole_pictures else "line"]
    try:
        return cast(Kind, import_module(name))
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        raise IimtError(f"preset {preset.name}: this installation is without {name}") from None


def load(
    weights: str | Path | None = None,
    device: str = "auto",
    *,
    source: str | None = None,
    target: str | None = None,
) -> "Translator":
    """A translator with these weights, on this device.

    weights: a folder (a training run, too), the name of weights that come with iimt (`de-en`), or `owner/name` on the
    Hugging Face hub; without it, the weights that come with iimt for `source` → `target` (codes such as `de`, where given).
    device: `auto` (CUDA, else MPS, else the CPU), `cpu`, `cuda` or `mps`.

    Raises IimtError if there are no such weights, if they are damaged or for other languages, or if the device is not there.
    """
    folder = find_weights(weights, source, target)
    check_languages(folder, source, target)
    verify(folder)
    return kind_of(preset_of(folder)).load_translator(folder, device)


class Sized:
    """Stands for a vocabulary when parameters are counted, which needs only its size."""

    def __init__(self, size: int) -> None:
        self.size = size

    def __len__(self) -> int:
        return self.size
