"""A user's glossary: terms whose translation is given, found in a text in all their inflected forms.

While a text is translated a placeholder stands for each occurrence (`protected.mask`); then it becomes the user's word. The
file is UTF-8 text with one term a line, source TAB target. An empty target keeps the term as the text has it. Empty lines
and lines that start with # are ignored.
"""

import codecs
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from iimt_cli.data.text import clean, drawable, is_capital, upper_case
from iimt_cli.errors import IimtError
from iimt_cli.language.alphabet import WESTERN
from iimt_cli.language.base import Span
from iimt_cli.language.inflection import Inflection, letters
from iimt_cli.language.protected import protected

# letters: a term in capitals that is no longer is an abbreviation ("AG") and is found only in capitals
ABBREVIATION = 5
_TOKEN = re.compile(r"\w+|[^\w\s]")  # a word, or one sign
_LINE_END = re.compile(rb"\r\n?|\n")


@dataclass(frozen=True)
class Term:
    """What a user calls `source` in the target language. An empty `target` keeps the source as the text has it."""

    source: str
    target: str


@dataclass(frozen=True)
class Occurrence(Span):
    """Where a text has a term, what it becomes in the translation, and which term it is."""

    term: Term = Term("", "")


@dataclass(frozen=True)
class _Word:
    """A word or a sign of a term. `forms` in small letters are found in any case, all others only as they are written."""

    own: str
    forms: frozenset[str]
    after_space: bool
    noun: bool

    def fits(self, token: str) -> bool:
        small = token.lower()
        if token not in self.forms and small not in self.forms:
            return False
        return not (self.noun and token[0].islower()) or small == self.own.lower()


class Glossary:
    """A user's terms, which are found in all inflected forms. Of several terms with the same source the last one counts."""

    def __init__(self, terms: Sequence[Term], inflection: Inflection) -> None:
        self._terms = {term.source: term for term in terms}
        self._starts: dict[str, list[tuple[Term, list[_Word]]]] = {}  # every form of a first word → terms
        for term in self._terms.values():
            words = _words(term.source, inflection)
            for form in words[0].forms if words else ():
                self._starts.setdefault(form, []).append((term, words))

    @classmethod
    def load(cls, paths: Sequence[Path], inflection: Inflection, alphabet: str = WESTERN) -> "Glossary":
        """Reads the terms of several files; a later file wins over an earlier one. Targets are of the `alphabet`.

        Raises IimtError, which names the file and the line, if a file cannot be read or a line is not understood.
        """
        terms: dict[str, Term] = {}
        for path in paths:
            terms |= _read(path, alphabet)
        return cls(list(terms.values()), inflection)

    def __len__(self) -> int:
        return len(self._terms)

    def find(self, text: str) -> list[Occurrence]:
        """The terms that a text has, from the left. They do not overlap, and a longer one wins over a shorter one.

        Whole words are found, in any case; a hyphen ends a word. A term of up to five capitals is found only as written. Of
        several terms of the same length the one written most like the text wins. A form that is also another word ("Lager"
        for the term "Lage") counts as the term, unless that word is a term, too. Terms never cut what `protected` keeps
        whole, such as a web address or "12-14".

        The fill is the target as the user wrote it: no plural is made for a plural in the text. It is in capitals if the
        text is and the term is not, and begins with a capital at the very start of the text.
        """
        tokens, whole = list(_TOKEN.finditer(text)), protected(text)
        found: list[Occurrence] = []
        for n, token in enumerate(tokens):
            if found and token.start() < found[-1].end:
                continue
            if candidates := self._at(n, text, tokens, whole):
                found.append(max(candidates, key=lambda one: _likeness(one, text)))
        return found

    def _at(
        self, n: int, text: str, tokens: Sequence[re.Match[str]], whole: Sequence[Span]
    ) -> list[Occurrence]:
        """The terms that begin at token `n` of a text and do not cut the spans in `whole`."""
        start, found = tokens[n].start(), []
        for key in {tokens[n][0], tokens[n][0].lower()}:
            for term, words in self._starts.get(key, ()):
                if _stand(words, tokens, n):
                    end = tokens[n + len(words) - 1].end()
                    found.append(Occurrence(start, end, _fill(term, text, start, end), term=term))
        return [one for one in found if not any(_cuts(one, other) for other in whole)]


