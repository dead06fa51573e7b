"""Weights: the folder of a name, and checks that its files are complete.

A weights folder holds the preset, two vocabularies and the parts of the system as safetensors, a model card
(`README.md`) and `SHA256SUMS`, which `sha256sum -c` reads, too. Nothing here imports torch, so that a wrong name
or a damaged download is reported at once.
"""

import hashlib
import importlib.util
import json
import math
import os
import re
import shutil
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from iimt_cli.config import Languages, Preset, load_preset
from iimt_cli.errors import IimtError, UsageError
from iimt_cli.language.genres import GENRES
from iimt_cli.language.known import KNOWN
from iimt_cli.language.lexicon import LEXICON
from iimt_cli.writing import at_home, replacing, write_text

CHECKSUMS = "SHA256SUMS"
CARD = "README.md"
CONFIDENCE = "confidence.json"  # the calibration of the text model's confidence; a training run has none
ESTIMATOR = (
    "quality.safetensors"  # of the quality of translations (model/quality.py); a training run has none
)
SYMBOLS = "symbols.safetensors"  # what the reader's states tell of symbols (model/symbols.py); a training run has none
REVERSE = "reverse.safetensors"  # the reverse model (model/reverse.py); a training run has none
# The files that the program reads and SHA256SUMS covers. The model card is not among them: it may be edited freely.
_LOADED = ("preset.toml", "*.spm", LEXICON, KNOWN, GENRES, CONFIDENCE, "*.safetensors")
_HUB_NAME = re.compile(r"[\w.-]+/[\w.-]+")


def find_weights(
    spec: str | Path | None = None, source: str | None = None, target: str | None = None
) -> Path:
    """The weights folder for `spec`: a folder, a name such as `de-en`, or `owner/name` on the Hugging Face hub.

    Without `spec`, the weights that come with the package for `source` → `target`. Raises IimtError with one
    line that says what there is instead.
    """
    if spec is None or not str(spec):
        return _shipped_for(source, target)
    folder = at_home(spec)
    if folder.is_dir():
        return folder
    if folder.exists():
        raise IimtError(f"{spec}: is a file; --weights wants the folder that holds preset.toml")
    name = str(spec)
    if re.fullmatch(r"[\w.-]+", name):
        for place in (*_shipped_folders(), _cache()):
            if (place / name / "preset.toml").is_file():
                return place / name
    elif _HUB_NAME.fullmatch(name):
        return _from_hub(name)
    raise IimtError(
        f"{spec}: no such weights (there are {_names()}; or give a folder, or OWNER/NAME on the hub)"
    )


def shipped() -> dict[str, Path]:
    """The weights that come with the package, by name."""
    found: dict[str, Path] = {}
    for place in _shipped_folders():
        for folder in sorted(place.iterdir()):
            if (folder / "preset.toml").is_file():
                found.setdefault(folder.name, folder)
    return found


def preset_of(folder: Path) -> Preset:
    """The preset beside weights. Raises IimtError if there are no weights."""
    if not (folder / "preset.toml").is_file():
        raise IimtError(f"{folder}: no weights here (preset.toml is missing)")
    return load_preset(folder / "preset.toml")


def languages_of(folder: Path) -> Languages:
    """The languages of weights, by their preset."""
    return preset_of(folder).languages


def check_languages(folder: Path, source: str | None, target: str | None) -> Languages:
    """The languages of `folder`. Raises UsageError if other ones were asked for."""
    known = languages_of(folder)
    if (source and language_code(source) != known.source) or (
        target and language_code(target) != known.target
    ):
        asked = f"{language_code(source or known.source)} → {language_code(target or known.target)}"
        raise UsageError(f"{folder.name} translates {known.source} → {known.target}, not {asked}")
    return known


def language_code(text: str) -> str:
    """`de` for `DE`, `de-AT`, `de_DE.UTF-8`."""
    return re.split(r"[-_.]", text.strip().lower())[0]


