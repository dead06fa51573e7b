"""Stage `separator`: the U-Net learns ink and erase masks on strips painted over plain, gradient, texture and photo.

In translating, the network looks at a line twice; the second time it is told the colour of the ink that it found first. So in
training a third of the strips comes without a colour, a third with the colour that the network finds in a first look, and a
third with the true colour. The true colour stands for a first look at the whole line, which is less often wrong than one at
the part that is trained on.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, get_args

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from iimt_cli.config import Preset
from iimt_cli.data.backgrounds import KINDS, SHAPES, Backgrounds
from iimt_cli.data.scene import Painted, paint_strip
from iimt_cli.model.checkpoint import load_part, save_part
from iimt_cli.model.convolution import widen
from iimt_cli.model.separator import Separator
from iimt_cli.model.strips import stack_pixels
from iimt_cli.page.arrays import Colour
from iimt_cli.page.ink.style import ink_colour
from iimt_cli.training.scoring import as_picture
from iimt_cli.training.stage import Evaluation, Share, Stage
from iimt_cli.training.strips import Pools, StripSource

HARD = (*KINDS, "photo", "photo", SHAPES)  # backgrounds, one of the seven at random


Told = Literal["nothing", "what it finds", "the truth"]


@dataclass(frozen=True)
class _Part:
    """Some columns of a painted strip, the colour of the ink in the whole strip, and which colour the network is told."""

    painted: Painted
    colour: Colour
    told: Told


class SeparatorStage(Stage):
    name = "separator"

    def __init__(
        self,
        preset: Preset,
        run: Path,
        seed: int,
        strips: StripSource,
        backgrounds: tuple[Backgrounds, Backgrounds],
    ) -> None:
        """`backgrounds`: to train on, and held out."""
        super().__init__(preset, run, seed)
        self.separator = Separator(preset.separator)
        self._source, (seen, self._unseen) = strips, backgrounds
        self._seen = replace(seen, kinds=HARD)
        if (run / "separator.safetensors").exists():
            load_part(run / "separator.safetensors", self.separator)
        self._pools = Pools(
            self._make, lambda p: p.painted.rgb.shape[1], self.settings.batch, self.rng, batches=6
        )

    @property
    def module(self) -> nn.Module:
        return self.separator

    def _make(self, rng: np.random.Generator) -> _Part:
        """One painted strip, cut to at most 256 px: whether a pixel is ink depends on its surroundings, not on the
        whole line."""
        painted = self._paint(rng, self._source.fonts.seen, self._seen)
        width = min(256, painted.rgb.shape[1])
        start = int(rng.integers(painted.rgb.shape[1] - width + 1))
        part = (m[:, start : start + width] for m in (painted.rgb, painted.ink, painted.erase))
        told: Told = get_args(Told)[rng.integers(3)]
        return _Part(Painted(*part), ink_colour(painted.rgb, painted.ink / 255), told)

    def _paint(self, rng: np.random.Generator, faces: Sequence, backgrounds: Backgrounds) -> Painted:
        ink = self._source.render(self._source.text(rng), self._source.style(rng, faces), rng)
        height, width = ink.coverage.shape
        background, _ = backgrounds.sample(height, width, rng)
        return paint_strip(ink, background, rng)

    def loss(self, step: int, share: Share) -> tuple[Tensor, int, dict[str, float]]:
        parts = share.of(self._pools.batch(step))
        strips = [part.painted for part in parts]
        device = self.separator.out.weight.device
        rgb, mask = stack_pixels([s.rgb for s in strips], self.separator.multiple)
        wanted, _ = stack_pixels([np.dstack([s.ink, s.erase]) for s in strips], self.separator.multiple)
        rgb, mask, wanted = rgb.to(device), mask.to(device), wanted.to(device)
        colours = first_colours(self.separator, [s.rgb for s in strips], rgb, mask)
        for i, part in enumerate(parts):
            if part.told == "nothing":
                colours[i] = torch.nan
            elif part.told == "the truth":
                colours[i] = colours.new_tensor(part.colour) / 255
        logits = self.separator(rgb, mask, colours)
        # Cross-entropy of each pixel, and soft Dice, which counts thin letters as much as the large background.
        real = widen(mask, logits.shape[3])[:, None, None]
        entropy = F.binary_cross_entropy_with_logits(logits, wanted, reduction="none")
        entropy = (entropy * real).sum((1, 2, 3)) / (2 * logits.shape[2] * real.sum((1, 2, 3)))
        found = logits.sigmoid() * real
        dice = 1 - (2 * (found * wanted).sum((2, 3)) + 1) / ((found + wanted).sum((2, 3)) + 1)
        return (entropy * 3 + dice.mean(1)).sum(), len(strips), {}

    def evaluate(self) -> Evaluation:
        overlaps, rows = [], []
        for i in range(60):
            painted = self._paint(np.random.default_rng((96, i)), self._source.fonts.unseen, self._unseen)
            ink, erase = look_twice(self.separator, painted.rgb)
            overlaps.append([_overlap(ink, painted.ink), _overlap(erase, painted.erase)])
            if i < 14:
                strips = [painted.rgb, as_picture(ink), as_picture(erase), as_picture(painted.ink)]
                rows.append(
                    (f"IoU ink {overlaps[-1][0]:.2f} erase {overlaps[-1][1]:.2f}", np.concatenate(strips))
                )
        ink_iou, erase_iou = np.mean(overlaps, axis=0)
        return Evaluation({"iou_ink": float(ink_iou), "iou_erase": float(erase_iou)}, rows)

    def save(self) -> None:
        save_part(self.run / "separator.safetensors", self.separator)


@torch.no_grad()
def first_colours(separator: Separator, strips: Sequence[np.ndarray], rgb: Tensor, mask: Tensor) -> Tensor:
    """The colour, RGB 0..1 (B, 3), of the ink that a first look finds in each strip; NaN where it finds none.

    `strips` are uint8 [H, W, 3]; `rgb` and `mask` are the same strips, stacked.
    """
    found = separator(rgb, mask)[:, 0].sigmoid().cpu().numpy()
    colours = rgb.new_full((len(strips), 3), torch.nan)
    for i, (strip, ink) in enumerate(zip(strips, found, strict=True)):
        ink = ink[:, : strip.shape[1]]
        if ink.max() > 0.3:
            colours[i] = rgb.new_tensor(ink_colour(strip, ink)) / 255
    return colours


@torch.inference_mode()
def look_twice(separator: Separator, strip: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Ink and erase mask, float32 [H, W], of a strip, uint8 [H, W, 3], found in two looks as in translating."""
    device = separator.out.weight.device
    rgb, mask = (part.to(device) for part in stack_pixels([strip], separator.multiple))
    colours = first_colours(separator, [strip], rgb, mask)
    ink, erase = separator(rgb, mask, colours)[0, :, :, : strip.shape[1]].sigmoid().cpu().numpy()
    return ink, erase


def _overlap(found: np.ndarray, wanted: np.ndarray) -> float:
    """Intersection over union of the pixels that are at least half covered: `found` is 0..1, `wanted` 0..255."""
    a, b = found > 0.5, wanted > 127
    return float((a & b).sum() / max(1, (a | b).sum()))