def _words(source: str, inflection: Inflection) -> list[_Word]:
    """The words and signs of a term, with the forms in which they are found."""
    tokens = list(_TOKEN.finditer(source))
    last = max((n for n, token in enumerate(tokens) if letters(token[0])), default=-1)
    abbreviation = source.isupper() and letters(source) <= ABBREVIATION
    words = []
    for n, token in enumerate(tokens):
        after_space = n > 0 and token.start() > tokens[n - 1].end()
        before_space = n + 1 < len(tokens) and tokens[n + 1].start() > token.end()
        if abbreviation:
            forms = {token[0]}
        elif n == last:
            forms = inflection.of_last(token[0])
        elif before_space:
            forms = inflection.of_front(token[0])
        else:
            forms = {token[0].lower()}
        forms |= {form.upper() for form in forms if len(form.upper()) > len(form)}  # ß becomes SS
        noun = inflection.capital_nouns and n == last and token[0][0].isupper()
        words.append(_Word(token[0], frozenset(forms), after_space, noun))
    return words


def _stand(words: Sequence[_Word], tokens: Sequence[re.Match[str]], n: int) -> bool:
    """Whether the tokens from `n` on are the words of a term, with white space where the term has it and nowhere else."""
    if n + len(words) > len(tokens):
        return False
    for at, word in enumerate(words, n):
        if at > n and word.after_space != (tokens[at].start() > tokens[at - 1].end()):
            return False
        if not word.fits(tokens[at][0]):
            return False
    return True


def _likeness(one: Occurrence, text: str) -> tuple[int, bool, bool, int]:
    """The rank of a term among those at one place: by its length, then its spelling, then how little it is inflected."""
    written, source = " ".join(text[one.start : one.end].split()), one.term.source
    return one.end, written == source, written.lower() == source.lower(), len(source)


def _fill(term: Term, text: str, start: int, end: int) -> str:
    """The fill for a term at characters [start, end) of a text."""
    if not term.target:
        return text[start:end]
    if is_capital(text[start:end]) and letters(text[start:end]) > 1 and not is_capital(term.source):
        return upper_case(term.target)
    # not "iPhone", which has a spelling of its own
    if not text[:start].strip() and term.target.split(" ")[0].islower():
        return upper_case(term.target[:1]) + term.target[1:]
    return term.target


def _cuts(term: Span, whole: Span) -> bool:
    """Whether a term covers a part of the span `whole`, but not all of it. "Ausgang" in "Ein-/Ausgang" is allowed."""
    if whole.end <= term.start or term.end <= whole.start:
        return False
    start = whole.end - len(whole.fill.lstrip("/"))
    end = whole.start + len(whole.fill.rstrip("/"))
    return start < term.start or term.end < end


def _read(path: Path, alphabet: str) -> dict[str, Term]:
    """The terms of a file by their source."""
    found: dict[str, tuple[int, Term]] = {}
    for number, line in _lines(path):
        term = _term(line, f"{path}: line {number}", alphabet)
        first, other = found.setdefault(term.source, (number, term))
        if term != other:
            raise IimtError(f"{path}: lines {first} and {number} have different targets for {term.source!r}")
    return {source: term for source, (_, term) in found.items()}


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """The lines of a file that have a term, with their numbers from 1."""
    try:
        data = path.read_bytes().removeprefix(codecs.BOM_UTF8)
    except FileNotFoundError:
        raise IimtError(f"{path}: no such file") from None
    except OSError as error:
        raise IimtError(f"{path}: cannot be read ({error.strerror})") from error
    for number, raw in enumerate(_LINE_END.split(data), 1):
        try:
            line = raw.decode("utf-8")
        except UnicodeDecodeError:
            raise IimtError(f"{path}: line {number} is not UTF-8") from None
        if not line.startswith("#") and ("\t" in line or line.strip()):
            yield number, line


def _term(line: str, where: str, alphabet: str) -> Term:
    """The term of a line; `where` names the line in what is raised."""
    source, *targets = (clean(side) for side in line.split("\t"))
    if not targets:
        raise IimtError(f"{where} has no tab between source and target")
    if len(targets) > 1:
        raise IimtError(f"{where} has more than one tab")
    if not source:
        raise IimtError(f"{where} has nothing before the tab")
    if not any(c.isalnum() for c in source):
        raise IimtError(f"{where} has a source without a letter or a digit: {source!r}")
    if not drawable(targets[0], alphabet):
        unknown = next(c for c in targets[0] if not drawable(c, alphabet))
        raise IimtError(f"{where} has a character in its target that iimt cannot draw: {unknown!r}")
    return Term(source, targets[0])
