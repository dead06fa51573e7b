"""`iimt translate` with a stand-in for the networks: which files come out, what is said, with which exit code."""

import errno
import hashlib
import json
import os
import pathlib
import signal
import struct
import sys
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from iimt_cli import __version__
from iimt_cli.cli.outcomes import blocks_line
from iimt_cli.page import read_picture
from iimt_cli.runs import groups, manifest
from iimt_cli.runs.files import Job
from iimt_cli.runs.output import Outcome
from iimt_cli.translation.command import Command
from iimt_cli.translation.result import fingerprint
from tests import standin
from tests.conftest import Run
from tests.processes import finish, start

Make = Callable[..., Path]


@pytest.fixture
def translate(iimt: Run, weights: Path, stand_in: object) -> Run:
    """iimt translate with the weights of the tests."""
    return lambda *arguments: iimt("translate", *arguments, "--weights", weights)


def files(folder: Path) -> list[str]:
    """All but the manifest, which has tests of its own."""
    found = (p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())
    return sorted(name for name in found if name != manifest.NAME)


def pixels(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path).convert("RGB"))


def one_line(said: str) -> str:
    assert said.count("\n") == 1 and said.startswith("iimt: "), said
    return said.removeprefix("iimt: ").rstrip()


# What is written


def test_one_picture(translate: Run, picture: Make, tmp_path: Path) -> None:
    source, out = picture("a.png"), tmp_path / "new" / "b.png"
    code, said = translate(source, "-o", out)
    assert (code, said) == (0, f"{out}: 1 of 1 blocks of text translated\n")
    assert (pixels(out) == 255 - pixels(source)).all()
    assert files(tmp_path / "new") == ["b.png"]


def test_nothing_to_translate_is_a_copy_of_the_bytes(translate: Run, picture: Make, tmp_path: Path) -> None:
    source = picture("a.jpg", blank=True)
    code, said = translate(source, "-o", tmp_path / "b.jpeg")
    assert code == 0 and "no text found" in said
    assert (tmp_path / "b.jpeg").read_bytes() == source.read_bytes()
    code, said = translate(source, "-o", tmp_path / "b.png")  # another format: the same pixels
    assert code == 0 and (pixels(tmp_path / "b.png") == pixels(source)).all()
    code, said = translate(picture("c.png", width=standin.UNSURE), "-o", tmp_path / "d.png")
    assert code == 0 and "nothing translated" in said and "  kept: not sure" in said
    assert (tmp_path / "d.png").read_bytes() == (tmp_path / "c.png").read_bytes()


