"""The exceptions that users see: a single clear line that names the file and the cause."""


class IimtError(Exception):
    """Something the user can mend. The command line prints it as one line and exits with code 1."""


class UsageError(IimtError):
    """The command line asks for something that cannot be: exit code 2, before anything is done."""


class DiskFull(IimtError):
    """Nothing more can be written: whatever would follow would fail, too."""
