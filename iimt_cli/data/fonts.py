"""Which fonts this machine has, which of them can write a given alphabet, and how to choose among them at random.

A face is used only if it has a glyph for every character of the alphabet, so that no rendered picture shows an empty box.
Faces whose Latin letters have the same pixels count as one: dozens of Noto families share their Latin letters, and would
otherwise be chosen far more often than any other design.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from importlib import metadata, util
from pathlib import Path

import numpy as np
from PIL import ImageFont

from iimt_cli.errors import IimtError
from iimt_cli.language.alphabet import WESTERN

_SUFFIXES = {".ttf", ".otf", ".ttc", ".otc"}
_PROBE_SIZE = 24.0
_NO_CHARACTER = "\U0010ffff"  # never assigned, so that every font answers with its "missing" box
_NOT_FOR_TEXT = re.compile(r"math|symbol|emoji|last resort|ornament|dingbat", re.I)
_WEIGHTS = re.compile(
    r"\s+((extra|ultra|semi|demi)[ -]?)?"
    r"(thin|hairline|light|book|medium|bold|black|heavy|condensed|italic|oblique)$",
    re.I,
)


@dataclass(frozen=True)
class FontFace:
    """One face of one font file. `path` None stands for the scalable font inside Pillow."""

    path: Path | None
    index: int
    family: str
    style: str


@dataclass(frozen=True)
class Glyph:
    """A drawn character: `mask` uint8 [h, w], its top-left corner from the pen on the baseline, px."""

    mask: np.ndarray
    dx: int
    dy: int
    advance: float


class Font:
    """The glyphs of one face at one size (em px). They are kept, because drawing a glyph takes 10 to 90 µs."""

    def __init__(self, face: FontFace, size: float) -> None:
        self.face, self.size = face, size
        self._glyphs: dict[str, Glyph] = {}

    def glyph(self, char: str) -> Glyph:
        """The glyph of one character. Raises IimtError when the face has none."""
        found = self._glyphs.get(char)
        if found is None:
            if missing(self.face, char):
                raise IimtError(f"{_name(self.face)} cannot write {char!r}: choose another font")
            found = self._glyphs[char] = _draw_glyph(self.face, self.size, char)
        return found

    def extent(self) -> tuple[int, int]:
        """(px above the baseline, px below it), both positive, that Latin letters reach."""
        glyphs = [self.glyph(char) for char in "ÄÖÜgpqyj|"]
        return -min(g.dy for g in glyphs), max(g.dy + g.mask.shape[0] for g in glyphs)


def find_fonts(
    folders: Sequence[Path] = (), *, alphabet: str = WESTERN, prefer: Sequence[str] = ()
) -> list[FontFace]:
    """Every distinct face that writes all of `alphabet`: from `folders`, the system, pip font packages.

    Of several faces with one design, one that is named in `prefer` (as for `choose_faces`) is taken, else the one with the
    shortest family name. Sorted by family, style and file name, so that the order on one machine is always the same. Pillow's
    own font, which has ASCII only, is taken if there is no other. Raises IimtError if that lacks a character, too, and for a
    folder that is not there.
    """
    for folder in folders:
        if not folder.is_dir():
            raise IimtError(f"{folder}: no such folder of fonts")
    given = sorted(p for folder in folders for p in folder.rglob("*") if p.suffix.lower() in _SUFFIXES)
    faces = [
        face
        for path in dict.fromkeys([*given, *_system_fonts(alphabet), *_packaged_fonts()])
        for face in _faces(path)
    ]
    faces = [face for face in faces if not _NOT_FOR_TEXT.search(face.family)]
    faces.sort(key=lambda f: (not _is_named(f, prefer), len(f.family), _key(f)))
    distinct: dict[bytes, FontFace] = {}
    for face in faces:
        with suppress(IimtError):  # some font files open, but drawing a glyph fails
            if not missing(face, "Aä" + alphabet[-1:]) and not missing(face, alphabet):
                distinct.setdefault(_fingerprint(face), face)
    if distinct:
        return sorted(distinct.values(), key=_key)
    builtin = builtin_face()
    if lacking := missing(builtin, alphabet):
        raise IimtError(f"no font on this machine can write {lacking!r}: give a folder of fonts")
    return [builtin]


def choose_faces(faces: Sequence[FontFace], names: Sequence[str]) -> list[FontFace]:
    """The faces of the named families, or single faces ("Lato Bold"); all without names. Raises IimtError if none is left."""
    chosen = [face for face in faces if not names or _is_named(face, names)]
    if not chosen:
        raise IimtError(f"no font to draw with (the preset asks for {', '.join(names) or 'any'})")
    return chosen


def _is_named(face: FontFace, names: Sequence[str]) -> bool:
    own = {face.family.casefold(), f"{face.family} {face.style}".casefold()}
    return any(name.casefold() in own for name in names)


def builtin_face() -> FontFace:
    """The scalable font that comes inside Pillow."""
    family, style = ImageFont.load_default(_PROBE_SIZE).getname()  # type: ignore[union-attr]
    return FontFace(None, 0, family or "built-in", style or "Regular")


@lru_cache(maxsize=64)  # few: an open font takes some 200 kB
def load_font(face: FontFace, size: float) -> ImageFont.FreeTypeFont:
    """A face at `size` em px (fractions are fine). Raises IimtError when the file is unreadable."""
    try:
        if face.path is None:
            font = ImageFont.load_default(size)
            assert isinstance(font, ImageFont.FreeTypeFont)
            return font
        return ImageFont.truetype(
            str(face.path), size, index=face.index, layout_engine=ImageFont.Layout.BASIC
        )
    except OSError as error:
        raise IimtError(f"{face.path}: not a readable font ({error})") from error


@lru_cache(maxsize=4096)
def font_at(face: FontFace, size: float) -> Font:
    """The `Font` of a face at `size` em px: the same object each time."""
    return Font(face, size)


def missing(face: FontFace, alphabet: str) -> str:
    """The characters of `alphabet` (white space aside) that the face has no glyph for; '' when it has all."""
    return "".join(c for c in dict.fromkeys(alphabet) if not c.isspace() and not _has(face, c))


def sample_face(faces: Sequence[FontFace], rng: np.random.Generator) -> FontFace:
    """A random face: first a family, then one of its faces, so that large families are not chosen more often."""
    families = _by_family(faces)
    family = families[rng.integers(len(families))]
    return family[rng.integers(len(family))]


def split_held_out(
    faces: Sequence[FontFace], held_out_families: Iterable[str]
) -> tuple[list[FontFace], list[FontFace]]:
    """(faces to train on, faces of `held_out_families`); names compare without case."""
    names = {name.strip().casefold() for name in held_out_families}
    train = [face for face in faces if face.family.casefold() not in names]
    return train, [face for face in faces if face.family.casefold() in names]


def _by_family(faces: Sequence[FontFace]) -> list[list[FontFace]]:
    families: dict[str, list[FontFace]] = {}
    for face in faces:
        families.setdefault(face.family, []).append(face)
    return list(families.values())


def _key(face: FontFace) -> tuple[str, str, str, int]:
    return face.family, face.style, face.path.name if face.path else "", face.index


def _name(face: FontFace) -> str:
    return str(face.path or f"{face.family} (inside Pillow)")


def _system_fonts(alphabet: str) -> list[Path]:
    if shutil.which("fc-list"):
        wanted = ":charset=" + " ".join(f"{ord(c):x}" for c in sorted(set(alphabet)) if not c.isspace())
        command = ["fc-list", "--format", "%{file}\\n", wanted]
        listed = subprocess.run(command, capture_output=True, text=True, check=False)
        paths = [Path(line) for line in listed.stdout.splitlines()]
    else:  # macOS, Windows: Matplotlib knows where they keep theirs
        from matplotlib import font_manager

        paths = [Path(name) for name in font_manager.findSystemFonts()]
    return sorted({p for p in paths if p.suffix.lower() in _SUFFIXES})


def _packaged_fonts() -> list[Path]:
    """Fonts of pip packages that follow the `fonts_ttf` entry point, and those inside Matplotlib."""
    roots = []
    for entry in (*metadata.entry_points(group="fonts_ttf"), *metadata.entry_points(group="fonts_otf")):
        spec = util.find_spec(entry.module)
        roots += list(spec.submodule_search_locations or []) if spec else []
    spec = util.find_spec("matplotlib")
    roots += [f"{p}/mpl-data/fonts/ttf" for p in (spec.submodule_search_locations or [])] if spec else []
    return sorted(p for root in roots for p in Path(root).rglob("*") if p.suffix.lower() in _SUFFIXES)


def _faces(path: Path) -> list[FontFace]:
    """The faces of one file (a .ttc holds several); unreadable files hold none."""
    faces = []
    for index in range(64 if path.suffix.lower() in {".ttc", ".otc"} else 1):
        try:
            family, style = ImageFont.truetype(str(path), _PROBE_SIZE, index=index).getname()
        except OSError:
            break
        family, style = family or path.stem, style or "Regular"
        while word := _WEIGHTS.search(family):  # "Lato Black" is the family Lato in another weight
            family, style = family[: word.start()], f"{word.group().strip()} {style}"
        faces.append(FontFace(path, index, family, style))
    return faces


def _draw_glyph(face: FontFace, size: float, char: str) -> Glyph:
    font = load_font(face, size)
    try:
        mask, (dx, dy) = font.getmask2(char, "L", anchor="ls")
    except OSError as error:
        raise IimtError(f"{_name(face)}: cannot draw {char!r} ({error})") from error
    width, height = mask.size
    pixels = np.frombuffer(bytes(mask), np.uint8).reshape(height, width)
    return Glyph(pixels, int(dx), int(dy), float(font.getlength(char)))


@lru_cache(maxsize=1024)
def _box(face: FontFace) -> Glyph:
    return _draw_glyph(face, _PROBE_SIZE, _NO_CHARACTER)


@lru_cache(maxsize=1 << 17)
def _has(face: FontFace, char: str) -> bool:
    box, glyph = _box(face), _draw_glyph(face, _PROBE_SIZE, char)
    return bool(glyph.mask.any()) and not (glyph.dy == box.dy and np.array_equal(glyph.mask, box.mask))


def _fingerprint(face: FontFace) -> bytes:
    return b"".join(_draw_glyph(face, 40.0, char).mask.tobytes() for char in "RQagesty&7")
