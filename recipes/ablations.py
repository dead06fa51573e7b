"""The experiments behind docs/research.md: trains many small systems like the paper's, and scores each on unseen sentences.

    python recipes/ablations.py OUT                      # all that is not there yet, and docs/research.md anew
    python recipes/ablations.py OUT --row gate-sum       # one row of the tables
    python recipes/ablations.py --report                 # docs/research.md alone
    python recipes/ablations.py --list                   # the rows, their questions and what they change

It can be killed at any time: finished runs are kept in OUT, and one that was cut short goes on from its last checkpoint.
Each experiment is the preset `ablations.toml` with a few keys changed. Runs that share a stage train it once: what the
stage depends on is the name of its folder. Each result is one line of docs/research.jsonl, which is kept with the code: a
new machine without OUT goes on with the runs that are missing there.
"""

import argparse
import ctypes
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from pathlib import Path
from shutil import copyfile
from typing import Any

from everyday_talk import pairs

from iimt_cli.config import Preset
from iimt_cli.toml import build, parse

BASE = Path(__file__).with_suffix(".toml")
TRAIN, TEST, PEEK = 8000, 200, 12  # sentences
VARIED = f"varied-{TRAIN}"  # the sentences of training on pictures of more kinds
SEEDS = (1, 2, 3)
Table = dict[str, Any]


@dataclass(frozen=True)
class Row:
    """One experiment: the preset with `changes` (dotted key → value), trained up to the stage `last` on `data`."""

    name: str
    question: str  # a heading of docs/research.md
    says: str  # what it is, for the table
    changes: Mapping[str, Any] = field(default_factory=dict)
    last: str = "joint"
    data: str = f"train-{TRAIN}"
    seeds: Sequence[int] = SEEDS
    system: str = "paper"  # which is trained last: the paper's, or one of `ablations_baselines`

    def table(self) -> Table:
        """The preset as TOML tables."""
        made = parse(BASE.read_text(encoding="utf-8"), BASE.name)
        for key, value in self.changes.items():
            *path, name = key.split(".")
            inner = made
            for part in path:
                inner = inner[part]
            inner[name] = value
        return made

    @property
    def preset(self) -> Preset:
        """Raises IimtError if a change does not fit."""
        return build(Preset, self.table(), self.name)

    @property
    def stages(self) -> tuple[str, ...]:
        """What is trained, in order: the preset's stages and, before them, the encoder."""
        if self.last != "joint":
            return (self.last,)
        if self.system in ("pixels", "cascade"):
            return ("encoder", "joint")
        return ("encoder", *self.preset.stages) if self.preset.vit.pretrained else self.preset.stages

    def folder(self, stage: str, seed: int) -> str:
        """The name of the folder where `stage` is trained: equal for all rows for which it is the same."""
        made = deepcopy(self.table())
        training = made["training"]
        pictures = {key: made[key] for key in ("languages", "canvas")}
        pictures |= {key: value for key, value in training.items() if not isinstance(value, dict)}
        losses = {key: training["losses"].get(key) for key in ("perceptual", "adversarial")}
        vit = {key: value for key, value in made["vit"].items() if key != "rate"}
        encoder = [pictures, vit, made["vocabulary"], training["reader"]]
        tokenizer = [pictures, made["image_tokenizer"], training["tokenizer"], losses]
        scan = made["image_decoder"].get("scan")
        teacher = [tokenizer, made["teacher"], made["vocabulary"], scan, training["teacher"]]
        joint = made if self.system == "paper" else [made, self.system]
        depends = {"encoder": encoder, "tokenizer": tokenizer, "teacher": teacher, "joint": joint}[stage]
        text = json.dumps([depends, self.data, seed], sort_keys=True)
        return f"{stage}-{sha256(text.encode()).hexdigest()[:12]}"


