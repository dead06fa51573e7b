"""Linear layers beside torch's own: one whose matrix is an embedding, and one as a CPU multiplies fastest."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class TiedLinear(nn.Module):
    """(…, D) → (…, numbers): the matrix of an embedding, without a bias, as logits (Press and Wolf, arXiv 1608.05859)."""

    def __init__(self, embedding: nn.Embedding) -> None:
        super().__init__()
        self._embedding = (embedding,)  # in a tuple, so that its weights are counted and kept once

    @property
    def weight(self) -> Tensor:
        return self._embedding[0].weight

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x, self.weight)


class PackedLinear(nn.Module):
    """(…, in) → (…, out) on a CPU: weights of 16 bits, laid out for its registers, multiplied in 32 bits (FBGEMM).

    A row's result does not depend on the other rows of its batch. It cannot be trained, moved or saved.
    """

    def __init__(self, weight: Tensor, bias: Tensor | None) -> None:
        super().__init__()
        self.packed = torch.ops.quantized.linear_prepack_fp16(
            weight.detach(), None if bias is None else bias.detach()
        )

    def forward(self, x: Tensor) -> Tensor:
        return torch.ops.quantized.linear_dynamic_fp16(x, self.packed)


@torch.inference_mode()
def pack(module: nn.Module) -> None:
    """Replaces the linear layers inside `module`, for inference on a CPU; elsewhere than on x86 nothing changes.

    A few rows take a fourth of the time, because what takes time is reading the weights, and many rows no more than
    before. Only layers that 16 bits hold exactly are packed: those of every file that iimt writes.
    """
    if "fbgemm" not in torch.backends.quantized.supported_engines:
        return
    for parent in list(module.modules()):
        for name, layer in parent.named_children():
            if isinstance(layer, nn.Linear | TiedLinear) and torch.equal(
                layer.weight.half().float(), layer.weight
            ):
                setattr(parent, name, PackedLinear(layer.weight, getattr(layer, "bias", None)))
