"""Confidence: the probability that a translation is acceptable."""

import json
import math
from dataclasses import fields
from pathlib import Path

import pytest

from iimt_cli.errors import IimtError
from iimt_cli.language import language
from iimt_cli.language.lexicon import Entry, Lexicon
from iimt_cli.model.appraisal import Appraisal
from iimt_cli.translation.confidence import Calibration, Signs, probability, signs
from iimt_cli.weights import CONFIDENCE

DE = language("de")
LEXICON = Lexicon(
    {"haus": Entry(99, ("house",)), "rot": Entry(99, ("red",)), "dach": Entry(9, ("roof",))}, DE.morphology
)


def test_signs_tell_what_the_lexicon_can_explain() -> None:
    good = signs("Haus mit rotem Dach", "House with a red roof", Appraisal(-0.1, -0.4), LEXICON, DE)
    bad = signs("Haus mit rotem Dach", "Horse with a witch", Appraisal(-0.1, -0.4), LEXICON, DE)
    assert good.explained == 1.0 and bad.explained == 0.0
    assert signs("Haus", "phonewitzer", Appraisal(), LEXICON, DE).invented == 1.0
    assert signs("Xylorimba", "xylorimba", Appraisal(), LEXICON, DE).unknown == 1.0


def test_what_is_copied_needs_no_explanation() -> None:
    assert (
        signs(
            "9 bis 18 Uhr", "9:00 to 18:00", Appraisal(-0.1, -0.2), Lexicon({"bis": Entry(9, ("to",))}), DE
        ).explained
        == 1.0
    )


def test_without_a_calibration_it_is_the_mean_probability() -> None:
    assert probability(None, Signs(-0.5, -2, 0.1, 1, 1, 0, 0, 0, 3, 0)) == pytest.approx(math.exp(-0.5))


def test_a_calibration_weighs_the_signs(tmp_path: Path) -> None:
    weights = {field.name: 0.0 for field in fields(Signs)} | {"mean": 2.0}
    (tmp_path / CONFIDENCE).write_text(json.dumps({"intercept": 1.0, "weights": weights}))
    loaded = Calibration.load(tmp_path)
    assert loaded is not None
    assert probability(loaded, Signs(-0.5, 0, 0, 0, 0, 0, 0, 0, 0, 0)) == pytest.approx(0.5)
    assert probability(loaded, Signs(-1e9, 0, 0, 0, 0, 0, 0, 0, 0, 0)) < 1e-6


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"intercept": 1, "weights": {}}', '{"intercept": "x"}'])
def test_a_damaged_calibration_is_named(text: str, tmp_path: Path) -> None:
    (tmp_path / CONFIDENCE).write_text(text)
    with pytest.raises(IimtError, match=CONFIDENCE):
        Calibration.load(tmp_path)
