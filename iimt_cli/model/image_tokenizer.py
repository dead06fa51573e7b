"""Image tokenizer: ViT-VQGAN over the columns of an ink strip (Translatotron-V, section 3.1; arXiv 2110.04627).

Pixels (B, height, W) → one code per `patch` columns, (B, W / patch) → pixels. Every column is one token, so a strip of
any width is a sequence, and a batch of strips of different pictures is decoded in one call on the device.
"""

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor, nn

from iimt_cli.config import Canvas
from iimt_cli.config import ImageTokenizer as Settings
from iimt_cli.model.attention import Encoder
from iimt_cli.model.quantiser import make_quantiser


def columns(ink: Tensor, patch: int) -> Tensor:
    """(B, H, W) → (B, W / patch, H · patch): the pixels of each column."""
    batch, height, width = ink.shape
    return (
        ink.view(batch, height, width // patch, patch)
        .transpose(1, 2)
        .reshape(batch, width // patch, height * patch)
    )


def uncolumns(x: Tensor, height: int) -> Tensor:
    """Inverse of `columns`."""
    batch, count, pixels = x.shape
    patch = pixels // height
    return x.view(batch, count, height, patch).transpose(1, 2).reshape(batch, height, count * patch)


class Bent(nn.Module):
    """A linear map plus a two-layer perceptron, which starts at zero.

    Through a linear map alone, a column of 256 pixels is a point in a space of `dim` = 128 directions, shared by all
    letters of all fonts: the bar of an f and the dot of an i are the first to go.
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
        self.height, self.patch = canvas.height, canvas.patch
        pixels = canvas.height * canvas.patch
        self.quantiser = make_quantiser(settings)
        self.embed = Bent(pixels, settings.ff, settings.dim)
        self.encoder = Encoder(settings.dim, settings.encoder_layers, settings.heads, settings.ff)
        self.to_latent = nn.Linear(settings.dim, self.quantiser.width)
        self.from_latent = nn.Linear(self.quantiser.width, settings.dim)
        self.decoder = Encoder(settings.dim, settings.decoder_layers, settings.heads, settings.ff)
        self.to_pixels = Bent(settings.dim, settings.ff, pixels)
        nn.init.constant_(self.to_pixels.straight.bias, -2.0)  # most of a strip is empty

    @property
    def digits(self) -> tuple[int, ...]:
        """A code is a mixed-radix number: of one digit for a codebook, of one per level for scalar quantisation."""
        return self.quantiser.digits

    def freeze_codes(self) -> None:
        """From now on strips keep their codes; only how the codes are drawn goes on learning."""
        for module in (self.embed, self.encoder, self.to_latent):
            module.requires_grad_(False)
        self.quantiser.frozen = True

    def forward(self, ink: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor, Tensor]:
        """Ink 0..1 (B, H, W), column mask (B, N) → (logits of the reconstructed ink (B, H, W), codes, commitment loss)."""
        latents, codes, commitment = self.quantiser(self._latents(ink, mask))
        return self._pixels(latents, mask), codes, commitment

    def encode(self, ink: Tensor, mask: Tensor | None = None) -> Tensor:
        """Ink 0..1 (B, H, W) → codes (B, N)."""
        return self.quantiser(self._latents(ink, mask))[1]

    def decode(self, codes: Tensor, mask: Tensor | None = None) -> Tensor:
        """Codes (B, N) → ink 0..1 (B, H, W); masked columns are empty."""
        ink = self._pixels(self.quantiser.lookup(codes), mask).sigmoid()
        return ink if mask is None else ink * mask.repeat_interleave(self.patch, 1)[:, None]

    def draw(self, codes: Tensor, chances: Sequence[Tensor], mask: Tensor) -> Tensor:
        """Logits of what `decode` draws (B, H, W), with gradients to the chances (R, size) of each digit of the real columns'
        codes (straight-through, arXiv 1308.3432)."""
        expected = self.quantiser.expected(chances)
        chosen = self.quantiser.lookup(codes)
        latents = chosen.to(expected.dtype).masked_scatter(
            mask[..., None], chosen[mask] + expected - expected.detach()
        )
        return self._pixels(latents, mask)

    def _latents(self, ink: Tensor, mask: Tensor | None) -> Tensor:
        return self.to_latent(self.encoder(self.embed(columns(ink, self.patch)), mask))

    def _pixels(self, latents: Tensor, mask: Tensor | None) -> Tensor:
        x = self.decoder(self.from_latent(latents.to(self.from_latent.weight.dtype)), mask)
        return uncolumns(self.to_pixels(x), self.height)


def reconstruction_loss(logits: Tensor, ink: Tensor, mask: Tensor) -> Tensor:
    """Per strip (B,): cross-entropy of the coverage plus L1, averaged over the strip's real pixels."""
    real = mask.repeat_interleave(ink.shape[2] // mask.shape[1], 1)[:, None]
    loss = F.binary_cross_entropy_with_logits(logits, ink, reduction="none") + (logits.sigmoid() - ink).abs()
    return (loss * real).sum((1, 2)) / (real.sum((1, 2)) * ink.shape[1])
