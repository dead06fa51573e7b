"""What a file holds beside 8-bit RGB, as far as Pillow does not tell it: how it is stored, metadata byte by byte, 16 bits."""

from __future__ import annotations

import ctypes
import re
import struct
import sys
import zlib
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import PIL
from numpy.typing import NDArray
from PIL import Image, ImageOps

from iimt_cli.formats import jpeg, png, tiff
from iimt_cli.page.files.own import EIGHT, SIXTEEN, Own

Original: TypeAlias = png.Facts | jpeg.Facts | tiff.Facts

JPEG_FORMATS = ("JPEG", "MPO")  # an MPO is a JPEG with further ones behind it
# The lower half of 16 bits is where the upper half of the other order of bytes is.
_OTHER_HALF = {"B": "L", "L": "B", "N": "B" if sys.byteorder == "little" else "L"}
_DEEP = re.compile(r"(RGB|RGBA|LA|CMYK|[RGBA]);16[BLN]")
_WHOLE_16_BITS = {"LA;16B": "RGBA"}  # four bytes of grey and alpha, taken for four channels


def original_of(
    path: Path, page: int, image: Image.Image, exif: bytes | None, orientation: int
) -> Original | None:
    """Facts about the file of an image, for files of the same format; None if there are none, or they are damaged.

    exif: that of the picture. orientation: in which the pixels are stored, which are upright now.
    """
    stored: Any = image
    try:
        with path.open("rb") as file:
            if image.format == "PNG":
                return png.facts_of(file, exif, orientation > 1)
            if image.format in JPEG_FORMATS:
                components = tuple(jpeg.Component(*one) for one in stored.layer)
                tables = {number: list(table) for number, table in stored.quantization.items()}
                return jpeg.facts_of(file, components, tables, exif, orientation > 1)
            if image.format == "TIFF":
                return tiff.facts_of(file, page, orientation)
    except (ValueError, TypeError, IndexError, OverflowError, struct.error, zlib.error):
        pass
    return None


def bits_of(image: Image.Image) -> int | None:
    """Bits per channel of a TIFF that Pillow has opened; None for all else."""
    bits = getattr(image, "tag_v2", {}).get(tiff.BITS, None)
    return int(bits[0]) if isinstance(bits, tuple) and bits else None


def has_16_bits(image: Image.Image) -> bool:
    """Whether an image that is not loaded yet is of 16 bits per channel, of which Pillow gives eight.

    Planes of 16 bits that are not compressed are set right: Pillow would take them for planes of 8.
    """
    if image.format == "TIFF" and bits_of(image) == SIXTEEN:
        order = "L" if image.tag_v2.prefix == b"II" else "B"  # type: ignore[attr-defined]
        _set_raw(image, lambda raw: f"{raw};16{order}" if raw in ("R", "G", "B", "A") else raw)
    deep = any(_DEEP.fullmatch(_raw(one)) for one in _tiles(image))
    return deep and image.mode in ("RGB", "RGBA", "CMYK")


def in_16_bits(path: Path, page: int, image: Image.Image) -> Own | None:
    """All bits of a file, of which `image` has the upper eight of each channel; None if Pillow cannot tell them.

    The file is decoded once more, with the bytes taken in the other order.
    """
    with Image.open(path) as other:
        if page:
            other.seek(page)
        if not has_16_bits(other):
            return None
        grey = any(_raw(one) in _WHOLE_16_BITS for one in _tiles(other))
        _set_raw(other, lambda raw: _WHOLE_16_BITS.get(raw) or raw[:-1] + _OTHER_HALF[raw[-1]])
        other.load()
        low = np.asarray(ImageOps.exif_transpose(other)).astype(np.uint16)
    if grey:
        return Own("LA;16", low[..., 0::2] << EIGHT | low[..., 1::2])
    high: NDArray[np.uint16] = np.asarray(ImageOps.exif_transpose(image)).astype(np.uint16)
    return Own(f"{image.mode};16", high << EIGHT | low)


@cache
def silence_libtiff() -> None:
    """libtiff writes what it thinks of damaged files on standard error itself; Pillow tells the same by an exception.

    For the library that comes in Pillow's wheels, on systems where it is a file of its own.
    """
    place = Path(PIL.__file__).parent
    for library in [*place.parent.glob("pillow.libs/libtiff*"), *place.glob(".dylibs/libtiff*")]:
        with suppress(OSError, AttributeError):
            ctypes.CDLL(str(library)).TIFFSetErrorHandler(None)


def _tiles(image: Image.Image) -> list[Any]:
    """(codec, place in the image, place in the file, how it is stored) of each part of a file."""
    return list(getattr(image, "tile", []))


def _raw(tile: Any) -> str:
    """Pillow's name for how the pixels of a part are stored."""
    how = tile.args
    return how if isinstance(how, str) else str(how[0]) if isinstance(how, tuple) and how else ""


def _set_raw(image: Any, change: Callable[[str], str]) -> None:
    image.tile = [
        one._replace(
            args=change(one.args) if isinstance(one.args, str) else (change(one.args[0]), *one.args[1:])
        )
        if _raw(one)
        else one
        for one in _tiles(image)
    ]
