"""Names of people, places and products, which a translation keeps letter by letter."""

import re
from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher

from iimt_cli.data.text import is_capital
from iimt_cli.language.alphabet import CAPITAL, SMALL
from iimt_cli.language.base import Language, Names, Packs, found
from iimt_cli.language.numbers import with_endings
from iimt_cli.language.protected import TOP_DOMAINS

SHORTEST_NAME, LONGEST_NAME = 4, 16
SAME_NAME = 0.72  # share of their letters that a name and the word that it became have in common, at least
SAME_TOWN = 0.6

_NAME = re.compile(rf"\w*[{SMALL}][{CAPITAL}]\w*")  # with a capital inside
_USER = re.compile(r"@?[\w.]*[a-z\d]_[a-z\d][\w.]*")
_MARKS = ".,;:!?…()[]\"'‘’‚“”„«»"
_WEB_ADDRESS = re.compile(
    rf"https?://\S+|www\.\S+|\S+@\S+(?: ?\.? ?[a-z]{{2,7}})?|[\w.-]+\.(?:{TOP_DOMAINS})(?:/\S*)?",
    re.IGNORECASE,
)
_LONG_NUMBER = re.compile(r"\+?\d[\d /-]{5,}\d")


def is_name(text: str, pack: Language) -> bool:
    """Whether a text is only a name: of a product or a user, or by the language's rules of a person, a firm or towns.

    The name of a product is one word with a capital inside. Very short and very long ones are misread words and do not count.
    """
    user = _USER.fullmatch(text) is not None
    product = SHORTEST_NAME <= len(text) <= LONGEST_NAME and _NAME.fullmatch(text) is not None
    return (
        user or product or _is_towns(text, pack.names) or is_person(text, pack) or _is(pack.names.firm, text)
    )


def is_person(text: str, pack: Language) -> bool:
    """Whether a text is the full name of a person."""
    person = pack.names.person.fullmatch(_spelt(text)) if pack.names.person else None
    return person is not None and pack.names.given_names.issuperset(person[1].split("-"))


def is_address(text: str, pack: Language) -> bool:
    """Whether a text is an address: of a web page or a mailbox, or by the language's rules of a house or a town."""
    return bool(_WEB_ADDRESS.fullmatch(text)) or _is(pack.names.address, _spelt(text))


def _is(pattern: re.Pattern[str] | None, text: str) -> bool:
    return pattern is not None and pattern.fullmatch(text) is not None


def _is_towns(text: str, names: Names) -> bool:
    spelt = _spelt(text)
    parts = {part for part in (names.between_towns.split(spelt) if names.between_towns else [spelt]) if part}
    return bool(parts) and parts <= names.towns


def _spelt(text: str) -> str:
    """A text in capitals with only the first letter of each word a capital, as names are usually spelt."""
    return text.title() if is_capital(text) else text


def copy_names(source: str, target: str, packs: Packs) -> str:
    """The target with the source's names and long numbers, such as those of telephones, copied letter by letter.

    A name of a person or place replaces the word at its place in the target: behind a title, a given name or a postcode,
    before a date or the legal form of a firm. A town, or a name with a capital inside such as FileZilla, replaces the word
    that is most like it ("FilZilla"). A word unlike all names stays. A figure that counts gets the ending of its number: 21st.
    """
    target, source = with_endings(target, packs.target.numbers), _spelt(source)
    people = packs.target.names.people
    for name, place in _places(source, packs):
        there = re.search(place, target)
        if (
            there
            and name not in re.findall(r"[\w-]+", target)
            and there[1] != name.removesuffix("s")
            and not found(people, there[1])
        ):
            target = target[: there.start(1)] + name + target[there.end(1) :]
    numbers = _LONG_NUMBER.findall(source), _LONG_NUMBER.findall(target)
    for number, copied in zip(*numbers, strict=False) if len(numbers[0]) == len(numbers[1]) else ():
        target = target.replace(copied, number, 1)
    words = target.split(" ")
    alike = [(name, SAME_NAME) for name in _NAME.findall(source)]
    towns = packs.source.names.towns
    alike += [(word, SAME_TOWN) for word in re.findall(r"[\w-]{5,}", source) if word in towns]
    for name, least in dict.fromkeys(alike):
        if name in target:
            continue
        cores = [word.strip(_MARKS) for word in words]
        shared = [
            SequenceMatcher(None, name.casefold(), core.casefold(), autojunk=False).ratio() for core in cores
        ]
        best = max(range(len(words)), key=shared.__getitem__)
        if shared[best] > least and cores[best] not in source.split():
            words[best] = words[best].replace(cores[best], name, 1)
    return " ".join(words)


def towns_on_page(texts: Iterable[str], pack: Language) -> set[str]:
    """The towns that the texts of a page tell: behind a postcode, or before the date of a letter."""
    patterns = ((pack.names.town, 2), (pack.names.dated, 1))
    return {
        match[group] for text in texts for pattern, group in patterns for match in _all(pattern, _spelt(text))
    }


def changed(names: Iterable[str], source: str, target: str) -> str:
    """The first of the names that the source has as a word and the target has not; "" if there is none."""
    words = {word.casefold() for word in re.findall(r"[\w-]+", source)}
    lost = (name for name in sorted(names) if name.casefold() in words)
    return next((name for name in lost if name.casefold() not in target.casefold()), "")


def _places(source: str, packs: Packs) -> Iterator[tuple[str, str]]:
    """(name of a person or place in the source, the word in the target at its place)."""
    names, theirs = packs.source.names, packs.target.names
    word, capital = r"([^\W\d_][\w-]*)", rf"([{CAPITAL}][\w-]*)"
    for match in _all(names.titled, source):
        kind = next(kind for kind in names.titles if match[kind])
        if kind in theirs.titles:
            yield match["name"], rf"\b(?:{theirs.titles[kind]}) {capital}"
    for match in _all(names.full_name, source):
        if match[1] in names.given_names:
            yield match[2], rf"\b{match[1]} {capital}"
    for match in _all(names.company, source):
        yield match[1], rf"{word},? {re.escape(match[2])}(?!\w)"
    for match in _all(names.town, source):
        yield match[2], rf"\b{match[1]},? {word}"
    for match in _all(names.dated, source):
        yield match[1], r"^([^\W\d_][^,]*), "  # all before the date: a town may have become two words


def _all(pattern: re.Pattern[str] | None, text: str) -> Iterator[re.Match[str]]:
    return pattern.finditer(text) if pattern else iter(())
