"""PNG: the chunks that are kept, and pixels of 16 bits, which Pillow reads but cannot write."""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from iimt_cli.formats.exif import PREFIX, upright_xmp

HEAD = b"\x89PNG\r\n\x1a\n"
# Chunks about the whole picture that do not depend on how its pixels are stored.
KEPT = {
    b"cHRM", b"gAMA", b"iCCP", b"sRGB", b"cICP", b"mDCV", b"cLLI", b"pHYs", b"sPLT", b"pCAL", b"sCAL", b"sTER", b"tIME",
    b"tEXt", b"zTXt", b"iTXt", b"eXIf",
}  # fmt: skip
# chunks that are kept only if colour type and number of bits stay the same
KEPT_IF_ALIKE = {b"sBIT", b"bKGD"}
_OF_PIXELS = {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS"}  # chunks that are written with the pixels
_TEXT = {b"tEXt", b"zTXt", b"iTXt"}
_OLD_EXIF = (b"Raw profile type exif\0", b"Raw profile type APP1\0")  # EXIF as ImageMagick writes it
_XMP = b"XML:com.adobe.xmp\0"
GREY, RGB, GREY_ALPHA, RGBA = 0, 2, 4, 6  # colour types
_COLOUR_TYPES = {1: GREY, 2: GREY_ALPHA, 3: RGB, 4: RGBA}  # by channels


@dataclass(frozen=True)
class Facts:
    """The chunks before and behind the pixels, (name, content).

    bits: per channel. colour_type: as in the header. not_kept: names of what is left out.
    """

    before: tuple[tuple[bytes, bytes], ...]
    after: tuple[tuple[bytes, bytes], ...]
    bits: int
    colour_type: int
    not_kept: tuple[str, ...]

    @property
    def only_here(self) -> list[str]:
        """Names of what other formats cannot hold."""
        chunks = [*self.before, *self.after]
        found = {"PNG text" for name, content in chunks if name in _TEXT and not content.startswith(_XMP)}
        plain = _TEXT | KEPT_IF_ALIKE | {b"iCCP", b"pHYs", b"eXIf", b"sRGB", b"tIME"}
        found |= {f"PNG chunk {_shown(name)}" for name, _ in chunks if name not in plain}
        return sorted(found)


def facts_of(file: BinaryIO, exif: bytes | None, turned: bool) -> Facts:
    """The facts of a file. exif: replaces the EXIF in the file; turned: the pixels were turned upright.

    Raises ValueError if the file is damaged.
    """
    before, after = list[tuple[bytes, bytes]](), list[tuple[bytes, bytes]]()
    left_out, head = list[str](), bytes(13)
    behind = False
    for name, content in _chunks(file):
        head = content if name == b"IHDR" and len(content) == len(head) else head
        behind |= name == b"IDAT"
        if name in _OF_PIXELS or name == b"eXIf":
            continue
        if name not in KEPT | KEPT_IF_ALIKE and not _is_always_true(name):
            left_out.append(f"PNG chunk {_shown(name)}")
            continue
        if name in _TEXT and content.startswith(_OLD_EXIF) and exif is not None:
            continue
        if turned and content.startswith(_XMP):
            content = _upright_xmp(content)
        (after if behind else before).append((name, content))
    if exif is not None:
        before.append((b"eXIf", exif.removeprefix(PREFIX)))
    left_out += ["interlacing"] if head[12] else []
    return Facts(tuple(before), tuple(after), head[8], head[9], tuple(dict.fromkeys(left_out)))


def with_facts(png: bytes, facts: Facts, profile: bool) -> bytes:
    """The pixels of a file with the chunks of another one; profile: whether to include its colour profile."""
    chunks = [chunk for chunk in _chunks_of(png) if chunk[0] in _OF_PIXELS]
    pixels = next(i for i, (name, _) in enumerate(chunks) if name == b"IDAT")
    head = chunks[0][1]
    alike = (head[8], head[9]) == (facts.bits, facts.colour_type)
    left_out = {*(() if profile else (b"iCCP",)), *(() if alike else KEPT_IF_ALIKE)}
    before = [chunk for chunk in facts.before if chunk[0] not in left_out]
    parts = [
        chunks[0],
        *(chunk for chunk in before if chunk[0] != b"bKGD"),
        *chunks[1:pixels],
        *(chunk for chunk in before if chunk[0] == b"bKGD"),
        *chunks[pixels:-1],
        *facts.after,
        chunks[-1],
    ]
    return HEAD + b"".join(_chunk(*part) for part in parts)


def encode_16_bit(values: NDArray[np.uint16]) -> bytes:
    """Values, (H, W) or (H, W, channels), as a file. Each row is stored as its difference from the row above."""
    height, width = values.shape[:2]
    channels = values.shape[2] if values.ndim == 3 else 1
    rows = np.ascontiguousarray(values, ">u2").view(np.uint8).reshape(height, -1)
    stored = np.full((height, rows.shape[1] + 1), 2, np.uint8)  # each row begins with 2, the filter Up
    stored[:, 1:] = rows
    stored[1:, 1:] -= rows[:-1]
    head = struct.pack(">IIBBBBB", width, height, 16, _COLOUR_TYPES[channels], 0, 0, 0)
    pixels = zlib.compress(stored.data)
    return HEAD + _chunk(b"IHDR", head) + _chunk(b"IDAT", pixels) + _chunk(b"IEND", b"")


def _chunks(file: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    """(name, content) of each chunk of a file; the content of pixels is left out."""
    size = file.seek(0, 2)
    file.seek(0)
    if file.read(len(HEAD)) != HEAD:
        raise ValueError("no PNG")
    while len(head := file.read(8)) == 8:
        length, name = int.from_bytes(head[:4], "big"), head[4:]
        if name == b"IDAT":
            file.seek(length + 4, 1)
            yield name, b""
            continue
        yield name, file.read(min(length, size))
        file.seek(4, 1)
        if name == b"IEND":
            return


def _chunks_of(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(HEAD)
    while at + 8 <= len(png):
        length = int.from_bytes(png[at : at + 4], "big")
        yield png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        at += 12 + length


def _chunk(name: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(name + content).to_bytes(4, "big")
    return len(content).to_bytes(4, "big") + name + content + checksum


def _is_always_true(name: bytes) -> bool:
    """Whether an unknown chunk may be copied although the pixels changed.

    By the format's rule its name then has a small first letter (optional) and a small last letter (safe to copy).
    """
    return name.isalpha() and name[:1].islower() and name[3:].islower()


def _upright_xmp(content: bytes) -> bytes:
    """The content of an iTXt chunk with upright XMP. It holds keyword, compression, language, translated keyword, text."""
    start = len(_XMP)
    compressed = content[start : start + 1] == b"\1"
    _, _, text = content[start + 2 :].split(b"\0", 2)
    if compressed:
        text = zlib.decompress(text)
    return _XMP + b"\0\0\0\0" + upright_xmp(text)


def _shown(name: bytes) -> str:
    return name.decode() if name.isalpha() else name.hex()
