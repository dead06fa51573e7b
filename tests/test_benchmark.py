"""`iimt benchmark`: what it measures adds up, two settings take turns, its pages are what they say."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from iimt_cli import benchmark
from iimt_cli.benchmark import STAGES, Setting, synthetic_pages
from iimt_cli.clock import timed
from iimt_cli.errors import UsageError
from iimt_cli.language import language
from iimt_cli.page.layout.find import find_lines
from iimt_cli.translation.pieces import Piece
from tests import standin


class System(standin.Translator):
    """The stand-in, which takes its time in one stage."""

    def open(self, picture, options):
        with timed("find"):
            sum(range(10_000))
        return replace(super().open(picture, options), pieces=[[Piece(np.zeros((32, 8), np.float32))]])


@pytest.fixture
def measured(stand_in, monkeypatch, weights):
    system = System.load(weights)
    monkeypatch.setattr(benchmark, "_translator", lambda *_: system)
    monkeypatch.setattr(benchmark, "start_up", lambda *_: {"help": 0.25, "first_picture": 4.5})
    return system


def test_json_has_every_stage_of_both_settings_and_they_take_turns(measured, iimt, weights, picture):
    folder = picture("in/a.png").parent
    picture("in/b.png", width=30)
    code, said = iimt(
        "benchmark", folder, "--weights", weights, "--rounds", 2, "--compare", "batch=1", "--json"
    )
    assert code == 0
    report = json.loads(said)
    for name, one in zip(("this", "batch=1"), report["settings"], strict=True):
        assert one["name"] == name
        assert set(one["seconds"]) == set(one["processor"]) == set(STAGES)
        assert all(one["seconds"][stage] > 0 for stage in ("read", "find", "write"))
        assert one["pictures"] == one["strips"] == 4
        assert one["peak_mib"] > 1
    assert report["start_up"] == {"help": 0.25, "first_picture": 4.5}
    calls = [(options.batch, count) for count, options in measured.calls]
    assert calls == [(32, 1), (1, 1), (32, 2), (1, 2), (1, 2), (32, 2)]  # warm-up, then turns


def test_tables_name_every_stage_and_the_ratio(measured, iimt, weights, picture):
    folder = picture("in/a.png").parent
    code, said = iimt("benchmark", folder, "--weights", weights, "--rounds", 1, "--compare", "beam=4")
    assert code == 0
    assert all(stage in said for stage in (*STAGES, "ratio", "beam=4", "peak memory", "first picture 4.50 s"))


@pytest.mark.parametrize("wrong", ["batch=0", "batch", "colour=red", "weights=", "beam=many"])
def test_what_cannot_be_compared_is_said(wrong, weights):
    with pytest.raises(UsageError, match="cannot be compared"):
        Setting(weights).with_value(wrong)


def test_pages_have_twenty_lines_and_are_the_same_every_time(tmp_path: Path) -> None:
    for place in (tmp_path / "one", tmp_path / "two"):
        place.mkdir()
        synthetic_pages(place, 2, language("de").sample)
    first, again = (np.asarray(Image.open(tmp_path / place / "page-001.png")) for place in ("one", "two"))
    assert np.array_equal(first, again)
    assert len(find_lines(first)) == 20
