"""What becomes of realistic pages: are their texts found and told apart, are their icons and their ground left as they are?

    python recipes/written_pages.py draw PICTURES
    iimt translate PICTURES -o OUT --json --min-confidence 0
    python recipes/written_pages.py measure PICTURES OUT

The pages are HTML files in the folder `written_pages`: letters, menus, dialogs, forms, posters, written for this by language
models that knew nothing of the code. Each text block has the attribute `data-b`, each icon `data-s` or is an SVG. Nothing is
trained on them. `draw` needs Chromium with its driver and selenium (Debian: chromium, chromium-driver); the pages name fonts
that are free (Liberation, Open Sans, Lato, Roboto, Noto, EB Garamond), and look otherwise where these are missing.

A block with letters is `missed` if no line is found on it, `joined` if it is in one text with another block, `cut` if a line
of it, from <br> to <br> or from dot to dot, is in several texts, else right. Each that is not right is printed. A symbol is
touched if more than `TOUCHED` of its pixels outside all texts change. The background error is the mean change of all pixels
outside all texts, 0..1.
"""

from __future__ import annotations

import argparse
import base64
import json
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

PAGES = Path(__file__).with_suffix("")
LAYOUT = "layout.json"  # beside the pictures
CHANGED = 8  # of 255: levels from which a pixel counts as changed
TOUCHED = 0.02  # share of a symbol's pixels
ON = 0.2  # share of a found line that is on a block, at least
AROUND = 4  # px that letters may reach beyond the box of their line
LARGE = 40_000  # px²: an SVG that is larger is a drawing with texts in it
LOOK = """
const box = b => [b.left, b.top, b.right, b.bottom];
const blocks = [...document.querySelectorAll('[data-b]')].filter(e => e.innerText.trim()).map(e => {
  const walk = document.createTreeWalker(e, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT), lines = [[]];
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    if (node.nodeName === 'BR') { lines.push([]); continue; }
    if (node.nodeType !== Node.TEXT_NODE) continue;
    let begin = 0;
    for (const part of node.data.split(/[·•|]/)) {
      const range = document.createRange();
      range.setStart(node, begin); range.setEnd(node, begin + part.length);
      if (begin) lines.push([]);
      if (part.trim()) lines[lines.length - 1].push(...[...range.getClientRects()].map(box));
      begin += part.length + 1;
    }
  }
  return {text: e.innerText.trim(), lines: lines.filter(l => l.length)};
});
const symbols = [...document.querySelectorAll('[data-s], svg')].map(e => box(e.getBoundingClientRect()));
return {size: [document.body.offsetWidth, document.body.offsetHeight], blocks, symbols};
"""
Box = Sequence[float]  # x0, y0, x1, y1 px


@dataclass
class Score:
    """blocks: those with letters; right, joined, cut, missed: of these; symbols, touched; background: error, 0..1."""

    blocks: int = 0
    right: int = 0
    joined: int = 0
    cut: int = 0
    missed: int = 0
    symbols: int = 0
    touched: int = 0
    background: float = 0.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    drawing, measuring = commands.add_parser("draw"), commands.add_parser("measure")
    for command in (drawing, measuring):
        command.add_argument("pictures", type=Path)
    measuring.add_argument("translated", type=Path)
    options = parser.parse_args()
    if options.command == "draw":
        draw(options.pictures)
        return
    total, errors = Counter[str](), list[float]()
    for name, page in json.loads((options.pictures / LAYOUT).read_text(encoding="utf-8")).items():
        score = measured(name, page, options.pictures, options.translated)
        errors.append(score.background)
        total.update({key: value for key, value in asdict(score).items() if key != "background"})
    print(
        f"{total['right']} of {total['blocks']} blocks are right ({100 * total['right'] / total['blocks']:.1f} %), ",
        end="",
    )
    print(f"{total['joined']} joined, {total['cut']} cut, {total['missed']} missed")
    print(f"{total['touched']} of {total['symbols']} symbols touched; background error {np.mean(errors):.5f}")


