"""TIFF: directories of tags, each with the pixels of a page. All other tags of a page can be copied to another file."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from iimt_cli.formats.exif import upright_xmp

PIECE = 1 << 20  # bytes that are copied at a time
STRIP = 1 << 18  # bytes of a strip before compression

# Tags
WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC, STRIPS, ORIENTATION = 256, 257, 258, 259, 262, 273, 274
CHANNELS, STRIP_ROWS, STRIP_BYTES, X_RESOLUTION, Y_RESOLUTION = 277, 278, 279, 282, 283
EXTRA, SAMPLE_FORMAT, REDUCED, XMP, PROFILE, LAYERS = 338, 339, 330, 700, 34675, 37724
# Tags that say how pixels are stored. They are written with the pixels.
STORAGE = frozenset(
    (
        WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC, STRIPS, ORIENTATION, CHANNELS, STRIP_ROWS, STRIP_BYTES, EXTRA,
        SAMPLE_FORMAT, 263, 264, 265, 266, 280, 281, 284, 288, 289, 290, 291, 292, 293, 301, 317, 320, 321, 322, 323, 324, 325,
        332, 333, 334, 336, 340, 341, 342, 347, 512, 513, 514, 515, 517, 518, 519, 520, 521, 529, 530, 531, 532,
    )
)  # fmt: skip
# Tags that show the old pixels and are left out → their names in messages to users
_LEFT_OUT = {REDUCED: "reduced pictures", LAYERS: "layers"}
# Tags whose contents other formats hold as EXIF, XMP, a profile or a resolution
_COMMON = frozenset(
    (
        254, 255, 269, 270, 271, 272, X_RESOLUTION, Y_RESOLUTION, 285, 296, 297, 305, 306, 315, 316, XMP, 33432, 34665,
        PROFILE, 34853,
    )
)  # fmt: skip
_PRESS = (33723, 34377)  # IPTC, Photoshop

# Tags whose values are offsets in the file → the tags with the lengths there: of strips, tiles, old JPEG.
PLACES = {STRIPS: STRIP_BYTES, 324: 325, 513: 514}
MOST_REDUCED = 64  # reduced pictures that are copied with a page, at most
DIRECTORIES = (REDUCED, 34665, 34853, 40965)  # tags whose values are offsets of further directories
# Types of values → (bytes of a value, bytes that are reversed if the byte order differs).
SIZES = {
    1: 1,
    2: 1,
    3: 2,
    4: 4,
    5: 8,
    6: 1,
    7: 1,
    8: 2,
    9: 4,
    10: 8,
    11: 4,
    12: 8,
    13: 4,
    16: 8,
    17: 8,
    18: 8,
}
UNITS = SIZES | {5: 4, 10: 4}
SHORT, LONG, LONG8 = 3, 4, 16
CODES = {SHORT: "H", LONG: "I", 13: "I", LONG8: "Q", 18: "Q"}
NO_COMPRESSION, DEFLATE = 1, 8
DARK_IS_0, IN_RGB, IN_CMYK = 1, 2, 5  # values of PHOTOMETRIC: the meaning of pixel values
_OTHER_COLOURS = {6: "YCbCr", 8: "LAB"}  # values of PHOTOMETRIC whose pixels are stored as RGB instead
_JPEG = (6, 7)  # compressions that include a change to YCbCr
STRAIGHT_ALPHA = 2  # value of EXTRA: colours are not premultiplied by alpha
_KINDS = {"u": 1, "i": 2, "f": 3}  # numpy's letter of a type → value of SAMPLE_FORMAT
_LETTERS = {number: letter for letter, number in _KINDS.items()}


@dataclass(frozen=True)
class Facts:
    """What a page holds besides its pixels: `content` is a TIFF whose only page has no pixels.

    order: byte order, "<" or ">". compression: a number of the format. bits: per channel. kind: type of the values, numpy's
    letter. tags: those in `content`. not_kept: names of what is left out.
    """

    content: bytes
    order: str
    compression: int
    bits: int
    kind: str
    tags: frozenset[int]
    not_kept: tuple[str, ...]

    @property
    def only_here(self) -> list[str]:
        """Names of what other formats cannot hold."""
        press = ["IPTC or Photoshop data"] if self.tags & {*_PRESS} else []
        return [*press, *(f"TIFF tag {tag}" for tag in sorted(self.tags - _COMMON - {*_PRESS}))]


def facts_of(file: BinaryIO, number: int, orientation: int) -> Facts:
    """The facts of page `number`, from 0. orientation: EXIF's number of how its pixels are stored; `Picture` is upright.

    Raises ValueError if the file is damaged.
    """
    content = io.BytesIO()
    try:
        source = Tiff(file)
        place = next(place for i, place in enumerate(source.pages()) if i == number)
        values, _ = source.directory(place, leave=frozenset((LAYERS,)))
        compression, bits, kind, meaning, extra = (
            (values[tag].numbers(source.order) if tag in values else [1])[0]
            for tag in (COMPRESSION, BITS, SAMPLE_FORMAT, PHOTOMETRIC, EXTRA)
        )
        out = Output(content, source.order, source.big)
        out.append((source, place), leave=STORAGE | _LEFT_OUT.keys(), orientation=orientation)
    except (struct.error, OverflowError, StopIteration):
        raise ValueError("a damaged directory") from None
    present = source.tags(place)
    left_out = tuple(name for tag, name in _LEFT_OUT.items() if tag in present)
    if meaning in _OTHER_COLOURS and compression not in _JPEG:
        left_out = (*left_out, _OTHER_COLOURS[meaning])
    if EXTRA in present and extra == 1:
        left_out = (*left_out, "premultiplied alpha")
    tags = frozenset(values) - STORAGE - _LEFT_OUT.keys()
    return Facts(content.getvalue(), source.order, compression, bits, _LETTERS.get(kind, "u"), tags, left_out)


def with_facts(page: bytes, facts: Facts, profile: bool) -> bytes:
    """The pixels of a file of one page with everything else of another; profile: whether to include its colour profile."""
    content = io.BytesIO()
    old, new = Tiff(io.BytesIO(facts.content)), Tiff(io.BytesIO(page))
    out = Output(content, old.order, old.big)
    leave = frozenset() if profile else frozenset((PROFILE,))
    out.append((old, next(old.pages())), pixels=(new, next(new.pages())), leave=leave)
    return content.getvalue()


def encode(
    values: NDArray[np.generic], meaning: int, order: str = "<", deflate: bool = True, alpha: bool = False
) -> bytes:
    """Pixels, (H, W) or (H, W, channels), of any type of 8 bits or more, as a file of one page.

    meaning: a value of PHOTOMETRIC. order: byte order. alpha: whether the last channel is alpha.
    """
    height, width = values.shape[:2]
    channels = values.shape[2] if values.ndim == 3 else 1
    rows = max(1, STRIP // max(1, width * channels * values.dtype.itemsize))
    stored = values.astype(f"{order}{values.dtype.str[1:]}")
    strips = [stored[y : y + rows].tobytes() for y in range(0, height, rows)]
    if deflate:
        strips = [zlib.compress(strip) for strip in strips]
    short = {
        BITS: [8 * values.dtype.itemsize] * channels,
        COMPRESSION: [DEFLATE if deflate else NO_COMPRESSION],
        PHOTOMETRIC: [meaning],
        CHANNELS: [channels],
        284: [1],
        SAMPLE_FORMAT: [_KINDS[values.dtype.kind]] * channels,
        **({EXTRA: [STRAIGHT_ALPHA]} if alpha else {}),
    }
    long = {
        WIDTH: [width],
        HEIGHT: [height],
        STRIP_ROWS: [rows],
        STRIP_BYTES: [len(strip) for strip in strips],
    }
    content = io.BytesIO()
    tags = {tag: Value(SHORT, struct.pack(f"{order}{len(some)}H", *some)) for tag, some in short.items()}
    tags |= {tag: Value(LONG, struct.pack(f"{order}{len(some)}I", *some)) for tag, some in long.items()}
    Output(content, order, big=False).write(tags, strips)
    return content.getvalue()


@dataclass(frozen=True)
class Value:
    """The value of a tag: type, count, and `content` in the byte order of its file."""

    type: int
    content: bytes

    def numbers(self, order: str) -> list[int]:
        code = CODES.get(self.type, "B")
        return list(struct.unpack(f"{order}{len(self.content) // struct.calcsize(code)}{code}", self.content))

    def turned(self) -> Value:
        unit = UNITS[self.type]
        parts = (self.content[i : i + unit][::-1] for i in range(0, len(self.content), unit))
        return Value(self.type, b"".join(parts))


class Tiff:
    """A TIFF file for reading. `order`: byte order, "<" or ">". `big`: the variant BigTIFF, with offsets of 8 bytes.

    If it is damaged, methods raise struct.error or OverflowError.
    """

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self._size = file.seek(0, io.SEEK_END)
        head = self.read(0, 16)
        self.order = ">" if head[:2] == b"MM" else "<"
        self.big = struct.unpack(f"{self.order}H", head[2:4]) == (43,)
        self._code = f"{self.order}{'Q' if self.big else 'I'}"  # struct's code of an offset
        self._first = 8 if self.big else 4  # where the offset of the first directory is written
        self._entry, self._field = f"{self.order}{'HHQ' if self.big else 'HHI'}", 8 if self.big else 4
        self._width = struct.calcsize(self._entry) + self._field

    def read(self, place: int, length: int) -> bytes:
        if place > self._size:
            return b""
        self.file.seek(place)
        return self.file.read(min(length, self._size))

    def pages(self) -> Iterator[int]:
        """The offset of each page's directory."""
        place, seen = self._place(self._first), set[int]()
        while place and place not in seen:
            seen.add(place)
            yield place
            place = self.directory(place)[1]

    def directory(self, place: int, leave: Collection[int] = ()) -> tuple[dict[int, Value], int]:
        """(values of the directory at `place`, by tag; offset of the next one), without unknown types and tags in `leave`."""
        # bytes: limited, since a directory with overlapping values could fill any memory
        values, left = {}, self._size
        count, at = self._count(place)
        for tag, type_, number, content in self._entries(count, at):
            if type_ not in SIZES or tag in leave:
                continue
            length = SIZES[type_] * number
            left -= length
            if left < 0:
                raise struct.error("more values than the file has bytes")
            if length > len(content):
                content = self.read(self._number(content), length)
            values[tag] = Value(type_, content[:length])
        return values, self._place(at + count * self._width)

    def tags(self, place: int) -> set[int]:
        """The tags of the directory at `place`."""
        return {tag for tag, *_ in self._entries(*self._count(place))}

    def _place(self, at: int) -> int:
        """The offset that is written at `at`."""
        return self._number(self.read(at, self._field))

    def _number(self, content: bytes) -> int:
        (number,) = struct.unpack(self._code, content)
        return int(number)

    def _count(self, place: int) -> tuple[int, int]:
        """(number of entries of the directory at `place`, offset of the first one)."""
        code = f"{self.order}{'Q' if self.big else 'H'}"
        at = place + struct.calcsize(code)
        (count,) = struct.unpack(code, self.read(place, at - place))
        return count, at

    def _entries(self, count: int, at: int) -> Iterator[tuple[int, int, int, bytes]]:
        """(tag, type of its value, count, the value or its offset) of each entry."""
        for _ in range(count):
            entry = self.read(at, self._width)
            at += self._width
            yield *struct.unpack(self._entry, entry[: -self._field]), entry[-self._field :]


