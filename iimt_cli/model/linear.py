"""Two linear layers beside torch's own: one whose matrix is an embedding, and one that a CPU multiplies fastest."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class TiedLinear(nn.Module):
    """(…, D) → (…, numbers): the matrix of an embedding, without a bias, as logits (Press and Wolf, arXiv 1608.05859)."""

    def __init__(self, embedding: nn.Embedding) -> None:
        super().__init__()
        self._embedding = (embedding,)  # in a tuple, so that torch does not count and save its weights twice

    @property
    def weight(self) -> Tensor:
        return self._embedding[0].weight

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x, self.weight)


class PackedLinear(nn.Module):
    """(…, in) → (…, out) on a CPU: weights of 16 bits, packed for its registers and multiplied in 32 bits (FBGEMM).

    The result of a row does not depend on the other rows of its batch. The layer cannot be trained, moved or saved.
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
    """Replaces the linear layers inside `module`, for inference on an x86 CPU; on other devices nothing changes.

    A few rows take a fourth of the time, because most of it is reading the weights; many rows take as long as before. Only
    layers whose weights 16 bits hold exactly are packed. That is so for every file that iimt writes.
    """
    if "fbgemm" not in torch.backends.quantized.supported_engines:
        return
    for parent in list(module.modules()):
        for name, layer in parent.named_children():
            if isinstance(layer, nn.Linear | TiedLinear) and torch.equal(
                layer.weight.half().float(), layer.weight
            ):
                setattr(parent, name, PackedLinear(layer.weight, getattr(layer, "bias", None)))
