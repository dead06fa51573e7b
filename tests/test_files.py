"""Inputs → outputs: what the arguments of `iimt translate` stand for."""

from collections.abc import Callable
from pathlib import Path

import pytest

from iimt_cli.errors import IimtError, UsageError
from iimt_cli.page.files.encode import FORMATS
from iimt_cli.runs.files import READ_AS, WRITABLE, Job, check_place, plan, writable_name


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Makes empty files in the working directory."""
    monkeypatch.chdir(tmp_path)

    def make(*names: str) -> Path:
        for name in names:
            Path(name).parent.mkdir(parents=True, exist_ok=True)
            Path(name).touch()
        return tmp_path

    return make


def planned(*inputs: str, to: str, in_place: bool = False) -> dict[str, str]:
    return {job.input.as_posix(): job.output.as_posix() for job in plan(inputs, to, in_place=in_place)}


def refused(*inputs: str, to: str, kind: type[IimtError] = UsageError) -> str:
    with pytest.raises(kind) as caught:
        plan(inputs, to)
    assert type(caught.value) is kind and "\n" not in str(caught.value)
    return str(caught.value)


def test_the_suffixes_are_those_that_the_page_layer_writes() -> None:
    assert set(WRITABLE) == set(FORMATS)
    assert set(READ_AS.values()) <= set(WRITABLE) and not set(READ_AS) & set(WRITABLE)


def test_one_file_to_a_file(tree: Callable[..., Path]) -> None:
    tree("a.png")
    assert planned("a.png", to="b.png") == {"a.png": "b.png"}
    assert planned("a.png", to="new/b.jpg") == {"a.png": "new/b.jpg"}
    assert planned("a.png", to="new.d/") == {"a.png": "new.d/a.png"}
    assert planned("missing.png", to="b.png") == {"missing.png": "b.png"}
    Path("there").mkdir()
    assert planned("a.png", to="there") == {"a.png": "there/a.png"}
    assert "cannot write .gif" in refused("a.png", to="b.gif")
    assert "end it with /" in refused("a.png", to="nowhere")


def test_several_files_to_a_folder(tree: Callable[..., Path]) -> None:
    tree("a.png", "x/b.JPG", "c.gif", "out.png")
    assert planned("a.png", "x/b.JPG", "c.gif", "a.png", to="new") == {
        "a.png": "new/a.png", "x/b.JPG": "new/b.JPG", "c.gif": "new/c.png",
    }  # fmt: skip
    for output in ("out.png", "new.png"):
        assert "folder" in refused("a.png", "x/b.JPG", to=output)


def test_folders_keep_their_tree(tree: Callable[..., Path]) -> None:
    tree(
        "in/b.png", "in/a.jpeg", "in/notes.txt", "in/.hidden.png", "in/.thumbs/c.png", "in/deep/er/c.webp",
        "in/deep/d.heic", "in/name.png.json",
    )  # fmt: skip
    expected = {
        "in/a.jpeg": "en/a.jpeg",
        "in/b.png": "en/b.png",
        "in/deep/d.heic": "en/deep/d.png",
        "in/deep/er/c.webp": "en/deep/er/c.webp",
    }
    assert planned("in", to="en") == planned("in/", to="en/") == expected
    assert list(planned("in", to="en")) == list(expected)  # sorted
    assert planned(".", to="en")["in/deep/er/c.webp"] == "en/in/deep/er/c.webp"
    Path("empty").mkdir()
    assert "no pictures" in refused("empty", to="en", kind=IimtError)


def test_globs_keep_the_tree_below_their_fixed_part(tree: Callable[..., Path]) -> None:
    root = tree("in/a.png", "in/x/b.png", "in/x/y/c.jpg", "in/x/readme.txt", "in/x/.d.png")
    assert planned("in/*.png", to="en") == {"in/a.png": "en/a.png"}
    assert planned("in/x/**/*", to="en") == {"in/x/b.png": "en/b.png", "in/x/y/c.jpg": "en/y/c.jpg"}
    assert planned("in/*/b.png", to="en") == {"in/x/b.png": "en/x/b.png"}
    assert planned(f"{root}/**/*.png", to="en") == {
        f"{root}/in/a.png": "en/in/a.png", f"{root}/in/x/b.png": "en/in/x/b.png",
    }  # fmt: skip
    assert "matches no pictures" in refused("in/*.bmp", to="en", kind=IimtError)
    assert "folder" in refused("in/*.png", to="en.png")  # one match now, but who knows tomorrow


def test_a_file_whose_name_looks_like_a_glob(tree: Callable[..., Path]) -> None:
    tree("a[1].png")
    assert planned("a[1].png", to="b.png") == {"a[1].png": "b.png"}


def test_outputs_inside_the_input_are_no_inputs(tree: Callable[..., Path]) -> None:
    tree("in/a.png", "in/en/a.png", "in/en/sub/c.png", "in/english/b.png")
    expected = {"in/a.png": "in/en/a.png", "in/english/b.png": "in/en/english/b.png"}
    assert planned("in", to="in/en") == planned("in/**/*.png", to="in/en/") == expected
    assert planned("in", to="./in/../in/en") == {
        name: out.replace("in/en", "in/../in/en", 1) for name, out in expected.items()
    }


def test_the_same_output_twice(tree: Callable[..., Path]) -> None:
    tree("in/a.png", "in/a.gif", "x/b.png", "y/b.png", "x/c.gif", "y/c.gif")
    assert planned("in", to="en") == {"in/a.png": "en/a.png", "in/a.gif": "en/a.gif.png"}
    assert "both become en/b.png" in refused("x/b.png", "y/b.png", to="en")
    assert "both become en/c.gif.png" in refused("x/c.gif", "y/c.gif", to="en")
    assert len(planned("x", "in/a.png", to="en")) == 3


def test_inputs_are_not_overwritten_unless_asked(tree: Callable[..., Path]) -> None:
    tree("a.png", "in/b.png")
    assert "--overwrite" in refused("a.png", to="a.png")
    assert "--overwrite" in refused("in", to="in/")
    assert "--overwrite" in refused("a.png", to="./in/../a.png")
    Path("link.png").symlink_to("a.png")
    assert "--overwrite" in refused("a.png", to="link.png")
    assert planned("a.png", to="a.png", in_place=True) == {"a.png": "a.png"}
    assert planned("in", to="in", in_place=True) == {"in/b.png": "in/b.png"}


def test_home_is_expanded(tree: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    home = tree("in/a.png")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    assert planned("~/in/*.png", to="~/en") == {f"{home}/in/a.png": f"{home}/en/a.png"}


def test_sidecar_and_suffix() -> None:
    assert Job(Path("a.jpg"), Path("o/a.jpg")).sidecar == Path("o/a.jpg.json")
    assert writable_name(Path("x/a.GIF")) == Path("x/a.png")
    assert writable_name(Path("x/a.TIF")) == Path("x/a.TIF")


def test_place(tmp_path: Path) -> None:
    check_place(tmp_path / "new" / "deeper" / "a.png")
    assert not (tmp_path / "new").exists()
    (tmp_path / "file").touch()
    with pytest.raises(IimtError, match=r"a\.png: cannot be written \(.*file is not a folder\)"):
        check_place(tmp_path / "file" / "sub" / "a.png")
