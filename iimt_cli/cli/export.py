"""`iimt export`: a training run as a weights folder that can be shipped."""

from pathlib import Path
from typing import Annotated

import typer


def export(
    run: Annotated[Path, typer.Argument(help="Folder of a training run, with all its stages.")],
    out: Annotated[Path, typer.Argument(help="Weights folder; older weights in it are replaced.")],
) -> None:
    """Copy what translating needs out of a run: half-precision parts, vocabularies, preset, checksums."""
    from iimt_cli.weights import export as copy

    files = copy(run, out)
    size = sum(path.stat().st_size for path in files) / 1e6
    print(f"{out}: {len(files)} files, {size:.1f} MB")
