"""How a text is continued: how far, how boldly, where it stops. A part of requests; the seed decides the text."""

from __future__ import annotations

from studio.config.base import Settings, setting

MOST_TOKENS = 1_000_000
MOST_VARIANTS = 64


class Writing(Settings):
    """What the next token is drawn from, and when it is over."""

    tokens: int = setting(256, help="Write at most so many tokens.", unit="tokens", ge=1, le=MOST_TOKENS, log=True)
    temperature: float = setting(
        0.8, help="How bold the choice is: 0 takes the likeliest token always, 1 is as likely as learnt.", ge=0, le=10
    )
    top_k: int = setting(0, help="Choose among so many of the likeliest tokens; 0 leaves all.", ge=0, le=1_000_000)
    top_p: float = setting(
        0.95, help="Choose among the likeliest tokens that have this probability together; 1 leaves all.", gt=0, le=1
    )
    min_p: float = setting(
        0.0, help="Leave out what is less likely than this share of the likeliest token.", ge=0, le=1, advanced=True
    )
    repetition_penalty: float = setting(
        1.0, help="Makes what stands there already less likely; 1 does not.", ge=0.1, le=10, advanced=True
    )
    stop: tuple[str, ...] = setting((), help="Stop before any of these texts.", empty="only at the end", advanced=True)
    int8: bool = setting(
        False, label="Eight-bit numbers", help="Faster on a CPU and a little less exact; nothing elsewhere.",
        advanced=True,
    )  # fmt: skip
    seed: int = setting(0, help="Decides every choice; the same seed gives the same text.", ge=0, le=2**31 - 1)
    count: int = setting(1, label="Variants", help="So many texts at once.", ge=1, le=MOST_VARIANTS)
