"""The recipe that scores realistic pages tells blocks that are joined, cut and missed, and symbols that changed."""

import json
import runpy
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).parents[1]
pages = runpy.run_path(str(ROOT / "recipes" / "written_pages.py"))


def quad(x0: int, y0: int, x1: int, y1: int) -> list[list[int]]:
    return [[x0, y0], [x1, y0], [x1, y1], [x0, y1]]


def block(text: str, *lines: tuple[int, int, int, int]) -> dict[str, object]:
    return {"text": text, "lines": [[list(line)] for line in lines]}


def test_blocks_and_symbols_are_counted(tmp_path: Path) -> None:
    page = {
        "blocks": [
            block("Frau\nHolm", (10, 10, 90, 20), (10, 22, 90, 32)),  # two lines, each its own text
            block("Ein langer Satz", (10, 40, 90, 50)),
            block("Eins", (10, 60, 40, 70)),
            block("Zwei", (50, 60, 90, 70)),
            block("Vergessen", (10, 80, 90, 90)),
            block("12", (10, 100, 30, 110)),
        ],
        "symbols": [[60, 100, 70, 110], [80, 100, 90, 110]],
    }
    texts = [
        {"source": "Frau", "lines": [quad(10, 10, 88, 20)]},
        {"source": "Holm", "lines": [quad(11, 22, 90, 32)]},
        {"source": "Ein", "lines": [quad(10, 40, 30, 50)]},
        {"source": "langer Satz", "lines": [quad(35, 40, 90, 50)]},
        {"source": "Eins Zwei", "lines": [quad(10, 60, 38, 70), quad(52, 60, 90, 70)]},
    ]
    (tmp_path / "out").mkdir()
    (tmp_path / "out/a.png.json").write_text(json.dumps({"blocks": texts}))
    picture = Image.new("RGB", (100, 120), "white")
    picture.save(tmp_path / "a.png")
    picture.paste("black", (80, 100, 90, 110))
    picture.save(tmp_path / "out/a.png")
    score = pages["measured"]("a", page, tmp_path, tmp_path / "out")
    assert (score.blocks, score.right, score.cut, score.joined, score.missed) == (5, 1, 1, 2, 1)
    assert (score.symbols, score.touched) == (2, 1)
    assert score.background > 0


def test_each_page_names_its_blocks() -> None:
    files = sorted((ROOT / "recipes/written_pages").glob("*.html"))
    assert len(files) == 24
    assert all(" data-b" in file.read_text(encoding="utf-8") for file in files)
