"""Writes made-up pairs of pictures as a Hugging Face image folder.

    OUT/source/000000.png   a picture in the source language
    OUT/target/000000.png   the same picture in the target language
    OUT/metadata.jsonl      one line per pair: texts, boxes, fonts, colours
    OUT/recipe.json         what the set was made from, so that a second run continues the same set

Item i depends on the recipe and i alone, so neither the number of workers nor an interruption changes a byte.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import signal
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from iimt_cli.data.backgrounds import KINDS, Backgrounds, load_photos
from iimt_cli.data.fonts import FontFace
from iimt_cli.data.layouts import Block, PairPool, Placed, draw, line_scene, page_scene
from iimt_cli.data.pages import PageStyle, canvas_page
from iimt_cli.data.scene import capture
from iimt_cli.errors import IimtError
from iimt_cli.writing import replacing

SCENES = ("line", "page", "canvas")
METADATA = "metadata.jsonl"
_JOURNAL = "metadata.partial.jsonl"


@dataclass(frozen=True)
class Recipe:
    """What a set is made of. `clean` leaves out blur, noise and JPEG; `photos` are folders (none: the photos
    inside scikit-image); characters are counted in the source text. The scene "canvas" needs a `page` style."""

    pairs: tuple[tuple[str, str], ...]
    faces: tuple[FontFace, ...]
    scene: str = "line"
    backgrounds: tuple[str, ...] = KINDS
    photos: tuple[Path, ...] = ()
    min_chars: int = 2
    max_chars: int = 80
    clean: bool = False
    seed: int = 0
    page: PageStyle | None = None

    def __post_init__(self) -> None:
        if (self.scene == "canvas") != (self.page is not None):
            raise IimtError("the scene 'canvas' and a preset for whole pictures go together: give --preset")
        if self.scene not in SCENES:
            raise IimtError(f"no scene {self.scene!r}: choose among {', '.join(SCENES)}")
        if not self.faces:
            raise IimtError("no font left to draw with: hold out fewer, or give a folder of fonts")
        Backgrounds(kinds=self.backgrounds)  # raises IimtError for an unknown kind

    def fingerprint(self) -> dict[str, Any]:
        """What must be the same for two runs to write into one folder: names and digests, without paths."""
        names = [f"{face.family}/{face.style}" for face in self.faces]
        page = {} if self.page is None else {"page": asdict(self.page)}
        return page | {
            "scene": self.scene,
            "backgrounds": list(self.backgrounds),
            "photos": [folder.name for folder in self.photos],
            "min_chars": self.min_chars,
            "max_chars": self.max_chars,
            "clean": self.clean,
            "seed": self.seed,
            "fonts": _digest(names),
            "pairs": _digest(self.pairs),
        }


def synthesize(
    out: Path,
    recipe: Recipe,
    count: int,
    *,
    workers: int = 1,
    progress: Callable[[int], None] = lambda done: None,
) -> int:
    """Fill `out` up to `count` pairs of pictures, never taking any away; returns how many were made now.

    `progress` is called with the number of finished pairs, first with that of pairs that were there. Raises IimtError if
    `out` holds a set of another recipe or cannot be written, or if no text pair has the length that the recipe asks for.
    """
    maker = _Maker(recipe)  # checks texts and photos, before anything is written
    try:
        for folder in ("source", "target"):
            (out / folder).mkdir(parents=True, exist_ok=True)
        _claim(out, recipe)
        records = dict(_finished(out))
        todo = [number for number in range(count) if number not in records]
        progress(count - len(todo))
        with (out / _JOURNAL).open("a", encoding="utf-8") as journal:
            made = _make_all(maker, out, todo, workers)
            for done, (number, record) in enumerate(made, start=count - len(todo) + 1):
                records[number] = record
                journal.write(_line(record))
                journal.flush()
                progress(done)
        lines = "".join(_line(records[number]) for number in sorted(records))
        _replace(out / METADATA, lines.encode())
        (out / _JOURNAL).unlink()
    except OSError as error:
        raise IimtError(f"{error.filename or out}: {error.strerror or error}") from error
    return len(todo)


class _Maker:
    """Makes any item of a recipe."""

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe
        low, high = recipe.min_chars, recipe.max_chars
        self.pairs = [(source, target) for source, target in recipe.pairs if low <= len(source) <= high]
        if not self.pairs:
            raise IimtError(f"none of {len(recipe.pairs)} text pairs has {low} to {high} characters")
        self.pool = PairPool(self.pairs)
        photos = "photo" in recipe.backgrounds
        self.backgrounds = Backgrounds(
            load_photos(recipe.photos, bundled=not recipe.photos) if photos else (), recipe.backgrounds
        )
        self.order = np.random.default_rng(recipe.seed).permutation(len(self.pairs))

    def make(self, out: Path, number: int) -> dict[str, Any]:
        """Write both pictures of item `number`; returns its metadata."""
        recipe, rng = self.recipe, np.random.default_rng((self.recipe.seed, number))
        pair = self.pairs[self.order[number % len(self.pairs)]]  # every pair once before any twice
        if recipe.scene == "line":
            scene = line_scene(pair, recipe.faces, self.backgrounds, rng)
        elif recipe.page is not None:
            one = None if recipe.page.hard else pair
            scene = canvas_page(self.pool, recipe.faces, self.backgrounds, recipe.page, rng, one)
        else:
            scene = page_scene(self.pool, recipe.faces, self.backgrounds, rng)
        device = int(rng.integers(2**32))
        harm = not recipe.clean and rng.random() < 0.5
        lines: dict[str, list[Placed]] = {}
        for language in ("source", "target"):
            rgb, lines[language] = draw(scene, language)
            if harm:  # with the same random numbers, so that blur and noise of both sides agree
                rgb = capture(rgb, np.random.default_rng(device), least_scale=0.75)
            _save(out / language / f"{number:06}.png", rgb)
        return {
            "file_name": f"source/{number:06}.png",
            "target_file_name": f"target/{number:06}.png",
            "source_text": "\n".join(block.source.text for block in scene.blocks),
            "target_text": "\n".join(block.target.text for block in scene.blocks),
            "source_lines": [asdict(line) for line in lines["source"]],
            "target_lines": [asdict(line) for line in lines["target"]],
            "blocks": [_describe(block) for block in scene.blocks],
            "scene": recipe.scene,
            "layout": scene.layout,
            "background": scene.kind,
            "captured": harm,
            "seed": recipe.seed,
            "number": number,
        }


def _describe(block: Block) -> dict[str, Any]:
    paint = block.paint
    return {
        "role": block.role,
        "source_text": block.source.text,
        "target_text": block.target.text,
        "font": f"{block.face.family} {block.face.style}",
        "source_size": block.source.size,
        "target_size": block.target.size,
        "colour": _hex(paint.colour),
        "outline": _hex(paint.outline) if paint.outline else None,
        "shadow": _hex(paint.shadow_colour) if paint.shadow else None,
    }


_maker: _Maker | None = None  # one per worker process


def _start(recipe: Recipe) -> None:
    global _maker
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    _maker = _Maker(recipe)


def _work(out: Path, numbers: Sequence[int]) -> list[tuple[int, dict[str, Any]]]:
    assert _maker is not None, "_start ran first"
    return [(number, _maker.make(out, number)) for number in numbers]


def _make_all(
    maker: _Maker, out: Path, todo: list[int], workers: int
) -> Iterator[tuple[int, dict[str, Any]]]:
    if workers <= 1 or len(todo) < 2:
        for number in todo:
            yield number, maker.make(out, number)
        return
    batches = [todo[i : i + 8] for i in range(0, len(todo), 8)]
    pool = ProcessPoolExecutor(
        min(workers, len(batches)), multiprocessing.get_context("spawn"), _start, (maker.recipe,)
    )
    try:
        for future in as_completed([pool.submit(_work, out, batch) for batch in batches]):
            yield from future.result()
    except BrokenProcessPool as error:
        raise IimtError(
            "a worker process died (out of memory?): try fewer --workers, then run again"
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


def _claim(out: Path, recipe: Recipe) -> None:
    """Writes `recipe.json`. Raises IimtError if the folder holds a set of another recipe."""
    path, mine = out / "recipe.json", recipe.fingerprint()
    if path.exists():
        theirs = _parse(path.read_text(encoding="utf-8"))
        if theirs is None:
            raise IimtError(f"{path}: not readable as JSON; delete the folder or choose another")
        if changed := [key for key, value in mine.items() if theirs.get(key) != value]:
            raise IimtError(f"{out}: holds a set made with other {', '.join(changed)}; choose another folder")
    elif (out / METADATA).exists():
        raise IimtError(f"{out}: holds another data set ({METADATA}); choose another folder")
    _replace(path, (json.dumps(mine, indent=2) + "\n").encode())


def _finished(out: Path) -> Iterable[tuple[int, dict[str, Any]]]:
    """(number, record) of all items that have a record and both pictures. A line that is cut short, because a run was
    killed, is ignored."""
    for name in (METADATA, _JOURNAL):
        path = out / name
        for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
            record = _parse(line)
            if record and all((out / record[key]).is_file() for key in ("file_name", "target_file_name")):
                yield record["number"], record


def _parse(text: str) -> dict[str, Any] | None:
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _line(record: dict[str, Any]) -> str:
    return json.dumps(record, ensure_ascii=False) + "\n"


def _save(path: Path, rgb: np.ndarray) -> None:
    with replacing(path) as temporary:
        Image.fromarray(rgb).save(temporary, "PNG")


def _replace(path: Path, data: bytes) -> None:
    with replacing(path) as temporary:
        temporary.write_bytes(data)


def _digest(items: Iterable[Any]) -> str:
    return hashlib.sha256(json.dumps(list(items), ensure_ascii=False).encode()).hexdigest()[:16]


def _hex(shade: Sequence[float]) -> str:
    return "#" + "".join(f"{round(min(max(v, 0), 255)):02x}" for v in shade)
