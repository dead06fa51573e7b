"""Groups follow from the files alone; what is finished; what a killed run leaves behind."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from iimt_cli.runs import groups
from iimt_cli.runs.files import Job
from iimt_cli.runs.groups import in_order, look_round
from iimt_cli.runs.ranks import Ranks

Make = Callable[..., list[Job]]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Jobs for pictures of these sizes; None is a file that is no picture."""

    def write(*sizes: tuple[int, int] | None) -> list[Job]:
        jobs = []
        for i, size in enumerate(sizes):
            path = tmp_path / f"{i:03}.png"
            if size:
                Image.new("1", size).save(path)
            else:
                path.write_text("no picture")
            jobs.append(Job(path, tmp_path / "out" / path.name))
        return jobs

    return write


def numbers(found: groups.Group) -> list[int]:
    return [int(job.input.stem) for job in found.jobs]


def test_a_group_is_a_number_of_small_pictures_or_a_sum_of_pixels(make: Make) -> None:
    small, page, huge = (10, 10), (1500, 1000), (5000, 4000)
    cut = [numbers(group) for group in groups.groups(make(*[small] * 40), set())]
    assert cut == [list(range(32)), list(range(32, 40))]
    jobs = make(page, page, page, huge, small, None, small)
    assert [numbers(group) for group in groups.groups(jobs, set())] == [[0, 1], [2], [3], [4, 5, 6]]


def test_what_is_finished_does_not_change_the_groups(make: Make) -> None:
    jobs = make(*[(1500, 1000)] * 80)
    before = list(groups.groups(jobs, set()))
    finished = {*jobs[:40], jobs[50]}
    after = list(groups.groups(jobs, finished))
    assert [group.jobs for group in after] == [g.jobs for g in before if not finished.issuperset(g.jobs)]
    assert all(group.todo == frozenset(group.jobs) - finished for group in after)
    assert not list(groups.groups(jobs, set(jobs)))


def test_finished_neighbours_are_not_even_opened(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    jobs = make(*[(10, 10)] * 70)
    opened: list[Job] = []
    monkeypatch.setattr(groups, "_pixels", lambda job: opened.append(job) or 100)
    sequence = groups.groups(jobs, set(jobs[:32]))
    assert not opened
    next(sequence)
    assert opened == list(jobs[32:64])  # and those that come later only when it is their turn


@pytest.mark.parametrize("world", [2, 3, 5])
def test_ranks_share_the_groups(world: int, make: Make) -> None:
    jobs = make(*[(1500, 1000)] * 70)
    alone = {group.jobs for group in groups.groups(jobs, set())}
    shares = [{g.jobs for g in groups.groups(jobs, set(), Ranks(rank, world))} for rank in range(world)]
    assert set().union(*shares) == alone and sum(map(len, shares)) == len(alone)
    assert max(map(len, shares)) <= 2 * min(map(len, shares))


def test_the_order_of_the_arguments_does_not_matter(make: Make) -> None:
    jobs = make(*[(10, 10)] * 5)
    assert in_order(jobs[::-1]) == jobs


def test_look_round(make: Make, tmp_path: Path) -> None:
    jobs = make(*[(10, 10)] * 4)
    assert look_round(jobs) == set()
    out = tmp_path / "out"
    out.mkdir()
    (out / "000.png").write_text("there")
    (out / "001.png").touch()  # empty: the power failed
    (out / "002.png").mkdir()
    mine, other = ".iimt-00000000-1-0123abcd.tmp", ".000.png.tmp"
    (out / mine).touch()
    (out / other).touch()
    assert look_round(jobs) == {jobs[0]}
    assert (out / mine).exists()  # of another machine, just now
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(groups, "is_abandoned", lambda path: True)
        look_round(jobs)
    assert not (out / mine).exists() and (out / other).exists()
