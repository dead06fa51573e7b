"""EXIF and XMP of a picture that was turned upright and drawn anew: they may no longer turn it, or show what it was."""

import re
import struct

PREFIX = b"Exif\0\0"  # before the EXIF of a JPEG, and of pictures as Pillow holds them
ORIENTATION = 0x0112  # tags
THUMBNAIL, THUMBNAIL_BYTES = 0x0201, 0x0202
SHORT = 3  # type of a value: two bytes
ENTRY = 12  # bytes of an entry of a directory
_IN_XMP = re.compile(rb"""(tiff:Orientation(?:\s*=\s*["']|>))[2-8]""")


def upright(exif: bytes) -> bytes:
    """The same EXIF with the orientation 1 and without its thumbnail, which shows the old picture.

    All else keeps its bytes and its place, since the notes of a camera's maker may hold places. Raises ValueError if it is
    damaged.
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
    """Where the values of a directory are, by tag, if they are short; and the place of its link to the next directory."""
    (count,) = struct.unpack_from(f"{order}H", data, start)
    end = start + 2 + count * ENTRY
    entries = {}
    for at in range(start + 2, end, ENTRY):
        tag, _, number = struct.unpack_from(f"{order}HHI", data, at)
        if number == 1:
            entries[tag] = at + 8
    return entries, end
