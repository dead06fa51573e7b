"""How sure a text model is of given translations."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from iimt_cli.model.quality import Evidence, Forced, QualityEstimator
from iimt_cli.model.text import TextDecoder, pad
from iimt_cli.model.vocabulary import BEGIN, END, PAD

FEW = 8  # texts whose logits are in memory at once; those of 64 texts of 60 pieces are 120 MB


@dataclass(frozen=True)
class Appraisal:
    """How sure the text model itself is of a translation.

    `mean`: log-probability per piece, the end included; `lowest`: that of the least likely piece; `quality`: log-odds that it
    is right, by `QualityEstimator`, 0 without one. `known`: the probability that it is right by the translation memory; 0 if
    that does not have it.
    """

    mean: float = 0.0
    lowest: float = 0.0
    quality: float = 0.0
    known: float = 0.0


@torch.inference_mode()
def appraise(
    decoder: TextDecoder,
    estimator: QualityEstimator | None,
    pieces: Sequence[list[int]],
    means: Sequence[float],
    context: Tensor,
    mask: Tensor,
    hints: Tensor,
    back: Forced | None = None,
) -> list[Appraisal]:
    """The appraisals of texts: their `pieces`, without begin and end, and their `means`, the log-probabilities per piece.

    `context` (B, S, D), `mask` (B, S) and `hints` (B, S) are those of the sources, as in `decode_text`.
    `back`: what `Reverse.forced` says of them; the estimator may need it.
    """
    found = Evidence(forced(decoder, pieces, context, mask, hints), context, mask, back)
    quality = torch.zeros(len(pieces)) if estimator is None else estimator(found)
    rows = zip(means, found.target.scores.amin(-1).tolist(), quality.tolist(), strict=True)
    return [Appraisal(mean, lowest, odds) for mean, lowest, odds in rows]


@torch.inference_mode()
def forced(
    decoder: TextDecoder, pieces: Sequence[list[int]], context: Tensor, mask: Tensor, hints: Tensor
) -> Forced:
    """What the decoder thinks of `pieces` of each text, without begin and end; the rest as in `appraise`."""
    inputs = pad([[BEGIN, *row] for row in pieces]).to(context.device)
    wanted = pad([[*row, END] for row in pieces]).to(context.device)
    states, said = decoder(inputs, context, mask), wanted != PAD
    parts = (side.split(FEW) for side in (states, inputs, context, hints, wanted))
    scores = torch.cat(
        [
            decoder.log_probs(some, written, seen, told, []).gather(-1, piece[..., None])[..., 0]
            for some, written, seen, told, piece in zip(*parts, strict=True)
        ]
    ).masked_fill(~said, 0.0)
    return Forced(states, decoder.embedding(wanted), scores, said)


class LooksBack(Protocol):
    """What `model.reverse.Reverse` does."""

    def forced(self, sources: Sequence[str], translations: Sequence[str]) -> Forced:
        """What a reverse model thinks of the sources, given their translations."""
