"""Texts as data: their kinds, the messages of a conversation, how they become tokens."""

from __future__ import annotations

from typing import Literal

from studio.config.base import Settings, setting

DataKind = Literal["pictures", "text", "chat", "parallel"]
"""What the items of a data set are: pictures, documents, conversations, pairs of sentences in two languages."""
TextKind = Literal["text", "chat", "parallel"]
Role = Literal["system", "user", "assistant"]


class Message(Settings):
    """One turn of a conversation."""

    role: Role
    content: str


class Characters(Settings):
    """Every character that occurs is a token."""

    kind: Literal["characters"] = "characters"


class BytePairs(Settings):
    """Frequent sequences of bytes are tokens, found by joining pairs (Sennrich et al. 2016, on bytes: Radford 2019)."""

    kind: Literal["byte_pairs"] = "byte_pairs"
    size: int = setting(
        2048, label="Vocabulary", help="Different tokens: more make texts shorter and the model larger.",
        unit="tokens", ge=300, le=200_000, log=True,
    )  # fmt: skip


class Inherited(Settings):
    """The tokens of the model that the run begins with."""

    kind: Literal["inherited"] = "inherited"


Tokens = Characters | BytePairs | Inherited


class PrepareTexts(Settings):
    """How the texts of a data set become tokens. Part of the cache's key.

    ``tokeniser``: for inherited tokens the text of their ``tokenizer.json``. ``template``: for them the chat template
    of the model, in Jinja; empty: our own.
    """

    tokens: Tokens = setting(BytePairs(), help="What a token is.", discriminator="kind")
    tokeniser: str = ""
    template: str = ""
