"""The check of texts: each finding where there is one, none where there is not, and what its proposals make."""

from collections.abc import Callable

from studio.config.data import Choices
from studio.data.checking import Finding
from studio.data.checking_texts import check_texts
from studio.data.prepared_texts import PreparedTexts
from studio.data.texts.headers import body_of
from studio.data.texts.store import TextStore
from studio.ground.events import Ended
from tests.data.texts.conftest import CHARACTERS, said

BOOK = "It was a dark night. " * 300
HEAD = "The Project Gutenberg eBook of X\n\nTitle: X\n\n*** START OF THE PROJECT GUTENBERG EBOOK X ***\n\n\n"
TAIL = "\n\n*** END OF THE PROJECT GUTENBERG EBOOK X ***\nUpdated editions will replace the previous one. " + "x" * 9000


def found(ending: Callable[..., Ended], store: TextStore, choices: Choices | None = None) -> dict[str, Finding]:
    ended = ending(check_texts(store, choices or Choices()))
    assert ended.status == "finished", (str(ended.error), ended.trace)
    return {finding.code: finding for finding in ended.result.findings}


def test_a_good_set_has_only_its_statistics(ending: Callable[..., Ended], written: Callable[..., TextStore]) -> None:
    texts = [" ".join(f"word{i * 37 + j * j}" for j in range(400)) for i in range(50)]
    report = found(ending, written(texts))
    assert set(report) == {"statistics"}
    assert str(report["statistics"].text).startswith("50 texts of ")


def test_copies_and_near_copies_keep_the_first(ending: Callable[..., Ended], written: Callable[..., TextStore]) -> None:
    long = " ".join(f"word{i}" for i in range(200))
    texts = ["Hello there!", "hello  THERE", long, long.replace("word100 ", "other "), "", "alone", "\ufffd\ufffd bad"]
    report = found(ending, written(texts))
    assert report["duplicates"].groups == (("0", "1"),)
    proposal = report["duplicates"].proposal
    assert proposal is not None and proposal.leave_out == ("1",)
    assert report["near-duplicates"].groups == (("2", "3"),)
    assert report["empty"].names == ("4",) and report["unreadable-signs"].names == ("6",)
    after = found(ending, written(texts, name="again"), proposal.apply(Choices()))
    assert "duplicates" not in after


def test_copies_among_conversations(ending: Callable[..., Ended], written: Callable[..., TextStore]) -> None:
    talks = [said("Hi", "Hello"), said("Hi", "hello!"), said("Hi", "Bye")]
    assert found(ending, written(talks))["duplicates"].groups == (("0", "1"),)


def test_headers_of_books_are_found_and_can_be_left_out(
    ending: Callable[..., Ended], written: Callable[..., TextStore], prepared: Callable[..., PreparedTexts]
) -> None:
    store = written([HEAD + BOOK + TAIL, BOOK + "Another end."])
    assert body_of(store, 0) == (len(HEAD), len(HEAD) + len(BOOK.rstrip()))
    assert body_of(store, 1) == (0, len(BOOK) + 12)
    finding = found(ending, store)["headers"]
    assert finding.names == ("0",)
    choices = finding.proposals[0].apply(Choices())
    assert finding.proposals[1].apply(choices) == Choices()
    with_, without = prepared(store), prepared(store, CHARACTERS, choices)
    assert with_.folder != without.folder
    words = [without.tokeniser.decode(without.tokens(i).tolist()) for i in (0, 1)]
    assert "".join(words) == BOOK.rstrip() and without.facts.characters == len(BOOK.rstrip()) + len(BOOK) + 12


def test_damaged_texts_are_named(ending: Callable[..., Ended], written: Callable[..., TextStore]) -> None:
    store = written(["first text", "second text"])
    path = store.folder / "texts.bin"
    path.write_bytes(path.read_bytes().replace(b"second", b"sEcond"))
    report = found(ending, store)
    assert report["damaged"].names == ("1",) and report["damaged"].severity == "error"


def test_stopping_ends_it(written: Callable[..., TextStore], ending: Callable[..., Ended]) -> None:
    assert ending(check_texts(written(["a"]), Choices(), stop=lambda: True)).status == "stopped"
