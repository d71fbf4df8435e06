"""One side of the race to quality at 32x32: the plain DCGAN recipe, or the studio's preset ``quick``.

Arguments: ``plain|studio``, the pictures (.npy, uint8 (N, 3, S, S)), the seconds or (with ``steps``) the steps to go on
for, ``seconds|steps``, the width of the plain networks, the seed, the folder that samples go to. On the way 2,000
pictures are drawn at marks and kept as ``<side>-<step>.npy``; neither clock runs meanwhile. Prints one JSON line.

``plain`` is the loop of the DCGAN tutorials (Radford et al. 2015): batch norm in both networks, Adam 2e-4 with beta
0.5, binary cross-entropy, batch 64, no average of the weights; samples are drawn as tutorials draw them, with the
statistics of their own batch. ``studio`` is the trainer as a run goes, its samples, measures and checkpoints included.
"""

import copy
import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch  # before studio, so that torch's own waiting policy holds unless the caller set another

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from clock import Clock
from gan_step import InMemory, configuration, textbook

from studio.config.gan import GanConfig, preset
from studio.generation.gan import grow
from studio.jobs.devices import device_facts
from studio.models.pictures import to_bytes

SAMPLES = 2000
BATCH = 64
FIRST_MARK, RATIO = 100, 1.3  # steps of the first mark, and from one mark to the next


class Marks:
    """When samples are drawn, evenly in the logarithm of steps, and what is told of them."""

    def __init__(self, folder: Path, side: str) -> None:
        self.folder, self.side, self.rows, self.clock = folder, side, [], Clock()
        self._next = float(FIRST_MARK)

    def pass_by(self, step: int, draw: Callable[[], np.ndarray], *, last: bool = False) -> None:
        """Note where the clock stands, and keep ``draw()``, (N, H, W, C) uint8, where a mark is due."""
        if step < self._next and not last:
            return
        self._next = max(self._next * RATIO, step + 1)
        self.clock.halt()
        path = self.folder / f"{self.side}-{step}.npy"
        np.save(path, draw())
        self.rows.append({"side": self.side, "step": step, "items": step * BATCH, "wall": self.clock.wall,
                          "cpu": self.clock.cpu, "file": str(path)})  # fmt: skip
        self.clock.go()


def latents(size: int) -> torch.Tensor:
    """The same latents at every mark, (SAMPLES, size)."""
    return torch.randn((SAMPLES, size), generator=torch.Generator().manual_seed(1))


def tutorial_samples(generator: torch.nn.Module, size: int) -> np.ndarray:
    """Batches of 100 with their own statistics, from a copy, so that the run takes no notice."""
    drawing = copy.deepcopy(generator)
    with torch.no_grad():
        return np.concatenate([to_bytes(drawing(z[:, :, None, None])).numpy() for z in latents(size).split(100)])


def plain_steps(config: GanConfig, data: InMemory) -> Iterator[torch.nn.Module]:
    """The tutorial's loop, for ever; yields the generator after every step."""
    generator, discriminator = textbook(config)
    rates = {"lr": 2e-4, "betas": (0.5, 0.999)}
    of_generator = torch.optim.Adam(generator.parameters(), **rates)
    of_discriminator = torch.optim.Adam(discriminator.parameters(), **rates)
    criterion, order = torch.nn.BCEWithLogitsLoss(), np.random.default_rng(config.seed)
    ones, zeros = torch.ones(BATCH), torch.zeros(BATCH)
    while True:
        real = torch.from_numpy(data.read(order.choice(data.training, BATCH))).float() / 127.5 - 1.0
        discriminator.zero_grad()
        criterion(discriminator(real), ones).backward()
        fake = generator(torch.randn(BATCH, config.latent_size, 1, 1))
        criterion(discriminator(fake.detach()), zeros).backward()
        of_discriminator.step()
        generator.zero_grad()
        criterion(discriminator(fake), ones).backward()
        of_generator.step()
        yield generator


def plain(config: GanConfig, data: InMemory, marks: Marks, done: Callable[[int, float], bool]) -> None:
    torch.manual_seed(config.seed)
    for step, generator in enumerate(plain_steps(config, data), start=1):
        end = done(step, marks.clock.passed())
        marks.pass_by(step, lambda g=generator: tutorial_samples(g, config.latent_size), last=end)
        if end:
            return


def studio(config: GanConfig, data: InMemory, marks: Marks) -> None:
    """The whole horizon of the preset."""
    from studio.ground.events import Ended, Metrics
    from studio.training.assemble import assemble
    from studio.training.recorder import NoRecorder

    z, codes = latents(config.latent_size), torch.zeros((SAMPLES, 0), dtype=torch.long)
    with tempfile.TemporaryDirectory() as folder:
        trainer = assemble(
            config, data, family="gan", device=torch.device("cpu"), recorder=NoRecorder(), folder=Path(folder)
        )
        for event in trainer.run():
            if isinstance(event, Metrics) and event.values.get("generator_loss") is not None:
                drawing = trainer.averages["generator"].module
                last = event.step == config.steps
                marks.pass_by(event.step, lambda g=drawing: np.concatenate(list(grow(g, z, codes))), last=last)
            assert not isinstance(event, Ended) or event.status == "finished", event


def main(side: str, pictures: str, amount: float, unit: str, width: int, seed: int, folder: Path) -> None:
    data, marks = InMemory(pictures), Marks(folder, f"{side}{width}-{seed}")
    if side == "plain":
        config = configuration(width, 32, 1, "dcgan").model_copy(update={"seed": seed})
        plain(config, data, marks, lambda step, seconds: (step if unit == "steps" else seconds) >= amount)
    else:
        config = preset(data.facts, device_facts("cpu"), "quick").model_copy(update={"seed": seed})
        studio(config, data, marks)
    print(json.dumps({"marks": marks.rows, "threads": torch.get_num_threads()}), flush=True)


if __name__ == "__main__":
    name, where, much, of, wide, number, out = sys.argv[1:8]
    main(name, where, float(much), of, int(wide), int(number), Path(out))
