"""Two ways to turn a latent into one of K codes: finite scalar quantisation, and a learned codebook (nearest by cosine)."""

import math
from collections.abc import Sequence
from typing import Protocol

import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch import Tensor, nn

from iimt_cli.config import ImageTokenizer as Settings

NEAR = 0.98  # cosine: a latent that is nearer to its code needs no code of its own


class Quantiser(Protocol):
    """Latents (…, `width`) ↔ codes (…) from 0 to `size` − 1: mixed-radix numbers whose digits have the sizes `digits`."""

    width: int
    size: int
    frozen: bool  # whether the codes must keep their meaning
    digits: tuple[int, ...]

    def __call__(self, latents: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(quantised latents with straight-through gradients, codes, commitment loss)."""
        ...

    def lookup(self, codes: Tensor) -> Tensor:
        """The quantised latents that the codes stand for."""
        ...

    def expected(self, chances: Sequence[Tensor]) -> Tensor:
        """The mean latents (…, `width`) under the chances (…, size) of each digit; differentiable."""
        ...


def make_quantiser(settings: Settings) -> "FiniteScalarQuantiser | VectorQuantiser":
    if settings.quantiser == "fsq":
        return FiniteScalarQuantiser(settings.levels)
    return VectorQuantiser(settings.codebook, settings.code_dim, settings.unquantised)


class FiniteScalarQuantiser(nn.Module):
    """Each latent dimension is rounded to a few levels; the code is their mixed-radix number (arXiv 2309.15505)."""

    levels: Tensor
    radix: Tensor

    def __init__(self, levels: tuple[int, ...]) -> None:
        super().__init__()
        self.width, self.digits = len(levels), levels
        self.frozen = False  # makes no difference: this quantiser learns nothing
        self.size = math.prod(levels)
        radix = torch.tensor([1, *levels[:-1]]).cumprod(0)
        self.register_buffer("levels", torch.tensor(levels), persistent=False)
        self.register_buffer("radix", radix, persistent=False)

    def forward(self, latents: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        half = (self.levels - 1) / 2
        centre = (self.levels % 2 == 0) * 0.5  # an even number of levels has no level at zero
        bounded = torch.tanh(latents.float()) * (half + 0.499) - centre
        rounded = bounded + (bounded.round() - bounded).detach()
        digits = (rounded.detach() + self.levels // 2).round().long()
        digits = torch.minimum(digits.clamp_min(0), self.levels - 1)
        return rounded / (self.levels // 2), (digits * self.radix).sum(-1), latents.new_zeros(())

    def lookup(self, codes: Tensor) -> Tensor:
        digits = codes[..., None] // self.radix % self.levels
        return (digits - self.levels // 2) / (self.levels // 2)

    def expected(self, chances: Sequence[Tensor]) -> Tensor:
        means = [c @ torch.arange(c.shape[-1], dtype=c.dtype, device=c.device) for c in chances]
        return (torch.stack(means, -1) - self.levels // 2) / (self.levels // 2)


class VectorQuantiser(nn.Module):
    """A codebook on the unit sphere: nearest by cosine, moved by exponential averages, started by k-means.

    ViT-VQGAN (arXiv 2110.04627, section 3.2). In the first `patience` batches of training latents pass without codes, so that
    the encoder learns to tell patches apart before k-means sets the codes. Without that, one code came to stand for
    everything. Codes that are no longer used restart at current latents that no code is near.
    """

    codebook: Tensor
    usage: Tensor
    seen: Tensor

    def __init__(
        self,
        size: int,
        width: int,
        patience: int = 0,
        decay: float = 0.9,
        dead_below: float = 0.001,
        commitment: float = 0.25,
    ) -> None:
        super().__init__()
        self.size, self.width, self.digits = size, width, (size,)
        self.frozen = False
        self.decay, self.dead_below, self.commitment = decay, dead_below, commitment
        self.patience = patience
        self.register_buffer("codebook", F.normalize(torch.randn(size, width), dim=-1))
        self.register_buffer("usage", torch.ones(size))
        self.register_buffer("seen", torch.zeros((), dtype=torch.long))  # batches of training

    def forward(self, latents: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        unit = F.normalize(latents.float(), dim=-1)
        flat = unit.detach().reshape(-1, self.width)
        learning = self.training and not self.frozen
        if learning:
            self.seen += 1
            if self.seen <= self.patience:
                return unit, flat.new_zeros(latents.shape[:-1], dtype=torch.long), latents.new_zeros(())
            if self.seen == self.patience + 1:
                self._k_means(flat)
        nearness, codes = (flat @ self.codebook.T).max(-1)
        if learning:
            self._update(flat, codes, nearness)
        codes = codes.view(latents.shape[:-1])
        chosen = self.lookup(codes)
        loss = self.commitment * F.mse_loss(unit, chosen)
        return unit + (chosen - unit).detach(), codes, loss

    def lookup(self, codes: Tensor) -> Tensor:
        return self.codebook[codes]

    def expected(self, chances: Sequence[Tensor]) -> Tensor:
        return chances[0] @ self.codebook

    @torch.no_grad()
    def _k_means(self, flat: Tensor, rounds: int = 5) -> None:
        """Sets the codes by k-means. Centres start at latents, with a little noise: there may be fewer latents than codes."""
        picked = _pick(flat, flat @ F.normalize(flat.mean(0), dim=0), self.size)
        self.codebook.copy_(F.normalize(picked + 0.01 * torch.randn_like(picked), dim=-1))
        _share(self.codebook)
        for _ in range(rounds):
            codes = (flat @ self.codebook.T).argmax(-1)
            sums = _total(torch.zeros_like(self.codebook).index_add_(0, codes, flat))
            used = _total(torch.bincount(codes, minlength=self.size)) > 0
            self.codebook[used] = F.normalize(sums[used], dim=-1)

    @torch.no_grad()
    def _update(self, flat: Tensor, codes: Tensor, nearness: Tensor) -> None:
        counts = _total(torch.bincount(codes, minlength=self.size).to(flat.dtype))
        sums = _total(torch.zeros_like(self.codebook).index_add_(0, codes, flat))
        self.usage.mul_(self.decay).add_(counts, alpha=1 - self.decay)
        used = counts > 0
        means = F.normalize(sums[used], dim=-1)
        self.codebook[used] = F.normalize(self.codebook[used] * self.decay + means * (1 - self.decay), dim=-1)
        dead = (self.usage < self.dead_below).nonzero().flatten()
        if len(dead):
            # A latent restarts one code at most. The other unused codes wait: a rare latent may come back to its code.
            far = flat[nearness < NEAR]
            far = far[torch.randperm(len(far), device=far.device)[: len(dead)]]
            self.codebook[dead[: len(far)]] = far
            self.usage[dead[: len(far)]] = 1.0 - self.decay
            _share(self.codebook)
            _share(self.usage)


def _pick(flat: Tensor, nearness: Tensor, count: int) -> Tensor:
    """`count` of the latents, those farthest from any code first, because most of a page is background."""
    return flat[torch.multinomial((1 - nearness).clamp_min(1e-4), count, replacement=True)]


def _total(values: Tensor) -> Tensor:
    """The sum over all processes of a data-parallel training."""
    if dist.is_initialized():
        dist.all_reduce(values)
    return values


def _share(values: Tensor) -> None:
    """Gives random values of the first process to all processes, in place."""
    if dist.is_initialized():
        dist.broadcast(values, src=0)
