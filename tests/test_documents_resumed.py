"""Documents of which a run made only a part, and sidecars that are changed meanwhile: nothing is lost."""

import errno
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from iimt_cli import writing
from iimt_cli.runs.binding import Binder
from iimt_cli.runs.documents import Document, work_folder
from tests import standin
from tests.conftest import Run
from tests.test_documents import frames_of, make_pdf, make_tiff, noise, one_line, page, read, translate

__all__ = ["translate"]


def two_pages(folder: Path) -> tuple[Path, Path]:
    """A PDF of two pages, and where its translation goes."""
    return make_pdf(folder / "a.pdf", [page((60, 80)), page((60, 90))]), folder / "b.pdf"


def kill(*_: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("more", [(), ("--json",)])
def test_corrections_of_a_page_that_cannot_be_drawn_stay(
    more: tuple[str, ...], translate: Run, tmp_path: Path
) -> None:
    source, out = two_pages(tmp_path)
    assert translate(source, "-o", out, "--json")[0] == 0
    sidecar = tmp_path / "b.pdf.json"
    data = json.loads(sidecar.read_text("utf-8"))
    data |= {"note": {"by": "Ann"}}
    data["pages"][1]["blocks"][0]["target"] = "By hand"
    data["pages"][1]["width"] = 5  # now it is of another page
    sidecar.write_text(json.dumps(data), "utf-8")
    code, said = translate(source, "-o", out, "--texts", sidecar, "--overwrite", *more)
    again = json.loads(sidecar.read_text("utf-8"))
    assert code == 1 and "page 2" in said
    assert again["note"] == {"by": "Ann"}
    assert again["pages"][1]["blocks"][0]["target"] == "By hand"


def test_a_sidecar_that_is_changed_meanwhile_stays(
    translate: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, out = two_pages(tmp_path)
    translate(source, "-o", out, "--json")
    sidecar, before, bind = tmp_path / "b.pdf.json", out.read_bytes(), Binder._bind

    def write(target: str, number: int) -> None:
        data = json.loads(sidecar.read_text("utf-8"))
        data["pages"][number]["blocks"][0]["target"] = target
        sidecar.write_text(json.dumps(data), "utf-8")

    def late(binder: Binder, document: Document) -> object:
        write("Later", 1)
        return bind(binder, document)

    write("Hello", 0)
    with monkeypatch.context() as changed:
        changed.setattr(Binder, "_bind", late)
        code, said = translate(source, "-o", out, "--texts", sidecar)
    assert code == 1 and "b.pdf.json: was changed while its texts were being drawn" in said
    assert out.read_bytes() == before and "Later" in sidecar.read_text("utf-8")
    assert translate(source, "-o", out, "--texts", sidecar)[0] == 0
    assert [text.split() for _, text, _ in read(out)] == [["Hello"], ["Later"]]


def test_a_picture_s_sidecar_that_is_changed_meanwhile_stays(
    translate: Run, picture: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, out = picture("a.png", width=40, height=20), tmp_path / "b.png"
    translate(source, "-o", out, "--json")
    sidecar, before, correct = tmp_path / "b.png.json", out.read_bytes(), standin.Translator.correct

    def late(*arguments: object) -> object:
        sidecar.write_text(sidecar.read_text("utf-8").replace("Hello", "Later"), "utf-8")
        return correct(*arguments)  # type: ignore[arg-type]

    sidecar.write_text(sidecar.read_text("utf-8").replace("Greetings", "Hello", 1), "utf-8")
    with monkeypatch.context() as changed:
        changed.setattr(standin.Translator, "correct", late)
        code, said = translate(source, "-o", out, "--texts", sidecar)
    assert code == 1 and "was changed while its texts were being drawn" in said
    assert out.read_bytes() == before and "Later" in sidecar.read_text("utf-8")


def test_a_run_with_smaller_batches_goes_on_with_them(
    translate: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standin, "NOISE", True)  # pixels tell the size of the batch
    widths = [standin.TOO_MANY if number == 40 else 30 for number in range(70)]
    frames = [Image.fromarray(noise(number, 20, width)) for number, width in enumerate(widths)]
    source = make_tiff(tmp_path / "a.tif", frames)
    whole, resumed = tmp_path / "whole.tif", tmp_path / "resumed.tif"
    assert translate(source, "-o", whole)[0] == 0
    with monkeypatch.context() as killed:
        killed.setattr(Binder, "_bind", kill)
        translate(source, "-o", resumed)
    for number in range(65, 71):  # as if it had been killed before the last pages
        for file in work_folder(resumed).glob(f"{number:06}*"):
            file.unlink()
    assert translate(source, "-o", resumed)[0] == 0
    assert resumed.read_bytes() == whole.read_bytes()


@pytest.mark.parametrize("changed", ["", "output", "sidecar"])
def test_pages_for_which_memory_was_short_are_made_by_the_next_run(
    changed: str,
    translate: Run,
    tmp_path: Path,
    stand_in: type[standin.Translator],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    frames = [
        Image.fromarray(noise(number, 20, width)) for number, width in enumerate((30, standin.TOO_MUCH))
    ]
    source, out = make_tiff(tmp_path / "a.tif", frames), tmp_path / "b.tif"
    sidecar = tmp_path / "b.tif.json"
    code, said = translate(source, "-o", out, "--json")
    assert code == 1 and "page 2: not enough memory" in said and "run the same command again" in said
    first = out.read_bytes()
    assert translate(source, "-o", out, "--json")[0] == 1  # memory is short again
    assert out.read_bytes() == first
    if changed == "output":  # someone took it as it is
        out.write_bytes(first + b"1")
    elif changed == "sidecar":
        sidecar.write_text(sidecar.read_text("utf-8").replace("Greetings", "By hand", 1), "utf-8")
    monkeypatch.setattr(standin, "TOO_MUCH", -1)  # now there is more
    assert translate(source, "-o", out, "--json")[0] == 0
    assert not work_folder(out).exists()
    if changed == "output":
        assert out.read_bytes() == first + b"1"
    elif changed == "sidecar":
        assert "By hand" in sidecar.read_text("utf-8") and out.read_bytes() == first
    else:
        assert np.array_equal(frames_of(out)[1], 255 - np.asarray(frames[1]))
    stand_in.calls.clear()
    assert "skipped" in translate(source, "-o", out, "--json")[1] and not stand_in.calls


def test_a_kill_before_the_work_folder_goes(
    translate: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, out = two_pages(tmp_path)
    with monkeypatch.context() as killed:
        killed.setattr(Document, "remove", lambda _: None)
        translate(source, "-o", out)
    assert work_folder(out).exists()
    assert "skipped" in translate(source, "-o", out)[1]
    assert not work_folder(out).exists()


@pytest.mark.parametrize("broken", ["000002.pdf", "000002.pdf.json"])
def test_pages_that_a_power_failure_broke_are_made_again(
    broken: str, translate: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, out = two_pages(tmp_path)
    with monkeypatch.context() as killed:
        killed.setattr(Binder, "_bind", kill)
        translate(source, "-o", out)
    file = work_folder(out) / broken
    if file.suffix == ".json":
        file.write_bytes(bytes(file.stat().st_size))
    else:
        file.unlink()
    assert translate(source, "-o", out)[0] == 0
    assert [text for _, text, _ in read(out)] == ["Greetings", "Greetings"]


def test_a_table_takes_back_that_a_text_is_kept(
    translate: Run, iimt: Run, picture: Callable[..., Path], tmp_path: Path
) -> None:
    picture("in/a.png", width=40, height=20)
    english, table = tmp_path / "english", tmp_path / "t.tsv"
    translate(tmp_path / "in", "-o", english, "--json")
    sidecar = english / "a.png.json"
    sidecar.write_text(sidecar.read_text("utf-8").replace('"keep": false', '"keep": true'), "utf-8")
    iimt("export-texts", english, "-o", table)

    def action(change: Callable[[str], str], name: str) -> str:
        """What becomes of the text if the table is changed."""
        out, other = tmp_path / name, tmp_path / f"{name}.tsv"
        rows = change(table.read_text("utf-8")).replace("\ta.png", f"\t{english.name}/a.png")
        other.write_text(rows, "utf-8")
        assert translate(tmp_path / "in", "-o", out, "--texts", other, "--json")[0] == 0
        found: str = json.loads((out / "a.png.json").read_text("utf-8"))["blocks"][0]["action"]
        return found

    assert action(lambda rows: rows, "same") == "kept"
    assert action(lambda rows: rows.replace("\tyes", "\tno"), "taken back") == "translated"
    without = "\n".join  # the column
    assert (
        action(lambda rows: without(row.rpartition("\t")[0] for row in rows.splitlines()), "silent") == "kept"
    )


def test_two_runs_do_not_share_a_work_folder(
    translate: Run, picture: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other document and the pictures of the folder are done."""
    make_pdf(tmp_path / "in" / "a.pdf", [page((60, 80)), page((60, 90))])
    picture("in/b.png")
    out = tmp_path / "out"
    work = work_folder(out / "a.pdf")
    work.mkdir(parents=True)
    refused = f"iimt: {out / 'a.pdf'}: is being written by another run; wait until it has ended"
    with (work / writing.LOCK).open("a") as other:
        assert writing._lock(other)
        code, said = translate(tmp_path / "in", "-o", out)
        assert code == 1 and refused in said.splitlines()
        assert (out / "b.png").exists() and not (out / "a.pdf").exists()
    # it begins while this run translates the first page
    shutil.rmtree(work)
    translated, locks = standin.Translator.translate_jobs, []

    def late(*arguments: object) -> object:
        work.mkdir(exist_ok=True)
        locks.append((work / writing.LOCK).open("a"))
        writing._lock(locks[-1])
        return translated(*arguments)  # type: ignore[arg-type]

    with monkeypatch.context() as changed:
        changed.setattr(standin.Translator, "translate_jobs", late)
        code, said = translate(tmp_path / "in", "-o", out)
    assert code == 1 and "is being written by another run" in said
    assert [file.name for file in work.iterdir()] == [writing.LOCK] and not (out / "a.pdf").exists()
    for lock in locks:
        lock.close()
    assert translate(tmp_path / "in", "-o", out)[0] == 0 and not work.exists()


def test_a_finished_document_s_folder_that_another_run_uses_stays(translate: Run, tmp_path: Path) -> None:
    source, out = two_pages(tmp_path)
    translate(source, "-o", out)
    work = work_folder(out)
    work.mkdir()
    for name in ("settings.json", "000001.pdf.json", "000002.pdf.json"):
        (work / name).write_text("{}")
    with (work / writing.LOCK).open("a") as other:
        assert writing._lock(other)
        assert "skipped" in translate(source, "-o", out)[1] and work.exists()
    assert "skipped" in translate(source, "-o", out)[1] and not work.exists()


def test_a_page_that_could_not_be_written_is_made_by_the_next_run(
    translate: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, out = two_pages(tmp_path)
    rename = Path.replace

    def refused(path: Path, target: Path) -> Path:
        if target.name == "000002.pdf":
            raise OSError(errno.EIO, "Input/output error")
        return rename(path, target)

    with monkeypatch.context() as broken:
        broken.setattr(Path, "replace", refused)
        code, said = translate(source, "-o", out)
    assert code == 1 and "000002.pdf: cannot write it (Input/output error)" in said
    assert [text for _, text, _ in read(out)] == ["Greetings", ""]
    assert translate(source, "-o", out)[0] == 0
    assert [text for _, text, _ in read(out)] == ["Greetings", "Greetings"]


def test_causes_of_failed_pages_that_differ(translate: Run, tmp_path: Path) -> None:
    pages = [page((standin.FAILS, 80)), page((standin.UNREADABLE, 80)), page((standin.FAILS, 80))]
    code, said = translate(make_pdf(tmp_path / "a.pdf", pages), "-o", tmp_path / "b.pdf", "--dpi", "72")
    assert code == 1 and one_line(said).endswith("(and 2 more pages, not all for this reason)")


def test_a_table_that_is_changed_meanwhile_is_drawn_by_the_next_run(
    translate: Run, iimt: Run, picture: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, out, table = picture("a.png", width=40, height=20), tmp_path / "b.png", tmp_path / "t.tsv"
    translate(source, "-o", out, "--json")
    iimt("export-texts", tmp_path / "b.png.json", "-o", table)
    before, correct = out.read_bytes(), standin.Translator.correct

    def edit(old: str, new: str) -> None:
        table.write_text(table.read_text("utf-8").replace(old, new), "utf-8")

    def late(*arguments: object) -> object:
        edit("Morning", "Evening!")
        return correct(*arguments)  # type: ignore[arg-type]

    edit("Greetings", "Morning")
    with monkeypatch.context() as changed:
        changed.setattr(standin.Translator, "correct", late)
        code, said = translate(source, "-o", out, "--texts", table)
    assert code == 1 and "t.tsv: was changed while its texts were being drawn" in said
    assert out.read_bytes() == before
    assert translate(source, "-o", out, "--texts", table)[0] == 0 and out.read_bytes() != before


def test_a_picture_that_an_overwriting_run_did_not_finish_is_made_again(
    translate: Run, picture: Callable[..., Path], tmp_path: Path
) -> None:
    picture("in/a.png", width=40, height=20)
    out = tmp_path / "out"
    translate(tmp_path / "in", "-o", out, "--overwrite")
    done, manifest = (out / "a.png").read_bytes(), out / "iimt-run.jsonl"
    lines = manifest.read_text("utf-8").splitlines(keepends=True)
    manifest.write_text(
        "".join(lines[:-1]), "utf-8"
    )  # killed: its line is there, but the file has its old contents
    (out / "a.png").write_bytes(b"old")
    assert translate(tmp_path / "in", "-o", out, "--overwrite")[0] == 0
    assert (out / "a.png").read_bytes() == done


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes")
def test_texts_come_from_no_pipe(translate: Run, picture: Callable[..., Path], tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    code, said = translate(picture("a.png"), "-o", tmp_path / "b.png", "--texts", tmp_path / "pipe")
    assert code == 1 and "it must be a file, and no pipe" in one_line(said)
