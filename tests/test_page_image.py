"""Reading and writing picture files: what is kept, and one clear line for what cannot be read."""

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms

from iimt_cli.errors import IimtError
from iimt_cli.page.files.encode import check_writable, write_picture
from iimt_cli.page.files.image import LAST_ROWS, read_picture


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, shape, np.uint8)


def fails(path: Path, *words: str) -> None:
    with pytest.raises(IimtError) as caught:
        read_picture(path)
    message = str(caught.value)
    assert str(path) in message and "\n" not in message
    for word in words:
        assert word in message


def png_of_size(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 99))
        + chunk(b"IEND", b"")
    )


def test_missing_empty_folder_and_other_files(tmp_path: Path) -> None:
    fails(tmp_path / "none.png", "no such file")
    fails(tmp_path, "folder")
    (tmp_path / "empty.png").touch()
    fails(tmp_path / "empty.png", "empty")
    (tmp_path / "text.png").write_text("this is no picture")
    fails(tmp_path / "text.png", "not a picture")


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "bmp", "tif"])
def test_truncated(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"cut.{suffix}"
    Image.fromarray(noise(200, 200, 3)).save(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    fails(path, "truncated or damaged" if suffix != "webp" else "")


@pytest.mark.parametrize("how", [{}, {"progressive": True}, {"subsampling": 0}], ids=str)
@pytest.mark.parametrize("missing", [1, 2, 20])
def test_a_jpeg_without_its_last_bytes(missing: int, how: dict[str, Any], tmp_path: Path) -> None:
    """It is read, if the missing bytes can have held the last rows only."""
    path = tmp_path / "a.jpg"
    Image.fromarray(noise(200, 200, 3)).save(path, **how)
    whole = read_picture(path)
    path.write_bytes(path.read_bytes()[:-missing])
    picture = read_picture(path)
    assert picture.warnings == ("the file lacks its last bytes",) and not whole.warnings
    assert (picture.rgb[:-LAST_ROWS] == whole.rgb[:-LAST_ROWS]).all() and picture.original == whole.original
    if missing < 3:
        assert (picture.rgb == whole.rgb).all()


def test_animated(tmp_path: Path) -> None:
    frames = [Image.fromarray(noise(20, 20, 3)).rotate(90 * i) for i in range(3)]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    fails(tmp_path / "a.gif", "animated", "3 frames")


def test_bomb(tmp_path: Path) -> None:
    (tmp_path / "bomb.png").write_bytes(png_of_size(30_000, 30_000))
    fails(tmp_path / "bomb.png", "too large", "178,000,000 pixels")


@pytest.mark.parametrize("suffix", [".png", ".webp", ".tif", ".tiff"])
def test_lossless_with_alpha_and_colour_under_it(tmp_path: Path, suffix: str) -> None:
    pixels = noise(31, 17, 4)
    pixels[:9, :, 3] = 0
    Image.fromarray(pixels).save(tmp_path / "in.png")
    picture = read_picture(tmp_path / "in.png")
    out = tmp_path / f"out{suffix}"
    write_picture(picture, picture.merge(picture.views), out)
    assert (np.asarray(Image.open(out)) == pixels).all()
    assert [p.name for p in tmp_path.iterdir() if "tmp" in p.name] == []


def test_jpeg_lays_alpha_over_white(tmp_path: Path) -> None:
    pixels = np.zeros((20, 20, 4), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "in.png")
    picture = read_picture(tmp_path / "in.png")
    write_picture(picture, picture.rgb, tmp_path / "out.jpg")
    assert np.asarray(Image.open(tmp_path / "out.jpg")).min() > 250


def test_profile_dpi_and_orientation(tmp_path: Path) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90°
    exif[0x010E] = "a description"
    image = Image.fromarray(noise(40, 60, 3))
    image.save(tmp_path / "in.png", icc_profile=profile, exif=exif, dpi=(300, 300))
    picture = read_picture(tmp_path / "in.png")
    assert picture.rgb.shape == (60, 40, 3)
    write_picture(picture, picture.rgb, tmp_path / "out.png")
    out = Image.open(tmp_path / "out.png")
    assert out.info["icc_profile"] == profile
    assert round(out.info["dpi"][0]) == 300
    assert out.getexif().get(0x0112, 1) == 1 and out.getexif()[0x010E] == "a description"
    assert (np.asarray(out) == np.rot90(np.asarray(image), -1)).all()


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "PA", "CMYK", "YCbCr"])
def test_modes(tmp_path: Path, mode: str) -> None:
    image = Image.fromarray(noise(24, 32, 3)).convert(mode if mode not in ("PA", "LA") else mode[0])
    path = tmp_path / ("in.jpg" if mode in ("CMYK", "YCbCr") else "in.png")
    if mode in ("PA", "LA"):
        image.save(path, transparency=0)
    else:
        image.save(path)
    picture = read_picture(path)
    assert picture.rgb.shape == (24, 32, 3) and picture.rgb.dtype == np.uint8
    assert picture.grey == (mode in ("1", "L", "LA"))
    write_picture(picture, picture.merge(picture.views), tmp_path / "out.png")
    again = read_picture(tmp_path / "out.png")
    assert (again.rgb == picture.rgb).all() and again.grey == picture.grey


