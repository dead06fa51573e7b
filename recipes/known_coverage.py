"""How much of what pictures say the translation memory knows: `python recipes/known_coverage.py weights/de-en`.

`blocks.tsv` beside this file has the texts of 60 invented pictures, which most writers of the memory have not seen. A text of
figures alone does not count. Printed is the share of texts that the memory knows, by length and apart those with figures, and
how often it knows the genre of a picture (`block_genres.tsv`): of all, and of those of which it is sure.
"""

import argparse
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from iimt_cli.language import language
from iimt_cli.language.base import Packs
from iimt_cli.language.known import KnownTexts
from iimt_cli.language.protected import mask, settled

BLOCKS, GENRES = (Path(__file__).with_name(f"{name}.tsv") for name in ("blocks", "block_genres"))
SURE = 0.8  # probability of a genre from which it counts as sure
SHORT, MIDDLE = 2, 5  # words


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("weights", type=Path)
    memory = KnownTexts.beside(parser.parse_args().weights)
    if memory is None:
        parser.error("these weights have no translation memory")
    packs = Packs(language("de"), language("en"))
    there, known = Counter[str](), Counter[str]()
    pictures = blocks()
    for texts in pictures.values():
        genre = memory.genre(texts)
        for text in texts:
            masked = mask(text, packs.source, target=packs.target)
            if settled(masked) is not None or not any(c.isalpha() for c in text):
                continue
            found = memory.answer(text, masked, packs, genre=genre)
            for kind in (_kind(text, bool(masked.spans)), "all"):
                there[kind] += 1
                known[kind] += found is not None
    for kind in ("1-2 words", "3-5 words", "6 and more", "with figures", "all"):
        print(f"{kind:12s} {known[kind]:5d} of {there[kind]:5d}  {100 * known[kind] / there[kind]:.0f} %")
    told = _told(memory, pictures)
    for kind, some in (("genres", told), ("sure genres", [one for one in told if one[0] > SURE])):
        print(f"{kind:12s} {sum(right for _, right in some):5d} of {len(some):5d}")


def blocks() -> dict[str, list[str]]:
    """The German texts of each picture, in their order."""
    pictures: dict[str, list[str]] = {}
    for picture, text in _rows(BLOCKS):
        pictures.setdefault(picture, []).append(text)
    return pictures


def _told(memory: KnownTexts, pictures: Mapping[str, Sequence[str]]) -> list[tuple[float, bool]]:
    """For each picture how sure the likeliest genre is, and whether it is right."""
    found = []
    for picture, right in _rows(GENRES):
        genre = memory.genre(pictures[picture])
        best = max(genre, key=lambda name: genre[name], default="")
        found.append((genre.get(best, 0.0), best in right.split(",")))
    return found


def _rows(path: Path) -> list[list[str]]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines if not line.startswith("#")]


def _kind(text: str, figures: bool) -> str:
    if figures:
        return "with figures"
    words = len(text.split())
    return "1-2 words" if words <= SHORT else "3-5 words" if words <= MIDDLE else "6 and more"


if __name__ == "__main__":
    main()
