"""Picture files → pixels: what the file holds becomes 8-bit RGB (and alpha). `encode` brings it back."""

from __future__ import annotations

import io
import math
import struct
import warnings
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from iimt_cli.errors import IimtError
from iimt_cli.formats.exif import ORIENTATION, upright, upright_xmp
from iimt_cli.formats.tiff import STORAGE
from iimt_cli.page.arrays import Pixels
from iimt_cli.page.colours import largest, total
from iimt_cli.page.files.original import (
    Original,
    bits_of,
    has_16_bits,
    in_16_bits,
    original_of,
    silence_libtiff,
)
from iimt_cli.page.files.own import Own, in_8_bits, in_rgb, own_of, with_colour_key

# Just under the size at which Pillow itself refuses, so that no global setting of Pillow has to change.
MAX_PIXELS = 178_000_000

# levels: if the visible pixels are darker on average, text is looked for on white, else on black
MIDDLE_GREY = 128
TIFF = (".tif", ".tiff")  # names of files that may have several pages
HEAD = 16  # bytes by which Pillow knows a format
MOST_DPI = 65535  # px per inch: a JPEG stores the resolution in 16 bits

# A JPEG that lacks its last bytes is read all the same, if they can have held no more than its last rows.
JPEG_END = b"\xff\xd9"
OTHER_BYTES = b"\x55" * 64  # in place of what is missing: where the picture depends on them, it is not known
LAST_ROWS = 18  # px: a row of blocks, and what smoothing makes of it above

# What Pillow raises of broken files. The first ones are slips of its own, whose text is of no use to others.
_SLIPS = (TypeError, LookupError, AttributeError, ArithmeticError)
BROKEN = (*_SLIPS, OSError, ValueError, SyntaxError, EOFError, struct.error, zlib.error, MemoryError)


@dataclass(frozen=True)
class Picture:
    """The pixels of one file and what is needed to write them back.

    rgb: uint8 (H, W, 3), upright. alpha: uint8 (H, W), or None when every pixel is opaque.
    grey: the file had no colour (it is written back that way if the result has none either).
    icc: colour profile, exif, xmp: metadata, comment: in UTF-8, all as in the file; dpi: px per inch in both directions.
    has_alpha: the file has alpha, opaque or not. own: pixels as the file has them, where rgb and alpha say less.
    original: what a file of the same format can keep beside. warnings: what is not as it should be in the file, a line each.
    """

    rgb: Pixels
    alpha: NDArray[np.uint8] | None = None
    grey: bool = False
    icc: bytes | None = None
    exif: bytes | None = None
    dpi: tuple[float, float] | None = None
    xmp: bytes | None = None
    comment: bytes | None = None
    has_alpha: bool = False
    own: Own | None = None
    original: Original | None = None
    warnings: tuple[str, ...] = ()

    @cached_property
    def views(self) -> list[Pixels]:
        """What an eye sees, (H, W, 3) each; the text is looked for in the first.

        One view when opaque. With transparency the picture is seen over black and over white, because text
        may be drawn in the alpha channel alone; `merge` turns two edited views back into colour and alpha.
        The first is the view in which the visible pixels stand out.
        """
        if self.alpha is None:
            return [self.rgb]
        black, white = over(self.rgb, self.alpha, 0), over(self.rgb, self.alpha, 255)
        weight = self.alpha.astype(np.float32)
        mean = float((total(self.rgb.astype(np.float64)) / 3 * weight).sum() / max(float(weight.sum()), 1.0))
        return [white, black] if mean < MIDDLE_GREY else [black, white]

    def merge(self, edited: list[Pixels]) -> NDArray[np.uint8]:
        """Edited `views`, in the same order, as pixels for `write_picture`; uint8 (H, W, 3 or 4).

        Pixels that no view changed keep their exact values, including the colour under full transparency.
        """
        if self.alpha is None:
            return edited[0]
        changed = np.zeros(self.alpha.shape, bool)
        for before, after in zip(self.views, edited, strict=True):
            changed |= largest(before != after)
        rgba = np.dstack([self.rgb, self.alpha])
        one, two = (view[changed].astype(np.float32) for view in edited)
        black, white = (one, two) if one.sum() <= two.sum() else (two, one)
        alpha = np.clip(255 - (white - black).mean(axis=1, keepdims=True), 0, 255)
        colour = np.where(alpha > 0, black * 255 / np.maximum(alpha, 1), 0)
        rgba[changed] = np.rint(np.clip(np.hstack([colour, alpha]), 0, 255)).astype(np.uint8)
        return rgba


