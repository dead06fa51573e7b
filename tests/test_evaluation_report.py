from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import matplotlib
import numpy as np
import pytest
import typer
from PIL import Image, ImageDraw, ImageFont
from typer.testing import CliRunner

from iimt_cli import line
from iimt_cli.cli.evaluate import evaluate as command
from iimt_cli.data.fonts import FontFace
from iimt_cli.errors import IimtError
from iimt_cli.evaluation import cascade, report, scoring
from iimt_cli.evaluation.html import page
from iimt_cli.evaluation.ocr import TextBox, ocr_engine, rectangle
from iimt_cli.evaluation.onnx import onnx_parameters
from iimt_cli.evaluation.pairing import Item, pair
from iimt_cli.language import language
from iimt_cli.language.sentences import sentences
from iimt_cli.translation.base import Translator
from iimt_cli.translation.result import Block, TextTranslation, Translation

DEJAVU = Path(matplotlib.get_data_path()) / "fonts/ttf/DejaVuSans.ttf"
ENGLISH = ["Please close the door.", "The night train is late.", "Where is the station?", "We sell fresh bread.",
           "Nobody was at home."]  # fmt: skip
GERMAN = ["Bitte die Tür schließen.", "Der Nachtzug ist spät.", "Wo ist der Bahnhof?", "Wir haben frisches Brot.",
          "Niemand war zu Hause."]  # fmt: skip


def drawn(text: str, shade: int = 240) -> Image.Image:
    picture = Image.new("RGB", (360, 50), (shade, shade, 225))
    ImageDraw.Draw(picture).text((14, 25), text, (20, 20, 60), ImageFont.truetype(DEJAVU, 22), anchor="lm")
    return picture


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Five references; outputs: a perfect one, a corrupt one, none, one of twice the size, an untranslated one."""
    root = tmp_path_factory.mktemp("pictures")
    for name in ("ref", "src", "out/sub"):
        (root / name).mkdir(parents=True)
    for i, (english, german) in enumerate(zip(ENGLISH, GERMAN, strict=True)):
        drawn(english).save(root / f"ref/{i}.png")
        drawn(german).save(root / f"src/{i}.png")
    drawn(ENGLISH[0]).save(root / "out/0.png")
    (root / "out/1.png").write_bytes((root / "ref/1.png").read_bytes()[:400])
    drawn(ENGLISH[3]).resize((720, 100), Image.Resampling.LANCZOS).save(root / "out/sub/3.png")
    drawn(GERMAN[4]).save(root / "out/4.jpg", quality=95)
    drawn("unasked").save(root / "out/9.png")
    lines = [f"{i}.png\t{e}\t{g}\n" for i, (e, g) in enumerate(zip(ENGLISH, GERMAN, strict=True))]
    (root / "refs.tsv").write_text("".join(lines), "utf-8")
    return root


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


def run(*arguments: object):
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()(command)
    return CliRunner().invoke(app, [str(a) for a in arguments])


@pytest.fixture(scope="module")
def scored(folders):
    files = [folders / f"r.{kind}" for kind in ("json", "csv", "html", "md")]
    options = [
        part
        for file, o in zip(files, ("json", "csv", "html", "markdown"), strict=True)
        for part in (f"--{o}", file)
    ]
    result = run(
        folders / "out", folders / "ref", "--source", folders / "src", "--text", folders / "refs.tsv", *options
    )  # fmt: skip
    return result, files


def test_a_folder_with_everything_wrong_is_scored_named_and_fails(scored, folders):
    result, files = scored
    assert result.exit_code == 1, result.output
    data = json.loads(files[0].read_text("utf-8"))
    assert data["pictures"] == 5
    assert set(data["problems"]) == {"1", "2"}
    assert "1.png" in data["problems"]["1"] and data["problems"]["2"] == "no output"
    assert [Path(path).name for path in data["extra_outputs"]] == ["9.png"]
    rows = {row["name"]: row for row in data["rows"]}
    assert rows["0"]["chrf"] == 100 and rows["0"]["ssim"] == 1
    assert rows["1"]["output_text"] == rows["2"]["output_text"] == ""
    assert rows["2"]["cer"] == 100 and rows["2"]["ssim"] < 0.1
    assert rows["3"]["output_text"] == ENGLISH[3] and rows["3"]["ssim"] > 0.95
    assert rows["3"]["note"] == "is 720×100, the reference 360×50: resized"
    assert rows["4"]["output_text"] == GERMAN[4] and rows["4"]["background_error"] < 1
    for name in ("1", "2"):
        assert f"counted as empty: {name}" in result.output
    assert data["totals"]["ceiling"]["bleu"]["value"] == pytest.approx(100)
    assert data["totals"]["floor"]["background_error"]["value"] == 0
    assert data["totals"]["output"]["bleu"]["low"] <= data["totals"]["output"]["bleu"]["value"]


def test_bleu_equals_the_sacrebleu_command_on_the_dumped_texts(scored, tmp_path):
    _, files = scored
    data = json.loads(files[0].read_text("utf-8"))
    for key in ("reference_text", "output_text"):
        (tmp_path / key).write_text("".join(row[key] + "\n" for row in data["rows"]), "utf-8")
    said = subprocess.check_output(
        [
            sys.executable,
            "-m",
            "sacrebleu",
            tmp_path / "reference_text",
            "-i",
            tmp_path / "output_text",
            "-b",
            "-w",
            "2",
        ]
    )
    assert round(data["totals"]["output"]["bleu"]["value"], 2) == float(said)


def test_the_table_csv_and_markdown_agree(scored):
    result, files = scored
    data = json.loads(files[0].read_text("utf-8"))
    value = f"{data['totals']['output']['bleu']['value']:.1f}"
    assert value in result.output and "copied source" in result.output
    assert f"| BLEU | {value}" in files[3].read_text("utf-8")
    with files[1].open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["output_text"] for row in rows] == [row["output_text"] for row in data["rows"]]
    assert data["signatures"]["bleu"] in result.output and data["ocr"] in result.output


def test_the_page_holds_everything_and_asks_for_nothing(scored):
    _, files = scored
    text = files[2].read_text("utf-8")
    assert not re.search(r"""(?:src|href)=["']?(?:https?:|//|file:)|url\(|@import|fetch\(|\bimport """, text)
    assert "default-src 'none'" in text
    assert not re.search(r"@[A-Z]{3,}@", text)
    data = json.loads(
        re.search(r'type="application/json">(.*?)</script>', text, re.S)[1].replace("<\\/", "</")
    )
    assert [row["name"] for row in data["rows"]] == list("01234")
    assert all(row["source_picture"].startswith("data:image/webp;base64,") for row in data["rows"])
    assert data["rows"][1]["output_picture"] == data["rows"][2]["output_picture"] == ""
    assert [metric[0] for metric in data["metrics"]][:4] == ["bleu", "chrf", "cer", "structure_bleu"]
    assert "BLEU by length of the text" in text and "<svg" in text


