"""The stages of a whole-picture preset and their data: parallel text to render, or folders of picture pairs."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from iimt_cli.config import Preset
from iimt_cli.data.corpora import Corpus, load_corpus, parse_data
from iimt_cli.errors import IimtError
from iimt_cli.training.pictures import FolderPairs, PairSource, PicturePair, RenderedPairs
from iimt_cli.training.run import TrainingData, valid_pairs
from iimt_cli.training.stage import Stage

HELD_OUT = 64  # pictures that evaluations draw


def picture_stages(preset: Preset, run: Path, seed: int, data: TrainingData) -> Callable[[str], Stage]:
    """A function that makes a stage by its name. Raises IimtError if the data does not fit the preset."""
    folders = [Path(spec) for spec in data.corpora if Path(spec).is_dir()]
    if len(folders) == 1 and len(data.corpora) == 1:
        found = FolderPairs(folders[0], preset)
        pairs: PairSource = found
        corpora = [found.corpus] if preset.text else []
        valid = _some(FolderPairs(data.valid, preset) if data.valid is not None else found)
    elif folders:
        raise IimtError(f"{folders[0]}: a folder of picture pairs is given alone, without other data")
    else:
        corpora = [
            load_corpus(*parse_data(s), languages=preset.languages, alphabet=preset.characters)
            for s in data.corpora
        ]
        pairs, valid = _rendered(preset, corpora, data)

    def make(name: str) -> Stage:
        if name == "tokenizer":
            from iimt_cli.training.picture_tokenizer import PictureTokenizerStage

            return PictureTokenizerStage(preset, run, seed, pairs, valid)
        source = target = None
        if preset.text:
            from iimt_cli.training.text import vocabularies

            source, target = vocabularies(preset, run, corpora)
        if name == "teacher":
            from iimt_cli.training.teacher import TeacherStage

            assert target is not None, "a preset without text has no teacher"
            return TeacherStage(preset, run, seed, pairs, valid, target)
        from iimt_cli.training.picture import PictureStage

        return PictureStage(preset, run, seed, pairs, valid, source, target)

    return make


def _rendered(
    preset: Preset, corpora: list[Corpus], data: TrainingData
) -> tuple[PairSource, list[PicturePair]]:
    from iimt_cli.data.backgrounds import load_photos
    from iimt_cli.data.fonts import find_fonts
    from iimt_cli.training.strips import Fonts

    held = valid_pairs(data.valid, corpora, preset.languages)
    faces = find_fonts(data.fonts, alphabet=preset.characters, prefer=preset.training.fonts)
    fonts = Fonts.choose(faces, preset.training)
    photos = load_photos(data.photos) if preset.training.hard else ()
    pairs = RenderedPairs(preset, corpora, fonts.seen, photos)
    unseen = RenderedPairs(preset, [Corpus(Path("valid"), tuple(held))], fonts.unseen, photos[::6])
    return pairs, [unseen.pair(i, _validation_rng) for i in range(HELD_OUT)]


def _validation_rng(*key: int) -> np.random.Generator:
    return np.random.default_rng((93, *key))


def _some(folder: FolderPairs) -> list[PicturePair]:
    """At most `HELD_OUT` pairs of a folder, evenly spread. Without another folder they are the trained ones."""
    count = min(HELD_OUT, len(folder))
    return [folder.at(i * len(folder) // count) for i in range(count)]
