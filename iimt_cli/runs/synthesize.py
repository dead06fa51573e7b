"""A run of `iimt synthesize-data` as a function."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from iimt_cli.config import Preset, load_preset
from iimt_cli.data.backgrounds import KINDS
from iimt_cli.data.corpora import read_pairs
from iimt_cli.data.fonts import FontFace, choose_faces, find_fonts, split_held_out
from iimt_cli.data.pages import page_style
from iimt_cli.data.synthesize import Recipe, synthesize
from iimt_cli.errors import IimtError, UsageError

SHORTEST, LONGEST = 2, 80  # characters of a source text, unless a preset says otherwise


@dataclass(frozen=True, kw_only=True)
class DataSet:
    """What pairs of pictures should be like. None: as the preset says or, without a preset, the usual value."""

    data: Sequence[Path]  # parallel text
    scene: str = "line"
    preset: str | None = None  # a preset for whole pictures, whose canvas is then the scene
    hard: bool = False
    background: str | None = None  # kinds, separated by commas, or "mixed"
    fonts: Sequence[Path] = ()
    photos: Sequence[Path] = ()
    held_out_fonts: Sequence[str] = ()  # families
    only_held_out: bool = False
    min_chars: int | None = None
    max_chars: int | None = None
    clean: bool = False
    seed: int = 0


def make_data_set(
    out: Path,
    wanted: DataSet,
    count: int,
    *,
    workers: int = 1,
    progress: Callable[[int], None] = lambda done: None,
) -> int:
    """Makes `count` pairs in `out`, or those that are missing there. Returns how many are new."""
    return synthesize(out, recipe_of(wanted), count, workers=workers, progress=progress)


def recipe_of(wanted: DataSet) -> Recipe:
    """Raises UsageError if two wishes contradict each other, IimtError if a font family or a text is not there."""
    if wanted.hard and wanted.preset is None:
        raise UsageError("--hard goes with --preset")
    preset = load_preset(wanted.preset) if wanted.preset is not None else None
    if preset and not preset.whole_pictures:
        raise UsageError(f"--preset {wanted.preset} is no preset for whole pictures; use --scene")
    low, high = SHORTEST, LONGEST
    if preset:
        low, high = preset.training.min_chars, preset.training.max_chars
    background = wanted.background or ("mixed" if wanted.hard or not preset else "plain")
    kinds = KINDS if background == "mixed" else tuple(part.strip() for part in background.split(","))
    return Recipe(
        pairs=tuple((source, target) for source, target in read_pairs(wanted.data)),
        faces=_faces(wanted, preset),
        scene="canvas" if preset else wanted.scene,
        backgrounds=kinds,
        photos=tuple(wanted.photos),
        min_chars=low if wanted.min_chars is None else wanted.min_chars,
        max_chars=high if wanted.max_chars is None else wanted.max_chars,
        clean=wanted.clean or (preset is not None and not wanted.hard),
        seed=wanted.seed,
        page=page_style(preset, wanted.hard) if preset else None,
    )


def _faces(wanted: DataSet, preset: Preset | None) -> tuple[FontFace, ...]:
    if preset is None:
        faces = find_fonts(wanted.fonts)
    else:
        families = preset.training.fonts
        faces = choose_faces(find_fonts(wanted.fonts, prefer=families), families)
    seen, held_out = split_held_out(faces, wanted.held_out_fonts)
    known = {face.family.casefold() for face in held_out}
    if unknown := {name.casefold() for name in wanted.held_out_fonts} - known:
        raise IimtError(f"no font family {sorted(unknown)[0]!r} here: see `fc-list : family`")
    return tuple(held_out if wanted.only_held_out else seen)