class Fake:
    """Reads the text that belongs to the shade of a picture."""

    name, version = "fake", "fake 1"

    def __init__(self, texts):
        self.texts = texts

    def read(self, picture):
        text = self.texts.get(int(picture[0, 0, 0]), "")
        return [TextBox(rectangle(2, 2, 30, 12), text, 0.9)] if text else []

    def read_lines(self, strips):
        return [""] * len(strips)


def items_of_shades(root: Path, pairs, kinds=("",)):
    items = []
    for n, (output, reference) in enumerate(pairs):
        paths = []
        for shade in (output, reference):
            paths.append(root / f"{shade}.png")
            Image.new("RGB", (40, 20), (shade, 0, 0)).save(paths[-1])
        items.append(Item(f"{n:02}", paths[1], paths[0], kind=kinds[n % len(kinds)]))
    return items


def test_a_baseline_is_compared_and_groups_are_scored(tmp_path):
    words = ["red house", "blue boat on the sea", "green tree by the river bank", "old man with a grey hat"]
    texts = {10 + i: text for i, text in enumerate(words)} | {50: "nothing of the kind"}
    items = items_of_shades(tmp_path, [(10 + i % 4, 10 + i % 4) for i in range(12)], ("plain", "photo"))
    wrong = tmp_path / "50.png"
    Image.new("RGB", (40, 20), (50, 0, 0)).save(wrong)
    found = scoring.evaluate(items, Fake(texts), baseline=[wrong] * 12, samples=100, cache=False)
    assert found.totals["output"]["chrf"].value == pytest.approx(100)
    assert found.totals["baseline"]["chrf"].value < 30
    assert found.p_values["chrf"] < 0.01 and found.p_values["ssim"] < 0.01
    assert "floor" not in found.systems and "background_error" not in found.totals["output"]
    assert not found.texts_known and found.texts[0] == "red house"
    assert [(g.label, g.pictures) for g in found.groups["kind"]] == [("photo", 6), ("plain", 6)]
    assert [g.label for g in found.groups["length"]] == ["1–3 words", "4–7 words"]
    assert found.groups["kind"][0].totals["output"]["structure_bleu"] == pytest.approx(100)
    text = page(found)
    assert "BLEU by background" in text and 'class="key baseline"' in text
    lines = report.as_markdown(found).splitlines()
    assert lines[0] == "| | output | baseline | OCR ceiling |"
    assert any(line.startswith("| photo | 6 | baseline |") for line in lines)


