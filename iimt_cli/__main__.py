"""`python -m iimt_cli` is the same as `iimt`."""

from iimt_cli.cli.app import run

if __name__ == "__main__":
    run()
