"""How the shipped system stands what users' pictures are like: one set of rendered pictures for each difficulty.

    python recipes/robustness.py weights/de-en held-out.tsv --count 50 [--json FILE]

For each set: character error rate of what is read (CER, %), BLEU of what the text decoder says, and the share of pictures
with a block that was left alone, each with its 95 % interval (bootstrap over the pictures). For English the share of pictures
whose pixels are all the same counts, for figures the share that shows the same figures as before (18:00 may be 6:00 pm).
“Scanned” and “photographed” are made by a program, too.
"""

import argparse
import io
import json
import re
import textwrap
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from iimt_cli import load
from iimt_cli.data.corpora import Pair, read_pairs
from iimt_cli.data.fonts import FontFace, find_fonts, load_font, split_held_out
from iimt_cli.data.text import edit_distance
from iimt_cli.evaluation.bleu import SAMPLES, Score, bleu, interval
from iimt_cli.translation.result import Translation

HELD_OUT = ["Lato", "EB Garamond", "Cantarell", "Comfortaa", "Liberation Serif", "Tinos"]
Paint = Callable[[str, ImageFont.FreeTypeFont], Image.Image]


def page(
    text: str,
    font: ImageFont.FreeTypeFont,
    ink: tuple[int, int, int] = (25, 25, 30),
    ground: tuple[int, int, int] = (246, 246, 244),
    rim: int = 0,
) -> Image.Image:
    left, top, right, bottom = ImageDraw.Draw(Image.new("RGB", (8, 8))).multiline_textbbox((0, 0), text, font)
    margin = int(font.size)
    image = Image.new("RGB", (int(right - left) + 2 * margin, int(bottom - top) + 2 * margin), ground)
    at = (margin - left, margin - top)
    ImageDraw.Draw(image).multiline_text(
        at, text, ink, font, stroke_width=rim, stroke_fill=(20, 60, 140) if rim else None
    )
    return image


def compressed(image: Image.Image, quality: int) -> Image.Image:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality)
    return Image.open(file).convert("RGB")


