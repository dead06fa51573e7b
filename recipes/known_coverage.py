"""How much of what pictures say the translation memory knows: `python recipes/known_coverage.py weights/de-en`.

`blocks.tsv` beside this file has the texts of 60 invented pictures, which most writers of the memory have not seen. A text of
figures alone does not count. Printed is the share of texts that the memory knows, by length, and apart those with figures.
"""

import argparse
from collections import Counter
from pathlib import Path

from iimt_cli.language import language
from iimt_cli.language.base import Packs
from iimt_cli.language.known import KnownTexts
from iimt_cli.language.protected import mask, settled

BLOCKS = Path(__file__).with_name("blocks.tsv")
SHORT, MIDDLE = 2, 5  # words


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("weights", type=Path)
    memory = KnownTexts.beside(parser.parse_args().weights)
    if memory is None:
        parser.error("these weights have no translation memory")
    packs = Packs(language("de"), language("en"))
    there, known = Counter[str](), Counter[str]()
    for text in blocks():
        masked = mask(text, packs.source, target=packs.target)
        if settled(masked) is not None or not any(c.isalpha() for c in text):
            continue
        found = memory.answer(text, masked, packs)
        for kind in (_kind(text, bool(masked.spans)), "all"):
            there[kind] += 1
            known[kind] += found is not None
    for kind in ("1-2 words", "3-5 words", "6 and more", "with figures", "all"):
        print(f"{kind:12s} {known[kind]:5d} of {there[kind]:5d}  {100 * known[kind] / there[kind]:.0f} %")


def blocks() -> list[str]:
    """The German texts, in their order."""
    lines = BLOCKS.read_text(encoding="utf-8").splitlines()
    return [line.split("\t")[1] for line in lines if not line.startswith("#")]


def _kind(text: str, figures: bool) -> str:
    if figures:
        return "with figures"
    words = len(text.split())
    return "1-2 words" if words <= SHORT else "3-5 words" if words <= MIDDLE else "6 and more"


if __name__ == "__main__":
    main()
