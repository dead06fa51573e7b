"""Which pictures are translated together, and which are finished.

The strips of a group's pictures share batches, and the last bits of a result depend on its batch. So groups follow only from
the sorted list of files and the sizes of the pictures, not from what is finished or which rank asks. A run that was killed
and goes on then writes the same bytes as one that was not.
"""

import os
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from pathlib import Path

from iimt_cli.runs.documents import PageJob, pages_of
from iimt_cli.runs.files import Job
from iimt_cli.runs.ranks import ALONE, Ranks
from iimt_cli.writing import is_abandoned, is_temporary

# The size of a group: enough for full batches of strips, but small enough that an interrupt loses little.
COUNT = 32  # pictures, at most (small ones with a line or two)
PIXELS = 4_000_000  # pixels, at most: four pages, or one photo


@dataclass(frozen=True)
class Group:
    """Pictures that share batches (`jobs`), and those of them whose outputs must be written (`todo`)."""

    jobs: tuple[Job, ...]
    todo: frozenset[Job]
    weight: int  # pixels; a small picture counts as PIXELS / COUNT


def in_order(jobs: Sequence[Job]) -> list[Job]:
    """The jobs sorted by output, whatever the order of the arguments was."""

    def place(job: Job) -> tuple[str, int]:
        if isinstance(job, PageJob):
            return job.document.job.output.as_posix(), job.number
        return job.output.as_posix(), 0

    return sorted(jobs, key=place)


def groups(jobs: Sequence[Job], finished: Set[Job], ranks: Ranks = ALONE) -> Iterator[Group]:
    """The groups of `jobs` (in order) that fall to this rank and have something to do: pictures, then documents.

    Sizes are read, from the heads of the files, as the groups are asked for; not where COUNT neighbours are finished.
    """
    pictures = [job for job in jobs if not isinstance(job, PageJob)]
    for number, group in _numbered(pictures, finished):
        if group.todo and ranks.mine(number):
            yield group
    for pages in pages_of(jobs):  # pages share batches with pages of their document only
        yield from (group for _, group in _numbered(pages, finished) if group.todo)


def _numbered(jobs: Sequence[Job], finished: Set[Job]) -> Iterator[tuple[int, Group]]:
    for start in range(0, len(jobs), COUNT):
        chunk = jobs[start : start + COUNT]
        if not finished >= set(chunk):
            yield from enumerate(_cut(chunk, finished), start // COUNT)


def _cut(chunk: Sequence[Job], finished: Set[Job]) -> Iterator[Group]:
    waiting: list[Job] = []
    weight = 0
    for job in (*chunk, None):
        more = max(_pixels(job), PIXELS // COUNT) if job else PIXELS
        if waiting and weight + more > PIXELS:
            yield Group(tuple(waiting), frozenset(waiting) - finished, weight)
            waiting, weight = [], 0
        if job:
            waiting.append(job)
            weight += more


def _pixels(job: Job) -> int:
    """Width × height; 0 if it is not a picture, which is reported when it is read."""
    try:
        return job.count_pixels()
    except Exception:  # Pillow may raise any exception
        return 0


def look_round(jobs: Sequence[Job]) -> set[Job]:
    """The jobs whose output is there. Temporary files that a killed run left beside outputs are removed.

    An empty file does not count: a power failure may leave one.
    """
    there: set[Path] = set()
    for folder in {job.output.parent for job in jobs}:
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    if is_temporary(entry.name):
                        if is_abandoned(folder / entry.name):
                            (folder / entry.name).unlink(missing_ok=True)
                    elif entry.is_file() and entry.stat().st_size:
                        there.add(folder / entry.name)
        except OSError:
            continue  # not there yet, or no permission, which the first write will report
    return {job for job in jobs if job.output in there}
