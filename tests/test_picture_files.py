"""What goes in comes out: how pixels are stored and what stands beside them, by format."""

import io
import struct
import zlib
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image, ImageCms, ImageFilter, JpegImagePlugin
from PIL.PngImagePlugin import PngInfo

from iimt_cli.errors import IimtError
from iimt_cli.formats import exif as exif_format
from iimt_cli.page.files.encode import Encoded, encode_picture, to_write_again, write_picture
from iimt_cli.page.files.image import Picture, read_picture

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
XMP = (
    b'<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
    b'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" '
    b'xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="6"/></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
)
NEW = (slice(8, 20), slice(10, 40))  # where something is drawn


def noise(*shape: int, dtype: type = np.uint8) -> np.ndarray:
    top = np.iinfo(dtype).max + 1
    return np.random.default_rng(0).integers(0, top, shape, dtype)


def profile(space: bytes) -> bytes:
    """A profile by its head; nobody can convert with it."""
    return SRGB[:16] + space + SRGB[20:]


def drawn(picture: Picture, colour: Sequence[int] = (0, 0, 0)) -> np.ndarray:
    """The picture with a bar drawn on it, and beside it a grey one."""
    pixels = picture.merge([view.copy() for view in picture.views]).copy()
    pixels[NEW][..., :3] = colour
    if pixels.shape[2] == 4:
        pixels[NEW][..., 3] = 255
    return pixels


def through(path: Path, name: str = "", colour: Sequence[int] = (0, 0, 0)) -> tuple[Path, Encoded]:
    """Reads a picture, draws on it, and writes it again under another name."""
    picture = read_picture(path)
    out = path.with_name(f"out-{name or path.name}")
    made = encode_picture(picture, drawn(picture, colour), out)
    out.write_bytes(made.content)
    return out, made


def untouched(values: np.ndarray) -> np.ndarray:
    """The pixels on which nothing was drawn."""
    mask = np.ones(values.shape[:2], bool)
    mask[NEW] = False
    return values[mask]


def chunks(path: Path) -> list[tuple[bytes, bytes]]:
    data, at, found = path.read_bytes(), 8, []
    while at < len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        found.append((data[at + 4 : at + 8], data[at + 8 : at + 8 + length]))
        assert zlib.crc32(b"".join(found[-1])) == int.from_bytes(
            data[at + 8 + length : at + 12 + length], "big"
        )
        at += 12 + length
    return found


def with_chunks(path: Path, *new: tuple[bytes, bytes], before: bytes = b"IDAT") -> None:
    """Puts chunks into a PNG."""
    rows = chunks(path)
    at = next(i for i, (name, _) in enumerate(rows) if name == before)
    rows[at:at] = new
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + b"".join(
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
            for name, data in rows
        )
    )


def camera(orientation: int = 1, thumbnail: bytes = b"") -> bytes:
    """EXIF with a description, a maker's note that says where it lies, and a thumbnail."""
    note = b"MAKER" + struct.pack("<I", 0x1234)
    first = 8
    ifd = first + 2 + 3 * 12 + 4
    inner = ifd + 2 + 12 + 4
    text = b"a sign\0"
    second = inner + len(note) + 1 + len(text) + 1
    data = b"II*\0" + struct.pack("<I", first) + struct.pack("<H", 3)
    data += struct.pack("<HHII", 0x010E, 2, len(text), inner + len(note) + 1)
    data += struct.pack("<HHIHH", 0x0112, 3, 1, orientation, 0)
    data += struct.pack("<HHII", 0x8769, 4, 1, ifd) + struct.pack("<I", second if thumbnail else 0)
    data += (
        struct.pack("<HHHII", 1, 0x927C, 7, len(note), inner)
        + struct.pack("<I", 0)
        + note
        + b"\0"
        + text
        + b"\0"
    )
    if thumbnail:
        place = second + 2 + 2 * 12 + 4
        data += struct.pack("<H", 2) + struct.pack("<HHII", 0x0201, 4, 1, place)
        data += struct.pack("<HHII", 0x0202, 4, 1, len(thumbnail)) + struct.pack("<I", 0) + thumbnail
    return b"Exif\0\0" + data


