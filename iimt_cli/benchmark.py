"""How fast a system is, stage by stage: the same steps as `iimt translate`, one after the other in one thread.

Nothing overlaps here, so the stages add up. `iimt translate` is faster, because it opens and writes pictures in other
threads while the main thread translates.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from iimt_cli.errors import IimtError, UsageError
from iimt_cli.language.base import Sample
from iimt_cli.runs.files import DOCUMENTS, Job, plan
from iimt_cli.systems import kind_of
from iimt_cli.translation import BEAM
from iimt_cli.weights import find_weights, languages_of, preset_of, verify

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

    from iimt_cli.translation.base import Translator

STAGES = (
    "read", "find", "separate", "page", "encode", "text", "image tokens", "VQ decode", "check", "compose", "write",
)  # fmt: skip
MODEL = ("encode", "text", "image tokens", "VQ decode")


@dataclass(frozen=True)
class Setting:
    """What is measured: a weights folder, and the options that it is used with."""

    weights: Path
    device: str = "auto"
    batch: int = 32
    beam: int = BEAM
    threads: int = 0  # 0: as many as torch takes by itself

    def with_value(self, text: str) -> "Setting":
        """This setting with one thing changed, such as `batch=1` or `weights=runs/a`. Raises UsageError."""
        name, _, value = text.partition("=")
        if name == "weights" and value:
            return replace(self, weights=find_weights(value))
        if name not in ("batch", "beam", "threads") or not value.isdecimal() or int(value) < 1:
            raise UsageError(
                f"'{text}' cannot be compared; give batch=N, beam=N, threads=N or weights=FOLDER"
            )
        changed: dict[str, Any] = {name: int(value)}
        return replace(self, **changed)


@dataclass
class Figures:
    """What a setting took, summed over all rounds: `seconds` of the clock and `processor` seconds of all threads, by stage."""

    name: str
    seconds: dict[str, float] = field(default_factory=lambda: dict.fromkeys(STAGES, 0.0))
    processor: dict[str, float] = field(default_factory=lambda: dict.fromkeys(STAGES, 0.0))
    pictures: int = 0
    strips: int = 0
    tokens: int = 0  # image tokens drawn
    peak_mib: float = 0.0  # most memory of the process: in this setting on Linux, since its start elsewhere
    device_mib: float = 0.0  # most memory on a CUDA device

    def total(self, stages: Sequence[str] = STAGES, processor: bool = False) -> float:
        table = self.processor if processor else self.seconds
        return sum(table[stage] for stage in stages)

    @property
    def rates(self) -> dict[str, float]:
        """Numbers per second: pictures and strips by the time of all stages; model_strips and model_tokens (image tokens) by
        that of the stages `MODEL`."""
        return {
            "pictures": self.pictures / max(1e-9, self.total()),
            "strips": self.strips / max(1e-9, self.total()),
            "model_strips": self.strips / max(1e-9, self.total(MODEL)),
            "model_tokens": self.tokens / max(1e-9, self.total(MODEL)),
        }


def measure(
    setting: Setting,
    other: str | None,
    folder: str | None,
    *,
    pages: int,
    rounds: int,
    report: Callable[[str], None],
) -> tuple[list[Figures], dict[str, float]]:
    """Measures a setting and, if `other` is given, the same setting with that one change (`with_value`).

    Translates the pictures in `folder` or, without one, `pages` synthetic pages, `rounds` times. Returns the figures of each
    setting, and the seconds that the first takes to start (`start_up`). Raises IimtError if weights or pictures are not there.
    """
    settings = [("this", setting)]
    if other is not None:
        settings.append((other, setting.with_value(other)))
    for _, one in settings:
        verify(one.weights)
    with tempfile.TemporaryDirectory() as place:
        if folder is None:
            source = Path(place) / "pages"
            source.mkdir()
            synthetic_pages(source, pages, languages_of(setting.weights).packs.source.sample)
        jobs = plan([folder or str(source)], str(Path(place) / "out"), in_place=False)
        jobs = [job for job in jobs if job.input.suffix.lower() not in DOCUMENTS]
        if not jobs:
            raise IimtError(f"{folder}: no pictures in this folder")
        for output in {job.output.parent for job in jobs}:
            output.mkdir(parents=True, exist_ok=True)
        for turn, latest in enumerate(compare(settings, jobs, rounds), 1):
            figures = latest
            report(f"measured {turn} of {rounds} times")
        report("measuring the start")
        return figures, start_up(setting, jobs[0].input)


def compare(
    settings: Sequence[tuple[str, Setting]], jobs: Sequence[Job], rounds: int
) -> Iterator[list[Figures]]:
    """Yields the figures so far after each round. In a round each setting is measured once; the order alternates.

    Other work on the machine then slows all settings down alike: their ratio is right even if their seconds are not.
    """
    figures = [Figures(name) for name, _ in settings]
    for _, setting in settings:  # loading weights and the first picture happen once and are not measured
        _measure(setting, jobs[:1], Figures(""))
    for turn in range(rounds):
        order = range(len(settings)) if turn % 2 == 0 else reversed(range(len(settings)))
        for i in order:
            _measure(settings[i][1], jobs, figures[i])
        yield figures


@lru_cache
def _translator(weights: Path, device: str) -> "Translator":
    return kind_of(preset_of(weights)).load_translator(weights, device)


def _measure(setting: Setting, jobs: Sequence[Job], figures: Figures) -> None:
    import torch

    from iimt_cli.clock import Stopwatch, timed
    from iimt_cli.page import read_picture, write_picture
    from iimt_cli.runs.groups import groups, in_order
    from iimt_cli.translation.result import Options

    _use_threads(setting.threads)
    translator, options = (
        _translator(setting.weights, setting.device),
        Options(setting.beam, batch=setting.batch),
    )
    cuda = translator.device.type == "cuda"
    _forget_peak()
    if cuda:
        torch.cuda.reset_peak_memory_stats()
    with Stopwatch(torch.cuda.synchronize if cuda else lambda: None) as watch:
        for group in groups(in_order(jobs), frozenset()):
            with timed("read"):
                pictures = [read_picture(job.input) for job in group.jobs]
            opened = [translator.open(picture, options) for picture in pictures]
            redrawn = translator.translate_jobs(opened, options)
            for job, picture, work in zip(group.jobs, pictures, redrawn, strict=True):
                result = translator.close(work)
                with timed("write"):
                    write_picture(picture, result.pixels, job.output)
                # systems for strips only
                pieces = [piece for parts in getattr(work, "pieces", ()) for piece in parts]
                figures.pictures += 1
                figures.strips += len(pieces)
                figures.tokens += sum(
                    p.drawn.ink.shape[1] // translator.preset.canvas.patch for p in pieces if p.drawn
                )
    for stage in STAGES:
        figures.seconds[stage] += watch.seconds[stage]
        figures.processor[stage] += watch.processor[stage]
    figures.peak_mib = max(figures.peak_mib, _peak())
    if cuda:
        figures.device_mib = max(figures.device_mib, torch.cuda.max_memory_allocated() / 2**20)


def _use_threads(count: int) -> None:
    import torch

    if count:
        torch.set_num_threads(count)
        os.environ["OMP_NUM_THREADS"] = str(count)  # the line detector reads it


def _forget_peak() -> None:
    with suppress(OSError):  # Linux only
        Path("/proc/self/clear_refs").write_text("5")


def _peak() -> float:
    """The most memory that this process had, MiB."""
    with suppress(OSError, StopIteration):
        lines = Path("/proc/self/status").read_text().splitlines()
        return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1024
    try:
        import resource
    except ImportError:  # Windows
        return 0.0
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (2**20 if sys.platform == "darwin" else 2**10)


def start_up(setting: Setting, picture: Path) -> dict[str, float]:
    """Seconds of the clock that a new process takes for `iimt --help` and for one picture; the better of two tries."""
    with tempfile.TemporaryDirectory() as place:
        commands = {
            "help": ["--help"],
            "first_picture": [
                "translate", str(picture), "-o", str(Path(place) / "out.png"), "--overwrite",
                "--weights", str(setting.weights), "--device", setting.device, "--batch-size", str(setting.batch),
                *(["--threads", str(setting.threads)] if setting.threads else []),
            ],
        }  # fmt: skip
        return {name: min(_run(command), _run(command)) for name, command in commands.items()}


def _run(arguments: Sequence[str]) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-m", "iimt_cli", *arguments], check=True, capture_output=True)
    return time.perf_counter() - start


def synthetic_pages(folder: Path, count: int, sample: Sample, size: tuple[int, int] = (1200, 900)) -> None:
    """Writes `count` pages of 20 lines, the same in every run: a heading, a list, and text that wraps."""
    import matplotlib
    from PIL import Image, ImageDraw, ImageFont

    # Matplotlib is always installed; Pillow's own font has no accents.
    font = Path(matplotlib.get_data_path()) / "fonts/ttf/DejaVuSans.ttf"
    large, small = ImageFont.truetype(font, 34), ImageFont.truetype(font, 20)
    for number in range(count):
        page = Image.new("RGB", size, (250, 248, 240))
        draw = ImageDraw.Draw(page)
        draw.text((60, 40), sample.headings[number % len(sample.headings)], "#802020", large)
        for i in range(7):
            draw.text((60, 120 + 52 * i), sample.lines[(number + i) % len(sample.lines)], "black", small)
        for column in range(2):
            texts = sample.sentences
            sentences = [texts[(number + column + i) % len(texts)] for i in range(4)]
            lines = _wrapped(" ".join(sentences), small, size[0] // 2 - 120)[:6]
            for i, line in enumerate(lines):
                draw.text((60 + column * size[0] // 2, 540 + 30 * i), line, "#203050", small)
        page.save(folder / f"page-{number:03}.png")


def _wrapped(text: str, font: "FreeTypeFont", width: float) -> list[str]:
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if font.getlength(longer) > width and lines[-1]:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines
