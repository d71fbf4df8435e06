"""Denoisers of any kind: shapes, conditions, words, attention; and that the same picture has the same answer."""

from itertools import pairwise

import pytest
import torch

from studio.config.diffusion import DiffusionConfig, DitNetwork, Gradual, UnetNetwork
from studio.models.diffusion import Condition, Denoiser, build_denoiser, kept_attention
from studio.models.diffusion_unet import level_sides
from studio.models.seeding import process_generator
from studio.models.vocabulary import BEGIN, PAD, UNKNOWN, Vocabulary, words_of

CAPTIONS = ("a girl with red hair, smiling", "portrait of a girl; short hair", "")
WORDS = Vocabulary.of(CAPTIONS)
UNET, DIT = UnetNetwork(width=8), DitNetwork(width=32, depth=2)
KINDS = [
    DiffusionConfig(network=UNET),
    DiffusionConfig(network=DIT),
    DiffusionConfig(network=UNET, channels=1, process=Gradual(), self_conditioning=True),
]


def _made(config: DiffusionConfig, labels: tuple[int, ...] = (3, 2), text: bool = True) -> Denoiser:
    """A denoiser whose last layers do not stand at zero."""
    with process_generator(0, "test"):
        made = build_denoiser(config, labels, WORDS.size if text else 0, WORDS.length)
        for parameter in made.parameters():
            if not parameter.any():
                torch.nn.init.normal_(parameter, std=0.05)
    return made.eval()


def _condition(count: int = 2) -> Condition:
    tokens = torch.from_numpy(WORDS.encode_all(CAPTIONS[:2] * count))[:count]
    return Condition(torch.tensor([[0, 1], [2, -1]] * count)[:count], tokens)


def _noise(count: int, channels: int, height: int = 32, width: int = 32) -> torch.Tensor:
    return torch.randn((count, channels, height, width), generator=torch.Generator().manual_seed(3))


@pytest.mark.parametrize("config", KINDS, ids=lambda c: f"{c.network.kind} {c.channels}")
@pytest.mark.parametrize("size", [(32, 32), (40, 32), (32, 56)])
def test_every_side_divisible_by_eight(config: DiffusionConfig, size: tuple[int, int]) -> None:
    denoiser = _made(config)
    x = _noise(2, config.channels, *size)
    with torch.no_grad():
        clean = denoiser(x, torch.tensor([0.5, 20.0]), _condition())
    assert clean.shape == x.shape and bool(torch.isfinite(clean).all())
    assert all(side % denoiser.multiple == 0 for side in size)


@pytest.mark.parametrize("side", range(32, 257, 8))
def test_a_network_can_make_the_size_it_is_built_for(side: int) -> None:
    sides = level_sides(side, side)
    assert sides[0] == side // 2
    assert all(a == 2 * b for a, b in pairwise(sides))
    assert sides[-1] <= 8 or sides[-1] % 2 == 1


@pytest.mark.parametrize(("height", "width"), [(128, 136), (32, 256), (256, 64), (40, 48), (104, 256)])
@pytest.mark.parametrize("kind", ["unet", "dit"])
def test_a_network_for_pictures_that_are_not_square_can_make_them(height: int, width: int, kind: str) -> None:
    config = DiffusionConfig.model_validate(
        {"picture_size": width, "picture_height": height, "network": {"kind": kind, "width": 16, "depth": 1}}
    )
    assert config.picture_shape == (height, width)
    with torch.device("meta"):
        denoiser = build_denoiser(config)
    assert height % denoiser.multiple == 0 and width % denoiser.multiple == 0
    assert level_sides(height, width) == level_sides(width, height)


@pytest.mark.parametrize(("width", "low", "high"), [(24, 0.9e6, 1.6e6), (176, 50e6, 65e6)])
def test_one_dial_from_one_to_sixty_million(width: int, low: float, high: float) -> None:
    with torch.device("meta"):
        made = build_denoiser(DiffusionConfig(network=UnetNetwork(width=width)))
    assert low < sum(p.numel() for p in made.parameters()) < high


@pytest.mark.parametrize("config", KINDS, ids=lambda c: f"{c.network.kind} {c.channels}")
def test_labels_and_words_steer_and_can_be_withheld(config: DiffusionConfig) -> None:
    denoiser, told = _made(config), _condition()
    x, sigma = _noise(2, config.channels), torch.full((2,), 2.0)
    with torch.no_grad():
        clean, again, nothing = (denoiser(x, sigma, c) for c in (told, denoiser.read(told), told.nothing()))
        assert torch.equal(clean, again)
        assert float((clean - nothing).abs().max()) > 1e-4
        labels = Condition(told.codes_BL.flip(1), told.tokens_BT)
        assert float((clean - denoiser(x, sigma, labels)).abs().max()) > 1e-4
        words = Condition(told.codes_BL, told.tokens_BT.flip(0))
        assert float((clean - denoiser(x, sigma, words)).abs().max()) > 1e-4
        unknown = Condition(torch.full((2, 2), -1))
        assert torch.allclose(nothing, denoiser(x, sigma, unknown), atol=1e-5)


