"""The stages of a whole-picture preset and their data: parallel text to render, or folders of picture pairs."""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from iimt_cli.config import Preset
from iimt_cli.data.corpora import Corpus, load_corpus, parse_data
from iimt_cli.errors import IimtError
from iimt_cli.model.vocabulary import Vocabulary
from iimt_cli.paper.training.pairs import FolderPairs, PairSource, PicturePair, RenderedPairs
from iimt_cli.training.sources import TrainingData, held_out, taken_out
from iimt_cli.training.stage import Stage

HELD_OUT = 64  # pictures that evaluations draw


def picture_stages(
    preset: Preset, run: Path, seed: int, data: TrainingData
) -> Mapping[str, Callable[[], Stage]]:
    """Makers of the stages by name. Raises IimtError if the data does not fit the preset."""
    folders = [Path(spec) for spec in data.corpora if Path(spec).is_dir()]
    if len(folders) == 1 and len(data.corpora) == 1:
        found = FolderPairs(folders[0], preset)
        pairs: PairSource = found
        corpora = [found.corpus] if preset.text else []
        # Without a folder to validate with, scores are on pairs that are trained on.
        valid = _some(FolderPairs(data.valid, preset) if data.valid is not None else found)
    elif folders:
        raise IimtError(f"{folders[0]}: a folder of picture pairs is given alone, without other data")
    else:
        corpora = [
            load_corpus(*parse_data(s), languages=preset.languages, alphabet=preset.characters)
            for s in data.corpora
        ]
        pairs, valid = _rendered(preset, corpora, data)

    def tokenizer() -> Stage:
        from iimt_cli.paper.training.tokenizer_stage import PictureTokenizerStage

        return PictureTokenizerStage(preset, run, seed, pairs, valid)

    def teacher() -> Stage:
        from iimt_cli.paper.training.teacher_stage import TeacherStage

        _, target = _vocabularies(preset, run, corpora)
        assert target is not None, "a preset without text has no teacher"
        return TeacherStage(preset, run, seed, pairs, valid, target)

    def joint() -> Stage:
        from iimt_cli.paper.training.joint_stage import PictureJointStage

        return PictureJointStage(preset, run, seed, pairs, valid, *_vocabularies(preset, run, corpora))

    return {"tokenizer": tokenizer, "teacher": teacher, "joint": joint}


def _vocabularies(
    preset: Preset, run: Path, corpora: list[Corpus]
) -> tuple[Vocabulary, Vocabulary] | tuple[None, None]:
    """The vocabularies of source and target; None if the texts of the pictures are not known."""
    if not preset.text:
        return None, None
    from iimt_cli.training.text import vocabularies

    return vocabularies(preset, run, corpora)


def _rendered(
    preset: Preset, corpora: list[Corpus], data: TrainingData
) -> tuple[PairSource, list[PicturePair]]:
    from iimt_cli.data.backgrounds import load_photos
    from iimt_cli.data.fonts import find_fonts
    from iimt_cli.training.strips import Fonts

    held = held_out(data, preset) or taken_out(corpora)
    faces = find_fonts(data.fonts, alphabet=preset.characters, prefer=preset.training.fonts)
    fonts = Fonts.choose(faces, preset.training)
    photos = load_photos(data.photos) if preset.training.hard else ()
    pairs = RenderedPairs(preset, corpora, fonts.seen, photos)
    unseen = RenderedPairs(preset, [Corpus(Path("valid"), tuple(held))], fonts.unseen, photos[::6])
    return pairs, [unseen.pair(i, _validation_rng) for i in range(HELD_OUT)]


def _validation_rng(*key: int) -> np.random.Generator:
    return np.random.default_rng((93, *key))


def _some(folder: FolderPairs) -> list[PicturePair]:
    """At most `HELD_OUT` pairs of a folder, evenly spread over it."""
    count = min(HELD_OUT, len(folder))
    return [folder.at(i * len(folder) // count) for i in range(count)]
