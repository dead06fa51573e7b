"""PDFs and TIFFs of several pages, with the stand-in: it turns colours round and says "Greetings" on every page."""

import ctypes
import io
import json
import os
import random
import sys
import time
import warnings
import weakref
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pikepdf
import pypdfium2 as pdfium
import pytest
from pikepdf import Array, Dictionary, Name
from PIL import Image, features
from pypdfium2 import raw

from iimt_cli.documents import pdf, tiff
from iimt_cli.documents.base import PlacedText
from iimt_cli.errors import IimtError
from iimt_cli.memory import give_back
from iimt_cli.runs import documents, manifest
from iimt_cli.runs.documents import work_folder
from iimt_cli.runs.translate import RunOptions, run
from tests import standin
from tests.conftest import Run
from tests.processes import finish, start

A5, LANDSCAPE = (420, 595), (595, 420)  # points


@pytest.fixture
def translate(iimt: Run, weights: Path, stand_in: object) -> Run:
    return lambda *arguments: iimt("translate", *arguments, "--weights", weights)


def page(
    size: tuple[int, int] = A5,
    rotate: int = 0,
    corner: tuple[int, int] = (0, 0),
    seed: int = 1,
    blank: bool = False,
) -> dict[str, Any]:
    """One page of `make_pdf`: coloured rectangles; `corner` is where its visible part begins."""
    return {"size": size, "rotate": rotate, "corner": corner, "seed": seed, "blank": blank}


