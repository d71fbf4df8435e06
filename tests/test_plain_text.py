"""No text that is not our own constant may reach a widget that takes text for HTML.

Labels, tooltips, message boxes, form rows and pyqtgraph's titles, legends and axes read any text as HTML and open the
local files that it names. `studio.ui.text` is the one place that makes text plain; here every other file of the window
is read, and a line that goes round it is named. Buttons, line edits, plain text edits, item views, group boxes, menus
and status bars show letters and are free.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

TREE = Path(__file__).resolve().parent.parent
THE_ONE_PLACE = TREE / "studio" / "ui" / "text.py"
# What the one place gives to others: text that has been made plain, and labels that only show letters.
MAKES_PLAIN = {"tooltip_text", "escape_for_plot"}
PLAIN_LABELS = {"Label", "plain_label"}
RICH_WIDGETS = {
    "QMessageBox": "tell() or ask()",
    "QErrorMessage": "tell()",
    "QProgressDialog": "a progress row of the window",
    "QInputDialog": "a dialog with a Label and a QLineEdit",
    "QTextBrowser": "QPlainTextEdit or a Label",
    "QTextEdit": "QPlainTextEdit",
}
SHOWS_NOTHING = {"ExtraSelection"}  # of QTextEdit, for QPlainTextEdit too: the look of a place
RICH_METHODS = {"setHtml", "insertHtml", "appendHtml", "setMarkdown", "insertMarkdown"}
RICH_FORMATS = ("TextFormat.RichText", "TextFormat.AutoText", "TextFormat.MarkdownText")
TIPS = {"setToolTip", "setWhatsThis", "setTabToolTip", "setItemToolTip", "showText"}
CURVES = {"plot", "PlotDataItem", "PlotCurveItem", "ScatterPlotItem", "BarGraphItem", "addLegend"}
PLAIN_TITLES = {"QGroupBox", "QMenu"}  # they have a setTitle too, which shows letters

Finding = tuple[int, str]


def window_files() -> list[Path]:
    """Every file in which Qt may live, without the one that makes text plain."""
    folders = (TREE / "studio" / "ui", TREE / "studio" / "workers")
    found = [path for folder in folders for path in folder.rglob("*.py")] + [TREE / "studio" / "app.py"]
    return sorted(path for path in found if path != THE_ONE_PLACE and path.exists())


def last_name(node: ast.AST) -> str:
    """'QLabel' of QLabel, QtWidgets.QLabel and self.make.QLabel."""
    return ast.unparse(node).rpartition(".")[2]


def is_ours(node: ast.AST) -> bool:
    """Whether a text is our own constant, its translation, or has been made plain."""
    if isinstance(node, ast.Constant):
        return True
    if isinstance(node, ast.BinOp):
        return is_ours(node.left) and is_ours(node.right)
    if isinstance(node, ast.IfExp):
        return is_ours(node.body) and is_ours(node.orelse)
    if isinstance(node, ast.Call):
        name = last_name(node.func)
        return name in MAKES_PLAIN or (name in {"tr", "translate"} and all(map(is_ours, node.args)))
    return False


def is_parent(node: ast.AST) -> bool:
    """Whether an argument is a widget to live in, not a text."""
    return ast.unparse(node) in {"self", "parent", "None"}


def made_by(tree: ast.Module, makers: set[str]) -> set[str]:
    """The names ('self._mark') that a file assigns from a call of one of these classes or functions."""
    names = set()
    for node in ast.walk(tree):
        if not isinstance(node, ast.Assign | ast.AnnAssign) or not isinstance(node.value, ast.Call):
            continue
        if last_name(node.value.func) in makers:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names |= {ast.unparse(target) for target in targets}
    return names


class Reader:
    """Reads one file of the window and names the lines that could show foreign text as HTML."""

    def __init__(self, source: str) -> None:
        self.tree = ast.parse(source)
        self.labels = made_by(self.tree, {"QLabel"})
        self.plain_labels = made_by(self.tree, PLAIN_LABELS)
        self.plain_titles = made_by(self.tree, PLAIN_TITLES)

    def findings(self) -> Iterator[Finding]:
        """Line and reason, in no particular order."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.ClassDef):
                yield from self._class(node)
            elif isinstance(node, ast.Call):
                yield from ((node.lineno, reason) for reason in self._call(node))
            elif isinstance(node, ast.Attribute) and ast.unparse(node).endswith(RICH_FORMATS):
                yield node.lineno, f"{ast.unparse(node)}: text stays plain"
        yield from self._models()

    def _class(self, node: ast.ClassDef) -> Iterator[Finding]:
        for base in map(last_name, node.bases):
            if base in RICH_WIDGETS:
                yield node.lineno, f"class {node.name}({base}): use {RICH_WIDGETS[base]}"
            if base == "QLabel":
                yield node.lineno, f"class {node.name}(QLabel): start from studio.ui.text.Label"

    def _call(self, node: ast.Call) -> Iterator[str]:
        name, shown = last_name(node.func), ast.unparse(node)[:80]
        receiver = ast.unparse(node.func.value) if isinstance(node.func, ast.Attribute) else ""
        rich = {name} if name in SHOWS_NOTHING else {name, receiver.rpartition(".")[2]}
        for widget in rich & set(RICH_WIDGETS):
            yield f"{shown}: use {RICH_WIDGETS[widget]} of studio.ui.text"
        if name in RICH_METHODS:
            yield f"{shown}: nothing in this window is written in HTML"
        if name == "QLabel" and any(not is_ours(text) and not is_parent(text) for text in node.args):
            yield f"{shown}: use studio.ui.text.Label"
        if name == "setText" and receiver in self.labels and not all(map(is_ours, node.args)):
            yield f"{shown}: {receiver} is a QLabel; use studio.ui.text.Label"
        if name in TIPS and not any(map(is_ours, node.args[-1:] if name != "showText" else node.args[1:2])):
            yield f"{shown}: use plain_tooltip() or tooltip_text()"
        yield from self._rows(node, name, shown)
        yield from self._plots(node, name, receiver, shown)

    def _rows(self, node: ast.Call, name: str, shown: str) -> Iterator[str]:
        """Rows of a form: a text that stands where a label may stand becomes a QLabel."""
        if name not in {"addRow", "insertRow"} or len(node.args) < 2:
            return
        label = node.args[-2]
        made_plain = isinstance(label, ast.Call) and last_name(label.func) in PLAIN_LABELS
        if not (made_plain or is_ours(label) or ast.unparse(label) in self.plain_labels):
            yield f"{shown}: give the row a Label of studio.ui.text"

    def _plots(self, node: ast.Call, name: str, receiver: str, shown: str) -> Iterator[str]:
        """pyqtgraph's titles, axes and legends."""
        texts: list[ast.AST] = []
        if name == "setTitle" and receiver not in self.plain_titles:
            texts = list(node.args[:1])
        elif name in {"setLabel", "setLabels"}:
            texts = [*node.args[1:], *(word.value for word in node.keywords if word.arg in {"text", "units", None})]
        elif name == "addItem" and "legend" in receiver.lower():
            texts = list(node.args[1:])
        if name in CURVES:
            texts += [word.value for word in node.keywords if word.arg in {"name", "title"}]
        if name == "TextItem":
            texts += [word.value for word in node.keywords if word.arg == "html"]
        if not all(map(is_ours, texts)):
            yield f"{shown}: pyqtgraph reads HTML here; use escape_for_plot()"

    def _models(self) -> Iterator[Finding]:
        """A model's tooltips are HTML too; a file that answers for them must make them plain somewhere."""
        nodes = list(ast.walk(self.tree))
        if any(isinstance(node, ast.Name) and node.id == "tooltip_text" for node in nodes):
            return
        for node in nodes:
            if isinstance(node, ast.Attribute) and node.attr == "ToolTipRole":
                yield node.lineno, "ToolTipRole: pass the text through tooltip_text()"


