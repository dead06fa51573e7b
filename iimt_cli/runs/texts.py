"""The texts of `--texts`: which of them belong to which picture, and whether a picture must be drawn again.

They come as a sidecar, as a folder of sidecars, or as a table or XLIFF file, which names its sidecars.
"""

import hashlib
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from iimt_cli.errors import IimtError, UsageError
from iimt_cli.runs.documents import PageJob, is_document
from iimt_cli.runs.exchange import Edit, Edits, Place, is_table, read_table
from iimt_cli.runs.files import Job, sidecar_of
from iimt_cli.weights import sha256
from iimt_cli.writing import at_home

if TYPE_CHECKING:
    from iimt_cli.page import Picture
    from iimt_cli.translation.result import Texts
    from iimt_cli.translation.sidecar import DocumentTexts


@dataclass(frozen=True)
class GivenTexts:
    """The texts that `--texts` named. edits: those of a table or XLIFF, by the path of a sidecar; empty for sidecars.

    root: the output folder, or None for a single picture.
    """

    path: Path
    root: Path | None
    sidecars: Edits = field(default_factory=dict)
    _documents: "dict[Path, DocumentTexts]" = field(default_factory=dict, compare=False)  # that were read
    # the states of files when they were first read
    _read: "dict[Path, _State]" = field(default_factory=dict, compare=False)

    @classmethod
    def find(cls, path: Path, jobs: Sequence[Job], root: Path | None) -> "GivenTexts":
        """The texts at `path`. Raises IimtError if there are none, UsageError if one sidecar is given for several pictures."""
        path = at_home(path)
        if path.exists() and not path.is_file() and not path.is_dir():
            raise IimtError(f"{path}: --texts reads it more than once, so it must be a file, and no pipe")
        if is_table(path):
            state = _state(path)
            found = cls(path, root, read_table(path))
            found._read[path] = state
        elif path.is_dir():
            found = cls(path, root, {sidecar: {} for sidecar in sidecars_in(path)})
            if not found.sidecars:
                raise IimtError(f"{path}: no sidecars in this folder (*.json)")
        elif path.exists():
            found = cls(path, root, {path: {}})
            if len(jobs) > 1:
                raise UsageError(
                    f"--texts {path}: is for one picture, but there are {len(jobs)}; give a folder"
                )
        else:
            raise IimtError(f"{path}: no such file")
        if len(jobs) == 1:  # checked now, so that a mistake stops the run before weights are loaded
            found.look_at(jobs[0])
        return found

    def look_at(self, job: Job) -> None:
        """Checks the texts of a picture or document. Raises IimtError if there are none, or if they are broken."""
        if is_document(job):
            self.of_document(job)
        else:
            self.of(job)

    def of(self, job: Job) -> "Texts":
        """The texts of a picture or page. Raises IimtError if there are none for it, or if they are broken."""
        from iimt_cli.translation.sidecar import read_texts

        if isinstance(job, PageJob):
            pages = self.of_document(job.document.job).pages
            texts = pages.get(job.number + 1, "it is not in the sidecar")
            if isinstance(texts, str):
                raise IimtError(f"{job.shown}: has no texts ({texts})")
            return texts
        path = self._reading(job)
        texts, edits = read_texts(path), self.sidecars[path]
        for edit in edits.values():
            if edit.place.page:
                raise IimtError(f"{edit.where}: {path} is of a picture, so it has no page {edit.place.page}")
        return _edited(texts, edits.values(), str(path))

    def of_document(self, job: Job) -> "DocumentTexts":
        """The texts of the pages of a document; of the last document they are kept in memory. Raises as `of`."""
        from iimt_cli.translation.sidecar import read_pages

        path = self._reading(job)
        if path not in self._documents:
            self._documents.clear()
            self._documents[path] = _edited_pages(read_pages(path), self.sidecars[path], path)
        return self._documents[path]

    def drawn(self, job: Job, texts: "Texts", picture: "Picture") -> "Picture | None":
        """`picture` as it was drawn with its sidecar: the pixels of the output, or of the file beside the sidecar.

        None if neither of them is as it was drawn, or if they would not come out the same when they are written again.
        """
        from iimt_cli.page import read_picture
        from iimt_cli.page.files.encode import to_write_again

        if isinstance(job, PageJob) or not texts.drawn:
            return None
        for path in dict.fromkeys((job.output, self._sidecar(job).with_suffix(""))):
            try:
                content = path.read_bytes()
                if hashlib.sha256(content).hexdigest() == texts.drawn.get("sha256"):
                    return to_write_again(picture, read_picture(path), job.output)
            except (OSError, IimtError):
                continue
        return None

    def is_own(self, job: Job) -> bool:
        """Whether the texts of a picture are its own sidecar, and not changed by a table."""
        try:
            sidecar = self._sidecar(job)
            return not self.sidecars[sidecar] and sidecar.samefile(job.sidecar)
        except (OSError, IimtError):
            return False

    def check_unchanged(self, job: Job) -> None:
        """Raises IimtError if someone changed the sidecar of a picture, or the table, after it was read."""
        for file in (self._sidecar(job), self.path):
            if file in self._read and _state(file) != self._read[file]:
                raise IimtError(f"{file}: was changed while its texts were being drawn; run it again")

    def checksum(self, job: Job) -> str:
        """Of the sidecar of a picture or document, and of the table that changes it; "" if there is none."""
        try:
            files = {self._sidecar(job), self.path}
            return " ".join(sha256(file) for file in sorted(files) if file.is_file())
        except IimtError:
            return ""

    def batch(self, jobs: Sequence[Job]) -> int | None:
        """How many strips were batched when the pictures were translated, as the first that has texts says, if one does."""
        for job in jobs:
            try:
                return self.of(job).options.get("batch")
            except IimtError:
                continue
        return None

    def is_newer(self, job: Job) -> bool:
        """Whether the texts of a picture were changed after its output was written."""
        try:
            path = self._sidecar(job)
            written = job.output.stat().st_mtime_ns
            return any(file.stat().st_mtime_ns > written for file in {path, self.path} if file.is_file())
        except (OSError, IimtError):
            return True

    def _reading(self, job: Job) -> Path:
        """The sidecar of a picture, which is about to be read."""
        path = self._sidecar(job)
        self._read.setdefault(path, _state(path))
        return path

    def _sidecar(self, job: Job) -> Path:
        """The sidecar of a picture. Of several, the one whose path ends like that of the picture, or of its output."""
        if self.root is None and len(self.sidecars) == 1:
            return next(iter(self.sidecars))
        relative = job.output.relative_to(self.root) if self.root else Path(job.output.name)
        names = [sidecar_of(relative), sidecar_of(relative.with_name(job.input.name))]
        for name in names:
            found = [path for path in self.sidecars if path.parts[-len(name.parts) :] == name.parts]
            depth = min((len(path.parts) for path in found), default=0)
            if nearest := [path for path in found if len(path.parts) == depth]:
                if len(nearest) > 1:
                    raise IimtError(f"{self.path}: has texts of two pictures called {name.name}")
                return nearest[0]
        raise IimtError(f"{job.shown}: {self.path} has no texts for it ({names[0]})")


