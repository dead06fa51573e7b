"""TIFF of several pages. Pages that are not translated are copied as they are stored, even if they cannot be read."""

from __future__ import annotations

import struct
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

from PIL import Image

from iimt_cli.documents.base import PlacedText
from iimt_cli.errors import IimtError
from iimt_cli.formats.tiff import Output, Tiff
from iimt_cli.page.arrays import Pixels
from iimt_cli.page.files.encode import Encoded, encode_picture
from iimt_cli.page.files.image import Picture, read_picture


def count_pages(path: Path) -> int:
    """The number of pages; 1 for a broken file, which is then read as a picture and reports why it fails."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(path) as image:
                return getattr(image, "n_frames", 1) if image.format == "TIFF" else 1
    except Exception:  # Pillow may raise any exception
        return 1


def count_pixels(path: Path, number: int, dpi: int | None) -> int:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with Image.open(path) as image:
            image.seek(number)
            return image.width * image.height


def read_page(path: Path, number: int, dpi: int | None) -> Picture:
    try:
        return read_picture(path, number)
    except IimtError as error:
        cause = str(error).removeprefix(f"{path}: ")
        raise IimtError(f"{path}: page {number + 1}: {cause}") from None


def encode_page(
    path: Path, number: int, picture: Picture, pixels: Pixels, texts: Sequence[PlacedText]
) -> Encoded:
    return encode_picture(picture, pixels, Path("page.tif"))


def bind(path: Path, pages: Mapping[int, Path], output: Path, scratch: Path) -> None:
    try:
        with path.open("rb") as file, output.open("wb+") as new:
            source = Tiff(file)
            out = Output(new, source.order, source.big)
            for number, place in enumerate(source.pages()):
                if number not in pages:
                    out.append((source, place))
                    continue
                with pages[number].open("rb") as page:
                    translated = Tiff(page)
                    out.append((translated, next(translated.pages())))
    except (struct.error, OverflowError):
        raise IimtError(f"{path}: a damaged TIFF, or larger than TIFF allows") from None
