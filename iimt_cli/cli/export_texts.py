"""`iimt export-texts`: the texts of sidecars as one file for the tools of translators."""

from pathlib import Path
from typing import Annotated

import typer


def export_texts(
    sidecars: Annotated[
        list[Path],
        typer.Argument(
            metavar="SIDECARS",
            help="Sidecars (*.json) that `translate --json` wrote, or folders with such.",
            show_default=False,
        ),
    ],
    output: Annotated[
        Path,
        typer.Option(
            "--output", "-o", help="A table (.tsv), or XLIFF 1.2 (.xlf, .xliff).", show_default=False
        ),
    ],
) -> None:
    """Write the texts of pictures and documents into one file, to be corrected in a spreadsheet or a translator's tool.

    `iimt translate --texts FILE` draws what was corrected. The file names the sidecars, which must stay where they are.
    XLIFF needs the extra "xliff" of iimt.
    """
    from iimt_cli.runs.exchange import write_table
    from iimt_cli.runs.texts import sidecars_of
    from iimt_cli.translation.result import Texts

    texts = sidecars_of(sidecars)
    count = write_table(output, texts)
    of_pictures = sum(isinstance(own, Texts) for own in texts.values())
    counts = {"picture": of_pictures, "document": len(texts) - of_pictures}
    kinds = [f"{n} {kind}{'' if n == 1 else 's'}" for kind, n in counts.items() if n]
    print(f"{output}: {count} texts of {' and '.join(kinds)}")