def over(rgb: Pixels, alpha: NDArray[np.uint8], backdrop: int) -> Pixels:
    """The picture over a backdrop of one grey level."""
    a = alpha[..., None].astype(np.float32) / 255
    return np.rint(rgb * a + backdrop * (1 - a)).astype(np.uint8)


def read_picture(path: str | Path, page: int = 0) -> Picture:
    """Read one still picture, or a page of a TIFF (from 0). Raises IimtError: one line with the file and the cause."""
    path = Path(path)
    try:
        if path.is_dir():
            raise IimtError(f"{path}: is a folder, not a picture")
        if path.stat().st_size == 0:
            raise IimtError(f"{path}: the file is empty")
        silence_libtiff()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's size warning starts below our limit
            with Image.open(path) as image:
                if page:
                    image.seek(page)
                width, height = image.size
                if width * height > MAX_PIXELS:
                    raise Image.DecompressionBombError
                _check_frames(path, image)
                return _read(path, page, image)
    except FileNotFoundError:
        raise IimtError(f"{path}: no such file") from None
    except PermissionError:
        raise IimtError(f"{path}: no permission to read it") from None
    except Image.DecompressionBombError:
        raise IimtError(
            f"{path}: too large, more than {MAX_PIXELS:,} pixels; scale it down or cut it"
        ) from None
    except UnidentifiedImageError:
        raise IimtError(f"{path}: {_why_unknown(path)}") from None
    except BROKEN as error:
        if isinstance(error, OSError) and error.filename is not None:  # the system's words, not Pillow's
            raise IimtError(f"{path}: cannot be read ({first_line(error)})") from None
        cause = "" if isinstance(error, _SLIPS) else f" ({first_line(error)})"
        raise IimtError(f"{path}: truncated or damaged picture{cause}") from None


def _check_frames(path: Path, image: Image.Image) -> None:
    """Raises IimtError if pictures of the file would be lost. The pages of a TIFF are found by the suffix of its name."""
    count = getattr(image, "n_frames", 1)
    if count <= 1 or image.format == "MPO":
        return
    if image.format != "TIFF":
        raise IimtError(f"{path}: animated pictures are not supported ({count} frames)")
    if path.suffix.lower() not in TIFF:
        raise IimtError(f"{path}: is a TIFF of {count} pages; name it .tif")


def _why_unknown(path: Path) -> str:
    """Why Pillow does not open a file: by its first bytes it may be in a format that Pillow knows."""
    with path.open("rb") as file:
        head = file.read(HEAD).ljust(HEAD, b"\0")
    accepts = ((name, Image.OPEN[name][1]) for name in Image.ID)
    name = next((name for name, accept in accepts if accept is not None and accept(head) is True), None)
    return f"a {name} that is damaged or of a rare kind" if name else "not a picture in a known format"


def _read(path: Path, page: int, image: Image.Image) -> Picture:
    """The picture of a file that Pillow has opened; `image` already shows the page."""
    deep = has_16_bits(image)
    orientation = _orientation(image)  # before a TIFF is loaded, which turns it
    picture = loaded(image, path.read_bytes)
    if deep:
        picture = replace(picture, own=in_16_bits(path, page, image))
    if picture.own is not None and "transparency" in image.info:
        own = with_colour_key(picture.own, image.info["transparency"])
        if own is not picture.own:
            alpha = np.where(own.values[..., -1] != 0, 255, 0).astype(np.uint8)
            picture = replace(picture, own=own, alpha=None if alpha.all() else alpha)
    return replace(picture, original=original_of(path, page, image, picture.exif, orientation))


