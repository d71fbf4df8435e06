"""The downloader, against a real HTTP server on this machine that behaves well or badly."""

import hashlib
import re
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from studio.data.catalogue import CATALOGUE, FASHION, Entry, RemoteFile, find_entry
from studio.data.downloading import check_address, download
from studio.ground.errors import StudioError, UsageError, text
from studio.ground.events import Ended, Progress

BODY = np.random.default_rng(0).integers(0, 255, 400_000, np.uint8).tobytes()


@dataclass
class Behaviour:
    """What the server does; each list is used up one request at a time."""

    body: bytes = BODY
    ranges: bool = True
    etag: str = '"one"'
    cuts: list[int] = field(default_factory=list)
    """Break the connection after so many bytes of the answer."""
    answers: list[int] = field(default_factory=list)
    """Status codes to answer instead."""
    redirect: str = ""
    claim: int | None = None
    stall: threading.Event | None = None
    seen: list[str] = field(default_factory=list)
    """The Range header of each request, '' where there was none."""


class Handler(BaseHTTPRequestHandler):
    """Serves the one file as its server's behaviour says."""

    server: Any

    def log_message(self, *args: Any) -> None:
        """The server keeps quiet."""

    def do_GET(self) -> None:
        how: Behaviour = self.server.behaviour
        asked = self.headers.get("Range", "")
        how.seen.append(asked)
        if how.answers:
            self.send_error(how.answers.pop(0))
        elif how.redirect and self.path != "/moved":
            self.send_response(302)
            self.send_header("Location", how.redirect.replace("PORT", str(self.server.server_port)))
            self.end_headers()
        else:
            self._send(how, asked)

    def _send(self, how: Behaviour, asked: str) -> None:
        start = int(re.sub(r"\D", "", asked) or 0)
        fits = how.ranges and asked and self.headers.get("If-Range") == how.etag
        start = start if fits else 0
        body = how.body[start:]
        self.send_response(206 if fits else 200)
        if fits:
            self.send_header("Content-Range", f"bytes {start}-{len(how.body) - 1}/{len(how.body)}")
        if how.etag:
            self.send_header("ETag", how.etag)
        self.send_header("Content-Length", str(how.claim if how.claim is not None else len(body)))
        self.end_headers()
        cut = how.cuts.pop(0) if how.cuts else None
        self.wfile.write(body[:cut])
        self.wfile.flush()
        if how.stall is not None:
            how.stall.wait(20)


@pytest.fixture
def server() -> Iterator[Any]:
    """A server on 127.0.0.1; ``behaviour`` may be changed between requests."""
    found = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.daemon_threads = False
    found.behaviour = Behaviour()  # type: ignore[attr-defined]
    thread = threading.Thread(target=lambda: found.serve_forever(0.02))
    thread.start()
    yield found
    if found.behaviour.stall is not None:  # type: ignore[attr-defined]
        found.behaviour.stall.set()  # type: ignore[attr-defined]
    found.shutdown()
    thread.join()
    found.server_close()


@pytest.fixture
def entry(server: Any) -> Callable[..., Entry]:
    """A function that makes a catalogue entry of the server's one file."""

    def make(body: bytes = BODY, *, paths: tuple[str, ...] = ("file.bin",), sha256: str = "") -> Entry:
        addresses = tuple(f"http://127.0.0.1:{server.server_port}/{path}" for path in paths)
        file = RemoteFile("file.bin", addresses, len(body), sha256 or hashlib.sha256(body).hexdigest())
        return Entry("test", "Test", text("about"), 1, (1, 1), "", text("none"), "", files=(file,))

    return make


def fetch(entry: Entry, folder: Path, stop: Callable[[], bool] = lambda: False) -> Ended:
    """Download to the end."""
    last = list(download(entry, folder, stop, allow_loopback=True, patience=0.01))[-1]
    assert isinstance(last, Ended)
    return last


def names(folder: Path) -> list[str]:
    """What lies in a folder."""
    return sorted(p.name for p in folder.iterdir())


def test_a_file_is_fetched_whole(server: Any, entry: Any, tmp_path: Path) -> None:
    events = list(download(entry(), tmp_path / "d", allow_loopback=True))
    assert events[-1] == Ended("finished", result=tmp_path / "d")
    assert (tmp_path / "d" / "file.bin").read_bytes() == BODY and names(tmp_path / "d") == ["file.bin"]
    progress = [e for e in events if isinstance(e, Progress)]
    assert progress[-1].done == progress[-1].total == len(BODY)


def test_a_file_that_is_there_is_not_fetched_again(server: Any, entry: Any, tmp_path: Path) -> None:
    assert fetch(entry(), tmp_path).status == fetch(entry(), tmp_path).status == "finished"
    assert server.behaviour.seen == [""]


def test_a_damaged_file_that_is_there_is_fetched_again(server: Any, entry: Any, tmp_path: Path) -> None:
    (tmp_path / "file.bin").write_bytes(BODY[:-1] + b"?")
    assert fetch(entry(), tmp_path).status == "finished"
    assert (tmp_path / "file.bin").read_bytes() == BODY


def test_a_connection_that_breaks_is_continued(server: Any, entry: Any, tmp_path: Path) -> None:
    server.behaviour.cuts = [100_000, 50_000, 1]
    assert fetch(entry(), tmp_path).status == "finished"
    assert server.behaviour.seen == ["", "bytes=100000-", "bytes=150000-", "bytes=150001-"]
    assert (tmp_path / "file.bin").read_bytes() == BODY


def test_a_server_without_ranges_is_asked_from_the_start(server: Any, entry: Any, tmp_path: Path) -> None:
    server.behaviour.cuts, server.behaviour.ranges = [100_000], False
    assert fetch(entry(), tmp_path).status == "finished"
    assert (tmp_path / "file.bin").read_bytes() == BODY


@pytest.mark.parametrize("etag", ["", 'W/"weak"'])
def test_without_a_strong_version_nothing_is_continued(server: Any, entry: Any, tmp_path: Path, etag: str) -> None:
    server.behaviour.cuts, server.behaviour.etag = [100_000], etag
    assert fetch(entry(), tmp_path).status == "finished"
    assert server.behaviour.seen == ["", ""] and (tmp_path / "file.bin").read_bytes() == BODY


def test_a_stopped_download_goes_on_where_it_was(server: Any, entry: Any, tmp_path: Path) -> None:
    server.behaviour.stall, server.behaviour.cuts = threading.Event(), [150_000]
    part = tmp_path / "file.bin.incomplete"

    def stop() -> bool:
        return part.exists() and part.stat().st_size >= 150_000

    began = time.monotonic()
    assert fetch(entry(), tmp_path, stop).status == "stopped"
    assert time.monotonic() - began < 5
    server.behaviour.stall.set()
    assert names(tmp_path) == ["file.bin.incomplete", "file.bin.incomplete.json"]
    assert fetch(entry(), tmp_path).status == "finished"
    assert server.behaviour.seen[1] == "bytes=150000-" and (tmp_path / "file.bin").read_bytes() == BODY


def test_stopping_does_not_wait_for_a_silent_server(server: Any, entry: Any, tmp_path: Path) -> None:
    server.behaviour.stall, server.behaviour.cuts = threading.Event(), [1000]
    asked: list[float] = []
    timer = threading.Timer(0.4, lambda: asked.append(time.monotonic()))
    timer.start()
    assert fetch(entry(), tmp_path, lambda: bool(asked)).status == "stopped"
    assert time.monotonic() - asked[0] < 2.0  # 0.4 s on a quiet machine; the server waits 20
    timer.join()


def test_a_file_that_changed_meanwhile_is_fetched_from_the_start(server: Any, entry: Any, tmp_path: Path) -> None:
    server.behaviour.cuts = [100_000]
    server.behaviour.answers = []
    other = bytes(reversed(BODY))
    wanted = entry(other)
    server.behaviour.body = other
    (tmp_path / "file.bin.incomplete").write_bytes(BODY[:5000])
    from studio.ground.files import write_json

    write_json(tmp_path / "file.bin.incomplete.json", {"version": '"older"'})
    assert fetch(wanted, tmp_path).status == "finished"
    assert server.behaviour.seen[0] == "bytes=5000-" and (tmp_path / "file.bin").read_bytes() == other


def test_a_part_that_was_tampered_with_is_found_out(server: Any, entry: Any, tmp_path: Path) -> None:
    server.behaviour.cuts, server.behaviour.answers = [100_000], []
    server.behaviour.stall = threading.Event()
    part = tmp_path / "file.bin.incomplete"
    fetch(entry(), tmp_path, lambda: part.exists() and part.stat().st_size >= 100_000)
    server.behaviour.stall.set()
    part.write_bytes(bytes(len(part.read_bytes())))
    ended = fetch(entry(), tmp_path)
    assert ended.status == "failed" and "SHA-256 differs" in str(ended.error) and names(tmp_path) == []
    assert fetch(entry(), tmp_path).status == "finished"


def test_another_content_is_refused(server: Any, entry: Any, tmp_path: Path) -> None:
    ended = fetch(entry(sha256="0" * 64), tmp_path)
    assert str(ended.error) == (
        "file.bin is not the file that was expected (its SHA-256 differs), and was thrown away. Try again later."
    )
    assert names(tmp_path) == []


@pytest.mark.parametrize("length", [10, len(BODY) - 1, len(BODY) + 1, 3 * len(BODY)])
def test_another_length_is_refused_before_it_is_fetched(server: Any, entry: Any, tmp_path: Path, length: int) -> None:
    server.behaviour.body = (BODY * 3)[:length]
    ended = fetch(entry(), tmp_path)
    assert ended.status == "failed" and f"has {length} bytes instead of {len(BODY)}" in str(ended.error)
    assert names(tmp_path) == []


def test_a_server_that_lies_about_the_length_cannot_send_more(server: Any, entry: Any, tmp_path: Path) -> None:
    server.behaviour.body, server.behaviour.claim = BODY * 3, len(BODY)
    ended = fetch(entry(), tmp_path)
    assert ended.status == "finished" and (tmp_path / "file.bin").stat().st_size == len(BODY)


def test_a_server_that_promises_more_than_it_sends(server: Any, entry: Any, tmp_path: Path) -> None:
    server.behaviour.body, server.behaviour.claim = BODY[:1000], len(BODY)
    server.behaviour.ranges = False
    ended = fetch(entry(), tmp_path)
    assert ended.status == "failed" and "What arrived is kept" in str(ended.error)


@pytest.mark.parametrize("code", [403, 404, 500, 503])
def test_an_error_of_the_server_is_one_sentence(server: Any, entry: Any, tmp_path: Path, code: int) -> None:
    server.behaviour.answers = [code] * 50
    ended = fetch(entry(), tmp_path)
    assert ended.status == "failed" and f"the server answered {code}" in str(ended.error)


def test_a_passing_error_is_overcome(server: Any, entry: Any, tmp_path: Path) -> None:
    server.behaviour.answers = [503]
    assert fetch(entry(), tmp_path).status == "finished"


def test_the_next_address_is_tried(server: Any, entry: Any, tmp_path: Path) -> None:
    server.behaviour.answers = [404, 404]
    assert fetch(entry(paths=("a.bin", "b.bin")), tmp_path).status == "finished"


def test_nobody_answers(entry: Any, server: Any, tmp_path: Path) -> None:
    wanted = entry()
    nowhere = replace(wanted.files[0], addresses=("http://127.0.0.1:9/file.bin",))
    ended = fetch(replace(wanted, files=(nowhere,)), tmp_path)
    assert ended.status == "failed" and "could not be fetched" in str(ended.error)


def test_a_redirection_on_the_same_footing_is_followed(server: Any, entry: Any, tmp_path: Path) -> None:
    server.behaviour.redirect = "http://127.0.0.1:PORT/moved"
    assert fetch(entry(), tmp_path).status == "finished"


