"""Pipes and odd names: standard input and output, `--format`, names that are no UTF-8, names of 255 bytes."""

import errno
import io
import json
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
from PIL import Image

from iimt_cli.runs.files import LONGEST_NAME, Job, sidecar_of
from iimt_cli.runs.output import explain
from tests import standin
from tests.conftest import Run

Make = Callable[..., Path]


@pytest.fixture
def translate(iimt: Run, weights: Path, stand_in: object) -> Run:
    return lambda *arguments: iimt("translate", *arguments, "--weights", weights)


@pytest.fixture
def pipe(monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes], io.BytesIO]:
    """Gives bytes to standard input; what comes out of standard output is in what is returned."""

    def give(data: bytes) -> io.BytesIO:
        out = io.BytesIO()
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
        monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(out))
        return out

    return give


def pixels(data: bytes | Path) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data) if isinstance(data, bytes) else data).convert("RGB"))


def one_line(said: str) -> str:
    assert said.count("\n") == 1 and said.startswith("iimt: "), said
    return said.removeprefix("iimt: ").rstrip()


# Pipes


@pytest.mark.parametrize("names", [("-", "-"), ("/dev/stdin", "/dev/stdout")])
def test_a_picture_goes_through(
    translate: Run, picture: Make, pipe: Callable[[bytes], io.BytesIO], names: tuple[str, str]
) -> None:
    source = picture("a.png")
    out = pipe(source.read_bytes())
    code, said = translate(names[0], "-o", names[1])
    assert (code, said) == (0, "standard output: 1 of 1 blocks of text translated\n")
    assert Image.open(io.BytesIO(out.getvalue())).format == "PNG"
    assert (pixels(out.getvalue()) == 255 - pixels(source)).all()


def test_the_format_is_that_of_the_input_or_the_one_that_is_asked_for(
    translate: Run, picture: Make, pipe: Callable[[bytes], io.BytesIO]
) -> None:
    for name, options, format_ in (
        ("a.bmp", (), "BMP"),
        ("a.gif", (), "PNG"),
        ("a.png", ("--format", "jpeg"), "JPEG"),
        ("a.png", ("--format", "webp"), "WEBP"),
    ):
        out = pipe(picture(name).read_bytes())
        assert translate("-", "-o", "-", *options)[0] == 0
        assert Image.open(io.BytesIO(out.getvalue())).format == format_
    blank = picture("blank.jpg", blank=True).read_bytes()
    out = pipe(blank)
    assert translate("-", "-o", "-")[0] == 0 and out.getvalue() == blank


def test_from_a_pipe_into_files(
    translate: Run, picture: Make, pipe: Callable[[bytes], io.BytesIO], tmp_path: Path
) -> None:
    source = picture("a.png")
    out = pipe(source.read_bytes())
    assert translate("-", "-o", tmp_path / "b.png", "--json")[0] == 0
    assert (pixels(tmp_path / "b.png") == 255 - pixels(source)).all() and not out.getvalue()
    assert json.loads((tmp_path / "b.png.json").read_text())["file"] == "standard input"
    pipe(source.read_bytes())
    assert translate("-", source, "-o", tmp_path / "en")[0] == 0
    assert sorted(p.name for p in (tmp_path / "en").glob("*.png")) == ["a.png", "stdin.png"]
    out = pipe(b"")
    assert translate(source, "-o", "-")[0] == 0 and (pixels(out.getvalue()) == 255 - pixels(source)).all()


def test_what_goes_wrong_is_told_and_nothing_comes_out(
    translate: Run, picture: Make, pipe: Callable[[bytes], io.BytesIO], tmp_path: Path
) -> None:
    source = picture("a.png")
    for data, arguments, code, cause in (
        (b"", ("-", "-o", "-"), 1, "standard input: is empty"),
        (b"no picture", ("-", "-o", "-"), 1, "standard input: not a picture in a known format"),
        (source.read_bytes()[:70], ("-", "-o", "-"), 1, "standard input: truncated or damaged picture"),
        (
            picture("f.png", width=standin.FAILS).read_bytes(),
            ("-", "-o", "-"),
            1,
            "standard input: unexpected",
        ),
        (source.read_bytes(), ("-", "-", "-o", tmp_path), 2, "standard input: can be read only once"),
        (source.read_bytes(), ("-", source, "-o", "-"), 2, "standard output: takes one picture"),
        (source.read_bytes(), (tmp_path, "-o", "-"), 2, "standard output: takes one picture"),
        (source.read_bytes(), ("-", "-o", "-", "--json"), 2, "has no place for a sidecar"),
    ):
        out = pipe(data)
        assert (found := translate(*arguments))[0] == code and cause in one_line(found[1]), found
        assert not out.getvalue()


