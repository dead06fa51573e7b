"""The training loop that every stage shares: budget, schedule, resuming, data parallelism, logging.

The budget is wall-clock time or a number of steps; the learning rate warms up, holds, and decays to zero exactly at
the budget. A batch may be computed in several parts, one after the other. Data parallelism sums gradients over
processes (`torchrun`): the result is that of one process with the whole batch.
"""

import math
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import torch
import torch.distributed as dist
from torch import nn

from iimt_cli.errors import IimtError
from iimt_cli.model.checkpoint import save_tensors
from iimt_cli.model.device import choose_device
from iimt_cli.model.precision import training_precision
from iimt_cli.training.checkpoint import load_checkpoint, mean_tensors, save_checkpoint
from iimt_cli.training.progress import Journal
from iimt_cli.training.stage import Share, Stage

CHECKPOINT_SECONDS = 240.0


@dataclass(frozen=True)
class Budget:
    """When to stop: after `hours` of training in total (over all resumptions) or after `steps`, whichever is first."""

    hours: float
    steps: int | None = None

    def progress(self, step: int, seconds: float) -> float:
        by_time = seconds / (3600 * self.hours) if self.hours > 0 else 1.0
        by_step = step / self.steps if self.steps else 0.0
        # With a step budget the schedule follows the steps alone, so that resuming is exact to the last bit.
        return min(1.0, max(by_step, 0.0 if self.steps and by_time < 1 else by_time))


def learning_rate(
    peak: float, warmup: int, step: int, progress: float, hold: float = 0.3, power: float = 1.0
) -> float:
    """Linear warm-up over `warmup` steps, constant until `hold` of the budget, then to zero (linear for `power` 1)."""
    return peak * min(1.0, (step + 1) / max(1, warmup)) * min(1.0, (1.0 - progress) / (1.0 - hold)) ** power


@dataclass
class _Patience:
    """How many evaluations in a row brought no better score."""

    best: float = -math.inf
    worse: int = 0

    def see(self, score: float | None) -> None:
        if score is not None:
            self.best, self.worse = (score, 0) if score > self.best else (self.best, self.worse + 1)


def train(
    stage: Stage, budget: Budget, resume: bool, threads: int | None = None, device: str = "auto"
) -> None:
    """Trains one stage to the end of its budget.

    `device` as `choose_device` takes it. Raises IimtError if it is not there, if the loss is not finite, if there is nothing
    to resume, or if the run exists and `resume` is off.
    """
    try:
        _train(stage, budget, resume, threads, device)
    finally:
        stage.close()


