"""Pixels → picture files. They keep what the source file held, and say what the new format cannot keep."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from iimt_cli.errors import IimtError
from iimt_cli.formats import bmp, jpeg, png, tiff
from iimt_cli.page.files.image import BROKEN, Picture, first_line, loaded, over
from iimt_cli.page.files.own import EIGHT, Own, changed_own
from iimt_cli.writing import cannot_write, replacing

FORMATS = {
    ".png": "PNG",
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".webp": "WEBP",
    ".tif": "TIFF",
    ".tiff": "TIFF",
    ".bmp": "BMP",
}
# The kinds of pixels (`Own.mode`) that each format can store as they are
_HOLDS = {
    "PNG": {"1", "P", "I;16", "LA;16", "RGB;16", "RGBA;16"},
    "TIFF": {"1", "P", "I;16", "LA;16", "RGB;16", "RGBA;16", "CMYK", "CMYK;16", "I", "F"},
    "JPEG": {"CMYK"},
    "BMP": {"1", "P"},
    "WEBP": set[str](),
}
_NO_ALPHA = {"JPEG"}
_LOSSY = {"JPEG"}
# Metadata that pass between formats: the field of Picture → its name in messages to users
_METADATA = {"icc": "colour profile", "exif": "EXIF", "xmp": "XMP", "dpi": "resolution", "comment": "comment"}
_NOT_IN = {"BMP": {"icc", "exif", "xmp", "comment"}, "WEBP": {"dpi", "comment"}}
_SAVE_OPTIONS: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": 95, "subsampling": 0},
    "WEBP": {"lossless": True, "exact": True},
}
_COLOUR_SPACE = slice(16, 20)  # bytes of a colour profile that name its colour space
# Compressions of TIFF that Pillow can write, by their numbers in the format. All others are written as deflate.
_COMPRESSIONS = {1: "raw", 5: "tiff_lzw", 32773: "packbits"}
_FAX_COMPRESSIONS = {2: "tiff_ccitt", 3: "group3", 4: "group4"}  # for pictures of one bit only
_DESCRIPTION = 270  # the TIFF tag that takes the comment of another format
_XMP_KEYWORD = "XML:com.adobe.xmp"  # the keyword of the PNG text chunk that holds XMP


@dataclass(frozen=True)
class Encoded:
    """A picture file. not_kept: what the source file had and this one lacks, in the words of docs/formats.md."""

    content: bytes
    not_kept: tuple[str, ...] = ()


def check_writable(path: str | Path) -> str:
    """Pillow's format name for the suffix of `path`. Raises IimtError for a suffix that is not supported."""
    suffix = Path(path).suffix.lower()
    if suffix not in FORMATS:
        known = " ".join(FORMATS)
        raise IimtError(f"{path}: cannot write {suffix or 'a file without suffix'}; use {known}")
    return FORMATS[suffix]


def write_picture(picture: Picture, pixels: NDArray[np.uint8], path: str | Path) -> None:
    """Write `pixels`, uint8 (H, W, 3 or 4), with the metadata of `picture`. The file is written whole or not at all.

    A picture of three channels gets the alpha of `picture`. Formats without alpha are laid over white.
    Raises IimtError if the suffix is unknown or the file cannot be written.
    """
    path = Path(path)
    content = encode_picture(picture, pixels, path).content
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def encode_picture(picture: Picture, pixels: NDArray[np.uint8], path: Path) -> Encoded:
    """What `write_picture` would write to `path`."""
    format_ = check_writable(path)
    drawn = _drawn(picture, pixels, format_)
    try:
        return _WRITERS[format_](picture, drawn)
    except OSError as error:
        raise cannot_write(path, error) from None
    except (ValueError, KeyError) as error:
        raise IimtError(f"{path}: cannot write it ({first_line(error)})") from None


