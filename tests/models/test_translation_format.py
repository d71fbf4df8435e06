"""Marian models of other programs: equal outputs, round trips, and a sentence for every folder that is not one."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file

from studio.config.translation import TranslationConfig
from studio.ground.errors import StudioError, UsageError
from studio.models.translation import TranslationModel, build_translation_model
from studio.models.translation_format import blank, filling, load_folder, read_folder, write_folder
from tests.foreign_translations import END, KINDS, PAD, TOKENS, foreign_folder, foreign_model

CLOSE = {"atol": 1e-4, "rtol": 0.0}
MARKS = {"begin": PAD, "end": END, "pad": PAD}


def texts(rows: int, length: int, seed: int = 1) -> torch.Tensor:
    return torch.randint(1, PAD, (rows, length), generator=torch.Generator().manual_seed(seed))


def lengths_mask(lengths: list[int]) -> torch.Tensor:
    return torch.arange(max(lengths))[None] < torch.tensor(lengths)[:, None]


@pytest.fixture(params=KINDS)
def pair(request: pytest.FixtureRequest) -> tuple[TranslationModel, Any]:
    """Ours and transformers' own, with the same weights."""
    return load_folder(foreign_folder(request.param))[1], foreign_model(request.param)


@torch.no_grad()
@pytest.mark.parametrize("joined", [False, True])
def test_the_logits_are_those_of_transformers(pair: tuple[TranslationModel, Any], joined: bool) -> None:
    ours, theirs = pair
    if joined:
        ours.join()
    source, target, mask = texts(3, 9), texts(3, 7, seed=2), lengths_mask([9, 4, 6])
    theirs_made = theirs(input_ids=source, attention_mask=mask.long(), decoder_input_ids=target).logits
    torch.testing.assert_close(ours(source, target, mask), theirs_made, **CLOSE)
    torch.testing.assert_close(
        ours(source, target), theirs(input_ids=source, decoder_input_ids=target).logits, **CLOSE
    )


@torch.no_grad()
def test_what_we_write_is_read_there_with_equal_logits(pair: tuple[TranslationModel, Any], tmp_path: Path) -> None:
    ours, theirs = pair
    write_folder(tmp_path, ours, **MARKS)
    again = transformers.MarianMTModel.from_pretrained(tmp_path).eval()
    source, target = texts(2, 9), texts(2, 7, seed=2)
    made = again(input_ids=source, decoder_input_ids=target).logits
    torch.testing.assert_close(made, theirs(input_ids=source, decoder_input_ids=target).logits, **CLOSE)
    assert again.config.decoder_start_token_id == PAD and again.config.eos_token_id == END


def test_a_folder_is_known_by_its_marks_and_sizes() -> None:
    found = read_folder(foreign_folder("uneven"))
    network = found.config.network
    assert (found.begin, found.end, found.pad) == (PAD, END, PAD) and found.source_tokens == TOKENS
    assert (network.full_depth, network.full_decoder_depth, network.full_decoder_heads) == (3, 1, 2)
    assert (network.norm, network.positions, network.scaled, network.output_bias) == ("post", "halves", True, True)


def test_progress_goes_from_tensor_to_tensor() -> None:
    found = read_folder(foreign_folder("marian"))
    steps = list(filling(found, blank(found)))
    assert [done for done, _ in steps] == list(range(1, steps[-1][1] + 1))


@torch.no_grad()
def test_a_file_without_the_last_bias_or_with_names_twice_is_whole(tmp_path: Path) -> None:
    """As older files are: all names of shared weights, waves for the places, no bias."""
    folder = tmp_path / "model"
    shutil.copytree(foreign_folder("marian"), folder)
    tensors = load_file(folder / "model.safetensors")
    words = tensors["model.shared.weight"]
    del tensors["final_logits_bias"]
    for name in ("lm_head.weight", "model.encoder.embed_tokens.weight", "model.decoder.embed_tokens.weight"):
        tensors[name] = words.clone()
    tensors["model.encoder.embed_positions.weight"] = torch.zeros(64, 32)
    save_file(tensors, folder / "model.safetensors")
    ours, whole = load_folder(folder)[1], load_folder(foreign_folder("marian"))[1]
    assert ours.output_bias is not None and not bool(ours.output_bias.any())
    source, target = texts(2, 5), texts(2, 4)
    torch.testing.assert_close(ours(source, target) + whole.output_bias, whole(source, target))


# --- folders that are none -------------------------------------------------------------------------------------

Change = Callable[[Path], object]


def settings(**changes: Any) -> Change:
    def change(folder: Path) -> None:
        about = json.loads((folder / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps(about | changes))

    return change


def weights(change_tensors: Callable[[dict[str, torch.Tensor]], object]) -> Change:
    def change(folder: Path) -> None:
        tensors = load_file(folder / "model.safetensors")
        change_tensors(tensors)
        save_file(tensors, folder / "model.safetensors")

    return change


def pickled(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")


FC1 = "model.encoder.layers.0.fc1.bias"
BAD: dict[str, tuple[Change, str]] = {
    "no settings": (lambda f: (f / "config.json").unlink(), "holds no config.json"),
    "another kind": (settings(model_type="t5"), "of the kind t5"),
    "quantised": (settings(quantization_config={"bits": 4}), "quantised"),
    "norms before": (settings(normalize_before=True), "normalize_before = True"),
    "a foreign bend": (settings(activation_function="mish"), "activation_function = mish"),
    "a word for a number": (settings(d_model="many"), "do not fit together"),
    "no heads": (settings(encoder_attention_heads=0), "do not fit together"),
    "odd heads": (settings(decoder_attention_heads=5), "5 heads do not divide"),
    "a mark that is no token": (settings(eos_token_id=60), "do not fit together"),
    "wider": (settings(d_model=64), r"has the shape \(32,\) where config.json asks for \(64,\)"),
    "deeper": (settings(encoder_layers=3), r"lack model\.encoder\.layers\.2"),
    "shallower": (settings(decoder_layers=1), r"model\.decoder\.layers\.1\..* does not belong"),
    "no weights": (lambda f: (f / "model.safetensors").unlink(), r"lacks its weights, the file model\.safetensors"),
    "pickled weights": (pickled, "pickled weights"),
    "a tensor is missing": (weights(lambda t: t.pop(FC1)), r"lack model\.encoder\.layers\.0\.fc1\.bias"),
    "not finite": (weights(lambda t: t[FC1].fill_(torch.inf)), "not finite"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_folder_that_is_none_is_refused_in_a_sentence(name: str, tmp_path: Path) -> None:
    folder, (change, sentence) = tmp_path / "model", BAD[name]
    shutil.copytree(foreign_folder("marian"), folder)
    change(folder)
    with pytest.raises(StudioError, match=sentence) as caught:
        load_folder(folder)
    assert str(tmp_path) not in str(caught.value)


def test_what_the_format_does_not_know_is_not_written(tmp_path: Path) -> None:
    ours = build_translation_model(TranslationConfig(), 40, 40)
    with pytest.raises(UsageError, match="norm = pre"):
        write_folder(tmp_path, ours, **MARKS)
    assert not list(tmp_path.iterdir())
