from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

from iimt_cli.errors import IimtError
from iimt_cli.evaluation.pairing import pair


def put(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (8, 6)).save(path)
    return folder


def paired(pairing, folder):
    return {i.name: i.output and i.output.relative_to(folder).as_posix() for i in pairing.items}


def test_names_pair_across_extensions_and_folders(tmp_path):
    references = put(tmp_path / "ref", "one.png", "deep/two.png", "v1.2.png", "lost.png")
    outputs = put(
        tmp_path / "out", "one.jpg", "elsewhere/two.webp", "v1.2.png", "unasked.png", ".cache/lost.png"
    )
    pairing = pair(outputs, references)
    assert paired(pairing, outputs) == {
        "deep/two": "elsewhere/two.webp",
        "lost": None,
        "one": "one.jpg",
        "v1.2": "v1.2.png",
    }
    assert [path.name for path in pairing.extra] == ["unasked.png"]


def test_equal_names_in_two_folders_do_not_mix(tmp_path):
    references = put(tmp_path / "ref", "a/1.png", "b/1.png")
    outputs = put(tmp_path / "out", "b/1.png")
    assert paired(pair(outputs, references), outputs) == {"a/1": None, "b/1": "b/1.png"}


def test_an_ambiguous_name_is_an_error_unless_the_extension_tells(tmp_path):
    references = put(tmp_path / "ref", "1.png")
    outputs = put(tmp_path / "out", "1.png", "1.jpg")
    assert paired(pair(outputs, references), outputs) == {"1": "1.png"}
    outputs = put(tmp_path / "two", "a/1.jpg", "b/1.jpg")
    with pytest.raises(IimtError, match=r"both a/1\.jpg and b/1\.jpg have the name of 1\.png"):
        pair(outputs, references)


def test_two_files_are_a_pair_whatever_their_names(tmp_path):
    put(tmp_path, "in.png", "out.png")
    (item,) = pair(tmp_path / "out.png", tmp_path / "in.png").items
    assert item.output == tmp_path / "out.png"


def test_folders_that_cannot_be_meant_are_named(tmp_path):
    references, empty = put(tmp_path / "ref", "a.png"), tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(IimtError, match="no-such: no such folder"):
        pair(tmp_path / "no-such", references)
    with pytest.raises(IimtError, match="empty: no pictures in it"):
        pair(references, empty)
    with pytest.raises(IimtError, match=r"no picture has the name of a reference \('z.png' against 'a.png'"):
        pair(put(tmp_path / "out", "z.png"), references)


def dataset(folder):
    put(folder, "source/000000.png", "target/000000.png", "source/000001.png", "target/000001.png")
    square = [[1, 1], [5, 1], [5, 4], [1, 4]]
    rows = [
        {
            "file_name": f"source/00000{i}.png",
            "target_file_name": f"target/00000{i}.png",
            "source_text": f"Zeile {i}\nZweite",
            "target_text": f"Line {i}\nSecond",
            "source_lines": [{"text": "Zeile", "block": 0, "quad": square}],
            "target_lines": [{"text": "Line", "block": 0, "quad": square}],
            "background": "photo",
        }
        for i in (1, 0)
    ]
    (folder / "metadata.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return folder


def test_a_synthesized_data_set_brings_sources_texts_and_boxes(tmp_path):
    outputs = put(tmp_path / "out", "000000.png", "000001.jpg")
    items = pair(outputs, dataset(tmp_path / "set")).items
    assert [item.name for item in items] == ["000000", "000001"]
    first = items[0]
    assert first.source == tmp_path / "set/source/000000.png"
    assert (first.text, first.source_text, first.source_blocks) == (
        "Line 0 Second",
        "Zeile 0 Zweite",
        ("Zeile 0", "Zweite"),
    )
    assert first.kind == "photo" and first.quads is not None and len(first.quads) == 2
    assert np.array_equal(first.quads[0], [[1, 1], [5, 1], [5, 4], [1, 4]])
    assert items[1].output == outputs / "000001.jpg"


def test_a_folder_of_data_sets_is_one_data_set(tmp_path):
    dataset(tmp_path / "all/photo")
    dataset(tmp_path / "all/plain")
    outputs = put(tmp_path / "out", "plain/000001.png", "photo/000001.png")
    assert paired(pair(outputs, tmp_path / "all"), outputs) == {
        "photo/000000": None,
        "photo/000001": "photo/000001.png",
        "plain/000000": None,
        "plain/000001": "plain/000001.png",
    }


def test_texts_from_a_table_from_lines_and_from_metadata(tmp_path):
    references = put(tmp_path / "ref", "000000.png", "000001.png")
    table, lines, broken = tmp_path / "t.tsv", tmp_path / "t.txt", tmp_path / "broken.jsonl"
    table.write_text("000001.png\tone\teins\n000000.png\tnought\tnull\n", "utf-8")
    lines.write_text("nought\none\n", "utf-8")
    for path in (table, lines):
        assert [item.text for item in pair(None, references, text=path).items] == ["nought", "one"]
    assert pair(None, references, text=table).items[1].source_text == "eins"
    known = pair(None, references, text=dataset(tmp_path / "set") / "metadata.jsonl").items
    assert known[1].text == "Line 1 Second"

    table.write_text("000001.png\tone\n", "utf-8")
    with pytest.raises(IimtError, match=r"t\.tsv: has no text for 000000\.png"):
        pair(None, references, text=table)
    lines.write_text("nought\n", "utf-8")
    with pytest.raises(IimtError, match="1 lines for 2 reference pictures"):
        pair(None, references, text=lines)
    broken.write_text('{"file_name": "000000.png"}\n{"text"\n', "utf-8")
    with pytest.raises(IimtError, match=r"broken\.jsonl: line 2"):
        pair(None, references, text=broken)
