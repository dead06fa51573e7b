"""Sixteen bits, as on a GPU, computed here by the CPU: everything goes through, and says the same."""

from pathlib import Path

import numpy as np
import pytest
import torch

from iimt_cli.config import load_preset
from iimt_cli.language.alphabet import WESTERN
from iimt_cli.model import precision
from iimt_cli.model.image_decoder import character_numbers, lay_out
from iimt_cli.model.vocabulary import Vocabulary
from iimt_cli.page import read_picture
from iimt_cli.paper import translator as picture_translator
from iimt_cli.paper.model.picture_translatotron import PictureTranslatotron
from iimt_cli.paper.translator import PictureOptions, PictureTranslator
from iimt_cli.translation import translator

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent


@pytest.fixture
def sixteen_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precision, "half_precision", lambda device: torch.bfloat16)
    for module in (translator, picture_translator):
        monkeypatch.setattr(module, "pack", lambda model: None)  # packed layers are for 32 bits


def test_a_processor_keeps_its_32_bits() -> None:
    assert precision.half_precision(torch.device("cpu")) is None


def test_signs_say_the_same(sixteen_bits: None, monkeypatch: pytest.MonkeyPatch) -> None:
    system = translator.StripTranslator.load(ROOT / "weights" / "de-en", "cpu")
    pictures = [read_picture(ROOT / "examples" / name) for name in ("sign.png", "dialog.png")]
    half = [block for result in system.translate(pictures) for block in result.blocks]
    assert system.translate_text("Guten Morgen!").target == "Good morning!"
    monkeypatch.undo()
    full = [block for result in system.translate(pictures) for block in result.blocks]
    assert len(half) == len(full) > 10
    same = [(a.source, a.target) == (b.source, b.target) for a, b in zip(half, full, strict=True)]
    assert np.mean(same) > 0.8, [(a, b) for a, b, alike in zip(half, full, same, strict=True) if not alike]


def test_whole_pictures_come_back(sixteen_bits: None) -> None:
    vocabulary = Vocabulary.train(["Guten Morgen"], 0, "characters")
    torch.manual_seed(0)
    preset = load_preset("picture-tiny")
    system = PictureTranslator(preset, PictureTranslatotron(preset, vocabulary), torch.device("cpu"))
    rgb = np.full((90, 300, 3), 200, np.uint8)
    [result] = system.translate([rgb], PictureOptions(raw=True))
    assert result.pixels.shape == rgb.shape and result.pixels.dtype == np.uint8


def test_letters_keep_their_places() -> None:
    characters = character_numbers(["a" * 200], WESTERN)
    widths = torch.full((1, 200), 9.5, dtype=torch.bfloat16)
    edges = lay_out(characters, widths, patch=8, max_columns=1000).edges
    assert edges[0, -1] == pytest.approx(6 + 200 * 9.5)
