"""Image encoder with the OCR head (Translatotron-V, section 3.1): ink strip → visual states and characters.

A convolutional stem turns the strip into one state per 4 px. The lower layers read (CTC head). The upper layers, which also
see the stem directly, compute what the image decoder needs to draw in the same style.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from iimt_cli.config import Canvas
from iimt_cli.config import ImageEncoder as Settings
from iimt_cli.model.attention import EncoderLayer
from iimt_cli.model.convolution import ConvBlock, widen

STRIDE = 4  # px per state
FRAMES = 2  # CTC frames per state: a doubled narrow letter ("ll") needs three frames
BLANK = 0  # the class for no character; class i is character i − 1 of the alphabet


@dataclass(frozen=True)
class Encoded:
    """States: `reading` (B, F, D) of the lower layers, `visual` (B, F, D) of all; `mask` (B, F); `ocr` (B, 2F, classes)."""

    reading: Tensor
    visual: Tensor
    mask: Tensor
    ocr: Tensor


class ImageEncoder(nn.Module):
    def __init__(self, settings: Settings, canvas: Canvas, alphabet: str) -> None:
        super().__init__()
        self.alphabet, self.classes = alphabet, len(alphabet) + 1
        dim = settings.dim
        strides = [(2, 2), (2, 2), *[(2, 1)] * (len(settings.stem) - 2)]
        channels = [1, *settings.stem]
        self.stem = nn.ModuleList(
            ConvBlock(before, after, stride)
            for before, after, stride in zip(channels[:-1], channels[1:], strides, strict=True)
        )
        self.project = nn.Linear(channels[-1] * canvas.height // 2 ** len(strides), dim)
        self.lower = nn.ModuleList(
            EncoderLayer(dim, settings.heads, settings.ff) for _ in range(settings.lower)
        )
        self.ocr_norm, self.ocr = nn.LayerNorm(dim), nn.Linear(dim, FRAMES * self.classes)
        self.skip = nn.Linear(dim, dim)
        self.upper = nn.ModuleList(
            EncoderLayer(dim, settings.heads, settings.ff) for _ in range(settings.upper)
        )
        self.norm = nn.LayerNorm(dim)

    def read(self, ink: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """The reading half: (stem states, reading states, state mask, CTC logits). Ink 0..1 (B, H, W), mask (B, W / 8)."""
        batch, _, width = ink.shape
        if mask is None:
            mask = torch.ones(batch, 1, dtype=torch.bool, device=ink.device)
        stem = self._stem(ink, mask)
        mask = widen(mask, width // STRIDE)
        x = stem
        for layer in self.lower:
            x = layer(x, mask)
        return stem, x, mask, self.ocr(self.ocr_norm(x)).reshape(batch, -1, self.classes)

    def forward(self, ink: Tensor, mask: Tensor | None = None) -> Encoded:
        stem, reading, mask, logits = self.read(ink, mask)
        return Encoded(reading, self.look(stem, reading, mask), mask, logits)

    def _stem(self, ink: Tensor, mask: Tensor) -> Tensor:
        """States (B, F, D) of a strip's frames, from convolutions alone."""
        x = ink[:, None].contiguous(memory_format=torch.channels_last)
        for block in self.stem:
            x = block(x, mask)
        return self.project(x.permute(0, 3, 1, 2).flatten(2))

    def look(self, stem: Tensor, reading: Tensor, mask: Tensor) -> Tensor:
        """The upper half: visual states for the image decoder."""
        x = reading + self.skip(stem)
        for layer in self.upper:
            x = layer(x, mask)
        return self.norm(x)

    @property
    def reader_parameters(self) -> list[nn.Parameter]:
        """The parameters that the stage `reader` trains; the stage `drawer` trains the others."""
        modules = (self.stem, self.project, self.lower, self.ocr_norm, self.ocr)
        return [p for module in modules for p in module.parameters()]


def ctc_loss(logits: Tensor, mask: Tensor, texts: list[str], alphabet: str) -> Tensor:
    """CTC loss of each strip, (B,), divided by its text's length (Graves et al. 2006).

    `logits` (B, 2F, classes), `mask` (B, F).
    """
    labels = [[alphabet.index(c) + 1 for c in text] for text in texts]
    lengths = torch.tensor([len(row) for row in labels])
    flat = torch.tensor([c for row in labels for c in row], dtype=torch.long)
    frames = (mask.sum(1) * FRAMES).cpu()
    log_probs = logits.float().log_softmax(-1).transpose(0, 1)
    if log_probs.device.type == "mps":  # torch has no kernel for it there
        log_probs = log_probs.cpu()
    loss = F.ctc_loss(log_probs, flat, frames, lengths, BLANK, reduction="none", zero_infinity=True)
    return loss.to(logits.device) / lengths.clamp_min(1).to(logits.device)


@dataclass(frozen=True)
class Reading:
    """What was read in one strip: text, CTC frames [start, end) of each character, mean log-probability per character."""

    text: str
    frames: list[tuple[int, int]]
    score: float

    def boundary(self, index: int) -> float:
        """Where character `index` begins: half-way between it and the one before, px from the strip's left edge."""
        before = self.frames[max(0, index - 1)][1]
        after = self.frames[min(index, len(self.frames) - 1)][0]
        return (before + after) / 2 * (STRIDE / FRAMES)


def read_best_path(logits: Tensor, mask: Tensor, alphabet: str) -> list[Reading]:
    """CTC's greedy reading of every strip: repeats merged, blanks dropped. Shapes as in `ctc_loss`."""
    log_probs = logits.float().log_softmax(-1)
    values, classes = log_probs.max(-1)
    readings = []
    for row, scores, frames in zip(
        classes.tolist(), values.tolist(), (mask.sum(1) * FRAMES).tolist(), strict=True
    ):
        text: list[str] = []
        spans: list[tuple[int, int]] = []
        total = 0.0
        previous = BLANK
        for i, c in enumerate(row[:frames]):
            total += scores[i]
            if c != BLANK and c == previous:
                spans[-1] = (spans[-1][0], i + 1)
            elif c != BLANK:
                text.append(alphabet[c - 1])
                spans.append((i, i + 1))
            previous = c
        readings.append(Reading("".join(text), spans, total / max(1, len(text))))
    return readings
