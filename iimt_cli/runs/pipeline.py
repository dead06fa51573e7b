"""Picture files → translated picture files, one or 20,000 of them. A picture that fails does not stop the others.

Three things go on at the same time: two threads find the text of pictures, the main thread translates a group of pictures,
and two threads compose and write. That is possible because Pillow, OpenCV, ONNX Runtime and torch release Python's lock. The
pixels in memory are limited, whatever the size of the folder. The system is loaded only when the first readable picture is
there.
"""

import dataclasses
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from iimt_cli.memory import Batch, give_back
from iimt_cli.runs.documents import Document, PageJob
from iimt_cli.runs.files import Job
from iimt_cli.runs.groups import PIXELS, Group, groups, in_order
from iimt_cli.runs.output import Outcome, Writer
from iimt_cli.runs.ranks import ALONE, Ranks

if TYPE_CHECKING:
    from iimt_cli.page import Picture
    from iimt_cli.runs.texts import GivenTexts
    from iimt_cli.translation.base import Translator
    from iimt_cli.translation.result import Options, Texts, Translation

AHEAD = 2  # groups that may be opened before they are translated
UNDER_WAY = 3 * PIXELS  # pixels that may be opened and not yet written; a larger picture goes alone
FINDERS = 2  # threads that find text, which takes as long as everything else
WRITERS = 2
TRIES = 4  # for a picture to be opened, when memory is short: a power of two, three tries
POLL = 0.2  # seconds between two looks for an interrupt
_log = logging.getLogger(__name__)


Load: TypeAlias = "Callable[[], tuple[Translator, Options]]"


def translate_files(
    jobs: Sequence[Job],
    load: Load,
    *,
    writer: Writer,
    finished: Set[Job] = frozenset(),
    ranks: Ranks = ALONE,
    stop: bool = False,
    allowed: Callable[[], AbstractContextManager[None]] = nullcontext,
    started: Callable[[Path], None] = lambda _: None,
    texts: "GivenTexts | None" = None,
) -> Iterator[Outcome]:
    """Translates the pictures that are not `finished` and fall to this rank; one outcome for each, sorted by output.

    An exception of `load` ends the run. A full disk, and with `stop` the first failure, end it after their outcome.
    With `texts`, these are drawn instead of translations.
    KeyboardInterrupt may be raised only within `allowed`. Before it ends the run, the outcomes of all written pictures come.
    """
    return _Pipeline(load, writer, stop, allowed, started, texts).run(groups(in_order(jobs), finished, ranks))


@dataclass
class _Opened:
    """A picture between the first and the last step.

    done: how it was corrected; then it may have no work. base: the picture as it was before that.
    """

    picture: "Picture"
    work: Any
    seconds: float
    texts: "Texts | None" = None
    done: "Translation | None" = None
    base: "Picture | None" = None


