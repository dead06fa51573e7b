"""The separator as a network: what it is told, and that a strip's masks do not depend on its neighbours."""

import pytest
import torch
from torch import Tensor

from iimt_cli.config import Separator as Settings
from iimt_cli.model.separator import Separator


@pytest.fixture
def separator() -> Separator:
    torch.manual_seed(3)
    return Separator(Settings(channels=(8, 12, 16), depth=(2, 3, 4))).eval()


@pytest.fixture
def rgb() -> Tensor:
    """Three strips with a red, a green and a blue half."""
    strips = 0.2 + 0.1 * torch.rand(3, 3, 32, 64, generator=torch.Generator().manual_seed(4))
    for i in range(3):
        strips[i, i, :, 32:] = 0.9
    return strips


@torch.no_grad()
def test_who_knows_no_colour_sees_what_a_first_look_sees(separator: Separator, rgb: Tensor) -> None:
    unknown = torch.full((3, 3), torch.nan)
    assert torch.equal(separator(rgb), separator(rgb, colours=unknown))
    unknown[1] = torch.tensor([0.2, 0.9, 0.2])
    first, second = separator(rgb), separator(rgb, colours=unknown)
    assert torch.equal(first[0], second[0]) and torch.equal(first[2], second[2])
    assert not torch.allclose(first[1], second[1], atol=1e-3)


@torch.no_grad()
def test_a_strip_does_not_depend_on_its_neighbours(separator: Separator, rgb: Tensor) -> None:
    colours = torch.tensor([[0.9, 0.2, 0.2], [torch.nan] * 3, [0.2, 0.2, 0.9]])
    mask = torch.ones(3, 16, dtype=torch.bool)
    mask[0, 10:] = False
    rgb[0, :, :, 40:] = 0
    together = separator(rgb, mask, colours)
    alone = separator(rgb[:1, :, :, :40], mask[:1, :10], colours[:1])
    assert torch.allclose(together[:1, :, :, :40], alone, atol=1e-5)


def test_colours_that_nobody_knows_leave_gradients_whole(separator: Separator, rgb: Tensor) -> None:
    separator.train()(rgb, colours=torch.full((3, 3), torch.nan)).sum().backward()
    assert all(bool(p.grad.isfinite().all()) for p in separator.parameters() if p.grad is not None)