def test_a_folder(
    translate: Run,
    picture: Make,
    tmp_path: Path,
    stand_in: type[standin.Translator],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(groups, "COUNT", 8)
    for i in range(10):
        picture(f"in/{i}.png", width=20 + i)
    picture("in/deep/blank.bmp", blank=True)
    (tmp_path / "in" / "notes.txt").touch()
    code, said = translate(tmp_path / "in", "-o", tmp_path / "en")
    assert code == 0 and said.startswith("11 pictures in ")
    assert "10 translated; 1 had nothing to translate and were copied" in said
    assert files(tmp_path / "en") == [*(f"{i}.png" for i in range(10)), "deep/blank.bmp"]
    for i in range(10):
        assert (pixels(tmp_path / "en" / f"{i}.png") == 255 - pixels(tmp_path / "in" / f"{i}.png")).all()
    assert [size for size, _ in stand_in.calls] == [8, 3]  # pictures share batches


def test_the_last_line_counts_blocks(translate: Run, picture: Make, tmp_path: Path) -> None:
    for i in range(3):
        picture(f"in/{i}.png", width=20 + i)
    picture("in/u.png", width=standin.UNSURE)
    code, said = translate(tmp_path / "in", "-o", tmp_path / "en")
    assert code == 0
    assert said.splitlines()[-1] == "4 blocks of text: 3 translated, 1 left as they were (1 × not sure)"


def test_reasons_are_told_by_their_kind() -> None:
    reasons = [
        "too uncertain (0.40)",
        "too uncertain (0.41)",
        "a name",
        "a name",
        "a number",
        "a letter",
        "an address",
    ]
    job = Job(Path("a.png"), Path("b.png"))
    outcomes = [Outcome(job, "translated", blocks=9, reasons=tuple(reasons)), Outcome(job, "skipped")]
    assert blocks_line(outcomes) == (
        "9 blocks of text: 2 translated, 7 left as they were "
        "(2 × too uncertain, 2 × a name, 1 × a number, 2 × other reasons)"
    )
    assert blocks_line([Outcome(job, "skipped")]) == ""


def test_existing_outputs_are_skipped(
    translate: Run, picture: Make, tmp_path: Path, stand_in: type[standin.Translator]
) -> None:
    picture("in/a.png"), picture("in/b.png")
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "a.png").write_text("mine")
    code, said = translate(tmp_path / "in", "-o", tmp_path / "en")
    assert code == 0 and "1 translated; 1 skipped" in said and "--overwrite" in said
    assert said.splitlines()[-1] == "1 block of text: 1 translated"
    assert (tmp_path / "en" / "a.png").read_text() == "mine"
    stand_in.loaded.clear()
    code, said = translate(tmp_path / "in" / "a.png", "-o", tmp_path / "en")
    assert code == 0 and "skipped" in said and not stand_in.loaded
    code, said = translate(tmp_path / "in", "-o", tmp_path / "en", "--overwrite")
    assert code == 0 and "2 translated" in said
    assert (pixels(tmp_path / "en" / "a.png") == 255 - pixels(tmp_path / "in" / "a.png")).all()


def test_in_place_only_when_asked(translate: Run, picture: Make) -> None:
    source = picture("in/a.png")
    blank = picture("in/blank.png", blank=True).read_bytes()
    before = pixels(source)
    code, said = translate(source.parent, "-o", source.parent)
    assert code == 2 and "is an input too" in one_line(said)
    code, said = translate(source.parent, "-o", source.parent, "--overwrite")
    assert code == 0 and (pixels(source) == 255 - before).all()
    assert (source.parent / "blank.png").read_bytes() == blank


def test_sidecar(translate: Run, picture: Make, tmp_path: Path) -> None:
    source, out = picture("a.png", width=24, height=10), tmp_path / "b.png"
    assert translate(source, "-o", out, "--json")[0] == 0
    assert json.loads((tmp_path / "b.png.json").read_text("utf-8")) == {
        "version": 2, "file": source.as_posix(), "width": 24, "height": 10,
        "sha256": fingerprint(read_picture(source)), "options": {"whole": False, "numbers": "keep", "batch": 32},
        "source": "de", "target": "en", "weights": "de-en", "iimt": __version__,
        "not_kept": [], "drawn": {"blocks": 1, "sha256": hashlib.sha256(out.read_bytes()).hexdigest()},
        "blocks": [{
            "id": 1, "polygon": [[0, 0], [9, 0], [9, 9], [0, 9]], "lines": [[[0, 0], [9, 0], [9, 9], [0, 9]]],
            "source": "Grüße", "target": "Greetings", "confidence": pytest.approx(0.9), "action": "translated",
            "reason": "", "terms": [], "keep": False,
            "draft": {"target": "Greetings", "reason": "", "pieces": [
                {"source": "Grüße", "target": "Greetings", "wording": "greetings", "drawn": True},
            ]},
        }],
    }  # fmt: skip
    assert "Grüße" in (tmp_path / "b.png.json").read_text("utf-8")


