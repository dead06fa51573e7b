"""Picture files → translated picture files, in small groups, surviving whatever one picture does.

Strips of the pictures of a group share batches; memory is bounded by the group, not by the folder. The system is
loaded only when the first readable picture is there.
"""

import dataclasses
import json
import logging
import secrets
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from iimt_cli.errors import IimtError
from iimt_cli.files import WRITABLE, Job

if TYPE_CHECKING:
    from iimt_cli.page import Picture
    from iimt_cli.translator import Block, Translation

Translate = Callable[["Sequence[Picture]"], "Sequence[Translation]"]

# Enough for full batches of strips, few enough that little is lost when the run is interrupted:
GROUP = 32  # small pictures with a line or two,
GROUP_PIXELS = 4_000_000  # or four pages, or one photo

_SAME_FORMAT = {".jpeg": ".jpg", ".jpe": ".jpg", ".jfif": ".jpg", ".tiff": ".tif"}
_OUT_OF_MEMORY = ("out of memory", "not enough memory", "can't allocate memory", "failed to allocate")
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Outcome:
    """What became of one picture. `message` is one line, empty unless it failed."""

    job: Job
    kind: Literal["translated", "kept", "skipped", "failed"]
    message: str = ""
    blocks: int = 0
    reasons: tuple[str, ...] = ()  # one per block that was kept


@dataclass(frozen=True)
class Sidecar:
    """Facts of the run that every JSON sidecar repeats."""

    source: str
    target: str
    weights: str
    version: str


def translate_files(
    jobs: Sequence[Job],
    load: Callable[[], Translate],
    *,
    overwrite: bool = False,
    sidecar: Sidecar | None = None,
    held: Callable[[], AbstractContextManager[None]] = nullcontext,
    started: Callable[[Path], None] = lambda _: None,
) -> Iterator[Outcome]:
    """Translates each job's picture; one outcome per job, in order but for those that are skipped.

    `load` gives the function that translates a group; what it raises ends the run. `held` surrounds each write
    and the consumer's look at its outcome: no interrupt may come in between.
    """
    from iimt_cli.page import read_picture

    translate: Translate | None = None
    waiting: list[tuple[Job, Picture]] = []
    for job in [*jobs, None]:  # None is the end, which empties `waiting`
        failure = ""
        if job is not None:
            if not overwrite and job.output.is_file():
                yield Outcome(job, "skipped")
                continue
            started(job.input)
            try:
                waiting.append((job, read_picture(job.input)))
            except Exception as error:
                failure = explain(job, error)
        pixels = sum(picture.rgb.shape[0] * picture.rgb.shape[1] for _, picture in waiting)
        full = len(waiting) >= GROUP or pixels >= GROUP_PIXELS
        if waiting and (
            full or failure or job is None
        ):  # a failure may stop the run: first what came before it
            translate = translate or load()
            yield from _translate_group(waiting, translate, sidecar, held)
            waiting = []
        if job is not None and failure:
            yield Outcome(job, "failed", failure)


def _translate_group(
    group: "Sequence[tuple[Job, Picture]]",
    translate: Translate,
    sidecar: Sidecar | None,
    held: Callable[[], AbstractContextManager[None]],
) -> Iterator[Outcome]:
    try:
        results = translate([picture for _, picture in group])
    except Exception as error:
        failure = explain(group[0][0], error)
        results = None
    if results is None:  # outside the handler, whose traceback would keep the failed attempt in memory
        if len(group) == 1:
            yield Outcome(group[0][0], "failed", failure)
        for one in group if len(group) > 1 else ():
            yield from _translate_group([one], translate, sidecar, held)
        return
    for (job, picture), result in zip(group, results, strict=True):
        with held():
            yield _write(job, picture, result, sidecar)


def _write(job: Job, picture: "Picture", result: "Translation", sidecar: Sidecar | None) -> Outcome:
    from iimt_cli.page import write_picture

    reasons = tuple(block.reason for block in result.blocks if block.action == "kept")
    translated = len(result.blocks) > len(reasons)
    try:
        job.output.parent.mkdir(parents=True, exist_ok=True)
        if sidecar is not None:  # before the picture: where the picture is, the sidecar is
            write_text(job.sidecar, sidecar_text(job, picture, result.blocks, sidecar))
        try:
            if translated or not same_format(job.input, job.output):
                write_picture(picture, result.pixels, job.output)
            elif job.input.resolve() != job.output.resolve():
                copy_file(job.input, job.output)
        except BaseException:
            if sidecar is not None:
                job.sidecar.unlink(missing_ok=True)
            raise
    except Exception as error:
        return Outcome(job, "failed", explain(job, error))
    return Outcome(job, "translated" if translated else "kept", "", len(result.blocks), reasons)


def explain(job: Job, error: Exception) -> str:
    """One line that names the file and the cause."""
    _log.debug("%s", job.input, exc_info=error)
    text = (str(error).strip() or type(error).__name__).splitlines()[0]
    if isinstance(error, MemoryError) or any(sign in text.lower() for sign in _OUT_OF_MEMORY):
        return (
            f"{job.input}: not enough memory for this picture; try a smaller --batch-size, or scale it down"
        )
    if isinstance(error, OSError):
        return f"{error.filename or job.output}: {error.strerror or text}"
    if not isinstance(error, IimtError):
        return f"{job.input}: unexpected {type(error).__name__}: {text}"
    named = str(job.input) in text or str(job.output) in text
    return text if named else f"{job.input}: {text}"


def same_format(one: Path, other: Path) -> bool:
    """Whether a copy of `one` is a proper file `other`."""
    a, b = one.suffix.lower(), other.suffix.lower()
    return b in WRITABLE and _SAME_FORMAT.get(a, a) == _SAME_FORMAT.get(b, b)


def sidecar_text(job: Job, picture: "Picture", blocks: "Sequence[Block]", run: Sidecar) -> str:
    """The JSON that `--json` writes beside the output: a line per fact and per block."""
    height, width = picture.rgb.shape[:2]
    facts = {"file": job.input.as_posix(), "width": width, "height": height, **dataclasses.asdict(run)}
    lines = [f'"{name}": {_json(value)},' for name, value in facts.items()]
    rows = ",".join(f"\n  {_json(dataclasses.asdict(block))}" for block in blocks)
    return "{\n " + "\n ".join(lines) + f'\n "blocks": [{rows}]\n}}\n'


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=float)


def write_text(path: Path, text: str) -> None:
    """The whole text or no file."""
    _replace(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))


def copy_file(source: Path, path: Path) -> None:
    """A copy of the bytes, whole or not at all."""
    _replace(path, lambda temporary: shutil.copyfile(source, temporary))


def _replace(path: Path, write: Callable[[Path], object]) -> None:
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        write(temporary)
        temporary.replace(path)
    except OSError as error:
        raise IimtError(f"{path}: cannot write it ({error.strerror or error})") from None
    finally:
        temporary.unlink(missing_ok=True)