def verify(folder: Path) -> None:
    """Raises IimtError naming the first file that is missing, empty, cut short or altered.

    A folder without `SHA256SUMS`, such as a training run, is checked for whole files only.
    """
    languages_of(folder)  # raises if there is no preset
    for name in _parts(folder):
        if not (folder / name).is_file():
            raise IimtError(f"{folder}: {name} is missing from these weights")
    sums = _read_checksums(folder / CHECKSUMS)
    for name in sums:
        if not (folder / name).is_file():
            raise IimtError(f"{folder}: {name} is missing from these weights")
    for path in loaded_files(folder):
        if path.stat().st_size == 0:
            raise IimtError(f"{path}: the file is empty; fetch the weights again")
        if path.name in sums:
            if sha256(path) != sums[path.name]:
                raise IimtError(
                    f"{path}: differs from {CHECKSUMS}, cut short or altered; fetch the weights again"
                )
        elif path.suffix == ".safetensors":
            tensor_shapes(path)


def fingerprint(folder: Path) -> str:
    """16 hexadecimal digits that tell weights of the same name apart.

    They are a hash of `SHA256SUMS` or, without it, of the names, sizes and times of the files.
    """
    if (folder / CHECKSUMS).is_file():
        return sha256(folder / CHECKSUMS)[:16]
    facts = [(path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in loaded_files(folder)]
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:16]


def write_checksums(folder: Path) -> Path:
    """Writes `SHA256SUMS` over everything that is loaded from `folder`, the last step of an export."""
    lines = [f"{sha256(path)}  {path.name}\n" for path in loaded_files(folder)]
    write_text(folder / CHECKSUMS, "".join(lines))
    return folder / CHECKSUMS


def export(run: Path, out: Path) -> list[Path]:
    """Copies what translating needs from a training run to a weights folder, with checksums. Returns the files.

    Not copied: parts that a later stage has replaced, checkpoints, logs. A model card that is in `out` is kept. Raises
    IimtError if the run is not complete or `out` cannot be written.
    """
    verify(run)
    names = _parts(run)
    try:
        out.mkdir(parents=True, exist_ok=True)
        for path in loaded_files(out):
            path.unlink()
        for name in names:
            with replacing(out / name) as temporary:
                shutil.copyfile(run / name, temporary)
        write_checksums(out)
    except OSError as error:
        raise IimtError(f"{out}: cannot write the weights ({error.strerror})") from error
    return [out / name for name in names]


def loaded_files(folder: Path) -> list[Path]:
    """The files of a weights folder that the program reads, sorted."""
    return sorted(
        path for pattern in _LOADED for path in folder.glob(pattern) if not path.name.startswith(".")
    )


def sha256(path: Path) -> str:
    """The SHA-256 of a file, as hexadecimal digits. Raises IimtError if the file cannot be read."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    except OSError as error:
        raise IimtError(f"{path}: cannot be read ({error.strerror or error})") from None
    return digest.hexdigest()


def tensor_shapes(path: Path) -> dict[str, tuple[int, ...]]:
    """Names and shapes in a safetensors file, from its header. Raises IimtError if the file is not whole."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            if length > size:
                raise ValueError
            header = json.loads(file.read(length))
        header.pop("__metadata__", None)
        if max((entry["data_offsets"][1] for entry in header.values()), default=0) + 8 + length != size:
            raise ValueError
        return {name: tuple(entry["shape"]) for name, entry in header.items()}
    except OSError as error:
        raise IimtError(f"{path}: cannot be read ({error.strerror or error})") from None
    except (struct.error, ValueError, KeyError, TypeError, AttributeError):
        raise IimtError(f"{path}: cut short or not a safetensors file; fetch the weights again") from None


def parameters(folder: Path) -> dict[str, int]:
    """Parameters per module, counted in the headers of the files."""
    files = [path for path in loaded_files(folder) if path.suffix == ".safetensors"]
    replaced = {"reader", "teacher"}
    if any(p.stem == "joint" for p in files):
        replaced |= {"text", "drawer"}
    counts: dict[str, int] = {}
    for path in files:
        whole = {"tokenizer": "image_tokenizer", "separator": "separator"}.get(path.stem)
        for name, shape in tensor_shapes(path).items() if path.stem not in replaced else ():
            module = whole or name.partition(".")[0]
            counts[module] = counts.get(module, 0) + math.prod(shape)
    return counts


