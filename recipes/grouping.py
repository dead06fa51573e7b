"""Which lines are one text: measures it, and trains the network that decides it.

    python recipes/grouping.py measure WEIGHTS CORPORA [--pages DEV] [--each N] [--kinds KIND …]
    python recipes/grouping.py train CORPORA OUT.safetensors [--count N]

CORPORA is a folder of NAME.de-en.tsv.gz. Made-up pages are of the kinds in `iimt_cli.data.documents`; `HELD_OUT` are never
trained on. DEV is a folder with `source/*.png` and `segments.tsv` (page TAB text of a block); there the detector finds the
lines, and a line belongs to the block in whose text its reading is found. A block is right if one group has all its lines
and no other. Printed are the block F1 and how many blocks are joined with another one or cut: by the layout alone
(`read_page`), and once the lines are read (`divide`).

Training draws nothing: the lines of a page are known as they are set, and get the errors that measuring and reading make. It
takes 4 minutes of one core for 5,000 pages. OUT becomes `iimt_cli/page/layout/pairs.safetensors`.
"""

from __future__ import annotations

import argparse
import csv
import difflib
import gzip
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import save_file

from iimt_cli.config import Languages
from iimt_cli.data.documents import KINDS, Document, SetLine, TextPool, document
from iimt_cli.data.fonts import FontFace, find_fonts
from iimt_cli.data.render import Style, render_ink
from iimt_cli.data.scene import capture
from iimt_cli.data.text import clean, drawable
from iimt_cli.page import Page, Picture, read_page, read_picture
from iimt_cli.page.ink.measure import measure
from iimt_cli.page.layout.line import Line, reading_order
from iimt_cli.page.layout.pairs import FAR, GEOMETRY, UNUSUAL, Layout, pairs
from iimt_cli.page.paragraphs import Facts, TextLine, stem
from iimt_cli.page.rectify import EM
from iimt_cli.translation.pieces import line_ink
from iimt_cli.translation.result import Options
from iimt_cli.translation.steps.divide import divide
from iimt_cli.translation.translator import StripTranslator

HELD_OUT = ("chat", "receipt", "steps")
CORPORA = ("written", "interface-programs", "ding-phrases", "news", "apps")
MOST = 10_000  # texts of each corpus
WEIGHTS = (
    ("Regular", "Bold"), ("Book", "Bold"), ("Light", "Medium"), ("Regular", "Black"), ("Condensed", "Condensed Bold"),
    ("Italic", "Bold Italic"),
)  # fmt: skip
LANGUAGES = (Languages("de", "en"), Languages("en", "de"))
NETWORKS, HIDDEN, EPOCHS, BATCH = 4, 48, 16, 512
CROPPED = 0.4  # share of the pages of which a few lines are left
NONE, SEVERAL = (
    -1,
    -2,
)  # instead of the number of a block: a line that is no text of the page; one that is several


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    measuring = commands.add_parser("measure")
    measuring.add_argument("weights", type=Path)
    measuring.add_argument("corpora", type=Path)
    measuring.add_argument("--pages", type=Path)
    measuring.add_argument("--each", type=int, default=5, metavar="N", help="Made-up pages of each kind.")
    measuring.add_argument("--kinds", nargs="*", default=list(KINDS), choices=list(KINDS))
    training = commands.add_parser("train")
    training.add_argument("corpora", type=Path)
    training.add_argument("out", type=Path)
    training.add_argument("--count", type=int, default=5000, metavar="N", help="Pages.")
    options = parser.parse_args()
    torch.set_num_threads(1)
    if options.command == "train":
        train(options.corpora, options.out, options.count)
        return
    counter = Counter(StripTranslator.load(options.weights))
    if options.pages:
        for name, segments in sorted(read_segments(options.pages / "segments.tsv").items()):
            counter.add_picture(name, read_picture(options.pages / "source" / f"{name}.png"), segments)
    pool, faces = text_pool(options.corpora, 0), weights_of_faces()
    for n in range(options.each):
        for k, kind in enumerate(options.kinds):
            counter.add_document(made_up(kind, pool, faces, np.random.default_rng((k, n))))
    counter.report()


