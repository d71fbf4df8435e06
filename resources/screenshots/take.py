"""Takes the pictures of the README by driving the real window over a project with trained runs.

    .venv/bin/studio new PROJECT
    .venv/bin/studio data builtin PROJECT portraits --count 4000 --size 32
    .venv/bin/studio train PROJECT --family gan --data portraits --preset quick
    .venv/bin/studio train PROJECT --family gan --data portraits --preset quick --set condition=hair
    .venv/bin/studio train PROJECT --family classifier --data portraits --preset quick --set labels=hair,glasses,smile
    .venv/bin/studio train PROJECT --family diffusion --data portraits --preset balanced
    .venv/bin/studio train PROJECT --family cyclegan --data portraits --split hair=black:blond --preset quick
    .venv/bin/studio data builtin PROJECT world
    .venv/bin/studio train PROJECT --family language --data world --preset quick
    .venv/bin/studio data builtin PROJECT bilingual
    .venv/bin/studio train PROJECT --family translation --data bilingual --preset quick
    .venv/bin/python resources/screenshots/take.py PROJECT [FOLDER]

Pictures go to FOLDER (this one, unless named), 1280 x 800, in light and dark; the project keeps what it had. Families
without a run are left out.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from PySide6.QtCore import QEventLoop, QTimer

from studio.app import create_window
from studio.families import FAMILIES
from studio.ui import theme
from studio.ui.window import StudioWindow

SIZE = (1280, 800)
PROMPT = "a smiling girl with a blond bob, fair skin, green eyes and glasses, on a blue background"
SAID = (
    "Can you tell me where Vera's home is?", "Which instrument does Vera play?",
    "Do you know how Susan spends every free hour?",
)  # fmt: skip
ASKED, REPLY = "Please introduce Vera.", "Vera plays the trumpet. She collects keys."
SENTENCE = "My sister has a red car."
TEXT = "My sister has a red car. She did not buy the old house.\n\nThe children are playing in the garden."
MOMENT, LONG = 1500, 60_000  # milliseconds


def work(milliseconds: int) -> None:
    """Let the window work; QTest.qWait would hold the interpreter and starve its threads."""
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


def wait_until(ready: Callable[[], bool]) -> None:
    """Let the window work until ``ready``; give up in words."""
    for _ in range(LONG // 100):
        if ready():
            return
        work(100)
    raise SystemExit("The window did not get ready.")


class Photographer:
    """Drives one window and saves what it shows."""

    def __init__(self, window: StudioWindow, folder: Path) -> None:
        self.window, self.folder, self.session = window, folder, window.session

    def shoot(self, name: str) -> None:
        """Save the window as it is after a moment of quiet."""
        work(MOMENT)
        path = self.folder / f"{name}-{theme.current().name}.png"
        self.window.grab().save(str(path))
        print(path)

    def train(self, run: str) -> None:
        """The Train tab over a finished run."""
        self.session.go("gan", tab="train", run=run)
        self.session.select("gan", run=run)
        self.shoot("train")

    def create(self, run: str) -> None:
        """The Create tab with pictures of one seed."""
        self.session.select("gan", run=run, checkpoint="last")
        self.session.go("gan", tab="create", run=run)
        work(MOMENT)
        tab = self.window.pages.page("gan").current_tab()
        if not tab.sheet:
            wait_until(lambda: tab.maker.model is not None)
            tab.form.count.set_value(35)
            tab.generate()
            wait_until(lambda: len(tab.desk.pictured()) >= 35)
            tab.view.pick((0, 3))
            work(3 * MOMENT)
        self.shoot("create")

    def look(self, run: str) -> None:
        """The Look inside tab."""
        self.session.go("gan", tab="look", run=run)
        work(6 * MOMENT)
        self.shoot("look")

    def ask(self, run: str) -> None:
        """The classifier's Ask tab over a picture of the data set, and what its network looks at."""
        self.session.select("classifier", run=run, checkpoint="best")
        self.session.go("classifier", tab="create", run=run)
        work(MOMENT)
        tab = self.window.pages.page("classifier").current_tab()
        if not tab.one.view.bars.best("hair"):
            tab.one.chance()
            work(2 * MOMENT)
        self.shoot("ask")

    def judged(self, run: str) -> None:
        """The classifier's Look inside tab: confusion, precision, recall."""
        self.session.go("classifier", tab="look", run=run)
        work(6 * MOMENT)
        self.shoot("judged")

    def prompt(self, run: str) -> None:
        """Diffusion's Create tab with pictures of a prompt."""
        self.session.select("diffusion", run=run, checkpoint="last")
        self.session.go("diffusion", tab="create", run=run)
        work(MOMENT)
        tab = self.window.pages.page("diffusion").current_tab()
        if not tab.sheet:
            wait_until(lambda: tab.maker.model is not None)
            tab.form.words.prompt.setPlainText(PROMPT)
            tab.form.count.set_value(28)
            tab.generate()
            wait_until(lambda: len(tab.desk.pictured()) >= 28 and all(entry.whole for entry in tab.sheet.entries))
            tab.view.pick((0, 3))
            work(3 * MOMENT)
        self.shoot("prompt")

    def film(self, run: str) -> None:
        """The film of a picture's steps, and where its words look."""
        for view, moments in (("film", 8), ("words", 8)):
            self.session.go("diffusion", tab="look", run=run, show=view)
            work(moments * MOMENT)
            self.shoot(view)

    def edit(self, run: str) -> None:
        """CycleGAN's Train tab, where samples of both sides go there and back, and Edit with a picture of the data."""
        self.session.go("cyclegan", tab="train", run=run)
        self.session.select("cyclegan", run=run)
        self.shoot("hair")
        self.session.select("cyclegan", run=run, checkpoint="last")
        self.session.go("cyclegan", tab="create", run=run)
        work(2 * MOMENT)
        tab = self.window.pages.page("cyclegan").current_tab()
        tab.show_mode("one")
        if tab.one.edited is None:
            wait_until(lambda: tab.maker.model is not None)
            tab.one.chance()
            wait_until(lambda: tab.one.edited is not None)
        self.shoot("edit")

    def chat(self, run: str) -> None:
        """The Chat tab with a conversation."""
        self.session.select("language", run=run, checkpoint="best")
        self.session.go("chat", tab="create")
        work(MOMENT)
        tab = self.window.pages.page("chat").current_tab()
        wait_until(lambda: tab.maker.model is not None)
        tab.settings.form.set_value("temperature", 0.0)
        for words in SAID if not tab.desk.path() else ():
            tab.view.composer.field.setPlainText(words)
            tab.desk.send()
            wait_until(lambda: tab.writer.busy_with() == 0)
        self.shoot("chat")

    def thought(self, run: str) -> None:
        """How a language model read a reply: each token by how likely it was, what else it could have been."""
        self.session.select("language", run=run, checkpoint="best")
        self.session.go("chat", tab="look", show="reading")
        work(2 * MOMENT)
        tab = self.window.pages.page("chat").current_tab()
        tab.choice.show_text(REPLY, ASKED)
        work(4 * MOMENT)
        self.shoot("thought")

    def translate(self, run: str) -> None:
        """The Translate tab with a text."""
        self.session.select("translation", run=run, checkpoint="best")
        self.session.go("translate", tab="create", text=TEXT)
        work(MOMENT)
        tab = self.window.pages.page("translate").current_tab()
        wait_until(lambda: tab.one.translation is not None)
        self.shoot("translate")

    def aligned(self, run: str) -> None:
        """What was looked at for each word of a translation, and the search for it."""
        self.session.select("translation", run=run, checkpoint="best")
        for view, name in (("cross", "aligned"), ("search", "search")):
            self.session.go("translate", tab="look", show=view)
            work(MOMENT)
            self.window.pages.page("translate").current_tab().choice.show_text(SENTENCE)
            work(4 * MOMENT)
            self.shoot(name)

    def page(self, name: str) -> None:
        """Any other page."""
        self.session.go(name)
        work(MOMENT)
        self.shoot(name)


