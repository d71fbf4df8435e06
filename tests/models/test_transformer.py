"""The Transformer's parts against plain formulas: attention of all kinds, encoder and decoder, positions, cache."""

import math
from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from studio.models.rotary import Rotation
from studio.models.transformer import Attention, Block, FeedForward, Stack, activated, plain, turned
from studio.models.transformer_cache import TokenCache

WIDTH = 16
PLAIN = replace(plain(WIDTH), heads=4, key_heads=4, head_width=4)
SHARED = replace(PLAIN, key_heads=2, ask_bias=True)


def drawn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def by_hand(layer: Attention, x: Tensor, memory: Tensor, allowed: Tensor) -> Tensor:
    """Equation 1 of Vaswani et al. 2017, head by head; ``allowed`` (B, N, M)."""
    group, width, made = layer.heads // layer.key_heads, layer.head_width, []
    q, offered = layer.ask(x), layer.offer(memory)
    k, v = offered.chunk(2, dim=-1)
    for head in range(layer.heads):
        mine, shared = slice(head * width, (head + 1) * width), head // group
        theirs = slice(shared * width, (shared + 1) * width)
        scores = q[..., mine] @ k[..., theirs].transpose(1, 2) / math.sqrt(width)
        made.append(scores.masked_fill(~allowed, -torch.inf).softmax(dim=-1) @ v[..., theirs])
    return layer.out(torch.cat(made, dim=-1))


@pytest.mark.parametrize("layout", [PLAIN, SHARED], ids=["own keys", "shared keys"])
@pytest.mark.parametrize("what", ["all", "mask of places", "mask of pairs", "causal", "memory", "one place"])
@pytest.mark.parametrize("told", [False, True])
def test_attention_is_its_formula(layout: object, what: str, told: bool) -> None:
    torch.manual_seed(0)
    x, memory = drawn(2, 1 if what == "one place" else 5, WIDTH), None
    layer = Attention(layout, 8 if what == "memory" else None)  # type: ignore[arg-type]
    layer.kept = [] if told else None
    source, mask, causal = x, None, what == "causal"
    allowed = torch.ones(2, x.shape[1], x.shape[1], dtype=torch.bool)
    if what == "memory":
        source = memory = drawn(2, 7, 8, seed=1)
        mask = torch.tensor([[True] * 7, [True] * 3 + [False] * 4])
        allowed = mask[:, None].expand(2, 5, 7)
    elif what == "mask of places":
        mask = torch.tensor([[True] * 5, [False, False, True, True, True]])
        allowed = mask[:, None].expand(2, 5, 5)
    elif what == "mask of pairs":
        mask = allowed = drawn(2, 5, 5, seed=2) > 0
        allowed |= torch.eye(5, dtype=torch.bool)
    elif causal:
        allowed = allowed.tril()
    torch.testing.assert_close(layer(x, memory, mask, causal=causal), by_hand(layer, x, source, allowed))
    if told:
        assert layer.kept is not None
        torch.testing.assert_close(layer.kept[0].sum(dim=-1), torch.ones(2, 4, x.shape[1]))


def test_joined_layers_do_the_same_and_hold_nothing_twice() -> None:
    torch.manual_seed(0)
    layer, x = Attention(replace(SHARED, head_norms=True, rms=True)).requires_grad_(False), drawn(2, 5, WIDTH)
    before = layer(x)
    layer.join()
    torch.testing.assert_close(layer(x), before)
    assert layer.ask.weight.untyped_storage().data_ptr() == layer.offer.weight.untyped_storage().data_ptr()


def test_a_gate_decides_what_passes() -> None:
    part, x = FeedForward(replace(PLAIN, gated=True, activation="silu", inner=12)), drawn(3, WIDTH)
    gate, inner = part.up(x).split(12, dim=-1)
    torch.testing.assert_close(part(x), part.down(gate * gate.sigmoid() * inner))


@pytest.mark.parametrize(
    ("kind", "layer"),
    [("gelu", nn.GELU()), ("gelu_tanh", nn.GELU("tanh")), ("relu", nn.ReLU()), ("silu", nn.SiLU())],
)
def test_activations(kind: str, layer: nn.Module) -> None:
    x = drawn(50)
    assert torch.equal(activated(x, kind), layer(x))  # type: ignore[arg-type]


def test_only_a_decoder_keeps_the_future_out() -> None:
    torch.manual_seed(0)
    x, changed = drawn(1, 6, WIDTH), drawn(1, 6, WIDTH)
    changed[:, 4, 0] += 1
    for causal in (True, False):
        stack = Stack(PLAIN, 2, causal=causal)
        same = torch.isclose(stack(x), stack(changed), atol=1e-6).all(dim=-1)[0]
        assert same[:4].tolist() == [causal] * 4 and not same[4:].any()