# Counting


@dataclass
class Count:
    """blocks: of the page; groups: found; right: both the same; joined, cut: blocks that are in a group with another, or
    else in several groups."""

    blocks: int = 0
    groups: int = 0
    right: int = 0
    joined: int = 0
    cut: int = 0

    def add(self, groups: Iterable[Sequence[int]]) -> None:
        """Counts a page: of each group the blocks of its lines."""
        found = [[b for b in group if b != NONE] for group in groups]
        found = [group for group in found if group]
        lines = [b for group in found for b in group]
        size = {b: lines.count(b) for b in set(lines) if b >= 0}
        joined = {b for group in found if len(set(group)) > 1 or SEVERAL in group for b in group} - {SEVERAL}
        whole = {group[0] for group in found if len(set(group)) == 1 and size.get(group[0]) == len(group)}
        self.blocks += len(size)
        self.groups += len(found)
        self.right += len(whole)
        self.joined += len(joined)
        self.cut += len(set(size) - whole - joined)

    def __str__(self) -> str:
        f1 = 2 * self.right / max(self.blocks + self.groups, 1)
        return f"F1 {f1:.3f}  {self.blocks:4d} blocks, {self.right:4d} right, {self.joined:3d} joined, {self.cut:3d} cut"


class Counter:
    """Counts pages by what is in them, by the layout and once they are read."""

    def __init__(self, translator: StripTranslator) -> None:
        self.translator = translator
        self.counts: dict[tuple[str, str], Count] = {}

    def add_picture(self, name: str, picture: Picture, segments: Sequence[str]) -> None:
        page = self.translator.open(picture, self.translator.defaults)
        with torch.inference_mode():
            heard = self.translator.read([line_ink(line) for line in page.lines])
        blocks = blocks_of(page.lines, [reading.text for reading in heard], segments)
        self._add((f"page {name}", "all pages"), page, blocks)

    def add_document(self, made: MadeUp) -> None:
        page = read_page(Picture(made.document.rgb), self.translator.separate, lambda _: list(made.boxes))
        which = "all kinds held out" if made.document.kind in HELD_OUT else "all kinds trained on"
        self._add((made.document.kind, which), page, [made.block_of(line) for line in page.lines])

    def _add(self, names: Sequence[str], page: Page, blocks: Sequence[int]) -> None:
        """blocks: of each line of the page."""
        known = {line.quad.tobytes(): b for line, b in zip(page.lines, blocks, strict=True)}
        reader = self.translator._reader(Options(batch=32))
        with torch.inference_mode():
            [divided] = divide([page], reader, self.translator.separate)
        for stage, some in (("layout", page), ("read", divided.page)):
            groups = [[known[line.quad.tobytes()] for line in p.lines] for p in some.paragraphs]
            for name in names:
                self.counts.setdefault((name, stage), Count()).add(groups)
        print(
            names[0], *(self.counts[names[0], stage] for stage in ("layout", "read")), sep=" | ", flush=True
        )

    def report(self) -> None:
        for (name, stage), count in sorted(self.counts.items()):
            print(f"{name:28s} {stage:7s} {count}")


# Real pages: which block a line belongs to


def read_segments(path: Path) -> dict[str, list[str]]:
    """The texts of the blocks of each page."""
    found: dict[str, list[str]] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for page, text, *_ in csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            found.setdefault(page, []).append(text)
    return found


