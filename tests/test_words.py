"""Another text model: how it is asked, what becomes of its failures, what is copied."""

from collections.abc import Callable, Sequence

import pytest

from iimt_cli.config import Languages
from iimt_cli.errors import IimtError
from iimt_cli.language import language
from iimt_cli.language.alphabet import WESTERN
from iimt_cli.language.glossary import Glossary, Term
from iimt_cli.translation.result import DEFAULTS, MIN_CONFIDENCE, Options
from iimt_cli.translation.steps.wording import Wording
from iimt_cli.translation.words import NoAnswer, Recorded, TextModel, answers, name_of

DE_EN = Languages("de", "en")


class Fails:
    """Translates into capitals, but for some texts. `asked` are the texts of each call."""

    def __init__(self, fails: Callable[[str], bool], error: Exception) -> None:
        self.fails, self.error = fails, error
        self.asked: list[list[str]] = []

    def __call__(self, texts: Sequence[str], /) -> list[str]:
        self.asked.append(list(texts))
        if any(map(self.fails, texts)):
            raise self.error
        return [text.upper() for text in texts]


def test_every_text_is_asked_for_once() -> None:
    model = Fails(lambda text: False, ValueError())
    assert answers(model, ["a", "b", "a"]) == {"a": "A", "b": "B"} and model.asked == [["a", "b"]]
    assert answers(model, []) == {} and len(model.asked) == 1


def test_the_texts_to_blame_are_found() -> None:
    model = Fails(lambda text: text in ("k", "p"), ValueError("no\nmore"))
    found = answers(model, "abcdefghijklmnopqrstuvwxyz")
    wrong = {text: str(answer) for text, answer in found.items() if not isinstance(answer, str)}
    assert wrong == {"k": "ValueError: no", "p": "ValueError: no"}
    assert len(found) == 26 and found["z"] == "Z" and len(model.asked) < 26


def test_a_model_that_always_fails_is_an_error_and_soon() -> None:
    model = Fails(lambda text: True, ValueError("broken"))
    with pytest.raises(IimtError, match=r"^Fails: ValueError: broken$"):
        answers(model, [str(n) for n in range(100)])
    assert len(model.asked) == 4
    with pytest.raises(IimtError, match="broken"):
        answers(model, ["a"])


@pytest.mark.parametrize(
    "error", [IimtError("no such command"), RuntimeError("CUDA out of memory"), MemoryError()]
)
def test_what_has_nothing_to_do_with_one_text_is_raised(error: Exception) -> None:
    model = Fails(lambda text: text == "b", error)
    with pytest.raises(type(error)):
        answers(model, ["a", "b", "c", "d", "e"])
    assert len(model.asked) == 1


@pytest.mark.parametrize(
    ("model", "why"),
    [
        (lambda texts: texts[1:], "0 translations of 1 texts"),
        (lambda texts: " ".join(texts), "no list of texts"),
        (lambda texts: [None for _ in texts], "no list of texts"),
        (lambda texts: None, "TypeError"),
    ],
)
def test_what_is_no_translation_is_told(model: TextModel, why: str) -> None:
    with pytest.raises(IimtError, match=why):
        answers(model, ["a", "b"])


def test_names_of_models() -> None:
    def mine(texts: Sequence[str], /) -> Sequence[str]:
        return texts

    assert name_of(mine) == "mine" and name_of(Recorded("opus")) == "opus"
    assert name_of(Fails(bool, ValueError())) == "Fails"
    with pytest.raises(IimtError, match="opus: is a name in a sidecar"):
        answers(Recorded("opus"), ["a"])


def test_by_default_all_is_drawn_that_another_text_model_says() -> None:
    assert Options().least == MIN_CONFIDENCE and Options(min_confidence=0.3).least == 0.3
    assert Options(text_model=Recorded("opus")).least == 0
    assert Options(text_model=Recorded("opus"), min_confidence=0.3).least == 0.3


def worded(
    source: str, says: dict[str, str], options: Options = DEFAULTS, languages: Languages = DE_EN
) -> tuple[str, str]:
    """What becomes of a text with a model that `says` something for each text that it is asked; why it is refused."""

    def model(texts: Sequence[str], /) -> list[str]:
        return [says.get(text, "?") for text in texts]

    [(text, judgement)] = Wording(model, languages.packs, options, WESTERN).texts([source])
    return text, judgement.reason


def test_a_model_sees_figures_and_they_are_copied() -> None:
    assert worded("Ab 9 Uhr geöffnet", {"Ab 9:00 geöffnet": "Open from 9 am"}) == ("Open from 9:00", "")
    assert worded("Nur 1.250,50 € im Monat", {"Nur 1.250,50 € im Monat": "Only €1,250.50 a month"}) == (
        "Only 1.250,50 € a month",
        "",
    )
    said = {"Nur 1,250.50 € im Monat": "Only €1,250.50 a month"}
    local = Options(numbers="localise")
    assert worded("Nur 1.250,50 € im Monat", said, local) == ("Only 1,250.50 € a month", "")


