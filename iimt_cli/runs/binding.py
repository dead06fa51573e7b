"""Binding: when its last page is translated, the pages of a document become one file again, and their sidecars, too."""

import json
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from iimt_cli.errors import IimtError
from iimt_cli.runs.documents import Document, PageJob
from iimt_cli.runs.files import Job
from iimt_cli.runs.output import Kind, Outcome, Sidecar, Writer
from iimt_cli.runs.texts import GivenTexts
from iimt_cli.weights import sha256

if TYPE_CHECKING:
    from iimt_cli.translation.sidecar import DocumentTexts


class Binder:
    """Waits for the pages of each document.

    stop: a page that fails leaves the document for a later run. texts: what is drawn instead of translations, if anything.
    """

    def __init__(
        self,
        documents: Sequence[Document],
        finished: Set[Job],
        writer: Writer,
        stop: bool,
        texts: GivenTexts | None = None,
    ) -> None:
        self._writer, self._stop, self._texts = writer, stop, texts
        self._left = {one: sum(page not in finished for page in one.pages()) for one in documents}
        self._failed: dict[Document, dict[int, Outcome]] = {one: {} for one in documents}
        self._began: dict[Document, float] = {}

    def complete(self) -> Iterator[Outcome]:
        """Binds documents of which an earlier run has finished all pages."""
        for document, left in self._left.items():
            try:
                document.check()
            except IimtError as error:
                yield self._writer.failed(document.job, error)
                continue
            if not left:
                yield self._bind(document)

    def take(self, outcome: Outcome) -> list[Outcome]:
        """The outcomes to report after this one: none for a page, unless it is the last of its document."""
        page = outcome.job
        if not isinstance(page, PageJob):
            return [outcome]
        document = page.document
        self._began.setdefault(document, time.monotonic())
        if outcome.kind == "failed":
            if outcome.fatal or self._stop:
                return [outcome]
            self._failed[document][page.number] = outcome
        self._left[document] -= 1
        return [] if self._left[document] else [self._bind(document)]

    def _bind(self, document: Document) -> Outcome:
        failed = self._failed.pop(document)
        seconds = time.monotonic() - self._began.get(document, time.monotonic())
        pages = document.pages()
        if len(failed) == len(pages):
            return self._writer.failed(document.job, IimtError(_all_failed(list(failed.values()))))
        try:
            document.begin()  # raises an exception if another run is writing it
            outcome = self._write(document, pages, failed, seconds)
        except Exception as error:
            return self._writer.failed(document.job, error)
        if any(one.passing for one in failed.values()):
            document.leave()
        else:
            document.remove()
        return outcome

    def _write(
        self, document: Document, pages: Sequence[PageJob], failed: dict[int, Outcome], seconds: float
    ) -> Outcome:
        job, writer = document.job, self._writer
        done = {page.number: page.file for page in pages if page.number not in failed and page.file.exists()}
        blocks, reasons = 0, list[str]()
        for page in pages:
            for block in [] if page.number in failed else _record(page)["blocks"]:
                blocks += 1
                if block["action"] == "kept":
                    reasons.append(block["reason"])
        kind: Kind = "translated" if done else "kept"
        messages = tuple(_page_stays(one) for one in failed.values())
        outcome = Outcome(job, kind, "", blocks, tuple(reasons), pages=len(pages), failed_pages=messages)
        told = writer.sidecar or writer.own(job)
        given = self._texts.of_document(job) if self._texts and told else None
        with writer.replacing(job, lambda run: _sidecar(job, pages, failed, given, run)) as temporary:
            if done:
                document.format.bind(job.input, done, temporary, document.work)
            else:
                shutil.copyfile(job.input, temporary)
            writer.note(outcome, seconds, sha256(temporary))
        return outcome


def _sidecar(
    job: Job,
    pages: Sequence[PageJob],
    failed: dict[int, Outcome],
    given: "DocumentTexts | None",
    run: Sidecar,
) -> Iterator[str]:
    """Page by page: a long document has a long sidecar. `given` is the one that was drawn, if one was."""
    from iimt_cli.translation.sidecar import VERSION, json_text

    facts = {"version": VERSION, **(given.more if given else {}), "file": job.name or job.input.as_posix()}
    facts |= asdict(run) | (given.languages if given else {})
    yield "{\n" + "".join(f" {json_text(name)}: {json_text(value)},\n" for name, value in facts.items())
    yield ' "pages": ['
    for page in pages:
        number = page.number + 1
        if page.number not in failed:
            row = _record(page)
        elif given and number in given.rows:  # corrections of a page that could not be drawn are not lost
            row = given.rows[number]
        else:
            row = {"page": number, "failed": failed[page.number].message, "blocks": []}
        yield f"{',' if page.number else ''}\n  {json_text(row)}"
    yield "]\n}\n"


def _all_failed(outcomes: Sequence[Outcome]) -> str:
    first, more = outcomes[0], len(outcomes) - 1
    if not more:
        return first.message
    causes = {one.message.removeprefix(one.job.shown) for one in outcomes}
    also = (
        f"and so all {more + 1} pages"
        if len(causes) == 1
        else f"and {more} more pages, not all for this reason"
    )
    return f"{first.message} ({also})"


def _page_stays(outcome: Outcome) -> str:
    again = " (run the same command again to try once more)" if outcome.passing else ""
    return f"{outcome.message}; the page stays as it is{again}"


def _record(page: PageJob) -> Mapping[str, Any]:
    found: dict[str, Any] = json.loads(page.output.read_text("utf-8"))
    return found
