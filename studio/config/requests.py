"""Requests: each one object that holds all that a piece of work depends on, so that it can be queued, saved, compared
and made again with the same result."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, field_validator, model_validator

from studio.config.base import Dial, Settings, setting
from studio.config.builtin import Builtin, Portraits
from studio.config.data import Choices
from studio.config.decoding import Decoding
from studio.config.denoising import Denoising, PictureBytes
from studio.config.texts import BytePairs, DataKind, Message, Tokens
from studio.config.writing import Writing

Device = Literal["auto", "cpu", "cuda", "mps"]
Direction = Literal["a2b", "b2a"]
"""From which of two sides to which a picture is translated."""
BOTH_DIRECTIONS: tuple[Direction, ...] = ("a2b", "b2a")
CheckpointName = str
"""``last``, ``best``, ``best:MEASURE`` (by the measures that are stored with the run), or a step number in digits."""


class ImportRequest(Settings):
    """Bring pictures or texts from a folder, zip, table or file into the project as data set ``name``.

    ``kind`` None: told by what the source holds. ``columns``: of tables and JSON, those that hold the texts; none:
    told by their names. ``target``: of pairs that are in two files, the second one.
    """

    source: Path
    name: str
    kind: DataKind | None = None
    columns: tuple[str, ...] = ()
    target: Path | None = None


class BuiltinRequest(Settings):
    """Make an embedded data set in the project."""

    what: Builtin = setting(Portraits(), help="The embedded data set.", discriminator="kind")
    name: str = "portraits"


class DownloadRequest(Settings):
    """Fetch an entry of the catalogue, then import it."""

    entry: str
    name: str


class CheckRequest(Settings):
    """Look for broken, duplicate and odd pictures in a data set, and for those smaller than ``size``."""

    dataset: str
    size: int = setting(32, help="Side at which a model would see the pictures.", unit="px", ge=8, le=1024)


class PrepareRequest(Settings):
    """Fill the cache of a data set: of pictures at a size, of texts with tokens of a kind."""

    dataset: str
    size: int = 32
    channels: Literal[1, 3] = 3
    tokens: Tokens = Field(BytePairs(), discriminator="kind")
    choices: Choices = Choices()


class TrainRequest(Settings):
    """Train a new run. ``config`` is the family's resolved config as plain data.

    ``start_project``: the folder of the project that ``start_run`` is in; None: this one.
    """

    family: str
    dataset: str
    config: dict[str, Any]
    dial: Dial | None = None
    minutes: float | None = Field(None, gt=0)
    stop_at: int | None = Field(None, ge=1)
    device: Device = "auto"
    run: str | None = None
    start_run: str | None = None
    start_checkpoint: CheckpointName = "last"
    start_project: Path | None = None
    keep_awake: bool = True


class ResumeRequest(Settings):
    """Go on with a run to its own horizon, or to a longer one."""

    run: str
    steps: int | None = Field(None, ge=1)
    stop_at: int | None = Field(None, ge=1)
    device: Device = "auto"
    keep_awake: bool = True


class AddWeightsRequest(Settings):
    """Bring a file of torchvision's weights into the user's cache. ``architecture`` empty: told by the file.

    ``unpublished``: the user says that a file whose SHA-256 nobody has published is meant.
    """

    source: Path
    architecture: str = ""
    unpublished: bool = False


class DownloadWeightsRequest(Settings):
    """Fetch the published weights of an architecture into the user's cache."""

    architecture: str


class EstimateRequest(Settings):
    """Measure speed and memory of a configuration by trial steps; nothing is kept."""

    family: str
    dataset: str
    config: dict[str, Any]
    device: Device = "auto"


class FindRateRequest(Settings):
    """Look for the learning rate that a configuration bears, by steps with a growing rate; nothing is kept."""

    family: str
    dataset: str
    config: dict[str, Any]
    device: Device = "auto"


class Drawn(Settings):
    """The latent that ``seed`` draws at ``index``; the same everywhere, alone or in a grid."""

    kind: Literal["drawn"] = "drawn"
    seed: int
    index: int = 0


class Mean(Settings):
    """The mean of latents, brought back to the length of a drawn one."""

    kind: Literal["mean"] = "mean"
    of: tuple[Latent, ...]


class Slerp(Settings):
    """The point at share ``t`` on the great circle from ``a`` to ``b`` (Shoemake 1985)."""

    kind: Literal["slerp"] = "slerp"
    a: Latent
    b: Latent
    t: float