@dataclass(frozen=True)
class ModelCard:
    """The model card of a weights folder: where it is, and its Markdown."""

    path: Path
    text: str

    @property
    def licence(self) -> str:
        """The licence that the head of the card names, such as apache-2.0; "" if it names none."""
        head = re.match(r"---\n(.*?)\n---\n", self.text, re.S)
        named = re.search(r"^license: *(.+?) *$", head[1], re.M) if head else None
        return named[1] if named else ""

    @property
    def scores(self) -> str:
        """The first table below a heading with "scores" in it; without a table the whole section; "" without a heading."""
        sections = re.split(r"^(?=#)", self.text, flags=re.M)
        told = (s for s in sections if re.match(r"#+ .*\b(scores?|results?|evaluation)\b", s, re.I))
        section = next(told, "")
        table = re.search(r"^\|.*(?:\n\|.*)*", section, re.M)
        return (table[0] if table else section).strip()


def read_card(folder: Path) -> ModelCard | None:
    """The model card of a folder; None if there is none, or it cannot be read."""
    path = folder / CARD
    try:
        return ModelCard(path, path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        return None


def _parts(folder: Path) -> tuple[str, ...]:
    """The files that translating needs. In a system for strips `joint`, if it is there, replaces `text` and `drawer`."""
    preset, joint = load_preset(folder / "preset.toml"), "joint.safetensors"
    if preset.whole_pictures:
        texts = ("source.spm", "target.spm") if preset.text else ()
        return ("preset.toml", *texts, "tokenizer.safetensors", joint)
    last = (joint,) if (folder / joint).exists() else ("text.safetensors", "drawer.safetensors")
    optional = tuple(
        name
        for name in (LEXICON, KNOWN, GENRES, CONFIDENCE, ESTIMATOR, SYMBOLS, REVERSE)
        if (folder / name).exists()
    )
    return (
        "preset.toml",
        "source.spm",
        "target.spm",
        *optional,
        "separator.safetensors",
        "tokenizer.safetensors",
        *last,
    )


def _read_checksums(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        entries = [re.fullmatch(r"([0-9a-f]{64})[ *]+([^/\\]+)", line) for line in lines if line.strip()]
    except (OSError, UnicodeDecodeError):
        entries = [None]
    if not entries or None in entries:
        raise IimtError(f"{path}: damaged; fetch the weights again")
    return {entry[2]: entry[1] for entry in entries if entry}


def _shipped_folders() -> Iterator[Path]:
    """The folders of shipped weights: beside the package in a clone, as `iimt_weights` in an installation."""
    clone = Path(__file__).resolve().parent.parent / "weights"
    if clone.is_dir():
        yield clone
    spec = importlib.util.find_spec("iimt_weights")
    for place in (spec.submodule_search_locations or ()) if spec else ():
        if Path(place).is_dir() and Path(place).resolve() != clone:
            yield Path(place)


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "iimt"


def _shipped_for(source: str | None, target: str | None) -> Path:
    pairs = {folder: languages_of(folder) for folder in shipped().values()}
    fitting = [
        folder
        for folder, known in pairs.items()
        if (not source or known.source == language_code(source))
        and (not target or known.target == language_code(target))
    ]
    if len(fitting) == 1:
        return fitting[0]
    if not pairs:
        raise IimtError(
            "no weights come with this installation: give --weights FOLDER, or OWNER/NAME on the hub"
        )
    there = ", ".join(f"{known.source} → {known.target}" for known in pairs.values())
    if not fitting:
        asked = f"{language_code(source or 'any')} → {language_code(target or 'any')}"
        raise UsageError(f"no weights for {asked} come with iimt (there are {there}); give --weights")
    raise UsageError(f"several weights fit ({there}): choose by --source and --target, or by --weights")


def _from_hub(name: str) -> Path:
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(name, allow_patterns=[*_LOADED, CARD, CHECKSUMS]))
    except Exception as error:  # each HTTP client that the hub may use has exceptions of its own
        cause = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise IimtError(
            f"{name}: no such folder, and not to be had from the Hugging Face hub ({cause})"
        ) from None


def _names() -> str:
    cached = (p.parent.name for p in _cache().glob("*/preset.toml"))
    return ", ".join(sorted({*shipped(), *cached})) or "none with this installation"
