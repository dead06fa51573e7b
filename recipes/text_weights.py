"""Text weights made of others: a larger encoder that says the same at first, and the mean of several runs.

    python recipes/text_weights.py grow RUN OUT --layers 0,1,2,3,3,4,5,6,7,7 --ff 1536
    python recipes/text_weights.py average OUT.safetensors RUN:SHARE RUN:SHARE …

`grow` begins a run in the folder OUT from the text weights of RUN. `--layers` numbers the old layers that the new ones are
copies of. The second copy of a layer adds nothing at first, and neither do the new inner units. `average` takes the weights of
runs that go on from each other: their mean is as good as each, or better (Wortsman et al. 2022, arXiv 2203.05482). Smaller
weights are grown to the size of the first run's, in the way in which that one was grown (`--layers`).
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from iimt_cli.model.checkpoint import in_bytes, load_tensors, part_tensors, save_tensors

LAYERS = "text_encoder.encoder.layers."
INTO_STREAM = ("ff.2.weight", "ff.2.bias", "attention.out.weight", "attention.out.bias")  # what a layer adds
COPIED = ("lexicon.tsv.gz", "source.spm", "target.spm")
Tensors = dict[str, Tensor]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    growing = commands.add_parser("grow")
    growing.add_argument("run", type=Path)
    growing.add_argument("out", type=Path)
    growing.add_argument("--ff", type=int, required=True, help="Inner width of the new layers.")
    averaging = commands.add_parser("average")
    averaging.add_argument("out", type=Path)
    averaging.add_argument("--bytes", action="store_true", help="Matrices in 8 bits, not in half precision.")
    averaging.add_argument("runs", nargs="+", metavar="RUN:SHARE")
    for command in (growing, averaging):
        command.add_argument("--layers", default="", help="Old layers, by number, with commas between.")
    options = parser.parse_args()
    layers = [int(number) for number in options.layers.split(",") if number]
    if options.command == "grow":
        begin(options.run, options.out, layers, options.ff)
    else:
        shares = [
            (Path(run), float(share)) for run, _, share in (one.rpartition(":") for one in options.runs)
        ]
        mean = average(shares, layers)
        half = {name: tensor.half() for name, tensor in mean.items()}
        save_tensors(options.out, in_bytes(mean) if options.bytes else half, {"format": "pt"})


def begin(run: Path, out: Path, layers: Sequence[int], width: int) -> None:
    """A run whose text stage goes on from the weights of another one, grown."""
    (out / "text").mkdir(parents=True)
    for name in COPIED:
        shutil.copyfile(run / name, out / name)
    head, mark, rest = (run / "preset.toml").read_text(encoding="utf-8").partition("[text_encoder]")
    rest = re.sub(r"(?m)^layers = \d+", f"layers = {len(layers)}", rest, count=1)
    rest = re.sub(r"(?m)^ff = \d+", f"ff = {width}", rest, count=1)
    (out / "preset.toml").write_text(head + mark + rest, encoding="utf-8")
    weights = grown(text_weights(run), layers, width)
    state = {"step": 0, "seconds": 0.0, "patience": [-float("inf"), 0]}
    named = {f"model.{name}": tensor for name, tensor in weights.items()}
    save_tensors(out / "text" / "checkpoint.safetensors", named, {"state": json.dumps(state)})


def average(shares: Sequence[tuple[Path, float]], layers: Sequence[int] = ()) -> Tensors:
    """The weights of runs, each times its share."""
    first = text_weights(shares[0][0])
    total: Tensors = {name: torch.zeros_like(tensor) for name, tensor in first.items()}
    for run, share in shares:
        weights = text_weights(run)
        if weights.keys() != first.keys() or _width(weights) != _width(first):
            weights = grown(weights, layers, _width(first), like=first)
        for name in total:
            total[name] += share * weights[name]
    return total


def text_weights(run: Path) -> Tensors:
    """The text weights of a run or a weights folder, finished or not."""
    finished = run / "text.safetensors"
    if finished.exists():
        return {name: tensor.float() for name, tensor in part_tensors(finished).items()}
    tensors, _ = load_tensors(run / "text" / "checkpoint.safetensors")
    return {n.removeprefix("model."): t.float() for n, t in tensors.items() if n.startswith("model.")}


def _width(weights: Tensors) -> int:
    return len(weights[f"{LAYERS}0.ff.0.weight"])


def grown(weights: Tensors, layers: Sequence[int], width: int, like: Tensors | None = None) -> Tensors:
    """Weights with more and wider encoder layers, that say the same. `like` has the new inner units, else they are random."""
    random = torch.Generator().manual_seed(22)
    result = {name: tensor for name, tensor in weights.items() if not name.startswith(LAYERS)}
    old_width = _width(weights)
    for new, old in enumerate(layers):
        again = old in layers[:new]
        for name, tensor in weights.items():
            if not name.startswith(f"{LAYERS}{old}."):
                continue
            part = name.removeprefix(f"{LAYERS}{old}.")
            here = f"{LAYERS}{new}.{part}"
            if part == "ff.0.weight":
                shape = (width - old_width, tensor.shape[1])
                more = like[here][old_width:] if like else torch.randn(shape, generator=random) * tensor.std()
                tensor = torch.cat([tensor, more])
            elif part == "ff.0.bias":
                tensor = torch.cat([tensor, torch.zeros(width - old_width)])
            elif part == "ff.2.weight":
                tensor = torch.cat([tensor, torch.zeros(len(tensor), width - old_width)], dim=1)
            result[here] = torch.zeros_like(tensor) if again and part in INTO_STREAM else tensor.clone()
    return result


if __name__ == "__main__":
    main()
