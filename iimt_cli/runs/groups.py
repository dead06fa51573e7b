"""Which pictures are translated together, and which are finished.

Strips of the pictures of a group share batches, and the make-up of a batch shows in the last bit of what the
networks compute. So groups follow from the sorted list of files and the sizes of the pictures alone, not from what
is finished or which rank asks: a run that was killed and goes on writes the same bytes as one that was not.
"""

import os
import warnings
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from pathlib import Path

from iimt_cli.runs.files import Job
from iimt_cli.runs.ranks import ALONE, Ranks
from iimt_cli.writing import is_abandoned, is_temporary

# Enough for full batches of strips, few enough that little is lost when the run is interrupted:
COUNT = 32  # small pictures with a line or two,
PIXELS = 4_000_000  # or four pages, or one photo


@dataclass(frozen=True)
class Group:
    """Pictures that share batches; the outputs of `todo`, some or all of `jobs`, are to be written."""

    jobs: tuple[Job, ...]
    todo: frozenset[Job]
    weight: int  # pixels; a small picture counts as PIXELS / COUNT


def in_order(jobs: Sequence[Job]) -> list[Job]:
    """Sorted by output, whatever the order of the arguments was."""
    return sorted(jobs, key=lambda job: job.output.as_posix())


def groups(jobs: Sequence[Job], finished: Set[Job], ranks: Ranks = ALONE) -> Iterator[Group]:
    """The groups of `jobs` (in order) that fall to this rank and have something to do.

    Sizes are read, from the heads of the files, as the groups are asked for; not where COUNT neighbours are finished.
    """
    for start in range(0, len(jobs), COUNT):
        chunk = jobs[start : start + COUNT]
        if finished >= set(chunk):
            continue
        for number, group in enumerate(_cut(chunk, finished), start // COUNT):
            if group.todo and ranks.mine(number):
                yield group


def _cut(chunk: Sequence[Job], finished: Set[Job]) -> Iterator[Group]:
    waiting: list[Job] = []
    weight = 0
    for job in (*chunk, None):
        more = max(_pixels(job.input), PIXELS // COUNT) if job else PIXELS
        if waiting and weight + more > PIXELS:
            yield Group(tuple(waiting), frozenset(waiting) - finished, weight)
            waiting, weight = [], 0
        if job:
            waiting.append(job)
            weight += more


def _pixels(path: Path) -> int:
    """Width × height; 0 for what is no picture, which will be told when it is read."""
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(path) as image:
                return int(image.width * image.height)
    except Exception:  # Pillow raises what it likes
        return 0


def look_round(jobs: Sequence[Job]) -> set[Job]:
    """The jobs whose output is there; temporary files that a killed run left among them are removed.

    An empty file is no output: a machine that lost its power leaves such.
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
            continue  # not there yet; or no permission, which the first write will tell
    return {job for job in jobs if job.output in there}
