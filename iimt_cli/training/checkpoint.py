"""Model parts and training checkpoints as safetensors: written to a temporary name, then renamed; never pickled."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from iimt_cli.errors import IimtError
from iimt_cli.writing import replacing


def save_tensors(
    path: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str] | None = None
) -> None:
    """Writes tensors atomically: a reader sees the old file or the new one, never half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as temporary:
        save_file(
            {name: t.detach().cpu().contiguous() for name, t in tensors.items()},
            temporary,
            dict(metadata or {}),
        )
        temporary.chmod(0o644)  # safetensors makes files that only their owner can read


def load_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """All tensors of a file and its metadata. Raises IimtError if it is missing, empty or damaged."""
    if not path.is_file():
        raise IimtError(f"{path}: no such weights file")
    try:
        with safe_open(path, framework="pt") as file:
            return {name: file.get_tensor(name) for name in file.keys()}, dict(file.metadata() or {})  # noqa: SIM118
    except (SafetensorError, OSError, ValueError) as error:
        raise IimtError(f"{path}: not a complete safetensors file ({error})") from error


def mean_tensors(paths: Sequence[Path]) -> dict[str, Tensor]:
    """The average of several files of the same tensors; of whole numbers, the last file's."""
    total, _ = load_tensors(paths[-1])
    for path in paths[:-1]:
        for name, tensor in load_tensors(path)[0].items():
            if tensor.is_floating_point():
                total[name] += tensor
    return {name: t / len(paths) if t.is_floating_point() else t for name, t in total.items()}


def save_part(path: Path, module: nn.Module, prefix: str = "") -> None:
    """One part of the system in half precision."""
    state = {
        f"{prefix}{name}": t.half() if t.is_floating_point() else t for name, t in module.state_dict().items()
    }
    save_tensors(path, state, {"format": "pt"})


def load_part(path: Path, module: nn.Module) -> None:
    """Fills a module from a part file. Raises IimtError if file and module do not fit together."""
    fill(module, load_tensors(path)[0], str(path))


def fill(module: nn.Module, tensors: Mapping[str, Tensor], path: str) -> None:
    """Copies tensors into a module of the same shapes. Raises IimtError naming `path` otherwise."""
    wanted = module.state_dict()
    for name, tensor in wanted.items():
        if name not in tensors:
            raise IimtError(f"{path}: '{name}' is missing: these weights belong to another preset")
        if tensors[name].shape != tensor.shape:
            found, expected = tuple(tensors[name].shape), tuple(tensor.shape)
            raise IimtError(f"{path}: '{name}' has shape {found}, the preset wants {expected}")
    module.load_state_dict({name: tensors[name].to(wanted[name].dtype) for name in wanted})


def load_picture_system(folder: Path, model: nn.Module) -> None:
    """Fills a `PictureTranslatotron` from a run or weights folder. Raises IimtError as `load_system` does."""
    load_part(folder / "tokenizer.safetensors", model.get_submodule("image_tokenizer"))
    path = folder / "joint.safetensors"
    tensors, _ = load_tensors(path)
    for name, module in model.named_children():
        if name != "image_tokenizer":
            own = {n.removeprefix(f"{name}."): t for n, t in tensors.items() if n.startswith(f"{name}.")}
            fill(module, own, str(path))


def load_system(folder: Path, model: nn.Module) -> None:
    """Fills a `Translatotron` from the parts in a run or weights folder; `joint` replaces text and drawer.

    Raises IimtError if a part is missing, damaged or made for another preset.
    """
    load_part(folder / "tokenizer.safetensors", model.get_submodule("image_tokenizer"))
    joint = folder / "joint.safetensors"
    parts = [joint] if joint.exists() else [folder / "text.safetensors", folder / "drawer.safetensors"]
    tensors: dict[str, Tensor] = {}
    for part in parts:
        tensors |= load_tensors(part)[0]
    for name, module in model.named_children():
        if name != "image_tokenizer":
            own = {n.removeprefix(f"{name}."): t for n, t in tensors.items() if n.startswith(f"{name}.")}
            fill(module, own, " and ".join(map(str, parts)))


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
    """Restores what `save_checkpoint` wrote and returns its `state`."""
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
