"""The translation memory of the shipped weights: what pictures say word for word, as this project translated it.

    python recipes/known_texts.py weights/de-en/known.tsv.gz

Beside it is written `genres.tsv.gz`, the words that tell the genre of a picture (`corpora/genres.de.tsv.gz`).

Taken are `corpora/labels.de-en.tsv.gz`, which is written for this, and the texts of up to six words of `phrases.txt` beside
this file and of `written` and `written-more` in `corpora`; and `corpora/senses.de-en.tsv.gz`, texts with several senses, each
with the genres of the pictures that have it. The sense that a text has in another file it has everywhere else. All are ours. A
text is left out if

- two lines translate it differently (labels are right wherever they stand, so they win),
- it is in capitals: texts in capitals are found as they are usually written,
- `known_texts.txt` beside this file names it,
- it has a figure that its translation has not. Figures become placeholders, so that other figures are known, too,
- it has figures and is not of the labels: their texts are written to be right with any figures,
- it is one word that the lexicon gives several meanings, and no label: another picture may need another one ("Karten").
"""

import argparse
import gzip
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import TypeAlias

from iimt_cli.data.corpora import read_pairs
from iimt_cli.data.text import is_capital
from iimt_cli.language import language
from iimt_cli.language.base import Packs
from iimt_cli.language.genres import EVERYWHERE, GENRES, Genres
from iimt_cli.language.known import Known, KnownTexts, template
from iimt_cli.language.lexicon import LEXICON, Lexicon, first_letters

ROOT = Path(__file__).parents[1]
LABELS, SENSES, *WRITTEN = (
    ROOT / "corpora" / f"{name}.de-en.tsv.gz" for name in ("labels", "senses", "written", "written-more")
)
WORDS = ROOT / "corpora" / "genres.de.tsv.gz"
ENDS = ".:!…, "  # marks that a text may have or lack
Key: TypeAlias = tuple[str, str]  # a source in small letters, and the kinds of its placeholders
LONGEST = 6  # words; labels may be longer: they are standard sentences


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("out", type=Path)
    options = parser.parse_args()
    lexicon = Lexicon.load(options.out.parent / LEXICON, "de")
    packs = Packs(language("de"), language("en"))
    made = [template(source, target, packs) for source, target in _labels()]
    labels = _agreeing(text for text in made if text)
    others = _agreeing(_short(lexicon))
    texts = others | labels
    senses = _senses(packs, texts)
    one_sense = (text for key, text in texts.items() if key not in senses)
    memory = KnownTexts([*one_sense, *chain.from_iterable(senses.values())])
    memory.save(options.out)
    _genres().save(options.out.with_name(GENRES))
    print(f"{len(memory)} texts, {len(labels)} of them labels; {options.out.stat().st_size / 1e3:.0f} KB")


def _senses(packs: Packs, texts: Mapping[Key, Known]) -> dict[Key, list[Known]]:
    """What has several senses. That which `texts` has is the one that it has EVERYWHERE."""
    found: dict[Key, list[Known]] = {}
    for source, target, genres in _rows(SENSES):
        if known := template(source, target, packs):
            found.setdefault(_key(known), []).append(known._replace(genres=genres))
    for key in found.keys() & texts.keys():
        same = [n for n, one in enumerate(found[key]) if _bare(one.target) == _bare(texts[key].target)]
        if same:
            one = found[key][same[0]]
            found[key][same[0]] = one._replace(genres=f"{EVERYWHERE},{one.genres}")
        else:
            found[key].append(texts[key]._replace(genres=EVERYWHERE))
    return found


def _genres() -> Genres:
    return Genres({word: genres.split(",") for word, genres in _rows(WORDS)})


def _rows(path: Path) -> list[list[str]]:
    return [line.split("\t") for line in gzip.decompress(path.read_bytes()).decode("utf-8").splitlines()]


def _labels() -> list[tuple[str, str]]:
    """All labels, also those that are mostly figures, which `read_pairs` leaves out of training."""
    return [(source, target) for source, target in _rows(LABELS)]


def _short(lexicon: Lexicon) -> Iterator[Known]:
    """The short texts of the other files that have one meaning."""
    lines = Path(__file__).with_name("phrases.txt").read_text(encoding="utf-8").splitlines()
    phrases = [tuple(line.split("|")) for line in lines if "|" in line and not line.startswith("#")]
    left_out = set(Path(__file__).with_suffix(".txt").read_text(encoding="utf-8").splitlines())
    for source, target in [*read_pairs(WRITTEN), *((a, b) for a, b in phrases)]:
        words = source.split()
        if any(c.isdigit() for c in source + target):
            continue
        if len(words) > LONGEST or is_capital(source) or {source, source.rstrip(ENDS)} & left_out:
            continue
        if len(words) == 1 and _meanings(source, lexicon) > 1:
            continue
        yield Known(source, target)


def _meanings(word: str, lexicon: Lexicon) -> int:
    return len({first_letters(meaning) for meaning in lexicon.all_meanings(word.strip(ENDS))})


def _agreeing(texts: Iterable[Known]) -> dict[Key, Known]:
    """The texts whose source has one translation."""
    found: defaultdict[Key, dict[str, Known]] = defaultdict(dict)
    for text in texts:
        found[_key(text)].setdefault(_bare(text.target), text)
    return {key: next(iter(some.values())) for key, some in found.items() if len(some) == 1}


def _key(text: Known) -> Key:
    return _bare(text.source), text.kinds


def _bare(text: str) -> str:
    return text.casefold().rstrip(ENDS)


if __name__ == "__main__":
    main()
