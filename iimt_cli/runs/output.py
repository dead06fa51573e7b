"""Writing the files of one translated picture: the picture, the JSON sidecar, its line in the manifest."""

import dataclasses
import hashlib
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from iimt_cli.documents.base import PlacedText
from iimt_cli.errors import DiskFull, IimtError, SystemRefused, is_out_of_memory
from iimt_cli.runs.documents import PageJob
from iimt_cli.runs.files import Job, same_format
from iimt_cli.runs.manifest import Manifest
from iimt_cli.writing import is_disk_full, replacing, write_text

if TYPE_CHECKING:
    from iimt_cli.page import Picture
    from iimt_cli.page.files.encode import Encoded
    from iimt_cli.translation.result import Block, Texts, Translation

Kind = Literal["translated", "kept", "skipped", "failed"]
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Outcome:
    """What became of a picture, page or document.

    `message`: one line, "" unless it failed. `fatal`: all others would fail, too (a full disk). `passing`: what it lacked was
    memory or the disk, so that another run may succeed.
    """

    job: Job
    kind: Kind
    message: str = ""
    blocks: int = 0
    reasons: tuple[str, ...] = ()  # one per block that was kept
    # A line each: what a file lacks, and texts that were given and could not be drawn.
    warnings: tuple[str, ...] = ()
    fatal: bool = False
    passing: bool = False
    pages: int = 0  # of a document
    # a line for each page that could not be translated and stays as it was
    failed_pages: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sidecar:
    """Facts of the run that every JSON sidecar repeats."""

    source: str
    target: str
    weights: str
    iimt: str


@dataclass(frozen=True)
class Writer:
    """Writes results. sidecar, manifest: the facts for sidecars and the manifest of all outputs; None if not wanted.

    own: the facts for the sidecar of a picture that needs one even so; None if it does not. check: called before the files
    of a picture are replaced; it raises an exception if that would lose something.
    """

    sidecar: Sidecar | None = None
    manifest: Manifest | None = None
    own: Callable[[Job], Sidecar | None] = lambda _: None
    check: Callable[[Job], None] = lambda _: None

    def write(self, job: Job, picture: "Picture", result: "Translation", seconds: float) -> Outcome:
        """Writes the files of one picture or page, whole or not at all. `seconds` is for the manifest."""
        reasons = tuple(block.reason for block in result.blocks if block.action == "kept")
        kind: Literal["translated", "kept"] = "translated" if len(result.blocks) > len(reasons) else "kept"
        warnings = (*picture.warnings, *result.warnings)
        outcome = Outcome(job, kind, "", len(result.blocks), reasons, warnings)
        try:
            if isinstance(job, PageJob):
                _write_page(job, picture, result, kind)
                return outcome
            made = _content(job, picture, result, kind)
            sha256 = hashlib.sha256(made.content).hexdigest()
            texts = result.texts
            texts = dataclasses.replace(texts, drawn=texts.drawn and {**texts.drawn, "sha256": sha256})
            with self.replacing(
                job, lambda run: [_sidecar_text(job, result, texts, run, made.not_kept)]
            ) as temporary:
                temporary.write_bytes(made.content)
                self.note(outcome, seconds, sha256)
        except Exception as error:
            return self.failed(job, error)
        return outcome

    @contextmanager
    def replacing(self, job: Job, sidecar: Callable[[Sidecar], Iterable[str]]) -> Iterator[Path]:
        """A context with a temporary path for an output. At its end the sidecar (parts made by `sidecar`) and the output
        get their names.

        The sidecar gets its name before the output, so that no output is without one. But an older sidecar, which may have
        corrections, is replaced only when nothing can fail any more.
        """
        job.output.parent.mkdir(parents=True, exist_ok=True)
        facts = self.sidecar or self.own(job)
        if facts is None:
            with replacing(job.output) as temporary:
                yield temporary
                self.check(job)
            return
        there = job.sidecar.exists()
        try:
            with replacing(job.output) as temporary, replacing(job.sidecar) as beside:
                with beside.open("w", encoding="utf-8", newline="") as file:
                    file.writelines(sidecar(facts))
                yield temporary
                self.check(job)
        except BaseException:
            if not there:
                job.sidecar.unlink(missing_ok=True)
            raise

    def failed(self, job: Job, error: Exception) -> Outcome:
        """The outcome for a picture that no file was written for."""
        passing = is_out_of_memory(error) or isinstance(error, OSError | SystemRefused)
        outcome = Outcome(job, "failed", explain(job, error), fatal=is_disk_full(error), passing=passing)
        try:
            self.note(outcome, 0.0, None)
        except IimtError as worse:
            _log.debug("%s", worse)  # the summary reports the failure all the same
        return outcome

    def note(self, outcome: Outcome, seconds: float, sha256: str | None) -> None:
        """Writes the manifest's line of a picture or document. Pages have no lines."""
        if self.manifest is None or isinstance(outcome.job, PageJob):
            return
        untouched = outcome.kind == "kept"
        reason = next(iter(outcome.reasons), "no text found") if untouched else outcome.message
        pages = {"pages": outcome.pages, "failed_pages": outcome.failed_pages} if outcome.pages else {}
        self.manifest.write({
            "input": outcome.job.name or outcome.job.input.as_posix(), "output": self.manifest.relative(outcome.job.output),
            "outcome": outcome.kind, "reason": reason, "blocks": outcome.blocks, "kept": len(outcome.reasons),
            "seconds": round(seconds, 3), "sha256": sha256, **pages,
        })  # fmt: skip


