"""The exceptions that users see: a single clear line that names the file and the cause."""


class IimtError(Exception):
    """Something the user can mend. The command line prints it as one line and exits with code 1."""


class UsageError(IimtError):
    """The command line asks for something that cannot be: exit code 2, before anything is done."""


class DiskFull(IimtError):
    """Nothing more can be written: whatever would follow would fail, too."""


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
    """A text as a message quotes it: `most` characters at most."""
    return text if len(text) <= most else f"{text[: most - 1]}…"
