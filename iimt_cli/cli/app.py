"""The `iimt` command: registers the subcommands and turns errors into one line and an exit code."""

import sys

import typer

from iimt_cli import __version__
from iimt_cli.cli.train import train
from iimt_cli.errors import IimtError

app = typer.Typer(
    name="iimt",
    help="Translate the text inside pictures.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(train)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"iimt {__version__}")
        raise typer.Exit


@app.callback()
def _main(version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Show the version.")) -> None:
    pass


def main() -> None:
    """Exit codes: 0 done, 1 something failed (one line says what), 2 wrong usage, 130 interrupted."""
    try:
        app()
    except IimtError as error:
        print(f"iimt: {error}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        print("iimt: interrupted", file=sys.stderr)
        sys.exit(130)


if __name__ == "__main__":
    main()
