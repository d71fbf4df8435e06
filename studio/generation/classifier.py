"""What a trained classifier is asked for: probabilities of labels, features, and which places of a picture spoke.

A model here is a second instance, built on ``meta`` and filled from a checkpoint. Shapes: N pictures, H x W, C
channels, F features, h x w the last maps, K values of a label.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from studio.config.classifier import ClassifierConfig
from studio.config.data import Choices, PrepareSettings
from studio.config.registry import load_config
from studio.data.preparing import pixels_HWC, prepare_image
from studio.generation.models import Exported, read_facts, unknown_name
from studio.ground.errors import DamagedError
from studio.models.classifier import Classifier, build_classifier, value_counts
from studio.models.pictures import to_unit
from studio.models.weights import read_tensors, second_instance, table_of

NETWORK = "average.classifier.safetensors"
_CHUNK = 64  # pictures that are looked at at once
_SLOPES_CHUNK = 16  # the same where every map and its slope are kept


class ClassifierModel:
    """A classifier as a checkpoint holds it.

    Attributes:
        config: the settings of its run. step: when in the run. labels: what it tells, name -> values.
        settings, choices: how pictures are made ready for it, as those of its run were.
    """

    def __init__(self, folder: Path, facts: Mapping[str, Any], device: torch.device) -> None:
        config = load_config(facts["config"])
        if not isinstance(config, ClassifierConfig):
            raise DamagedError("The checkpoint {name} does not hold the settings of a classifier.", name=folder.name)
        description = facts["description"]
        self.config, self.device, self.step = config, device, int(facts["step"])
        self.labels = {name: tuple(values) for name, values in description["labels"].items()}
        self.settings = PrepareSettings(size=config.picture_size, channels=config.channels)
        self.choices = Choices.model_validate(description.get("choices", {}))
        with torch.device("meta"):
            blank = build_classifier(config, value_counts(self.labels))
        tensors = read_tensors(folder / NETWORK, table_of(blank.state_dict()))
        found = second_instance(blank, tensors, device)
        assert isinstance(found, Classifier)
        self.network = found

    def probabilities(self, x_NHWC: np.ndarray) -> dict[str, np.ndarray]:
        """label -> (N, K) float32, rows adding up to one, of pictures (N, H, W, C) uint8 of any size, grey or not."""
        pieces = [self._shares(x) for x in self._chunks(x_NHWC, _CHUNK)]
        return {
            name: np.concatenate([piece[i] for piece in pieces] or [np.zeros((0, len(values)), np.float32)])
            for i, (name, values) in enumerate(self.labels.items())
        }

    def features(self, x_NHWC: np.ndarray) -> np.ndarray:
        """What the heads see: (N, F) float32."""
        empty = np.zeros((0, self.network.feature_size), np.float32)
        with torch.no_grad():
            found = [self.network.features(x).float().cpu().numpy() for x in self._chunks(x_NHWC, _CHUNK)]
        return np.concatenate(found or [empty])

    def grad_cam(self, x_NHWC: np.ndarray, label: str, value: str) -> np.ndarray:
        """Which places speak for ``label=value``: (N, size, size) float32, 0 nothing, 1 the most of its picture.

        Grad-CAM (Selvaraju et al. 2017, equations 1 and 2). An MLP has no maps with places: there the pixels themselves
        stand for them, each weighed by its own slope (Simonyan et al. 2013, arXiv:1312.6034, section 3).

        Raises:
            UsageError: there is no such label or value.
        """
        head, code = self._place(label, value)
        heat = self._heat_of_maps if self.network.has_maps else self._heat_of_pixels
        size = self.settings.size
        found = [_spread(heat(x, head, code), size) for x in self._chunks(x_NHWC, _SLOPES_CHUNK)]
        return np.concatenate(found or [np.zeros((0, size, size), np.float32)])

    def ready(self, x_NHWC: np.ndarray) -> np.ndarray:
        """Pictures (N, H, W, C) uint8 of any size, with one or three channels, as (N, size, size, channels) uint8.

        Raises:
            ValueError: they are no such pictures.
        """
        if x_NHWC.dtype != np.uint8 or x_NHWC.ndim != 4 or x_NHWC.shape[3] not in (1, 3) or 0 in x_NHWC.shape[1:]:
            raise ValueError(f"pictures are (N, H, W, 1 or 3) uint8, not {x_NHWC.shape} {x_NHWC.dtype}")
        size, channels = self.settings.size, self.settings.channels
        if x_NHWC.shape[1:] == (size, size, channels):
            return x_NHWC
        out = np.empty((len(x_NHWC), size, size, channels), np.uint8)
        for row, pixels in enumerate(x_NHWC):
            image = Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)
            out[row] = pixels_HWC(prepare_image(image, self.settings, self.choices), self.settings)
        return out

    def exported(self) -> Exported:
        """The network, and how its answers are read."""
        settings = self.settings
        facts = {
            "family": self.config.family,
            "step": self.step,
            "input": {"size": settings.size, "channels": settings.channels, "range": [-1, 1]},
            "output": {"labels": {name: list(values) for name, values in self.labels.items()}},
            "choices": self.choices.model_dump(mode="json", include={"shape", "background"}),
            "config": self.config.model_dump(mode="json"),
        }
        return Exported({"classifier": self.network.state_dict()}, facts)

    def _chunks(self, x_NHWC: np.ndarray, size: int) -> Iterator[Tensor]:
        """Pictures as the network sees them (n, C, size, size), a chunk at a time."""
        for start in range(0, len(x_NHWC), size):
            x = torch.from_numpy(np.ascontiguousarray(self.ready(x_NHWC[start : start + size])))
            yield to_unit(x.permute(0, 3, 1, 2).to(self.device))

    def _shares(self, x_BCHW: Tensor) -> list[np.ndarray]:
        with torch.no_grad():
            return [logits.float().softmax(dim=1).cpu().numpy() for logits in self.network(x_BCHW)]

    def _place(self, label: str, value: str) -> tuple[int, int]:
        """Which head and which of its outputs."""
        if label not in self.labels:
            raise unknown_name("label", label, list(self.labels))
        if value not in self.labels[label]:
            raise unknown_name(f"value of {label}", value, list(self.labels[label]))
        return list(self.labels).index(label), self.labels[label].index(value)

    def _heat_of_maps(self, x_BCHW: Tensor, head: int, code: int) -> Tensor:
        with torch.no_grad():
            maps = self.network.maps(x_BCHW)
        slopes = _slopes(maps, lambda m: self.network.answers(m.mean(dim=(2, 3)))[head][:, code])
        weights = slopes.mean(dim=(2, 3), keepdim=True)  # equation 1
        return (weights * maps).sum(dim=1, keepdim=True).relu()  # equation 2

    def _heat_of_pixels(self, x_BCHW: Tensor, head: int, code: int) -> Tensor:
        return _slopes(x_BCHW, lambda x: self.network(x)[head][:, code]).abs().amax(dim=1, keepdim=True)


def load_model(folder: Path, device: torch.device) -> ClassifierModel:
    """The model of a checkpoint of either kind; every family's generation module has this function.

    Raises:
        DamagedError: it is not whole, or not of a classifier.
    """
    facts = read_facts(folder, "classifier")
    try:
        return ClassifierModel(folder, facts, device)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise DamagedError("The checkpoint {name} lacks what a classifier needs.", name=folder.name) from error


def _slopes(at: Tensor, answer: Callable[[Tensor], Tensor]) -> Tensor:
    """How the answers (B,) to ``at`` (B, ...) change with each of its numbers; no parameter's gradient is touched."""
    with torch.enable_grad():
        leaf = at.detach().requires_grad_()
        (slopes,) = torch.autograd.grad(answer(leaf).float().sum(), leaf)
    return slopes.float()


def _spread(heat_B1hw: Tensor, size: int) -> np.ndarray:
    """Heat as large as the picture, its highest place 1 wherever there is any: (B, size, size)."""
    smooth = heat_B1hw.shape[-1] < size
    heat = F.interpolate(heat_B1hw.float(), (size, size), mode="bilinear") if smooth else heat_B1hw
    heat = heat[:, 0].cpu()
    highest = heat.amax(dim=(1, 2), keepdim=True)
    found: np.ndarray = torch.where(highest > 0, heat / highest.clamp_min(1e-30), torch.zeros(())).numpy()
    return found.astype(np.float32).clip(0, 1)