def _train(stage: Stage, budget: Budget, resume: bool, threads: int | None, device_name: str) -> None:
    if threads:
        torch.set_num_threads(threads)
    share = _join_processes()
    device = _device(device_name, share)
    settings, folder = stage.settings, stage.run / stage.name
    parts = [
        Share(share.rank * settings.accumulate + i, share.world * settings.accumulate)
        for i in range(settings.accumulate)
    ]
    if settings.batch < len(parts) * share.world:
        split = f"{len(parts) * share.world} parts it is split into"
        raise IimtError(f"'training.{stage.name}.batch' is {settings.batch}, fewer than the {split}")
    checkpoint = folder / "checkpoint.safetensors"
    if checkpoint.exists() and not resume:
        raise IimtError(
            f"{checkpoint}: this stage has been trained already; add --resume to go on, or choose another --out"
        )
    stage.module.to(device)
    trained = [p for p in stage.module.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(
        trained,
        lr=0.0,
        betas=(0.9, 0.98),
        weight_decay=settings.weight_decay,
        fused=device.type != "mps",
    )
    step, before, patience = 0, 0.0, _Patience()
    if resume and checkpoint.exists():
        state = load_checkpoint(checkpoint, stage.module, optimiser)
        step, before = int(state["step"]), float(state["seconds"])
        patience = _Patience(*state.get("patience", ()))
    half = training_precision(device, settings.bfloat16)
    # Losses are sums over the batch: large already.
    scaler = torch.amp.GradScaler(device.type, init_scale=1024.0, enabled=half == torch.float16)
    journal = Journal(folder, stage.name, quiet=share.rank > 0, resumed_at=step)
    stop = _StopRequest()
    started = time.monotonic()
    last_evaluation, last_checkpoint = started, started

    def seconds() -> float:
        return before + time.monotonic() - started

    def keep() -> None:
        if share.rank == 0:
            state = {"step": step, "seconds": seconds(), "patience": [patience.best, patience.worse]}
            save_checkpoint(checkpoint, stage.module, optimiser, state)

    def evaluate() -> None:
        if share.rank == 0:
            stage.module.eval()
            with torch.inference_mode():
                result = stage.evaluate()
            journal.evaluation(step, result)
            patience.see(result.main)
            stage.module.train()
            stage.save()
        if share.world > 1:
            dist.barrier()

    def snapshot() -> None:
        """One of the last `average` weights, in turn."""
        path = folder / f"average-{len(snapshots) % settings.average}.safetensors"
        save_tensors(path, stage.module.state_dict())
        snapshots.append(path)

    alone = settings.local_steps > 1  # between two means of all processes' weights each goes on its own
    snapshots: list[Path] = []
    stage.module.train()
    progress = budget.progress(step, seconds())
    while progress < 1.0 and not stop.requested:
        for group in optimiser.param_groups:
            group["lr"] = learning_rate(
                settings.lr, settings.warmup, step, progress, settings.hold, settings.power
            )
        torch.manual_seed(hash((stage.seed, step, share.rank)))
        optimiser.zero_grad(set_to_none=True)
        done, count, figures = 0.0, 0, dict[str, float]()
        for part in parts:
            with torch.autocast(device.type, half, enabled=half is not None):
                total, units, found = stage.loss(step, part)
            scaler.scale(total).backward()
            done, count = done + float(total.detach()), count + units
            figures = {key: figures.get(key, 0.0) + value / len(parts) for key, value in found.items()}
        mean, clock = _combine(trained, done, count, seconds(), Share() if alone else share)
        if not math.isfinite(mean):
            raise IimtError(
                f"stage {stage.name}: the loss is not finite at step {step}; the last good checkpoint is {checkpoint}: "
                f"resume from it with a lower training.{stage.name}.lr"
            )
        scaler.unscale_(optimiser)
        norm = nn.utils.clip_grad_norm_(trained, settings.clip)
        scaler.step(optimiser)  # no step where gradients of float16 overflowed: their scale is halved instead
        scaler.update()
        step += 1
        if alone and step % settings.local_steps == 0:
            clock = _mean_of_processes(optimiser, trained, clock, share)
        progress = budget.progress(step, clock)
        journal.step(step, progress, clock, optimiser.param_groups[0]["lr"], mean, float(norm), figures)
        now = time.monotonic()
        if (
            share.world == 1 or step % max(50, settings.local_steps) == 0
        ):  # all processes must agree on when to evaluate
            if _agree(now - last_evaluation > 60 * settings.evaluate_minutes, share) and progress < 0.97:
                evaluate()
                last_evaluation = time.monotonic()
                if settings.average and share.rank == 0:
                    snapshot()
                if _agree(0 < settings.patience <= patience.worse, share):
                    break
            if now - last_checkpoint > CHECKPOINT_SECONDS:
                keep()
                last_checkpoint = now
    keep()
    if stop.requested:
        journal.close()
        raise KeyboardInterrupt
    if (
        settings.average and share.rank == 0
    ):  # after the checkpoint, which keeps the weights that training goes on from
        snapshot()
        stage.module.load_state_dict(mean_tensors(list(dict.fromkeys(snapshots))))
    evaluate()
    journal.close()


def _combine(
    parameters: list[nn.Parameter], total: float, count: int, clock: float, share: Share
) -> tuple[float, float]:
    """Turns summed gradients into the mean over the whole batch of all processes; agrees on the clock of rank 0."""
    if share.world > 1:
        figures = torch.tensor([total, count, clock if share.rank == 0 else 0.0], dtype=torch.float64)
        dist.all_reduce(figures)
        total, count, clock = float(figures[0]), int(figures[1]), float(figures[2])
        for p in parameters:
            if p.grad is None:
                p.grad = torch.zeros_like(p)
        flat = torch.cat([p.grad.flatten() for p in parameters if p.grad is not None])
        dist.all_reduce(flat)
        offset = 0
        for p in parameters:
            assert p.grad is not None
            p.grad.copy_(flat[offset : offset + p.numel()].view_as(p))
            offset += p.numel()
    for p in parameters:
        if p.grad is not None:
            p.grad.div_(max(1, count))
    return total / max(1, count), clock


def _mean_of_processes(
    optimiser: torch.optim.Optimizer, parameters: list[nn.Parameter], clock: float, share: Share
) -> float:
    """Weights and moments of all processes become their mean; returns the clock of rank 0."""
    if share.world == 1:
        return clock
    tensors = [p.data for p in parameters]
    for p in parameters:
        slot = optimiser.state[p]
        tensors += [slot[key] for key in ("exp_avg", "exp_avg_sq") if key in slot]
    flat = torch.cat([t.flatten() for t in tensors])
    dist.all_reduce(flat)
    flat /= share.world
    offset = 0
    for t in tensors:
        t.copy_(flat[offset : offset + t.numel()].view_as(t))
        offset += t.numel()
    agreed = torch.tensor([clock if share.rank == 0 else 0.0], dtype=torch.float64, device=flat.device)
    dist.all_reduce(agreed)
    return float(agreed)


def _agree(mine: bool, share: Share) -> bool:
    """What rank 0 says."""
    if share.world == 1:
        return mine
    flag = torch.tensor([float(mine)])
    dist.broadcast(flag, src=0)
    return bool(flag.item())


def _join_processes() -> Share:
    """Joins the process group that `torchrun` announces in the environment; alone otherwise."""
    world = int(os.environ.get("WORLD_SIZE", "1"))
    if world == 1:
        return Share()
    if not dist.is_initialized():
        # gloo for what is agreed on the CPU (counts, the clock), nccl for gradients on CUDA
        dist.init_process_group("cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo")
    return Share(dist.get_rank(), world)


def _device(name: str, share: Share) -> torch.device:
    """The device of this process: on a machine with several GPUs, the one with its number."""
    device = choose_device(name)
    if device.type == "cuda":
        device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
        torch.cuda.set_device(device)
    if device.type == "mps" and share.world > 1:  # which no backend reduces over
        if name != "auto":
            raise IimtError("device 'mps' trains in one process only")
        device = torch.device("cpu")
    return device


class _StopRequest:
    """Ctrl-C or a termination ends the run after the current step, with a checkpoint."""

    def __init__(self) -> None:
        self.requested = False
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._request)

    def _request(self, number: int, frame: FrameType | None) -> None:
        self.requested = True


def run_folder(path: Path) -> Path:
    """Makes the run folder. Raises IimtError if it cannot be written."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise IimtError(f"{path}: cannot make this folder ({error.strerror})") from error
    return path
