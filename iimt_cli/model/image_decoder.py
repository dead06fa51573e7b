"""Image decoder with gated fusion (Translatotron-V, section 3.1): target text and source picture → image tokens.

Per layer: v = cross-attention to the image encoder, t = what the text says here, g = σ(W[t; v]),
x ← x + g · t + (1 − g) · v.

Two orders share this code. `autoregressive` is the paper's: tokens left to right, t by cross-attention to the text
decoder's states, keys and values cached. `parallel` draws all columns at once: characters are laid out first
(`WidthPredictor`, the idea of FastSpeech's durations, arXiv 1905.09263), and t is the text at the column's own place.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from iimt_cli.config import ImageDecoder as Settings
from iimt_cli.model.attention import CrossAttention, FeedForward, LayerCache, Places, SelfAttention
from iimt_cli.model.linear import TiedLinear

# stands before the first and behind the last character; number i is character i − 1 of the alphabet
NOTHING = 0
# characters on either side of the middle one that a column sees, since some are less than 3 px wide
NEIGHBOURS = 2
LEFT_MARGIN = 6.0  # px of free room before the first character
FREQUENCIES = 4


@dataclass(frozen=True)
class Layout:
    """Where the characters of each strip stand.

    `characters` (B, C) numbers, padded with NOTHING; `edges` (B, C + 1) px, character i between edges i and i + 1,
    repeated at the end for padding; `mask` (B, N) the columns that belong to the strip.
    """

    characters: Tensor
    edges: Tensor
    mask: Tensor

    def to(self, device: torch.device) -> "Layout":
        return Layout(self.characters.to(device), self.edges.to(device), self.mask.to(device))


def character_numbers(texts: list[str], alphabet: str) -> Tensor:
    """Texts → the numbers of their characters in the alphabet, (B, C)."""
    longest = max(map(len, texts))
    rows = [[alphabet.index(c) + 1 for c in text] + [NOTHING] * (longest - len(text)) for text in texts]
    return torch.tensor(rows, dtype=torch.long)


def lay_out(characters: Tensor, widths: Tensor, patch: int, max_columns: int) -> Layout:
    """Puts characters (B, C) of these widths (B, C) px one behind the other, in as many columns as they need."""
    real, widths = characters != NOTHING, widths.float()  # in 16 bits places would be wrong by whole letters
    edges = torch.cat([torch.full_like(widths[:, :1], LEFT_MARGIN), widths * real], 1).cumsum(1)
    needed = ((edges[:, -1] + 3) / patch).ceil().clamp(1, max_columns).long()
    mask = torch.arange(int(needed.max()), device=edges.device)[None] < needed[:, None]
    return Layout(characters, edges, mask)


class GatedFusion(nn.Module):
    """x + g · t + (1 − g) · v with g = σ(W[t; v]); (B, N, D) each."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.gate = nn.Linear(2 * dim, dim)

    def forward(self, x: Tensor, t: Tensor, v: Tensor) -> Tensor:
        g = self.gate(torch.cat([t, v], -1)).sigmoid()
        return x + g * t + (1 - g) * v


class SumFusion(nn.Module):
    """x + t + v: the ablation of the gate."""

    def forward(self, x: Tensor, t: Tensor, v: Tensor) -> Tensor:
        return x + t + v


class FusionLayer(nn.Module):
    """Self-attention, fusion of text and picture, feed-forward."""

    def __init__(self, settings: Settings, visual_dim: int, text_dim: int) -> None:
        """`text_dim` 0: the layer gets no text, only the picture."""
        super().__init__()
        dim, heads = settings.dim, settings.heads
        self.parallel = settings.order == "parallel"
        self.norm1, self.attention = nn.LayerNorm(dim), SelfAttention(dim, heads)
        self.norm2 = nn.LayerNorm(dim)
        self.look = None if settings.gate == "text" else CrossAttention(dim, heads, visual_dim)
        self.text: nn.Module | None = None
        if text_dim and settings.gate != "picture":
            self.text = nn.Linear(text_dim, dim) if self.parallel else CrossAttention(dim, heads, text_dim)
            self.fusion: nn.Module = GatedFusion(dim) if settings.gate == "gated" else SumFusion()
        self.norm3, self.ff = nn.LayerNorm(dim), FeedForward(dim, settings.ff)
        self.dropout = nn.Dropout(settings.dropout)

    def forward(
        self, x: Tensor, text: Tensor | None, text_mask: Tensor | None, visual: Tensor, visual_mask: Tensor | None,
        mask: Tensor | None = None, cache: LayerCache | None = None, places: Places | None = None,
    ) -> Tensor:  # fmt: skip
        own, seen, said = (cache.own, *cache.contexts) if cache is not None else (None, None, None)
        if self.parallel:
            x = x + self.dropout(self.attention(self.norm1(x), mask))
        else:
            x = x + self.dropout(self.attention(self.norm1(x), causal=True, cache=own, places=places))
        asked, t, v = self.norm2(x), None, None
        if self.look is not None:
            v = self.dropout(self.look(asked, visual, visual_mask, seen))
        if self.text is not None and text is not None:
            t = self.dropout(self.text(text) if self.parallel else self.text(asked, text, text_mask, said))
        sides = [side for side in (t, v) if side is not None]
        x = self.fusion(x, *sides) if len(sides) == 2 else x + sides[0]
        return x + self.dropout(self.ff(self.norm3(x)))


