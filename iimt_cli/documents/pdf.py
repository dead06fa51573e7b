"""PDF: pages become pictures, and translated pictures become pages whose text can be searched.

Only the content of translated pages is replaced. Metadata, bookmarks, links, form fields, page sizes and pages without a
translation stay as they were. Annotations lie over the pages, so they are not in the pictures.
"""

from __future__ import annotations

import io
import math
import threading
import unicodedata
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
import pikepdf
import pypdfium2 as pdfium
from pikepdf import Array, Dictionary, Name
from PIL import Image
from pypdfium2 import raw

from iimt_cli.documents.base import DPI, PlacedText
from iimt_cli.errors import IimtError, SystemRefused
from iimt_cli.page.arrays import Pixels
from iimt_cli.page.files.encode import Encoded
from iimt_cli.page.files.image import MAX_PIXELS, Picture

MARK, HEAD = b"%PDF-", 1024  # the mark of a PDF, and the bytes at the start of a file in which it must stand
POINTS = 72  # per inch: the unit of PDF
SCAN = 0.9  # share of a page's width and height that one picture must cover: then the page is a scan
MOST_DPI = 300  # px per inch for a scan, at most: more takes longer and shows letters no better
JPEG_QUALITY = 90
# A page is stored without loss unless that takes more than LOSSLESS times the bytes of a JPEG (at the quickest compression).
# Among the examples, drawn pages take 0.5 to 1.8 times as many, those with a photo or texture 3.6 to 5.3 times.
LOSSLESS = 2.0
# The invisible text is in Courier, because all its characters have one width, so that no table of widths is needed.
COURIER = 0.6  # em: width of each character
DESCENT = 0.2  # share of a line's height between its lower edge and its baseline

_lock = threading.Lock()  # PDFium must not be used in several threads at once
_Matrix = tuple[float, float, float, float, float, float]


def count_pages(path: Path) -> int:
    """The number of pages. Raises IimtError if the file is missing, encrypted or damaged, or has no page."""
    with _document(path) as document:
        count = len(document)
    with _source(path) as pdf:
        if not count or count != len(pdf.pages):
            raise IimtError(f"{path}: a damaged PDF (unclear which pages it has)")
    return count


def count_pixels(path: Path, number: int, dpi: int | None) -> int:
    with _page(path, number) as page:
        width, height = page.get_size()
        scale = _scale(page, dpi)
    return math.ceil(width * scale) * math.ceil(height * scale)


def read_page(path: Path, number: int, dpi: int | None) -> Picture:
    """The page as it is seen, without annotations. `dpi` None: a scan keeps its resolution, other pages get DPI."""
    if not number:
        # checked, because PDFium draws some documents that qpdf, which binds them, cannot read
        count_pages(path)
    with _page(path, number) as page:
        width, height = page.get_size()
        scale = _scale(page, dpi)
        if width * height * scale * scale > MAX_PIXELS:
            at = f"at {scale * POINTS:.0f} dpi more than {MAX_PIXELS:,} pixels; --dpi takes a lower number"
            raise IimtError(f"{path}: page {number + 1}: too large, {at}")
        bitmap = page.render(scale=scale, draw_annots=False, may_draw_forms=False, rev_byteorder=True)
        rgb = np.array(bitmap.to_numpy()[..., :3])
        bitmap.close()
        if rgb.min() == rgb.max() and not _images_can_be_read(page):
            raise IimtError(f"{path}: page {number + 1}: its picture is damaged")
    return Picture(rgb, grey=_is_grey(rgb), dpi=(round(scale * POINTS, 2),) * 2)