def test_streams_that_are_closed(
    translate: Run, picture: Make, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    code, said = translate("-", "-o", tmp_path / "b.png")
    assert (code, one_line(said)) == (1, "standard input: is closed")
    monkeypatch.setattr(sys, "stdout", None)
    code, said = translate(picture("a.png"), "-o", "-")
    assert (code, one_line(said)) == (1, "standard output: is closed")


def test_a_full_temporary_folder_is_named(
    translate: Run,
    picture: Make,
    pipe: Callable[[bytes], io.BytesIO],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    source, write = picture("a.png"), Path.write_bytes

    def write_bytes(path: Path, data: bytes) -> int:
        if place in path.parents:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))  # the system names no file here
        return write(path, data)

    monkeypatch.setattr(Path, "write_bytes", write_bytes)
    pipe(source.read_bytes())
    code, said = translate("-", "-o", tmp_path / "b.png")
    assert code == 1 and one_line(said).startswith(f"{place}: the disk is full (standard input is kept there")
    out = pipe(b"")
    code, said = translate(source, "-o", "-")
    assert code == 1 and not out.getvalue()
    assert f"iimt: {place}, where standard output is made first: " in said
    assert not list(place.iterdir())


def test_a_terminal_gets_no_picture(
    translate: Run, picture: Make, pipe: Callable[[bytes], io.BytesIO], monkeypatch: pytest.MonkeyPatch
) -> None:
    pipe(b"")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    code, said = translate(picture("a.png"), "-o", "-")
    assert code == 2 and "standard output: is a terminal" in one_line(said)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes on this system")
def test_named_pipes_as_a_shell_makes_them(translate: Run, picture: Make, tmp_path: Path) -> None:
    source, one, two = picture("a.png"), tmp_path / "63", tmp_path / "64"
    os.mkfifo(one), os.mkfifo(two)
    got: list[bytes] = []
    threads = [
        Thread(target=one.write_bytes, args=[source.read_bytes()], daemon=True),
        Thread(target=lambda: got.append(two.read_bytes()), daemon=True),
    ]
    for thread in threads:
        thread.start()
    code, said = translate(one, "-o", two)
    assert (code, said) == (0, f"{two}: 1 of 1 blocks of text translated\n")
    threads[1].join(10)
    assert (pixels(got[0]) == 255 - pixels(source)).all()


# --format


def test_a_format_for_a_folder(translate: Run, picture: Make, tmp_path: Path) -> None:
    for name in ("in/a.png", "in/b.jpeg", "in/c.bmp", "in/d.v1.gif"):
        picture(name)
    assert translate(tmp_path / "in", "-o", tmp_path / "en", "--format", "jpeg")[0] == 0
    assert sorted(p.name for p in (tmp_path / "en").glob("*.*")) == [
        "a.jpg", "b.jpeg", "c.jpg", "d.v1.jpg", "iimt-run.jsonl",
    ]  # fmt: skip
    code, said = translate(picture("a.png"), "-o", tmp_path / "a.png", "--format", "jpeg")
    assert code == 2 and "--format jpg does not go with .png" in one_line(said)
    assert translate(picture("a.png"), "-o", tmp_path / "x.tiff", "--format", "tiff")[0] == 0


def test_equal_stems_do_not_stop_a_folder(translate: Run, picture: Make, tmp_path: Path) -> None:
    """Where a new suffix would make two names the same, the old one stays before it."""
    for name in ("in/a.png", "in/a.jpg", "in/a.gif", "in/b.gif", "in/deep/a.png"):
        picture(name)
    assert translate(tmp_path / "in", "-o", tmp_path / "en", "--json")[0] == 0  # each with its own suffix
    assert len(list((tmp_path / "en").rglob("*.json"))) == 5
    assert {p.name for p in (tmp_path / "en").glob("*.???")} == {"a.png", "a.jpg", "a.gif.png", "b.png"}
    assert "5 skipped" in translate(tmp_path / "in", "-o", tmp_path / "en")[1]
    picture("in/a.webp")
    assert translate(tmp_path / "in", "-o", tmp_path / "other", "--format", "webp")[0] == 0
    assert {p.name for p in (tmp_path / "other").glob("*.webp")} == {
        "a.webp", "a.png.webp", "a.jpg.webp", "a.gif.webp", "b.webp",
    }  # fmt: skip


