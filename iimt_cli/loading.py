"""While much is loaded at once."""

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module


@contextmanager
def loading() -> Iterator[None]:
    """Python does not look for garbage meanwhile: it would look at all modules and weights, again and again.

    Nor does it look at them soon afterwards: they count as old at once.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if not gc.get_freeze_count():  # what a caller has frozen stays so
            gc.freeze()
            gc.unfreeze()  # into the oldest generation
        if enabled:
            gc.enable()


def import_soon(name: str) -> None:
    """Imports a module in a thread of its own, for a caller that needs it soon and waits for files until then.

    A failure is told when the caller imports it.
    """

    def work() -> None:
        with loading(), suppress(Exception):
            import_module(name)

    threading.Thread(target=work, name="iimt-import").start()
