"""BLEU, chrF and exact translations: known values, and what is no comparison."""

import pytest

from studio.measures.wording import scores


def test_equal_texts_have_the_highest_scores() -> None:
    texts = ["le chat dort sur le lit", "il pleut beaucoup ce soir", "elle mange une pomme rouge"]
    assert scores(texts, texts) == pytest.approx({"bleu": 100, "chrf": 100, "exact": 100})
    assert scores([f" {one}" for one in texts], texts)["exact"] == 100


def test_known_values() -> None:
    """``the the the the``: of one-word matches 2 of 4; without longer ones BLEU is smoothed and low."""
    found = scores(["the cat sat on the mat", "nothing"], ["the cat sat on a mat", "something"])
    assert 30 < found["bleu"] < 60 and 60 < found["chrf"] < 90 and found["exact"] == 0
    assert scores(["un", "x"], ["un", "deux"])["exact"] == 50
    assert scores([""], ["un"]) == {"bleu": 0, "chrf": 0, "exact": 0}


def test_what_is_no_comparison() -> None:
    for found, references in (([], []), (["a"], [])):
        with pytest.raises(ValueError, match="translations and"):
            scores(found, references)