class Arithmetic(Settings):
    """a - b + c (Radford et al. 2015, section 6.3.2)."""

    kind: Literal["arithmetic"] = "arithmetic"
    a: Latent
    b: Latent
    c: Latent


Latent = Annotated[Drawn | Mean | Slerp | Arithmetic, Field(discriminator="kind")]


class Recipe(Settings):
    """All that decides one picture of a model, but for the checkpoint."""

    latent: Latent
    labels: dict[str, str] = {}
    truncation: float = Field(1.0, ge=0, le=2)
    directions: dict[str, float] = {}
    """``label=value`` -> strength, along directions found from the labels of the data set."""
    denoising: Denoising | None = None
    """For models that take noise away step by step; None: in their usual way."""


class GenerateRequest(Settings):
    """Make pictures with a generator. A grid from one seed is ``recipes = grid(seed, count, ...)``."""

    run: str
    checkpoint: CheckpointName = "last"
    recipes: tuple[Recipe, ...]
    device: Device = "auto"


class LookRequest(Settings):
    """Look inside: what the discriminator thinks of pictures, which training pictures are nearest, ...

    ``steps`` shows the steps in which pictures appear, ``words`` also where each word of the prompt is looked at,
    ``race`` makes each recipe alone and takes the time.
    """

    what: Literal["opinion", "nearest", "directions", "steps", "words", "race"]
    run: str
    checkpoint: CheckpointName = "last"
    recipes: tuple[Recipe, ...] = ()
    count: int = Field(5, ge=1, le=50)
    device: Device = "auto"


class ForwardRequest(Settings):
    """Show how pictures of a data set drown in noise by a noise process, given as plain data; no run is needed.

    ``positions`` in the data set; none: the seed draws ``count`` of them, and the noise in any case.
    """

    dataset: str
    process: dict[str, Any]
    positions: tuple[int, ...] = ()
    count: int = Field(4, ge=1, le=64)
    size: int = Field(32, ge=8, le=1024)
    channels: Literal[1, 3] = 3
    times: int = Field(61, ge=2, le=1001)
    seed: int = Field(0, ge=0, le=2**31 - 1)


class ClassifyRequest(Settings):
    """Tell the probabilities of labels for pictures: files, folders with all below them, or a data set's pictures.

    ``dataset`` names one of the project; exactly one of ``sources`` and ``dataset`` is given.
    """

    run: str
    checkpoint: CheckpointName = "best"
    sources: tuple[Path, ...] = ()
    dataset: str = ""
    device: Device = "auto"


class AskRequest(Settings):
    """Tell the probabilities for one picture in hand, while it is being drawn.

    ``picture`` is a file of any readable format (PNG). ``heat``, ``label=value``, asks which places speak for it.
    """

    model_config = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")

    run: str
    checkpoint: CheckpointName = "best"
    picture: bytes
    heat: str = ""
    device: Device = "auto"


class Editing(Settings):
    """Which way a picture is translated, and how much."""

    direction: Direction = setting("a2b", help="From which side to which.")
    strength: float = setting(
        1.0, help="How much of the change is made: 0 leaves the picture as it is, above 1 goes beyond.", ge=0, le=1.5
    )
    side: int = setting(
        0,
        label="Work at",
        help="Shorter side at which the change is found, which is then enlarged; best near the size it learnt from.",
        unit="px",
        ge=0,
        le=8192,
        empty="the picture's own size",
        advanced=True,
    )


class EditRequest(Settings):
    """Translate one picture in hand: ``picture``, a file of any readable format, or where that is empty ``source``."""

    run: str
    checkpoint: CheckpointName = "last"
    picture: PictureBytes = b""
    source: Path | None = None
    editing: Editing = Editing()
    device: Device = "auto"

    @field_validator("source")
    @classmethod
    def _is_here(cls, source: Path | None) -> Path | None:
        """A stranger's picture shall not make this computer ask another one."""
        if source is not None and is_elsewhere(source):
            raise ValueError("the picture lies on another computer")
        return source


class EditFilesRequest(Settings):
    """Translate files, and folders with all below them, in the background.

    ``out`` is a picture's file where ``sources`` is one file and ``out`` has the suffix of one, else a folder.
    ``keep``: results are laid ready for the gallery, too, see ``studio.jobs.keeping``.
    """

    run: str
    checkpoint: CheckpointName = "last"
    sources: tuple[Path, ...]
    out: Path
    editing: Editing = Editing()
    keep: bool = False
    device: Device = "auto"


