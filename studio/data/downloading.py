"""Fetching a data set of the catalogue, on the user's wish: https only, continued where it broke off, checked.

A file grows under ``NAME.incomplete`` with a note of which version it is (its ETag) beside it, and takes its name
only when its length and SHA-256 are those of the catalogue. Redirections are followed to https addresses of other
machines only, never to files, to this machine or to a private network.
"""

from __future__ import annotations

import hashlib
import http.client
import ipaddress
import re
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from email.message import Message
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from studio.data.catalogue import Entry, RemoteFile
from studio.data.folders import check_space
from studio.data.work import Meter, Stop, Stopped, beside, ends, never
from studio.ground.errors import DamagedError, StudioError, text
from studio.ground.events import Ended, Event, Started
from studio.ground.files import read_json, replace, sync, write_json

_TIMEOUT_SECONDS = 20.0
_ATTEMPTS = 5
_PIECE = 1 << 16
_AGENT = "generative-studio"


class Unreachable(Exception):
    """An address gave nothing usable; another one, or a later try, may."""


@dataclass(slots=True)
class _Transfer:
    """One file under way: written by the thread that fetches, read by the one that reports."""

    file: RemoteFile
    part: Path
    stop: Stop
    allow_loopback: bool
    patience: float
    done: int = 0
    given_up: threading.Event = field(default_factory=threading.Event)
    connection: socket.socket | None = None

    @property
    def note(self) -> Path:
        return self.part.with_name(self.part.name + ".json")

    def check(self) -> None:
        if self.given_up.is_set() or self.stop():
            raise Stopped

    def cut(self) -> None:
        """End a wait for data at once."""
        self.given_up.set()
        if self.connection is not None:
            try:
                self.connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                self.connection = None  # the other side closed it before


@ends
def download(
    entry: Entry, folder: Path, stop: Stop = never, *, allow_loopback: bool = False, patience: float = 1.0
) -> Iterator[Event]:
    """Fetch all files of ``entry`` into ``folder``; what lies there whole already is not fetched again.

    The last event is ``Ended(result=folder)``, or failed with one sentence, or stopped; what was fetched until then
    stays and is continued next time.

    Args:
        allow_loopback: for tests alone: plain http, and to this machine only.
        patience: seconds before the first new try of a broken connection; each further one takes twice as long.
    """
    if not entry.files:
        raise StudioError("{title} has to be fetched by hand: {how}", title=entry.title, how=str(entry.by_hand or ""))
    yield Started("download", entry.title, total=entry.bytes)
    folder.mkdir(parents=True, exist_ok=True)
    missing = [file for file in entry.files if not (folder / file.name).exists()]
    check_space(folder, sum(file.bytes for file in missing) - _fetched(folder, missing))
    before = 0
    meter = Meter(text("Fetching {title}", title=entry.title), entry.bytes)
    for file in entry.files:
        transfer = _Transfer(file, folder / f"{file.name}.incomplete", stop, allow_loopback, patience)
        yield from _fetch_file(transfer, folder / file.name, meter, before)
        before += file.bytes
    yield from meter.progress(before, always=True)
    yield Ended("finished", result=folder)


def _fetched(folder: Path, files: list[RemoteFile]) -> int:
    """Bytes of unfinished files that lie there already."""
    parts = [folder / f"{file.name}.incomplete" for file in files]
    return sum(part.stat().st_size for part in parts if part.exists())


def _fetch_file(transfer: _Transfer, target: Path, meter: Meter, before: int) -> Generator[Event, None, None]:
    if target.exists():
        if (yield from _is_right(target, transfer, meter, before)):
            return
        target.unlink()
    try:
        for _ in beside(lambda: _fetch(transfer), transfer.stop):
            yield from meter.progress(before + transfer.done)
    finally:
        transfer.cut()
    if not (yield from _is_right(transfer.part, transfer, meter, before)):
        transfer.part.unlink()
        transfer.note.unlink(missing_ok=True)
        raise StudioError(
            "{name} is not the file that was expected (its SHA-256 differs), and was thrown away. Try again later.",
            name=transfer.file.name,
        )
    sync(transfer.part)
    replace(transfer.part, target)
    transfer.note.unlink(missing_ok=True)


