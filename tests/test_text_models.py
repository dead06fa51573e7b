"""The shipped weights read and draw, and another text model words: from the command line and from Python."""

import json
import shlex
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import iimt_cli as iimt
from iimt_cli import Options, Texts, Translator
from iimt_cli.language import language
from iimt_cli.language.glossary import Glossary, Term
from tests.conftest import Run
from tests.marian import SENTENCES, save_marian

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent
WEIGHTS = ROOT / "weights" / "de-en"
EXAMPLES = sorted(path for path in (ROOT / "examples").iterdir() if path.suffix in (".png", ".jpg"))
SIGN, DIALOG = ROOT / "examples" / "sign.png", ROOT / "examples" / "dialog.png"
# Other vowels: words of no language, but drawn and read as any.
VOWELS = "import sys; [print(line.strip().translate(str.maketrans('aeiou', 'eioua'))) for line in sys.stdin]"
COMMAND = shlex.join([sys.executable, "-S", "-c", VOWELS])


def vowels(texts: Sequence[str], /) -> list[str]:
    return [text.translate(str.maketrans("aeiou", "eioua")) for text in texts]


@pytest.fixture(scope="module")
def translator() -> Translator:
    return iimt.load(WEIGHTS, "cpu")


def drawn(result: iimt.Translation) -> dict[str, str]:
    return {block.source: block.target for block in result.blocks if block.action == "translated"}


