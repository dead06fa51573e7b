"""Parallel text from every file format, the filter, and fair sampling."""

import gzip
from pathlib import Path

import numpy as np
import polib
import pytest

from iimt_cli.config import Languages
from iimt_cli.data.corpora import Corpus, Pair, PairSampler, load_corpus, parse_data, read_pairs, usable
from iimt_cli.errors import IimtError

DOOR = Pair("Die Tür ist offen.", "The door is open.")
TEA = Pair("Ich möchte einen Tee.", "I would like some tea.")

TMX = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE tmx SYSTEM "tmx14.dtd">
<tmx version="1.4"><header srclang="en" segtype="sentence"/><body>
<tu>
  <tuv xml:lang="en"><seg>The door is open.</seg></tuv>
  <tuv xml:lang="de-DE"><seg>Die Tür ist offen.</seg></tuv>
</tu>
<tu>
  <tuv xml:lang="EN-US"><seg>I would like <bpt i="1">&lt;b&gt;</bpt>some<ept i="1">&lt;/b&gt;</ept> tea.</seg>
  </tuv>
  <tuv xml:lang="de"><seg>Ich möchte <hi>einen</hi> Tee.</seg></tuv>
  <tuv xml:lang="de-AT"><seg>Einen Tee!</seg></tuv>
</tu>
<tu>
  <tuv xml:lang="en"><seg>Press <ph/> now.</seg></tuv>
  <tuv xml:lang="de"><seg>Jetzt <ph/> drücken.</seg></tuv>
</tu>
<tu>
  <tuv xml:lang="en"><seg>Good night.</seg></tuv>
  <tuv xml:lang="fr"><seg>Bonne nuit.</seg></tuv>
</tu>
</body></tmx>
"""

PO = """msgid ""
msgstr ""
"Language: de\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

msgid "The door is open."
msgstr "Die Tür ist offen."

#, fuzzy
msgid "A guess."
msgstr "Eine Vermutung."

msgid "Not yet."
msgstr ""

msgid "_Quit the game"
msgstr "Das Spiel be_enden"

msgid "&Open a picture"
msgstr "Ein Bild öff&nen"

msgid "Research: R&D"
msgstr "Forschung: R&D"

#, c-format
msgid "Found %d files."
msgstr "Es gibt %d Dateien."

msgid "Hello, ${name}!"
msgstr "Hallo, ${name}!"

msgid "One lost sheep"
msgid_plural "Many lost sheep"
msgstr[0] "Ein verlorenes Schaf"
msgstr[1] "Viele verlorene Schafe"

