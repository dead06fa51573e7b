"""Picture files ↔ pixels: what the file holds becomes 8-bit RGB (and alpha), and goes back without loss."""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from iimt_cli.errors import IimtError
from iimt_cli.page.arrays import Pixels
from iimt_cli.page.colours import largest, total
from iimt_cli.writing import cannot_write, replacing

# Just under the size at which Pillow itself refuses, so that no global setting of Pillow has to change.
MAX_PIXELS = 178_000_000

MIDDLE_GREY = 128  # levels: a picture whose visible pixels are darker stands out on white
LARGEST_16_BIT = 65535.0  # level
COLOUR_SPACE = slice(16, 20)  # bytes of a colour profile that name what it describes

FORMATS = {
    ".png": "PNG",
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".webp": "WEBP",
    ".tif": "TIFF",
    ".tiff": "TIFF",
    ".bmp": "BMP",
}
_NO_ALPHA = {"JPEG", "BMP"}
_SAVE_OPTIONS: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": 95, "subsampling": 0},
    "WEBP": {"lossless": True, "exact": True},
    "TIFF": {"compression": "tiff_deflate"},
}
# What Pillow raises of broken files; a TypeError of a TIFF that is cut off.
_BROKEN = (OSError, ValueError, TypeError, SyntaxError, EOFError, struct.error, zlib.error, MemoryError)


@dataclass(frozen=True)
class Picture:
    """The pixels of one file and what is needed to write them back.

    rgb: uint8 (H, W, 3), upright. alpha: uint8 (H, W), or None when every pixel is opaque.
    grey: the file had no colour (it is written back that way if the result has none either).
    icc: colour profile, exif: metadata, both as in the file; dpi: px per inch in both directions.
    """

    rgb: Pixels
    alpha: NDArray[np.uint8] | None = None
    grey: bool = False
    icc: bytes | None = None
    exif: bytes | None = None
    dpi: tuple[float, float] | None = None

    @property
    def views(self) -> list[Pixels]:
        """What an eye sees, (H, W, 3) each; the text is looked for in the first.

        One view when opaque. With transparency the picture is seen over black and over white, because text
        may be drawn in the alpha channel alone; `merge` turns two edited views back into colour and alpha.
        The first is the view in which the visible pixels stand out.
        """
        if self.alpha is None:
            return [self.rgb]
        black, white = _over(self.rgb, self.alpha, 0), _over(self.rgb, self.alpha, 255)
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


def _over(rgb: Pixels, alpha: NDArray[np.uint8], backdrop: int) -> Pixels:
    """The picture over a backdrop of one grey level."""
    a = alpha[..., None].astype(np.float32) / 255
    return np.rint(rgb * a + backdrop * (1 - a)).astype(np.uint8)


def read_picture(path: str | Path, page: int = 0) -> Picture:
    """Read one still picture, or that page of a TIFF. Raises IimtError with one line that names the file and the cause."""
    path = Path(path)
    try:
        if path.is_dir():
            raise IimtError(f"{path}: is a folder, not a picture")
        if path.stat().st_size == 0:
            raise IimtError(f"{path}: the file is empty")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's size warning starts below our limit
            with Image.open(path) as image:
                if page:
                    image.seek(page)
                width, height = image.size
                if width * height > MAX_PIXELS:
                    raise Image.DecompressionBombError
                if getattr(image, "n_frames", 1) > 1 and image.format not in ("TIFF", "MPO"):
                    raise IimtError(f"{path}: animated pictures are not supported ({image.n_frames} frames)")
                image.load()
                return picture_of(image)
    except FileNotFoundError:
        raise IimtError(f"{path}: no such file") from None
    except PermissionError:
        raise IimtError(f"{path}: no permission to read it") from None
    except Image.DecompressionBombError:
        raise IimtError(
            f"{path}: too large, more than {MAX_PIXELS:,} pixels; scale it down or cut it"
        ) from None
    except UnidentifiedImageError:
        raise IimtError(f"{path}: not a picture in a known format") from None
    except _BROKEN as error:
        raise IimtError(f"{path}: truncated or damaged picture ({_first_line(error)})") from None


