"""`iimt train` as a function: a preset, its data, and one stage or all of them in order."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from iimt_cli.config import Languages, Preset, load_preset, preset_text
from iimt_cli.data.corpora import Corpus, Pair, load_corpora, load_corpus
from iimt_cli.errors import IimtError
from iimt_cli.language.lexicon import LEXICON
from iimt_cli.training.loop import Budget, run_folder, train
from iimt_cli.training.stage import Stage

if TYPE_CHECKING:
    from iimt_cli.data.backgrounds import Backgrounds


@dataclass(frozen=True)
class TrainingData:
    """Where the data of a run comes from."""

    corpora: Sequence[str] = ()
    folder: Path | None = None  # where the files of a mix are
    valid: Path | None = None
    fonts: Sequence[Path] = ()
    photos: Sequence[Path] = ()


@dataclass(frozen=True)
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


def run_training(options: TrainOptions) -> None:
    """Trains the asked stages one after the other into `out`. Raises IimtError on bad data, presets or runs."""
    out = run_folder(options.out)
    kept = out / "preset.toml"
    if not kept.exists():
        load_preset(options.preset)  # a faulty preset must not enter the run folder
        kept.write_text(preset_text(options.preset)[0], encoding="utf-8")
    preset = load_preset(kept)
    stages = options.stages or preset.stages
    if unknown := [s for s in stages if s not in preset.stages]:
        raise IimtError(
            f"preset {preset.name} has no stage '{unknown[0]}' (it has {', '.join(preset.stages)})"
        )
    if not options.data.corpora:
        raise IimtError("no data: name at least one corpus with --data")
    if preset.whole_pictures:
        from iimt_cli.training.picture_run import picture_stages

        make = picture_stages(preset, out, options.seed, options.data)
    else:
        make = _strip_stages(preset, out, options)
    for name in stages:
        if name == "lexicon":
            _lexicon(preset, out, options)
            continue
        stage = make(name)
        hours = options.hours if options.hours is not None else stage.settings.hours
        steps = options.steps or stage.settings.steps or None
        train(stage, Budget(hours, steps), options.resume, options.threads)


def _lexicon(preset: Preset, out: Path, options: TrainOptions) -> None:
    """The stage `lexicon`. Without the aligner a run of all stages goes on without it, and says so."""
    from importlib.util import find_spec

    from rich.console import Console

    if options.stages is None and find_spec("eflomal") is None:
        told = (
            "iimt: no lexicon for rare words, for the aligner is not installed (pip install 'iimt[lexicon]')"
        )
        Console(stderr=True, highlight=False, soft_wrap=True).print(told, markup=False)
        return
    from iimt_cli.training.lexicon import learn_lexicon

    held = _held_out(options, preset)
    longest = preset.training.text_chars
    corpora = load_corpora(
        options.data.corpora, options.data.folder, preset.languages, longest, held, preset.characters
    )
    learn_lexicon(corpora, preset.languages.source).save(out / LEXICON)


def _held_out(options: TrainOptions, preset: Preset) -> list[Pair]:
    valid = options.data.valid
    if valid is None:
        return []
    return list(load_corpus(valid, languages=preset.languages, alphabet=preset.characters).pairs)


def _strip_stages(preset: Preset, out: Path, options: TrainOptions) -> Callable[[str], Stage]:
    held = _held_out(options, preset)
    longest = preset.training.text_chars
    corpora = load_corpora(
        options.data.corpora, options.data.folder, preset.languages, longest, held, preset.characters
    )
    valid = held or valid_pairs(None, corpora, preset.languages)
    return lambda name: _make(name, preset, out, options, corpora, valid)


def valid_pairs(path: Path | None, corpora: list[Corpus], languages: Languages) -> list[Pair]:
    """The held-out pairs; without a file of them, every hundredth pair is taken out of training."""
    if path is not None:
        return list(load_corpus(path, languages=languages).pairs)
    held: list[Pair] = []
    for i, corpus in enumerate(corpora):
        own = corpus.pairs[::100] if len(corpus.pairs) > 100 else corpus.pairs
        held += own
        if len(corpus.pairs) > 100:
            taken = set(own)
            corpora[i] = Corpus(corpus.path, tuple(p for p in corpus.pairs if p not in taken), corpus.weight)
    return held[:1000]


def _make(
    name: str, preset: Preset, out: Path, options: TrainOptions, corpora: list[Corpus], valid: list[Pair]
) -> Stage:
    # Imported here: each stage pulls in what only it needs.
    if name == "text":
        from iimt_cli.training.text import TextStage

        return TextStage(preset, out, options.seed, corpora, valid)
    from iimt_cli.data.fonts import find_fonts
    from iimt_cli.training.strips import Fonts, StripSource

    faces = find_fonts(options.data.fonts, alphabet=preset.characters, prefer=preset.training.fonts)
    fonts = Fonts.choose(faces, preset.training)
    strips = StripSource(preset, corpora, fonts)
    if name == "tokenizer":
        from iimt_cli.training.tokenizer import TokenizerStage

        return TokenizerStage(preset, out, options.seed, strips, valid)
    if name == "reader":
        from iimt_cli.training.reader import ReaderStage

        return ReaderStage(preset, out, options.seed, strips, _backgrounds(options), valid)
    if name == "drawer":
        from iimt_cli.training.drawer import DrawerStage

        return DrawerStage(preset, out, options.seed, strips, valid)
    if name == "joint":
        from iimt_cli.training.joint import JointStage

        return JointStage(preset, out, options.seed, strips, valid)
    if name == "separator":
        from iimt_cli.training.separator import SeparatorStage

        return SeparatorStage(preset, out, options.seed, strips, _backgrounds(options))
    raise IimtError(f"stage {name} is not available")


def _backgrounds(options: TrainOptions) -> "tuple[Backgrounds, Backgrounds]":
    """To train on, and held out: every sixth photo."""
    from iimt_cli.data.backgrounds import Backgrounds, load_photos

    photos = load_photos(options.data.photos)
    seen = tuple(p for i, p in enumerate(photos) if i % 6)
    return Backgrounds(seen), Backgrounds(photos[::6])
