"""Training checkpoints, from which training goes on as if it had not been interrupted; and the mean of several weights."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from iimt_cli.errors import IimtError
from iimt_cli.model.checkpoint import load_tensors, save_tensors


def mean_tensors(paths: Sequence[Path]) -> dict[str, Tensor]:
    """The mean of several files with the same tensors. Tensors of whole numbers are those of the last file."""
    total, _ = load_tensors(paths[-1])
    for path in paths[:-1]:
        for name, tensor in load_tensors(path)[0].items():
            if tensor.is_floating_point():
                total[name] += tensor
    return {name: t / len(paths) if t.is_floating_point() else t for name, t in total.items()}


def save_checkpoint(
    path: Path, module: nn.Module, optimiser: torch.optim.Optimizer, state: dict[str, Any]
) -> None:
    """Everything that `load_checkpoint` needs to go on bit for bit: parameters, optimiser moments, step and clock."""
    tensors = {f"model.{name}": t for name, t in module.state_dict().items()}
    moments = optimiser.state_dict()["state"]
    tensors |= {
        f"optimiser.{i}.{key}": torch.as_tensor(value)
        for i, slot in moments.items()
        for key, value in slot.items()
    }
    save_tensors(path, tensors, {"state": json.dumps(state)})


def load_checkpoint(path: Path, module: nn.Module, optimiser: torch.optim.Optimizer) -> dict[str, Any]:
    """Restores what `save_checkpoint` wrote and returns its `state`. Raises IimtError if it does not fit the module."""
    tensors, metadata = load_tensors(path)
    try:
        module.load_state_dict(
            {n.removeprefix("model."): t for n, t in tensors.items() if n.startswith("model.")}
        )
        moments: dict[int, dict[str, Tensor]] = {}
        for name, tensor in tensors.items():
            if name.startswith("optimiser."):
                _, index, key = name.split(".", 2)
                moments.setdefault(int(index), {})[key] = tensor
        optimiser.load_state_dict({"state": moments, "param_groups": optimiser.state_dict()["param_groups"]})
        return json.loads(metadata["state"])
    except (RuntimeError, KeyError, ValueError) as error:
        raise IimtError(
            f"{path}: this checkpoint belongs to another preset or stage ({error})".split("\n")[0]
        ) from error
