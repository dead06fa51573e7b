"""The T2I teacher of the second stage (Translatotron-V, section 3.2): target text and layout → image tokens.

It is given the text of the picture and, through a small CNN, the mean colour of each patch, from which no letter can be read.
The image decoder learns from its predictions (`distillation_loss`).
"""

from itertools import pairwise

import torch.nn.functional as F
from torch import Tensor, nn

from iimt_cli.config import Canvas
from iimt_cli.config import Teacher as Settings
from iimt_cli.model.attention import DecoderLayer, Encoder
from iimt_cli.model.vocabulary import PAD
from iimt_cli.paper.model.grid_decoder import GridTokens, Scan


class LayoutNetwork(nn.Module):
    """Pictures 0..1 (B, C, H, W) → one state per image token (B, N, D), from the mean colour of each token's patch."""

    def __init__(self, channels: tuple[int, ...], canvas: Canvas, dim: int) -> None:
        super().__init__()
        self.grid = (canvas.rows, canvas.columns)
        sizes = [canvas.channels, *channels]
        self.convolutions = nn.ModuleList(nn.Conv2d(a, b, 3, padding=1) for a, b in pairwise(sizes))
        self.out = nn.Linear(sizes[-1], dim)

    def forward(self, pixels: Tensor) -> Tensor:
        x = F.adaptive_avg_pool2d(pixels, self.grid)
        for convolution in self.convolutions:
            x = F.gelu(convolution(x))
        return self.out(x.flatten(2).transpose(1, 2))


class Teacher(nn.Module):
    """Target pieces (B, T), padded, target picture (B, C, H, W) and its tokens (B, N) → logits of each token.

    Tokens in the order that `scan` says, which must be the image decoder's.
    """

    def __init__(
        self,
        settings: Settings,
        vocabulary: int,
        digits: tuple[int, ...],
        canvas: Canvas,
        scan: str = "rows",
    ) -> None:
        super().__init__()
        self.scan = Scan(canvas.rows, canvas.columns, scan)
        dim, heads, ff, dropout = settings.dim, settings.heads, settings.ff, settings.dropout
        self.embedding = nn.Embedding(vocabulary, dim, padding_idx=PAD)
        self.text_encoder = Encoder(dim, settings.text_layers, heads, ff, dropout)
        self.layout = LayoutNetwork(settings.layout, canvas, dim)
        self.tokens = GridTokens(dim, digits, canvas)
        self.layers = nn.ModuleList(DecoderLayer(dim, heads, ff, dropout) for _ in range(settings.layers))
        self.norm = nn.LayerNorm(dim)

    def forward(self, pieces: Tensor, pixels: Tensor, tokens: Tensor) -> tuple[Tensor, ...]:
        mask = pieces != PAD
        text = self.text_encoder(self.embedding(pieces), mask)
        x = self.tokens.shifted(tokens) + self.scan.written(self.layout(pixels))
        for layer in self.layers:
            x = layer(x, text, mask)
        return self.tokens.head(self.norm(x))