def test_options_reach_the_translator(
    translate: Run, picture: Make, tmp_path: Path, weights: Path, stand_in: type[standin.Translator],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    options = [
        "--whole",
        "--beam",
        "4",
        "--min-confidence",
        "0.5",
        "--batch-size",
        "3",
        "--device",
        "cpu",
        "--source",
        "DE",
        "--threads",
        "2",
    ]
    assert translate(picture("a.png"), "-o", tmp_path / "b.png", *options)[0] == 0
    assert stand_in.loaded == [(weights, "cpu")]
    assert stand_in.calls == [(1, standin.Options(beam=4, min_confidence=0.5, whole=True, batch=3))]
    assert os.environ["OMP_NUM_THREADS"] == "2"
    assert translate(tmp_path / "a.png", "-o", tmp_path / "c.png")[0] == 0
    assert stand_in.calls[1] == (1, standin.Options())


def test_weights_from_the_environment(
    iimt: Run, picture: Make, weights: Path, stand_in: type[standin.Translator], monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:  # fmt: skip
    source = picture("a.png")
    monkeypatch.setenv("IIMT_WEIGHTS", str(weights))
    assert iimt("translate", source, "-o", tmp_path / "b.png")[0] == 0
    assert stand_in.loaded == [(weights, "auto")]


# Bad pictures


def bomb(path: Path) -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 99))
    )


def make_bad(kind: str, path: Path) -> None:
    if kind == "empty":
        path.touch()
    elif kind == "text":
        path.write_text("this is no picture")
    elif kind == "truncated":
        Image.effect_noise((300, 300), 50).save(path)
        path.write_bytes(path.read_bytes()[:20_000])
    elif kind == "bomb":
        bomb(path)
    elif kind in ("fails", "unreadable", "too much"):
        width = {"fails": standin.FAILS, "unreadable": standin.UNREADABLE, "too much": standin.TOO_MUCH}[kind]
        Image.effect_noise((width, 10), 50).save(path)


BAD = {
    "missing": "no such file",
    "empty": "the file is empty",
    "text": "not a picture in a known format",
    "truncated": "truncated or damaged",
    "bomb": "too large",
    "fails": "unexpected KeyError: 'no such thing'",
    "unreadable": "nothing can be done with it",
    "too much": "not enough memory for this picture",
}


def test_a_jpeg_without_its_last_bytes_is_translated_with_a_warning(translate: Run, tmp_path: Path) -> None:
    source, out = tmp_path / "a.jpg", tmp_path / "b.jpg"
    noise = np.random.default_rng(0).integers(0, 255, (40, 60), np.uint8)
    Image.fromarray(noise).save(source)
    source.write_bytes(source.read_bytes()[:-3])  # without the last two alone some pictures are whole
    code, said = translate(source, "-o", out)
    assert code == 0 and f"iimt: {source}: the file lacks its last bytes" in said.splitlines()
    with Image.open(out) as image:
        image.load()


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_picture_is_one_line(
    kind: str, translate: Run, tmp_path: Path, stand_in: type[standin.Translator]
) -> None:
    bad = tmp_path / "bad.png"
    make_bad(kind, bad)
    code, said = translate(bad, "-o", tmp_path / "en" / "out.png", "--json")
    message = one_line(said)
    assert code == 1 and message.startswith(f"{bad}: ") and BAD[kind] in message
    assert not (tmp_path / "en").exists()
    assert bool(stand_in.loaded) == (kind in ("fails", "unreadable", "too much"))  # told before anything slow


def test_bad_pictures_do_not_stop_the_others(translate: Run, picture: Make, tmp_path: Path) -> None:
    names = {kind: tmp_path / "in" / f"{kind.replace(' ', '-')}.png" for kind in BAD if kind != "missing"}
    for i in range(9):
        picture(f"in/{i}.png", width=20 + i)
    for kind, path in names.items():
        make_bad(kind, path)
    code, said = translate(tmp_path / "in", "-o", tmp_path / "en", "--json")
    assert code == 1 and f"9 translated; {len(names)} failed" in said
    lines = said.splitlines()
    assert len(lines) == 2 + len(names)
    for kind, path in names.items():
        assert sum(line.startswith(f"iimt: {path}: ") and BAD[kind] in line for line in lines) == 1
    assert files(tmp_path / "en") == sorted(f"{i}.png{end}" for i in range(9) for end in ("", ".json"))


