"""Language models of other programs: equal outputs, round trips, and a sentence for every folder that is not one."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file

from studio.ground.errors import DamagedError, StudioError, UsageError
from studio.models.language import LanguageModel
from studio.models.language_format import blank, filling, load_folder, read_folder, write_folder
from studio.models.language_settings import read_settings, written_settings
from tests.foreign_languages import KINDS, TOKENS, foreign_config, foreign_folder, foreign_model

CLOSE = {"atol": 1e-4, "rtol": 0.0}


def texts(rows: int = 2, length: int = 20) -> torch.Tensor:
    return torch.randint(0, TOKENS, (rows, length), generator=torch.Generator().manual_seed(1))


@pytest.fixture(params=KINDS)
def pair(request: pytest.FixtureRequest) -> tuple[LanguageModel, Any]:
    """Ours and transformers' own, with the same weights."""
    return load_folder(foreign_folder(request.param))[1], foreign_model(request.param)


@torch.no_grad()
def test_the_logits_are_those_of_transformers(pair: tuple[LanguageModel, Any]) -> None:
    ours, theirs = pair
    torch.testing.assert_close(ours(texts()), theirs(texts()).logits, **CLOSE)


@torch.no_grad()
@pytest.mark.parametrize("joined", [False, True])
def test_so_they_are_piece_by_piece_with_a_cache(pair: tuple[LanguageModel, Any], joined: bool) -> None:
    ours, theirs = pair
    if joined:
        ours.join()
    cache, tokens = ours.new_cache(rows=2, capacity=20), texts()
    found = [ours(tokens[:, begin:end], cache=cache) for begin, end in ((0, 7), (7, 8), (8, 9), (9, 20))]
    torch.testing.assert_close(torch.cat(found, dim=1), theirs(tokens).logits, **CLOSE)


@torch.no_grad()
def test_so_they_are_with_padding_on_the_left(pair: tuple[LanguageModel, Any]) -> None:
    ours, theirs = pair
    tokens, real = texts(), torch.ones(2, 20, dtype=torch.bool)
    real[0, :6] = False
    places = (real.long().cumsum(dim=1) - 1).clamp(min=0)
    wanted = theirs(tokens, attention_mask=real.long(), position_ids=places).logits[real]
    torch.testing.assert_close(ours(tokens, real)[real], wanted, **CLOSE)
    cache = ours.new_cache(rows=2)
    ends = [9, 10, 11, 15, 20]
    found = [ours(tokens[:, a:b], real[:, :b], cache=cache) for a, b in zip([0, *ends], ends, strict=False)]
    torch.testing.assert_close(torch.cat(found, dim=1)[real], wanted, **CLOSE)


@torch.no_grad()
def test_padding_changes_nothing(pair: tuple[LanguageModel, Any]) -> None:
    ours, tokens = pair[0], texts(1, 8)
    padded = torch.cat([torch.zeros(1, 5, dtype=torch.long), tokens], dim=1)
    real = torch.arange(13)[None] >= 5
    torch.testing.assert_close(ours(padded, real)[:, 5:], ours(tokens), **CLOSE)


@torch.no_grad()
@pytest.mark.parametrize("shard", [1 << 30, 20_000])
def test_what_we_write_loads_there_with_equal_logits(
    pair: tuple[LanguageModel, Any], tmp_path: Path, shard: int
) -> None:
    ours, theirs = pair
    write_folder(tmp_path, ours.join(), ends=(3, 4), shard=shard)
    back, about = transformers.AutoModelForCausalLM.from_pretrained(tmp_path, output_loading_info=True)
    assert not about["missing_keys"] and not about["unexpected_keys"] and not about["mismatched_keys"]
    assert type(back) is type(theirs)
    assert torch.equal(back.eval()(texts()).logits, theirs(texts()).logits)
    found, again = load_folder(tmp_path)
    assert found.ends == (3, 4)
    assert torch.equal(again(texts()), load_folder(tmp_path)[1](texts()))
    assert all(torch.equal(a, b) for a, b in zip(again.parameters(), ours.parameters(), strict=True))
    assert ((tmp_path / "model.safetensors.index.json").exists()) == (shard == 20_000)


@pytest.mark.parametrize("kind", KINDS)
def test_settings_survive_both_ways(kind: str) -> None:
    config, tokens = read_settings(foreign_config(kind).to_dict(), "x")
    assert read_settings(written_settings(config, tokens), "x") == (config, tokens)


def test_older_files_say_how_positions_are_stretched_elsewhere() -> None:
    newer = foreign_config("llama3").to_dict()
    older = {key: value for key, value in newer.items() if key != "rope_parameters"}
    said = dict(newer["rope_parameters"])
    older |= {"rope_theta": said.pop("rope_theta"), "rope_scaling": said}
    assert read_settings(older, "x") == read_settings(newer, "x")


def test_weights_of_a_trunk_alone_and_old_masks_are_read(tmp_path: Path) -> None:
    folder = foreign_folder("gpt2")
    shutil.copy(folder / "config.json", tmp_path)
    tensors = load_file(folder / "model.safetensors")
    bare = {name.removeprefix("transformer."): tensor for name, tensor in tensors.items()}
    bare |= {"h.0.attn.bias": torch.ones(1, 1, 64, 64).tril(), "h.0.attn.masked_bias": torch.tensor(-1e4)}
    save_file(bare, tmp_path / "model.safetensors")
    with torch.no_grad():
        assert torch.equal(load_folder(tmp_path)[1](texts()), load_folder(folder)[1](texts()))


