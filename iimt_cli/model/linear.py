"""Two linear layers beside torch's own: one whose matrix is an embedding, and one that a CPU multiplies fastest."""

import threading
from collections.abc import Callable

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

    The result of a row does not depend on the other rows of its batch. The layer cannot be trained, moved or saved. It is
    packed when it is first used: a correction uses few layers. If 16 bits do not hold its weights exactly, it stays as it was.
    """

    def __init__(self, layer: nn.Linear | TiedLinear) -> None:
        super().__init__()
        self._layer = (layer,)  # in a tuple, so that torch does not count its weights
        self._multiply: Callable[[Tensor], Tensor] | None = None

    def forward(self, x: Tensor) -> Tensor:
        if self._multiply is None:
            with _PACKING:
                self._multiply = self._multiply or _packed(*self._layer)
                self._layer = ()  # type: ignore[assignment]  # its memory is free now
        return self._multiply(x)


_PACKING = threading.Lock()  # pictures are opened and translated in several threads


@torch.inference_mode()
def _packed(layer: nn.Linear | TiedLinear) -> Callable[[Tensor], Tensor]:
    weight, bias = layer.weight.detach(), getattr(layer, "bias", None)
    if not torch.equal(weight.half().float(), weight):
        return layer.forward
    packed = torch.ops.quantized.linear_prepack_fp16(weight, None if bias is None else bias.detach())
    return lambda x: torch.ops.quantized.linear_dynamic_fp16(x, packed)


def pack(module: nn.Module) -> None:
    """Replaces the linear layers inside `module`, for inference on an x86 CPU; on other devices nothing changes.

    A few rows take a fourth of the time, because most of it is reading the weights; many rows take as long as before. Only
    layers whose weights 16 bits hold exactly are packed. That is so for every file that iimt writes.
    """
    if "fbgemm" not in torch.backends.quantized.supported_engines:
        return
    for parent in list(module.modules()):
        for name, layer in parent.named_children():
            if isinstance(layer, nn.Linear | TiedLinear):
                setattr(parent, name, PackedLinear(layer))
