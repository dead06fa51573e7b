"""Quality estimation without a reference: a network says from the states of the text model whether a translation is right.

The predictor–estimator idea (Kim et al. 2017, "Predictor-Estimator using Multilevel Task Learning with Stack Propagation
for Neural Quality Estimation"): the text model is the predictor and stays as it is; a small network, trained on judged
translations, reads its states.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from iimt_cli.model.attention import Encoder

DIM = 64
LAYERS = 1
HEADS = 4
FEED_FORWARD = 128
SCORE = 1  # number of features of a piece besides states: its log-probability


@dataclass(frozen=True)
class Forced:
    """What a text decoder thinks of given texts: `states` (B, T, D) before each piece, the end included.

    `pieces` (B, T, D): the embeddings of these pieces; `scores` (B, T): their log-probabilities; `said` (B, T): true at real
    positions.
    """

    states: Tensor
    pieces: Tensor
    scores: Tensor
    said: Tensor

    @property
    def features(self) -> Tensor:
        """(B, T, 2 · D + SCORE)."""
        return torch.cat([self.states, self.pieces, self.scores[..., None]], -1)


@dataclass(frozen=True)
class Evidence:
    """What the estimator reads of a batch of translations.

    `target`: the translations, given their sources; `context` (B, S, C): the text encoder's states, and which of them are
    real, `there` (B, S); `back`: the sources, given their translations, by the reverse model; None without one.
    """

    target: Forced
    context: Tensor
    there: Tensor
    back: Forced | None = None


class QualityEstimator(nn.Module):
    """The log-odds (B,) that each translation of a batch is right. `back`: whether there is a reverse model."""

    def __init__(self, decoder_dim: int, context_dim: int, dropout: float = 0.0, back: bool = False) -> None:
        super().__init__()
        self.target = nn.Linear(2 * decoder_dim + SCORE, DIM)
        self.source = nn.Linear(context_dim, DIM)
        self.back = nn.Linear(2 * decoder_dim + SCORE, DIM) if back else None
        self.encoder = Encoder(DIM, LAYERS, HEADS, FEED_FORWARD, dropout)
        self.dropout = nn.Dropout(dropout)
        self.odds = nn.Linear((3 if back else 2) * DIM, 1)

    @property
    def looks_back(self) -> bool:
        """Whether it needs what the reverse model says."""
        return self.back is not None

    def forward(self, found: Evidence) -> Tensor:
        inputs = [self.source(found.context), self.target(found.target.features)]
        masks = [found.there, found.target.said]
        if self.back is not None:
            assert found.back is not None, "this estimator was trained with a reverse model"
            inputs.append(self.back(found.back.features))
            masks.append(found.back.said)
        real = torch.cat(masks, 1)
        # Padding goes to the end, so that the distances between the parts do not depend on the rest of the batch.
        order = (~real).to(torch.uint8).argsort(dim=1, stable=True)
        together = torch.cat(inputs, 1)
        together = together.gather(1, order[..., None].expand_as(together))
        seen = self.encoder(self.dropout(together), real.gather(1, order))
        part = torch.cat([torch.full_like(mask, n, dtype=torch.long) for n, mask in enumerate(masks)], 1)
        part = part.masked_fill(~real, -1).gather(1, order)
        return self.odds(torch.cat([_mean(seen, part == n) for n in range(len(masks))], -1))[:, 0]


def _mean(states: Tensor, mask: Tensor) -> Tensor:
    """Over the real positions: (B, L, D) → (B, D)."""
    return (states * mask[..., None]).sum(1) / mask.sum(1, keepdim=True).clamp(min=1)