class ColumnText(nn.Module):
    """What the text says at each column: the characters under and beside it, with their offsets and widths."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        slots = 2 * NEIGHBOURS + 1
        self.character = nn.Linear(dim, 96)
        self.mix = nn.Sequential(
            nn.Linear(slots * (96 + 2 + 2 * FREQUENCIES), 2 * dim), nn.GELU(), nn.Linear(2 * dim, dim)
        )

    def forward(self, states: Tensor, layout: Layout, patch: int) -> Tensor:
        """Character states (B, C, D) → (B, N, D)."""
        batch, count = layout.characters.shape
        columns = layout.mask.shape[1]
        left = torch.arange(columns, device=states.device, dtype=torch.float32) * patch
        middle = (left + patch / 2).expand(batch, columns)
        under = torch.searchsorted(layout.edges.contiguous(), middle.contiguous(), right=True) - 1
        # To the right of the text the neighbour is the last real character, however far the batch is padded.
        under = torch.minimum(under, (layout.characters != NOTHING).sum(1, keepdim=True))
        slots = under[..., None] + torch.arange(-NEIGHBOURS, NEIGHBOURS + 1, device=states.device)
        there = (slots >= 0) & (slots < count)
        slots = slots.clamp(0, count - 1).flatten(1)
        start = layout.edges.gather(1, slots).view(batch, columns, -1)
        width = layout.edges.gather(1, slots + 1).view(batch, columns, -1) - start
        there &= width > 0
        offset = ((start - left[:, None]) / patch).clamp(-8, 8)
        waves = offset[..., None] * (math.pi / 4) * 2.0 ** torch.arange(FREQUENCIES, device=states.device)
        geometry = torch.cat(
            [offset[..., None] / 4, width[..., None] / (2 * patch), waves.sin(), waves.cos()], -1
        )
        letters = self.character(states).gather(1, slots[..., None].expand(-1, -1, 96)).view(*there.shape, 96)
        return self.mix((torch.cat([letters, geometry], -1) * there[..., None]).flatten(2))


class TokenHead(nn.Module):
    """Hidden states → logits of an image token, digit by digit.

    A codebook's token is one digit: the usual softmax over all codes. A token of finite scalar quantisation has one digit for
    each dimension. That needs 32 outputs instead of 8192, codes that share a level share what is learnt of it, and a digit
    that is wrong by one draws almost the same.
    """

    def __init__(self, dim: int, digits: tuple[int, ...]) -> None:
        super().__init__()
        self.digits = digits
        self.out: nn.Linear | TiedLinear = nn.Linear(dim, sum(digits))

    def forward(self, hidden: Tensor) -> tuple[Tensor, ...]:
        """(…, D) → one (…, size) per digit."""
        return self.out(hidden).split(self.digits, -1)

    def split(self, tokens: Tensor) -> list[Tensor]:
        """Tokens (…) → their digits (…), lowest first."""
        parts = []
        for size in self.digits:
            parts.append(tokens % size)
            tokens = tokens // size
        return parts

    def pick(self, logits: Sequence[Tensor], temperature: float = 0.0) -> Tensor:
        """The likeliest tokens (…), or tokens drawn at a temperature."""
        tokens, radix = torch.zeros_like(logits[0][..., 0], dtype=torch.long), 1
        for values, size in zip(logits, self.digits, strict=True):
            if temperature > 0:
                chances = (values.float() / temperature).softmax(-1)
                digit = torch.multinomial(chances.flatten(0, -2), 1).view(chances.shape[:-1])
            else:
                digit = values.argmax(-1)
            tokens, radix = tokens + digit * radix, radix * size
        return tokens


class TiedHead(TokenHead):
    """A codebook's head whose matrix is the embedding of the tokens."""

    def __init__(self, embedding: nn.Embedding) -> None:
        nn.Module.__init__(self)
        self.digits = (embedding.num_embeddings,)
        self.out = TiedLinear(embedding)