def lines(text: str, count: int) -> str:
    return "\n".join(textwrap.wrap(text, max(12, -(-len(text) // count) + 3)))


def of_two(pairs: list[Pair], n: int) -> Pair:
    """Long enough for a paragraph."""
    some = [pairs[(n * 5 + k) % len(pairs)] for k in range(n % 2 + 2)]
    return Pair(" ".join(p.source for p in some), " ".join(p.target for p in some))


FIGURES = [
    "12,50 €",
    "Mo–Fr 8:30–18:00 Uhr",
    "Preis: 4,90 €",
    "Ab 14.3.2025 geöffnet",
    "Zimmer 204",
    "3 für 2",
]


def figures_of(english: str) -> list[str]:
    """The numbers of a text, 6:00 pm counted as 18:00."""
    after_noon = re.compile(r"\b([1-9]|1[01])((?::\d\d)?) ?pm\b")
    return re.findall(r"\d+", after_noon.sub(lambda m: f"{int(m[1]) + 12}{m[2]}", english))


def scanned(image: Image.Image) -> Image.Image:
    """As from a worn office scanner: a little askew, grey specks, soft."""
    askew = image.rotate(1.2, Image.Resampling.BICUBIC, expand=True, fillcolor=(246, 246, 244))
    noise = np.random.default_rng(image.width).normal(0, 12, (*askew.size[::-1], 1))
    grey = np.asarray(askew.convert("L"), float)[..., None] + noise
    soft = Image.fromarray(np.clip(grey, 0, 255).astype(np.uint8)[..., 0]).filter(
        ImageFilter.GaussianBlur(0.7)
    )
    return soft.convert("RGB")


def photographed(image: Image.Image) -> Image.Image:
    """As held before a telephone's camera: in perspective, light from one side, a little blurred, noise, JPEG."""
    pixels = np.asarray(image)
    height, width = pixels.shape[:2]
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    moved = corners + np.array([[0.02, 0.1], [-0.03, 0.0], [0.0, -0.08], [0.01, 0.06]]) * height
    turned = cv2.getPerspectiveTransform(corners, moved.astype(np.float32))
    seen = cv2.warpPerspective(pixels, turned, (width, height), borderMode=cv2.BORDER_REPLICATE).astype(float)
    seen *= np.linspace(1.0, 0.65, width)[None, :, None]
    seen += np.random.default_rng(width).normal(0, 5, seen.shape)
    blurred = Image.fromarray(np.clip(seen, 0, 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(0.8))
    return compressed(blurred, 70)


def score(results: list[Translation], pairs: list[Pair]) -> dict[str, Score]:
    read = [" ".join(b.source for b in r.blocks) for r in results]
    said = [" ".join(b.target or b.source for b in r.blocks) for r in results]
    wrong = [100.0 * edit_distance(a, p.source) for a, p in zip(read, pairs, strict=True)]
    left = [not r.blocks or any(b.action == "kept" for b in r.blocks) for r in results]
    return {
        "CER": interval(wrong, [len(p.source) for p in pairs]),
        "BLEU": bleu(said, [p.target for p in pairs], samples=SAMPLES),
        "left alone": interval(left),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("weights", type=Path)
    parser.add_argument("text", type=Path)
    parser.add_argument("--count", type=int, default=50)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    translator = load(args.weights)
    usable = [p for p in read_pairs([args.text]) if 12 <= len(p.source) <= 60]
    pairs = usable[:: max(1, len(usable) // args.count)][: args.count]
    _, faces = split_held_out(find_fonts(), HELD_OUT)
    faces = [f for f in faces if "Thin" not in f.style and "Light" not in f.style] or find_fonts()

    def drawn(
        pairs: list[Pair], paint: Paint, size: float = 22, shape: Callable[[str], str] = str
    ) -> tuple[list[Translation], list[np.ndarray]]:
        pictures = []
        for n, pair in enumerate(pairs):
            face: FontFace = faces[n % len(faces)]
            pictures.append(np.asarray(paint(shape(pair.source), load_font(face, size))))
        return translator.translate(pictures), pictures

    upper = [Pair(p.source.replace("ß", "ẞ").upper(), p.target.upper()) for p in pairs]
    long = [of_two(pairs, n) for n in range(len(pairs))]
    sets: dict[str, tuple[list[Pair], Paint, float, Callable[[str], str]]] = {
        "22 px": (pairs, page, 22, str),
        "12 px": (pairs, page, 12, str),
        "60 px": (pairs, page, 60, str),
        "light on dark": (pairs, lambda t, f: page(t, f, (235, 235, 240), (28, 30, 38)), 20, str),
        "low contrast": (pairs, lambda t, f: page(t, f, (150, 150, 150), (205, 205, 205)), 20, str),
        "JPEG 30": (pairs, lambda t, f: compressed(page(t, f), 30), 20, str),
        "blurred": (pairs, lambda t, f: page(t, f).filter(ImageFilter.GaussianBlur(1.2)), 24, str),
        "scanned": (pairs, lambda t, f: scanned(page(t, f)), 24, str),
        "photographed": (pairs, lambda t, f: photographed(page(t, f)), 28, str),
        "outlined": (pairs, lambda t, f: page(t, f, (255, 255, 255), (190, 205, 120), rim=2), 30, str),
        "capitals": (upper, page, 20, str),
        "two lines": (pairs, page, 18, lambda t: lines(t, 2)),
        "five lines": (long, page, 18, lambda t: lines(t, 5)),
    }
    report: dict[str, dict[str, Score]] = {}
    for name, (texts, paint, size, shape) in sets.items():
        report[name] = score(drawn(texts, paint, size, shape)[0], texts)
    english = [Pair(p.target, p.target) for p in pairs]
    results, pictures = drawn(english, page, 18, lambda t: lines(t, 2))
    same = [(r.pixels == picture).all() for r, picture in zip(results, pictures, strict=True)]
    report["English"] = {"same pixels": interval(same)}
    results, _ = drawn([Pair(t, t) for t in FIGURES], page, 24)
    same = [
        all(b.action == "kept" for b in r.blocks)
        or re.findall(r"\d+", t) == figures_of(" ".join(b.target or b.source for b in r.blocks))
        for t, r in zip(FIGURES, results, strict=True)
    ]
    report["figures"] = {"same figures": interval(same)}
    for name, figures in report.items():
        parts = [f"{key} {s.value:.2f} ({s.low:.2f} to {s.high:.2f})" for key, s in figures.items()]
        print(f"{name:14s}", "  ".join(parts), flush=True)
    if args.json:
        table = {name: {key: asdict(s) for key, s in figures.items()} for name, figures in report.items()}
        args.json.write_text(json.dumps(table, indent=1) + "\n")


if __name__ == "__main__":
    main()
