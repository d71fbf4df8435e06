"""The engine's sentences in the user's language: the template is the key under which a translation is looked up."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from studio.ground.errors import StudioError, Text

CONTEXT = "engine"


def spoken(sentence: Text | str | None) -> str:
    """A text of the engine, translated, with its parameters put in; a plain string stays as it is, None is empty."""
    if sentence is None:
        return ""
    if isinstance(sentence, str):
        return sentence
    template = QCoreApplication.translate(CONTEXT, sentence.template)
    params = {name: spoken(value) if isinstance(value, Text) else value for name, value in sentence.params}
    return template.format(**params) if params else template


def spoken_error(error: BaseException) -> str:
    """One sentence for an exception: a StudioError's own, the system's words for files, the type for the rest."""
    if isinstance(error, StudioError):
        return spoken(error.text)
    if isinstance(error, OSError) and error.strerror:
        place = f": {error.filename}" if error.filename else ""
        return f"{error.strerror}{place}"
    return f"{type(error).__name__}: {error}"