#~ msgid "An old thing"
#~ msgstr "Ein altes Ding"
"""

PO_PAIRS = (
    DOOR,
    Pair("Das Spiel beenden", "Quit the game"),
    Pair("Ein Bild öffnen", "Open a picture"),
    Pair("Forschung: R&D", "Research: R&D"),
    Pair("Ein verlorenes Schaf", "One lost sheep"),
    Pair("Viele verlorene Schafe", "Many lost sheep"),
)


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    data = text.encode(encoding)
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


def fails(path: Path, *words: str, languages: Languages = Languages()) -> None:
    with pytest.raises(IimtError) as caught:
        load_corpus(path, languages=languages)
    message = str(caught.value)
    assert "\n" not in message
    for word in (path.name, *words):
        assert word in message


@pytest.mark.parametrize("name", ["a.tsv", "a.txt", "a.tsv.gz", "a.de-en.txt.gz"])
def test_tsv_keeps_file_order_drops_repeats_and_ignores_further_columns(tmp_path: Path, name: str) -> None:
    text = "\n".join("\t".join(row) for row in [(*DOOR, "CC0"), TEA, DOOR, ("", "Nothing.")]) + "\n"
    assert load_corpus(write(tmp_path / name, text)).pairs == (DOOR, TEA)


@pytest.mark.parametrize("packed", ["", ".gz"])
@pytest.mark.parametrize("given", ["news.de-en", "news.de-en.de", "news.de-en.en"])
def test_a_moses_pair_by_its_prefix_or_either_file(tmp_path: Path, given: str, packed: str) -> None:
    write(tmp_path / f"news.de-en.de{packed}", f"{DOOR.source}\n\n{TEA.source}\n")
    write(tmp_path / "news.de-en.en", f"{DOOR.target}\n\n{TEA.target}\n")
    if packed and given.endswith(".de"):
        given += packed
    assert load_corpus(tmp_path / given).pairs == (DOOR, TEA)


def test_the_languages_choose_the_sides_of_a_moses_pair(tmp_path: Path) -> None:
    write(tmp_path / "news.de", DOOR.source)
    write(tmp_path / "news.en", DOOR.target)
    assert load_corpus(tmp_path / "news", languages=Languages("en", "de")).pairs == (Pair(*DOOR[::-1]),)
    fails(tmp_path / "news", "news.fr with news.en", languages=Languages("fr", "en"))


def test_moses_files_of_different_length(tmp_path: Path) -> None:
    write(tmp_path / "news.de", "Ja.\nNein.\n")
    write(tmp_path / "news.en", "Yes.\n")
    with pytest.raises(IimtError, match=r"news\.en: ends after line 1, but news\.de goes on"):
        load_corpus(tmp_path / "news")


@pytest.mark.parametrize("name", ["a.tmx", "a.tmx.gz"])
def test_tmx_takes_regional_variants_and_leaves_inline_codes_out(tmp_path: Path, name: str) -> None:
    assert load_corpus(write(tmp_path / name, TMX)).pairs == (DOOR, TEA)


def test_tmx_in_utf16(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tmx", TMX.replace("UTF-8", "UTF-16"), "utf-16")
    assert load_corpus(path).pairs == (DOOR, TEA)


def test_tmx_of_other_languages_lists_what_it_has(tmp_path: Path) -> None:
    fails(
        write(tmp_path / "a.tmx", TMX), "'es' and 'en'", "(languages in it: de, en, fr)",
        languages=Languages("es", "en"),
    )  # fmt: skip


def test_tmx_entities_are_never_expanded(tmp_path: Path) -> None:
    secret = write(tmp_path / "secret.txt", "geheim")
    bomb = '<!DOCTYPE tmx [<!ENTITY a "boom"><!ENTITY b "&a;&a;&a;">' + f'<!ENTITY f SYSTEM "{secret}">]>'
    text = TMX.replace('<!DOCTYPE tmx SYSTEM "tmx14.dtd">', bomb)
    text = text.replace("Good night.", "Good &b; night.").replace("Bonne nuit.", "Gute &f; Nacht.")
    pairs = load_corpus(write(tmp_path / "a.tmx", text.replace('xml:lang="fr"', 'xml:lang="de"'))).pairs
    assert pairs == (DOOR, TEA)


@pytest.mark.parametrize("name", ["de.po", "de.po.gz"])
def test_po_reads_finished_entries_only_with_german_as_the_source(tmp_path: Path, name: str) -> None:
    assert load_corpus(write(tmp_path / name, PO)).pairs == PO_PAIRS


@pytest.mark.parametrize("name", ["app.mo", "app.mo.gz"])
def test_mo_reads_the_same(tmp_path: Path, name: str) -> None:
    data = polib.pofile(PO).to_binary()
    path = tmp_path / name
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    assert set(load_corpus(path).pairs) == set(PO_PAIRS)  # an MO file is sorted by msgid


def test_po_in_another_encoding(tmp_path: Path) -> None:
    path = write(tmp_path / "de.po", PO.replace("UTF-8", "ISO-8859-1"), "iso-8859-1")
    assert load_corpus(path).pairs == PO_PAIRS


def test_direction_of_a_catalogue_follows_the_languages(tmp_path: Path) -> None:
    path = write(tmp_path / "de.po", PO)
    assert load_corpus(path, languages=Languages("en", "de")).pairs[0] == Pair(*DOOR[::-1])
    fails(path, "a catalogue with en to de; needed are 'fr' and 'en'", languages=Languages("fr", "en"))
    path = write(
        tmp_path / "german.po", PO.replace('"Language: de', '"X-Source-Language: de_DE\\n"\n"Language: en')
    )
    assert load_corpus(path).pairs[0] == Pair(
        *DOOR[::-1]
    )  # msgid is German there, whatever our test text says


@pytest.mark.parametrize("name", ["app-de.po", "de/LC_MESSAGES/app.po", "po/app.de.po.gz", "de/app.po"])
def test_the_path_tells_the_language_when_the_header_does_not(tmp_path: Path, name: str) -> None:
    text = PO.replace('"Language: de\\n"\n', "")
    assert load_corpus(write(tmp_path / name, text)).pairs == PO_PAIRS
    fails(write(tmp_path / "app.po", text), "no language in its header")


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.tsv", b"Ja.\tYes.\nNein.", ("line 2 has no tab",)),
        ("a.tsv", "Käse\tcheese".encode("latin-1"), ("cannot be read as text",)),
        ("a.tsv", b"", ("no usable sentence pair",)),
        ("a.tsv.gz", b"Ja.\tYes.", ("cannot be read as text",)),
        ("a.tsv.gz", gzip.compress(b"Ja.\tYes.\n" * 99)[:-12], ("cannot be read as text",)),
        ("a.tmx", TMX[:400].encode(), ("broken TMX", "line")),
        ("a.tmx", b"", ("broken TMX",)),
        ("de.po", PO.replace("Die Tür", 'Die "Tür"').encode(), ("broken gettext", "line 8: unescaped")),
        ("de.mo", b"\x00" * 40, ("broken gettext",)),
        ("de.mo", polib.pofile(PO).to_binary()[:60], ("broken gettext",)),
        ("a.docx", b"PK", ("unknown corpus format", ".tmx", ".po", "Moses")),
    ],
)
def test_broken_files_are_one_line_with_name_and_cause(
    tmp_path: Path, name: str, data: bytes, words: tuple[str, ...]
) -> None:
    (tmp_path / name).write_bytes(data)
    fails(tmp_path / name, *words)


def test_missing_files_and_folders(tmp_path: Path) -> None:
    fails(tmp_path / "a.tsv", "no such file")
    fails(tmp_path / "news", "no such file, nor a Moses pair news.de with news.en")
    fails(tmp_path, "a folder; name the files in it")


def test_read_pairs_joins_files_in_order(tmp_path: Path) -> None:
    first = write(tmp_path / "1.tsv", "\t".join(TEA))
    second = write(tmp_path / "2.tsv", "\t".join(DOOR))
    assert list(read_pairs([first, second])) == [TEA, DOOR]


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("a.tsv", (Path("a.tsv"), 1.0)),
        ("a.tsv:2", (Path("a.tsv"), 2.0)),
        ("a/news.de-en:0.25", (Path("a/news.de-en"), 0.25)),
        ("C:/a.tsv", (Path("C:/a.tsv"), 1.0)),
        ("odd:name", (Path("odd:name"), 1.0)),
    ],
)
def test_a_weight_may_follow_the_path(spec: str, expected: tuple[Path, float]) -> None:
    assert parse_data(spec) == expected


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("", "Nothing."),
        ("Ein Satz.", ""),
        ("Ж ist ein Buchstabe.", "Zhe is a letter."),  # the alphabet has no Cyrillic
        ("Ja.", "Yes, of course, if that is what you want."),
        ("12345-678", "12345-678"),
        ("Es gibt %d Dateien.", "There are %d files."),
        ("Siehe <b>hier</b>.", "See <b>here</b>."),
        ("x" * 251, "x" * 251),
    ],
)
def test_what_is_not_worth_training_on(source: str, target: str) -> None:
    assert not usable(Pair(source, target))


def test_sampling_follows_size_times_weight() -> None:
    many = Corpus(Path("many"), (DOOR,) * 30, weight=1.0)
    few = Corpus(Path("few"), (TEA,) * 10, weight=6.0)
    sampler = PairSampler([many, few])
    drawn = sampler.draw(np.random.default_rng(1), 3000)
    assert 0.62 < drawn.count(TEA) / len(drawn) < 0.72  # 60 of 90
    assert drawn == sampler.draw(np.random.default_rng(1), 3000)
