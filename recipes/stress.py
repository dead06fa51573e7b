"""Runs `iimt translate` over folders of broken and odd pictures, and counts what must not happen.

    python recipes/stress.py FOLDER [FOLDER ...] --out OUT [--weights FOLDER] [--sample N] [--most-pixels N]

The pictures are not ours and do not belong into this repository. We used `Tests/images` of python-pillow/Pillow, `tests` of
image-rs/image, image-tiff and image-png, libjpeg-turbo/seed-corpora, lunapaint/pngsuite and strongcourage/fuzzing-corpus; then
pictures of Exiv2/exiv2, google/wuffs, ianare/exif-samples, libvips/libvips, pikepdf/pikepdf and python-pillow/test-images, and
the PDFs of mozilla/pdf.js. They were checked out elsewhere. Every file below the folders is taken,
once, whose name or first bytes say that it is a picture or PDF.

Without --weights a stand-in "translates" by turning a part of each picture's colours round, so that thousands of pictures
take minutes: reading, writing, sidecars and messages are the real ones. With weights, a sample is enough.

Counted, and none of it may be: tracebacks, crashes of the process, pictures that take more than 20 s, failures that are no one
clear line, lines on standard error that are no message of ours, outputs that cannot be opened, an exit code that is not
1 (or 0 if nothing failed), and anything that a second run does again. The exit code of this script is 1 if any count is not 0.
"""

import argparse
import hashlib
import json
import os
import random
import re
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SLOW = 20.0  # seconds for one picture
SUFFIXES = (
    ".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".tif", ".tiff", ".bmp", ".gif", ".tga", ".ppm", ".pgm", ".pbm", ".pnm",
    ".jp2", ".avif", ".heic", ".heif", ".pdf",
)  # fmt: skip
# The first bytes of files whose names say nothing, and the suffix that they get
MARKS = {
    b"\x89PNG": ".png", b"\xff\xd8": ".jpg", b"GIF8": ".gif", b"BM": ".bmp", b"II*\0": ".tif", b"MM\0*": ".tif",
    b"RIFF": ".webp", b"%PDF": ".pdf", b"P6": ".ppm", b"P5": ".pgm", b"\0\0\0\x0cjP": ".jp2",
}  # fmt: skip


def gather(folders: Sequence[Path], into: Path) -> int:
    """Copies the pictures below the folders, once each, under a number and the end of their name. Returns how many."""
    seen, count = set[bytes](), 0
    into.mkdir(parents=True)
    for folder in folders:
        for path in sorted(p for p in folder.rglob("*") if p.is_file() and ".git" not in p.parts):
            content = path.read_bytes()
            digest = hashlib.sha256(content).digest()
            suffix = path.suffix.lower()
            if suffix not in SUFFIXES:
                suffix = next((new for mark, new in MARKS.items() if content.startswith(mark)), "")
            if not suffix or digest in seen:
                continue
            seen.add(digest)
            name = re.sub(r"[^A-Za-z0-9.]+", "-", path.stem)[-60:]
            (into / f"{count:05}-{name}{suffix}").write_bytes(content)
            count += 1
    return count


def thin_out(folder: Path, sample: int | None, most_pixels: int | None) -> None:
    """Removes pictures that are larger, by their head, and all but a sample, the same each time."""
    from PIL import Image

    paths = sorted(folder.iterdir())
    if most_pixels is not None:
        for path in paths:
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    with Image.open(path) as image:
                        too_large = image.width * image.height > most_pixels
            except Exception:  # what cannot be opened is quickly refused
                too_large = False
            if too_large:
                path.unlink()
    paths = sorted(folder.iterdir())
    if sample is not None:
        for path in sorted(set(paths) - set(random.Random(1).sample(paths, min(sample, len(paths))))):
            path.unlink()


