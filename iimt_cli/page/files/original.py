"""What a file holds besides 8-bit RGB that Pillow does not report: how it is stored, all metadata, all 16 bits."""

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

JPEG_FORMATS = ("JPEG", "MPO")  # an MPO file is several JPEGs, one after the other
# Pillow keeps the upper byte of 16 bits. Told the opposite byte order, it keeps the lower byte instead.
_OTHER_HALF = {"B": "L", "L": "B", "N": "B" if sys.byteorder == "little" else "L"}
_DEEP = re.compile(r"(RGB|RGBA|LA|CMYK|[RGBA]);16[BLN]")
# two bytes of grey and two of alpha are decoded as four channels of one byte
_WHOLE_16_BITS = {"LA;16B": "RGBA"}


def original_of(
    path: Path, page: int, image: Image.Image, exif: bytes | None, orientation: int
) -> Original | None:
    """What an output of the same format should keep from this file; None if there is nothing, or it is damaged.

    exif: as in `Picture`. orientation: the EXIF orientation, 1 to 8, of the pixels in the file; `Picture` is upright.
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
    """Bits per channel of a TIFF that Pillow has opened; None for every other format."""
    bits = getattr(image, "tag_v2", {}).get(tiff.BITS, None)
    return int(bits[0]) if isinstance(bits, tuple) and bits else None


def has_16_bits(image: Image.Image) -> bool:
    """Whether an image has 16 bits per channel, of which Pillow would return eight. Call it before the image is loaded.

    Pillow takes uncompressed planes of 16 bits for planes of 8. This corrects them in `image`.
    """
    if image.format == "TIFF" and bits_of(image) == SIXTEEN:
        order = "L" if image.tag_v2.prefix == b"II" else "B"  # type: ignore[attr-defined]
        _set_raw(image, lambda raw: f"{raw};16{order}" if raw in ("R", "G", "B", "A") else raw)
    deep = any(_DEEP.fullmatch(_raw(one)) for one in _tiles(image))
    return deep and image.mode in ("RGB", "RGBA", "CMYK")


def in_16_bits(path: Path, page: int, image: Image.Image) -> Own | None:
    """All 16 bits of a file; `image` has the upper eight of each channel. None if Pillow cannot decode the lower eight.

    The file is decoded once more in the opposite byte order, which gives the lower eight.
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
    """Keep libtiff from writing on standard error about damaged files; Pillow raises an exception for them anyway.

    It works where Pillow's wheel brings libtiff as a file of its own; elsewhere it does nothing.
    """
    place = Path(PIL.__file__).parent
    for library in [*place.parent.glob("pillow.libs/libtiff*"), *place.glob(".dylibs/libtiff*")]:
        with suppress(OSError, AttributeError):
            ctypes.CDLL(str(library)).TIFFSetErrorHandler(None)


def _tiles(image: Image.Image) -> list[Any]:
    """Pillow's description of each part of a file: (codec, box in the image, offset in the file, arguments of the codec)."""
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