def _content(job: Job, picture: "Picture", result: "Translation", kind: str) -> "Encoded":
    from iimt_cli.page.files.encode import Encoded, encode_picture

    if kind == "kept" and same_format(job.input, job.output.suffix):
        return Encoded(job.input.read_bytes())
    return encode_picture(picture, result.pixels, job.output)


def _write_page(page: PageJob, picture: "Picture", result: "Translation", kind: str) -> None:
    """Writes a page into the work folder of its document: its file, if something in it was translated, then its record."""
    from iimt_cli.translation.sidecar import json_text, texts_row

    page.document.begin()
    not_kept: tuple[str, ...] = ()
    if kind == "translated":
        made = page.document.format.encode_page(
            page.input, page.number, picture, result.pixels, list(_texts(result.blocks))
        )
        not_kept = made.not_kept
        with replacing(page.file) as temporary:
            temporary.write_bytes(made.content)
    dpi = picture.dpi[0] if picture.dpi else None
    facts = {"page": page.number + 1, "dpi": dpi, "not_kept": not_kept}
    # a page is always drawn as a whole: its layouts would be of no use
    blocks = [dataclasses.replace(block, layout=None) for block in result.blocks]
    texts = dataclasses.replace(result.texts, blocks=blocks, drawn={})
    write_text(page.output, json_text({**texts.more, **facts, **texts_row(texts)}))


def _texts(blocks: "Sequence[Block]") -> Iterator[PlacedText]:
    """The texts of a translated page, with their places."""
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
    name = job.name or str(job.input)
    text = text.replace(str(job.input), name)
    named = name in text or str(job.output) in text or isinstance(error, DiskFull)
    return text if named else f"{job.shown}: {text}"


def _sidecar_text(
    job: Job, result: "Translation", texts: "Texts", run: Sidecar, not_kept: Sequence[str]
) -> str:
    """The JSON that `--json` writes beside the output."""
    from iimt_cli.translation.sidecar import sidecar_text

    facts = {"file": job.name or job.input.as_posix(), **dataclasses.asdict(run), "not_kept": not_kept}
    if (
        result.options is not None and result.options.source
    ):  # texts that are drawn again keep the facts of the first time
        facts |= {"source": result.options.source, "target": result.options.target}
    return sidecar_text(texts, facts)
