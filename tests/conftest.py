"""What many tests need: a font, a German page, weights without contents, a translator without weights."""

import json
import struct
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from PIL import Image, ImageDraw, ImageFont

from iimt_cli import line
from iimt_cli.config import preset_text
from iimt_cli.weights import write_checksums
from tests import standin

Run = Callable[..., tuple[int, str]]

settings.register_profile("patient", deadline=None)  # a busy machine is no fault of the code
settings.load_profile("patient")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is not marked as slow is fast: `pytest -m fast` runs nine tenths of the tests in a fifth of the time."""
    for item in items:
        if item.get_closest_marker("slow") is None:
            item.add_marker(pytest.mark.fast)


@pytest.fixture(scope="session")
def font() -> ImageFont.FreeTypeFont:
    """22 px; Roboto from pip if it is there, else the font inside Pillow."""
    try:
        from font_roboto import Roboto
    except ImportError:
        built_in = ImageFont.load_default(22)
        assert isinstance(built_in, ImageFont.FreeTypeFont)
        return built_in
    return ImageFont.truetype(Roboto, 22)


@pytest.fixture(scope="session")
def german_page(tmp_path_factory: pytest.TempPathFactory, font: ImageFont.FreeTypeFont) -> Path:
    """A white page with a heading and a paragraph of two lines, 600×200."""
    image = Image.new("RGB", (600, 200), "white")
    draw = ImageDraw.Draw(image)
    for y, text in (
        (20, "Guten Morgen"),
        (80, "Das Wetter ist heute sehr gut, und"),
        (110, "wir gehen nach draussen."),
    ):
        draw.text((30, y), text, fill="black", font=font)
    path = tmp_path_factory.mktemp("page") / "page.png"
    image.save(path)
    return path


@pytest.fixture
def picture(tmp_path: Path) -> Callable[..., Path]:
    """Writes a small picture with something in it: picture("a.png", width=…, blank=…)."""

    def write(name: str, width: int = 24, height: int = 10, blank: bool = False) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = np.random.default_rng(width).integers(0, 256, (height, width, 3), np.uint8)
        Image.fromarray(np.full_like(pixels, 200) if blank else pixels).save(path)
        return path

    return write


def write_tensors(path: Path, **shapes: tuple[int, ...]) -> None:
    """A safetensors file of zeros in half precision."""
    header, end = {}, 0
    for name, shape in shapes.items():
        size = 2 * int(np.prod(shape))
        header[name] = {"dtype": "F16", "shape": shape, "data_offsets": [end, end + size]}
        end += size
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"\0" * end)


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    """A weights folder de-en, whole by its form; only the stand-in can translate with it."""
    folder = tmp_path / "models" / "de-en"
    folder.mkdir(parents=True)
    (folder / "preset.toml").write_text(preset_text("line")[0], encoding="utf-8")
    for name in ("source.spm", "target.spm"):
        (folder / name).write_text("pieces")
    write_tensors(folder / "tokenizer.safetensors", **{"decoder.weight": (4, 5)})
    write_tensors(folder / "separator.safetensors", **{"out.weight": (3,)})
    write_tensors(folder / "text.safetensors", **{"text_encoder.a": (2, 2), "text_decoder.b": (7,)})
    write_tensors(folder / "drawer.safetensors", **{"image_encoder.a": (2,), "image_decoder.b": (6,)})
    write_checksums(folder)
    return folder


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> type[standin.Translator]:
    """Weights for strips are loaded into the stand-in; what it was asked is in `.loaded` and `.calls`."""
    monkeypatch.setattr(line, "load_translator", standin.Translator.load)
    monkeypatch.setattr(standin.Translator, "loaded", [])
    monkeypatch.setattr(standin.Translator, "calls", [])
    monkeypatch.setattr(standin.Translator, "redrawn", [])
    monkeypatch.setattr(standin.Translator, "corrected", [])
    return standin.Translator


@pytest.fixture
def iimt(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs the command line in this process: iimt("translate", …) → (exit code, everything it said)."""
    from iimt_cli.cli.app import main

    monkeypatch.delenv("IIMT_WEIGHTS", raising=False)

    def run(*arguments: object) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["iimt", *map(str, arguments)])
        capsys.readouterr()
        try:
            main()
            code = 0
        except SystemExit as left:
            code = int(left.code or 0)
        said = capsys.readouterr()
        return code, said.out + said.err

    return run