@pytest.mark.parametrize(
    "target",
    ["file:///etc/passwd", "http://example.com/x", "ftp://127.0.0.1/x", "http://localhost:PORT/moved",
     "http://[::1]:PORT/moved", "http://169.254.169.254/latest", "data:text/plain,hello", "//10.0.0.1/x"],
)  # fmt: skip
def test_a_redirection_elsewhere_is_refused(server: Any, entry: Any, tmp_path: Path, target: str) -> None:
    server.behaviour.redirect = target
    ended = fetch(entry(), tmp_path)
    assert ended.status == "failed"
    assert "is refused: only https" in str(ended.error) or "answered 302" in str(ended.error)
    assert names(tmp_path) == []


def test_redirections_in_a_circle_end(server: Any, entry: Any, tmp_path: Path) -> None:
    server.behaviour.redirect = "http://127.0.0.1:PORT/round"
    ended = fetch(entry(), tmp_path)
    assert ended.status == "failed" and "could not be fetched" in str(ended.error)


def test_too_little_space_is_said_before(server: Any, entry: Any, tmp_path: Path, monkeypatch: Any) -> None:
    usage = shutil.disk_usage(".")._replace(free=100_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    assert "are free" in str(fetch(entry(), tmp_path).error) and server.behaviour.seen == []


def test_what_is_not_https_is_refused_without_the_test_switch(server: Any, entry: Any, tmp_path: Path) -> None:
    ended = list(download(entry(), tmp_path))[-1]
    assert isinstance(ended, Ended) and "is refused: only https" in str(ended.error) and server.behaviour.seen == []


@pytest.mark.parametrize(
    "address",
    ["http://example.com/x", "ftp://example.com/x", "file:///etc/passwd", "https:///x", "https://localhost/x",
     "https://127.0.0.1/x", "https://[::1]/x", "https://10.1.2.3/x", "https://192.168.0.1/x", "https://169.254.169.254/x",
     "https://printer.local/x", "https://intranet/x", "javascript:alert(1)", ""],
)  # fmt: skip
def test_addresses_that_are_refused(address: str) -> None:
    with pytest.raises(StudioError, match="is refused"):
        check_address(address)


# --- the catalogue ---------------------------------------------------------------------------------------------


def test_every_entry_says_what_a_person_must_know() -> None:
    for entry in CATALOGUE.values():
        assert str(entry.licence) and entry.citation and entry.page.startswith("https://") and entry.count > 0
        assert bool(entry.files) != bool(entry.by_hand)
        for file in entry.files:
            assert file.bytes > 0 and re.fullmatch("[0-9a-f]{64}", file.sha256)
            assert file.addresses and "/" not in file.name
            for address in file.addresses:
                check_address(address)
                assert address.endswith("/" + file.name)
    assert set(CATALOGUE) == {"fashion-mnist", "cifar-10", "flowers-102", "celeba"}


def test_the_nearest_entries_are_named() -> None:
    assert find_entry("fashion-mnist") is FASHION and 30e6 < FASHION.bytes < 32e6
    with pytest.raises(UsageError, match="fashion-mnist"):
        find_entry("fashion_mnist")


def test_what_is_fetched_by_hand_says_how(tmp_path: Path) -> None:
    ended = fetch(find_entry("celeba"), tmp_path)
    assert ended.status == "failed" and "img_align_celeba.zip" in str(ended.error)


@pytest.mark.skipif(
    not (Path(__file__).resolve().parents[3] / "shared/data/fashion_mnist_idx").exists(), reason="needs ../shared/data"
)
def test_the_known_hashes_are_those_of_the_real_labels() -> None:
    folder = Path(__file__).resolve().parents[3] / "shared/data/fashion_mnist_idx"
    for file in FASHION.files:
        if "labels" in file.name:
            assert hashlib.sha256((folder / file.name).read_bytes()).hexdigest() == file.sha256
