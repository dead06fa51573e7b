"""Source text encoder and target text decoder: the text pivot of the system (Translatotron-V, section 3.1)."""

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from iimt_cli.config import Transformer
from iimt_cli.model.attention import DecoderLayer, Encoder, LayerCache
from iimt_cli.model.linear import TiedLinear
from iimt_cli.model.vocabulary import END, PAD

NEVER = -1e4  # log-odds of what cannot be copied: finite, so that gradients are
OFFSET = -3.0  # log-odds at the start of training that a piece of a hint is copied: one in twenty cases
GOING_ON = 2.0  # how much more, where the piece before it has just been written; trained, as OFFSET is


class TextEncoder(nn.Module):
    """Source pieces, each with the pooled picture states of its characters, to states.

    Pieces (B, S), each text ending with END (one piece alone gives the decoder nothing to end on), and optional
    visual states (B, S, `visual_dim`) → (B, S, D). In the text stage there is no picture and the visual part is
    absent; in the joint stage it carries gradients to the picture (hand-over by pieces).
    A number of at least `vocabulary` is a hint: the target piece of that number less `vocabulary`, as a lexicon or a
    glossary has it behind a word (Dinu et al. 2019, arXiv 1906.01105). Its embedding is the text decoder's, `words`
    (target vocabulary, D), and a vector that all hints share.
    """

    def __init__(self, vocabulary: int, size: Transformer, visual_dim: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, size.dim, padding_idx=PAD)
        self.hint = nn.Parameter(torch.zeros(size.dim))
        self.visual = nn.Linear(visual_dim, size.dim)
        self.encoder = Encoder(size.dim, size.layers, size.heads, size.ff, size.dropout)
        nn.init.normal_(self.embedding.weight, std=size.dim**-0.5)
        nn.init.zeros_(self.visual.weight)  # the joint stage starts exactly where the text stage ended
        nn.init.zeros_(self.visual.bias)

    def forward(self, pieces: Tensor, words: Tensor, visual: Tensor | None = None) -> Tensor:
        size = self.embedding.num_embeddings
        hints = pieces >= size
        x = self.embedding(pieces.masked_fill(hints, PAD))
        if hints.any():
            x = x + hints[..., None] * (F.embedding((pieces - size).clamp(min=0), words) + self.hint)
        x = x * self.embedding.embedding_dim**0.5
        if visual is not None:
            x = x + self.visual(visual)
        return self.encoder(x, pieces != PAD)

    def hints(self, pieces: Tensor) -> Tensor:
        """Of pieces (B, S) the target pieces that hints tell, where they stand; PAD elsewhere."""
        told = (pieces - self.embedding.num_embeddings).clamp(min=PAD)
        return told.masked_fill(told == END, PAD)


class Copying(nn.Module):
    """Writes a hint's piece instead of one that the decoder knows by itself (Gu et al. 2016, arXiv 1603.06393).

    A small vocabulary seen a few times cannot spell "parquet floor", but a pointer can say: the next piece of that hint.
    """

    def __init__(self, dim: int, context_dim: int) -> None:
        super().__init__()
        self.query = nn.Linear(dim, context_dim)
        self.offset = nn.Parameter(torch.tensor(OFFSET))
        self.going_on = nn.Parameter(torch.tensor(GOING_ON))

    def forward(self, states: Tensor, written: Tensor, context: Tensor, hints: Tensor) -> Tensor:
        """Log-odds (B, T, S) that the next piece is copied from each place of the context (B, S, C), beside being written.

        `states` (B, T, D) of the decoder behind the pieces `written` last (B, T); `hints` (B, S) as `TextEncoder.hints`.
        """
        odds = self.query(states) @ context.transpose(1, 2) * context.shape[-1] ** -0.5 + self.offset
        before = F.pad(hints, (1, 0))[:, None, :-1]
        goes_on = (before == written[:, :, None]) & (before != PAD)
        odds = odds + self.going_on * goes_on
        return odds.float().masked_fill((hints == PAD)[:, None], NEVER)


