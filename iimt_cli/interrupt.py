"""Ctrl-C and SIGTERM: at once while computing, after the file when writing."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Interrupts:
    """Within this context both signals raise KeyboardInterrupt; within `held` they wait for its end.

    `exit_code` is what a shell expects afterwards: 128 + the signal's number, 130 for Ctrl-C.
    """

    def __init__(self) -> None:
        self.exit_code = 128 + signal.SIGINT
        self._holding = self._pending = False
        self._before: dict[signal.Signals, signal._HANDLER] = {}

    def __enter__(self) -> "Interrupts":
        if threading.current_thread() is threading.main_thread():  # nowhere else may handlers be set
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, self._handle)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    @contextmanager
    def held(self) -> Iterator[None]:
        self._holding = True
        try:
            yield
        finally:
            self._holding = False
        if self._pending:
            self._pending = False
            raise KeyboardInterrupt

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        self.exit_code = 128 + number
        if self._holding:
            self._pending = True
        else:
            raise KeyboardInterrupt
