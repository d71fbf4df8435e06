"""The language model itself: sizes from one dial, first weights, every weight learns; settings that are refused."""

import math

import pytest
import torch
import torch.nn.functional as F

from studio.config.base import describe, with_overrides
from studio.config.facts import DeviceFacts
from studio.config.language import Gpt2Network, LanguageConfig, ModernNetwork, size
from studio.ground.errors import UsageError
from studio.models.language import LanguageModel, build_language_model

TINY = {"depth": 2, "width": 16, "heads": 2}
CONFIGS = {
    "gpt2": LanguageConfig(network=Gpt2Network(**TINY), context=12),
    "modern": LanguageConfig(network=ModernNetwork(**TINY), context=12),
    "qwen2": LanguageConfig(network=ModernNetwork(**TINY, key_heads=1, input_bias=True, tied=False), context=12),
    "qwen3": LanguageConfig(network=ModernNetwork(**TINY, head_norms=True, head_width=6), context=12),
}


def built(kind: str) -> LanguageModel:
    torch.manual_seed(0)
    return build_language_model(CONFIGS[kind], 11)


@pytest.mark.parametrize("kind", CONFIGS)
def test_it_begins_undecided_and_every_weight_learns(kind: str) -> None:
    model, tokens = built(kind), torch.randint(0, 11, (3, 12), generator=torch.Generator().manual_seed(0))
    logits = model(tokens)
    assert logits.shape == (3, 12, 11)
    loss = F.cross_entropy(logits[:, :-1].flatten(0, 1), tokens[:, 1:].flatten())
    assert loss.item() == pytest.approx(math.log(11), abs=0.1)
    loss.backward()
    assert all(p.grad is not None and bool((p.grad != 0).any()) for n, p in model.named_parameters() if "bias" not in n)
    assert all(parameter.grad is not None for parameter in model.parameters())


@pytest.mark.parametrize("kind", CONFIGS)
def test_a_few_steps_learn_a_text_by_heart(kind: str) -> None:
    model, tokens = built(kind), torch.tensor([[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 1, 2]])
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-2)
    for _ in range(60):
        loss = F.cross_entropy(model(tokens)[0, :-1], tokens[0, 1:])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert loss.item() < 0.1


def test_the_last_place_alone() -> None:
    model, tokens = built("modern"), torch.arange(8).reshape(2, 4)
    torch.testing.assert_close(model(tokens, last=True), model(tokens)[:, -1:])


def test_sizes_follow_from_one_dial() -> None:
    network = ModernNetwork(depth=4)
    assert (network.full_width, network.full_heads, network.full_head_width, network.full_inner) == (256, 4, 64, 704)
    with torch.device("meta"):
        counts = [
            sum(p.numel() for p in build_language_model(LanguageConfig(network=kind(depth=12)), 100).parameters())
            for kind in (ModernNetwork, Gpt2Network)
        ]
    assert all(count == pytest.approx(85e6, rel=0.02) for count in counts)
    sizes = [size(DeviceFacts(kind=kind), dial) for kind in ("cpu", "cuda") for dial in ("quick", "balanced", "best")]
    assert [network.depth for network, _ in sizes] == [3, 4, 6, 5, 6, 10]


def test_every_setting_says_what_it_is() -> None:
    rows = describe(LanguageConfig)
    assert {"network", "network.depth", "network.rotary_base", "tuning.rank"} <= {row.path for row in rows}
    assert all(row.help.endswith(".") for row in rows)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"network.heads": 5}, "5 heads do not divide a width of 384"),
        ({"network.key_heads": 4}, "4 shared heads do not divide 6 heads"),
        ({"network.head_width": 7}, "even width, not 7"),
        ({"network.rotary_high": 0.5}, "rotary_high has to be greater"),
        ({"network": "gpt2", "network.width": 100, "network.heads": 3}, "3 heads do not divide a width of 100"),
        ({"tuning": "lora", "tuning.targets": ""}, "choose at least one of"),
        ({"network.layers": 3}, "There is no setting network.layers"),
    ],
)
def test_what_cannot_train_is_refused(change: dict[str, object], sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        with_overrides(LanguageConfig(), change)
