"""Image decoder for whole pictures: a grid of image tokens, row by row (Translatotron-V, section 3.1).

Decoding keeps keys and values, so that each token needs one pass over one position only. Often several tokens are
guessed and confirmed in one pass. With a `window` several rows are written at once, without other training (ZipAR,
arXiv 2412.04062): a token depends most on its neighbours to the left and above, which are known long before the row
above has ended.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from iimt_cli.config import Canvas
from iimt_cli.config import ImageDecoder as Settings
from iimt_cli.model.attention import GridCache, LayerCache, Places
from iimt_cli.model.image_decoder import FusionLayer, TiedHead, TokenHead

DRAFTS = 32  # tokens that are guessed in one step at most


@dataclass(frozen=True)
class Contexts:
    """The inputs of the image decoder: text states (B, T, D) with their mask (B, T), and visual states (B, M, V)."""

    visual: Tensor
    text: Tensor | None = None
    text_mask: Tensor | None = None


@dataclass(frozen=True)
class Scan:
    """The order in which a decoder writes the `rows` × `columns` tokens of a picture: row by row, or column by column.

    In the order of writing there are `down` lines of `across` tokens each.
    """

    rows: int
    columns: int
    order: str = "rows"

    @property
    def down(self) -> int:
        return self.rows if self.order == "rows" else self.columns

    @property
    def across(self) -> int:
        return self.columns if self.order == "rows" else self.rows

    def written(self, values: Tensor) -> Tensor:
        """(B, N, …) row by row → in the order of writing."""
        return self._turned(values, self.rows, self.columns)

    def seen(self, values: Tensor) -> Tensor:
        """Inverse of `written`."""
        return self._turned(values, self.columns, self.rows)

    def _turned(self, values: Tensor, rows: int, columns: int) -> Tensor:
        if self.order == "rows":
            return values
        return values.unflatten(1, (rows, columns)).transpose(1, 2).flatten(1, 2)


class GridTokens(nn.Module):
    """Image tokens as the input of a decoder (embeddings plus learned positions, shifted by one), and the head that
    says tokens."""

    def __init__(self, dim: int, digits: tuple[int, ...], canvas: Canvas) -> None:
        super().__init__()
        size = math.prod(digits)
        self.embedding = nn.Embedding(size, dim)
        self.begin = nn.Parameter(torch.randn(dim))
        self.places = nn.Parameter(torch.randn(canvas.tokens, dim) * 0.02)
        nn.init.normal_(self.embedding.weight, std=dim**-0.5)
        self.head = TiedHead(self.embedding) if len(digits) == 1 else TokenHead(dim, digits)

    def shifted(self, tokens: Tensor) -> Tensor:
        """All tokens (B, N) → inputs (B, N, D). Input n is made of token n − 1; the first is a learned beginning."""
        before = self.embed(tokens[:, :-1])
        return torch.cat([self.begin.expand(len(tokens), 1, -1), before], 1) + self.places

    def embed(self, tokens: Tensor) -> Tensor:
        return self.embedding(tokens) * self.embedding.embedding_dim**0.5


class PictureDecoder(nn.Module):
    """Contexts → image tokens of a fixed grid, in the order of `scan`; `rows` and `columns` are those of this order."""

    def __init__(
        self, settings: Settings, digits: tuple[int, ...], canvas: Canvas, visual_dim: int, text_dim: int
    ) -> None:
        """With `text_dim` 0 the decoder looks at the picture alone."""
        super().__init__()
        self.scan = Scan(canvas.rows, canvas.columns, settings.scan)
        self.rows, self.columns = self.scan.down, self.scan.across
        self.tokens = GridTokens(settings.dim, digits, canvas)
        self.layers = nn.ModuleList(
            FusionLayer(settings, visual_dim, text_dim) for _ in range(settings.layers)
        )
        self.norm = nn.LayerNorm(settings.dim)

    @property
    def head(self) -> TokenHead:
        return self.tokens.head

    def forward(self, tokens: Tensor, contexts: Contexts) -> Tensor:
        """Gold tokens (B, N) → hidden states (B, N, D), each made without the tokens from its own on."""
        return self.pass_through(self.tokens.shifted(tokens), contexts)

    def pass_through(
        self,
        x: Tensor,
        contexts: Contexts,
        cache: list[LayerCache] | None = None,
        places: Places | None = None,
    ) -> Tensor:
        """Inputs (B, L, D) through all layers; with a cache, only those of the positions in `places`."""
        for i, layer in enumerate(self.layers):
            own = cache[i] if cache is not None else None
            x = layer(x, contexts.text, contexts.text_mask, contexts.visual, None, cache=own, places=places)
        return self.norm(x)

    def empty_cache(self) -> list[LayerCache]:
        return [LayerCache(GridCache(), (GridCache(), GridCache())) for _ in self.layers]


@torch.inference_mode()
def decode_grid(
    decoder: PictureDecoder,
    contexts: Contexts,
    window: int = 0,
    temperature: float = 0.0,
    drafts: int = DRAFTS,
) -> Tensor:
    """Image tokens (B, N) in the order of writing: the likeliest or, with a temperature, random ones.

    With `window` 0 each token is made with all before it known. Else several rows are written at once, as `schedule` says. All
    pictures of a batch are at the same position at any time.
    """
    if contexts.text_mask is not None and contexts.text_mask.all():
        contexts = replace(contexts, text_mask=None)
    if window:
        return _decode_rows(decoder, contexts, window, temperature)
    return _decode_in_order(decoder, contexts, temperature, 1 if temperature > 0 else drafts)


def _decode_in_order(decoder: PictureDecoder, contexts: Contexts, temperature: float, drafts: int) -> Tensor:
    """One token after the other, with up to `drafts` tokens guessed in one step.

    Most of a picture is background, where a token equals its neighbour. So each step guesses the next tokens as copies
    of their neighbours, computes what the decoder says there, and keeps the tokens up to the first wrong guess. The
    result is that of one token at a time (speculative decoding, arXiv 2211.17192).
    """
    batch, device = len(contexts.visual), contexts.visual.device
    columns, count = decoder.columns, decoder.rows * decoder.columns
    tokens = torch.zeros(batch, count, dtype=torch.long, device=device)
    cache = decoder.empty_cache()
    start, length = 0, 1
    while start < count:
        end = min(start + length, count)
        positions = torch.arange(start, end, device=device)
        guessed = _guesses(tokens, start, end, columns)
        x = decoder.tokens.embed(torch.cat([tokens[:, start - 1 : start], guessed[:, :-1]], 1))
        if start == 0:
            x = decoder.tokens.begin.expand(batch, 1, -1)
        allowed = None
        if len(positions) > 1:
            allowed = torch.arange(end, device=device) <= positions[:, None]
        places = Places(positions, count, end, allowed)
        hidden = decoder.pass_through(x + decoder.tokens.places[start:end], contexts, cache, places)
        said = decoder.head.pick(decoder.head(hidden), temperature)
        right = (said == guessed).all(0).long().cumprod(0)  # 1 up to the first wrong guess
        kept = min(int(right.sum()) + 1, len(positions))
        tokens[:, start : start + kept] = said[:, :kept]
        start += kept
        length = min(2 * length, drafts) if bool(right[-1]) else 1
    return tokens


def _guesses(tokens: Tensor, start: int, end: int, columns: int) -> Tensor:
    """Tokens from `start` to `end` (B, L): as in the row above, if the last one was; else the last one repeated."""
    last = tokens[:, max(0, start - 1), None]
    if start <= columns or end - start > columns:
        return last.expand(-1, end - start)
    as_above = last == tokens[:, start - 1 - columns, None]
    return torch.where(as_above, tokens[:, start - columns : end - columns], last)


def schedule(rows: int, columns: int, window: int) -> Iterator[list[int]]:
    """The positions that each step decodes, in raster order.

    A row's next token is due once the row above is `window` tokens ahead of it, or complete.
    """
    done = [0] * rows
    while done[-1] < columns:
        due = [
            r
            for r in range(rows)
            if done[r] < columns and (r == 0 or done[r - 1] >= min(columns, done[r] + window))
        ]
        yield [r * columns + done[r] for r in due]
        for r in due:
            done[r] += 1


def _decode_rows(decoder: PictureDecoder, contexts: Contexts, window: int, temperature: float) -> Tensor:
    """Rows side by side, each `window` tokens behind the row above it."""
    batch, device = len(contexts.visual), contexts.visual.device
    columns, count = decoder.columns, decoder.rows * decoder.columns
    tokens = torch.zeros(batch, count, dtype=torch.long, device=device)
    known = torch.zeros(count, dtype=torch.bool, device=device)
    cache = decoder.empty_cache()
    filled = [0] * decoder.rows
    for due in schedule(decoder.rows, columns, window):
        positions = torch.tensor(due, device=device)
        known[positions] = True
        end = due[-1] + 1
        allowed = known[:end] & (torch.arange(end, device=device) <= positions[:, None])
        # The token before the first of a row is the last one of the row above or, if that is not written yet, its latest.
        before = [p - 1 if p % columns else p - columns + filled[p // columns - 1] - 1 for p in due]
        x = decoder.tokens.embed(tokens[:, before])
        if due[0] == 0:
            x[:, 0] = decoder.tokens.begin
        places = Places(positions, count, end, allowed)
        hidden = decoder.pass_through(x + decoder.tokens.places[positions], contexts, cache, places)
        tokens[:, positions] = decoder.head.pick(decoder.head(hidden), temperature)
        for p in due:
            filled[p // columns] += 1
    return tokens
