"""How fast a whole-picture preset decodes its image tokens, with random weights, on the CPU.

    python recipes/benchmark_decoding.py                    # `paper`, one thread: about 5 minutes on a quiet machine
    python recipes/benchmark_decoding.py --preset picture-tiny --threads 2

Everything is measured in turn in one process, with one thread in CPU seconds of that process. "Re-running" is the same
decoder without a cache: every token costs a pass over the whole prefix. It is measured at a few prefix lengths and
integrated, and so is the step with cache in a batch. Guesses depend on the picture: untrained decoders repeat
themselves, which is the best case for them; `--weights RUN` takes a trained system and a picture of your own.
"""

import argparse
import resource
import time
from collections.abc import Callable

import numpy as np
import torch

from iimt_cli.config import load_preset
from iimt_cli.model.attention import Places
from iimt_cli.model.picture import PictureTranslatotron
from iimt_cli.model.picture_decoder import Contexts, PictureDecoder, decode_grid, lay_out_for_steps, schedule

TEXT = 80  # pieces of a text: a sentence in characters
SHARES = (0.02, 0.25, 0.5, 0.75, 1.0)  # of all tokens: the prefixes at which is measured


class Sized:
    """Of a vocabulary, only the size counts here."""

    def __init__(self, size: int) -> None:
        self.size = size

    def __len__(self) -> int:
        return self.size


def seconds(work: Callable[[], object]) -> float:
    """CPU seconds with one thread; with several, those of the clock on the wall."""
    clock = time.process_time if torch.get_num_threads() == 1 else time.perf_counter
    start = clock()
    work()
    return clock() - start


def contexts(model: PictureTranslatotron, batch: int) -> Contexts:
    preset = model.preset
    visual = torch.randn(
        batch, 1 + (preset.canvas.height * preset.canvas.width) // preset.vit.patch**2, preset.vit.dim
    )
    text = torch.randn(batch, TEXT, preset.text_decoder.dim)
    return Contexts(visual, text)


def rerunning(decoder: PictureDecoder, seen: Contexts) -> float:
    """Seconds for all tokens, if each costs a pass over the prefix."""
    count = decoder.rows * decoder.columns
    lengths = [max(1, round(share * count)) for share in SHARES]
    found = []
    for length in lengths:
        x = decoder.tokens.shifted(torch.zeros(1, count, dtype=torch.long))[:, :length]
        found.append(seconds(lambda x=x: decoder.head(decoder.pass_through(x, seen)[:, -1])))
        print(f"  without cache, prefix {length}: {found[-1]:.3f} s a token", flush=True)
    return float(np.interp(np.arange(1, count + 1), lengths, found).sum())


def stepping(decoder: PictureDecoder, seen: Contexts, steps: int = 6) -> float:
    """Seconds for all tokens of a batch with cache, from a few steps at each prefix."""
    count, batch = decoder.rows * decoder.columns, len(seen.visual)
    cache = decoder.empty_cache()
    x = decoder.tokens.shifted(torch.zeros(batch, count, dtype=torch.long))
    decoder.pass_through(x[:, :1], seen, cache, Places(torch.tensor([0]), count, 1))
    starts = [min(count - steps, max(1, round(share * count))) for share in SHARES]
    found = []
    for start in starts:

        def work(start: int = start) -> None:
            for p in range(start, start + steps):
                places = Places(torch.tensor([p]), count, p + 1)
                decoder.head.pick(decoder.head(decoder.pass_through(x[:, p : p + 1], seen, cache, places)))

        found.append(seconds(work) / steps)
    return float(np.interp(np.arange(count), starts, found).sum())


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--preset", default="paper")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--windows", type=int, nargs="*", default=[1, 2, 4, 8])
    parser.add_argument(
        "--no-picture", action="store_true", help="image decoder only, without encoder and tokenizer"
    )
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    preset = load_preset(options.preset)
    model = PictureTranslatotron(preset, Sized(preset.vocabulary.target)).eval()  # type: ignore[arg-type]
    decoder, canvas = model.image_decoder, preset.canvas
    with torch.inference_mode():
        seen = contexts(model, 1)
        slow = rerunning(decoder, seen)
        lay_out_for_steps(model)
        fast = seconds(lambda: decode_grid(decoder, seen, drafts=1))
        print(f"{canvas.tokens} tokens of one picture, in CPU seconds")
        print(f"  prefix re-run at every token   {slow:9.1f}")
        print(f"  cached, one after the other    {fast:9.1f}   {slow / fast:6.0f}×")
        drafted = seconds(lambda: decode_grid(decoder, seen))
        print(f"  the same with guesses          {drafted:9.1f}   {slow / drafted:6.0f}×")
        for window in options.windows:
            found = seconds(lambda window=window: decode_grid(decoder, seen, window))
            steps = len(list(schedule(canvas.rows, canvas.columns, window)))
            print(
                f"  cached, window {window:<2} ({steps:4} steps)  {found:9.1f}   {slow / found:6.0f}×",
                flush=True,
            )
        one, eight = stepping(decoder, seen), stepping(decoder, contexts(model, 8))
        print(
            f"  cached, by samples: one picture {one:.1f}, batch of 8 {eight:.1f}: {8 * one / eight:.2f}× the pictures/s"
        )
        if not options.no_picture:
            pixels = torch.rand(1, canvas.channels, canvas.height, canvas.width)
            around = seconds(lambda: model.image_encoder(pixels)) + seconds(
                lambda: model.image_tokenizer.decode(torch.zeros(1, canvas.tokens, dtype=torch.long))
            )
            print(f"  image encoder and tokenizer's decoder {around:.1f}")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.2f} GiB")


if __name__ == "__main__":
    main()