class RoundTripRequest(Settings):
    """Look at a picture on its way to the other side and back, and at what the discriminators think of it."""

    run: str
    checkpoint: CheckpointName = "last"
    picture: PictureBytes
    direction: Direction = "a2b"
    device: Device = "auto"


class ChatRequest(Settings):
    """Write the next reply of a conversation, ``writing.count`` of them at once. The result is ``Replies``.

    ``start``: the reply begins with these words (they are part of it). A model that knows no conversations continues
    their texts.
    """

    run: str
    checkpoint: CheckpointName = "best"
    messages: tuple[Message, ...]
    start: str = ""
    writing: Writing = Writing()
    device: Device = "auto"


class ContinueRequest(Settings):
    """Continue a plain text, as it stands. The result is ``Replies``."""

    run: str
    checkpoint: CheckpointName = "best"
    text: str
    writing: Writing = Writing()
    device: Device = "auto"


class ReadRequest(Settings):
    """Look inside: how a language model reads a text, token by token. The result is a ``ReadText``.

    Either ``messages`` (with the conversation's marks around them) or ``text``. ``alternatives``: so many of
    the likeliest for each token. ``attention``: also who looks at whom, in every layer and head. ``logits_after``: also
    the logits of every token that could come after so many tokens.
    """

    run: str
    checkpoint: CheckpointName = "best"
    text: str = ""
    messages: tuple[Message, ...] = ()
    alternatives: int = Field(12, ge=1, le=100)
    attention: bool = False
    logits_after: int | None = Field(None, ge=1)
    device: Device = "auto"


class Term(Settings):
    """A fixed translation of a word or phrase, whatever the model would say."""

    source: str
    target: str


class TranslateRequest(Settings):
    """Translate a text sentence by sentence; line breaks and empty lines stay. The result is a ``Translation``.

    ``begin``: the translation of the only sentence begins with these words. ``words``: also tell so many of the words
    that could stand after ``begin``. ``look``: also tell of the first sentence what was looked at, and the search.
    """

    run: str
    checkpoint: CheckpointName = "best"
    text: str
    decoding: Decoding = Decoding()
    begin: str = ""
    glossary: tuple[Term, ...] = ()
    words: int = Field(0, ge=0, le=50)
    look: bool = False
    device: Device = "auto"


class TranslateFileRequest(Settings):
    """Translate a text file or subtitles (``.srt``) in the background; what was interrupted is gone on with."""

    run: str
    checkpoint: CheckpointName = "best"
    source: Path
    out: Path
    decoding: Decoding = Decoding()
    glossary: tuple[Term, ...] = ()
    device: Device = "auto"


class ScoreRequest(Settings):
    """Compare translations with those of people: BLEU, chrF, how many are exactly right.

    ``source`` and ``reference`` are files whose lines belong together; without them a part of the run's own data set is
    asked about, ``count`` pairs of it (0: all), beside the answers of the nearest sentences that it learned from.
    """

    run: str
    checkpoint: CheckpointName = "best"
    source: Path | None = None
    reference: Path | None = None
    part: Literal["validation", "test"] = "test"
    count: int = Field(0, ge=0)
    decoding: Decoding = Decoding()
    device: Device = "auto"

    @model_validator(mode="after")
    def _both_files(self) -> Self:
        if (self.source is None) != (self.reference is None):
            raise ValueError("a source needs its reference, and the other way round")
        return self


class QualityRequest(Settings):
    """How good a classifier is: on a part of its own data set that it never trained on, or on all of another one."""

    run: str
    checkpoint: CheckpointName = "best"
    part: Literal["validation", "test"] = "test"
    dataset: str = ""
    worst: int = Field(48, ge=0, le=1000)
    device: Device = "auto"