def to_write_again(picture: Picture, written: Picture, path: Path) -> Picture | None:
    """`picture` with the pixels of a file that was `written` for it: what is not changed is stored in `path` as it is there.

    None if those pixels would not be the same once they are written to `path` again.
    """
    pixels = written.rgb
    if pixels.shape != picture.rgb.shape:
        return None
    # Where the file could not hold the source's own pixels, only these tell what it has not kept.
    if picture.own is not None and written.own is None:
        return None
    again = replace(picture, rgb=pixels, own=written.own)
    if again.own is None and check_writable(path) not in _LOSSY:
        return again
    content = encode_picture(again, pixels, path).content
    with Image.open(io.BytesIO(content)) as image:
        return again if np.array_equal(loaded(image, lambda: content).rgb, pixels) else None


@dataclass(frozen=True)
class _Drawn:
    """The pixels to write: an image of Pillow or, where Pillow cannot hold them, an array (`own`).

    profile: whether the picture's colour profile describes these pixels. not_kept: what the source pixels had and
    these lack, such as 16 bits or transparency.
    """

    image: Image.Image | None
    own: Own | None
    profile: bool
    not_kept: tuple[str, ...]


def _drawn(picture: Picture, pixels: NDArray[np.uint8], format_: str) -> _Drawn:
    own, lost = None, list[str]()
    if picture.own is not None:
        own = changed_own(picture.own, picture.rgb, pixels, picture.alpha, picture.icc)
        if own is None or not _holds(format_, own):
            lost.append(picture.own.name)
            own = None
    else:
        bits = getattr(picture.original, "bits", EIGHT)
        lost += (
            [f"{bits} bits per channel"]
            if bits > EIGHT
            else [f"{bits} bits per pixel"]
            if bits < EIGHT
            else []
        )
    if own is None and picture.alpha is not None and format_ in _NO_ALPHA:
        lost.append("transparency")
    image = _in_8_bits(picture, pixels, format_) if own is None else _of_pillow(own)
    mode = image.mode if image is not None else own.mode if own is not None else ""
    space = _space_of(mode)
    before = _space_of(picture.own.mode) if picture.own else b"GRAY" if picture.grey else b"RGB "
    return _Drawn(image, own, space in (before, _space(picture.icc)), tuple(lost))


def _holds(format_: str, own: Own) -> bool:
    """Whether a format can store such pixels. Only PNG can store a palette with transparency."""
    return own.mode in _HOLDS[format_] and (own.palette is None or not own.has_alpha or format_ == "PNG")


def _in_8_bits(picture: Picture, pixels: NDArray[np.uint8], format_: str) -> Image.Image:
    alpha = picture.alpha if pixels.shape[2] == 3 else pixels[..., 3]
    rgb = pixels[..., :3]
    if alpha is not None and format_ in _NO_ALPHA:
        rgb, alpha = over(rgb, alpha, 255), None
    elif alpha is None and picture.has_alpha and format_ not in _NO_ALPHA:
        alpha = np.full(rgb.shape[:2], 255, np.uint8)
    grey = picture.grey and bool((rgb == rgb[..., :1]).all())
    if alpha is not None:
        return Image.fromarray(np.dstack([rgb[..., :1] if grey else rgb, alpha]))
    return Image.fromarray(np.ascontiguousarray(rgb[..., 0] if grey else rgb))


def _of_pillow(own: Own) -> Image.Image | None:
    """The values as an image of Pillow; None if Pillow cannot write them."""
    height, width = own.values.shape[:2]
    if own.mode == "1":
        return Image.fromarray(own.values != 0)
    if own.mode not in ("P", "CMYK"):
        return None
    image = Image.frombytes(own.mode, (width, height), own.values.tobytes())
    if own.palette is not None:
        image.putpalette(own.palette[:, :3].tobytes())
        if own.has_alpha:
            image.info["transparency"] = own.palette[:, 3].tobytes()
    return image


def _space(icc: bytes | None) -> bytes:
    return icc[_COLOUR_SPACE] if icc else b""