def test_a_missing_file_among_others(translate: Run, picture: Make, tmp_path: Path) -> None:
    code, said = translate(picture("a.png"), tmp_path / "b.png", picture("c.png"), "-o", tmp_path / "en")
    assert code == 1 and files(tmp_path / "en") == ["a.png", "c.png"]
    assert f"iimt: {tmp_path / 'b.png'}: no such file" in said


def test_a_link_to_itself_fails_alone(translate: Run, picture: Make, tmp_path: Path) -> None:
    picture("in/good.png")
    link = tmp_path / "in" / "self.png"
    link.symlink_to(link.name)
    code, said = translate(tmp_path / "in", "-o", tmp_path / "en", "--html", tmp_path / "page.html")
    assert code == 1 and "1 translated; 1 failed" in said and f"\niimt: {link}: cannot be read (" in said
    assert files(tmp_path / "en") == ["good.png", "good.png.json"]
    code, said = translate(link, "-o", tmp_path / "new.png")
    assert code == 1 and one_line(said).startswith(f"{link}: cannot be read (")
    loop = tmp_path / "loop"
    loop.symlink_to(loop.name)
    code, said = translate(tmp_path / "in" / "good.png", "-o", loop / "a.png")
    assert code == 1 and one_line(said).startswith(f"{loop / 'a.png'}: cannot be written (")


