"""Products with weights that stay, in the form in which a CPU computes them fastest: for generation, not for training.

Rows that are written token by token are few, and then most of the time goes into bringing the weights in. Three forms
help: weights laid out anew (oneDNN, the numbers stay the same but for rounding), for a single row wide weights turned
(a sum of rows runs through the memory up to twice as fast as many short products), and weights of eight bits (FBGEMM;
each row of a weight has a scale of its own, what comes in is rounded while it comes, with one scale for all of it).
Each is left out without harm where PyTorch does not have it: other processors, other devices, other versions.
"""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

MOST_BYTES = 2 << 30
"""So much may lie beside the weights: both forms in float32 take as much as the weights each, eight bits a quarter."""
_ROWS = 4  # so many rows the layout is chosen for; it was not slower for any other number
_LEVELS = 127


class Product:
    """x W^T + b, with W (O, I) and b (O,) or None."""

    def __init__(self, weight: Tensor, bias: Tensor | None) -> None:
        self.weight, self.bias = weight, bias
        self._fast: Callable[[Tensor], Tensor] | None = None
        self._of_one_row: Callable[[Tensor], Tensor] | None = None

    def __call__(self, x: Tensor) -> Tensor:
        form = self._fast if x.numel() > self.weight.shape[1] else self._of_one_row
        return F.linear(x, self.weight, self.bias) if form is None else form(x)

    def pack(self, *, int8: bool = False) -> None:
        """Compute in another form from now on; later changes of the weight are not seen any more."""
        if self.weight.device.type == "cpu" and self.weight.dtype == torch.float32:
            weight = self.weight.detach()
            self._fast = (_eight_bits if int8 else _laid_out)(weight, self.bias)
            self._of_one_row = self._fast if int8 else _turned(weight, self.bias)

    def __deepcopy__(self, memo: dict[int, Any]) -> Product:
        """Without the other form."""
        return Product(copy.deepcopy(self.weight, memo), copy.deepcopy(self.bias, memo))


class PackedLinear(nn.Linear):
    """A layer whose weight and bias are those of ``layer``, computed as a :class:`Product`."""

    def __init__(self, layer: nn.Linear) -> None:
        super().__init__(layer.in_features, layer.out_features, bias=layer.bias is not None, device="meta")
        self.weight, self.bias = layer.weight, layer.bias
        self.product = Product(layer.weight, layer.bias)

    def forward(self, x: Tensor) -> Tensor:
        return self.product(x)


def packed(model: nn.Module, *, int8: bool = False) -> nn.Module:
    """Give all linear layers of a model in eval mode the faster form, in place; its weights keep their names.

    Joined layers (``join``) have to be joined before; what has products of its own lists them as ``products``, and the
    layers that they stand for as ``bypassed``.
    """
    size = sum(parameter.nbytes for parameter in model.parameters())
    if size > (MOST_BYTES * 4 if int8 else MOST_BYTES // 2):
        return model
    for parent in list(model.modules()):
        for product in getattr(parent, "products", list)():
            product.pack(int8=int8)
        for name, layer in list(parent.named_children()):
            if name in getattr(parent, "bypassed", ()):
                continue
            if type(layer) is nn.Linear or type(layer) is PackedLinear:
                fast = PackedLinear(layer)
                fast.product.pack(int8=int8)
                setattr(parent, name, fast)
    return model


def twin(model: nn.Module) -> nn.Module:
    """A model with the very same weights, which are held once, whose products may take another form than its own."""
    weights: list[Tensor | None] = list(model.parameters())
    for module in model.modules():
        weights += [each for product in getattr(module, "products", list)() for each in (product.weight, product.bias)]
    return copy.deepcopy(model, {id(weight): weight for weight in weights if weight is not None})


def has_int8() -> bool:
    """Whether this computer has products of eight bits."""
    return _eight_bits(torch.ones(1, 4), None) is not None


def _turned(weight: Tensor, bias: Tensor | None) -> Callable[[Tensor], Tensor] | None:
    """For x of one row; None where the plain product is the fastest: measured, that is where W is not wide."""
    width, inputs = weight.shape
    if width <= inputs:
        return None
    turned = weight.t().contiguous()
    if bias is None:
        return lambda x: torch.mm(x.view(1, inputs), turned).view(*x.shape[:-1], width)
    return lambda x: torch.addmm(bias, x.view(1, inputs), turned).view(*x.shape[:-1], width)


def _laid_out(weight: Tensor, bias: Tensor | None) -> Callable[[Tensor], Tensor] | None:
    try:
        if not torch.backends.mkldnn.is_available():
            return None
        laid_out = torch.ops.mkldnn._reorder_linear_weight(weight, _ROWS)
        product = torch.ops.mkldnn._linear_pointwise
        product(weight.new_zeros(1, weight.shape[1]), laid_out, bias, "none", [], "")
    except (AttributeError, RuntimeError, NotImplementedError):
        return None
    return lambda x: product(x, laid_out, bias, "none", [], "")


def _eight_bits(weight: Tensor, bias: Tensor | None) -> Callable[[Tensor], Tensor] | None:
    try:
        scales = weight.abs().amax(dim=1).clamp(min=1e-8).double() / _LEVELS
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that PyTorch may not have them for ever
            rounded = torch.quantize_per_channel(weight, scales, torch.zeros(len(scales)).long(), 0, torch.qint8)
            form = _fbgemm(rounded, bias)
        narrow = not torch.cpu._is_vnni_supported()  # sums of full products would not fit there
        product = torch.ops.quantized.linear_dynamic
        product(weight.new_zeros(1, weight.shape[1]), form, narrow)
    except (AttributeError, RuntimeError, NotImplementedError):
        return None
    return lambda x: product(x, form, narrow)


def _fbgemm(rounded: Tensor, bias: Tensor | None) -> Any:
    """The weight in FBGEMM's form, whatever this process takes otherwise."""
    before = torch.backends.quantized.engine
    try:
        torch.backends.quantized.engine = "fbgemm"
        return torch.ops.quantized.linear_prepack(rounded, bias)
    finally:
        torch.backends.quantized.engine = before
