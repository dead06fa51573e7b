"""`iimt info`."""

from pathlib import Path

import pytest

from iimt_cli import weights as module
from iimt_cli.config import load_preset, preset_names
from iimt_cli.systems import kind_of
from tests.conftest import Run


def test_weights(iimt: Run, weights: Path) -> None:
    (weights / "README.md").write_text("# Card\n## Scores\n\nBLEU 24.5\n")
    code, said = iimt("info", weights)
    assert code == 0
    for part in ("weights de-en", "de → en", "match", "text decoder", "7", "all", "42", "BLEU 24.5"):
        assert part in said


def test_the_card_is_summed_up_or_shown_whole(iimt: Run, weights: Path) -> None:
    card = "---\nlicense: cc0-1.0\n---\n# Card\n## Scores\n\n| set | BLEU |\n|---|---|\n| one | 24.5 |\n\n## Limits\nMany.\n"
    (weights / "README.md").write_text(card)
    code, said = iimt("info", weights)
    assert code == 0 and "Many." not in said and str(weights / "README.md") in said.replace("\n", "")
    for part in ("cc0-1.0", "24.5", "--min-confidence", "0.85 by default", "--card, or"):
        assert part in said
    code, said = iimt("info", weights, "--card")
    assert code == 0 and "Many." in said and "24.5" in said and "cc0-1.0" not in said
    (weights / "README.md").unlink()
    assert iimt("info", weights, "--card") == (1, f"iimt: {weights}: has no model card (README.md)\n")
    assert iimt("info", "tiny", "--card")[0] == 2


def test_presets(iimt: Run) -> None:
    code, said = iimt("info", "tiny")
    assert code == 0 and "preset tiny" in said and "image tokenizer" in said
    assert iimt("info", "none.toml")[0] == 1


def test_the_paper_has_the_parameters_of_the_paper() -> None:
    counts = kind_of(load_preset("paper")).parameters(load_preset("paper"))["parameters"]
    millions = {name: count / 1e6 for name, count in counts.items()}
    assert millions.pop("image_encoder") == pytest.approx(86, abs=0.5)
    assert millions.pop("text_decoder") == pytest.approx(36, abs=0.5)
    assert millions.pop("image_decoder") == pytest.approx(40, abs=0.5)
    assert millions.pop("image_tokenizer_decoder") == pytest.approx(9, abs=0.5)
    assert not millions
    assert sum(counts.values()) / 1e6 == pytest.approx(171, abs=1)


def test_whole_pictures(iimt: Run) -> None:
    code, said = iimt("info", "paper")
    assert code == 0
    for part in (
        "512×512",
        "32×32 = 1024",
        "16×16 px",
        "8,192 codes",
        "that only train",
        "ocr decoder",
        "teacher",
    ):
        assert part in said


def test_without_weights(iimt: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_shipped_folders", lambda: iter(()))
    code, said = iimt("info")
    assert code == 0 and "none" in said and "line" in said


def test_damaged(iimt: Run, weights: Path, tmp_path: Path) -> None:
    (weights / "text.safetensors").write_bytes(b"")
    code, said = iimt("info", weights)
    assert code == 1 and said.count("\n") == 1 and "text.safetensors: the file is empty" in said
    assert iimt("info", tmp_path) == (1, f"iimt: {tmp_path}: no weights here (preset.toml is missing)\n")


@pytest.mark.parametrize("name", preset_names())
def test_every_preset_is_described(name: str, iimt: Run) -> None:
    code, said = iimt("info", name)
    assert code == 0 and f"preset {name}" in said and "training" in said
