"""One step: the phases of a task, with frozen partners, precision, gradient norms, clipping and a guard.

An update whose loss or gradients are not finite is not applied. The flag that says so stays on the device; on a CPU,
where looking costs nothing, the update is simply left out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn.utils import get_total_norm
from torch.optim import Optimizer

from studio.training.ema import Average
from studio.training.precision import arithmetic
from studio.training.rng import Draws
from studio.training.sharing import Crew, mean_gradients
from studio.training.task import Phase, Task


@dataclass(frozen=True)
class Made:
    """What one step left to read: scalars, and one flag a phase (1.0: not finite, so it was not applied)."""

    values: Mapping[str, Tensor]
    skipped: Mapping[str, Tensor]

    def read(self) -> tuple[dict[str, float], list[str]]:
        """Finite values as plain numbers, and the phases that were left out; one transfer from the device."""
        numbers = torch.stack([t.float() for t in (*self.values.values(), *self.skipped.values())]).tolist()
        values = {name: x for name, x in zip(self.values, numbers, strict=False) if math.isfinite(x)}
        flags = numbers[len(self.values) :]
        return values, [phase for phase, flag in zip(self.skipped, flags, strict=True) if flag > 0]


class Stepper:
    """Carries out steps of ``task``.

    Args:
        lazy: keep the flags on the device (the default on anything but a CPU).
    """

    def __init__(
        self,
        task: Task,
        averages: Mapping[str, Average],
        *,
        device: torch.device,
        dtype: torch.dtype,
        lazy: bool | None = None,
    ) -> None:
        self.task, self.averages, self.device, self.dtype = task, averages, device, dtype
        self.lazy = device.type == "cuda" if lazy is None else lazy
        self.draws = Draws(task.config.seed, device)
        self._crew: Crew | None = None
        self._buffers = [b for m in task.modules.values() for b in m.buffers() if b.is_floating_point()]
        self._remembered = [torch.empty_like(buffer) for buffer in self._buffers]

    def make(self, step: int) -> Made:
        """Carry out update number ``step`` (0 is the first): a pure function of the state and this number."""
        draws = self.draws.at(step)
        self._remember()
        values: dict[str, Tensor] = {}
        skipped: dict[str, Tensor] = {}
        with draws.process_wide():
            for phase in self.task.phases(draws):
                norm, bad = self._carry_out(phase)
                values[f"{phase.name}_gradient"] = norm
                skipped[phase.name] = torch.maximum(skipped.get(phase.name, bad), bad)
        self._undo_where(torch.stack(list(skipped.values())).amax())
        added = self.task.items_per_step
        for average in self.averages.values():
            average.update((step + 1) * added, added)
        return Made({**self.task.values(), **values}, skipped)

    def _carry_out(self, phase: Phase) -> tuple[Tensor, Tensor]:
        """Differentiate and update; returns the gradient's length and the flag, both () on the device."""
        optimiser = self.task.optimisers[phase.name]
        optimiser.zero_grad(set_to_none=True)
        with _frozen([self.task.modules[name] for name in phase.frozen]):
            loss = self._descend(phase, optimiser)
        gradients = [p.grad for group in optimiser.param_groups for p in group["params"] if p.grad is not None]
        norm = get_total_norm(gradients, foreach=True)
        bad = (~(torch.isfinite(norm) & torch.isfinite(loss))).float()
        self._limit(gradients, norm)
        if self.lazy:
            optimiser.found_inf = bad  # type: ignore[attr-defined]  # the fused kernels leave the update out themselves
            optimiser.step()
        elif not bool(bad):
            optimiser.step()
        return norm.detach(), bad

    def _descend(self, phase: Phase, optimiser: Optimizer) -> Tensor:
        """Compute and differentiate the loss, part after part, in shares at the same time where there are some."""
        parts = ((phase.loss, *phase.beside), *phase.later)
        losses = [self._descend_part(pieces, optimiser, len(parts)) for pieces in parts]
        return losses[0] if len(losses) == 1 else torch.stack(losses).mean()

    def _descend_part(self, pieces: tuple[Callable[[], Tensor], ...], optimiser: Optimizer, parts: int) -> Tensor:
        """Add the gradients of one of ``parts`` parts to what is there; its loss."""
        if len(pieces) == 1:
            with arithmetic(self.dtype, self.device):
                loss = pieces[0]()
            (loss if parts == 1 else loss / parts).backward()
            return loss.detach()
        if self._crew is None:
            self._crew = Crew(len(pieces))
        parameters = [p for group in optimiser.param_groups for p in group["params"] if p.requires_grad]
        found = self._crew.work([partial(self._share, piece, parameters) for piece in pieces])
        for parameter, gradient in zip(parameters, mean_gradients([each for _, each in found]), strict=True):
            if gradient is None:
                continue
            if parts == 1:
                parameter.grad = _laid_out_like(parameter, gradient)
            elif parameter.grad is None:
                parameter.grad = _laid_out_like(parameter, gradient / parts)
            else:
                parameter.grad.add_(gradient, alpha=1 / parts)
        return torch.stack([loss for loss, _ in found]).mean()

    def _share(self, piece: Callable[[], Tensor], parameters: list[Tensor]) -> tuple[Tensor, tuple[Tensor | None, ...]]:
        """One share's loss and its gradients, which go nowhere yet: another thread has the same parameters."""
        with arithmetic(self.dtype, self.device):
            loss = piece()
        return loss.detach(), torch.autograd.grad(loss, parameters, allow_unused=True)

    def _limit(self, gradients: list[Tensor], norm: Tensor) -> None:
        limit = self.task.config.gradient_clip
        if limit > 0:
            torch._foreach_mul_(gradients, (limit / (norm + 1e-6)).clamp(max=1.0))

    def _remember(self) -> None:
        """Running statistics move in the forward pass already; keep them until the step is known to be good."""
        if self._buffers:
            torch._foreach_copy_(self._remembered, self._buffers)

    def _undo_where(self, bad: Tensor) -> None:
        if self.lazy:
            for now, before in zip(self._buffers, self._remembered, strict=True):
                now.copy_(torch.where(bad > 0, before, now))
        elif self._buffers and bool(bad):
            torch._foreach_copy_(self._buffers, self._remembered)


def _laid_out_like(parameter: Tensor, gradient: Tensor) -> Tensor:
    """The gradient in the parameter's layout, as ``backward`` leaves it: fused optimisers walk both side by side."""
    if gradient.stride() == parameter.stride():
        return gradient
    return torch.empty_like(parameter).copy_(gradient)


@contextmanager
def _frozen(modules: list[nn.Module]) -> Iterator[None]:
    for module in modules:
        module.requires_grad_(False)
    try:
        yield
    finally:
        for module in modules:
            module.requires_grad_(True)
