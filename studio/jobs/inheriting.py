"""Tokens that a run takes over with the weights of another: they are kept with the run, which may outlive the other."""

from __future__ import annotations

from collections.abc import Mapping

from studio.config.texts import Inherited, PrepareTexts
from studio.config.training import TrainingSettings
from studio.data.chat_templates import TEMPLATE, read_template
from studio.data.prepared_texts import TOKENISER
from studio.ground.errors import DamagedError, UsageError
from studio.ground.files import verify_manifest, whole_folder, write_bytes
from studio.jobs.warm_start import WarmStart
from studio.projects.run import Run

_FOLDER = "inherited"


def inherited(run: Run, config: TrainingSettings, start: WarmStart | None) -> PrepareTexts | None:
    """How the texts of ``run`` become tokens where it inherits them; None where it does not.

    They are copied from the checkpoint that it begins with when it begins.

    Raises:
        UsageError: it begins with none. DamagedError: what it was given is damaged.
    """
    tokens = getattr(config, "tokens", None)
    if not isinstance(tokens, Inherited):
        return None
    folder = run.folder / _FOLDER
    if not folder.is_dir():
        if start is None:
            raise UsageError(
                "Inherited tokens are those of a model to begin with; choose one (--start), or other tokens."
            )
        with whole_folder(folder) as target:
            for name, content in _files(start).items():
                write_bytes(target / name, content)
    verify_manifest(folder)
    tokeniser = (folder / TOKENISER).read_text(encoding="utf-8")
    template = folder / TEMPLATE
    return PrepareTexts(
        tokens=tokens, tokeniser=tokeniser,
        template=template.read_text(encoding="utf-8") if template.is_file() else "",
    )  # fmt: skip


def _files(start: WarmStart) -> Mapping[str, bytes]:
    path = start.point.path
    verify_manifest(path)
    if not (path / TOKENISER).is_file():
        raise DamagedError("The checkpoint {name} has no tokeniser to be inherited.", name=path.name)
    found = {TOKENISER: (path / TOKENISER).read_bytes()}
    template = read_template(path)
    return found | ({TEMPLATE: template.closed().encode()} if template is not None else {})
