"""Computing in 16 bits where that is faster: on CUDA, and on a CPU only if it has instructions for it."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

import torch

_P = ParamSpec("_P")
_R = TypeVar("_R")


class OnDevice(Protocol):
    device: torch.device


def half_precision(device: torch.device) -> torch.dtype | None:
    """The 16-bit type of a device; None: float32. bfloat16 needs no scaled gradients, but older GPUs have float16 only."""
    if device.type != "cuda":
        return None
    return torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float16


def training_precision(device: torch.device, wanted: bool) -> torch.dtype | None:
    """The 16-bit type of a training stage; None: float32. A CPU uses it if it is `wanted` and the CPU has instructions."""
    if device.type != "cpu":
        return half_precision(device)
    has = (
        getattr(torch.cpu, "_is_avx512_bf16_supported", bool)()
        or getattr(torch.cpu, "_is_amx_tile_supported", bool)()
    )
    return torch.bfloat16 if wanted and has else None


def inference(method: Callable[Concatenate[Any, _P], _R]) -> Callable[Concatenate[Any, _P], _R]:
    """A decorator for a method of an object with a `device`: without gradients, and in that device's precision."""

    @wraps(method)
    def run(self: OnDevice, *args: _P.args, **kwargs: _P.kwargs) -> _R:
        half = half_precision(self.device)
        with torch.inference_mode(), torch.autocast(self.device.type, half, enabled=half is not None):
            return method(self, *args, **kwargs)

    return run
