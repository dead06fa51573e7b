"""What a reader makes of drawn ink: the perceptual loss of the tokenizer and of the drawer.

A stroke that tells an f from a t is few pixels but much to a reader.
"""

import torch
from torch import Tensor

from iimt_cli.model.convolution import widen
from iimt_cli.model.image_encoder import ImageEncoder


def perceptual_loss(reader: ImageEncoder, drawn: Tensor, ink: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """How far drawn ink 0..1 (B, H, W) is from what it should be, with column mask (B, N); both figures per strip (B,).

    The first is the mean difference of the reader's features (arXiv 1603.08155), the second the KL divergence of the
    characters that it reads, per column.
    """
    real = widen(mask, ink.shape[2])[:, None]
    with torch.no_grad():
        wanted = reader.features(ink, mask)
        said = reader.characters(wanted[-1]).log_softmax(-1)
    found = reader.features(drawn * real, mask)
    read = reader.characters(found[-1]).log_softmax(-1)
    share = mask.float().mean(1)
    distance = torch.stack(
        [(f - w).abs().mean((1, 2, 3)) / share for f, w in zip(found, wanted, strict=True)]
    ).sum(0)
    frames = widen(mask, read.shape[1])
    misread = ((said.exp() * (said - read)).sum(-1) * frames).sum(1) / mask.sum(1)
    return distance, misread


def reading_pull(
    reader: ImageEncoder, logits: Tensor, ink: Tensor, mask: Tensor, other: Tensor
) -> tuple[Tensor, Tensor]:
    """A term per strip (B,) that pulls ink logits (B, H, W) where `perceptual_loss` falls, and that loss's second figure.

    On every strip the pull is as strong as that of another loss, whose gradients to the logits are `other` (B, H, W), as
    in VQGAN (arXiv 2012.09841, section 3.2): a reader's slopes in faint haze are steep enough to drown every other
    loss. The term's value means nothing.
    """
    leaf = logits.detach().requires_grad_()
    seen, misread = perceptual_loss(reader, leaf.sigmoid(), ink, mask)
    (towards,) = torch.autograd.grad((seen + misread).sum(), leaf)
    strength = other.flatten(1).norm(dim=1) / towards.flatten(1).norm(dim=1).clamp(min=1e-12)
    return (logits * towards * strength[:, None, None]).sum((1, 2)), misread.detach()
