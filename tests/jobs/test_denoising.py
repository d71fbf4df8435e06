"""Prompts, edits and steps through the jobs and the command line; a picture's own note makes it again."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from studio.cli.app import run as command_line
from studio.config.denoising import Denoising
from studio.config.diffusion import DiffusionConfig, UnetNetwork
from studio.config.requests import (
    Drawn,
    FilmRequest,
    ForwardRequest,
    GenerateRequest,
    LookRequest,
    Recipe,
    TrainRequest,
    grid,
)
from studio.ground.events import Ended, Event, Notice, Progress, Samples, Stop
from studio.jobs.serving import ModelServer
from studio.jobs.steering import CommandQueue
from studio.projects.pictures import decode_png, read_note
from studio.projects.run import Run

from .conftest import TINY, ending, run_to_end

FEW: dict[str, Any] = {"sampler_steps": 4}


@pytest.fixture(scope="module", autouse=True)
def _quick() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("studio.training.diffusion.MEASURED", 16)
        patch.setattr("studio.training.diffusion.SAMPLE_STEPS", 4)
        patch.setattr("studio.training.gan.MEASURED", 16)
        yield


@pytest.fixture(scope="module")
def trained(portraits_project: Path, tmp_path_factory: pytest.TempPathFactory, _quick: None) -> Path:
    """A project with a run that reads words, and one of a GAN."""
    path = tmp_path_factory.mktemp("denoising") / "project"
    shutil.copytree(portraits_project, path)
    network = UnetNetwork(width=4)
    config = DiffusionConfig(steps=2, batch=8, sample_count=4, text=True, condition=("hair",), network=network)
    for made in (config, TINY.model_copy(update={"steps": 2})):
        asked = TrainRequest(family=made.family, dataset="portraits", config=made.model_dump(mode="json"), device="cpu")
        end = ending(run_to_end(asked, path))
        assert end.status == "finished", (end.error, end.trace)
    return path


def asked(path: Path, run: str = "portraits-diffusion-1", **denoising: Any) -> list[Event]:
    recipes = grid(3, 3, denoising=Denoising(**(FEW | denoising)))
    return run_to_end(GenerateRequest(run=run, recipes=recipes, device="cpu"), path)


def test_the_request_of_the_result_says_everything(trained: Path) -> None:
    events = asked(trained, prompt="a girl with red hair")
    made = ending(events).result
    assert made.pictures.shape == (3, 32, 32, 3) and made.family == "diffusion"
    assert all(recipe.denoising.size == (32, 32) for recipe in made.request.recipes)
    again = ending(run_to_end(GenerateRequest.model_validate_json(made.request.model_dump_json()), trained)).result
    assert np.array_equal(again.pictures, made.pictures) and again.request == made.request
    assert [e.kind for e in events if isinstance(e, Samples)][-1] == "pictures"
    assert [(e.done, e.total) for e in events if isinstance(e, Progress)][-1] == (4, 4)


def test_what_is_noted_of_samples_makes_them_again(trained: Path) -> None:
    pictures, notes = Run(trained / "runs" / "portraits-diffusion-1").samples.read_with_notes(2)
    recipes = [
        Recipe(latent=Drawn(seed=0, index=i), labels=notes["labels"][i],
               denoising=Denoising(prompt=notes["captions"][i], **notes["denoising"]))
        for i in range(4)
    ]  # fmt: skip
    again = ending(run_to_end(GenerateRequest(run="portraits-diffusion-1", recipes=tuple(recipes)), trained)).result
    assert np.array_equal(again.pictures, pictures)
    alone = GenerateRequest(run="portraits-diffusion-1", recipes=(recipes[3],))
    assert np.array_equal(ending(run_to_end(alone, trained)).result.pictures[0], pictures[3])


def test_pictures_on_their_way_are_shown(trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("studio.jobs.serving._SHOWN_EVERY", -1.0)
    kinds = [e.kind for e in asked(trained) if isinstance(e, Samples)]
    assert kinds == ["forming"] * 4 + ["pictures"]


def test_unknown_words_are_named_on_the_way(trained: Path) -> None:
    (notice,) = [e for e in asked(trained, prompt="a purple zebra") if isinstance(e, Notice)]
    assert "zebra" in str(notice.body)
    end = ending(asked(trained, prompt="zebra"))
    assert end.refused and "zebra" in str(end.error)


def test_a_stop_ends_between_two_steps(trained: Path) -> None:
    commands = CommandQueue()
    commands.put(Stop())
    recipes = grid(3, 3, denoising=Denoising(sampler_steps=1000))
    events = run_to_end(GenerateRequest(run="portraits-diffusion-1", recipes=recipes, device="cpu"), trained, commands)
    assert ending(events).status == "stopped"


@pytest.mark.parametrize("what", ["steps", "words"])
def test_the_steps_of_pictures_are_looked_at(trained: Path, what: Any) -> None:
    recipes = grid(3, 2, denoising=Denoising(prompt="a girl with red hair", **FEW))
    end = ending(
        run_to_end(LookRequest(what=what, run="portraits-diffusion-1", recipes=recipes, device="cpu"), trained)
    )
    assert isinstance(end, Ended) and end.status == "finished", end.error
    assert [len(steps) for steps in end.result.found] == [4, 4]
    assert all(bool(step.words) == (what == "words") for steps in end.result.found for step in steps)


def test_families_that_make_pictures_at_once_refuse(trained: Path) -> None:
    for events in (
        asked(trained, run="portraits-gan-1"),
        run_to_end(LookRequest(what="steps", run="portraits-gan-1", recipes=grid(0, 1), device="cpu"), trained),
    ):
        assert ending(events).refused and "gan, which makes pictures at once" in str(ending(events).error)


# --- the command line ------------------------------------------------------------------------------------------


def generate(path: Path, out: Path, *words: str, run: str = "portraits-diffusion-1") -> int:
    return command_line(["generate", str(path), run, "--out", str(out), "--count", "2", "--device", "cpu", *words])


def test_a_picture_s_own_note_makes_it_again(trained: Path, tmp_path: Path) -> None:
    words = ["--prompt", "a girl with red hair", "--negative", "glasses", "--guidance", "3", "--sampler", "ddpm"]
    assert generate(trained, tmp_path / "out", *words, "--sampler-steps", "5", "--seed", "7") == 0
    file = sorted((tmp_path / "out").glob("*.png"))[1]
    pixels, note = decode_png(file.read_bytes(), file.name)
    (recipe,) = note["request"]["recipes"]
    assert recipe["denoising"]["prompt"] == "a girl with red hair" and recipe["latent"]["index"] == 1
    request = GenerateRequest.model_validate(note["request"])
    assert np.array_equal(ending(run_to_end(request, trained)).result.pictures[0], pixels)


def test_edits_and_their_notes(trained: Path, tmp_path: Path) -> None:
    picture = np.random.default_rng(1).integers(0, 255, (32, 32, 3), np.uint8)
    mask = np.zeros((32, 32), np.uint8)
    mask[4:20, 4:20] = 255
    Image.fromarray(picture).save(tmp_path / "in.png")
    Image.fromarray(mask).save(tmp_path / "mask.png")
    init, few = ["--init", str(tmp_path / "in.png")], ["--sampler-steps", "4"]
    assert generate(trained, tmp_path / "edit", *init, "--mask", str(tmp_path / "mask.png"), *few) == 0
    file = sorted((tmp_path / "edit").glob("*.png"))[0]
    pixels, note = decode_png(file.read_bytes(), file.name)
    assert np.array_equal(pixels[mask == 0], picture[mask == 0]) and not np.array_equal(pixels, picture)
    request = GenerateRequest.model_validate(json.loads(json.dumps(note["request"])))
    assert np.array_equal(ending(run_to_end(request, trained)).result.pictures[0], pixels)
    assert generate(trained, tmp_path / "same", *init, "--strength", "0", *few) == 0
    same = sorted((tmp_path / "same").glob("*.png"))[0]
    assert np.array_equal(decode_png(same.read_bytes(), same.name)[0], picture)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--prompt", " "], "--prompt is empty"),
        (["--prompt", "zebra"], "none of these words: zebra"),
        (["--prompt", "red " * 1500], "6000 characters"),
        (["--strength", "0.5"], "belong to --init"),
        (["--mask", "nothing.png"], "belong to --init"),
        (["--init", "{tmp}/nothing.png"], "nothing.png cannot be read"),
        (["--init", "{tmp}/no.png"], "picture to begin with is not a picture"),
        (["--init", "{tmp}/a.png", "--mask", "{tmp}/b.png"], "mask has 8 × 8 pixels and the picture 32 × 32"),
        (["--sampler", "magic"], "dpm++2m"),
        (["--sampler-steps", "3"], "greater than or equal to 4"),
        (["--guidance", "-1"], "greater than or equal to 0"),
        (["--truncation", "0.5"], "are of GANs"),
    ],
)
def test_wrong_words_end_with_a_sentence(
    trained: Path, tmp_path: Path, words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "no.png").write_text("no picture")
    Image.new("RGB", (32, 32)).save(tmp_path / "a.png")
    Image.new("L", (8, 8), 255).save(tmp_path / "b.png")
    assert generate(trained, tmp_path / "out", *(word.format(tmp=tmp_path) for word in words)) == 2
    last = [line for line in capsys.readouterr().err.splitlines() if line][-1]
    assert said in last and not (tmp_path / "out").exists()


def test_a_gan_is_asked_as_before_and_refuses_prompts(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert generate(trained, tmp_path / "gan.png", "--truncation", "0.7", run="portraits-gan-1") == 0
    (recipe, _) = read_note(tmp_path / "gan.png")["request"]["recipes"]
    assert recipe["denoising"] is None
    assert generate(trained, tmp_path / "no.png", "--prompt", "red hair", run="portraits-gan-1") == 2
    assert "makes pictures at once" in capsys.readouterr().err


# --- looking inside ----------------------------------------------------------------------------------------------


def look(path: Path, what: Any, *recipes: Any, run: str = "portraits-diffusion-1", **more: Any) -> list[Event]:
    return run_to_end(LookRequest(what=what, run=run, recipes=recipes, device="cpu", **more), path)


def test_the_film_comes_step_by_step(trained: Path) -> None:
    events = look(trained, "steps", *grid(3, 1, denoising=Denoising(**FEW)))
    grown = [len(e.pictures) for e in events if isinstance(e, Samples)]
    assert grown == [1, 2, 3, 4]
    (film,) = ending(events).result.found
    assert np.array_equal(
        [step.clean for step in film][-1], [e for e in events if isinstance(e, Samples)][-1].pictures[-1]
    )


@pytest.mark.parametrize("suffix", ["gif", "webp"])
def test_the_film_is_written(trained: Path, tmp_path: Path, suffix: str) -> None:
    out = tmp_path / f"film.{suffix}"
    words = ["film", str(trained), "portraits-diffusion-1", "--what", "steps", "--prompt", "a girl", "--zoom", "1"]
    assert command_line([*words, "--sampler-steps", "5", "--device", "cpu", "--out", str(out)]) == 0
    (film,) = ending(look(trained, "steps", *grid(0, 1, denoising=Denoising(prompt="a girl", sampler_steps=5)))
                     ).result.found  # fmt: skip
    with Image.open(out) as made:
        assert made.n_frames == 5 and made.size == (3 * 32 + 4, 32)  # type: ignore[attr-defined]
        made.seek(4)
        last = np.asarray(made.convert("RGB"))
    wanted = np.concatenate([coarse(getattr(film[-1], track)) for track in ("seen", "clean", "noise")], axis=1)
    found = np.concatenate([coarse(last[:, left : left + 32]) for left in (0, 34, 68)], axis=1)
    assert np.abs(found - wanted).max() < 8, "neither format keeps noise as it is"


def coarse(picture: np.ndarray) -> np.ndarray:
    """Means of squares of eight pixels."""
    means: np.ndarray = picture.reshape(4, 8, 4, 8, 3).mean(axis=(1, 3))
    return means


def test_only_what_takes_steps_has_a_film_of_them(trained: Path, tmp_path: Path) -> None:
    request = FilmRequest(what="steps", run="portraits-gan-1", out=tmp_path / "a.gif", recipes=grid(0, 1))
    ended = ending(run_to_end(request, trained))
    assert ended.refused and "step by step" in str(ended.error) and not (tmp_path / "a.gif").exists()
    words = ["film", str(trained), "portraits-gan-1", "--prompt", "a girl", "--out", str(tmp_path / "a.gif")]
    assert command_line(words) == 2


def test_samplers_race_each_alone(trained: Path) -> None:
    ways = [Denoising(sampler=s, sampler_steps=n, chunk=1) for s, n in (("heun", 12), ("euler", 4), ("heun", 12))]
    recipes = [grid(3, 1, denoising=way)[0] for way in ways]
    first, euler, again = ending(look(trained, "race", *recipes)).result.found
    assert np.array_equal(first.picture, again.picture) and first.picture.shape == (32, 32, 3)
    assert not np.array_equal(first.picture, euler.picture)
    assert min(first.seconds, euler.seconds) > 0
    assert ending(look(trained, "race")).refused
    assert ending(look(trained, "race", grid(0, 1)[0], run="portraits-gan-1")).refused


def test_a_race_stops_between_two_steps(trained: Path) -> None:
    commands = CommandQueue()
    commands.put(Stop())
    request = LookRequest(what="race", run="portraits-diffusion-1", recipes=grid(0, 1), device="cpu")
    assert ending(run_to_end(request, trained, commands)).status == "stopped"


def test_nearest_training_pictures_of_a_denoiser(trained: Path) -> None:
    insight = ending(look(trained, "nearest", *grid(3, 2, denoising=Denoising(**FEW)), count=3)).result
    assert len(insight.found) == 2 and all(len(one.rows) == 3 for one in insight.found)
    assert set(insight.names) == {row for one in insight.found for row in one.rows}
    assert ending(look(trained, "opinion", *grid(3, 2))).refused


def test_own_pictures_drown_without_a_run(trained: Path) -> None:
    request = ForwardRequest(dataset="portraits", process={"kind": "flow"}, count=3, times=7, seed=5)
    end = ending(run_to_end(request, trained))
    assert end.status == "finished", (end.error, end.trace)
    assert end.result.drowned.pictures.shape == (3, 7, 32, 32, 3)
    assert len(set(end.result.positions)) == len(end.result.names) == 3
    chosen = request.model_copy(update={"positions": end.result.positions[1:2], "process": {"kind": "gradual"}})
    one = ending(run_to_end(chosen, trained)).result
    assert one.names == end.result.names[1:2]
    assert np.array_equal(one.drowned.pictures[0, 0].shape, (32, 32, 3))
    grey = ending(run_to_end(request.model_copy(update={"channels": 1, "size": 16}), trained)).result
    assert grey.drowned.pictures.shape == (3, 7, 16, 16, 1)


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"dataset": "portrait"}, "portraits"), ({"process": {"kind": "gradual", "schedule": "x"}}, "noise process"),
     ({"positions": (9999,)}, "can be read")],
)  # fmt: skip
def test_a_forward_process_that_cannot_be_is_refused(trained: Path, changes: dict[str, Any], words: str) -> None:
    request = ForwardRequest(dataset="portraits", process={"kind": "flow"})
    end = ending(run_to_end(request.model_copy(update=changes), trained))
    assert end.refused and words in str(end.error)


def test_the_server_leaves_to_their_job_what_needs_no_model(trained: Path) -> None:
    server = ModelServer(trained)
    request = ForwardRequest(dataset="portraits", process={"kind": "flow"}, count=1, times=3)
    assert ending(list(server.serve(request, CommandQueue()))).status == "finished"
    server.close()
