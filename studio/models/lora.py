"""Low-rank additions to linear layers: a large model learns by a few megabytes (Hu et al. 2021, arXiv:2106.09685).

Shapes: I numbers in, O numbers out, R the rank.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from studio.ground.errors import DamagedError


class LoraLinear(nn.Linear):
    """W x + scale B A x, of which A (R, I) and B (O, R) learn and W (O, I) stays (equation 3 there).

    The weight and bias keep their names and are the very ones of ``layer``; at first B is nothing, so nothing changes.
    """

    def __init__(self, layer: nn.Linear, rank: int, scale: float) -> None:
        super().__init__(layer.in_features, layer.out_features, bias=layer.bias is not None, device="meta")
        self.weight, self.bias = layer.weight, layer.bias
        self.weight.requires_grad_(False)
        if self.bias is not None:
            self.bias.requires_grad_(False)
        self.scale = scale
        self.added_down = nn.Parameter(layer.weight.new_empty(rank, layer.in_features))
        self.added_up = nn.Parameter(layer.weight.new_zeros(layer.out_features, rank))
        nn.init.kaiming_uniform_(self.added_down, a=math.sqrt(5))

    def forward(self, x: Tensor) -> Tensor:
        added = F.linear(F.linear(x, self.added_down), self.added_up)
        return torch.add(F.linear(x, self.weight, self.bias), added, alpha=self.scale)

    def merged(self) -> nn.Linear:
        """An ordinary layer that does the same; the weight itself is changed, so this one is of no use afterwards."""
        layer = nn.Linear(self.in_features, self.out_features, bias=self.bias is not None, device="meta")
        with torch.no_grad():
            self.weight.addmm_(self.added_up, self.added_down, alpha=self.scale)
        layer.weight, layer.bias = self.weight, self.bias
        return layer


def add_lora(model: nn.Module, *, rank: int, scale: float, targets: Sequence[str]) -> nn.Module:
    """Give the linear layers of these names additions, in place; nothing but the additions learns from now on.

    Raises:
        ValueError: there is no layer of such a name.
    """
    model.requires_grad_(False)
    found = set()
    for parent, name, layer in list(_layers(model)):
        if name in targets and not isinstance(layer, LoraLinear):
            setattr(parent, name, LoraLinear(layer, rank, scale))
            found.add(name)
    if found != set(targets):
        raise ValueError(f"there is no layer {min(set(targets) - found)}")
    return model


def merge_lora(model: nn.Module) -> nn.Module:
    """Make every addition part of its layer, in place: the same function, and nothing that is slower."""
    for parent, name, layer in list(_layers(model)):
        if isinstance(layer, LoraLinear):
            setattr(parent, name, layer.merged())
    return model


def additions_of(model: nn.Module) -> dict[str, Tensor]:
    """The additions alone, by the names that the model gives them: what is kept apart."""
    return {name: tensor for name, tensor in model.state_dict().items() if _is_addition(name)}


def put_additions(model: nn.Module, tensors: Mapping[str, Tensor]) -> None:
    """Copy kept additions into a model that has places for them (see :func:`add_lora`).

    Raises:
        DamagedError: they are of another model, another rank or other layers.
    """
    mine = additions_of(model)
    for name in sorted(set(mine) ^ set(tensors)):
        raise DamagedError("These additions do not fit the model: {name} is missing or has no place.", name=name)
    for name, place in mine.items():
        if place.shape != tensors[name].shape:
            raise DamagedError("These additions do not fit the model: {name} has another shape.", name=name)
        place.copy_(tensors[name])


def _layers(model: nn.Module) -> Iterator[tuple[nn.Module, str, nn.Linear]]:
    for parent in model.modules():
        for name, layer in parent.named_children():
            if isinstance(layer, nn.Linear):
                yield parent, name, layer


def _is_addition(name: str) -> bool:
    return name.endswith((".added_down", ".added_up"))
