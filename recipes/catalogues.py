"""Parallel text from the gettext catalogues of programs: German TAB English, each pair once.

    python recipes/catalogues.py CATALOGUES --apart-from debian-gettext.tsv.gz --without valid.tsv > runs/catalogues.tsv

CATALOGUES is a folder with .mo files, such as those of Debian's packages (`share/locale/de/LC_MESSAGES`). A catalogue that
shares more than a tenth of its longer texts with `--apart-from` is left out whole: test data may have been held out from
that corpus, and would be in the catalogue. What is in `--without` is left out text by text.
"""

import argparse
import random
import re
import sys
from pathlib import Path

from iimt_cli.data.corpora import Pair, read_pairs
from iimt_cli.errors import IimtError

MOST = 8000  # pairs of one program: there are glossaries and lists of stars
LONG = 25  # characters: shorter texts ("Open file") are in every program
SHARED = 0.1


def plain(text: str) -> str:
    return re.sub(r"\W+", "", text).casefold()


def pairs_of(path: Path) -> list[Pair]:
    """The usable pairs of one catalogue; none if it is empty or in other languages."""
    try:
        return [p for p in read_pairs([path]) if p.source != p.target and re.search(r"[a-zA-Z]{2}", p.target)]
    except IimtError:
        return []


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--apart-from", type=Path, action="append", default=[])
    parser.add_argument("--without", type=Path, action="append", default=[])
    args = parser.parse_args()
    known = {plain(p.target) for p in read_pairs(args.apart_from)}
    held_out = {plain(text) for pair in read_pairs(args.without) for text in pair}
    seen: set[tuple[str, str]] = set()
    kept = left = 0
    for path in sorted(args.folder.rglob("*.mo")):
        pairs = pairs_of(path)
        longer = [plain(p.target) for p in pairs if len(p.target) >= LONG]
        if sum(text in known for text in longer) > SHARED * len(longer):
            left += 1
            continue
        kept += 1
        random.Random(3).shuffle(pairs)
        for pair in pairs[:MOST]:
            key = (plain(pair.source), plain(pair.target))
            if all(key) and key not in seen and not held_out & set(key):
                seen.add(key)
                print(f"{pair.source}\t{pair.target}")
    print(f"{len(seen)} pairs of {kept} catalogues; {left} left out", file=sys.stderr)


if __name__ == "__main__":
    main()
