"""Data parallelism: what the processes that `torchrun` started exchange. With one process nothing is exchanged."""

import os

import torch
import torch.distributed as dist
from torch import Tensor, nn

from iimt_cli.errors import IimtError
from iimt_cli.model.device import choose_device
from iimt_cli.training.stage import Share


def join_processes() -> Share:
    """Joins the process group that `torchrun` announces in the environment; alone otherwise."""
    world = int(os.environ.get("WORLD_SIZE", "1"))
    if world == 1:
        return Share()
    if not dist.is_initialized():
        # gloo for counts and the clock, which are on the CPU; nccl for gradients on CUDA
        dist.init_process_group("cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo")
    return Share(dist.get_rank(), world)


def process_device(name: str, share: Share) -> torch.device:
    """The device of this process: on a machine with several GPUs, the one with its number."""
    device = choose_device(name)
    if device.type == "cuda":
        device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
        torch.cuda.set_device(device)
    if device.type == "mps" and share.world > 1:  # no backend sums over processes on MPS
        if name != "auto":
            raise IimtError("device 'mps' trains in one process only")
        device = torch.device("cpu")
    return device


def combine(
    parameters: list[nn.Parameter], total: float, count: int, clock: float, share: Share
) -> tuple[float, float]:
    """Turns summed gradients into the mean over the whole batch of all processes.

    `total` is the summed loss of this process, over `count` units; `clock` is in seconds. Returns the mean loss of all
    processes, and the clock of rank 0.
    """
    if share.world > 1:
        figures = torch.tensor([total, count, clock if share.rank == 0 else 0.0], dtype=torch.float64)
        dist.all_reduce(figures)
        total, count, clock = float(figures[0]), int(figures[1]), float(figures[2])
        for p in parameters:
            if p.grad is None:
                p.grad = torch.zeros_like(p)
        _sum([p.grad for p in parameters if p.grad is not None])
    for p in parameters:
        if p.grad is not None:
            p.grad.div_(max(1, count))
    return total / max(1, count), clock


def mean_of_processes(
    optimiser: torch.optim.Optimizer, parameters: list[nn.Parameter], clock: float, share: Share
) -> float:
    """Weights and moments of all processes become their mean; returns the clock of rank 0."""
    if share.world == 1:
        return clock
    tensors = [p.data for p in parameters]
    for p in parameters:
        slot = optimiser.state[p]
        tensors += [slot[key] for key in ("exp_avg", "exp_avg_sq") if key in slot]
    _sum(tensors)
    for t in tensors:
        t /= share.world
    agreed = torch.tensor([clock if share.rank == 0 else 0.0], dtype=torch.float64, device=tensors[0].device)
    dist.all_reduce(agreed)
    return float(agreed)


def _sum(tensors: list[Tensor]) -> None:
    """Each tensor becomes its sum over all processes. They travel as one: many small messages are slow."""
    flat = torch.cat([t.flatten() for t in tensors])
    dist.all_reduce(flat)
    offset = 0
    for t in tensors:
        t.copy_(flat[offset : offset + t.numel()].view_as(t))
        offset += t.numel()


def agree(mine: bool, share: Share) -> bool:
    """The answer of rank 0, in all processes: they must do the same."""
    if share.world == 1:
        return mine
    flag = torch.tensor([float(mine)])
    dist.broadcast(flag, src=0)
    return bool(flag.item())


def wait_for_all(share: Share) -> None:
    """Returns when all processes have come here."""
    if share.world > 1:
        dist.barrier()
