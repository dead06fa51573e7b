"""Settings of how torch and its libraries use the processor and the memory. Each was measured (docs/performance.md)."""

import ctypes
import os

M_ARENA_MAX, M_MMAP_THRESHOLD = -8, -3  # of glibc's mallopt
LARGE = 1 << 20  # bytes: an array of this size or more is no part of the heap


def tune() -> None:
    """Sets the environment and the allocator. It has an effect only before torch is imported. What the user has set stays."""
    # A thread that waits actively keeps others off its core. If other programs run or stages overlap, that costs more than
    # waking a sleeping thread.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    # By default oneDNN keeps compiled code for 1,024 shapes, some 250 MB in a run over a folder; 128 are as fast.
    os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "128")
    # By default glibc gives each thread a heap of its own, and what is free in one cannot be used in another: 90 MB in a run
    # over 300 pages.
    if "MALLOC_ARENA_MAX" not in os.environ:
        _set_malloc(M_ARENA_MAX, 1)
    # By default glibc takes arrays of up to 32 MB from the heap once one of that size was freed. Small things then keep what
    # is free from being trimmed: some 100 MB in a run over 51 pages.
    if "MALLOC_MMAP_THRESHOLD_" not in os.environ:
        _set_malloc(M_MMAP_THRESHOLD, LARGE)


def _set_malloc(parameter: int, value: int) -> None:
    try:
        ctypes.CDLL(None).mallopt(parameter, value)
    except (OSError, AttributeError, TypeError):  # another C library; Windows
        return


def share_threads() -> None:
    """For a run over a folder: halves torch's threads, because two stages go on side by side."""
    import torch

    torch.set_num_threads(max(1, torch.get_num_threads() // 2))
