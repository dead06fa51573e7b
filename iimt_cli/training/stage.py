"""What a training stage is: parameters, batches that depend on seed and step alone, a loss, an evaluation."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from iimt_cli.config import Preset, StageTraining


@dataclass
class Evaluation:
    """Scores on held-out data, and optionally rows of pictures (uint8, H×W or H×W×3) with a caption each to look at.

    `main` is the one figure that says whether training still helps: more is better.
    """

    scores: dict[str, float]
    samples: list[tuple[str, np.ndarray]] = field(default_factory=list)
    main: float | None = None


@dataclass(frozen=True)
class Share:
    """Which part of every batch this process computes: items rank, rank + world, …"""

    rank: int = 0
    world: int = 1

    def of(self, items: list) -> list:
        return items[self.rank :: self.world]


class Stage(ABC):
    """One stage of the recipe. `run` is the folder that holds the parts which earlier stages trained."""

    name: str

    def __init__(self, preset: Preset, run: Path, seed: int) -> None:
        self.preset, self.run, self.seed = preset, run, seed
        torch.manual_seed(seed)  # every process starts from the same weights
        self.settings: StageTraining = getattr(preset.training, self.name)

    @property
    @abstractmethod
    def module(self) -> nn.Module:
        """Holds every trained parameter of the stage (frozen ones may be in it too)."""

    def groups(self) -> list[dict[str, Any]]:
        """What is trained, as parameter groups of an optimiser; `rate` (1 if it is missing) multiplies the learning rate."""
        return [{"params": [p for p in self.module.parameters() if p.requires_grad]}]

    @abstractmethod
    def loss(self, step: int, share: Share) -> tuple[Tensor, int, dict[str, float]]:
        """Summed loss of this process's share of batch `step`, how many units it sums over, and figures for the log.

        The batch is a function of (seed, step) alone: resuming and any number of processes see the same data.
        """

    @abstractmethod
    def evaluate(self) -> Evaluation:
        """Scores on data that is never trained on. Called in evaluation mode without gradients."""

    @abstractmethod
    def save(self) -> None:
        """Writes the part(s) that this stage trains into the run folder, ready for translating."""

    def close(self) -> None:  # noqa: B027 (most stages have nothing to end)
        """Ends what the stage has started: its processes. Called when training is over, however it ended."""

    @property
    def device(self) -> torch.device:
        """Where the stage's parameters are."""
        return next(self.module.parameters()).device

    def rng(self, *key: int) -> np.random.Generator:
        """The generator for one step or item: nothing to store in a checkpoint."""
        return np.random.default_rng((self.seed, *key))