def test_half_precision_files_become_float32(tmp_path: Path) -> None:
    folder = foreign_folder("llama")
    shutil.copy(folder / "config.json", tmp_path)
    tensors = {name: tensor.bfloat16() for name, tensor in load_file(folder / "model.safetensors").items()}
    save_file(tensors, tmp_path / "model.safetensors")
    ours = load_folder(tmp_path)[1]
    assert ours.words.weight.dtype == torch.float32
    assert torch.equal(ours.words.weight, tensors["model.embed_tokens.weight"].float())


def test_progress_goes_from_tensor_to_tensor() -> None:
    found = read_folder(foreign_folder("gpt2"))
    steps = list(filling(found, blank(found)))
    assert [done for done, _ in steps] == list(range(1, steps[-1][1] + 1))


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


def index(text: str) -> Change:
    def change(folder: Path) -> None:
        (folder / "model.safetensors").unlink()
        (folder / "model.safetensors.index.json").write_text(text)

    return change


def pickled(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")


NORM = "model.norm.weight"
SHARD = '{"weight_map": {"a": "model-1.safetensors"}}'
NEIGHBOUR = '{"weight_map": {"a": "../model.safetensors"}}'
BAD: dict[str, tuple[Change, str]] = {
    "no settings": (lambda f: (f / "config.json").unlink(), "holds no config.json"),
    "settings are no JSON": (lambda f: (f / "config.json").write_bytes(b"\x00{"), r"config\.json is damaged"),
    "settings are a list": (lambda f: (f / "config.json").write_text("[]"), r"config\.json is damaged"),
    "settings nest": (lambda f: (f / "config.json").write_text("[" * 9999), r"config\.json is damaged"),
    "another kind": (settings(model_type="mamba"), "of the kind mamba.*gpt2, llama, qwen2, qwen3"),
    "no kind": (settings(model_type=None), "of the kind None"),
    "quantised": (settings(quantization_config={"bits": 4}), "quantised"),
    "a foreign setting": (settings(attention_bias=True), "attention_bias = True"),
    "foreign positions": (settings(rope_parameters={"rope_type": "yarn", "factor": 2}), "rope_type = yarn"),
    "a word for a number": (settings(hidden_size="many"), "do not fit together"),
    "no heads": (settings(num_attention_heads=0), "do not fit together"),
    "odd heads": (settings(num_key_value_heads=3), "3 shared heads do not divide 4"),
    "wider": (settings(hidden_size=64), r"has the shape \(300, 32\) where config.json asks for \(300, 64\)"),
    "deeper": (settings(num_hidden_layers=3), r"lack model\.layers\.2"),
    "shallower": (settings(num_hidden_layers=1), r"model\.layers\.1\..* does not belong"),
    "no weights": (lambda f: (f / "model.safetensors").unlink(), r"lacks its weights, the file model\.safetensors"),
    "pickled weights": (pickled, "pickled weights"),
    "a tensor is missing": (weights(lambda t: t.pop(NORM)), r"lack model\.norm\.weight"),
    "a tensor too many": (weights(lambda t: t.update(more=torch.zeros(1))), "more does not belong"),
    "another shape": (weights(lambda t: t.update({NORM: torch.ones(31)})), r"\(31,\) where .* \(32,\)"),
    "not finite": (weights(lambda t: t[NORM].fill_(torch.nan)), r"model\.norm\.weight holds numbers .* not finite"),
    "whole numbers of 8 bits": (
        weights(lambda t: t.update({NORM: torch.ones(32).to(torch.float8_e4m3fn)})), "of a type that cannot be read",
    ),
    "cut weights": (
        lambda f: (f / "model.safetensors").write_bytes((f / "model.safetensors").read_bytes()[:9000]), "cut short",
    ),
    "empty index": (index("{}"), "names no weights"),
    "a shard is missing": (index(SHARD), r"lacks the file model-1\.safetensors"),
    "weights elsewhere": (index(NEIGHBOUR), "outside its folder"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_folder_that_is_none_is_refused_in_a_sentence(name: str, tmp_path: Path) -> None:
    folder, (change, sentence) = tmp_path / "model", BAD[name]
    shutil.copytree(foreign_folder("llama"), folder)
    change(folder)
    with pytest.raises(StudioError, match=sentence) as caught:
        load_folder(folder)
    assert str(tmp_path) not in str(caught.value)


def test_no_folder_at_all(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="There is no folder nothing"):
        load_folder(tmp_path / "nothing")


def test_a_header_that_promises_more_than_there_is_takes_no_memory(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(foreign_folder("llama"), folder)
    header = json.dumps({NORM: {"dtype": "F32", "shape": [1 << 40], "data_offsets": [0, 1 << 42]}}).encode()
    (folder / "model.safetensors").write_bytes(len(header).to_bytes(8, "little") + header)
    with pytest.raises(DamagedError, match="cut short"):
        load_folder(folder)


def test_what_no_format_expresses_is_not_written(tmp_path: Path) -> None:
    ours = load_folder(foreign_folder("qwen3"))[1]
    network = ours.config.network.model_copy(update={"input_bias": True})
    ours.config = ours.config.model_copy(update={"network": network})
    with pytest.raises(UsageError, match="both biases and norms"):
        write_folder(tmp_path, ours)
    assert not list(tmp_path.iterdir())
