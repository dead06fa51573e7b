"""Compiling what a training step does: one kernel for many small operations, which on a CPU are most of a step's time."""

import warnings
from contextlib import AbstractContextManager

import torch
from torch import Tensor, nn

from iimt_cli.model.attention import DecoderLayer, EncoderLayer
from iimt_cli.model.text import WritingLosses


def compiles(device: torch.device) -> bool:
    """Whether torch can compile for a device. It is tried: here it lacks a C++ compiler, there Python's headers or Triton."""
    if not hasattr(torch.compiler, "set_stance"):  # torch before 2.6
        return False

    def smallest(x: Tensor) -> Tensor:
        return (2 * x).sigmoid().sum()

    try:
        torch.compile(smallest)(torch.ones(8, device=device, requires_grad=True)).backward()
    except Exception:
        return False
    return True


def compile_layers(module: nn.Module) -> None:
    """Compiles the Transformer layers and the losses inside `module`, in place. Weights and their names stay.

    Each is compiled when it is first used. Layers of one kind share a kernel, and sizes of batches vary, so that it is done
    a few times only.
    """
    # The rotation tables of attention are kept by an lru_cache. That torch looks past it is no news to who trains.
    warnings.filterwarnings("ignore", message="Dynamo detected a call to a `functools.lru_cache`")
    for layer in module.modules():
        if isinstance(layer, EncoderLayer | DecoderLayer | WritingLosses):
            layer.compile(dynamic=True)


def uncompiled() -> AbstractContextManager[None]:
    """A context in which compiled layers run as they are written: evaluating asks for other kernels, each for a short time."""
    return torch.compiler.set_stance("force_eager")
