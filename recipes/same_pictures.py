"""Shows that a change of the code changes no picture: translates the same pictures with two checkouts, compares the sha256.

    git worktree add ../before main
    python recipes/same_pictures.py ../before . --pages 40                # before and after
    python recipes/same_pictures.py . --pages 40 > pictures.sha256        # one checkout: its list
    python recipes/same_pictures.py . --pages 40 --against pictures.sha256

The pictures are those of examples/ and synthetic pages, which the first checkout makes: from recipes/everyday.tsv,
from one seed, in the fonts of this machine. Examples and pages are translated in a run each, on one thread, in batches of a
fixed size, with the weights of the first checkout and --min-confidence 0, so that as much as possible is drawn.

The lines that begin with # are the commands. Then follows a line for each picture: its sha256 and its name or, if the two
checkouts differ, both sums, the name and "differs". The exit code is 1 if any picture differs; with --keep the pictures stay,
to be looked at. The sums hold for one machine: another processor, version of torch or set of fonts gives others.

On standard error stands the processor time of each checkout. It varies by several per cent: before you believe a difference,
run it again with the checkouts in the other order.
"""

import argparse
import hashlib
import os
import resource
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

SEED = 24
SUFFIXES = (".png", ".jpg")
# 40 examples and pages are one group or two, so that pictures share batches as in a real run.
OPTIONS = ("--min-confidence", "0", "--device", "cpu", "--threads", "1", "--batch-size", "32", "--overwrite")


def call(checkout: Path, *arguments: object) -> float:
    """Runs `iimt` of a checkout, and prints the command. Returns the seconds of processor time that it took."""
    words = [str(argument) for argument in arguments]
    print(f"# (in {checkout.name}) python -m iimt_cli {shlex.join(words)}", flush=True)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = os.environ | {"PYTHONPATH": str(checkout)}
    subprocess.run(
        [sys.executable, "-m", "iimt_cli", *words],
        cwd=checkout,
        env=environment,
        check=True,
        stdout=sys.stderr,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def sums(folder: Path) -> dict[str, str]:
    """The sha256 of each picture below a folder, by its path in it."""
    paths = sorted(path for path in folder.rglob("*") if path.suffix in SUFFIXES)
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths
    }


def read_list(path: Path) -> dict[str, str]:
    """The sums of a list that this script printed."""
    rows = (
        line.split() for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")
    )
    return {name: digest for digest, name in rows}


def tell(first: dict[str, str], second: dict[str, str] | None) -> int:
    """Prints the sums of all pictures. Returns how many differ."""
    if second is None:
        print(*(f"{digest}  {name}" for name, digest in first.items()), sep="\n")
        return 0
    wrong = 0
    for name in sorted({*first, *second}):
        one, other = first.get(name, "missing"), second.get(name, "missing")
        wrong += one != other
        print(f"{one}  {name}" if one == other else f"{one} {other}  {name}  differs")
    return wrong


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("checkouts", type=Path, nargs="+", help="one or two folders with iimt_cli/ in them")
    parser.add_argument("--pages", type=int, default=40, help="how many synthetic pages")
    parser.add_argument("--weights", type=Path, help="instead of weights/de-en of the first checkout")
    parser.add_argument("--against", type=Path, help="a list that this script printed")
    parser.add_argument("--keep", type=Path, help="a folder for the pictures")
    asked = parser.parse_args(arguments)
    checkouts = [checkout.resolve() for checkout in asked.checkouts]
    if len(checkouts) + bool(asked.against) > 2:
        parser.error("give two checkouts, or one and --against")
    first = checkouts[0]
    weights = (asked.weights or first / "weights" / "de-en").resolve()
    with TemporaryDirectory() as temporary:
        work = (asked.keep or Path(temporary)).resolve()
        corpus = first / "recipes" / "everyday.tsv"
        call(
            first,
            "synthesize-data",
            work / "pages",
            "--data",
            corpus,
            "-n",
            asked.pages,
            "--scene",
            "page",
            "--seed",
            SEED,
        )
        inputs = work / "pages" / "source"
        found, seconds = [], []
        for checkout, name in zip(checkouts, ("first", "second"), strict=False):
            out = work / name
            spent = call(
                checkout,
                "translate",
                first / "examples",
                "-o",
                out / "examples",
                "--weights",
                weights,
                *OPTIONS,
            )
            spent += call(checkout, "translate", inputs, "-o", out / "pages", "--weights", weights, *OPTIONS)
            found.append(sums(out))
            seconds.append(spent)
    known = read_list(asked.against) if asked.against else None
    wrong = tell(found[0], known if known is not None else found[1] if len(found) > 1 else None)
    times = " and ".join(f"{spent:.1f}" for spent in seconds)
    print(f"# {len(found[0])} pictures, {wrong} differ; processor seconds: {times}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
