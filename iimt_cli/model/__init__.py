"""The networks. docs/ARCHITECTURE.md has a table that says where each module of the paper is."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import nn


def count_parameters(modules: Mapping[str, "nn.Module"]) -> dict[str, int]:
    """Parameters per module."""
    return {name: sum(p.numel() for p in module.parameters()) for name, module in modules.items()}
