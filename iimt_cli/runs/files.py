"""Which pictures are translated into which files: files, globs and folders on one side, `-o` on the other.

Everything is decided before anything is done, so that a wrong command line changes no file.
"""

import glob
import hashlib
import os
import stat
import warnings
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from iimt_cli.errors import IimtError, UsageError
from iimt_cli.writing import at_home

if TYPE_CHECKING:
    from iimt_cli.page import Picture

WRITABLE = (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp")  # as page.files.encode.FORMATS

DOCUMENTS = (".pdf",)  # become files of the same format
LONGEST_NAME = 255  # bytes, on all usual file systems

# Suffixes that are read but not written, and the suffix of their outputs. Some need a Pillow that knows the format; without
# it such pictures are reported as failures, and not silently ignored.
READ_AS = {
    ".jpe": ".jpg", ".jfif": ".jpg",
    ".gif": ".png", ".tga": ".png", ".ppm": ".png", ".pgm": ".png", ".pbm": ".png", ".pnm": ".png",
    ".jp2": ".png", ".avif": ".png", ".heic": ".png", ".heif": ".png",
}  # fmt: skip
_SAME_FORMAT = {".jpeg": ".jpg", ".jpe": ".jpg", ".jfif": ".jpg", ".tiff": ".tif"}


@dataclass(frozen=True)
class Job:
    """One picture to translate."""

    input: Path
    output: Path
    name: str = ""  # the name of the input in messages, if it is not its path

    @property
    def shown(self) -> str:
        """The name of the input in messages."""
        return self.name or str(self.input)

    def read(self) -> "Picture":
        """The picture. Raises IimtError if it cannot be read."""
        from iimt_cli.page import read_picture

        return read_picture(self.input)

    def count_pixels(self) -> int:
        """Width × height, from the head of the file. Pillow may raise any exception."""
        from PIL import Image

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(self.input) as image:
                return int(image.width * image.height)

    @property
    def sidecar(self) -> Path:
        """Where the texts of the picture go."""
        return sidecar_of(self.output)


def sidecar_of(picture: Path) -> Path:
    """The sidecar of a picture: `a.png.json`, with the suffix, because `a.png` and `a.jpg` may be in one folder.

    A name that would be too long for a file system is cut, and a checksum added.
    """
    name, end = os.fsencode(picture.name), b".json"
    if len(name) + len(end) > LONGEST_NAME:
        end = b"-" + hashlib.sha256(name).hexdigest()[:8].encode() + end
        name = name[: LONGEST_NAME - len(end)].decode("utf-8", "ignore").encode()
    return picture.with_name(os.fsdecode(name + end))


def plan(
    inputs: Sequence[str], output: str, *, in_place: bool = False, suffix: str | None = None
) -> list[Job]:
    """The jobs for the arguments of `iimt translate`, in order.

    One file goes to the file `output`, or into it if that is a folder or ends in a slash. Several files, globs
    and folders go into the folder `output`, with the tree below the folder or the fixed part of the glob. What
    lies in `output` is no input, so that a second run finds the same pictures. A file that is not there
    becomes a job, which will fail by name without stopping the others.
    With `suffix`, that is the format of all pictures. `a.gif` becomes `a.png`, or `a.gif.png` beside an `a.png`.

    Raises IimtError for folders and globs without pictures, and UsageError where a file would be written
    twice or, unless `in_place`, over an input.
    """
    inputs = [str(at_home(name)) for name in inputs]  # a shell does not expand ~ in quotes
    folder = at_home(output)
    into_folder = _is_folder(folder) or output.endswith(("/", os.sep))
    if len(inputs) == 1 and _is_one_file(inputs[0]) and not into_folder:
        if suffix and not same_format(folder, suffix):
            raise UsageError(
                f"{output}: --format {suffix[1:]} does not go with {folder.suffix or 'no suffix'}"
            )
        pair = {folder.suffix.lower(), Path(inputs[0]).suffix.lower()}
        if pair & {*DOCUMENTS}:
            if len(pair) > 1:
                raise UsageError(f"{output}: a PDF becomes a PDF, and a picture becomes a picture")
        elif folder.suffix.lower() not in WRITABLE:
            ending = f"cannot write {folder.suffix}" if folder.suffix else "has no suffix"
            raise UsageError(f"{output}: {ending}; use {' '.join(WRITABLE)}, or end it with / for a folder")
        jobs = [Job(Path(inputs[0]), folder)]
    else:
        if not into_folder and (
            _exists(folder) or folder.suffix.lower() in {*WRITABLE, *READ_AS, *DOCUMENTS}
        ):
            raise UsageError(f"{output}: is a file, but several pictures need a folder (end it with /)")
        found = dict.fromkeys(pair for name in inputs for pair in _expand(name, folder))
        jobs = [
            Job(path, folder / name) for (path, _), name in zip(found, _names(found, suffix), strict=True)
        ]
    _check_distinct(jobs)
    if not in_place:
        _check_inputs_stay(jobs)
    return jobs


def writable_name(name: Path, suffix: str | None = None) -> Path:
    """The input's name with a suffix that can be written: with `suffix`, unless it has that format already or is a PDF."""
    if suffix is not None and name.suffix.lower() not in DOCUMENTS:
        return name if same_format(name, suffix) else name.with_suffix(suffix)
    return name.with_suffix(READ_AS.get(name.suffix.lower(), name.suffix))


def _names(found: Collection[tuple[Path, Path]], suffix: str | None) -> list[Path]:
    """Names of outputs, below their folder. Where a new suffix would make two the same, the old one stays before it."""
    names = [writable_name(relative, suffix) for _, relative in found]
    count = Counter(names)
    return [
        name if count[name] == 1 or name == relative else relative.with_name(f"{relative.name}{name.suffix}")
        for name, (_, relative) in zip(names, found, strict=True)
    ]


def same_format(one: Path, suffix: str) -> bool:
    """Whether `suffix` is a suffix of the format of `one`, so that a copy of the file is right."""
    a, b = one.suffix.lower(), suffix.lower()
    return b in WRITABLE and _SAME_FORMAT.get(a, a) == _SAME_FORMAT.get(b, b)


def check_place(output: Path) -> None:
    """Raises IimtError if `output` cannot be made where it is wanted; makes nothing itself."""
    place = output if _is_folder(output) else output.parent
    while not _exists(place) and place != place.parent:
        place = place.parent
    if not _is_folder(place):
        raise IimtError(f"{output}: cannot be written ({place} is not a folder)")
    if not os.access(place, os.W_OK | os.X_OK):
        raise IimtError(f"{output}: cannot be written (no permission in {place})")
    try:
        output.lstat()
    except (FileNotFoundError, NotADirectoryError):
        pass
    except OSError as error:  # such as a name that is too long
        raise IimtError(f"{output}: cannot be written ({error.strerror})") from None


def _is_one_file(name: str) -> bool:
    return not _is_folder(name) and (_exists(name) or not glob.has_magic(name))


def _expand(name: str, output: Path) -> Iterator[tuple[Path, Path]]:
    """(path, path relative to the root whose tree is kept) for one argument."""
    path = Path(name)
    if _is_folder(path):
        yield from _some(
            ((p, p.relative_to(path)) for p in _walk(path, output)), f"{name}: no pictures in this folder"
        )
    elif _is_one_file(name):
        yield path, Path(path.name)
    else:
        root = _fixed_part(path)
        yield from _some(
            ((p, p.relative_to(root)) for p in _matches(name, root, output)), f"{name}: matches no pictures"
        )


def _some(pairs: Iterator[tuple[Path, Path]], otherwise: str) -> Iterator[tuple[Path, Path]]:
    found = False
    for pair in pairs:
        found = True
        yield pair
    if not found:
        raise IimtError(f"{otherwise} ({' '.join(WRITABLE)} …)")


def _walk(root: Path, output: Path) -> Iterator[Path]:
    excluded = _excluded(root, output)
    for folder, folders, names in os.walk(root, onerror=_refuse):
        here = Path(folder)
        folders[:] = sorted(n for n in folders if not n.startswith(".") and real(here / n) != excluded)
        yield from (here / n for n in sorted(names) if _is_picture(n))


def _refuse(error: OSError) -> None:
    raise IimtError(f"{error.filename}: cannot be read ({error.strerror})") from None


def _matches(pattern: str, root: Path, output: Path) -> Iterator[Path]:
    try:
        os.scandir(root).close()
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:  # `glob` would find nothing and not tell why
        _refuse(error)
    excluded = _excluded(root, output)
    for name in sorted(glob.glob(pattern, recursive=True)):  # noqa: PTH207 (an absolute pattern too)
        path = Path(name)
        inside = excluded is not None and real(path).is_relative_to(excluded)
        if _is_picture(path.name) and not inside and _may_be_file(path):
            yield path


def _may_be_file(path: Path) -> bool:
    """Whether a match is a file. One that may not be looked at counts: it will fail by name."""
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except PermissionError:
        return True
    except OSError:
        return False


def real(path: Path) -> Path:
    """The path without symbolic links. `Path.resolve` would raise RuntimeError for a link to itself, before Python 3.13."""
    return Path(os.path.realpath(path))


# Path.is_dir and Path.exists raise OSError, before Python 3.14, if a folder may not be entered or a name is too long.


def _is_folder(path: str | Path) -> bool:
    return os.path.isdir(path)  # noqa: PTH112


def _exists(path: str | Path) -> bool:
    return os.path.exists(path)  # noqa: PTH110


def _excluded(root: Path, output: Path) -> Path | None:
    """The output folder if it lies inside the tree that is searched."""
    place, tree = real(output), real(root)
    return place if place != tree and place.is_relative_to(tree) else None


def _is_picture(name: str) -> bool:
    return not name.startswith(".") and Path(name).suffix.lower() in {*WRITABLE, *READ_AS, *DOCUMENTS}


def _fixed_part(pattern: Path) -> Path:
    parts: list[str] = []
    for part in pattern.parts[:-1]:
        if glob.has_magic(part):
            break
        parts.append(part)
    return Path(*parts)


def _check_distinct(jobs: Sequence[Job]) -> None:
    owners: dict[str, Path] = {}
    for job in jobs:
        other = owners.setdefault(os.path.normcase(job.output), job.input)
        if other != job.input:
            raise UsageError(
                f"{other} and {job.input} would both become {job.output}: rename one, or {_instead(other, job.input)}"
            )


def _instead(one: Path, other: Path) -> str:
    """The advice, besides renaming, for two pictures that would become the same file."""
    if one.parent == other.parent:
        return "translate them into two folders"
    return "give their folder as input"


def _check_inputs_stay(jobs: Sequence[Job]) -> None:
    inputs = {real(job.input) for job in jobs}
    for job in jobs:
        if real(job.output) in inputs:
            raise UsageError(
                f"{job.output}: is an input too; choose another -o, or --overwrite to replace it"
            )
