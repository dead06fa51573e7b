"""The training loop that every stage shares: budget, schedule, resuming, data parallelism, logging.

The budget is wall-clock time or a number of steps. The learning rate warms up, stays, and falls to zero at the end of the
budget. A batch may be computed in several parts, one after the other. With several processes (`torchrun`) each computes its
share of the batch and gradients are summed: the result is that of one process with the whole batch.
"""

import math
import signal
import sys
import time
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import torch
from torch import nn

from iimt_cli.errors import IimtError
from iimt_cli.model.checkpoint import save_tensors
from iimt_cli.model.precision import training_precision
from iimt_cli.training.checkpoint import load_checkpoint, mean_tensors, save_checkpoint
from iimt_cli.training.compiled import compile_layers, compiles, uncompiled
from iimt_cli.training.processes import (
    agree,
    combine,
    join_processes,
    mean_of_processes,
    process_device,
    wait_for_all,
)
from iimt_cli.training.progress import Journal
from iimt_cli.training.stage import Share, Stage

CHECKPOINT_SECONDS = 240.0  # between two checkpoints
LAST_EVALUATION = 0.97  # share of the budget: from here on only the evaluation at the end follows


@dataclass(frozen=True)
class Budget:
    """When to stop: after `hours` of training in total (over all resumptions) or after `steps`, whichever is first."""

    hours: float
    steps: int | None = None

    def progress(self, step: int, seconds: float) -> float:
        by_time = seconds / (3600 * self.hours) if self.hours > 0 else 1.0
        by_step = step / self.steps if self.steps else 0.0
        # With a budget of steps time counts only once it is used up, so that a resumed run has the same learning rates.
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

    `device` as `choose_device` takes it. Raises IimtError if it is not there, if the batch is smaller than the number of its
    parts, if the stage has a checkpoint and `resume` is off, if the checkpoint is of another preset or stage, or if the loss
    is not finite. After Ctrl-C the checkpoint is written and KeyboardInterrupt raised.
    """
    try:
        if threads:
            torch.set_num_threads(threads)
        _Training(stage, budget, resume, device).run()
    finally:
        stage.close()


class _Training:
    """One stage on its way through its budget, in this process."""

    def __init__(self, stage: Stage, budget: Budget, resume: bool, device_name: str) -> None:
        self.stage, self.budget, self.settings = stage, budget, stage.settings
        self.share = join_processes()
        self.device = process_device(device_name, self.share)
        self.parts = _parts(stage, self.share)
        self.folder = stage.run / stage.name
        self.checkpoint = self.folder / "checkpoint.safetensors"
        if self.checkpoint.exists() and not resume:
            raise IimtError(
                f"{self.checkpoint}: this stage has been trained already; "
                "add --resume to go on, or choose another --out"
            )
        stage.module.to(self.device)
        groups = stage.groups()
        self.parameters = [p for group in groups for p in group["params"]]
        self.optimiser = torch.optim.AdamW(
            groups,
            lr=0.0,
            betas=(0.9, 0.98),
            weight_decay=self.settings.weight_decay,
            fused=self.device.type != "mps",
        )
        self.step = 0
        self.seconds_before = 0.0  # of training, before this process was started
        self.patience = _Patience()
        if self.checkpoint.exists():
            state = load_checkpoint(self.checkpoint, stage.module, self.optimiser)
            self.step, self.seconds_before = int(state["step"]), float(state["seconds"])
            self.patience = _Patience(*state.get("patience", ()))
        self.compiled = self.settings.compile and compiles(self.device)
        if self.compiled:
            compile_layers(stage.module)
        elif self.settings.compile and self.share.rank == 0:
            print(f"stage {stage.name}: torch cannot compile here, so it takes longer", file=sys.stderr)
        self.half = training_precision(self.device, self.settings.bfloat16)
        self.scaler = torch.amp.GradScaler(
            self.device.type,
            init_scale=1024.0,  # losses are sums over the batch: large already
            enabled=self.half == torch.float16,
        )
        # Local SGD: each process steps on its own until all take the mean of their weights.
        self.alone = self.settings.local_steps > 1
        self.snapshots: list[Path] = []
        self.journal = Journal(self.folder, stage.name, quiet=self.share.rank > 0, resumed_at=self.step)
        self.stop = _StopRequest()
        self.started = self.evaluated_at = self.kept_at = time.monotonic()

    def run(self) -> None:
        """Steps to the end of the budget, or until it is interrupted or out of patience."""
        self.stage.module.train()
        progress = self.budget.progress(self.step, self._seconds())
        while progress < 1.0 and not self.stop.requested:
            progress = self._one_step(progress)
            together = max(
                50, self.settings.local_steps
            )  # steps: how often several processes agree what to do
            if (self.share.world == 1 or self.step % together == 0) and self._patience_runs_out(progress):
                break
        self._keep()
        if self.stop.requested:
            self.journal.close()
            raise KeyboardInterrupt
        # After the checkpoint: training goes on from the last weights, not from the mean.
        if self.settings.average and self.share.rank == 0:
            self._snapshot()
            self.stage.module.load_state_dict(mean_tensors(list(dict.fromkeys(self.snapshots))))
        self._evaluate()
        self.journal.close()

    def _one_step(self, progress: float) -> float:
        """One batch and one step of the optimiser. Takes and returns the share of the budget that is used."""
        settings = self.settings
        lr = learning_rate(settings.lr, settings.warmup, self.step, progress, settings.hold, settings.power)
        for group in self.optimiser.param_groups:
            group["lr"] = lr * group.get("rate", 1.0)
        total, count, figures = self._backward()
        share = Share() if self.alone else self.share
        loss, seconds = combine(self.parameters, total, count, self._seconds(), share)
        if not math.isfinite(loss):
            raise IimtError(
                f"stage {self.stage.name}: the loss is not finite at step {self.step}; the last good checkpoint is "
                f"{self.checkpoint}: resume from it with a lower training.{self.stage.name}.lr"
            )
        self.scaler.unscale_(self.optimiser)
        norm = nn.utils.clip_grad_norm_(self.parameters, settings.clip)
        # Where gradients of float16 overflowed, the scaler makes no step and halves their scale.
        self.scaler.step(self.optimiser)
        self.scaler.update()
        self.step += 1
        if self.alone and self.step % settings.local_steps == 0:
            seconds = mean_of_processes(self.optimiser, self.parameters, seconds, self.share)
        progress = self.budget.progress(self.step, seconds)
        self.journal.step(self.step, progress, seconds, lr, loss, float(norm), figures)
        return progress

    def _backward(self) -> tuple[float, int, dict[str, float]]:
        """Gradients of this process's share of the batch: (summed loss, units it sums over, figures for the log)."""
        torch.manual_seed(hash((self.stage.seed, self.step, self.share.rank)))
        self.optimiser.zero_grad(set_to_none=True)
        total, count, figures = 0.0, 0, dict[str, float]()
        for part in self.parts:
            with torch.autocast(self.device.type, self.half, enabled=self.half is not None):
                loss, units, found = self.stage.loss(self.step, part)
            self.scaler.scale(loss).backward()
            total, count = total + float(loss.detach()), count + units
            figures = {key: figures.get(key, 0.0) + value / len(self.parts) for key, value in found.items()}
        return total, count, figures

    def _patience_runs_out(self, progress: float) -> bool:
        """Evaluates and writes a checkpoint if they are due. True if too many evaluations in a row brought no progress."""
        now = time.monotonic()
        due = agree(now - self.evaluated_at > 60 * self.settings.evaluate_minutes, self.share)
        if due and progress < LAST_EVALUATION:
            self._evaluate()
            self.evaluated_at = time.monotonic()
            if self.settings.average and self.share.rank == 0:
                self._snapshot()
            if agree(0 < self.settings.patience <= self.patience.worse, self.share):
                return True
        if now - self.kept_at > CHECKPOINT_SECONDS:
            self._keep()
            self.kept_at = now
        return False

    def _evaluate(self) -> None:
        """Scores the stage on held-out data and saves its parts. The other processes wait for that of rank 0."""
        if self.share.rank == 0:
            self.stage.module.eval()
            with torch.inference_mode(), uncompiled() if self.compiled else nullcontext():
                result = self.stage.evaluate()
            self.journal.evaluation(self.step, result)
            self.patience.see(result.main)
            self.stage.module.train()
            self.stage.save()
        wait_for_all(self.share)

    def _keep(self) -> None:
        """Writes the checkpoint."""
        if self.share.rank == 0:
            patience = [self.patience.best, self.patience.worse]
            state = {"step": self.step, "seconds": self._seconds(), "patience": patience}
            save_checkpoint(self.checkpoint, self.stage.module, self.optimiser, state)

    def _snapshot(self) -> None:
        """Saves the weights for the mean at the end, in place of the oldest of the last `average`."""
        path = self.folder / f"average-{len(self.snapshots) % self.settings.average}.safetensors"
        save_tensors(path, self.stage.module.state_dict())
        self.snapshots.append(path)

    def _seconds(self) -> float:
        """How long the stage has been trained, over all resumptions."""
        return self.seconds_before + time.monotonic() - self.started


def _parts(stage: Stage, share: Share) -> list[Share]:
    """The parts of a batch that this process computes, one after the other."""
    accumulate = stage.settings.accumulate
    if stage.settings.batch < accumulate * share.world:
        split = f"{accumulate * share.world} parts it is split into"
        raise IimtError(f"'training.{stage.name}.batch' is {stage.settings.batch}, fewer than the {split}")
    return [Share(share.rank * accumulate + i, share.world * accumulate) for i in range(accumulate)]


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
