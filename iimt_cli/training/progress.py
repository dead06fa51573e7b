"""What a run of training shows and writes: a progress line with ETA, a JSONL log, PNG files of curves and of samples."""

import json
import sys
import time
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from iimt_cli.training.stage import Evaluation

LOG_SECONDS = 15.0  # between two lines of the log


class Journal:
    """Writes `log.jsonl`, `curves.png` and `samples.png` into the stage's folder and shows the progress."""

    def __init__(self, folder: Path, name: str, quiet: bool, resumed_at: int = 0) -> None:
        self._folder, self._name, self._quiet = folder, name, quiet
        if quiet:
            return
        folder.mkdir(parents=True, exist_ok=True)
        self._log = (folder / "log.jsonl").open("a", encoding="utf-8")
        self._console = Console(stderr=True)
        self._live = Progress(
            TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"),
            TextColumn("{task.fields[figures]}"), TimeElapsedColumn(), TextColumn("ETA {task.fields[eta]}"),
            console=self._console, disable=not sys.stderr.isatty(),
        )  # fmt: skip
        self._live.start()
        self._task = self._live.add_task(name, total=1.0, figures="", eta="?")
        self._written, self._since, self._count, self._sum = 0.0, resumed_at, 0, 0.0
        self._figures: dict[str, float] = {}

    def step(
        self,
        step: int,
        progress: float,
        seconds: float,
        lr: float,
        loss: float,
        norm: float,
        figures: dict[str, float],
    ) -> None:
        """Takes the figures of one step. Their means are logged and shown every `LOG_SECONDS`.

        `progress` is the share of the budget that is used, `seconds` the time in training so far, `norm` that of the
        gradients.
        """
        if self._quiet:
            return
        self._sum, self._count = self._sum + loss, self._count + 1
        for key, value in figures.items():
            self._figures[key] = self._figures.get(key, 0.0) + value
        now = time.monotonic()
        if now - self._written < LOG_SECONDS and progress < 1.0:
            return
        averages = {key: round(value / self._count, 4) for key, value in self._figures.items()}
        row = {
            "step": step, "progress": round(progress, 4), "seconds": round(seconds, 1), "lr": round(lr, 7),
            "loss": round(self._sum / self._count, 4), "norm": round(norm, 3), **averages,
        }  # fmt: skip
        self._write(row)
        eta = _clock(seconds * (1 - progress) / progress) if progress > 0 else "?"
        shown = " ".join(f"{key} {row[key]}" for key in ("step", "loss", *averages))
        self._live.update(self._task, completed=progress, figures=shown, eta=eta)
        if self._live.disable:
            print(f"{self._name} {progress:6.1%} {shown} lr {lr:.1e} ETA {eta}", file=sys.stderr, flush=True)
        self._written, self._count, self._sum, self._figures = now, 0, 0.0, {}

    def evaluation(self, step: int, result: Evaluation) -> None:
        """Scores on held-out data go to the log and the screen, the sample sheet and the curves to PNG files."""
        if self._quiet:
            return
        self._write({"step": step, "evaluation": {k: round(v, 4) for k, v in result.scores.items()}})
        shown = "  ".join(f"{key} {value:.4g}" for key, value in result.scores.items())
        self._live.console.print(f"[bold]{self._name}[/] step {step}: {shown}", highlight=False)
        if result.samples:
            sample_sheet(result.samples).save(self._folder / "samples.png")
        plot_curves(self._folder / "log.jsonl", self._folder / "curves.png")

    def close(self) -> None:
        if not self._quiet:
            self._live.stop()
            self._log.close()

    def _write(self, row: dict) -> None:
        self._log.write(json.dumps(row) + "\n")
        self._log.flush()


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 3600}:{int(seconds) // 60 % 60:02d}:{int(seconds) % 60:02d}"


def sample_sheet(samples: list[tuple[str, np.ndarray]], width: int = 1000) -> Image.Image:
    """One picture with a captioned row per sample; pictures are uint8, H×W or H×W×3, cut at `width`."""
    font = ImageFont.load_default(11)
    heights = [picture.shape[0] + 16 for _, picture in samples]
    sheet = Image.new("RGB", (width, sum(heights) + 4), "white")
    draw, y = ImageDraw.Draw(sheet), 2
    for (caption, picture), height in zip(samples, heights, strict=True):
        draw.text((2, y), caption[:180], fill=(90, 90, 90), font=font)
        sheet.paste(Image.fromarray(picture[:, :width]).convert("RGB"), (0, y + 14))
        y += height
    return sheet


def plot_curves(log: Path, out: Path) -> None:
    """The loss and every score of a log against the step, one panel each."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    rows = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines() if line]
    curves: dict[str, list[tuple[int, float]]] = {}
    for row in rows:
        scores = row.get("evaluation", {"loss": row.get("loss")})
        for key, value in scores.items():
            curves.setdefault(key, []).append((row["step"], value))
    figure, axes = plt.subplots(1, len(curves), figsize=(4 * len(curves), 3), squeeze=False)
    for axis, (key, points) in zip(axes[0], curves.items(), strict=True):
        axis.plot(*zip(*points, strict=True), marker="." if key != "loss" else "")
        axis.set_title(key)
        axis.set_xlabel("step")
        axis.grid(alpha=0.3)
    figure.tight_layout()
    figure.savefig(out, dpi=80)
    plt.close(figure)
