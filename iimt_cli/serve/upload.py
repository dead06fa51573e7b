"""An upload → a picture. Nothing is written to a disk."""

import io
import unicodedata
import warnings
from dataclasses import dataclass
from functools import cache
from pathlib import PurePosixPath

from PIL import Image, UnidentifiedImageError

from iimt_cli.errors import IimtError
from iimt_cli.page.files.image import Picture, loaded

# Formats of Pillow that are accepted. Others may start programs, such as Ghostscript.
FORMATS = ("PNG", "JPEG", "WEBP", "TIFF", "BMP", "GIF", "AVIF", "PPM", "JPEG2000")
# Formats whose translations keep the format, since browsers show them → (suffix, media type). Others become PNG.
KEPT_FORMATS = {
    "PNG": (".png", "image/png"),
    "JPEG": (".jpg", "image/jpeg"),
    "MPO": (".jpg", "image/jpeg"),  # from cameras with two lenses: a JPEG with another one behind it
    "WEBP": (".webp", "image/webp"),
}
OTHERWISE = (".png", "image/png")
ORIENTATION, LYING = 0x0112, (5, 6, 7, 8)  # a tag of EXIF, and its values for pictures that are turned by 90°
LONGEST_NAME = 255  # bytes
MEGA = 1_000_000


class Refused(IimtError):
    """A request that is refused; `status`: the HTTP status code."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Head:
    """What the head of an upload tells. suffix, media: suffix and media type of its translation.

    width, height: of the upright picture, px. shown: whether browsers can show the upload.
    """

    width: int
    height: int
    suffix: str
    media: str
    shown: bool


def check_name(name: str) -> str:
    """The name under which a picture is shown. Raises Refused if it is empty, a path, or otherwise not a name."""
    name = name.strip()
    if not name or any(unicodedata.category(letter) in ("Cc", "Cs") for letter in name):
        raise Refused(400, "a picture needs a name, without control characters")
    if "/" in name or "\\" in name or name in (".", ".."):
        raise Refused(400, "the name of a picture must not be a path")
    if len(name.encode()) > LONGEST_NAME:
        raise Refused(400, f"the name of a picture has at most {LONGEST_NAME} bytes")
    return name


def translated_name(name: str, language: str, suffix: str) -> str:
    """The name of the translation, such as `menu-en.jpg` for `menu.jpg`."""
    return f"{PurePosixPath(name).stem}-{language}{suffix}"


def look_at(data: bytes, name: str, most_pixels: int) -> Head:
    """Reads the head of an upload. Raises Refused if it is not a picture, or too large."""
    if not data:
        raise Refused(400, f"{name}: the file is empty")
    if b"%PDF-" in data[:1024]:
        raise Refused(415, f"{name}: is a PDF; `iimt translate` takes it on the command line")
    try:
        with _opened(data) as image:
            width, height = image.size
            frames = int(getattr(image, "n_frames", 1))
            format_ = image.format or ""
            # In other formats the EXIF may lie behind the pixels, which Pillow would decode first.
            if format_ in ("JPEG", "MPO") and image.getexif().get(ORIENTATION) in LYING:
                width, height = height, width
    except UnidentifiedImageError:
        raise Refused(415, f"{name}: not a picture in a known format") from None
    except Image.DecompressionBombError:
        raise _too_large(name, "", most_pixels) from None
    except Exception as error:  # Pillow may raise any exception
        raise Refused(415, f"{name}: damaged picture ({_first_line(error)})") from None
    if width * height > most_pixels:
        raise _too_large(name, f"{width}×{height} px; ", most_pixels)
    if frames > 1 and format_ != "MPO":
        if format_ == "TIFF":
            raise Refused(415, f"{name}: has {frames} pages; `iimt translate` takes it on the command line")
        raise Refused(415, f"{name}: animated pictures are not supported ({frames} frames)")
    suffix, media = KEPT_FORMATS.get(format_, OTHERWISE)
    return Head(width, height, suffix, media, format_ in KEPT_FORMATS)


def decode(data: bytes, name: str) -> Picture:
    """The pixels of an upload that `look_at` accepted. Raises IimtError if it is damaged."""
    try:
        with _opened(data) as image:
            return loaded(image, lambda: data)
    except MemoryError:
        raise
    except Exception as error:
        raise IimtError(f"{name}: truncated or damaged picture ({_first_line(error)})") from None


def _opened(data: bytes) -> Image.Image:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's size warning starts below our limit
        return Image.open(io.BytesIO(data), formats=_known_formats())


@cache
def _known_formats() -> tuple[str, ...]:
    """Those of FORMATS that this installation of Pillow can read."""
    Image.init()
    return tuple(name for name in FORMATS if name in Image.OPEN)


def _too_large(name: str, size: str, most: int) -> Refused:
    return Refused(413, f"{name}: too large ({size}at most {most / MEGA:g} million pixels)")


def _first_line(error: BaseException) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]