class Run:
    """A run of `iimt translate` over a folder, begun again without the culprit when it hangs or crashes."""

    def __init__(self, place: Path, weights: Path | None) -> None:
        self.pictures, self.out, self.log = place / "in", place / "out", place / "reads.tsv"
        self._said = place / "said.txt"
        self._weights = weights
        self.hangs, self.crashes = list[str](), list[str]()
        self.said, self.code = "", 0

    def go(self) -> None:
        """Until a run comes to its end."""
        while True:
            self.log.unlink(missing_ok=True)
            process = self._start()
            stuck = self._watch(process)
            self.said, self.code = self._said.read_text("utf-8", "replace"), process.returncode
            if not stuck and self.code in (0, 1, 2):
                return
            culprits = self._under_way() or ["unknown"]
            (self.hangs if stuck else self.crashes).extend(culprits)
            for name in culprits:
                (self.pictures / name).unlink(missing_ok=True)
            if culprits == ["unknown"]:
                return

    def _start(self) -> subprocess.Popen[bytes]:
        weights = ["--weights", str(self._weights)] if self._weights else []
        kind = "real" if self._weights else "stand-in"
        return subprocess.Popen(
            [sys.executable, __file__, "child", kind, str(self.log), "translate", str(self.pictures), "-o", str(self.out),
             "--json", *weights],
            stdout=self._said.open("wb"), stderr=subprocess.STDOUT, env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip

    def _watch(self, process: subprocess.Popen[bytes]) -> bool:
        """Waits for its end. True if a picture took too long to be read, and the process was killed."""
        while process.poll() is None:
            time.sleep(0.5)
            if any(time.time() - start > 3 * SLOW for start in self._open_reads().values()):
                process.kill()
                process.wait()
                return True
        return False

    def _open_reads(self) -> dict[str, float]:
        """Pictures that are being read, and since when."""
        reads: dict[str, float] = {}
        for name, when, what in self._reads():
            if what == "begin":
                reads[name] = when
            else:
                reads.pop(name, None)
        return reads

    def _under_way(self) -> list[str]:
        return [Path(name).name for name in self._open_reads()]

    def _reads(self) -> Iterator[tuple[str, float, str]]:
        if self.log.exists():
            for line in self.log.read_text("utf-8", "replace").splitlines():
                if line.count("\t") == 2:
                    name, when, what = line.split("\t")
                    yield name, float(when), what

    def slow(self) -> list[str]:
        """Pictures that took more than SLOW seconds to be read, of processor time."""
        return [Path(name).name for name, _, what in self._reads() if what != "begin" and float(what) > SLOW]

    def rows(self) -> dict[str, dict[str, Any]]:
        """The last line of the manifest about each picture, by its name."""
        manifest = self.out / "iimt-run.jsonl"
        rows = (
            [json.loads(line) for line in manifest.read_text("utf-8").splitlines()]
            if manifest.exists()
            else []
        )
        return {Path(row["input"]).name: row for row in rows if "outcome" in row}


def judge(run: Run) -> dict[str, list[str]]:
    """What must not be, by its kind."""
    rows, names = run.rows(), sorted(p.name for p in run.pictures.iterdir())
    failed = [name for name in names if rows.get(name, {}).get("outcome") == "failed"]
    any_failed = bool(failed) or any(row.get("failed_pages") for row in rows.values())
    lines = run.said.splitlines()
    ours = re.compile(r"iimt: |\d+ (pictures?|files?) in \d+ s: |\d+ blocks? of text: ")
    return {
        "tracebacks": [line for line in lines if line.startswith("Traceback")],
        "crashes": run.crashes,
        "hangs": [*run.hangs, *run.slow()],
        "no outcome": [name for name in names if name not in rows],
        "unclear failures": [
            f"{name}: {rows[name]['reason']}" for name in failed if not is_clear(name, rows[name]["reason"])
        ],
        "stray lines": [line for line in lines if not ours.match(line)],
        "wrong exit code": [] if run.code == any_failed else [str(run.code)],
        "bad outputs": [name for name in names if name in rows and not is_whole(run, name, rows[name])],
    }


def is_clear(name: str, reason: str) -> bool:
    return name in reason and "\n" not in reason and ": unexpected " not in reason


def is_whole(run: Run, name: str, row: dict[str, Any]) -> bool:
    """Whether the output is there and can be opened. What was copied, whole or a page of it, is as good as it was."""
    from PIL import Image

    if row["outcome"] == "failed":
        return not (run.out / row["output"]).exists()
    output = run.out / row["output"]
    if row["outcome"] == "kept" or output.suffix == ".pdf" or row.get("failed_pages"):
        return output.exists() and output.stat().st_size > 0
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(output) as image:
                image.load()
    except Exception:
        return False
    return output.with_name(f"{output.name}.json").exists()


def second_run(run: Run, weights: Path | None) -> list[str]:
    """What a second run does again."""

    def state() -> dict[str, tuple[int, int]]:
        files = (p for p in run.out.rglob("*") if p.is_file() and p.name != "iimt-run.jsonl")
        return {str(p): (p.stat().st_mtime_ns, p.stat().st_size) for p in files}

    before = state()
    again = Run(run.out.parent, weights)
    again.go()
    after = state()
    changed = [path for path in {*before, *after} if before.get(path) != after.get(path)]
    if re.search(r"\d+ translated", again.said) and "0 translated" not in again.said:
        changed.append(again.said.splitlines()[0])
    return changed


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, required=True, help="a folder that is not there yet")
    parser.add_argument("--weights", type=Path, help="without them, a stand-in translates")
    parser.add_argument("--sample", type=int, help="so many pictures, at random, the same each time")
    parser.add_argument("--most-pixels", type=int, help="larger pictures are left out")
    args = parser.parse_args()
    if args.out.exists():
        parser.error(f"{args.out} is there already")
    place = args.out.resolve()
    gather(args.folders, place / "in")
    thin_out(place / "in", args.sample, args.most_pixels)
    count = len(list((place / "in").iterdir()))
    start = time.monotonic()
    run = Run(place, args.weights)
    run.go()
    seconds = time.monotonic() - start
    found = judge(run)
    found["done again"] = second_run(run, args.weights)
    outcomes = [row["outcome"] for row in run.rows().values()]
    kinds = ", ".join(f"{outcomes.count(kind)} {kind}" for kind in ("translated", "kept", "failed"))
    print(f"{count} pictures in {seconds:.0f} s: {kinds}")
    for kind, what in found.items():
        print(f"{len(what):6} {kind}")
        for one in what[:20]:
            print(f"         {one[:200]}")
    (place / "report.json").write_text(json.dumps(found, indent=1) + "\n")
    return int(any(found.values()))