def blocks_of(lines: Sequence[TextLine], texts: Sequence[str], segments: Sequence[str]) -> list[int]:
    """The block of each line, by what was read in it: long texts choose first, and no letter of a block is used twice."""
    said, wanted = [_letters(text) for text in texts], [_letters(text) for text in segments]
    offers: list[tuple[float, bool, float, int, int]] = []
    for i, text in enumerate(said):
        for k, segment in enumerate(wanted):
            far = abs(i / len(said) - k / len(wanted))
            if text and segment and len(text) <= 1.25 * len(segment) + 1:
                share = _share(text, segment)
                if share > 0.6:
                    offers.append(
                        (round(share, 1), share > 0.8 and len(segment) < 1.2 * len(text), -far, i, k)
                    )
    found, used = [NONE] * len(lines), [0] * len(wanted)
    for *_, i, k in sorted(offers, reverse=True):
        if found[i] == NONE and used[k] + len(said[i]) <= 1.2 * len(wanted[k]) + 3:
            found[i] = k
            used[k] += len(said[i])
    for i, text in enumerate(said):  # a last word that other blocks have, too, belongs to the line above it
        if not text:
            continue
        whole = found[i] != NONE and len(wanted[found[i]]) <= 1.2 * len(text)
        above = _above(i, lines)
        if (
            not whole
            and above is not None
            and found[above] != NONE
            and wanted[found[above]].endswith(text[-4:])
        ):
            found[i] = found[above] if _share(text, wanted[found[above]]) > 0.8 else found[i]
    for i, text in enumerate(said):  # a line that holds other blocks as a whole
        inside = [
            k for k, segment in enumerate(wanted) if len(segment) > 3 and not used[k] and segment in text
        ]
        if len(inside) > 1 or (inside and found[i] not in (NONE, *inside)):
            found[i] = SEVERAL
    return found


def _letters(text: str) -> str:
    return re.sub(r"[^\w%€]|_", "", text.lower())


def _share(text: str, segment: str) -> float:
    """Share of the letters of a text that stand in this order in a part of the segment that is not much longer."""
    found = difflib.SequenceMatcher(None, segment, text, autojunk=False).get_matching_blocks()
    blocks = [b for b in found if b.size >= min(3, len(text))]
    if blocks and blocks[-1].a + blocks[-1].size - blocks[0].a > 1.5 * len(text) + 4:
        blocks = [max(blocks, key=lambda b: b.size)]
    return sum(b.size for b in blocks) / len(text)


def _above(i: int, lines: Sequence[TextLine]) -> int | None:
    """The nearest line above line i, by number."""
    own = lines[i].quad
    height, best = float(np.ptp(own[:, 1])), (np.inf, -1)
    for j, line in enumerate(lines):
        step = float(own[:, 1].mean() - line.quad[:, 1].mean())
        over = line.quad[:, 0].min() < own[:, 0].max() and own[:, 0].min() < line.quad[:, 0].max()
        if over and 0.4 * height < step < 3 * height:
            best = min(best, (step, j))
    return best[1] if best[1] >= 0 else None


# Made-up pages


@dataclass(frozen=True)
class MadeUp:
    """A drawn page and the boxes that a detector would find."""

    document: Document
    boxes: tuple[Line, ...]

    def block_of(self, line: TextLine) -> int:
        """The block whose letters stand where a line does."""
        x0, x1 = line.ends[:, 0] + np.array([-0.15, 0.15]) * line.em
        y, found = line.ends[:, 1].mean(), set()
        for one in self.document.lines:
            middles = (one.edges[:-1] + one.edges[1:]) / 2
            if (
                abs(one.baseline - y) < 0.4 * (one.box[3] - one.box[1])
                and ((x0 < middles) & (middles < x1)).any()
            ):
                found.add(one.block)
        return NONE if not found else found.pop() if len(found) == 1 else SEVERAL


def made_up(
    kind: str, pool: TextPool, faces: Sequence[tuple[FontFace, FontFace]], rng: np.random.Generator
) -> MadeUp:
    made = document(kind, pool, faces, rng)
    if rng.random() < 0.4:
        made = replace(made, rgb=capture(made.rgb, rng, least_scale=0.8))
    return MadeUp(made, tuple(detected(made, rng)))


