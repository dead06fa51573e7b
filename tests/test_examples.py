"""The example pictures and their references belong together, and the script still makes them."""

from pathlib import Path

import make_examples
import pytest
from PIL import Image

EXAMPLES = Path(__file__).parent.parent / "examples"


def rows() -> dict[str, tuple[str, str]]:
    lines = (EXAMPLES / "references.tsv").read_text(encoding="utf-8").splitlines()
    return {name: (english, german) for name, english, german in (line.split("\t") for line in lines)}


def test_every_picture_has_its_references_and_no_other_lies_here() -> None:
    here = sorted(p.name for p in EXAMPLES.iterdir() if p.suffix in {".png", ".jpg"})
    assert here == sorted(make_examples.PICTURES) == sorted(rows())


@pytest.mark.parametrize("name", make_examples.PICTURES)
def test_pictures_are_small_enough_to_ship(name: str) -> None:
    assert (EXAMPLES / name).stat().st_size < 150_000
    with Image.open(EXAMPLES / name) as picture:
        assert 600 <= picture.width <= 1200


def test_the_script_says_what_the_references_say() -> None:
    name = "slide.png"
    sheets = [make_examples.PICTURES[name](language) for language in ("de", "en")]
    with Image.open(EXAMPLES / name) as picture:
        assert {picture.size} == {sheet.picture.size for sheet in sheets}
    for sheet in sheets:
        assert " ".join(p.english for p in sheet.phrases) == rows()[name][0]
        assert " ".join(p.german for p in sheet.phrases) == rows()[name][1]
