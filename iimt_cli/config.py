"""A preset: the model, the data and the training of one system, read from one TOML file.

Every class is frozen, every key is checked, and every error names the file, the key and what is allowed there.
"""

import sys
import typing
from dataclasses import dataclass, field, fields, is_dataclass
from importlib import resources
from pathlib import Path
from typing import Any, Literal

from iimt_cli.errors import IimtError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


@dataclass(frozen=True)
class Languages:
    """ISO 639-1 codes of what is read and what is drawn."""

    source: str = "de"
    target: str = "en"


@dataclass(frozen=True)
class Canvas:
    """What the networks see: `height` px high; one token per `patch` px of width; at most `max_width` px."""

    height: int = 32
    patch: int = 8
    max_width: int = 2048

    @property
    def max_columns(self) -> int:
        return self.max_width // self.patch


@dataclass(frozen=True)
class Transformer:
    """The size of one stack of transformer layers."""

    dim: int = 192
    layers: int = 4
    heads: int = 4
    ff: int = 768
    dropout: float = 0.0


@dataclass(frozen=True)
class ImageTokenizer:
    """ViT-VQGAN (Yu et al. 2021): pixels → one of `codebook` codes per column → pixels."""

    dim: int = 128
    encoder_layers: int = 3
    decoder_layers: int = 3
    heads: int = 4
    ff: int = 512
    quantiser: Literal["fsq", "vq"] = "fsq"
    levels: tuple[int, ...] = (8, 8, 8, 4, 4)
    codebook: int = 8192
    code_dim: int = 64


@dataclass(frozen=True)
class ImageEncoder:
    """Convolutional stem, `lower` layers, the OCR head, then `upper` layers that the image decoder looks at."""

    dim: int = 192
    stem: tuple[int, ...] = (32, 64, 96, 128)
    lower: int = 3
    upper: int = 2
    heads: int = 4
    ff: int = 768


@dataclass(frozen=True)
class ImageDecoder(Transformer):
    """Gated fusion of text and picture. `parallel` draws all columns at once, `autoregressive` left to right."""

    order: Literal["parallel", "autoregressive"] = "parallel"


@dataclass(frozen=True)
class Separator:
    """A small U-Net; `channels` per resolution level."""

    channels: tuple[int, ...] = (16, 24, 32, 48)


@dataclass(frozen=True)
class Vocabulary:
    """Sizes of the two SentencePiece models."""

    source: int = 4000
    target: int = 4000


@dataclass(frozen=True)
class StageTraining:
    """How one stage is trained: for `hours` of wall-clock time or, if given, `steps`, whichever ends first.

    `batch` counts strips or sentences per step over all processes.
    """

    batch: int = 64
    lr: float = 1e-3
    warmup: int = 500
    hours: float = 1.0
    steps: int = 0
    weight_decay: float = 0.01
    clip: float = 1.0
    label_smoothing: float = 0.1
    evaluate_minutes: float = 10.0


@dataclass(frozen=True)
class Losses:
    """Weights of the loss terms; 0 switches one off.

    `perceptual` belongs to the image tokenizer (section 3.2, first stage), `pixels` to the drawer, the others to the
    joint stage (second).
    """

    perceptual: float = 1.0
    pixels: float = 10.0

    image: float = 1.0
    distillation: float = 1.0
    ocr: float = 1.0
    text: float = 1.0


@dataclass(frozen=True)
class Training:
    """One table per stage, in the order in which they are trained."""

    tokenizer: StageTraining = StageTraining()
    separator: StageTraining = StageTraining()
    text: StageTraining = StageTraining()
    reader: StageTraining = StageTraining()
    drawer: StageTraining = StageTraining()
    joint: StageTraining = StageTraining()
    losses: Losses = Losses()
    fonts: tuple[str, ...] = ()  # families, or single faces ("Lato Bold"); none: all that are found
    held_out_fonts: tuple[str, ...] = ()
    sizes: tuple[float, ...] = (20.0, 26.0)  # em, px in a strip: from, to
    min_chars: int = 1
    max_chars: int = 110
    variety: float = 1.0  # share of capitals, figures, random strings, reader's mistakes mixed into the texts


