"""The texts of `--texts`: which of them belong to which picture, and whether a picture must be drawn again.

They come as a sidecar, as a folder of sidecars, or as a table or XLIFF file, which names its sidecars.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from iimt_cli.errors import IimtError, UsageError
from iimt_cli.runs.documents import PageJob, is_document
from iimt_cli.runs.exchange import Edit, is_table, read_table
from iimt_cli.runs.files import Job, sidecar_of
from iimt_cli.weights import sha256

if TYPE_CHECKING:
    from iimt_cli.translation.result import Texts


@dataclass(frozen=True)
class GivenTexts:
    """The texts that `--texts` named. edits: those of a table or XLIFF, by the path of a sidecar; empty for sidecars.

    root: the output folder, or None for a single picture.
    """

    path: Path
    root: Path | None
    sidecars: Mapping[Path, Mapping[int, Edit]] = field(default_factory=dict)
    # pages of the last document
    _pages: "dict[Path, Sequence[Texts | str]]" = field(default_factory=dict, compare=False)

    @classmethod
    def find(cls, path: Path, jobs: Sequence[Job], root: Path | None) -> "GivenTexts":
        """The texts at `path`. Raises IimtError if there are none, UsageError if one sidecar is given for several pictures."""
        path = path.expanduser()
        if is_table(path):
            found = cls(path, root, read_table(path))
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
            self._pages_of(job)
        else:
            self.of(job)

    def of(self, job: Job) -> "Texts":
        """The texts of a picture or page. Raises IimtError if there are none for it, or if they are broken."""
        from iimt_cli.translation.sidecar import read_texts

        if isinstance(job, PageJob):
            pages = self._pages_of(job.document.job)
            texts = pages[job.number] if job.number < len(pages) else "it is not in the sidecar"
            if isinstance(texts, str):
                raise IimtError(f"{job.shown}: has no texts ({texts})")
            return texts
        path = self._sidecar(job)
        edits = self.sidecars[path]
        texts = read_texts(path)
        known = {block.id for block in texts.blocks}
        for edit in edits.values():
            if edit.block not in known:
                raise IimtError(f"{edit.where}: there is no block {edit.block} in {path}")
        return texts.edited(
            {edit.block: edit.target for edit in edits.values()},
            [edit.block for edit in edits.values() if edit.keep],
        )

    def _pages_of(self, job: Job) -> "Sequence[Texts | str]":
        """For each page of a document its texts, or why it has none. Those of the last document stay in memory."""
        from iimt_cli.translation.sidecar import read_pages

        path = self._sidecar(job)
        if self.sidecars[path]:
            raise IimtError(f"{path}: is the sidecar of a document; tables and XLIFF are for pictures")
        if path not in self._pages:
            self._pages.clear()
            self._pages[path] = read_pages(path)
        return self._pages[path]

    def checksum(self, job: Job) -> str:
        """The checksum of the sidecar of a picture or document; "" if there is none."""
        try:
            return sha256(self._sidecar(job))
        except IimtError:
            return ""

    def batch(self, jobs: Sequence[Job]) -> int | None:
        """The batch size with which the first of the pictures was translated; None if not known."""
        try:
            return self.of(jobs[0]).options.get("batch")
        except IimtError:
            return None

    def is_newer(self, job: Job) -> bool:
        """Whether the texts of a picture were changed after its output was written."""
        try:
            path = self._sidecar(job)
            written = job.output.stat().st_mtime_ns
            return any(file.stat().st_mtime_ns > written for file in {path, self.path} if file.is_file())
        except (OSError, IimtError):
            return True

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


def sidecars_in(folder: Path) -> Iterator[Path]:
    """The sidecars below a folder, sorted."""
    for here, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(here, name) for name in sorted(names) if name.lower().endswith(".json"))


def sidecars_of(paths: Sequence[Path]) -> "dict[Path, Texts]":
    """The texts of sidecars and of folders of such, by path. Raises IimtError if there are none, or one is broken."""
    from iimt_cli.translation.sidecar import read_texts

    found: dict[Path, Texts] = {}
    for path in paths:
        some = list(sidecars_in(path)) if path.is_dir() else [path]
        if not some:
            raise IimtError(f"{path}: no sidecars in this folder (*.json)")
        found |= {one: read_texts(one) for one in some}
    return found
