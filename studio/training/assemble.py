"""Puts a trainer together: the one place that knows how the parts of a family are found and joined."""

from __future__ import annotations

import importlib
from pathlib import Path

import torch

from studio.config.registry import best_by
from studio.config.training import TrainingSettings
from studio.training.checkpoints import Checkpoints
from studio.training.recorder import Recorder
from studio.training.task import Task, TrainingData
from studio.training.trainer import Trainer
from studio.training.trial import batch_that_fits


def make_task(family: str, config: TrainingSettings, data: TrainingData, device: torch.device) -> Task:
    """The task of a family, from ``studio.training.<family>``."""
    made: Task = importlib.import_module(f"studio.training.{family}").make_task(config, data, device)
    return made


def assemble(
    config: TrainingSettings,
    data: TrainingData,
    *,
    family: str,
    device: torch.device,
    recorder: Recorder,
    folder: Path,
    stop_at: int | None = None,
) -> Trainer:
    """A trainer for a new run, or (after :meth:`Trainer.restore`) for one that goes on.

    Args:
        folder: the run's folder of checkpoints.

    Raises:
        StudioError: the config does not fit the data.
    """
    return Trainer(
        make_task(family, config, data, device),
        device=device,
        recorder=recorder,
        checkpoints=Checkpoints(folder, best_by(family)),
        fingerprint=data.fingerprint,
        stop_at=stop_at,
        rescue=lambda: batch_that_fits(config, data, family=family, device=device),
    )
