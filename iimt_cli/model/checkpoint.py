"""The parts of a system as safetensors files. They are written to a temporary name and renamed; nothing is pickled."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from iimt_cli.errors import IimtError
from iimt_cli.model.quality import QualityEstimator
from iimt_cli.model.symbols import SymbolEstimator
from iimt_cli.weights import ESTIMATOR, REVERSE, SYMBOLS
from iimt_cli.writing import replacing

SCALE = ".scale"  # is added to the name of a matrix in 8 bits: the tensor with the scales of its rows
LARGEST = 127  # of 8 bits with a sign


class Unfilled(TorchFunctionMode):
    """A context in which new modules are not filled with random numbers, because weights are read into them at once."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if func in _RANDOM:
            return kwargs["tensor"] if "tensor" in kwargs else args[0]
        return func(*args, **kwargs)


_RANDOM = {
    nn.init.uniform_, nn.init.normal_, nn.init.trunc_normal_, nn.init.kaiming_uniform_, nn.init.xavier_uniform_,
    Tensor.uniform_, Tensor.normal_,
}  # fmt: skip


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
        temporary.chmod(0o644)  # safetensors writes files that only their owner can read


def load_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """All tensors of a file and its metadata. Raises IimtError if it is missing, empty or damaged."""
    if not path.is_file():
        raise IimtError(f"{path}: no such weights file")
    try:
        with safe_open(path, framework="pt") as file:
            return {name: file.get_tensor(name) for name in file.keys()}, dict(file.metadata() or {})  # noqa: SIM118
    except (SafetensorError, OSError, ValueError) as error:
        raise IimtError(f"{path}: not a complete safetensors file ({error})") from error


def save_part(path: Path, module: nn.Module, prefix: str = "") -> None:
    """Writes one part of the system in half precision; `prefix` comes before the names of its tensors."""
    state = {
        f"{prefix}{name}": t.half() if t.is_floating_point() else t for name, t in module.state_dict().items()
    }
    save_tensors(path, state, {"format": "pt"})


def save_in_bytes(path: Path, module: nn.Module) -> None:
    """Writes one part with matrices in 8 bits, half the size of `save_part`."""
    save_tensors(path, in_bytes(module.state_dict()), {"format": "pt"})


def in_bytes(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors of a part with matrices in 8 bits. Each row has a scale: its largest value / 127."""
    state: dict[str, Tensor] = {}
    for name, tensor in tensors.items():
        if tensor.dim() != 2:
            state[name] = tensor.half()
            continue
        scale = (tensor.abs().amax(1) / LARGEST).clamp(min=torch.finfo(torch.half).tiny).half()
        state[name] = (tensor / scale.float()[:, None]).round().clamp(-LARGEST, LARGEST).to(torch.int8)
        state[name + SCALE] = scale
    return state


def load_part(path: Path, module: nn.Module) -> None:
    """Fills a module from the file of a part. Raises IimtError if file and module do not fit together."""
    fill(module, part_tensors(path), str(path))


def part_tensors(path: Path) -> dict[str, Tensor]:
    """The tensors of a part; matrices in 8 bits as `in_bytes` got them, to 8 bits. Raises IimtError as `load_tensors`."""
    tensors = load_tensors(path)[0]
    for name in [name for name in tensors if name.endswith(SCALE)]:
        matrix, scale = name.removesuffix(SCALE), tensors.pop(name)
        if matrix not in tensors or tensors[matrix].shape[:1] != scale.shape:
            raise IimtError(f"{path}: '{name}' belongs to no matrix of the file")
        # to 16 bits, so that `linear.pack` can pack the matrix
        tensors[matrix] = (tensors[matrix].float() * scale.float()[:, None]).half()
    return tensors


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


def load_system(folder: Path, model: nn.Module) -> None:
    """Fills a `Translatotron` from the parts in a run or weights folder; `joint` replaces text and drawer.

    Raises IimtError if a part is missing, damaged or made for another preset.
    """
    load_part(folder / "tokenizer.safetensors", model.get_submodule("image_tokenizer"))
    joint = folder / "joint.safetensors"
    fill_modules(
        model, [joint] if joint.exists() else [folder / "text.safetensors", folder / "drawer.safetensors"]
    )


def load_estimator(folder: Path, decoder_dim: int, context_dim: int) -> QualityEstimator | None:
    """The quality estimator of a folder; None if it has none. Raises IimtError if it is damaged or of another model.

    The estimator may need the reverse model of the folder.
    """
    path = folder / ESTIMATOR
    if not path.exists():
        return None
    tensors = part_tensors(path)
    back = any(name.startswith("back.") for name in tensors)
    if back and not (folder / REVERSE).exists():
        raise IimtError(f"{path}: needs {REVERSE}, which is not there; fetch the weights again")
    estimator = QualityEstimator(decoder_dim, context_dim, back=back)
    fill(estimator, tensors, str(path))
    return estimator


def load_symbols(folder: Path, dim: int) -> SymbolEstimator | None:
    """What tells symbols from letters by the reader's states; None if a folder has none.

    Raises IimtError if it is damaged or of a reader with states of another size.
    """
    path = folder / SYMBOLS
    if not path.exists():
        return None
    estimator = SymbolEstimator(dim)
    load_part(path, estimator)
    return estimator


def fill_modules(model: nn.Module, parts: Sequence[Path]) -> None:
    """Fills every child of `model` except the image tokenizer from files of parts, where names begin with the child's name.

    Raises IimtError if a file is missing or damaged, or made for another preset.
    """
    tensors: dict[str, Tensor] = {}
    for part in parts:
        tensors |= part_tensors(part)
    for name, module in model.named_children():
        if name != "image_tokenizer":
            own = {n.removeprefix(f"{name}."): t for n, t in tensors.items() if n.startswith(f"{name}.")}
            fill(module, own, " and ".join(map(str, parts)))
