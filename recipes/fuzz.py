"""Fuzzes what reads files of others, with atheris (`pip install atheris`): anything but a clear error is a fault.

    python recipes/fuzz.py TARGET --work FOLDER [--minutes 5]

Targets: pictures, tiff (copying of pages), sidecars, tables, glossaries, presets, tensors. A target goes on for so long, or to
its first fault: then the input lies in the work folder as `crash-…` (`timeout-…` if it took more than 20 s), and

    python recipes/fuzz.py TARGET --work FOLDER --again FOLDER/crash-…

reads it once more. What was learned stays in the work folder, and a later run starts from there.
"""

import argparse
import io
import json
import struct
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SLOW = 20  # seconds for one input
MOST_MEMORY = 4096  # MB
MOST_PIXELS = 250_000  # larger pictures would only take long
LONGEST = 1 << 16  # bytes of an input


def pictures(path: Path) -> None:
    """Reads a picture, draws on it, and writes it in its own format and as PNG, JPEG and TIFF."""
    import numpy as np
    from PIL import Image

    from iimt_cli.page.files.encode import encode_picture
    from iimt_cli.page.files.image import read_picture

    try:
        with Image.open(path) as image:
            if image.width * image.height > MOST_PIXELS:
                return
            own = {"JPEG": ".jpg", "MPO": ".jpg", "TIFF": ".tif", "WEBP": ".webp", "BMP": ".bmp"}.get(
                image.format or ""
            )
    except Exception:
        own = None
    picture = read_picture(path)
    pixels = np.array(picture.merge(picture.views))
    pixels[: len(pixels) // 2, ..., :3] ^= 255
    for suffix in {own or ".png", ".png", ".jpg", ".tif"}:
        encode_picture(picture, pixels, path.with_suffix(suffix))


def tiff(path: Path) -> None:
    """Copies all pages of a TIFF."""
    from iimt_cli.documents import tiff

    tiff.count_pages(path)
    tiff.bind(path, {}, path.with_name("out.tif"), path.parent)


def sidecars(path: Path) -> None:
    """Reads a sidecar; that of a picture is written, and read again."""
    from iimt_cli.translation.result import Texts
    from iimt_cli.translation.sidecar import read_any, read_texts, sidecar_text

    texts = read_any(path)
    if not isinstance(texts, Texts):
        return
    path.write_text(sidecar_text(texts), encoding="utf-8")
    assert sidecar_text(read_texts(path)) == sidecar_text(texts)


def tables(path: Path) -> None:
    """Reads a table of texts."""
    from iimt_cli.runs.exchange import read_table

    read_table(path)


def glossaries(path: Path) -> None:
    """Reads a glossary and looks for its terms."""
    from iimt_cli.language import language
    from iimt_cli.language.glossary import Glossary

    found = Glossary.load([path], language("de").inflection)
    found.find("Der Vertrag der AG wurde 2024 unterschrieben.")


def presets(path: Path) -> None:
    """Reads a preset."""
    from iimt_cli.config import load_preset

    load_preset(path)


def tensors(path: Path) -> None:
    """Reads the head of a safetensors file."""
    from iimt_cli.weights import tensor_shapes

    tensor_shapes(path)


# By name: the function, the suffix of its files
TARGETS: dict[str, tuple[Callable[[Path], None], str]] = {
    "pictures": (pictures, ".png"), "tiff": (tiff, ".tif"), "sidecars": (sidecars, ".json"), "tables": (tables, ".tsv"),
    "glossaries": (glossaries, ".tsv"), "presets": (presets, ".toml"), "tensors": (tensors, ".safetensors"),
}  # fmt: skip


def seeds(target: str) -> Iterator[bytes]:
    """Inputs to start from: small ones of every kind."""
    if target in ("pictures", "tiff"):
        yield from (seed for seed in _picture_seeds() if target == "pictures" or seed[:2] in (b"II", b"MM"))
    elif target == "sidecars":
        corners = [[0, 0], [9, 0], [9, 9], [0, 9]]
        pieces = [{"source": "Grüße", "target": "Greetings", "drawn": True}]
        block = {
            "id": 1, "polygon": corners, "lines": [corners], "source": "Grüße", "target": "Greetings", "confidence": 0.9,
            "action": "translated", "reason": "", "terms": [], "keep": False,
            "draft": {"target": "Greetings", "reason": "", "pieces": pieces},
        }  # fmt: skip
        options = {"whole": False, "batch": 32}
        top = {"version": 2, "width": 9, "height": 9, "sha256": "", "options": options, "blocks": [block]}
        yield json.dumps(top).encode()
        pages = [{"page": 1, **top}, {"page": 2, "failed": "no", "blocks": []}]
        yield json.dumps({"version": 2, "file": "a.pdf", "pages": pages}).encode()
    elif target == "tables":
        yield "file\tblock\tsource\ttarget\tconfidence\tkeep\na.png.json\t1\tGrüße\tGreetings\t0.9\tyes\n".encode()
        yield b"file\tpage\tblock\ttarget\na.pdf.json\t2\t1\tGreetings\n"
    elif target == "glossaries":
        yield "# terms\nVertrag\tcontract\nAG\t\nGroße Straße\tmain road\n".encode()
    elif target == "presets":
        yield from (path.read_bytes() for path in (ROOT / "iimt_cli" / "presets").glob("*.toml"))
    else:
        head = json.dumps({"a": {"dtype": "F16", "shape": [2, 3], "data_offsets": [0, 12]}}).encode()
        yield struct.pack("<Q", len(head)) + head + bytes(12)


def _picture_seeds() -> Iterator[bytes]:
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    exif, text = Image.Exif(), PngInfo()
    exif[0x0112], exif[0x010E] = 6, "a sign"
    text.add_text("Title", "a sign")
    text.add_itxt("XML:com.adobe.xmp", '<x tiff:Orientation="6"/>', zip=True)
    image = Image.linear_gradient("L").resize((12, 9))
    rgb = Image.merge("RGB", [image, image.rotate(90), image.rotate(180)])
    options: list[tuple[Image.Image, str, dict[str, Any]]] = [
        (rgb, "PNG", {"exif": exif, "pnginfo": text, "dpi": (300, 300)}),
        (rgb.quantize(16), "PNG", {"transparency": 3}),
        (image.convert("1"), "PNG", {}),
        (image.convert("I;16"), "PNG", {}),
        (rgb.convert("RGBA"), "PNG", {}),
        (rgb, "JPEG", {"exif": exif, "comment": b"a sign", "dpi": (300, 300)}),
        (rgb.convert("CMYK"), "JPEG", {}),
        (image, "JPEG", {"progressive": True}),
        (rgb, "TIFF", {"exif": exif, "compression": "tiff_lzw"}),
        (rgb.convert("CMYK"), "TIFF", {}),
        (image.convert("1"), "TIFF", {"compression": "group4"}),
        (image.convert("F"), "TIFF", {}),
        (rgb, "TIFF", {"save_all": True, "append_images": [image.copy(), rgb.copy()], "big_tiff": True}),
        (rgb, "WEBP", {"exif": exif, "lossless": True}),
        (rgb.quantize(16), "GIF", {"comment": b"a sign"}),
        (rgb, "BMP", {"dpi": (300, 300)}),
    ]
    for picture, kind, how in options:
        file = io.BytesIO()
        picture.save(file, kind, **how)
        yield file.getvalue()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--again", type=Path, help="an input that was found")
    args = parser.parse_args()
    import atheris

    warnings.simplefilter("ignore")

    sys.path.insert(0, str(ROOT))
    read, suffix = TARGETS[args.target]
    with atheris.instrument_imports(include=["iimt_cli"]):
        from iimt_cli.errors import IimtError

        corpus = args.work / args.target
        if not corpus.exists():
            corpus.mkdir(parents=True)
            for number, seed in enumerate(seeds(args.target)):
                (corpus / f"seed-{number:02}").write_bytes(seed)
        place = Path(tempfile.mkdtemp(prefix="iimt-fuzz-")) / f"in{suffix}"
        place.write_bytes(next(seeds(args.target)))
        read(place)  # so that what it imports is watched

    def one(data: bytes) -> None:
        place.write_bytes(data)
        try:
            read(place)
        except IimtError as error:
            assert "\n" not in str(error) and str(error).strip(), "an error that is no line"

    flags = [
        f"-max_total_time={round(60 * args.minutes)}", f"-timeout={SLOW}", f"-rss_limit_mb={MOST_MEMORY}",
        f"-max_len={LONGEST}", f"-artifact_prefix={args.work}/", "-print_final_stats=1",
    ]  # fmt: skip
    atheris.Setup([sys.argv[0], *flags, str(args.again or corpus)], one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