CODES, QUANTISER = "image_tokenizer.codebook", "image_tokenizer.quantiser"
GATE, LOSS = "image_decoder.gate", "training.losses"
WIDE = {"canvas.patch": 8, CODES: 4096}  # half as many tokens of a picture
FSQ = {QUANTISER: "fsq"}  # 8·8·8·4·4 = 8192 codes
STRONG = {"teacher.layers": 4, "teacher.text_layers": 2, "training.teacher.steps": 1600}
BLANK = {"vit.pretrained": "", "vit.rate": 1.0}
SMALL, MIDDLE = "train-500", "train-2000"
_tokenizer = partial(Row, question="tokenizer", last="tokenizer")

BASELINE = Row("base", "base", "the whole system")
# Cheapest and most telling first. End to end, rows are compared with `base`, seed by seed; tokenizers with the first of them.
ROWS: tuple[Row, ...] = (
    BASELINE,
    Row("varied", "varied", "two faces, three sizes, colours and textures", data=VARIED),
    _tokenizer("tokenizer-vq-2048", says="2048 codes, 16×4 px, as in base"),
    _tokenizer("tokenizer-vq-4096", says="4096 codes", changes={CODES: 4096}),
    _tokenizer("tokenizer-vq-512", says="512 codes", changes={CODES: 512}),
    _tokenizer("tokenizer-patch-8", says="4096 codes, 16×8 px", changes=WIDE),
    _tokenizer("tokenizer-fsq-8192", says="finite scalar, 8192 codes", changes=FSQ),
    _tokenizer("tokenizer-vq-8192", says="8192 codes", changes={CODES: 8192}),
    _tokenizer("tokenizer-vq-16384", says="16384 codes", changes={CODES: 16384}),
    Row("no-text-decoder", "text-decoder", "no target text decoder", {"text_decoder.layers": 0}),
    Row("gate-sum", "gate", "plain sum", {GATE: "sum"}),
    Row("gate-text", "gate", "text alone", {GATE: "text"}),
    Row("gate-picture", "gate", "picture alone; the text decoder learns beside it", {GATE: "picture"}),
    Row("no-distillation", "training", "no distillation", {f"{LOSS}.distillation": 0.0}),
    Row("no-ocr", "training", "no OCR task", {f"{LOSS}.ocr": 0.0}),
    Row("no-tit", "training", "no text image translation task", {f"{LOSS}.text": 0.0}),
    Row("unfrozen", "training", "the tokenizer goes on learning beside the rest", system="unfrozen"),
    Row("weak-teacher", "teacher", "teacher of an eighth of the steps", {"training.teacher.steps": 100}),
    Row("strong-teacher", "teacher", "teacher of twice the layers and steps", STRONG),
    Row("temperature-2", "teacher", "temperature 2", {f"{LOSS}.temperature": 2.0}),
    Row("pairs-8000", "pairs", "pairs alone, 8000 pictures", {"text": False}),
    Row("pairs-2000", "pairs", "pairs alone, 2000 pictures", {"text": False}, data=MIDDLE),
    Row("pairs-500", "pairs", "pairs alone, 500 pictures", {"text": False}, data=SMALL),
    Row(
        "pairs-blank",
        "pairs",
        "pairs alone, 8000, encoder from nothing",
        {"text": False, **BLANK},
    ),
    Row("base-2000", "pairs", "with text, 2000 pictures", data=MIDDLE),
    Row("base-500", "pairs", "with text, 500 pictures", data=SMALL),
    Row("pixels", "size", "columns of pixels instead of tokens and text", system="pixels"),
    Row("cascade", "size", "a reader, a text translator, and a font", system="cascade"),
    Row("system-vq-512", "tokenizer-system", "512 codes", {CODES: 512}),
    Row("system-fsq-8192", "tokenizer-system", "finite scalar, 8192 codes", FSQ),
    Row("system-patch-8", "tokenizer-system", "4096 codes, 16×8 px", WIDE),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("out", type=Path, nargs="?")
    parser.add_argument("--row", action="append", help="Only the row of this name; repeatable.")
    parser.add_argument("--workers", type=int, default=2, help="Runs side by side, one thread each.")
    parser.add_argument("--list", action="store_true", help="Show the rows.")
    parser.add_argument("--report", action="store_true", help="Write docs/research.md and no more.")
    parser.add_argument(
        "--sheet", action="store_true", help="Draw docs/research-pictures.png from OUT alone."
    )
    parser.add_argument("--seed", type=int, help=argparse.SUPPRESS)  # with one --row: this run alone, here
    args = parser.parse_args()
    if args.list:
        for row in ROWS:
            print(
                f"{row.name:18} {row.question:17} {len(row.seeds)} seeds  {row.says}  {dict(row.changes) or ''}"
            )
        return
    from ablations_report import write_report, write_sheet

    if args.report:
        write_report()
        return
    if args.out is None:
        parser.error("a folder for data and runs is missing")
    if args.sheet:
        write_sheet(args.out)
        return
    known = {row.name: row for row in ROWS}
    if unknown := set(args.row or ()) - set(known):
        parser.error(f"no row {sorted(unknown)[0]!r}: see --list")
    rows = [known[name] for name in args.row] if args.row else list(ROWS)
    if args.seed is not None:
        _one(args.out, rows[0], args.seed)
        return
    make_data(args.out)
    _all(args.out, rows, args.workers)
    write_report()
    write_sheet(args.out)


def _all(out: Path, rows: Sequence[Row], workers: int) -> None:
    """All runs that have no result yet, `workers` at a time, each in a process of its own."""
    from ablations_report import results, write_report

    jobs = [(row, seed) for row in rows for seed in row.seeds]
    there = {(r["row"], r["seed"]) for r in results()}
    stopped = False
    running: set[subprocess.Popen[bytes]] = set()

    def stop(number: int, frame: object) -> None:
        nonlocal stopped
        stopped = True
        for process in list(running):
            process.terminate()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)

    def work(job: tuple[Row, int]) -> None:
        row, seed = job
        if stopped:
            return
        print(f"{time.strftime('%H:%M')} {row.name}, seed {seed}", flush=True)
        command = [sys.executable, __file__, str(out), "--row", row.name, "--seed", str(seed)]
        log = out / "logs" / f"{row.name}-{seed}.log"
        log.parent.mkdir(exist_ok=True)
        # A CPU takes longer for the gradients of fused attention, half as long again in 16 bits.
        environment = os.environ | {"OMP_NUM_THREADS": "1", "TIMM_FUSED_ATTN": "0"}
        with log.open("ab") as file:
            process = subprocess.Popen(
                command, stdout=file, stderr=file, env=environment, preexec_fn=_die_with_parent
            )
            running.add(process)
            code = process.wait()
            running.discard(process)
        if code and not stopped:
            print(f"{row.name}, seed {seed}: failed with {code}, see {log}", flush=True)
        elif not stopped:
            write_report()

    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(work, [job for job in jobs if (job[0].name, job[1]) not in there]))


