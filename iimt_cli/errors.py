"""The exceptions that users see: a single clear line that names the file and the cause."""


class IimtError(Exception):
    """An error that the user can mend. The command line prints it as one line and exits with code 1."""


class UsageError(IimtError):
    """The command line asks for something impossible: exit code 2, before anything is done."""


class SystemRefused(IimtError):
    """The system did not read or write a file. Another time it may."""


class DiskFull(SystemRefused):
    """The disk is full, so every further write would fail, too."""


_OUT_OF_MEMORY = (
    "out of memory",
    "not enough memory",
    "can't allocate memory",
    "failed to allocate",
    "bad_alloc",
)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether memory ran out, on the device or in the machine."""
    return isinstance(error, MemoryError) or any(sign in str(error).lower() for sign in _OUT_OF_MEMORY)


def shortened(text: str, most: int = 60) -> str:
    """A text shortened to `most` characters, for messages."""
    return text if len(text) <= most else f"{text[: most - 1]}…"
