"""How a translation is sought: how many are kept in view, how long they may be, what they begin with. A part of
requests; with a temperature the seed decides the text."""

from __future__ import annotations

from studio.config.base import Settings, setting

MOST_BEAMS = 64
MOST_TOKENS = 100_000


class Decoding(Settings):
    """What is sought among all that a model could write."""

    beam: int = setting(
        4, help="Keep so many translations in view at once; 1 takes the likeliest word always.", ge=1, le=MOST_BEAMS
    )
    count: int = setting(1, label="Translations", help="Give so many of each sentence.", ge=1, le=MOST_BEAMS)
    length_penalty: float = setting(
        1.0, help="How much longer translations are favoured; 0 compares plain likelihoods.", ge=-10, le=10,
        advanced=True,
    )  # fmt: skip
    tokens: int = setting(
        0, label="Longest", help="Write at most so many tokens.", unit="tokens", ge=0, le=MOST_TOKENS,
        empty="twice the source and some", advanced=True,
    )  # fmt: skip
    no_repeat: int = setting(
        0, help="No sequence of so many tokens comes twice in a translation; 0 allows all.", unit="tokens", ge=0,
        le=100, advanced=True,
    )  # fmt: skip
    temperature: float = setting(
        0.0, help="Above 0 translations are drawn, the bolder the higher, instead of sought.", ge=0, le=10,
        advanced=True,
    )  # fmt: skip
    top_k: int = setting(
        0, help="Draw among so many of the likeliest tokens; 0 leaves all.", ge=0, le=1_000_000, advanced=True
    )
    top_p: float = setting(
        1.0, help="Draw among the likeliest tokens that have this probability together; 1 leaves all.", gt=0, le=1,
        advanced=True,
    )  # fmt: skip
    int8: bool = setting(
        False, label="Eight-bit numbers", help="Faster on a CPU and a little less exact; nothing elsewhere.",
        advanced=True,
    )  # fmt: skip
    seed: int = setting(0, help="Decides what is drawn; the same seed gives the same text.", ge=0, le=2**31 - 1)

    @property
    def beside(self) -> int:
        """Translations of a sentence that are written at once."""
        return self.count if self.temperature > 0 else max(self.beam, self.count)
