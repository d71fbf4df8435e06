"""Our side of the race of denoisers: a preset as ``studio train`` goes, its samples and checkpoints included.

At each mark the averaged denoiser is kept as a model point, in ``<out>/studio-<seconds>``. The last line is JSON.
"""

import json
import os
import shutil
import tempfile
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import torch
from painting import Marks, arguments, pictures

from studio.config.base import with_overrides
from studio.config.registry import preset
from studio.data.portraits import ATTRIBUTES
from studio.ground.events import Ended, Metrics, SaveNow, Stop
from studio.jobs.devices import device_facts
from studio.training.assemble import assemble
from studio.training.recorder import NoRecorder
from studio.training.trainer import Trainer


def kept(trainer: Trainer, folder: Path) -> None:
    """Copy a model point of now."""
    for event in trainer.apply(SaveNow()):
        assert not isinstance(event, Ended)
    shutil.copytree(trainer.checkpoints.points("model")[-1].path, folder / "model", dirs_exist_ok=True)


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--preset", choices=("quick", "balanced", "best"), default="quick")
    parser.add_argument("--steps", type=int, default=0, help="horizon; 0: the preset's")
    parser.add_argument("--set", action="append", default=[], metavar="PATH=VALUE", help="as of studio train")
    given = parser.parse_args()
    if given.threads:
        torch.set_num_threads(given.threads)
    data = pictures(given.data)
    changes = {"seed": given.seed, **dict(one.split("=", 1) for one in given.set)}
    if given.steps:
        changes["steps"] = given.steps
    if given.told == "attributes":
        changes |= {"text": False, "condition": tuple(ATTRIBUTES)}
    config = with_overrides(preset("diffusion", data.facts, device_facts("cpu"), given.preset), changes)
    with tempfile.TemporaryDirectory() as folder:
        trainer = assemble(config, data, family="diffusion", device=torch.device("cpu"), recorder=NoRecorder(),
                           folder=Path(folder))  # fmt: skip
        denoiser = trainer.task.modules["denoiser"]
        size = sum(p.numel() for p in denoiser.parameters())
        about = {"told": given.told, "preset": given.preset, "parameters": size, "threads": torch.get_num_threads()}
        print(denoiser, json.dumps(about | {"config": config.model_dump(mode="json")}), sep="\n", flush=True)
        marks = Marks(given.out, "studio", given)
        for event in trainer.run():
            if isinstance(event, Metrics) and "loss" in event.values:
                last = event.step == config.steps
                facts = about | {"step": event.step, "items": trainer.items, "loss": event.values["loss"]}
                if marks.pass_by(facts, lambda where: kept(trainer, where), last=last) and not last:
                    list(trainer.apply(Stop()))
            assert not isinstance(event, Ended) or event.status != "failed", event


if __name__ == "__main__":
    main()
