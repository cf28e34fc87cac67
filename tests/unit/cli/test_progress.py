"""Progress on a terminal and elsewhere."""

import io
import sys
import time
from contextlib import suppress

import pytest

from cajajejo.cli.progress import BarProgress, PlainProgress, progress_for
from cajajejo.harness.contract import Event, EventKind


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Clock:
    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(time, "monotonic", made)
    return made


def event(kind: EventKind, time_s: float = 0.0, **data: object) -> Event:
    return Event(kind, time_s, data)


STARTED = event(EventKind.ENTRY_STARTED, entry="mmlu", index=1, of=2)
PLANNED = event(EventKind.ENTRY_PLANNED, entry="mmlu", requests=100)


def answered(done: int, time_s: float) -> Event:
    return event(EventKind.REQUESTS, time_s, entry="mmlu", done=done, reused=0)


def test_steps_and_entries_are_a_line_each() -> None:
    stream = io.StringIO()
    with PlainProgress(stream) as progress:
        progress.step("reading the configs")
        progress.event(event(EventKind.READY))
        progress.event(STARTED)
        progress.event(PLANNED)
        progress.event(answered(10, 1.0))
        progress.event(event(EventKind.ENTRY_FINISHED))
        progress.event(event(EventKind.ENTRY_STARTED, entry="boolq", index=2, of=2))
        progress.event(event(EventKind.ENTRY_FAILED, outcome={"name": "boolq", "cause": "OSError: gone"}))
        progress.event(event(EventKind.SUMMARIZING))
    lines = stream.getvalue().splitlines()
    assert lines[0] == "reading the configs"
    assert lines[1] == "entry 1 of 2  mmlu"
    assert lines[2].startswith("entry 2 of 2")
    assert lines[2].endswith("boolq")
    assert lines[3:] == ["FAILED boolq: OSError: gone", "summarizing"]


def test_a_long_entry_says_how_far_it_is_every_ten_seconds(clock: Clock) -> None:
    stream = io.StringIO()
    progress = PlainProgress(stream)
    progress.event(STARTED)
    progress.event(PLANNED)
    for second in range(1, 61):
        clock.now_s = float(second)
        progress.event(answered(second, float(second)))
    lines = stream.getvalue().splitlines()
    assert [line.split("  ")[1] for line in lines[1:]] == [f"{done}/100 requests" for done in range(10, 61, 10)]


def test_a_harness_that_says_nothing_is_still_reported_every_ten_seconds(clock: Clock) -> None:
    stream = io.StringIO()
    progress = PlainProgress(stream)
    progress.event(STARTED)
    for second in range(1, 31):
        clock.now_s = float(second)
        progress.tick()
    assert len(stream.getvalue().splitlines()) == 1 + 3


class Flushed(io.StringIO):
    """What has been flushed, and so can be seen."""

    def __init__(self) -> None:
        super().__init__()
        self.seen = ""

    def flush(self) -> None:
        self.seen = self.getvalue()


def test_each_line_can_be_seen_at_once() -> None:
    stream = Flushed()
    PlainProgress(stream).step("checking the model")
    assert stream.seen == "checking the model\n"


def test_a_bar_shows_the_entry_and_leaves_the_terminal_clean(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "120")
    stream = Terminal()
    with BarProgress(stream) as progress:
        progress.step("reading the configs")
        progress.event(STARTED)
        progress.event(PLANNED)
        progress.event(answered(50, 1.0))
        progress.tick()
    shown = stream.getvalue()
    assert "entry 1 of 2" in shown
    assert "50/100 requests" in shown
    assert "25 %" in shown
    assert "\x1b[?25l" in shown
    assert shown.rindex("\x1b[?25h") > shown.rindex("\x1b[?25l"), "the cursor is back"
    assert shown.endswith("\x1b[2K"), "the bar is wiped away"


def test_a_bar_is_gone_after_an_error_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    stream = Terminal()
    with suppress(ZeroDivisionError), BarProgress(stream) as progress:
        progress.event(STARTED)
        raise ZeroDivisionError
    assert stream.getvalue().rindex("\x1b[?25h") > stream.getvalue().rindex("\x1b[?25l")


def test_names_are_no_markup_for_the_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "120")
    stream = Terminal()
    with BarProgress(stream) as progress:
        progress.event(event(EventKind.ENTRY_STARTED, entry="odd[bold]name[/]", index=1, of=1))
    assert "odd[bold]name[/]" in stream.getvalue()


def test_a_terminal_gets_a_bar_and_a_file_gets_lines() -> None:
    assert isinstance(progress_for(Terminal()), BarProgress)
    assert isinstance(progress_for(io.StringIO()), PlainProgress)


def test_progress_goes_to_the_stderr_of_the_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    with progress_for() as progress:
        progress.step("checking the model")
    assert stream.getvalue() == "checking the model\n"


class Unread(io.StringIO):
    def write(self, text: str) -> int:
        raise BrokenPipeError(32, "Broken pipe")


def test_progress_that_nobody_reads_stops_nothing() -> None:
    with PlainProgress(Unread()) as progress:
        progress.step("checking the model")
        progress.event(STARTED)


def test_a_warning_is_a_line_and_stays_above_the_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    lines, terminal = io.StringIO(), Terminal()
    with PlainProgress(lines) as plain:
        plain.warn("odd [bold]tag[/]")
    assert lines.getvalue() == "odd [bold]tag[/]\n"
    with BarProgress(terminal) as bar:
        bar.warn("odd [bold]tag[/]")
    assert "odd [bold]tag[/]\n" in terminal.getvalue()
