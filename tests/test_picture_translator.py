"""Whole pictures through the public steps: any size in, the same size out, and only what changed is new."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from iimt_cli.config import load_preset, preset_text
from iimt_cli.model.checkpoint import save_part
from iimt_cli.model.vocabulary import Vocabulary
from iimt_cli.page import Picture
from iimt_cli.paper.letterbox import letterbox, paste_changes, unletterbox
from iimt_cli.paper.model.picture_translatotron import DrawnPicture, PictureTranslatotron
from iimt_cli.paper.translator import PictureOptions, PictureTranslator
from tests.conftest import Run


@pytest.mark.parametrize("size", [(64, 256), (640, 300), (20, 31), (1, 900)])
def test_a_picture_of_any_size_fits_the_canvas_and_comes_back(size: tuple[int, int]) -> None:
    rgb = np.full((*size, 3), (200, 30, 90), np.uint8)
    frame = letterbox(rgb, 64, 256)
    assert frame.canvas.shape == (64, 256, 3)
    assert (np.abs(frame.canvas.astype(int) - (200, 30, 90)) <= 1).all(), (
        "the border has the picture's colour"
    )
    back = unletterbox(frame.canvas, frame)
    assert back.shape == rgb.shape and (np.abs(back.astype(int) - rgb) <= 1).all()


def test_only_what_changed_is_pasted() -> None:
    rgb = np.random.default_rng(0).integers(100, 120, (128, 512, 3), np.uint8)
    rgb[40:80, 60:200] = 10  # old text
    frame = letterbox(rgb, 64, 256)
    drawn = np.clip(frame.canvas.astype(int) + 6, 0, 255).astype(
        np.uint8
    )  # the background, not quite the same
    drawn[20:40, 30:100] = 116
    drawn[20:40, 150:200] = 250
    new = paste_changes(rgb, frame, drawn)
    assert (new[45:75, 70:190] > 90).all() and (new[45:75, 305:395] > 200).all()
    far = np.ones(rgb.shape[:2], bool)
    far[15:105, 35:225], far[15:105, 275:425] = False, False
    assert np.array_equal(new[far], rgb[far])


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of `picture-tiny`, as its training leaves it, untrained."""
    folder = tmp_path_factory.mktemp("pictures")
    (folder / "preset.toml").write_text(preset_text("picture-tiny")[0], encoding="utf-8")
    vocabulary = Vocabulary.train(["Guten Morgen"], 0, "characters")
    for side in ("source", "target"):
        vocabulary.save(folder / f"{side}.spm")
    torch.manual_seed(0)
    model = PictureTranslatotron(load_preset("picture-tiny"), vocabulary)
    save_part(folder / "tokenizer.safetensors", model.image_tokenizer)
    kept = {n: m for n, m in model.named_children() if n != "image_tokenizer"}
    save_part(folder / "joint.safetensors", torch.nn.ModuleDict(kept))
    return folder


class _White:
    """Draws white pictures, and says so."""

    text_decoder = object()

    def translate(self, pixels: torch.Tensor, beam: int, window: int) -> list[DrawnPicture]:
        return [DrawnPicture(torch.ones_like(p), "white", -0.1) for p in pixels]


def _translator(run: Path) -> PictureTranslator:
    translator = PictureTranslator.load(run, "cpu")
    translator.model = _White()  # type: ignore[assignment]
    return translator


def test_raw_is_what_the_model_draws_and_pasted_keeps_what_is_alike(run_folder: Path) -> None:
    rgb = np.full((50, 100, 3), 250, np.uint8)
    rgb[20:30, 20:60] = 0
    translator = _translator(run_folder)
    [raw] = translator.translate([rgb], PictureOptions(raw=True))
    assert raw.pixels.shape == rgb.shape and (raw.pixels == 255).all()
    [pasted] = translator.translate([Picture(rgb)])
    assert (pasted.pixels[22:28, 25:55] > 240).all(), "the text is gone"
    assert (pasted.pixels[:10] == 250).all(), "the rest is as it was"
    [block] = pasted.blocks
    assert (block.target, block.action, block.polygon[2]) == ("white", "translated", [100.0, 50.0])
    [kept] = translator.translate([rgb], PictureOptions(min_confidence=0.95))
    assert np.array_equal(kept.pixels, rgb) and kept.blocks[0].reason.startswith("too unsure")


def test_the_command_line_takes_such_weights(run_folder: Path, tmp_path: Path, iimt: Run) -> None:
    source = tmp_path / "a.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (90, 130, 3), np.uint8)).save(source)
    code, said = iimt(
        "translate",
        source,
        "-o",
        tmp_path / "b.png",
        "--weights",
        run_folder,
        "--raw",
        "--json",
        "--device",
        "cpu",
    )
    assert code == 0, said
    with Image.open(tmp_path / "b.png") as picture:
        assert picture.size == (130, 90)
    assert (tmp_path / "b.png.json").exists()


def test_raw_is_refused_for_strips(weights: Path, tmp_path: Path, picture, iimt: Run) -> None:
    code, said = iimt("translate", picture("a.png"), "-o", tmp_path / "b.png", "--weights", weights, "--raw")
    assert code == 2 and "--raw is for weights that draw whole pictures" in said


def test_export_takes_what_translates(run_folder: Path, tmp_path: Path, iimt: Run) -> None:
    code, said = iimt("export", run_folder, tmp_path / "out")
    assert code == 0, said
    assert sorted(p.name for p in (tmp_path / "out").glob("*.s*")) == [
        "joint.safetensors", "source.spm", "target.spm", "tokenizer.safetensors",
    ]  # fmt: skip
    code, said = iimt("info", tmp_path / "out")
    assert code == 0 and "64" in said and "image decoder" in said


def test_weights_of_another_kind_are_refused(run_folder: Path, tmp_path: Path) -> None:
    from iimt_cli.errors import IimtError

    for path in run_folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    text = preset_text("line")[0]
    (tmp_path / "preset.toml").write_text(text, encoding="utf-8")
    with pytest.raises(IimtError, match="for strips of text"):
        PictureTranslator.load(tmp_path)
