"""Marian models of the Hugging Face hub as text models: tiny ones, made here, without the hub."""

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from iimt_cli.errors import IimtError, UsageError
from iimt_cli.translation import marian
from iimt_cli.translation.marian import Marian
from tests.marian import SENTENCES, save_marian

pytest.importorskip("transformers")

Make = Callable[..., Path]


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_marian(tmp_path_factory.mktemp("marian") / "de-fr", steps=150)


@pytest.fixture
def copied(learned: Path, tmp_path: Path) -> Path:
    """A copy that may be damaged."""
    return Path(shutil.copytree(learned, tmp_path / "copy"))


def problem(call: Callable[[], object], kind: type[IimtError] = IimtError) -> str:
    with pytest.raises(kind) as caught:
        call()
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_model_translates_in_order_and_without_a_sound(
    learned: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    model = Marian(learned, "cpu")
    assert (model.source, model.target, model.name) == ("de", "fr", str(learned))
    capfd.readouterr()
    assert model(list(SENTENCES)) == list(SENTENCES.values())
    assert model([]) == [] and len(model(["Etwas ⟨1⟩ 日本 " + "sehr langes " * 500, ""])) == 2
    assert tuple(capfd.readouterr()) == ("", "")


def test_a_model_with_several_target_languages_is_told_which(tmp_path: Path) -> None:
    folder = save_marian(tmp_path / "many", languages=("de", "ROMANCE"), codes=("fra", "spa", "pt_BR"))
    assert Marian(folder, target="fr")._prefix == ">>fra<< " and Marian(folder, target="fra").target == "fr"
    assert Marian(folder, target="es")(["Guten", "Tag"]) is not None
    assert Marian(folder, target="pt")._prefix == ">>pt_BR<< "
    assert "target language" in problem(lambda: Marian(folder), UsageError)
    message = problem(lambda: Marian(folder, target="it"), UsageError)
    assert "translates into fra, pt_BR, spa, not it" in message


def test_languages_are_those_of_the_model(learned: Path, tmp_path: Path) -> None:
    assert Marian(learned, source="DE-at", target="fra").target == "fr"
    assert "source language is de, not en" in problem(lambda: Marian(learned, source="en"), UsageError)
    folder = save_marian(tmp_path / "unnamed", languages=None)
    assert "--source" in problem(lambda: Marian(folder), UsageError)
    named = Marian(folder, source="xx", target="yy")
    assert (named.source, named.target) == ("xx", "yy")


def test_only_safetensors_are_read(copied: Path) -> None:
    (copied / "model.safetensors").unlink()
    (copied / "pytorch_model.bin").write_bytes(b"cos\nsystem\n(S'touch /tmp/run'\ntR.")
    message = problem(lambda: Marian(copied))
    assert "no weights as safetensors" in message and "docs/text-models.md" in message


@pytest.mark.parametrize("name", ["config.json", "source.spm", "target.spm", "vocab.json"])
def test_what_is_missing_is_named(copied: Path, name: str) -> None:
    (copied / name).unlink()
    assert problem(lambda: Marian(copied)) == f"{copied}: no Marian model here ({name} is missing)"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("model.safetensors", "cut"),
        ("source.spm", "no vocabulary"),
        ("vocab.json", "{}"),
        ("config.json", '{"model_type": "marian", "d_model": "wide"}'),
        ("config.json", '{"model_type": "marian", "d_model": 96}'),
    ],
)
def test_what_is_damaged_is_told_in_one_line(copied: Path, name: str, text: str) -> None:
    (copied / name).write_text(text)
    message = problem(lambda: Marian(copied, "cpu")(["Samstag"]))
    assert message.startswith(f"{copied}: cannot be loaded (")


def test_other_models_are_refused(copied: Path) -> None:
    (copied / "config.json").write_text('{"model_type": "t5"}')
    assert problem(lambda: Marian(copied)) == f"{copied}: is no Marian model (t5)"
    for text in ("[", "[]", "\udce4"):
        (copied / "config.json").write_bytes(text.encode("utf-8", "surrogateescape"))
        assert "config.json: cannot be read" in problem(lambda: Marian(copied))
    assert "no such folder" in problem(lambda: Marian("no/such/folder"))
    assert "no such folder" in problem(lambda: Marian(copied / "config.json"))


def test_a_missing_package_says_how_to_install_it(learned: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(marian, "find_spec", lambda name: None)
    assert "pip install 'iimt[marian]'" in problem(lambda: Marian(learned))


def test_the_hub(learned: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def download(name: str, revision: str | None, allow_patterns: list[str]) -> str:
        asked.append((name, revision, allow_patterns))
        if name == "who/offline":
            raise ConnectionError("no route to host\nand more")
        return str(learned)

    monkeypatch.setitem(sys.modules, "huggingface_hub", SimpleNamespace(snapshot_download=download))
    assert Marian("who/model").folder == Marian("who/model@refs/pr/3").folder == learned
    assert [(name, revision) for name, revision, _ in asked] == [
        ("who/model", None),
        ("who/model", "refs/pr/3"),
    ]
    assert not any("bin" in pattern or pattern == "*" for pattern in asked[0][2])
    message = problem(lambda: Marian("who/offline"))
    assert message.startswith("who/offline: no such folder") and message.endswith("(no route to host)")


def test_naming_it_imports_neither_torch_nor_transformers(learned: Path) -> None:
    import subprocess

    code = (
        f"import sys; from iimt_cli import Marian; Marian({str(learned)!r}); "
        "print([name for name in ('torch', 'transformers', 'numpy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_files_are_those_that_transformers_writes(learned: Path, tmp_path: Path) -> None:
    """docs/text-models.md tells to make a folder so."""
    from transformers import MarianMTModel, MarianTokenizer

    MarianMTModel.from_pretrained(learned).save_pretrained(tmp_path / "saved")
    MarianTokenizer.from_pretrained(learned).save_pretrained(tmp_path / "saved")
    assert json.loads((tmp_path / "saved" / "tokenizer_config.json").read_text())["source_lang"] == "de"
    assert Marian(tmp_path / "saved")(["Samstag"]) == ["Samedi"]