def picture_of(image: Image.Image) -> Picture:
    """An image of Pillow, in any mode, as a picture."""
    icc, dpi = image.info.get("icc_profile"), image.info.get("dpi")
    image = ImageOps.exif_transpose(image)
    exif = image.getexif()
    grey = image.mode in ("1", "L", "LA") or image.mode.startswith(("I", "F"))
    if image.mode.startswith("I") or image.mode == "F":
        image = _to_8_bit(image)
    if image.mode == "CMYK":
        image, icc = _from_cmyk(image, icc), None
    transparent = image.has_transparency_data
    pixels = np.asarray(image.convert("RGBA" if transparent else "RGB"))
    alpha = np.ascontiguousarray(pixels[..., 3]) if transparent else None
    if alpha is not None and alpha.min() == 255:
        alpha = None
    if icc and icc[COLOUR_SPACE] != b"RGB ":
        icc = None  # a grey or CMYK profile does not describe the RGB that is written
    return Picture(
        rgb=np.ascontiguousarray(pixels[..., :3]),
        alpha=alpha,
        grey=grey,
        icc=icc or None,
        exif=exif.tobytes() if len(exif) else None,
        dpi=(float(dpi[0]), float(dpi[1])) if dpi else None,
    )


def _to_8_bit(image: Image.Image) -> Image.Image:
    values = np.asarray(image).astype(np.float64)
    if image.mode == "F":
        top = float(np.nanmax(values)) if np.isfinite(values).any() else 1.0
        span = 1.0 if top <= 1 else 255.0 if top <= 255 else top
    else:
        span = max(LARGEST_16_BIT, float(values.max()))
    values = np.nan_to_num(values, nan=0.0, posinf=span, neginf=0.0)
    return Image.fromarray(np.rint(np.clip(values / span, 0, 1) * 255).astype(np.uint8))


def _from_cmyk(image: Image.Image, icc: bytes | None) -> Image.Image:
    if icc:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(icc))
            converted = ImageCms.profileToProfile(
                image, source, ImageCms.createProfile("sRGB"), outputMode="RGB"
            )
            if converted is not None:
                return converted
        except ImageCms.PyCMSError:
            pass
    return image.convert("RGB")


def check_writable(path: str | Path) -> str:
    """Pillow's format name for the suffix of `path`. Raises IimtError for a suffix that is not supported."""
    suffix = Path(path).suffix.lower()
    if suffix not in FORMATS:
        known = " ".join(FORMATS)
        raise IimtError(f"{path}: cannot write {suffix or 'a file without suffix'}; use {known}")
    return FORMATS[suffix]


def write_picture(picture: Picture, pixels: NDArray[np.uint8], path: str | Path) -> None:
    """Write `pixels`, uint8 (H, W, 3 or 4), with the profile and EXIF of `picture`, whole or not at all.

    A picture of three channels gets the alpha of `picture`. Formats without alpha are laid over white.
    Raises IimtError if the suffix is unknown or the file cannot be written.
    """
    path = Path(path)
    content = encode_picture(picture, pixels, path)
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def encode_picture(picture: Picture, pixels: NDArray[np.uint8], path: Path) -> bytes:
    """What `write_picture` would write to `path`."""
    format_ = check_writable(path)
    alpha = picture.alpha if pixels.shape[2] == 3 else pixels[..., 3]
    rgb = pixels[..., :3]
    if alpha is not None and format_ in _NO_ALPHA:
        rgb, alpha = _over(rgb, alpha, 255), None
    grey = picture.grey and bool((rgb == rgb[..., :1]).all())
    if alpha is not None:
        image = Image.fromarray(np.dstack([rgb[..., :1] if grey else rgb, alpha]))
    else:
        image = Image.fromarray(np.ascontiguousarray(rgb[..., 0] if grey else rgb))
    options = dict(_SAVE_OPTIONS.get(format_, {}))
    if picture.icc and not grey:
        options["icc_profile"] = picture.icc
    if picture.exif:
        options["exif"] = picture.exif
    if picture.dpi:
        options["dpi"] = picture.dpi
    file = io.BytesIO()
    try:
        image.save(file, format=format_, **options)
    except OSError as error:
        raise cannot_write(path, error) from None
    except (ValueError, KeyError) as error:
        raise IimtError(f"{path}: cannot write it ({_first_line(error)})") from None
    return file.getvalue()


def _first_line(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return (str(error) or type(error).__name__).splitlines()[0]
