"""Whether lines are found and read alike, whatever else is in the picture: pages against crops of them.

    python recipes/crops.py weights/de-en [FOLDER] [--lines 200] [--margin 2] [--seed 0]

FOLDER has pictures (PNG, JPEG); without it, synthetic pages are made of recipes/everyday.tsv, in the fonts of this machine.
Lines are drawn at random from all lines that are found in the pictures. A crop shows one of these lines whole, and `margin`
times its height on each side, so it may cut other lines in two. It is opened as a picture of its own. What is read there
within the box of the line must be what was read in the whole picture.

Each pair that differs is printed: the picture, the box of the line (x0 y0 x1 y1, px), its text in the picture and in the crop.
The last line is the share of pairs with the same reading, with its 95 % interval (Wilson's).
"""

import argparse
import math
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from iimt_cli import Picture, load
from iimt_cli.data.corpora import read_pairs
from iimt_cli.data.fonts import find_fonts
from iimt_cli.data.synthesize import Recipe, synthesize
from iimt_cli.page.arrays import Box, Floats, Pixels
from iimt_cli.page.files.image import read_picture
from iimt_cli.translation.pieces import line_ink
from iimt_cli.translation.translator import StripTranslator

SUFFIXES = (".png", ".jpg", ".jpeg")
PAGES = 30  # synthetic pages: the first 27 have some 200 lines
SEED = 25  # of these pages; tests/test_page_score.py has others
CONFIDENT = 1.96  # standard deviations of a 95 % interval


@dataclass(frozen=True)
class Found:
    """A line that was found in a picture, with its text. box: x0, y0, x1, y1 in px of the picture; middle: (2,)."""

    box: Box
    middle: Floats
    text: str


def found_lines(translator: StripTranslator, rgb: Pixels) -> list[Found]:
    """The lines of a picture, (H, W, 3), in reading order, as they are found and read."""
    page = translator.open(Picture(rgb), translator.defaults)
    readings = translator.read([line_ink(line) for line in page.lines])
    found = []
    for line, reading in zip(page.lines, readings, strict=True):
        quad = page.in_picture(line.quad)
        (x0, y0), (x1, y1) = np.floor(quad.min(0)).astype(int), np.ceil(quad.max(0)).astype(int)
        found.append(Found((int(x0), int(y0), int(x1), int(y1)), quad.mean(0), reading.text.strip()))
    return found


def crop_around(line: Found, margin: float, shape: Sequence[int]) -> Box:
    """The box of a crop: the line, and `margin` × its height on each side, in a picture of this shape."""
    x0, y0, x1, y1 = line.box
    more = round(margin * min(y1 - y0, x1 - x0))
    return max(x0 - more, 0), max(y0 - more, 0), min(x1 + more, shape[1]), min(y1 + more, shape[0])


def read_there(lines: Sequence[Found], box: Box) -> str:
    """What was read in those lines whose middles are in a box."""
    x0, y0, x1, y1 = box
    own = [one for one in lines if x0 <= one.middle[0] <= x1 and y0 <= one.middle[1] <= y1]
    return " ".join(one.text for one in sorted(own, key=lambda one: one.box[0]) if one.text)


def pictures(folder: Path | None) -> Iterator[tuple[str, Pixels]]:
    """Name and pixels, (H, W, 3), of the pictures of a folder, or of synthetic pages."""
    with TemporaryDirectory() as temporary:
        if folder is None:
            corpus = Path(__file__).with_name("everyday.tsv")
            pairs = tuple((source, target) for source, target in read_pairs([corpus]))
            synthesize(Path(temporary), Recipe(pairs, tuple(find_fonts()), scene="page", seed=SEED), PAGES)
            folder = Path(temporary) / "source"
        for path in sorted(folder.iterdir()):
            if path.suffix.lower() in SUFFIXES:
                yield path.name, read_picture(path).views[0]


def compared(
    translator: StripTranslator, named: Iterable[tuple[str, Pixels]], count: int, margin: float, seed: int
) -> Iterator[tuple[str, Found, str, str]]:
    """Of `count` lines of some pictures: the picture's name, the line, its text in the picture and in a crop."""
    seen = [(name, rgb, found_lines(translator, rgb)) for name, rgb in named]
    every = [(name, rgb, line, lines) for name, rgb, lines in seen for line in lines]
    for name, rgb, line, lines in random.Random(seed).sample(every, min(count, len(every))):
        x0, y0, x1, y1 = line.box
        left, top, right, bottom = crop_around(line, margin, rgb.shape)
        there = found_lines(translator, rgb[top:bottom, left:right].copy())
        own = (x0 - left, y0 - top, x1 - left, y1 - top)
        yield name, line, read_there(lines, line.box), read_there(there, own)


def interval(same: int, count: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share."""
    share, z = same / count, CONFIDENT**2
    middle = (share + z / (2 * count)) / (1 + z / count)
    half = math.sqrt(share * (1 - share) * z / count + (z / (2 * count)) ** 2) / (1 + z / count)
    return middle - half, middle + half


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("weights", type=Path)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--lines", type=int, default=200)
    parser.add_argument("--margin", type=float, default=2.0, help="of a crop, in heights of its line")
    parser.add_argument("--seed", type=int, default=0, help="of the choice of lines")
    asked = parser.parse_args()
    translator = load(asked.weights)
    assert isinstance(translator, StripTranslator)
    same = count = 0
    for name, line, text, cropped in compared(
        translator, pictures(asked.folder), asked.lines, asked.margin, asked.seed
    ):
        count += 1
        same += text == cropped
        if text != cropped:
            print(
                f"{name} {' '.join(map(str, line.box))}\n  picture: {text}\n  crop:    {cropped}", flush=True
            )
    low, high = interval(same, count)
    print(f"{same} of {count} lines are read alike: {same / count:.1%} ({low:.1%} to {high:.1%})")


if __name__ == "__main__":
    main()
