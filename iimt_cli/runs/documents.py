"""Documents: files of several pages. Each page is a job like a picture; a work folder keeps finished pages until all are done.

The work folder lies beside the output. For each finished page it has a record (the page's part of the sidecar) and, if
something was translated, a file of the page. So a run that was killed goes on with the next page.
"""

import hashlib
import json
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from iimt_cli.documents import format_of
from iimt_cli.documents.base import Format
from iimt_cli.errors import IimtError, UsageError
from iimt_cli.runs.files import DOCUMENTS, Job
from iimt_cli.runs.ranks import Ranks
from iimt_cli.weights import sha256
from iimt_cli.writing import claim, is_claimed, write_text

if TYPE_CHECKING:
    from iimt_cli.page import Picture

TIFF = (".tif", ".tiff")
SETTINGS = "settings.json"  # in the work folder: the settings that its pages were made with
LEFT = "output.sha256"  # in the work folder: of an output that lacks pages, which another run may add


@dataclass
class Settings:
    """The settings that decide how pages look. The size of batches is added once it is known, and later runs take the same."""

    values: Mapping[str, Any]
    batch: int | None = None
    claims: dict[Path, IO[str]] = field(default_factory=dict)  # work folders of this run, and their locks
    refused: set[Path] = field(default_factory=set)  # work folders of another run
    lock: threading.Lock = field(default_factory=threading.Lock)


@dataclass(frozen=True)
class Document:
    """A file of several pages that is to be translated."""

    job: Job
    count: int  # pages; 1 if they cannot be counted, and reading the file will tell why
    dpi: int | None
    settings: Settings = field(compare=False)
    texts: str = ""  # checksum of the sidecar whose texts are drawn, if any are given

    @property
    def format(self) -> Format:
        found = format_of(self.job.input)
        assert found is not None
        return found

    @property
    def work(self) -> Path:
        return work_folder(self.job.output)

    def pages(self) -> list["PageJob"]:
        suffix = self.job.output.suffix
        return [
            PageJob(
                self.job.input, self.work / f"{n + 1:06}{suffix}.json", self.job.name, document=self, number=n
            )
            for n in range(self.count)
        ]

    def begin(self) -> None:
        """Makes the work folder. Raises IimtError if another run is writing the same output."""
        with self.settings.lock:  # pages are written by several threads
            self.check()
            self.work.mkdir(parents=True, exist_ok=True)
            if self.work not in self.settings.claims:
                lock = claim(self.work)
                if lock is None:
                    self.settings.refused.add(self.work)
                    self.check()
                else:
                    self.settings.claims[self.work] = lock
            place = self.work / SETTINGS
            if not place.exists():
                write_text(place, json.dumps({**self._made_with(), "batch": self.settings.batch}))

    def check(self) -> None:
        """Raises IimtError if another run was seen to write the same output."""
        if self.work in self.settings.refused:
            raise IimtError(f"{self.job.output}: is being written by another run; wait until it has ended")

    def use_batches_of(self, size: int) -> None:
        """Notes another size of batches for a run that goes on."""
        self.settings.batch = size
        with suppress(OSError, ValueError, TypeError):
            before = json.loads((self.work / SETTINGS).read_text("utf-8"))
            write_text(self.work / SETTINGS, json.dumps({**before, "batch": size}))

    def go_on(self) -> None:
        """Keeps the pages of an earlier run if it had the same settings; otherwise deletes them.

        If another run is writing them, they stay, and `check` tells so.
        """
        if not self.work.exists():
            return
        if is_claimed(self.work):
            self.settings.refused.add(self.work)
            return
        try:
            before = json.loads((self.work / SETTINGS).read_text("utf-8"))
            batch = before.pop("batch")
            same = before == json.loads(json.dumps(self._made_with()))
        except (OSError, ValueError, AttributeError, KeyError):
            same, batch = False, None
        if same:
            self.settings.batch = self.settings.batch or batch
        else:
            self.remove()

    def remove(self) -> None:
        self.release()
        shutil.rmtree(self.work, ignore_errors=True)

    def release(self) -> None:
        """Lets other runs have the work folder."""
        if (lock := self.settings.claims.pop(self.work, None)) is not None:
            lock.close()

    def leave(self) -> None:
        """Keeps the work folder beside the output: the next run makes the pages that are missing."""
        with suppress(IimtError):  # a full disk: then the document is as done as others
            write_text(self.work / LEFT, _state_of(self.job))

    def _made_with(self) -> dict[str, Any]:
        texts = {"texts_sha256": self.texts} if self.texts else {}
        return {**self.settings.values, "dpi": self.dpi, "document": sha256(self.job.input), **texts}