# Names


def test_names_that_are_no_utf_8(translate: Run, picture: Make, tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9.png")
    try:
        source = picture(name)
    except OSError:
        pytest.skip("this file system has no such names")
    folder = tmp_path / "in"
    folder.mkdir()
    source = source.rename(folder / name)
    out = tmp_path / "en"
    assert translate(folder, "-o", out, "--json")[0] == 0
    assert (pixels(out / name) == 255 - pixels(source)).all()
    row = json.loads((out / "iimt-run.jsonl").read_text("utf-8").splitlines()[2])
    assert row["output"] == name
    sidecar = out / f"{name}.json"
    assert json.loads(sidecar.read_text("utf-8"))["file"] == source.as_posix()
    text = sidecar.read_text("utf-8").replace('"Greetings", "confidence"', '"Hello", "confidence"')
    sidecar.write_text(text, "utf-8")
    assert translate(folder, "-o", tmp_path / "new", "--texts", out)[0] == 0
    assert (pixels(tmp_path / "new" / name)[:10, :10] == ord("H")).all()


def test_a_name_of_255_bytes_has_a_sidecar(translate: Run, picture: Make, tmp_path: Path) -> None:
    for name in ("x" * 251 + ".png", "ü" * 125 + "x.png"):
        assert len(os.fsencode(name)) == LONGEST_NAME
        source = picture(f"in/{name}")
    out = tmp_path / "en"
    code, said = translate(source.parent, "-o", out, "--json")
    assert code == 0 and "2 translated" in said
    sidecars = list(out.glob("*.json"))
    assert len(sidecars) == 2 and all(len(os.fsencode(path.name)) <= LONGEST_NAME for path in sidecars)
    code, said = translate(source.parent, "-o", tmp_path / "new", "--texts", out)
    assert code == 0 and "2 translated" in said


def test_names_that_are_too_long_are_told(translate: Run, iimt: Run, picture: Make, tmp_path: Path) -> None:
    source, out, long = picture("a.png"), tmp_path / "out.png", "x" * (LONGEST_NAME + 1)
    for end, arguments in (
        (".png", (tmp_path / f"{long}.png", "-o", out)),
        (".pdf", (tmp_path / f"{long}.pdf", "-o", tmp_path / "out.pdf")),
        ("", (tmp_path / long / "*.png", "-o", tmp_path / "en")),
        (".png", (source, "-o", tmp_path / f"{long}.png")),
        ("", (source, "-o", f"{tmp_path / long}/")),
        (".html", (source, "-o", out, "--html", tmp_path / f"{long}.html")),
    ):
        code, said = translate(*arguments)
        line = one_line(said)
        assert code == 1 and line.startswith(f"{tmp_path / long}{end}: ") and "too long" in line
    # the cause is in the words of Python, which differ between its versions
    code, said = iimt("export-texts", tmp_path / long, "-o", tmp_path / "a.tsv")
    assert code == 1 and one_line(said).startswith(f"{tmp_path / long}: ")
    code, said = translate(source, "-o", out, "--texts", tmp_path / f"{long}.json")
    assert code == 1 and one_line(said).startswith(f"{tmp_path / long}.json: ")
    code, said = translate(source, tmp_path / f"{long}.png", "-o", tmp_path / "en")
    assert code == 1 and "1 translated; 1 failed" in said and (tmp_path / "en" / "a.png").exists()
    assert not out.exists()


def test_sidecars_of_long_names_differ() -> None:
    one, two = (sidecar_of(Path("o") / ("x" * 248 + end)) for end in ("1.png", "2.png"))
    assert one != two and one.name.endswith(".json") and len(one.name) == LONGEST_NAME
    assert sidecar_of(Path("o/a.png")) == Path("o/a.png.json")


def test_a_message_names_what_the_user_named() -> None:
    job = Job(Path("/tmp/iimt-x/stdin.png"), Path("b.png"), "standard input")
    assert explain(job, KeyError("no")).startswith("standard input: unexpected KeyError")
