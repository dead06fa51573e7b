"""`iimt translate --clipboard`, with stand-ins for the programs of the desktop on PATH."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageGrab

from iimt_cli.errors import IimtError
from iimt_cli.runs import clipboard
from tests.conftest import Run

pytestmark = pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="the stand-ins are for Linux")
Make = Callable[..., Path]
Install = Callable[..., Path]


@pytest.fixture
def translate(iimt: Run, weights: Path, stand_in: object) -> Run:
    return lambda *arguments: iimt("translate", *arguments, "--weights", weights)


@pytest.fixture
def board(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """An empty desktop; board("wl-paste", "wl-copy") installs programs, and returns the file that is the clipboard.

    Each program notes its arguments in the file `called`. With a `fault` it says that, and fails.
    """
    place, held, called = tmp_path / "bin", tmp_path / "held", tmp_path / "called"
    place.mkdir()
    monkeypatch.setenv("PATH", str(place))
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)

    def install(*names: str, fault: str = "") -> Path:
        for name in names:
            do = f"/bin/cat > {held}" if name == "wl-copy" else f"/bin/cat {held}"
            if name == "xclip":
                do = f'case "$*" in *-o) /bin/cat {held};; *) /bin/cat > {held};; esac'
            if fault:
                do = f"echo '{fault}' >&2; exit 1"
            path = place / name
            path.write_text(f'#!/bin/sh\necho "{name} $*" >> {called}\n{do}\n')
            path.chmod(0o755)
        return held

    return install


def called(tmp_path: Path) -> list[str]:
    return (tmp_path / "called").read_text().splitlines()


@pytest.mark.parametrize("programs", [("wl-paste", "wl-copy"), ("xclip",)])
def test_the_result_takes_the_place_of_the_picture(
    programs: tuple[str, ...], translate: Run, picture: Make, board: Install, tmp_path: Path
) -> None:
    source, held = picture("a.png"), board(*programs)
    held.write_bytes(source.read_bytes())
    assert translate("--clipboard") == (0, "clipboard: 1 of 1 blocks of text translated\n")
    with Image.open(held) as image:
        assert image.format == "PNG"
        assert (np.asarray(image) == 255 - np.asarray(Image.open(source))).all()
    assert called(tmp_path)[-1] in (
        "wl-copy --type image/png",
        "xclip -selection clipboard -t image/png -i",
    )


def test_the_session_says_which_program(
    translate: Run, picture: Make, board: Install, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    board("wl-paste", "wl-copy", "xclip").write_bytes(picture("a.png").read_bytes())
    for name, programs in (("DISPLAY", ("xclip", "xclip")), ("WAYLAND_DISPLAY", ("wl-paste", "wl-copy"))):
        monkeypatch.setenv(name, ":0")
        assert translate("--clipboard")[0] == 0
        assert tuple(line.split()[0] for line in called(tmp_path)[-2:]) == programs


def test_nothing_translated_leaves_the_clipboard_alone(
    translate: Run, picture: Make, board: Install, tmp_path: Path
) -> None:
    held = board("wl-paste", "wl-copy")
    held.write_bytes(picture("a.jpg", blank=True).read_bytes())
    before = held.read_bytes()
    assert translate("--clipboard") == (0, "clipboard: no text found, the picture is as it was\n")
    assert held.read_bytes() == before and "wl-copy" not in " ".join(called(tmp_path))


def test_a_picture_that_no_png_holds(translate: Run, board: Install) -> None:
    """CMYK, say, becomes RGB."""
    held = board("wl-paste", "wl-copy")
    Image.effect_noise((24, 10), 50).convert("CMYK").save(held, "JPEG")
    assert translate("--clipboard")[0] == 0
    assert Image.open(held).mode == "RGB"


def test_a_file_that_was_copied(
    translate: Run, picture: Make, board: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    """File managers of macOS and Windows put names there."""
    source, held = picture("a.png"), board("wl-paste", "wl-copy")
    names = [str(source)]
    monkeypatch.setattr(ImageGrab, "grabclipboard", lambda: names)
    assert translate("--clipboard")[0] == 0
    assert (np.asarray(Image.open(held)) == 255 - np.asarray(Image.open(source))).all()
    names.append("b.png")
    assert translate("--clipboard") == (1, "iimt: clipboard: holds 2 files; copy one picture\n")


def test_what_goes_wrong_is_told_in_one_line(
    translate: Run, picture: Make, board: Install, tmp_path: Path
) -> None:
    said = translate("--clipboard")
    assert said == (1, "iimt: clipboard: cannot be written; install wl-clipboard (Wayland) or xclip (X11)\n")
    board("wl-copy")
    said = translate("--clipboard")
    assert said == (1, "iimt: clipboard: cannot be read; install wl-clipboard (Wayland) or xclip (X11)\n")
    for fault, cause in (
        ("Nothing is copied", "holds no picture"),
        ("No suitable type of content copied", "holds no picture"),
        ("Failed to connect", "cannot be read (wl-paste error: Failed to connect)"),
    ):
        board("wl-paste", fault=fault)
        assert translate("--clipboard") == (1, f"iimt: clipboard: {cause}\n")
    held = board("wl-paste")
    held.write_bytes(b"no picture")
    code, text = translate("--clipboard")
    assert code == 1 and text.startswith("iimt: clipboard: cannot be read (cannot identify image file")
    held.write_bytes(picture("a.png").read_bytes()[:70])
    assert translate("--clipboard")[0] == 1
    held.write_bytes(picture("a.png").read_bytes())
    board("wl-copy", fault="no compositor")
    assert translate("--clipboard") == (1, "iimt: clipboard: cannot be written (wl-copy: no compositor)\n")


@pytest.mark.parametrize(
    "arguments",
    [["a.png"], ["-o", "b.png"], ["--json"], ["--format", "jpeg"]],
)
def test_what_the_clipboard_has_no_room_for(arguments: list[str], translate: Run, board: Install) -> None:
    board("wl-paste", "wl-copy")
    code, said = translate("--clipboard", *arguments)
    assert code == 2 and said.startswith("iimt: --clipboard: ") and said.count("\n") == 1


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_commands_of_other_systems(
    platform: str, picture: Make, board: Install, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = picture("a.png")
    board("osascript", "powershell").touch()
    monkeypatch.setattr(clipboard, "SYSTEM", platform)
    clipboard.write(source)
    [line] = called(tmp_path)
    if platform == "darwin":
        assert line.startswith("osascript -e") and "«class PNGf»" in line and line.endswith(str(source))
    else:
        assert "SetImage" in line and "$env:IIMT_PICTURE" in line
    board("osascript", "powershell", fault="not allowed")
    with pytest.raises(IimtError, match="not allowed"):
        clipboard.write(source)
    monkeypatch.setenv("PATH", os.devnull)
    with pytest.raises(IimtError, match="cannot be written; this needs"):
        clipboard.check_writable()