@dataclass(frozen=True)
class PageJob(Job):
    """One page. `output` is its record, which is written last."""

    document: Document = field(kw_only=True)
    number: int = field(kw_only=True)  # from 0

    @property
    def shown(self) -> str:
        return f"{self.document.job.shown}: page {self.number + 1}"

    @property
    def file(self) -> Path:
        """The file of the page for the document. It is missing if nothing in the page was translated."""
        return self.output.with_suffix("")

    def read(self) -> "Picture":
        return self.document.format.read_page(self.input, self.number, self.document.dpi)

    def count_pixels(self) -> int:
        return self.document.format.count_pixels(self.input, self.number, self.document.dpi)


def find_documents(
    jobs: Sequence[Job],
    finished: Set[Job],
    dpi: int | None,
    ranks: Ranks,
    settings: Settings,
    texts: Callable[[Job], str] = lambda _: "",
) -> tuple[list[Job], list[Document]]:
    """(jobs that are pictures, documents that this rank has to translate). A rank translates documents as a whole.

    texts: gives the checksum of the sidecar whose texts are drawn instead of translations; "" if none is.
    Raises UsageError if the output of a TIFF of several pages is of another format.
    """
    pictures, documents, dealt = [], [], 0
    for job in finished:
        _tidy(job)
    if finished >= set(jobs):
        return list(jobs), []
    for job in jobs:
        count = _count(job)
        if count is None:
            pictures.append(job)
            continue
        if ranks.mine(dealt) and job not in finished:
            document = Document(job, count, dpi, settings, texts(job))
            document.go_on()
            documents.append(document)
        dealt += 1
    return pictures, documents


def _tidy(job: Job) -> None:
    """Removes the work folder of a finished document if nothing goes on with it.

    All pages are in it if a run was killed before it removed it. An output that lacked pages may have been changed since.
    """
    work = work_folder(job.output)
    if not work.exists() or is_claimed(work):
        return
    with suppress(IimtError, OSError):
        complete = sum(file.suffix == ".json" for file in work.iterdir()) > (_count(job) or 1)  # and SETTINGS
        if complete or ((work / LEFT).exists() and not _is_left(job)):
            shutil.rmtree(work, ignore_errors=True)


def is_document(job: Job) -> bool:
    """Whether the input has pages. Raises UsageError if the output of a TIFF of several pages is of another format."""
    return _count(job) is not None


def pages_of(jobs: Sequence[Job]) -> Iterator[list[PageJob]]:
    """The pages among the jobs, document by document."""
    by_document: dict[Path, list[PageJob]] = {}
    for job in jobs:
        if isinstance(job, PageJob):
            by_document.setdefault(job.document.job.output, []).append(job)
    yield from by_document.values()


def finished_pages(pages: Sequence[PageJob], records: Set[Job]) -> set[Job]:
    """The pages whose `records` are there and whole, with their files. A power failure may leave empty or broken files."""
    return {page for page in pages if page in records and _is_whole(page)}


def _is_whole(page: PageJob) -> bool:
    try:
        blocks = json.loads(page.output.read_text("utf-8"))["blocks"]
        translated = any(block["action"] == "translated" for block in blocks)
        return not translated or page.file.stat().st_size > 0
    except (OSError, ValueError, LookupError, TypeError):
        return False


def lacks_pages(job: Job, values: Mapping[str, Any]) -> bool:
    """Whether a document that was written lacks pages that another run with the same settings may add.

    Not if it, or its sidecar, was changed since.
    """
    try:
        before = json.loads((work_folder(job.output) / SETTINGS).read_text("utf-8"))
        same = {name: before.get(name) for name in values} == json.loads(json.dumps(dict(values)))
    except (OSError, ValueError, AttributeError):
        return False
    return same and _is_left(job)


def _is_left(job: Job) -> bool:
    try:
        return (work_folder(job.output) / LEFT).read_text("utf-8") == _state_of(job)
    except (OSError, UnicodeDecodeError):
        return False


def _state_of(job: Job) -> str:
    """Checksums of an output and its sidecar."""
    return " ".join(sha256(file) if file.exists() else "" for file in (job.output, job.sidecar))


def work_folder(output: Path) -> Path:
    """The hidden work folder beside an output. Its name is short, however long that of the output is."""
    name = hashlib.sha256(output.name.encode("utf-8", "surrogateescape")).hexdigest()[:16]
    return output.with_name(f".iimt-pages-{name}")


def _count(job: Job) -> int | None:
    """The number of pages of a document; None for a picture."""
    suffix = job.input.suffix.lower()
    found = format_of(job.input) if suffix in (*DOCUMENTS, *TIFF) else None
    if found is None:
        return None
    try:
        count = found.count_pages(job.input)
    except IimtError:
        return 1
    if suffix in TIFF and count == 1:
        return None
    if suffix in TIFF and job.output.suffix.lower() not in TIFF:
        raise UsageError(f"{job.shown}: has {count} pages, so it must become a TIFF, too ({suffix})")
    return count
