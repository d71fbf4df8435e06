"""The embedded data sets, each with settings of its own: the program makes them itself, offline, from a seed."""

from __future__ import annotations

from typing import Literal

from studio.config.base import Settings, setting


class Portraits(Settings):
    """Drawn faces with their attributes and captions."""

    kind: Literal["portraits"] = "portraits"
    count: int = setting(4000, help="How many portraits are drawn; no two are alike.", ge=1, le=1_000_000)
    size: int = setting(64, help="Width and height of each portrait.", unit="px", ge=16, le=512)
    seed: int = setting(0, help="Another seed draws other people.", ge=0, le=2**31 - 1)


class World(Settings):
    """Conversations or texts about a small valley, its people and what happens to them."""

    kind: Literal["world"] = "world"
    form: Literal["chat", "text"] = setting(
        "chat", help="Conversations with questions and replies, or plain text to be continued."
    )
    count: int = setting(
        40_000, label="Texts", help="How many conversations or texts are written.", ge=1, le=10_000_000, log=True
    )
    seed: int = setting(0, help="Another seed writes of another valley.", ge=0, le=2**31 - 1)


class Bilingual(Settings):
    """English sentences with their French translations."""

    kind: Literal["bilingual"] = "bilingual"
    count: int = setting(
        40_000, label="Pairs", help="How many sentences are written in both languages; no two are alike.", ge=1,
        le=10_000_000, log=True,
    )  # fmt: skip
    seed: int = setting(0, help="Another seed writes other sentences.", ge=0, le=2**31 - 1)


Builtin = Portraits | World | Bilingual