def test_only_the_dropped_are_told_nothing() -> None:
    denoiser, told = _made(KINDS[0]), _condition()
    half = Condition(told.codes_BL, told.tokens_BT, torch.tensor([True, False]))
    with torch.no_grad():
        whole, nothing, mixed = (denoiser.read(c).vector_BV for c in (told, told.nothing(), half))
    assert torch.allclose(mixed[0], nothing[0], atol=1e-6) and torch.allclose(mixed[1], whole[1], atol=1e-6)


def test_two_conditions_in_one_call() -> None:
    denoiser, told = _made(KINDS[0]), _condition()
    x, sigma = _noise(2, 3), torch.full((2,), 2.0)
    with torch.no_grad():
        one, other = denoiser.read(told), denoiser.read(told.nothing())
        both = denoiser(x.repeat(2, 1, 1, 1), sigma.repeat(2), one.with_more(other))
        assert torch.allclose(both[:2], denoiser(x, sigma, one), atol=1e-5)
        assert torch.allclose(both[2:], denoiser(x, sigma, other), atol=1e-5)


@pytest.mark.parametrize("config", KINDS[:2], ids=lambda c: c.network.kind)
def test_attention_to_words_is_kept_on_request(config: DiffusionConfig) -> None:
    denoiser, told = _made(config), _condition()
    x, sigma = _noise(2, 3), torch.full((2,), 2.0)
    with torch.no_grad():
        plain = denoiser(x, sigma, told)
        with kept_attention(denoiser) as maps:
            watched = denoiser(x, sigma, told)
        assert torch.allclose(plain, watched, atol=1e-5)
        denoiser(x, sigma, told)
    assert len(maps) == (4 if config.network.kind == "unet" else 2)
    for found in maps:
        assert found.shape[0] == 2 and found.shape[3] == WORDS.length
        assert torch.allclose(found.sum(dim=3), torch.ones(found.shape[:3]), atol=1e-5)
        assert not found.masked_select((told.tokens_BT == PAD)[:, None, None, :]).any()


def test_a_picture_does_not_depend_on_its_company() -> None:
    denoiser, told = _made(KINDS[0]), _condition(4)
    x, sigma = _noise(4, 3), torch.full((4,), 1.0)
    with torch.no_grad():
        whole = denoiser(x, sigma, told)
        other = denoiser(torch.cat([x[:1], 5 * x[1:]]), sigma, told)
    assert torch.equal(whole[0], other[0])


def test_self_conditioning_sees_the_last_estimate() -> None:
    denoiser, told = _made(KINDS[2]), _condition()
    x, sigma = _noise(2, 1), torch.full((2,), 2.0)
    with torch.no_grad():
        first = denoiser(x, sigma, told)
        assert float((denoiser(x, sigma, told, first) - first).abs().max()) > 1e-4


# --- words -----------------------------------------------------------------------------------------------------


def test_words_and_marks_in_lower_case() -> None:
    assert words_of("A girl's Hair, RED!") == ["a", "girl's", "hair", ",", "red", "!"]
    assert words_of("") == [] and words_of(" \n") == []


def test_the_same_words_have_the_same_tokens_and_tokens_come_back() -> None:
    assert WORDS.words == tuple(sorted(WORDS.words)) == Vocabulary.of(reversed(CAPTIONS)).words
    assert WORDS.length == 16
    found = WORDS.encode("red hair and glasses, a")
    known = {word: 3 + i for i, word in enumerate(WORDS.words)}
    expected = [BEGIN, known["red"], known["hair"], UNKNOWN, UNKNOWN, known[","], known["a"]]
    assert found.tokens_T.tolist()[:7] == expected
    assert set(found.tokens_T.tolist()[7:]) <= {PAD}
    assert found.unknown == ("and", "glasses") and found.cut == ()


def test_endless_texts_are_cut_and_empty_ones_are_the_beginning() -> None:
    endless = WORDS.encode("girl " * 100_000)
    assert len(endless.tokens_T) == WORDS.length and len(endless.cut) > 0
    assert WORDS.encode("").tokens_T.tolist() == [BEGIN] + [PAD] * (WORDS.length - 1)
