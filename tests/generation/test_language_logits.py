"""All logits of one place of a text: those of the model, and what the alternatives there are made of."""

import numpy as np
import torch

from studio.data.tokenisers import FileTokeniser
from studio.generation.language_reading import reading
from studio.generation.replies import ReadText
from studio.models.language_format import load_folder
from tests.foreign_languages import foreign_folder


def test_logits_after_some_tokens_are_the_models_own() -> None:
    folder = foreign_folder("gpt2")
    model, tokeniser = load_folder(folder)[1].eval(), FileTokeniser.from_file(folder / "tokenizer.json")
    tokens = tokeniser.encode("a text to read")
    with torch.no_grad():
        logits_NV = model(torch.tensor([tokens]))[0].numpy()
    for place in (1, len(tokens) - 1, len(tokens)):
        *_, found = reading(model, tokeniser, tokens, 7, 5, attention=False, logits_after=place)
        assert isinstance(found, ReadText) and found.logits is not None
        assert np.abs(found.logits - logits_NV[place - 1]).max() < 1e-4
        there = found.tokens[place].alternatives if place < len(tokens) else found.next
        assert [token for _, token, _ in there] == np.argsort(-found.logits, kind="stable")[:5].tolist()
    *_, found = reading(model, tokeniser, tokens, 7, 5, attention=False, logits_after=len(tokens) + 1)
    assert isinstance(found, ReadText) and found.logits is None
