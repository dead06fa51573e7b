"""Settings of how torch and its libraries use the processor. Each was measured (docs/performance.md)."""

import os


def tune() -> None:
    """Sets the environment. It has an effect only before torch is imported. Variables that the user has set stay."""
    # A thread that waits actively keeps others off its core. If other programs run or stages overlap, that costs more than
    # waking a sleeping thread.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    # By default oneDNN keeps compiled code for 1,024 shapes, some 250 MB in a run over a folder; 128 are as fast.
    os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "128")


def share_threads() -> None:
    """For a run over a folder: halves torch's threads, because two stages go on side by side."""
    import torch

    torch.set_num_threads(max(1, torch.get_num_threads() // 2))
