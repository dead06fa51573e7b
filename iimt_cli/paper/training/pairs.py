"""Pairs of whole pictures for training: rendered on the fly from parallel text, or from a folder.

A pair depends on its number and the seed alone, and so does a batch on its step and the seed.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import numpy as np

from iimt_cli.config import Preset
from iimt_cli.data.backgrounds import KINDS, Backgrounds, Photo
from iimt_cli.data.corpora import Corpus, Pair, PairSampler
from iimt_cli.data.fonts import FontFace
from iimt_cli.data.layouts import PairPool, draw
from iimt_cli.data.pages import canvas_page, page_style
from iimt_cli.data.text import clean, drawable
from iimt_cli.errors import IimtError
from iimt_cli.page.files.image import read_picture
from iimt_cli.paper.letterbox import letterbox

KEPT = 4096  # pairs of a folder that are kept in memory


@dataclass(frozen=True)
class PicturePair:
    """Two pictures, uint8 [H, W, 3], of the preset's canvas, and their texts ("" if not known)."""

    source: np.ndarray
    target: np.ndarray
    source_text: str
    target_text: str


class PairSource(Protocol):
    def pair(self, number: int, rng_of: Callable[..., np.random.Generator]) -> PicturePair:
        """Pair `number` of an endless sequence; `rng_of(key, …)` makes the generators for it."""
        ...


class RenderedPairs:
    """Pages of random sentence pairs, rendered when they are asked for."""

    def __init__(
        self,
        preset: Preset,
        corpora: Sequence[Corpus],
        faces: Sequence[FontFace],
        photos: tuple[Photo, ...] = (),
    ) -> None:
        self._style, self._faces = page_style(preset), faces
        low, high = preset.training.min_chars, preset.training.max_chars
        kept = [
            Corpus(c.path, tuple(p for p in c.pairs if all(low <= len(t) <= high for t in p)), c.weight)
            for c in corpora
        ]
        self._corpora = [c for c in kept if c.pairs]
        if not self._corpora:
            raise IimtError(f"none of the sentence pairs has {low} to {high} characters")
        self._sampler = PairSampler(self._corpora)
        self._pool = PairPool([pair for c in self._corpora for pair in c.pairs])
        self._backgrounds = Backgrounds(photos, KINDS if preset.training.hard else ("plain",))

    def pair(self, number: int, rng_of: Callable[..., np.random.Generator]) -> PicturePair:
        rng = rng_of(number)
        chosen = None if self._style.hard else self._sampler.draw(rng, 1)[0]
        scene = canvas_page(self._pool, self._faces, self._backgrounds, self._style, rng, chosen)
        source, target = (draw(scene, language)[0] for language in ("source", "target"))
        return PicturePair(
            source,
            target,
            " ".join(block.source.text for block in scene.blocks),
            " ".join(block.target.text for block in scene.blocks),
        )


class FolderPairs:
    """The pairs in a folder, `source/NAME` with `target/NAME`; texts from its `metadata.jsonl`, if it has one.

    Every pair comes once before any comes twice. Raises IimtError if there is no pair.
    """

    def __init__(self, folder: Path, preset: Preset) -> None:
        self._canvas = preset.canvas
        self.texts = _texts(folder, preset.characters)
        self._files = [
            (source, folder / "target" / source.name)
            for source in sorted((folder / "source").glob("*"))
            if (folder / "target" / source.name).is_file()
        ]
        if not self._files:
            raise IimtError(f"{folder}: no pairs of pictures (source/NAME and target/NAME) in this folder")
        for source, _ in self._files if preset.text else ():
            if source.name not in self.texts:
                raise IimtError(
                    f"{folder}: nobody says what {source.name} says (metadata.jsonl); `text = false` does without"
                )
        self._read = lru_cache(maxsize=KEPT)(self._read_pair)

    def __len__(self) -> int:
        return len(self._files)

    @property
    def corpus(self) -> Corpus:
        return Corpus(self._files[0][0].parent.parent, tuple(self.texts.values()))

    def pair(self, number: int, rng_of: Callable[..., np.random.Generator]) -> PicturePair:
        epoch, place = divmod(number, len(self))
        return self.at(int(rng_of(epoch).permutation(len(self))[place]))

    def at(self, index: int) -> PicturePair:
        """Pair `index`, in the order of the names."""
        name = self._files[index][0].name
        return PicturePair(*self._read(index), *self.texts.get(name, ("", "")))

    def _read_pair(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        source, target = (
            letterbox(read_picture(path).rgb, self._canvas.height, self._canvas.width).canvas
            for path in self._files[index]
        )
        return source, target


def _texts(folder: Path, alphabet: str) -> dict[str, Pair]:
    path = folder / "metadata.jsonl"
    texts = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines() if path.exists() else (), 1):
        try:
            record = json.loads(line)
            name = Path(record["file_name"]).name
            pair = Pair(clean(record["source_text"]), clean(record["target_text"]))
        except (ValueError, KeyError, TypeError) as error:
            raise IimtError(f"{path}: line {number} is not a record of a picture pair ({error})") from error
        if not (drawable(pair.source, alphabet) and drawable(pair.target, alphabet)):
            raise IimtError(f"{path}: line {number} has a character that iimt cannot draw")
        texts[name] = pair
    return texts