def detected(made: Document, rng: np.random.Generator) -> list[Line]:
    """A box round each line, by a few px too large or small. Neighbours in a row that are near are often in one."""
    rows = sorted(([line] for line in made.lines if line.text.strip()), key=lambda row: row[0].box[1::-1])
    for one in rows:
        for two in rows:
            if one is not two and one and two and _near(one[-1], two[0]) and rng.random() < 0.6:
                one += two
                two.clear()
    height, width = made.rgb.shape[:2]
    found = []
    for row in filter(None, rows):
        boxes = np.array([line.box for line in row])
        x0, y0, x1, y1 = [*boxes[:, :2].min(0), *boxes[:, 2:].max(0)]
        left, top, right, bottom = (y1 - y0) * rng.uniform(-0.05, 0.08, 4) + rng.normal(0, 0.8, 4)
        x0, x1 = np.clip([x0 - left, x1 + right], 0, width - 1).round()
        y0, y1 = np.clip([y0 - top, y1 + bottom], 0, height - 1).round()
        found.append(Line(np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]], np.float32), 0.9))
    return reading_order(found)


def _near(one: SetLine, two: SetLine) -> bool:
    height = one.box[3] - one.box[1]
    level = abs(one.baseline - two.baseline) < 0.15 * height
    return level and 0 < two.box[0] - one.box[2] < 0.8 * height and one.size == two.size


