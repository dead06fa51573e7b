"""Choosing the device on which networks run."""

import torch

from iimt_cli.errors import IimtError


def choose_device(name: str) -> torch.device:
    """`auto` is CUDA, else Apple's MPS, else the CPU. Raises IimtError if the named device is not there."""
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if name == "auto":
        name = next(d for d in ("cuda", "mps", "cpu") if there[d])
    if name not in there:
        raise IimtError(f"unknown device '{name}' (choose auto, cpu, cuda or mps)")
    if not there[name]:
        raise IimtError(f"device '{name}' is not available on this machine")
    return torch.device(name)
