from __future__ import annotations

from pathlib import Path

import matplotlib
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from iimt_cli.errors import IimtError
from iimt_cli.evaluation import ocr
from iimt_cli.evaluation.ocr import TextBox, ocr_engine, read_pictures, reading_order, rectangle

DEJAVU = Path(matplotlib.get_data_path()) / "fonts/ttf/DejaVuSans.ttf"  # Pillow's own font has no umlauts


def drawn(*lines: str, width: int = 600, height: int = 80) -> np.ndarray:
    picture = Image.new("RGB", (width, height), (240, 236, 225))
    font = ImageFont.truetype(DEJAVU, 24)
    for row, line in enumerate(lines):
        at = (12, (row + 0.5) * height / len(lines))
        ImageDraw.Draw(picture).text(at, line, (20, 20, 60), font, anchor="lm")
    return np.asarray(picture)


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture(scope="module")
def engine():
    return ocr_engine("rapidocr")


def test_reads_umlauts_and_blanks_in_reading_order(engine):
    boxes = engine.read(drawn("Schöne Grüße aus der Straße", "Where is the station?", height=140))
    assert [box.text for box in boxes] == ["Schöne Grüße aus der Straße", "Where is the station?"]
    assert boxes[0].quad.shape == (4, 2) and boxes[0].score > 0.8
    assert boxes[0].quad[:, 1].max() < boxes[1].quad[:, 1].mean()


def test_reads_cropped_strips_in_the_given_order(engine):
    long, short = "A long line comes first here", "Short"
    strips = [
        drawn(long, width=420, height=34),
        np.zeros((32, 0, 3), np.uint8),
        drawn(short, width=100, height=34),
    ]
    assert engine.read_lines(strips) == [long, "", short]


def test_a_picture_without_text_and_a_tiny_one(engine):
    assert engine.read(np.full((60, 200, 3), 128, np.uint8)) == []
    assert engine.read(np.zeros((1, 1, 3), np.uint8)) == []


def test_unknown_and_missing_engines_say_what_to_do(monkeypatch):
    with pytest.raises(IimtError, match="choose rapidocr"):
        ocr_engine("abbyy")

    def missing(name):
        raise ImportError(f"No module named '{name}'")

    monkeypatch.setattr(ocr.importlib, "import_module", missing)
    monkeypatch.setattr(ocr.importlib.util, "find_spec", lambda name: None)
    for name in ocr.ENGINES:
        with pytest.raises(IimtError, match=f"pip install {name}"):
            ocr_engine(name)


class Counting:
    name, version = "counting", "counting 1"

    def __init__(self):
        self.calls = 0

    def read(self, picture):
        self.calls += 1
        return [TextBox(rectangle(1, 2, 30, 12), f"größe {picture.mean():.0f}", 0.75)]

    def read_lines(self, strips):
        return [""] * len(strips)


def test_unchanged_pixels_are_read_once(cache):
    engine = Counting()
    pictures = [np.full((4, 5, 3), value, np.uint8) for value in (10, 20)]
    first = read_pictures(engine, pictures)
    again = read_pictures(engine, [lambda: pictures[0], lambda: pictures[1]])
    assert engine.calls == 2
    assert [[b.text for b in boxes] for boxes in again] == [["größe 10"], ["größe 20"]]
    assert np.array_equal(first[0][0].quad, again[0][0].quad)

    engine.version = "counting 2"
    read_pictures(engine, pictures)
    read_pictures(engine, [pictures[0].reshape(5, 4, 3)])  # same bytes, another shape
    assert engine.calls == 5
    read_pictures(engine, pictures, cache=False)
    assert engine.calls == 7


def test_a_broken_cache_file_is_read_again(cache):
    engine, picture = Counting(), np.zeros((4, 4, 3), np.uint8)
    read_pictures(engine, [picture])
    (path,) = cache.rglob("*.json")
    path.write_text('[{"quad"')
    assert read_pictures(engine, [picture])[0][0].text == "größe 0"
    assert engine.calls == 2


def test_reading_order_goes_by_lines_not_by_pixels():
    boxes = {
        "right": rectangle(200, 8, 260, 30),
        "left": rectangle(10, 12, 90, 32),
        "below": rectangle(0, 34, 90, 52),
        "heading": rectangle(0, -60, 300, -10),
    }
    ordered = reading_order([TextBox(quad, name, 1.0) for name, quad in boxes.items()])
    assert [box.text for box in ordered] == ["heading", "left", "right", "below"]