def test_what_is_lost_is_asked_for_again_with_placeholders() -> None:
    text, opened, masked = "Zimmer 17 ist frei", "Zimmer 17 ist frei", "Zimmer ⟨1⟩ ist frei"
    assert worded(text, {opened: "Room 71 is free", masked: "Room ⟨1⟩ is free"}) == ("Room 17 is free", "")
    assert worded(text, {opened: "The room is free", masked: "Room 1 is free"}) == (
        "The room is free",
        "a number would be lost (17)",
    )
    assert worded(text, {opened: "Room 71 is free"})[1].startswith("a number would change (71")
    mail = "Mehr auf www.abc.de hier"
    assert worded(mail, {mail: "Read more here"}) == ("Read more here", "www.abc.de would be lost")


def test_placeholders_that_make_a_model_fail_change_nothing() -> None:
    model = Fails(lambda text: "⟨" in text, ValueError("what is that?"))
    model_says = Wording(model, DE_EN.packs, Options(), WESTERN).texts(["Hausnummer 7b ist zu"])
    assert model_says[0][0] == "HAUSNUMMER 7B IST ZU"


def test_terms_of_a_glossary_are_obeyed() -> None:
    glossary = Glossary([Term("Vertrag", "agreement"), Term("Muster", "")], language("de").inflection)
    options = Options(glossary=glossary)
    said = {"Der agreement mit Muster ist da": "The AGREEMENT with Muster is here"}
    assert worded("Der Vertrag mit Muster ist da", said, options) == (
        "The agreement with Muster is here",
        "",
    )
    said = {"Der agreement ist da": "The contract is here", "Der ⟨1⟩ ist da": "The ⟨1⟩ is here"}
    assert worded("Der Vertrag ist da", said, options) == ("The agreement is here", "")
    said = {"Der agreement ist da": "The contract is here"}
    assert worded("Der Vertrag ist da", said, options)[1] == "agreement would be lost"
    assert worded("Verträge", {}, options) == ("Agreement", "")  # there is nothing to ask for


def test_capitals_marks_and_quotation_marks_are_ours() -> None:
    assert worded("BITTE WARTEN", {"bitte warten": "please wait"}) == ("PLEASE WAIT", "")
    assert worded("– Neue Schuhe", {"Neue Schuhe": "new shoes"}) == ("– New shoes", "")
    assert worded("„Guten Tag“", {"Guten Tag": "Hello"}) == ("“Hello”", "")


def test_what_cannot_be_drawn_or_is_no_translation_is_refused() -> None:
    assert worded("Guten Tag", {"Guten Tag": "Dzień dobry"})[1] == "ń cannot be drawn"
    assert worded("Guten Tag", {"Guten Tag": "a\x1b[b"})[1] == "U+001B cannot be drawn"
    assert worded("Guten Tag", {"Guten Tag": ""}) == ("", "no translation")
    assert worded("„Guten Tag“", {"Guten Tag": " "}) == ("", "no translation")
    assert worded("Guten Tag", {"Guten Tag": "Guten Tag!"})[1] == "already in the target language"
    assert worded("Guten Tag", {"Guten Tag": "abc " * 100}) == (
        "",
        "the translation is too long for its place",
    )
    assert worded("EG", {"eg": "ground floor"}) == ("GROUND FLOOR", "")


def test_a_text_never_has_a_line_break() -> None:
    asked: list[str] = []

    def model(texts: Sequence[str], /) -> list[str]:
        asked.extend(texts)
        return ["nothing" for _ in texts]

    Wording(model, DE_EN.packs, Options(), WESTERN).texts(["Ein\u2028Satz\x0bmit\x85Enden"])
    assert asked == ["Ein Satz mit Enden"]


def test_a_failure_is_the_reason() -> None:
    model = Fails(lambda text: "Tag" in text, NoAnswer("the command failed with exit code 1"))
    [good, bad] = Wording(model, DE_EN.packs, Options(), WESTERN).texts(["Guten Morgen", "Guten Tag"])
    assert good[0] == "GUTEN MORGEN"
    assert bad == ("", bad[1]) and bad[1].reason == (
        "could not be translated (the command failed with exit code 1)"
    )
    assert not bad[1].harmless


@pytest.mark.parametrize("pair", [("fr", "it"), ("xx", "yy"), ("sv", "en")])
def test_any_pair_of_languages_will_do(pair: tuple[str, str]) -> None:
    text = "Nej, tack 12,50"
    assert worded(text, {text: "No thanks 12.50"}, languages=Languages(*pair)) == ("No thanks 12,50", "")
