"""One bad line never fails a picture: the line that raises an exception is found and left out, and the rest is done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from iimt_cli.errors import IimtError, is_out_of_memory

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True)
class Failure(Generic[T]):
    """An item on which work fails, and how."""

    item: T
    error: Exception

    @property
    def cause(self) -> str:
        """The kind of the error and its text, in one line."""
        lines = str(self.error).split("\n")
        return f"{type(self.error).__name__}: {lines[0]}".rstrip(": ")


def without_failures(work: Callable[[list[T]], R], items: Sequence[T]) -> tuple[R, list[Failure[T]]]:
    """(`work` of all items on which it raises no exception, the other items as failures).

    If nothing fails, `work` is called once. Otherwise it is called for halves of the items, for halves of these, and so on,
    and at last for all items that do not fail. Exceptions that are not about a single item are raised: IimtError, lack of
    memory, an interrupt, a failure without any item, and failures of all of several items.
    """
    good, result, failures = _sieved(work, list(items))
    if not good and len(failures) > 1:
        raise failures[0].error
    return result, failures


def _sieved(work: Callable[[list[T]], R], items: list[T]) -> tuple[list[T], R, list[Failure[T]]]:
    """The items on which work does not fail, its result for them, and the others."""
    try:
        return items, work(items), []
    except Exception as error:
        if not items or isinstance(error, IimtError) or is_out_of_memory(error):
            raise
        # the traceback would keep the arrays of the failed attempt in memory
        reason = error.with_traceback(None)
    if len(items) == 1:
        return [], work([]), [Failure(items[0], reason)]
    half = len(items) // 2
    first, result, failures = _sieved(work, items[:half])
    second, _, others = _sieved(work, items[half:])
    failures += others
    if failures:
        good, whole, more = _sieved(work, first + second)
        return good, whole, failures + more
    # each half works alone, both together fail
    return first, result, [Failure(item, reason) for item in second]
