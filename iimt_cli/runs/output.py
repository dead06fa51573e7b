"""One translated picture becomes its files: the picture, the JSON sidecar, its line in the manifest."""

import dataclasses
import hashlib
import json
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from iimt_cli.documents.base import PlacedText
from iimt_cli.errors import DiskFull, IimtError, is_out_of_memory
from iimt_cli.runs.documents import Page
from iimt_cli.runs.files import WRITABLE, Job
from iimt_cli.runs.manifest import Manifest
from iimt_cli.writing import is_disk_full, replacing, write_text

if TYPE_CHECKING:
    from iimt_cli.page import Picture
    from iimt_cli.translation.result import Block, Translation

_SAME_FORMAT = {".jpeg": ".jpg", ".jpe": ".jpg", ".jfif": ".jpg", ".tiff": ".tif"}
Kind = Literal["translated", "kept", "skipped", "failed"]
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Outcome:
    """What became of a picture, page or document.

    `message` is one line, empty unless it failed; `fatal`: so will the others.
    """

    job: Job
    kind: Kind
    message: str = ""
    blocks: int = 0
    reasons: tuple[str, ...] = ()  # one per block that was kept
    fatal: bool = False
    pages: int = 0  # of a document
    failed_pages: tuple[str, ...] = ()  # one line per page that could not be translated and is as it was


@dataclass(frozen=True)
class Sidecar:
    """Facts of the run that every JSON sidecar repeats."""

    source: str
    target: str
    weights: str
    version: str


@dataclass(frozen=True)
class Writer:
    """Where results go: beside each output a sidecar, if wanted, and for all of them a manifest, if wanted."""

    sidecar: Sidecar | None = None
    manifest: Manifest | None = None

    def write(self, job: Job, picture: "Picture", result: "Translation", seconds: float) -> Outcome:
        """Writes the files of one picture or page, whole or not at all. `seconds` is for the manifest."""
        reasons = tuple(block.reason for block in result.blocks if block.action == "kept")
        kind: Literal["translated", "kept"] = "translated" if len(result.blocks) > len(reasons) else "kept"
        outcome = Outcome(job, kind, "", len(result.blocks), reasons)
        try:
            if isinstance(job, Page):
                _write_page(job, picture, result, kind)
                return outcome
            job.output.parent.mkdir(parents=True, exist_ok=True)
            content = _content(job, picture, result, kind)
            if self.sidecar is not None:  # before the picture: where the picture is, the sidecar is
                write_text(job.sidecar, sidecar_text(job, picture, result.blocks, self.sidecar))
            try:
                with replacing(job.output) as temporary:
                    temporary.write_bytes(content)
                    self.note(outcome, seconds, hashlib.sha256(content).hexdigest())
            except BaseException:
                if self.sidecar is not None:
                    job.sidecar.unlink(missing_ok=True)
                raise
        except Exception as error:
            return self.failed(job, error)
        return outcome

    def failed(self, job: Job, error: Exception) -> Outcome:
        """The outcome for a picture that no file was written for."""
        outcome = Outcome(job, "failed", explain(job, error), fatal=is_disk_full(error))
        try:
            self.note(outcome, 0.0, None)
        except IimtError as worse:
            _log.debug("%s", worse)  # the summary tells it all the same
        return outcome

    def note(self, outcome: Outcome, seconds: float, sha256: str | None) -> None:
        """Writes the line of a picture or document; pages have none."""
        if self.manifest is None or isinstance(outcome.job, Page):
            return
        untouched = outcome.kind == "kept"
        reason = next(iter(outcome.reasons), "no text found") if untouched else outcome.message
        pages = {"pages": outcome.pages, "failed_pages": outcome.failed_pages} if outcome.pages else {}
        self.manifest.write({
            "input": outcome.job.input.as_posix(), "output": self.manifest.relative(outcome.job.output),
            "outcome": outcome.kind, "reason": reason, "blocks": outcome.blocks, "kept": len(outcome.reasons),
            "seconds": round(seconds, 3), "sha256": sha256, **pages,
        })  # fmt: skip


def _content(job: Job, picture: "Picture", result: "Translation", kind: str) -> bytes:
    from iimt_cli.page import encode_picture

    if kind == "kept" and same_format(job.input, job.output):
        return job.input.read_bytes()
    return encode_picture(picture, result.pixels, job.output)


def _write_page(page: Page, picture: "Picture", result: "Translation", kind: str) -> None:
    """In the work folder of its document: the page if something in it is translated, then its record."""
    page.document.begin()
    if kind == "translated":
        content = page.document.format.encode_page(
            page.input, page.number, picture, result.pixels, list(_texts(result.blocks))
        )
        with replacing(page.file) as temporary:
            temporary.write_bytes(content)
    height, width = picture.rgb.shape[:2]
    record = {
        "page": page.number + 1, "width": width, "height": height, "dpi": picture.dpi[0] if picture.dpi else None,
        "blocks": [dataclasses.asdict(block) for block in result.blocks],
    }  # fmt: skip
    write_text(page.output, json_text(record))


def _texts(blocks: "Sequence[Block]") -> Iterator[PlacedText]:
    """What the page says now."""
    for block in blocks:
        text = block.target if block.action == "translated" else block.source
        yield PlacedText(text, block.lines or [block.polygon])


def explain(job: Job, error: Exception) -> str:
    """One line that names the file and the cause."""
    _log.debug("%s", job.input, exc_info=error)
    text = (str(error).strip() or type(error).__name__).splitlines()[0]
    if is_out_of_memory(error):
        return f"{job.shown}: not enough memory for this picture, even with --batch-size 1; scale it down"
    if isinstance(error, OSError):
        return f"{error.filename or job.output}: {error.strerror or text}"
    if not isinstance(error, IimtError):
        return f"{job.shown}: unexpected {type(error).__name__}: {text}"
    named = str(job.input) in text or str(job.output) in text or isinstance(error, DiskFull)
    return text if named else f"{job.shown}: {text}"


def same_format(one: Path, other: Path) -> bool:
    """Whether a copy of `one` is a proper file `other`."""
    a, b = one.suffix.lower(), other.suffix.lower()
    return b in WRITABLE and _SAME_FORMAT.get(a, a) == _SAME_FORMAT.get(b, b)


def sidecar_text(job: Job, picture: "Picture", blocks: "Sequence[Block]", run: Sidecar) -> str:
    """The JSON that `--json` writes beside the output: a line per fact and per block."""
    height, width = picture.rgb.shape[:2]
    facts = {"file": job.input.as_posix(), "width": width, "height": height, **dataclasses.asdict(run)}
    lines = [f'"{name}": {json_text(value)},' for name, value in facts.items()]
    rows = ",".join(f"\n  {json_text(dataclasses.asdict(block))}" for block in blocks)
    return "{\n " + "\n ".join(lines) + f'\n "blocks": [{rows}]\n}}\n'


def json_text(value: Any) -> str:
    """As in sidecars, on one line."""
    return json.dumps(value, ensure_ascii=False, default=float)
