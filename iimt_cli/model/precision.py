"""Sixteen bits where a device multiplies them faster: CUDA, not a CPU without instructions for them."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

import torch

_P = ParamSpec("_P")
_R = TypeVar("_R")


class OnDevice(Protocol):
    device: torch.device


def half_precision(device: torch.device) -> torch.dtype | None:
    """What a device multiplies in; bfloat16 needs no scaled gradients, but older GPUs do not have it. None: float32."""
    if device.type != "cuda":
        return None
    return torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float16


def training_precision(device: torch.device, wanted: bool) -> torch.dtype | None:
    """What a stage multiplies in. On a CPU `wanted` counts, and only where the processor has instructions for it."""
    if device.type != "cpu":
        return half_precision(device)
    has = (
        getattr(torch.cpu, "_is_avx512_bf16_supported", bool)()
        or getattr(torch.cpu, "_is_amx_tile_supported", bool)()
    )
    return torch.bfloat16 if wanted and has else None


def inference(method: Callable[Concatenate[Any, _P], _R]) -> Callable[Concatenate[Any, _P], _R]:
    """A method of something on a device, without gradients and in that device's precision."""

    @wraps(method)
    def run(self: OnDevice, *args: _P.args, **kwargs: _P.kwargs) -> _R:
        half = half_precision(self.device)
        with torch.inference_mode(), torch.autocast(self.device.type, half, enabled=half is not None):
            return method(self, *args, **kwargs)

    return run