# More than 8 bits


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("name", ["a.png", "a.tif"])
def test_16_bits_stay_16_bits(name: str, channels: int, tmp_path: Path) -> None:
    values = noise(40, 60, channels, dtype=np.uint16)
    values[NEW] = 30000
    assert cv2.imwrite(str(tmp_path / name), values)
    out, made = through(tmp_path / name)
    found = cv2.imread(str(out), cv2.IMREAD_UNCHANGED).reshape(values.shape)
    assert found.dtype == np.uint16 and made.not_kept == ()
    assert (untouched(found) == untouched(values)).all()
    assert (found[NEW][..., :3] == 0).all() and (channels < 4 or (found[NEW][..., 3] == 65535).all())


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("how", ["planes", "lzw", "signed", "float", "32"])
def test_16_bits_of_tiff_however_they_are_stored(order: str, how: str, tmp_path: Path) -> None:
    path, values = tmp_path / "a.tif", noise(40, 60, 3, dtype=np.uint16)
    grey = how in ("signed", "float", "32")
    if grey:
        values = values[..., 0].astype({"signed": np.int16, "float": np.float32, "32": np.int32}[how])
        values = np.abs(values // 2) if how != "float" else values / 65536
        values = np.maximum(
            values, 0.1 if how == "float" else 300
        )  # no other pixel is as dark as what is drawn
        tifffile.imwrite(path, values, photometric="minisblack", byteorder=order)
    elif how == "planes":
        tifffile.imwrite(
            path, np.moveaxis(values, -1, 0), photometric="rgb", planarconfig="separate", byteorder=order
        )
    else:
        lzw = [cv2.IMWRITE_TIFF_COMPRESSION, 5]
        assert cv2.imwrite(str(path), values[..., ::-1], lzw)
    out, made = through(path)
    found = tifffile.imread(out)
    assert found.shape == values.shape and made.not_kept == ()
    assert (untouched(found) == untouched(values)).all() and (found[NEW] == 0).all()


def test_grey_with_alpha_of_16_bits(tmp_path: Path) -> None:
    from iimt_cli.formats.png import encode_16_bit

    values = noise(40, 60, 2, dtype=np.uint16)
    (tmp_path / "a.png").write_bytes(encode_16_bit(values))
    assert chunks(tmp_path / "a.png")[0][1][8:10] == bytes((16, 4))
    seen = cv2.imread(str(tmp_path / "a.png"), cv2.IMREAD_UNCHANGED)
    assert (seen[..., 0] == values[..., 0]).all() and (seen[..., 3] == values[..., 1]).all()
    out, made = through(tmp_path / "a.png")
    found = cv2.imread(str(out), cv2.IMREAD_UNCHANGED)[..., [0, 3]]
    assert made.not_kept == () and chunks(out)[0][1][8:10] == bytes((16, 4))
    assert (untouched(found) == untouched(values)).all()
    out, _ = through(tmp_path / "a.png", colour=(255, 0, 0))  # grey has no place for red
    found = cv2.imread(str(out), cv2.IMREAD_UNCHANGED)
    assert (found[NEW] == (0, 0, 65535, 65535)).all() and (
        untouched(found)[:, 1] == untouched(values)[:, 0]
    ).all()


def test_more_bits_than_a_format_holds(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), noise(40, 60, 3, dtype=np.uint16))
    for name in ("a.jpg", "a.webp", "a.bmp"):
        assert "16 bits per channel" in through(tmp_path / "a.png", name)[1].not_kept
    assert through(tmp_path / "a.png", "a.tif")[1].not_kept == ()
    tifffile.imwrite(tmp_path / "b.tif", noise(40, 60).astype(np.float32), photometric="minisblack")
    assert "more than 16 bits per channel" in through(tmp_path / "b.tif", "b.png")[1].not_kept
    white = noise(40, 60, 3, dtype=np.uint16)
    tifffile.imwrite(tmp_path / "c.tif", white, photometric="rgb", extratags=[(338, "H", 1, 1, True)])


def test_an_image_of_pillow_keeps_its_bits(tmp_path: Path) -> None:
    from iimt_cli.page.files.image import picture_of

    values = noise(40, 60, dtype=np.uint16)
    picture = picture_of(Image.fromarray(values))
    (tmp_path / "a.png").write_bytes(encode_picture(picture, drawn(picture), tmp_path / "a.png").content)
    assert (untouched(np.asarray(Image.open(tmp_path / "a.png"))) == untouched(values)).all()


# CMYK, palettes, one bit, grey, alpha


@pytest.mark.parametrize("icc", [b"", profile(b"CMYK")])
@pytest.mark.parametrize("name", ["a.tif", "a.jpg"])
def test_cmyk(name: str, icc: bytes, tmp_path: Path) -> None:
    flat = np.repeat(np.repeat(noise(5, 8, 4), 8, 0), 8, 1)[:, :60]
    image = Image.frombytes("CMYK", (60, 40), np.ascontiguousarray(flat).tobytes())
    options: dict[str, Any] = {"icc_profile": icc} if icc else {}
    image.save(tmp_path / name, **options, **({"quality": 90} if name == "a.jpg" else {}))
    before = np.asarray(Image.open(tmp_path / name))
    out, made = through(tmp_path / name)
    assert tifffile.imread(out).dtype == np.uint8 if name == "a.tif" else True
    with Image.open(out) as found:
        assert found.mode == "CMYK" and found.info.get("icc_profile", b"") == icc and made.not_kept == ()
        after = np.asarray(found)
    assert np.abs(untouched(after).astype(int) - untouched(before)).max() <= (0 if name == "a.tif" else 12)
    bar = after[NEW].reshape(-1, 4).mean(axis=0)
    assert (np.abs(bar - (0, 0, 0, 255)) < 8).all()  # black is black ink alone
    assert "CMYK" in through(tmp_path / name, "a.png")[1].not_kept


def press_profile() -> bytes:
    """A profile of a press on which lightness goes down evenly with ink; colours become black ink alone."""

    def table(inputs: int, outputs: int, corners: bytes) -> bytes:
        ramp = bytes(range(256))
        matrix = b"".join(struct.pack(">i", 65536 * (i % 4 == 0)) for i in range(9))
        return (
            b"mft1\0\0\0\0"
            + bytes((inputs, outputs, 2, 0))
            + matrix
            + ramp * inputs
            + corners
            + ramp * outputs
        )

    to_lab, from_lab = b"", b""
    for ink in range(16):  # cyan, magenta, yellow, black, the last one quickest
        light = (1 - (ink >> 1).bit_count() / 3) * (1 - (ink & 1))
        to_lab += bytes((round(255 * light), 128, 128))
    for corner in range(8):  # lightness, then two colours
        from_lab += bytes((0, 0, 0, 0 if corner & 4 else 255))
    white = struct.pack(">iii", 63190, 65536, 54061)
    tags = {
        b"A2B0": table(4, 3, to_lab),
        b"B2A0": table(3, 4, from_lab),
        b"wtpt": b"XYZ \0\0\0\0" + white,
    }
    at, rows, body = 128 + 4 + 12 * len(tags), b"", b""
    for name, content in tags.items():
        content += bytes(-len(content) % 4)
        rows += name + struct.pack(">II", at + len(body), len(content))
        body += content
    head = bytearray(128)
    head[8:24] = b"\x02\x40\0\0prtrCMYKLab "
    head[36:40] = b"acsp"
    head[68:80] = white
    head[:4] = struct.pack(">I", at + len(body))
    return bytes(head) + struct.pack(">I", len(tags)) + rows + body


def test_cmyk_by_its_profile(tmp_path: Path) -> None:
    icc = press_profile()
    Image.new("CMYK", (60, 40), (0, 0, 0, 64)).save(tmp_path / "a.tif", icc_profile=icc)
    picture = read_picture(tmp_path / "a.tif")
    assert abs(int(picture.rgb[0, 0, 0]) - 185) < 4  # a lightness of 75; without the profile it would be 191
    out, made = through(tmp_path / "a.tif", colour=(119, 119, 119))
    with Image.open(out) as found:
        assert found.info["icc_profile"] == icc and made.not_kept == ()
        bar = np.asarray(found)[NEW]
        assert (untouched(np.asarray(found)) == (0, 0, 0, 64)).all()
    assert (bar[..., :3] == 0).all() and np.abs(bar[..., 3].astype(int) - 128).max() < 4