def _die_with_parent() -> None:
    """Linux: a run gets SIGTERM, on which it writes its checkpoint, even if this process is killed outright."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def make_data(out: Path) -> None:
    """Pictures of everyday talk: for training, a few to peek at, and test sets of unseen sentences."""
    from ablations_measure import UNLIKE, make_unlike, varied_set

    from iimt_cli.runs.synthesize import DataSet, make_data_set

    data = out / "data"
    data.mkdir(parents=True, exist_ok=True)
    made = pairs(TRAIN + PEEK + TEST, seed=1)
    sizes = sorted({int(row.data.removeprefix("train-")) for row in ROWS if row.data != VARIED})
    parts = {f"train-{size}": made[:size] for size in sizes}
    parts |= {"peek": made[TRAIN : TRAIN + PEEK], "test": made[TRAIN + PEEK :]}
    for name, some in parts.items():
        text = data / f"{name}.tsv"
        text.write_text("".join(f"{a}\t{b}\n" for a, b in some), encoding="utf-8")
        wanted = DataSet(data=[text], preset=str(BASE), background="white", seed=1)
        make_data_set(data / name, wanted, len(some))
    make_data_set(data / VARIED, varied_set(data, f"train-{TRAIN}"), TRAIN)
    for name in UNLIKE:
        make_unlike(name, data)


def _one(out: Path, row: Row, seed: int) -> None:
    """Trains what the row needs and is not there, scores it, and adds a line to the results."""
    from ablations_baselines import measure_cascade, measure_pixels
    from ablations_measure import measure_system, measure_tokenizer
    from ablations_report import PAGE, results_of

    done: list[Path] = []
    hours = 0.0
    for stage in row.stages:
        folder = out / "stages" / row.folder(stage, seed)
        with _alone(folder):
            _train(out, row, seed, stage, folder, done)
        hours += float((folder / "cpu_seconds").read_text()) / 3600
        done.append(folder)
    signal.signal(
        signal.SIGTERM, signal.SIG_DFL
    )  # training writes a checkpoint on it; scoring has none to write
    own = {"pixels": measure_pixels, "cascade": measure_cascade}
    measure = own.get(row.system, measure_system) if row.last == "joint" else measure_tokenizer
    result = {
        "row": row.name, "seed": seed, "folder": done[-1].name, "cpu_hours": round(hours, 3),
        **measure(done[-1], out / "data", row is BASELINE or row.data == VARIED),
    }  # fmt: skip
    with results_of(PAGE).open("a", encoding="utf-8") as file:
        file.write(json.dumps(result) + "\n")


def _train(out: Path, row: Row, seed: int, stage: str, folder: Path, before: Sequence[Path]) -> None:
    """One stage, from its last checkpoint if it was cut short. `before`: the folders of the stages before."""
    from ablations_baselines import CascadeStage, PixelStage, UnfrozenStage
    from ablations_encoder import EncoderStage

    from iimt_cli.training.loop import Budget, train
    from iimt_cli.training.run import TrainingData, TrainOptions, run_training

    if (folder / "done").exists():
        return
    for path in [
        path for known in before for kind in ("*.safetensors", "*.spm") for path in known.glob(kind)
    ]:
        if not (folder / path.name).exists():
            copyfile(path, folder / path.name)
    table = row.table()
    if pretrained := table["vit"]["pretrained"]:
        table["vit"]["pretrained"] = str(folder / pretrained)
    (folder / "preset.toml").write_text(dumped(table), encoding="utf-8")
    data, peek = out / "data" / row.data, out / "data" / "peek"
    clock = folder / "cpu_seconds"
    spent, started = float(clock.read_text()) if clock.exists() else 0.0, time.process_time()
    try:
        own = {"pixels": PixelStage, "cascade": CascadeStage, "unfrozen": UnfrozenStage}
        if stage == "encoder" or (stage == "joint" and row.system in own):
            kind = EncoderStage if stage == "encoder" else own[row.system]
            made = kind(row.preset, folder, seed, data, peek)
            train(
                made, Budget(made.settings.hours, made.settings.steps), resume=True, threads=1, device="cpu"
            )
        else:
            sources = TrainingData(corpora=[str(data)], valid=peek)
            run_training(
                TrainOptions(
                    preset=str(folder / "preset.toml"), out=folder, stages=[stage], resume=True, seed=seed,
                    threads=1, data=sources, device="cpu",
                )
            )  # fmt: skip
    finally:
        clock.write_text(str(spent + time.process_time() - started))
    (folder / "done").touch()


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Waits while another process trains in this folder."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def dumped(table: Table, path: str = "") -> str:
    """Tables of numbers, texts, booleans and lists as TOML."""
    plain = "".join(f"{k} = {json.dumps(v)}\n" for k, v in table.items() if not isinstance(v, dict))
    head = f"[{path}]\n" if path else ""
    inner = [dumped(v, f"{path}.{k}" if path else k) for k, v in table.items() if isinstance(v, dict)]
    return head + plain + "\n" + "".join(inner)


if __name__ == "__main__":
    main()
