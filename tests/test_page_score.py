"""A score that may not fall: fixed synthetic pages, translated with the shipped weights.

Designs, colours and backgrounds of the pages are drawn at random from one seed, so no rule of `page/` was written for
them. A change may move a figure a little either way. A change that moves one beyond its limit has broken something.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from iimt_cli import Block, Picture, Translation, load
from iimt_cli.data import fonts
from iimt_cli.data.corpora import read_pairs
from iimt_cli.data.fonts import find_fonts
from iimt_cli.data.synthesize import METADATA, Recipe, synthesize
from iimt_cli.data.text import edit_distance
from iimt_cli.evaluation.image_quality import background_error

ROOT = Path(__file__).parent.parent
PAGES, SEED = 12, 24

# (worst that passes, measured with `pytest -s tests/test_page_score.py` and the weights that follow version 0.5.0)
AT_LEAST = {
    "block F1": (
        0.96,
        0.987,
    ),  # found blocks with exactly the lines of a drawn one, against all drawn and found
    "translated": (0.47, 0.575),  # share of found blocks; the others are kept
}
AT_MOST = {
    "reading CER": (1.1, 0.44),  # wrong characters per hundred
    # mean |output − source| outside text, levels. New words count where the reference has none, and hardly anything else does:
    # "Ready for dispatch in 24 hours" is longer than its reference and makes 99 % of it. Another wording may move it by 0.004.
    "background error": (0.02, 0.0130),
}


@dataclass(frozen=True)
class Drawn:
    """What stands on a page: the text of each block, the block of each line, and boxes (4, 2) in px of all lines."""

    blocks: Sequence[str]
    owners: Sequence[int]
    quads: Sequence[np.ndarray]
    target_quads: Sequence[np.ndarray]  # of the same page drawn in the target language


def make_pages(folder: Path) -> tuple[list[Path], list[Drawn]]:
    """Pages in the fonts that pip installs, with lines of text that no training has seen."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fonts, "_system_fonts", lambda alphabet: [])
        faces = tuple(find_fonts())
    pairs = tuple((source, target) for source, target in read_pairs([ROOT / "recipes" / "everyday.tsv"]))
    synthesize(folder, Recipe(pairs, faces, scene="page", seed=SEED), PAGES)
    rows = [json.loads(row) for row in (folder / METADATA).read_text(encoding="utf-8").splitlines()]
    drawn = [
        Drawn(
            [block["source_text"] for block in row["blocks"]],
            [line["block"] for line in row["source_lines"]],
            [np.array(line["quad"]) for line in row["source_lines"]],
            [np.array(line["quad"]) for line in row["target_lines"]],
        )
        for row in rows
    ]
    return [folder / row["file_name"] for row in rows], drawn


def line_under(quad: Sequence[Sequence[float]], drawn: Drawn) -> int:
    """The number of the drawn line in whose box the middle of a found line lies; one too many if there is none."""
    middle = np.mean(quad, axis=0)
    inside = ((box[0] <= middle).all() and (middle <= box[2]).all() for box in drawn.quads)
    return next((number for number, yes in enumerate(inside) if yes), len(drawn.quads))


def score(results: Sequence[Translation], pages: Sequence[Drawn]) -> dict[str, float]:
    exact = blocks = translated = edits = characters = 0
    errors = []
    for result, drawn in zip(results, pages, strict=True):
        lines = range(len(drawn.owners))
        wanted = [[n for n in lines if drawn.owners[n] == owner] for owner in range(len(drawn.blocks))]
        found = [sorted(line_under(quad, drawn) for quad in block.lines) for block in result.blocks]
        exact += sum(group in wanted for group in found)
        blocks += len(found)
        translated += sum(block.action == "translated" for block in result.blocks)
        in_order = sorted(zip(found, result.blocks, strict=True), key=lambda pair: pair[0])
        text = " ".join(drawn.blocks)
        edits += edit_distance(" ".join(block.source for _, block in in_order), text)
        characters += len(text)
        polygons = [np.array(block.polygon) for block in result.blocks]
        text_boxes = [*drawn.quads, *drawn.target_quads, *polygons]
        errors.append(background_error(result.pixels, result.picture.rgb, text_boxes) or 0.0)
    return {
        "block F1": 2 * exact / (blocks + sum(len(drawn.blocks) for drawn in pages)),
        "translated": translated / max(1, blocks),
        "reading CER": 100 * edits / characters,
        "background error": float(np.mean(errors)),
    }


@pytest.mark.slow
def test_pages_score_no_worse_than_they_did(tmp_path: Path) -> None:
    paths, pages = make_pages(tmp_path)
    figures = score(load(ROOT / "weights" / "de-en").translate(paths), pages)
    print("  ".join(f"{name} {value:.4f}" for name, value in figures.items()))
    assert all(figures[name] >= worst for name, (worst, _) in AT_LEAST.items()), figures
    assert all(figures[name] <= worst for name, (worst, _) in AT_MOST.items()), figures


def box(left: float, top: float) -> list[list[float]]:
    return [[left, top], [left + 80, top], [left + 80, top + 10], [left, top + 10]]


def test_the_score_sees_merged_blocks_misreadings_and_touched_backgrounds() -> None:
    rgb = np.full((100, 100, 3), 200, np.uint8)
    quads = [np.array(box(10, top)) for top in (10, 25, 60)]
    page = Drawn(["Guten Morgen", "Ende"], [0, 0, 1], quads, [])

    def scored(pixels: np.ndarray, *groups: tuple[str, list[int]]) -> dict[str, float]:
        blocks = [
            Block(box(10, 10), [quads[n].tolist() for n in lines], text, "x", 1.0, "translated", "")
            for text, lines in groups
        ]
        return score([Translation(Picture(rgb), pixels, blocks)], [page])

    right = scored(rgb, ("Ende", [2]), ("Guten Morgen", [0, 1]))
    assert right == {"block F1": 1.0, "translated": 1.0, "reading CER": 0.0, "background error": 0.0}
    touched = rgb.copy()
    touched[90:] = 0
    wrong = scored(touched, ("Guten Morgan Ende", [0, 1, 2]))
    assert wrong["block F1"] == 0.0 and wrong["reading CER"] == pytest.approx(100 / 17)
    assert wrong["background error"] > 10
