"""Ctrl-C and SIGTERM: they stop a computation at once, but wait while a file is being written."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Interrupts:
    """Within this context both signals wait for the next `allowed`, where they raise KeyboardInterrupt.

    The same signal a second time ends the process at once, as it does without us. `exit_code` is what a shell
    expects afterwards: 128 + the signal's number, 130 for Ctrl-C.
    """

    def __init__(self) -> None:
        self.exit_code = 128 + signal.SIGINT
        self._allowed = self._pending = False
        self._before: dict[signal.Signals, signal._HANDLER] = {}

    def __enter__(self) -> "Interrupts":
        if threading.current_thread() is threading.main_thread():  # Python allows handlers only there
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, self._handle)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    @contextmanager
    def allowed(self) -> Iterator[None]:
        """A context in which KeyboardInterrupt is raised if a signal comes, or has come since the last such context."""
        try:
            self._allowed = True
            if self._pending:
                self._pending = False
                raise KeyboardInterrupt
            yield
        finally:
            self._allowed = False

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        signal.signal(number, signal.SIG_DFL)
        self.exit_code = 128 + number
        if self._allowed:
            self._allowed = False  # raised only once, so that cleaning up is not interrupted
            raise KeyboardInterrupt
        self._pending = True
