"""The script that makes training text of gettext catalogues keeps away from what was held out."""

import subprocess
import sys
from pathlib import Path

import polib

SCRIPT = Path(__file__).parent.parent / "recipes" / "catalogues.py"


def catalogue(path: Path, pairs: dict[str, str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    made = polib.MOFile()
    made.metadata = {"Language": "de", "Content-Type": "text/plain; charset=UTF-8"}
    for english, german in pairs.items():
        made.append(polib.MOEntry(msgid=english, msgstr=german))
    made.save(str(path))


def test_catalogues_of_a_known_corpus_and_held_out_texts_are_left_out(tmp_path: Path) -> None:
    shared = {"The file could not be opened again.": "Die Datei konnte nicht wieder geöffnet werden."}
    catalogue(tmp_path / "a/de/known.mo", shared | {"Print": "Drucken"})
    catalogue(tmp_path / "b/de/new.mo", {"_Save": "_Speichern", "Close": "Schließen", "OK": "OK"})
    catalogue(tmp_path / "c/de/also.mo", {"Save": "Speichern"})
    (tmp_path / "corpus.tsv").write_text("".join(f"{de}\t{en}\n" for en, de in shared.items()))
    (tmp_path / "valid.tsv").write_text("Schließen\tClose\n")
    options = ["--apart-from", tmp_path / "corpus.tsv", "--without", tmp_path / "valid.tsv"]
    done = subprocess.run(
        [sys.executable, SCRIPT, tmp_path, *options], capture_output=True, encoding="utf-8", check=True
    )
    assert done.stdout == "Speichern\tSave\n"
    assert done.stderr == "1 pairs of 2 catalogues; 1 left out\n"