def _is_right(path: Path, transfer: _Transfer, meter: Meter, before: int) -> Generator[Event, None, bool]:
    """Whether a whole file has the length and the SHA-256 of the catalogue."""
    if path.stat().st_size != transfer.file.bytes:
        return False
    digest = hashlib.sha256()
    with path.open("rb") as handle:
        while piece := handle.read(1 << 22):
            digest.update(piece)
            if transfer.stop():
                raise Stopped
            yield from meter.progress(before + transfer.file.bytes)
    return digest.hexdigest() == transfer.file.sha256


def _fetch(transfer: _Transfer) -> bool:
    """Runs in a thread: all addresses in turn, each with some tries, until the file has its length."""
    problem = ""
    for address in transfer.file.addresses:
        check_address(address, allow_loopback=transfer.allow_loopback)
        for attempt in range(_ATTEMPTS):
            before = transfer.done
            try:
                _continue(transfer, address)
                return True
            except Unreachable as error:
                problem = str(error)
                transfer.check()
                if attempt and transfer.done == before:
                    break
                _wait(transfer, transfer.patience * 2**attempt)
    raise StudioError(
        "{name} could not be fetched: {problem}. What arrived is kept; try again later.",
        name=transfer.file.name, problem=problem,
    )  # fmt: skip


def _wait(transfer: _Transfer, seconds: float) -> None:
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        transfer.check()
        transfer.given_up.wait(min(left, 0.1))


def _continue(transfer: _Transfer, address: str) -> None:
    """One connection: ask for the rest of the file and append it. Raises Unreachable if the rest did not come."""
    have, version = _kept(transfer)
    request = urllib.request.Request(address, headers={"User-Agent": _AGENT, "Accept-Encoding": "identity"})
    if have:
        request.add_header("Range", f"bytes={have}-")
        request.add_header("If-Range", version)
    try:
        with _opener(transfer).open(request, timeout=_TIMEOUT_SECONDS) as response:
            start = _begin(transfer, response, have)
            _receive(transfer, response, start)
    except urllib.error.HTTPError as error:
        if error.code == 416:
            _forget(transfer)
        error.close()
        raise Unreachable(f"the server answered {error.code} {error.reason}") from error
    except (urllib.error.URLError, http.client.HTTPException, TimeoutError, ConnectionError) as error:
        raise Unreachable(_network_reason(error)) from error


def _kept(transfer: _Transfer) -> tuple[int, str]:
    """How much of which version lies there; what cannot be continued is thrown away."""
    transfer.done = 0
    try:
        version = str(read_json(transfer.note)["version"])
        have = transfer.part.stat().st_size
    except (OSError, DamagedError, KeyError):
        _forget(transfer)
        return 0, ""
    if not version or have >= transfer.file.bytes:
        _forget(transfer)
        return 0, ""
    transfer.done = have
    return have, version


def _forget(transfer: _Transfer) -> None:
    transfer.part.unlink(missing_ok=True)
    transfer.note.unlink(missing_ok=True)
    transfer.done = 0


def _begin(transfer: _Transfer, response: Any, have: int) -> int:
    """Where the answer begins in the file; refuses an answer of another length than the catalogue's."""
    start, total = 0, _number(response.headers.get("Content-Length"))
    if response.status == 206:
        start, total = _content_range(response.headers.get("Content-Range", ""))
        if start != have:
            _forget(transfer)
            raise Unreachable("the server answered with another part of the file than was asked for")
    if total is not None and total != transfer.file.bytes:
        _forget(transfer)
        raise Unreachable(f"the file there has {total} bytes instead of {transfer.file.bytes}")
    version = response.headers.get("ETag") or response.headers.get("Last-Modified") or ""
    # A weak ETag names versions that may differ in their bytes, so it does not allow going on.
    write_json(transfer.note, {"version": "" if version.startswith("W/") else version})
    return start


