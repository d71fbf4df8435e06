"""First weights that look at the tokens before: where they look, how softly they write, what they make learnable."""

import math
from typing import Any, cast

import pytest
import torch
import torch.nn.functional as F

from studio.config.language import LanguageConfig, ModernNetwork
from studio.models.language import LanguageModel
from studio.models.transformer import Block
from studio.training.language_optimiser import make_optimiser

TOKENS = 60


def built(**changes: Any) -> LanguageModel:
    network = ModernNetwork(**{"depth": 2, "width": 128, "heads": 4, "head_norms": True, "neighbours": True} | changes)
    torch.manual_seed(0)
    return LanguageModel(LanguageConfig(network=network, context=64), TOKENS)


def first_looks(model: LanguageModel) -> torch.Tensor:
    """How much each head of the first block looks how far back, (H, N), on average over places and texts."""
    tokens = torch.randint(TOKENS, (16, 32), generator=torch.Generator().manual_seed(1))
    attention = cast(Block, model.stack.blocks[0]).attention
    attention.kept = []
    with torch.no_grad():
        model(tokens)
    weights_HNN = attention.kept[0].mean(0)
    return torch.stack([weights_HNN[:, range(back, 32), range(32 - back)].mean(1) for back in range(12)], dim=1)


@pytest.mark.parametrize(
    "changes",
    [{}, {"rotary_base": 1e6}, {"heads": 8, "head_width": 32, "key_heads": 4}, {"width": 96, "heads": 3}, {"heads": 2}],
)
def test_each_head_looks_so_many_tokens_back(changes: dict[str, Any]) -> None:
    looks = first_looks(built(**changes))
    groups = len(looks) // 4 if "key_heads" in changes else 1
    for head, look in enumerate(looks):
        assert int(look.argmax()) == head // groups + 1 and look.max() > 0.6


def test_others_look_everywhere_as_ever() -> None:
    assert first_looks(built(neighbours=False)).max() < 0.3
    assert first_looks(built(width=256, heads=8))[4:].max() < 0.3
    without, ordinary = built(head_norms=False), built(head_norms=False, neighbours=False)
    assert all(map(torch.equal, without.parameters(), ordinary.parameters()))


def test_heads_of_later_blocks_write_what_the_same_heads_of_the_first_do() -> None:
    def written(model: LanguageModel, block: int, head: int) -> torch.Tensor:
        attention = cast(Block, model.stack.blocks[block]).attention
        here = slice(32 * head, 32 * head + 32)
        return attention.out.weight[:, here] @ attention.offer.weight[128:][here]

    def likeness(model: LanguageModel, head: int) -> float:
        first, later = (written(model, block, head).flatten() for block in (0, 1))
        return F.cosine_similarity(first, later, dim=0).item()

    model, ordinary = built(), built(neighbours=False)
    for head in range(4):
        assert likeness(model, head) > 0.8 and abs(likeness(ordinary, head)) < 0.1
        assert written(model, 1, head).trace() > 10  # what is seen, not its opposite


@pytest.mark.parametrize("tied", [True, False])
def test_it_begins_undecided(tied: bool) -> None:
    tokens = torch.randint(TOKENS, (8, 32), generator=torch.Generator().manual_seed(1))
    logits = built(tied=tied)(tokens)
    loss = F.cross_entropy(logits[:, :-1].flatten(0, 1), tokens[:, 1:].flatten())
    assert loss.item() == pytest.approx(math.log(TOKENS), abs=0.1)


def told_and_asked(draws: torch.Generator, *, back: bool) -> tuple[torch.Tensor, torch.Tensor]:
    """Texts (32, 18): four names, each with two words and its thing after it, one of the names; and its thing, (32,).

    ``back``: then one of the things; and whose it is.
    """
    names = torch.rand(32, 30, generator=draws).argsort(1)[:, :4]
    things = 30 + torch.rand(32, 27, generator=draws).argsort(1)[:, :4]
    words = torch.tensor([57, 58]).expand(32, 4, 2)
    one = torch.randint(4, (32, 1), generator=draws)
    told = torch.cat([names[..., None], words, things[..., None]], dim=2).flatten(1)
    asked, answers = (things, names) if back else (names, things)
    return torch.cat([told, torch.full((32, 1), 59), asked.gather(1, one)], dim=1), answers.gather(1, one)[:, 0]


def right_after(steps: int, *, neighbours: bool, back: bool) -> float:
    """The share looked up rightly by a model after so many steps, on new texts."""
    model, draws = built(neighbours=neighbours), torch.Generator().manual_seed(2)
    optimiser = make_optimiser(model, model.config)
    for step in range(steps):
        for group in optimiser.param_groups:
            group["lr"] = 5e-3 * min(1.0, step / 20)
        texts, answers = told_and_asked(draws, back=back)
        optimiser.zero_grad()
        F.cross_entropy(model(texts, last=True)[:, 0], answers).backward()
        optimiser.step()
    right = []
    with torch.no_grad():
        for _ in range(8):
            texts, answers = told_and_asked(draws, back=back)
            right.append(model(texts, last=True)[:, 0].argmax(1) == answers)
    return torch.cat(right).float().mean().item()


@pytest.mark.parametrize("back", [False, True])
def test_what_was_read_is_looked_up_after_few_steps(back: bool) -> None:
    assert right_after(90, neighbours=True, back=back) > 0.9
    assert right_after(90, neighbours=False, back=back) < 0.5
