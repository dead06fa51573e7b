"""How well lines are grouped into texts: `python recipes/grouping.py WEIGHTS --corpora FOLDER [--pages DEV] [--each N]`.

Two sets are counted. Made-up pages of the kinds in `iimt_cli.data.documents`, whose blocks are known; their lines stand in
boxes like those of a detector. And, with --pages, a folder with `source/*.png` and `segments.tsv` (page TAB text of a block),
where the detector finds the lines, and a line belongs to the block in whose text its reading is found.

A block is right if one group has all its lines and no other. Printed are the block F1, and how many blocks are joined with
another or cut: by the layout (`read_page`), and once the lines are read (`divide`).
"""

from __future__ import annotations

import argparse
import csv
import difflib
import gzip
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from iimt_cli.data.documents import KINDS, Document, TextPool, document
from iimt_cli.data.fonts import FontFace, find_fonts
from iimt_cli.data.scene import capture
from iimt_cli.data.text import clean, drawable
from iimt_cli.page import Picture, read_page, read_picture
from iimt_cli.page.find import Line, reading_order
from iimt_cli.page.page import Page
from iimt_cli.page.paragraphs import TextLine
from iimt_cli.translation.pieces import line_ink
from iimt_cli.translation.steps.divide import divide
from iimt_cli.translation.steps.reading import Reader
from iimt_cli.translation.translator import StripTranslator

HELD_OUT = ("menu", "chat", "steps")  # nothing may learn from these kinds
CORPORA = ("written", "interface-programs", "ding-phrases", "news", "apps")
MOST = 20_000  # texts of each corpus
WEIGHTS = (("Regular", "Bold"), ("Book", "Bold"), ("Light", "Medium"), ("Condensed", "Condensed Bold"), ("Italic", "Bold Italic"))
CAPTURED = 0.4  # share of the pages that a camera or a scanner took
MERGED = 0.6  # share of the neighbours in a row that the detector takes for one line
MERGED_GAP = 0.8  # × the height of the line: between such neighbours, at most
NONE, SEVERAL = -1, -2  # instead of the number of a block: a line that is no text of the page; one that is several


@dataclass
class Count:
    """blocks: of the page; groups: found; right: both the same; joined, cut: blocks that are in a group with another, or
    in several groups."""

    blocks: int = 0
    groups: int = 0
    right: int = 0
    joined: int = 0
    cut: int = 0

    def add(self, groups: Iterable[Sequence[int]], block_of: Sequence[int]) -> None:
        """Counts a page: the numbers of the lines of each group, and the block of each line."""
        found = [{block_of[i] for i in g} - {NONE} for g in groups]
        lines = [frozenset(i for i in g if block_of[i] != NONE) for g in groups]
        lines = [g for g in lines if g]
        blocks = {b: frozenset(i for i, own in enumerate(block_of) if own == b) for b in set(block_of) if b >= 0}
        joined = {b for some in found if len(some) > 1 or SEVERAL in some for b in some} - {SEVERAL}
        self.blocks += len(blocks)
        self.groups += len(lines)
        self.right += len(set(lines) & set(blocks.values()))
        self.joined += len(joined)
        self.cut += sum(sum(bool(g & own) for g in lines) > 1 for b, own in blocks.items() if b not in joined)

    def __str__(self) -> str:
        f1 = 2 * self.right / max(self.blocks + self.groups, 1)
        return f"F1 {f1:.3f}  {self.blocks:4d} blocks, {self.right:4d} right, {self.joined:3d} joined, {self.cut:3d} cut"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("weights", type=Path)
    parser.add_argument("--corpora", type=Path, required=True, help="A folder of NAME.de-en.tsv.gz.")
    parser.add_argument("--pages", type=Path, help="A folder with source/*.png and segments.tsv.")
    parser.add_argument("--each", type=int, default=5, metavar="N", help="Made-up pages of each kind.")
    parser.add_argument("--kinds", nargs="*", default=list(KINDS), choices=list(KINDS))
    options = parser.parse_args()
    torch.set_num_threads(1)
    translator = StripTranslator.load(options.weights)
    counts: dict[str, Count] = {}
    if options.pages:
        for name, segments in sorted(read_segments(options.pages / "segments.tsv").items()):
            picture = read_picture(options.pages / "source" / f"{name}.png")
            page = translator.open(picture, translator.defaults)
            count_page(f"pages {name}", "pages", page, lambda _, texts: assigned(texts, segments), translator, counts)
    pool, faces = text_pool(options.corpora, 0), pairs_of_faces()
    for n in range(options.each):
        for k, kind in enumerate(options.kinds):
            made = made_up(kind, pool, faces, np.random.default_rng((k, n)))
            page = read_page(Picture(made.rgb), translator.separate, lambda _: made.boxes)
            which = "held out" if kind in HELD_OUT else "trained on"
            count_page(kind, which, page, lambda lines, _: [made.block_of(o) for o in lines], translator, counts)
    for name, count in counts.items():
        print(f"{name:36s} {count}")


def count_page(name, which, page, blocks, translator, counts) -> None:  # type: ignore[no-untyped-def]
    """Adds one page to the counts under `name` and `which`; blocks: (lines, readings) → the block of each line."""
    lines = [line for p in page.paragraphs for line in p.lines]
    reader = translator._reader(32)
    with torch.inference_mode():
        texts = [r.text for r in reader.readings([line_ink(line) for line in lines])]
        [divided] = divide([page], reader, translator.separate)
    known = dict(zip((line.quad.tobytes() for line in lines), blocks(lines, texts), strict=True))
    for stage, some in (("layout", page), ("read", divided.page)):
        for key in (f"{name}: {stage}", f"all {which}: {stage}"):
            numbers = iter(range(len(lines)))
            groups = [[next(numbers) for _ in p.lines] for p in some.paragraphs]
            own = [known[line.quad.tobytes()] for p in some.paragraphs for line in p.lines]
            counts.setdefault(key, Count()).add(groups, own)
    print(name, flush=True)
