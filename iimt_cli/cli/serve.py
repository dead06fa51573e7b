"""`iimt serve`: a page on this machine to translate pictures, look at them, and correct their texts."""

from typing import Annotated

import typer

from iimt_cli.cli.options import Device, DeviceName, Threads
from iimt_cli.cli.translate import (
    Beam,
    GlossaryFiles,
    MinConfidence,
    Numbers,
    NumbersOption,
    Source,
    Target,
    TextModelName,
    TranslatorCommand,
    Weights,
)
from iimt_cli.translation import BEAM

Host = Annotated[
    str,
    typer.Option(
        "--host",
        help="Address to serve at. By default only this machine can reach the page; with 0.0.0.0 its whole network "
        "can, without a password.",
    ),
]
Port = Annotated[int, typer.Option("--port", min=0, max=65535, help="Port; 0 takes one that is free.")]
MaxMegabytes = Annotated[
    int, typer.Option("--max-mb", min=1, max=1024, help="Largest file that is taken, in MB.")
]
MaxMegapixels = Annotated[
    int,
    typer.Option(
        "--max-megapixels", min=1, max=178, help="Largest picture that is taken, in millions of pixels."
    ),
]


def serve(
    host: Host = "127.0.0.1",
    port: Port = 8000,
    source: Source = None,
    target: Target = None,
    weights: Weights = None,
    text_model: TextModelName = None,
    translator: TranslatorCommand = None,
    device: Device = DeviceName.auto,
    beam: Beam = BEAM,
    min_confidence: MinConfidence = None,
    glossary: GlossaryFiles = None,
    numbers: NumbersOption = Numbers.keep,
    threads: Threads = None,
    max_mb: MaxMegabytes = 32,
    max_megapixels: MaxMegapixels = 50,
) -> None:
    """Serve a page on this machine: drop, paste or photograph pictures, see them translated, correct a text, redraw.

    Pictures are translated one after the other. The last hundred are kept, in memory only:
    nothing is written to a disk or sent elsewhere. Needs optional packages, the extra "serve".
    """
    from iimt_cli.serve.server import ServeOptions, run

    options = ServeOptions(
        host=host, port=port, weights=weights, source=source, target=target, text_model=text_model, translator=translator,
        device=device.value, beam=beam, min_confidence=min_confidence, glossary=tuple(glossary or ()), numbers=numbers.value,
        threads=threads,
        max_bytes=max_mb << 20, max_pixels=max_megapixels * 1_000_000,
    )  # fmt: skip
    run(options, lambda line: print(line, flush=True))
