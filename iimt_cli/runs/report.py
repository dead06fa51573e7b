"""The page of `--html`. It is made of inputs, outputs and sidecars, so a resumed run shows the earlier pictures, too."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from iimt_cli.documents import format_of
from iimt_cli.errors import IimtError, UsageError
from iimt_cli.runs.documents import is_document
from iimt_cli.runs.files import Job, check_place, real
from iimt_cli.runs.output import Outcome, explain
from iimt_cli.runs.ranks import Ranks

if TYPE_CHECKING:
    from iimt_cli.page import Picture
    from iimt_cli.translation.result import Texts
    from iimt_cli.view.report import Entry

SUFFIXES = (".html", ".htm")
NO_TEXTS = (
    "its texts are not known: it was translated before, without --json or --html (--overwrite does it again)"
)


def check_report(path: Path, jobs: Sequence[Job], ranks: Ranks) -> None:
    """Raises IimtError if the page cannot be written there, or cannot show these pictures."""
    if path.suffix.lower() not in SUFFIXES or os.path.isdir(path):  # noqa: PTH112 (it never raises)
        raise UsageError(f"--html {path}: is no name for a page; end it with .html")
    if ranks.world > 1:
        raise UsageError(
            "--html: several processes write no page; run the same without torchrun when all is done"
        )
    for job in jobs:
        if real(job.output) == real(job.input):
            raise UsageError(
                f"{job.shown}: --html shows the original, too, so the output must not replace it"
            )
    check_place(path)


def write_page(
    path: Path,
    jobs: Sequence[Job],
    outcomes: Sequence[Outcome],
    root: Path | None,
    languages: tuple[str, str],
    dpi: int | None,
) -> None:
    """Writes the page for all jobs, in their order.

    root: the output folder, or None for a single picture. languages: codes of source and target; dpi: of pages of a PDF.
    Raises IimtError if it cannot be written. A picture that failed, or cannot be shown, is told on the page.
    """
    from iimt_cli.view.report import write_report

    failed = {outcome.job: outcome.message for outcome in outcomes if outcome.kind == "failed"}
    count = sum(_count(job) for job in jobs)
    write_report(path, _entries(jobs, failed, root, dpi), count, *languages)


def _count(job: Job) -> int:
    """The number of pictures in a job."""
    try:
        document = format_of(job.input) if is_document(job) else None
        return document.count_pages(job.input) if document else 1
    except IimtError:
        return 1


def _entries(
    jobs: Sequence[Job], failed: dict[Job, str], root: Path | None, dpi: int | None
) -> Iterator["Entry"]:
    from iimt_cli.view.report import Entry

    for job in jobs:
        folder = job.output.parent.relative_to(root) if root else Path()
        name = job.name or str(folder / job.input.name)
        if job in failed:
            yield Entry(name, None, None, (0, 0), note=failed[job], failed=True)
            continue
        try:
            yield from _pages(job, name, dpi) if is_document(job) else [_picture(job, name)]
        except Exception as error:  # the outputs are written, so the page only says what it cannot show
            yield Entry(name, None, None, (0, 0), note=explain(job, error), failed=True)


def _picture(job: Job, name: str) -> "Entry":
    from iimt_cli.page import read_picture
    from iimt_cli.translation.sidecar import read_texts

    texts = read_texts(job.sidecar) if job.sidecar.exists() else None
    return _entry(name, job.read(), read_picture(job.output), texts)


def _pages(job: Job, name: str, dpi: int | None) -> Iterator["Entry"]:
    from iimt_cli.translation.sidecar import read_pages

    document = format_of(job.input)
    assert document is not None
    pages = read_pages(job.sidecar).pages if job.sidecar.exists() else {}
    for number in range(document.count_pages(job.input)):
        texts = pages.get(number + 1)
        before = document.read_page(job.input, number, dpi)
        after = document.read_page(job.output, number, dpi)
        yield _entry(f"{name}, page {number + 1}", before, after, texts)


def _entry(name: str, before: "Picture", after: "Picture", texts: "Texts | str | None") -> "Entry":
    """texts: those of the picture, or why there are none; None if they are not known."""
    from iimt_cli.view.facts import with_alpha
    from iimt_cli.view.report import Entry

    note = texts if isinstance(texts, str) else NO_TEXTS if texts is None else ""
    blocks = [] if texts is None or isinstance(texts, str) else texts.blocks
    if not isinstance(texts, str) and texts is not None:
        try:
            texts.check(before)
        except IimtError as error:
            blocks, note = [], str(error)
    size = before.rgb.shape[1], before.rgb.shape[0]
    return Entry(name, with_alpha(before), with_alpha(after), size, blocks, note)