def ycck(path: Path) -> None:
    """Turns a CMYK JPEG into one that says it is YCCK."""
    data = path.read_bytes()
    at = data.index(b"Adobe") + 11
    path.write_bytes(data[:at] + b"\2" + data[at + 1 :])


def test_ycck_becomes_cmyk(tmp_path: Path) -> None:
    Image.new("CMYK", (60, 40), (10, 120, 60, 20)).save(tmp_path / "a.jpg", quality=95)
    ycck(tmp_path / "a.jpg")
    before = np.asarray(Image.open(tmp_path / "a.jpg")).astype(int)
    out, made = through(tmp_path / "a.jpg")
    assert made.not_kept == ("YCCK, written as CMYK",)
    assert np.abs(untouched(np.asarray(Image.open(out))) - untouched(before)).max() <= 8


def test_palettes(tmp_path: Path) -> None:
    indices = noise(40, 60) % 200
    image = Image.frombytes("P", (60, 40), indices.astype(np.uint8).tobytes())
    colours = noise(200, 3)
    image.putpalette(colours.tobytes())
    for name in ("a.png", "a.tif", "a.bmp", "a.gif"):
        image.save(tmp_path / name)
        out, made = through(tmp_path / name, name.replace("gif", "png"), colour=(1, 2, 3))
        with Image.open(out) as found:
            assert found.mode == "P" and made.not_kept == ()
            if name != "a.gif":  # Pillow sorts the palette of a GIF
                assert (untouched(np.asarray(found)) == untouched(indices)).all()
            assert (np.asarray(found.convert("RGB"))[NEW] == (1, 2, 3)).all()
            assert (untouched(np.asarray(found.convert("RGB"))) == untouched(colours[indices])).all()
    assert "palette" in through(tmp_path / "a.png", "a.jpg")[1].not_kept


def test_palettes_with_transparency(tmp_path: Path) -> None:
    image = Image.frombytes("P", (60, 40), (noise(40, 60) % 4).tobytes())
    image.putpalette(bytes(range(12)))
    image.save(tmp_path / "a.png", transparency=b"\0\x80\xff\xff")
    before = np.asarray(Image.open(tmp_path / "a.png").convert("RGBA"))
    out, made = through(tmp_path / "a.png", colour=(200, 0, 0))
    with Image.open(out) as found:
        assert found.mode == "P" and made.not_kept == ()
        after = np.asarray(found.convert("RGBA"))
    assert (untouched(after) == untouched(before)).all() and (after[NEW] == (200, 0, 0, 255)).all()


def test_a_palette_that_is_full(tmp_path: Path) -> None:
    """Colours that no pixel has give way; when there are none, the picture gets all colours, and that is told."""
    indices = np.arange(2400, dtype=np.uint8).reshape(40, 60)
    image = Image.frombytes("P", (60, 40), indices.tobytes())
    image.putpalette(noise(256, 3).tobytes())
    image.save(tmp_path / "a.png")
    out, made = through(tmp_path / "a.png", colour=(1, 2, 3))
    assert Image.open(out).mode == "RGB" and made.not_kept == ("palette",)
    before = np.asarray(Image.open(tmp_path / "a.png").convert("RGB"))
    assert (untouched(np.asarray(Image.open(out))) == untouched(before)).all()
    indices[indices == 77] = 78
    image.frombytes(indices.tobytes())
    image.save(tmp_path / "b.png")
    out, made = through(tmp_path / "b.png", colour=(1, 2, 3))
    assert Image.open(out).mode == "P" and made.not_kept == ()
    assert (untouched(np.asarray(Image.open(out))) == untouched(indices)).all() and (
        np.asarray(Image.open(out))[NEW] == 77
    ).all()


@pytest.mark.parametrize("compression", ["group3", "group4", "raw", "packbits"])
def test_one_bit(compression: str, tmp_path: Path) -> None:
    image = Image.fromarray(noise(40, 60) > 127)
    for name, options in (("a.png", {}), ("a.bmp", {}), ("a.tif", {"compression": compression})):
        image.save(tmp_path / name, **options)
        out, made = through(tmp_path / name, colour=(200, 200, 200))
        with Image.open(out) as found:
            assert found.mode == "1" and made.not_kept == ()
            assert name != "a.tif" or found.info["compression"] == compression
            assert (untouched(np.asarray(found)) == untouched(np.asarray(image))).all() and np.asarray(found)[
                NEW
            ].all()


def test_a_halftone_stays_one(tmp_path: Path) -> None:
    """Grey behind text becomes dots, text on white or black does not."""
    image = Image.new("L", (60, 40), 100).convert("1")
    image.save(tmp_path / "a.png")
    out, _ = through(tmp_path / "a.png", colour=(100, 100, 100))
    bar = np.asarray(Image.open(out))[NEW]
    assert (
        0.3 < bar.mean() < 0.5
        and (untouched(np.asarray(Image.open(out))) == untouched(np.asarray(image))).all()
    )


def test_more_new_colours_than_a_palette_has_room_for(tmp_path: Path) -> None:
    """Of a soft shade, few stand for all; nobody sees it."""
    image = Image.frombytes("P", (60, 40), (noise(40, 60) % 250).tobytes())
    image.putpalette(noise(250, 3).tobytes())
    image.save(tmp_path / "a.png")
    picture = read_picture(tmp_path / "a.png")
    pixels = picture.rgb.copy()
    shade = np.linspace(40, 60, 12 * 30).round().reshape(12, 30, 1).astype(np.uint8)
    pixels[NEW] = np.concatenate([shade, shade + 1, shade + 2], axis=2)
    made = encode_picture(picture, pixels, tmp_path / "b.png")
    with Image.open(io.BytesIO(made.content)) as found:
        assert found.mode == "P" and made.not_kept == ()
        after = np.asarray(found.convert("RGB"))
    assert (untouched(after) == untouched(picture.rgb)).all()
    assert 0 < np.abs(after[NEW].astype(int) - pixels[NEW]).max() < 6


