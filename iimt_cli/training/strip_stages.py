"""The stages of a preset for strips, and the data that they share."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from iimt_cli.config import Preset
from iimt_cli.data.corpora import Corpus, Pair, load_corpora
from iimt_cli.training.sources import TrainingData, held_out, taken_out
from iimt_cli.training.stage import Stage

if TYPE_CHECKING:
    from iimt_cli.data.backgrounds import Backgrounds
    from iimt_cli.training.strips import StripSource


@dataclass
class StripRun:
    """A run of training and the data that its stages share. Each kind of data is loaded when a stage first asks for it."""

    preset: Preset
    folder: Path
    seed: int
    data: TrainingData

    @property
    def corpora(self) -> list[Corpus]:
        """The texts to train on."""
        return self._texts[0]

    @property
    def valid(self) -> list[Pair]:
        """The texts held out for the scores."""
        return self._texts[1]

    @cached_property
    def _texts(self) -> tuple[list[Corpus], list[Pair]]:
        preset, data = self.preset, self.data
        held, longest = held_out(data, preset), preset.training.text_chars
        corpora = load_corpora(data.corpora, data.folder, preset.languages, longest, held, preset.characters)
        return corpora, held or taken_out(corpora)

    @cached_property
    def strips(self) -> "StripSource":
        from iimt_cli.data.fonts import find_fonts
        from iimt_cli.training.strips import Fonts, StripSource

        wanted = self.preset.training
        faces = find_fonts(self.data.fonts, alphabet=self.preset.characters, prefer=wanted.fonts)
        return StripSource(self.preset, self.corpora, Fonts.choose(faces, wanted))

    @cached_property
    def backgrounds(self) -> "tuple[Backgrounds, Backgrounds]":
        """(to train on, held out). Every sixth photo is held out."""
        from iimt_cli.data.backgrounds import Backgrounds, load_photos

        photos = load_photos(self.data.photos)
        seen = tuple(p for i, p in enumerate(photos) if i % 6)
        return Backgrounds(seen), Backgrounds(photos[::6])


# The makers of the stages. Each imports its stage only when it is called: some stages need packages that others do not.


def _text(run: StripRun) -> Stage:
    from iimt_cli.training.text import TextStage

    return TextStage(run.preset, run.folder, run.seed, run.corpora, run.valid)


def _tokenizer(run: StripRun) -> Stage:
    from iimt_cli.training.tokenizer import TokenizerStage

    return TokenizerStage(run.preset, run.folder, run.seed, run.strips, run.valid)


def _reader(run: StripRun) -> Stage:
    from iimt_cli.training.reader import ReaderStage

    return ReaderStage(run.preset, run.folder, run.seed, run.strips, run.backgrounds, run.valid)


def _drawer(run: StripRun) -> Stage:
    from iimt_cli.training.drawer import DrawerStage

    return DrawerStage(run.preset, run.folder, run.seed, run.strips, run.valid)


def _separator(run: StripRun) -> Stage:
    from iimt_cli.training.separator import SeparatorStage

    return SeparatorStage(run.preset, run.folder, run.seed, run.strips, run.backgrounds)


def _joint(run: StripRun) -> Stage:
    from iimt_cli.training.joint import JointStage

    return JointStage(run.preset, run.folder, run.seed, run.strips, run.valid)


STAGES: Mapping[str, Callable[[StripRun], Stage]] = {
    "text": _text,
    "reader": _reader,
    "tokenizer": _tokenizer,
    "drawer": _drawer,
    "separator": _separator,
    "joint": _joint,
}


def strip_stages(
    preset: Preset, run: Path, seed: int, data: TrainingData
) -> Mapping[str, Callable[[], Stage]]:
    """Makers of the stages by name. They raise IimtError if the data does not fit the preset."""
    shared = StripRun(preset, run, seed, data)
    return {name: partial(make, shared) for name, make in STAGES.items()}
