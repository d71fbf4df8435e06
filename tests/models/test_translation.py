"""The network that translates: what may look at what, places of all kinds, writing step by step, what learns."""

import itertools
import math

import pytest
import torch
import torch.nn.functional as F

from studio.config.base import describe, with_overrides
from studio.config.facts import DeviceFacts, TextFacts
from studio.config.translation import TranslationConfig, TranslationNetwork, preset, tokens_of
from studio.ground.errors import UsageError
from studio.models.sinusoids import waves
from studio.models.translation import TranslationModel, build_translation_model

TINY = {"width": 32, "depth": 2, "heads": 4}
NETWORKS = {
    "ours": TranslationNetwork(**TINY),
    "marian": TranslationNetwork(
        **TINY, norm="post", positions="halves", activation="silu", output_bias=True, tied=False
    ),
    "rotary": TranslationNetwork(**TINY, positions="rotary", scaled=False, decoder_depth=1, decoder_heads=2),
    "learned": TranslationNetwork(**TINY, positions="learned", shared=False, decoder_inner=40),
}  # fmt: skip
TOKENS = 17


def built(kind: str) -> TranslationModel:
    torch.manual_seed(0)
    model = build_translation_model(TranslationConfig(network=NETWORKS[kind], context=24, dropout=0.0), TOKENS, TOKENS)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.05)
    return model.eval()


