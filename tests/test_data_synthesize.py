import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from iimt_cli.data import fonts
from iimt_cli.data.fonts import find_fonts
from iimt_cli.data.layouts import draw, page_scene
from iimt_cli.data.synthesize import Recipe, _Maker, synthesize
from iimt_cli.errors import IimtError

PAIRS = (
    ("Die Tür ist zu.", "The door is closed."),
    ("Bitte warten Sie einen Augenblick.", "Please wait a moment."),
    ("Öffnen", "Open"),
    (
        "Morgen fährt kein Zug nach Süden, sagte der Schaffner.",
        "No train goes south tomorrow, the guard said.",
    ),
)


@pytest.fixture(scope="module")
def recipe() -> Recipe:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fonts, "_system_fonts", lambda alphabet: [])
        return Recipe(PAIRS, tuple(find_fonts()), backgrounds=("plain", "gradient", "texture"), seed=4)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_a_set_of_lines(recipe: Recipe, tmp_path: Path) -> None:
    told: list[int] = []
    assert synthesize(tmp_path, recipe, 6, progress=told.append) == 6
    assert told == [0, 1, 2, 3, 4, 5, 6]
    records = [json.loads(line) for line in (tmp_path / "metadata.jsonl").read_text().splitlines()]
    assert [record["number"] for record in records] == list(range(6))
    assert {(r["source_text"], r["target_text"]) for r in records[:4]} == set(PAIRS)
    for record in records:
        with Image.open(tmp_path / record["file_name"]) as source:
            size = source.size
        with Image.open(tmp_path / record["target_file_name"]) as target:
            assert target.size == size
        (line,) = record["source_lines"]
        assert line["text"] == record["source_text"]
        assert all(0 <= x <= size[0] and 0 <= y <= size[1] for x, y in line["quad"])
    assert sorted(p.name for p in tmp_path.iterdir()) == ["metadata.jsonl", "recipe.json", "source", "target"]


def test_workers_change_no_byte(recipe: Recipe, tmp_path: Path) -> None:
    recipe = replace(recipe, faces=recipe.faces[:3])
    synthesize(tmp_path / "one", recipe, 10, workers=1)
    synthesize(tmp_path / "two", recipe, 10, workers=2)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_an_interrupted_set_goes_on_and_ends_the_same(recipe: Recipe, tmp_path: Path) -> None:
    def stop(done: int) -> None:
        if done == 3:
            raise KeyboardInterrupt

    synthesize(tmp_path / "whole", recipe, 6)
    with pytest.raises(KeyboardInterrupt):
        synthesize(tmp_path / "broken", recipe, 6, progress=stop)
    journal = tmp_path / "broken" / "metadata.partial.jsonl"
    journal.write_text(journal.read_text() + '{"number": 3, "file_')  # as a power cut leaves it
    (tmp_path / "broken" / "target" / "000001.png").unlink()
    assert synthesize(tmp_path / "broken", recipe, 6) == 4
    assert contents(tmp_path / "whole") == contents(tmp_path / "broken")
    assert synthesize(tmp_path / "broken", recipe, 8) == 2, "a larger count adds to the set"


def test_another_recipe_is_refused(recipe: Recipe, tmp_path: Path) -> None:
    synthesize(tmp_path, recipe, 1)
    with pytest.raises(IimtError, match="made with other seed; choose another folder"):
        synthesize(tmp_path, replace(recipe, seed=5), 1)


def test_what_cannot_be_made_is_said_before_anything_is_written(recipe: Recipe, tmp_path: Path) -> None:
    with pytest.raises(IimtError, match="none of 4 text pairs has 70 to 80 characters"):
        synthesize(tmp_path / "set", replace(recipe, min_chars=70), 1)
    with pytest.raises(IimtError, match="no scene 'comic'"):
        replace(recipe, scene="comic")
    with pytest.raises(IimtError, match="no font left"):
        replace(recipe, faces=())
    assert not (tmp_path / "set").exists()


def test_pages_differ_only_where_text_is(recipe: Recipe) -> None:
    maker = _Maker(replace(recipe, scene="page"))
    layouts = set()
    for number in range(12):
        scene = page_scene(maker.pool, recipe.faces, maker.backgrounds, np.random.default_rng(number))
        layouts.add(scene.layout)
        source, source_lines = draw(scene, "source")
        target, target_lines = draw(scene, "target")
        assert scene.blocks and source.shape == target.shape
        different = (source != target).any(-1)
        for line in source_lines + target_lines:
            (left, top), _, (right, bottom), _ = line.quad
            spare = int(bottom - top)
            different[
                max(int(top) - spare, 0) : int(bottom) + spare, max(int(left) - spare, 0) : int(right) + spare
            ] = False
        assert not different.any()
        words = " ".join(line.text for line in target_lines).split()
        assert words == " ".join(block.target.text for block in scene.blocks).split()
    assert len(layouts) >= 3
