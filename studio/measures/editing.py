"""How well pictures are translated: whether they changed, what was kept, what gets lost on the way there and back.

Shapes: N pictures, K values of a label.
"""

from __future__ import annotations

from torch import Tensor

from studio.measures.estimate import Estimate, mean_of, share_of


def changed(after_NK: Tensor, wanted: int) -> Estimate:
    """Share of translated pictures, in [0, 1], whose likeliest value is the wanted one."""
    return share_of(after_NK.argmax(dim=1) == wanted)


def kept(before_NK: Tensor, after_NK: Tensor) -> Estimate:
    """Share of pictures, in [0, 1], whose likeliest value is the same before and after."""
    return share_of(before_NK.argmax(dim=1) == after_NK.argmax(dim=1))


def lost(errors_N: Tensor) -> Estimate:
    """Mean over pictures of what each lost, as a share of the range."""
    return mean_of(errors_N)
