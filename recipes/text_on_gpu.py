"""Trains the stage `text` on a large GPU that is lent for minutes and can download nothing.

Here, with a run or a folder of weights to go on from:

    python recipes/text_on_gpu.py pack PACK --weights weights/de-en --data recipes/de-en-mix.toml --corpora CORPORA \
        --valid valid.de-en.tsv.gz --held-out dev.de-en.tsv

There, with this repository and PACK:

    PYTHONPATH=.:PACK/modules python recipes/text_on_gpu.py train PACK --out OUT

Here again, with what was written to OUT:

    python recipes/text_on_gpu.py join OUT RUN
    iimt train --stage text --out RUN --data recipes/de-en-mix.toml --corpora CORPORA --resume --max-hours 2

RUN goes on from the checkpoint if there is one, else from `text.safetensors`.
"""

import argparse
import json
import lzma
import os
import re
import shutil
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

import torch

from iimt_cli.config import load_preset
from iimt_cli.data.corpora import Corpus, Pair, load_corpora, read_pairs
from iimt_cli.errors import IimtError
from iimt_cli.language.lexicon import LEXICON
from iimt_cli.model.checkpoint import load_tensors, save_tensors
from iimt_cli.training.loop import Budget, run_folder, train
from iimt_cli.training.text import TextStage
from iimt_cli.writing import replacing

