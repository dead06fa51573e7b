"""What is no letter among the letters of a line: trains the networks that decide it, and measures what becomes of pictures.

    python recipes/symbols.py train WEIGHTS CORPORA OUT.safetensors [--count N] [--fonts FOLDER]
    python recipes/symbols.py measure WEIGHTS CORPORA [--count N] [--seed N]

WEIGHTS has the separator, CORPORA is a folder of NAME.de-en.tsv.gz. Sheets are those of `iimt_cli.data.furnished`. A third of
the fonts of this machine and the kinds in `iimt_cli.data.symbols.HELD_OUT` are never trained on; `measure` has no others.
There the detector finds the lines, and printed is how many symbols and rules keep their pixels when the text is erased
(`read_page`, with the reader), and how many words within the lines keep theirs, too, which is wrong.

Training with 900 sheets takes some 16 minutes of one core. One network sees how a group looks; OUT becomes
`iimt_cli/page/layout/symbols.safetensors`. The other one sees the reader's states. It is written to WEIGHTS, whose checksums
are wrong then. The last sheets are not trained with. How a group looks and how it is read are weighed on them, with the second
network and without it, and printed is what becomes of their symbols and letters from which probability on. `LIKELY`, `SURE`
and `READ_LIKELY` of `iimt_cli.page.layout.symbols` are chosen from that.

The shipped files were made in two runs, with a folder of 84 more files of fonts: the first network with 450 sheets of `--count
500`, the second one with 600 of `--count 700`; both are weighed on the other 100.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import torch
from grouping import text_pool
from safetensors.numpy import save_file

from iimt_cli.data.fonts import find_fonts
from iimt_cli.data.furnished import Furnished, furnished
from iimt_cli.data.symbols import HELD_OUT, KINDS
from iimt_cli.language import language
from iimt_cli.model.checkpoint import load_symbols, save_part
from iimt_cli.model.symbols import DOUBTS, SymbolEstimator
from iimt_cli.page import Picture, read_page
from iimt_cli.page.arrays import Coverage, Span
from iimt_cli.page.layout.find import find_lines
from iimt_cli.page.layout.line import Line
from iimt_cli.page.layout.looks import looker, own_lines
from iimt_cli.page.layout.symbols import (
    ASKED,
    NAMES,
    PATCH,
    UNUSUAL,
    Letters,
    Suspect,
    chances,
    doubtful,
    groups,
    signs,
    weighed,
)
from iimt_cli.page.paragraphs import TextLine
from iimt_cli.page.rectify import cut
from iimt_cli.page.tracking import tracking
from iimt_cli.translation.batches import batches
from iimt_cli.translation.translator import StripTranslator
from iimt_cli.weights import SYMBOLS

SIZE = (560, 760)  # height, width of a sheet, px
LOOKALIKES = language("de").sample.lookalikes
HELD_OUT_FACES = slice(2, None, 3)
SEED, TRAINED = 27, 0.9  # of the sheets; the share that is trained with
SCATTERED = 5  # to so many sheets of lines comes one of scattered words
EPOCHS, BATCH, RATE = 8, 128, 3e-3
ESTIMATOR_EPOCHS, DECAY = 10, 0.05  # of what looks at the reader's states
ROUNDS, SMALL = 200, 1e-4  # of fitting the weights of readings; how much they are kept small
CHANNELS, HIDDEN, DROPPED = (4, 8, 16, 24), 32, 0.2
UNSURE = (0.25, 0.6)  # share of symbols in the ink of a group: then it is neither
LEAST = 2.0  # px of ink: less tells nothing
ABOVE, BELOW = 1.1, 0.45  # em from the baseline: rows in which the truth is asked
UNTOUCHED, ERASED, UNBROKEN = (
    0.98,
    0.5,
    0.9,
)  # shares of the pixels of a symbol, word, rule that keep their colour
NEAR_LINE = 3  # px by which a line under words may be off where it is known to be
SAME, ALIKE = 2, 12  # levels by which a pixel may differ that keeps its colour; the same in a rule


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    for name, count in (("train", 900), ("measure", 60)):
        command = commands.add_parser(name)
        command.add_argument("weights", type=Path)
        command.add_argument("corpora", type=Path)
        if name == "train":
            command.add_argument("out", type=Path)
            command.add_argument("--fonts", type=Path, action="append", default=[], metavar="FOLDER")
        else:
            command.add_argument("--seed", type=int, default=25, metavar="N")
        command.add_argument("--count", type=int, default=count, metavar="N", help="Sheets.")
    options = parser.parse_args()
    torch.set_num_threads(1)
    translator = StripTranslator.load(options.weights)
    if options.command == "train":
        train(options.corpora, options.count, options.fonts, translator, options.weights, options.out)
    else:
        measure(sheets(options.corpora, range(options.count), options.seed), translator)


def sheets(
    corpora: Path,
    numbers: Sequence[int],
    seed: int,
    held_out: bool = True,
    folders: Sequence[Path] = (),
    scattered: bool = False,
) -> Iterator[Furnished]:
    """Sheets with the kinds and faces that are held out, or with the others and those in some folders."""
    pools = [text_pool(corpora, side) for side in (0, 1)]
    faces = find_fonts()[HELD_OUT_FACES]
    if not held_out:
        kept = {(face.family, face.style) for face in faces}
        faces = [face for face in find_fonts(folders) if (face.family, face.style) not in kept]
    kinds = [kind for kind in KINDS if (kind in HELD_OUT) == held_out]
    for n in numbers:
        rng = np.random.default_rng((seed, held_out, n))
        yield furnished(pools[n % 2], faces, kinds, rng, SIZE, LOOKALIKES, scattered)
        if n % 50 == 49:
            print(f"{n + 1} sheets", flush=True)


# Training


@dataclass(frozen=True)
class Labelled:
    """Groups of ink: patches (N, 4, 32, 64), features (N, F), and 1 for symbols, 0 for letters (N,). inks: of lines, closed
    up; lines: number of the line of each group, (N,); columns: of each in that ink."""

    patches: np.ndarray
    features: np.ndarray
    wanted: np.ndarray
    inks: Sequence[Coverage]
    lines: np.ndarray
    columns: Sequence[Span]

    def by_line(self, some: np.ndarray) -> tuple[list[Coverage], list[list[Span]]]:
        """The ink of the lines in which some groups stand, by number in rising order, and the columns of these in each."""
        numbers, starts = np.unique(self.lines[some], return_index=True)
        spans = [[self.columns[n] for n in part] for part in np.split(some, starts[1:])]
        return [self.inks[n].astype(np.float32) for n in numbers], spans


def train(
    corpora: Path, count: int, folders: Sequence[Path], translator: StripTranslator, folder: Path, out: Path
) -> None:
    """Trains with the first sheets; on the others looks and readings are weighed, and it prints what becomes of them.

    What looks at the reader's states is written to the folder of the weights, all else to `out`.
    """

    def made(numbers: range) -> Iterator[Furnished]:
        yield from sheets(corpora, numbers, SEED, False, folders)
        yield from sheets(corpora, numbers[::SCATTERED], SEED, False, folders, scattered=True)

    first = range(round(count * TRAINED))
    known = labelled(made(first), translator)
    weights = fit(known)
    save_part(folder / SYMBOLS, fit_estimator(told(known, translator), known.wanted))
    translator.model.symbols = load_symbols(folder, translator.preset.image_encoder.dim)
    others = labelled(made(range(len(first), count)), translator)
    save_file(weigh(weights, others, translator.read_within), out)


def weigh(weights: dict[str, np.ndarray], made: Labelled, letters: Letters) -> dict[str, np.ndarray]:
    """The weights with those of `weighed`, fitted to groups that no network has seen. Prints what becomes of these."""
    looks = np.concatenate([
        chances(made.patches[some].astype(np.float32), made.features[some], weights)
        for some in np.array_split(np.arange(len(made.wanted)), -(-len(made.wanted) // BATCH))
    ])  # fmt: skip
    lone, wide = doubtful(made.features), made.features[:, NAMES.index("width")]
    for name, own in (("alone or narrow", lone), ("others", ~lone)):
        report(f"{name}, by their looks", looks[own], made.wanted[own])
    asked = np.flatnonzero(looks > ASKED)
    found = [Suspect(made.columns[n], float(looks[n]), bool(lone[n]), float(wide[n])) for n in asked]
    read = [one for some in letters(*made.by_line(asked)) for one in some]
    blind = [replace(one, odds=None) for one in read]
    for name, how in (("read", blind), ("seen", read)):
        weights = {**weights, **regression(name, signs(found, how), made.wanted[asked])}
        both = np.zeros_like(looks)
        both[asked] = weighed(found, how, weights)
        report(f"all, as they look and are {name}", both, made.wanted)
    return weights


def told(made: Labelled, translator: StripTranslator) -> np.ndarray:
    """What the reader's states say of each group: `iimt_cli.model.symbols.told`, float16 (N, D)."""
    inks, spans = made.by_line(np.arange(len(made.wanted)))
    found: dict[int, np.ndarray] = {}
    with torch.inference_mode():
        for numbers, strips in batches(inks, translator.preset.canvas.patch, BATCH, translator.device):
            read = translator.model.read_within(strips.ink, strips.mask, [spans[i] for i in numbers])
            found |= zip(numbers, (one.half().cpu().numpy() for _, one in read), strict=True)
    return np.concatenate([found[i] for i in range(len(inks))])


