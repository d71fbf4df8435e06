"""Pace of the same U-Net, diffusers' UNet2DModel of 6.5 million weights at 32 x 32, there and here.

Arguments: ``train|sample``, ``studio|peer``, steps or chunks, pictures in one of them, the pictures (.npy, uint8
(N, 3, 32, 32)). Prints pictures a second, of the clock and of the processor, as JSON.

Training there is the example's loop (noise predicted, AdamW, gradients clipped, EMAModel, the loss read every step);
here it is the trainer as a run goes, by the same recipe. Sampling is DDIM: there DDIMPipeline, here a checkpoint asked
for pictures. What takes turns with steps (samples, measures, checkpoints) is left out by taking the median.
"""

import itertools
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch  # before studio, so that torch's own waiting policy holds unless the caller set another

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from gan_step import InMemory

from studio.config.base import with_overrides
from studio.config.diffusion import ClassicNetwork, DiffusionConfig, Gradual, preset
from studio.config.facts import DeviceFacts
from studio.config.requests import grid

STEPS_TO_DRAW, WARM_UP = 10, 3
LONG = 100_000  # steps of the run that is begun: a short one would measure itself after every step
NETWORK = ClassicNetwork(widths="64, 128, 128", depth=2, attention="2", head_width=8, groups=32)


def configuration(data: InMemory, device: torch.device, *, steps: int, batch: int) -> DiffusionConfig:
    usual = preset(data.facts, DeviceFacts(kind=device.type), "quick")  # type: ignore[arg-type]
    process = Gradual(prediction="epsilon", schedule="linear", min_snr=0)
    wanted = {
        "steps": steps,
        "batch": batch,
        "sample_count": 4,
        "text": False,
        "gradient_clip": 1.0,
        "learning_rate": 1e-4,
    }
    return with_overrides(usual.model_copy(update={"network": NETWORK, "process": process}), wanted)


def unet() -> Any:
    from diffusers import UNet2DModel

    torch.manual_seed(0)
    return UNet2DModel(
        sample_size=32, block_out_channels=(64, 128, 128), norm_num_groups=32, attention_head_dim=8,
        down_block_types=("DownBlock2D", "AttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "AttnUpBlock2D", "UpBlock2D"),
    )  # fmt: skip


Clocks = tuple[float, float]
"""Wall seconds, and seconds of the processor, which tell more on a busy machine."""


def rates(clocks: list[Clocks], items: int, warm_up: int) -> dict[str, float]:
    """Items a second by the median, by both clocks."""
    wall, cpu = np.median(np.diff(np.asarray(clocks)[warm_up:], axis=0), axis=0)
    return {"rate": items / float(wall), "cpu rate": items / float(cpu)}


def waited(device: torch.device) -> Clocks:
    if device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter(), time.process_time()


def train_peer(data: InMemory, device: torch.device, *, steps: int, batch: int) -> dict[str, float]:
    from diffusers import DDPMScheduler
    from diffusers.training_utils import EMAModel

    model, noise = unet().to(device), DDPMScheduler()
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-4, betas=(0.95, 0.999), weight_decay=1e-6)
    ema = EMAModel(model.parameters(), decay=0.9999, use_ema_warmup=True, power=0.75)
    order, times = np.random.default_rng(0), []
    for _ in range(steps):
        x0 = torch.from_numpy(data.read(order.choice(data.training, batch))).to(device).float() / 127.5 - 1.0
        drawn, t = torch.randn_like(x0), torch.randint(0, 1000, (batch,), device=device)
        loss = torch.nn.functional.mse_loss(model(noise.add_noise(x0, drawn, t), t).sample, drawn)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        optimiser.zero_grad()
        ema.step(model.parameters())
        assert np.isfinite(loss.item())
        times.append(waited(device))
    return rates(times, batch, WARM_UP)


def trainer_of(config: DiffusionConfig, data: InMemory, device: torch.device, folder: Path) -> Any:
    import studio.training.diffusion as task
    from studio.training.assemble import assemble
    from studio.training.recorder import NoRecorder

    task.MEASURED = 4  # the measures beside the steps are not what is looked at
    return assemble(config, data, family="diffusion", device=device, recorder=NoRecorder(), folder=folder)


def train_studio(data: InMemory, device: torch.device, *, steps: int, batch: int) -> dict[str, float]:
    from studio.ground.events import Metrics

    with tempfile.TemporaryDirectory() as folder:
        trainer = trainer_of(configuration(data, device, steps=LONG, batch=batch), data, device, Path(folder))
        ours = sum(p.numel() for p in trainer.task.denoiser.parameters())
        assert ours == sum(p.numel() for p in unet().parameters())
        run = trainer.run()
        events = (e for e in run if isinstance(e, Metrics) and "loss" in e.values)
        times = [waited(device) for _ in itertools.islice(events, steps)]
        run.close()
    return rates(times, batch, WARM_UP)


def sample_peer(data: InMemory, device: torch.device, *, steps: int, batch: int) -> dict[str, float]:
    from diffusers import DDIMPipeline, DDIMScheduler

    pipeline = DDIMPipeline(unet().eval(), DDIMScheduler()).to(device)
    pipeline.set_progress_bar_config(disable=True)
    times = [waited(device)]
    for seed in range(steps):
        drawn = torch.Generator().manual_seed(seed)
        made = pipeline(batch, generator=drawn, num_inference_steps=STEPS_TO_DRAW, output_type="np").images
        assert made.shape == (batch, 32, 32, 3)
        times.append(waited(device))
    return rates(times, batch, 1)


def sample_studio(data: InMemory, device: torch.device, *, steps: int, batch: int) -> dict[str, float]:
    from studio.config.denoising import Denoising
    from studio.generation.diffusion import load_model
    from studio.training.checkpoints import Checkpoints
    from studio.training.state import collect, model_parts

    with tempfile.TemporaryDirectory() as folder:
        trainer = trainer_of(configuration(data, device, steps=1, batch=batch), data, device, Path(folder))
        parts, points = model_parts(collect(trainer.task, trainer.averages)), Checkpoints(Path(folder))
        list(points.save_model(parts, trainer._saved_facts(), 0))
        model = load_model(points.points("model")[0].path, device)
    denoising = Denoising(sampler="ddim", sampler_steps=STEPS_TO_DRAW, chunk=batch)
    times = [waited(device)]
    for seed in range(steps):
        made = np.concatenate(list(model.pictures(grid(seed, batch, denoising=denoising))))
        assert made.shape == (batch, 32, 32, 3)
        times.append(waited(device))
    return rates(times, batch, 1)


if __name__ == "__main__":
    what, side, steps, batch, pictures = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:5]), sys.argv[5]
    where = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    found = globals()[f"{what}_{side}"](InMemory(pictures), where, steps=steps, batch=batch)
    policy = os.environ.get("OMP_WAIT_POLICY", "")
    print(json.dumps(found | {"policy": policy, "device": str(where), "threads": torch.get_num_threads()}))