def main() -> None:
    """Take all pictures, first light, then dark."""
    project, folder = Path(sys.argv[1]), Path(sys.argv[2] if len(sys.argv) > 2 else Path(__file__).parent)
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch) / project.name
        shutil.copytree(project, copy)
        window = create_window(copy)
        assert isinstance(window, StudioWindow)
        window.resize(*SIZE)
        window.show()
        photographer = Photographer(window, folder)
        session = window.session
        wait_until(lambda: bool(session.engine.devices))
        named = {family: [info.name for info in session.runs() if info.family == family] for family in FAMILIES}
        told = [name for name in named["gan"] if session.project.runs.get(name).config().condition]
        shots: tuple[tuple[Callable[[str], None], list[str]], ...] = (
            (photographer.train, named["gan"]),
            (photographer.create, told or named["gan"]),
            (photographer.look, named["gan"]),
            (photographer.ask, named["classifier"]),
            (photographer.judged, named["classifier"]),
            (photographer.prompt, named["diffusion"]),
            (photographer.film, named["diffusion"]),
            (photographer.edit, named["cyclegan"]),
            (photographer.chat, named["language"]),
            (photographer.thought, named["language"]),
            (photographer.translate, named["translation"]),
            (photographer.aligned, named["translation"]),
        )
        for look in ("light", "dark"):
            theme.choose(look)
            for shot, runs in shots:
                for run in runs[:1]:
                    shot(run)
            for name in ("home", "data", "runs", "gallery", "settings"):
                photographer.page(name)
        window.close()
        wait_until(lambda: session.project is None)


if __name__ == "__main__":
    main()
