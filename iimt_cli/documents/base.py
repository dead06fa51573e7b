"""What a format of documents is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from iimt_cli.page.arrays import Pixels
    from iimt_cli.page.files.encode import Encoded
    from iimt_cli.page.files.image import Picture

DPI = 200  # px per inch for pages that are no scan: type of 10 pt is 28 px high


@dataclass(frozen=True)
class PlacedText:
    """A text of a page and its lines: four corners each, in px of the page's picture, clockwise from the top left."""

    text: str
    lines: Sequence[Sequence[Sequence[float]]]


class Format(Protocol):
    """What the module of a format offers.

    What cannot be read or written raises IimtError, one line with the file and the cause.
    """

    def count_pages(self, path: Path) -> int:
        """At least 1."""

    def count_pixels(self, path: Path, number: int, dpi: int | None) -> int:
        """How large the picture of a page is: width × height."""

    def read_page(self, path: Path, number: int, dpi: int | None) -> Picture:
        """A page as a picture. `dpi` is for pages that have no pixels of their own."""

    def encode_page(
        self, path: Path, number: int, picture: Picture, pixels: Pixels, texts: Sequence[PlacedText]
    ) -> Encoded:
        """A file of the page alone as `bind` takes it; pixels: the translated `picture`, texts: all it says now."""

    def bind(self, path: Path, pages: Mapping[int, Path], output: Path, scratch: Path) -> None:
        """Writes the document `path` with `pages`, files of `encode_page`, in the place of its own.

        All else is as it was. `scratch` is a folder for files that may stay behind.
        """