class ImageDecoder(nn.Module):
    """Text states, layout and visual states → hidden states of the columns; `head` turns them into image tokens."""

    def __init__(
        self,
        settings: Settings,
        digits: tuple[int, ...],
        visual_dim: int,
        text_dim: int,
        patch: int,
        alphabet: str,
    ) -> None:
        super().__init__()
        dim = settings.dim
        self.patch, self.parallel, self.alphabet = patch, settings.order == "parallel", alphabet
        self.character = nn.Embedding(len(alphabet) + 1, dim, padding_idx=NOTHING)
        self.from_text = nn.Linear(text_dim, dim)
        nn.init.zeros_(
            self.from_text.weight
        )  # zero: a drawer that was trained on true texts starts without the text decoder's states
        nn.init.zeros_(self.from_text.bias)
        self.widths = WidthPredictor(dim, settings.heads, settings.ff, visual_dim, len(alphabet))
        if self.parallel:
            self.column_text = ColumnText(dim)
        else:
            self.token = nn.Embedding(math.prod(digits) + 1, dim)  # the last number begins a strip
        self.layers = nn.ModuleList(FusionLayer(settings, visual_dim, dim) for _ in range(settings.layers))
        self.norm, self.head = nn.LayerNorm(dim), TokenHead(dim, digits)

    def character_states(self, characters: Tensor, text_states: Tensor | None = None) -> Tensor:
        """(B, C, D): each character's embedding, plus the text decoder's state of the piece it belongs to (B, C, T)."""
        states = self.character(characters)
        return states if text_states is None else states + self.from_text(text_states)

    def forward(self, states: Tensor, layout: Layout, visual: Tensor, visual_mask: Tensor) -> Tensor:
        """Parallel order: hidden states (B, N, D) of all columns at once."""
        text = self.column_text(states, layout, self.patch)
        x = text
        for layer in self.layers:
            x = layer(x, text, None, visual, visual_mask, layout.mask)
        return self.norm(x)

    def step(
        self, previous: Tensor, states: Tensor, text_mask: Tensor, visual: Tensor, visual_mask: Tensor,
        cache: list[LayerCache] | None = None,
    ) -> Tensor:  # fmt: skip
        """Autoregressive order: tokens so far (B, N), beginning with `begin` → hidden states (B, N, D).

        With a cache, `previous` holds only the tokens that the cache has not seen.
        """
        x = self.token(previous)
        for i, layer in enumerate(self.layers):
            x = layer(
                x, states, text_mask, visual, visual_mask, cache=cache[i] if cache is not None else None
            )
        return self.norm(x)

    @property
    def begin(self) -> int:
        """The token before the first column (autoregressive order)."""
        return self.token.num_embeddings - 1

    def empty_cache(self) -> list[LayerCache]:
        return [LayerCache.empty(contexts=2) for _ in self.layers]


class WidthPredictor(nn.Module):
    """Characters and the source picture → advance width of each character, px: the target text in the source's type."""

    def __init__(self, dim: int, heads: int, ff: int, visual_dim: int, characters: int) -> None:
        super().__init__()
        self.character = nn.Embedding(characters + 1, dim, padding_idx=NOTHING)
        self.context = nn.Conv1d(dim, dim, 3, padding=1)
        self.norm1, self.look = nn.LayerNorm(dim), CrossAttention(dim, heads, visual_dim)
        self.norm2, self.ff = nn.LayerNorm(dim), FeedForward(dim, ff)
        self.norm3, self.out = nn.LayerNorm(dim), nn.Linear(dim, 1)

    def forward(self, characters: Tensor, visual: Tensor, visual_mask: Tensor) -> Tensor:
        """(B, C), (B, F, V) → (B, C) px, at least 1."""
        x = self.character(characters)
        x = x + self.context(x.transpose(1, 2)).transpose(1, 2)
        x = x + self.look(self.norm1(x), visual, visual_mask)
        x = x + self.ff(self.norm2(x))
        # An exponential, so that doubling the type size is the same step for all letters.
        return 1 + 9 * self.out(self.norm3(x))[..., 0].clamp(-3, 2).exp()