def loaded(image: Image.Image, read: Callable[[], bytes]) -> Picture:
    """The picture of an image that Pillow has opened; `read` gives its file.

    A JPEG may lack its last bytes. Otherwise raises one of BROKEN if the pixels are damaged.
    """
    try:
        image.load()
        return picture_of(image)
    except OSError:
        whole = with_end(read()) if image.format == "JPEG" else None
        if whole is None:
            raise
    with Image.open(io.BytesIO(whole)) as image:
        return replace(picture_of(image), warnings=("the file lacks its last bytes",))


def with_end(jpeg: bytes) -> bytes | None:
    """A JPEG whose last bytes are missing, with an end; None if more is missing than LAST_ROWS, or it is broken otherwise."""
    jpeg = jpeg.rstrip(JPEG_END[:1])
    pixels = []
    try:
        for missing in (b"", OTHER_BYTES):
            with Image.open(io.BytesIO(jpeg + missing + JPEG_END)) as image:
                image.draft("L", None)  # enough, and less memory
                pixels.append(np.asarray(image.convert("L")))
    except BROKEN:
        return None
    unknown = np.flatnonzero((pixels[0] != pixels[1]).any(axis=1))
    if len(unknown) and unknown[0] < len(pixels[0]) - LAST_ROWS:
        return None
    return jpeg + JPEG_END


def picture_of(image: Image.Image) -> Picture:
    """An image of Pillow, in any mode, as a picture."""
    image.load()
    exif = _exif(image)
    info, bits = image.info, bits_of(image)
    icc, xmp = info.get("icc_profile"), _bytes(info.get("xmp") or info.get("XML:com.adobe.xmp"))
    if xmp and _orientation(image) > 1:
        xmp = upright_xmp(xmp)
    image = _upright(image)
    own, has_alpha = own_of(image, bits), image.mode in ("RGBA", "LA", "PA", "RGBa", "La")
    grey = image.mode in ("1", "L", "LA", "La") or image.mode.startswith(("I", "F"))
    if image.mode.startswith("I") or image.mode == "F":
        assert own is not None
        image = in_8_bits(own)
    image = in_rgb(image, icc)
    transparent = image.has_transparency_data
    pixels = np.asarray(image.convert("RGBA" if transparent else "RGB"))
    alpha = np.ascontiguousarray(pixels[..., 3]) if transparent else None
    if alpha is not None and alpha.min() == 255:
        alpha = None
    return Picture(
        rgb=np.ascontiguousarray(pixels[..., :3]),
        alpha=alpha,
        grey=grey,
        icc=icc or None,
        exif=exif,
        dpi=_dpi(info.get("dpi")),
        xmp=xmp,
        comment=_bytes(info.get("comment") or info.get("Comment")),
        has_alpha=has_alpha,
        own=own,
    )


def _orientation(image: Image.Image) -> int:
    """The EXIF orientation, 1 to 8; 1 (upright) where the metadata are missing or damaged."""
    try:
        found = image.getexif().get(ORIENTATION, 1)
    except BROKEN:
        return 1
    return found if isinstance(found, int) and 1 <= found <= 8 else 1


def _upright(image: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(image)
    except BROKEN:  # metadata alone can be damaged
        return image


def _exif(image: Image.Image) -> bytes | None:
    """The EXIF metadata, changed to say "upright" and without a thumbnail; None if missing or damaged."""
    own = image.info.get("exif")
    try:
        if isinstance(own, bytes) and own:
            return upright(own)
        exif = image.getexif()  # of a TIFF: what its tags say
        for tag in STORAGE.intersection(exif):
            del exif[tag]
        return exif.tobytes() if len(exif) else None
    except BROKEN:
        return None


def _dpi(found: object) -> tuple[float, float] | None:
    if not isinstance(found, tuple) or len(found) != 2:
        return None
    try:
        across, down = (float(one) for one in found)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    return (
        (across, down) if all(0 < one <= MOST_DPI and math.isfinite(one) for one in (across, down)) else None
    )


def _bytes(text: object) -> bytes | None:
    if isinstance(text, str):
        return text.encode("utf-8", "replace") or None
    return text if isinstance(text, bytes) and text else None


def first_line(error: BaseException) -> str:
    """The first line of an error's text, for a message of one line."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return (str(error) or type(error).__name__).splitlines()[0]