def test_foreign_text_stays_plain() -> None:
    bad = [
        f"{path.relative_to(TREE)}:{line} {reason}"
        for path in window_files()
        for line, reason in Reader(path.read_text(encoding="utf-8")).findings()
    ]
    assert bad == []


def test_the_one_place_is_there() -> None:
    """The names that this test trusts must be the ones that make text plain."""
    tree = ast.parse(THE_ONE_PLACE.read_text(encoding="utf-8"))
    defined = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    assert defined >= MAKES_PLAIN | PLAIN_LABELS


def test_the_style_sheet_lives_in_the_theme() -> None:
    """One small style sheet made from named colours; widgets carry no styles of their own."""
    allowed = {TREE / "studio" / "ui" / "theme.py"}
    bad = [
        f"{path.relative_to(TREE)}:{node.lineno}"
        for path in window_files()
        if path not in allowed
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and last_name(node.func) == "setStyleSheet"
    ]
    assert bad == []


@pytest.mark.parametrize(
    "source",
    [
        "QLabel(name)",
        "QtWidgets.QLabel(f'run {name}', self)",
        "self._mark = QLabel()\nself._mark.setText(name)",
        "class Title(QLabel): ...",
        "class Pages(QTextBrowser): ...",
        "button.setToolTip(name)",
        "tabs.setTabToolTip(0, name)",
        "QToolTip.showText(place, name)",
        "QMessageBox.warning(self, 'Stopped', text)",
        "QMessageBox(self)",
        "QProgressDialog('a', 'b', 0, 1)",
        "view.setHtml('<b>x</b>')",
        "label.setTextFormat(Qt.TextFormat.RichText)",
        "form.addRow(field.title, editor)",
        "form.insertRow(0, field.title, editor)",
        "plot.setTitle(run.name)",
        "plot.setLabel('left', name)",
        "plot.setLabel('left', text=name)",
        "plot.plot(x, y, name=series)",
        "pg.PlotDataItem(x, y, name=f'{run}')",
        "self.legend.addItem(curve, name)",
        "pg.TextItem(html=name)",
        "def data(self, index, role):\n    return name if role == Qt.ItemDataRole.ToolTipRole else None",
    ],
)
def test_a_way_round_is_found(source: str) -> None:
    assert list(Reader(source).findings())


@pytest.mark.parametrize(
    "source",
    [
        "QLabel(self)",
        "self._mark = QLabel()\nself._mark.setPixmap(picture)",
        "QLabel(self.tr('Seed'))",
        "Label(name)",
        "button.setText(name)",
        "QPushButton(name)",
        "edit.setText(name)",
        "button.setToolTip(self.tr('Stop and keep a checkpoint'))",
        "button.setToolTip('')",
        "button.setToolTip(tooltip_text(name))",
        "tabs.setTabToolTip(0, tooltip_text(name))",
        "form.addRow(plain_label(field.title), editor)",
        "label = Label(field.title)\nform.addRow(label, editor)",
        "form.addRow(editor)",
        "box = QGroupBox()\nbox.setTitle(name)",
        "plot.setTitle('Losses')",
        "plot.setLabel('left', escape_for_plot(name))",
        "plot.plot(x, y, name=escape_for_plot(series))",
        "if answer == QMessageBox.StandardButton.Yes: ...",
        "from studio.ui.text import tooltip_text\nx = Qt.ItemDataRole.ToolTipRole\ny = tooltip_text(name)",
    ],
)
def test_a_plain_line_is_left_alone(source: str) -> None:
    assert list(Reader(source).findings()) == []
