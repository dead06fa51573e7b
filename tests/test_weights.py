"""Finding weights and telling whole ones from damaged ones."""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from iimt_cli import weights as module
from iimt_cli.errors import IimtError, UsageError
from iimt_cli.weights import (
    CHECKSUMS,
    ESTIMATOR,
    SYMBOLS,
    check_languages,
    export,
    find_weights,
    language_code,
    parameters,
    read_card,
    shipped,
    tensor_shapes,
    verify,
    write_checksums,
)  # fmt: skip
from tests.conftest import write_tensors


@pytest.fixture(autouse=True)
def no_others(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing ships and nothing is cached, whatever this machine has."""
    monkeypatch.setattr(module, "_shipped_folders", lambda: iter(()))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def ship(monkeypatch: pytest.MonkeyPatch, *folders: Path) -> None:
    monkeypatch.setattr(module, "_shipped_folders", lambda: iter(folders))


def another(weights: Path, name: str, source: str, target: str) -> Path:
    copy = weights.parent / name
    shutil.copytree(weights, copy)
    preset = (copy / "preset.toml").read_text("utf-8")
    preset = preset.replace('source = "de"', f'source = "{source}"').replace(
        'target = "en"', f'target = "{target}"'
    )
    (copy / "preset.toml").write_text(preset, "utf-8")
    write_checksums(copy)
    return copy


def problem(run: Callable[[], object], kind: type[IimtError] = IimtError) -> str:
    with pytest.raises(kind) as caught:
        run()
    assert type(caught.value) is kind and "\n" not in str(caught.value)
    return str(caught.value)


def test_a_folder_is_itself(weights: Path) -> None:
    assert find_weights(weights) == find_weights(f"{weights}/") == weights
    assert "is a file" in problem(lambda: find_weights(weights / "preset.toml"))
    assert "no such weights" in problem(lambda: find_weights(weights / "no" / "such" / "folder"))


def test_names(weights: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert "there are none" in problem(lambda: find_weights("de-en"))
    assert "--weights" in problem(find_weights)
    ship(monkeypatch, weights.parent)
    assert shipped() == {"de-en": weights}
    assert find_weights("de-en") == find_weights() == find_weights(None, "de", "en") == weights
    cached = tmp_path / "cache" / "iimt" / "mine"
    shutil.copytree(weights, cached)
    assert find_weights("mine") == cached
    assert "there are de-en, mine" in problem(lambda: find_weights("fr-en"))


def test_the_pair_asked_for(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    french = another(weights, "fr-en", "fr", "en")
    ship(monkeypatch, weights.parent)
    assert find_weights(None, "fr", None) == find_weights(None, "FR-ca", "en") == french
    assert "several weights fit (de → en, fr → en)" in problem(find_weights, UsageError)
    message = problem(lambda: find_weights(None, "de", "fr"), UsageError)
    assert "no weights for de → fr" in message and "de → en, fr → en" in message


def test_languages(weights: Path) -> None:
    known = check_languages(weights, "de_AT.UTF-8", "EN")
    assert (known.source, known.target) == ("de", "en") == (check_languages(weights, None, None).source, "en")
    assert (
        problem(lambda: check_languages(weights, "fr", None), UsageError)
        == "de-en translates de → en, not fr → en"
    )
    assert language_code(" De-at ") == "de"


def test_the_hub(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def download(name: str, allow_patterns: list[str]) -> str:
        asked.append((name, allow_patterns))
        if name == "who/offline":
            raise ConnectionError("no route to host\nand more")
        return str(weights)

    monkeypatch.setitem(sys.modules, "huggingface_hub", SimpleNamespace(snapshot_download=download))
    assert find_weights("who/model") == weights
    name, patterns = asked[0]
    assert name == "who/model" and {"*.safetensors", "*.spm", "preset.toml", CHECKSUMS} <= set(patterns)
    message = problem(lambda: find_weights("who/offline"))
    assert message.startswith("who/offline: no such folder") and message.endswith("(no route to host)")


def test_whole_weights_pass(weights: Path) -> None:
    verify(weights)
    (weights / "README.md").write_text("a card may be written later")
    verify(weights)
    for line in (weights / CHECKSUMS).read_text().splitlines():
        digest, name = line.split("  ")
        assert len(digest) == 64 and (weights / name).is_file()
    (weights / CHECKSUMS).unlink()
    verify(weights)  # a training run has none


@pytest.mark.parametrize("sums", [True, False])
@pytest.mark.parametrize("name", ["text.safetensors", "tokenizer.safetensors", "source.spm", "preset.toml"])
def test_damaged_weights_are_named(weights: Path, name: str, sums: bool) -> None:
    path = weights / name
    if not sums:
        (weights / CHECKSUMS).unlink()
    whole = path.read_bytes()
    if sums or path.suffix == ".safetensors":
        path.write_bytes(whole[:-1])
        assert str(path) in problem(lambda: verify(weights))
    if sums:
        path.write_bytes(bytes([whole[0] ^ 1]) + whole[1:])
        assert str(path) in problem(lambda: verify(weights))
    path.write_bytes(b"")
    assert f"{path}: the file is empty" in problem(lambda: verify(weights))
    path.unlink()
    assert f"{name} is missing" in problem(lambda: verify(weights))


def test_joint_replaces_text_and_drawer(weights: Path) -> None:
    write_tensors(weights / "joint.safetensors", **{"text_encoder.a": (3, 3), "image_decoder.b": (5,)})
    for name in ("text.safetensors", "drawer.safetensors"):
        (weights / name).unlink()
    assert "drawer.safetensors is missing" in problem(lambda: verify(weights))  # it is in the sums
    write_checksums(weights)
    verify(weights)
    assert parameters(weights) == {
        "text_encoder": 9,
        "image_decoder": 5,
        "image_tokenizer": 20,
        "separator": 3,
    }


def test_damaged_checksums(weights: Path) -> None:
    for text in ("", "abc  text.safetensors\n", "\0"):
        (weights / CHECKSUMS).write_text(text)
        assert CHECKSUMS in problem(lambda: verify(weights))


def test_headers(weights: Path, tmp_path: Path) -> None:
    assert tensor_shapes(weights / "text.safetensors") == {"text_encoder.a": (2, 2), "text_decoder.b": (7,)}
    assert parameters(weights) == {
        "image_tokenizer": 20, "separator": 3, "text_encoder": 4, "text_decoder": 7, "image_encoder": 2,
        "image_decoder": 6,
    }  # fmt: skip
    for content in (b"", b"short", b"\xff" * 40, b"\2" + b"\0" * 7 + b"[]", b"\2" + b"\0" * 7 + b"{}more"):
        path = tmp_path / "x.safetensors"
        path.write_bytes(content)
        assert str(path) in problem(lambda path=path: tensor_shapes(path))


def test_the_model_card(weights: Path) -> None:
    (weights / "README.md").unlink(missing_ok=True)
    assert read_card(weights) is None
    sections = "# de-en\nA model.\n\n## Scores\n{}\n\n## Limits\nMany.\n"
    for text, licence, scores in (
        (
            "---\nlanguage: de\nlicense: apache-2.0\n---\n" + sections.format("BLEU 24"),
            "apache-2.0",
            "## Scores\nBLEU 24",
        ),
        (
            sections.format("How:\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n| more |"),
            "",
            "| a | b |\n|---|---|\n| 1 | 2 |",
        ),
        ("# de-en\n", "", ""),
    ):
        (weights / "README.md").write_text(text)
        card = read_card(weights)
        assert card and (card.licence, card.scores, card.path) == (licence, scores, weights / "README.md")


def test_what_ships_here_is_whole() -> None:
    """The weights in this checkout, if it has any."""
    for folder in (Path(__file__).parent.parent / "weights").glob("*/preset.toml"):
        verify(folder.parent)


def test_export_takes_what_translating_needs_and_nothing_else(weights: Path, tmp_path: Path) -> None:
    write_tensors(weights / "reader.safetensors", **{"replaced.by": (1,)})
    for part in (ESTIMATOR, SYMBOLS):
        write_tensors(weights / part, **{"out.weight": (1,)})
    (weights / "text").mkdir()
    (weights / "text" / "checkpoint.safetensors").write_bytes(b"")
    out = tmp_path / "out"
    out.mkdir()
    (out / "README.md").write_text("card")
    (out / "joint.safetensors").write_bytes(b"older")
    files = export(weights, out)
    verify(out)
    assert {p.name for p in out.iterdir()} == {p.name for p in files} | {CHECKSUMS, "README.md"}
    assert (out / ESTIMATOR).exists(), "the confidence is calibrated with it"
    assert (out / SYMBOLS).exists(), "without it symbols are taken for letters"
    assert not (out / "reader.safetensors").exists()
    assert not (out / "joint.safetensors").exists()
