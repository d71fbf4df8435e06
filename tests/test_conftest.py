"""The guards themselves: each must fail a test that breaks its rule, and leave a clean one alone."""

import socket
import textwrap
from pathlib import Path

import pytest
from PIL import Image

CONFTEST = Path(__file__).with_name("conftest.py")
pytest_plugins = ["pytester"]


@pytest.fixture
def guarded(pytester: pytest.Pytester) -> pytest.Pytester:
    """A test folder of its own that uses this project's conftest."""
    pytester.makeconftest(CONFTEST.read_text(encoding="utf-8").replace("_PATIENCE = 30.0", "_PATIENCE = 0.2"))
    return pytester


def _errors(guarded: pytest.Pytester, source: str) -> str:
    """Run one test in a process of its own; its output. It must have passed its body and failed its clean-up."""
    guarded.makepyfile(textwrap.dedent(source))
    result = guarded.runpytest_subprocess("-p", "no:cacheprovider")
    result.assert_outcomes(passed=1, errors=1)
    return result.stdout.str()


def test_a_left_thread_is_named(guarded: pytest.Pytester) -> None:
    output = _errors(guarded, """
        import threading
        def test_it():
            threading.Thread(target=threading.Event().wait, args=(5,), name="forgotten", daemon=True).start()
    """)
    assert "thread 'forgotten'" in output and "join it" in output


def test_a_running_qthread_is_named(guarded: pytest.Pytester) -> None:
    output = _errors(guarded, """
        from PySide6.QtCore import QThread
        kept = []
        def test_it(qapp):
            thread = QThread(objectName="forgotten")
            thread.start()
            kept.append(thread)
        import atexit
        atexit.register(lambda: (kept[0].quit(), kept[0].wait()))
    """)
    assert "QThread QThread (forgotten): quit() and wait()" in output


def test_a_running_timer_is_named(guarded: pytest.Pytester) -> None:
    output = _errors(guarded, """
        from PySide6.QtCore import QTimer
        kept = []
        def test_it(qapp):
            kept.append(QTimer(objectName="tick", interval=1000))
            kept[0].start()
    """)
    assert "QTimer (tick" in output and "stop() it" in output


def test_a_window_is_named(guarded: pytest.Pytester) -> None:
    output = _errors(guarded, """
        from PySide6.QtWidgets import QWidget
        kept = []
        def test_it(qapp):
            kept.append(QWidget(objectName="panel", windowTitle="Portraits"))
    """)
    assert "window QWidget (panel, title 'Portraits')" in output


def test_a_tidy_test_passes(guarded: pytest.Pytester) -> None:
    guarded.makepyfile(textwrap.dedent("""
        import threading
        from PySide6.QtCore import QThread, QTimer
        from PySide6.QtWidgets import QWidget
        def test_it(qtbot):
            widget = QWidget()
            qtbot.addWidget(widget)
            QTimer(widget).start(1000)
            thread = QThread()
            thread.start()
            thread.quit()
            assert thread.wait(2000)
            other = threading.Thread(target=lambda: None)
            other.start()
            other.join()
    """))
    guarded.runpytest_subprocess("-p", "no:cacheprovider").assert_outcomes(passed=1)


def test_the_network_is_closed_even_if_the_refusal_is_swallowed(guarded: pytest.Pytester) -> None:
    output = _errors(guarded, """
        import contextlib, socket
        def test_it():
            with contextlib.suppress(AssertionError), socket.socket() as wire:
                wire.connect(("192.0.2.1", 80))
    """)
    assert "reached for the network" in output and "192.0.2.1" in output


def test_loopback_is_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        with socket.create_connection(server.getsockname()[:2], timeout=5) as client:
            client.sendall(b"x")
            accepted, _ = server.accept()
            with accepted:
                assert accepted.recv(1) == b"x"


def test_home_is_a_folder_of_the_tests(test_home: Path) -> None:
    assert Path.home() == test_home


def test_tiny_pictures_are_the_all_different_and_of_one_size(tiny_pictures: Path) -> None:
    files = sorted(tiny_pictures.rglob("*.png"))
    assert len(files) == 36
    for file in files:
        with Image.open(file) as picture:
            assert picture.size == (40, 40)
    assert len({file.read_bytes() for file in files}) == 36