def test_text_cannot_break_out_of_the_page(tmp_path):
    nasty = "</script><script>alert(1)</script> @DATA@ <b>&"
    found = scoring.evaluate(items_of_shades(tmp_path, [(10, 10)]), Fake({10: nasty}), cache=False, samples=0)
    text = page(found, title="<i>@NOTES@")
    assert "<script>alert" not in text and "&lt;i&gt;@NOTES@" in text
    assert text.count("</script>") == 2
    data = json.loads(re.search(r'type="application/json">(.*?)</script>', text, re.S)[1])
    assert data["rows"][0]["output_text"] == nasty


def test_a_reference_that_cannot_be_read_is_the_users_error(tmp_path):
    (tmp_path / "a.png").write_bytes(b"no picture")
    with pytest.raises(IimtError, match=r"a\.png: not a picture"):
        scoring.evaluate([Item("a", tmp_path / "a.png")], Fake({}), cache=False)


def test_transparency_is_seen_over_white(tmp_path):
    Image.new("RGBA", (4, 3), (200, 0, 0, 0)).save(tmp_path / "a.png")
    assert (scoring.load_pixels(tmp_path / "a.png") == 255).all()


def test_wrong_use_is_told(folders):
    assert run(folders / "out").exit_code == 2
    assert run(folders / "out", folders / "ref", "--weights", folders).exit_code == 2
    for options, said in ((["--ocr", "abbyy"], "unknown OCR"), (["--tokenize", "x"], "unknown tokenizer")):
        result = run(folders / "out", folders / "ref", *options)
        assert isinstance(result.exception, IimtError) and said in str(result.exception)


SURE = 0.9


class Oracle(Translator):
    """Knows the five sentences by heart, reads the first one in every picture, is `SURE` of it and draws nothing."""

    has_text_model = True

    def __init__(self) -> None:
        self.parameters = {"text_encoder": 700, "text_decoder": 300, "image_decoder": 1000}

    @classmethod
    def load(cls, folder, device="auto"):
        return cls()

    def open(self, picture, options):
        return picture

    def translate_jobs(self, jobs, options):
        return [(job, options.least) for job in jobs]

    def close(self, job):
        picture, least = job
        block = Block([], [], GERMAN[0], ENGLISH[0], SURE, "translated", "")
        if least > SURE:
            block = replace(block, target="", action="kept", reason="translation too uncertain")
        return Translation(picture, picture.rgb, [block])

    def translate_texts(self, texts, options=None):
        known = dict(zip(GERMAN, ENGLISH, strict=True))
        return [TextTranslation(text, known.get(text, text), 1.0, "") for text in texts]

    def reconstruct(self, pictures):
        return list(pictures)