def encode_page(
    path: Path, number: int, picture: Picture, pixels: Pixels, texts: Sequence[PlacedText]
) -> Encoded:
    """A PDF of one page: the pixels, and the texts as invisible letters at their places."""
    with _page(path, number) as page:
        width, height = page.get_size()
        box, rotation = page.get_bbox(), page.get_rotation()
    rows, columns = pixels.shape[:2]
    letters = _letters(texts, width / columns, height / rows, height)
    upright = " ".join(_number(value) for value in _upright(box, rotation))
    drawn = f"q {upright} cm q {_number(width)} 0 0 {_number(height)} 0 0 cm /Picture Do Q {letters} Q"
    pdf = pikepdf.new()
    resources = Dictionary(
        XObject=Dictionary(Picture=_image(pdf, pixels)), Font=Dictionary(Text=pdf.make_indirect(_font()))
    )
    page = Dictionary(
        Type=Name.Page,
        MediaBox=Array([*box]),
        Rotate=rotation,
        Resources=pdf.make_indirect(resources),
        Contents=pdf.make_stream(drawn.encode("ascii")),
    )
    pdf.pages.append(pikepdf.Page(pdf.make_indirect(page)))
    file = io.BytesIO()
    pdf.save(file, deterministic_id=True)
    return Encoded(file.getvalue())


def bind(path: Path, pages: Mapping[int, Path], output: Path, scratch: Path) -> None:
    """The same document with the content of `pages` replaced.

    pikepdf would hold all pictures in memory. So it writes the document without them, and they are appended to that file.
    """
    whole = scratch / "whole.pdf"
    try:
        _bind(path, pages, output, whole)
    finally:
        whole.unlink(missing_ok=True)


