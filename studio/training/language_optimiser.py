"""What moves the weights of a language model: AdamW, and for the matrices of blocks, where wished, Muon."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn

from studio.config.language import LanguageConfig

_MOMENTUM, _ITERATIONS = 0.95, 5
_COEFFICIENTS = (3.4445, -4.7750, 2.0315)
_LIKE_ADAM = 0.2  # the size of AdamW's updates, which Muon's are brought to (Liu et al. 2025, arXiv:2502.16982, eq. 4)


class MuonAdam(torch.optim.AdamW):
    """AdamW for all but the groups marked ``orthogonal``, whose momentum's updates are made orthogonal first.

    Muon (Jordan et al. 2024) with Nesterov's momentum, five steps of Newton and Schulz, and updates that are as long as
    AdamW's, so that one learning rate suits both.
    """

    def start(self) -> None:
        """Give every weight its state now, so that the state has one form from step 0 on."""
        for group in self.param_groups:
            for weight in group["params"]:
                zeros = torch.zeros_like(weight, memory_format=torch.preserve_format)
                if group["orthogonal"]:
                    self.state[weight] = {"momentum": zeros}
                else:
                    step = torch.zeros((), dtype=torch.float32, device=weight.device)
                    self.state[weight] = {"step": step, "exp_avg": zeros, "exp_avg_sq": zeros.clone()}

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> None:  # type: ignore[override]
        """Update every weight that has a gradient."""
        groups = self.param_groups
        self.param_groups = [group for group in groups if not group["orthogonal"]]
        try:
            super().step(closure)
        finally:
            self.param_groups = groups
        left_out = getattr(self, "found_inf", None)
        for group in groups:
            if group["orthogonal"]:
                for weight in group["params"]:
                    if weight.grad is not None:
                        self._turn(weight, weight.grad, group, left_out)

    def _turn(self, weight: Tensor, gradient: Tensor, group: dict[str, Any], left_out: Tensor | None) -> None:
        momentum = self.state[weight]["momentum"]
        kept = 1.0 if left_out is None else 1.0 - left_out  # 0: the update is left out, without looking
        if left_out is not None:
            gradient = torch.where(left_out > 0, torch.zeros_like(gradient), gradient)
        momentum.lerp_(gradient, (1 - _MOMENTUM) * kept)
        update = orthogonal(torch.lerp(gradient, momentum, _MOMENTUM))
        rate = group["lr"] * kept
        weight.mul_(1 - rate * group["weight_decay"])
        weight.sub_(update * (_LIKE_ADAM * max(weight.shape) ** 0.5 * rate))


def orthogonal(matrix: Tensor) -> Tensor:
    """Nearly the nearest matrix with orthogonal rows or columns: its singular values become about one."""
    kind = torch.bfloat16 if matrix.device.type == "cuda" else matrix.dtype
    x = matrix.to(kind)
    tall = x.shape[0] > x.shape[1]
    x = x.T if tall else x
    x = x / (x.norm() + 1e-7)
    a, b, c = _COEFFICIENTS
    for _ in range(_ITERATIONS):
        square = x @ x.T
        x = torch.addmm(x, torch.addmm(square, square, square, beta=b, alpha=c), x, beta=a)
    return (x.T if tall else x).to(matrix.dtype)


def make_optimiser(model: nn.Module, config: LanguageConfig) -> MuonAdam:
    """For what learns of ``model``. Matrices decay towards zero; norms and biases do not."""
    learning = [(name, weight) for name, weight in model.named_parameters() if weight.requires_grad]
    inner = config.optimiser == "muon"
    turned = [w for name, w in learning if inner and w.ndim == 2 and name.startswith("stack.")]
    ids = set(map(id, turned))
    groups = [
        _group(turned, config.weight_decay, orthogonal=True),
        _group((w for _, w in learning if w.ndim > 1 and id(w) not in ids), config.weight_decay),
        _group((w for _, w in learning if w.ndim <= 1), 0.0),
    ]
    optimiser = MuonAdam([g for g in groups if g["params"]], lr=1e-3, betas=(0.9, config.second_momentum), fused=True)
    optimiser.start()
    return optimiser


def _group(weights: Iterable[Tensor], decay: float, *, orthogonal: bool = False) -> dict[str, Any]:
    return {"params": list(weights), "weight_decay": decay, "orthogonal": orthogonal}