class _Pipeline:
    def __init__(
        self,
        load: Load,
        writer: Writer,
        stop: bool,
        allowed: Callable[[], AbstractContextManager[None]],
        started: Callable[[Path], None],
        texts: "GivenTexts | None" = None,
    ) -> None:
        self._load, self._writer, self._stop_on_failure = load, writer, stop
        self._allowed, self._started, self._texts = allowed, started, texts
        self._system: Translator | None = None
        self._options: Options | None = None
        self._batch = Batch(1)
        self._openers = ThreadPoolExecutor(AHEAD, "iimt-open")
        self._finders = ThreadPoolExecutor(FINDERS, "iimt-find")
        self._writers = ThreadPoolExecutor(WRITERS, "iimt-write")
        self._documents: set[Document] = set()  # that the group which is being translated is of
        self._ahead: deque[tuple[Group, Future[dict[Job, _Opened | Exception]]]] = deque()
        # (what is being written, its weight)
        self._written: deque[tuple[Future[Outcome | None], int]] = deque()
        self._stopped = threading.Event()  # set: no further picture is begun
        self._hopeless = threading.Event()  # set: no further picture is written, either

    def run(self, todo: Iterator[Group]) -> Iterator[Outcome]:
        failure: BaseException | None = None
        try:
            yield from self._work(todo)
        except (Exception, KeyboardInterrupt) as error:
            failure = error
        finally:  # files that are being written are finished
            self._stopped.set()
            self._writers.shutdown(cancel_futures=failure is not None)
            self._openers.shutdown(cancel_futures=True)
            self._finders.shutdown()
        for future, _ in self._written:
            if not future.cancelled() and (outcome := future.result()):
                yield outcome
        if failure is not None:
            raise failure

    def _work(self, todo: Iterator[Group]) -> Iterator[Outcome]:
        following = next(todo, None)
        while not self._stopped.is_set():
            while following and not self._stopped.is_set() and self._has_room(following):
                self._begin(following)
                following = next(todo, None)
            if self._ahead:
                group, opening = self._ahead.popleft()
                yield from self._settle_until(opening)
                if not self._stopped.is_set():
                    self._translate(group, opening.result())
            elif self._written:
                yield from self._settle_until(self._written[0][0])
            elif following is None:
                return

    def _has_room(self, group: Group) -> bool:
        weight = sum(other.weight for other, _ in self._ahead) + sum(weight for _, weight in self._written)
        return weight == 0 or (len(self._ahead) < AHEAD and weight + group.weight <= UNDER_WAY)

    def _settle_until(self, wanted: "Future[Any]") -> Iterator[Outcome]:
        """The outcomes, in order, of the pictures that are written before `wanted` is done."""
        while True:
            while self._written and self._written[0][0].done():
                outcome = self._written.popleft()[0].result()
                if outcome is None:
                    continue
                if outcome.fatal or (outcome.kind == "failed" and self._stop_on_failure):
                    self._stopped.set()
                yield outcome
            if wanted.done() or self._stopped.is_set():
                return
            # With a timeout, because an asynchronous exception could leave the locks of futures held.
            wait([wanted, *(future for future, _ in list(self._written)[:1])], POLL, FIRST_COMPLETED)
            with self._allowed():
                pass

    # First step, in a thread of its own once the system is there

    def _begin(self, group: Group) -> None:
        pictures = None
        if self._system is None:
            with self._allowed():
                pictures = self._read(group, group.todo)
                if all(isinstance(found, Exception) for found in pictures.values()):
                    self._pass_on(group, dict(pictures), 0.0)
                    return
                self._system, options = self._load()
                give_back()
            self._options = options
            self._batch = Batch(options.batch, self._use_batches_of)
            self._use_batches_of(options.batch)
        self._ahead.append((group, self._openers.submit(self._open, group, pictures)))

    def _use_batches_of(self, size: int) -> None:
        """Notes the size of batches for a run that goes on. All that was made with another size is written first."""
        wait([future for future, _ in self._written])
        if self._writer.manifest:
            self._writer.manifest.write({"batch": size})
        for document in self._documents:
            document.use_batches_of(size)

    def _read(self, group: Group, wanted: Set[Job]) -> "dict[Job, Picture | Exception]":
        pictures: dict[Job, Picture | Exception] = {}
        for job in group.jobs:
            if job in wanted and not self._stopped.is_set():
                self._started(Path(job.shown))
                try:
                    pictures[job] = job.read()
                except Exception as error:
                    pictures[job] = error
        return pictures

    def _open(
        self, group: Group, pictures: "dict[Job, Picture | Exception] | None"
    ) -> "dict[Job, _Opened | Exception]":
        if pictures is None:
            pictures = self._read(group, group.todo)
        corrected = self._correct(pictures)
        if corrected and all(
            job in corrected for job, found in pictures.items() if not isinstance(found, Exception)
        ):
            return corrected | {job: found for job, found in pictures.items() if isinstance(found, Exception)}
        if any(not isinstance(found, Exception) for found in pictures.values()):
            # Finished pictures are opened, too, so that batches are the same as when they were made.
            pictures |= self._read(group, set(group.jobs) - group.todo)
        jobs = [job for job in group.jobs if job in pictures]
        opened = self._finders.map(self._open_one, jobs, [pictures[job] for job in jobs])
        found = {job: one for job, one in zip(jobs, opened, strict=True) if one is not None}
        for job, one in found.items():
            if isinstance(one, _Opened) and job in corrected:
                one.done, one.base = corrected[job].done, corrected[job].base
        give_back()
        return found

    def _correct(self, pictures: "Mapping[Job, Picture | Exception]") -> "dict[Job, _Opened]":
        """The pictures that can be made of what was drawn before."""
        assert self._system is not None and self._options is not None
        found: dict[Job, _Opened] = {}
        for job, picture in pictures.items():
            if self._texts is None or isinstance(picture, Exception) or self._stopped.is_set():
                continue
            start = time.monotonic()
            try:
                texts = self._texts.of(job)
                texts.check(picture)
                base = self._texts.drawn(job, texts, picture)
                done = None if base is None else self._system.correct(picture, base.rgb, texts, self._options)
            except Exception as error:  # a wrong text is told when all is drawn again
                _log.debug("%s", job.input, exc_info=error)
                continue
            if done is not None:
                found[job] = _Opened(picture, None, time.monotonic() - start, texts, done, base)
        return found

    def _open_one(self, job: Job, picture: "Picture | Exception") -> "_Opened | Exception | None":
        assert self._system is not None and self._options is not None
        if isinstance(picture, Exception) or self._stopped.is_set():
            return picture if isinstance(picture, Exception) else None
        system, options, start = self._system, self._options, time.monotonic()
        texts = None
        try:
            if self._texts is not None:
                texts = self._texts.of(job)
                texts.check(picture)
                options = texts.applied(options)
            # what a page needs here does not depend on the size of batches, only on what else goes on
            work = Batch(TRIES).attempt(lambda _: system.open(picture, options))
        except Exception as error:
            return error.with_traceback(None)  # the traceback would keep the failed attempt in memory
        return _Opened(picture, work, time.monotonic() - start, texts)

    # Second step, in the main thread

    def _translate(self, group: Group, opened: "dict[Job, _Opened | Exception]") -> None:
        start = time.monotonic()
        self._documents = {job.document for job in group.jobs if isinstance(job, PageJob)}
        found = {job: one for job in group.jobs if isinstance(one := opened.get(job), _Opened)}
        ready = [job for job, one in found.items() if one.work is not None or one.done is None]
        if not group.todo.isdisjoint(ready) and (error := self._attempt(ready, opened)):
            wait([future for future, _ in self._written])  # then their memory is free
            for job in ready:
                if job not in group.todo or found[job].done is not None:  # a correction needs no second try
                    continue
                if len(ready) == 1 or (error := self._attempt([job], opened)):
                    opened[job] = error
        self._pass_on(group, opened, (time.monotonic() - start) / max(1, len(ready)))
        give_back()

    def _attempt(self, jobs: Sequence[Job], opened: "dict[Job, _Opened | Exception]") -> Exception | None:
        assert self._system is not None and self._options is not None
        system, options = self._system, self._options
        ready = [found for job in jobs if isinstance(found := opened[job], _Opened)]
        work = [found.work for found in ready]
        texts = [found.texts for found in ready if found.texts is not None]

        def step(options: "Options") -> list[Any]:
            if self._texts is not None:
                return system.redraw_jobs(work, texts, options)
            return system.translate_jobs(work, options)

        try:
            with self._allowed():
                translated = self._batch.attempt(lambda size: step(dataclasses.replace(options, batch=size)))
        except Exception as error:
            return error.with_traceback(None)
        for found, result in zip(ready, translated, strict=True):
            found.work = result
        return None

    # Third step, in the writers' threads

    def _pass_on(self, group: Group, opened: "dict[Job, Any]", seconds: float) -> None:
        """Gives each picture of the group to the writers, or reports that it failed."""
        weight = group.weight // max(1, len(group.todo))
        for job in group.jobs:
            found = opened.pop(job, None)
            if job not in group.todo or found is None:
                continue
            future: Future[Outcome | None] = Future()
            if isinstance(found, _Opened):
                future = self._writers.submit(self._close, job, found, seconds)
            else:
                future.set_result(self._writer.failed(job, found))
            self._written.append((future, weight))
            if isinstance(found, Exception) and self._stop_on_failure:
                self._stopped.set()
                return

    def _close(self, job: Job, opened: _Opened, seconds: float) -> Outcome | None:
        assert self._system is not None
        if self._hopeless.is_set():
            return None
        start = time.monotonic()
        try:
            result = opened.done or self._system.close(opened.work)
        except Exception as error:
            return self._writer.failed(job, error)
        seconds += opened.seconds + time.monotonic() - start
        outcome = self._writer.write(job, opened.base or opened.picture, result, seconds)
        if outcome.fatal:
            self._hopeless.set()
        return outcome
