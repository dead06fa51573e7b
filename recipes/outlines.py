"""Smooth outlines for large letters: trains the network that finds them in ink as the model draws it, and measures them.

    python recipes/outlines.py train WEIGHTS CORPUS OUT.safetensors [--count N] [--minutes M] [--fonts FOLDER]
    python recipes/outlines.py measure WEIGHTS CORPUS [--count N] [--fonts FOLDER]

WEIGHTS has the drawer, CORPUS is a file of parallel text. Each strip is drawn by the drawer where the renderer wrote it: the
places of the letters are given, their shapes are not. So the same letters, rendered eight times as large, tell where the
outlines should be. A tenth of the families of faces is never trained on; `measure` has no others. It prints how far the
enlarged letters are from those of the face (mean difference of coverage), and how long their outlines are (the face's are 1):
an outline that wavers is longer, one that is too round is shorter; both beside those of ink that is enlarged without it.

The shipped network has seen 5,000 strips in 551 faces of 70 families of the Fontsource and Debian packages (8 minutes of one
core to draw them, 30 to train). On 104 strips in the faces held out it is off by 0.046 (0.051 without it), the length is 0.968
(0.942). OUT becomes `iimt_cli/page/typeset/outlines.safetensors`, which is what `measure` weighs.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from safetensors.numpy import save_file

from iimt_cli.data.corpora import Corpus, read_pairs
from iimt_cli.data.fonts import FontFace, find_fonts
from iimt_cli.data.render import Ink, Style, degrade_ink, render_ink
from iimt_cli.errors import IimtError
from iimt_cli.model.strips import stack
from iimt_cli.page.rectify import HEIGHT
from iimt_cli.page.typeset.outlines import FINE, distances
from iimt_cli.training.drawing import gold_layout, token_logits
from iimt_cli.training.strips import Fonts, StripSource
from iimt_cli.translation.translator import StripTranslator

HELD_OUT = slice(3, None, 10)  # of the families, sorted
RENDERED = 8  # × as large as a strip letters are rendered, from which the outlines are taken
LONGEST = 32  # characters of a text
# Shares of texts of 1 to 4 words; of those with a capital first; of those in capitals.
SHORT, TITLE, CAPITALS = 0.6, 0.4, 0.15
TOLD = 1.5  # strip px: distances are trained up to here
LEVELS = 63  # of a strip px in which distances are kept
FAR = 2.0  # strip px: larger distances are kept as this
# Shares of strips as they were rendered and as a separator finds them: what is copied from the picture is such ink.
CLEAN, FOUND = 0.1, 0.05
BLURRED = 0.7  # share of the given strips that are as a separator finds them
TOGETHER = 8  # strips that are drawn in one call
WINDOW, BATCH = 128, 16  # columns of a strip that are trained with; strips
# Learning rate; steps until it is reached; share of the time before it falls to zero.
RATE, WARMUP, HOLD = 2e-3, 200, 0.3
SIZES = (32, 64, 128)  # channels at full, half and quarter size


@dataclass(frozen=True)
class Sample:
    """Ink (32, W), 0..255, and the distances from its outlines (FINE · 32, FINE · W), in LEVELS of a strip px."""

    ink: np.ndarray
    wanted: np.ndarray


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    for name, count in (("train", 5000), ("measure", 100)):
        command = commands.add_parser(name)
        command.add_argument("weights", type=Path)
        command.add_argument("corpus", type=Path)
        if name == "train":
            command.add_argument("out", type=Path)
            command.add_argument("--minutes", type=float, default=30.0)
        command.add_argument("--fonts", type=Path, action="append", default=[], metavar="FOLDER")
        command.add_argument("--count", type=int, default=count, metavar="N", help="Strips.")
    options = parser.parse_args()
    torch.set_num_threads(1)
    translator = StripTranslator.load(options.weights)
    faces = find_fonts(options.fonts, alphabet=translator.preset.characters)
    held_out = set(sorted({face.family for face in faces})[HELD_OUT])
    training = options.command == "train"
    faces = [face for face in faces if (face.family in held_out) != training]
    made = samples(translator, options.corpus, faces, options.count, seed=1 if training else 2)
    if training:
        save_file(fit(list(made), options.minutes), options.out)
    else:
        measure(made)


def samples(
    translator: StripTranslator, corpus: Path, faces: Sequence[FontFace], count: int, seed: int
) -> Iterator[Sample]:
    """Strips in some faces, most of them drawn by the system's drawer."""
    source = StripSource(
        translator.preset, [Corpus(corpus, tuple(read_pairs([corpus])))], Fonts(faces, faces)
    )
    rng, patch = np.random.default_rng(seed), translator.preset.canvas.patch
    made = 0
    while made < count:
        given, inks, wanted = list[np.ndarray](), list[Ink](), list[np.ndarray]()
        while len(inks) < TOGETHER:
            style = replace(source.style(rng, faces), stroke=0.0)
            try:
                strip = source.render(source.pair(rng).source[:LONGEST], style, rng).coverage
                ink, distance = rendered(_text(source, rng), style, patch)
            except IimtError:  # the face lacks a character
                continue
            given.append(degrade_ink(strip, rng) if rng.random() < BLURRED else strip)
            inks.append(ink)
            wanted.append(distance)
        for ink, drawn, distance in zip(inks, draw(translator, given, inks), wanted, strict=True):
            kind = rng.random()
            if kind < CLEAN:
                drawn = ink.coverage
            elif kind < CLEAN + FOUND:
                drawn = degrade_ink(ink.coverage, rng)
            yield Sample(drawn, distance)
        made += TOGETHER