def test_a_colour_of_few_pixels_is_not_exchanged_for_that_of_many(tmp_path: Path) -> None:
    """A screenshot with 250 colours and black text all over; one word of it is amber."""
    image = Image.frombytes("P", (60, 40), (noise(40, 60) % 250).tobytes())
    image.putpalette(np.repeat(noise(250, 1), 3, axis=1).tobytes())
    image.save(tmp_path / "a.png")
    picture = read_picture(tmp_path / "a.png")
    pixels = picture.rgb.copy()
    pixels[NEW] = np.linspace(0, 255, 12 * 30).round().reshape(12, 30, 1).astype(np.uint8)
    pixels[NEW][5, 7:9] = (156, 90, 7)
    made = encode_picture(picture, pixels, tmp_path / "b.png")
    with Image.open(io.BytesIO(made.content)) as found:
        after = np.asarray(found.convert("RGB"))[NEW].astype(int)
    assert np.abs(after - pixels[NEW]).max() <= 8


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA"])
@pytest.mark.parametrize("name", ["a.png", "a.tif", "a.webp"])
def test_channels_are_those_of_the_source(mode: str, name: str, tmp_path: Path) -> None:
    """Also alpha that is opaque everywhere."""
    values = noise(40, 60, len(mode))
    if mode.endswith("A"):
        values[..., -1] = 255
    Image.fromarray(values.squeeze()).save(
        tmp_path / name, **({"lossless": True} if name == "a.webp" else {})
    )
    before = Image.open(tmp_path / name)
    out, made = through(tmp_path / name)
    found = Image.open(out)
    assert found.mode == before.mode and made.not_kept == ()
    assert (untouched(np.asarray(found)) == untouched(np.asarray(before))).all()


