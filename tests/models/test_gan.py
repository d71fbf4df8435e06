"""The networks: every size, labels that matter, parameters that learn, second instances that disturb nothing."""

import itertools

import pytest
import torch

from studio.config.facts import DataFacts
from studio.config.gan import DcganNetwork, GanConfig, NonSaturating, ResidualNetwork
from studio.ground.errors import UsageError
from studio.models.gan import (
    build_discriminator,
    build_generator,
    condition_labels,
    score_threshold,
)
from studio.models.layers import BatchSpread, DoublingConv, LabelEmbedding, MapToPoint, PointToMap
from studio.models.pictures import to_bytes, to_unit
from studio.models.weights import second_instance

KINDS = [DcganNetwork(width=4, discriminator_norm="none"), ResidualNetwork(width=4)]
CPU = torch.device("cpu")


def _config(**changes: object) -> GanConfig:
    return GanConfig.model_validate({"latent_size": 6, "network": KINDS[1]} | changes)


@pytest.mark.parametrize("network", KINDS, ids=["dcgan", "residual"])
@pytest.mark.parametrize(("size", "channels"), [(32, 1), (32, 3), (64, 3), (128, 1), (256, 3)])
def test_every_size_and_channel(network: object, size: int, channels: int) -> None:
    config = _config(network=network, picture_size=size, channels=channels)
    generator, discriminator = build_generator(config, (3, 2)), build_discriminator(config, (3, 2))
    codes = torch.tensor([[0, 1], [2, -1]])
    pictures = generator(torch.randn(2, 6), codes)
    assert pictures.shape == (2, channels, size, size) and float(pictures.detach().abs().max()) <= 1
    assert discriminator(pictures, codes).shape == (2,)
    assert discriminator.features(pictures).shape == (2, discriminator.feature_size)


@pytest.mark.parametrize("network", KINDS, ids=["dcgan", "residual"])
@pytest.mark.parametrize(("labels", "spectral"), list(itertools.product([(), (3,), (3, 2)], [False, True])))
def test_every_parameter_learns(network: object, labels: tuple[int, ...], spectral: bool) -> None:
    config = _config(network=network, spectral_norm=spectral)
    generator, discriminator = build_generator(config, labels), build_discriminator(config, labels)
    rows = [[-1 if i == 3 else i % size for size in labels] for i in range(4)]
    codes = torch.tensor(rows, dtype=torch.int64).view(4, len(labels))
    discriminator(generator(torch.randn(4, 6), codes), codes).sum().backward()
    for module in (generator, discriminator):
        assert [name for name, p in module.named_parameters() if p.grad is None] == []


def test_dcgan_is_the_textbook_pair() -> None:
    config = GanConfig(
        network=DcganNetwork(width=64, discriminator_norm="batch"),
        picture_size=64,
        latent_size=100,
        loss=NonSaturating(r1=0),
    )
    generator, discriminator = build_generator(config), build_discriminator(config)
    assert sum(p.numel() for p in generator.parameters()) == 3_576_704
    assert sum(p.numel() for p in discriminator.parameters()) == 2_765_568
    assert sum(isinstance(m, torch.nn.BatchNorm2d) for m in discriminator.modules()) == 3


@pytest.mark.parametrize("network", KINDS, ids=["dcgan", "residual"])
def test_labels_change_the_picture_and_the_score(network: object) -> None:
    config = _config(network=network)
    generator, discriminator = build_generator(config, (3,)).eval(), build_discriminator(config, (3,)).eval()
    z = torch.randn(1, 6).expand(4, 6)
    codes = torch.tensor([[0], [1], [2], [-1]])
    pictures = generator(z, codes)
    assert len(pictures.detach().flatten(1).unique(dim=0)) == 4
    scores = discriminator(pictures[:1].expand(4, -1, -1, -1), codes)
    assert len(scores.detach().unique()) == 4


def test_embeddings_stand_side_by_side() -> None:
    embedding = LabelEmbedding((3, 2), 5)
    e = embedding(torch.tensor([[2, 0], [2, 1], [-1, 0]]))
    assert e.shape == (3, 10) and embedding.total == 10
    assert torch.equal(e[0, :5], e[1, :5]) and torch.equal(e[0, 5:], e[2, 5:])
    assert torch.equal(e[2, :5], embedding.tables[0].weight[3])


def test_spread_sees_sameness_within_groups_that_do_not_cross_batches() -> None:
    spread = BatchSpread(group=4)
    alike, different = torch.ones(4, 2, 3, 3), torch.randn(4, 2, 3, 3)
    out = spread(torch.cat([alike, different]), parts=2)
    assert out.shape == (8, 3, 3, 3)
    assert float(out[:4, 2].max()) < 1e-3 < 0.3 < float(out[4:, 2].min())
    assert torch.allclose(out[4, 2, 0, 0], different.std(dim=0, unbiased=False).mean(), atol=1e-4)


