"""iimt: translate the text inside pictures with one end-to-end neural system (Translatotron-V, arXiv 2407.02894).

>>> import iimt_cli as iimt
>>> translator = iimt.load("de-en")
>>> result = translator.translate("sign.png")
>>> result.save("sign-en.png")

These names are the public interface. Each is imported when it is first asked for: `import iimt_cli` imports neither torch
nor numpy.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from iimt_cli.errors import IimtError as IimtError
    from iimt_cli.page.files.encode import write_picture as write_picture
    from iimt_cli.page.files.image import Picture as Picture
    from iimt_cli.page.files.image import read_picture as read_picture
    from iimt_cli.systems import load as load
    from iimt_cli.translation.base import Translator as Translator
    from iimt_cli.translation.command import Command as Command
    from iimt_cli.translation.marian import Marian as Marian
    from iimt_cli.translation.result import Block as Block
    from iimt_cli.translation.result import Options as Options
    from iimt_cli.translation.result import Texts as Texts
    from iimt_cli.translation.result import Translation as Translation
    from iimt_cli.translation.sidecar import read_texts as read_texts
    from iimt_cli.translation.sidecar import write_texts as write_texts
    from iimt_cli.translation.words import TextModel as TextModel

__version__ = "0.10.0"

_HOMES = {
    "Block": "translation.result",
    "Command": "translation.command",
    "IimtError": "errors",
    "Marian": "translation.marian",
    "Options": "translation.result",
    "Picture": "page.files.image",
    "TextModel": "translation.words",
    "Texts": "translation.result",
    "Translation": "translation.result",
    "Translator": "translation.base",
    "load": "systems",
    "read_picture": "page.files.image",
    "read_texts": "translation.sidecar",
    "write_picture": "page.files.encode",
    "write_texts": "translation.sidecar",
}
__all__ = ["__version__", *_HOMES]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
