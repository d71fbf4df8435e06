"""Products in the forms that are faster: the same but for rounding, in eight bits nearly the same."""

import copy

import pytest
import torch
from torch import nn

from studio.models.language_format import load_folder
from studio.models.products import PackedLinear, Product, has_int8, packed, twin
from tests.foreign_languages import TOKENS, foreign_folder


def drawn(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("rows", [(1,), (4, 1), (2, 3), (70,)])
@torch.inference_mode()
def test_another_form_gives_the_same(rows: tuple[int, ...], bias: bool) -> None:
    product, x = Product(drawn(33, 20), drawn(33) if bias else None), drawn(*rows, 20, seed=1)
    wanted = product(x)
    product.pack()
    torch.testing.assert_close(product(x), wanted)
    product.pack(int8=True)
    error = (product(x) - wanted).norm() / wanted.norm()
    assert float(error) < 0.03 and (float(error) > 0) == has_int8()


@torch.inference_mode()
def test_a_whole_model_keeps_its_answers_and_the_names_of_its_weights() -> None:
    for kind in ("gpt2", "qwen3"):
        plain = load_folder(foreign_folder(kind))[1].join()
        texts = torch.randint(0, TOKENS, (2, 9), generator=torch.Generator().manual_seed(0))
        wanted, names = plain(texts), list(plain.state_dict())
        fast, small = packed(copy.deepcopy(plain)), packed(copy.deepcopy(plain), int8=True)
        torch.testing.assert_close(fast(texts), wanted, atol=1e-4, rtol=1e-4)
        assert float((small(texts) - wanted).norm() / wanted.norm()) < 0.1
        assert list(fast.state_dict()) == list(small.state_dict()) == names
        assert sum(isinstance(module, PackedLinear) for module in fast.modules()) >= 3 * 2


@torch.inference_mode()
def test_a_wide_weight_is_turned_for_one_row_alone() -> None:
    """What is turned is a copy: writing zeros into the weight shows which form computed."""
    for wide, (outputs, inputs) in ((True, (33, 20)), (False, (20, 33))):
        product = Product(drawn(outputs, inputs), None)
        product.pack()
        product.weight.zero_()
        assert bool(product(drawn(1, inputs)).any()) is wide


@pytest.mark.skipif(not torch.backends.mkldnn.is_available(), reason="PyTorch has no other form here")
def test_what_is_packed_is_seen_in_every_product(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is computed the slow way in one step of a joined model."""
    model = packed(load_folder(foreign_folder("gpt2"))[1].join())
    monkeypatch.setattr("torch.nn.functional.linear", None)
    with torch.inference_mode():
        model(torch.tensor([[1, 2, 3]]))


def test_a_twin_has_the_same_weights_and_not_the_same_form() -> None:
    model = load_folder(foreign_folder("qwen3"))[1].join()
    other = packed(twin(model), int8=True)
    same = dict(other.named_parameters())
    assert all(same[name].data_ptr() == one.data_ptr() for name, one in model.named_parameters())
    assert not any(isinstance(module, PackedLinear) for module in model.modules())
    ours, theirs = (one.get_submodule("stack.blocks.0.attention").products()[0] for one in (model, other))
    assert ours.weight.data_ptr() == theirs.weight.data_ptr() and ours is not theirs
    assert ours._fast is None and (theirs._fast is not None) == has_int8()


def test_where_a_form_is_missing_nothing_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("studio.models.products._laid_out", lambda weight, bias: None)
    monkeypatch.setattr("studio.models.products._eight_bits", lambda weight, bias: None)
    layer, x = nn.Linear(4, 5).requires_grad_(False), drawn(2, 4)
    model = nn.Sequential(layer)
    for int8 in (False, True):
        assert torch.equal(packed(copy.deepcopy(model), int8=int8)(x), layer(x))
    assert not has_int8()


def test_large_models_get_no_second_form(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("studio.models.products.MOST_BYTES", 90)
    model = nn.Sequential(nn.Linear(4, 5))
    assert type(packed(model)[0]) is nn.Linear and type(packed(model, int8=True)[0]) is PackedLinear