def child(kind: str, log: str, arguments: Sequence[str]) -> None:
    """`iimt` with these arguments. When each picture was read is written to the file `log`."""
    sys.path.insert(0, str(ROOT))
    from iimt_cli import line
    from iimt_cli.cli.app import main as iimt
    from iimt_cli.runs.documents import PageJob
    from iimt_cli.runs.files import Job

    with Path(log).open("a", buffering=1, encoding="utf-8", errors="backslashreplace") as file:

        def timed(cls: type[Job]) -> None:
            read = cls.read

            def reading(self: Job) -> Any:
                file.write(f"{self.input}\t{time.time()}\tbegin\n")
                before = time.thread_time()
                try:
                    return read(self)
                finally:
                    file.write(f"{self.input}\t{time.time()}\t{time.thread_time() - before:.2f}\n")

            cls.read = reading  # type: ignore[method-assign]

        timed(Job)
        timed(PageJob)
        if kind == "stand-in":
            line.load_translator = stand_in().load  # type: ignore[assignment]
        sys.argv = ["iimt", *arguments]
        iimt()


def stand_in() -> Any:
    """A translator whose only text is a bar across the middle of each picture."""
    from types import SimpleNamespace

    from iimt_cli.config import load_preset
    from iimt_cli.translation import base
    from iimt_cli.translation.result import Block, Options, Translation

    class StandIn(base.Translator):
        device = SimpleNamespace(type="cpu")  # type: ignore[assignment]

        @classmethod
        def load(cls, folder: Path, device: str = "auto") -> "StandIn":
            made = cls()
            made.preset = load_preset(folder / "preset.toml")
            return made

        def open(self, picture: Any, options: Options) -> Any:
            return picture

        def translate_jobs(self, jobs: Sequence[Any], options: Options) -> list[Any]:
            return list(jobs)

        def close(self, job: Any) -> Translation:
            height, width = job.rgb.shape[:2]
            views = [view.copy() for view in job.views]
            for view in views:
                bar = view[height // 3 : height - height // 3]
                bar[:] = 255 - bar
            corners = [[0.0, 0.0], [float(width), 0.0], [float(width), float(height)], [0.0, float(height)]]
            block = Block(corners, [corners], "Grüße", "Greetings", 0.9, "translated", "", id=1)
            return Translation(job, job.merge(views), [block], Options())

    return StandIn


if __name__ == "__main__":
    if sys.argv[1:2] == ["child"]:
        child(sys.argv[2], sys.argv[3], sys.argv[4:])
    else:
        sys.exit(main())
