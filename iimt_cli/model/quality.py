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
class Evidence:
    """What the estimator reads of a batch of translations.

    `states` (B, T, D) of the text decoder before each target piece, the end included; `pieces` (B, T, D), the embeddings of
    these pieces; their log-probabilities `scores` (B, T); `said` (B, T), true at real positions; the text encoder's states
    `context` (B, S, C), and which of them are real, `there` (B, S).
    """

    states: Tensor
    pieces: Tensor
    scores: Tensor
    said: Tensor
    context: Tensor
    there: Tensor


class QualityEstimator(nn.Module):
    """The log-odds (B,) that each translation of a batch is right."""

    def __init__(self, decoder_dim: int, context_dim: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.target = nn.Linear(2 * decoder_dim + SCORE, DIM)
        self.source = nn.Linear(context_dim, DIM)
        self.encoder = Encoder(DIM, LAYERS, HEADS, FEED_FORWARD, dropout)
        self.dropout = nn.Dropout(dropout)
        self.odds = nn.Linear(2 * DIM, 1)

    def forward(self, found: Evidence) -> Tensor:
        target = self.target(torch.cat([found.states, found.pieces, found.scores[..., None]], -1))
        both = torch.cat([self.source(found.context), target], 1)
        ours = torch.cat([found.there, torch.zeros_like(found.said)], 1)
        theirs = torch.cat([torch.zeros_like(found.there), found.said], 1)
        # Padding goes to the end, so that the distance of source and target does not depend on the rest of the batch.
        order = (~(ours | theirs)).to(torch.uint8).argsort(dim=1, stable=True)
        both = both.gather(1, order[..., None].expand_as(both))
        ours, theirs = ours.gather(1, order), theirs.gather(1, order)
        seen = self.encoder(self.dropout(both), ours | theirs)
        return self.odds(torch.cat([_mean(seen, ours), _mean(seen, theirs)], -1))[:, 0]


def _mean(states: Tensor, mask: Tensor) -> Tensor:
    """Over the real positions: (B, L, D) → (B, D)."""
    return (states * mask[..., None]).sum(1) / mask.sum(1, keepdim=True).clamp(min=1)
