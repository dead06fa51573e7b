"""JPEG: the segments that are kept, and how the pixels are stored."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from iimt_cli.formats.exif import PREFIX, upright_xmp

APP0, APP1, APP2, APP11, APP13, ADOBE = 0xE0, 0xE1, 0xE2, 0xEB, 0xED, 0xEE  # markers
START, SCAN, COMMENT = 0xD8, 0xDA, 0xFE
# in a quantisation table: libjpeg warns of larger steps, and some programs cannot read them
LARGEST_STEP = 255
LONGEST = 65533  # bytes of a segment's content, at most
_JFIF, _JFIF_BYTES = b"JFIF\0", 14  # start of a JFIF segment, and its bytes without a thumbnail
XMP, _MORE_XMP = b"http://ns.adobe.com/xap/1.0/\0", b"http://ns.adobe.com/xmp/extension/\0"
_PROFILE, _FURTHER_PICTURES = b"ICC_PROFILE\0", b"MPF\0"
# (samples across and down of each component) → Pillow's number of the sampling
_SAMPLINGS: dict[tuple[int, ...], int] = {(1, 1, 1, 1, 1, 1): 0, (2, 1, 1, 1, 1, 1): 1, (2, 2, 1, 1, 1, 1): 2}
_RGB = (82, 71, 66)  # numbers of the components of a JPEG that holds red, green and blue: the letters R, G, B


@dataclass(frozen=True)
class Component:
    """A channel of a JPEG: its number, its relative samples across and down, and the number of its quantisation table."""

    name: int
    across: int
    down: int
    table: int


@dataclass(frozen=True)
class Facts:
    """What a JPEG holds besides its pixels, and how these are stored.

    segments: (marker, content) in their order. tables: quantisation tables by number, 64 values each, row by row.
    transform: the colours by Adobe's marker: 0 RGB or CMYK, 1 YCbCr, 2 YCCK; None without the marker. not_kept: names of
    what is left out.
    """

    segments: tuple[tuple[int, bytes], ...]
    components: tuple[Component, ...]
    tables: dict[int, list[int]]
    progressive: bool
    transform: int | None
    not_kept: tuple[str, ...]

    @property
    def only_here(self) -> list[str]:
        """Names of what other formats cannot hold."""
        return sorted({name for segment in self.segments if (name := _name(*segment))})

    @property
    def is_rgb(self) -> bool:
        """Whether it stores red, green and blue, and not brightness and colour."""
        if len(self.components) != 3:
            return False
        names = tuple(component.name for component in self.components)
        has_jfif = any(marker == APP0 for marker, _ in self.segments)
        return not has_jfif and (names == _RGB if self.transform is None else self.transform == 0)

    @property
    def is_ycck(self) -> bool:
        """Whether it stores CMYK as brightness, colour and black."""
        return len(self.components) == 4 and self.transform == 2

    @property
    def is_too_coarse(self) -> bool:
        """Whether its tables have steps that cannot be written (LARGEST_STEP)."""
        return any(max(table) > LARGEST_STEP for table in self.tables.values())

    @property
    def sampling(self) -> int | None:
        """Pillow's number for the sampling of colours; None if Pillow cannot write it."""
        factors = tuple(factor for one in self.components for factor in (one.across, one.down))
        if len(self.components) == 3:
            return _SAMPLINGS.get(factors)
        return 0 if len(self.components) == 1 or set(factors) == {1} else None

    def tables_for(self, channels: int) -> list[list[int]]:
        """A table for each of `channels` channels; the first for all if their number is another. Empty if not known."""
        own = [self.tables[one.table] for one in self.components if one.table in self.tables]
        if len(own) != len(self.components):
            return []
        own = [[min(value, LARGEST_STEP) for value in table] for table in own]
        if channels != len(own) or self.is_ycck:
            return own[:1]
        while len(own) > 1 and own[-1] == own[-2]:
            own.pop()  # Pillow uses the last one for all further components
        return own


