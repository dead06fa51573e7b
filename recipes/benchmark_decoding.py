"""How fast a whole-picture preset decodes its image tokens, with random weights, on the CPU.

    python recipes/benchmark_decoding.py                    # `paper`, one thread: about 3 minutes on a quiet machine
    python recipes/benchmark_decoding.py --preset picture-tiny --threads 2

Everything is measured in turn in one process, in seconds of the clock on the wall and of the process's CPU. "Re-run" is
the same decoder without a cache: every token costs a pass over the whole prefix, and one row through the head. Single
steps are timed at a few prefix lengths, with and without cache next to each other, and integrated over all tokens.
Guesses depend on the picture: untrained decoders repeat themselves, which is the best case for them. In the worst case,
where no guess is right, they cost nothing, and the speed is that of one token after the other.
"""

import argparse
import resource
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from iimt_cli.config import load_preset
from iimt_cli.model.attention import Places
from iimt_cli.model.linear import pack
from iimt_cli.paper.model.grid_decoder import Contexts, PictureDecoder, decode_grid, schedule
from iimt_cli.paper.model.picture_translatotron import PictureTranslatotron

TEXT = 80  # pieces of a text: a sentence in characters
SHARES = (0.02, 0.25, 0.5, 0.75, 1.0)  # of all tokens: the prefixes at which is measured


class Sized:
    """Of a vocabulary, only the size counts here."""

    def __init__(self, size: int) -> None:
        self.size = size

    def __len__(self) -> int:
        return self.size


@dataclass(frozen=True)
class Seconds:
    wall: float
    cpu: float

    def row(self, name: str, slow: "Seconds") -> str:
        faster = f"{slow.wall / self.wall:6.0f}× {slow.cpu / self.cpu:6.0f}×"
        return f"{name:34} {self.wall:9.1f} {self.cpu:9.1f} {faster}"


def seconds(work: Callable[[], object], times: int = 1) -> Seconds:
    """The median of several runs."""
    found = []
    for _ in range(times):
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        found.append((time.perf_counter() - wall, time.process_time() - cpu))
    return Seconds(*(statistics.median(values) for values in zip(*found, strict=True)))


def integrated(lengths: Sequence[int], found: Sequence[Seconds], count: int) -> Seconds:
    """From the seconds of one token at some prefix lengths, those of all `count` tokens."""
    every = np.arange(1, count + 1)
    return Seconds(
        *(
            float(np.interp(every, lengths, values).sum())
            for values in zip(*((s.wall, s.cpu) for s in found), strict=True)
        )
    )


def contexts(model: PictureTranslatotron, batch: int) -> Contexts:
    preset = model.preset
    visual = torch.randn(
        batch, 1 + (preset.canvas.height * preset.canvas.width) // preset.vit.patch**2, preset.vit.dim
    )
    text = torch.randn(batch, TEXT, preset.text_decoder.dim)
    return Contexts(visual, text)


def rerun(decoder: PictureDecoder, seen: Contexts, length: int) -> Callable[[], object]:
    """One token after `length` others, without a cache."""
    count = decoder.rows * decoder.columns
    x = decoder.tokens.shifted(torch.zeros(1, count, dtype=torch.long))[:, :length]
    return lambda: decoder.head.pick(decoder.head(decoder.pass_through(x, seen)[:, -1]))


def step(decoder: PictureDecoder, seen: Contexts, length: int) -> Callable[[], object]:
    """The same with a cache."""
    count, batch = decoder.rows * decoder.columns, len(seen.visual)
    cache = decoder.empty_cache()
    x = decoder.tokens.shifted(torch.zeros(batch, count, dtype=torch.long))[:, length - 1 : length]

    def work(place: int = length - 1) -> None:
        places = Places(torch.tensor([place]), count, place + 1)
        decoder.head.pick(decoder.head(decoder.pass_through(x, seen, cache, places)))

    work()  # takes the room of the cache, projects the contexts
    return work


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--preset", default="paper")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--windows", type=int, nargs="*", default=[1, 2, 4, 8])
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    preset = load_preset(options.preset)
    model = PictureTranslatotron(preset, Sized(preset.vocabulary.target)).eval()  # type: ignore[arg-type]
    decoder, canvas = model.image_decoder, preset.canvas
    with torch.inference_mode():
        for values in model.parameters():
            values.copy_(values.half())  # as a file holds them
        pack(model)
        one, eight = contexts(model, 1), contexts(model, 8)
        lengths = [max(1, round(share * canvas.tokens)) for share in SHARES]
        ways: list[list[Seconds]] = [[], [], []]
        for length in lengths:
            ways[0].append(seconds(rerun(decoder, one, length), 3))
            ways[1].append(seconds(step(decoder, one, length), 25))
            ways[2].append(seconds(step(decoder, eight, length), 9))
            print(
                f"  prefix {length}: re-run {ways[0][-1].cpu:.3f}, cached {ways[1][-1].cpu:.4f}", flush=True
            )
        slow, fast, batch = (integrated(lengths, found, canvas.tokens) for found in ways)
        print(f"{canvas.tokens} tokens of one picture           wall, s    CPU, s     faster by")
        print(slow.row("prefix re-run at every token", slow))
        print(fast.row("cached, one after the other", slow))
        print(seconds(lambda: decode_grid(decoder, one)).row("cached, with guesses", slow), flush=True)
        for window in options.windows:
            found = seconds(lambda window=window: decode_grid(decoder, one, window))
            steps = len(list(schedule(decoder.rows, decoder.columns, window)))
            print(found.row(f"cached, window {window} ({steps} steps)", slow), flush=True)
        print(batch.row("cached, batch of 8 (all 8 pictures)", slow))
        print(
            f"  pictures/s of a batch of 8: {8 * fast.wall / batch.wall:.2f}× wall, {8 * fast.cpu / batch.cpu:.2f}× CPU"
        )
        pixels = torch.rand(1, canvas.channels, canvas.height, canvas.width)
        codes = torch.zeros(1, canvas.tokens, dtype=torch.long)
        print(seconds(lambda: model.image_encoder(pixels)).row("image encoder", slow))
        print(seconds(lambda: model.image_tokenizer.decode(codes)).row("image tokenizer's decoder", slow))
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.2f} GiB")


if __name__ == "__main__":
    main()