def test_16_bit_grey(tmp_path: Path) -> None:
    values = np.linspace(0, 65535, 256).round().astype(np.uint16)[None].repeat(5, 0)
    Image.fromarray(values).save(tmp_path / "in.png")
    picture = read_picture(tmp_path / "in.png")
    assert (picture.rgb[0, :, 1] == np.arange(256)).all()


def test_one_pixel_wide(tmp_path: Path) -> None:
    for shape in ((1, 9), (9, 1), (1, 1)):
        Image.fromarray(noise(*shape)).save(tmp_path / "in.png")
        picture = read_picture(tmp_path / "in.png")
        write_picture(picture, picture.rgb, tmp_path / "out.png")
        assert (read_picture(tmp_path / "out.png").rgb == picture.rgb).all()


def test_unwritable(tmp_path: Path) -> None:
    Image.fromarray(noise(8, 8, 3)).save(tmp_path / "in.png")
    picture = read_picture(tmp_path / "in.png")
    for name, word in (("out.xyz", ".xyz"), ("out", "without suffix"), ("none/out.png", "cannot write")):
        with pytest.raises(IimtError, match=word):
            write_picture(picture, picture.rgb, tmp_path / name)
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(IimtError, match="cannot write"):
        write_picture(picture, picture.rgb, tmp_path / "folder.png")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["folder.png", "in.png"]
    assert check_writable("a.JPG") == "JPEG"


def test_jpeg_too_long_leaves_the_old_file(tmp_path: Path) -> None:
    out = tmp_path / "out.jpg"
    out.write_bytes(b"old")
    Image.fromarray(noise(1, 70_000)).save(tmp_path / "in.png")
    picture = read_picture(tmp_path / "in.png")
    with pytest.raises(IimtError, match="cannot write"):
        write_picture(picture, picture.rgb, out)
    assert out.read_bytes() == b"old"


def test_views_show_text_that_is_only_in_the_alpha(tmp_path: Path) -> None:
    rgba = np.zeros((40, 60, 4), np.uint8)
    rgba[10:20, 10:30, 3] = 255
    buffer = io.BytesIO()
    Image.fromarray(rgba).save(buffer, "PNG")
    (tmp_path / "in.png").write_bytes(buffer.getvalue())
    picture = read_picture(tmp_path / "in.png")
    first, second = picture.views
    assert first[0, 0, 0] == 255 and first[15, 15, 0] == 0 and second.max() == 0
    moved = [np.roll(view, 25, axis=1) for view in (first, second)]
    merged = picture.merge(moved)
    assert (merged[..., 3] == np.roll(rgba[..., 3], 25, axis=1)).all()
