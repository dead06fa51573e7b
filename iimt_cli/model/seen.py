"""A batch of strips after reading."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from iimt_cli.model.image_encoder import Reading


@dataclass(frozen=True)
class Seen:
    """A batch of strips after reading: the states of the image encoder's convolutions (`stem`) and lower layers (`states`).

    Both are (B, F, D); `mask` (B, F): which of them are not padding.
    """

    readings: list[Reading]
    stem: Tensor
    states: Tensor
    mask: Tensor

    def select(self, rows: Sequence[int]) -> "Seen":
        if len(rows) == len(self.readings):
            return self
        index = torch.tensor(rows, dtype=torch.long, device=self.mask.device)
        return Seen([self.readings[i] for i in rows], self.stem[index], self.states[index], self.mask[index])

    @property
    def trimmed(self) -> "Seen":
        """The batch without the frames that are padding in every strip."""
        length = int(self.mask.sum(1).max())
        return Seen(self.readings, self.stem[:, :length], self.states[:, :length], self.mask[:, :length])


def together(parts: Sequence[Seen], rows: Sequence[Sequence[int]]) -> Seen:
    """Parts of a batch as one batch, padded to one length; `rows`: where the strips of each part stand in it."""
    count, length = sum(map(len, rows)), max(part.mask.shape[1] for part in parts)
    readings: dict[int, Reading] = {}
    stem, states = (parts[0].stem.new_zeros(count, length, parts[0].stem.shape[2]) for _ in range(2))
    mask = parts[0].mask.new_zeros(count, length)
    for part, chosen in zip(parts, rows, strict=True):
        readings |= zip(chosen, part.readings, strict=True)
        size = part.mask.shape[1]
        stem[chosen, :size], states[chosen, :size], mask[chosen, :size] = part.stem, part.states, part.mask
    return Seen([readings[row] for row in range(count)], stem, states, mask)
