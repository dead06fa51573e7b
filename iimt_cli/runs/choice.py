"""Choosing the system that translates: weights, and another text model in place of theirs if one is asked for."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from iimt_cli.config import Languages, Preset
from iimt_cli.errors import UsageError
from iimt_cli.translation.command import Command
from iimt_cli.translation.marian import Marian
from iimt_cli.weights import check_languages, find_weights, language_code, preset_of, verify


class Asked(Protocol):
    """The options of a command that decide it."""

    @property
    def weights(self) -> str | Path | None: ...
    @property
    def source(self) -> str | None: ...
    @property
    def target(self) -> str | None: ...
    @property
    def text_model(self) -> str | None: ...
    @property
    def translator(self) -> str | None: ...
    @property
    def device(self) -> str: ...
    @property
    def beam(self) -> int: ...


@dataclass(frozen=True)
class Choice:
    """`languages` are those of the weights, or of another text model in place of theirs."""

    folder: Path
    preset: Preset
    languages: Languages
    text_model: Marian | Command | None


def choose(options: Asked, meanwhile: Callable[[], object] = lambda: None) -> Choice:
    """The weights that were asked for, and another text model, if one was. Files and languages are checked.

    meanwhile: is called before the checksums of the files are computed, which takes a while.

    Raises IimtError if something is missing or damaged, and UsageError if it is for other languages or pictures.
    """
    text_model = _text_model(options)
    if text_model is None:
        folder = find_weights(options.weights, options.source, options.target)
        check_languages(folder, options.source, options.target)
    else:
        folder = find_weights(options.weights)
    meanwhile()
    verify(folder)
    preset = preset_of(folder)
    if text_model is None:
        return Choice(folder, preset, preset.languages, None)
    if preset.whole_pictures:
        raise UsageError(
            f"another text model is for weights that draw strips; {folder.name} draws whole pictures"
        )
    own = preset.languages
    languages = Languages(text_model.source or own.source, text_model.target or own.target)
    return Choice(folder, preset, languages, text_model)


def _text_model(options: Asked) -> Marian | Command | None:
    source, target = (language_code(code or "") for code in (options.source, options.target))
    if options.text_model and options.translator is not None:
        raise UsageError("--text-model and --translator: one of them can translate, not both")
    if options.text_model:
        return Marian(options.text_model, options.device, source=source, target=target, beam=options.beam)
    return None if options.translator is None else Command(options.translator, source, target)