def _receive(transfer: _Transfer, response: Any, start: int) -> None:
    with transfer.part.open("r+b" if start else "wb") as handle:
        handle.seek(start)
        transfer.done = start
        while transfer.done < transfer.file.bytes:
            transfer.check()
            piece = _piece(response, min(_PIECE, transfer.file.bytes - transfer.done))
            if not piece:
                raise Unreachable("the connection broke off")
            handle.write(piece)
            transfer.done += len(piece)
    if _piece(response, 1):
        _forget(transfer)
        raise Unreachable(f"the file there is longer than {transfer.file.bytes} bytes")


def _piece(response: Any, most: int) -> bytes:
    """What has arrived. Failures of the network (TLS has its own) are kept apart from those of the disk."""
    try:
        return bytes(response.read1(most))
    except (OSError, http.client.HTTPException) as error:
        raise Unreachable(_network_reason(error)) from error


def _number(value: str | None) -> int | None:
    return int(value) if value is not None and value.isdecimal() else None


def _content_range(value: str) -> tuple[int, int | None]:
    found = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+|\*)", value.strip())
    if found is None:
        raise Unreachable("the server answered with a part of the file that it does not name")
    return int(found[1]), _number(found[3])


def _network_reason(error: Exception) -> str:
    reason = getattr(error, "reason", None) or error
    if isinstance(reason, TimeoutError):
        return "the server did not answer in time"
    if isinstance(reason, socket.gaierror):
        return "its address is not known; perhaps this computer is offline"
    return str(getattr(reason, "strerror", None) or reason or type(error).__name__).rstrip(".")


def check_address(address: str, *, allow_loopback: bool = False) -> None:
    """Refuse what is not https to another machine. Raises StudioError with the address."""
    parts = urlsplit(address)
    host = parts.hostname or ""
    if allow_loopback:
        allowed = parts.scheme == "http" and host == "127.0.0.1"
    else:
        allowed = parts.scheme == "https" and bool(host) and not _is_local(host)
    if not allowed:
        raise StudioError("The address {address} is refused: only https to other machines is used.", address=address)


def _is_local(host: str) -> bool:
    if host == "localhost" or host.endswith((".localhost", ".local", ".internal")) or "." not in host + ":":
        return True
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return not address.is_global


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows redirections to allowed addresses only."""

    max_redirections = 5

    def __init__(self, transfer: _Transfer) -> None:
        self._transfer = transfer

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
    ) -> urllib.request.Request | None:
        check_address(newurl, allow_loopback=self._transfer.allow_loopback)
        return super().redirect_request(req, fp, code, msg, headers, newurl)  # type: ignore[arg-type]


def _opener(transfer: _Transfer) -> urllib.request.OpenerDirector:
    """Speaks https (in tests: http) and nothing else: no files, no ftp, no data addresses."""
    secure, plain = _handlers(transfer)
    opener = urllib.request.OpenerDirector()
    opener.add_handler(urllib.request.HTTPDefaultErrorHandler())
    opener.add_handler(urllib.request.HTTPErrorProcessor())
    opener.add_handler(_Redirects(transfer))
    if transfer.allow_loopback:
        opener.add_handler(plain)
    else:
        opener.add_handler(urllib.request.ProxyHandler())
        opener.add_handler(secure)
    return opener


def _handlers(transfer: _Transfer) -> tuple[urllib.request.HTTPSHandler, urllib.request.HTTPHandler]:
    """Handlers whose connections can be cut from outside, so that cancelling does not wait for the network."""

    class Secure(http.client.HTTPSConnection):
        def connect(self) -> None:
            super().connect()
            transfer.connection = self.sock

    class Plain(http.client.HTTPConnection):
        def connect(self) -> None:
            super().connect()
            transfer.connection = self.sock

    class SecureHandler(urllib.request.HTTPSHandler):
        def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
            return self.do_open(Secure, req)

    class PlainHandler(urllib.request.HTTPHandler):
        def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
            return self.do_open(Plain, req)

    return SecureHandler(), PlainHandler()