def fit_estimator(seen: np.ndarray, wanted: np.ndarray) -> SymbolEstimator:
    """The network that tells symbols, (N,), from the reader's states, (N, D)."""
    torch.manual_seed(0)
    x, aim = torch.tensor(seen, dtype=torch.float32), torch.tensor(wanted) * 0.98 + 0.01
    net = SymbolEstimator((x.shape[1] - DOUBTS) // 4)
    net.mean.copy_(x.mean(0))
    net.spread.copy_(x.std(0) + 1e-3)
    descend(net, len(x), ESTIMATOR_EPOCHS, lambda some: net(x[some]), aim, DECAY)
    return net.eval()


def report(name: str, found: np.ndarray, wanted: np.ndarray) -> None:
    """Prints how many symbols are found and how many letters are taken for one, from which probability on."""
    symbols, letters = found[wanted == 1], found[wanted == 0]
    print(f"{name}: {len(symbols)} symbols, {len(letters)} groups of letters")
    for least in np.arange(0.2, 0.96, 0.05):
        kept, lost = 100 * (symbols > least).mean(), (letters > least).sum()
        print(f"  from {least:.2f}: {kept:.1f} % of the symbols, {lost} of the letters")


def regression(name: str, some: np.ndarray, wanted: np.ndarray) -> dict[str, np.ndarray]:
    """The weights of a logistic regression of some signs, (N, S), that says what is wanted, (N,)."""
    x, aim = torch.tensor(some), torch.tensor(wanted)
    net = torch.nn.Linear(x.shape[1], 1)
    optimiser = torch.optim.LBFGS(net.parameters(), max_iter=ROUNDS, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimiser.zero_grad()
        result = torch.nn.functional.binary_cross_entropy_with_logits(net(x)[:, 0], aim)
        result = result + SMALL * (net.weight**2).sum()
        result.backward()
        return result

    optimiser.step(loss)
    return {f"{name}.weight": net.weight.detach().numpy()[0], f"{name}.bias": net.bias.detach().numpy()}


def labelled(made: Iterator[Furnished], translator: StripTranslator) -> Labelled:
    """All groups of ink on some sheets."""
    patches, features, wanted, inks, numbers, columns = [], [], [], [], [], []
    for sheet in made:
        found = [Line(box, 1.0) for box in sheet.boxes]
        with torch.inference_mode():
            lines = own_lines(found, looker(sheet.rgb, translator.separate))
        for line in lines:
            baseline, em = line.own.rough.baseline, line.own.rough.em
            some = groups(line.look.strip, line.own.ink, baseline, em)
            rows = slice(max(int(baseline - ABOVE * em), 0), int(baseline + BELOW * em))
            spaced = tracking(line.own.ink, em)
            inks.append(spaced.closed(line.own.ink).astype(np.float16))
            truth = cut(sheet.truth, line.geometry)[rows].astype(np.float32) / 255
            for n, (left, right) in enumerate(some.columns):
                letters, symbols, rules = truth[:, left:right].sum(axis=(0, 1)).tolist()
                symbols += rules
                share = symbols / (letters + symbols + 1e-6)
                if letters + symbols > LEAST and not UNSURE[0] < share < UNSURE[1]:
                    patches.append(some.patches[n].astype(np.float16))
                    features.append(some.features[n])
                    wanted.append(share > UNSURE[1])
                    numbers.append(len(inks) - 1)
                    columns.append((spaced.column(left), spaced.column(right)))
    known = np.array(patches), np.array(features), np.array(wanted, np.float32)
    return Labelled(*known, inks, np.array(numbers), columns)


class Net(torch.nn.Module):
    """Three convolutions of patches; their result and the features through one hidden layer."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = torch.nn.ModuleList(torch.nn.Conv2d(one, two, 3, 2, 1) for one, two in pairwise(CHANNELS))
        seen = CHANNELS[-1] * PATCH[0] * PATCH[1] // 64
        self.hidden, self.out = torch.nn.Linear(seen + len(NAMES), HIDDEN), torch.nn.Linear(HIDDEN, 1)

    def forward(self, patches: torch.Tensor, features: torch.Tensor) -> torch.Tensor:
        x = patches
        for conv in self.conv:
            x = torch.relu(conv(x))
        dropped = torch.nn.functional.dropout
        x = torch.cat([dropped(x.permute(0, 2, 3, 1).flatten(1), DROPPED, self.training), features], 1)
        odds: torch.Tensor = self.out(dropped(torch.relu(self.hidden(x)), DROPPED, self.training))[:, 0]
        return odds


def fit(made: Labelled) -> dict[str, np.ndarray]:
    """The weights of the network of `iimt_cli.page.layout.symbols`."""
    patches, features, wanted = made.patches, made.features, made.wanted
    print(f"{len(wanted)} groups, {100 * wanted.mean():.0f} % symbols", flush=True)
    mean, spread = features.mean(0), features.std(0) + np.float32(1e-3)
    torch.manual_seed(0)
    net, x, aim = Net(), torch.tensor(patches), torch.tensor(wanted) * 0.98 + 0.01
    seen = torch.tensor(np.clip((features - mean) / spread, -UNUSUAL, UNUSUAL), dtype=torch.float32)
    descend(net, len(x), EPOCHS, lambda some: net(x[some].float(), seen[some]), aim, 1e-2)
    weights = {f"{name}.{n}" if n else name: w for name, n, w in _named(net)}
    return {"mean": mean, "spread": spread, **weights}


def descend(
    net: torch.nn.Module,
    count: int,
    epochs: int,
    odds: Callable[[torch.Tensor], torch.Tensor],
    aim: torch.Tensor,
    decay: float,
) -> None:
    """Trains a network by AdamW. odds: what it says of some of `count` groups, by number; aim: what it should say of each."""
    optimiser = torch.optim.AdamW(net.parameters(), weight_decay=decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=epochs * -(-count // BATCH))
    for epoch in range(epochs):
        losses = []
        for some in torch.randperm(count).split(BATCH):
            loss = torch.nn.functional.binary_cross_entropy_with_logits(odds(some), aim[some])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            losses.append(loss.item())
        print(f"epoch {epoch + 1}: loss {np.mean(losses):.4f}", flush=True)


def _named(net: Net) -> Iterator[tuple[str, str, np.ndarray]]:
    for n, conv in enumerate(net.conv, 1):
        yield f"conv{n}", "weight", conv.weight.detach().numpy()  # type: ignore[union-attr,operator]
        yield f"conv{n}", "bias", conv.bias.detach().numpy()  # type: ignore[union-attr,operator]
    for name in ("hidden", "out"):
        layer = getattr(net, name)
        yield name, "weight", layer.weight.detach().numpy()
        yield name, "bias", layer.bias.detach().numpy()


# Measuring


def measure(made: Iterator[Furnished], translator: StripTranslator) -> None:
    """Prints how many symbols keep their pixels, by kind, how many rules, and how many words.

    A line under words need not keep its pixels: it is erased with its words, and drawn again if the page knows of it.
    """
    kinds, untouched = Counter[str](), Counter[str]()
    rules, unbroken = Counter[str](), Counter[str]()
    words = lost = 0
    for sheet in made:
        found = find_lines(sheet.rgb)
        with torch.inference_mode():
            page = read_page(
                Picture(sheet.rgb),
                translator.separate,
                lambda _, found=found: list(found),  # type: ignore[misc]
                letters=translator.read_within,
            )
        change = np.abs(page.clean[0].astype(int) - sheet.rgb).max(axis=2)
        same = change <= SAME
        for kind, box in sheet.symbols:
            if (share := _share(same, sheet.truth[..., 1], box)) is not None:
                kinds[kind] += 1
                untouched[kind] += share > UNTOUCHED
        alone = np.where(sheet.truth[..., :2].any(axis=2), 0, sheet.truth[..., 2])
        lines = [line for text in page.paragraphs for line in text.lines]
        for kind, box in sheet.rules:
            own = alone.copy()
            for other in (other for _, other in sheet.rules if other != box):
                if _within(other, box):  # a line under words in a frame
                    own[other[1] : other[3], other[0] : other[2]] = 0
            if (share := _share(change <= ALIKE, own, box)) is not None:
                rules[kind] += 1
                goes_with_words = kind == "underline" and any(_under(line, box) for line in lines)
                unbroken[kind] += share > UNBROKEN or goes_with_words
        boxes = np.zeros(same.shape, np.uint8)
        cv2.fillPoly(boxes, [line.quad.astype(np.int32) for line in found], 1)
        for box in sheet.letters:
            share = _share(same, sheet.truth[..., 0], box)
            if share is not None and boxes[box[1] : box[3], box[0] : box[2]].mean() > ERASED:
                words += 1
                lost += share > ERASED
    for kind, count in kinds.items():
        print(f"{kind:12s} {untouched[kind]:4d} of {count:4d} untouched")
    for kind, count in rules.items():
        print(f"{kind:12s} {unbroken[kind]:4d} of {count:4d} unbroken")
    print(f"symbols: {_percent(untouched, kinds)} untouched; rules: {_percent(unbroken, rules)} unbroken")
    print(f"words: {lost} of {words} not erased")


def _within(inner: tuple[int, int, int, int], outer: tuple[int, int, int, int]) -> bool:
    (a, b, c, d), (left, top, right, bottom) = inner, outer
    return left <= a and top <= b and c <= right and d <= bottom


def _under(line: TextLine, box: tuple[int, int, int, int]) -> bool:
    """Whether a line of text has the line in a box under its words: it is drawn again under the new ones."""
    if line.underline is None:
        return False
    columns = np.flatnonzero(line.underline.columns)
    row = (line.underline.rows.start + line.underline.rows.stop) / 2
    (x0, y0), (x1, y1) = line.geometry.to_picture([[columns[0], row], [columns[-1] + 1, row]])
    long = min(x1, box[2]) - max(x0, box[0]) > UNBROKEN * (box[2] - box[0])
    return bool(long and abs((y0 + y1) / 2 - (box[1] + box[3]) / 2) < NEAR_LINE)


def _percent(some: Counter[str], every: Counter[str]) -> str:
    return f"{100 * some.total() / max(every.total(), 1):.1f} % of {every.total()}"


def _share(same: np.ndarray, truth: np.ndarray, box: tuple[int, int, int, int]) -> float | None:
    """Share of the pixels of a symbol or word that have their colour; None if nothing is there."""
    rows, columns = slice(box[1], box[3]), slice(box[0], box[2])
    own = truth[rows, columns] > 128
    return float(same[rows, columns][own].mean()) if own.any() else None


if __name__ == "__main__":
    main()