@pytest.fixture
def locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that one may not enter. It is simulated, because the superuser may enter all."""
    folder = tmp_path / "locked"
    folder.mkdir()

    def refusing(real: Callable[..., Any], itself: bool) -> Callable[..., Any]:
        def call(path: Any, *arguments: Any, **more: Any) -> Any:
            if not isinstance(path, int):
                place = Path(os.fsdecode(path))
                if folder in place.parents or (itself and place == folder):
                    raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
            return real(path, *arguments, **more)

        return call

    access = os.access
    monkeypatch.setattr(os, "access", lambda path, *mode: Path(path) != folder and access(path, *mode))
    for name, itself in (("stat", False), ("lstat", False), ("scandir", True)):
        call = refusing(getattr(os, name), itself)
        monkeypatch.setattr(os, name, call)
        if hasattr(pathlib, "_NormalAccessor"):  # Python 3.10
            monkeypatch.setattr(pathlib._NormalAccessor, name, staticmethod(call), raising=False)
    return folder


def test_an_input_in_a_folder_that_one_may_not_enter(
    translate: Run, picture: Make, tmp_path: Path, locked: Path
) -> None:
    good = picture("good.png")
    code, said = translate(locked / "a.png", "-o", tmp_path / "a.png")
    assert code == 1 and one_line(said) == f"{locked / 'a.png'}: no permission to read it"
    code, said = translate(locked / "a.png", good, "-o", tmp_path / "en")
    assert code == 1 and files(tmp_path / "en") == ["good.png"]
    assert f"iimt: {locked / 'a.png'}: no permission to read it" in said.splitlines()
    for name in (locked, locked / "*.png"):
        code, said = translate(name, good, "-o", tmp_path / "two")
        assert code == 1 and one_line(said) == f"{locked}: cannot be read (Permission denied)"
    assert not (tmp_path / "two").exists()


def test_other_paths_in_a_folder_that_one_may_not_enter(
    translate: Run, iimt: Run, weights: Path, picture: Make, tmp_path: Path, locked: Path
) -> None:
    source, out = picture("a.png"), tmp_path / "out.png"
    for path, arguments in (
        (locked / "a.png", ("-o", locked / "a.png")),
        (locked / "en", ("-o", f"{locked / 'en'}/")),
        (locked / "a.html", ("-o", out, "--html", locked / "a.html")),
    ):
        code, said = translate(source, *arguments)
        line = one_line(said)
        assert code == 1 and line.startswith(f"{path}: ") and "ermission" in line
    for path, arguments in (
        (locked / "w", ("translate", source, "-o", out, "--weights", locked / "w")),
        (
            locked / "a.json",
            ("translate", source, "-o", out, "--texts", locked / "a.json", "--weights", weights),
        ),
        (locked / "a.json", ("export-texts", locked / "a.json", "-o", tmp_path / "a.tsv")),
    ):
        code, said = iimt(*arguments)
        assert code == 1 and one_line(said).startswith(f"{path}: ")
    assert not out.exists()


def test_stop_at_the_first_failure(translate: Run, picture: Make, tmp_path: Path) -> None:
    for i in range(20):
        picture(f"in/{i:02}.png")
    make_bad("text", tmp_path / "in" / "10.png")
    code, said = translate(tmp_path / "in", "-o", tmp_path / "en", "--on-error", "stop")
    assert code == 1 and "iimt: stopped at the first failure, 9 pictures were left" in said
    assert files(tmp_path / "en") == [f"{i:02}.png" for i in range(10)]


# Bad places


def test_an_output_that_cannot_be_written(
    translate: Run, picture: Make, tmp_path: Path, stand_in: type[standin.Translator]
) -> None:
    source = picture("a.png")
    (tmp_path / "file").touch()
    for output in ("file/b.png", "file/sub/", "file/sub/b.png"):
        code, said = translate(source, "-o", f"{tmp_path}/{output}")
        assert code == 1 and "cannot be written" in one_line(said)
    assert not stand_in.loaded


def test_an_output_that_turns_out_not_to_be_writable(translate: Run, picture: Make, tmp_path: Path) -> None:
    picture("in/a.png"), picture("in/sub/b.png"), picture("in/c.png", blank=True), picture("in/d.png")
    (tmp_path / "en" / "d.png").mkdir(parents=True)
    (tmp_path / "en" / "c.png").mkdir()
    (tmp_path / "en" / "sub").touch()
    code, said = translate(tmp_path / "in", "-o", tmp_path / "en", "--json")
    assert code == 1 and "1 translated; 3 failed" in said
    assert files(tmp_path / "en") == ["a.png", "a.png.json", "sub"]
    for name in ("c.png", "d.png", "sub"):
        assert sum(line.startswith(f"iimt: {tmp_path / 'en' / name}: ") for line in said.splitlines()) == 1


def test_a_full_disk(translate: Run, picture: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    sources = [picture("a.png"), picture("b.png", blank=True)]
    monkeypatch.setattr(Path, "write_bytes", full)
    for source in sources:
        code, said = translate(source, "-o", tmp_path / "en" / "o.png", "--json")
        assert code == 1 and one_line(said).endswith("(No space left on device)")
        assert files(tmp_path / "en") == []


# Bad usage and bad weights


@pytest.mark.parametrize(
    ("arguments", "said_then"),
    [
        (["a.png", "-o", "b.gif"], "cannot write .gif"),
        (["a.png", "a.png", "-o", "b.png"], "several pictures need a folder"),
        (["a.png", "sub/a.png", "-o", "en"], "would both become"),
        (["a.png", "-o", "a.png"], "is an input too"),
        (["a.png", "-o", "b.png", "--source", "fr"], "de-en translates de → en, not fr → en"),
        (["a.png", "-o", "b.png", "--target", "de"], "de-en translates de → en, not de → de"),
    ],
)
def test_wrong_usage_is_one_line(
    arguments: list[str], said_then: str, translate: Run, picture: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    stand_in: type[standin.Translator],
) -> None:  # fmt: skip
    picture("a.png"), picture("sub/a.png")
    monkeypatch.chdir(tmp_path)
    before = files(tmp_path)
    code, said = translate(*arguments)
    assert code == 2 and said_then in one_line(said)
    assert files(tmp_path) == before and not stand_in.loaded


@pytest.mark.parametrize(
    "arguments",
    [
        ["a.png"],
        ["-o", "b.png"],
        ["a.png", "-o", "b.png", "--beam", "0"],
        ["a.png", "-o", "b.png", "--device", "tpu"],
    ],
)
def test_wrong_options(arguments: list[str], translate: Run) -> None:
    assert translate(*arguments)[0] == 2


@pytest.mark.parametrize("damage", ["empty", "cut", "altered", "missing", "another preset"])
def test_damaged_weights(
    damage: str,
    translate: Run,
    picture: Make,
    weights: Path,
    tmp_path: Path,
    stand_in: type[standin.Translator],
) -> None:
    part = weights / ("preset.toml" if damage == "another preset" else "text.safetensors")
    content = part.read_bytes()
    if damage == "missing":
        part.unlink()
    else:
        part.write_bytes({
            "empty": b"", "cut": content[:-4], "altered": content[:-1] + b"\1",
            "another preset": content.replace(b"dim = 192", b"dim = 128"),
        }[damage])  # fmt: skip
    code, said = translate(picture("a.png"), "-o", tmp_path / "b.png")
    message = one_line(said)
    assert code == 1 and part.name in message and str(weights) in message
    assert not (tmp_path / "b.png").exists() and not stand_in.loaded


def test_weights_of_another_preset_without_checksums(iimt: Run, picture: Make, tmp_path: Path) -> None:
    """With the real translator: parts and preset of a training run that do not belong together."""
    from iimt_cli.config import load_preset, preset_text
    from iimt_cli.model.checkpoint import save_part
    from iimt_cli.model.separator import Separator
    from iimt_cli.model.translatotron import Translatotron
    from iimt_cli.model.vocabulary import Vocabulary

    run = tmp_path / "run"
    run.mkdir()
    text, _ = preset_text("tiny")
    (run / "preset.toml").write_text(
        text.replace("channels = [8, 12, 16]", "channels = [12, 16, 20]"), "utf-8"
    )
    preset = load_preset("tiny")
    vocabulary = Vocabulary.train(["Guten Morgen.", "Das ist ein Satz."], 400)
    for side in ("source", "target"):
        vocabulary.save(run / f"{side}.spm")
    model = Translatotron(preset, vocabulary, vocabulary)
    save_part(run / "tokenizer.safetensors", model.image_tokenizer)
    save_part(run / "separator.safetensors", Separator(preset.separator))
    save_part(run / "joint.safetensors", model)
    code, said = iimt(
        "translate", picture("a.png"), "-o", tmp_path / "b.png", "--weights", run, "--device", "cpu"
    )
    assert code == 1 and str(run / "separator.safetensors") in one_line(said)
    assert not (tmp_path / "b.png").exists()


def test_weights_that_are_not_there(iimt: Run, picture: Make, tmp_path: Path) -> None:
    source = picture("a.png")
    for name in (tmp_path / "none", "xx-yy", tmp_path):
        code, said = iimt("translate", source, "-o", tmp_path / "b.png", "--weights", name)
        assert code == 1 and one_line(said).startswith(f"{name}: no ")


def test_a_device_that_is_not_there(translate: Run, picture: Make, tmp_path: Path) -> None:
    code, said = translate(picture("a.png"), "-o", tmp_path / "b.png", "--device", "cuda")
    assert code == 1 and "not available" in one_line(said)


# Interrupted


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.slow
def test_interrupted_half_way_and_run_again(
    number: int, code: int, picture: Make, weights: Path, tmp_path: Path
) -> None:
    for i in range(24):
        picture(f"in/{i:02}.png", width=20 + i)
    out = tmp_path / "en"
    process = start(tmp_path / "in", "-o", out, "--json", "--weights", weights, seconds=0.1, count=4)
    while not list(out.glob("*.png")) and process.poll() is None:
        time.sleep(0.02)
    process.send_signal(number)
    said, _ = process.communicate(timeout=20)
    assert process.returncode == code, said
    summary, _, last = said.splitlines()
    done = len(list(out.glob("*.png")))
    assert 0 < done < 24 and summary.startswith(f"{done} picture")
    again = f"iimt translate {tmp_path / 'in'} -o {out} --json --weights {weights}"
    assert last == f"iimt: interrupted after {done} of 24 pictures; to go on: {again}"
    names = files(out)
    assert names == sorted(f"{i:02}.png{end}" for i in range(done) for end in ("", ".json"))
    for folder in (out, tmp_path / "undisturbed"):
        assert finish(tmp_path / "in", "-o", folder, "--json", "--weights", weights, count=4)[0] == 0
    assert len(files(out)) == 48
    for name in files(out):
        assert (out / name).read_bytes() == (tmp_path / "undisturbed" / name).read_bytes()


# Another text model


def test_another_text_model_reaches_the_translator(
    translate: Run, picture: Make, tmp_path: Path, stand_in: type[standin.Translator]
) -> None:
    out = tmp_path / "out"
    source = picture("a.png")
    picture("b.png")
    done = translate(
        source, tmp_path / "b.png", "-o", f"{out}/", "--json", "--translator", "cat", "-s", "FR", "-t", "it"
    )
    assert done[0] == 0
    [(_, options)] = stand_in.calls
    assert isinstance(options.text_model, Command) and options.text_model(["a"]) == ["a"]
    assert (options.source, options.target, options.least) == ("fr", "it", 0.0)
    run = json.loads((out / "iimt-run.jsonl").read_text().splitlines()[0])
    assert (run["source"], run["target"], run["options"]["translator"]) == ("fr", "it", "cat")
    sidecar = json.loads((out / "a.png.json").read_text())
    assert (sidecar["source"], sidecar["target"]) == ("fr", "it")
    assert (
        translate(source, "-o", tmp_path / "c.png", "--translator", "cat", "--min-confidence", "0.7")[0] == 0
    )
    assert (stand_in.calls[-1][1].source, stand_in.calls[-1][1].least) == ("de", 0.7)


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (("--translator", "no-such-program"), 1, "no-such-program: no such command"),
        (("--translator", "cat 'a"), 1, "cat 'a: is no command (No closing quotation)"),
        (("--translator", ""), 1, "the command that translates is empty"),
        (("--translator", "cat", "--text-model", "opus"), 2, "not both"),
        (("--text-model", "no/such/folder"), 1, "no/such/folder"),
        (("--source", "fr"), 2, "de-en translates de → en, not fr → en"),
    ],
)
def test_what_cannot_translate_is_told_before_anything_is_done(
    translate: Run, picture: Make, tmp_path: Path, stand_in: type[standin.Translator],
    options: tuple[str, ...], code: int, said: str,
) -> None:  # fmt: skip
    if "--text-model" in options:
        pytest.importorskip("transformers")
    done, message = translate(picture("a.png"), "-o", tmp_path / "b.png", *options)
    assert (done, stand_in.loaded) == (code, []) and said in message and message.count("\n") == 1
    assert not (tmp_path / "b.png").exists()


def test_a_missing_package_is_told(
    translate: Run, picture: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("iimt_cli.translation.marian.find_spec", lambda name: None)
    done, message = translate(picture("a.png"), "-o", tmp_path / "b.png", "--text-model", "who/model")
    assert (done, message) == (
        1,
        "iimt: who/model: a Marian model needs transformers: pip install 'iimt[marian]'\n",
    )


def test_the_folder_of_a_user_who_is_not_there(iimt: Run, weights: Path, stand_in: object) -> None:
    code, said = iimt("translate", "~no-such-user/a.png", "-o", "b.png", "--weights", weights)
    assert code == 1 and said.splitlines()[-1] == "iimt: ~no-such-user/a.png: no such file"