def test_a_command_translates_the_examples(iimt: Run, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = iimt("translate", ROOT / "examples", "-o", out, "--translator", COMMAND, "-t", "it", "--json")
    assert done[0] == 0 and f"{len(EXAMPLES)} translated" in done[1]
    for path in EXAMPLES:
        sidecar = json.loads((out / f"{path.name}.json").read_text(encoding="utf-8"))
        assert (sidecar["target"], sidecar["options"]["text_model"]) == ("it", COMMAND)
        worded = [block for block in sidecar["blocks"] if block["reason"] not in ("no words", "a name")]
        translated = [block for block in worded if block["action"] == "translated"]
        assert len(translated) >= 0.8 * len(worded)
        assert all(block["target"] != block["source"] for block in translated)


def test_a_marian_model_translates_a_sign(iimt: Run, tmp_path: Path) -> None:
    pytest.importorskip("transformers")
    model = save_marian(tmp_path / "de-fr", steps=150)
    done = iimt("translate", SIGN, "-o", tmp_path / "fr.png", "--text-model", model, "--json")
    assert done == (0, f"{tmp_path}/fr.png: {len(SENTENCES)} of {len(SENTENCES)} blocks of text translated\n")
    sidecar = json.loads((tmp_path / "fr.png.json").read_text(encoding="utf-8"))
    assert (sidecar["source"], sidecar["target"]) == ("de", "fr")
    capital = {"fermé", "Fermé"}  # the reader may see a large g
    targets = {block["target"] for block in sidecar["blocks"]}
    assert targets - capital == set(SENTENCES.values()) - capital


def test_random_weights_do_no_harm(iimt: Run, tmp_path: Path) -> None:
    pytest.importorskip("transformers")
    model = save_marian(tmp_path / "random")
    assert iimt("translate", SIGN, "-o", tmp_path / "out.png", "--text-model", model, "--json")[0] == 0
    blocks = json.loads((tmp_path / "out.png.json").read_text(encoding="utf-8"))["blocks"]
    assert len(blocks) == len(SENTENCES)
    assert all(bool(block["reason"]) == (block["action"] == "kept") for block in blocks)


def test_texts_of_another_model_are_drawn_again_as_they_were(translator: Translator) -> None:
    options = Options(text_model=vowels, source="de", target="it")
    before = translator.translate([SIGN, DIALOG], options)
    own = translator.translate(SIGN)
    texts: list[Texts] = [before[0].texts, own.texts, before[1].texts]
    assert texts[0].options["text_model"] == "vowels" and "text_model" not in texts[1].options
    again = translator.translate([SIGN, SIGN, DIALOG], texts=texts)
    for one, other in zip([before[0], own, before[1]], again, strict=True):
        assert np.array_equal(one.pixels, other.pixels) and drawn(one) == drawn(other)
        assert other.texts.options == one.texts.options
    first = before[0].blocks[0]
    edited = [before[0].texts.edited({first.id: "Salve a tutti!"}), before[1].texts]
    # in the same company: with others in a batch the numbers may be rounded otherwise
    changed = translator.translate([SIGN, DIALOG], texts=edited)[0]
    assert "Salve a tutti!" in drawn(changed).values()
    rows = np.flatnonzero((changed.pixels != before[0].pixels).any(axis=(1, 2)))
    assert rows[0] > first.polygon[0][1] - 20 and rows[-1] < first.polygon[2][1] + 20


def test_a_sidecar_of_another_model_is_drawn_by_the_command_line(iimt: Run, tmp_path: Path) -> None:
    first, again = tmp_path / "a.png", tmp_path / "b.png"
    assert iimt("translate", SIGN, "-o", first, "--translator", COMMAND, "-t", "it", "--json")[0] == 0
    assert iimt("translate", SIGN, "-o", again, "--texts", f"{first}.json", "--json")[0] == 0
    assert first.read_bytes() == again.read_bytes()
    assert Path(f"{first}.json").read_bytes() == Path(f"{again}.json").read_bytes()


def test_one_bad_text_is_left_alone_and_a_broken_model_is_an_error(
    translator: Translator, iimt: Run, tmp_path: Path
) -> None:
    def not_on_sundays(texts: Sequence[str], /) -> list[str]:
        if "Sonntag" in texts:
            raise ValueError("closed")
        return vowels(texts)

    result = translator.translate(SIGN, Options(text_model=not_on_sundays))
    reasons = {block.source: block.reason for block in result.blocks}
    assert reasons["Sonntag"] == "could not be translated (ValueError: closed)"
    assert sum(map(bool, reasons.values())) == 1
    done = iimt("translate", SIGN, DIALOG, "-o", f"{tmp_path}/out/", "--translator", "false")
    assert done[0] == 1 and done[1].count("iimt: ") == 2
    assert f"{SIGN}: false: the command failed with exit code 1\n" in done[1]
    assert not list((tmp_path / "out").glob("*.png"))


def test_rails_glossary_and_confidence_hold(translator: Translator) -> None:
    glossary = Glossary([Term("Öffnungszeiten", "orari")], language("de").inflection)

    def wrong_figures(texts: Sequence[str], /) -> list[str]:
        return [text.replace("18", "81").replace("⟩ b", " b") for text in vowels(texts)]

    result = translator.translate(SIGN, Options(text_model=wrong_figures, target="it", glossary=glossary))
    by_source = {block.source: block for block in result.blocks}
    assert by_source["9 bis 18 Uhr"].reason.startswith("a number would change (81")
    assert by_source["10 bis 14 Uhr"].target == "10:00 bos 14:00"
    assert by_source["Unsere Öffnungszeiten"].target == "Unsiri orari"
    assert by_source["Unsere Öffnungszeiten"].terms == [{"source": "Öffnungszeiten", "target": "orari"}]
    strict = translator.translate(SIGN, Options(text_model=vowels, min_confidence=0.96))
    assert {block.reason for block in strict.blocks if block.confidence < 0.96 and block.reason} >= {
        f"reading too uncertain ({by_source['Sonntag'].confidence:.2f})"
    }


def test_our_own_text_model_is_one_too(translator: Translator) -> None:
    own = translator.translate(SIGN, Options(min_confidence=0))
    lent = translator.translate(SIGN, Options(text_model=translator.words))
    assert drawn(own) == drawn(lent)
    [told] = translator.translate_texts(["Guten Tag"], Options(text_model=vowels))
    assert (told.target, told.confidence, told.reason) == ("Gatin Teg", 1.0, "")


def test_another_language_is_read_letter_by_letter(translator: Translator, tmp_path: Path) -> None:
    sys.path.insert(0, str(ROOT / "examples"))
    import make_examples

    make_examples.PICTURES["dialog.png"]("en").picture.save(tmp_path / "dialog.png")
    options = Options(text_model=vowels, source="en", target="it")
    read = [block.source for block in translator.translate(tmp_path / "dialog.png", options).blocks]
    assert {"Save changes", "Do not ask this question again", "Cancel"} <= set(read)
    with pytest.raises(iimt.IimtError, match="en → it needs a text_model"):
        translator.translate(tmp_path / "dialog.png", replace(options, text_model=None))
