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
from studio.models.vocabulary import Vocabulary, words_of
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

    def condition(self, rows: np.ndarray, codes_BL: Tensor | None = None, drop_B: Tensor | None = None) -> Condition:
        """What is told of the pictures at ``rows``; ``codes_BL`` in the place of their own."""
        codes = torch.from_numpy(self.codes_NL[rows]) if codes_BL is None else codes_BL
        tokens = None if self._tokens_NT is None else torch.from_numpy(self._tokens_NT[rows]).to(self.device)
        return Condition(codes.to(self.device), tokens, drop_B)

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