def _bind(path: Path, pages: Mapping[int, Path], output: Path, whole: Path) -> None:
    with _source(path) as pdf:
        font = pdf.make_indirect(_font())
        for number, file in pages.items():
            target = pdf.pages[number].obj
            with _source(file) as one:
                page = one.pages[0]
                target.Contents = pdf.make_stream(page.obj.Contents.read_bytes())
                target.Resources = Dictionary(
                    XObject=Dictionary(Picture=pdf.make_stream(b"")), Font=Dictionary(Text=font)
                )
            for key in (Name.Thumb, Name.PieceInfo, Name.StructParents):  # they describe the old content
                if key in target:
                    del target[key]
        # Without object streams the cross-reference table is plain text, so another one can be appended.
        _save(pdf, whole, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    with _source(whole) as pdf:
        ids = {number: pdf.pages[number].obj.Resources.XObject.Picture.objgen[0] for number in pages}
        trailer = pdf.trailer.unparse().removesuffix(b">>")
    _add_pictures(whole, {ids[number]: file for number, file in pages.items()}, trailer)
    with _source(whole) as pdf:
        _save(pdf, output)


def _add_pictures(whole: Path, files: Mapping[int, Path], trailer: bytes) -> None:
    """Appends the pictures of one-page files; they replace the objects with the numbers in `files`.

    This is an incremental update (ISO 32000, 7.5.6): objects, a table of their places, a trailer.
    """
    with whole.open("r+b") as file:
        file.seek(-64, io.SEEK_END)
        before = int(file.read().split(b"startxref")[1].split()[0])
        file.seek(0, io.SEEK_END)
        rows = []
        for number, one in sorted(files.items()):
            with _source(one) as pdf:
                picture = pdf.pages[0].obj.Resources.XObject.Picture
                data = picture.read_raw_bytes()
                facts = picture.stream_dict
                facts.Length = len(data)
                rows.append(f"{number} 1\n{file.tell():010} 00000 n \n")
                file.write(f"{number} 0 obj\n".encode() + facts.unparse() + b"\nstream\n" + data)
                file.write(b"\nendstream\nendobj\n")
        table = file.tell()
        file.write(f"xref\n{''.join(rows)}trailer ".encode() + trailer)
        file.write(f" /Prev {before} >>\nstartxref\n{table}\n%%EOF\n".encode())


def _save(pdf: pikepdf.Pdf, path: Path, **how: Any) -> None:
    with path.open("wb") as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pikepdf warns of fields that no form of the source leads to
        # Metadata (XMP) stays as it is, whole or broken.
        pdf.save(file, deterministic_id=True, fix_metadata_version=False, **how)


# Reading


@contextmanager
def _document(path: Path) -> Iterator[pdfium.PdfDocument]:
    try:
        with _lock, path.open("rb") as file:
            if not file.read(1):
                raise IimtError(f"{path}: the file is empty")
            file.seek(0)
            with pdfium.PdfDocument(file) as document:
                yield document
    except FileNotFoundError:
        raise IimtError(f"{path}: no such file") from None
    except OSError as error:
        raise SystemRefused(f"{path}: cannot be read ({error.strerror or error})") from None
    except pdfium.PdfiumError:
        with _source(
            path
            # qpdf finds out whether it is encrypted; for other refused files PDFium may give the reason
        ) as pdf:
            if not len(pdf.pages):
                raise IimtError(f"{path}: a PDF without pages") from None
        raise _broken(path) from None


@contextmanager
def _page(path: Path, number: int) -> Iterator[pdfium.PdfPage]:
    with _document(path) as document:
        try:
            page = document[number]
        except (pdfium.PdfiumError, IndexError):
            raise IimtError(f"{path}: page {number + 1}: damaged page") from None
        yield page


@contextmanager
def _source(path: Path) -> Iterator[pikepdf.Pdf]:
    try:
        # As a stream, because file names may not be UTF-8, and because a file mapped into memory would count as memory.
        with path.open("rb") as file, pikepdf.open(file, access_mode=pikepdf.AccessMode.stream) as pdf:
            yield pdf
    except pikepdf.PasswordError:
        raise IimtError(f"{path}: an encrypted PDF; save it without its password first") from None
    except pikepdf.PdfError:
        raise _broken(path) from None


def _broken(path: Path) -> IimtError:
    with path.open("rb") as file:
        is_pdf = MARK in file.read(HEAD)
    return IimtError(f"{path}: {'a damaged PDF' if is_pdf else 'not a PDF'}")


def _scale(page: pdfium.PdfPage, dpi: int | None) -> float:
    """Pixels per point, a tiny bit less than exact, because sizes are rounded up later."""
    wanted = dpi or min(MOST_DPI, _scanned_dpi(page) or DPI)
    return wanted / POINTS * (1 - 1e-6)


def _scanned_dpi(page: pdfium.PdfPage) -> float | None:
    """The resolution of a scan: of the picture that covers the page. None without one, or if anything else is visible."""
    found: pdfium.PdfImage | None = None
    for thing in page.get_objects(max_depth=1):
        if isinstance(thing, pdfium.PdfImage) and found is None:
            found = thing
        elif thing.type != raw.FPDF_PAGEOBJ_TEXT or (
            raw.FPDFTextObj_GetTextRenderMode(thing) != raw.FPDF_TEXTRENDERMODE_INVISIBLE
        ):
            return None
    if found is None:
        return None
    left, bottom, right, top = found.get_bounds()
    x0, y0, x1, y1 = page.get_bbox()
    wide, high = min(right, x1) - max(left, x0), min(top, y1) - max(bottom, y0)
    if wide < SCAN * (x1 - x0) or high < SCAN * (y1 - y0):
        return None
    columns, rows = found.get_px_size()
    return POINTS * math.sqrt(columns * rows / ((right - left) * (top - bottom)))


def _images_can_be_read(page: pdfium.PdfPage) -> bool:
    try:
        for image in page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE]):
            image.get_bitmap()
    except pdfium.PdfiumError:
        return False
    return True


def _is_grey(rgb: Pixels) -> bool:
    return bool((rgb == rgb[..., :1]).all())


# Writing


def _upright(box: Sequence[float], rotation: int) -> _Matrix:
    """Matrix from the page as it is seen (points from its lower left corner) to the coordinates of its content.

    box: left, bottom, right, top in these coordinates. rotation: degrees by which viewers turn the page clockwise.
    """
    left, bottom, right, top = box
    return {
        0: (1, 0, 0, 1, left, bottom),
        90: (0, 1, -1, 0, right, bottom),
        180: (-1, 0, 0, -1, right, top),
        270: (0, -1, 1, 0, left, top),
    }[rotation]


def _font() -> Dictionary:
    return Dictionary(
        Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Courier, Encoding=Name.WinAnsiEncoding
    )