def _text(source: StripSource, rng: np.random.Generator) -> str:
    text = source.text(rng)
    if rng.random() < SHORT:
        words, length = text.split(), int(rng.integers(1, 5))
        first = int(rng.integers(max(1, len(words) - length)))
        text = " ".join(words[first : first + length])
        if rng.random() < TITLE:
            text = text[:1].upper() + text[1:]
        if rng.random() < CAPITALS:
            text = text.upper()
    return text[:LONGEST].strip() or "x"


def rendered(text: str, style: Style, patch: int) -> tuple[Ink, np.ndarray]:
    """A text as a strip, and the distances from its outlines, as in `Sample`."""
    large = replace(
        style,
        size=RENDERED * style.size,
        baseline=RENDERED * style.baseline,
        tracking=RENDERED * style.tracking,
    )
    ink = render_ink(text, large, height=RENDERED * HEIGHT, patch=RENDERED * patch, left=RENDERED * 6)
    height, width = ink.coverage.shape
    solid = (ink.coverage > 127).astype(np.uint8)
    distance = cv2.distanceTransform(solid, cv2.DIST_L2, 5) - cv2.distanceTransform(1 - solid, cv2.DIST_L2, 5)
    size = (width * FINE // RENDERED, height * FINE // RENDERED)
    fine = cv2.resize(np.clip(distance / RENDERED, -FAR, FAR), size, interpolation=cv2.INTER_AREA)
    small = cv2.resize(ink.coverage, (width // RENDERED, HEIGHT), interpolation=cv2.INTER_AREA)
    return Ink(small, text, ink.edges / RENDERED), np.rint(LEVELS * fine).astype(np.int8)


@torch.inference_mode()
def draw(translator: StripTranslator, given: Sequence[np.ndarray], inks: Sequence[Ink]) -> list[np.ndarray]:
    """The texts of inks as the drawer draws them at the same places, in the type of `given` strips; 0..255."""
    model, preset = translator.model, translator.preset
    source = stack(given, preset.canvas.patch)
    target = stack([ink.coverage for ink in inks], preset.canvas.patch)
    stem, states, frames, _ = model.image_encoder.read(source.ink, source.mask)
    visual = model.image_encoder.look(stem, states, frames)
    layout = gold_layout(inks, target.mask, preset.characters)
    characters = model.image_decoder.character_states(layout.characters)
    tokens = torch.zeros(target.mask.shape, dtype=torch.long)
    logits = token_logits(model.image_decoder, tokens, characters, layout, visual, frames)
    tokens = tokens.masked_scatter(layout.mask, model.image_decoder.head.pick(logits))
    drawn = np.rint(255 * model.image_tokenizer.decode(tokens, layout.mask).float().numpy()).astype(np.uint8)
    return [one[:, : ink.coverage.shape[1]] for one, ink in zip(drawn, inks, strict=True)]


class Block(torch.nn.Module):
    def __init__(self, size: int) -> None:
        super().__init__()
        self.a, self.b = (torch.nn.Conv2d(size, size, 3, padding=1) for _ in range(2))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.b(F.relu(self.a(F.relu(x))))


class Net(torch.nn.Module):
    """As `iimt_cli.page.typeset.outlines.distances` computes it: ink (B, 1, 32, W) → distances (B, 32 FINE, W FINE)."""

    def __init__(self) -> None:
        super().__init__()
        large, middle, small = SIZES
        self.stem, self.e0 = torch.nn.Conv2d(1, large, 5, padding=2), _blocks(large, 1)
        self.d1, self.e1 = torch.nn.Conv2d(large, middle, 2, stride=2), _blocks(middle, 2)
        self.d2, self.e2 = torch.nn.Conv2d(middle, small, 2, stride=2), _blocks(small, 3)
        self.u1, self.f1 = torch.nn.Conv2d(small, 4 * middle, 1), _blocks(middle, 2)
        self.u0, self.f0 = torch.nn.Conv2d(middle, 4 * large, 1), _blocks(large, 2)
        self.out = torch.nn.Conv2d(large, FINE * FINE, 3, padding=1)

    def forward(self, ink: torch.Tensor) -> torch.Tensor:
        large = self.e0(self.stem(ink))
        middle = self.e1(self.d1(large))
        small = self.e2(self.d2(middle))
        middle = self.f1(middle + F.pixel_shuffle(self.u1(small), 2))
        large = self.f0(large + F.pixel_shuffle(self.u0(middle), 2))
        return F.pixel_shuffle(self.out(F.relu(large)), FINE)[:, 0]


def _blocks(size: int, count: int) -> torch.nn.Sequential:
    return torch.nn.Sequential(*(Block(size) for _ in range(count)))


def fit(made: Sequence[Sample], minutes: float) -> dict[str, np.ndarray]:
    """The weights of the network, as `iimt_cli.page.typeset.outlines` takes them, in half precision."""
    torch.manual_seed(0)
    rng, net = np.random.default_rng(0), Net().to(memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(net.parameters(), RATE, weight_decay=1e-2)
    begun, losses = time.monotonic(), list[float]()
    while (done := (time.monotonic() - begun) / (60 * minutes)) < 1:
        for group in optimiser.param_groups:
            group["lr"] = RATE * min(1, (len(losses) + 1) / WARMUP, (1 - done) / (1 - HOLD))
        inks, wanted = zip(*(_crop(made[i], rng) for i in rng.integers(len(made), size=BATCH)), strict=True)
        given = torch.from_numpy(np.stack(inks))[:, None].to(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16):
            found = net(given)
        told = torch.from_numpy(np.stack(wanted))
        loss = _loss(found.float(), told)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimiser.step()
        losses.append(loss.item())
        if len(losses) % 200 == 0:
            print(f"step {len(losses)}: {np.mean(losses[-200:]):.4f}", flush=True)
    return {name: _shipped(name, values) for name, values in net.state_dict().items()}


def _crop(sample: Sample, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Some columns of a strip, 0..1, and of its distances, strip px."""
    first = int(rng.integers(max(sample.ink.shape[1] - WINDOW, 0) + 1))
    ink = sample.ink[:, first : first + WINDOW]
    wanted = sample.wanted[:, FINE * first : FINE * (first + WINDOW)]
    beyond = WINDOW - ink.shape[1]
    return (
        np.pad(ink, ((0, 0), (0, beyond))).astype(np.float32) / 255,
        np.pad(wanted / np.float32(LEVELS), ((0, 0), (0, FINE * beyond)), constant_values=-FAR),
    )


def _loss(found: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """Of distances, and of what is covered: a place is halfway between ink and ground where its distance is 0."""
    far = F.smooth_l1_loss(found.clamp(-TOLD, TOLD), wanted.clamp(-TOLD, TOLD), beta=0.1)
    covered = (2 * FINE * wanted + 0.5).clamp(0, 1)
    return far + 0.5 * F.binary_cross_entropy_with_logits(6 * found, covered)


def _shipped(name: str, values: torch.Tensor) -> np.ndarray:
    """(taps, taps, C, D) of a convolution, (C, D) of an upsampling."""
    array = values.numpy()
    if array.ndim == 4:
        array = array[:, :, 0, 0].T if name[0] == "u" else array.transpose(2, 3, 1, 0)
    return np.ascontiguousarray(array).astype(np.float16)


def measure(made: Iterator[Sample]) -> None:
    """Prints how far enlarged letters are from those of the face, and how long their outlines are."""
    off, length = list[list[float]](), list[list[float]]()
    for sample in made:
        ink = sample.ink / np.float32(255)
        size = (sample.wanted.shape[1], sample.wanted.shape[0])
        enlarged = FINE * (cv2.resize(ink, size, interpolation=cv2.INTER_CUBIC) - 0.5)
        true, plain, ours = (
            np.clip(some + 0.5, 0, 1)
            for some in (FINE * (sample.wanted / LEVELS), enlarged, FINE * distances(ink))
        )
        off.append([float(np.abs(some - true).mean()) for some in (plain, ours)])
        length.append([_outline(some) / max(_outline(true), 1) for some in (plain, ours)])
    print(
        f"{len(off)} strips: off by {np.mean(off, axis=0).round(4)}, length {np.median(length, axis=0).round(3)}"
    )
    print("(enlarged without the network, with it)")


def _outline(covered: np.ndarray) -> float:
    return float(np.hypot(np.diff(covered, axis=1)[:-1], np.diff(covered, axis=0)[:, :-1]).sum())


if __name__ == "__main__":
    main()
