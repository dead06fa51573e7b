"""The reverse model: how likely a source is, given its translation; its weights in 8 bits; how its training begins."""

import sys
from pathlib import Path

import pytest
import torch

from iimt_cli.config import Preset, load_preset
from iimt_cli.data.formats import text_lines
from iimt_cli.errors import IimtError
from iimt_cli.language import language
from iimt_cli.language.base import Packs
from iimt_cli.model.checkpoint import load_part, save_in_bytes, save_part, save_tensors
from iimt_cli.model.reverse import Reverse, load_reverse
from iimt_cli.model.text import TextTranslator, pad
from iimt_cli.model.vocabulary import BEGIN, END, Vocabulary
from iimt_cli.weights import REVERSE

sys.path.insert(0, str(Path(__file__).parent.parent / "recipes"))
import reverse_model

GERMAN = ["Das Haus ist alt.", "Der Hund schläft.", "Wir gehen morgen ins Kino."]
ENGLISH = ["The house is old.", "The dog is asleep.", "We are going to the cinema tomorrow."]
CPU = torch.device("cpu")


@pytest.fixture
def preset() -> Preset:
    return load_preset("tiny")


@pytest.fixture
def vocabularies() -> tuple[Vocabulary, Vocabulary]:
    return Vocabulary.train(GERMAN * 9, 200), Vocabulary.train(ENGLISH * 9, 200)


def translator(preset: Preset, source: Vocabulary, target: Vocabulary, seed: int = 0) -> TextTranslator:
    torch.manual_seed(seed)
    return TextTranslator(
        len(source), len(target), preset.text_encoder, preset.text_decoder, preset.image_encoder.dim
    )


def test_it_prefers_the_translation_that_it_has_learned(
    preset: Preset, vocabularies: tuple[Vocabulary, Vocabulary]
) -> None:
    german, english = vocabularies
    model = translator(preset, english, german)
    reverse = Reverse(model, german, english, Packs(language("de"), language("en")))
    given = pad([[*english.encode(text), END] for text in ENGLISH])
    wanted = pad([[BEGIN, *german.encode(text), END] for text in GERMAN])
    optimiser = torch.optim.Adam(model.parameters(), 3e-3)
    for _ in range(60):
        optimiser.zero_grad()
        model(given, wanted).backward()
        optimiser.step()
    right = reverse.forced(GERMAN, ENGLISH).scores.sum(1)
    wrong = reverse.forced(GERMAN, ENGLISH[1:] + ENGLISH[:1]).scores.sum(1)
    assert (right > wrong).all()


def test_it_does_not_see_capitals_or_what_both_sides_copy(
    preset: Preset, vocabularies: tuple[Vocabulary, Vocabulary]
) -> None:
    german, english = vocabularies
    reverse = Reverse(
        translator(preset, english, german), german, english, Packs(language("de"), language("en"))
    )
    small = reverse.forced(["das haus: 12,50 €"], ["the house: €12.50"]).scores
    assert torch.equal(small, reverse.forced(["DAS HAUS: 12,50 €"], ["THE HOUSE: €12.50"]).scores)
    assert torch.equal(small, reverse.forced(["das haus: 13,70 €"], ["the house: €13.70"]).scores)


def test_matrices_in_bytes_take_half_the_room_and_say_the_same(
    tmp_path: Path, preset: Preset, vocabularies: tuple[Vocabulary, Vocabulary]
) -> None:
    german, english = vocabularies
    model = translator(preset, english, german)
    save_part(tmp_path / "half.safetensors", model)
    save_in_bytes(tmp_path / REVERSE, model)
    assert (tmp_path / REVERSE).stat().st_size < 0.62 * (tmp_path / "half.safetensors").stat().st_size
    again = translator(preset, english, german, seed=1)
    load_part(tmp_path / REVERSE, again)
    for name, tensor in model.state_dict().items():
        step = tensor.abs().max() / 127
        assert (again.state_dict()[name] - tensor).abs().max() <= step, name


def test_it_lies_beside_the_weights(
    tmp_path: Path, preset: Preset, vocabularies: tuple[Vocabulary, Vocabulary]
) -> None:
    german, english = vocabularies
    assert load_reverse(tmp_path, preset, german, english, CPU) is None
    save_in_bytes(tmp_path / REVERSE, translator(preset, english, german))
    reverse = load_reverse(tmp_path, preset, german, english, CPU)
    assert reverse is not None and reverse.forced(GERMAN, ENGLISH).scores.shape[0] == 3
    with pytest.raises(IimtError, match=REVERSE):
        load_reverse(tmp_path, preset, english, Vocabulary.train(GERMAN * 9, 210), CPU)
    save_tensors(tmp_path / REVERSE, {"a.scale": torch.ones(3)})
    with pytest.raises(IimtError, match=r"'a\.scale' belongs to no matrix"):
        load_reverse(tmp_path, preset, german, english, CPU)


def test_a_run_begins_with_the_sides_exchanged(
    tmp_path: Path,
    preset: Preset,
    vocabularies: tuple[Vocabulary, Vocabulary],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    german, english = vocabularies
    weights, run, pairs = tmp_path / "weights", tmp_path / "run", tmp_path / "pairs.tsv"
    weights.mkdir()
    german.save(weights / "source.spm")
    english.save(weights / "target.spm")
    text = (Path(reverse_model.load_preset.__code__.co_filename).parent / "presets/tiny.toml").read_text()
    (weights / "preset.toml").write_text(text)
    model = translator(preset, german, english)
    save_part(weights / "text.safetensors", model)
    pairs.write_text("".join(f"{de}\t{en}\n" for de, en in zip(GERMAN, ENGLISH, strict=True)))
    command = ["begin", weights, run, "--data", f"{pairs}:2", "--valid", pairs, "--hours", "1"]
    monkeypatch.setattr(sys, "argv", ["reverse_model.py", *map(str, command)])
    reverse_model.main()
    assert (run / "mix.toml").read_text() == '[corpora]\n"00.tsv" = 2.0\n'
    assert list(text_lines(run / "00.tsv")) == [f"{en}\t{de}" for de, en in zip(GERMAN, ENGLISH, strict=True)]
    assert load_preset(run / "preset.toml").languages.source == "en"
    begun, source, target, _ = reverse_model.loaded(run)
    assert (source.encode(ENGLISH[0]), target.encode(GERMAN[0])) == (
        english.encode(ENGLISH[0]),
        german.encode(GERMAN[0]),
    )
    ours, theirs = begun.text_decoder.embedding.weight, model.text_encoder.embedding.weight
    assert torch.allclose(ours, theirs, atol=1e-3), "the German embeddings are the decoder's now"
