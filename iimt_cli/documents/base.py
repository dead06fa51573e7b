"""The functions that the module of a document format must have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from iimt_cli.page.arrays import Pixels
    from iimt_cli.page.files.encode import Encoded
    from iimt_cli.page.files.image import Picture

DPI = 200  # px per inch for pages that are not scans: type of 10 pt is 28 px high


@dataclass(frozen=True)
class PlacedText:
    """A text of a page and its lines: four corners each, in px of the page's picture, clockwise from the top left."""

    text: str
    lines: Sequence[Sequence[Sequence[float]]]


class Format(Protocol):
    """The functions of a format's module. All raise IimtError, one line with the file and the cause, if they fail."""

    def count_pages(self, path: Path) -> int:
        """The number of pages, at least 1."""

    def count_pixels(self, path: Path, number: int, dpi: int | None) -> int:
        """Width × height of the picture of a page."""

    def read_page(self, path: Path, number: int, dpi: int | None) -> Picture:
        """A page as a picture. `dpi` is for pages that have no pixels of their own."""

    def encode_page(
        self, path: Path, number: int, picture: Picture, pixels: Pixels, texts: Sequence[PlacedText]
    ) -> Encoded:
        """A file of one page, for `bind`. pixels: of the translated `picture`; texts: all texts of the translated page."""

    def bind(self, path: Path, pages: Mapping[int, Path], output: Path, scratch: Path) -> None:
        """Writes the document `path` with some pages replaced. pages: files of `encode_page` by the number of the page.

        Everything else stays as it was. `scratch`: a folder for temporary files, which need not be deleted.
        """
