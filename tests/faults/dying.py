"""A process that does the studio's work and kills itself, as by ``kill -9``, at a chosen moment.

``python tests/faults/dying.py train PROJECT WHERE NUMBER`` trains (or goes on with) the one run of a project, whose
folder bears the name of the family, and dies at the NUMBER-th call of WHERE; ``python tests/faults/dying.py keep
PROJECT`` keeps pictures in the gallery for ever and prints the id of each once it is safe.

``python tests/faults/dying.py serve`` loads PyTorch once and then trains as often as its input says, each time in a
forked process, so that a kill costs one second instead of five. A line is a JSON list: the file for what is said, then
the words from ``PROJECT`` on; the answer is the exit status.
"""

import json
import os
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from studio.config.diffusion import DiffusionConfig, UnetNetwork
from studio.config.gan import GanConfig, ResidualNetwork
from studio.config.requests import ResumeRequest, TrainRequest
from studio.config.training import TrainingSettings
from studio.ground.events import Ended, event_to_json
from studio.jobs.registry import run_job
from studio.jobs.steering import CommandQueue
from studio.projects.project import Project

STEPS = 10
CONFIGS: dict[str, TrainingSettings] = {
    "gan": GanConfig(steps=STEPS, batch=8, sample_count=4, latent_size=8, network=ResidualNetwork(width=4)),
    "diffusion": DiffusionConfig(steps=STEPS, batch=8, sample_count=4, text=True, network=UnetNetwork(width=4)),
}


def die_at(owner: Any, name: str, number: int, *, after: bool = False) -> None:
    """Kill this process at the ``number``-th call of ``owner.name``, before or ``after`` it is carried out."""
    real: Callable[..., Any] = getattr(owner, name)
    calls = [0]

    def dying(*args: Any, **kwargs: Any) -> Any:
        calls[0] += 1
        if calls[0] == number and not after:
            os.kill(os.getpid(), signal.SIGKILL)
        result = real(*args, **kwargs)
        if calls[0] == number:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(owner, name, dying)


def prepare_to_die(where: str, number: int) -> None:
    """Arm one of the places: in a step, around writes, flushes and renames of every file of the run."""
    from studio.training.stepping import Stepper

    place, _, when = where.partition("-")
    owners: dict[str, tuple[Any, str]] = {
        "step": (Stepper, "make"),
        "flush": (os, "fsync"),
        "rename": (Path, "replace"),
        "write": (os, "write"),
    }
    owner, name = owners[place]
    die_at(owner, name, number, after=when == "after")


def train(path: Path) -> None:
    """Train the one run of the project to its end, with a resume point after every step."""
    import studio.jobs.trials
    import studio.training.diffusion
    import studio.training.gan
    import studio.training.trainer
    from studio.jobs.footprint import Footprint

    studio.training.gan.MEASURED = studio.training.diffusion.MEASURED = 16
    studio.training.diffusion.SAMPLE_STEPS = 2
    studio.jobs.trials.measure_footprint = lambda *_, **__: iter([Footprint(0, 0)])  # type: ignore[assignment]
    studio.training.trainer.resume_interval = lambda seconds: 0.0  # type: ignore[attr-defined]
    family = path.name
    run = f"portraits-{family}-1"
    request: TrainRequest | ResumeRequest = ResumeRequest(run=run, device="cpu")
    if not (path / "runs" / run).exists():
        config = CONFIGS[family].model_dump(mode="json")
        request = TrainRequest(family=family, dataset="portraits", config=config, device="cpu")
    for event in run_job(request, path, CommandQueue()):
        if isinstance(event, Ended):
            print(event_to_json(event))


def keep(path: Path) -> None:
    """Keep pictures for ever; each id is printed after it is said to be safe."""
    with Project.open(path, write="required") as project:
        for number in range(1_000_000):
            project.state.set("number", number)
            pictures = np.full((2, 8, 8, 3), number % 256, np.uint8)
            for kept in project.gallery.keep(pictures, {"number": number}, run="r", family="gan"):
                print(kept, number, flush=True)


def train_and_die(words: list[str]) -> None:
    """Train, and die where ``words`` say so."""
    if len(words) > 1:
        prepare_to_die(words[1], int(words[2]))
    train(Path(words[0]))


def serve() -> None:
    """See the module."""
    import studio.jobs.train  # noqa: F401 - once, before the forks; no thread of PyTorch runs yet

    for line in sys.stdin:
        said, *words = json.loads(line)
        child = os.fork()
        if child == 0:
            work_apart(Path(said), words)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


def work_apart(said: Path, words: list[str]) -> None:
    """The life of a forked process."""
    status = 1
    try:
        with said.open("w") as out:
            os.dup2(out.fileno(), 1)
            os.dup2(out.fileno(), 2)
            train_and_die(words)
            sys.stdout.flush()
            status = 0
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
    finally:
        os._exit(status)


if __name__ == "__main__":
    if sys.argv[1] == "keep":
        keep(Path(sys.argv[2]))
    elif sys.argv[1] == "serve":
        serve()
    else:
        train_and_die(sys.argv[2:])