class TextDecoder(nn.Module):
    """Target pieces so far (B, T) and a context (B, S, D) → states (B, T, D); `logits` shares the embedding.

    With `copies`, pieces of the hints are copied, too: `log_probs` are those of both together.
    """

    def __init__(self, vocabulary: int, size: Transformer, context_dim: int, copies: bool = False) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, size.dim, padding_idx=PAD)
        self.layers = nn.ModuleList(
            DecoderLayer(size.dim, size.heads, size.ff, size.dropout, context_dim) for _ in range(size.layers)
        )
        self.norm = nn.LayerNorm(size.dim)
        self.logits = TiedLinear(self.embedding)
        self.copying = Copying(size.dim, context_dim) if copies else None
        nn.init.normal_(self.embedding.weight, std=size.dim**-0.5)

    def odds(self, states: Tensor, written: Tensor, context: Tensor, hints: Tensor) -> Tensor | None:
        """Those of `Copying`, if there is anything to copy."""
        return self.copying(states, written, context, hints) if self.copying and hints.any() else None

    def log_probs(
        self, states: Tensor, written: Tensor, context: Tensor, hints: Tensor, never: list[int]
    ) -> Tensor:
        """Log-probabilities (B, T, V) of the next piece, arguments as of `Copying`; a piece of `never` has none."""
        logits = self.logits(states).float()
        logits[..., never] = float("-inf")
        log_probs = logits.log_softmax(-1)
        odds = self.odds(states, written, context, hints)
        if odds is None:
            return log_probs
        chances = log_probs.exp().scatter_add(-1, hints[:, None].expand_as(odds), odds.exp())
        return (chances / (1 + odds.exp().sum(-1, keepdim=True))).log()

    def forward(
        self,
        pieces: Tensor,
        context: Tensor,
        context_mask: Tensor | None = None,
        cache: list[LayerCache] | None = None,
    ) -> Tensor:
        x = self.embedding(pieces) * self.embedding.embedding_dim**0.5
        for i, layer in enumerate(self.layers):
            x = layer(x, context, context_mask, cache[i] if cache is not None else None)
        return self.norm(x)

    def looks(self, pieces: Tensor, context: Tensor, context_mask: Tensor) -> Tensor:
        """How much each of the pieces (B, T), the first of which is BEGIN, looks at each place of the context: (B, T - 1, S).

        The mean of what the first layer looks at once it is told a piece and the last layer when it is about to write it. On
        252 words whose translation the lexicon knows, 120 texts of a development set: the target word looks most at the right
        source word in 0.94, with the last layer alone in 0.94, and is looked at most by it in 0.85, else in 0.75.
        """
        x = self.embedding(pieces) * self.embedding.embedding_dim**0.5
        layers = [layer for layer in self.layers if isinstance(layer, DecoderLayer)]
        told = writing = layers[0].looks(x, context, context_mask)
        for layer, above in pairwise(layers):
            x = layer(x, context, context_mask)
            writing = above.looks(x, context, context_mask)
        return (told[:, 1:] + writing[:, :-1]) / 2

    def empty_cache(self) -> list[LayerCache]:
        return [LayerCache.empty(contexts=1) for _ in self.layers]


class TextTranslator(nn.Module):
    """Encoder and decoder together, without any picture: what the `text` stage trains. `copies` as of `TextDecoder`."""

    def __init__(
        self,
        source: int,
        target: int,
        encoder: Transformer,
        decoder: Transformer,
        visual_dim: int,
        copies: bool = False,
    ) -> None:
        super().__init__()
        self.text_encoder = TextEncoder(source, encoder, visual_dim)
        self.text_decoder = TextDecoder(target, decoder, encoder.dim, copies)

    def forward(self, source: Tensor, target: Tensor, label_smoothing: float = 0.0) -> Tensor:
        """Mean cross-entropy per target piece. `source` (B, S); `target` (B, T) from begin to end, padded."""
        context = self.text_encoder(source, self.text_decoder.embedding.weight)
        hints = self.text_encoder.hints(source)
        written, wanted = target[:, :-1], target[:, 1:]
        states = self.text_decoder(written, context, source != PAD)
        odds = self.text_decoder.odds(states, written, context, hints)
        return piece_losses(self.text_decoder, states, wanted, label_smoothing, hints, odds).mean()


def piece_losses(
    decoder: TextDecoder,
    states: Tensor,
    wanted: Tensor,
    label_smoothing: float,
    hints: Tensor | None = None,
    odds: Tensor | None = None,
) -> Tensor:
    """Cross-entropies (N,) at the real positions only, row by row: the logits of padding are never computed.

    `states` (B, T, D) in which the pieces `wanted` (B, T) are to be said next; `hints` (B, S) with the `odds` (B, T, S) of
    copying them, as of `Copying`.
    """
    real = wanted != PAD
    logits = decoder.logits(states[real])
    if hints is None or odds is None:
        return F.cross_entropy(logits, wanted[real], label_smoothing=label_smoothing, reduction="none")
    written = F.cross_entropy(logits, wanted[real], reduction="none")  # not copied
    right = odds.masked_fill(hints[:, None] != wanted[:, :, None], NEVER)[real].logsumexp(-1)
    loss = F.softplus(odds[real].logsumexp(-1)) - torch.logaddexp(-written, right)
    # Smoothing gives all pieces alike a part of what is written.
    logits = logits.float()
    normaliser = written + logits.gather(1, wanted[real][:, None])[:, 0]
    return (1 - label_smoothing) * loss + label_smoothing * (normaliser - logits.mean(-1))


def pad(rows: list[list[int]], value: int = PAD) -> Tensor:
    """Ragged rows of numbers → (B, longest), padded on the right."""
    longest = max((len(row) for row in rows), default=0)
    return torch.tensor([row + [value] * (longest - len(row)) for row in rows], dtype=torch.long)
