"""Tells how many of the attributes that were asked for a judge finds in the pictures of each mark.

The judge is a classifier that learnt real portraits of seed 77 (``judge.py``); what it gets right is told on real ones
of seed 500. Asked is what portraits of seed 900 show, 500 of them, that nobody learnt from: their captions, or their
attributes where that is what steers. Every caption names all attributes but glasses that are not there; only named
ones count. A mark is a folder of ``painting_ours.py`` or ``painting_peer.py``, or a checkpoint of a run.
Prints one JSON line a mark, and a last one with the judge and all of them. With ``--sheets`` a picture of 64 each.
"""

import argparse
import json
import math
import os
import sys
import time
from itertools import product
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

import numpy as np
import torch
from judge import drawn, taught
from PIL import Image
from torch import Tensor

from studio.config.denoising import Denoising
from studio.config.requests import Drawn, Recipe
from studio.data.portraits import ATTRIBUTES, Portrait, portrait
from studio.generation.classifier import ClassifierModel
from studio.measures.distributions import frechet_distance
from studio.measures.estimate import share_of
from studio.models.pictures import to_bytes

ASKED_SEED, REAL_SEED, REAL, BATCH = 900, 500, 2000, 50


def asked(count: int) -> list[Portrait]:
    return [portrait(ASKED_SEED, i) for i in range(count)]


def distance(judge: ClassifierModel, pictures: np.ndarray, real: np.ndarray) -> dict[str, Any]:
    """How far the pictures are from real ones in what the judge sees of them (Fréchet)."""
    found = frechet_distance(*(torch.from_numpy(judge.features(x)) for x in (pictures, real)))
    return {"frechet": found.value, "frechet error": found.error}


def found(judge: ClassifierModel, people: list[Portrait], pictures: np.ndarray) -> dict[str, Any]:
    """The share of the named attributes that the judge finds, with its error, and the share for each."""
    shares = judge.probabilities(pictures)
    truth = {name: [judge.labels[name].index(p.attributes[name]) for p in people] for name in ATTRIBUTES}
    right = {name: shares[name].argmax(axis=1) == codes for name, codes in truth.items()}
    named = {name: np.ones(len(people), bool) for name in ATTRIBUTES}
    named["glasses"] = np.asarray([p.attributes["glasses"] == "yes" for p in people])
    rows = np.concatenate([right[name][named[name]] for name in ATTRIBUTES])
    each = {name: round(float(right[name][named[name]].mean()), 4) for name in ATTRIBUTES}
    each["no glasses, unnamed"] = round(float(right["glasses"][~named["glasses"]].mean()), 4)
    told = share_of(torch.from_numpy(rows))
    return {"named": round(told.value, 4), "error": told.error and round(told.error, 4), "each": each}


def of_ours(folder: Path, people: list[Portrait], given: argparse.Namespace) -> np.ndarray:
    from studio.generation.diffusion import load_model

    model = load_model(folder, torch.device("cpu"))
    denoising = {"sampler": given.sampler, "sampler_steps": given.steps, "guidance": given.guidance, "eta": given.eta}
    recipes = []
    for i, person in enumerate(people):
        latent = Drawn(seed=given.seed, index=i)
        if model.vocabulary is None:
            labels = {name: person.attributes[name] for name in model.labels}
            recipes.append(Recipe(latent=latent, labels=labels, denoising=Denoising(**denoising, chunk=BATCH)))
        else:
            words = Denoising(**denoising, chunk=BATCH, prompt=person.caption)
            recipes.append(Recipe(latent=latent, denoising=words))
    return np.concatenate(list(model.pictures(recipes)))


def of_peer(folder: Path, people: list[Portrait], given: argparse.Namespace) -> np.ndarray:
    from painting_peer import load

    from studio.models.vocabulary import Vocabulary

    peer = load(folder)
    if peer.told == "attributes":
        rows = [[values.index(p.attributes[name]) for name, values in ATTRIBUTES.items()] for p in people]
        told = torch.tensor(rows)
    else:
        vocabulary = Vocabulary(peer.about["words"], peer.about["length"])
        told = torch.from_numpy(vocabulary.encode_all(p.caption for p in people))
    noise = torch.randn((len(people), 3, 32, 32), generator=torch.Generator().manual_seed(given.seed))
    pieces = [_denoised(peer, z, t, given) for z, t in zip(noise.split(BATCH), told.split(BATCH), strict=True)]
    return np.concatenate([to_bytes(piece).numpy() for piece in pieces])