def facts_of(
    file: BinaryIO,
    components: tuple[Component, ...],
    tables: dict[int, list[int]],
    exif: bytes | None,
    turned: bool,
) -> Facts:
    """The facts of a file. exif: replaces the EXIF in the file; turned: the pixels were turned upright.

    Raises ValueError if the file is damaged.
    """
    segments, left_out = list[tuple[int, bytes]](), list[str]()
    transform, progressive = None, False
    for marker, content in _segments(file):
        if 0xC0 <= marker <= 0xCF and marker not in (
            0xC4,
            0xC8,
            0xCC,
        ):  # start of a frame; it is progressive if the marker modulo 4 is 2
            progressive = marker & 3 == 2
        elif marker == ADOBE and content.startswith(b"Adobe") and len(content) >= 12:
            transform = content[11]
        elif marker == APP0:
            if content.startswith(_JFIF) and len(content) >= _JFIF_BYTES:
                segments.append((marker, content[: _JFIF_BYTES - 2] + b"\0\0"))
        elif marker == APP1 and content.startswith(PREFIX):
            if exif is not None:
                segments += _cut(PREFIX, exif.removeprefix(PREFIX))
                exif = None
        elif marker == APP2 and content.startswith(_FURTHER_PICTURES):
            left_out.append("further pictures in the file")
        elif marker == APP11:
            left_out.append(
                "JPEG segment APP11"
                # they describe the old pixels: content credentials, and differences to a larger range of brightness
            )
        elif marker == COMMENT or APP0 <= marker <= APP0 + 15:
            xmp = turned and content.startswith(XMP)
            segments.append((marker, upright_xmp(content) if xmp else content))
    not_kept = tuple(dict.fromkeys(left_out))
    return Facts(tuple(segments), components, tables, progressive, transform, not_kept)


def with_facts(jpeg: bytes, facts: Facts, profile: bool) -> bytes:
    """The pixels of a file with the segments of another one; profile: whether to include its colour profile."""
    at, adobe = 2, list[tuple[int, bytes]]()
    while jpeg[at] == 0xFF and (jpeg[at + 1] == COMMENT or APP0 <= jpeg[at + 1] <= APP0 + 15):
        end = at + 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big")
        if jpeg[at + 1] == ADOBE:
            adobe.append((ADOBE, jpeg[at + 4 : end]))
        at = end
    kept = [one for one in facts.segments if profile or not (one[0] == APP2 and one[1].startswith(_PROFILE))]
    head = b"".join(
        bytes((0xFF, marker)) + (len(content) + 2).to_bytes(2, "big") + content
        for marker, content in [*kept, *adobe]
    )
    return bytes((0xFF, START)) + head + jpeg[at:]


def _segments(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """(marker, content) of each segment before the first scan."""
    while (marker := _next_marker(file)) not in (SCAN, None):
        assert marker is not None
        if marker == START or 0xD0 <= marker <= 0xD7 or marker in (0x00, 0x01):  # markers without content
            continue
        length = int.from_bytes(file.read(2), "big")
        content = file.read(max(0, length - 2))
        if len(content) != length - 2:
            raise ValueError("cut off")
        yield marker, content


def _next_marker(file: BinaryIO) -> int | None:
    while (byte := file.read(1)) and byte != b"\xff":
        pass
    while byte == b"\xff":
        byte = file.read(1)
    return byte[0] if byte else None


def _cut(prefix: bytes, content: bytes) -> list[tuple[int, bytes]]:
    """The content cut into segments APP1 that are short enough, each with the prefix."""
    most = LONGEST - len(prefix)
    return [(APP1, prefix + content[at : at + most]) for at in range(0, len(content), most)]


def _name(marker: int, content: bytes) -> str:
    """The name of a segment in messages to users; "" if other formats can hold it."""
    usual = {APP1: (PREFIX, XMP, _MORE_XMP), APP2: (_PROFILE,)}
    if marker in (APP0, COMMENT) or content.startswith(usual.get(marker, ())):
        return ""
    return "IPTC or Photoshop data" if marker == APP13 else f"JPEG segment APP{marker - APP0}"
