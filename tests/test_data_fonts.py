from pathlib import Path

import numpy as np
import pytest
from fontTools.ttLib import TTFont

from iimt_cli.data import fonts
from iimt_cli.data.fonts import (
    FontFace,
    builtin_face,
    find_fonts,
    missing,
    sample_face,
    split_held_out,
)
from iimt_cli.errors import IimtError
from iimt_cli.language.alphabet import WESTERN


@pytest.fixture
def no_system_fonts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "_system_fonts", lambda alphabet: [])


def test_packaged_fonts_alone_write_the_whole_alphabet(no_system_fonts: None) -> None:
    faces = find_fonts()
    assert any("DejaVu" in face.family for face in faces)
    assert all(missing(face, WESTERN) == "" for face in faces)


def test_fonts_that_draw_boxes_are_left_out(no_system_fonts: None) -> None:
    names = {face.family for face in find_fonts()}
    assert not any("Last Resort" in name or "STIXSize" in name or name == "cmsy10" for name in names)


def test_pillows_own_font_is_the_last_resort(no_system_fonts: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "_packaged_fonts", lambda: [])
    assert [face.path for face in find_fonts(alphabet="abcXYZ 123")] == [None]
    with pytest.raises(IimtError, match="no font on this machine"):
        find_fonts(alphabet="abcß一")


def test_missing_names_exactly_what_is_missing() -> None:
    assert missing(builtin_face(), "aß b一a") == "ß一"


def test_the_same_design_under_two_names_counts_once(no_system_fonts: None, tmp_path: Path) -> None:
    original = next(face for face in find_fonts() if face.family == "DejaVu Sans")
    assert original.path is not None
    (tmp_path / "copy.ttf").write_bytes(original.path.read_bytes())
    assert len(find_fonts([tmp_path])) == len(find_fonts())


def test_of_one_design_the_face_that_is_asked_for_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    face = next(face for face in find_fonts() if face.path is not None)
    asked, shorter = (FontFace(face.path, face.index, family, "Book") for family in ("DejaVu Sans", "Vera"))
    monkeypatch.setattr(fonts, "_system_fonts", lambda _: [face.path])
    monkeypatch.setattr(fonts, "_packaged_fonts", list)
    monkeypatch.setattr(fonts, "_faces", lambda _: [asked, shorter])
    assert find_fonts() == find_fonts(prefer=["Vera"]) == [shorter]
    assert find_fonts(prefer=["dejavu sans book"]) == [asked]


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(IimtError, match="nowhere: no such folder of fonts"):
        find_fonts([tmp_path / "nowhere"])


def test_an_unreadable_file_is_skipped_in_a_search_and_named_when_loaded(
    no_system_fonts: None, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.ttf"
    broken.write_bytes(b"no font")
    assert broken not in {face.path for face in find_fonts([tmp_path])}
    with pytest.raises(IimtError, match=r"broken\.ttf: not a readable font"):
        fonts.load_font(FontFace(broken, 0, "Broken", "Regular"), 20)


def test_families_weigh_the_same_whatever_their_size() -> None:
    faces = [FontFace(None, i, "Many", str(i)) for i in range(30)] + [FontFace(None, 0, "One", "Regular")]
    rng = np.random.default_rng(0)
    share = np.mean([sample_face(faces, rng).family == "One" for _ in range(1000)])
    assert 0.4 < share < 0.6


def test_held_out_families_are_apart() -> None:
    faces = [FontFace(None, 0, "A", "x"), FontFace(None, 0, "B", "x")]
    assert split_held_out(faces, [" b "]) == ([faces[0]], [faces[1]])


def test_a_font_that_cannot_draw_is_skipped_in_a_search_and_named_when_used(
    no_system_fonts: None, tmp_path: Path
) -> None:
    original = next(face.path for face in find_fonts() if face.family == "DejaVu Sans Mono")
    assert original is not None
    font = TTFont(original)
    font["name"].setName("Faulty", 1, 3, 1, 0x409)
    font["prep"].program.fromBytecode([0x7B])  # an instruction that does not exist
    font.save(tmp_path / "faulty.ttf")
    assert "Faulty" not in {face.family for face in find_fonts([tmp_path])}
    with pytest.raises(IimtError, match=r"faulty\.ttf: cannot draw"):
        missing(FontFace(tmp_path / "faulty.ttf", 0, "Faulty", "Regular"), "a")