def texts(rows: int, length: int, seed: int = 0) -> torch.Tensor:
    return torch.randint(0, TOKENS, (rows, length), generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("kind", NETWORKS)
@torch.no_grad()
def test_nothing_of_the_future_and_of_padding_is_seen(kind: str) -> None:
    """Found out by changing it: what may be seen changes the answer, what may not does not."""
    model, source, target = built(kind), texts(2, 7), texts(2, 6, seed=1)
    mask = torch.tensor([[True] * 7, [True] * 4 + [False] * 3])
    made = model(source, target, mask)
    for place in range(6):
        changed = target.clone()
        changed[:, place] = (changed[:, place] + 1) % TOKENS
        same = torch.isclose(model(source, changed, mask), made, atol=1e-6).all(dim=-1)
        assert same[:, :place].all() and not same[:, place:].any()
    for place in range(7):
        changed = source.clone()
        changed[:, place] = (changed[:, place] + 1) % TOKENS
        same = torch.isclose(model(changed, target, mask), made, atol=1e-6).all(dim=-1)
        assert not same[0].any() and bool(same[1].all()) == (place >= 4) and bool(same[1].any()) == (place >= 4)


@pytest.mark.parametrize("kind", NETWORKS)
@torch.no_grad()
def test_in_a_batch_as_alone(kind: str) -> None:
    model, source, target = built(kind), texts(3, 7), texts(3, 6, seed=1)
    lengths = [7, 3, 5]
    mask = torch.arange(7)[None] < torch.tensor(lengths)[:, None]
    made = model(source, target, mask)
    for row, length in enumerate(lengths):
        alone = model(source[row : row + 1, :length], target[row : row + 1])
        torch.testing.assert_close(made[row : row + 1], alone, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("kind", NETWORKS)
@pytest.mark.parametrize("joined", [False, True])
@torch.no_grad()
def test_step_by_step_beside_each_other_as_at_once(kind: str, joined: bool) -> None:
    """Two translations of each source; in the middle the second goes on from the first."""
    model, source, mask = built(kind), texts(2, 5), torch.tensor([[True] * 5, [True, True, True, False, False]])
    if joined:
        model.join()
    target_BKN = torch.stack([texts(2, 6, seed=1), texts(2, 6, seed=2)], dim=1)
    target_BKN[:, 1, :3] = target_BKN[:, 0, :3]
    begun, cache = model.offer(source, mask), model.new_cache(rows=2, capacity=12)
    seen = torch.zeros(2, 2, 0)
    for place in range(6):
        own = torch.full((2, 2), -torch.inf).fill_diagonal_(0).expand(2, -1, -1)
        if place == 3:
            seen = seen[:, [0, 0]]
        seen = torch.cat([seen, own], dim=2)
        made = model.write(target_BKN[:, :, place], begun, cache, seen)
        for k in range(2):
            whole = model(source, target_BKN[:, k, : place + 1], mask)[:, -1]
            torch.testing.assert_close(made[:, k], whole, atol=1e-4, rtol=1e-4)
    rows = torch.tensor([1])
    left, fewer = begun.of(rows), cache.of(rows)
    fewer.length = cache.length = 10
    made = model.write(target_BKN[1:, :, 5], left, fewer, seen[1:])
    torch.testing.assert_close(made, model.write(target_BKN[:, :, 5], begun, cache, seen)[1:], atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("kind", NETWORKS)
def test_every_weight_learns(kind: str) -> None:
    model = built(kind).train()
    F.cross_entropy(model(texts(3, 7), texts(3, 6, seed=1)).flatten(0, 1), texts(3, 6, seed=2).flatten()).backward()
    assert [name for name, p in model.named_parameters() if p.grad is None or not bool(p.grad.any())] == []


def test_it_begins_undecided() -> None:
    torch.manual_seed(0)
    model = build_translation_model(TranslationConfig(network=TranslationNetwork(width=64)), 500, 500)
    loss = F.cross_entropy(model(texts(4, 9), texts(4, 8)).flatten(0, 1), texts(4, 8, seed=3).flatten())
    assert loss.item() == pytest.approx(math.log(500), abs=1.0)


def test_feed_forward_parts_bend_what_passes() -> None:
    """Twice the input is not twice the output: the non-linearity is there."""
    for kind, block in itertools.product(NETWORKS, (0, 1)):
        part = built(kind).encoder.blocks[block].forward_part
        x = torch.randn(5, 32, generator=torch.Generator().manual_seed(1))
        zero = part(torch.zeros(1, 32))
        assert not torch.allclose(part(2 * x) - zero, 2 * (part(x) - zero), atol=1e-3)


def test_waves_are_those_of_the_paper() -> None:
    table, halves = waves(50, 8), waves(50, 8, halves=True)
    for place, number in ((0, 0), (7, 1), (49, 3)):
        angle = place / 10_000 ** (2 * number / 8)
        assert table[place, 2 * number].item() == pytest.approx(math.sin(angle), abs=1e-6)
        assert table[place, 2 * number + 1].item() == pytest.approx(math.cos(angle), abs=1e-6)
        assert halves[place, number] == table[place, 2 * number]
        assert halves[place, 4 + number] == table[place, 2 * number + 1]
    assert waves(3, 7).shape == waves(3, 7, halves=True).shape == (3, 7)


def test_two_vocabularies_cannot_share_weights() -> None:
    with pytest.raises(ValueError, match="17 and 18 tokens cannot share"):
        build_translation_model(TranslationConfig(), 17, 18)
    network = TranslationNetwork(**TINY, shared=False)
    model = build_translation_model(TranslationConfig(network=network), 17, 18)
    assert model(texts(1, 3), texts(1, 2)).shape == (1, 2, 18)


# --- settings ---------------------------------------------------------------------------------------------------


def test_sizes_follow_from_one_dial() -> None:
    network = TranslationNetwork(width=512)
    assert (network.full_depth, network.full_decoder_depth, network.full_heads, network.full_inner) == (6, 6, 8, 2048)
    assert TranslationNetwork(width=200).full_heads == 2 and TranslationNetwork(width=16).full_depth == 2


def test_what_cannot_be_is_refused() -> None:
    config = TranslationConfig()
    with pytest.raises(UsageError, match="5 heads do not divide a width of 256"):
        with_overrides(config, {"network.heads": 5})
    with pytest.raises(UsageError, match="heads of an even width"):
        with_overrides(config, {"network.width": 33, "network.heads": 33, "network.positions": "rotary"})


def test_presets_grow_with_dial_and_device() -> None:
    facts = TextFacts(kind="parallel", count=30_000, characters=2_000_000, distinct=90, longest=160)
    found = [preset(facts, DeviceFacts(), dial) for dial in ("quick", "balanced", "best")]
    sizes = [(one.network.width, one.steps) for one in found]
    assert sizes == sorted(sizes) and len(set(sizes)) == 3
    assert preset(facts, DeviceFacts(kind="cuda"), "quick").batch > found[0].batch
    assert 8 <= found[0].context <= 512 and found[0].tokens == tokens_of(facts)
    tiny = TextFacts(kind="parallel", count=3, characters=60, distinct=20, longest=12)
    assert preset(tiny, DeviceFacts(), "quick").tokens.size == 512
    assert all(row.help.endswith(".") for row in describe(TranslationConfig))
