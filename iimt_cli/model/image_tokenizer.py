"""Image tokenizer: ViT-VQGAN over the patches of a picture (Translatotron-V, section 3.1; arXiv 2110.04627).

Pixels 0..1 → a grid of codes, row by row → pixels. A strip of ink is a grid of one row, one code per `patch` columns:
it may be of any width, and strips of different pictures are decoded in one call. A whole picture has a fixed grid,
and learned positions, as in ViT-VQGAN.

Shapes: ink (B, H, W), or colours (B, C, H, W); N tokens per strip or picture.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from iimt_cli.config import Canvas
from iimt_cli.config import ImageTokenizer as Settings
from iimt_cli.model.attention import Encoder, EncoderLayer
from iimt_cli.model.quantiser import make_quantiser

EMPTY = -2.0  # logits of a strip before training, since most of a strip is empty
GREY = 0.5  # colours before training


def patches(pixels: Tensor, rows: int, patch: int) -> Tensor:
    """(B, C, H, W) → (B, rows · W / patch, C · H / rows · patch): the pixel values of each token."""
    batch, channels, height, width = pixels.shape
    grid = pixels.view(batch, channels, rows, height // rows, width // patch, patch)
    return grid.permute(0, 2, 4, 1, 3, 5).reshape(batch, rows * (width // patch), -1)


def unpatches(x: Tensor, rows: int, patch: int, channels: int) -> Tensor:
    """Inverse of `patches`."""
    batch, count, values = x.shape
    tall, columns = values // (channels * patch), count // rows
    grid = x.view(batch, rows, columns, channels, tall, patch)
    return grid.permute(0, 3, 1, 4, 2, 5).reshape(batch, channels, rows * tall, columns * patch)


class Bent(nn.Module):
    """A linear map plus a two-layer perceptron, which is zero before training.

    A linear map alone squeezes a column of 256 pixels into `dim` = 128 directions that all letters of all fonts share. The bar
    of an f and the dot of an i would get lost.
    """

    def __init__(self, before: int, hidden: int, after: int) -> None:
        super().__init__()
        self.straight = nn.Linear(before, after)
        self.widen, self.narrow = nn.Linear(before, hidden), nn.Linear(hidden, after)
        nn.init.zeros_(self.narrow.weight)
        nn.init.zeros_(self.narrow.bias)

    def forward(self, x: Tensor) -> Tensor:
        return self.straight(x) + self.narrow(F.gelu(self.widen(x)))


class ImageTokenizer(nn.Module):
    def __init__(self, settings: Settings, canvas: Canvas) -> None:
        super().__init__()
        self.rows, self.patch, self.channels = canvas.rows, canvas.patch, canvas.channels
        self.quantiser = make_quantiser(settings)
        self.embed = Bent(canvas.token_values, settings.ff, settings.dim)
        self.encoder = Encoder(settings.dim, settings.encoder_layers, settings.heads, settings.ff)
        self.to_latent = nn.Linear(settings.dim, self.quantiser.width)
        self.from_latent = nn.Linear(self.quantiser.width, settings.dim)
        self.decoder = Encoder(settings.dim, settings.decoder_layers, settings.heads, settings.ff)
        self.to_pixels = Bent(settings.dim, settings.ff, canvas.token_values)
        nn.init.constant_(self.to_pixels.straight.bias, EMPTY if canvas.channels == 1 else GREY)
        self.places = _Places(canvas.tokens, settings.dim) if canvas.tokens else None
        if canvas.tokens:
            _silence(self.encoder)
            _silence(self.decoder)

    @property
    def digits(self) -> tuple[int, ...]:
        """The sizes of a code's digits: one for a codebook, one per dimension for scalar quantisation (mixed radix)."""
        return self.quantiser.digits

    def freeze_codes(self) -> None:
        """From now on pictures keep their codes, and only the decoder goes on learning."""
        for module in (self.embed, self.encoder, self.to_latent):
            module.requires_grad_(False)
        if self.places is not None:
            self.places.encoder.requires_grad_(False)
        self.quantiser.frozen = True

    def forward(self, pixels: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor, Tensor]:
        """Pixels 0..1, token mask (B, N) → (the reconstruction, codes (B, N), commitment loss).

        Ink is reconstructed as logits, colours as such: their loss is L1, and a sigmoid would take away its gradient at black
        and white, which most of a page is.
        """
        latents, codes, commitment = self.quantiser(self._latents(pixels, mask))
        return self._pixels(latents, mask), codes, commitment

    def encode(self, pixels: Tensor, mask: Tensor | None = None) -> Tensor:
        """Pixels 0..1 → codes (B, N)."""
        return self.quantiser(self._latents(pixels, mask))[1]

    def decode(self, codes: Tensor, mask: Tensor | None = None) -> Tensor:
        """Codes (B, N) → pixels 0..1; masked columns of strips are empty."""
        pixels = self._pixels(self.quantiser.lookup(codes), mask)
        pixels = pixels.sigmoid() if self.channels == 1 else pixels.clamp(0, 1)
        return pixels if mask is None else pixels * mask.repeat_interleave(self.patch, 1)[:, None]

    def draw(self, codes: Tensor, chances: Sequence[Tensor], mask: Tensor) -> Tensor:
        """Logits (B, H, W) of what `decode` draws, with gradients to the chances of the codes (straight-through, 1308.3432).

        `chances`: for each digit (R, size), of the R real columns.
        """
        chosen = self.quantiser.lookup(codes)
        expected = self.quantiser.expected(chances).to(chosen.dtype)  # chances may be of 16 bits
        latents = chosen.masked_scatter(mask[..., None], chosen[mask] + expected - expected.detach())
        return self._pixels(latents, mask)

    def _latents(self, pixels: Tensor, mask: Tensor | None) -> Tensor:
        pixels = pixels[:, None] if pixels.ndim == 3 else pixels
        x = self.embed(patches(pixels, self.rows, self.patch))
        if self.places is not None:
            x = x + self.places.encoder
        return self.to_latent(self.encoder(x, mask))

    def _pixels(self, latents: Tensor, mask: Tensor | None) -> Tensor:
        x = self.from_latent(latents.float())
        if self.places is not None:
            x = x + self.places.decoder
        pixels = unpatches(self.to_pixels(self.decoder(x, mask)), self.rows, self.patch, self.channels)
        return pixels[:, 0] if self.channels == 1 else pixels


