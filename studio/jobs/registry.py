"""From a request to the job that serves it: the one door through which window and command line start work.

Jobs are imported when they begin, inside the thread that runs them: half of them need torch, which takes seconds.
"""

from __future__ import annotations

import importlib
import traceback
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from studio.config import requests
from studio.config.base import Settings
from studio.data.work import describe_os_error
from studio.ground.errors import StudioError, Text, UsageError, text
from studio.ground.events import Ended, Event
from studio.jobs.nesting import InnerFailure, Stopped
from studio.jobs.steering import CommandQueue

Job = Callable[[Settings, Path, CommandQueue], Iterator[Event]]

JOBS: Mapping[type[Settings], str] = {
    requests.ImportRequest: "studio.jobs.importing:import_data",
    requests.BuiltinRequest: "studio.jobs.importing:draw_builtin",
    requests.DownloadRequest: "studio.jobs.download:download",
    requests.CheckRequest: "studio.jobs.check:check_data",
    requests.PrepareRequest: "studio.jobs.check:prepare_data",
    requests.TrainRequest: "studio.jobs.train:train",
    requests.ResumeRequest: "studio.jobs.train:resume",
    requests.AddWeightsRequest: "studio.jobs.weights:add_weights",
    requests.DownloadWeightsRequest: "studio.jobs.weights:download_weights",
    requests.EstimateRequest: "studio.jobs.estimate:estimate",
    requests.FindRateRequest: "studio.jobs.find_rate:find",
    requests.GenerateRequest: "studio.jobs.generate:generate",
    requests.LookRequest: "studio.jobs.generate:look",
    requests.AskRequest: "studio.jobs.generate:ask",
    requests.EditRequest: "studio.jobs.generate:edit",
    requests.RoundTripRequest: "studio.jobs.generate:round_trip",
    requests.ChatRequest: "studio.jobs.generate:write",
    requests.ContinueRequest: "studio.jobs.generate:write",
    requests.ReadRequest: "studio.jobs.generate:read",
    requests.TranslateRequest: "studio.jobs.generate:translate",
    requests.TranslateFileRequest: "studio.jobs.translate_files:translate_file",
    requests.ScoreRequest: "studio.jobs.translate_score:score",
    requests.EditFilesRequest: "studio.jobs.edit_files:edit_files",
    requests.ForwardRequest: "studio.jobs.diffusion_forward:forward",
    requests.ClassifyRequest: "studio.jobs.classify:classify",
    requests.QualityRequest: "studio.jobs.quality:quality",
    requests.EvaluateRequest: "studio.jobs.evaluate:evaluate",
    requests.ExportRequest: "studio.jobs.export:export",
    requests.LoadRequest: "studio.jobs.diffusion_load:load",
    requests.PretrainedRequest: "studio.jobs.language_load:load",
    requests.FilmRequest: "studio.jobs.film:film",
    requests.MeasureSpaceRequest: "studio.jobs.space:measure_space",
    requests.FreeSpaceRequest: "studio.jobs.space:free_space",
    requests.ExamineRequest: "studio.jobs.examine:examine",
}


def run_job(request: Settings, project_path: Path, commands: CommandQueue) -> Iterator[Event]:
    """Serve a request: the job's events, and in every case exactly one :class:`Ended`, which comes last.

    What the job raises becomes ``Ended("failed")`` with a sentence and the trace, so that a consumer needs no ``try``.
    Closing the iterator early frees what the job holds and yields nothing more.
    """
    events: Iterator[Event] | None = None
    try:
        events = find_job(request)(request, project_path, commands)
        for event in events:
            yield event
            if isinstance(event, Ended):
                return
        yield Ended("failed", text("The work ended without saying how; please report this."))
    except Stopped:
        yield Ended("stopped")
    except Exception as error:  # noqa: BLE001 - every failure of a job must reach the user as its ending
        yield failure(error)
    finally:
        close = getattr(events, "close", None)
        if close is not None:
            close()


def find_job(request: Settings) -> Job:
    """The function that serves a request, imported now."""
    module, name = JOBS[type(request)].split(":")
    found: Job = getattr(importlib.import_module(module), name)
    return found


def failure(error: BaseException) -> Ended:
    """The ending that an exception stands for; ``refused`` where the request itself was at fault."""
    if isinstance(error, InnerFailure):
        return error.ended
    trace = "".join(traceback.format_exception(error))
    return Ended("failed", sentence(error), trace, refused=isinstance(error, UsageError))


def sentence(error: BaseException) -> Text:
    """What an exception says to the user."""
    if isinstance(error, StudioError):
        return error.text
    if isinstance(error, MemoryError):
        return text("The computer's memory is used up; close other programs or choose a smaller batch.")
    if isinstance(error, OSError):
        return describe_os_error(error)
    return text("Something unexpected went wrong: {reason}", reason=f"{type(error).__name__}: {error}")
