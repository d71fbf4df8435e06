"""Fetching a model from Hugging Face by its name, on the user's wish, into the library's cache of this user.

What lies there whole is not fetched again, and needs no network. Weights are taken as safetensors alone.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Generator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Self

from studio.data.work import Meter, Stop, Stopped, beside
from studio.ground.errors import StudioError, UsageError, text
from studio.ground.events import Progress

_NAME = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
WANTED = ("*.json", "*.jinja", "*.safetensors", "merges.txt", "*.spm", "*.model")
"""What belongs to a model that can be read; pickles do not."""
_UNWANTED = ("*/*", "*.bin", "training_args*")


def is_hub_name(name: str) -> bool:
    """Whether ``name`` has the form OWNER/NAME."""
    return _NAME.fullmatch(name) is not None


class _Count:
    """Bytes of all files so far; stands in for the bar that the library would draw."""

    def __init__(self, stop: Stop) -> None:
        self.done, self.given_up = 0, False
        self._stop, self._lock = stop, threading.Lock()

    def add(self, count: float) -> None:
        with self._lock:
            self.done += int(count)
        if self.given_up or self._stop():
            raise Stopped


def _bar_of(count: _Count) -> type:
    class Bar:
        """What ``huggingface_hub`` asks of tqdm."""

        def __init__(self, *args: Any, **about: Any) -> None:
            self.n = self.total = 0
            count.add(about.get("initial", 0) or 0)

        def update(self, more: float | None = 1) -> bool:
            count.add(more or 0)
            return True

        def __enter__(self) -> Self:
            return self

        def __exit__(self, *about: object) -> None:
            self.close()

        def close(self) -> None:
            """Nothing was drawn."""

        refresh = reset = set_description = set_postfix = set_postfix_str = lambda self, *args, **about: None

    return Bar


def fetched(name: str, stop: Stop, *, wanted: Sequence[str] = WANTED) -> Generator[Progress, None, Path]:
    """The folder of a model in the cache, which is filled now if need be.

    Raises:
        UsageError: there is no such model, or it is only for those who have agreed to its terms.
        StudioError: it cannot be reached. Stopped: ``stop`` said so; what was fetched stays.
    """
    count = _Count(stop)
    meter = Meter(text("Fetching {title}", title=name))
    found: Path | None = None
    try:
        for found in beside(lambda: _fetch(name, count, wanted), stop):  # noqa: B007 - the last one counts
            yield from meter.progress(count.done)
    finally:
        count.given_up = True
    assert found is not None
    return found


def _fetch(name: str, count: _Count, wanted: Sequence[str]) -> Path:
    from huggingface_hub import errors, hf_hub_download, list_repo_files, try_to_load_from_cache

    cached = try_to_load_from_cache(name, "config.json")
    try:
        files = _chosen(list_repo_files(name), wanted)
    except (errors.RepositoryNotFoundError, errors.HFValidationError) as error:
        raise UsageError("There is no model {name} on Hugging Face, or it is not public.", name=name) from error
    except Exception as error:  # the library's ways of being offline have no type in common
        if isinstance(cached, str) and _is_whole(Path(cached).parent):
            return Path(cached).parent
        raise _unreachable(name, error) from error
    folder: Path | None = None
    for file in files:
        folder = Path(_one(partial(hf_hub_download, name, file, tqdm_class=_bar_of(count)), name)).parent
    if folder is None:
        raise UsageError("{name} holds no weights as safetensors; pickled ones are not taken.", name=name)
    return folder


def _one(work: Callable[[], str], name: str) -> str:
    from huggingface_hub import errors

    try:
        return work()
    except Stopped:
        raise
    except errors.GatedRepoError as error:
        raise UsageError(
            "{name} is only for those who have agreed to its terms: do so on its page, fetch it with the tool of "
            "Hugging Face and give the folder.",
            name=name,
        ) from error  # fmt: skip
    except Exception as error:
        raise _unreachable(name, error) from error


def _chosen(files: Sequence[str], wanted: Sequence[str]) -> list[str]:
    """What belongs to the model itself; nothing where it has no safetensors."""
    from fnmatch import fnmatch

    found = [
        file
        for file in files
        if any(fnmatch(file, form) for form in wanted) and not any(fnmatch(file, form) for form in _UNWANTED)
    ]
    return sorted(found) if any(file.endswith(".safetensors") for file in found) else []


def _is_whole(folder: Path) -> bool:
    return any(folder.glob("*.safetensors"))


def _unreachable(name: str, error: Exception) -> StudioError:
    reason = " ".join(str(error).split())[:200].rstrip(".") or type(error).__name__
    return StudioError("{name} cannot be fetched now: {reason}. Try again, or give a folder.", name=name, reason=reason)
