"""`iimt translate --html`: one page with all pictures in it, with a stand-in for the networks."""

import base64
import hashlib
import io
import json
import os
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from iimt_cli.translation.result import Block, Draft, DraftPiece
from iimt_cli.view.facts import block_facts
from iimt_cli.view.report import Entry, write_report
from tests import standin
from tests.conftest import Run
from tests.serving import decoded

Make = Callable[..., Path]


@pytest.fixture
def translate(iimt: Run, weights: Path, stand_in: object) -> Run:
    return lambda *arguments: iimt("translate", *arguments, "--weights", weights)


class Page(HTMLParser):
    """What a browser would find: elements with their attributes, and the text of scripts and styles."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.inside: list[str] = []
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self.inside.append("")

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.inside[-1] += data

    def scripts(self, kind: str) -> list[Any]:
        """The values of the scripts of a class."""
        found = zip(self.elements, self.inside, strict=True)
        return [
            json.loads(text) for (tag, given), text in found if tag == "script" and given.get("class") == kind
        ]


def image(uri: str) -> np.ndarray:
    kind, _, data = uri.partition(",")
    assert kind == "data:image/webp;base64"
    return decoded(base64.b64decode(data))


def write(path: Path, *entries: Entry) -> Page:
    write_report(path, iter(entries), len(entries), "de", "en")
    return Page(path)


def entry(name: str = "a.png", **changes: Any) -> Entry:
    pixels = np.full((20, 40, 3), 200, np.uint8)
    return Entry(
        **{"name": name, "original": pixels, "translation": 255 - pixels, "size": (40, 20), **changes}
    )


# The command


def test_a_picture(translate: Run, picture: Make, tmp_path: Path) -> None:
    source, out, html = picture("a.png", width=40, height=20), tmp_path / "b.png", tmp_path / "new" / "r.html"
    code, said = translate(source, "-o", out, "--html", html)
    assert (code, said) == (
        0, f"{out}: 1 of 1 blocks of text translated\n{html}: shows all pictures, before and after\n",
    )  # fmt: skip
    assert (tmp_path / "b.png.json").exists()
    page = Page(html)
    [facts], [pixels] = page.scripts("facts"), page.scripts("pixels")
    assert (facts["name"], facts["width"], facts["height"], facts["state"]) == ("a.png", 40, 20, "done")
    [block] = facts["blocks"]
    assert (block["source"], block["target"], block["kept"]) == ("Grüße", "Greetings", False)
    before, after = image(pixels["original"]), image(pixels["translation"])
    assert before.shape == after.shape == (20, 40, 3)
    assert abs(before.mean() + after.mean() - 255) < 4  # WebP loses something
    assert image(facts["thumb"]).shape == (20, 40, 3)


def test_a_folder_all_of_it_however_often_the_run_was_interrupted(
    translate: Run, picture: Make, tmp_path: Path, stand_in: type[standin.Translator]
) -> None:
    for name in ("in/a.png", "in/deep/b.jpg", "in/c.png"):
        picture(name, width=40, height=20)
    picture("in/fails.png", width=standin.FAILS)
    (tmp_path / "in" / "broken.png").write_bytes(b"no picture")
    out, html = tmp_path / "en", tmp_path / "r.html"
    assert translate(tmp_path / "in", "-o", out, "--html", html)[0] == 1
    first = Page(html).scripts("facts")
    assert [one["name"] for one in first] == ["a.png", "broken.png", "c.png", "deep/b.jpg", "fails.png"]
    assert [one["state"] for one in first] == ["done", "failed", "done", "done", "failed"]
    assert first[1]["status"] == f"{tmp_path / 'in' / 'broken.png'}: not a picture in a known format"
    assert Page(html).scripts("pixels")[1] == {"original": "", "translation": ""}
    stand_in.calls.clear()
    for name in ("broken.png", "fails.png"):
        (tmp_path / "in" / name).unlink()
    code, said = translate(tmp_path / "in", "-o", out, "--html", html)
    assert code == 0 and "3 skipped" in said and not stand_in.calls
    again = Page(html).scripts("facts")
    assert again == [one for one in first if one["state"] == "done"]


def test_outputs_without_a_sidecar_and_with_that_of_another_picture(
    translate: Run, picture: Make, tmp_path: Path
) -> None:
    folder, out, html = tmp_path / "in", tmp_path / "en", tmp_path / "r.html"
    for name in ("in/a.png", "in/b.png", "in/c.png"):
        picture(name, width=40, height=20)
    assert translate(folder, "-o", out, "--json")[0] == 0
    (out / "a.png.json").unlink()
    picture("in/b.png", width=41, height=20)
    (out / "c.png.json").write_text("{")
    code, said = translate(folder, "-o", out, "--html", html)
    assert code == 0 and "3 skipped" in said
    facts = Page(html).scripts("facts")
    assert [one["blocks"] for one in facts] == [[], [], []]
    assert "was translated before, without --json or --html" in facts[0]["note"]
    assert "is of another picture" in facts[1]["note"] and "is no sidecar" in facts[2]["status"]


def test_pages_of_documents(translate: Run, tmp_path: Path) -> None:
    frames = [Image.new("RGB", (40, 20), (50 * n, 0, 90)) for n in range(3)]
    for frame in frames:
        frame.paste("white", (20, 0, 40, 20))
    frames[1] = Image.new("RGB", (40, 20), "white")  # nothing to translate
    frames[0].save(tmp_path / "fax.tif", save_all=True, append_images=frames[1:])
    html = tmp_path / "r.html"
    assert translate(tmp_path / "fax.tif", "-o", tmp_path / "en.tif", "--html", html)[0] == 0
    facts, pixels = Page(html).scripts("facts"), Page(html).scripts("pixels")
    assert [one["name"] for one in facts] == [f"fax.tif, page {n}" for n in (1, 2, 3)]
    assert [len(one["blocks"]) for one in facts] == [1, 0, 1]
    for before, one in zip(frames, pixels, strict=True):
        assert abs(image(one["original"]).astype(int) - np.asarray(before)).mean() < 9
    assert "<title>3 pictures · iimt</title>" in html.read_text("utf-8")


def test_texts_that_were_corrected(translate: Run, picture: Make, tmp_path: Path) -> None:
    source, out, html = picture("a.png", width=40, height=20), tmp_path / "b.png", tmp_path / "r.html"
    assert translate(source, "-o", out, "--json")[0] == 0
    sidecar = tmp_path / "b.png.json"
    sidecar.write_text(sidecar.read_text("utf-8").replace('"Greetings", "conf', '"Hello", "conf'), "utf-8")
    later = out.stat().st_mtime_ns + 10**9
    os.utime(sidecar, ns=(later, later))
    assert translate(source, "-o", out, "--texts", sidecar, "--html", html)[0] == 0
    [block] = Page(html).scripts("facts")[0]["blocks"]
    assert block["target"] == "Hello" and block["by_hand"]


@pytest.mark.parametrize(
    ("arguments", "cause"),
    [
        (("a.png", "-o", "b.png", "--html", "r.txt"), "r.txt: is no name for a page; end it with .html"),
        (("a.png", "-o", "a.png", "--overwrite", "--html", "r.html"), "the output must not replace it"),
        (("a.png", "-o", "-", "--html", "r.html"), "--json and --html need -o with the name of a file"),
        (("a.png", "-o", "b.png", "--html", "a.png/r.html"), "cannot be written"),
    ],
)
def test_what_cannot_be_is_told_before_anything_is_done(
    translate: Run, picture: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: Any, cause: str
) -> None:
    picture("a.png")
    monkeypatch.chdir(tmp_path)
    code, said = translate(*arguments)
    assert code in (1, 2) and cause in said and said.count("\n") == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png", "models"]


def test_several_processes_write_no_page(
    translate: Run, picture: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RANK", "0")
    monkeypatch.setenv("WORLD_SIZE", "2")
    code, said = translate(picture("a.png"), "-o", tmp_path / "b.png", "--html", tmp_path / "r.html")
    assert code == 2 and "without torchrun" in said


def test_a_run_that_stops_writes_no_page(translate: Run, picture: Make, tmp_path: Path) -> None:
    for name in ("in/a.png", "in/b.png"):
        picture(name, width=standin.FAILS)
    arguments = tmp_path / "in", "-o", tmp_path / "en", "--html", tmp_path / "r.html", "--on-error", "stop"
    code, said = translate(*arguments)
    assert code == 1 and "r.html" not in said.splitlines()[0] and not (tmp_path / "r.html").exists()


# The page


def test_it_needs_nothing_else_and_runs_nothing_else(tmp_path: Path) -> None:
    page = write(tmp_path / "r.html", entry(), entry("b.png"))
    text = (tmp_path / "r.html").read_text("utf-8")
    for tag, given in page.elements:
        assert not given.keys() & {"src", "srcset", "action", "style"}, tag
        assert given.get("href", "data:,") == "data:,"
    assert "https://" not in text and "url(" not in text and "@import" not in text
    assert set(re.findall(r"http://[^\"' ]+", text)) == {"http://www.w3.org/2000/svg"}
    [policy] = [
        given["content"] for _, given in page.elements if given.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policy and "default-src 'none'" in policy and "unsafe" not in policy
    for tag in ("style", "script"):
        [inside] = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.S)
        assert base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode() in policy


HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(1)> @TITLE@ \u2028 & \" '"


def test_texts_and_names_stay_texts(tmp_path: Path) -> None:
    corners = [[0.0, 0.0], [9.0, 0.0], [9.0, 9.0], [0.0, 9.0]]
    block = Block(corners, [corners], HOSTILE, HOSTILE, 0.9, "translated", HOSTILE, id=1)
    plain = write(tmp_path / "plain.html", entry(), entry("b"))
    page = write(
        tmp_path / "r.html", entry(HOSTILE, blocks=[block]), entry("x\udcff", note=HOSTILE, failed=True)
    )
    assert [tag for tag, _ in page.elements] == [tag for tag, _ in plain.elements]
    first, second = page.scripts("facts")
    assert first["name"] == HOSTILE and first["blocks"][0]["target"] == HOSTILE
    assert second["name"] == "x\udcff" and second["note"] == HOSTILE


def test_many_pictures_are_smaller(tmp_path: Path) -> None:
    large = np.zeros((10, 3000, 3), np.uint8)
    for count, width in ((12, 2000), (60, 1400), (61, 1000), (301, 700)):
        write_report(tmp_path / "r.html", [entry(original=large)], count, "de", "en")
        assert image(Page(tmp_path / "r.html").scripts("pixels")[0]["original"]).shape[1] == width


def test_transparency_is_kept(tmp_path: Path) -> None:
    clear = np.zeros((20, 40, 4), np.uint8)
    page = write(tmp_path / "r.html", entry(original=clear))
    data = base64.b64decode(page.scripts("pixels")[0]["original"].partition(",")[2])
    assert Image.open(io.BytesIO(data)).mode == "RGBA"


# What it is told of a text


def test_a_text_that_was_left_has_a_suggestion() -> None:
    corners = [[1.0, 2.0], [9.0, 2.0], [9.0, 8.0], [1.0, 8.0]]
    pieces = (
        DraftPiece("Ja.", "Yes.", "Yes.", False, "translation too uncertain (0.5)"),
        DraftPiece("17:00", None, "", False, "no words"),
    )
    left = Block(
        [], [corners], "Ja. 17:00", "", 0.5, "kept", "translation too uncertain", draft=Draft("", "x", pieces)
    )
    by_hand = Block(
        corners, [corners], "Ja", "Aye", 0.5, "translated", "", draft=Draft("Yes", "", pieces[:1])
    )
    time = Block(corners, [corners], "17:00", "", 0.9, "kept", "no words", draft=Draft("", "x", pieces[1:]))
    plain = Block(corners, [corners], "Ja", "Yes", 0.5, "translated", "")
    facts = block_facts([left, by_hand, time, plain])
    assert [one["suggestion"] for one in facts] == ["Yes. 17:00", "", "", ""]
    assert [one["by_hand"] for one in facts] == [False, True, False, False]
    assert facts[0]["polygon"] == corners
