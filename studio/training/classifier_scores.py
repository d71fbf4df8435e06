"""How wrong answers are: the loss of one head, and loss, accuracy and confusion over many pictures.

Shapes: B pictures, L labels, K values of a label.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor


def head_loss(
    logits_BK: Tensor, codes: Tensor, *, share: Tensor | None = None, weight: Tensor | None = None, smoothing: float = 0
) -> Tensor:
    """Mean cross entropy () of the pictures whose code (B,) is known; 0 where none is.

    Args:
        share: (B,) how much each picture counts; weight: (K,) how much each value does.
        smoothing: share of certainty spread over all values (Szegedy et al. 2015, arXiv:1512.00567, section 7).
    """
    log_p = F.log_softmax(logits_BK, dim=1)
    known = codes >= 0
    index = codes.clamp(min=0)
    counted = known.to(log_p.dtype) if weight is None else known * weight[index]
    right = log_p.gather(1, index[:, None]).squeeze(1)
    loss = -(1 - smoothing) * right - smoothing * log_p.mean(dim=1)
    mine = counted if share is None else counted * share
    return (loss * mine).sum() / counted.sum().clamp(min=1e-6)


class Scores:
    """Adds up what a network says of pictures with known labels.

    Attributes:
        confusion: for each label counts (K, K) int64 of true value i told as j, on the CPU.
    """

    def __init__(self, labels: Mapping[str, Sequence[str]]) -> None:
        self.names = tuple(labels)
        self.confusion = [torch.zeros((len(values), len(values)), dtype=torch.int64) for values in labels.values()]
        self._loss = [0.0] * len(labels)

    def add(self, answers: Sequence[Tensor], codes_BL: Tensor) -> None:
        """Take in logits (B, K) of each label and the codes."""
        for i, (logits, codes) in enumerate(zip(answers, codes_BL.unbind(1), strict=True)):
            known = codes >= 0
            told, truth = logits[known].float(), codes[known]
            self._loss[i] += float(F.cross_entropy(told, truth, reduction="sum"))
            size = len(self.confusion[i])
            pairs = (truth * size + told.argmax(dim=1)).cpu()
            self.confusion[i] += torch.bincount(pairs, minlength=size * size).view(size, size)

    def values(self) -> dict[str, float]:
        """Mean loss and accuracy over the labels, and with several labels the accuracy of each.

        A label that no picture has is left out; without any known label there is nothing.
        """
        counts = [int(found.sum()) for found in self.confusion]
        used = [i for i, count in enumerate(counts) if count]
        if not used:
            return {}
        right = {i: float(self.confusion[i].diagonal().sum()) / counts[i] for i in used}
        found = {
            "validation_loss": sum(self._loss[i] / counts[i] for i in used) / len(used),
            "validation_accuracy": sum(right.values()) / len(used),
        }
        if len(self.names) > 1:
            found |= {f"validation_accuracy_{self.names[i]}": share for i, share in right.items()}
        return found