def text_pool(corpora: Path, side: int) -> TextPool:
    """side: 0 for the source language, 1 for the target language."""
    texts: list[str] = []
    for name in CORPORA:
        with gzip.open(corpora / f"{name}.de-en.tsv.gz", "rt", encoding="utf-8") as file:
            rows = file.readlines()
        some = (clean(row.rstrip("\n").split("\t")[side]) for row in rows[:: max(len(rows) // MOST, 1)])
        texts += [text for text in some if text and drawable(text)]
    return TextPool.of(texts)


def weights_of_faces() -> list[tuple[FontFace, FontFace]]:
    """Regular and bold faces of one family."""
    families: dict[str, dict[str, FontFace]] = {}
    for face in find_fonts():
        families.setdefault(face.family, {})[face.style] = face
    return [
        (family[one], family[two])
        for family in families.values()
        for one, two in WEIGHTS
        if one in family and two in family
    ]


# Lines as the first look and the reader would know them


def simulated(made: Document, rng: np.random.Generator) -> tuple[list[Facts], list[int]]:
    """The lines of a page with errors of measuring and reading, and their blocks."""
    rough = float(rng.choice([0.4, 1.0, 1.8]))  # × the errors: from a screenshot to a photo
    lines = [line for line in made.lines if line.text.strip()]
    known = [_measured(line, rough, rng) for line in lines]
    known = _with_even_sizes(known, [line.size for line in lines])
    kept = [i for i in range(len(lines)) if rng.random() > 0.004]  # the others are not found
    if (
        rng.random() < CROPPED and len(kept) > 1
    ):  # a part of the page: a sign, a menu, what someone has cut out
        first = lines[kept[int(rng.integers(len(kept)))]]
        x, y, reach = first.box[0], first.box[1], first.size * rng.uniform(2, 12)
        kept = [
            i for i in kept if abs(lines[i].box[0] - x) < 2 * reach and 0 <= lines[i].box[1] - y + 1 < reach
        ]
    return [known[i] for i in kept], [lines[i].block for i in kept]


def _measured(line: SetLine, rough: float, rng: np.random.Generator) -> Facts:
    scale, thick = _of_face(line.face)
    size = line.size * scale
    x0, _, x1, _ = line.box
    sign = re.match(r"[–•] ", line.text) is not None and rng.random() < 0.85  # it is seen as a bullet
    start = 2 if sign else 0
    words = line.text[start:].split(" ")
    after = start + len(words[0])
    if sign:
        x0 = float(line.edges[2])
    length = (x1 - x0) / size
    short = 1 / np.sqrt(max(length, 1.0))
    em = size * np.exp(rng.normal(0, (0.008 + 0.03 * short) * rough))
    unsure = not any(c.isupper() or c in "bdfhklt" for c in line.text) or (length < 4 and rng.random() < 0.08)
    if unsure:
        em *= np.exp(rng.choice([0, 0, 0.3, -0.3]) * rng.random())
    elif length < 4 and rng.random() < 0.06 * rough:
        em *= np.exp(rng.normal(0, 0.12))
    y = line.baseline + rng.normal(0, 0.02 * rough) * size + 0.5 * (rng.random() < 0.2)
    ends = np.array([[x0, y], [x1, y]])
    ends[:, 0] += rng.normal(0, 0.03 * rough, 2) * size
    word = float(line.edges[after] - line.edges[start]) / em
    if len(words) > 1 and rng.random() < 0.04:  # a gap between words is not seen
        word *= rng.uniform(1, 2.5)
    ink = np.array(line.ink)
    paler = abs(rng.normal(0, 4 * rough + 10 * (line.size < 15))) * rng.random() * np.sign(128 - ink.mean())
    colour = ink + rng.normal(0, 3 * rough, 3) + paler
    bullet = line.bullet and rng.random() < 0.93
    return Facts(
        ends=ends,
        direction=np.array([1.0, 0.0]),
        em=float(em),
        box=(line.box[3] - line.box[1]) * float(rng.uniform(0.95, 1.12)),
        stem=float(thick * np.exp(rng.normal(0, (0.03 + 0.06 * short) * rough))),
        colour=(float(colour[0]), float(colour[1]), float(colour[2])),
        word=min(word, (x1 - x0) / em),
        bullet=float(line.edges[after + 1] - line.edges[start]) / em if len(words) > 1 else FAR,
        item=bool(sign or bullet or rng.random() < 0.003),
        unsure=bool(unsure),
        text=_read(line.text[start:], rng),
    )


@lru_cache(maxsize=256)
def _of_face(face: FontFace) -> tuple[float, float]:
    """What a face of size 1 measures, and its strokes in strip px."""
    size = 22
    ink = render_ink(
        "Handgloves Übergrößte Zeichen pqy", Style(face, size, 23), left=12
    ).coverage / np.float32(255)
    found = measure(ink)
    scale = found.em / size if found else 1.0
    return scale, stem(ink) * EM / (size * scale)


def _read(text: str, rng: np.random.Generator) -> str:
    """Three texts in ten have something wrong."""
    letters, place, kind = list(text), int(rng.integers(len(text))), rng.random()
    if rng.random() < 0.7 or len(text) < 2:
        return text
    if kind < 0.25:
        letters[place] = "abcdeilnorst.,1l"[rng.integers(16)]
    elif kind < 0.4:
        del letters[place]
    elif kind < 0.6 and letters[-1] in ".,;:!?-":
        letters.pop()
    elif kind < 0.65:
        letters[0] = letters[0].swapcase()
    return "".join(letters).strip()


def _with_even_sizes(lines: list[Facts], sizes: Sequence[int]) -> list[Facts]:
    """As `page.layout.sizes` does: sizes of short lines move towards those of lines in the same type. sizes: the true ones."""
    em = np.array([line.em for line in lines])
    length = np.array([line.ends[1, 0] - line.ends[0, 0] for line in lines])
    result = []
    for line, size in zip(lines, sizes, strict=True):
        same = np.array(sizes) == size
        usual = float(np.exp(np.average(np.log(em[same]), weights=length[same] + 1)))
        own = (line.ends[1, 0] - line.ends[0, 0]) / line.em
        trust = own / (own + 5) if line.unsure or 0.8 < usual / line.em < 1.25 else 1.0
        result.append(replace(line, em=line.em**trust * usual ** (1 - trust)))
    return result


# Training


def train(corpora: Path, out: Path, count: int) -> None:
    """Writes the network that was trained on `count` pages."""
    pools, faces = [text_pool(corpora, side) for side in (0, 1)], weights_of_faces()
    kinds = [kind for kind in KINDS if kind not in HELD_OUT]
    features, wanted = [], []
    for n in range(count):
        side, rng = n // len(kinds) % 2, np.random.default_rng((25, n))
        lines, blocks = simulated(document(kinds[n % len(kinds)], pools[side], faces, rng, draw=False), rng)
        asked = pairs(Layout(lines, LANGUAGES[side].packs.source))
        features.append(asked.features.astype(np.float32))
        wanted.append(next_of_block(blocks, asked.numbers))
        if n % 200 == 199:
            print(f"{n + 1} pages", flush=True)
    read, goes_on = np.concatenate(features), np.concatenate(wanted)
    unread = read.copy()
    unread[:, len(GEOMETRY) :] = 0
    x, y = np.concatenate([read, unread]), np.concatenate([goes_on, goes_on])
    print(f"{len(y)} pairs, {100 * y.mean():.0f} % go on")
    save_file(fit(x, y), out)


def next_of_block(blocks: Sequence[int], numbers: np.ndarray) -> np.ndarray:
    """Of pairs of lines, (N, 2), whether the second is the next line of the first one's block, (N,) of 0 and 1."""
    last: dict[int, int] = {}
    after: dict[int, int] = {}
    for i, block in enumerate(blocks):
        if block in last:
            after[last[block]] = i
        last[block] = i
    return np.array([after.get(i) == j for i, j in numbers.tolist()], np.float32)


def fit(x: np.ndarray, y: np.ndarray) -> dict[str, np.ndarray]:
    """One hidden layer on standardised features (N, F), and 0 or 1 for each, (N,).

    It is several networks in one: the mean of their odds varies less from one training to the next.
    """
    mean, spread = x.mean(0), x.std(0) + np.float32(1e-3)
    data = torch.tensor(np.clip((x - mean) / spread, -UNUSUAL, UNUSUAL))
    aim = torch.tensor(y) * 0.98 + 0.01  # some labels of a renderer are not what a reader would say
    nets = [_fit_one(data, aim, seed) for seed in range(NETWORKS)]
    layers = [[parameter.detach().numpy() for parameter in net.parameters()] for net in nets]
    hidden, bias, out, out_bias = zip(*layers, strict=True)
    return {
        "mean": mean,
        "spread": spread,
        "hidden.weight": np.concatenate(hidden),
        "hidden.bias": np.concatenate(bias),
        "out.weight": np.concatenate(out, axis=1) / NETWORKS,
        "out.bias": np.mean(out_bias, axis=0),
    }


def _fit_one(data: torch.Tensor, aim: torch.Tensor, seed: int) -> torch.nn.Sequential:
    torch.manual_seed(seed)
    net = torch.nn.Sequential(
        torch.nn.Linear(data.shape[1], HIDDEN), torch.nn.ReLU(), torch.nn.Linear(HIDDEN, 1)
    )
    optimiser = torch.optim.AdamW(net.parameters(), weight_decay=1e-2)
    steps = EPOCHS * -(-len(data) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 6e-3, total_steps=steps)
    loss_of: Callable[..., torch.Tensor] = torch.nn.functional.binary_cross_entropy_with_logits
    losses: list[float] = []
    for _ in range(EPOCHS):
        losses.clear()
        for some in torch.randperm(len(data)).split(BATCH):
            loss = loss_of(net(data[some])[:, 0], aim[some])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            losses.append(loss.item())
    print(f"network {seed + 1}: loss {np.mean(losses):.4f}", flush=True)
    return net


if __name__ == "__main__":
    main()
