"""How torch and its libraries are to use the processor; each setting was measured (docs/performance.md)."""

import os


def tune() -> None:
    """Has an effect only before torch is imported. What the user has set in the environment stays."""
    # A thread that waits for others would keep them off the core: where other programs run or stages overlap, that
    # costs more than waking it.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    # oneDNN keeps what it has compiled for 1,024 shapes, which takes some 250 MB over a folder; 128 are as fast.
    os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "128")


def share_threads() -> None:
    """For a folder: the stages that go on side by side have half of torch's threads each."""
    import torch

    torch.set_num_threads(max(1, torch.get_num_threads() // 2))
