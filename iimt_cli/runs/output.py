"""One translated picture becomes its files: the picture, the JSON sidecar, its line in the manifest."""

import dataclasses
import hashlib
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from iimt_cli.errors import DiskFull, IimtError, is_out_of_memory
from iimt_cli.runs.files import Job, same_format
from iimt_cli.runs.manifest import Manifest
from iimt_cli.writing import is_disk_full, replacing

if TYPE_CHECKING:
    from iimt_cli.page import Picture
    from iimt_cli.translation.result import Translation

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Outcome:
    """What became of one picture. `message` is one line, empty unless it failed; `fatal`: so will the others."""

    job: Job
    kind: Literal["translated", "kept", "skipped", "failed"]
    message: str = ""
    blocks: int = 0
    reasons: tuple[str, ...] = ()  # one per block that was kept
    warnings: tuple[str, ...] = ()  # a line per text that was given and could not be drawn
    fatal: bool = False


@dataclass(frozen=True)
class Sidecar:
    """Facts of the run that every JSON sidecar repeats."""

    source: str
    target: str
    weights: str
    iimt: str


@dataclass(frozen=True)
class Writer:
    """Where results go: beside each output a sidecar, if wanted, and for all of them a manifest, if wanted."""

    sidecar: Sidecar | None = None
    manifest: Manifest | None = None

    def write(self, job: Job, picture: "Picture", result: "Translation", seconds: float) -> Outcome:
        """Writes the files of one picture, whole or not at all. `seconds` is for the manifest."""
        reasons = tuple(block.reason for block in result.blocks if block.action == "kept")
        kind: Literal["translated", "kept"] = "translated" if len(result.blocks) > len(reasons) else "kept"
        outcome = Outcome(job, kind, "", len(result.blocks), reasons, result.warnings)
        there = job.sidecar.exists()
        try:
            job.output.parent.mkdir(parents=True, exist_ok=True)
            content = _content(job, picture, result, kind)
            try:
                # The sidecar takes its name before the picture does: where the picture is, the sidecar is. But one that
                # was there, with corrections perhaps, stays as it is while anything can still fail.
                with replacing(job.output) as temporary, self._write_sidecar(job, result):
                    temporary.write_bytes(content)
                    self._note(outcome, seconds, hashlib.sha256(content).hexdigest())
            except BaseException:
                if self.sidecar is not None and not there:
                    job.sidecar.unlink(missing_ok=True)
                raise
        except Exception as error:
            return self.failed(job, error)
        return outcome

    @contextmanager
    def _write_sidecar(self, job: Job, result: "Translation") -> Iterator[None]:
        """Writes the sidecar, if one is wanted; it takes its name at the end, if nothing failed."""
        if self.sidecar is None:
            yield
            return
        with replacing(job.sidecar) as temporary:
            text = _sidecar_text(job, result, self.sidecar)
            temporary.write_text(text, encoding="utf-8", newline="")
            yield

    def failed(self, job: Job, error: Exception) -> Outcome:
        """The outcome for a picture that no file was written for."""
        outcome = Outcome(job, "failed", explain(job, error), fatal=is_disk_full(error))
        try:
            self._note(outcome, 0.0, None)
        except IimtError as worse:
            _log.debug("%s", worse)  # the summary tells it all the same
        return outcome

    def _note(self, outcome: Outcome, seconds: float, sha256: str | None) -> None:
        if self.manifest is None:
            return
        untouched = outcome.kind == "kept"
        reason = next(iter(outcome.reasons), "no text found") if untouched else outcome.message
        self.manifest.write({
            "input": outcome.job.name or outcome.job.input.as_posix(), "output": self.manifest.relative(outcome.job.output),
            "outcome": outcome.kind, "reason": reason, "blocks": outcome.blocks, "kept": len(outcome.reasons),
            "seconds": round(seconds, 3), "sha256": sha256,
        })  # fmt: skip


def _content(job: Job, picture: "Picture", result: "Translation", kind: str) -> bytes:
    from iimt_cli.page import encode_picture

    if kind == "kept" and same_format(job.input, job.output.suffix):
        return job.input.read_bytes()
    return encode_picture(picture, result.pixels, job.output)


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
    text = text.replace(str(job.input), job.shown)
    return text if named else f"{job.shown}: {text}"


def _sidecar_text(job: Job, result: "Translation", run: Sidecar) -> str:
    """The JSON that `--json` writes beside the output."""
    from iimt_cli.translation.sidecar import sidecar_text

    return sidecar_text(result.texts, {"file": job.name or job.input.as_posix(), **dataclasses.asdict(run)})