def test_few_bits_of_grey_become_eight(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    rows = b"".join(b"\0" + bytes(15) for _ in range(40))
    head = struct.pack(">IIBBBBB", 60, 40, 2, 0, 0, 0, 0)
    Image.new("L", (1, 1)).save(path)
    data = [(b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + b"".join(struct.pack(">I", len(c)) + n + c + struct.pack(">I", zlib.crc32(n + c)) for n, c in data)
    )
    assert through(path)[1].not_kept == ("2 bits per pixel",)


def test_transparency_that_a_format_has_not(tmp_path: Path) -> None:
    Image.fromarray(noise(40, 60, 4)).save(tmp_path / "a.png")
    assert "transparency" in through(tmp_path / "a.png", "a.jpg")[1].not_kept


@pytest.mark.parametrize("mode", ["LA", "RGBA"])
def test_bmp_with_alpha(mode: str, tmp_path: Path) -> None:
    values = noise(40, 60, len(mode))
    Image.fromarray(values).save(tmp_path / "a.png", dpi=(300, 200))
    assert through(tmp_path / "a.png", "a.bmp")[1].not_kept == ()
    out, made = through(tmp_path / "out-a.bmp")
    assert made.not_kept == ()
    with Image.open(out) as found:
        assert np.allclose(found.info["dpi"], (300, 200), atol=0.1)
        assert (
            untouched(np.asarray(found))
            == untouched(np.asarray(Image.open(tmp_path / "a.png").convert("RGBA")))
        ).all()
    seen = cv2.imread(str(out), cv2.IMREAD_UNCHANGED)
    assert (untouched(seen)[:, 3] == untouched(values)[:, -1]).all()


@pytest.mark.parametrize("channels", [1, 3])
def test_a_transparent_colour_of_16_bits(channels: int, tmp_path: Path) -> None:
    values = noise(40, 60, channels, dtype=np.uint16)
    values[30:] = 777
    cv2.imwrite(str(tmp_path / "a.png"), values)
    with_chunks(tmp_path / "a.png", (b"tRNS", struct.pack(f">{channels}H", *[777] * channels)))
    picture = read_picture(tmp_path / "a.png")
    assert picture.alpha is not None and (picture.alpha[30:] == 0).all() and (picture.alpha[:30] == 255).all()
    out, made = through(tmp_path / "a.png")
    found = cv2.imread(str(out), cv2.IMREAD_UNCHANGED)
    assert made.not_kept == () and found.dtype == np.uint16
    assert (found[30:, :, 3] == 0).all() and (found[:30, :, 3] == 65535).all()
    assert (untouched(found)[:, 0] == untouched(values)[:, 0]).all()


# What stands beside the pixels


def test_png_chunks(tmp_path: Path) -> None:
    path, text = tmp_path / "a.png", PngInfo()
    text.add_text("Title", "Ein Schild")
    text.add_text("Author", "Anna", zip=True)
    text.add_itxt("Description", "Grüße", "de", "Beschreibung")
    text.add_itxt("XML:com.adobe.xmp", XMP.decode())
    Image.fromarray(noise(40, 60, 3)).save(
        path, pnginfo=text, icc_profile=SRGB, dpi=(300, 200), exif=camera()
    )
    with_chunks(path, (b"gAMA", struct.pack(">I", 45455)), (b"cHRM", bytes(32)), (b"bKGD", bytes(6)), (b"sBIT", b"\5\6\5"),
                (b"tIME", struct.pack(">HBBBBB", 2020, 1, 2, 3, 4, 5)), (b"prIV", b"\1"), (b"uxXy", b"safe"))  # fmt: skip
    with_chunks(path, (b"tEXt", b"Late\0text"), before=b"IEND")
    before = chunks(path)
    out, made = through(path)
    assert made.not_kept == ("PNG chunk prIV",)
    after = chunks(out)
    dropped = (b"IDAT", b"prIV")
    assert sorted(c for c in after if c[0] not in dropped) == sorted(c for c in before if c[0] not in dropped)
    names = [name for name, _ in after]
    assert (
        names.index(b"gAMA")
        < names.index(b"bKGD")
        < names.index(b"IDAT")
        < names.index(b"tEXt", names.index(b"IDAT"))
    )
    other = through(path, "a.webp")[1].not_kept
    assert {"PNG text", "PNG chunk gAMA", "resolution"} <= {*other}
    with Image.open(through(path, "a.webp")[0]) as image:
        assert (
            image.info["icc_profile"] == SRGB
            and image.getexif()[0x010E] == "a sign"
            and image.info["xmp"] == XMP
        )


def test_chunks_about_a_palette_that_has_changed_go(tmp_path: Path) -> None:
    indices = np.arange(2400, dtype=np.uint8).reshape(40, 60)
    image = Image.frombytes("P", (60, 40), indices.tobytes())
    image.putpalette(noise(256, 3).tobytes())
    image.save(tmp_path / "a.png")
    with_chunks(tmp_path / "a.png", (b"bKGD", b"\3"), (b"hIST", bytes(512)))
    out, made = through(tmp_path / "a.png")
    assert {name for name, _ in chunks(out)} == {
        b"IHDR",
        b"IDAT",
        b"IEND",
    } and "PNG chunk hIST" in made.not_kept


def test_interlaced(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), noise(40, 60, 3))
    data = bytearray((tmp_path / "a.png").read_bytes())
    # An interlaced picture of one pixel is stored as one that is not.
    Image.new("L", (1, 1), 9).save(tmp_path / "b.png")
    data = bytearray((tmp_path / "b.png").read_bytes())
    data[28] = 1
    data[29:33] = struct.pack(">I", zlib.crc32(data[12:29]))
    (tmp_path / "b.png").write_bytes(data)
    picture = read_picture(tmp_path / "b.png")
    assert encode_picture(picture, picture.rgb, tmp_path / "c.png").not_kept == ("interlacing",)


def segments(path: Path) -> list[tuple[int, bytes]]:
    data, at, found = path.read_bytes(), 2, []
    while data[at + 1] != 0xDA:
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        found.append((data[at + 1], data[at + 4 : at + 2 + length]))
        at += 2 + length
    return found


def with_segments(path: Path, *new: tuple[int, bytes]) -> None:
    """Puts segments behind the first one of a JPEG."""
    data = path.read_bytes()
    at = 4 + int.from_bytes(data[4:6], "big")
    put = b"".join(
        bytes((0xFF, marker)) + struct.pack(">H", len(content) + 2) + content for marker, content in new
    )
    path.write_bytes(data[:at] + put + data[at:])


def photo() -> Image.Image:
    image = Image.fromarray(noise(8, 12, 3)).resize((240, 160), Image.Resampling.BICUBIC)
    return image.filter(ImageFilter.GaussianBlur(3))


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("sampling", [0, 1, 2])
@pytest.mark.parametrize("quality", [40, 92])
def test_jpeg_is_stored_like_its_source(
    quality: int, sampling: int, progressive: bool, tmp_path: Path
) -> None:
    path = tmp_path / "a.jpg"
    photo().save(path, quality=quality, subsampling=sampling, progressive=progressive)
    out, made = through(path)
    before, after = Image.open(path), Image.open(out)
    assert isinstance(before, JpegImagePlugin.JpegImageFile) and isinstance(
        after, JpegImagePlugin.JpegImageFile
    )
    assert after.quantization == before.quantization and made.not_kept == ()
    assert JpegImagePlugin.get_sampling(after) == sampling
    assert bool(after.info.get("progressive")) == progressive
    # Far from what was drawn: no more than one compression with these tables changes.
    file = io.BytesIO()
    before.copy().save(file, "JPEG", qtables=before.quantization, subsampling=sampling)
    once = np.asarray(Image.open(file))
    assert (np.asarray(after)[64:] == once[64:]).all()


def test_jpeg_of_rgb_and_of_grey(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    photo().save(path, quality=80, keep_rgb=True)
    out, made = through(path)
    after = Image.open(out)
    assert after.info["adobe_transform"] == 0 and made.not_kept == ()
    assert after.quantization == Image.open(path).quantization  # type: ignore[attr-defined]
    photo().convert("L").save(path, quality=70)
    out, made = through(path)
    assert Image.open(out).mode == "L" and made.not_kept == ()
    assert Image.open(out).quantization == Image.open(path).quantization  # type: ignore[attr-defined]


def test_a_sampling_that_cannot_be_written(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    factors = [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_440]
    assert cv2.imwrite(str(path), np.asarray(photo()), factors)
    out, made = through(path)
    assert made.not_kept == ("colour sampling",)
    assert JpegImagePlugin.get_sampling(Image.open(out)) == 0


def test_jpeg_segments(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    photo().save(
        path, dpi=(300, 300), icc_profile=SRGB, exif=camera(thumbnail=b"old pixels"), comment=b"Ein Schild"
    )
    more = b"http://ns.adobe.com/xmp/extension/\0" + bytes(40)
    with_segments(
        path, (0xE1, b"http://ns.adobe.com/xap/1.0/\0" + XMP), (0xE1, more), (0xED, b"Photoshop 3.0\0" + bytes(9)),
        (0xE4, b"private"), (0xFE, b"another comment"), (0xEB, b"JP" + bytes(20)), (0xE0, b"JFXX\0" + bytes(30)),
    )  # fmt: skip
    before = segments(path)
    out, made = through(path)
    assert made.not_kept == ("JPEG segment APP11",)
    after = segments(out)
    wanted = [one for one in before if one[0] >= 0xE0 and one[0] != 0xEB and not one[1].startswith(b"JFXX")]
    thumbless = [(marker, content.replace(b"old pixels", bytes(10))) for marker, content in wanted]
    found = [one for one in after if one[0] >= 0xE0]
    assert [one[0] for one in found] == [one[0] for one in thumbless]
    for (_, content), (_, other) in zip(found, thumbless, strict=True):
        if content.startswith(b"Exif\0\0"):
            assert b"MAKER\x34\x12" in content and len(content) == len(other) and b"old pixels" not in content
        else:
            assert content == other
    assert Image.open(out).getexif()[0x010E] == "a sign" and Image.open(out).getexif().get_ifd(1) == {}
    lost = through(path, "a.png")[1].not_kept
    assert {"IPTC or Photoshop data", "JPEG segment APP4"} <= {*lost} and not {"EXIF", "XMP", "comment"} & {
        *lost
    }


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.tif", "a.webp"])
def test_a_picture_that_lies_on_its_side(name: str, tmp_path: Path) -> None:
    """It is upright afterwards, once: neither EXIF nor XMP turns it again, and all else that they say stays."""
    image, path = photo(), tmp_path / name
    if name == "a.png":
        text = PngInfo()
        text.add_itxt("XML:com.adobe.xmp", XMP.decode(), zip=True)
        image.save(path, exif=camera(6), pnginfo=text)
    elif name == "a.tif":
        tags = Image.Exif()
        tags[0x0112], tags[700], tags[270] = 6, XMP, "a sign"
        image.save(path, exif=tags, dpi=(100, 200))
    elif name == "a.webp":
        image.save(path, exif=camera(6), xmp=XMP, lossless=True)
    else:
        image.save(path, exif=camera(6), xmp=XMP, quality=100, subsampling=0)
    out, made = through(path)
    assert made.not_kept == ()
    with Image.open(out) as found:
        xmp = found.info.get("xmp") or found.info.get("XML:com.adobe.xmp", "").encode()
        assert xmp == XMP.replace(b'"6"', b'"1"')
        assert found.getexif().get(0x0112, 1) == 1 and found.getexif()[0x010E] == "a sign"
        assert found.size == (160, 240)
        turned = np.rot90(np.asarray(image), -1).astype(int)
        assert np.abs(untouched(np.asarray(found.convert("RGB"))) - untouched(turned)).max() <= (
            6 if name == "a.jpg" else 0
        )
        if name == "a.tif":
            assert found.info["dpi"] == (200, 100)


def test_16_bits_that_lie_on_their_side(tmp_path: Path) -> None:
    values = noise(60, 40, 3, dtype=np.uint16)
    tifffile.imwrite(tmp_path / "a.tif", values, photometric="rgb", extratags=[(274, "H", 1, 8, True)])
    out, _ = through(tmp_path / "a.tif")
    assert (untouched(tifffile.imread(out)) == untouched(np.rot90(values))).all()
    cv2.imwrite(str(tmp_path / "a.png"), values[..., ::-1])
    with_chunks(tmp_path / "a.png", (b"eXIf", camera(6).removeprefix(b"Exif\0\0")))
    out, _ = through(tmp_path / "a.png")
    flags = cv2.IMREAD_UNCHANGED | cv2.IMREAD_IGNORE_ORIENTATION
    assert (untouched(cv2.imread(str(out), flags)[..., ::-1]) == untouched(np.rot90(values, -1))).all()


@pytest.mark.parametrize("order", ["<", ">"])
def test_tiff_tags(order: str, tmp_path: Path) -> None:
    path, upright = tmp_path / "a.tif", XMP.replace(b'"6"', b'"1"')
    own = [
        (270, "s", 0, "Ein Schild", True), (315, "s", 0, "Anna", True), (700, "B", len(XMP), upright, True),
        (33432, "s", 0, "CC0", True), (33550, "d", 3, (1.5, 1.5, 0.0), True), (65000, "H", 3, (1, 2, 3), True),
        (33723, "B", 8, b"\x1c\x02\x05\0\3abc", True), (37724, "B", 6, b"layers", True), (34675, "B", len(SRGB), SRGB, True),
    ]  # fmt: skip
    with tifffile.TiffWriter(path, byteorder=order) as file:
        how = {"resolution": (300, 200), "resolutionunit": 3, "extratags": own, "subifds": 1}
        file.write(noise(40, 60, 3), photometric="rgb", **how)
        file.write(noise(20, 30, 3), photometric="rgb")
    out, made = through(path)
    assert made.not_kept == ("reduced pictures", "layers")
    with tifffile.TiffFile(out) as found, tifffile.TiffFile(path) as source:
        assert found.byteorder == order
        for tag in (270, 282, 283, 296, 315, 700, 33432, 33550, 65000, 33723, 34675):
            assert found.pages[0].tags[tag].value == source.pages[0].tags[tag].value, tag  # type: ignore[union-attr]
        assert 330 not in found.pages[0].tags and 37724 not in found.pages[0].tags  # type: ignore[union-attr]
        assert (untouched(found.pages[0].asarray()) == untouched(noise(40, 60, 3))).all()
    lost = through(path, "a.png")[1].not_kept
    assert {"IPTC or Photoshop data", "TIFF tag 33550", "TIFF tag 65000"} <= {*lost}


@pytest.mark.parametrize("compression", ["raw", "tiff_lzw", "packbits", "tiff_adobe_deflate", "jpeg", "zstd"])
def test_tiff_compression(compression: str, tmp_path: Path) -> None:
    Image.fromarray(noise(40, 60, 3)).save(tmp_path / "a.tif", compression=compression)
    out, _ = through(tmp_path / "a.tif")
    with Image.open(out) as found:
        own = compression in ("raw", "tiff_lzw", "packbits")
        assert found.info["compression"] == (compression if own else "tiff_adobe_deflate")


def test_exif_of_a_tiff(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x010E] = "a sign"
    exif.get_ifd(0x8769)[0x829A] = 0.5
    exif.get_ifd(0x8825)[1] = "N"
    Image.fromarray(noise(40, 60, 3)).save(tmp_path / "a.tif", exif=exif.tobytes())
    for name in ("a.tif", "a.jpg", "a.png"):
        with Image.open(through(tmp_path / "a.tif", name)[0]) as found:
            after = found.getexif()
            assert after[0x010E] == "a sign" and after.get_ifd(0x8825)[1] == "N"
            assert float(after.get_ifd(0x8769)[0x829A]) == 0.5
            assert 273 not in after or name == "a.tif"


def test_exif_that_repeats_the_size(tmp_path: Path) -> None:
    """A TIFF has its own size by the same tags."""
    exif = Image.Exif()
    for tag in (256, 257, 258, 259, 277, 278):
        exif[tag] = 4000
    exif[0x010E] = "a sign"
    photo().save(tmp_path / "a.jpg", exif=exif)
    with Image.open(through(tmp_path / "a.jpg", "a.tif")[0]) as found:
        assert found.size == (240, 160) and found.getexif()[0x010E] == "a sign"


@pytest.mark.parametrize("source", ["a.png", "a.jpg", "a.tif", "a.webp", "a.gif", "a.bmp"])
@pytest.mark.parametrize("target", [".png", ".jpg", ".tif", ".webp", ".bmp"])
def test_every_format_becomes_every_other(source: str, target: str, tmp_path: Path) -> None:
    image = Image.fromarray(noise(40, 60, 3))
    known: dict[str, dict[str, Any]] = {
        "a.png": {"icc_profile": SRGB, "dpi": (300, 300), "exif": camera()},
        "a.jpg": {
            "icc_profile": SRGB,
            "dpi": (300, 300),
            "exif": camera(),
            "xmp": XMP,
            "comment": "Ein Schild",
        },
        "a.tif": {"icc_profile": SRGB, "dpi": (300, 300)},
        "a.webp": {"icc_profile": SRGB, "exif": camera(), "xmp": XMP, "lossless": True},
        "a.gif": {"comment": "Ein Schild"},
        "a.bmp": {"dpi": (300, 300)},
    }
    image.save(tmp_path / source, **known[source])
    out, made = through(tmp_path / source, f"a{target}")
    with Image.open(out) as found:
        info = found.info
        names = {
            "icc_profile": "colour profile",
            "dpi": "resolution",
            "comment": "comment",
            "xmp": "XMP",
            "exif": "EXIF",
        }
        for option, name in names.items():
            if option in known[source] and name not in made.not_kept:
                if option == "exif":
                    assert found.getexif()[0x010E] == "a sign"
                elif option == "dpi":
                    assert np.allclose(info["dpi"], 300, atol=0.1)
                elif option == "comment" and target != ".jpg":
                    said = info.get("Comment") or found.getexif().get(270)
                    assert said == "Ein Schild"
                elif option == "comment":
                    assert info["comment"] == b"Ein Schild"
                elif option == "xmp":
                    assert (info.get("xmp") or info["XML:com.adobe.xmp"].encode()) == XMP
                else:
                    assert info[option] == known[source][option]


def test_profiles_of_grey(tmp_path: Path) -> None:
    """It stays with greys, and goes where something is drawn in colour."""
    grey = profile(b"GRAY")
    for name in ("a.png", "a.tif", "a.jpg"):
        Image.fromarray(noise(40, 60)).save(tmp_path / name, icc_profile=grey)
        out, made = through(tmp_path / name)
        assert Image.open(out).info["icc_profile"] == grey and made.not_kept == ()
        out, made = through(tmp_path / name, colour=(255, 0, 0))
        assert "icc_profile" not in Image.open(out).info and made.not_kept == ("colour profile",)


def test_a_profile_that_never_fitted_stays(tmp_path: Path) -> None:
    Image.fromarray(noise(40, 60, 3)).save(tmp_path / "a.jpg", icc_profile=profile(b"GRAY"))
    out, made = through(tmp_path / "a.jpg")
    assert Image.open(out).info["icc_profile"] == profile(b"GRAY") and made.not_kept == ()


# Damaged metadata does not keep a picture from being read


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "the file is empty"),
        (b"PDQ", "not a picture in a known format"),
        (b"a letter", "not a picture in a known format"),
        (b"\x89PNG\r\n\x1a\n", "a PNG that is damaged or of a rare kind"),
    ],
)
def test_what_is_no_picture_is_told_from_one_that_cannot_be_read(
    tmp_path: Path, content: bytes, told: str
) -> None:
    (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(IimtError, match=rf"a\.png: {told}$"):
        read_picture(tmp_path / "a.png")


def test_a_tiff_of_a_rare_kind_is_called_one(tmp_path: Path) -> None:
    Image.new("L", (9, 9)).save(tmp_path / "a.tif")
    content = bytearray((tmp_path / "a.tif").read_bytes())
    content[content.index(struct.pack("<HHI", 258, 3, 1)) + 8] = 6  # bits per sample
    (tmp_path / "a.tif").write_bytes(content)
    with pytest.raises(IimtError, match=r"a\.tif: a TIFF that is damaged or of a rare kind$"):
        read_picture(tmp_path / "a.tif")


def test_damaged_exif(tmp_path: Path) -> None:
    good = camera(6)
    for exif in (
        good[:20],
        good[:60],
        b"Exif\0\0",
        b"Exif\0\0II*\0\xff\xff\xff\xff",
        b"Exif\0\0MM\0*\0\0\0\x08\xff\xff",
    ):
        photo().save(tmp_path / "a.jpg")
        with_segments(tmp_path / "a.jpg", (0xE1, exif))
        for name in ("a.jpg", "a.png", "a.tif", "a.webp"):
            with Image.open(through(tmp_path / "a.jpg", name)[0]) as found:
                assert found.size in ((240, 160), (160, 240))


@pytest.mark.parametrize("dpi", [0, 1e-30, 2**31])
def test_resolutions_that_are_none(dpi: float, tmp_path: Path) -> None:
    tifffile.imwrite(
        tmp_path / "a.tif",
        noise(40, 60, 3),
        photometric="rgb",
        resolution=(dpi or 1, dpi or 1),
        resolutionunit=2,
    )
    if not dpi:
        data = (tmp_path / "a.tif").read_bytes()
        (tmp_path / "a.tif").write_bytes(data.replace(struct.pack("<II", 1, 1), bytes(8)))
    for name in ("a.jpg", "a.png", "a.tif"):
        through(tmp_path / "a.tif", name)


def test_metadata_too_long_for_a_jpeg(tmp_path: Path) -> None:
    text = PngInfo()
    text.add_itxt("XML:com.adobe.xmp", "x" * 70_000)
    Image.fromarray(noise(40, 60, 3)).save(tmp_path / "a.png", pnginfo=text, exif=camera() + bytes(70_000))
    out, made = through(tmp_path / "a.png", "a.jpg")
    assert Image.open(out).size == (60, 40) and {"EXIF", "XMP"} <= {*made.not_kept}


def test_upright_exif_keeps_its_length() -> None:
    before = camera(8, thumbnail=b"old pixels")
    after = exif_format.upright(before)
    assert len(after) == len(before) and b"old pixels" not in after
    exif = Image.Exif()
    exif.load(after)
    assert exif[0x0112] == 1 and exif.get_ifd(1) == {}
    for cut in range(len(before)):
        try:
            exif_format.upright(before[:cut])
        except ValueError:
            continue


# Found by stress and fuzzing


def test_premultiplied_alpha_of_grey(tmp_path: Path) -> None:
    grey = noise(40, 60, 2)
    grey[..., 0] = np.minimum(grey[..., 0], grey[..., 1])
    tifffile.imwrite(tmp_path / "a.tif", grey, photometric="minisblack", extrasamples=["assocalpha"])
    picture = read_picture(tmp_path / "a.tif")
    assert picture.grey and picture.alpha is not None and (picture.alpha == grey[..., 1]).all()
    assert through(tmp_path / "a.tif")[1].not_kept == ("premultiplied alpha",)


def test_lab(tmp_path: Path) -> None:
    Image.fromarray(np.full((40, 60, 3), (128, 0, 0), np.uint8)).convert("RGB").save(tmp_path / "b.tif")
    lab = Image.frombytes("LAB", (60, 40), bytes((255, 0, 0)) * 2400)
    lab.save(tmp_path / "a.tif")
    assert (read_picture(tmp_path / "a.tif").rgb > 250).all()
    assert through(tmp_path / "a.tif")[1].not_kept == ("LAB",)


def test_twelve_bits(tmp_path: Path) -> None:
    """White is white, though it is 4095."""
    tifffile.imwrite(tmp_path / "a.tif", np.full((40, 60), 0xFFFF, np.uint16), photometric="minisblack")
    data = bytearray((tmp_path / "a.tif").read_bytes())
    at = data.index(struct.pack("<HHI", 258, 3, 1)) + 8
    data[at] = 12
    (tmp_path / "a.tif").write_bytes(data)
    assert (read_picture(tmp_path / "a.tif").rgb == 255).all()


def test_tables_of_16_bits(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    photo().save(tmp_path / "a.jpg", qtables=[[300] * 64])
    capfd.readouterr()
    assert through(tmp_path / "a.jpg")[1].not_kept == ("coarse quality tables",)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_deflate", "group4", "jpeg", "packbits"])
def test_libtiff_says_nothing_by_itself(
    compression: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    image = photo().convert("1") if compression == "group4" else photo()
    image.save(tmp_path / "a.tif", compression=compression)
    whole = (tmp_path / "a.tif").read_bytes()
    for damaged in (whole[: len(whole) // 2], whole[:2000] + b"\xaa" * 900 + whole[2900:], whole[:-300]):
        (tmp_path / "a.tif").write_bytes(damaged)
        with suppress(IimtError):  # some can be read all the same
            read_picture(tmp_path / "a.tif")
    assert capfd.readouterr().err == ""


def test_sixteen_bits_per_pixel_are_not_sixteen_per_channel(tmp_path: Path) -> None:
    masks = struct.pack("<III", 0xF800, 0x07E0, 0x001F)
    head = struct.pack("<IiiHHIIiiII", 40, 4, 2, 1, 16, 3, 16, 0, 0, 0, 0) + masks
    size = 14 + len(head)
    pixels = struct.pack("<8H", *[0xF800] * 8)
    (tmp_path / "a.bmp").write_bytes(struct.pack("<2sIHHI", b"BM", size + 16, 0, 0, size) + head + pixels)
    assert (read_picture(tmp_path / "a.bmp").rgb == (255, 0, 0)).all()


@pytest.mark.parametrize("end", [b"!\xf9\x01\0\0", b"!\xf9\0", b"!", b",", b"!\xfe"])
def test_a_gif_with_a_strange_end(end: bytes, tmp_path: Path) -> None:
    """It is read, or refused in one line that tells users no slip of Pillow."""
    photo().quantize(8).save(tmp_path / "a.gif")
    (tmp_path / "a.gif").write_bytes((tmp_path / "a.gif").read_bytes()[:-1] + end)
    try:
        read_picture(tmp_path / "a.gif")
    except IimtError as error:
        assert str(error).startswith(
            f"{tmp_path / 'a.gif'}: truncated or damaged picture"
        ) and "index" not in str(error)


def test_a_correction_of_a_picture_with_a_palette_keeps_all_other_pixels(tmp_path: Path) -> None:
    """New colours share the places that the palette has left. What is drawn already must not share them anew."""
    random = np.random.default_rng(4)
    source, out = tmp_path / "a.png", tmp_path / "b.png"
    colours = random.integers(0, 90, (200, 3), np.uint8)
    image = Image.fromarray(np.arange(4000).reshape(50, 80).astype(np.uint8) % 200).copy()
    image = Image.frombytes("P", image.size, image.tobytes())
    image.putpalette(colours.tobytes())
    image.save(source)
    picture = read_picture(source)
    drawn = picture.rgb.copy()
    drawn[:10] = random.integers(100, 130, drawn[:10].shape)  # more colours than places
    write_picture(picture, drawn, out)
    first = read_picture(out)
    assert first.own is not None and first.own.mode == "P"

    base = to_write_again(picture, first, out)
    assert base is not None
    changed = base.rgb.copy()
    changed[20:30, :5] = random.integers(126, 134, (10, 5, 3))
    write_picture(base, changed, out)
    again = read_picture(out)
    assert np.array_equal(again.rgb[:20], first.rgb[:20]) and np.array_equal(again.rgb[30:], first.rgb[30:])
    assert np.array_equal(again.rgb[20:30, 5:], first.rgb[20:30, 5:])
    assert np.abs(again.rgb.astype(int) - changed).max() <= 8  # `own.SEEN`
