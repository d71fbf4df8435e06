"""What a diffusion model reads of its data: pictures with their labels and captions, the vocabulary of these.

Shapes: N pictures of the data set, B of a batch, L labels, T tokens.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from studio.ground.errors import UsageError, text
from studio.ground.events import Notice
from studio.models.diffusion import Condition
from studio.models.vocabulary import PAD, Vocabulary, words_of
from studio.training.picture_data import PictureData
from studio.training.task import Pictures


class DiffusionData(PictureData):
    """Prepared pictures on a device, with captions as tokens where they are wanted.

    Attributes:
        vocabulary: the words of the training pictures' captions; None where no text is read.

    Raises:
        UsageError: text is wanted and the data set has no captions.
    """

    def __init__(self, data: Pictures, columns: tuple[str, ...], device: torch.device, *, text: bool) -> None:
        super().__init__(data, columns, device)
        self.captions = tuple(data.captions) if text else ()
        self.vocabulary: Vocabulary | None = None
        self._tokens_NT: np.ndarray | None = None
        if text:
            if not any(self.captions):
                raise UsageError(
                    "The data set has no captions, so there are no words to learn from; give its pictures a column of "
                    "texts, or switch steering by words off."
                )
            self.vocabulary = Vocabulary.of(self.captions[row] for row in self.training.tolist())
            self._tokens_NT = self.vocabulary.encode_all(self.captions)
            self._clauses_NT = self.vocabulary.clauses(self._tokens_NT)

    def condition(
        self,
        rows: np.ndarray,
        codes_BL: Tensor | None = None,
        drop_B: Tensor | None = None,
        tokens_BT: Tensor | None = None,
    ) -> Condition:
        """What is told of the pictures at ``rows``; ``codes_BL`` and ``tokens_BT`` in the place of their own."""
        codes = torch.from_numpy(self.codes_NL[rows]) if codes_BL is None else codes_BL
        if tokens_BT is None and self._tokens_NT is not None:
            tokens_BT = torch.from_numpy(self._tokens_NT[rows])
        tokens = None if tokens_BT is None else tokens_BT.to(self.device)
        return Condition(codes.to(self.device), tokens, drop_B)

    def shortened(self, rows: np.ndarray, share: float, generator: torch.Generator) -> Tensor | None:
        """The captions at ``rows`` as tokens (B, T), of ``share`` of them some clauses left out; None without text.

        How many of a caption's clauses go is drawn evenly, from none to all but one of them.
        """
        if self._tokens_NT is None:
            return None
        tokens, clauses = (torch.from_numpy(found[rows]) for found in (self._tokens_NT, self._clauses_NT))
        return without_clauses(tokens, clauses, share, generator)

    def remarks(self) -> Iterator[Notice]:
        """What is worth knowing of the captions that are learned from: some are missing, some are cut."""
        if self.vocabulary is None:
            return
        told = [self.captions[row] for row in self.training.tolist()]
        missing, longest = sum(not caption for caption in told), self.vocabulary.length - 1
        if missing:
            title = text("{count} of {total} pictures have no caption", count=missing, total=len(told))
            body = text("It learns them without any words. Describe them too, if prompts are to reach what they show.")
            yield Notice("captions_missing", "info", title, body)
        cut = sum(len(words_of(caption)) > longest for caption in told)
        if cut:
            title = text("{count} captions are longer than {longest} words", count=cut, longest=longest)
            yield Notice("captions_cut", "info", title, text("The words beyond are not read."))

    def digest(self) -> str:
        """What another set of captions does not have."""
        return hashlib.sha256("\0".join(self.captions).encode("utf-8", "replace")).hexdigest()


def without_clauses(tokens_BT: Tensor, clauses_BT: Tensor, share: float, generator: torch.Generator) -> Tensor:
    """Texts (B, T) without random clauses of theirs, the other words moved together; see ``Vocabulary.clauses``."""
    count = int(clauses_BT.max()) + 1
    if count < 2:
        return tokens_BT
    batch = len(tokens_BT)
    chosen_B, stay_B = torch.rand((2, batch), generator=generator)
    order_BK = torch.rand((batch, count), generator=generator)
    own_B = clauses_BT.amax(dim=1) + 1  # clauses of each text
    order_BK = order_BK.masked_fill(torch.arange(count) >= own_B[:, None], 2.0)  # those that it has come first
    rank_BK = order_BK.argsort(dim=1).argsort(dim=1)
    kept_B = torch.where(chosen_B < share, 1 + (stay_B * own_B).floor(), own_B)
    stays_BK = rank_BK < kept_B[:, None]
    stays_BT = stays_BK.gather(1, clauses_BT.clamp(min=0)) | (clauses_BT < 0)
    together_BT = (~stays_BT).to(torch.uint8).argsort(dim=1, stable=True)
    return tokens_BT.masked_fill(~stays_BT, PAD).gather(1, together_BT)
