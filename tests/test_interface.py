"""The public interface: what `import iimt_cli` offers, with the shipped weights where it has to translate."""

import inspect
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import iimt_cli
from iimt_cli import IimtError, Options, Picture, Translation, Translator, load, read_picture
from iimt_cli.translation.base import as_picture
from iimt_cli.translation.translator import StripTranslator
from tests import standin

ROOT = Path(__file__).parent.parent
SIGN = ROOT / "examples" / "sign.png"


@pytest.fixture
def translator(stand_in: object, weights: Path) -> Translator:
    return load(weights)


def test_every_public_name_is_there_and_others_are_not() -> None:
    for name in iimt_cli.__all__:
        assert getattr(iimt_cli, name) is not None and name in dir(iimt_cli)
    with pytest.raises(AttributeError, match="nonsense"):
        iimt_cli.nonsense  # noqa: B018


def test_what_is_public_says_what_it_does() -> None:
    public = [getattr(iimt_cli, name) for name in iimt_cli.__all__ if name != "__version__"]
    methods = [
        method
        for kind in filter(inspect.isclass, public)
        for name, method in inspect.getmembers(kind, inspect.isfunction)
        if not name.startswith("_")
    ]
    assert all(inspect.getdoc(one) for one in (*public, *methods))


def test_a_picture_comes_as_a_file_an_array_an_image_or_a_picture(translator: Translator) -> None:
    rgb = np.asarray(Image.open(SIGN).convert("RGB"))
    sources = [SIGN, str(SIGN), rgb, Image.fromarray(rgb), Picture(rgb), read_picture(SIGN)]
    for source in sources:
        result = translator.translate(source)
        assert isinstance(result, Translation) and np.array_equal(result.pixels, 255 - rgb)
        assert result.picture.rgb.shape == rgb.shape
    assert [r.blocks[0].target for r in translator.translate(sources)] == ["Greetings"] * len(sources)
    assert translator.translate([]) == []


def test_arrays_may_be_grey_or_have_alpha() -> None:
    grey = np.full((4, 5), 7, np.uint8)
    assert as_picture(grey).rgb.tolist() == np.full((4, 5, 3), 7).tolist() and as_picture(grey).grey
    rgba = np.dstack([np.zeros((4, 5, 3), np.uint8), grey])
    assert np.array_equal(as_picture(rgba).alpha, grey)
    assert as_picture(np.full((4, 5, 4), 255, np.uint8)).alpha is None
    palette = Image.new("P", (5, 4))
    assert as_picture(palette).rgb.shape == (4, 5, 3)


@pytest.mark.parametrize(
    "wrong",
    [
        np.zeros((4, 5, 3)),
        np.zeros((4, 5, 2), np.uint8),
        np.zeros((2, 4, 5, 3), np.uint8),
        np.zeros((0, 5, 3), np.uint8),
    ],
)
def test_what_is_no_picture_is_told(translator: Translator, wrong: np.ndarray, tmp_path: Path) -> None:
    with pytest.raises(IimtError, match="no picture"):
        translator.translate(wrong)
    with pytest.raises(IimtError, match=r"none\.png: no such file"):
        translator.translate(tmp_path / "none.png")


def test_a_translation_saves_itself(translator: Translator, tmp_path: Path) -> None:
    result = translator.translate(SIGN)
    result.save(tmp_path / "sign.png")
    assert np.array_equal(read_picture(tmp_path / "sign.png").rgb, result.pixels)
    with pytest.raises(IimtError, match=r"sign\.xyz: cannot write"):
        result.save(tmp_path / "sign.xyz")


def test_weights_are_found_by_name_and_checked(
    tmp_path: Path, weights: Path, stand_in: type[standin.Translator]
) -> None:
    load("de-en", "cpu")
    assert stand_in.loaded == [(ROOT / "weights" / "de-en", "cpu")]
    with pytest.raises(IimtError, match="no such weights"):
        load("xx-yy")
    with pytest.raises(IimtError, match="de → en, not fr → en"):
        load(weights, source="fr")
    (weights / "text.safetensors").write_bytes(b"")
    with pytest.raises(IimtError, match=r"text\.safetensors"):
        load(weights)


def test_the_stand_in_is_called_as_the_real_translator_is() -> None:
    for name, real in inspect.getmembers(StripTranslator, inspect.isfunction):
        if not name.startswith("_") and name in dir(Translator):
            taken = inspect.signature(getattr(standin.Translator, name)).parameters
            wanted = inspect.signature(real).parameters
            assert list(taken) == list(wanted), name


def test_it_translates(tmp_path: Path) -> None:
    translator = load("de-en", device="cpu")
    sign, again = translator.translate([SIGN, SIGN])
    assert np.array_equal(sign.pixels, again.pixels)
    assert any(block.action == "translated" for block in sign.blocks)
    kept = translator.translate(SIGN, Options(min_confidence=1.0))
    assert np.array_equal(kept.pixels, read_picture(SIGN).rgb)
    assert translator.translate_text("Guten Morgen!").target == "Good morning!"
