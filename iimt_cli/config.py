"""A preset: the model, the data and the training of one system, read from one TOML file.

Every class is frozen, every key is checked, and every error names the file, the key and what is allowed there.
"""

from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Literal

from iimt_cli.errors import IimtError
from iimt_cli.language import language
from iimt_cli.language.alphabet import ALPHABETS
from iimt_cli.language.base import Packs
from iimt_cli.toml import build, parse


@dataclass(frozen=True)
class Languages:
    """ISO 639-1 codes of the language that is read (source) and of the one that is drawn (target)."""

    source: str = "de"
    target: str = "en"

    @property
    def packs(self) -> Packs:
        """The packs of both languages."""
        return Packs(language(self.source), language(self.target))


@dataclass(frozen=True)
class Canvas:
    """The input of the networks: a grid of image tokens, `rows` high, each token `patch` px wide.

    A strip is one row of any width up to `max_width` px. A whole picture has a fixed `width`, and `height / rows` is the
    height of a token. `channels` is 1 for ink, 3 for RGB.
    """

    height: int = 32
    patch: int = 8
    max_width: int = 2048
    width: int = 0  # px, of a whole picture; 0: strips of any width
    rows: int = 1
    channels: int = 1

    def __post_init__(self) -> None:
        if not self.rows or self.height % self.rows:
            raise ValueError(f"'canvas.height' {self.height} is not a multiple of 'canvas.rows' {self.rows}")
        if not self.patch or self.width % self.patch:
            raise ValueError(f"'canvas.width' {self.width} is not a multiple of 'canvas.patch' {self.patch}")

    @property
    def max_columns(self) -> int:
        return self.max_width // self.patch

    @property
    def columns(self) -> int:
        """Image tokens across a whole picture; 0 for strips."""
        return self.width // self.patch

    @property
    def tokens(self) -> int:
        """Image tokens of a whole picture; 0 for strips."""
        return self.rows * self.columns

    @property
    def token_values(self) -> int:
        """Pixel values per image token."""
        return self.channels * (self.height // self.rows) * self.patch


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
    unquantised: int = 200  # batches of training before a learned codebook starts


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
class VisionTransformer:
    """The image encoder for whole pictures, by timm; the OCR decoder looks at the states of layer `ocr_layer`.

    `pretrained` is empty, the name of a timm model on the hub, or a safetensors file of such a model. In the stage `joint`
    the learning rate of the encoder is `rate` times that of the other parts.
    """

    dim: int = 768
    layers: int = 12
    heads: int = 12
    ff: int = 3072
    patch: int = 16
    ocr_layer: int = 6
    pretrained: str = ""
    rate: float = 1.0


@dataclass(frozen=True)
class ImageDecoder(Transformer):
    """Fusion of text and picture. `parallel` draws all columns at once, `autoregressive` one token after the other.

    `gate` is `gated` (the paper's) or one of its ablations: `sum` of text and picture, `text` alone, `picture` alone.
    For whole pictures, `scan` says whether the tokens come row by row or column by column, and with a `window` a row
    may begin as soon as the row above is so many tokens ahead (ZipAR, arXiv 2412.04062); 0 is strictly one after the
    other.
    """

    order: Literal["parallel", "autoregressive"] = "parallel"
    gate: Literal["gated", "sum", "text", "picture"] = "gated"
    scan: Literal["rows", "columns"] = "rows"
    window: int = 0


@dataclass(frozen=True)
class Teacher(Transformer):
    """Text and layout → image tokens: `text_layers` of text encoder, `layout` channels of the CNN, then the decoder."""

    text_layers: int = 6
    layout: tuple[int, ...] = (64, 128)


@dataclass(frozen=True)
class Separator:
    """A small U-Net; `channels` per resolution level, and convolutions at each, both ways (`depth`; empty: two each)."""

    channels: tuple[int, ...] = (16, 24, 32, 48)
    depth: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if self.depth and (len(self.depth) != len(self.channels) or min(self.depth) < 2):
            raise ValueError("separator.depth needs one number of at least 2 for each of separator.channels")


@dataclass(frozen=True)
class Vocabulary:
    """Sizes of the two SentencePiece models. With `characters` every character is a piece, and the sizes follow."""

    source: int = 4000
    target: int = 4000
    kind: Literal["unigram", "characters"] = "unigram"


@dataclass(frozen=True)
class StageTraining:
    """How one stage is trained: for `hours` of wall-clock time or, if given, `steps`, whichever ends first.

    `batch` counts strips, sentences or pictures per step over all processes, `accumulate` in how many parts a process
    computes its share of it. After `warmup` steps the learning rate stays for the share `hold` of the budget, then
    falls to zero as (1 − progress) to the `power`. The weights of the last `average` evaluations are averaged at the
    end (0: none), and `patience` evaluations without a better score end the stage (0: never). `bfloat16` multiplies in
    16 bits on a CPU that has instructions for it, as CUDA always does. `compile` makes one kernel of many small
    operations of a Transformer layer, where torch can compile; the first step takes a minute longer. With `local_steps`
    above 1 every process goes so many steps on its own before all take the mean of their weights (local SGD, Stich
    2018, arXiv 1805.09767). `workers` are the processes that make the batches of the stage `text` ahead, each with its
    own copy of the corpora; with 0 the training process makes them. The batches are the same.
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
    accumulate: int = 1
    hold: float = 0.3
    power: float = 1.0
    average: int = 0
    patience: int = 0
    bfloat16: bool = False
    compile: bool = False
    local_steps: int = 1
    workers: int = 0


@dataclass(frozen=True)
class Losses:
    """Weights of the loss terms; 0 switches one off.

    `perceptual` and `adversarial` belong to the image tokenizer of whole pictures (section 3.2, first stage), `pixels`
    to the drawer, the others to the joint stage (second). `adversarial` is relative to the strength with which L1 pulls
    at a picture. `reading` is the drawer's, too: what it draws reads like what it should have drawn. `temperature`
    softens the teacher's and the student's distributions in the distillation.
    """

    perceptual: float = 1.0
    adversarial: float = 0.0
    pixels: float = 10.0
    reading: float = 0.0

    image: float = 1.0
    distillation: float = 1.0
    ocr: float = 1.0
    text: float = 1.0
    temperature: float = 1.0


@dataclass(frozen=True)
class Training:
    """One table per stage, in the order in which they are trained."""

    tokenizer: StageTraining = StageTraining()
    separator: StageTraining = StageTraining()
    text: StageTraining = StageTraining()
    reader: StageTraining = StageTraining()
    drawer: StageTraining = StageTraining()
    teacher: StageTraining = StageTraining()
    joint: StageTraining = StageTraining()
    losses: Losses = Losses()
    perceptual_network: str = ""  # for pictures: a timm model on the hub; none, or no hub: random features
    fonts: tuple[str, ...] = ()  # families, or single faces ("Lato Bold"); none: all that are found
    held_out_fonts: tuple[str, ...] = ()
    sizes: tuple[float, ...] = (20.0, 26.0)  # em, px in a strip or picture: from, to
    min_chars: int = 1
    max_chars: int = 110  # of a strip
    text_chars: int = 250  # of a text of the stage `text`, several sentences in a row included
    variety: float = 1.0  # share of capitals, figures, random strings, reader's mistakes mixed into the texts
    hard: bool = False  # whole pictures: gradients, textures, photos, several texts; else plain colours


@dataclass(frozen=True)
class Preset:
    """One complete system. A canvas with a fixed width makes it one for whole pictures (`vit` to `teacher`).

    `text` false: train a whole-picture system from pairs of pictures alone, without knowing what they say.
    """

    name: str = "line"
    text: bool = True
    lexicon: bool = False  # strips: learn translations of words from the parallel text and tell the encoder
    languages: Languages = Languages()
    alphabet: str = "western"  # the characters that are read and drawn: see `language.alphabet`
    canvas: Canvas = Canvas()
    vocabulary: Vocabulary = Vocabulary()
    image_tokenizer: ImageTokenizer = ImageTokenizer()
    separator: Separator = Separator()
    image_encoder: ImageEncoder = ImageEncoder()
    text_encoder: Transformer = Transformer()
    text_decoder: Transformer = Transformer(layers=2)
    image_decoder: ImageDecoder = ImageDecoder()
    vit: VisionTransformer = VisionTransformer()
    ocr_decoder: Transformer = Transformer()
    teacher: Teacher = Teacher()
    training: Training = field(default_factory=Training)

    def __post_init__(self) -> None:
        if self.alphabet not in ALPHABETS:
            raise ValueError(f"'alphabet' is '{self.alphabet}' (allowed: {', '.join(sorted(ALPHABETS))})")
        for pack in self.languages.packs:
            if missing := "".join(sorted(set(pack.alphabet) - set(self.characters))):
                raise ValueError(f"'alphabet' {self.alphabet} lacks {missing}, which '{pack.code}' needs")
        if self.whole_pictures and self.image_decoder.order != "autoregressive":
            raise ValueError(
                "'image_decoder.order' must be 'autoregressive' for whole pictures ('canvas.width')"
            )
        if self.image_decoder.gate == "text" and self.whole_pictures and not self.has_text_decoder:
            raise ValueError("'image_decoder.gate' is 'text', but there is no text decoder")
        if self.whole_pictures and (
            self.canvas.height % self.vit.patch or self.canvas.width % self.vit.patch
        ):
            raise ValueError("'canvas.height' and 'canvas.width' must be multiples of 'vit.patch'")
        if not 1 <= self.vit.ocr_layer <= self.vit.layers:
            raise ValueError("'vit.ocr_layer' must be one of the 'vit.layers', counted from 1")

    @property
    def characters(self) -> str:
        """The alphabet itself. A character's number, in all networks, is its place there."""
        return ALPHABETS[self.alphabet]

    @property
    def whole_pictures(self) -> bool:
        return self.canvas.width > 0

    @property
    def stages(self) -> tuple[str, ...]:
        """The names of the stages to train, in order."""
        if not self.whole_pictures:
            strips = ("text", "reader", "tokenizer", "drawer", "separator", "joint")
            return ("lexicon", *strips) if self.lexicon else strips
        return ("tokenizer", "teacher", "joint") if self.has_teacher else ("tokenizer", "joint")

    @property
    def has_text_decoder(self) -> bool:
        """Whether a whole-picture system has one. Without it the image decoder looks at the picture only."""
        return self.text and self.text_decoder.layers > 0

    @property
    def has_ocr(self) -> bool:
        return self.text and self.training.losses.ocr > 0

    @property
    def has_teacher(self) -> bool:
        return self.text and self.training.losses.distillation > 0


def preset_names() -> list[str]:
    """The presets that come with the package."""
    return sorted(
        p.name.removesuffix(".toml")
        for p in resources.files("iimt_cli.presets").iterdir()
        if p.name.endswith(".toml")
    )


def load_preset(name_or_path: str | Path) -> Preset:
    """A preset by its name (`line`) or from a TOML file. Raises IimtError naming the file and the key."""
    return _built(*preset_text(name_or_path))


@lru_cache(maxsize=8)  # a run asks for the preset of its weights several times
def _built(text: str, origin: str) -> Preset:
    return build(Preset, parse(text, origin), origin)


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