def _image(pdf: pikepdf.Pdf, pixels: Pixels) -> pikepdf.Stream:
    grey = _is_grey(pixels[..., :3])
    image = Image.fromarray(np.ascontiguousarray(pixels[..., 0] if grey else pixels[..., :3]))
    facts = {
        "Type": Name.XObject,
        "Subtype": Name.Image,
        "Width": image.width,
        "Height": image.height,
        "ColorSpace": Name.DeviceGray if grey else Name.DeviceRGB,
        "BitsPerComponent": 8,
    }
    jpeg = _encoded(image, "JPEG", quality=JPEG_QUALITY, subsampling=0)
    if len(_encoded(image, "PNG", compress_level=1)) > LOSSLESS * len(jpeg):
        return pikepdf.Stream(pdf, jpeg, Filter=Name.DCTDecode, **facts)
    # PDF can hold the compressed pixels of a PNG as they are
    how = Dictionary(Predictor=15, Colors=1 if grey else 3, BitsPerComponent=8, Columns=image.width)
    data = _png_data(_encoded(image, "PNG"))
    return pikepdf.Stream(pdf, data, Filter=Name.FlateDecode, DecodeParms=how, **facts)


def _encoded(image: Image.Image, kind: str, **how: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **how)
    return file.getvalue()


def _png_data(png: bytes) -> bytes:
    """The compressed pixels of a PNG file: the contents of its IDAT chunks."""
    parts, at = [], 8
    while at < len(png):
        length, kind = int.from_bytes(png[at : at + 4], "big"), png[at + 4 : at + 8]
        if kind == b"IDAT":
            parts.append(png[at + 8 : at + 8 + length])
        at += 12 + length
    return b"".join(parts)


def _letters(texts: Sequence[PlacedText], wide: float, high: float, height: float) -> str:
    """PDF operators for invisible texts. wide, high: points per px across and down; height: of the page, points."""
    written = []
    for text in texts:
        quads = [
            [(x * wide, height - y * high) for x, y in corners] for corners in text.lines if len(corners) == 4
        ]
        lengths = [math.dist(quad[0], quad[1]) for quad in quads]
        for quad, length, words in zip(quads, lengths, spread(text.text, lengths), strict=True):
            (x0, y0), (x1, y1), _, (x3, y3) = quad
            size = math.dist(quad[0], quad[3])
            if not words or not length or not size:
                continue
            cos, sin = (x1 - x0) / length, (y1 - y0) / length
            x, y = x3 + (x0 - x3) * DESCENT, y3 + (y0 - y3) * DESCENT
            stretched = 100 * length / (COURIER * size * len(words))
            place = " ".join(_number(value) for value in (cos, sin, -sin, cos, x, y))
            written.append(
                f"/Text {_number(size)} Tf {_number(stretched)} Tz {place} Tm <{_win_ansi(words + ' ').hex()}> Tj"
            )
    return f"BT 3 Tr {' '.join(written)} ET" if written else ""


def spread(text: str, lengths: Sequence[float]) -> list[str]:
    """The words of a text spread over lines of these lengths, so that all lines are about equally full."""
    words, total = text.split(), sum(lengths)
    lines: list[list[str]] = [[] for _ in lengths]
    if not words or not total:
        return ["" for _ in lengths]
    ends = [end / total for end in accumulate(lengths)]
    whole, written = sum(map(len, words)), 0
    for word in words:
        middle = (written + len(word) / 2) / whole
        line = next((i for i, end in enumerate(ends) if middle <= end), len(lines) - 1)
        lines[line].append(word)
        written += len(word)
    return [" ".join(line) for line in lines]


def _win_ansi(text: str) -> bytes:
    """The text in WinAnsi encoding. Letters that it lacks lose their accents, or become a question mark."""
    parts = []
    for letter in text:
        try:
            parts.append(letter.encode("cp1252"))
        except UnicodeEncodeError:
            plain = unicodedata.normalize("NFKD", letter).encode("ascii", "ignore")
            parts.append(plain or b"?")
    return b"".join(parts)


def _number(value: float) -> str:
    """A number as PDF writes it, without an exponent."""
    return f"{value:.4f}".rstrip("0").rstrip(".")
