"""Presets: what ships loads, and every mistake is named with its file, its key and what is allowed."""

from pathlib import Path

import pytest

from iimt_cli.config import Preset, load_preset, preset_names, preset_text
from iimt_cli.errors import IimtError


def problem(tmp_path: Path, text: str) -> str:
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(IimtError) as caught:
        load_preset(path)
    message = str(caught.value)
    assert message.startswith(str(path)) and "\n" not in message
    return message.removeprefix(f"{path}: ")


@pytest.mark.parametrize("name", preset_names())
def test_presets_that_ship_load_under_their_own_name(name: str) -> None:
    preset = load_preset(name)
    assert preset.name == name
    assert preset.canvas.max_width % preset.canvas.patch == 0


def test_line_is_a_preset() -> None:
    assert "line" in preset_names()


def test_a_copy_of_a_preset_is_the_same_preset(tmp_path: Path) -> None:
    (tmp_path / "copy.toml").write_text(preset_text("line")[0], encoding="utf-8")
    assert load_preset(tmp_path / "copy.toml") == load_preset("line")


def test_what_is_left_out_keeps_its_default(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text('name = "mine"\n[text_decoder]\nlayers = 7\n', encoding="utf-8")
    preset = load_preset(tmp_path / "mine.toml")
    assert preset.text_decoder.layers == 7
    assert preset.text_decoder.dim == Preset().text_decoder.dim
    assert preset.training == Preset().training


def test_a_whole_number_is_fine_where_a_number_is_wanted(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text("[training.text]\nhours = 2\n", encoding="utf-8")
    hours = load_preset(tmp_path / "mine.toml").training.text.hours
    assert hours == 2.0 and isinstance(hours, float)


def test_unknown_key(tmp_path: Path) -> None:
    assert problem(tmp_path, "[text_decoder]\nlayer = 3\n") == (
        "unknown key 'text_decoder.layer' (allowed: dim, dropout, ff, heads, layers)"
    )
    assert problem(tmp_path, "[training.text]\nlerning_rate = 1\n").startswith(
        "unknown key 'training.text.lerning_rate' (allowed: accumulate, "
    )
    assert problem(tmp_path, "[decoder]\n").startswith("unknown key 'decoder' (allowed: alphabet, canvas, ")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('[canvas]\nheight = "32"\n', "'canvas.height' is '32', but must be of type whole number"),
        ("[canvas]\nheight = 32.5\n", "'canvas.height' is 32.5, but must be of type whole number"),
        ("[canvas]\nheight = true\n", "'canvas.height' is True, but must be of type whole number"),
        ("[training.text]\nlr = true\n", "'training.text.lr' is True, but must be of type number"),
        ("name = 3\n", "'name' is 3, but must be of type text"),
        ("canvas = 3\n", "'canvas' must be a table"),
        ("[separator]\nchannels = 16\n", "'separator.channels' must be a list of whole number"),
        (
            '[separator]\nchannels = [16, "x"]\n',
            "'separator.channels' is 'x', but must be of type whole number",
        ),
        ("[training.text]\nhours = -1\n", "'training.text.hours' is -1.0, but must not be negative"),
    ],
)
def test_wrong_types(tmp_path: Path, text: str, expected: str) -> None:
    assert problem(tmp_path, text) == expected


def test_a_choice_lists_what_can_be_chosen(tmp_path: Path) -> None:
    assert problem(tmp_path, '[image_tokenizer]\nquantiser = "kmeans"\n') == (
        "'image_tokenizer.quantiser' is 'kmeans' (allowed: fsq, vq)"
    )


def test_toml_that_is_not_toml_names_the_line(tmp_path: Path) -> None:
    message = problem(tmp_path, "[canvas]\nheight == 32\n")
    assert message.startswith("not valid TOML (") and "line 2" in message


def test_files_that_are_not_there_or_not_text(tmp_path: Path) -> None:
    with pytest.raises(IimtError, match=r"nothing: no such preset \(known: .*line.*\.toml file\)"):
        load_preset("nothing")
    with pytest.raises(IimtError, match=r"mine\.toml: no such preset"):
        load_preset(tmp_path / "mine.toml")
    (tmp_path / "mine.toml").write_bytes(b'name = "\xff\xfe"\n')
    with pytest.raises(IimtError, match=r"mine\.toml: cannot be read"):
        load_preset(tmp_path / "mine.toml")
