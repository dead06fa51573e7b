"""The `iimt` command: registers the subcommands and turns errors into one line and an exit code."""

import atexit
import io
import logging
import os
import signal
import sys
import warnings
from typing import NoReturn

import typer
from typer.core import TyperGroup

from iimt_cli import __version__
from iimt_cli.cli.benchmark import benchmark
from iimt_cli.cli.evaluate import evaluate
from iimt_cli.cli.export import export
from iimt_cli.cli.export_texts import export_texts
from iimt_cli.cli.info import info
from iimt_cli.cli.serve import serve
from iimt_cli.cli.synthesize import synthesize_data
from iimt_cli.cli.train import train
from iimt_cli.cli.translate import EXAMPLES, translate
from iimt_cli.errors import IimtError, UsageError
from iimt_cli.writing import is_disk_full

OUTPUT = "standard output"  # what is written to if the system names no file
UNSAID = 120  # the exit code of Python if what it has left to say cannot be written


class _Commands(TyperGroup):
    """The commands, in the order of registration. Ctrl-C exits with 130 and one line (some versions of typer exit with 1)."""

    def invoke(self, ctx: typer.Context) -> object:  # type: ignore[override]
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            print("iimt: interrupted", file=sys.stderr)
            raise typer.Exit(128 + signal.SIGINT) from None


app = typer.Typer(
    name="iimt",
    help="Translate the text inside pictures, by one neural system that reads, translates and draws.",
    epilog="Example: iimt translate sign.png -o sign-en.png  (more: iimt translate --help)",
    cls=_Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command(epilog=EXAMPLES)(translate)
app.command()(serve)
app.command()(train)
app.command()(evaluate)
app.command("eval", hidden=True, help="The same as evaluate.")(evaluate)
app.command()(benchmark)
app.command("synthesize-data")(synthesize_data)
app.command()(info)
app.command()(export)
app.command("export-texts")(export_texts)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"iimt {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Show the version."
    ),
) -> None:
    pass


def main() -> None:
    """Exit codes: 0 done, 1 something failed (one line says what), 2 wrong usage, 130 interrupted."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # file names may not be valid text
            stream.reconfigure(errors="backslashreplace")
    _silence_libraries()
    try:
        app()
    except IimtError as error:
        print(f"iimt: {error}", file=sys.stderr)
        sys.exit(2 if isinstance(error, UsageError) else 1)
    except OSError as error:
        said = _said_of(error)
        if said is None:
            raise
        print(f"iimt: {said}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        print("iimt: interrupted", file=sys.stderr)
        sys.exit(128 + signal.SIGINT)


def _said_of(error: OSError) -> str | None:
    """The file and the cause; None if the system names no file, as then the fault is not one that users know."""
    full = is_disk_full(error)
    if error.filename is None:
        return f"{OUTPUT}: the disk is full" if full else None
    name = os.fsdecode(error.filename) if isinstance(error.filename, bytes) else error.filename
    return f"{name}: {'the disk is full' if full else error.strerror}"


def run() -> NoReturn:
    """`main`, and the end of the process at once. Whoever writes a file must close it before `main` returns.

    Python would first take torch apart, object by object: 0.4 of the 2.0 seconds of a program that only imports it.
    """
    code: str | int | None = 0
    try:
        main()
    except SystemExit as left:
        code = left.code or 0
    if sys.getprofile() or sys.gettrace() or not isinstance(code, int):
        sys.exit(code)  # profilers and the like write what they know at the usual end
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:  # a program without a terminal may have none
                stream.flush()
        except OSError:  # the program that read what we say has ended, or the disk is full
            code = UNSAID
    os._exit(code)


def _silence_libraries() -> None:
    """Silences the remarks of libraries about damaged files. What matters in them is in our own one-line messages.

    `warnings.catch_warnings` would not do, since pictures are read in several threads.
    """
    warnings.filterwarnings("ignore", module="PIL")
    for name in ("PIL", "pypdfium2", "pikepdf"):
        logging.getLogger(name).addHandler(logging.NullHandler())


if __name__ == "__main__":
    run()
