"""EXIF and XMP for a picture that was turned upright and changed: without its old orientation and thumbnail."""

import re
import struct

PREFIX = b"Exif\0\0"  # stands before the EXIF in a JPEG, and in what Pillow returns
ORIENTATION = 0x0112  # tags
THUMBNAIL, THUMBNAIL_BYTES = 0x0201, 0x0202
SHORT = 3  # type of a value: two bytes
ENTRY = 12  # bytes of an entry of a directory
_IN_XMP = re.compile(rb"""(tiff:Orientation(?:\s*=\s*["']|>))[2-8]""")


def upright(exif: bytes) -> bytes:
    """The same EXIF with the orientation 1 and without its thumbnail, which shows the old picture.

    All other bytes keep their places, since a camera maker's notes may contain offsets. Raises ValueError if it is damaged.
    """
    data = bytearray(exif.removeprefix(PREFIX))
    order = {b"II": "<", b"MM": ">"}.get(bytes(data[:2]))
    if order is None:
        raise ValueError("no EXIF")
    try:
        (first,) = struct.unpack_from(f"{order}I", data, 4)
        entries, link = _directory(data, order, first)
        if ORIENTATION in entries:
            struct.pack_into(f"{order}H", data, entries[ORIENTATION], 1)
        (second,) = struct.unpack_from(f"{order}I", data, link)
        struct.pack_into(f"{order}I", data, link, 0)
        entries = _directory(data, order, second)[0] if second else {}
        if THUMBNAIL in entries and THUMBNAIL_BYTES in entries:
            (place,) = struct.unpack_from(f"{order}I", data, entries[THUMBNAIL])
            (length,) = struct.unpack_from(f"{order}I", data, entries[THUMBNAIL_BYTES])
            data[place : place + length] = bytes(len(data[place : place + length]))
    except struct.error:
        raise ValueError("damaged EXIF") from None
    return PREFIX + bytes(data)


def upright_xmp(xmp: bytes) -> bytes:
    """The same XMP with the orientation 1."""
    return _IN_XMP.sub(rb"\g<1>1", xmp)


def _directory(data: bytearray, order: str, start: int) -> tuple[dict[int, int], int]:
    """(offsets of the short values of a directory, by tag; offset of its link to the next directory)."""
    (count,) = struct.unpack_from(f"{order}H", data, start)
    end = start + 2 + count * ENTRY
    entries = {}
    for at in range(start + 2, end, ENTRY):
        tag, _, number = struct.unpack_from(f"{order}HHI", data, at)
        if number == 1:
            entries[tag] = at + 8
    return entries, end
