"""The lines of a lexicon in little memory."""

import zlib
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from io import BytesIO, TextIOWrapper

# bits of a checksum: a table of them (1 MB) tells whether a word may have a line; wrongly yes for 1 word in 20
_SEEN = 23


class Lines(Mapping[str, str]):
    """The lines of a lexicon's file, by their words in small letters, as one row of bytes: a fifth of the memory of a dict.

    Sorted checksums of the words say where lines begin. Most words that are asked for have no line, which a table of
    `_SEEN` bits tells at once.
    """

    def __init__(self, lines: Iterable[str]) -> None:
        """Takes the lines of a file. Of several lines with the same word the last one counts."""
        import numpy as np  # here, because it takes a tenth of a second that `iimt --help` does not need

        text, starts, sums = bytearray(), array("I"), array("I")
        for line in lines:
            starts.append(len(text))
            sums.append(_checksum(_key(line)))
            text += line.encode("utf-8") + b"\n"
        order = np.argsort(np.frombuffer(sums, np.uint32), kind="stable")
        self._text = bytes(text)
        self._sums = array("I", np.frombuffer(sums, np.uint32)[order].tobytes())
        self._starts = array("I", np.frombuffer(starts, np.uint32)[order].tobytes())
        self._seen = bytearray(1 << (_SEEN - 3))
        for checksum in self._sums:
            place = checksum >> (32 - _SEEN)
            self._seen[place >> 3] |= 1 << (place & 7)

    def _find(self, key: str) -> str | None:
        checksum = _checksum(key)
        place = checksum >> (32 - _SEEN)
        if not self._seen[place >> 3] >> (place & 7) & 1:
            return None
        found = None
        for n in range(bisect_left(self._sums, checksum), len(self._sums)):
            if self._sums[n] != checksum:
                break
            line = self._line(self._starts[n])
            found = line if _key(line) == key else found
        return found

    def _line(self, start: int) -> str:
        return self._text[start : self._text.index(b"\n", start)].decode("utf-8")

    def __getitem__(self, key: str) -> str:
        line = self._find(key)
        if line is None:
            raise KeyError(key)
        return line

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and self._find(key) is not None

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(map(_key, self.in_order())))

    def __len__(self) -> int:
        return len(self._sums)

    def in_order(self) -> Iterator[str]:
        """All lines as they came."""
        return (line.rstrip("\n") for line in TextIOWrapper(BytesIO(self._text), "utf-8", newline="\n"))


def _key(line: str) -> str:
    return line.split("\t", 2)[1].casefold()


def _checksum(key: str) -> int:
    return zlib.crc32(key.encode("utf-8", "surrogatepass"))