class EvaluateRequest(Settings):
    """Measure how good a run's model is, and keep the numbers with the run.

    ``dataset`` is what it is compared with (its own where empty), ``measures`` are names (empty: all that can be
    computed now), ``checkpoints`` may be ``("all",)``: every kept model point. ``judge`` is the run of a classifier in
    whose features pictures are compared; empty: none. ``part`` is what a judging model is asked about.
    """

    run: str
    measures: tuple[str, ...] = setting((), help="What is measured.", empty="all that can be computed now")
    checkpoints: tuple[CheckpointName, ...] = setting(
        ("last",), help="Which checkpoints are measured; all kept ones make a curve along the training.", empty="last"
    )
    judge: str = setting(
        "",
        help="The run of a classifier, in whose eyes pictures are compared. Take one that learned from other pictures.",
        empty="none: pixels alone",
    )
    part: Literal["training", "validation", "test"] = setting(
        "validation", help="Which part of the data set is asked about."
    )
    count: int = setting(
        1000, label="Samples", help="More make the numbers surer and take longer.", ge=2, le=100_000, log=True
    )
    seed: int = setting(0, help="The same seed gives the same numbers.", ge=0, le=2**31 - 1, advanced=True)
    dataset: str = setting(
        "", label="Compared with", help="Another data set than its own.", empty="its own data set", advanced=True
    )
    judge_checkpoint: CheckpointName = "best"
    device: Device = "auto"


ExportFormat = Literal["studio", "diffusers", "huggingface"]
EXPORT_ENDINGS: Mapping[ExportFormat, str] = {
    "studio": "model", "diffusers": "diffusers", "huggingface": "huggingface",
}  # fmt: skip
"""Format -> what stands behind the run's name in the name of an exported model's folder."""


class ExportRequest(Settings):
    """Write a trained model as safetensors with its config beside it, in our own format or as others read it."""

    run: str
    checkpoint: CheckpointName = "best"
    folder: Path
    format: ExportFormat = "studio"


class LoadRequest(Settings):
    """Take a U-Net over from a folder in diffusers' format, as a run that has its model from the beginning."""

    folder: Path
    run: str | None = None


class PretrainedRequest(Settings):
    """Take a language model, or one that translates (Marian), over as a run that has its model from the beginning.

    ``source``: a folder in the format of Hugging Face, or the name of a model there (``owner/name``), which is fetched
    into the user's cache if it is not there yet. ``name``: what the run is called. ``pickled``: weights of a
    translation model may be pickled; the user knows where they come from.
    """

    source: str
    name: str | None = None
    pickled: bool = False


class FilmRequest(Settings):
    """Write a moving picture: the run's samples from first to last, a loop through latents, or the steps of a picture.

    The suffix of ``out`` chooses the format: ``.gif`` or ``.webp``. A loop passes through the latents of ``recipes``
    and comes back to the first; ``frames`` lie between two of them. ``steps``: how the first of ``recipes`` comes out
    of the noise, as it is, as it is believed to be, the noise in it.
    """

    what: Literal["history", "loop", "steps"] = "history"
    run: str
    out: Path
    checkpoint: CheckpointName = "last"
    recipes: tuple[Recipe, ...] = ()
    frames: int = Field(12, ge=1, le=240)
    seconds: float = Field(0.1, ge=0.02, le=10)
    zoom: int = Field(2, ge=1, le=16)
    device: Device = "auto"


class MeasureSpaceRequest(Settings):
    """How much the project takes on the disk, by kind."""


class FreeSpaceRequest(Settings):
    """Free what a kind of files takes and is not needed to go on; the bin is emptied by who has the project open."""

    kind: Literal["caches", "resume points", "model points", "samples"]


class ExamineRequest(Settings):
    """Look at what works on this computer."""


def is_elsewhere(path: Path) -> bool:
    """Whether a path names another computer, as in //server/folder."""
    return str(path).replace("\\", "/").startswith("//")


def grid(
    seed: int,
    count: int,
    *,
    labels: dict[str, str] | None = None,
    truncation: float = 1.0,
    denoising: Denoising | None = None,
) -> tuple[Recipe, ...]:
    """Recipes of ``count`` pictures drawn from one seed."""
    drawn = (Drawn(seed=seed, index=i) for i in range(count))
    return tuple(
        Recipe(latent=latent, labels=labels or {}, truncation=truncation, denoising=denoising) for latent in drawn
    )


def variations(recipe: Recipe, seed: int, count: int, share: float = 0.2) -> tuple[Recipe, ...]:
    """Recipes of pictures near one: on the way from its noise to noise that ``seed`` draws, at ``share`` of it."""
    others = (Drawn(seed=seed, index=i) for i in range(count))
    return tuple(recipe.model_copy(update={"latent": Slerp(a=recipe.latent, b=b, t=share)}) for b in others)


for _model in (Mean, Slerp, Arithmetic, Recipe, GenerateRequest, LookRequest, FilmRequest):
    _model.model_rebuild()
