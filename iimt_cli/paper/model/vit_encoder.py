"""Image encoder for whole pictures: a Vision Transformer of timm (Translatotron-V, section 3.1: ViT-B/16).

Importing timm takes seconds: it is imported when such an encoder is made, and nowhere else.
"""

from pathlib import Path

from torch import Tensor, nn

from iimt_cli.config import Canvas, VisionTransformer
from iimt_cli.errors import IimtError
from iimt_cli.model.checkpoint import load_tensors


class ViTEncoder(nn.Module):
    """Pixels 0..1 (B, C, H, W) → states (B, 1 + M, D) of the class token and the M patches."""

    def __init__(self, settings: VisionTransformer, canvas: Canvas) -> None:
        from timm.models.vision_transformer import VisionTransformer as Network

        super().__init__()
        self.ocr_layer = settings.ocr_layer
        self.vit = Network(
            img_size=(canvas.height, canvas.width),
            patch_size=settings.patch,
            in_chans=canvas.channels,
            num_classes=0,
            embed_dim=settings.dim,
            depth=settings.layers,
            num_heads=settings.heads,
            mlp_ratio=settings.ff / settings.dim,
        )

    def forward(self, pixels: Tensor) -> Tensor:
        return self.vit.forward_features(_centred(pixels))

    def with_reading(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """The states, and those of the patches (B, M, D) after `ocr_layer` layers, which the OCR decoder looks at."""
        states, readings = self.vit.forward_intermediates(
            _centred(pixels), indices=[self.ocr_layer - 1], output_fmt="NLC"
        )
        return states, readings[0]  # type: ignore[return-value]

    def load_pretrained(self, source: str) -> None:
        """Weights of a timm ViT: a safetensors file, or a model's name on the hub. Positions are resampled
        from their square grid.

        Raises IimtError if there are none, or not for this size.
        """
        from timm.models.vision_transformer import checkpoint_filter_fn

        tensors = load_tensors(Path(source))[0] if source.endswith(".safetensors") else _from_hub(source)
        try:
            fitting = checkpoint_filter_fn(tensors, self.vit)
            fitting = {name: t for name, t in fitting.items() if not name.startswith("head.")}
            missing, _ = self.vit.load_state_dict(fitting, strict=False)
        except (RuntimeError, KeyError, AttributeError) as error:
            raise IimtError(f"{source}: does not fit 'vit' of the preset ({error})".split("\n")[0]) from error
        if missing:
            raise IimtError(
                f"{source}: '{missing[0]}' is missing: not the weights of a timm ViT of this size"
            )


def _centred(pixels: Tensor) -> Tensor:
    """−1..1, as timm's ViTs of the augreg kind were trained."""
    return pixels * 2 - 1


def _from_hub(name: str) -> dict[str, Tensor]:
    import timm

    try:
        return timm.create_model(name, pretrained=True, num_classes=0).state_dict()
    except Exception as error:  # the hub client raises its own kinds
        cause = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise IimtError(
            f"'vit.pretrained' {name}: cannot be fetched ({cause}); give a .safetensors file"
        ) from None
