"""What both sides of the race of denoisers share: the portraits and their captions, the marks on the way.

Run it with a folder and a number to draw the portraits first, so that two sides may start at once.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from clock import Clock

SIZE, DRAWN = 32, 4000
MARKS = "60,120,240,420,600,900,1200,1800"


def arguments(description: str | None) -> argparse.ArgumentParser:
    """What both sides are told."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, help="folder that marks go to")
    parser.add_argument("--data", type=Path, required=True, help="folder of the portraits (see painting.py)")
    parser.add_argument("--threads", type=int, default=0, help="of torch; 0: as many as it takes")
    parser.add_argument("--marks", default=MARKS, help="seconds at which the network is kept; the last ends it")
    parser.add_argument("--clock", choices=("cpu", "wall"), default="cpu", help="which seconds")
    parser.add_argument("--told", default="words", help="what steers it: words, attributes; of the peer also cross")
    parser.add_argument("--seed", type=int, default=0)
    return parser


class Marks:
    """When a network is kept, and what is told of it; the clock stands still meanwhile."""

    def __init__(self, out: Path, side: str, given: argparse.Namespace) -> None:
        self.out, self.side, self.unit = out, side, given.clock
        self.due = sorted(float(mark) for mark in given.marks.split(","))
        self.clock = Clock()

    @property
    def end(self) -> float:
        """Seconds until the last mark."""
        return self.due[-1] if self.due else 0.0

    def now(self) -> float:
        """Seconds until now of the clock that counts."""
        return self.clock.spent() if self.unit == "cpu" else self.clock.passed()

    def pass_by(self, facts: dict[str, Any], keep: Callable[[Path], None], *, last: bool = False) -> bool:
        """``keep(folder)`` where a mark is due; True after the last one."""
        now = self.now()
        if not last and (not self.due or now < self.due[0]):
            return not self.due
        self.clock.halt()
        mark = self.due[0] if self.due else now
        self.due = [] if last else [one for one in self.due if one > now]
        folder = self.out / f"{self.side}-{mark:g}"
        folder.mkdir(parents=True, exist_ok=True)
        keep(folder)
        told = {"side": self.side, "cpu": self.clock.cpu, "wall": self.clock.wall, **facts}
        (folder / "mark.json").write_text(json.dumps(told) + "\n", encoding="utf-8")
        print(json.dumps(told), flush=True)
        self.clock.go()
        return not self.due


def pictures(folder: Path, count: int = DRAWN) -> Any:
    """The prepared portraits of seed 0, drawn first where they are not there yet."""
    from judge import done

    from studio.config.builtin import Portraits
    from studio.config.data import PrepareSettings
    from studio.config.requests import BuiltinRequest
    from studio.jobs.opening import prepared_pictures
    from studio.jobs.steering import CommandQueue
    from studio.projects.project import Project

    if not folder.exists():
        Project.create(folder).close()
        drawn = done(BuiltinRequest(what=Portraits(count=count, size=SIZE)), folder)
        with Project.open(folder) as opened:
            opened.datasets.add(drawn)
            opened.flush()
    with Project.open(folder, write=False) as opened:
        work = prepared_pictures(opened, "portraits", PrepareSettings(size=SIZE, channels=3), CommandQueue())
        try:
            while True:
                next(work)
        except StopIteration as end:
            return end.value


if __name__ == "__main__":
    found = pictures(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else DRAWN)
    print(json.dumps({"pictures": found.count, "captions": len(found.captions)}))