def draw(pictures: Path) -> None:
    """Writes a picture of each page, and where its blocks and symbols stand."""
    from selenium import webdriver

    driver = shutil.which("chromedriver")  # without its path selenium asks the network for one
    if driver is None:
        raise SystemExit(
            "written_pages: chromedriver is missing (Debian: apt-get install chromium chromium-driver)"
        )
    wanted = webdriver.ChromeOptions()
    for argument in ("--headless=new", "--no-sandbox", "--hide-scrollbars", "--force-device-scale-factor=1"):
        wanted.add_argument(argument)
    browser = webdriver.Chrome(options=wanted, service=webdriver.ChromeService(driver))
    pictures.mkdir(parents=True, exist_ok=True)
    layout = {}
    for path in sorted(PAGES.glob("*.html")):
        browser.get(path.resolve().as_uri())
        width, height = browser.execute_script(LOOK)["size"]
        screen = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
        layout[path.stem] = browser.execute_script(LOOK)
        clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
        shot = browser.execute_cdp_cmd("Page.captureScreenshot", {"format": "png", "clip": clip})
        (pictures / f"{path.stem}.png").write_bytes(base64.b64decode(shot["data"]))
    browser.quit()
    (pictures / LAYOUT).write_text(json.dumps(layout, ensure_ascii=False), encoding="utf-8")


def measured(name: str, page: dict[str, Any], pictures: Path, translated: Path) -> Score:
    """The score of one page; prints what is not right."""
    score, blocks = Score(), page["blocks"]
    texts = json.loads((translated / f"{name}.png.json").read_text(encoding="utf-8"))["blocks"]
    found = [(n, _around(quad)) for n, text in enumerate(texts) for quad in text["lines"]]
    where = [(n, *_place(box, blocks)) for n, box in found]
    holds: dict[int, set[int]] = {}
    for n, block, _ in where:
        holds.setdefault(n, set()).add(block)
    for number, block in enumerate(blocks):
        if not any(letter.isalpha() for letter in block["text"]):
            continue
        score.blocks += 1
        own = [(n, line) for n, b, line in where if b == number]
        texts_of_line = Counter(line for _, line in set(own))
        if not own:
            kind = "missed"
        elif any(holds[n] - {number, -1} for n, _ in own):
            kind = "joined"
        elif max(texts_of_line.values()) > 1:
            kind = "cut"
        else:
            kind = "right"
        setattr(score, kind, getattr(score, kind) + 1)
        if kind != "right":
            told = " | ".join(texts[n]["source"][:40] for n in sorted({n for n, _ in own}))
            print(f"{name}: {kind}: {block['text'][:60]!r}: {told}")
    before, after = (
        np.asarray(Image.open(folder / f"{name}.png").convert("RGB"), int)
        for folder in (pictures, translated)
    )
    change = np.abs(after - before).max(axis=2)
    lettered = np.zeros(change.shape, bool)
    for box in (box for block in blocks for line in block["lines"] for box in line):
        lettered[_slices(box, AROUND)] = True
    for box in _symbols(page["symbols"]):
        score.symbols += 1
        outside = ~lettered[_slices(box)]
        if outside.any() and (change[_slices(box)] > CHANGED)[outside].mean() > TOUCHED:
            score.touched += 1
            print(f"{name}: touched: {[round(x) for x in box]}")
    score.background = float((change * ~lettered).mean() / 255)
    return score


def _place(box: Box, blocks: Sequence[dict[str, Any]]) -> tuple[int, int]:
    """The block and its line on which most of a found line is; (-1, 0) if too little of it is on any."""
    shared = [
        (sum(_shared(box, part) for part in line), n, k)
        for n, block in enumerate(blocks)
        for k, line in enumerate(block["lines"])
    ]
    most, block, line = max(shared, default=(0.0, -1, 0))
    return (block, line) if most > ON * (box[2] - box[0]) * (box[3] - box[1]) else (-1, 0)


def _symbols(boxes: Sequence[Box]) -> Iterator[Box]:
    """The symbols that are seen and are no drawings."""
    for x0, y0, x1, y1 in boxes:
        if x1 - x0 >= 1 and y1 - y0 >= 1 and (x1 - x0) * (y1 - y0) < LARGE:
            yield x0, y0, x1, y1


def _shared(one: Box, two: Box) -> float:
    width, height = (min(one[k + 2], two[k + 2]) - max(one[k], two[k]) for k in (0, 1))
    return max(width, 0) * max(height, 0)


def _around(quad: Sequence[Sequence[float]]) -> Box:
    points = np.array(quad)
    return [*points.min(0).tolist(), *points.max(0).tolist()]


def _slices(box: Box, around: int = 0) -> tuple[slice, slice]:
    x0, y0, x1, y1 = (round(x) for x in box)
    return slice(max(y0 - around, 0), y1 + around), slice(max(x0 - around, 0), x1 + around)


if __name__ == "__main__":
    main()