def _silence(encoder: Encoder) -> None:
    """Lets an encoder's layers add nothing at first, so that patches are learnt before their neighbours count.

    Otherwise training gets stuck with a white page, the best answer that does not depend on the patch.
    """
    for layer in encoder.layers:
        assert isinstance(layer, EncoderLayer)
        for last in (layer.attention.out, layer.ff[-1]):
            for values in last.parameters():
                nn.init.zeros_(values)


class _Places(nn.Module):
    """Learned positions of the tokens of a fixed grid."""

    def __init__(self, tokens: int, dim: int) -> None:
        super().__init__()
        self.encoder = nn.Parameter(torch.randn(tokens, dim) * 0.02)
        self.decoder = nn.Parameter(torch.randn(tokens, dim) * 0.02)


def reconstruction_loss(logits: Tensor, ink: Tensor, mask: Tensor) -> Tensor:
    """Per strip (B,): cross-entropy of the coverage plus L1, averaged over the strip's real pixels."""
    real = mask.repeat_interleave(ink.shape[2] // mask.shape[1], 1)[:, None]
    loss = F.binary_cross_entropy_with_logits(logits, ink, reduction="none") + (logits.sigmoid() - ink).abs()
    return (loss * real).sum((1, 2)) / (real.sum((1, 2)) * ink.shape[1])