MIB = 2**20
NEEDED = ("preset.toml", "source.spm", "target.spm")  # parts of a run that the stage needs
WANTED = (LEXICON, "text.safetensors")  # parts that it starts from, if the run has them
CHECKPOINT, LOG = "text/checkpoint.safetensors", "text/log.jsonl"
MODULES = ["polib"]  # imported with the corpora's readers; one file of Python each, and rarely installed
SPARE = 2  # processor cores that make no batches: one trains, one is for the system
_PIECE = re.compile(r"(?P<name>.+)\.(?P<number>\d+)of(?P<count>\d+)")


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        options.do(options)
    except (IimtError, OSError) as error:
        print(f"text_on_gpu: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("text_on_gpu: interrupted", file=sys.stderr)
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    verbs = parser.add_subparsers(required=True, metavar="pack|train|join")

    one = verbs.add_parser("pack", help="Gather in one folder what the stage needs.")
    one.set_defaults(do=pack)
    one.add_argument("pack", type=Path, help="The folder to make.")
    one.add_argument("--weights", type=Path, required=True, help="A run or weights folder to go on from.")
    one.add_argument("--data", action="append", required=True, help="As of `iimt train`; repeatable.")
    one.add_argument("--corpora", type=Path, help="As of `iimt train`.")
    one.add_argument("--valid", type=Path, required=True, help="Parallel text for the scores.")
    one.add_argument(
        "--held-out", type=Path, action="append", default=[], help="More that is not trained on; repeatable."
    )
    one.add_argument(
        "--module", action="append", default=MODULES, help="A module of one file to take along; repeatable."
    )
    one.add_argument("--limit", type=float, default=60.0, help="MiB that the folder may have (60).")

    two = verbs.add_parser("train", help="Train on what was packed.")
    two.set_defaults(do=train_packed)
    two.add_argument("pack", type=Path)
    two.add_argument("--run", type=Path, default=Path("runs/text_on_gpu"), help="The run folder to make.")
    two.add_argument("--out", type=Path, help="Where the results go; $OUT otherwise.")
    two.add_argument("--minutes", type=float, default=9.5, help="For everything (9.5).")
    two.add_argument(
        "--reserve",
        type=float,
        default=40.0,
        help="Seconds of it that are not training's: start and end (40).",
    )
    two.add_argument("--steps", type=int, help="At most so many steps.")
    two.add_argument("--batch", type=int, default=2000, help="Texts (2000).")
    two.add_argument("--lr", type=float, default=2e-3, help="Highest learning rate (2e-3).")
    two.add_argument("--warmup", type=int, default=400, help="Steps up to it (400).")
    two.add_argument("--evaluate-minutes", type=float, default=3.0, help="Between two evaluations (3).")
    two.add_argument("--average", type=int, default=2, help="How many evaluations' weights are averaged (2).")
    two.add_argument(
        "--workers",
        type=int,
        default=max(0, (os.cpu_count() or 1) - SPARE),
        help="Processes that make batches; all cores but two otherwise.",
    )
    two.add_argument("--seed", type=int, default=1)
    two.add_argument("--threads", type=int, help="CPU threads of the training process.")
    two.add_argument("--piece", type=float, default=15.0, help="MiB of a result's largest file (15).")
    two.add_argument("--most", type=float, default=60.0, help="MiB of all results (60).")

    three = verbs.add_parser("join", help="Make a run folder of the results.")
    three.set_defaults(do=join)
    three.add_argument("results", type=Path)
    three.add_argument("run", type=Path)
    return parser


def pack(options: argparse.Namespace) -> None:
    """Raises IimtError if the folder becomes too large, or if what is held out is to be trained on."""
    folder, weights = options.pack, options.weights
    if folder.exists():
        raise IimtError(f"{folder}: is there already")
    preset = load_preset(weights / "preset.toml")
    held_files = [options.valid, *options.held_out]
    held = list(read_pairs(held_files, preset.languages))
    longest = preset.training.text_chars
    corpora = load_corpora(options.data, options.corpora, preset.languages, longest, held, preset.characters)
    for corpus in corpora:
        if corpus.path.resolve() in [path.resolve() for path in held_files]:
            raise IimtError(f"{corpus.path}: is held out and cannot be trained on")
    corpora = without_repeats(corpora)
    if not corpora:
        raise IimtError("nothing is left to train on beside what is held out")

    run_folder(folder)
    mix = []
    for number, corpus in enumerate(corpora):
        name = f"{number:02d}-{corpus.path.name.split('.')[0]}.tsv.xz"
        write_pairs(folder / name, sorted(corpus.pairs))  # neighbours that are alike take less room
        mix.append({"name": name, "weight": corpus.weight})
    (folder / "mix.json").write_text(json.dumps(mix, indent=1), encoding="utf-8")
    write_pairs(folder / "valid.tsv.xz", list(read_pairs([options.valid], preset.languages)))
    for name in options.module:
        copy_module(name, folder / "modules")
    for name in NEEDED + WANTED:
        if name in NEEDED or (weights / name).exists():
            copy(weights / name, folder / "run" / name)
    checkpoint, left = weights / CHECKPOINT, options.limit - size(folder)
    if checkpoint.exists() and size(checkpoint) <= left:
        copy(checkpoint, folder / "run" / CHECKPOINT)
    elif checkpoint.exists():
        print(f"{checkpoint} is left out: {size(checkpoint):.1f} MiB, and there is room for {left:.1f}")
    pairs = sum(len(corpus.pairs) for corpus in corpora)
    print(f"{folder}: {size(folder):.1f} MiB, {pairs} pairs of {len(corpora)} corpora")
    if size(folder) > options.limit:
        raise IimtError(f"{folder}: {size(folder):.1f} MiB, but only {options.limit:g} may be taken along")


def train_packed(options: argparse.Namespace) -> None:
    """Raises IimtError if the pack is not whole, or where `train` does."""
    end = time.monotonic() + 60 * options.minutes - options.reserve
    out = options.out or (Path(os.environ["OUT"]) if os.environ.get("OUT") else None)
    if out is None:
        raise IimtError("no place for the results: give --out, or set OUT")
    packed, run = options.pack / "run", run_folder(options.run)
    if (run / "text").exists():
        raise IimtError(f"{run}: has been trained already; choose another --run")
    for name in (*NEEDED, *WANTED):
        if name in NEEDED or (packed / name).exists():
            copy(packed / name, run / name)
    resume = (packed / CHECKPOINT).exists()
    if resume:
        copy_checkpoint(packed / CHECKPOINT, run / CHECKPOINT)
    settings = {
        "batch": options.batch, "lr": options.lr, "warmup": options.warmup, "hours": options.minutes / 60,
        "evaluate_minutes": options.evaluate_minutes, "average": options.average, "workers": options.workers,
        "accumulate": 1, "local_steps": 1, "patience": 0, "steps": options.steps or 0,
    }  # fmt: skip
    own = (packed / "preset.toml").read_text(encoding="utf-8")
    (run / "preset.toml").write_text(with_settings(own, settings), encoding="utf-8")

    corpora = list(read_corpora(options.pack))
    valid = read_packed(options.pack / "valid.tsv.xz")
    stage = Delivered(load_preset(run / "preset.toml"), run, options.seed, corpora, valid)
    stage.deliver_to(out, packed, options.piece, options.most)
    budget = Budget(max(0.0, end - time.monotonic()) / 3600, options.steps)
    try:
        train(stage, budget, resume, options.threads)
    except torch.cuda.OutOfMemoryError as error:
        raise IimtError(f"no memory for batches of {options.batch} texts: lower --batch") from error
    last = [row for row in map(json.loads, (run / LOG).read_text().splitlines()) if "loss" in row][-1:]
    for row in last:
        speed = row["step"] * options.batch / max(1e-9, row["seconds"])
        print(f"{row['step']} steps of {options.batch} texts, {speed:.0f} texts a second; results in {out}")


class Delivered(TextStage):
    """The stage, whose results go to another folder after each evaluation: the machine may be gone before the end."""

    def deliver_to(self, out: Path, packed: Path, piece: float, most: float) -> None:
        self._delivery = out, packed, piece, most

    def save(self) -> None:
        super().save()
        out, packed, piece, left = self._delivery
        for source, name in [
            *((packed / name, name) for name in (*NEEDED, LEXICON)),
            (self.run / "preset.toml", "gpu.toml"),
            *((self.run / name, name) for name in ("text.safetensors", LOG, CHECKPOINT)),
        ]:
            if source.exists() and size(source) <= left:
                copy_in_pieces(source, out / name, piece)
                left -= size(source)
            elif source.exists():
                print(f"{source} is left out: {size(source):.1f} MiB, and there is room for {left:.1f}")


def join(options: argparse.Namespace) -> None:
    """Raises IimtError if a piece is missing or the run folder has something already."""
    if options.run.exists() and any(options.run.iterdir()):
        raise IimtError(f"{options.run}: is there already")
    files = sorted(path for path in options.results.rglob("*") if path.is_file())
    if not files:
        raise IimtError(f"{options.results}: no results")
    for path in files:
        to = options.run / path.relative_to(options.results)
        piece = _PIECE.fullmatch(path.name)
        if piece is None:
            copy(path, to)
        else:
            count = int(piece["count"])
            pieces = [path.with_name(f"{piece['name']}.{number}of{count}") for number in range(1, count + 1)]
            if missing := [other for other in pieces if not other.exists()]:
                raise IimtError(f"{missing[0]}: this piece is missing")
            if path == pieces[0]:
                write_whole(to.with_name(piece["name"]), b"".join(other.read_bytes() for other in pieces))


def without_repeats(corpora: Sequence[Corpus]) -> list[Corpus]:
    """Each pair only in the corpus of the highest weight that has it; corpora without any left out."""
    seen: set[Pair] = set()
    kept = []
    for corpus in sorted(corpora, key=lambda corpus: -corpus.weight):
        pairs = tuple(pair for pair in corpus.pairs if pair not in seen)
        seen.update(pairs)
        if pairs:
            kept.append(Corpus(corpus.path, pairs, corpus.weight))
    return kept


def write_pairs(path: Path, pairs: Sequence[Pair]) -> None:
    with lzma.open(path, "wt", encoding="utf-8", newline="\n") as file:
        file.writelines(f"{source}\t{target}\n" for source, target in pairs)


def read_packed(path: Path) -> tuple[Pair, ...]:
    """Pairs as `write_pairs` has written them. Raises IimtError if the file is not such a one."""
    try:
        with lzma.open(path, "rt", encoding="utf-8", newline="\n") as file:
            return tuple(Pair(*line.rstrip("\n").split("\t")) for line in file)
    except (OSError, EOFError, lzma.LZMAError, ValueError, TypeError) as error:
        raise IimtError(f"{path}: cannot be read ({error})") from error


def read_corpora(folder: Path) -> Iterator[Corpus]:
    path = folder / "mix.json"
    try:
        mix = [(folder / row["name"], float(row["weight"])) for row in json.loads(path.read_bytes())]
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise IimtError(f"{path}: cannot be read as the mix of a pack ({error})") from error
    for name, weight in mix:
        yield Corpus(name, read_packed(name), weight)


def with_settings(preset: str, settings: Mapping[str, int | float]) -> str:
    """A preset's text with other settings in its table [training.text]."""
    head = "[training.text]"
    lines: list[str] = []
    inside = False
    for line in preset.splitlines():
        inside = line.startswith(head) if line.startswith("[") else inside
        if not inside or line.partition("=")[0].strip() not in settings:
            lines.append(line)
    at = next((i for i, line in enumerate(lines) if line.startswith(head)), len(lines))
    own = [f"{key} = {value}" for key, value in settings.items()]
    return "\n".join([*lines[:at], *(lines[at : at + 1] or [head]), *own, *lines[at + 1 :], ""])


def copy_checkpoint(source: Path, to: Path) -> None:
    """A checkpoint as of the start: its weights and moments, but all steps and the whole budget still to come."""
    tensors, _ = load_tensors(source)
    save_tensors(to, tensors, {"state": json.dumps({"step": 0, "seconds": 0.0})})


def copy_module(name: str, folder: Path) -> None:
    found = find_spec(name)
    if found is None or not found.origin or Path(found.origin).stem != name:
        raise IimtError(f"module {name}: not a module of one file that is installed here")
    copy(Path(found.origin), folder / f"{name}.py")


def copy_in_pieces(source: Path, to: Path, piece: float) -> None:
    """A file, or the files NAME.1of2, NAME.2of2 if it has more than `piece` MiB."""
    content, length = source.read_bytes(), max(1, int(piece * MIB))
    count = max(1, -(-len(content) // length))
    for number in range(count):
        name = f"{to.name}.{number + 1}of{count}" if count > 1 else to.name
        write_whole(to.with_name(name), content[number * length : (number + 1) * length])


def write_whole(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def copy(source: Path, to: Path) -> None:
    if not source.is_file():
        raise IimtError(f"{source}: no such file")
    to.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, to)


def size(path: Path) -> float:
    """MiB of a file or of all files in a folder."""
    files = [path] if path.is_file() else [other for other in path.rglob("*") if other.is_file()]
    return sum(file.stat().st_size for file in files) / MIB


if __name__ == "__main__":
    sys.exit(main())
