"""How many strips of text go through the networks at once: as free memory allows, and fewer when it runs out. And what is free
goes back to the system."""

import ctypes
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from iimt_cli.errors import is_out_of_memory

GIB = 1 << 30
UNKNOWN = 4 * GIB  # free memory that is assumed if the system does not tell it
SHARE = 0.5  # of the free memory; the rest is for pictures and for other programs
# Bytes for one strip of 1024 px in a batch, and for each hypothesis of the beam, without the weights. Measured for `line`:
# 5 MB a strip, and less than 0.5 MB for each further hypothesis.
PER_STRIP, PER_HYPOTHESIS = 8 << 20, 1 << 20
MOST = {"cuda": 128}  # strips: larger batches are not faster
MOST_ELSEWHERE = 32  # strips

# Memory of a container, control groups of version 2 and of version 1: folder, file with the limit, file with what is used, and
# the entry of memory.stat that says how much of that is a cache of files, which the system gives up when memory is short.
_CGROUPS = (
    ("/sys/fs/cgroup/", "memory.max", "memory.current", "inactive_file"),
    ("/sys/fs/cgroup/memory/", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
)
_T = TypeVar("_T")


def automatic_batch(device: str, beam: int = 1) -> int:
    """The batch size in strips: a power of two, at least 1, that needs at most `SHARE` of the free memory.

    It is at most `MOST` for the kind of device, `cpu`, `cuda` or `mps`.
    """
    most = MOST.get(device, MOST_ELSEWHERE)
    fitting = int(free_memory(device) * SHARE / (PER_STRIP + beam * PER_HYPOTHESIS))
    return min(most, 1 << max(0, fitting.bit_length() - 1))


def free_memory(device: str = "cpu") -> int:
    """Bytes that can still be allocated: on the GPU, else in the machine and in the container that this runs in."""
    if device == "cuda":
        import torch

        return int(torch.cuda.mem_get_info()[0])
    free = _available() or _half_of_all() or UNKNOWN
    for folder, limit, used, cached in _CGROUPS:
        with suppress(OSError, ValueError, KeyError):  # not there, or `max`
            room = _number(folder + limit) - _number(folder + used) + _table(folder + "memory.stat")[cached]
            free = min(free, room)
    return max(0, free)


def _available() -> int:
    try:
        return _table("/proc/meminfo")["MemAvailable:"] << 10
    except (OSError, KeyError, ValueError):
        return 0


def _half_of_all() -> int:
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    except (OSError, ValueError, AttributeError):  # Windows has no sysconf
        return 0


def give_back() -> None:
    """Gives back to the system what is free: glibc keeps some 100 MB after a page, for each thread its own. Milliseconds."""
    if trim := _trim():
        trim(0)


@lru_cache(maxsize=1)
def _trim() -> Any:
    """malloc_trim of glibc; None elsewhere."""
    try:
        return ctypes.CDLL(None).malloc_trim
    except (OSError, AttributeError, TypeError):  # another C library; Windows
        return None


def _number(path: str) -> int:
    return int(Path(path).read_text())


def _table(path: str) -> dict[str, int]:
    return {words[0]: int(words[1]) for words in map(str.split, Path(path).read_text().splitlines())}


class Batch:
    """The size of batches, which is halved when memory runs out.

    If even a batch of one fails, the size stays as it was: that one item is too large, others may fit. `changed` is
    called with each new size.
    """

    def __init__(self, size: int, changed: Callable[[int], None] = lambda _: None) -> None:
        self.size, self._changed = size, changed

    def attempt(self, step: Callable[[int], _T]) -> _T:
        """Calls `step(size)` with smaller and smaller sizes until memory suffices. Raises what `step` raises if that is
        another error, or if memory runs out at size 1."""
        size = self.size
        while True:
            try:
                result = step(size)
            except Exception as error:
                if size == 1 or not is_out_of_memory(error):
                    raise
            else:
                if size < self.size:
                    self.size = size
                    self._changed(size)
                return result
            size //= 2  # outside the except block, whose traceback would keep the failed attempt in memory
            _release()


def _release() -> None:
    torch: Any = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_initialized():
        torch.cuda.empty_cache()