def make_pdf(path: Path, pages: Sequence[dict[str, Any]], **save: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    document = pikepdf.new()
    for one in pages:
        (width, height), (x, y) = one["size"], one["corner"]
        draw = random.Random(one["seed"])
        rectangles = [
            f"{draw.random():.2f} {draw.random():.2f} {draw.random():.2f} rg "
            f"{x + draw.randrange(width)} {y + draw.randrange(height)} 90 60 re f"
            for _ in range(0 if one["blank"] else 9)
        ]
        document.pages.append(
            pikepdf.Page(
                document.make_indirect(
                    Dictionary(
                        Type=Name.Page,
                        MediaBox=Array([0, 0, x + width + 7, y + height + 5]),
                        CropBox=Array([x, y, x + width, y + height]),
                        Rotate=one["rotate"],
                        Resources=Dictionary(),
                        Contents=document.make_stream(" ".join(rectangles).encode()),
                    )
                )
            )
        )
    document.docinfo["/Title"], document.docinfo["/Author"] = "Der Titel", "Käthe"
    if pages:
        with document.open_outline() as outline:
            outline.root.append(pikepdf.OutlineItem("Anfang", 0))
    document.save(path, deterministic_id="encryption" not in save, **save)
    return path


def make_scan(path: Path, pixels: np.ndarray, dpi: float) -> Path:
    Image.fromarray(pixels).save(path, "PDF", resolution=dpi)
    return path


def read(path: Path, scale: float = 1) -> list[tuple[tuple[float, float], str, np.ndarray]]:
    """(size, text, pixels) of each page, as PDFium reads them."""
    with pdfium.PdfDocument(path) as document:
        return [
            (
                one.get_size(),
                one.get_textpage().get_text_range().strip(),
                one.render(scale=scale).to_numpy().astype(int),
            )
            for one in document
        ]


def noise(seed: int, height: int = 20, width: int = 30) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def make_tiff(path: Path, frames: Sequence[Image.Image], **how: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    frames[0].save(path, save_all=True, append_images=frames[1:], **{"dpi": (150, 150), **how})
    return path


def frames_of(path: Path) -> list[np.ndarray]:
    with Image.open(path) as image:
        return [_frame(image, i) for i in range(image.n_frames)]


def _frame(image: Image.Image, number: int) -> np.ndarray:
    image.seek(number)
    return np.asarray(image.convert("RGB")).copy()


def one_line(said: str) -> str:
    assert said.count("\n") == 1 and said.startswith("iimt: "), said
    return said.removeprefix("iimt: ").rstrip()


# PDF


def test_a_pdf_becomes_a_pdf(translate: Run, tmp_path: Path) -> None:
    """Pages upright, turned and across, with their sizes; the blank one as it was; all else of the document too."""
    pages = [
        page(), page(LANDSCAPE), page(rotate=90), page(rotate=180, corner=(30, 20)), page(rotate=270, corner=(11, 60)),
        page(blank=True),
    ]  # fmt: skip
    source, out = make_pdf(tmp_path / "a.pdf", pages), tmp_path / "new" / "b.pdf"
    code, said = translate(source, "-o", out, "--dpi", "72")
    assert (code, said) == (0, f"{out}: 6 pages, 5 of 5 blocks of text translated\n")
    assert [p.name for p in out.parent.iterdir()] == ["b.pdf"]
    for before, after in zip(read(source)[:5], read(out)[:5], strict=True):
        assert after[0] == pytest.approx(before[0], abs=0.01) and after[1] == "Greetings"
        assert np.abs(after[2] - (255 - before[2])).mean() < 3
    with pikepdf.open(source) as old, pikepdf.open(out) as new:
        assert new.docinfo["/Title"] == "Der Titel" and new.docinfo["/Author"] == "Käthe"
        assert new.Root.Outlines.First.Title == "Anfang"
        for before, after in zip(old.pages, new.pages, strict=True):
            assert before.obj.MediaBox == after.obj.MediaBox and before.obj.CropBox == after.obj.CropBox
            assert before.obj.Rotate == after.obj.Rotate
        assert new.pages[5].Contents.read_bytes() == old.pages[5].Contents.read_bytes()
    assert not read(out)[5][1]


def test_twelve_pages_of_every_kind(translate: Run, tmp_path: Path) -> None:
    """Pages of text and drawings, scans, across and turned; qpdf and PDFium, two programs, read what is made of them."""
    sizes = [A5, LANDSCAPE]
    drawn = [page(sizes[i % 2], rotate=90 * (i // 2), seed=i) for i in range(6)]
    source, out = make_pdf(tmp_path / "a.pdf", drawn), tmp_path / "b.pdf"
    with pikepdf.open(source, allow_overwriting_input=True) as document:
        font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
        for i in (0, 3):
            document.pages[i].Resources.Font = Dictionary(F1=document.make_indirect(font))
            document.pages[i].contents_add(b"BT /F1 24 Tf 60 200 Td (Guten Morgen) Tj ET")
        for i in range(6):
            height, width = ((120, 90), (90, 120))[i % 2]
            scan = make_scan(tmp_path / f"{i}.pdf", noise(i, height, width), 60)
            with pikepdf.open(scan) as one:
                one.pages[0].Rotate = 90 * (i // 2)
                document.pages.insert(2 * i, one.pages[0])
        document.save(source)
    code, said = translate(source, "-o", out)
    assert code == 0 and "12 pages, 12 of 12 blocks" in said
    before, after = read(source), read(out)
    assert len(before) == len(after) == 12
    for (size, _, _), (new, text, pixels) in zip(before, after, strict=True):
        assert new == pytest.approx(size, abs=1) and text == "Greetings" and pixels.std() > 1
    with pikepdf.open(out) as document:
        assert not document.check_pdf_syntax()
        assert [round(float(one.MediaBox[2])) for one in document.pages][:4] == [108, 427, 144, 602]


@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
def test_text_lies_where_it_is_seen(rotate: int, translate: Run, tmp_path: Path) -> None:
    """The stand-in's block is in the upper left corner, 9 px wide and high."""
    source, out = (
        make_pdf(tmp_path / "a.pdf", [page(rotate=rotate, corner=(30, 20))]),
        tmp_path / "b.pdf",
    )
    assert translate(source, "-o", out, "--dpi", "72")[0] == 0
    with pdfium.PdfDocument(out) as document:
        one = document[0]
        text = one.get_textpage()
        size = [round(value) for value in one.get_size()]
        for i in range(len("Greetings")):
            left, bottom, right, top = text.get_charbox(i)
            x, y = ctypes.c_int(), ctypes.c_int()
            centre = (left + right) / 2, (bottom + top) / 2
            raw.FPDF_PageToDevice(one, 0, 0, *size, 0, *centre, x, y)
            assert 0 <= x.value <= 9 and 0 <= y.value <= 9
            assert abs(x.value - (i + 0.5)) <= 1


def test_nothing_translated_is_a_copy_of_the_bytes(translate: Run, tmp_path: Path) -> None:
    source, out = make_pdf(tmp_path / "a.pdf", [page(blank=True)] * 2), tmp_path / "b.pdf"
    code, said = translate(source, "-o", out)
    assert (code, said) == (0, f"{out}: 2 pages, no text found, the document is as it was\n")
    assert out.read_bytes() == source.read_bytes()


def test_resolution(tmp_path: Path) -> None:
    """200 dpi for pages that are drawn, the scan's own for scans, up to 300; --dpi for all."""
    drawn = make_pdf(tmp_path / "a.pdf", [page()])
    assert pdf.read_page(drawn, 0, None).dpi == pytest.approx((200, 200), abs=0.01)
    pixels = noise(1, 60, 90)
    scan = make_scan(tmp_path / "b.pdf", pixels, 150)
    read_ = pdf.read_page(scan, 0, None)
    assert read_.dpi == pytest.approx((150, 150), abs=0.01) and read_.rgb.shape == (60, 90, 3)
    assert pdf.count_pixels(scan, 0, None) == 60 * 90
    assert np.abs(read_.rgb.astype(int) - pixels).mean() < 60  # JPEG of noise
    assert pdf.read_page(scan, 0, 300).rgb.shape == (120, 180, 3)
    assert pdf.read_page(make_scan(tmp_path / "c.pdf", pixels, 600), 0, None).rgb.shape == (30, 45, 3)
    grey = make_scan(tmp_path / "d.pdf", pixels[..., 0], 150)
    assert pdf.read_page(grey, 0, None).grey and not read_.grey


def test_a_scan_with_a_stamp_is_no_scan(tmp_path: Path) -> None:
    scan = make_scan(tmp_path / "a.pdf", noise(1, 60, 90), 100)
    with pikepdf.open(scan, allow_overwriting_input=True) as document:
        document.pages[0].contents_add(b"1 0 0 rg 1 1 5 5 re f")
        document.save(scan)
    assert pdf.read_page(scan, 0, None).dpi == pytest.approx((200, 200), abs=0.01)


def test_type_is_stored_without_loss_and_scans_as_jpeg() -> None:
    document = pikepdf.new()
    type_ = np.full((200, 300, 3), 255, np.uint8)
    type_[50:60, 20:200] = 0
    stream = pdf._image(document, type_)
    assert stream.Filter == Name.FlateDecode and stream.ColorSpace == Name.DeviceGray
    assert (np.asarray(pikepdf.PdfImage(stream).as_pil_image()) == type_[..., 0]).all()
    photo = np.asarray(Image.fromarray(noise(1, 50, 75)).resize((300, 200), Image.Resampling.BICUBIC))
    stream = pdf._image(document, photo)
    assert stream.Filter == Name.DCTDecode and stream.ColorSpace == Name.DeviceRGB
    stored = np.asarray(pikepdf.PdfImage(stream).as_pil_image()).astype(int)
    assert np.abs(stored - photo).mean() < 5


def test_words_are_spread_over_lines() -> None:
    assert pdf.spread("one two three four", [100, 100]) == ["one two", "three four"]
    assert pdf.spread("one two three four", [300, 100]) == ["one two three", "four"]
    assert pdf.spread("word", [10, 10, 10]) == ["", "word", ""]
    assert pdf.spread("", [10, 10]) == ["", ""]
    assert " ".join(pdf.spread("a b c d e f g", [5, 1, 7])).split() == list("abcdefg")


def test_letters_that_the_font_lacks(tmp_path: Path) -> None:
    assert pdf._win_ansi("“a” – € ü") == "“a” – € ü".encode("cp1252")
    assert pdf._win_ansi("čař ł") == b"car ?"


# What cannot be read


def test_encrypted_and_broken_pdfs(translate: Run, tmp_path: Path) -> None:
    make_pdf(tmp_path / "in" / "a.pdf", [page((60, 80))] * 2)
    secret = pikepdf.Encryption(owner="a", user="b")
    make_pdf(tmp_path / "in" / "secret.pdf", [page()], encryption=secret)
    (tmp_path / "in" / "text.pdf").write_text("no PDF")
    (tmp_path / "in" / "empty.pdf").touch()
    Image.fromarray(noise(1)).save(tmp_path / "in" / "picture.pdf", "PNG")
    whole = make_pdf(tmp_path / "whole.pdf", [page()]).read_bytes()
    (tmp_path / "in" / "cut.pdf").write_bytes(whole[: len(whole) // 3])
    make_pdf(tmp_path / "in" / "none.pdf", [])
    code, said = translate(tmp_path / "in", "-o", tmp_path / "out")
    assert code == 1 and said.startswith("7 files in") and "1 translated; 6 failed" in said
    lines = {Path(line.split(": ")[1]).name: line.split(": ")[2] for line in said.splitlines()[1:-1]}
    assert lines == {
        "secret.pdf": "an encrypted PDF; save it without its password first",
        "text.pdf": "not a PDF",
        "picture.pdf": "not a PDF",
        "cut.pdf": "a damaged PDF",
        "empty.pdf": "the file is empty",
        "none.pdf": "a PDF without pages",
    }
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["a.pdf", manifest.NAME]
    code, said = translate(tmp_path / "in" / "secret.pdf", "-o", tmp_path / "b.pdf")
    assert code == 1 and "an encrypted PDF" in one_line(said)
    code, said = translate(tmp_path / "missing.pdf", "-o", tmp_path / "b.pdf")
    assert code == 1 and "no such file" in one_line(said)


def test_a_pdf_that_can_be_drawn_but_not_bound(translate: Run, tmp_path: Path) -> None:
    """It is refused before its pages are translated: without a table of contents, and with a page that is no page."""
    objects = "1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj"
    last = "3 0 obj<</Type/Page/MediaBox[0 0 90 60]>>endobj trailer<</Size 4/Root 1 0 R>>"
    (tmp_path / "a.pdf").write_text(f"%PDF-1.0\n{objects} {last}")
    code, said = translate(tmp_path / "a.pdf", "-o", tmp_path / "b.pdf")
    assert code == 1 and one_line(said) == f"{tmp_path / 'a.pdf'}: a damaged PDF"
    assert not list(tmp_path.glob(".iimt-pages*"))


def test_pikepdf_does_not_warn_users(translate: Run, tmp_path: Path) -> None:
    """Of a field that no form leads to, of which there are real documents."""
    source = make_pdf(tmp_path / "a.pdf", [page((60, 80))])
    with pikepdf.open(source, allow_overwriting_input=True) as document:
        field = Dictionary(Type=Name.Annot, Subtype=Name.Widget, FT=Name.Tx, T="a", Rect=Array([0, 0, 9, 9]))
        document.pages[0].Annots = Array([document.make_indirect(field)])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            document.save(source)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert translate(source, "-o", tmp_path / "b.pdf")[0] == 0


def test_broken_metadata_are_kept_as_they_are(translate: Run, tmp_path: Path) -> None:
    source, out = make_pdf(tmp_path / "a.pdf", [page((60, 80))]), tmp_path / "b.pdf"
    with pikepdf.open(source, allow_overwriting_input=True) as document:
        document.Root.Metadata = document.make_stream(
            b"<x:xmpmeta no XML", Type=Name.Metadata, Subtype=Name.XML
        )
        document.save(source, fix_metadata_version=False)
    assert translate(source, "-o", out)[0] == 0
    assert read(out)[0][1] == "Greetings"
    with pikepdf.open(out) as document:
        assert document.Root.Metadata.read_bytes() == b"<x:xmpmeta no XML"


def test_a_document_that_cannot_be_bound_is_not_done_again(
    translate: Run, tmp_path: Path, stand_in: type[standin.Translator], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its pages stay in the work folder, and a second run changes nothing there."""
    source, out = make_pdf(tmp_path / "a.pdf", [page((60, 80))] * 2), tmp_path / "b.pdf"

    def fails(*_: Any) -> None:
        raise IimtError(f"{source}: a damaged PDF")

    monkeypatch.setattr(pdf, "_add_pictures", fails)

    def state() -> dict[str, int]:
        return {p.name: p.stat().st_mtime_ns for p in work_folder(out).iterdir()}

    code, said = translate(source, "-o", out)
    assert code == 1 and one_line(said) == f"{source}: a damaged PDF"
    before = state()
    stand_in.loaded.clear()
    assert translate(source, "-o", out) == (code, said)
    assert state() == before and not stand_in.loaded


def test_a_pdf_that_anyone_may_read_is_not_encrypted(translate: Run, tmp_path: Path) -> None:
    source = make_pdf(tmp_path / "a.pdf", [page((60, 80))], encryption=pikepdf.Encryption(owner="a", user=""))
    assert translate(source, "-o", tmp_path / "b.pdf")[0] == 0
    assert read(tmp_path / "b.pdf")[0][1] == "Greetings"


def test_a_bad_page_stays_as_it_is(translate: Run, tmp_path: Path) -> None:
    source = make_pdf(tmp_path / "a.pdf", [page(), page((standin.FAILS, 50)), page()])
    out = tmp_path / "b.pdf"
    code, said = translate(source, "-o", out, "--dpi", "72", "--json")
    assert code == 1 and said.splitlines() == [
        f"iimt: {source}: page 2: unexpected KeyError: 'no such thing'; the page stays as it is",
        f"{out}: 3 pages, 2 of 2 blocks of text translated",
    ]
    with pikepdf.open(source) as old, pikepdf.open(out) as new:
        assert new.pages[1].Contents.read_bytes() == old.pages[1].Contents.read_bytes()
    assert [text for _, text, _ in read(out)] == ["Greetings", "", "Greetings"]
    pages = json.loads((tmp_path / "b.pdf.json").read_text("utf-8"))["pages"]
    assert pages[1] == {
        "page": 2, "failed": f"{source}: page 2: unexpected KeyError: 'no such thing'", "blocks": [],
    }  # fmt: skip
    assert not work_folder(out).exists()


def test_a_bad_page_can_stop_the_run(
    translate: Run, tmp_path: Path, stand_in: type[standin.Translator], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("iimt_cli.runs.groups.COUNT", 1)
    source = make_pdf(tmp_path / "a.pdf", [page((60, 80)), page((standin.FAILS, 50)), page((60, 80))])
    out = tmp_path / "b.pdf"
    code, said = translate(source, "-o", out, "--dpi", "72", "--on-error", "stop")
    assert code == 1 and "page 2: unexpected KeyError" in one_line(said) and not out.exists()
    stand_in.calls.clear()
    code, said = translate(source, "-o", out, "--dpi", "72")
    assert code == 1 and len(read(out)) == 3


def test_a_damaged_scan_is_a_bad_page(translate: Run, tmp_path: Path) -> None:
    source = make_scan(tmp_path / "a.pdf", noise(1, 60, 90), 100)
    with pikepdf.open(source, allow_overwriting_input=True) as document:
        next(iter(document.pages[0].Resources.XObject.values())).write(b"no JPEG", filter=Name.DCTDecode)
        document.save(source)
    code, said = translate(source, "-o", tmp_path / "b.pdf")
    assert code == 1 and one_line(said) == f"{source}: page 1: its picture is damaged"
    assert not (tmp_path / "b.pdf").exists()


def test_no_page_can_be_translated(translate: Run, tmp_path: Path) -> None:
    source = make_pdf(tmp_path / "a.pdf", [page((standin.FAILS, 50))] * 2)
    code, said = translate(source, "-o", tmp_path / "b.pdf", "--dpi", "72")
    assert code == 1 and one_line(said).endswith("(and so all 2 pages)")
    assert not (tmp_path / "b.pdf").exists()


def test_a_page_too_large_for_its_resolution(translate: Run, tmp_path: Path) -> None:
    source = make_pdf(tmp_path / "a.pdf", [page((4000, 4000))])
    code, said = translate(source, "-o", tmp_path / "b.pdf", "--dpi", "1200")
    assert code == 1 and "page 1: too large, at 1200 dpi more than" in one_line(said)


def test_a_pdf_becomes_no_picture(translate: Run, picture: Callable[..., Path], tmp_path: Path) -> None:
    source = make_pdf(tmp_path / "a.pdf", [page()])
    for input_, output in ((source, "b.png"), (picture("a.png"), "b.pdf")):
        code, said = translate(input_, "-o", tmp_path / output)
        assert code == 2 and "a PDF becomes a PDF" in one_line(said)
    code, said = translate(source, picture("a.png"), "-o", tmp_path / "b.pdf")
    assert code == 2 and "need a folder" in one_line(said)


# Folders, sidecars, manifests


def test_a_folder_of_pictures_and_documents(
    translate: Run, picture: Callable[..., Path], tmp_path: Path, stand_in: type[standin.Translator]
) -> None:
    picture("in/a.png"), picture("in/z.png")
    make_pdf(tmp_path / "in" / "b.PDF", [page((60, 80), seed=i) for i in range(3)])
    make_tiff(tmp_path / "in" / "c.tiff", [Image.fromarray(noise(i)) for i in range(2)])
    make_tiff(tmp_path / "in" / "d.tif", [Image.fromarray(noise(5))])
    out = tmp_path / "out"
    code, said = translate(tmp_path / "in", "-o", out)
    assert code == 0 and said.startswith("5 files in ") and "5 translated" in said
    assert sorted(p.name for p in out.iterdir()) == [
        "a.png", "b.PDF", "c.tiff", "d.tif", manifest.NAME, "z.png",
    ]  # fmt: skip
    assert sorted(size for size, _ in stand_in.calls) == [2, 3, 3]  # documents share no batches with others
    rows, _ = manifest.read_rows(out / manifest.NAME)
    about = {row["output"]: row for row in rows if "output" in row}
    assert set(about) == {"a.png", "b.PDF", "c.tiff", "d.tif", "z.png"}
    assert (about["b.PDF"]["pages"], about["b.PDF"]["blocks"], about["b.PDF"]["failed_pages"]) == (3, 3, [])
    assert about["b.PDF"]["sha256"] and "pages" not in about["d.tif"]
    stand_in.loaded.clear()
    code, said = translate(tmp_path / "in", "-o", out)
    assert code == 0 and "5 skipped" in said and not stand_in.loaded
    code, said = translate(tmp_path / "in", "-o", out, "--overwrite")
    assert code == 0 and "5 translated" in said


def test_sidecar(translate: Run, tmp_path: Path) -> None:
    source = make_pdf(tmp_path / "a.pdf", [page((60, 80)), page(blank=True)])
    assert translate(source, "-o", tmp_path / "b.pdf", "--json", "--dpi", "72")[0] == 0
    found = json.loads((tmp_path / "b.pdf.json").read_text("utf-8"))
    assert found["file"] == source.as_posix() and (found["source"], found["weights"]) == ("de", "de-en")
    assert found["version"] == 2 and found["iimt"]
    first, second = found["pages"]
    assert (first["page"], first["width"], first["height"], first["dpi"]) == (1, 60, 80, 72)
    assert (first["blocks"][0]["id"], first["blocks"][0]["target"]) == (1, "Greetings")
    assert len(first["sha256"]) == 64 and "draft" in first["blocks"][0]
    assert second["page"] == 2 and second["blocks"] == []


def test_a_sidecar_that_was_there_stays_if_the_document_cannot_be_written(
    translate: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, out = make_pdf(tmp_path / "a.pdf", [page((60, 80))]), tmp_path / "b.pdf"
    sidecar = tmp_path / "b.pdf.json"
    sidecar.write_text("mine", "utf-8")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pdf, "bind", full)
    code, said = translate(source, "-o", out, "--json", "--dpi", "72")
    assert code == 1 and "No space left" in said
    assert sidecar.read_text("utf-8") == "mine" and not out.exists()


# Texts that are corrected


@pytest.mark.parametrize("kind", ["pdf", "tif"])
def test_texts_of_pages_are_corrected(
    kind: str, translate: Run, tmp_path: Path, stand_in: type[standin.Translator]
) -> None:
    source, out = tmp_path / f"a.{kind}", tmp_path / f"b.{kind}"
    if kind == "pdf":
        make_pdf(source, [page((60, 80)), page(blank=True), page((60, 80))])
    else:
        make_tiff(source, [Image.fromarray(noise(i)) for i in range(3)])
    assert translate(source, "-o", out, "--json")[0] == 0
    first, sidecar = out.read_bytes(), tmp_path / f"b.{kind}.json"
    stand_in.calls.clear()
    assert "skipped" in translate(source, "-o", out, "--texts", sidecar)[1]
    data = json.loads(sidecar.read_text("utf-8"))
    data["pages"][2] |= {"note": "by Ann"}
    data["pages"][2]["blocks"][0]["target"] = "Hello"
    sidecar.write_text(json.dumps(data), "utf-8")
    os.utime(out, ns=(0, 0))
    code, said = translate(source, "-o", out, "--texts", sidecar, "--json")
    assert code == 0 and "3 pages" in said and not stand_in.calls and stand_in.redrawn
    again = json.loads(sidecar.read_text("utf-8"))
    assert again["pages"][2]["blocks"][0]["target"] == "Hello" and again["pages"][2]["note"] == "by Ann"
    assert again["pages"][:2] == data["pages"][:2]
    if kind == "pdf":
        assert [text for _, text, _ in read(out)] == ["Greetings", "", "Hello"]
    else:
        assert (frames_of(out)[2][:10, :10] == ord("H")).all() and (frames_of(out)[0] == 255 - noise(0)).all()
    # Without the correction the document is the first one again.
    data["pages"][2]["blocks"][0]["target"] = "Greetings"
    sidecar.write_text(json.dumps(data), "utf-8")
    assert translate(source, "-o", out, "--texts", sidecar, "--overwrite")[0] == 0
    assert out.read_bytes() == first


def test_what_iimt_does_not_know_of_a_document_is_kept(translate: Run, tmp_path: Path) -> None:
    """So is what a page said that cannot be drawn again: its corrections are not lost."""
    source, out = make_pdf(tmp_path / "a.pdf", [page((60, 80)), page((60, 90))]), tmp_path / "b.pdf"
    assert translate(source, "-o", out, "--json")[0] == 0
    sidecar = tmp_path / "b.pdf.json"
    data = json.loads(sidecar.read_text("utf-8"))
    data |= {"note": {"by": "Ann"}}
    data["pages"][0]["blocks"][0] |= {"target": "Hello", "seen": [1]}
    data["pages"][1] |= {"width": 5}
    for row in data["pages"]:
        row["options"] |= {"text_model": "cat", "source": "fr", "target": "es"}
    data["pages"].reverse()  # pages are known by their number
    sidecar.write_text(json.dumps(data), "utf-8")
    code, said = translate(source, "-o", out, "--texts", sidecar, "--json", "--overwrite")
    assert code == 1 and "page 2" in said.splitlines()[0]
    again = json.loads(sidecar.read_text("utf-8"))
    assert again["note"] == {"by": "Ann"} and again["version"] == 2
    assert (again["source"], again["target"]) == ("fr", "es")
    assert again["pages"][0]["blocks"][0]["target"] == "Hello" and again["pages"][0]["blocks"][0]["seen"] == [
        1
    ]
    assert again["pages"][1] == data["pages"][0]


@pytest.mark.parametrize("name", ["t.tsv", "t.xlf"])
def test_a_table_of_documents_goes_there_and_back(
    name: str, translate: Run, iimt: Run, picture: Callable[..., Path], tmp_path: Path
) -> None:
    if name.endswith("xlf"):
        pytest.importorskip("translate.storage.xliff", reason="the extra xliff is not installed")
    picture("in/c.png", width=40, height=20)
    make_pdf(tmp_path / "in" / "a.pdf", [page((60, 80)), page(blank=True), page((60, 80)), page((60, 80))])
    make_tiff(tmp_path / "in" / "b.tif", [Image.fromarray(noise(i)) for i in range(2)])
    en, table = tmp_path / "en", tmp_path / name
    assert translate(tmp_path / "in", "-o", en, "--json")[0] == 0
    sidecar = en / "a.pdf.json"
    data = json.loads(sidecar.read_text("utf-8"))
    data["pages"][3] = {"page": 4, "failed": "no", "blocks": []}
    sidecar.write_text(json.dumps(data), "utf-8")
    code, said = iimt("export-texts", en, "-o", table)
    assert (code, said) == (0, f"{table}: 5 texts of 1 picture and 2 documents\n")
    text = table.read_text("utf-8")
    if name.endswith("tsv"):
        rows = [line.split("\t") for line in text.splitlines()]
        assert rows[0] == ["file", "page", "block", "source", "target", "confidence", "keep"]
        assert [row[:3] for row in rows[1:]] == [
            ["en/a.pdf.json", "1", "1"], ["en/a.pdf.json", "3", "1"], ["en/b.tif.json", "1", "1"],
            ["en/b.tif.json", "2", "1"], ["en/c.png.json", "", "1"],
        ]  # fmt: skip
    before, _, after = text.partition("Greetings")
    text = f"{before}Greetings{after.replace('Greetings', 'Hello', 1)}"  # the second: page 3
    table.write_text(text, "utf-8")
    out = tmp_path / "out"
    code, said = translate(tmp_path / "in", "-o", out, "--texts", table, "--json")
    assert code == 1 and "page 4: has no texts (no)" in said
    assert [text for _, text, _ in read(out / "a.pdf")] == ["Greetings", "", "Hello", ""]
    assert (frames_of(out / "b.tif")[1] == 255 - noise(1)).all() and (out / "c.png").exists()
    assert "Hello" in (out / "a.pdf.json").read_text("utf-8") and "Hello" not in sidecar.read_text("utf-8")
    # What was said before does not count: a page that lies in the work folder was made with another table.
    table.write_text(text.replace("Hello", "Welcome"), "utf-8")
    assert translate(tmp_path / "in", "-o", out, "--texts", table, "--overwrite")[0] == 1
    assert [text for _, text, _ in read(out / "a.pdf")] == ["Greetings", "", "Welcome", ""]


@pytest.mark.parametrize(
    ("page_", "block", "cause"),
    [
        ("7", "1", "there is no page 7 in"),
        ("1", "7", "there is no block 7 in page 1 of"),
        ("", "1", "has no page, but"),
        ("2", "1", "page 2 in"),
        ("one", "1", "'one' is no number of a page"),
    ],
)
def test_a_wrong_table_of_a_document_is_told_with_its_line(
    page_: str, block: str, cause: str, translate: Run, tmp_path: Path
) -> None:
    source, out = (
        make_pdf(tmp_path / "a.pdf", [page((60, 80)), page((standin.FAILS, 80))]),
        tmp_path / "b.pdf",
    )
    assert translate(source, "-o", out, "--json", "--dpi", "72")[0] == 1
    table = tmp_path / "t.tsv"
    table.write_text(f"file\tpage\tblock\ttarget\nb.pdf.json\t{page_}\t{block}\tHello\n")
    code, said = translate(source, "-o", tmp_path / "c.pdf", "--texts", table)
    assert code == 1 and one_line(said).startswith(f"{table}: line 2") and cause in said


def test_a_picture_has_no_pages(translate: Run, picture: Callable[..., Path], tmp_path: Path) -> None:
    source, table = picture("a.png"), tmp_path / "t.tsv"
    assert translate(source, "-o", tmp_path / "b.png", "--json")[0] == 0
    table.write_text("file\tpage\tblock\ttarget\nb.png.json\t2\t1\tHello\n")
    code, said = translate(source, "-o", tmp_path / "c.png", "--texts", table)
    assert code == 1 and "is of a picture, so it has no page 2" in one_line(said)


def test_texts_of_a_document_are_told_from_those_of_a_picture(
    translate: Run, picture: Callable[..., Path], tmp_path: Path
) -> None:
    source, out = make_pdf(tmp_path / "a.pdf", [page((60, 80))]), tmp_path / "b.pdf"
    assert translate(source, "-o", out, "--json")[0] == 0
    code, said = translate(picture("a.png"), "-o", tmp_path / "b.png", "--texts", f"{out}.json")
    assert code == 1 and "is the sidecar of a document, not of a picture" in one_line(said)
    assert translate(picture("a.png"), "-o", tmp_path / "b.png", "--json")[0] == 0
    code, said = translate(source, "-o", tmp_path / "c.pdf", "--texts", tmp_path / "b.png.json")
    assert code == 1 and "is no sidecar of a document (there is no 'pages')" in one_line(said)
    data = json.loads(out.with_name("b.pdf.json").read_text("utf-8"))
    data["pages"] = [{"page": 1, "failed": "no", "blocks": []}]
    (tmp_path / "failed.json").write_text(json.dumps(data), "utf-8")
    code, said = translate(source, "-o", tmp_path / "c.pdf", "--texts", tmp_path / "failed.json")
    assert code == 1 and one_line(said) == f"{source}: page 1: has no texts (no)"


# Options that are for pictures


def test_format_is_for_pictures(translate: Run, picture: Callable[..., Path], tmp_path: Path) -> None:
    picture("in/a.png"), make_pdf(tmp_path / "in" / "b.pdf", [page((60, 80))])
    out = tmp_path / "out"
    assert translate(tmp_path / "in", "-o", out, "--format", "webp")[0] == 0
    assert sorted(p.name for p in out.iterdir()) == ["a.webp", "b.pdf", manifest.NAME]
    for target in (tmp_path / "c.pdf", "-"):
        code, said = translate(tmp_path / "in" / "b.pdf", "-o", target, "--format", "png")
        assert code == 2 and "--format" in one_line(said)
    make_tiff(tmp_path / "in" / "c.tif", [Image.fromarray(noise(i)) for i in range(2)])
    code, said = translate(tmp_path / "in", "-o", tmp_path / "more", "--format", "webp")
    assert code == 2 and "has 2 pages, so it must become a TIFF" in one_line(said)


@pytest.mark.parametrize("kind", ["pdf", "tif"])
def test_documents_go_through_pipes(
    kind: str, translate: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / f"a.{kind}"
    if kind == "pdf":
        make_pdf(source, [page((60, 80), seed=i) for i in range(2)])
    else:
        make_tiff(source, [Image.fromarray(noise(i)) for i in range(2)])
    assert translate(source, "-o", tmp_path / f"b.{kind}")[0] == 0
    said, out = _through_pipes(translate, source.read_bytes(), monkeypatch)
    assert said == (0, "standard output: 2 pages, 2 of 2 blocks of text translated\n")
    assert out == (tmp_path / f"b.{kind}").read_bytes()


def test_messages_name_the_pipe(translate: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (code, said), out = _through_pipes(translate, b"%PDF-1.7 broken", monkeypatch)
    assert code == 1 and one_line(said) == "standard input: a damaged PDF" and not out


def _through_pipes(
    translate: Run, data: bytes, monkeypatch: pytest.MonkeyPatch
) -> tuple[tuple[int, str], bytes]:
    out = io.BytesIO()
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
        patch.setattr(sys, "stdout", io.TextIOWrapper(out))
        return translate("-", "-o", "-"), out.getvalue()


def test_in_place(translate: Run, tmp_path: Path) -> None:
    source = make_pdf(tmp_path / "a.pdf", [page((60, 80))] * 2)
    assert translate(source, "-o", source, "--overwrite", "--dpi", "72")[0] == 0
    assert [text for _, text, _ in read(source)] == ["Greetings", "Greetings"]
    assert [p.name for p in tmp_path.iterdir() if p.is_file()] == ["a.pdf"]


# Interrupted, and run again


@pytest.mark.parametrize("kind", ["pdf", "tif"])
def test_an_interrupted_run_goes_on_with_the_next_page(
    kind: str,
    translate: Run,
    stand_in: type[standin.Translator],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """And in the end the file is the same, to the last bit, as one that was not interrupted."""
    monkeypatch.setattr(standin, "NOISE", True)
    monkeypatch.setattr("iimt_cli.runs.groups.COUNT", 1)
    source, out, undisturbed = (tmp_path / f"{name}.{kind}" for name in "abc")
    if kind == "pdf":
        make_pdf(source, [page((60, 80), seed=i) for i in range(6)])
    else:
        make_tiff(source, [Image.fromarray(noise(i)) for i in range(6)])
    original = standin.Translator.translate_jobs

    def ctrl_c(self: Any, jobs: Sequence[Any], options: Any) -> Any:
        if len(stand_in.calls) == 3:
            raise KeyboardInterrupt
        return original(self, jobs, options)

    with monkeypatch.context() as patch:
        patch.setattr(standin.Translator, "translate_jobs", ctrl_c)
        code, said = translate(source, "-o", out, "--json")
    done = len(list(work_folder(out).glob("0*.json")))
    assert code == 130 and not out.exists() and 1 <= done <= 3
    assert f"interrupted after 0 of 1 files, {done} of 6 pages; to go on: iimt " in said
    stand_in.calls.clear()
    code, said = translate(source, "-o", out, "--json")
    assert code == 0 and "6 pages, 6 of 6 blocks" in said and len(stand_in.calls) == 6 - done
    assert translate(source, "-o", undisturbed, "--json")[0] == 0
    assert out.read_bytes() == undisturbed.read_bytes()
    sidecars = (path.with_name(f"{path.name}.json").read_bytes() for path in (out, undisturbed))
    assert len({*sidecars}) == 1
    assert not work_folder(out).exists()


def test_a_kill_while_binding_costs_no_page(
    translate: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stand_in: type[standin.Translator]
) -> None:
    source, out = make_pdf(tmp_path / "a.pdf", [page((60, 80))] * 3), tmp_path / "b.pdf"

    def no_room(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(pdf, "bind", no_room)
        code, said = translate(source, "-o", out)
        assert code == 1 and "No space left on device" in one_line(said)
    assert work_folder(out).is_dir() and not out.exists()
    stand_in.loaded.clear()
    code, said = translate(source, "-o", out)
    assert code == 0 and "3 of 3 blocks" in said and not stand_in.loaded
    assert not work_folder(out).exists()
    assert translate(make_pdf(tmp_path / "c.pdf", [page((60, 80))] * 3), "-o", tmp_path / "d.pdf")[0] == 0
    assert out.read_bytes() == (tmp_path / "d.pdf").read_bytes()


def test_pages_of_other_settings_are_not_taken(
    translate: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stand_in: type[standin.Translator]
) -> None:
    source, out = make_pdf(tmp_path / "a.pdf", [page((60, 80))] * 2), tmp_path / "b.pdf"

    def left_behind() -> None:
        with monkeypatch.context() as patch:
            patch.setattr(pdf, "bind", lambda *_: 1 / 0)
            assert translate(source, "-o", out, "--dpi", "72")[0] == 1
        assert work_folder(out).is_dir()
        stand_in.loaded.clear()

    left_behind()
    assert translate(source, "-o", out, "--dpi", "90")[0] == 0 and stand_in.loaded
    out.unlink()
    left_behind()
    make_pdf(source, [page((60, 80), seed=5)] * 2)
    assert translate(source, "-o", out, "--dpi", "72")[0] == 0 and stand_in.loaded
    out.unlink()
    left_behind()
    (work_folder(out) / documents.SETTINGS).write_text("{")
    assert translate(source, "-o", out, "--dpi", "72")[0] == 0 and stand_in.loaded


@pytest.mark.slow
def test_killed_and_run_again(weights: Path, tmp_path: Path) -> None:
    source = make_pdf(tmp_path / "a.pdf", [page((60, 80), seed=i, blank=i == 5) for i in range(24)])
    out, undisturbed = tmp_path / "b.pdf", tmp_path / "c.pdf"
    how = "--weights", weights, "--json"
    for wanted in (2, 9, 17):
        process = start(source, "-o", out, *how, seconds=0.1, count=2)
        end = time.monotonic() + 120
        while process.poll() is None and time.monotonic() < end:
            if len(list(work_folder(out).glob("0*.json"))) >= wanted:
                break
            time.sleep(0.001)
        process.kill()
        process.communicate()
    assert not out.exists() and 17 <= len(list(work_folder(out).glob("0*.json"))) < 24
    code, said = finish(source, "-o", out, *how, count=2)
    assert code == 0 and "24 pages, 23 of 23 blocks" in said
    assert finish(source, "-o", undisturbed, *how, count=2)[0] == 0
    assert out.read_bytes() == undisturbed.read_bytes()
    assert (tmp_path / "b.pdf.json").read_bytes() == (tmp_path / "c.pdf.json").read_bytes()
    assert not work_folder(out).exists()


def test_few_pages_are_in_memory_at_a_time(
    translate: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("iimt_cli.runs.groups.COUNT", 4)  # a page counts as a quarter of a group
    source = make_pdf(tmp_path / "a.pdf", [page((60, 80), seed=i) for i in range(60)])
    pictures: list[weakref.ref[Any]] = []
    most = 0
    read = pdf.read_page

    def counted(*how: Any) -> Any:
        nonlocal most
        pictures.append(weakref.ref(picture := read(*how)))
        most = max(most, sum(one() is not None for one in list(pictures)))
        return picture

    monkeypatch.setattr(pdf, "read_page", counted)
    assert translate(source, "-o", tmp_path / "b.pdf")[0] == 0
    assert len(pictures) == 60 and most <= 24  # 16 are under way; some more are held by a thread's last step


def test_binding_holds_few_pages(tmp_path: Path) -> None:
    marks = Path("/proc/self/clear_refs")
    if not os.access(marks, os.W_OK):
        pytest.skip("the system does not tell the peak of memory")
    source = make_pdf(tmp_path / "a.pdf", [page((60, 80))] * 30)
    pixels = noise(1, 900, 900)  # a file of 2.4 MB
    picture = pdf.read_page(source, 0, 72)
    files = {number: tmp_path / f"{number}.pdf" for number in range(30)}
    one = pdf.encode_page(source, 0, picture, pixels, []).content
    for file in files.values():
        file.write_bytes(one)

    def memory(name: str) -> int:
        """Bytes."""
        told = Path("/proc/self/status").read_text()
        return int(told.split(f"{name}:")[1].split()[0]) << 10

    pdf.bind(source, files, tmp_path / "b.pdf", tmp_path)  # what is loaded once
    give_back()
    before = memory("VmRSS")
    marks.write_text("5")  # the peak begins anew
    pdf.bind(source, files, tmp_path / "b.pdf", tmp_path)
    assert memory("VmHWM") - before < len(one) * 10


def test_ranks_share_documents(weights: Path, tmp_path: Path, iimt: Run, stand_in: object) -> None:
    jobs = [documents.Job(tmp_path / f"{i}.pdf", tmp_path / f"o{i}.pdf") for i in range(5)]
    for job in jobs:
        make_pdf(job.input, [page((60, 80))] * 2)
    shares = [
        documents.find_documents(jobs, {jobs[0]}, None, documents.Ranks(rank, 2), documents.Settings({}))[1]
        for rank in range(2)
    ]
    assert [[one.job for one in share] for share in shares] == [[jobs[2], jobs[4]], [jobs[1], jobs[3]]]


# TIFF


@pytest.mark.parametrize("order", ["II", "MM"])
def test_a_tiff_of_several_pages(order: str, translate: Run, tmp_path: Path) -> None:
    """Pages, their order and resolution are kept; a page without text is stored as it was."""
    from PIL import TiffImagePlugin

    fax = Image.fromarray(np.tile(np.arange(40) % 8 < 4, (30, 1)))
    frames = [
        Image.fromarray(noise(1)),
        Image.new("L", (30, 20), 200),
        fax,
        Image.fromarray(noise(2)[..., 0]),
    ]
    source, out = tmp_path / "a.tif", tmp_path / "b.tiff"
    written = io.BytesIO()
    with TiffImagePlugin.AppendingTiffWriter(written, True) as pages:
        for i, frame in enumerate(frames):
            info = TiffImagePlugin.ImageFileDirectory_v2(prefix=order.encode())
            info[270] = "Seite"
            frame.save(pages, "TIFF", dpi=(150 + i, 150 + i), tiffinfo=info, compression="raw")
            pages.newFrame()
    source.write_bytes(written.getvalue())
    code, said = translate(source, "-o", out)
    assert (code, said) == (0, f"{out}: 4 pages, 3 of 3 blocks of text translated\n")
    for i, (before, after) in enumerate(zip(frames_of(source), frames_of(out), strict=True)):
        assert (after == (before if i == 1 else 255 - before)).all()
    with Image.open(out) as image:
        for i in range(4):
            image.seek(i)
            assert image.info["dpi"] == (150 + i, 150 + i)
            assert image.info["compression"] == "raw"
            assert image.tag_v2[270] == "Seite"  # type: ignore[attr-defined]
    assert [p.name for p in tmp_path.iterdir() if p.is_file() or p.name.startswith(".")] == [
        "a.tif",
        "b.tiff",
    ]


@pytest.mark.skipif(not features.check("libtiff"), reason="Pillow without libtiff")
def test_pages_are_copied_as_they_are_stored(translate: Run, tmp_path: Path) -> None:
    """Fax pages, in the variant for large files, too; what is copied twice is still the same."""
    fax = Image.fromarray(np.zeros((30, 40), bool))
    for how in ({"compression": "group4"}, {"compression": "group4", "big_tiff": True}):
        source, out = (
            make_tiff(tmp_path / "a.tif", [fax, fax, Image.fromarray(noise(1)).convert("1")], **how),
            tmp_path / "b.tif",
        )
        assert translate(source, "-o", out, "--overwrite")[0] == 0
        assert (frames_of(out)[2] == 255 - frames_of(source)[2]).all()
        with Image.open(source) as old, Image.open(out) as new:
            assert new.n_frames == 3
            for i in range(2):
                old.seek(i), new.seek(i)
                assert new.info["compression"] == "group4" and new.mode == "1"
                assert new.tag_v2[279] == old.tag_v2[279]
        tiff.bind(out, {}, tmp_path / "c.tif", tmp_path)
        for before, after in zip(frames_of(out), frames_of(tmp_path / "c.tif"), strict=True):
            assert (before == after).all()


def test_a_bad_tiff_page_stays_as_it_is(translate: Run, tmp_path: Path) -> None:
    source = make_tiff(
        tmp_path / "a.tif", [Image.fromarray(noise(i)) for i in range(3)], compression="tiff_lzw"
    )
    with Image.open(source) as image:
        image.seek(1)
        (place,), (length,) = image.tag_v2[273], image.tag_v2[279]
    content = bytearray(source.read_bytes())
    content[place : place + length] = b"\xff" * length
    source.write_bytes(content)
    out = tmp_path / "b.tif"
    code, said = translate(source, "-o", out)
    assert code == 1 and f"iimt: {source}: page 2: truncated or damaged picture" in said
    assert said.count("\n") == 2 and "the page stays as it is" in said
    with Image.open(out) as image:
        assert image.n_frames == 3
        image.seek(1)
        (place,) = image.tag_v2[273]
        assert out.read_bytes()[place : place + length] == b"\xff" * length
        assert (_frame(image, 2) == 255 - noise(2)).all()


def test_a_tiff_of_several_pages_under_another_name_loses_no_page(translate: Run, tmp_path: Path) -> None:
    source = make_tiff(tmp_path / "a.tif", [Image.fromarray(noise(i)) for i in range(3)])
    for name in ("a.png", "a.jp2", "a"):
        bad = tmp_path / name
        bad.write_bytes(source.read_bytes())
        code, said = translate(bad, "-o", tmp_path / "out.png")
        assert code == 1 and one_line(said) == f"{bad}: is a TIFF of 3 pages; name it .tif"
    assert not (tmp_path / "out.png").exists()
    one = make_tiff(tmp_path / "one.tif", [Image.fromarray(noise(0))]).rename(tmp_path / "one.png")
    assert translate(one, "-o", tmp_path / "out.png")[0] == 0
    assert translate(source.rename(tmp_path / "A.TIFF"), "-o", tmp_path / "out.tif")[0] == 0
    assert len(frames_of(tmp_path / "out.tif")) == 3


def test_a_tiff_of_several_pages_fits_no_other_format(translate: Run, tmp_path: Path) -> None:
    source = make_tiff(tmp_path / "a.tif", [Image.fromarray(noise(i)) for i in range(2)])
    code, said = translate(source, "-o", tmp_path / "b.png")
    assert code == 2 and "has 2 pages, so it must become a TIFF, too (.tif)" in one_line(said)


# Animated pictures


@pytest.mark.parametrize("suffix", ["gif", "webp", "png"])
def test_animated_pictures_are_refused_by_name(suffix: str, translate: Run, tmp_path: Path) -> None:
    source = tmp_path / f"a.{suffix}"
    frames = [Image.fromarray(noise(i)) for i in range(3)]
    frames[0].save(source, save_all=True, append_images=frames[1:], duration=100)
    code, said = translate(source, "-o", tmp_path / "b.png")
    assert code == 1 and one_line(said) == f"{source}: animated pictures are not supported (3 frames)"


# What the text layer says


def test_text_that_stays_can_be_found_too(tmp_path: Path) -> None:
    source = make_pdf(tmp_path / "a.pdf", [page((200, 100))])
    picture = pdf.read_page(source, 0, 72)
    lines = [[[10, 10], [150, 10], [150, 24], [10, 24]], [[10, 30], [150, 30], [150, 44], [10, 44]]]
    upwards = [[[170, 90], [170, 20], [184, 20], [184, 90]]]
    texts = [
        PlacedText("Greetings from the “sea”", lines),
        PlacedText("Köln", upwards),
        PlacedText("", lines),
    ]
    out = tmp_path / "b.pdf"
    out.write_bytes(pdf.encode_page(source, 0, picture, picture.rgb, texts).content)
    ((_, text, pixels),) = read(out)
    assert text.split() == ["Greetings", "from", "the", "“sea”", "Köln"]
    assert np.abs(pixels - picture.rgb[..., ::-1]).mean() < 3  # invisible


@pytest.mark.skipif(sys.platform != "linux", reason="names of files are UTF-8 there")
def test_names_that_are_no_utf_8(stand_in: object, weights: Path, tmp_path: Path) -> None:
    source = make_pdf(tmp_path / "a.pdf", [page((60, 80)), page((standin.FAILS, 50))])
    odd = source.rename(tmp_path / os.fsdecode(b"Gr\xfc\xdfe.pdf"))
    out = tmp_path / os.fsdecode(b"\xe4.pdf")
    assert run([str(odd)], str(out), RunOptions(weights=weights, dpi=72, json=True)).exit_code == 1
    assert [text for _, text, _ in read(out)] == ["Greetings", ""]
    assert json.loads(out.with_name(f"{out.name}.json").read_text("utf-8"))["file"] == odd.as_posix()
