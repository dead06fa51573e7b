"""Losses of the image tokenizer's stage that look at more than pixels (Translatotron-V, section 3.2, first stage).

Perceptual: differences of the features of a fixed network (arXiv 1603.08155). Adversarial: a small network tells
reconstructions from pictures, and the tokenizer learns to mislead it (hinge loss, as in ViT-VQGAN).
"""

import logging
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn.utils.parametrizations import spectral_norm

_log = logging.getLogger(__name__)


class PerceptualLoss(nn.Module):
    """Mean difference of a fixed network's features, per picture; pictures 0..1 (B, C, H, W)."""

    def __init__(self, name: str, channels: int) -> None:
        """`name` is that of a timm model with pre-trained weights.

        If it is empty or cannot be fetched, features are random.
        """
        super().__init__()
        network = _pretrained(name) if name else None
        self.known = network is not None
        self.network = network if network is not None else _RandomFeatures(channels)
        self.requires_grad_(False).eval()

    def forward(self, drawn: Tensor, wanted: Tensor) -> Tensor:
        with torch.no_grad():
            targets = self.network(wanted * 2 - 1)
        found = self.network(drawn * 2 - 1)
        return torch.stack([_distance(a, b) for a, b in zip(found, targets, strict=True)]).mean(0)

    def train(self, mode: bool = True) -> "PerceptualLoss":
        return super().train(False)


def _distance(a: Tensor, b: Tensor) -> Tensor:
    """Per picture (B,), of features that are scaled to length 1 at each place (LPIPS, arXiv 1801.03924)."""
    return (F.normalize(a, dim=1) - F.normalize(b, dim=1)).square().sum(1).mean((1, 2))


class _RandomFeatures(nn.Module):
    """Three strided convolutions with fixed random weights, which answer to edges and strokes at three scales."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(7)
        sizes = (channels, 16, 32, 48)
        self.convolutions = nn.ModuleList(
            nn.Conv2d(a, b, 3, stride, 1) for a, b, stride in zip(sizes, sizes[1:], (1, 2, 2), strict=False)
        )
        for convolution in self.convolutions:
            assert isinstance(convolution, nn.Conv2d) and convolution.bias is not None
            nn.init.kaiming_normal_(convolution.weight, generator=generator)
            nn.init.zeros_(convolution.bias)

    def forward(self, x: Tensor) -> list[Tensor]:
        maps = []
        for convolution in self.convolutions:
            x = F.relu(convolution(x))
            maps.append(x)
        return maps


def _pretrained(name: str) -> nn.Module | None:
    try:
        import timm

        return timm.create_model(name, pretrained=True, features_only=True, out_indices=(0, 1, 2))
    except Exception as error:  # the hub client raises its own kinds
        cause = (str(error).strip() or type(error).__name__).splitlines()[0]
        _log.warning("perceptual network %s cannot be fetched (%s)", name, cause)
        return None


class Discriminator(nn.Module):
    """Pictures 0..1 (B, C, H, W) → one figure per patch: above 0 it takes it for real (PatchGAN, arXiv 1611.07004).

    Spectral normalisation (arXiv 1802.05957) bounds its gradients, so that it does not learn much faster than the tokenizer.
    """

    def __init__(self, channels: int, width: int = 24) -> None:
        super().__init__()
        sizes = (channels, width, 2 * width, 4 * width)
        layers: list[nn.Module] = []
        for a, b in pairwise(sizes):
            layers += [spectral_norm(nn.Conv2d(a, b, 4, 2, 1)), nn.LeakyReLU(0.2)]
        self.layers = nn.Sequential(*layers, spectral_norm(nn.Conv2d(sizes[-1], 1, 3, 1, 1)))

    def forward(self, pixels: Tensor) -> Tensor:
        return self.layers(pixels * 2 - 1)


def adversarial_losses(judge: Discriminator, drawn: Tensor, real: Tensor) -> tuple[Tensor, Tensor]:
    """(loss of the tokenizer, loss of the judge), per picture (B,) each.

    The first has no gradient for the judge, the second none for the tokenizer. So both can be added up, and one optimiser can
    train both.
    """
    fixed = {name: p.detach() for name, p in judge.named_parameters()}
    misleading = -functional_call(judge, fixed, (drawn,)).mean((1, 2, 3))
    telling = F.relu(1 - judge(real)) + F.relu(1 + judge(drawn.detach()))
    return misleading, telling.mean((1, 2, 3))