@torch.no_grad()
def _denoised(peer: Any, z: Tensor, told: Tensor, given: argparse.Namespace) -> Tensor:
    """By diffusers' own scheduler, guided as ours."""
    from diffusers import DDIMScheduler, DDPMScheduler, DPMSolverMultistepScheduler

    kinds = {"ddim": DDIMScheduler, "ddpm": DDPMScheduler, "dpm++2m": DPMSolverMultistepScheduler}
    scheduler = kinds[given.sampler](num_train_timesteps=1000)
    scheduler.set_timesteps(given.steps)
    generator = torch.Generator().manual_seed(given.seed)
    extra = {"ddim": {"eta": given.eta, "generator": generator}, "ddpm": {"generator": generator}}
    told2, drop = torch.cat([told, told]), torch.arange(2 * len(told)) >= len(told)
    for t in scheduler.timesteps:
        if given.guidance == 1:
            noise = peer(z, t.expand(len(z)), told, drop[: len(z)])
        else:
            with_it, without = peer(torch.cat([z, z]), t.expand(2 * len(z)), told2, drop).chunk(2)
            noise = without + given.guidance * (with_it - without)
        z = scheduler.step(noise, t, z, **extra.get(given.sampler, {})).prev_sample
    return z.clamp(-1, 1)


def sheet(pictures: np.ndarray, path: Path) -> None:
    """The first 64 (or fewer, a square), three times as large."""
    side = min(8, math.isqrt(len(pictures)))
    grid = np.concatenate([np.concatenate(pictures[side * y : side * (y + 1)], axis=1) for y in range(side)])
    Image.fromarray(grid).resize((96 * side, 96 * side), Image.Resampling.NEAREST).save(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("judge", type=Path, help="folder of the judge's project; taught first where there is none")
    parser.add_argument("marks", type=Path, nargs="*")
    parser.add_argument("--ways", default="dpm++2m:20", help="samplers and their steps, such as ddim:50,dpm++2m:20")
    parser.add_argument("--guidance", type=float, default=2.0)
    parser.add_argument("--eta", type=float, default=0.0)
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--sheets", type=Path, help="folder that pictures of the marks go to")
    given = parser.parse_intermixed_args()
    if given.threads:
        torch.set_num_threads(given.threads)
    judge, people = taught(given.judge), asked(given.count)
    real_people, real = drawn(REAL_SEED, REAL)
    right = found(judge, real_people, real)
    print(json.dumps({"judge on held-out real portraits": right}), flush=True)
    rows = []
    ways = [way.split(":") for way in given.ways.split(",")]
    for mark, (sampler, steps) in product(given.marks, ways):
        given.sampler, given.steps = sampler, int(steps)
        begin = time.process_time()
        peer = (mark / "peer.json").exists()
        model = mark / "model" if (mark / "model").exists() else mark
        pictures = (of_peer if peer else of_ours)(mark if peer else model, people, given)
        row = {"mark": mark.name, "sampler": sampler, "steps": given.steps, "guidance": given.guidance,
               "cpu to draw": round(time.process_time() - begin, 1)}  # fmt: skip
        facts = mark / "mark.json"
        row |= {"trained": json.loads(facts.read_text(encoding="utf-8"))} if facts.exists() else {}
        row |= found(judge, people, pictures) | distance(judge, pictures, real)
        rows.append(row)
        print(json.dumps(row), flush=True)
        if given.sheets:
            given.sheets.mkdir(parents=True, exist_ok=True)
            sheet(pictures, given.sheets / f"{mark.name}-{sampler}-{steps}-{given.guidance:g}.png")
    print(json.dumps({"judge": right, "marks": rows}), flush=True)


if __name__ == "__main__":
    main()
