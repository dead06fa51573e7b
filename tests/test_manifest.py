"""`iimt-run.jsonl`: one line per picture, whatever happened to the runs that wrote it."""

import json
import threading
from pathlib import Path

import pytest

from iimt_cli.errors import DiskFull
from iimt_cli.runs.manifest import NAME, Manifest, Past, read_rows
from iimt_cli.runs.ranks import ALONE, Ranks

SETTINGS = {"iimt": "1", "options": {"beam": 1}}


def done(name: str, outcome: str = "translated") -> dict[str, str]:
    return {"output": name, "outcome": outcome}


def write(folder: Path, *rows: dict, ranks: Ranks = ALONE, end: bool = False, **settings: object) -> None:
    manifest = Manifest(folder, {**SETTINGS, **settings}, ranks)
    for row in rows:
        manifest.write(row)
    if end:
        manifest.end({})
    manifest.close()


def past(folder: Path, **settings: object) -> Past:
    return Manifest(folder, {**SETTINGS, **settings}).past()


def test_settings_first_then_lines_then_the_end(tmp_path: Path) -> None:
    write(tmp_path / "new", {"batch": 4}, done("ä.png"), end=True)
    rows = [json.loads(line) for line in (tmp_path / "new" / NAME).read_text("utf-8").splitlines()]
    assert [next(iter(row)) for row in rows] == ["iimt", "batch", "output", "ended"]
    assert rows[0]["options"] == {"beam": 1} and rows[2] == done("ä.png")


def test_nothing_to_say_no_file(tmp_path: Path) -> None:
    write(tmp_path, end=True)
    assert not (tmp_path / NAME).exists() and past(tmp_path) == Past()


def test_an_interrupted_run_is_remembered_until_it_is_complete(tmp_path: Path) -> None:
    write(tmp_path, {"batch": 4}, done("a"), done("b"), done("c", "failed"))
    assert past(tmp_path) == Past({"a": None, "b": None}, False, 4)
    write(tmp_path, done("b", "failed"), done("c"))
    assert past(tmp_path) == Past({"a": None, "c": None}, False, 4)
    write(tmp_path, done("d", "kept"), end=True)
    assert past(tmp_path) == Past({"a": None, "c": None, "d": None}, True, 4)
    write(tmp_path, done("a"))
    assert past(tmp_path).finished.keys() == {"a"}  # a new one


def test_other_settings_are_another_run(tmp_path: Path) -> None:
    write(tmp_path, done("a"))
    assert past(tmp_path, iimt="2") == Past()
    write(tmp_path, done("b"), iimt="2")
    assert past(tmp_path) == Past() and past(tmp_path, iimt="2").finished.keys() == {"b"}


@pytest.mark.parametrize("torn", [b'{"output": "b", "outc', b'{"output": "\xc3', b"x" * 9000])
@pytest.mark.parametrize("world", [1, 2])
def test_a_torn_line(torn: bytes, world: int, tmp_path: Path) -> None:
    write(tmp_path, done("a"))
    whole = (tmp_path / NAME).read_bytes()
    (tmp_path / NAME).write_bytes(whole + torn)
    assert past(tmp_path).finished.keys() == {"a"}
    write(tmp_path, done("c"), ranks=Ranks(0, world))
    content = (tmp_path / NAME).read_bytes()
    assert content.startswith(whole) and past(tmp_path).finished.keys() == {"a", "c"}
    if world == 1:  # every line is JSON again
        assert [json.loads(line) for line in content.splitlines()]


def test_ranks_append_to_one_file(tmp_path: Path) -> None:
    """Whole lines, from several writers and threads at once; complete when all have ended."""
    manifests = [Manifest(tmp_path, SETTINGS, Ranks(rank, 2)) for rank in range(2)]

    def work(manifest: Manifest, thread: int) -> None:
        for i in range(100):
            manifest.write(done(f"{id(manifest)}-{thread}-{i}" + "x" * 500))

    threads = [threading.Thread(target=work, args=(m, t)) for m in manifests for t in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # A writer that opens the file while the other one is within a line takes it for torn, and ends it: an empty line.
    lines = [line for line in (tmp_path / NAME).read_text("utf-8").splitlines() if line]
    assert len(lines) == 602 and len({json.loads(line).get("output") for line in lines}) == 601
    assert len(manifests[0].news()) == 300 and not manifests[0].news()  # what the other one wrote
    manifests[0].end({})
    assert not past(tmp_path).complete
    manifests[1].end({})
    assert past(tmp_path).complete
    for manifest in manifests:
        manifest.close()


def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.write", full)
    with pytest.raises(DiskFull, match=rf"{NAME}: cannot write it \(No space left on device\)"):
        write(tmp_path, done("a"))


def test_lines_that_are_none(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(b'[1]\n\xff\n\n{"a": 1}\n')
    assert read_rows(tmp_path / NAME)[0] == [{"a": 1}]
