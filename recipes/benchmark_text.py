"""What wording a text costs beside another checkout of this repository: processor time and memory, in turn.

    git worktree add ../before bcd7cb1
    python recipes/benchmark_text.py . ../before --pairs dev.de-en.tsv [--count 128] [--rounds 5]

Each checkout translates the same texts with its own `weights/de-en`, beam 4, one thread, in a process of its own; the two
take turns. Printed are milliseconds of the processor per text, without loading, and the process's peak memory.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

from iimt_cli.data.corpora import read_pairs

WARM_UP = 8  # texts that are translated first: what is made once is not counted
CHILD = """
import json, resource, sys, time
from pathlib import Path
import torch
try:
    from iimt_cli import load
except ImportError:
    from iimt_cli.translation.translator import Translator
    load = Translator.load
torch.set_num_threads(1)
warm_up, texts = json.load(sys.stdin)
translator = load(Path("weights/de-en"))
say = getattr(translator, "translate_texts", None) or translator.translate_text
say(warm_up)
before = time.process_time()
said = say(texts)
spent = time.process_time() - before
words = sum(len((one if isinstance(one, str) else one.target).split()) for one in said)
print(json.dumps([1000 * spent / len(texts), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000, words]))
"""


def measured(checkout: Path, texts: list[str]) -> tuple[float, float, int]:
    """Milliseconds of the processor per text, peak memory in MB, words that were said."""
    environment = os.environ | {"PYTHONPATH": str(checkout.resolve()), "OMP_NUM_THREADS": "1"}
    told = json.dumps([texts[:WARM_UP], texts])
    done = subprocess.run(
        [sys.executable, "-c", CHILD], input=told, cwd=checkout, env=environment, text=True,
        stdout=subprocess.PIPE, check=True,
    )  # fmt: skip
    milliseconds, memory, words = json.loads(done.stdout)
    return milliseconds, memory, words


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("checkouts", type=Path, nargs=2, help="this one, and the other")
    parser.add_argument("--pairs", type=Path, required=True, help="parallel text: its sources are translated")
    parser.add_argument("--count", type=int, default=128)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    sources = [pair.source for pair in read_pairs([options.pairs])]
    step = max(1, len(sources) // options.count)
    texts = sources[::step][: options.count]
    ratios, more = [], []
    for _ in range(options.rounds):
        ours, theirs = (measured(checkout, texts) for checkout in options.checkouts)
        ratios.append(ours[0] / theirs[0])
        more.append(ours[1] - theirs[1])
        print(
            f"{ours[0]:6.1f} and {theirs[0]:6.1f} ms a text ({ratios[-1]:.2f} times), "
            f"{ours[1]:5.0f} and {theirs[1]:5.0f} MB, {ours[2]} and {theirs[2]} words",
            flush=True,
        )
    print(
        f"{len(texts)} texts, medians: {statistics.median(ratios):.2f} times, {statistics.median(more):+.0f} MB"
    )


if __name__ == "__main__":
    main()
