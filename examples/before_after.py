"""Puts pictures and their translations side by side, as the README shows them.

python examples/before_after.py examples english docs/before-after.png sign.png slide.png dialog.png menu.jpg
"""

import sys
from pathlib import Path

from PIL import Image

WIDTH, GAP = 620, 14


def main(before: Path, after: Path, out: Path, names: list[str]) -> None:
    rows = []
    for name in names:
        pair = [Image.open(folder / name).convert("RGB") for folder in (before, after)]
        size = (WIDTH, round(pair[0].height * WIDTH / pair[0].width))
        rows.append([picture.resize(size, Image.Resampling.LANCZOS) for picture in pair])
    height = sum(row[0].height + GAP for row in rows) + GAP
    sheet = Image.new("RGB", (2 * WIDTH + 3 * GAP, height), "white")
    y = GAP
    for row in rows:
        for i, picture in enumerate(row):
            sheet.paste(picture, (GAP + i * (WIDTH + GAP), y))
        y += row[0].height + GAP
    out.parent.mkdir(parents=True, exist_ok=True)
    sheet.quantize(256, dither=Image.Dither.FLOYDSTEINBERG).save(out, optimize=True)


if __name__ == "__main__":
    first, second, target, *rest = sys.argv[1:]
    main(Path(first), Path(second), Path(target), rest)
