"""Options that several commands share."""

from enum import Enum
from typing import Annotated

import typer


class DeviceName(str, Enum):
    auto = "auto"
    cpu = "cpu"
    cuda = "cuda"
    mps = "mps"


Device = Annotated[DeviceName, typer.Option("--device", help="Where the networks run.")]
Threads = Annotated[
    int | None, typer.Option("--threads", min=1, help="CPU threads.", show_default="all cores")
]
