"""Resident memory of a training process after 200 and after 2,000 steps. Argument: the file of pictures."""

import json
import sys
import tempfile
from pathlib import Path

import psutil
import torch

sys.path.insert(0, str(Path(__file__).resolve().parent))

from gan_step import InMemory

from studio.config.base import with_overrides
from studio.config.gan import GanConfig
from studio.ground.events import Metrics
from studio.training.assemble import assemble
from studio.training.recorder import NoRecorder

if __name__ == "__main__":
    config = with_overrides(GanConfig(), {"steps": 2001, "batch": 16, "network.width": 16})
    resident = {}
    with tempfile.TemporaryDirectory() as folder:
        data, device = InMemory(sys.argv[1]), torch.device("cpu")
        trainer = assemble(config, data, family="gan", device=device, recorder=NoRecorder(), folder=Path(folder))
        for event in trainer.run():
            if isinstance(event, Metrics) and event.step in (200, 2000):
                resident[event.step] = psutil.Process().memory_info().rss
    print(json.dumps({"after 200": resident[200], "after 2000": resident[2000]}))