_State = tuple[int, int] | None
"""Time of the last change, ns, and size of a file; None if it is not there."""


def _state(path: Path) -> _State:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


def sidecars_in(folder: Path) -> Iterator[Path]:
    """The sidecars below a folder, sorted."""
    for here, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(here, name) for name in sorted(names) if name.lower().endswith(".json"))


def _edited_pages(texts: "DocumentTexts", edits: Mapping[Place, Edit], path: Path) -> "DocumentTexts":
    by_page: dict[int, list[Edit]] = {}
    for edit in edits.values():
        by_page.setdefault(edit.place.page, []).append(edit)
    pages = dict(texts.pages)
    for number, some in by_page.items():
        page = pages.get(number)
        if not number:
            raise IimtError(f"{some[0].where}: has no page, but {path} is of a document")
        if page is None:
            raise IimtError(f"{some[0].where}: there is no page {number} in {path}")
        if isinstance(page, str):
            raise IimtError(f"{some[0].where}: page {number} in {path} has no texts ({page})")
        pages[number] = _edited(page, some, f"page {number} of {path}")
    return replace(texts, pages=pages)


def _edited(texts: "Texts", edits: Collection[Edit], shown: str) -> "Texts":
    """Raises IimtError if one of the blocks is not there."""
    known = {block.id for block in texts.blocks}
    for edit in edits:
        if edit.place.block not in known:
            raise IimtError(f"{edit.where}: there is no block {edit.place.block} in {shown}")
    return texts.edited(
        {edit.place.block: edit.target for edit in edits},
        keep=[edit.place.block for edit in edits if edit.keep],
        unkeep=[edit.place.block for edit in edits if edit.keep is False],
    )


def sidecars_of(paths: Sequence[Path]) -> "dict[Path, Texts | DocumentTexts]":
    """The texts of sidecars and of folders of such, by path. Raises IimtError if there are none, or one is broken."""
    from iimt_cli.translation.sidecar import read_any

    found: dict[Path, Texts | DocumentTexts] = {}
    for path in paths:
        some = list(sidecars_in(path)) if path.is_dir() else [path]
        if not some:
            raise IimtError(f"{path}: no sidecars in this folder (*.json)")
        found |= {one: read_any(one) for one in some}
    return found
