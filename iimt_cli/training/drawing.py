"""The losses that several stages share; B strips or pictures."""

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from iimt_cli.data.render import Ink
from iimt_cli.model.convolution import widen
from iimt_cli.model.image_decoder import NOTHING, ImageDecoder, Layout, TokenHead, character_numbers
from iimt_cli.model.image_encoder import ImageEncoder
from iimt_cli.model.text import TextDecoder, piece_losses
from iimt_cli.model.vocabulary import PAD


def gold_layout(inks: Sequence[Ink], mask: Tensor, alphabet: str) -> Layout:
    """The layout that the renderer used for texts of an alphabet. `mask` (B, N) are the columns of the batch."""
    characters = character_numbers([ink.text for ink in inks], alphabet)
    edges = np.stack(
        [np.pad(ink.edges, (0, characters.shape[1] + 1 - len(ink.edges)), mode="edge") for ink in inks]
    )
    return Layout(characters, torch.from_numpy(edges.astype(np.float32)), mask)


def token_logits(
    decoder: ImageDecoder, tokens: Tensor, states: Tensor, layout: Layout, visual: Tensor, visual_mask: Tensor
) -> tuple[Tensor, ...]:
    """Logits of the real columns only, (R, size) per digit, in either order; `tokens` (B, N) are the gold ones."""
    if decoder.parallel:
        hidden = decoder(states, layout, visual, visual_mask)
    else:
        begin = torch.full_like(tokens[:, :1], decoder.begin)
        previous = torch.cat([begin, tokens[:, :-1]], 1)
        hidden = decoder.step(previous, states, layout.characters != NOTHING, visual, visual_mask)
    return decoder.head(hidden[layout.mask])


def per_strip(values: Tensor, mask: Tensor) -> Tensor:
    """Means over each strip's real columns (B,), from values of the real columns (R,)."""
    strip = torch.arange(len(mask), device=mask.device)[:, None].expand_as(mask)[mask]
    sums = torch.zeros(len(mask), device=values.device).index_add_(0, strip, values.float())
    return sums / mask.sum(1)


def image_loss(
    head: TokenHead, logits: Sequence[Tensor], tokens: Tensor, mask: Tensor, label_smoothing: float
) -> Tensor:
    """L_image: cross-entropy of the tokens, summed over their digits, per strip (B,). Section 3.2 of the paper."""
    parts = zip(logits, head.split(tokens[mask]), strict=True)
    losses = [F.cross_entropy(a, b, label_smoothing=label_smoothing, reduction="none") for a, b in parts]
    return per_strip(torch.stack(losses).sum(0), mask)


def distillation_loss(
    logits: Sequence[Tensor], teacher: Sequence[Tensor], mask: Tensor, temperature: float = 1.0
) -> Tensor:
    """L_KD: KL(teacher ‖ student), summed over digits, per strip (B,). Section 3.2 of the paper."""
    total = torch.zeros(len(logits[0]), device=logits[0].device)
    for got, wanted in zip(logits, teacher, strict=True):
        p, q = (wanted / temperature).log_softmax(-1), (got / temperature).log_softmax(-1)
        total = total + (p.exp() * (p - q)).sum(-1)
    return temperature**2 * per_strip(total, mask)


def width_loss(predicted: Tensor, layout: Layout) -> Tensor:
    """L1 of the characters' widths per strip (B,), in units of 4 px."""
    real = layout.characters != NOTHING
    error = (predicted - layout.edges.diff(dim=1)).abs() * real
    return error.sum(1) / real.sum(1).clamp_min(1) / 4


def reading_loss(reader: ImageEncoder, found: Tensor, wanted: Tensor, mask: Tensor) -> Tensor:
    """How differently the reader reads ink `found` and `wanted` (B, H, W): KL of the CTC frames, mean per strip (B,)."""
    with torch.no_grad():
        _, _, _, target = reader.read(wanted, mask)
    _, _, frames, logits = reader.read(found, mask)
    got, real = logits.log_softmax(-1), widen(frames, logits.shape[1])
    apart = F.kl_div(got, target.log_softmax(-1), reduction="none", log_target=True).sum(-1)
    return (apart * real).sum(1) / real.sum(1)


def text_loss(
    decoder: TextDecoder,
    states: Tensor,
    wanted: Tensor,
    label_smoothing: float,
    hints: Tensor | None = None,
    odds: Tensor | None = None,
) -> Tensor:
    """L_TIT or L_OCR per picture (B,): cross-entropy of a text given the picture. Section 3.2 of the paper.

    The arguments are those of `piece_losses`.
    """
    return per_strip(piece_losses(decoder, states, wanted, label_smoothing, hints, odds), wanted != PAD)
