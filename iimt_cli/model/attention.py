"""Transformer parts shared by every module: attention with rotary positions and a key/value cache, and its layers.

Shapes: B strips, L positions, D = `dim`, H = `heads`. Masks are boolean with True at real (not padding) positions.
All layers are pre-norm (Xiong et al. 2020, arXiv 2002.04745); positions are rotary (Su et al. 2021, arXiv 2104.09864),
so a strip may be longer than any seen in training.
"""

from dataclasses import dataclass, field
from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor, nn

GAP = 16  # numbers left free behind each row of a `GridCache`: one cache line of the processor
STEP = 64  # positions by which a cache grows
# positions: in training, attention of shorter sequences is computed as plain products (`_attend_short`)
SHORT = 192


@dataclass
class KeyValueCache:
    """Keys and values (B, H, L, D/H) that one attention has already computed; grows by the decoded positions."""

    keys: Tensor | None = None
    values: Tensor | None = None

    @property
    def length(self) -> int:
        return 0 if self.keys is None else self.keys.shape[2]

    def append(self, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        self.keys = keys if self.keys is None else torch.cat([self.keys, keys], dim=2)
        self.values = values if self.values is None else torch.cat([self.values, values], dim=2)
        return self.keys, self.values

    def select(self, rows: Tensor) -> None:
        """Keeps these batch rows, in this order: finished strips leave, beams are reordered."""
        if self.keys is not None and self.values is not None:
            self.keys, self.values = self.keys[rows], self.values[rows]


@dataclass(frozen=True)
class Places:
    """Where the positions of one decoding step stand in a sequence of `size`, in any order.

    `positions` (L,): of the step. `end`: one more than the highest. `allowed` (L, `end`): which earlier positions each may
    look at; None: all below `end`.
    """

    positions: Tensor
    size: int
    end: int
    allowed: Tensor | None = None
    _rotations: dict[int, tuple[Tensor, Tensor]] = field(default_factory=dict)

    def rotation(self, half: int) -> tuple[Tensor, Tensor]:
        """Cosines and sines (L, `half`) of the rotary positions: the same in every layer."""
        if half not in self._rotations:
            # Tables grow by 256 positions, because a decoder asks for one more position at every step.
            cos, sin = _rotation(-(-self.end // 256) * 256, half, self.positions.device)
            self._rotations[half] = cos[self.where], sin[self.where]
        return self._rotations[half]

    @property
    def where(self) -> "slice | Tensor":
        """An index of the positions in a tensor; for a single position a slice, which copies nothing."""
        return self.positions if len(self.positions) > 1 else slice(self.end - 1, self.end)


@dataclass
class GridCache(KeyValueCache):
    """Keys and values at their own places, for a sequence of known size that is not decoded strictly in order.

    In memory the positions of the values come last, so that a product with a few queries reads keys and values in long runs
    (see `_attend_few`). Room for keys is taken at once. Room for values is taken in steps, because with much unused room
    between the runs a CPU reads at a third of the speed.
    """

    def append(self, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """Adds a whole context at once."""
        self.keys, self.values = keys.contiguous(), _positions_last(values)
        return self.keys, self.values

    def put(self, places: Places, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        if self.keys is None or self.values is None:
            self.keys = keys.new_zeros(*keys.shape[:2], places.size, keys.shape[3])
            self.values = keys[:, :, :0]
        if self.values.shape[2] < places.end:
            room = min(-(-places.end // STEP) * STEP, places.size) - self.values.shape[2]
            self.values = _positions_last(F.pad(self.values, (0, 0, 0, room)))
        self.keys[:, :, places.where], self.values[:, :, places.where] = keys, values
        return self.keys[:, :, : places.end], self.values[:, :, : places.end]


def _positions_last(values: Tensor) -> Tensor:
    """The same values (B, H, L, D) with positions last in memory; the gap behind each row keeps strides off powers of two."""
    length = values.shape[2]
    room = values.new_zeros(*values.shape[:2], values.shape[3], length + GAP)[..., :length].transpose(2, 3)
    return room.copy_(values)


@lru_cache(maxsize=64)
def _rotation(length: int, half: int, device: torch.device) -> tuple[Tensor, Tensor]:
    with torch.inference_mode(False):  # training may use a table that an evaluation was the first to ask for
        frequencies = 10000.0 ** (-torch.arange(half, device=device, dtype=torch.float32) / half)
        angles = torch.arange(length, device=device, dtype=torch.float32)[:, None] * frequencies
        return angles.cos(), angles.sin()


def _rotate(x: Tensor, start: int, places: Places | None = None) -> Tensor:
    """Turns (…, L, D/H) by the rotary positions start, start + 1, … or those of `places`."""
    half = x.shape[-1] // 2
    if places is not None:
        cos, sin = places.rotation(half)
    else:
        end = start + x.shape[-2]
        cos, sin = (table[start:end] for table in _rotation(-(-end // 256) * 256, half, x.device))
    cos, sin = cos.to(x.dtype), sin.to(x.dtype)
    a, b = x.chunk(2, dim=-1)
    return torch.cat([a * cos - b * sin, a * sin + b * cos], dim=-1)


def _attend(
    q: Tensor, k: Tensor, v: Tensor, allowed: Tensor | None, causal: bool, cache: KeyValueCache | None
) -> Tensor:
    """Scaled dot-product attention, (B, H, L, D/H) → (B, H, L, D/H)."""
    if isinstance(cache, GridCache):
        return _attend_few(q, k, v, allowed)
    if q.requires_grad and q.device.type == "cpu" and k.shape[2] <= SHORT:
        return _attend_short(q, k, v, allowed, causal)
    return F.scaled_dot_product_attention(q, k, v, attn_mask=allowed, is_causal=causal)


def _attend_short(q: Tensor, k: Tensor, v: Tensor, allowed: Tensor | None, causal: bool) -> Tensor:
    """`_attend` for training on sentences: backwards torch's fused kernel takes ten times as long on a CPU."""
    scores = (q * q.shape[-1] ** -0.5) @ k.transpose(2, 3)
    if causal:
        later = torch.ones(scores.shape[-2:], dtype=torch.bool, device=q.device).triu(1)
        scores = scores.masked_fill(later, float("-inf"))
    if allowed is not None:
        scores = scores.masked_fill(~allowed, float("-inf"))
    return scores.softmax(-1).to(v.dtype) @ v


def _attend_few(q: Tensor, k: Tensor, v: Tensor, allowed: Tensor | None) -> Tensor:
    """`_attend` for a few queries. Nearly all of its time is reading keys and values once.

    As a product of a matrix and a vector, a CPU reads them at almost the speed of its memory. That is three times as fast as
    its kernel for many queries.
    """
    scores = (k @ (q * q.shape[-1] ** -0.5).transpose(2, 3)).transpose(2, 3)
    if allowed is not None:
        scores.masked_fill_(~allowed, float("-inf"))
    return (v.transpose(2, 3) @ scores.softmax(-1).transpose(2, 3)).transpose(2, 3)


class SelfAttention(nn.Module):
    """Multi-head attention of a sequence over itself, (B, L, D) → (B, L, D)."""

    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(dim, 3 * dim)
        self.out = nn.Linear(dim, dim)

    def forward(
        self,
        x: Tensor,
        mask: Tensor | None = None,
        causal: bool = False,
        cache: KeyValueCache | None = None,
        places: Places | None = None,
    ) -> Tensor:
        """`places`: with a `GridCache`, where the positions of `x` stand; they replace `mask` and `causal`."""
        batch, length, dim = x.shape
        qkv = self.qkv(x).view(batch, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        start = cache.length if cache is not None and places is None else 0
        (q, k), v = _rotate(qkv[:2], start, places), qkv[2]
        allowed = None if mask is None else mask[:, None, None, :]
        if places is not None:
            assert isinstance(cache, GridCache)
            k, v = cache.put(places, k, v)
            allowed, causal = places.allowed, False
        elif cache is not None:
            k, v = cache.append(k, v)
            causal = causal and length > 1
        x = _attend(q, k, v, allowed, causal, cache)
        return self.out(x.transpose(1, 2).reshape(batch, length, dim))


class CrossAttention(nn.Module):
    """Multi-head attention of (B, L, D) over a context (B, M, D); with a cache the context is projected only once."""

    def __init__(self, dim: int, heads: int, context_dim: int | None = None) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(dim, dim)
        self.key_value = nn.Linear(context_dim or dim, 2 * dim)
        self.out = nn.Linear(dim, dim)

    def forward(
        self, x: Tensor, context: Tensor, mask: Tensor | None = None, cache: KeyValueCache | None = None
    ) -> Tensor:
        batch, length, dim = x.shape
        q = self.query(x).view(batch, length, self.heads, -1).transpose(1, 2)
        if cache is None or cache.keys is None or cache.values is None:
            k, v = (
                self.key_value(context)
                .view(batch, context.shape[1], 2, self.heads, -1)
                .permute(2, 0, 3, 1, 4)
            )
            if cache is not None:
                k, v = cache.append(k, v)
        else:
            k, v = cache.keys, cache.values
        allowed = None if mask is None else mask[:, None, None, :]
        x = _attend(q, k, v, allowed, False, cache)
        return self.out(x.transpose(1, 2).reshape(batch, length, dim))

    def weights(self, x: Tensor, context: Tensor, mask: Tensor | None = None) -> Tensor:
        """The attention of each position to each of the context, mean of the heads: (B, L, M); rows sum to 1."""
        (batch, length, dim), size = x.shape, context.shape[1]
        q = self.query(x).view(batch, length, self.heads, -1).transpose(1, 2)
        k = self.key_value(context)[..., :dim].view(batch, size, self.heads, -1).transpose(1, 2)
        scores = (q @ k.transpose(2, 3)).float() * q.shape[-1] ** -0.5
        if mask is not None:
            scores = scores.masked_fill(~mask[:, None, None, :], float("-inf"))
        return scores.softmax(-1).mean(1)


class FeedForward(nn.Sequential):
    def __init__(self, dim: int, hidden: int) -> None:
        super().__init__(nn.Linear(dim, hidden), nn.GELU(), nn.Linear(hidden, dim))


class EncoderLayer(nn.Module):
    """Self-attention, then feed-forward. `causal` with a cache makes it a decoder-only layer."""

    def __init__(self, dim: int, heads: int, ff: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.norm1, self.attention = nn.LayerNorm(dim), SelfAttention(dim, heads)
        self.norm2, self.ff = nn.LayerNorm(dim), FeedForward(dim, ff)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        x = x + self.dropout(self.attention(self.norm1(x), mask))
        return x + self.dropout(self.ff(self.norm2(x)))


class Encoder(nn.Module):
    """A stack of encoder layers with a closing norm, (B, L, D) → (B, L, D)."""

    def __init__(self, dim: int, layers: int, heads: int, ff: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.layers = nn.ModuleList(EncoderLayer(dim, heads, ff, dropout) for _ in range(layers))
        self.norm = nn.LayerNorm(dim)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        for layer in self.layers:
            x = layer(x, mask)
        return self.norm(x)


@dataclass
class LayerCache:
    """The cache of one decoder layer between steps: keys and values of its own past, and of its contexts."""

    own: KeyValueCache
    contexts: tuple[KeyValueCache, ...]

    @classmethod
    def empty(cls, contexts: int) -> "LayerCache":
        return cls(KeyValueCache(), tuple(KeyValueCache() for _ in range(contexts)))

    def select(self, rows: Tensor, contexts: bool = True) -> None:
        """Keeps these batch rows. `contexts` False: beams only changed places within a row, which has one context."""
        self.own.select(rows)
        for context in self.contexts if contexts else ():
            context.select(rows)


class DecoderLayer(nn.Module):
    """Causal self-attention, cross-attention to one context, feed-forward."""

    def __init__(
        self, dim: int, heads: int, ff: int, dropout: float = 0.0, context_dim: int | None = None
    ) -> None:
        super().__init__()
        self.norm1, self.attention = nn.LayerNorm(dim), SelfAttention(dim, heads)
        self.norm2, self.cross = nn.LayerNorm(dim), CrossAttention(dim, heads, context_dim)
        self.norm3, self.ff = nn.LayerNorm(dim), FeedForward(dim, ff)
        self.dropout = nn.Dropout(dropout)

    def forward(
        self, x: Tensor, context: Tensor, context_mask: Tensor | None = None, cache: LayerCache | None = None
    ) -> Tensor:
        own, seen = (cache.own, cache.contexts[0]) if cache is not None else (None, None)
        x = x + self.dropout(self.attention(self.norm1(x), causal=True, cache=own))
        x = x + self.dropout(self.cross(self.norm2(x), context, context_mask, seen))
        return x + self.dropout(self.ff(self.norm3(x)))

    def looks(self, x: Tensor, context: Tensor, context_mask: Tensor | None = None) -> Tensor:
        """The attention of each position of (B, L, D) to each of the context, (B, L, M)."""
        x = x + self.attention(self.norm1(x), causal=True)
        return self.cross.weights(self.norm2(x), context, context_mask)