@pytest.fixture
def data_set(monkeypatch, folders):
    """The folders as a data set; weights for strips are loaded into the oracle."""
    monkeypatch.setattr(line, "load_translator", Oracle.load)
    rows = [
        {"file_name": f"src/{i}.png", "target_file_name": f"ref/{i}.png", "source_text": g, "target_text": e}
        for i, (g, e) in enumerate(zip(GERMAN, ENGLISH, strict=True))
    ]
    (folders / "metadata.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    yield folders
    (folders / "metadata.jsonl").unlink()


def test_weights_are_run_and_scored(weights, data_set, tmp_path):
    result = run("--weights", weights, data_set, "--save", tmp_path / "kept", "--json", tmp_path / "r.json")
    assert result.exit_code == 0, result.output
    data = json.loads((tmp_path / "r.json").read_text("utf-8"))
    assert len(list((tmp_path / "kept").rglob("*.png"))) == 5
    assert data["totals"]["output"]["ssim"]["value"] == data["totals"]["floor"]["ssim"]["value"]
    model = data["model"]
    assert model["text_model_bleu"] == 100 and model["tokenizer_reconstruction_bleu"] == pytest.approx(100)
    assert model["text_decoder_bleu"] < 60 and 0 < model["ocr_head_cer"] < 100
    assert model["parameters"] > 1_000_000 and model["share_of_the_cascade"].endswith("%")


def test_what_is_less_sure_is_left_alone_and_counts_as_wrong(weights, data_set, tmp_path):
    models = []
    for least in (0.9, 0.95):
        options = ("--min-confidence", least, "--json", tmp_path / "r.json")
        result = run("--weights", weights, data_set, *options)
        assert result.exit_code == 0 and f"min confidence: {least}" in result.output
        models.append(json.loads((tmp_path / "r.json").read_text("utf-8"))["model"])
    shown, kept = models
    assert (shown["blocks"], shown["blocks_left_alone"], kept["blocks_left_alone"]) == (5, 0, 5)
    assert kept["text_decoder_bleu"] < shown["text_decoder_bleu"]


def test_min_confidence_needs_a_system_that_leaves_text_alone(data_set, folders):
    for others in (
        (folders / "out", folders / "ref"),
        ("--weights", "de-en", data_set, "--system", "cascade"),
        ("--weights", "de-en", "--pairs", data_set / "refs.tsv"),
    ):
        result = run(*others, "--min-confidence", 0.5)
        assert result.exit_code == 2 and "--min-confidence is for" in result.output


def test_the_cascade_translates_pictures(weights, data_set, tmp_path, monkeypatch):
    monkeypatch.setattr(cascade, "plain_face", lambda: FontFace(DEJAVU, 0, "DejaVu Sans", "Book"))
    result = run("--weights", weights, data_set, "--system", "cascade", "--json", tmp_path / "r.json")
    assert result.exit_code == 0, result.output
    data = json.loads((tmp_path / "r.json").read_text("utf-8"))
    assert [row["output_text"] for row in data["rows"]] == ENGLISH
    assert data["totals"]["output"]["background_error"]["value"] < 0.5
    assert data["model"]["parameters"] > 1_000_000 and data["model"]["parameters of text_encoder"] == 700


def test_the_parts_of_the_cascade():
    assert (
        cascade.join_lines(["Die Bundes-", "regierung hat", "", "Nord-", "Süd"])
        == "Die Bundesregierung hat Nord- Süd"
    )
    text = "Er kam. Dr. Meier ging! „Wirklich?“ Ja."
    assert sentences(text, language("de")) == ["Er kam.", "Dr. Meier ging!", "„Wirklich?“", "Ja."]
    assert cascade.has_letters("Öl 5") and not cascade.has_letters("12,50 €")
    ink, spans = cascade.write("Hello world", FontFace(DEJAVU, 0, "DejaVu Sans", "Book"))
    assert ink.shape[0] == 32 and ink.max() == 1 and len(spans) == 2
    outside = np.ones(ink.shape[1], bool)
    for left, right in spans:
        assert ink[:, left:right].any()
        outside[left:right] = False
    assert not ink[:, outside].any()


def test_parameters_of_the_bundled_models():
    counts = [onnx_parameters(path) for path in cascade.engine_models(ocr_engine())]
    assert len(counts) >= 2 and all(count > 500_000 for count in counts)


def test_onnx_parameters_counts_floating_tensors(tmp_path):
    def message(number: int, data: bytes) -> bytes:
        return bytes([number << 3 | 2, len(data)]) + data

    floats = message(1, bytes([3, 4])) + bytes([2 << 3, 1])  # dims packed, data_type float
    shape = bytes([1 << 3, 9, 2 << 3, 7])  # nine int64
    graph = message(5, floats) + message(5, shape) + message(1, message(5, message(5, floats)))
    path = tmp_path / "m.onnx"
    path.write_bytes(message(7, graph))
    assert onnx_parameters(path) == 24
    path.write_bytes(b"\x3a\xff")
    with pytest.raises(IimtError, match=r"m\.onnx"):
        onnx_parameters(path)


def test_the_baseline_pairs_like_the_output(folders):
    pairing = pair(folders / "src", folders / "ref")
    assert [item.output for item in pairing.items] == [folders / f"src/{i}.png" for i in range(5)]
