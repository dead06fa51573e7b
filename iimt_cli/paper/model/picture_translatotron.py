"""Translatotron-V for whole pictures: the modules wired as in the paper (section 3.1).

image encoder → target text decoder (looks at the image states) → image decoder (looks at both, gated fusion) → image
tokens → image tokenizer's decoder.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from iimt_cli.config import Preset
from iimt_cli.model import count_parameters
from iimt_cli.model.checkpoint import fill_modules, load_part
from iimt_cli.model.decoding import decode_text
from iimt_cli.model.image_tokenizer import ImageTokenizer
from iimt_cli.model.text import TextDecoder, pad
from iimt_cli.model.vocabulary import BEGIN, PAD, Vocabulary
from iimt_cli.paper.model.grid_decoder import Contexts, PictureDecoder, decode_grid
from iimt_cli.paper.model.teacher import Teacher
from iimt_cli.paper.model.vit_encoder import ViTEncoder

LONGEST_TEXT = 512  # pieces


class OcrDecoder(nn.Module):
    """The auxiliary task OCR (section 3.2): source text from the states of a middle layer of the image encoder."""

    def __init__(self, preset: Preset, vocabulary: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(preset.vit.dim)
        self.decoder = TextDecoder(vocabulary, preset.ocr_decoder, preset.vit.dim)

    def forward(self, reading: Tensor, pieces: Tensor) -> Tensor:
        """Image states (B, M, V), source pieces (B, T) that begin with BEGIN, padded → states (B, T, D)."""
        return self.decoder(pieces, self.norm(reading))


@dataclass(frozen=True)
class DrawnPicture:
    """`pixels` 0..1 (C, H, W) on the model's device; the text, and its mean log-probability per piece, if it has any."""

    pixels: Tensor
    text: str
    score: float


class PictureTranslatotron(nn.Module):
    """Everything that translates a picture. Without a target vocabulary there is no text decoder."""

    def __init__(self, preset: Preset, target: Vocabulary | None) -> None:
        super().__init__()
        self.preset, self.target = preset, target
        visual = preset.vit.dim
        text = preset.text_decoder.dim if preset.has_text_decoder else 0
        self.image_encoder = ViTEncoder(preset.vit, preset.canvas)
        self.text_decoder: TextDecoder | None = None
        if preset.has_text_decoder:
            assert target is not None
            self.text_decoder = TextDecoder(len(target), preset.text_decoder, visual)
        self.image_tokenizer = ImageTokenizer(preset.image_tokenizer, preset.canvas)
        self.image_decoder = PictureDecoder(
            preset.image_decoder, self.image_tokenizer.digits, preset.canvas, visual, text
        )

    def contexts(self, visual: Tensor, pieces: Tensor | None) -> Contexts:
        """Visual states (B, M, V), and target pieces (B, T) that begin with BEGIN → what the image decoder looks at."""
        if self.text_decoder is None or pieces is None:
            return Contexts(visual)
        return Contexts(visual, self.text_decoder(pieces, visual), pieces != PAD)

    @torch.inference_mode()
    def translate(
        self, pixels: Tensor, beam: int = 1, window: int = 0, temperature: float = 0.0
    ) -> list[DrawnPicture]:
        """Pictures 0..1 (B, C, H, W) → the same pictures in the target language; `window` as in `schedule`."""
        visual = self.image_encoder(pixels)
        texts, scores, pieces = [""] * len(pixels), [0.0] * len(pixels), None
        if self.text_decoder is not None and self.target is not None:
            everywhere = torch.ones(visual.shape[:2], dtype=torch.bool, device=visual.device)
            found = decode_text(self.text_decoder, visual, everywhere, beam, limit=LONGEST_TEXT)
            texts = [self.target.decode(d.pieces) for d in found]
            scores = [d.score for d in found]
            pieces = _begun([d.pieces for d in found]).to(visual.device)
        tokens = decode_grid(self.image_decoder, self.contexts(visual, pieces), window, temperature)
        drawn = self.image_tokenizer.decode(self.image_decoder.scan.seen(tokens))
        return [DrawnPicture(*one) for one in zip(drawn, texts, scores, strict=True)]


def load_picture_system(folder: Path, model: PictureTranslatotron) -> None:
    """Fills the model from a run or weights folder. Raises IimtError as `model.checkpoint.load_system` does."""
    load_part(folder / "tokenizer.safetensors", model.image_tokenizer)
    fill_modules(model, [folder / "joint.safetensors"])


def _begun(rows: Sequence[list[int]]) -> Tensor:
    return pad([[BEGIN, *row] for row in rows])


def inference_parameters(preset: Preset, target: Vocabulary) -> dict[str, int]:
    """The parameters of each module that translating uses: with the codebook, without the tokenizer's encoder."""
    model = PictureTranslatotron(preset, target)
    modules = dict(model.named_children())
    tokenizer = modules.pop("image_tokenizer")
    codes = sum(b.numel() for name, b in tokenizer.named_buffers() if name.endswith("codebook"))
    decoder = _count(tokenizer) - _count(*_encoder_of(model.image_tokenizer)) + codes
    return count_parameters(modules) | {"image_tokenizer_decoder": decoder}


def training_parameters(preset: Preset, source: Vocabulary, target: Vocabulary) -> dict[str, int]:
    """The parameters of each module that only training uses."""
    tokenizer = ImageTokenizer(preset.image_tokenizer, preset.canvas)
    counts = {"image_tokenizer_encoder": _count(*_encoder_of(tokenizer))}
    if preset.has_ocr:
        counts["ocr_decoder"] = _count(OcrDecoder(preset, len(source)))
    if preset.has_teacher:
        teacher = Teacher(
            preset.teacher, len(target), tokenizer.digits, preset.canvas, preset.image_decoder.scan
        )
        counts["teacher"] = _count(teacher)
    return counts


def _encoder_of(tokenizer: ImageTokenizer) -> list[nn.Module]:
    places = [] if tokenizer.places is None else [nn.ParameterList([tokenizer.places.encoder])]
    return [tokenizer.embed, tokenizer.encoder, tokenizer.to_latent, *places]


def _count(*modules: nn.Module) -> int:
    return sum(p.numel() for module in modules for p in module.parameters())


def stack_pictures(pictures: Sequence[np.ndarray]) -> Tensor:
    """uint8 [H, W, 3] each → 0..1 (B, 3, H, W)."""
    return torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).float() / 255


def to_pixels(drawn: Tensor) -> np.ndarray:
    """0..1 (C, H, W) → uint8 [H, W, C]."""
    return (drawn.detach().float().clamp(0, 1) * 255).round().byte().permute(1, 2, 0).cpu().numpy()