def _space_of(mode: str) -> bytes:
    """The colour space that a profile of pixels in this mode must name."""
    if mode.startswith("CMYK"):
        return b"CMYK"
    return b"RGB " if mode.startswith(("RGB", "P")) else b"GRAY"


def _metadata(picture: Picture, drawn: _Drawn, format_: str) -> tuple[dict[str, Any], list[str]]:
    """(metadata that a file of this format can keep, names of those that it cannot)."""
    found = {field: value for field in _METADATA if (value := getattr(picture, field))}
    lost = {*_NOT_IN.get(format_, ()), *(() if drawn.profile else ("icc",))}
    if format_ == "JPEG":
        lost |= {
            field
            for field in ("exif", "xmp", "comment")
            if len(found.get(field, b"")) > jpeg.LONGEST - len(jpeg.XMP)
        }
    return (
        {field: value for field, value in found.items() if field not in lost},
        [_METADATA[field] for field in found if field in lost],
    )


def _encoded(content: bytes, picture: Picture, drawn: _Drawn, *lost: str) -> Encoded:
    found = (*drawn.not_kept, *(picture.original.not_kept if picture.original else ()), *lost)
    return Encoded(content, tuple(dict.fromkeys(found)))


def _in_same_format(picture: Picture, drawn: _Drawn) -> list[str]:
    """What a file of the source's own format loses, beside what `Original.not_kept` names."""
    return [] if drawn.profile or not picture.icc else [_METADATA["icc"]]


def _in_another(picture: Picture, drawn: _Drawn, format_: str) -> tuple[dict[str, Any], list[str]]:
    """(metadata for a file in another format than the source's, names of what is lost)."""
    kept, lost = _metadata(picture, drawn, format_)
    return kept, lost + (picture.original.only_here if picture.original else [])


def _saved(image: Image.Image, format_: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, format_, **options)
    return file.getvalue()


def _options(kept: Mapping[str, Any]) -> dict[str, Any]:
    """Metadata as the keyword arguments of Pillow's `save`."""
    return {"icc_profile" if field == "icc" else field: value for field, value in kept.items()}


def _png(picture: Picture, drawn: _Drawn) -> Encoded:
    if drawn.image is not None:
        content = _saved(drawn.image, "PNG")
    else:
        assert drawn.own is not None
        content = png.encode_16_bit(drawn.own.values.astype(np.uint16))
    if isinstance(picture.original, png.Facts):
        content = png.with_facts(content, picture.original, drawn.profile)
        return _encoded(content, picture, drawn, *_in_same_format(picture, drawn))
    kept, lost = _in_another(picture, drawn, "PNG")
    text = PngInfo()
    if "xmp" in kept:
        text.add_itxt(_XMP_KEYWORD, kept["xmp"].decode("utf-8", "replace"))
    if "comment" in kept:
        text.add_itxt("Comment", kept["comment"].decode("utf-8", "replace"))
    donor = _saved(_SMALL, "PNG", pnginfo=text, **_options(kept))
    facts = png.facts_of(io.BytesIO(donor), kept.get("exif"), turned=False)
    return _encoded(png.with_facts(content, facts, drawn.profile), picture, drawn, *lost)


def _jpeg(picture: Picture, drawn: _Drawn) -> Encoded:
    assert drawn.image is not None
    original, channels = picture.original, len(drawn.image.getbands())
    if not isinstance(original, jpeg.Facts):
        kept, lost = _in_another(picture, drawn, "JPEG")
        return _encoded(
            _saved(drawn.image, "JPEG", **_SAVE_OPTIONS["JPEG"], **_options(kept)), picture, drawn, *lost
        )
    lost = _in_same_format(picture, drawn)
    options: dict[str, Any] = {"progressive": original.progressive, "keep_rgb": original.is_rgb}
    if tables := original.tables_for(channels):
        options |= {"qtables": tables}
    else:
        options |= {"quality": _SAVE_OPTIONS["JPEG"]["quality"]}
    if channels == 3:
        options["subsampling"] = 0 if original.is_rgb else original.sampling or 0
    if original.sampling is None or (original.is_rgb and original.sampling):
        lost.append("colour sampling")
    if original.is_too_coarse:
        lost.append("coarse quality tables")
    if original.is_ycck:
        lost.append("YCCK, written as CMYK")
    content = jpeg.with_facts(_saved(drawn.image, "JPEG", **options), original, drawn.profile)
    return _encoded(content, picture, drawn, *lost)


