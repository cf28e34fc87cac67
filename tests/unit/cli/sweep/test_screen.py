import contextlib
import io
import os
import pty
import re

from rich.cells import cell_len

from cajajejo.cli.sweep.screen import LiveScreen, PlainScreen, screen_for
from cajajejo.planning.task import Step, Task
from cajajejo.runners.base import Outcome, Slot, StepEnd, Totals

STEP = Step("run", ("true",), "log", "")
TASK = Task("k", "T_1", "", (STEP,))
SLOT = Slot(0, "0")


class Clock:
    """Seconds that pass when they are told to."""

    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def shown_on(leader: int) -> str:
    """All that was written to a terminal, whose other end is closed."""
    data = b""
    with contextlib.suppress(OSError):
        while chunk := os.read(leader, 100_000):
            data += chunk
    os.close(leader)
    return data.decode()


def end(outcome: Outcome) -> StepEnd:
    return StepEnd(TASK, STEP, SLOT, 1, "exit code 1", 1.0, outcome)


def test_lines_elsewhere_say_failures_at_once_and_the_rest_now_and_then() -> None:
    stream, clock = io.StringIO(), Clock()
    with PlainScreen(stream, clock=clock) as screen:
        screen.planned(Totals(5, 0, 1))
        screen.started(TASK, STEP, SLOT)
        screen.ended(end(Outcome.DONE))
        screen.ended(end(Outcome.FAILED))
        clock.now_s = 11.0
        screen.tick()
        screen.tick()
        screen.say("GPU 1\x1b[2J looks dead")
    assert stream.getvalue().splitlines() == [
        "5 tasks to run on 1 slot",
        "FAILED T_1: run: exit code 1 after 1 s",
        "2 of 5, 1 failed, 0 running, 11 s, about 16 s left",
        "GPU 1\\x1b[2J looks dead",
    ]


def test_nobody_need_be_reading() -> None:
    stream = io.StringIO()
    stream.close()
    screen = PlainScreen(stream)
    screen.say("x")
    assert screen.tick_s is not None, "a dispatch that was told when to tick goes on to"


def test_a_terminal_may_go_away() -> None:
    leader, follower = pty.openpty()
    clock = Clock()
    stream = os.fdopen(follower, "w")
    with LiveScreen(stream, clock=clock) as screen:
        screen.planned(Totals(5, 0, 1))
        os.close(leader)
        clock.now_s = 3.0
        screen.started(TASK, STEP, SLOT)
        screen.ended(end(Outcome.FAILED))
    with contextlib.suppress(OSError):
        stream.close()


def test_a_line_of_the_view_is_never_wider_than_the_terminal(monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    leader, follower = pty.openpty()
    with os.fdopen(follower, "w") as stream, LiveScreen(stream, clock=Clock()) as screen:
        screen.started(Task("k", "日本語" * 9, "", (STEP,)), STEP, SLOT)
    lines = re.sub("\x1b\\[[0-9;?]*[A-Za-z]", "", shown_on(leader)).splitlines()
    assert any(line.startswith("      0       0 s") and line.endswith("…") for line in lines)
    assert max(map(cell_len, lines)) <= 20


def test_a_terminal_shows_what_runs_and_keeps_what_failed() -> None:
    leader, follower = pty.openpty()
    clock = Clock()
    with os.fdopen(follower, "w") as stream:
        screen = screen_for(stream)
        assert isinstance(screen, LiveScreen)
        with LiveScreen(stream, clock=clock) as screen:
            screen.planned(Totals(5, 0, 1))
            screen.started(TASK, STEP, SLOT)
            clock.now_s = 3.0
            screen.tick()
            screen.ended(end(Outcome.FAILED))
    shown = shown_on(leader)
    assert "T_1" in shown
    assert "0 of 5, 1 running, 3 s" in shown
    assert "FAILED T_1: run: exit code 1" in shown


def test_lines_where_there_is_no_terminal() -> None:
    assert type(screen_for(io.StringIO())) is PlainScreen