def test_a_decoder_sees_the_words_of_an_encoder() -> None:
    torch.manual_seed(0)
    encoder, decoder = Stack(PLAIN, 1, causal=False), Stack(PLAIN, 1, causal=True, memory_width=WIDTH)
    source, x = drawn(2, 4, WIDTH, seed=1), drawn(2, 3, WIDTH)
    mask = torch.tensor([[True] * 4, [True, True, False, False]])
    made = decoder(x, memory_BME=encoder(source, mask), memory_mask=mask)
    changed = source.clone()
    changed[:, 3, 0] += 1
    other = decoder(x, memory_BME=encoder(changed, mask), memory_mask=mask)
    assert not torch.isclose(made[0], other[0]).all() and torch.allclose(made[1], other[1], atol=1e-6)
    made.square().sum().backward()
    assert all(parameter.grad is not None for parameter in [*encoder.parameters(), *decoder.parameters()])


def test_documents_packed_together_do_not_see_each_other() -> None:
    torch.manual_seed(0)
    stack, x = Stack(PLAIN, 2, causal=True), drawn(1, 6, WIDTH)
    own = torch.tensor([0, 0, 0, 1, 1, 1])
    mask = ((own[:, None] == own) & torch.ones(6, 6, dtype=torch.bool).tril())[None]
    torch.testing.assert_close(stack(x, mask), torch.cat([stack(x[:, :3]), stack(x[:, 3:])], dim=1))


def test_what_is_read_with_a_cache_is_read_once_and_for_all() -> None:
    torch.manual_seed(0)
    stack, x = Stack(SHARED, 2, causal=True), drawn(3, 9, WIDTH)
    cache = TokenCache((2, 2, 4), rows=3, capacity=9, like=x)
    with torch.no_grad():
        whole = stack(x)
        parts = [stack(x[:, begin:end], cache=cache) for begin, end in ((0, 4), (4, 5), (5, 9))]
        torch.testing.assert_close(torch.cat(parts, dim=1), whole)
        cache.length = 6  # the last three are forgotten
        torch.testing.assert_close(stack(x[:, 6:], cache=cache), whole[:, 6:])


def test_a_cache_grows_and_branches_with_what_it_has_read() -> None:
    torch.manual_seed(0)
    stack, x = Stack(PLAIN, 1, causal=True), drawn(1, 70, WIDTH)
    with torch.no_grad():
        cache = TokenCache((1, 4, 4), rows=1, capacity=10, like=x)
        stack(x[:, :60], cache=cache)
        assert cache.capacity == 64 and cache.with_room(64) is cache
        with pytest.raises(ValueError, match="70 places do not fit into 64"):
            stack(x[:, 60:], cache=cache)
        many = cache.with_room(70, rows=3)
        found = stack(x[:, 60:].expand(3, -1, -1), cache=many)
    assert (many.rows, many.length, cache.length) == (3, 70, 60)
    torch.testing.assert_close(found, stack(x)[:, 60:].expand(3, -1, -1).detach())


def test_turning_keeps_lengths_and_tells_only_distances() -> None:
    cosines, sines = Rotation(8).table(20, torch.device("cpu"))
    q, k = drawn(8), drawn(8, seed=1)

    def at(x: Tensor, place: int) -> Tensor:
        return turned(x[None, None, None], (cosines[place], sines[place]))[0, 0, 0]

    torch.testing.assert_close(at(q, 13).norm(), q.norm())
    torch.testing.assert_close(at(q, 3) @ at(k, 7), at(q, 11) @ at(k, 15))
    pair = torch.complex(q[:4], q[4:]) * torch.polar(torch.ones(4), 5 * Rotation(8).rates(torch.device("cpu")))
    torch.testing.assert_close(at(q, 5), torch.cat([pair.real, pair.imag]))


def test_stretching_slows_what_it_should() -> None:
    device = torch.device("cpu")
    base = Rotation(8, base=500.0).rates(device)
    torch.testing.assert_close(Rotation(8, base=500.0, factor=4.0).rates(device), base / 4)
    some = Rotation(8, base=500.0, factor=4.0, original=16).rates(device) / base
    assert some[-1] == 0.25 and bool((some.diff() <= 0).all())
    assert Rotation(8, base=500.0, factor=4.0, original=100).rates(device)[0] == base[0]


def test_every_weight_of_every_layout_learns() -> None:
    for layout in (PLAIN, replace(SHARED, rms=True, gated=True, head_norms=True)):
        block = Block(layout, memory_width=8)
        block(drawn(2, 3, WIDTH), causal=True, memory_BME=drawn(2, 4, 8)).square().sum().backward()
        assert all(parameter.grad is not None for parameter in block.parameters())
