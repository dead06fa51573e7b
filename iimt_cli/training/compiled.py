"""Compiling what a training step does: one kernel for many small operations, which on a CPU are most of a step's time."""

import importlib.util
import os
import shutil
from contextlib import AbstractContextManager

import torch
from torch import nn

from iimt_cli.model.attention import DecoderLayer, EncoderLayer
from iimt_cli.model.text import WritingLosses


def has_compiler(device: torch.device) -> bool:
    """Whether torch finds what it compiles with: a C++ compiler for a CPU, Triton for CUDA."""
    if device.type == "cpu":
        return any(shutil.which(name) for name in (os.environ.get("CXX"), "g++", "clang++", "cl") if name)
    return device.type == "cuda" and importlib.util.find_spec("triton") is not None


def compile_layers(module: nn.Module) -> None:
    """Compiles the Transformer layers and the losses inside `module`, in place. Weights and their names stay.

    Each is compiled when it is first used. Layers of one kind share a kernel, and sizes of batches vary, so that it is done
    a few times only.
    """
    for layer in module.modules():
        if isinstance(layer, EncoderLayer | DecoderLayer | WritingLosses):
            layer.compile(dynamic=True)


def uncompiled() -> AbstractContextManager[None]:
    """A context in which compiled layers run as they are written: evaluating asks for other kernels, each for a short time."""
    return torch.compiler.set_stance("force_eager")
