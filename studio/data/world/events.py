"""What happens in the world's stories: what somebody does, with what, how it is told, asked and answered.

Sentences are written as in ``relations``. A story's events are never known from elsewhere: they have to be read in it.
"""

from __future__ import annotations

from dataclasses import dataclass

from studio.data.world.names import NAMES

_HELD_OUT = 8
_STRIDES = (5, 3)


@dataclass(frozen=True, slots=True)
class Deed:
    """One kind of event; ``asked`` asks for the value, and ``told[0]`` answers."""

    name: str
    values: tuple[str, ...]
    told: tuple[str, ...]
    asked: tuple[str, ...]


def _deed(name: str, values: str, told: tuple[str, ...], asked: tuple[str, ...]) -> Deed:
    return Deed(name, tuple(values.split()), told, asked)


DEEDS: tuple[Deed, ...] = (
    _deed(
        "went",
        "mill river forest castle harbour bridge meadow church cave lake beach tower bakery barn library station "
        "temple island park shop market lighthouse waterfall quarry",
        ("{who} went to the {v}.", "{who} walked to the {v}.", "{who} ran all the way to the {v}."),
        ("Where did {n} go?", "To which place did {n} go?", "Do you remember where {n} went?"),
    ),
    _deed(
        "found",
        "key ring lantern book basket mirror button whistle purse compass crystal letter ladder bucket saddle "
        "necklace bracelet telescope thimble medal treasure diary coin pebble",
        ("{who} found a {v}.", "{who} picked up a {v}.", "{who} came across a {v}."),
        ("What did {n} find?", "Which thing did {n} find?", "Do you remember what {n} found?"),
    ),
    _deed(
        "met",
        "fox bear wolf deer swan snake beaver badger crow seal toad lion tiger camel monkey whale zebra crab peacock "
        "robin falcon beetle turtle lynx",
        ("{who} met a {v}.", "{who} made friends with a {v}.", "{who} talked to a {v}."),
        ("Whom did {n} meet?", "Which animal did {n} meet?", "Do you remember whom {n} met?"),
    ),
    _deed(
        "ate",
        "cake peach plum pear bun cookie sandwich banana tart muffin biscuit pretzel lemon fig pie waffle sausage "
        "tomato carrot cucumber potato dumpling pancake radish",
        ("{who} ate a {v}.", "{who} had a {v} for lunch.", "{who} shared a {v} with the birds."),
        ("What did {n} eat?", "Which food did {n} eat?", "Do you remember what {n} ate?"),
    ),
    _deed(
        "bought",
        "kettle broom rope hammer pillow blanket teapot pencil brush chair table lamp carpet vase comb jar spade "
        "barrel trunk wheel curtain stool fork pan",
        ("{who} bought a {v}.", "{who} paid for a {v}.", "{who} chose a new {v}."),
        ("What did {n} buy?", "Which thing did {n} buy?", "Do you remember what {n} bought?"),
    ),
    _deed(
        "wore",
        "coat scarf hat cap cloak sweater shawl crown mask jacket belt shirt helmet vest tie robe wig raincoat "
        "bonnet turban ribbon uniform nightgown cape",
        ("{who} wore a {v}.", "{who} put on a {v}.", "{who} was dressed in a {v}."),
        ("What did {n} wear?", "Which piece of clothing did {n} wear?", "Do you remember what {n} wore?"),
    ),
    _deed(
        "built",
        "raft kite sled boat nest fence bench cradle cupboard windmill rocket hammock puppet robot dam snowman tent "
        "tunnel cart cage swing doll dollhouse scarecrow",
        ("{who} built a {v}.", "{who} made a {v}.", "{who} worked on a {v}."),
        ("What did {n} build?", "Which thing did {n} build?", "Do you remember what {n} built?"),
    ),
    _deed(
        "dreamed",
        "giant dragon witch princess pirate wizard ghost queen knight mermaid fairy king monster clown thief hunter "
        "captain dwarf prince spider shark parade comet volcano",
        ("{who} dreamed of a {v}.", "{who} had a dream about a {v}.", "{who} saw a {v} in a dream."),
        ("Of what did {n} dream?", "What did {n} dream of?", "Do you remember what {n} dreamed of?"),
    ),
)
"""All of them; every sentence begins with the person."""


_PERSON = {name: place for place, name in enumerate(NAMES)}
_KIND = {deed.name: place for place, deed in enumerate(DEEDS)}


def is_held_out(name: str, deed: Deed, value: str) -> bool:
    """Whether this combination never occurs in a training story; one in eight is kept for the questions."""
    return value in combined(name, deed, held_out=True)


def combined(name: str, deed: Deed, *, held_out: bool) -> list[str]:
    """The values that a person meets with in training stories, or those that are kept for the questions."""
    person, kind = _STRIDES
    place = person * _PERSON[name] + kind * _KIND[deed.name]
    return [value for number, value in enumerate(deed.values) if ((place + number) % _HELD_OUT == 0) == held_out]
