"""Correct and redraw: `iimt translate --texts`, with a stand-in for the networks."""

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from iimt_cli import IimtError, Texts, load, read_texts, write_texts
from iimt_cli.language.lexicon import Hint
from iimt_cli.runs import exchange, manifest
from iimt_cli.translation.result import Block, Draft, DraftPiece
from iimt_cli.translation.steps.recall import share
from tests import standin
from tests.conftest import Run

Make = Callable[..., Path]


@pytest.fixture
def translate(iimt: Run, weights: Path, stand_in: object) -> Run:
    return lambda *arguments: iimt("translate", *arguments, "--weights", weights)


@pytest.fixture
def done(translate: Run, picture: Make, tmp_path: Path) -> tuple[Path, Path]:
    """A picture, and its translation, which has a sidecar."""
    source, out = picture("a.png", width=40, height=20), tmp_path / "b.png"
    assert translate(source, "-o", out, "--json")[0] == 0
    return source, out


def pixels(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path).convert("RGB"))


def edit(sidecar: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Changes a sidecar by hand, after its picture was written."""
    data = json.loads(sidecar.read_text("utf-8"))
    change(data)
    sidecar.write_text(json.dumps(data, ensure_ascii=False), "utf-8")
    later = sidecar.stat().st_mtime_ns + 10**9
    os.utime(sidecar, ns=(later, later))


def one_line(said: str) -> str:
    assert said.count("\n") == 1 and said.startswith("iimt: "), said
    return said.removeprefix("iimt: ").rstrip()


# A sidecar


def test_a_glossary_has_no_use_beside_given_texts(
    translate: Run, done: tuple[Path, Path], tmp_path: Path
) -> None:
    terms = tmp_path / "terms.tsv"
    terms.write_text("Hund\tcat\n", "utf-8")
    source, out = done
    before = out.read_bytes()
    code, said = translate(source, "-o", out, "--texts", f"{out}.json", "--glossary", terms, "--overwrite")
    assert code == 2 and "--glossary does not go with it" in said and out.read_bytes() == before


def test_a_corrected_text_is_drawn_and_nothing_is_translated(
    translate: Run, done: tuple[Path, Path], stand_in: type[standin.Translator]
) -> None:
    source, out = done
    before, sidecar = pixels(out), out.with_name("b.png.json")
    stand_in.calls.clear()
    edit(sidecar, lambda data: data["blocks"][0].update(target="Hello"))
    code, said = translate(source, "-o", out, "--texts", sidecar)
    assert (code, said) == (0, f"{out}: 1 of 1 blocks of text translated\n")
    assert (pixels(out)[:10, :10] == ord("H")).all()
    assert (pixels(out)[10:] == before[10:]).all() and (pixels(out)[:, 10:] == before[:, 10:]).all()
    assert not stand_in.calls and not stand_in.redrawn and stand_in.corrected == [["Hello"]]


def test_a_second_correction_begins_with_the_first(
    translate: Run, done: tuple[Path, Path], stand_in: type[standin.Translator]
) -> None:
    """The sidecar of an output is written again, without --json, so that it tells what is drawn there now."""
    source, out = done
    sidecar = out.with_name("b.png.json")
    for word in ("Hello", "Welcome"):
        edit(sidecar, lambda data, word=word: data["blocks"][0].update(target=word, note="mine"))
        assert translate(source, "-o", out, "--texts", sidecar)[0] == 0
        assert (pixels(out)[:10, :10] == ord(word[0])).all()
    assert stand_in.corrected == [["Hello"], ["Welcome"]] and not stand_in.redrawn
    assert json.loads(sidecar.read_text("utf-8"))["blocks"][0]["note"] == "mine"


def test_a_correction_may_go_to_another_file(
    translate: Run, done: tuple[Path, Path], stand_in: type[standin.Translator], tmp_path: Path
) -> None:
    """It begins with the picture beside the sidecar, and neither of these is changed."""
    source, out = done
    sidecar = out.with_name("b.png.json")
    edit(sidecar, lambda data: data["blocks"][0].update(target="Hello"))
    before = out.read_bytes(), sidecar.read_bytes()
    assert translate(source, "-o", tmp_path / "c.webp", "--texts", sidecar)[0] == 0
    assert stand_in.corrected == [["Hello"]] and (pixels(tmp_path / "c.webp")[:10, :10] == ord("H")).all()
    assert (out.read_bytes(), sidecar.read_bytes()) == before
    assert not (tmp_path / "c.webp.json").exists()


@pytest.mark.parametrize("what", ["changed", "lost", "broken", "an old sidecar"])
def test_without_the_picture_as_it_was_drawn_all_is_drawn_again(
    translate: Run, done: tuple[Path, Path], stand_in: type[standin.Translator], what: str
) -> None:
    source, out = done
    sidecar, before = out.with_name("b.png.json"), pixels(out)
    if what == "changed":
        Image.fromarray(np.zeros_like(before)).save(out)
    elif what == "lost":
        out.unlink()
    elif what == "broken":
        out.write_bytes(out.read_bytes()[:100])
    elif what == "an old sidecar":
        edit(sidecar, lambda data: data.pop("drawn"))
    edit(sidecar, lambda data: data["blocks"][0].update(target="Hello"))
    assert translate(source, "-o", out, "--texts", sidecar, "--overwrite")[0] == 0
    assert not stand_in.corrected and [count for count, _ in stand_in.redrawn] == [1]
    assert (pixels(out)[10:] == before[10:]).all() and (pixels(out)[:, 10:] == before[:, 10:]).all()


def test_a_picture_with_losses_is_drawn_again(
    translate: Run, picture: Make, stand_in: type[standin.Translator], tmp_path: Path
) -> None:
    """Pixels of a JPEG that are written a second time are other ones."""
    source, out = picture("a.jpg", width=40, height=20), tmp_path / "b.jpg"
    assert translate(source, "-o", out, "--json")[0] == 0
    edit(out.with_name("b.jpg.json"), lambda data: data["blocks"][0].update(target="Hello"))
    assert translate(source, "-o", out, "--texts", f"{out}.json")[0] == 0
    assert not stand_in.corrected and len(stand_in.redrawn) == 1


def test_an_output_that_is_newer_than_its_texts_is_skipped(translate: Run, done: tuple[Path, Path]) -> None:
    source, out = done
    sidecar = out.with_name("b.png.json")
    assert "skipped" in translate(source, "-o", out, "--texts", sidecar)[1]
    edit(sidecar, lambda data: data["blocks"][0].update(keep=True))
    os.utime(out, ns=(0, 0))
    code, said = translate(source, "-o", out, "--texts", sidecar)
    assert code == 0 and "nothing translated" in said and "kept by hand" in said


def test_what_iimt_does_not_know_in_a_sidecar_is_kept(translate: Run, done: tuple[Path, Path]) -> None:
    source, out = done
    sidecar = out.with_name("b.png.json")

    def note(data: dict[str, Any]) -> None:
        data["note"] = {"by": "Ann"}
        data["blocks"][0] |= {"target": "Hello", "seen": [1, 2]}

    edit(sidecar, note)
    assert translate(source, "-o", out, "--texts", sidecar, "--json")[0] == 0
    data = json.loads(sidecar.read_text("utf-8"))
    assert data["note"] == {"by": "Ann"} and data["blocks"][0]["seen"] == [1, 2]
    assert data["blocks"][0]["target"] == "Hello" and data["blocks"][0]["draft"]["target"] == "Greetings"
    assert "skipped" in translate(source, "-o", out, "--texts", sidecar, "--json")[1]


def test_a_text_that_cannot_be_drawn_is_left_with_a_warning(translate: Run, done: tuple[Path, Path]) -> None:
    source, out = done
    sidecar = out.with_name("b.png.json")
    edit(sidecar, lambda data: data["blocks"][0].update(target="日本"))
    code, said = translate(source, "-o", out, "--texts", sidecar, "--json")
    assert code == 0 and f"iimt: {source}: block 1 is left as it was: 日 cannot be drawn" in said
    [block] = json.loads(sidecar.read_text("utf-8"))["blocks"]
    assert (block["target"], block["action"], block["reason"]) == ("日本", "kept", "日 cannot be drawn")


def wrong(**changes: object) -> Callable[[dict[str, Any]], object]:
    return lambda data: data["blocks"][0].update(changes)


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        (lambda data: data.update(width=41), "is of another picture (41×20 px, not 40×20)"),
        (lambda data: data.update(sha256="ab"), "is of another picture (its pixels are not the same)"),
        (lambda data: data.update(version=9), "version 9"),
        (lambda data: data.pop("blocks"), "there is no 'blocks'"),
        (lambda data: data["blocks"].append({**data["blocks"][0], "id": 2}), "block 2 is not found"),
        (lambda data: data["blocks"].append(data["blocks"][0]), "two blocks have the id 1"),
        (lambda data: data.update(found=[[[0, 0]]]), "'found' has a line that has not four corners"),
        (
            lambda data: data.update(found=[[[0, 0], [1e308, 0], [9, 9], [0, 9]]]),
            "'found' has a line that is in no picture",
        ),
        (lambda data: data.update(found=[[[3, 4]] * 4]), "'found' has a line without an area"),
        (lambda data: data["options"].update(batch="many"), "'batch' is no whole number"),
        (lambda data: data["options"].update(batch=0), "'batch' is no number from 1 on"),
        (lambda data: data["options"].update(numbers="no"), "'numbers' is neither keep nor localise"),
        (wrong(target=3), "block 1: 'target' is no text"),
        (wrong(keep="no"), "block 1: 'keep' is neither true nor false"),
        (wrong(lines=[[[0, 0]]]), "block 1: 'lines' has a line that has not four corners"),
        (wrong(lines=[[[0, "x"]]]), "block 1: 'lines' is no number"),
        (wrong(draft={"target": ""}), "block 1: 'draft': there is no 'pieces'"),
        (wrong(confidence=float("nan")), "block 1: 'confidence' is no number"),
    ],
)
def test_a_wrong_sidecar_is_told_in_one_line(
    translate: Run, done: tuple[Path, Path], change: Callable[[dict[str, Any]], object], cause: str
) -> None:
    source, out = done
    sidecar = out.with_name("b.png.json")
    before = out.read_bytes()
    edit(sidecar, change)
    code, said = translate(source, "-o", out, "--texts", sidecar, "--json")
    assert code == 1 and cause in one_line(said) and str(sidecar) in said
    assert out.read_bytes() == before and sidecar.exists()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b"[" * 100_000, b'{"blocks": 1}'])
def test_what_is_no_sidecar_is_told_in_one_line(
    translate: Run, picture: Make, tmp_path: Path, content: bytes, stand_in: type[standin.Translator]
) -> None:
    sidecar = tmp_path / "b.json"
    sidecar.write_bytes(content)
    code, said = translate(picture("a.png"), "-o", tmp_path / "b.png", "--texts", sidecar)
    assert code == 1 and one_line(said).startswith(f"{sidecar}: is no sidecar (")
    assert not stand_in.loaded
    code, said = translate(picture("a.png"), "-o", tmp_path / "b.png", "--texts", tmp_path / "none.json")
    assert code == 1 and "none.json: no such file" in one_line(said)


def test_a_sidecar_stays_where_the_picture_cannot_be_written(
    translate: Run, done: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    source, out = done
    sidecar = out.with_name("b.png.json")
    edit(sidecar, lambda data: data["blocks"][0].update(target="Hello"))
    before = sidecar.read_bytes()
    real = Path.write_bytes

    def full(path: Path, data: bytes) -> int:
        if path.suffix == ".tmp":
            raise OSError(28, "No space left on device")
        return real(path, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    assert translate(source, "-o", out, "--texts", sidecar, "--json")[0] == 1
    assert sidecar.read_bytes() == before


# A folder


def test_a_folder_of_sidecars(
    translate: Run, picture: Make, tmp_path: Path, stand_in: type[standin.Translator]
) -> None:
    for name in ("in/a.png", "in/deep/a.png", "in/b.jpg"):
        picture(name, width=40, height=20)
    folder, out = tmp_path / "in", tmp_path / "en"
    assert translate(folder, "-o", out, "--json")[0] == 0
    edit(out / "deep" / "a.png.json", lambda data: data["blocks"][0].update(target="Hello"))
    code, said = translate(folder, "-o", out, "--texts", out)
    assert code == 0 and "1 translated; 2 skipped" in said
    assert stand_in.corrected == [["Hello"]] and not stand_in.redrawn
    assert (pixels(out / "deep" / "a.png")[:10, :10] == ord("H")).all()
    assert not (pixels(out / "a.png")[:10, :10] == ord("H")).all()
    (out / "deep" / "a.png").unlink()
    assert "1 translated; 2 skipped" in translate(folder, "-o", out, "--texts", out)[1]
    assert [count for count, _ in stand_in.redrawn] == [3]  # in the batches of the first time
    new = tmp_path / "new"
    (out / "b.jpg.json").unlink()
    code, said = translate(folder, "-o", new, "--texts", out, "--format", "webp")
    assert code == 1 and f"iimt: {folder / 'b.jpg'}: {out} has no texts for it" in said
    assert sorted(p.name for p in new.rglob("*.webp")) == ["a.webp", "a.webp"]
    row = json.loads((new / manifest.NAME).read_text().splitlines()[0])
    assert row["texts"] == out.as_posix()


def test_what_is_asked_for_must_fit(translate: Run, picture: Make, tmp_path: Path) -> None:
    picture("in/a.png"), picture("in/b.png")
    (tmp_path / "x.json").write_text("{}")
    code, said = translate(tmp_path / "in", "-o", tmp_path / "en", "--texts", tmp_path / "x.json")
    assert code == 2 and "is for one picture, but there are 2" in one_line(said)
    (tmp_path / "none").mkdir()
    code, said = translate(tmp_path / "in", "-o", tmp_path / "en", "--texts", tmp_path / "none")
    assert code == 1 and "no sidecars in this folder" in one_line(said)


# Tables and XLIFF


@pytest.fixture
def exported(iimt: Run, translate: Run, picture: Make, tmp_path: Path) -> Callable[[str], Path]:
    """The texts of two pictures in a file of this name, and their folders in, en."""
    picture("in/a.png", width=40, height=20), picture("in/b.png", width=41, height=20)
    assert translate(tmp_path / "in", "-o", tmp_path / "en", "--json")[0] == 0

    def export(name: str) -> Path:
        code, said = iimt("export-texts", tmp_path / "en", "-o", tmp_path / name)
        assert (code, said) == (0, f"{tmp_path / name}: 2 texts of 2 pictures\n")
        return tmp_path / name

    return export


def test_a_table_goes_there_and_back(translate: Run, tmp_path: Path, exported: Callable[[str], Path]) -> None:
    table = exported("lists/t.tsv")
    lines = table.read_text("utf-8").splitlines()
    assert lines[0].split("\t") == ["file", "block", "source", "target", "confidence", "keep"]
    assert lines[1].split("\t") == ["../en/a.png.json", "1", "Grüße", "Greetings", "0.90", ""]
    for coding in ("utf-8", "utf-8-sig", "utf-16"):
        table.write_text("\r\n".join(lines).replace("Greetings", '"Hello"', 1), coding)
        out = tmp_path / coding
        assert translate(tmp_path / "in", "-o", out, "--texts", table)[0] == 0
        assert (pixels(out / "a.png")[:10, :10] == ord("H")).all()
        assert (pixels(out / "b.png") == pixels(tmp_path / "en" / "b.png")).all()
    odd = "\n".join(lines).replace("\t1\t", "\t\x1d1.0 \t", 1)  # white space that `float` refuses
    table.write_text(odd.replace("0.90\t", "0.90\tyes", 1))
    assert translate(tmp_path / "in" / "a.png", "-o", tmp_path / "c.png", "--texts", table)[0] == 0
    assert (pixels(tmp_path / "c.png")[:10, :10] == pixels(tmp_path / "in" / "a.png")[:10, :10]).all()


@pytest.mark.parametrize(
    ("before", "after", "cause"),
    [
        ("file\t", "name\t", "line 1: there is no column file"),
        ("\t1\t", "\tone\t", "line 2: 'one' is no number of a block"),
        ("\t1\t", "\t7\t", "line 2: there is no block 7 in"),
        ("0.90\t", "0.90\tperhaps", "line 2: keep is 'perhaps', neither yes nor no"),
        ("/b.png", "/a.png", "line 3: block 1 of en/a.png.json is there twice"),
        ("en/a.png", "en/x.png", "x.png.json: no such file"),
        ("\tGrüße", '\t"Grüße', "is not understood"),
    ],
)
def test_a_wrong_table_is_told_with_its_line(
    translate: Run, tmp_path: Path, exported: Callable[[str], Path], before: str, after: str, cause: str
) -> None:
    table = exported("t.tsv")
    table.write_text(table.read_text("utf-8").replace(before, after, 1), "utf-8")
    name = "x.png" if "x.png" in after else "a.png"
    (tmp_path / "in" / "a.png").rename(tmp_path / "in" / name)
    code, said = translate(tmp_path / "in" / name, "-o", tmp_path / "c.png", "--texts", table)
    assert code == 1 and cause in one_line(said), said


def test_the_suffix_says_what_is_exported(iimt: Run, exported: Callable[[str], Path], tmp_path: Path) -> None:
    code, said = iimt("export-texts", tmp_path / "en", "-o", tmp_path / "t.csv")
    assert code == 2 and "end it with .tsv" in one_line(said)
    code, said = iimt("export-texts", tmp_path / "in", "-o", tmp_path / "t.tsv")
    assert code == 1 and "no sidecars in this folder" in one_line(said)


def test_xliff_goes_there_and_back(translate: Run, tmp_path: Path, exported: Callable[[str], Path]) -> None:
    pytest.importorskip("translate.storage.xliff", reason="the extra xliff is not installed")
    file = exported("t.xlf")
    text = file.read_text("utf-8")
    assert 'version="1.2"' in text and 'original="en/a.png.json"' in text and "needs-review" in text
    file.write_text(text.replace(">Greetings<", ">Hello &amp; welcome<", 1), "utf-8")
    out = tmp_path / "new"
    assert translate(tmp_path / "in", "-o", out, "--texts", file)[0] == 0
    assert (pixels(out / "a.png")[:10, :10] == ord("H")).all()
    assert (pixels(out / "b.png") == pixels(tmp_path / "en" / "b.png")).all()
    file.write_text("<xliff>", "utf-8")
    code, said = translate(tmp_path / "in", "-o", tmp_path / "other", "--texts", file)
    assert code == 1 and "t.xlf: is no XLIFF 1.2" in one_line(said)


def test_without_the_toolkit_it_is_told_how_to_get_it(
    iimt: Run, tmp_path: Path, exported: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "translate.storage", None)
    code, said = iimt("export-texts", tmp_path / "en", "-o", tmp_path / "t.xlf")
    assert code == 1 and "pip install 'iimt[xliff]'" in one_line(said)


# From Python


def test_texts_from_python(stand_in: object, weights: Path, picture: Make, tmp_path: Path) -> None:
    translator, source = load(weights), picture("a.png", width=40, height=20)
    first = translator.translate(source)
    write_texts(first.texts, tmp_path / "a.json")
    texts = read_texts(tmp_path / "a.json")
    assert texts.edited({}) == replace(first.texts, name=texts.name, more=texts.more)
    same, other = translator.translate([source, source], texts=[texts, texts.edited({1: "Hello"})])
    assert (same.pixels == first.pixels).all() and (other.pixels[:10, :10] == ord("H")).all()
    assert translator.translate(source, texts=texts.edited({}, keep=[1])).blocks[0].action == "kept"
    with pytest.raises(IimtError, match="there is no block 5"):
        texts.edited({5: "Hello"})
    with pytest.raises(IimtError, match="another picture"):
        translator.translate(picture("b.png"), texts=texts)
    with pytest.raises(IimtError, match="2 pictures, but texts of 1"):
        translator.translate([source, source], texts=[texts])


def test_a_sidecar_is_read_as_it_was_written(tmp_path: Path) -> None:
    corners = [[0.0, 0.0], [9.0, 0.0], [9.0, 9.0], [0.0, 9.0]]
    pieces = (
        DraftPiece("ÖL", "OIL", "oil", True, "", (Hint(2, "Öl", ("oil", "petroleum")),)),
        DraftPiece("17:00", None, "", False, "no words"),
        DraftPiece("Tür", "", "", False, "no translation"),
    )
    block = Block(
        corners, [corners], "ÖL", "OIL", 0.5, "kept", "why", [{"source": "Öl", "target": "oil"}],
        id=3, keep=True, draft=Draft("OIL", "", pieces), more={"x": 1},
    )  # fmt: skip
    texts = Texts([block], 10, 20, "ab", {"whole": True, "batch": 8}, {"file": "caf\udce9.png", "x": None})
    write_texts(texts, tmp_path / "a.json")
    assert read_texts(tmp_path / "a.json") == replace(texts, name=str(tmp_path / "a.json"))


def test_a_sidecar_of_an_older_iimt_is_read(tmp_path: Path) -> None:
    old = {
        "version": "0.1.0",
        "width": 9,
        "height": 9,
        "blocks": [{"lines": [], "source": "Tür", "target": "door"}],
    }
    (tmp_path / "a.json").write_text(json.dumps(old))
    [block] = read_texts(tmp_path / "a.json").blocks
    assert (block.id, block.target, block.draft) == (1, "door", None)


@pytest.mark.parametrize(
    ("text", "parts", "shared"),
    [
        ("Hello there. Come in.", ["Hello there.", "Come in."], ["Hello there.", "Come in."]),
        ("Hello you. Come in.", ["Hello there.", "Come in."], ["Hello you.", "Come in."]),
        ("Hello there. Do come in.", ["Hello there.", "Come in."], ["Hello there.", "Do come in."]),
        ("Come in.", ["Hello there.", "Come in."], ["", "Come in."]),
        ("one two three four", ["a b", "c d"], ["one two", "three four"]),
        ("word", ["a", "b"], ["", "word"]),
        ("", ["a", "b"], ["", ""]),
        ("one two", ["a"], ["one two"]),
        ("open daily 17:00", ["closed", "17:00"], ["open daily", "17:00"]),
    ],
)
def test_words_are_shared_out_among_the_parts_that_they_replace(
    text: str, parts: list[str], shared: list[str]
) -> None:
    assert share(text, parts) == shared


def test_tables_are_known_by_their_suffix() -> None:
    assert exchange.is_table(Path("a.TSV")) and exchange.is_table(Path("a.xliff"))
    assert not exchange.is_table(Path("a.png.json"))


@pytest.mark.parametrize(
    ("row", "cause"),
    [
        (b"s.png.json\t1\tCaf\xe9", "no text in UTF-8"),
        (b"s.png.json\t" + b"1" * 5000 + b"\tx", "no number of a block"),
    ],
)
def test_odd_tables_are_told_in_a_line(row: bytes, cause: str, tmp_path: Path) -> None:
    table = tmp_path / "t.tsv"
    table.write_bytes(b"file\tblock\ttarget\n" + row + b"\n")
    with pytest.raises(IimtError, match=cause) as told:
        exchange.read_table(table)
    assert len(str(told.value)) < len(str(table)) + 200


def test_a_spreadsheets_number_of_a_block_is_one(tmp_path: Path) -> None:
    table = tmp_path / "t.tsv"
    table.write_bytes(b"file\tblock\ttarget\ns.png.json\t2.0\tx\n")
    assert list(exchange.read_table(table)[tmp_path / "s.png.json"]) == [exchange.Place(0, 2)]
