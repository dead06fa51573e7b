"""Measuring the time of stages. `with timed("encode"):` costs a microsecond as long as no `Stopwatch` runs."""

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import wraps
from typing import ParamSpec, TypeVar

_running: "Stopwatch | None" = None
_IDLE = nullcontext()
_P = ParamSpec("_P")
_R = TypeVar("_R")


class Stopwatch:
    """Wall-clock and processor seconds per stage, while it is entered; a stage within another is counted once.

    `settle` is called before each look at the clock, to wait for a GPU, which works on after a call has returned.
    Processor seconds are those of the whole process, so they are right only while a single thread is in a stage.
    """

    def __init__(self, settle: Callable[[], object] = lambda: None) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self.processor: defaultdict[str, float] = defaultdict(float)
        self._settle = settle
        self._open = threading.local()
        self._lock = threading.Lock()

    def __enter__(self) -> "Stopwatch":
        global _running
        _running = self
        return self

    def __exit__(self, *_: object) -> None:
        global _running
        _running = None

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        outer = getattr(self._open, "name", None)
        self._open.name = name
        wall, processor = self._now()
        try:
            yield
        finally:
            self._open.name = outer
            wall_end, processor_end = self._now()
            with self._lock:
                self.seconds[name] += wall_end - wall
                self.processor[name] += processor_end - processor
                if outer is not None:
                    self.seconds[outer] -= wall_end - wall
                    self.processor[outer] -= processor_end - processor

    def _now(self) -> tuple[float, float]:
        self._settle()
        return time.perf_counter(), time.process_time()


def timed(stage: str) -> AbstractContextManager[None]:
    """A context round code that belongs to a stage."""
    return _IDLE if _running is None else _running.stage(stage)


def timing(stage: str, function: Callable[_P, _R]) -> Callable[_P, _R]:
    """The function, with its calls counted for a stage."""

    @wraps(function)
    def run(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        with timed(stage):
            return function(*args, **kwargs)

    return run
