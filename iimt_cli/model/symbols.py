"""Symbols or letters: a network says it from the reader's states where something stands in a strip.

The reader was trained with millions of letters and no icon. Its states at an icon are unlike those at letters, even where it
reads a letter there. The reader stays as it is; a small network, trained on made-up sheets, looks at its states.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from iimt_cli.model.image_encoder import BLANK, FRAMES, STRIDE

HIDDEN, DROPPED = 32, 0.2
DOUBTS = 7  # numbers about what the reader thinks it reads: see `_doubts`
UNUSUAL = 6.0  # standard deviations: what it is told is cut off there
NO_DOUBT = 0.01  # nats: less doubt is the same


class SymbolEstimator(nn.Module):
    """The log-odds (N,) that groups of ink are symbols, from what `told` says of each, (N, 4 · dim + DOUBTS)."""

    mean: Tensor
    spread: Tensor

    def __init__(self, dim: int) -> None:
        super().__init__()
        width = 4 * dim + DOUBTS
        self.register_buffer("mean", torch.zeros(width))
        self.register_buffer("spread", torch.ones(width))
        self.hidden, self.odds = nn.Linear(width, HIDDEN), nn.Linear(HIDDEN, 1)
        self.dropout = nn.Dropout(DROPPED)

    def forward(self, told: Tensor) -> Tensor:
        x = ((told - self.mean) / self.spread).clamp(-UNUSUAL, UNUSUAL)
        return self.odds(self.dropout(torch.relu(self.hidden(self.dropout(x)))))[:, 0]


def told(stem: Tensor, states: Tensor, logits: Tensor, spans: Sequence[tuple[int, int]]) -> Tensor:
    """What the reader's states say of some columns, px, of one strip: (N, 4 · dim + DOUBTS).

    stem, states: (F, dim), the reader's first and last; logits: (2F, classes). Told are the mean and the largest of each
    state, and the reader's doubts.
    """
    log_probs, rows = logits.float().log_softmax(-1), []
    for start, end in spans:
        part = slice(start // STRIDE, max(-(-end // STRIDE), start // STRIDE + 1))
        first = start * FRAMES // STRIDE
        own = log_probs[first : max(-(-end * FRAMES // STRIDE), first + 1)]
        pools = [pool for x in (states[part], stem[part]) for pool in (x.mean(0), x.amax(0))]
        rows.append(torch.cat([*pools, _doubts(own)]))
    return torch.stack(rows).float()


def _doubts(log_probs: Tensor) -> Tensor:
    """What the reader thinks of some frames, (F, classes), in DOUBTS numbers: how sure it is, and how sure of a letter."""
    best = -log_probs.amax(-1)
    entropy = -(log_probs.exp() * log_probs).sum(-1)
    blank = log_probs[:, BLANK].exp()
    letter = -log_probs[:, BLANK + 1 :].amax()
    nats = torch.stack([best.sum(), best.mean(), best.max(), entropy.mean(), entropy.max(), letter])
    return torch.cat([(nats.clamp(min=0) + NO_DOUBT).log(), blank.mean()[None]])