class Output:
    """A TIFF file for writing, page by page."""

    def __init__(self, file: BinaryIO, order: str, big: bool) -> None:
        self._file, self._order, self._big = file, order, big
        self._code = f"{order}{'Q' if big else 'I'}"
        self._type = LONG8 if big else LONG
        mark = b"II" if order == "<" else b"MM"
        file.write(
            mark + (struct.pack(f"{order}HHHQ", 43, 8, 0, 0) if big else struct.pack(f"{order}HI", 42, 0))
        )
        # where the offset of the next page will be written
        self._link = file.tell() - struct.calcsize(self._code)

    def append(
        self,
        page: tuple[Tiff, int],
        pixels: tuple[Tiff, int] | None = None,
        leave: Collection[int] = (),
        orientation: int = 1,
    ) -> None:
        """Copies a page: (file, offset of its directory).

        pixels: another page whose pixels are copied instead. leave: tags that are left out. orientation: EXIF's number of how
        the page was stored, if its pixels are upright now.
        """
        values = self._copied(*page, leave=leave)
        if XMP in values and orientation > 1:
            values[XMP] = Value(values[XMP].type, upright_xmp(values[XMP].content))
        if orientation > 4:  # it was stored lying on its side
            across, down = values.pop(X_RESOLUTION, None), values.pop(Y_RESOLUTION, None)
            values |= {tag: one for tag, one in ((X_RESOLUTION, down), (Y_RESOLUTION, across)) if one}
        if pixels is not None:
            stored = self._copied(*pixels)
            values |= {tag: value for tag, value in stored.items() if tag in STORAGE}
        self._end_page(values)

    def write(self, values: Mapping[int, Value], strips: Sequence[bytes]) -> None:
        """Writes a page with these strips; values: all other tags, in the byte order of this file."""
        places = []
        for strip in strips:
            places.append(self._end())
            self._file.write(strip)
        self._end_page({**values, STRIPS: self._places(places, self._order)})

    def _end_page(self, values: Mapping[int, Value]) -> None:
        """Writes the directory of a page, and its offset at the end of the directory before it."""
        at = self._directory(values)
        end = self._file.tell()
        self._file.seek(self._link)
        self._file.write(struct.pack(self._code, at))
        self._file.seek(end)
        self._link = end - struct.calcsize(self._code)

    def _copied(
        self, source: Tiff, place: int, depth: int = 0, leave: Collection[int] = ()
    ) -> dict[int, Value]:
        """Copies everything that a directory points to. Returns the values of the directory for this file."""
        values, _ = source.directory(place, leave)
        for tag, lengths in PLACES.items():
            if tag in values and lengths in values:
                pairs = zip(
                    values[tag].numbers(source.order), values[lengths].numbers(source.order), strict=False
                )
                moved = [self._copy_bytes(source, at, length) for at, length in pairs]
                values[tag] = self._places(moved, source.order)
        for tag in DIRECTORIES:
            if tag in values and depth < 2:
                inner = values[tag].numbers(source.order)[: MOST_REDUCED if tag == REDUCED else 1]
                moved = [self._directory(self._copied(source, at, depth + 1)) for at in inner]
                values[tag] = self._places(moved, source.order)
        if source.order != self._order:
            values = {tag: value.turned() for tag, value in values.items()}
        return values

    def _places(self, places: list[int], order: str) -> Value:
        """Offsets as the value of a tag, in this byte order."""
        return Value(self._type, struct.pack(f"{order}{len(places)}{self._code[1]}", *places))

    def _copy_bytes(self, source: Tiff, place: int, length: int) -> int:
        at = self._end()
        source.file.seek(place)
        while length > 0 and (piece := source.file.read(min(PIECE, length))):
            self._file.write(piece)
            length -= len(piece)
        return at

    def _directory(self, values: Mapping[int, Value]) -> int:
        """Writes a directory, as the last one of the file. Returns its offset."""
        count_code, entry_code, field = ("Q", "HHQ", 8) if self._big else ("H", "HHI", 4)
        rows = b""
        for tag, value in sorted(values.items()):
            content = value.content
            number = len(content) // SIZES[value.type]
            if len(content) > field:
                at = self._end()
                self._file.write(content)
                content = struct.pack(self._code, at)
            rows += struct.pack(f"{self._order}{entry_code}", tag, value.type, number) + content.ljust(
                field, b"\0"
            )
        place = self._end()
        self._file.write(struct.pack(f"{self._order}{count_code}", len(values)) + rows)
        self._file.write(struct.pack(self._code, 0))
        return place

    def _end(self) -> int:
        """The end of the file, padded to an even offset, as the format wants."""
        if self._file.tell() % 2:
            self._file.write(b"\0")
        return self._file.tell()
