"""TIFF of several pages. Pages that are not translated are copied as they are stored, also where they cannot be read."""

from __future__ import annotations

import struct
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from PIL import Image

from iimt_cli.documents.base import PlacedText
from iimt_cli.errors import IimtError
from iimt_cli.page.arrays import Pixels
from iimt_cli.page.image import Picture, encode_picture, read_picture

PIECE = 1 << 20  # bytes that are copied at a time

# Tags whose values are places in the file, with the tags of the lengths there: strips, tiles, old JPEG.
PLACES = {273: 279, 324: 325, 513: 514}
DIRECTORIES = (330, 34665, 34853, 40965)  # tags whose values are places of further directories
# Types of values: bytes of each, and bytes that are turned round where the order of bytes differs.
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


def count_pages(path: Path) -> int:
    """1, too, for what is broken: whoever reads it as a picture is told why."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(path) as image:
                return getattr(image, "n_frames", 1) if image.format == "TIFF" else 1
    except Exception:  # Pillow raises what it likes
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
) -> bytes:
    return encode_picture(picture, pixels, Path("page.tif"))


def bind(path: Path, pages: Mapping[int, Path], output: Path, scratch: Path) -> None:
    try:
        with path.open("rb") as file, output.open("wb+") as new:
            source = _File(file)
            out = _Output(new, source.order, source.big)
            for number, place in enumerate(source.pages()):
                if number not in pages:
                    out.append(source, place)
                    continue
                with pages[number].open("rb") as page:
                    translated = _File(page)
                    out.append(translated, next(translated.pages()))
    except struct.error:
        raise IimtError(f"{path}: a damaged TIFF, or larger than TIFF allows") from None


@dataclass(frozen=True)
class _Value:
    """What a tag says: `content` in the file's order of bytes."""

    type: int
    content: bytes

    def numbers(self, order: str) -> list[int]:
        code = CODES.get(self.type, "B")
        return list(struct.unpack(f"{order}{len(self.content) // struct.calcsize(code)}{code}", self.content))

    def turned(self) -> _Value:
        unit = UNITS[self.type]
        parts = (self.content[i : i + unit][::-1] for i in range(0, len(self.content), unit))
        return _Value(self.type, b"".join(parts))


class _File:
    """A TIFF file that is read; `order` is "<" or ">", `big` is the variant with places of 8 bytes."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        head = self.read(0, 16)
        self.order = ">" if head[:2] == b"MM" else "<"
        self.big = struct.unpack(f"{self.order}H", head[2:4]) == (43,)
        self._first = struct.unpack(f"{self.order}Q", head[8:16]) if self.big else self._short(head[4:8])

    def _short(self, four: bytes) -> tuple[int, ...]:
        return struct.unpack(f"{self.order}I", four)

    def read(self, place: int, length: int) -> bytes:
        self.file.seek(place)
        return self.file.read(length)

    def pages(self) -> Iterator[int]:
        """The places of the directories, one for each page."""
        (place,), seen = self._first, set[int]()
        while place and place not in seen:
            seen.add(place)
            yield place
            place = self.directory(place)[1]

    def directory(self, place: int) -> tuple[dict[int, _Value], int]:
        """What the directory there says, by tag, and the place of the next one. Unknown types are left out."""
        count_code, entry_code, field = ("Q", "HHQ", 8) if self.big else ("H", "HHI", 4)
        at = place + struct.calcsize(f"={count_code}")
        (count,) = struct.unpack(f"{self.order}{count_code}", self.read(place, at - place))
        width = struct.calcsize(f"={entry_code}") + field
        values = {}
        for _ in range(count):
            entry = self.read(at, width)
            at += width
            tag, type_, number = struct.unpack(f"{self.order}{entry_code}", entry[:-field])
            if type_ not in SIZES:
                continue
            length, content = SIZES[type_] * number, entry[-field:]
            if length > field:
                (elsewhere,) = struct.unpack(f"{self.order}{'Q' if self.big else 'I'}", content)
                content = self.read(elsewhere, length)
            values[tag] = _Value(type_, content[:length])
        following = self.read(at, field)
        (next_place,) = struct.unpack(f"{self.order}{'Q' if self.big else 'I'}", following)
        return values, next_place


class _Output:
    """A TIFF file that grows by a page at a time."""

    def __init__(self, file: BinaryIO, order: str, big: bool) -> None:
        self._file, self._order, self._big = file, order, big
        self._code = f"{order}{'Q' if big else 'I'}"
        self._type = LONG8 if big else LONG
        mark = b"II" if order == "<" else b"MM"
        file.write(
            mark + (struct.pack(f"{order}HHHQ", 43, 8, 0, 0) if big else struct.pack(f"{order}HI", 42, 0))
        )
        self._link = file.tell() - struct.calcsize(self._code)  # where the place of the next page belongs

    def append(self, source: _File, place: int) -> None:
        """Copies the page whose directory is there."""
        at = self._copy(source, place)
        end = self._file.tell()
        self._file.seek(self._link)
        self._file.write(struct.pack(self._code, at))
        self._file.seek(end)
        self._link = end - struct.calcsize(self._code)

    def _copy(self, source: _File, place: int, depth: int = 0) -> int:
        """Copies a directory with all that it points to; its new place. It ends the file, for now."""
        values, _ = source.directory(place)
        for tag, lengths in PLACES.items():
            if tag in values and lengths in values:
                pairs = zip(
                    values[tag].numbers(source.order), values[lengths].numbers(source.order), strict=False
                )
                moved = [self._copy_bytes(source, at, length) for at, length in pairs]
                values[tag] = self._places(moved, source.order)
        for tag in DIRECTORIES:
            if tag in values and depth < 2:
                inner = values[tag].numbers(source.order)
                moved = [self._copy(source, at, depth + 1) for at in inner]
                values[tag] = self._places(moved, source.order)
        return self._directory(values, turn=source.order != self._order)

    def _places(self, places: list[int], order: str) -> _Value:
        """As a value of a file in this order."""
        return _Value(self._type, struct.pack(f"{order}{len(places)}{self._code[1]}", *places))

    def _copy_bytes(self, source: _File, place: int, length: int) -> int:
        at = self._end()
        source.file.seek(place)
        while length > 0 and (piece := source.file.read(min(PIECE, length))):
            self._file.write(piece)
            length -= len(piece)
        return at

    def _directory(self, values: dict[int, _Value], turn: bool) -> int:
        count_code, entry_code, field = ("Q", "HHQ", 8) if self._big else ("H", "HHI", 4)
        rows = b""
        for tag, value in sorted(values.items()):
            content = (value.turned() if turn else value).content
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
        """An even place, as the format wants."""
        if self._file.tell() % 2:
            self._file.write(b"\0")
        return self._file.tell()
