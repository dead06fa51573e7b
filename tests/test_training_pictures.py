"""Training on whole pictures: data, every term of the losses and the switch of each, and all stages for a few steps."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from iimt_cli.config import Preset, Training, load_preset, preset_text
from iimt_cli.data import fonts
from iimt_cli.data.corpora import Corpus, Pair
from iimt_cli.data.fonts import find_fonts
from iimt_cli.data.pages import page_style
from iimt_cli.data.synthesize import Recipe, synthesize
from iimt_cli.errors import IimtError
from iimt_cli.model.checkpoint import load_tensors, save_part, save_tensors
from iimt_cli.model.image_tokenizer import ImageTokenizer
from iimt_cli.model.vocabulary import Vocabulary
from iimt_cli.paper.model.picture_translatotron import PictureTranslatotron
from iimt_cli.paper.model.teacher import Teacher
from iimt_cli.paper.training.joint_stage import PictureJointStage
from iimt_cli.paper.training.pairs import FolderPairs, RenderedPairs
from iimt_cli.paper.training.tokenizer_losses import Discriminator, PerceptualLoss, adversarial_losses
from iimt_cli.paper.training.tokenizer_stage import PictureTokenizerStage, _strength
from iimt_cli.training.checkpoint import mean_tensors
from iimt_cli.training.loop import Budget, learning_rate, train
from iimt_cli.training.run import TrainingData, TrainOptions, run_training
from iimt_cli.training.stage import Evaluation, Share, Stage

pytestmark = pytest.mark.slow

PAIRS = (
    ("Guten Morgen", "Good morning"),
    ("Bitte nicht rauchen.", "Please do not smoke."),
    ("Wo ist der Bahnhof?", "Where is the station?"),
    ("Das Eis ist dünn.", "The ice is thin."),
)


@pytest.fixture(scope="module")
def preset() -> Preset:
    """`picture-tiny`, smaller still."""
    tiny = load_preset("picture-tiny")
    batch = replace(tiny.training.joint, batch=2, warmup=1)
    training = replace(tiny.training, tokenizer=batch, teacher=batch, joint=batch)
    return replace(
        tiny,
        vit=replace(tiny.vit, dim=32, layers=2, ff=32, ocr_layer=1),
        text_decoder=replace(tiny.text_decoder, dim=32, layers=1, ff=32),
        image_decoder=replace(tiny.image_decoder, dim=32, layers=1, ff=32),
        image_tokenizer=replace(
            tiny.image_tokenizer,
            dim=32,
            encoder_layers=1,
            decoder_layers=1,
            ff=32,
            codebook=64,
            unquantised=1,
        ),
        training=training,
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, preset: Preset) -> Path:
    """Four pairs of pictures, as `synthesize-data --preset picture-tiny` makes them."""
    out = tmp_path_factory.mktemp("pairs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fonts, "_system_fonts", lambda alphabet: [])
        faces = tuple(find_fonts())
    recipe = Recipe(
        PAIRS, faces, scene="canvas", backgrounds=("plain",), clean=True, page=page_style(preset, False)
    )
    synthesize(out, recipe, 4)
    return out


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, preset: Preset) -> Path:
    """A run folder with an untrained tokenizer and teacher."""
    out = tmp_path_factory.mktemp("run")
    torch.manual_seed(0)
    tokenizer = ImageTokenizer(preset.image_tokenizer, preset.canvas)
    save_part(out / "tokenizer.safetensors", tokenizer)
    save_part(
        out / "teacher.safetensors", Teacher(preset.teacher, len(_words()), tokenizer.digits, preset.canvas)
    )
    return out


def _words() -> Vocabulary:
    return Vocabulary.train([text for pair in PAIRS for text in pair], 0, "characters")


def _stage(preset: Preset, run: Path, folder: Path) -> PictureJointStage:
    words = _words() if preset.text else None
    return PictureJointStage(preset, run, 1, FolderPairs(folder, preset), [], words, words)


def test_pages_are_plain_centred_and_wrapped(folder: Path, preset: Preset) -> None:
    records = [json.loads(line) for line in (folder / "metadata.jsonl").read_text().splitlines()]
    assert {r["source_text"] for r in records} == {source for source, _ in PAIRS}
    for i, record in enumerate(records):
        pair = FolderPairs(folder, preset).at(i)
        assert pair.target.shape == (64, 256, 3) and pair.target_text == record["target_text"]
        for picture, lines in ((pair.source, record["source_lines"]), (pair.target, record["target_lines"])):
            corner = picture[0, 0]
            ink = (picture != corner).any(-1)
            rows, columns = np.flatnonzero(ink.any(1)), np.flatnonzero(ink.any(0))
            assert abs(columns[0] + columns[-1] - 255) < 12, "centred from left to right"
            assert abs(rows[0] + rows[-1] - 63) < 14, "and from top to bottom"
            assert ink.mean() < 0.3
            assert " ".join(line["text"] for line in lines) in (record["source_text"], record["target_text"])


def test_white_pages_are_black_on_white(preset: Preset, tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fonts, "_system_fonts", lambda alphabet: [])
        faces = tuple(find_fonts())
    recipe = Recipe(
        PAIRS, faces, scene="canvas", backgrounds=("white",), clean=True, page=page_style(preset, False)
    )
    synthesize(tmp_path, recipe, 3)
    for pair in map(FolderPairs(tmp_path, preset).at, range(3)):
        assert (pair.target[0, 0] == 255).all() and pair.target.min() < 20
        assert (pair.target == pair.target[..., :1]).all(), "no colour"


def test_long_texts_wrap_and_hard_pages_hold_several_blocks(preset: Preset) -> None:
    pair = Pair(
        "Vor dem Essen bitte die Hände waschen, und zwar alle.", "Please wash your hands before the meal."
    )
    corpus = Corpus(Path("a"), (*(Pair(*p) for p in PAIRS), pair))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fonts, "_system_fonts", lambda alphabet: [])
        faces = find_fonts()
    wide = replace(preset, canvas=replace(preset.canvas, height=256, rows=32))
    hard = replace(wide, training=replace(wide.training, hard=True, max_chars=60))
    texts = {
        RenderedPairs(hard, [corpus], faces).pair(i, lambda *k: np.random.default_rng(k)).source_text
        for i in range(12)
    }
    assert any(text not in {p.source for p in corpus.pairs} for text in texts), "several blocks on one page"
    with pytest.raises(IimtError, match="none of the sentence pairs has 50 to 44"):
        RenderedPairs(replace(preset, training=replace(preset.training, min_chars=50)), [corpus], faces)


def test_pictures_on_the_fly_follow_from_their_number(preset: Preset) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fonts, "_system_fonts", lambda alphabet: [])
        faces = find_fonts()
    source = RenderedPairs(preset, [Corpus(Path("a"), tuple(Pair(*p) for p in PAIRS))], faces)

    def rng(*key: int) -> np.random.Generator:
        return np.random.default_rng((1, *key))

    one, again, other = source.pair(5, rng), source.pair(5, rng), source.pair(6, rng)
    assert np.array_equal(one.source, again.source) and not np.array_equal(one.source, other.source)
    assert (one.source_text, one.target_text) in PAIRS


def test_every_pair_of_a_folder_comes_once_before_any_comes_twice(folder: Path, preset: Preset) -> None:
    pairs = FolderPairs(folder, preset)
    seen = [pairs.pair(n, lambda *k: np.random.default_rng(k)).source_text for n in range(8)]
    assert set(seen[:4]) == set(seen[4:]) == {source for source, _ in PAIRS}


Change = Callable[[Preset], Preset]


def _losses(**changes: float) -> Change:
    def change(preset: Preset) -> Preset:
        losses = replace(preset.training.losses, **changes)
        return replace(preset, training=replace(preset.training, losses=losses))

    return change


def _whole(preset: Preset) -> Preset:
    return preset


def _mute(preset: Preset) -> Preset:
    return replace(preset, text_decoder=replace(preset.text_decoder, layers=0))


def _textless(preset: Preset) -> Preset:
    return replace(preset, text=False)


def _summed(preset: Preset) -> Preset:
    return replace(preset, image_decoder=replace(preset.image_decoder, gate="sum"))


def _turned(preset: Preset) -> Preset:
    return replace(preset, image_decoder=replace(preset.image_decoder, scan="columns"))


@pytest.mark.parametrize(
    ("change", "terms"),
    [
        (_whole, {"image", "text", "ocr", "kd"}),
        (_losses(ocr=0.0), {"image", "text", "kd"}),
        (_losses(text=0.0), {"image", "ocr", "kd"}),
        (_losses(distillation=0.0), {"image", "text", "ocr"}),
        (_mute, {"image", "ocr", "kd"}),
        (_summed, {"image", "text", "ocr", "kd"}),
        (_turned, {"image", "text", "ocr", "kd"}),
        (_textless, {"image"}),
    ],
)
def test_each_switch_takes_out_the_term_it_names(
    preset: Preset, run: Path, folder: Path, change: Change, terms: set[str]
) -> None:
    stage = _stage(change(preset), run, folder)
    pairs = [FolderPairs(folder, preset).at(i) for i in range(3)]
    found = stage.terms(pairs)
    assert set(found) == terms
    assert all(term.shape == (3,) and torch.isfinite(term).all() for term in found.values())
    trained = {n.split(".")[0] for n, _ in stage.module.named_parameters()}
    assert trained == ({"system", "ocr"} if "ocr" in terms else {"system"})


def test_weights_scale_the_terms_and_temperature_softens_the_distillation(
    preset: Preset, run: Path, folder: Path
) -> None:
    pairs = [FolderPairs(folder, preset).at(i) for i in range(2)]

    def terms(**losses: float) -> dict[str, Any]:
        return _stage(_losses(**losses)(preset), run, folder).terms(pairs)

    plain, double, soft = terms(), terms(ocr=2.0, text=3.0), terms(temperature=4.0)
    assert torch.allclose(double["ocr"], 2 * plain["ocr"]) and torch.allclose(
        double["text"], 3 * plain["text"]
    )
    assert torch.allclose(double["image"], plain["image"])
    assert not torch.allclose(soft["kd"], plain["kd"]) and torch.allclose(soft["image"], plain["image"])


def test_terms_of_a_picture_do_not_depend_on_its_neighbours(preset: Preset, run: Path, folder: Path) -> None:
    stage = _stage(preset, run, folder)
    stage.module.eval()
    pairs = [FolderPairs(folder, preset).at(i) for i in range(4)]
    together, alone = stage.terms(pairs), stage.terms(pairs[2:3])
    for name, term in together.items():
        assert torch.allclose(term[2:3], alone[name], atol=1e-4), name


@pytest.mark.parametrize("rate", [0.0, 0.5])
def test_the_encoder_learns_at_a_rate_of_its_own(
    preset: Preset, run: Path, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rate: float
) -> None:
    """AdamW's first steps move the weights by the learning rate, whatever their gradients."""
    for path in run.glob("*.safetensors"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    stage = _stage(replace(preset, vit=replace(preset.vit, rate=rate)), tmp_path, folder)
    monkeypatch.setattr(stage, "evaluate", lambda: Evaluation({}))
    parts = {"encoder": stage.system.image_encoder, "decoder": stage.system.image_decoder}
    before = {name: [p.detach().clone() for p in part.parameters()] for name, part in parts.items()}
    train(stage, Budget(1.0, 2), resume=False)
    furthest = {
        name: max(
            float((p.detach() - q).abs().max()) for p, q in zip(part.parameters(), before[name], strict=True)
        )
        for name, part in parts.items()
    }
    assert furthest["decoder"] > 0
    assert furthest["encoder"] == pytest.approx(rate * furthest["decoder"], rel=0.1)


def test_the_teacher_comes_first(preset: Preset, folder: Path, run: Path, tmp_path: Path) -> None:
    with pytest.raises(IimtError, match="the image tokenizer must be trained first"):
        _stage(preset, tmp_path, folder)
    (tmp_path / "tokenizer.safetensors").write_bytes((run / "tokenizer.safetensors").read_bytes())
    with pytest.raises(IimtError, match="needs the stage teacher first"):
        _stage(preset, tmp_path, folder)
    _stage(_losses(distillation=0.0)(preset), tmp_path, folder)


def test_tokenizer_losses(
    preset: Preset, folder: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def figures(preset: Preset) -> set[str]:
        stage = PictureTokenizerStage(preset, tmp_path, 1, FolderPairs(folder, preset), [])
        stage.module.train()
        return set(stage.loss(0, Share())[2])

    assert figures(preset) == {"pixels", "perceptual", "adversarial", "judge", "codes"}
    assert "perceptual loss: random features" in caplog.text
    assert figures(_losses(adversarial=0.0)(preset)) == {"pixels", "perceptual", "codes"}
    assert figures(_losses(adversarial=0.0, perceptual=0.0)(preset)) == {"pixels", "codes"}


def test_perceptual_features_see_strokes() -> None:
    network = PerceptualLoss("", 3)
    picture = torch.ones(1, 3, 32, 64)
    picture[:, :, 8:24, 20:24] = 0
    moved, dimmed = picture.roll(5, 3), picture * 0.98
    assert float(network(picture, picture)) == 0
    assert float(network(moved, picture)) > 5 * float(network(dimmed, picture))


def test_judge_and_tokenizer_learn_from_their_own_term_only() -> None:
    torch.manual_seed(0)
    judge, drawn, real = (
        Discriminator(3),
        torch.rand(2, 3, 32, 32, requires_grad=True),
        torch.rand(2, 3, 32, 32),
    )
    misleading, judging = adversarial_losses(judge, drawn, real)
    misleading.sum().backward()
    assert drawn.grad is not None and all(p.grad is None for p in judge.parameters())
    drawn.grad = None
    judging.sum().backward()
    assert drawn.grad is None and all(p.grad is not None for p in judge.parameters())


def test_the_judge_pulls_as_hard_as_the_pixels() -> None:
    torch.manual_seed(0)
    drawn, real = torch.rand(2, 3, 32, 32, requires_grad=True), torch.rand(2, 3, 32, 32)
    misleading, _ = adversarial_losses(Discriminator(3), drawn, real)
    pulls = [
        torch.autograd.grad(term.sum(), drawn, retain_graph=True)[0].flatten(1).norm(dim=1)
        for term in (_strength(misleading, drawn) * misleading, (drawn - real).abs().mean((1, 2, 3)))
    ]
    assert torch.allclose(*pulls, rtol=1e-4)


class _Line(Stage):
    """Fits one number; what it is told to score."""

    name = "joint"

    def __init__(self, run: Path, training: Training, scores: list[float]) -> None:
        super().__init__(replace(load_preset("picture-tiny"), training=training), run, 1)
        self.net, self.scores, self.calls = torch.nn.Linear(1, 1), scores, 0

    @property
    def module(self) -> torch.nn.Module:
        return self.net

    def loss(self, step: int, share: Share) -> tuple[torch.Tensor, int, dict[str, float]]:
        x = torch.tensor(share.of(list(range(step, step + 4))), dtype=torch.float32)[:, None] / 50
        self.calls += 1
        return (self.net(x) - 2 * x).square().sum(), len(x), {"calls": 1.0}

    def evaluate(self) -> Evaluation:
        return Evaluation(
            {"score": self.scores[0]}, main=self.scores.pop(0) if len(self.scores) > 1 else None
        )

    def save(self) -> None:
        save_tensors(self.run / "line.safetensors", self.net.state_dict())


def _training(**settings: Any) -> Training:
    base = Training()
    return replace(base, joint=replace(base.joint, batch=4, lr=0.01, warmup=1, **settings))


def test_accumulated_parts_are_one_batch(tmp_path: Path) -> None:
    whole, parts = (_Line(tmp_path / f"{n}", _training(accumulate=n), [0.0]) for n in (1, 4))
    for stage in (whole, parts):
        stage.run.mkdir()
        train(stage, Budget(1.0, 10), resume=False)
    assert (whole.calls, parts.calls) == (10, 40)
    for a, b in zip(whole.net.parameters(), parts.net.parameters(), strict=True):
        assert torch.allclose(a, b, atol=1e-6)
    with pytest.raises(IimtError, match=r"'training\.joint\.batch' is 4, fewer than the 5 parts"):
        train(_Line(tmp_path, _training(accumulate=5), [0.0]), Budget(1.0, 10), resume=False)


def test_patience_ends_a_stage_that_gets_no_better(tmp_path: Path) -> None:
    stage = _Line(tmp_path, _training(patience=2, evaluate_minutes=0.0), [1.0, 3.0, 2.0, 2.5, 9.0, 9.0])
    train(stage, Budget(1.0, 100), resume=False)
    assert stage.calls == 4


def test_the_last_weights_are_averaged(tmp_path: Path) -> None:
    stage = _Line(tmp_path, _training(average=3, evaluate_minutes=0.0), [0.0])
    train(stage, Budget(1.0, 6), resume=False)
    kept = sorted((tmp_path / "joint").glob("average-*.safetensors"))
    assert len(kept) == 3
    mean = sum(load_tensors(path)[0]["weight"] for path in kept) / 3
    assert torch.allclose(load_tensors(tmp_path / "line.safetensors")[0]["weight"], mean, atol=1e-7)
    assert torch.allclose(mean_tensors(kept)["weight"], mean)


def test_the_learning_rate_falls_as_a_power() -> None:
    assert learning_rate(1.0, 1, 9, 0.5, hold=0.0, power=2.0) == pytest.approx(0.25)
    assert learning_rate(1.0, 1, 9, 0.5, hold=0.5, power=2.0) == 1.0
    assert learning_rate(1.0, 1, 9, 1.0, hold=0.0, power=2.0) == 0.0


def _toml(folder: Path, preset: Preset, **heads: str) -> Path:
    """`picture-tiny` with two pictures a batch, a minute's work."""
    text = preset_text("picture-tiny")[0].replace("batch = 4", "batch = 2")
    for name, line in heads.items():
        text = text.replace(name, line)
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_all_stages_run_and_leave_weights_that_translate(
    folder: Path, preset: Preset, tmp_path: Path
) -> None:
    options = TrainOptions(
        preset=str(_toml(tmp_path, preset)),
        out=tmp_path / "run",
        data=TrainingData(corpora=[str(folder)]),
        steps=2,
        threads=1,
    )
    run_training(options)
    from iimt_cli.paper.translator import PictureTranslator

    translator = PictureTranslator.load(tmp_path / "run", "cpu")
    [result] = translator.translate([FolderPairs(folder, preset).at(0).source])
    assert result.pixels.shape == (64, 256, 3)
    scores = [
        json.loads(line)["evaluation"]
        for line in (tmp_path / "run/joint/log.jsonl").read_text().splitlines()
        if "evaluation" in line
    ]
    assert {"ocr_bleu", "ceiling_ocr_bleu", "bleu_text"} <= scores[-1].keys()
    assert (tmp_path / "run/joint/samples.png").stat().st_size > 1000


def test_training_from_pairs_of_pictures_alone(folder: Path, preset: Preset, tmp_path: Path) -> None:
    (tmp_path / "bare").mkdir()
    for side in ("source", "target"):
        (tmp_path / "bare" / side).symlink_to(folder / side)
    data = TrainingData(corpora=[str(tmp_path / "bare")])
    with pytest.raises(IimtError, match=r"nobody says what 000000\.png says"):
        run_training(
            TrainOptions(preset=str(_toml(tmp_path, preset)), out=tmp_path / "a", data=data, steps=1)
        )
    path = _toml(tmp_path, preset, **{'name = "picture-tiny"': 'name = "picture-tiny"\ntext = false'})
    run_training(TrainOptions(preset=str(path), out=tmp_path / "b", data=data, steps=1, threads=1))
    assert sorted(p.stem for p in (tmp_path / "b").glob("*.safetensors")) == ["joint", "tokenizer"]
    tensors, _ = load_tensors(tmp_path / "b" / "joint.safetensors")
    assert {name.split(".")[0] for name in tensors} == {"image_encoder", "image_decoder"}
    model = PictureTranslatotron(load_preset(path), None)
    assert model.translate(torch.rand(1, 3, 64, 256))[0].text == ""


def test_a_stage_that_a_preset_does_not_have(preset: Preset, folder: Path, tmp_path: Path) -> None:
    data = TrainingData(corpora=[str(folder)])
    with pytest.raises(IimtError, match=r"no stage 'drawer' \(it has tokenizer, teacher, joint\)"):
        run_training(TrainOptions(preset="picture-tiny", out=tmp_path, data=data, stages=["drawer"]))