@dataclass(frozen=True)
class Preset:
    """One complete system."""

    name: str = "line"
    languages: Languages = Languages()
    canvas: Canvas = Canvas()
    vocabulary: Vocabulary = Vocabulary()
    image_tokenizer: ImageTokenizer = ImageTokenizer()
    separator: Separator = Separator()
    image_encoder: ImageEncoder = ImageEncoder()
    text_encoder: Transformer = Transformer()
    text_decoder: Transformer = Transformer(layers=2)
    image_decoder: ImageDecoder = ImageDecoder()
    training: Training = field(default_factory=Training)


def preset_names() -> list[str]:
    """The presets that come with the package."""
    return sorted(
        p.name.removesuffix(".toml")
        for p in resources.files("iimt_cli.presets").iterdir()
        if p.name.endswith(".toml")
    )


def load_preset(name_or_path: str | Path) -> Preset:
    """A preset by its name (`line`) or from a TOML file. Raises IimtError naming the file and the key."""
    text, origin = preset_text(name_or_path)
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise IimtError(f"{origin}: not valid TOML ({error})") from error
    return _build(Preset, table, origin, "")


def preset_text(name_or_path: str | Path) -> tuple[str, str]:
    """The TOML text of a preset and what to call it in errors."""
    path = Path(name_or_path)
    if path.suffix != ".toml" and str(name_or_path) in preset_names():
        resource = resources.files("iimt_cli.presets") / f"{name_or_path}.toml"
        return resource.read_text(encoding="utf-8"), f"preset {name_or_path}"
    if not path.is_file():
        raise IimtError(
            f"{path}: no such preset (known: {', '.join(preset_names())}, or the path of a .toml file)"
        )
    try:
        return path.read_text(encoding="utf-8"), str(path)
    except (OSError, UnicodeDecodeError) as error:
        raise IimtError(f"{path}: cannot be read ({error})") from error


def _build(cls: Any, table: dict[str, Any], origin: str, prefix: str) -> Any:
    hints = typing.get_type_hints(cls)
    known = {f.name for f in fields(cls)}
    for key in table:
        if key not in known:
            raise IimtError(f"{origin}: unknown key '{prefix}{key}' (allowed: {', '.join(sorted(known))})")
    values = {key: _convert(hints[key], value, origin, f"{prefix}{key}") for key, value in table.items()}
    return cls(**values)


def _convert(hint: Any, value: Any, origin: str, key: str) -> Any:
    if is_dataclass(hint):
        if not isinstance(value, dict):
            raise IimtError(f"{origin}: '{key}' must be a table")
        return _build(hint, value, origin, f"{key}.")
    kind = typing.get_origin(hint)
    if kind is Literal:
        allowed = typing.get_args(hint)
        if value not in allowed:
            raise IimtError(f"{origin}: '{key}' is {value!r} (allowed: {', '.join(map(str, allowed))})")
        return value
    if kind is tuple:
        inner = typing.get_args(hint)[0]
        if not isinstance(value, list):
            raise IimtError(f"{origin}: '{key}' must be a list of {_name(inner)}")
        return tuple(_convert(inner, item, origin, key) for item in value)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if not isinstance(value, hint) or (hint is int and isinstance(value, bool)):
        raise IimtError(f"{origin}: '{key}' is {value!r}, but must be of type {_name(hint)}")
    if hint in (int, float) and value < 0:
        raise IimtError(f"{origin}: '{key}' is {value}, but must not be negative")
    return value


def _name(hint: Any) -> str:
    names = {int: "whole number", float: "number", str: "text", bool: "true or false"}
    return names.get(hint, str(hint))
