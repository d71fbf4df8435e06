"""Low-rank additions: nothing at first, merged equal to applied, small when kept apart."""

import pytest
import torch

from studio.ground.errors import DamagedError
from studio.models.language import LanguageModel
from studio.models.language_format import load_folder
from studio.models.lora import add_lora, additions_of, merge_lora, put_additions
from tests.foreign_languages import TOKENS, foreign_folder

ALL = ("ask", "offer", "out", "up", "down")
TEXTS = torch.arange(24).reshape(2, 12) * 7 % TOKENS


def tuned(kind: str, *, rank: int = 2, targets: tuple[str, ...] = ALL) -> LanguageModel:
    """A model with additions that change what it says."""
    model = load_folder(foreign_folder(kind))[1]
    torch.manual_seed(3)
    add_lora(model, rank=rank, scale=2.0, targets=targets)
    with torch.no_grad():
        for tensor in additions_of(model).values():
            tensor.normal_(std=0.2)
    return model


@torch.no_grad()
@pytest.mark.parametrize("kind", ["gpt2", "qwen2", "qwen3"])
def test_merged_equals_applied(kind: str) -> None:
    plain, model = load_folder(foreign_folder(kind))[1], tuned(kind)
    applied = model(TEXTS)
    assert float((applied - plain(TEXTS)).abs().max()) > 0.1
    merge_lora(model)
    torch.testing.assert_close(model(TEXTS), applied, atol=1e-5, rtol=0)
    assert [name for name, _ in model.named_parameters()] == [name for name, _ in plain.named_parameters()]
    torch.testing.assert_close(model.join()(TEXTS), applied, atol=1e-5, rtol=0)


@torch.no_grad()
def test_at_first_nothing_changes() -> None:
    model = load_folder(foreign_folder("llama"))[1]
    before = model(TEXTS)
    assert torch.equal(add_lora(model, rank=4, scale=2.0, targets=ALL)(TEXTS), before)


def test_only_additions_learn() -> None:
    model = tuned("llama", targets=("ask", "down"))
    model(TEXTS).square().sum().backward()
    learning = {name for name, parameter in model.named_parameters() if parameter.grad is not None}
    assert learning == set(additions_of(model)) and len(learning) == 2 * 2 * 2


@torch.no_grad()
def test_kept_apart_they_make_the_same_model_again() -> None:
    model = tuned("llama")
    kept = {name: tensor.clone() for name, tensor in additions_of(model).items()}
    again = add_lora(load_folder(foreign_folder("llama"))[1], rank=2, scale=2.0, targets=ALL)
    put_additions(again, kept)
    assert torch.equal(again(TEXTS), model(TEXTS))


def test_additions_of_another_kind_are_refused() -> None:
    model = tuned("llama")
    with pytest.raises(DamagedError, match="has another shape"):
        put_additions(model, additions_of(tuned("llama", rank=3)))
    with pytest.raises(DamagedError, match="is missing or has no place"):
        put_additions(model, additions_of(tuned("llama", targets=("ask",))))


def test_an_unknown_target_and_unmerged_layers_are_refused() -> None:
    with pytest.raises(ValueError, match="there is no layer head"):
        add_lora(load_folder(foreign_folder("qwen3"))[1], rank=2, scale=1.0, targets=("head", "ask"))
    with pytest.raises(ValueError, match="merge what was added"):
        tuned("llama").join()