def _tiff(picture: Picture, drawn: _Drawn) -> Encoded:
    original = picture.original if isinstance(picture.original, tiff.Facts) else None
    order, compression = (original.order, original.compression) if original else ("<", tiff.DEFLATE)
    if drawn.image is not None and drawn.image.mode != "CMYK":
        known = _COMPRESSIONS | (_FAX_COMPRESSIONS if drawn.image.mode == "1" else {})
        content = _saved(drawn.image, "TIFF", compression=known.get(compression, "tiff_deflate"))
    else:
        values, mode = (drawn.own.values, drawn.own.mode) if drawn.own else (np.asarray(drawn.image), "CMYK")
        if original and mode in ("I", "F"):
            values = values.astype(f"{original.kind}{original.bits // EIGHT}")
        meaning = {b"CMYK": tiff.IN_CMYK, b"RGB ": tiff.IN_RGB, b"GRAY": tiff.DARK_IS_0}[_space_of(mode)]
        content = tiff.encode(values, meaning, order, compression != 1, mode in ("LA;16", "RGBA;16"))
    if original:
        content = tiff.with_facts(content, original, drawn.profile)
        return _encoded(content, picture, drawn, *_in_same_format(picture, drawn))
    kept, lost = _in_another(picture, drawn, "TIFF")
    exif = Image.Exif()
    try:
        exif.load(kept.get("exif", b""))
        for tag in tiff.STORAGE.intersection(exif):  # some cameras repeat the size of their pictures
            del exif[tag]
        exif.tobytes()
    except BROKEN:
        exif = Image.Exif()
        lost.append(_METADATA["exif"])
    if "xmp" in kept:
        exif[tiff.XMP] = kept["xmp"]
    if "comment" in kept and _DESCRIPTION in exif:
        lost.append(_METADATA["comment"])
    elif "comment" in kept:
        exif[_DESCRIPTION] = kept["comment"].decode("utf-8", "replace")
    donor = _saved(_SMALL, "TIFF", **{**_options(kept), "exif": exif})
    facts = tiff.facts_of(io.BytesIO(donor), 0, 1)
    return _encoded(tiff.with_facts(content, facts, drawn.profile), picture, drawn, *lost)


def _webp(picture: Picture, drawn: _Drawn) -> Encoded:
    return _simple(picture, drawn, "WEBP")


def _bmp(picture: Picture, drawn: _Drawn) -> Encoded:
    if drawn.image is None or "A" not in drawn.image.getbands():
        return _simple(picture, drawn, "BMP")
    _, lost = _in_another(picture, drawn, "BMP")
    content = bmp.encode(np.asarray(drawn.image.convert("RGBA")), picture.dpi)
    return _encoded(content, picture, drawn, *lost)


def _simple(picture: Picture, drawn: _Drawn, format_: str) -> Encoded:
    """Encode for a format in which Pillow writes all that is kept: nothing is added to the file afterwards."""
    assert drawn.image is not None
    kept, lost = _in_another(picture, drawn, format_)
    content = _saved(drawn.image, format_, **_SAVE_OPTIONS.get(format_, {}), **_options(kept))
    return _encoded(content, picture, drawn, *lost)


_SMALL = Image.new("L", (1, 1))  # Pillow writes metadata only together with some image
_WRITERS: dict[str, Callable[[Picture, _Drawn], Encoded]] = {
    "PNG": _png, "JPEG": _jpeg, "TIFF": _tiff, "WEBP": _webp, "BMP": _bmp
}  # fmt: skip
