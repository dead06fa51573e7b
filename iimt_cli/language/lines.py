"""The lines of a lexicon in little memory."""

import zlib
from array import array
from bisect import bisect_left
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from io import BytesIO, TextIOWrapper

# bits of a checksum: a table of them (1 MB) tells whether a word may have a line; wrongly yes for 1 word in 20
_SEEN = 23


class Lines(Mapping[str, str]):
    """The lines of a lexicon's file, by their words in small letters, as one row of bytes: a fifth of the memory of a dict.

    Sorted checksums of the words say where lines begin. Most words that are asked for have no line, which a table of
    `_SEEN` bits tells at once.
    """

    def __init__(self, parts: Iterable[str]) -> None:
        """Takes the text of a file in parts that are whole lines. Of several lines with the same word the last one counts.

        Raises ValueError if a line is not a number, a word and its translations, with tabs between them.
        """
        import numpy as np  # here, because it takes a tenth of a second that `iimt --help` does not need

        text, starts, sums = bytearray(), [np.zeros(0, np.uint32)], [np.zeros(0, np.uint32)]
        # keys of several words, in the order of their lines
        self.phrases: list[str] = []
        said = [np.zeros(0, np.uint32)]  # checksums of the words of translations
        for part in parts:
            data = part.encode("utf-8")
            bytes_ = np.frombuffer(data, np.uint8)
            marks = np.flatnonzero((bytes_ == ord("\t")) | (bytes_ == ord("\n")))
            if bytes_[marks].tobytes() != b"\t\t\n" * (len(marks) // 3):
                raise ValueError("a line has not three columns")
            fields = part.casefold().replace("\n", "\t").split("\t")
            keys = fields[1::3]
            deque(map(int, fields[:-1:3]), 0)
            self.phrases += [key for key in keys if " " in key or "-" in key]
            words = set(" ".join(fields[2::3]).replace("|", " ").split(" "))
            said.append(np.fromiter(_checksums(words), np.uint32, len(words)))
            sums.append(np.fromiter(_checksums(keys), np.uint32, len(keys)))
            starts.append((len(text) + np.append(0, marks[2:-1:3] + 1)).astype(np.uint32))
            text += data
        self._said = array("I", np.unique(np.concatenate(said)).tobytes())
        order = np.argsort(every := np.concatenate(sums), kind="stable")
        self._text = bytes(text)
        self._sums = array("I", every[order].tobytes())
        self._starts = array("I", np.concatenate(starts)[order].tobytes())
        seen = np.zeros(1 << _SEEN, bool)
        seen[every >> np.uint32(32 - _SEEN)] = True
        self._seen = np.packbits(seen, bitorder="little").tobytes()

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

    def say(self, word: str) -> bool:
        """Whether a translation has this word, in small letters. Wrongly yes for one unknown word in 40,000."""
        checksum = _checksum(word)
        place = bisect_left(self._said, checksum)
        return place < len(self._said) and self._said[place] == checksum

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


def _checksums(keys: Iterable[str]) -> Iterator[int]:
    """The checksum of each key, in one go; no key has a line break."""
    return map(zlib.crc32, "\n".join(keys).encode("utf-8", "surrogatepass").split(b"\n"))
