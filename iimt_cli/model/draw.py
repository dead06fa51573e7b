"""From texts to ink: characters laid out → image decoder → image tokens → image tokenizer's decoder."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from iimt_cli.clock import timed
from iimt_cli.model.image_decoder import LEFT_MARGIN, ImageDecoder, Layout, character_numbers, lay_out
from iimt_cli.model.image_tokenizer import ImageTokenizer


@dataclass(frozen=True)
class DrawnStrip:
    """A drawn text. `ink`: float32 (H, W), 0..1. `edges` (C + 1,) px: character i stands between edges i and i + 1."""

    ink: np.ndarray
    edges: np.ndarray


@torch.inference_mode()
def draw(
    decoder: ImageDecoder,
    tokenizer: ImageTokenizer,
    texts: Sequence[str],
    text_states: Tensor | None,
    visual: Tensor,
    visual_mask: Tensor,
    temperature: float = 0.0,
) -> list[DrawnStrip]:
    """Draws each text in the type of its source strip. Tokens are the likeliest, or sampled at a `temperature`.

    `text_states`: the text decoder's states of every character, (B, C, T); None to draw from the text alone. `visual`: states
    (B, F, V). The tokenizer decodes the whole batch in one call.
    """
    with timed("image tokens"):
        layout, tokens = _image_tokens(
            decoder, texts, text_states, visual, visual_mask, tokenizer.patch, temperature
        )
    with timed("VQ decode"):
        ink = tokenizer.decode(tokens, layout.mask).float().cpu().numpy()
    widths_px = (layout.mask.sum(1) * tokenizer.patch).tolist()
    edges = layout.edges.cpu().numpy()
    return [
        DrawnStrip(ink[i, :, : widths_px[i]], edges[i, : len(text) + 1])
        if text
        else DrawnStrip(ink[i, :, :0], np.array([LEFT_MARGIN]))
        for i, text in enumerate(texts)
    ]


def _image_tokens(
    decoder: ImageDecoder,
    texts: Sequence[str],
    text_states: Tensor | None,
    visual: Tensor,
    visual_mask: Tensor,
    patch: int,
    temperature: float,
) -> tuple[Layout, Tensor]:
    """(where the characters stand, the tokens (B, N) of the columns)."""
    characters = character_numbers([text or " " for text in texts], decoder.alphabet).to(visual.device)
    widths = decoder.widths(characters, visual, visual_mask)
    layout = lay_out(characters, widths, patch, max_columns=4096)
    states = decoder.character_states(
        characters, text_states if text_states is None else text_states[:, : characters.shape[1]]
    )
    if decoder.parallel:
        hidden = decoder(states, layout, visual, visual_mask)
        return layout, decoder.head.pick(decoder.head(hidden), temperature)
    return layout, _draw_left_to_right(
        decoder, states, characters != 0, visual, visual_mask, layout.mask, temperature
    )


def _draw_left_to_right(
    decoder: ImageDecoder,
    states: Tensor,
    text_mask: Tensor,
    visual: Tensor,
    visual_mask: Tensor,
    mask: Tensor,
    temperature: float,
) -> Tensor:
    """The tokens in autoregressive order, with cached keys and values. Strips that are complete leave the batch."""
    batch, columns = mask.shape
    needed = mask.sum(1)
    tokens = torch.zeros(batch, columns, dtype=torch.long, device=mask.device)
    live = torch.arange(batch, device=mask.device)
    previous = torch.full((batch, 1), decoder.begin, device=mask.device)
    cache = decoder.empty_cache()
    for column in range(columns):
        hidden = decoder.step(previous, states, text_mask, visual, visual_mask, cache)
        previous = decoder.head.pick(decoder.head(hidden), temperature)
        tokens[live, column] = previous[:, 0]
        going = (needed[live] > column + 1).nonzero().flatten()
        if len(going) < len(live):
            live, previous = live[going], previous[going]
            states, text_mask, visual, visual_mask = (
                states[going],
                text_mask[going],
                visual[going],
                visual_mask[going],
            )
            for layer in cache:
                layer.select(going)
    return tokens