@pytest.mark.parametrize("bias", [False, True])
def test_doubling_is_repeating_pixels_and_then_a_convolution(bias: bool) -> None:
    layer, x = DoublingConv(5, 3, bias), torch.randn(2, 5, 6, 7)
    doubled = x.repeat_interleave(2, dim=2).repeat_interleave(2, dim=3)
    expected = torch.nn.functional.conv2d(doubled, layer.weight, layer.bias, padding=1)
    assert torch.allclose(layer(x), expected, atol=1e-5)


def test_a_point_and_a_map_as_matrix_products_are_the_convolutions() -> None:
    up, z = PointToMap(5, 3, 4), torch.randn(2, 5, 1, 1)
    torch.testing.assert_close(up(z), torch.nn.functional.conv_transpose2d(z, up.weight))
    down, x = MapToPoint(3, 2, 4), torch.randn(2, 3, 4, 4)
    torch.testing.assert_close(down(x), torch.nn.functional.conv2d(x, down.weight))


def test_spread_of_odd_batches_takes_all_together() -> None:
    x = torch.randn(7, 2, 3, 3)
    assert torch.allclose(BatchSpread()(x)[:, 2], x.std(dim=0, unbiased=False).mean(), atol=1e-4)


def test_a_score_does_not_depend_on_company_in_eval_mode() -> None:
    discriminator = build_discriminator(_config(), ())
    x, codes = torch.randn(8, 3, 32, 32), torch.zeros(8, 0, dtype=torch.int64)
    for _ in range(3):
        discriminator(x, codes)
    discriminator.eval()
    state = {name: tensor.clone() for name, tensor in discriminator.state_dict().items()}
    alone, together = discriminator(x[:1], codes[:1]), discriminator(x, codes)
    assert torch.allclose(alone, together[:1], atol=1e-5)
    assert all(torch.equal(state[name], tensor) for name, tensor in discriminator.state_dict().items())


@pytest.mark.parametrize("network", KINDS, ids=["dcgan", "residual"])
def test_second_instances_draw_nothing_and_are_equal(network: object) -> None:
    config = _config(network=network, spectral_norm=True)
    last = torch.channels_last  # a convolution's last bits depend on the layout
    generator = build_generator(config, (3,)).to(memory_format=last)
    discriminator = build_discriminator(config, (3,)).to(memory_format=last)
    before = torch.get_rng_state()
    with torch.device("meta"):
        blanks = build_generator(config, (3,)), build_discriminator(config, (3,))
    others = [second_instance(b, m.state_dict(), CPU) for b, m in zip(blanks, (generator, discriminator), strict=True)]
    z, codes = torch.ones(4, 6), torch.tensor([[0], [1], [2], [-1]])
    pictures = others[0](z, codes)
    assert torch.equal(pictures, generator.eval()(z, codes))
    assert torch.equal(others[1](pictures, codes), discriminator.eval()(pictures, codes))
    assert torch.equal(torch.get_rng_state(), before)
    assert not any(p.requires_grad for other in others for p in other.parameters())


def test_spectral_norm_bounds_the_discriminator() -> None:
    discriminator = build_discriminator(_config(spectral_norm=True), ())
    codes = torch.zeros(4, 0, dtype=torch.int64)
    for _ in range(30):
        discriminator(torch.randn(4, 3, 32, 32), codes)
    weight = discriminator.head.weight
    assert float(torch.linalg.matrix_norm(weight.detach(), ord=2)) == pytest.approx(1.0, rel=1e-3)


def test_labels_of_the_data_are_asked_for_by_name() -> None:
    facts = DataFacts(count=3, height=32, width=32, channels=3, labels={"hair": ("black", "red"), "smile": ("no",)})
    assert condition_labels(_config(condition=("smile", "hair")), facts) == {"smile": ("no",), "hair": ("black", "red")}
    with pytest.raises(UsageError, match="no label nose; it has: hair, smile"):
        condition_labels(_config(condition=("nose",)), facts)


def test_where_real_begins() -> None:
    real, fake = torch.tensor([3.0, 5.0]), torch.tensor([1.0, -1.0])
    assert float(score_threshold("hinge", real, fake)) == float(score_threshold("non_saturating", real, fake)) == 0
    assert float(score_threshold("least_squares", real, fake)) == 0.5
    assert float(score_threshold("wasserstein", real, fake)) == float(score_threshold("relativistic", real, fake)) == 2


def test_bytes_and_back_are_the_same() -> None:
    pictures = torch.arange(256, dtype=torch.uint8).view(1, 1, 16, 16)
    assert torch.equal(to_bytes(to_unit(pictures)).permute(0, 3, 1, 2), pictures)
    assert to_bytes(torch.tensor([[[[-2.0, 2.0]]]])).flatten().tolist() == [0, 255]
