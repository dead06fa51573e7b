"""Source text encoder and target text decoder: the text pivot of the system (Translatotron-V, section 3.1)."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from iimt_cli.config import Transformer
from iimt_cli.model.attention import DecoderLayer, Encoder, LayerCache
from iimt_cli.model.linear import TiedLinear
from iimt_cli.model.vocabulary import PAD


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


class TextDecoder(nn.Module):
    """Target pieces so far (B, T) and a context (B, S, D) → states (B, T, D); `logits` shares the embedding."""

    def __init__(self, vocabulary: int, size: Transformer, context_dim: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, size.dim, padding_idx=PAD)
        self.layers = nn.ModuleList(
            DecoderLayer(size.dim, size.heads, size.ff, size.dropout, context_dim) for _ in range(size.layers)
        )
        self.norm = nn.LayerNorm(size.dim)
        self.logits = TiedLinear(self.embedding)
        nn.init.normal_(self.embedding.weight, std=size.dim**-0.5)

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

    def empty_cache(self) -> list[LayerCache]:
        return [LayerCache.empty(contexts=1) for _ in self.layers]


class TextTranslator(nn.Module):
    """Encoder and decoder together, without any picture: what the `text` stage trains."""

    def __init__(
        self, source: int, target: int, encoder: Transformer, decoder: Transformer, visual_dim: int
    ) -> None:
        super().__init__()
        self.text_encoder = TextEncoder(source, encoder, visual_dim)
        self.text_decoder = TextDecoder(target, decoder, encoder.dim)

    def forward(self, source: Tensor, target: Tensor, label_smoothing: float = 0.0) -> Tensor:
        """Mean cross-entropy per target piece. `source` (B, S); `target` (B, T) from begin to end, padded."""
        context = self.text_encoder(source, self.text_decoder.embedding.weight)
        states = self.text_decoder(target[:, :-1], context, source != PAD)
        return sequence_loss(self.text_decoder, states, target[:, 1:], label_smoothing)


def sequence_loss(decoder: TextDecoder, states: Tensor, wanted: Tensor, label_smoothing: float) -> Tensor:
    """Cross-entropy at the real positions only: the logits of padding are never computed. Shapes (B, T, D), (B, T)."""
    real = wanted != PAD
    return F.cross_entropy(decoder.logits(states[real]), wanted[real], label_smoothing=label_smoothing)


def pad(rows: list[list[int]], value: int = PAD) -> Tensor:
    """Ragged rows of numbers → (B, longest), padded on the right."""
    longest = max((len(row) for row in rows), default=0)
    return torch.tensor([row + [value] * (longest - len(row)) for row in rows], dtype=torch.long)
